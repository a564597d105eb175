"""``celoss play``: the first rows of data, or an example -> a page to play with."""

from __future__ import annotations

from typing import Literal

from celoss_cli.cli.kinds import REAL_FILE
from celoss_cli.cli.options import OUTPUT, Reading, Running, Semantics, Writing, files
from celoss_cli.cli.table import Command, option, part
from celoss_cli.core.errors import ExitCode
from celoss_cli.core.option import at_least, one_of
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES
from celoss_cli.losses.conventions import INPUT_KINDS

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
        output={
            "kind": REAL_FILE,
            "help": "The page, whole or not at all.",
            "required": True,
            "example": "play.html",
        },
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
    from celoss_cli.cli.output import write_file
    from celoss_cli.cli.playing import beginning_of
    from celoss_cli.cli.publish import outlet_of
    from celoss_cli.show import FORMATS
    from celoss_cli.studies.play.page import page_of

    outlet = outlet_of(given.writing, given, format=FORMATS["html"])
    beginning = beginning_of(given.files, given.reading, given.semantics, given.rows)
    write_file(outlet.file or "", [page_of(beginning, given.lang, __version__)])
    return ExitCode.DONE


COMMAND = Command("play", _HELP, PlayOptions, run, groups={"of_loss": LOSSES["ce"].declared})
