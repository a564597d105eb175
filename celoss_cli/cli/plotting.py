"""Pictures of a loss: the curve, or what the losses of data look like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from celoss_cli.cli.data import request_of
from celoss_cli.cli.output import stdout_style, write_file, write_stdout
from celoss_cli.cli.publish import remarks, tell
from celoss_cli.cli.reading import Opened, opened
from celoss_cli.cli.semantics import Chosen, chosen
from celoss_cli.core.errors import plural, visible
from celoss_cli.core.records import record
from celoss_cli.evaluate.calibration import BINS
from celoss_cli.evaluate.loop import Request, evaluate
from celoss_cli.evaluate.wanted import Wanted
from celoss_cli.losses.options import WEIGHT
from celoss_cli.read.request import Dataset
from celoss_cli.report.assemble import report_of
from celoss_cli.show import FORMATS
from celoss_cli.show.charts.curves import Marker, curve
from celoss_cli.show.charts.document import document_of
from celoss_cli.show.charts.drawing import alone
from celoss_cli.show.charts.figures import ClassLosses, LossHistogram, Picture, ReliabilityDiagram
from celoss_cli.show.charts.raster import png_of
from celoss_cli.show.charts.terminal import render
from celoss_cli.show.charts.vector import svg_file

if TYPE_CHECKING:
    from celoss_cli.cli.data import Data
    from celoss_cli.cli.options import Semantics
    from celoss_cli.losses.base import Loss
    from celoss_cli.report.report import Report
    from celoss_cli.show import Style

__all__ = ["Plan", "computed", "published", "rehearse"]

_MARKED = 1000
_INTERVALS = 20


@record(frozen=True, slots=True)
class Plan:
    """What is to be drawn.

    Attributes:
        data: the data, with how it is read; None for the curve alone.
        semantics: the options of the loss.
        kind: "curve", "histogram", "classes" or "reliability".
        rows: how many rows are marked on a curve, or None for the usual number.
        bins: of a histogram or of reliability, or None for the usual number.
        jobs: worker threads.

    """

    data: Data
    semantics: Semantics
    kind: str
    rows: int | None
    bins: int | None
    jobs: int | None

    @property
    def is_without_data(self) -> bool:
        """Whether there is no data."""
        return self.data.values is None and not self.data.files


def computed(plan: Plan) -> Picture:
    """The picture; what a reader should know of the data is told on standard error.

    Raises:
        CelossError: for anything that stands in the way.

    """
    if plan.is_without_data:
        return _curve_without_data(plan)
    picture, report = _of_data(plan)
    tell(remarks(report))
    return picture


def rehearse(plan: Plan) -> None:
    """Refuses what stands in the way of a picture, as far as the first rows show it.

    Raises:
        CelossError: for anything that does.

    """
    if not plan.is_without_data:
        _of_data(plan, partly=True)


def _of_data(plan: Plan, *, partly: bool = False) -> tuple[Picture, Report]:
    """The picture of data, or of its first rows."""
    with opened(plan.data, partly=partly) as found:
        choice = chosen(plan.data, plan.semantics, found)
        drawing = _of_curve if plan.kind == "curve" else _of_collection
        return drawing(plan, found, choice)


def _curve_without_data(plan: Plan) -> Picture:
    """The curve without data."""
    spec, nothing = plan.data.spec, Opened(Dataset({}, iter(())), request_of(plan.data))
    loss = chosen(plan.data, plan.semantics, nothing).loss
    return curve(loss, spec.title, spec.name, 2, [], _about_curve(loss, weighted=False))


def _of_curve(plan: Plan, found: Opened, choice: Chosen) -> tuple[Picture, Report]:
    """The curve with the first rows on it."""
    spec = plan.data.spec
    marker = Marker(choice.loss, _MARKED if plan.rows is None else plan.rows)
    report = _report(plan, found, choice, Wanted(), marker=marker)
    marks = marker.marks()
    weighted = marker.weighted or choice.options.get(WEIGHT.name) is not None
    notes = _about_curve(choice.loss, weighted=weighted)
    marked, counted = sum(len(one.x) for one in marks), report.tally.counted
    if marked < counted:
        notes.insert(0, f"The first {marked} of {counted} counted targets are marked.")
    title = f"{spec.title} · {_data(report)}"
    return curve(choice.loss, title, spec.name, report.classes or 2, marks, notes), report


def _of_collection(plan: Plan, found: Opened, choice: Chosen) -> tuple[Picture, Report]:
    """The picture of one of the collections of a report."""
    kind, bins = plan.kind, plan.bins
    wanted = Wanted(
        by="class" if kind == "classes" else None,
        quantiles=kind == "histogram",
        reliability=(bins or BINS) if kind == "reliability" else 0,
    )
    intervals = (bins or _INTERVALS) if kind == "histogram" else 0
    report = _report(plan, found, choice, wanted, intervals=intervals)
    return _pictured(report, f"{plan.data.spec.title} · {_NAMES[kind]} of {_data(report)}"), report


def _data(report: Report) -> str:
    files: Sequence[str] = report.source.get("files") or []
    named = "".join(f", {visible(file)}" for file in files) if len(files) < 2 else f", {len(files)} files"
    return f"{plural(report.tally.counted, 'counted target')}{named}"


def _report(
    plan: Plan,
    found: Opened,
    choice: Chosen,
    wanted: Wanted,
    *,
    marker: Marker | None = None,
    intervals: int = 0,
) -> Report:
    request = Request(
        strict=True,
        allow_out_of_domain=plan.data.reading.allow_out_of_domain,
        keep=marker is not None,
        wanted=wanted,
        jobs=plan.jobs,
    )
    evaluation = evaluate(choice.loss, found.dataset.batches, request, marker)
    evaluation.facts.update(choice.facts)
    return report_of(
        plan.data.spec,
        choice.loss,
        evaluation,
        reduction="mean",
        options=choice.options,
        source=found.dataset.described,
        on_empty="error",
        by=wanted.by,
        intervals=intervals,
    )


def _about_curve(loss: Loss, *, weighted: bool) -> list[str]:
    notes = []
    if getattr(loss, "label_smoothing", 0):
        notes.append("With label smoothing the curve is that of a rest spread evenly over the other classes.")
    if weighted:
        notes.append("Weights scale a loss; it is drawn without them.")
    return notes


_NAMES = {"histogram": "losses", "classes": "mean loss by class", "reliability": "reliability"}


def _pictured(report: Report, title: str) -> Picture:
    """The picture of what a report has."""
    loss, unit = report.loss, report.unit
    if report.histogram is not None:
        return LossHistogram(loss, title, unit, [], report.histogram, report.tally.reduce("mean"))
    if report.reliability is not None:
        left_out = report.reliability.left_out
        notes = [f"{plural(left_out, 'prediction')} without a probability left out."] if left_out else []
        return ReliabilityDiagram(loss, title, unit, notes, report.reliability)
    return ClassLosses(loss, title, unit, [], report.groups, report.tally.reduce("mean"))


def published(picture: Picture, format: str, output: str | None, color: str) -> None:
    """Writes the picture where it belongs.

    Args:
        picture: the picture.
        format: "text", "json", "csv", "svg" or "png".
        output: the file, or None for standard output.
        color: "auto", "always" or "never".

    Raises:
        OutputError: if it cannot be written.
        PipeClosed: if nobody reads standard output any more.

    """
    style = stdout_style(color)
    if output is not None:
        style = replace(style, width=None, unicode=True, color=color == "always")
    if output is None:
        write_stdout(_rendered(picture, format, style))
    else:
        write_file(output, [png_of(alone(picture))] if format == "png" else _rendered(picture, format, style))


def _rendered(picture: Picture, format: str, style: Style) -> Iterator[str]:
    if format == "svg":
        return svg_file(alone(picture))
    return render(picture, style) if format == "text" else FORMATS[format].render(document_of(picture), style)
