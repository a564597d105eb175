"""What a shell completes to that is in the data, and not in the program.

Nobody waits for it or wants an error while typing: only the beginning of files that are there is read, no
pipe and no network, and where anything is wrong nothing is offered.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celoss_cli.core.option import OptionValues

__all__ = ["COMPLETION", "columns_typed", "command_typed", "plain_words"]

COMPLETION = "_CELOSS_COMPLETE"
"""The variable by which a shell asks for words."""

_WHOLE = (".json", ".xlsx", ".xlsm")
_WHOLE_BYTES, _OTHER_BYTES = 1 << 19, 1 << 32
"""The largest files that are looked at: of formats that are read as a whole, and of others."""

_READING = ("delimiter", "decimal", "encoding", "comment", "header")
"""The options that say what a table's header is."""

_AS_TYPED = re.compile(r"[\w+.%@/-]+")
"""Names that no shell splits or expands, and that are not read as patterns or ranges of columns."""


def command_typed() -> str | None:
    """The command whose words a shell asks for; None where it asks for none, or for the command itself."""
    if COMPLETION not in os.environ:
        return None
    line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or ""
    found = re.match(r"\S+\s+(\S+)\s", line)
    return None if found is None else found[1]


def columns_typed(typed: OptionValues) -> list[str]:
    """The columns of the first file on the command line, and of a file of targets.

    Args:
        typed: the values of the options, by name.

    """
    files = [*(typed.get("files") or ()), *filter(None, [typed.get("first")])][:1]
    apart = typed.get("targets") or ""
    files += [apart[1:]] if apart.startswith("@") else []
    return plain_words(chain.from_iterable(_columns(os.path.expanduser(path), typed) for path in files))


def _columns(path: str, typed: OptionValues) -> Sequence[str]:
    """The columns of a file: of a table by its header, of others as they are looked at to give them roles."""
    most = _WHOLE_BYTES if path.lower().endswith(_WHOLE) else _OTHER_BYTES
    if not os.path.isfile(path) or os.path.getsize(path) > most:
        return ()
    from celoss_cli.read import TABLES
    from celoss_cli.read.gather import recognised  # loads NumPy
    from celoss_cli.read.request import ReadRequest, Settled, open_stream

    said = {name: typed[name] for name in _READING if typed.get(name) is not None}
    settled = Settled(keeps_columns=True)
    with contextlib.suppress(Exception), contextlib.ExitStack() as opened:
        stream = open_stream(path)
        opened.callback(stream.close)
        request = ReadRequest(per_class=True, takes="logits", settled=settled, **said)
        spec, stream, request = recognised(stream, request, typed.get("input_format"))
        if spec.name in TABLES:
            from celoss_cli.read.text.delimited import Table

            return Table(stream, request).names
        spec.load().read(stream, request).close()
    return [column.name for column in settled.columns]


def plain_words(names: Iterable[str]) -> list[str]:
    """The names that can stand on a command line as they are, none twice."""
    return [name for name in dict.fromkeys(names) if _AS_TYPED.fullmatch(name) and name[0] not in "-@"]
