"""GitHub Actions: an annotation for each check that failed, and plain lines for the log.

GitHub shows ten error annotations a step; the last of them says how many more there are. The job
summary is the Markdown of the same checks, which the command line appends to the runner's file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.errors import visible

if TYPE_CHECKING:
    from celoss_cli.show import Style
    from celoss_cli.show.document import Document
    from celoss_cli.show.verdicts import Line

__all__ = ["MOST", "render"]

MOST = 10
"""As many error annotations of a step are shown."""


def render(document: Document, style: Style) -> Iterator[str]:
    """The result, every verdict as a line, the annotations; of a list of checks the count comes last."""
    if document.checks is not None:
        found = document.checks()
        yield from (_plain(told) for told in (found.told,) if told)
        yield from _verdicts([line for _, lines in found.suites for line in lines])
        yield from (_plain(count) for count in (found.count,) if count)


def _verdicts(found: Sequence[Line]) -> Iterator[str]:
    for line in found:
        yield _plain(f"{line.mark} {_name(line)}: {line.reason}")
    bad = [line for line in found if line.mark != "pass"]
    shown = bad if len(bad) <= MOST else bad[: MOST - 1]
    for line in shown:
        file = f"file={_property(line.file)}," if line.file else ""
        yield f"::error {file}title={_property(f'celoss: {_name(line)}')}::{_message(line.reason)}\n"
    if len(shown) < len(bad):
        yield f"::error title=celoss::{len(bad) - len(shown)} more checks failed\n"


def _name(line: Line) -> str:
    return f"{line.check} {line.limit}".rstrip()


def _plain(text: str) -> str:
    """A line of the log that the runner takes for no command: it starts with none and holds no ##[."""
    return f"{visible(text)}\n".replace("##[", "##\\x5b")


def _message(text: str) -> str:
    return visible(text).replace("%", "%25").replace("##[", "##\\x5b")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
