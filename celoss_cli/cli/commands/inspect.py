"""``celoss inspect``: a file -> what each column is and why, and the command for each reading."""

from __future__ import annotations

from celoss_cli.cli.options import OUTPUT, SEMANTICS, Reading, Running, Writing, files, formats
from celoss_cli.cli.table import Command, option, part
from celoss_cli.core.option import at_least, one_of
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES

__all__ = ["COMMAND"]

_HELP = """Show what each column of a file is, and why, and the command for each reading.

celoss has tried every command that it prints on the first rows. It also shows files that a loss command \
refuses because their columns are ambiguous.

Example: celoss inspect preds.csv"""


@record(frozen=True, slots=True)
class InspectOptions:
    """The options of ``celoss inspect``."""

    files: tuple[str, ...] = files()
    loss: str | None = option(
        one_of(LOSSES), "Only commands of this loss; the usual ones if not given.", panel=SEMANTICS
    )
    rows: int = option(at_least(0, 20), "How many of the first rows are shown.", default=3, panel=OUTPUT)
    reading: Reading = part(Reading, without=("choice_norm",))
    writing: Writing = part(Writing, without=("report",), format=formats())
    running: Running = part(Running, without=("jobs",))


def run(given: InspectOptions) -> int:
    """Looks and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way of looking.

    """
    from celoss_cli.cli.inspecting import inspection_of
    from celoss_cli.cli.outlet import outlet_of
    from celoss_cli.cli.publish import publish
    from celoss_cli.studies.inspect.document import document_of

    outlet = outlet_of(given)
    found = inspection_of(given.files, given.reading, given.loss, given.rows)
    return publish(document_of(found), outlet)


def _rehearse(given: InspectOptions) -> None:
    """Looks at small files."""
    from celoss_cli.cli.inspecting import inspection_of
    from celoss_cli.cli.reading import are_small

    if are_small(given.files):
        inspection_of(given.files, given.reading, given.loss, 0)


COMMAND = Command("inspect", _HELP, InspectOptions, run, rehearse=_rehearse)
