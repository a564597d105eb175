"""Runs a loss command: source -> batches -> terms -> tally -> report -> renderer."""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from celoss_cli.cli.output import note, write_file
from celoss_cli.cli.progress import Bar
from celoss_cli.cli.result import gated
from celoss_cli.cli.spelling import spelled, without_files
from celoss_cli.core.data import Batch, Chunk, Reduction
from celoss_cli.core.errors import InputError, UsageError, file_name, quoted
from celoss_cli.core.extras import installing
from celoss_cli.evaluate.loop import Request, default_jobs, evaluate
from celoss_cli.evaluate.wanted import Wanted
from celoss_cli.losses.conventions import CONVENTIONS
from celoss_cli.read.gather import Watch, gather
from celoss_cli.read.request import ColumnChoice, Dataset, ReadRequest, TargetSource
from celoss_cli.read.text.plain import has_pyarrow, is_for_a_library
from celoss_cli.read.values import dataset_of_values, read_value
from celoss_cli.report.assemble import report_of
from celoss_cli.show import FORMATS, FormatSpec

if TYPE_CHECKING:
    from celoss_cli.evaluate.loop import Evaluation
    from celoss_cli.losses import LossSpec
    from celoss_cli.losses.base import Loss
    from celoss_cli.report.report import Report

__all__ = [
    "chosen_loss",
    "computed",
    "dataset_of",
    "kind_of",
    "opened",
    "other_input",
    "read_request",
    "refuse_foreign_semantics",
    "refuse_unused_columns",
    "run",
]

_INPUT_KINDS = {
    "logits": "logits",
    "scores": "logits",
    "log_probs": "log-probs",
    "probs": "probs",
    "probabilities": "probs",
}
"""What a JSON key says that the input is."""

_SEMANTICS = (
    "weight",
    "pos_weight",
    "ignore_index",
    "label_smoothing",
    "log_target",
    "class_axis",
    "target_is",
)

_LARGE_BYTES = 128 << 20
"""Tables of this size take more than a second."""

_LONG_LINE = 1 << 20

_SHOWN_ROWS = 3

_SHOWN_BY = {
    "rows": "workings",
    "row": "workings",
    "grad": "gradient",
    "by": "breakdown",
    "quantiles": "breakdown",
    "worst": "breakdown",
}
"""What a format must be able to show for these options to mean something."""

_ROLES = {"target_column": "target", "class_columns": "inputs", "id_column": "id", "weight_column": "weight"}
"""Which role the columns of an option play."""

_TAKES = {"logits": "logits", "scores": "logits", "log-probs": "log-probs", "probs": "probs"}


Through = Callable[[Iterator[Batch | Chunk]], Iterator[Batch | Chunk]]


def _unseen(batches: Iterator[Batch | Chunk]) -> Iterator[Batch | Chunk]:
    return batches


def run(spec: LossSpec, given: Mapping[str, Any]) -> int:
    """Computes and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    if given["emit"] is not None:
        from celoss_cli.cli.commands.emit import run as run_emit

        return run_emit(spec, given)
    return gated(given, lambda shown: computed(spec, given, shown))


def computed(
    spec: LossSpec, given: Mapping[str, Any], format: FormatSpec, through: Through = _unseen
) -> Report:
    """The report, with what this format shows.

    Args:
        spec: the loss.
        given: the options of the command.
        format: what will be shown.
        through: sees the batches on their way.

    Raises:
        CelossError: for anything that stands in the way.

    """
    with opened(spec, format, given) as (dataset, request):
        dataset.batches = through(dataset.batches)
        loss, reduction, options = chosen_loss(spec, given, dataset, request)
        return _report(spec, loss, given, dataset, reduction, options, format, request.truth)


@contextlib.contextmanager
def opened(
    spec: LossSpec, format: FormatSpec, given: Mapping[str, Any]
) -> Iterator[tuple[Dataset, ReadRequest]]:
    """The data that the options name, with what was asked of its reader; closed at the end.

    Raises:
        CelossError: for options that change nothing, and for data that cannot be read.

    """
    _refuse_unused(spec, format, given)
    request = read_request(spec, given)
    bar = Bar()
    dataset, request = dataset_of(spec, given, request, bar.show)
    with contextlib.closing(dataset), bar:
        if given["input"] is None:
            refuse_unused_columns(dataset.described["columns"], given)
        yield dataset, request


def _refuse_unused(spec: LossSpec, format: FormatSpec, given: Mapping[str, Any]) -> None:
    """Refuses options that would be read and change nothing."""
    for name, ability in _SHOWN_BY.items():
        if _asked_elsewhere(name, given):
            continue
        if given[name] is not None and given[name] is not False and not getattr(format, ability):
            able = [other.name for other in FORMATS.values() if getattr(other, ability)]
            known = f"{', '.join(able[:-1])} or {able[-1]}"
            raise UsageError(f"Expected --{name} with --format {known}, got {format.name}.")
    if given["emit_partial"] is not None and given["worst"] is not None:
        raise UsageError(
            "Expected no --worst with --emit-partial, got one.",
            hint="a partial result holds totals and no rows, whose numbers would be those within each part",
        )
    if given["by"] not in (None, "class") and given["input"] is not None:
        raise UsageError(f"Expected --by class with --{spec.takes}, got the column {quoted(given['by'])}.")
    if given["input"] is not None:
        for name in (*_ROLES, "input_format"):
            if given[name] is not None:
                option = f"--{name.replace('_', '-')}"
                raise UsageError(f"Expected {option} with files, got it with --{spec.takes}.")
        if given["missing"] != "error" or given["decimal"] != ".":
            raise UsageError(f"Expected --missing and --decimal with a table, got --{spec.takes}.")


def _asked_elsewhere(name: str, given: Mapping[str, Any]) -> bool:
    """Whether an option means something beside the format: a gate asks for the groups, a partial has them."""
    by_gate = name == "by" and given["max_group"]
    return bool(by_gate or (name in ("by", "quantiles") and given["emit_partial"] is not None))


def kind_of(spec: LossSpec, given: Mapping[str, Any]) -> str:
    """What the values of the input are."""
    return given.get("input_is") or spec.takes


def read_request(spec: LossSpec, given: Mapping[str, Any]) -> ReadRequest:
    """What the options ask of a reader."""
    return ReadRequest(
        per_class=spec.per == "class",
        takes=kind_of(spec, given),
        columns=ColumnChoice(
            given["target_column"],
            given["class_columns"],
            given["id_column"],
            given["weight_column"],
            None if given["by"] == "class" else given["by"],
        ),
        delimiter=given["delimiter"],
        decimal=given["decimal"],
        encoding=given["encoding"],
        header=given["header"],
        missing=given["missing"],
        allow_nonfinite=given["allow_nonfinite"],
        allow_unterminated=given["allow_unterminated"],
        class_axis=given.get("class_axis"),
        target_is=given.get("target_is"),
    )


def dataset_of(
    spec: LossSpec, given: Mapping[str, Any], request: ReadRequest, watch: Watch
) -> tuple[Dataset, ReadRequest]:
    """The data that the command line names, and the request that holds its targets.

    Raises:
        UsageError: if it names none, or several of one kind.
        InputError: if it cannot be read.

    """
    if given["targets"] is not None and given["input"] is None:
        from celoss_cli.read.truth import read_truth

        request = replace(request, truth=read_truth(given["targets"], "--targets", request))
    return _dataset(spec, given, request, watch), request


def _dataset(spec: LossSpec, given: Mapping[str, Any], request: ReadRequest, watch: Watch) -> Dataset:
    """The data that the command line names: files, values, or standard input."""
    files = given["files"] or []
    takes = f"--{spec.takes}"
    if given["input"] is not None:
        if files:
            raise UsageError(f"Expected files or {takes}, got both.")
        if given["targets"] is None:
            raise UsageError(f"Expected --targets together with {takes}, got {takes} alone.")
        from celoss_cli.read.truth import read_targets

        input = read_value(given["input"], takes, request)
        target = read_targets(given["targets"], "--targets", request)
        return dataset_of_values(input, target, replace(request, takes=spec.takes))
    if not files and _nothing_on_stdin():
        raise UsageError(
            f"Expected a file, --{spec.takes} and --targets, or data on standard input, got none.",
            hint=f"celoss {spec.command} --help shows how",
        )
    _name_the_extra(files)
    return gather(files or ["-"], request, given["input_format"], watch)


def refuse_foreign_semantics(spec: LossSpec, given: Mapping[str, Any]) -> None:
    """Refuses options of semantics that a loss does not have, where a command takes those of all losses."""
    known = {*spec.options, *(["class_axis", "target_is"] if spec.per == "class" else [])}
    for name in _SEMANTICS:
        if name not in known and given[name] not in (None, False):
            raise UsageError(f"Expected no --{name.replace('_', '-')} with --loss {spec.command}, got one.")
    for name, has in (("input_is", bool(spec.kinds)), ("convention", bool(spec.by_convention))):
        if given.get(name) is not None and not has:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"Expected no {option} with --loss {spec.command}, got {given[name]}.")


def _name_the_extra(files: Sequence[str]) -> None:
    """Tells who reads large tables without pyarrow where that is faster."""
    tables = [path for path in files if path.endswith((".csv", ".tsv", ".txt")) and os.path.isfile(path)]
    if sum(map(os.path.getsize, tables)) < _LARGE_BYTES or has_pyarrow():
        return
    if any(is_for_a_library(_first_row(path)) for path in tables):
        slow = "numbers of 16 digits, with exponents or in quotation marks are read faster with pyarrow"
        note(f"celoss: note: {slow}; {installing('fast')}")


def _first_row(path: str) -> bytes:
    """The first line of a table after the header."""
    with open(path, "rb") as file:
        file.readline(_LONG_LINE)
        return file.readline(_LONG_LINE)


def refuse_unused_columns(columns: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Refuses an option for columns that names none of those that play its role: the data is one array."""
    if given.get("by") not in (None, "class") and "group" not in columns:
        raise UsageError(f"Expected --by class with arrays, got the column {quoted(given['by'])}.")
    for name, role in _ROLES.items():
        pattern, found = given[name], columns[role]
        if role == "target" and given["targets"] is not None:
            continue  # it names a column of the file of targets
        names = [found] if isinstance(found, str) else found or []
        if pattern is not None and not any(_names(pattern, column) for column in names):
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"Expected {option} with a table or arrays by name, got one array.")


def _names(pattern: str, column: str) -> bool:
    parts = [part.strip() for part in (pattern, *pattern.split(","))]
    starts = [part.partition(":")[0] for part in parts]
    return any(column == part or fnmatchcase(column, part) for part in (*parts, *starts))


def _nothing_on_stdin() -> bool:
    return sys.stdin is None or sys.stdin.isatty()


def chosen_loss(
    spec: LossSpec, given: Mapping[str, Any], dataset: Dataset, request: ReadRequest
) -> tuple[Loss, Reduction, dict[str, Any]]:
    """The loss with its options: the command line's before the data's own."""
    source = file_name(*dataset.described.get("files", ())[:1])
    unknown = set(dataset.options) - {*spec.options, "reduction"}
    if unknown:
        name = sorted(unknown)[0]
        raise InputError(
            f'expected data for {spec.command}, got the option "{name}", which it does not have', place=source
        )
    chosen: dict[str, Any] = {}
    for name in spec.options:
        value = given[name]
        if value is None or value is False:
            value = _said_by_data(name, dataset.options.get(name), spec, source)
        elif name in ("weight", "pos_weight"):
            value = read_value(value, f"--{name.replace('_', '-')}", request)
        if value is not None:
            chosen[name] = value
    reduction = given["reduction"] or _said_by_data(
        "reduction", dataset.options.get("reduction"), spec, source
    )
    reduction = reduction or "mean"
    conventional = _conventional(spec, given)
    if "ignore_index" in spec.options and conventional.get("convention") in CONVENTIONS:
        chosen.setdefault("ignore_index", CONVENTIONS[conventional["convention"]].ignore_index)
    loss = spec.made(dtype=given["dtype"], base=given["base"], **chosen, **conventional)
    names = (*spec.options, "dtype", "base", *conventional)
    in_force = {name: _plain(getattr(loss, name)) for name in names}
    return loss, cast(Reduction, reduction), in_force


def _conventional(spec: LossSpec, given: Mapping[str, Any]) -> dict[str, Any]:
    """The kind of input and the convention, where one of them is not the usual one."""
    kind, convention = kind_of(spec, given), given.get("convention")
    usual = kind == spec.takes and convention is None
    return {} if usual else {"input_is": kind, "convention": convention}


def _said_by_data(name: str, value: Any, spec: LossSpec, source: str) -> Any:
    """An option that the data itself carries, refused where it is none; a text never names a file."""
    if value is None:
        return None
    if name == "reduction":
        fits, wanted = isinstance(value, str) and value in spec.reductions, ", ".join(spec.reductions)
    elif name == "log_target":
        fits, wanted = isinstance(value, bool), "true or false"
    elif name == "ignore_index":
        fits, wanted = _is_number(value) and value == int(value), "a whole number"
    elif name == "label_smoothing":
        fits, wanted = _is_number(value), "a number"
    else:
        fits, wanted = _is_number(value) or isinstance(value, np.ndarray), "a number or a list of numbers"
    if not fits:
        shown = "a list" if isinstance(value, np.ndarray) else quoted(str(value))
        raise InputError(f"expected {name} as {wanted}, got {shown}", place=f"{source}: $.{name}")
    return int(value) if name == "ignore_index" else value


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


def _report(
    spec: LossSpec,
    loss: Loss,
    given: Mapping[str, Any],
    dataset: Dataset,
    reduction: Reduction,
    options: dict[str, Any],
    format: FormatSpec,
    truth: TargetSource | None,
) -> Report:
    odd = loss.odd_options()
    if given["emit_partial"] is not None and reduction == "none":
        raise UsageError("Expected a reduction with --emit-partial, got none.")
    if odd and not given["allow_out_of_domain"]:
        raise InputError(odd[0], hint="--allow-out-of-domain computes it all the same")
    shown = 0
    if format.workings:
        shown = _SHOWN_ROWS if given["rows"] is None else given["rows"]
    request = Request(
        strict=True,
        allow_out_of_domain=given["allow_out_of_domain"],
        show=shown,
        show_row=given["row"] if format.workings else None,
        gradient=given["grad"],
        keep=reduction == "none" and format.every_row,
        wanted=_wanted(given),
        survey=given.get("survey", False),
        jobs=given["jobs"] or default_jobs(),
    )
    evaluation = evaluate(loss, dataset.batches, request)
    if truth is not None:
        truth.verify()
    if request.show_row is not None and not evaluation.workings:
        rows = evaluation.tally.rows
        wanted = f"--row from 0 to {rows - 1}" if rows else "rows where --row names one"
        raise UsageError(f"Expected {wanted}, got {request.show_row if rows else 'no rows'}.")
    evaluation.facts.update([*(["out-of-domain-weight"] if odd else []), *other_input(spec, given, dataset)])
    report = report_of(
        spec,
        loss,
        evaluation,
        reduction=reduction,
        options=options,
        source=dataset.described,
        on_empty=given["on_empty"],
        by=given["by"],
        quantiles=given["quantiles"] or (),
        spelled=spelled(given),
        intervals=given.get("intervals", 0),
    )
    if given["emit_partial"] is not None:
        _emit_partial(spec, given, dataset, reduction, options, evaluation)
    return report


def _emit_partial(
    spec: LossSpec,
    given: Mapping[str, Any],
    dataset: Dataset,
    reduction: Reduction,
    options: Mapping[str, Any],
    evaluation: Evaluation,
) -> None:
    """Writes the exact totals for ``celoss merge``."""
    from celoss_cli.studies.merge.document import as_text, identified
    from celoss_cli.studies.merge.parts import Partial

    part = Partial(
        loss=spec.command,
        options=options,
        reduction=reduction,
        by=given["by"],
        quantiles=given["quantiles"] or (),
        source=dataset.described,
        evaluation=evaluation,
        spelled=without_files(given),
    )
    write_file(given["emit_partial"], [as_text(identified(part))])


def _wanted(given: Mapping[str, Any]) -> Wanted:
    """What is collected; only celoss report asks for the last two."""
    return Wanted(
        given["by"],
        bool(given["quantiles"]),
        given["worst"] or 0,
        given.get("reliability", 0),
        given.get("if_any", frozenset()),
    )


def other_input(spec: LossSpec, given: Mapping[str, Any], dataset: Dataset) -> list[str]:
    """The oddity of data that says that it holds something else than the loss takes."""
    if given.get("input") is not None:
        return []  # the option that values on the command line have is named by the loss
    key = dataset.described["columns"]["inputs"][0]
    said = _INPUT_KINDS.get(key)
    return ["other-input"] if said is not None and said != _TAKES[kind_of(spec, given)] else []
