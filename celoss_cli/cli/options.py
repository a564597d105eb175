"""Every option, declared once as an Annotated alias, and the parsers of their values.

Nothing here imports NumPy: ``--help`` must answer before it could be loaded.
"""

from __future__ import annotations

import inspect
import io
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from celoss_cli.core.errors import CelossError, quoted
from celoss_cli.losses.conventions import CONVENTIONS, INPUT_KINDS
from celoss_cli.read import SOURCES
from celoss_cli.show import FORMATS
from celoss_cli.studies.emit import LIBRARIES

if TYPE_CHECKING:
    from celoss_cli.losses import LossSpec

__all__ = ["conventional_options", "loss_options", "merge_options"]

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")

INPUT = "Input"
SEMANTICS = "Semantics, as in PyTorch"
OUTPUT = "Output"


def _float(text: str) -> float:
    """A number of the one grammar that all input has."""
    from celoss_cli.read.text.numbers import number

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


def _at_least(least: int, most: int | None = None) -> Callable[[str], int]:
    def parse(text: str) -> int:
        value = _whole(text)
        if value < least:
            raise typer.BadParameter(f"expected at least {least}, got {value}")
        if most is not None and value > most:
            raise typer.BadParameter(f"expected at most {most}, got {value}")
        return value

    return parse


def _fractions(text: str) -> tuple[float, ...]:
    values = tuple(map(_float, text.split(",")))
    if not all(0 <= value <= 1 for value in values):
        raise typer.BadParameter(f"expected numbers from 0 to 1, got {quoted(text)}")
    return values


def one_of(choices: Iterable[str]) -> Callable[[str], str]:
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


def choice(*names: str, choices: Iterable[str], panel: str, help: str) -> Any:
    choices = tuple(choices)
    return typer.Option(
        *names,
        parser=one_of(choices),
        autocompletion=completion(choices),
        metavar="|".join(choices),
        rich_help_panel=panel,
        help=help,
    )


def text(*names: str, metavar: str, panel: str, help: str, parser: Any = None) -> Any:
    return typer.Option(*names, parser=parser, metavar=metavar, rich_help_panel=panel, help=help)


def output_file(text: str) -> str | None:
    """The file to write; None for ``-``, standard output."""
    return None if text == "-" else text


def real_file(text: str) -> str:
    """The file to write, which standard output cannot be: the result goes there."""
    if text == "-":
        raise typer.BadParameter("expected the name of a file, got - (a file of that name is ./-)")
    return text


def completion(choices: Iterable[str]) -> Callable[[str], list[str]]:
    """Tells a shell which of the choices a word may become."""

    def complete(incomplete: str) -> list[str]:
        return [name for name in choices if name.startswith(incomplete)]

    return complete


def _flag(name: str, panel: str, help: str) -> Any:
    return typer.Option(name, rich_help_panel=panel, help=help)


def count(name: str, least: int, panel: str, help: str, most: int | None = None) -> Any:
    return typer.Option(name, parser=_at_least(least, most), metavar="N", rich_help_panel=panel, help=help)


Files = Annotated[
    list[str] | None,
    typer.Argument(metavar="[FILE]...", help="Data files, one data set in this order; - is standard input."),
]
Targets = Annotated[
    str | None,
    text("--targets", "-y", metavar="VALUES", panel=INPUT, help="Targets inline, or @FILE."),
]
TargetColumn = Annotated[
    str | None,
    text(
        "--target-column",
        metavar="NAMES",
        panel=INPUT,
        help="The column(s) of targets: names, globs, first:last.",
    ),
]
ClassColumns = Annotated[
    str | None,
    text(
        "--class-columns",
        metavar="NAMES",
        panel=INPUT,
        help="The columns of the input: names, globs, first:last.",
    ),
]
IdColumn = Annotated[
    str | None, text("--id-column", metavar="NAME", panel=INPUT, help="The column that names a row.")
]
WeightColumn = Annotated[
    str | None,
    text(
        "--weight-column",
        metavar="NAME",
        panel=INPUT,
        help="A weight for each row; the mean divides by their sum.",
    ),
]
InputFormat = Annotated[
    str | None,
    choice("--input-format", choices=SOURCES, panel=INPUT, help="Instead of the file name's ending."),
]
Delimiter = Annotated[
    str | None,
    typer.Option(
        "--delimiter",
        parser=_delimiter,
        metavar=",|;|tab|space|BAR",
        rich_help_panel=INPUT,
        help="Between the values of a table; BAR is the character |.",
    ),
]
Decimal = Annotated[
    str, choice("--decimal", choices=(".", ","), panel=INPUT, help="The decimal mark of a table.")
]
Encoding = Annotated[
    str,
    typer.Option(
        "--encoding",
        parser=_encoding,
        metavar="NAME",
        rich_help_panel=INPUT,
        help="The encoding of text input.",
    ),
]
Header = Annotated[
    bool | None,
    _flag(
        "--header/--no-header",
        INPUT,
        "Whether a table's first line names the columns; if not, they are 1, 2, ... and the classes have no "
        "names.",
    ),
]
Missing = Annotated[
    str,
    choice(
        "--missing",
        choices=("error", "skip"),
        panel=INPUT,
        help="What to do with rows that have empty or NA cells.",
    ),
]
TargetIs = Annotated[
    str | None,
    choice(
        "--target-is",
        choices=("name", "index"),
        panel=INPUT,
        help="What targets of classes are; worked out from the names of the classes if not given.",
    ),
]
ClassAxis = Annotated[
    int | None,
    typer.Option(
        "--class-axis",
        parser=_whole,
        metavar="AXIS",
        rich_help_panel=INPUT,
        help="The class axis of an array; 1 if not given.",
    ),
]
AllowNonfinite = Annotated[
    bool, _flag("--allow-nonfinite", INPUT, "Accept nan and inf in any spelling (-inf always is).")
]
AllowUnterminated = Annotated[
    bool,
    _flag("--allow-unterminated", INPUT, "Accept a last line without a newline, which may have been cut."),
]
AllowOutOfDomain = Annotated[
    bool, _flag("--allow-out-of-domain", INPUT, "Compute, with a warning, what the loss is not meant for.")
]

Weight = Annotated[
    str | None,
    text(
        "--weight",
        metavar="VALUES",
        panel=SEMANTICS,
        help="A weight for each class (ce, nll) or element; or @FILE.",
    ),
]
PosWeight = Annotated[
    str | None,
    text(
        "--pos-weight",
        metavar="VALUES",
        panel=SEMANTICS,
        help="Weights of the positive answer, from the last axis; or @FILE.",
    ),
]
IgnoreIndex = Annotated[
    int | None,
    typer.Option(
        "--ignore-index",
        parser=_whole,
        metavar="INDEX",
        rich_help_panel=SEMANTICS,
        help="Leave out targets of this value; -100 if not given.",
    ),
]
LabelSmoothing = Annotated[
    float | None,
    typer.Option(
        "--label-smoothing",
        parser=_float,
        metavar="EPS",
        rich_help_panel=SEMANTICS,
        help="Mix the target with the uniform distribution, 0 to 1.",
    ),
]
LogTarget = Annotated[bool, _flag("--log-target", SEMANTICS, "The targets are log-probabilities.")]
Dtype = Annotated[
    str,
    choice(
        "--dtype", choices=("float64", "float32"), panel=SEMANTICS, help="The precision of the computation."
    ),
]
Base = Annotated[
    str,
    choice(
        "--base", choices=("e", "2", "10"), panel=SEMANTICS, help="The logarithm's base: nats, bits or dits."
    ),
]
OnEmpty = Annotated[
    str,
    choice(
        "--on-empty",
        choices=("error", "nan", "zero"),
        panel=SEMANTICS,
        help="The answer where nothing is counted.",
    ),
]

Format = Annotated[
    str | None, choice("--format", choices=FORMATS, panel=OUTPUT, help="How the result is written.")
]
Json = Annotated[bool, _flag("--json", OUTPUT, "The same as --format json.")]
Output = Annotated[
    str | None,
    text(
        "--output",
        "-o",
        metavar="FILE",
        panel=OUTPUT,
        parser=output_file,
        help="Write to a file, whole or not at all; - is standard output.",
    ),
]
Rows = Annotated[
    int | None, count("--rows", 0, OUTPUT, "Show the steps of the first N rows; 3 if not given.")
]
OneRow = Annotated[
    int | None, count("--row", 0, OUTPUT, "Show the steps of this row instead, counted from 0.")
]
By = Annotated[
    str | None,
    text("--by", metavar="class|COLUMN", panel=OUTPUT, help="Break the loss down by class or by a column."),
]
Worst = Annotated[int | None, count("--worst", 1, OUTPUT, "Show the N rows with the largest losses.")]
Quantiles = Annotated[
    str | None,  # as far as Typer needs to know; the parser answers with numbers
    typer.Option(
        "--quantiles",
        parser=_fractions,
        metavar="Q,...",
        rich_help_panel=OUTPUT,
        help="Quantiles of the losses, for example 0.5,0.9,0.99.",
    ),
]
EmitPartial = Annotated[
    str | None,
    text(
        "--emit-partial",
        metavar="FILE",
        panel=OUTPUT,
        parser=real_file,
        help="Also write the exact partial result, for celoss merge.",
    ),
]
Emit = Annotated[
    str | None,
    choice(
        "--emit",
        choices=LIBRARIES,
        panel=OUTPUT,
        help="Instead of the result, print code of this library that computes the same number.",
    ),
]
Partials = Annotated[
    list[str], typer.Argument(metavar="PARTIAL...", help="Files that --emit-partial wrote, in any order.")
]
Grad = Annotated[bool, _flag("--grad", OUTPUT, "Show the gradient of the result with respect to the input.")]
Color = Annotated[
    str,
    choice("--color", choices=("auto", "always", "never"), panel=OUTPUT, help="Colour on standard output."),
]
Jobs = Annotated[int | None, count("--jobs", 1, OUTPUT, "Worker threads; the result does not depend on it.")]
Debug = Annotated[bool, _flag("--debug", OUTPUT, "Show where in the program an error came from.")]

SEMANTIC: dict[str, tuple[Any, Any]] = {
    "weight": (Weight, None),
    "pos_weight": (PosWeight, None),
    "ignore_index": (IgnoreIndex, None),
    "label_smoothing": (LabelSmoothing, None),
    "log_target": (LogTarget, False),
}


def reading_options(*, per_class: bool = True) -> dict[str, tuple[Any, Any]]:
    """The parameters that say how data is read; of classes where the loss may be one of classes."""
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
        "header": (Header, None),
        "missing": (Missing, "error"),
        **({"class_axis": (ClassAxis, None), "target_is": (TargetIs, None)} if per_class else {}),
        "allow_nonfinite": (AllowNonfinite, False),
        "allow_unterminated": (AllowUnterminated, False),
        "allow_out_of_domain": (AllowOutOfDomain, False),
    }


def _conventional(spec: LossSpec) -> dict[str, tuple[Any, Any]]:
    """The parameters that say what the input is and which tool is reproduced, where there is a choice."""
    tools = [name for name, known in CONVENTIONS.items() if spec.command in known.functions]
    return {
        **({"input_is": (input_is(spec.kinds, spec.takes), None)} if spec.kinds else {}),
        **({"convention": (convention([*tools, "all"]), None)} if spec.by_convention else {}),
    }


def conventional_options() -> dict[str, tuple[Any, Any]]:
    """The kind of input and the convention, for commands of any loss."""
    return {
        "input_is": (input_is(INPUT_KINDS, "what the loss takes"), None),
        "convention": (convention(tuple(CONVENTIONS)), None),
    }


def input_is(kinds: Iterable[str], usual: str) -> Any:
    """The option that says what the values of the input are."""
    help = f"What the values are; {usual} if not given."
    return Annotated[str | None, choice("--input-is", choices=kinds, panel=SEMANTICS, help=help)]


def convention(tools: Iterable[str]) -> Any:
    """The option that names the tool to be reproduced."""
    every = "; all shows them side by side" if "all" in tools else ""
    help = f"Clip, rescale and divide as this tool does{every}."
    return Annotated[str | None, choice("--convention", choices=tools, panel=SEMANTICS, help=help)]


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
        text(
            f"--{spec.takes}",
            "-x",
            metavar="VALUES",
            panel=INPUT,
            help=f"The {spec.takes} inline, as 1,2;3,4 or [[1,2],[3,4]], or @FILE.",
        ),
    ]
    reduction = Annotated[
        str | None,
        choice(
            "--reduction",
            choices=spec.reductions,
            panel=SEMANTICS,
            help="How the losses become one number; mean if not given.",
        ),
    ]
    return {
        "files": (Files, None),
        "input": (values, None),
        **reading_options(per_class=spec.per == "class"),
        **_conventional(spec),
        **{name: SEMANTIC[name] for name in spec.options},
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
        "emit": (Emit, None),
        "by": (By, None),
        "worst": (Worst, None),
        "quantiles": (Quantiles, None),
        "grad": (Grad, False),
        "color": (Color, "auto"),
        "jobs": (Jobs, None),
        "debug": (Debug, False),
    }
