"""``celoss play``: the first rows of data, or an example -> a page to play with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from celoss_cli.cli.options import OUTPUT, Reading, Running, Semantics, Writing, files, page
from celoss_cli.cli.table import Command, given_options, option, part
from celoss_cli.core.errors import ExitCode, InputError, UsageError
from celoss_cli.core.option import at_least, one_of
from celoss_cli.core.records import record, replace
from celoss_cli.losses import LOSSES
from celoss_cli.losses.spec import INPUT_KINDS

if TYPE_CHECKING:
    from celoss_cli.studies.play.page import Beginning

__all__ = ["COMMAND"]

_MOST_ROWS = 20

_HELP = """Write a page on which a loss follows your every move.

One file that needs no network, to play with cross entropy: move a logit, and probabilities, steps, loss \
curve and gradient follow, with the command and the line of PyTorch for what is shown; targets, weights, \
smoothing, temperature and the rest can be changed too. Fifteen questions ask for a prediction first. \
English and Chinese. With FILE the page starts with its first rows.

Example: celoss play -o play.html"""


@record(frozen=True, slots=True)
class PlayOptions:
    """The options of ``celoss play``."""

    files: tuple[str, ...] = files()
    rows: int | None = option(
        at_least(1, _MOST_ROWS),
        f"How many of the first rows the page starts with, at most {_MOST_ROWS}; 6 if not given.",
        panel=OUTPUT,
    )
    lang: Literal["en", "zh"] | None = option(
        one_of(("en", "zh")),
        "The language that the page starts in; that of its reader's browser if not given.",
        panel=OUTPUT,
    )
    writing: Writing = part(
        Writing,
        without=("format", "json", "report", "color"),
        output=page("play.html"),
    )
    reading: Reading = part(
        Reading, without=("choice_norm", "positive", "predicted_column", "allow_nonfinite")
    )
    semantics: Semantics = part(
        Semantics,
        without=("per", "score", "censored", "convention", "dtype", "on_empty"),
        input_is={"kind": one_of(INPUT_KINDS)},
        reduction={"kind": one_of(LOSSES["ce"].reductions)},
    )
    running: Running = part(Running, without=("jobs",))


def run(given: PlayOptions) -> int:
    """Reads the first rows and writes the page; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    from celoss_cli import __version__
    from celoss_cli.cli.outlet import outlet_of
    from celoss_cli.cli.output import write_file
    from celoss_cli.show import FORMATS
    from celoss_cli.studies.play.page import page_of

    outlet = outlet_of(given, format=FORMATS["html"])
    write_file(outlet.file or "", [page_of(_beginning(given), given.lang, __version__)])
    return ExitCode.DONE


def _beginning(given: PlayOptions) -> Beginning:
    """What the page starts with: an example, or the first rows of data, read as ``celoss ce`` reads them.

    Raises:
        CelossError: for data that the page has no place for, and for options without data.

    """
    from celoss_cli.cli.command_line import command_line
    from celoss_cli.cli.data import data_of
    from celoss_cli.cli.output import note
    from celoss_cli.cli.reading import opened
    from celoss_cli.cli.semantics import chosen
    from celoss_cli.studies.play.page import EXAMPLE
    from celoss_cli.studies.play.rows import MOST_CLASSES, beginning, first_rows

    if not given.files:
        for other in given_options(given, without=("lang", "writing", "running")):
            raise UsageError(f"Expected a file with {other.option.flag}, got none.")
        return EXAMPLE
    reading = replace(given.reading, allow_nonfinite=True)  # a page shows infinities, and NaN is refused
    data = data_of(LOSSES["ce"], given.files, reading, given.semantics)
    with opened(data, partly=True) as found:
        choice = chosen(data, given.semantics, found)
        first = first_rows(choice.loss, found.dataset, given.rows)
    if first.input.shape[1] > MOST_CLASSES:
        told = f"expected at most {MOST_CLASSES} classes on a page, got {first.input.shape[1]}"
        raise InputError(told, hint=f"one row in steps: {command_line(data, given.semantics)} --row 0")
    if first.weighted:
        note("celoss: note: the weights of the rows are left out: the page counts each row once")
    files = found.dataset.described.get("files", ())
    return beginning(first, choice.options, choice.reduction, data.takes, files)


COMMAND = Command("play", _HELP, PlayOptions, run, groups={"of_loss": LOSSES["ce"].declared})
