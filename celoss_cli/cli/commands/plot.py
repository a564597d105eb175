"""``celoss plot``: data, or none -> numbers -> a picture in the terminal or in a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from celoss_cli.cli.options import (
    INPUT,
    Reading,
    Running,
    Semantics,
    Writing,
    files,
    loss_options,
)
from celoss_cli.cli.table import Command, GivenOption, given_options, group, option, part
from celoss_cli.core.errors import ExitCode, UsageError, Way, quoted
from celoss_cli.core.option import VALUES, Option, OptionValues, at_least, one_of
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES, LossSpec

if TYPE_CHECKING:
    from celoss_cli.cli.plotting import Plan

__all__ = ["COMMAND"]

_HELP = """Draw a loss, or the losses of data, in the terminal or as PNG or SVG.

Without data it is the curve of the loss against the prediction. FILE is read as the loss's \
command reads it; standard input only as -. Its numbers are written with --format json or csv.

Example: celoss plot ce preds.csv --kind reliability -o reliability.svg"""

_PICTURE = "Picture"

_FORMATS = ("text", "png", "svg", "json", "csv")
_ENDINGS = {"txt": "text"}

_MOST_BINS = 1000


def _ways(given: OptionValues, text: str) -> Sequence[Way]:
    from celoss_cli.cli.inspecting import by_loss

    return by_loss(text)


@record(frozen=True, slots=True)
class PlotOptions:
    """The options of ``celoss plot``."""

    loss: str = option(
        one_of(LOSSES),
        "The loss, as its command is called.",
        argument=True,
        required=True,
        metavar="LOSS",
        ways=_ways,
    )
    files: tuple[str, ...] = files()
    kind: Literal["curve", "histogram", "classes", "reliability"] = option(
        one_of(("curve", "histogram", "classes", "reliability")),
        "curve: the loss against the prediction, with the rows of the data on it. histogram: how the "
        "losses are spread. classes: the mean loss of each class. reliability: how often predictions of like "
        "confidence came true, with the expected calibration error.",
        default="curve",
        panel=_PICTURE,
    )
    rows: int | None = option(
        at_least(0), "Mark the first N rows on a curve; 1000 if not given.", panel=_PICTURE
    )
    bins: int | None = option(
        at_least(2),
        "Of reliability, 15 if not given; at most so many of a histogram, 20.",
        panel=_PICTURE,
    )
    x: str | None = option(
        VALUES,
        "The values inline, under a name that fits every loss.",
        flags=("-x",),
        panel=INPUT,
        file="read",
    )
    inline: tuple[GivenOption, ...] = group()
    reading: Reading = part(Reading)
    semantics: Semantics = part(Semantics, without=("reduction", "on_empty"))
    writing: Writing = part(
        Writing,
        without=("json", "report"),
        format={
            "kind": one_of(_FORMATS),
            "help": "By the file's ending if not given, else text; json and csv write the numbers of the "
            "picture.",
            "setting": False,
        },
        output={"help": "Draw into a .svg or a .png (with the extra plot), or write .txt, .json or .csv."},
    )
    running: Running = part(Running)


def _inline(takes: str) -> Option:
    """The option of the values that some losses take."""
    losses = ", ".join(spec.command for spec in LOSSES.values() if spec.takes == takes)
    help = f"The values of {losses} inline, or @FILE."
    return Option(takes.replace("-", "_"), VALUES, help, panel=INPUT, file="read")


_TAKERS = {"rows": ("curve",), "bins": ("histogram", "reliability")}
"""The kinds of picture that take an option of pictures."""

_UNCHANGED = {"curve": {"weight"}, "reliability": {"loss", "weight"}}
"""What of a computation a picture of this kind does not show: a weight only scales a curve, and reliability
counts each prediction once, whatever its loss."""


def run(given: PlotOptions) -> int:
    """Computes and draws; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.
        PipeClosed: if nobody reads standard output any more.

    """
    from celoss_cli.cli.outlet import refuse_overwriting
    from celoss_cli.cli.plotting import computed, published
    from celoss_cli.show.charts.raster import require_matplotlib

    spec, format, writing = LOSSES[given.loss], _chosen_format(given.writing), given.writing
    refuse_overwriting(given)
    plan = _planned(spec, given)
    if format == "png":
        require_matplotlib()
    published(computed(plan), format, writing.output, writing.color)
    return ExitCode.DONE


def _rehearse(given: PlotOptions) -> None:
    """Draws the first rows, for nobody."""
    from celoss_cli.cli.plotting import rehearse

    rehearse(_planned(LOSSES[given.loss], given))


def _chosen_format(given: Writing) -> str:
    """What is written: what was asked for, or what the ending of the file says."""
    ending = (given.output or ".txt").rpartition(".")[2].lower()
    format = given.format or _ENDINGS.get(ending, ending)
    if format not in _FORMATS:
        got = quoted(given.output or "")
        raise UsageError(
            f"Expected a file with the ending .png, .svg, .txt, .json or .csv, got {got}.",
            hint=f"or --format {', '.join(_FORMATS)}",
        )
    if format == "png" and given.output is None:
        raise UsageError("Expected -o FILE with --format png, got none.")
    return format


def _planned(spec: LossSpec, given: PlotOptions) -> Plan:
    """What is to be drawn.

    Raises:
        UsageError: for options that this loss does not have, or that change nothing.

    """
    from celoss_cli.cli.data import data_of
    from celoss_cli.cli.plotting import Plan
    from celoss_cli.cli.semantics import refuse_foreign

    values = _values(spec, given)
    refuse_foreign(spec, given.reading, given.semantics)
    _refuse_unused(given)
    plan = Plan(
        data_of(spec, given.files, given.reading, given.semantics, values=values, jobs=given.running.jobs),
        given.semantics,
        given.kind,
        given.rows,
        given.bins,
        given.running.jobs,
    )
    if plan.is_without_data:
        _refuse_no_data(spec, given)
    return plan


def _values(spec: LossSpec, given: PlotOptions) -> str | None:
    """The values on the command line.

    Raises:
        UsageError: for two, or for those of another loss.

    """
    takes = f"--{spec.takes}"
    for other in given.inline:
        if other.option.flag != takes:
            raise UsageError(f"Expected {takes} with {spec.command}, got {other.option.flag}.")
    if given.inline and given.x is not None:
        raise UsageError(f"Expected {takes} or -x, got both.")
    values: Any = given.inline[0].value if given.inline else given.x
    return None if values is None else str(values)


def _refuse_unused(given: PlotOptions) -> None:
    """Refuses options that would be read and change nothing."""
    semantics = {other.option.name for other in given_options(given.semantics)}
    unchanged = _UNCHANGED.get(given.kind, set())
    for found in given_options(given):
        taken = found.option
        if taken.changes == "weight" and found.value == "":  # which says that there are none
            continue
        is_shown = taken.name == "kind" or taken.panel != _PICTURE or given.kind in _TAKERS[taken.name]
        of_computation = taken.name in semantics or taken.changes == "weight"
        if not is_shown or (of_computation and taken.changes in unchanged):
            raise UsageError(f"Expected no {taken.flag} with --kind {given.kind}, got one.")
    if given.bins is not None and given.bins > _MOST_BINS:
        raise UsageError(f"Expected at most {_MOST_BINS} --bins, got {given.bins}.")


def _refuse_no_data(spec: LossSpec, given: PlotOptions) -> None:
    if given.kind != "curve":
        raise UsageError(
            f"Expected a file, or --{spec.takes} and --targets, for --kind {given.kind}, got none.",
            hint="- is standard input; only a curve needs no data",
        )
    if given.reading.targets is not None:
        raise UsageError(f"Expected --targets together with a file or --{spec.takes}, got --targets alone.")


_TAKES = sorted({spec.takes for spec in LOSSES.values()})

COMMAND = Command(
    "plot",
    _HELP,
    PlotOptions,
    run,
    groups={"of_loss": loss_options(), "inline": tuple(map(_inline, _TAKES))},
    rehearse=_rehearse,
)
