"""Every option, declared once as an Annotated alias, and the parsers of their values.

Nothing here imports NumPy: ``--help`` must answer before it could be loaded.
"""

from __future__ import annotations

import inspect
import io
import re
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer

from celoss_cli.errors import CelossError, quoted
from celoss_cli.formats import FORMATS
from celoss_cli.losses import LOSSES, LossSpec
from celoss_cli.sources import SOURCES

__all__ = ["compare_options", "loss_options", "merge_options"]

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")

_INPUT = "Input"
_SEMANTICS = "Semantics, as in PyTorch"
_OUTPUT = "Output"


def _float(text: str) -> float:
    """A number of the one grammar that all input has."""
    from celoss_cli.sources.numbers import number

    try:
        return number(text)
    except CelossError as error:
        raise typer.BadParameter(error.fact) from None


def _whole(text: str) -> int:
    if _INTEGER.fullmatch(text.strip()):
        return int(text)  # no double holds every integer
    value = _float(text)
    if value != int(value) if abs(value) < 2**63 else True:
        raise typer.BadParameter(f"expected a whole number, got {quoted(text)}")
    return int(value)


def _at_least(least: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        value = _whole(text)
        if value < least:
            raise typer.BadParameter(f"expected at least {least}, got {value}")
        return value

    return parse


def _fractions(text: str) -> tuple[float, ...]:
    values = tuple(map(_float, text.split(",")))
    if not all(0 <= value <= 1 for value in values):
        raise typer.BadParameter(f"expected numbers from 0 to 1, got {quoted(text)}")
    return values


def _open_fraction(text: str) -> float:
    value = _float(text)
    if not 0 < value < 1:
        raise typer.BadParameter(f"expected a number between 0 and 1, got {quoted(text)}")
    return value


def _one_of(choices: Iterable[str]) -> Callable[[str], str]:
    known = tuple(choices)

    def parse(text: str) -> str:
        if text not in known:
            raise typer.BadParameter(f"expected {', '.join(known)}, got {quoted(text)}")
        return text

    return parse


def _delimiter(text: str) -> str:
    text = {"tab": "\t", "\\t": "\t", "space": " "}.get(text, text)
    if text not in (",", ";", "\t", " ", "|"):
        raise typer.BadParameter(f"expected one of , ; tab space |, got {quoted(text)}")
    return text


def _encoding(text: str) -> str:
    """The name of an encoding of text; Python knows others that turn bytes into bytes."""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=text)
    except (LookupError, ValueError):
        raise typer.BadParameter(f"expected a known encoding of text, got {quoted(text)}") from None
    return text


def _choice(*names: str, choices: Iterable[str], panel: str, help: str) -> Any:
    choices = tuple(choices)
    return typer.Option(
        *names, parser=_one_of(choices), metavar="|".join(choices), rich_help_panel=panel, help=help
    )


def _text(*names: str, metavar: str, panel: str, help: str) -> Any:
    return typer.Option(*names, metavar=metavar, rich_help_panel=panel, help=help)


def _flag(name: str, panel: str, help: str) -> Any:
    return typer.Option(name, rich_help_panel=panel, help=help)


def _count(name: str, least: int, panel: str, help: str) -> Any:
    return typer.Option(name, parser=_at_least(least), metavar="N", rich_help_panel=panel, help=help)


Files = Annotated[
    list[str] | None,
    typer.Argument(metavar="[FILE]...", help="Data files, one data set in this order; - is standard input."),
]
Targets = Annotated[
    str | None,
    _text("--targets", "-y", metavar="VALUES", panel=_INPUT, help="Targets inline, or @FILE."),
]
TargetColumn = Annotated[
    str | None,
    _text(
        "--target-column",
        metavar="NAMES",
        panel=_INPUT,
        help="The column(s) of targets: names, globs, first:last.",
    ),
]
ClassColumns = Annotated[
    str | None,
    _text(
        "--class-columns",
        metavar="NAMES",
        panel=_INPUT,
        help="The columns of the input: names, globs, first:last.",
    ),
]
IdColumn = Annotated[
    str | None, _text("--id-column", metavar="NAME", panel=_INPUT, help="The column that names a row.")
]
WeightColumn = Annotated[
    str | None,
    _text(
        "--weight-column",
        metavar="NAME",
        panel=_INPUT,
        help="A weight for each row; the mean divides by their sum.",
    ),
]
InputFormat = Annotated[
    str | None,
    _choice("--input-format", choices=SOURCES, panel=_INPUT, help="Instead of the file name's ending."),
]
Delimiter = Annotated[
    str | None,
    typer.Option(
        "--delimiter",
        parser=_delimiter,
        metavar=",|;|tab|space|BAR",
        rich_help_panel=_INPUT,
        help="Between the values of a table; BAR is the character |.",
    ),
]
Decimal = Annotated[
    str, _choice("--decimal", choices=(".", ","), panel=_INPUT, help="The decimal mark of a table.")
]
Encoding = Annotated[
    str,
    typer.Option(
        "--encoding",
        parser=_encoding,
        metavar="NAME",
        rich_help_panel=_INPUT,
        help="The encoding of text input.",
    ),
]
NoHeader = Annotated[
    bool, _flag("--no-header", _INPUT, "A table's first line holds values; columns are named 1, 2, ...")
]
Missing = Annotated[
    str,
    _choice(
        "--missing",
        choices=("error", "skip"),
        panel=_INPUT,
        help="What to do with rows that have empty or NA cells.",
    ),
]
ClassAxis = Annotated[
    int | None,
    typer.Option(
        "--class-axis",
        parser=_whole,
        metavar="AXIS",
        rich_help_panel=_INPUT,
        help="The class axis of an array; 1 if not given.",
    ),
]
AllowNonfinite = Annotated[bool, _flag("--allow-nonfinite", _INPUT, "Accept nan and inf (-inf always is).")]
AllowUnterminated = Annotated[
    bool,
    _flag("--allow-unterminated", _INPUT, "Accept a last line without a newline, which may have been cut."),
]
AllowOutOfDomain = Annotated[
    bool, _flag("--allow-out-of-domain", _INPUT, "Compute, with a warning, what the loss is not meant for.")
]

Weight = Annotated[
    str | None,
    _text(
        "--weight",
        metavar="VALUES",
        panel=_SEMANTICS,
        help="A weight for each class (ce, nll) or element; or @FILE.",
    ),
]
PosWeight = Annotated[
    str | None,
    _text(
        "--pos-weight",
        metavar="VALUES",
        panel=_SEMANTICS,
        help="Weights of the positive answer, from the last axis; or @FILE.",
    ),
]
IgnoreIndex = Annotated[
    int | None,
    typer.Option(
        "--ignore-index",
        parser=_whole,
        metavar="INDEX",
        rich_help_panel=_SEMANTICS,
        help="Leave out targets of this value; -100 if not given.",
    ),
]
LabelSmoothing = Annotated[
    float | None,
    typer.Option(
        "--label-smoothing",
        parser=_float,
        metavar="EPS",
        rich_help_panel=_SEMANTICS,
        help="Mix the target with the uniform distribution, 0 to 1.",
    ),
]
LogTarget = Annotated[bool, _flag("--log-target", _SEMANTICS, "The targets are log-probabilities.")]
Dtype = Annotated[
    str,
    _choice(
        "--dtype", choices=("float64", "float32"), panel=_SEMANTICS, help="The precision of the computation."
    ),
]
Base = Annotated[
    str,
    _choice(
        "--base", choices=("e", "2", "10"), panel=_SEMANTICS, help="The logarithm's base: nats, bits or dits."
    ),
]
OnEmpty = Annotated[
    str,
    _choice(
        "--on-empty",
        choices=("error", "nan", "zero"),
        panel=_SEMANTICS,
        help="The answer where nothing is counted.",
    ),
]

Format = Annotated[
    str | None, _choice("--format", choices=FORMATS, panel=_OUTPUT, help="How the result is written.")
]
Json = Annotated[bool, _flag("--json", _OUTPUT, "The same as --format json.")]
Output = Annotated[
    str | None,
    _text("--output", "-o", metavar="FILE", panel=_OUTPUT, help="Write to a file, whole or not at all."),
]
Rows = Annotated[
    int | None, _count("--rows", 0, _OUTPUT, "Show the steps of the first N rows; 3 if not given.")
]
OneRow = Annotated[
    int | None, _count("--row", 0, _OUTPUT, "Show the steps of this row instead, counted from 0.")
]
By = Annotated[
    str | None,
    _text("--by", metavar="class|COLUMN", panel=_OUTPUT, help="Break the loss down by class or by a column."),
]
Worst = Annotated[int | None, _count("--worst", 1, _OUTPUT, "Show the N rows with the largest losses.")]
Quantiles = Annotated[
    str | None,  # as far as Typer needs to know; the parser answers with numbers
    typer.Option(
        "--quantiles",
        parser=_fractions,
        metavar="Q,...",
        rich_help_panel=_OUTPUT,
        help="Quantiles of the losses, for example 0.5,0.9,0.99.",
    ),
]
EmitPartial = Annotated[
    str | None,
    _text(
        "--emit-partial",
        metavar="FILE",
        panel=_OUTPUT,
        help="Also write the exact partial result, for celoss merge.",
    ),
]
Partials = Annotated[
    list[str], typer.Argument(metavar="PARTIAL...", help="Files that --emit-partial wrote, in any order.")
]
Grad = Annotated[bool, _flag("--grad", _OUTPUT, "Show the gradient of the result with respect to the input.")]
Color = Annotated[
    str,
    _choice("--color", choices=("auto", "always", "never"), panel=_OUTPUT, help="Colour on standard output."),
]
Jobs = Annotated[
    int | None, _count("--jobs", 1, _OUTPUT, "Worker threads; the result does not depend on it.")
]
Debug = Annotated[bool, _flag("--debug", _OUTPUT, "Show where in the program an error came from.")]

_SEMANTIC: dict[str, tuple[Any, Any]] = {
    "weight": (Weight, None),
    "pos_weight": (PosWeight, None),
    "ignore_index": (IgnoreIndex, None),
    "label_smoothing": (LabelSmoothing, None),
    "log_target": (LogTarget, False),
}


First = Annotated[str, typer.Argument(metavar="A", help="The first file; - is standard input.")]
Second = Annotated[str, typer.Argument(metavar="B", help="The second file, of the same rows.")]
LossName = Annotated[
    str, _choice("--loss", choices=LOSSES, panel=_SEMANTICS, help="The loss, as its command is called.")
]
MeanReduction = Annotated[
    str | None,
    _choice(
        "--reduction",
        choices=("mean", "batchmean"),
        panel=_SEMANTICS,
        help="What the loss is divided by; mean if not given.",
    ),
]
GroupColumn = Annotated[
    str | None,
    _text(
        "--group-column",
        metavar="NAME",
        panel=_INPUT,
        help="Rows with one value of it are not independent: they are drawn together.",
    ),
]
AlignBy = Annotated[
    str | None,
    _choice(
        "--align",
        choices=("id", "position"),
        panel=_INPUT,
        help="How rows find each other; by id if not given and there are ids.",
    ),
]
_COMPARISON = "Comparison"
Confidence = Annotated[
    float,
    typer.Option(
        "--confidence",
        parser=_open_fraction,
        metavar="PART",
        rich_help_panel=_COMPARISON,
        help="Of the interval, between 0 and 1.",
    ),
]
Resamples = Annotated[
    int, _count("--resamples", 100, _COMPARISON, "Draws of the bootstrap and of the permutation test.")
]
Seed = Annotated[int, _count("--seed", 0, _COMPARISON, "Of the random draws.")]
Changes = Annotated[
    int, _count("--worst", 0, _COMPARISON, "Show the K rows that lost most, and the K that gained most.")
]
MaxIncrease = Annotated[
    float | None,
    typer.Option(
        "--max-increase",
        parser=_float,
        metavar="X",
        rich_help_panel=_COMPARISON,
        help="Fail where the mean difference B - A is above X.",
    ),
]
NonInferior = Annotated[
    float | None,
    typer.Option(
        "--non-inferior",
        parser=_float,
        metavar="X",
        rich_help_panel=_COMPARISON,
        help="Fail where the upper end of the interval is above X.",
    ),
]
ComparisonFormat = Annotated[
    str | None,
    _choice(
        "--format",
        choices=[spec.name for spec in FORMATS.values() if spec.comparison],
        panel=_OUTPUT,
        help="How the result is written.",
    ),
]


def compare_options() -> dict[str, tuple[Any, Any]]:
    """The parameters of ``celoss compare``, in order: name -> (annotation, default)."""
    needed = inspect.Parameter.empty
    return {
        "first": (First, needed),
        "second": (Second, needed),
        "loss": (LossName, needed),
        **_reading(),
        "group_column": (GroupColumn, None),
        "align": (AlignBy, None),
        **_SEMANTIC,
        "reduction": (MeanReduction, None),
        "base": (Base, "e"),
        "confidence": (Confidence, "0.95"),
        "resamples": (Resamples, "10000"),
        "seed": (Seed, "0"),
        "worst": (Changes, "5"),
        "max_increase": (MaxIncrease, None),
        "non_inferior": (NonInferior, None),
        "format": (ComparisonFormat, None),
        "json": (Json, False),
        "output": (Output, None),
        "color": (Color, "auto"),
        "jobs": (Jobs, None),
        "debug": (Debug, False),
    }


def _reading(*, class_axis: bool = True) -> dict[str, tuple[Any, Any]]:
    """The parameters that say how data is read."""
    return {
        "targets": (Targets, None),
        "target_column": (TargetColumn, None),
        "class_columns": (ClassColumns, None),
        "id_column": (IdColumn, None),
        "weight_column": (WeightColumn, None),
        "input_format": (InputFormat, None),
        "delimiter": (Delimiter, None),
        "decimal": (Decimal, "."),
        "encoding": (Encoding, "utf-8"),
        "no_header": (NoHeader, False),
        "missing": (Missing, "error"),
        **({"class_axis": (ClassAxis, None)} if class_axis else {}),
        "allow_nonfinite": (AllowNonfinite, False),
        "allow_unterminated": (AllowUnterminated, False),
        "allow_out_of_domain": (AllowOutOfDomain, False),
    }


def merge_options() -> dict[str, tuple[Any, Any]]:
    """The parameters of ``celoss merge``, in order: name -> (annotation, default)."""
    return {
        "partials": (Partials, inspect.Parameter.empty),
        "on_empty": (OnEmpty, "error"),
        "emit_partial": (EmitPartial, None),
        "format": (Format, None),
        "json": (Json, False),
        "output": (Output, None),
        "color": (Color, "auto"),
        "debug": (Debug, False),
    }


def loss_options(spec: LossSpec) -> dict[str, tuple[Any, Any]]:
    """The parameters of a loss's command, in order: name -> (annotation, default)."""
    values = Annotated[
        str | None,
        _text(
            f"--{spec.takes}",
            "-x",
            metavar="VALUES",
            panel=_INPUT,
            help=f"The {spec.takes} inline, as 1,2;3,4 or [[1,2],[3,4]], or @FILE.",
        ),
    ]
    reduction = Annotated[
        str | None,
        _choice(
            "--reduction",
            choices=spec.reductions,
            panel=_SEMANTICS,
            help="How the losses become one number; mean if not given.",
        ),
    ]
    return {
        "files": (Files, None),
        "input": (values, None),
        **_reading(class_axis=spec.per == "class"),
        **{name: _SEMANTIC[name] for name in spec.options},
        "reduction": (reduction, None),
        "dtype": (Dtype, "float64"),
        "base": (Base, "e"),
        "on_empty": (OnEmpty, "error"),
        "format": (Format, None),
        "json": (Json, False),
        "output": (Output, None),
        "rows": (Rows, None),
        "row": (OneRow, None),
        "emit_partial": (EmitPartial, None),
        "by": (By, None),
        "worst": (Worst, None),
        "quantiles": (Quantiles, None),
        "grad": (Grad, False),
        "color": (Color, "auto"),
        "jobs": (Jobs, None),
        "debug": (Debug, False),
    }
