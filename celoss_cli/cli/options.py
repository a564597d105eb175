"""The options that several commands share, as records by trade. See table.py.

Nothing here imports NumPy: ``--help`` must answer before it could be loaded.
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Literal

from celoss_cli.cli.completing import columns_typed
from celoss_cli.cli.kinds import (
    CLASS_MAP,
    CLUSTER,
    COMMENT,
    CONFIDENCE,
    COUNT,
    DELIMITER,
    DISTANCE,
    ENCODING,
    FILE,
    FRACTIONS,
    GROUP_LIMIT,
    INCREASES,
    NAME,
    NAMES,
    OUTPUT_FILE,
    PART,
    REAL_FILE,
    SHARD,
    TOLERANCE,
)
from celoss_cli.cli.table import GivenOption, group, option, part
from celoss_cli.core.option import FINITE, FLAG, TEXT, VALUES, WHOLE, Option, at_least, one_of, within
from celoss_cli.core.records import record
from celoss_cli.core.suffix import suffix_of
from celoss_cli.losses import LOSSES
from celoss_cli.losses.options import SEMANTICS
from celoss_cli.losses.spec import INPUT_KINDS, TOKENS
from celoss_cli.read import SOURCES
from celoss_cli.show import FORMATS, Holds, formats_of

if TYPE_CHECKING:
    from celoss_cli.read.shards import Shard

__all__ = [
    "GATE",
    "INPUT",
    "OUTPUT",
    "SEMANTICS",
    "Keeping",
    "Limits",
    "LossOptions",
    "Reading",
    "Running",
    "Semantics",
    "Showing",
    "Uncertainty",
    "Writing",
    "cluster",
    "exit_zero",
    "expect_parts",
    "files",
    "formats",
    "loss_name",
    "loss_options",
    "page",
    "values",
]

INPUT = "Input"
OUTPUT = "Output"
GATE = "Checks: a limit that does not hold exits 1"


def formats(*holds: Holds, help: str = "How the result is written.") -> Mapping[str, object]:
    """What is another in the option ``--format`` of a command whose document holds these parts."""
    return {"kind": one_of(formats_of(*holds)), "help": help}


def loss_name(**more: Any) -> Any:
    """The field that names the loss, where a command takes any."""
    return option(one_of(LOSSES), "The loss, as its command is called.", panel=SEMANTICS, **more)


def exit_zero() -> Any:
    """The field that asks for 0 where a check failed."""
    help = "Exit 0 even if a check failed; other exit codes stay."
    return option(FLAG, help, default=False, panel=GATE)


def page(example: str) -> Mapping[str, object]:
    """What is another in the option ``--output`` of a command that writes a page."""
    help = "The page, whole or not at all."
    return {"kind": REAL_FILE, "help": help, "required": True, "example": example}


def _conventions() -> Collection[str]:
    from celoss_cli.losses.conventions import CONVENTIONS  # most runs name none

    return CONVENTIONS


def _libraries() -> Collection[str]:
    from celoss_cli.studies.emit import LIBRARIES  # most runs write no code

    return LIBRARIES


# ---------------------------------------------------------------------------------------- the records


@record(frozen=True, slots=True)
class Reading:
    """How the data is read."""

    PANEL = INPUT

    targets: str | None = option(VALUES, "Targets inline, or @FILE.", flags=("--targets", "-y"), file="read")
    target_column: str | None = option(
        NAMES, "The column(s) of targets: names, globs, first:last.", needs="files", complete=columns_typed
    )
    class_columns: str | None = option(
        NAMES, "The columns of the input: names, globs, first:last.", needs="files", complete=columns_typed
    )
    id_column: str | None = option(
        NAME, "The column that names a row.", needs="files", complete=columns_typed
    )
    weight_column: str | None = option(
        NAME,
        "A weight for each row; the mean divides by their sum.",
        needs="files",
        changes="weight",
        complete=columns_typed,
    )
    input_format: str | None = option(one_of(SOURCES), "Instead of the file name's ending.", needs="files")
    delimiter: str | None = option(DELIMITER, "Between the values of a table; BAR is the character |.")
    decimal: Literal[".", ","] = option(
        one_of((".", ",")), "The decimal mark of a table.", default=".", needs="files"
    )
    encoding: str = option(ENCODING, "The encoding of text input.", default="utf-8")
    header: bool | None = option(
        FLAG,
        "Whether a table's first line names the columns; if not, they are 1, 2, ... and the classes have no "
        "names.",
        negation="--no-header",
    )
    percent: bool = option(
        FLAG, "Cells of a table that end in % are hundredths: 52.69% is 0.5269.", default=False, needs="files"
    )
    comment: str | None = option(
        COMMENT, "Lines of a table that begin with this are left out.", needs="files"
    )
    missing: Literal["error", "skip"] = option(
        one_of(("error", "skip")),
        "What to do with rows that have empty or NA cells.",
        default="error",
        needs="files",
    )
    positive: str | None = option(
        TEXT,
        "Which of two targets is the positive one, if neither they nor the column's name say.",
        metavar="LABEL",
        needs="answers",
        changes="meaning",
    )
    predicted_column: str | None = option(
        NAME,
        "The class predicted, where the input is how sure the prediction is: the probability of that class.",
        needs="decisions",
        changes="meaning",
        complete=columns_typed,
    )
    first_class: int = option(
        at_least(0, 1),
        "The index of the first class in the targets: 0 or 1.",
        default=0,
        metavar="0|1",
        complete=lambda typed: ("0", "1"),
        needs="classes",
        changes="meaning",
    )
    class_map: tuple[str, ...] = option(
        CLASS_MAP,
        "The class that each target stands for, as H=home,D=draw, or @FILE with a pair a line.",
        default=(),
        needs="classes",
        changes="meaning",
        file="read",
        repeatable=True,
    )
    class_axis: int | None = option(
        WHOLE, "The class axis of an array; 1 if not given.", metavar="AXIS", needs="classes"
    )
    target_is: Literal["name", "index"] | None = option(
        one_of(("name", "index")),
        "Whether targets are class names or indices; found from the class names if not given.",
        needs="classes",
    )
    choice_norm: Literal["none", "char", "byte", "token", "unconditional"] | None = option(
        one_of(("none", "char", "byte", "token", "unconditional")),
        "Divide the log-likelihood of a choice by its length, or subtract that without the question.",
        needs="choices",
        changes="meaning",
    )
    allow_nonfinite: bool = option(
        FLAG, "Accept nan and inf in any spelling (-inf always is).", default=False
    )
    allow_unterminated: bool = option(
        FLAG, "Accept a last line without a newline as complete, without a note.", default=False
    )
    allow_out_of_domain: bool = option(
        FLAG, "Compute, with a warning, what the loss is not meant for.", default=False
    )
    clip_domain: float | None = option(
        DISTANCE, "Clip probabilities that rounding put up to D outside of 0 to 1."
    )


@record(frozen=True, slots=True)
class Semantics:
    """What is computed: all that the number depends on beside the data."""

    PANEL = SEMANTICS

    of_loss: tuple[GivenOption, ...] = group()
    input_is: str | None = option(
        one_of((*INPUT_KINDS, TOKENS)),
        "What the values are; what the loss takes if not given.",
        changes="prediction",
    )
    per: Literal["token", "document", "byte", "word"] | None = option(
        one_of(("token", "document", "byte", "word")),
        "What the loss of scored tokens is divided by; token if not given.",
        needs="tokens",
    )
    score: Literal["all", "prompt", "completion"] | None = option(
        one_of(("all", "prompt", "completion")),
        "Which of the scored tokens count; all if not given.",
        needs="tokens",
    )
    censored: Literal["error", "skip", "bound"] | None = option(
        one_of(("error", "skip", "bound")),
        "What to do with tokens of which only a bound is known (-9999); error if not given.",
        needs="tokens",
    )
    convention: str | None = option(
        one_of(_conventions), "Clip, rescale and divide as this tool does.", changes="prediction"
    )
    reduction: Literal["none", "mean", "sum", "batchmean"] | None = option(
        one_of(("mean", "sum", "batchmean")), "How the losses become one number; mean if not given."
    )
    dtype: Literal["float64", "float32"] = option(
        one_of(("float64", "float32")), "The precision of the computation.", default="float64"
    )
    base: Literal["e", "2", "10"] = option(
        one_of(("e", "2", "10")), "The logarithm's base: nats, bits or dits.", default="e"
    )
    on_empty: Literal["error", "nan", "zero"] = option(
        one_of(("error", "nan", "zero")), "What to return if nothing is counted.", default="error"
    )

    @property
    def of_rows(self) -> bool:
        """Whether every row stands for itself: one of scored tokens is a part of a document."""
        return self.input_is != TOKENS


@record(frozen=True, slots=True)
class Writing:
    """How the result is written, and where."""

    PANEL = OUTPUT

    format: str | None = option(
        one_of(FORMATS),
        "How the result is written.",
        setting=True,
        settled=lambda values: bool(
            values.get("json") or values.get("emit") or suffix_of(values.get("output") or "")
        ),
    )
    json: bool = option(FLAG, "The same as --format json.", default=False)
    output: str | None = option(
        OUTPUT_FILE,
        "Write to a file, whole or not at all, in the format of its ending if no other is named; - is "
        "standard output.",
        flags=("--output", "-o"),
        file="written",
    )
    report: tuple[str, ...] = option(
        TEXT,
        "Write the result in one more format; repeatable. With -o FILE, - is standard output.",
        default=(),
        metavar="FORMAT=FILE",
        repeatable=True,
    )
    color: Literal["auto", "always", "never"] = option(
        one_of(("auto", "always", "never")), "Colour on standard output.", default="auto", setting=True
    )


@record(frozen=True, slots=True)
class Showing:
    """What the result shows beside the number."""

    PANEL = OUTPUT

    rows: int | None = option(
        at_least(0), "Show the steps of the first N rows; 3 if not given.", needs="workings"
    )
    row: int | None = option(
        at_least(0), "Show the steps of this row instead, counted from 0.", needs="workings"
    )
    by: str | None = option(
        TEXT,
        "Break the loss down by class or by a column.",
        metavar="class|COLUMN",
        needs="breakdown",
        complete=lambda typed: ("class", *columns_typed(typed)),
    )
    worst: int | None = option(at_least(1), "Show the N rows with the largest losses.", needs="breakdown")
    quantiles: tuple[float, ...] = option(
        FRACTIONS, "Quantiles of the losses, for example 0.5,0.9,0.99.", default=(), needs="breakdown"
    )
    top_k: int | None = option(
        at_least(1),
        "Show how often the target is among the K likeliest classes, too.",
        metavar="K",
        needs="scores",
    )
    grad: bool = option(
        FLAG, "Show the gradient of the result with respect to the input.", default=False, needs="gradient"
    )


@record(frozen=True, slots=True)
class Uncertainty:
    """What is said of how far the mean may be from that of other rows drawn like these."""

    PANEL = OUTPUT

    interval: bool = option(
        FLAG, "Show a confidence interval for the mean loss of all rows like these.", default=False
    )
    confidence: float = option(
        CONFIDENCE, "Of the interval, between 0 and 1, at most 0.999999.", default=0.95, needs="interval"
    )
    group_column: str | None = option(
        TEXT,
        "Rows with the same value belong together: the interval counts them as one draw.",
        metavar="NAME",
        panel=INPUT,
        needs="interval",
        complete=columns_typed,
    )


@record(frozen=True, slots=True)
class Running:
    """How the command runs."""

    PANEL = OUTPUT

    jobs: int | None = option(at_least(1), "Worker threads; the result does not depend on it.", setting=True)
    debug: bool = option(FLAG, "Show where in the program an error came from.", default=False)


@record(frozen=True, slots=True)
class Limits:
    """What the number is held against; an option that needs another one is no check by itself."""

    PANEL = GATE

    max: float | None = option(FINITE, "The loss is at most X.")
    min: float | None = option(FINITE, "The loss is at least X.")
    gate_on: Literal["value", "interval"] | None = option(
        one_of(("value", "interval")),
        "What --max and --min are compared with: the loss, or the upper and lower end of its interval; the "
        "loss if not given.",
        needs="max|min",
    )
    expect: float | None = option(FINITE, "The loss is X, within atol + rtol * |X|.")
    atol: float | None = option(TOLERANCE, "Absolute tolerance of --expect; 0 if not given.", needs="expect")
    rtol: float | None = option(
        TOLERANCE, "Relative tolerance of --expect; 0 if not given.", metavar="R", needs="expect"
    )
    baseline: str | None = option(
        FILE, "The loss is not above that of an earlier result in JSON.", file="read"
    )
    max_increase: tuple[str, ...] = option(
        INCREASES,
        "How far above the baseline it may be: 0.01, 1%, or both as 0.01,1%; 0 if not given.",
        default=(),
        repeatable=True,
        needs="baseline",
    )
    require: Literal["all", "any"] | None = option(
        one_of(("all", "any")),
        "Which of several --max-increase must hold; all if not given.",
        needs="max_increase",
    )
    min_count: int | None = option(COUNT, "At least N targets are counted.")
    min_accuracy: float | None = option(PART, "The accuracy is at least X, from 0 to 1.")
    min_skill: float | None = option(
        within(-math.inf, 1),
        "The skill is at least X: 1 - loss / loss of always answering the class frequencies.",
    )
    max_ece: float | None = option(
        PART, "The expected calibration error in 15 bins of equal width is at most X, from 0 to 1."
    )
    max_group: tuple[str, ...] = option(
        GROUP_LIMIT,
        "The mean of every group of --by, or of this one, is at most X; repeatable.",
        default=(),
        repeatable=True,
    )


@record(frozen=True, slots=True)
class Keeping:
    """What happens after a check."""

    PANEL = GATE

    save_baseline: str | None = option(
        REAL_FILE, "Write the result as a baseline if every check passed.", file="written"
    )
    update_baseline: bool = option(
        FLAG, "Replace the file of --baseline instead of comparing with it.", default=False, needs="baseline"
    )
    exit_zero: bool = exit_zero()


def files(**more: Any) -> Any:
    """The field of the data files."""
    help = "Data files, folders or patterns in quotes, one data set in this order; - is standard input."
    chosen = {"default": (), "metavar": "[FILE]...", **more}
    return option(FILE, help, argument=True, repeatable=True, file="read", **chosen)


def values() -> Any:
    """The field of the input on the command line itself; each loss has its own flag for it."""
    return option(VALUES, "", panel=INPUT, file="read")


def any_values() -> Any:
    """The field of the input on the command line itself, where a command takes that of any loss."""
    help = "The input inline, as 1,2;3,4, or @FILE."
    return option(VALUES, help, flags=("--input", "-x"), panel=INPUT, file="read")


def expect_parts() -> Any:
    """The field of the number of shards that there must be."""
    help = "Refuse all but the N parts of --shard or a folder of --emit-partial, each once."
    return option(at_least(1), help, panel=INPUT)


def cluster() -> Any:
    """The field of the cluster that computes file by file."""
    help = (
        "Compute files or row groups on a cluster of dask, by its scheduler's address, or on N processes of "
        "this machine."
    )
    return option(CLUSTER, help, panel=OUTPUT)


@record(frozen=True, slots=True)
class LossOptions:
    """The options of a loss's command."""

    files: tuple[str, ...] = files()
    input: str | None = values()
    reading: Reading = part(Reading)
    semantics: Semantics = part(Semantics)
    writing: Writing = part(Writing)
    showing: Showing = part(Showing)
    uncertainty: Uncertainty = part(Uncertainty)
    shard: Shard | None = option(
        SHARD,
        "Only every N-th file, from file I on, counted from 0: one of N shards, on as many machines; of "
        "fewer than N files, row groups of Parquet files.",
        panel=INPUT,
        needs="files",
    )
    emit_partial: str | None = option(
        REAL_FILE,
        "Also write the exact partial result, for celoss merge; into a folder (parts/) one for each file, of "
        "few files for each row group, or for --shard, reusing those that are still valid.",
        metavar="FILE|FOLDER/",
        panel=OUTPUT,
        file="written",
    )
    cluster: str | None = cluster()
    emit: str | None = option(
        one_of(_libraries),
        "Instead of the result, print code of this library that computes the same number.",
        panel=OUTPUT,
    )
    running: Running = part(Running)
    limits: Limits = part(Limits)
    keeping: Keeping = part(Keeping)

    @property
    def folder(self) -> str:
        """The folder that partial results go into, or "" for none."""
        named = self.emit_partial or ""
        return named if named.endswith("/") or os.path.isdir(named) else ""

    @property
    def in_parts(self) -> str:
        """What asks for the data to be computed in parts, in words; "" where nothing does."""
        if self.cluster:
            return "--cluster"
        return "a folder of --emit-partial" if self.emit_partial is not None and self.folder else ""


def loss_options() -> tuple[Option, ...]:
    """The options of all losses, for commands that take any of them."""
    every = {option.name: option for spec in LOSSES.values() for option in spec.declared}
    return tuple(every.values())
