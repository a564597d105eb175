"""A report held against limits: the file to read before trusting an exit code.

Every comparison is written so that only a comparison that holds passes: ``passed = value <= limit``.
NaN compares false and so fails. An infinite value fails a finite limit, on either side. Where nothing
was counted, or where the loss itself is NaN, no limit passes, not even that of a count or of a score which
does not see what is not a number. Limits are inclusive, and the unrounded value is compared.

A limit that is computed (a baseline plus 1%) is computed exactly from the decimal digits of its parts
and rounded once, so that 0.8 is no more than 0.7 plus 0.1. Nothing in here prints or exits.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Literal

from celoss_cli.core.errors import plural
from celoss_cli.core.records import record
from celoss_cli.report.verdict import Verdict

if TYPE_CHECKING:
    from celoss_cli.evaluate.summaries import Group
    from celoss_cli.report.report import Report

__all__ = ["Increase", "Limits", "Relation", "holds", "reason_of", "verdicts"]

Relation = Literal["<=", ">="]


@record(frozen=True, slots=True)
class Increase:
    """How far a loss may lie above its baseline.

    Attributes:
        amount: in the unit of the loss, or in percent of the baseline's size.
        percent: which of the two.

    """

    amount: float
    percent: bool = False

    def __str__(self) -> str:
        return f"{_short(self.amount)}{'%' if self.percent else ''}"

    def above(self, baseline: float) -> float:
        """The largest loss that is allowed: the exact sum, rounded once; NaN above no finite baseline."""
        if not (math.isfinite(baseline) and math.isfinite(self.amount)):
            return math.nan
        part = _exact(self.amount)
        if self.percent:
            part = part / 100 * abs(_exact(baseline))
        return _rounded(_exact(baseline) + part)


@record(frozen=True, slots=True)
class Limits:
    """What a report is held against; None and () are no limit, 0 is one.

    Attributes:
        max, min: bounds of the loss.
        expect: the loss itself, within ``atol + rtol * abs(expect)``.
        increases: how far the loss may lie above the baseline; () with a baseline means not at all.
        require: whether all increases must hold, or any one of them.
        min_count: how many targets must have been counted.
        min_accuracy, min_skill: bounds of the scores beside the loss.
        max_ece: bound of the expected calibration error.
        groups: bounds of the mean of a group by its name; the name None is every group.
        on_interval: whether ``max`` bounds the upper end of the loss's interval, and ``min`` the lower one.

    """

    max: float | None = None
    min: float | None = None
    expect: float | None = None
    atol: float = 0.0
    rtol: float = 0.0
    increases: tuple[Increase, ...] = ()
    require: Literal["all", "any"] = "all"
    min_count: int | None = None
    min_accuracy: float | None = None
    min_skill: float | None = None
    max_ece: float | None = None
    groups: tuple[tuple[str | None, float], ...] = ()
    on_interval: bool = False


def verdicts(report: Report, limits: Limits, baseline: float | None = None) -> tuple[Verdict, ...]:
    """One verdict for each limit, in the order of the fields of ``Limits``.

    Args:
        report: of a reduction to one number.
        limits: what to hold it against.
        baseline: the earlier loss that ``limits.increases`` refer to, if there is one.

    """
    found = _verdicts(report, limits, baseline)
    return tuple(map(partial(_of_no_number, report), found) if _is_nan(report) else found)


def _is_nan(report: Report) -> bool:
    return report.value is not None and math.isnan(report.value) and report.tally.counted > 0


def _of_no_number(report: Report, verdict: Verdict) -> Verdict:
    """A verdict on a loss that is NaN: it fails."""
    return replace(verdict, passed=False, reason=_NAN.format(report.reduction)) if verdict.passed else verdict


_NAN = "the {} is nan, and no limit lets that pass"


def _verdicts(report: Report, limits: Limits, baseline: float | None) -> Iterator[Verdict]:
    bounded = _bounded_end if limits.on_interval else _bounded
    if limits.max is not None:
        yield bounded("max", report, "<=", limits.max)
    if limits.min is not None:
        yield bounded("min", report, ">=", limits.min)
    if limits.expect is not None:
        yield _expected(report, limits.expect, limits.atol, limits.rtol)
    if baseline is not None:
        yield from _increased(report, limits, baseline)
    if limits.min_count is not None:
        yield _counted(report, limits.min_count)
    if limits.min_accuracy is not None:
        yield _scored("accuracy", report, limits.min_accuracy)
    if limits.min_skill is not None:
        yield _scored("skill", report, limits.min_skill)
    if limits.max_ece is not None:
        yield _calibrated(report, limits.max_ece)
    for name, limit in limits.groups:
        yield _grouped(report, name, limit)


def holds(value: float, relation: Relation, limit: float) -> bool:
    """Whether a comparison holds; NaN never does, infinity not against a finite limit."""
    if math.isinf(value) and math.isfinite(limit):
        return False
    return value <= limit if relation == "<=" else value >= limit


def _bounded(name: str, report: Report, relation: Relation, limit: float, how: str = "") -> Verdict:
    value = _value(report)
    passed = report.tally.counted > 0 and holds(value, relation, limit)
    reason = reason_of(report.reduction, value, relation, limit) if report.tally.counted else _NOTHING
    return Verdict(name, passed, value, relation, limit, report.reduction, reason + how)


def _bounded_end(name: str, report: Report, relation: Relation, limit: float) -> Verdict:
    """The end of the interval that a limit bounds; it passes only where the interval holds its level."""
    found = report.estimate
    if found is None:
        raise ValueError("a limit of an interval takes a report with one")
    end, value = ("upper", found.bounds.high) if relation == "<=" else ("lower", found.bounds.low)
    what = f"{end} end of the {100 * found.confidence:g}% interval of the {report.reduction}"
    reason = reason_of(what, value, relation, limit)
    if math.isnan(value):
        reason = f"there is no {100 * found.confidence:g}% interval of the {report.reduction}"
    elif not found.held:
        units = "rows" if report.group_column is None else "groups"
        reason += (
            f", but that is not sure: losses with a skewness of {found.skewness:.2g} take "
            f"{found.units_needed} {units}, got {found.units}"
        )
    passed = report.tally.counted > 0 and found.held and holds(value, relation, limit)
    return Verdict(name, passed, value, relation, limit, what, reason if report.tally.counted else _NOTHING)


_NOTHING = "nothing was counted"


def _value(report: Report) -> float:
    """The loss; NaN, which no limit lets pass, where there is none."""
    return math.nan if report.value is None else float(report.value)


def reason_of(what: str, value: float, relation: Relation, limit: float) -> str:
    """One sentence with the numbers of a comparison."""
    if holds(value, relation, limit):
        return f"{what} {value!r} is at {'most' if relation == '<=' else 'least'} {_short(limit)}"
    if not math.isfinite(value) or not math.isfinite(limit):
        return f"{what} {value!r} is not within the limit {_short(limit)}"
    side = "above" if relation == "<=" else "below"
    return f"{what} {value!r} is {side} {_short(limit)} by {_distance(value, limit):.6g}"


def _expected(report: Report, expect: float, atol: float, rtol: float) -> Verdict:
    value, what = _value(report), report.reduction
    tolerance = _tolerance(expect, atol, rtol)
    distance = _distance(value, expect)
    comparable = math.isfinite(value) or not math.isfinite(expect)
    passed = report.tally.counted > 0 and comparable and distance <= tolerance
    relation = f"within {_short(tolerance)} of"
    if not report.tally.counted:
        reason = _NOTHING
    elif passed:
        reason = f"{what} {value!r} is {relation} {_short(expect)}"
    else:
        reason = f"{what} {value!r} is {distance:.6g} from {_short(expect)}, more than {_short(tolerance)}"
    return Verdict("expect", passed, value, relation, expect, what, reason)


def _tolerance(expect: float, atol: float, rtol: float) -> float:
    if not all(map(math.isfinite, (expect, atol, rtol))):
        return atol
    return _rounded(_exact(atol) + _exact(rtol) * abs(_exact(expect)))


def _increased(report: Report, limits: Limits, baseline: float) -> Iterator[Verdict]:
    increases = limits.increases or (Increase(0.0),)
    if limits.require == "any" and len(increases) > 1:
        largest = max(increase.above(baseline) for increase in increases)
        parts = " or ".join(map(str, increases))
        how = f" (baseline {baseline!r} + the larger of {parts})"
        yield _bounded(f"max-increase {parts}", report, "<=", largest, how)
        return
    for increase in increases:
        how = f" (baseline {baseline!r} + {increase})"
        yield _bounded(f"max-increase {increase}", report, "<=", increase.above(baseline), how)


def _counted(report: Report, least: int) -> Verdict:
    counted = report.tally.counted
    passed = counted > 0 and counted >= least
    told = "at least" if passed else "fewer than"
    reason = f"{plural(counted, 'counted target')}, {told} {least}" if counted else _NOTHING
    return Verdict("min-count", passed, counted, ">=", least, "counted targets", reason)


def _scored(what: Literal["accuracy", "skill"], report: Report, least: float) -> Verdict:
    """The bound of a score; where there is none, nothing passes."""
    found = report.scores
    if found is None:
        missing = f"there is no {what}: the targets are no classes" if report.tally.counted else _NOTHING
        return Verdict(f"min-{what}", False, None, ">=", least, what, missing)
    value = found.accuracy if what == "accuracy" else found.skill
    passed = report.tally.counted > 0 and holds(value, ">=", least)
    reason = reason_of(what, value, ">=", least)
    if math.isnan(value):
        told = f"the class frequencies alone have a loss of {found.prior_loss:g}"
        reason = f"there is no {what}: {_NAN.format(report.reduction) if _is_nan(report) else told}"
    return Verdict(f"min-{what}", passed, value, ">=", least, what, reason)


def _calibrated(report: Report, most: float) -> Verdict:
    """The bound of the expected calibration error; where there is none, nothing passes."""
    found, what = report.reliability, "expected calibration error"
    if found is None or not found.count:
        missing = f"there is no {what}" if report.tally.counted else _NOTHING
        return Verdict("max-ece", False, None, "<=", most, what, missing)
    passed = report.tally.counted > 0 and not found.left_out and holds(found.ece, "<=", most)
    reason = reason_of(what, found.ece, "<=", most)
    if found.left_out:
        has = "has" if found.left_out == 1 else "have"
        reason = (
            f"{plural(found.left_out, 'prediction')} {has} no probability but nan, and no bin counts that"
        )
    return Verdict("max-ece", passed, found.ece, "<=", most, what, reason)


def _grouped(report: Report, wanted: str | None, limit: float) -> Verdict:
    """The bound of one group, or of the group with the largest mean where none is named."""
    name = "max-group" if wanted is None else f"max-group {wanted}"
    candidates = [group for group in report.groups if wanted in (None, group.name)]
    if not candidates:
        missing = _NOTHING if wanted is None else f"nothing was counted of {report.by} {wanted}"
        return Verdict(name, False, None, "<=", limit, f"mean of {report.by} {wanted or ''}".strip(), missing)
    worst = max(candidates, key=_rank)
    value, what = float(worst.loss), f"mean of {report.by} {worst.name}"
    passed = worst.tally.counted > 0 and holds(value, "<=", limit)
    reason = reason_of(what, value, "<=", limit) if worst.tally.counted else _NOTHING
    if wanted is None:
        reason += f" (the largest of {len(candidates)})"
    return Verdict(name, passed, value, "<=", limit, what, reason)


def _rank(group: Group) -> tuple[bool, float]:
    """NaN before every number, so that no other group can hide it."""
    return (math.isnan(group.loss), group.loss)


def _exact(value: float) -> Fraction:
    """The number that the shortest digits of a double say."""
    return Fraction(repr(float(value)))


def _rounded(value: Fraction) -> float:
    """The nearest finite double."""
    most = Fraction(sys.float_info.max)
    return float(max(-most, min(most, value)))


def _distance(one: float, two: float) -> float:
    """How far two numbers are from each other: 0 for equal infinities, NaN where one is NaN."""
    if math.isfinite(one) and math.isfinite(two):
        return _rounded(abs(_exact(one) - _exact(two)))
    return 0.0 if one == two else abs(one - two)


def _short(value: float) -> str:
    """The shortest digits of a number, without the ".0" of a whole one."""
    return repr(float(value)).removesuffix(".0")
