"""Runs ``celoss plot``: data, or none -> numbers -> a picture in the terminal or in a file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.commands.loss import (
    chosen_loss,
    dataset_of,
    other_input,
    read_request,
    refuse_foreign_semantics,
    refuse_unused_columns,
)
from celoss_cli.cli.commands.plot_options import FORMATS, VALUES
from celoss_cli.cli.output import note, stdout_style, write_file, write_stdout
from celoss_cli.cli.progress import Bar
from celoss_cli.cli.result import remarks
from celoss_cli.core.errors import ExitCode, InputError, UsageError, plural, quoted, visible
from celoss_cli.core.records import record
from celoss_cli.evaluate.calibration import BINS
from celoss_cli.evaluate.loop import Request, default_jobs, evaluate
from celoss_cli.evaluate.wanted import Wanted
from celoss_cli.losses import LOSSES, LossSpec
from celoss_cli.read.request import Dataset
from celoss_cli.report.assemble import report_of
from celoss_cli.show.charts.curves import Marker, curve
from celoss_cli.show.charts.drawing import KINDS, drawn, require_matplotlib
from celoss_cli.show.charts.figures import ClassLosses, LossHistogram, Picture, ReliabilityDiagram
from celoss_cli.show.charts.numbers import render_csv, render_json
from celoss_cli.show.charts.terminal import render

if TYPE_CHECKING:
    from celoss_cli.losses.base import Loss
    from celoss_cli.report.report import Report

__all__ = ["run"]

_MARKED = 1000
_INTERVALS = 20
_MOST_BINS = 1000

_UNUSED = {
    "curve": ("bins", "weight", "weight_column"),
    "histogram": ("rows",),
    "classes": ("rows", "bins"),
    "reliability": ("rows", "weight", "weight_column", "pos_weight", "label_smoothing"),
}
"""Options that change nothing in a picture of this kind: a weight only scales a curve, and reliability counts
each prediction once, whatever its loss."""

_ENDINGS = {"txt": "text"}


def run(given: Mapping[str, Any]) -> int:
    """Computes and draws; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.
        PipeClosed: if nobody reads standard output any more.

    """
    spec, format = LOSSES[given["loss"]], _format(given)
    given = {**given, "input": _inline(spec, given), "by": None, "reduction": None}
    refuse_foreign_semantics(spec, given)
    _refuse_unused(given)
    if format in KINDS:
        require_matplotlib()
    if given["input"] is None and not given["files"]:
        picture = _bare(spec, given)
    else:
        picture = _of_data(spec, given)
    _publish(picture, format, given)
    return ExitCode.DONE


def _format(given: Mapping[str, Any]) -> str:
    """What is written: what was asked for, or what the ending of the file says."""
    output = given["output"]
    ending = (output or ".txt").rpartition(".")[2].lower()
    format: str = given["written"] or _ENDINGS.get(ending, ending)
    if format not in FORMATS:
        raise UsageError(
            f"Expected a file with the ending .png, .svg, .txt, .json or .csv, got {quoted(output)}.",
            hint=f"or --format {', '.join(FORMATS)}",
        )
    if format == "png" and output is None:
        raise UsageError("Expected -o FILE with --format png, got none.")
    return format


def _inline(spec: LossSpec, given: Mapping[str, Any]) -> str | None:
    """The values on the command line.

    Raises:
        UsageError: for two, or for those of another loss.

    """
    named = {
        name: given[name.replace("-", "_")] for name in VALUES if given[name.replace("-", "_")] is not None
    }
    for name in named:
        if name != spec.takes:
            raise UsageError(f"Expected --{spec.takes} with {spec.command}, got --{name}.")
    if named and given["values"] is not None:
        raise UsageError(f"Expected --{spec.takes} or -x, got both.")
    return named.get(spec.takes, given["values"])


def _refuse_unused(given: Mapping[str, Any]) -> None:
    """Refuses options that would be read and change nothing."""
    kind = given["kind"]
    for name in _UNUSED[kind]:
        if given[name] is not None:
            raise UsageError(f"Expected no --{name.replace('_', '-')} with --kind {kind}, got one.")
    if kind == "reliability" and (given["base"] != "e" or given["dtype"] != "float64"):
        raise UsageError("Expected no --base and no --dtype with --kind reliability, got one.")
    if given["bins"] is not None and given["bins"] > _MOST_BINS:
        raise UsageError(f"Expected at most {_MOST_BINS} --bins, got {given['bins']}.")


# ------------------------------------------------------------------------------------------ the picture


def _bare(spec: LossSpec, given: Mapping[str, Any]) -> Picture:
    """The curve without data."""
    if given["kind"] != "curve":
        raise UsageError(
            f"Expected a file, or --{spec.takes} and --targets, for --kind {given['kind']}, got none.",
            hint="- is standard input; only a curve needs no data",
        )
    if given["targets"] is not None:
        raise UsageError(f"Expected --targets together with a file or --{spec.takes}, got --targets alone.")
    nothing = Dataset({}, iter(()))
    loss, _, _ = chosen_loss(spec, given, nothing, read_request(spec, given))
    return curve(loss, spec.title, spec.name, 2, [], _about_curve(loss, weighted=False))


def _of_data(spec: LossSpec, given: Mapping[str, Any]) -> Picture:
    bar = Bar()
    dataset, request = dataset_of(spec, given, read_request(spec, given), bar.show)
    with contextlib.closing(dataset), bar:
        if given["input"] is None:
            refuse_unused_columns(dataset.described["columns"], given)
        loss, _, options = chosen_loss(spec, given, dataset, request)
        made = _Making(spec, loss, given, dataset, options)
        picture, report = made.curve() if given["kind"] == "curve" else made.collection()
    if request.truth is not None:
        request.truth.verify()
    for line in remarks(report):
        note(f"celoss: {line}")
    return picture


def _about_curve(loss: Loss, *, weighted: bool) -> list[str]:
    notes = []
    if getattr(loss, "label_smoothing", 0):
        notes.append("With label smoothing the curve is that of a rest spread evenly over the other classes.")
    if weighted:
        notes.append("Weights scale a loss; it is drawn without them.")
    return notes


@record(frozen=True, slots=True)
class _Making:
    """A data set on its way to a picture."""

    spec: LossSpec
    loss: Loss
    given: Mapping[str, Any]
    dataset: Dataset
    options: Mapping[str, Any]

    def curve(self) -> tuple[Picture, Report]:
        """The curve with the first rows on it."""
        most = _MARKED if self.given["rows"] is None else self.given["rows"]
        marker = Marker(self.loss, most)
        report = self._report(Wanted(), marker=marker)
        marks = marker.marks()
        weighted = marker.weighted or self.options.get("weight") is not None
        notes = _about_curve(self.loss, weighted=weighted)
        marked, counted = sum(len(found.x) for found in marks), report.tally.counted
        if marked < counted:
            notes.insert(0, f"The first {marked} of {counted} counted targets are marked.")
        title = f"{self.spec.title} · {self._data(report)}"
        return curve(self.loss, title, self.spec.name, report.classes or 2, marks, notes), report

    def collection(self) -> tuple[Picture, Report]:
        """The picture of one of the collections of a report."""
        kind, bins = self.given["kind"], self.given["bins"]
        wanted = Wanted(
            by="class" if kind == "classes" else None,
            quantiles=kind == "histogram",
            reliability=(bins or BINS) if kind == "reliability" else 0,
        )
        report = self._report(wanted, intervals=(bins or _INTERVALS) if kind == "histogram" else 0)
        return _pictured(report, f"{self.spec.title} · {_NAMES[kind]} of {self._data(report)}"), report

    def _data(self, report: Report) -> str:
        files: Sequence[str] = self.dataset.described.get("files") or []
        named = "".join(f", {visible(file)}" for file in files) if len(files) < 2 else f", {len(files)} files"
        return f"{plural(report.tally.counted, 'counted target')}{named}"

    def _report(self, wanted: Wanted, *, marker: Marker | None = None, intervals: int = 0) -> Report:
        odd = self.loss.odd_options()
        if odd and not self.given["allow_out_of_domain"]:
            raise InputError(odd[0], hint="--allow-out-of-domain computes it all the same")
        request = Request(
            strict=True,
            allow_out_of_domain=self.given["allow_out_of_domain"],
            keep=marker is not None,
            wanted=wanted,
            jobs=self.given["jobs"] or default_jobs(),
        )
        evaluation = evaluate(self.loss, self.dataset.batches, request, marker)
        noticed = ["out-of-domain-weight"] if odd else []
        evaluation.facts.update([*noticed, *other_input(self.spec, self.given, self.dataset)])
        return report_of(
            self.spec,
            self.loss,
            evaluation,
            reduction="mean",
            options=self.options,
            source=self.dataset.described,
            on_empty="error",
            by=wanted.by,
            intervals=intervals,
        )


_NAMES = {"histogram": "losses", "classes": "mean loss by class", "reliability": "reliability"}


def _pictured(report: Report, title: str) -> Picture:
    """The picture of what a report has."""
    loss, unit = report.loss, report.unit
    if report.histogram is not None:
        return LossHistogram(loss, title, unit, [], report.histogram)
    if report.reliability is not None:
        left_out = report.reliability.left_out
        notes = [f"{plural(left_out, 'prediction')} without a probability left out."] if left_out else []
        return ReliabilityDiagram(loss, title, unit, notes, report.reliability)
    return ClassLosses(loss, title, unit, [], report.groups, report.tally.reduce("mean"))


# ------------------------------------------------------------------------------------------ the writing


def _publish(picture: Picture, format: str, given: Mapping[str, Any]) -> None:
    """Writes the picture where it belongs.

    Raises:
        OutputError: if it cannot be written.
        PipeClosed: if nobody reads standard output any more.

    """
    style = stdout_style(given["color"])
    if given["output"] is not None:
        style = replace(style, width=None, unicode=True, color=given["color"] == "always")
    pieces: Iterator[str] | Sequence[bytes]
    if format in KINDS:
        pieces = [drawn(picture, format)]
    else:
        pieces = {"text": render, "json": render_json, "csv": render_csv}[format](picture, style)
    if given["output"] is not None:
        write_file(given["output"], pieces)
    else:
        write_stdout(piece if isinstance(piece, str) else piece.decode() for piece in pieces)
