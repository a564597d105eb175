"""Runs a loss command: source -> batches -> terms -> tally -> report -> renderer."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np

from celoss_cli.cli.output import note, stdout_style, write_file, write_stdout
from celoss_cli.collect import Wanted
from celoss_cli.data import Batch, Chunk, Reduction, Report
from celoss_cli.errors import ExitCode, InputError, UsageError
from celoss_cli.evaluate import Request, default_jobs, evaluate
from celoss_cli.formats import FORMATS, FormatSpec, Style
from celoss_cli.losses import LossSpec
from celoss_cli.losses.base import Loss
from celoss_cli.reporting import report_of
from celoss_cli.sources.base import ColumnChoice, Dataset, ReadRequest
from celoss_cli.sources.gather import gather
from celoss_cli.sources.truth import Truth, read_truth
from celoss_cli.sources.values import dataset_of_values, read_value

__all__ = ["run"]

_INPUT_KINDS = {
    "logits": "logits",
    "scores": "logits",
    "log_probs": "log-probs",
    "probs": "probs",
    "probabilities": "probs",
}
"""What a JSON key says that the input is."""

_SHOWN_ROWS = 3

_TAKES = {"logits": "logits", "scores": "logits", "log-probs": "log-probs", "probs": "probs"}


def run(spec: LossSpec, given: Mapping[str, Any]) -> int:
    """Computes and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    format = _format(given)
    request = _read_request(spec, given)
    if given["targets"] is not None and given["input"] is None:
        request = replace(request, truth=read_truth(given["targets"], "--targets", request))
    dataset = _dataset(spec, given, request)
    loss, reduction, options = _loss(spec, given, dataset, request)
    report = _report(spec, loss, given, dataset, reduction, options, format, request.truth)
    _write(report, format, given)
    for finding in report.findings:
        note(f"celoss: {finding.severity} {finding.code}: {finding.message}")
    return ExitCode.DONE


def _format(given: Mapping[str, Any]) -> FormatSpec:
    if given["json"] and given["format"] not in (None, "json"):
        raise UsageError(f"Expected --json or --format {given['format']}, got both.")
    return FORMATS["json" if given["json"] else given["format"] or "table"]


def _read_request(spec: LossSpec, given: Mapping[str, Any]) -> ReadRequest:
    return ReadRequest(
        per_class=spec.per == "class",
        takes=spec.takes,
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
        header=not given["no_header"],
        missing=given["missing"],
        allow_nonfinite=given["allow_nonfinite"],
        allow_unterminated=given["allow_unterminated"],
    )


def _dataset(spec: LossSpec, given: Mapping[str, Any], request: ReadRequest) -> Dataset:
    """The data that the command line names: files, values, or standard input."""
    files = given["files"] or []
    takes = f"--{spec.takes}"
    if given["input"] is not None:
        if files:
            raise UsageError(f"Expected files or {takes}, got both.")
        if given["targets"] is None:
            raise UsageError(f"Expected --targets together with {takes}, got {takes} alone.")
        input, target = (
            read_value(given[name], option, request)
            for name, option in (("input", takes), ("targets", "--targets"))
        )
        return _on_class_axis(dataset_of_values(input, target, request), given)
    if not files and _nothing_on_stdin():
        raise UsageError(
            f"Expected a file, --{spec.takes} and --targets, or data on standard input, got none.",
            hint=f"celoss {spec.command} --help shows how",
        )
    return _on_class_axis(gather(files or ["-"], request, given["input_format"]), given)


def _nothing_on_stdin() -> bool:
    return sys.stdin is None or sys.stdin.isatty()


def _on_class_axis(dataset: Dataset, given: Mapping[str, Any]) -> Dataset:
    """The data set with the class axis that the user named moved to where PyTorch has it."""
    axis = given.get("class_axis")
    if axis is None:
        return dataset

    def moved(batches: Iterator[Batch | Chunk]) -> Iterator[Batch | Chunk]:
        for batch in batches:
            if isinstance(batch, Chunk):
                yield Chunk(len(batch), lambda chunk=batch: one(chunk.read()))  # type: ignore[misc]
            else:
                yield one(batch)

    def one(batch: Batch) -> Batch:
        dimensions = batch.input.ndim
        if batch.labels is not None and axis not in (1, -1):
            raise UsageError(
                f"Expected --class-axis 1 for a table, whose classes are its columns, got {axis}."
            )
        if not -dimensions <= axis < dimensions:
            raise UsageError(f"Expected --class-axis of a {dimensions}-dimensional input, got {axis}.")
        target = batch.target
        if target.ndim == dimensions and dimensions > 1:
            target = np.moveaxis(target, axis, 1)
        input = np.moveaxis(batch.input, axis, 1) if dimensions > 1 else batch.input
        return replace(batch, input=input, target=target)

    dataset.batches = moved(dataset.batches)
    return dataset


def _loss(
    spec: LossSpec, given: Mapping[str, Any], dataset: Dataset, request: ReadRequest
) -> tuple[Loss, Reduction, dict[str, Any]]:
    """The loss with its options: the command line's before the data's own."""
    unknown = set(dataset.options) - {*spec.options, "reduction"}
    if unknown:
        name = sorted(unknown)[0]
        raise InputError(f'expected data for {spec.command}, got the option "{name}", which it does not have')
    chosen: dict[str, Any] = {}
    for name in spec.options:
        value = given[name] if given[name] not in (None, False) else dataset.options.get(name)
        if isinstance(value, str) and name in ("weight", "pos_weight"):
            value = read_value(value, f"--{name.replace('_', '-')}", request)
        if value is not None:
            chosen[name] = value
    reduction = given["reduction"] or dataset.options.get("reduction", "mean")
    if reduction not in spec.reductions:
        raise UsageError(f"Expected reduction {', '.join(spec.reductions)}, got {reduction!r}.")
    loss = spec.load()(dtype=given["dtype"], base=given["base"], **chosen)
    in_force = {name: _plain(getattr(loss, name)) for name in (*spec.options, "dtype", "base")}
    return loss, cast(Reduction, reduction), in_force


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
    truth: Truth | None,
) -> Report:
    odd = loss.odd_options()
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
        wanted=Wanted(given["by"], bool(given["quantiles"]), given["worst"] or 0),
        jobs=given["jobs"] or default_jobs(),
    )
    evaluation = evaluate(loss, dataset.batches, request)
    if truth is not None:
        truth.verify()
    if request.show_row is not None and not evaluation.workings:
        raise UsageError(f"Expected --row from 0 to {evaluation.tally.rows - 1}, got {request.show_row}.")
    return report_of(
        spec,
        loss,
        evaluation,
        reduction=reduction,
        options=options,
        source=dataset.described,
        on_empty=given["on_empty"],
        seen=[*(["out-of-domain-weight"] if odd else []), *_other_input(spec, dataset)],
        by=given["by"],
        quantiles=given["quantiles"] or (),
    )


def _other_input(spec: LossSpec, dataset: Dataset) -> list[str]:
    key = dataset.described["columns"]["inputs"][0]
    said = _INPUT_KINDS.get(key)
    return ["other-input"] if said is not None and said != _TAKES[spec.takes] else []


def _write(report: Report, format: FormatSpec, given: Mapping[str, Any]) -> None:
    if given["output"] is None:
        write_stdout(format.render(report, stdout_style(given["color"])))
        return
    style = Style(color=given["color"] == "always", version=stdout_style("never").version)
    write_file(given["output"], format.render(report, style))
