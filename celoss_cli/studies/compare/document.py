"""A comparison as a document: the numbers, the tables, and what the interval means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import visible
from celoss_cli.show.blocks import Block, Equation, Equations, Full, Lines, Result, Table, Verdicts, View
from celoss_cli.show.document import Document
from celoss_cli.show.numerals import attributes, class_name, exact, nonfinite, of_unit, short
from celoss_cli.show.source import options_line
from celoss_cli.show.verdicts import Checks, lines_of, verdict_values
from celoss_cli.studies.compare.comparison import LEAST_P
from celoss_cli.studies.compare.wording import conclusion, heading, interval_of, meaning, source_lines

if TYPE_CHECKING:
    from celoss_cli.studies.compare.comparison import Change, Comparison

__all__ = ["document_of", "values_of"]


def document_of(comparison: Comparison, seconds: float | None = None) -> Document:
    """The document of a comparison, which took so many seconds."""
    return Document(
        view=partial(_view, comparison),
        values=lambda version: values_of(comparison),
        number=lambda: [exact(comparison.difference)],
        checks=partial(_checks, comparison, seconds),
    )


def _view(comparison: Comparison) -> View:
    return View(comparison.title, (heading(comparison),), tuple(_blocks(comparison)))


def _blocks(comparison: Comparison) -> Iterator[Block]:
    yield Lines(list(source_lines(comparison)))
    yield Full([Lines(list(filter(None, [options_line(comparison.options)])))])
    yield Equations(list(_facts(comparison)))
    yield from _tables(comparison)
    yield Result(conclusion(comparison), list(meaning(comparison)))
    if comparison.checks:
        yield Verdicts(lines_of(comparison.checks))


def _checks(comparison: Comparison, seconds: float | None) -> Checks:
    """The verdicts under the name of the loss."""
    name = f"compare {comparison.loss}"
    file = next((path for path in comparison.files[::-1] if path != "-"), "")
    told = f"{comparison.loss}: {heading(comparison)}: {conclusion(comparison)}"
    return Checks([(name, lines_of(comparison.checks, name, file, seconds))], told=told)


def _facts(comparison: Comparison) -> Iterator[Equation]:
    """The numbers, each with what it is."""
    unit, interval, found = comparison.unit, interval_of(comparison), comparison.estimate
    divided = of_unit(f"total / {short(comparison.denominator)} ({comparison.denominator_is})", unit)
    yield Equation("mean of A", short(comparison.first), divided)
    yield Equation("mean of B", short(comparison.second), divided)
    yield Equation("B - A", short(comparison.difference), of_unit("mean difference", unit), strong=True)
    counted = interval.counted
    yield Equation("standard error", short(found.standard_error), f"of the difference, from {counted}")
    yield Equation(f"{interval.percent} from", short(found.bounds.low), interval.method)
    yield Equation(f"{interval.percent} to", short(found.bounds.high), "its upper end")
    yield Equation("B better", str(comparison.wins), "rows with a lower loss in B")
    yield Equation("B worse", str(comparison.losses), "rows with a higher loss in B")
    yield Equation("same", str(comparison.ties), "rows with the same loss")
    often = f"two-sided, {interval.counting(comparison.untied)} without ties: is B worse as often as better"
    yield Equation("sign test p", _small(comparison.sign_p), often)
    if comparison.flip_p is not None:
        how = "all exchanges" if comparison.flip_exact else f"{comparison.resamples} random exchanges"
        yield Equation("permutation p", short(comparison.flip_p), f"two-sided, {how} of A and B")
    if comparison.agreement is not None:
        same = "of the predictions have the same most probable outcome"
        yield Equation("agreement", f"{100 * comparison.agreement:.2f}%", same)
    if comparison.divergence is not None:
        yield Equation(
            "KL(A || B)",
            short(comparison.divergence),
            f"mean divergence of B's predictions from A's, {unit or 'nats'}",
        )


def _small(p: float) -> str:
    return f"< {LEAST_P:g}" if p <= LEAST_P else short(p)


def _tables(comparison: Comparison) -> Iterator[Table]:
    """The breakdown by class and the rows that changed most."""
    if comparison.classes:
        lines = [
            (
                visible(found.name),
                str(found.counted),
                *map(short, (found.first, found.second, found.difference)),
                "" if found.adjusted_p is None else _small(found.adjusted_p),
            )
            for found in comparison.classes
        ]
        heads = ("counted", "mean of A", "mean of B", "B - A", "adjusted p")
        yield Table("by class", ("class",), heads, lines)
    for title, changes in (
        ("largest regressions, worse in B", comparison.regressions),
        ("largest improvements, better in B", comparison.improvements),
    ):
        if changes:
            rows = [_change_line(change, comparison.labels) for change in changes]
            yield Table(title, ("row", "id", "target"), ("loss A", "loss B", "B - A"), rows)


def _change_line(change: Change, labels: Sequence[str] | None) -> tuple[str, ...]:
    losses = (change.first, change.second, change.difference)
    return (
        str(change.row),
        visible(change.id or ""),
        _target_text(change.target, labels),
        *map(short, losses),
    )


def _target_text(target: float | int | str | tuple[float, ...] | None, labels: Sequence[str] | None) -> str:
    """The target of a row, with the name of its class."""
    if target is None:
        return ""
    if isinstance(target, tuple):
        return f"{len(target)} probabilities"
    name = class_name(target, labels) if isinstance(target, int) else ""
    return f"{short(target)} {name}".rstrip()


# ------------------------------------------------------------------------------------------------ as JSON


def values_of(comparison: Comparison) -> dict[str, Any]:
    """The comparison as ``comparison.schema.json`` describes it."""
    return {
        "comparison": _comparison(comparison),
        "checks": [verdict_values(verdict) for verdict in comparison.checks],
    }


def _comparison(found: Comparison) -> dict[str, Any]:
    return {
        "loss": found.loss,
        "unit": found.unit or None,
        **attributes(found, "files", "aligned_by", "rows", "counted"),
        "units": found.estimate.units,
        **attributes(found, "group_column", "labels", "denominator", "denominator_is"),
        "mean_a": found.first,
        "mean_b": found.second,
        "difference": found.difference,
        "nonfinite": {
            "mean_a": nonfinite(found.first),
            "mean_b": nonfinite(found.second),
            "difference": nonfinite(found.difference),
            "divergence": nonfinite(found.divergence),
        },
        **attributes(found.estimate, "standard_error", "confidence"),
        "interval": {"method": "hall", **attributes(found.estimate.bounds, "low", "high")},
        **attributes(found.estimate, "skewness", "units_needed"),
        "detectable_difference": found.estimate.detectable,
        "percentile_interval": attributes(found.percentile, "low", "high"),
        **attributes(found, "resamples", "seed", "wins", "losses", "ties"),
        "sign_test_p": found.sign_p,
        "sign_test_units": found.untied,
        "permutation_test_p": found.flip_p,
        "permutation_test_exact": found.flip_exact,
        "regressions": [_change(change) for change in found.regressions],
        "improvements": [_change(change) for change in found.improvements],
        "classes": [
            {
                **attributes(part, "name", "counted"),
                "mean_a": part.first,
                "mean_b": part.second,
                **attributes(part, "difference", "p", "adjusted_p"),
            }
            for part in found.classes
        ],
        **attributes(found, "agreement", "divergence"),
        "meaning": list(meaning(found)),
        "options": dict(found.options),
        "inputs": found.sources,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        **attributes(change, "row", "id", "target"),
        "loss_a": change.first,
        "loss_b": change.second,
        "difference": change.difference,
        "nonfinite": nonfinite(change.difference),
    }
