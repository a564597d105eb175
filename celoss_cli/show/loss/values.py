"""The JSON of a report; keys are only ever added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celoss_cli.show.loss.wording import interval_of
from celoss_cli.show.numerals import attributes, nonfinite
from celoss_cli.show.verdicts import finding_values, verdict_values

if TYPE_CHECKING:
    from celoss_cli.evaluate.scores import Scores
    from celoss_cli.evaluate.summaries import Reliability
    from celoss_cli.report.report import Report
    from celoss_cli.report.tokens import Tokens

__all__ = ["values_of"]


def values_of(report: Report) -> dict[str, Any]:
    """The report as plain JSON values, as ``schema.json`` describes it."""
    tally = report.tally
    value, limits = _value(report)
    return {
        **attributes(report, "loss", "reduction"),
        "unit": report.unit or None,
        "value": value,
        "nonfinite": limits,
        **_elements(report),
        "total": float(tally.loss),
        **attributes(report, "denominator", "denominator_is"),
        **attributes(tally, "rows", "elements", "counted", "ignored", "clamped"),
        **attributes(report, "classes", "labels", "perplexity"),
        **({} if report.scores is None else _scores(report.scores)),
        **({} if report.reliability is None else {"ece": _calibration(report.reliability)}),
        **({} if report.tokens is None else {"tokens": _tokens(report.tokens)}),
        **_breakdowns(report),
        "options": dict(report.options),
        "input": dict(report.source),
        "findings": [finding_values(finding) for finding in report.findings],
        "checks": [verdict_values(verdict) for verdict in report.checks],
    }


def _scores(found: Scores) -> dict[str, Any]:
    """The scores beside the loss; what is no number is null."""
    top = {} if found.top is None else {"top_k": dict(zip(("k", "accuracy"), found.top, strict=True))}
    scores = {"accuracy": found.accuracy, **top, "prior_loss": found.prior_loss, "skill": found.skill}
    if found.parts is not None:
        names = ("bins", "reliability", "resolution", "uncertainty", "within")
        scores["decomposition"] = attributes(found.parts, *names)
    return scores


def _calibration(found: Reliability) -> dict[str, Any]:
    """The expected calibration error, with where that of all predictions like these lies."""
    return {
        "value": found.ece,
        "bins": len(found.bins),
        "predictions": found.count,
        **attributes(found.range, "confidence", "low", "high"),
        "by_chance": found.range.chance,
    }


def _elements(report: Report) -> dict[str, Any]:
    """What is told of each element, in the order of the elements: lists beside that of the losses."""
    told: dict[str, list[Any]] = {}
    for found in report.named if report.by_element else ():
        if report.value is None and found.prediction is not None:
            p = found.probability.tolist() if found.probability is not None else []
            told.setdefault("p_target", []).extend(None if x != x else x for x in p)
            codes = found.prediction.tolist()
            told.setdefault("prediction", []).extend(None if code < 0 else code for code in codes)
        if found.gradient is not None:
            told.setdefault("gradient", []).extend(found.gradient.tolist())
    return {name: values for name, values in told.items() if any(value is not None for value in values)}


def _breakdowns(report: Report) -> dict[str, Any]:
    """What was asked for beside the value; keys that were not asked for are left out."""
    found: dict[str, Any] = {}
    if report.by is not None:
        found["by"] = report.by
        found["groups"] = [
            {
                "name": group.name,
                "loss": group.loss,
                "nonfinite": nonfinite(group.loss),
                "total": float(group.tally.loss),
                "weight": float(group.tally.weight),
                "counted": group.tally.counted,
                "share": group.share,
            }
            for group in report.groups
        ]
    if report.quantiles:
        found["quantiles"] = [
            {
                "fraction": quantile.fraction,
                "loss": quantile.value,
                "nonfinite": nonfinite(quantile.value),
                "relative_error": quantile.bound,
            }
            for quantile in report.quantiles
        ]
        found["quantiles_left_out"] = report.quantiles_left_out
    if report.worst_rows:
        found["worst_documents"] = _worst_documents(report)
    interval = interval_of(report)
    if interval is not None:
        found["interval"] = interval.as_json()
    if report.worst:
        found["worst"] = [
            {
                **attributes(workings.row, "row", "index", "id", "target"),
                **attributes(workings, "probability"),
                "loss": workings.row.loss,
                "nonfinite": nonfinite(workings.row.loss),
                "weight": workings.row.weight,
            }
            for workings in report.worst
        ]
    return found


def _value(report: Report) -> tuple[float | list[float | None] | None, str | list[str | None] | None]:
    if report.value is not None:
        return report.value, nonfinite(report.value)
    losses = [loss for found in report.named for loss in found.loss.tolist()]
    limits = list(map(nonfinite, losses))
    return losses, limits if any(limits) else None


def _tokens(found: Tokens) -> dict[str, Any]:
    """The JSON of scored tokens."""
    return {
        "per": found.per,
        **{f"{part.per}s": attributes(part, "count", "loss", "bits", "perplexity") for part in found.parts},
        "bits_per_byte": found.of("byte").bits,
        "quantisation_error": found.error,
    }


def _worst_documents(report: Report) -> list[dict[str, Any]]:
    """The JSON of the documents with the largest means."""
    return [
        {
            **attributes(row, "row", "id", "text", "counted", "weight"),
            "total": row.loss,
            "loss": row.mean,
        }
        for row in report.worst_rows
    ]
