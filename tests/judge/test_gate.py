"""The gate, cell by cell: every limit against every kind of number."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from cases import each
from hypothesis import given
from hypothesis import strategies as st

from celoss_cli.core.data import Tally
from celoss_cli.evaluate.scores import Scores
from celoss_cli.evaluate.summaries import Group, Range, Reliability
from celoss_cli.judge.gate import Increase, Limits, verdicts
from celoss_cli.report.report import Report
from celoss_cli.report.verdict import Verdict

NAN, INF = math.nan, math.inf
LEAST = 5e-324
"""The smallest double above 0."""

numbers = st.floats(allow_nan=False, allow_infinity=False)


def report(value: float | None, counted: int = 3, groups: dict[str, float] | None = None) -> Report:
    """A report by hand: only what a gate reads."""
    return Report(
        loss="cross_entropy",
        title="cross entropy",
        takes="logits",
        reduction="mean",
        unit="nats",
        value=value,
        denominator=3.0,
        denominator_is="number of counted targets",
        tally=Tally(elements=counted, rows=counted),
        classes=2,
        options={},
        source={},
        by="class" if groups is not None else None,
        groups=[Group(name, Tally(elements=1), loss, 0.5) for name, loss in (groups or {}).items()],
    )


def only(found: Report, limits: Limits, baseline: float | None = None) -> Verdict:
    (verdict,) = verdicts(found, limits, baseline)
    return verdict


MAX = [
    # value, limit, passed
    (0.5, 0.5, True),
    (math.nextafter(0.5, 1), 0.5, False),
    (math.nextafter(0.5, 0), 0.5, True),
    (0.0, 0.0, True),
    (-0.0, 0.0, True),
    (0.0, -0.0, True),
    (LEAST, 0.0, False),
    (-LEAST, 0.0, True),
    (-1.0, 0.0, True),
    (1.0, -1.0, False),
    (NAN, 0.5, False),
    (NAN, INF, False),
    (NAN, NAN, False),
    (0.5, NAN, False),
    (INF, 0.5, False),
    (-INF, 0.5, False),
    (INF, INF, True),
    (-INF, INF, True),
    (INF, -INF, False),
    (-INF, -INF, True),
    (0.5, INF, True),
    (0.5, -INF, False),
    (1.7976931348623157e308, 1.7976931348623157e308, True),
]


@each(("value", "limit", "passed"), MAX)
def test_max_is_inclusive_and_lets_only_what_compares_pass(value: float, limit: float, passed: bool) -> None:
    verdict = only(report(value), Limits(max=limit))
    assert verdict.passed is passed
    assert (verdict.name, verdict.relation, verdict.compared) == ("max", "<=", "mean")


@each(("value", "limit", "passed"), MAX)
def test_min_is_max_mirrored(value: float, limit: float, passed: bool) -> None:
    assert only(report(-value), Limits(min=-limit)).passed is passed


EXPECT = [
    # value, expected, atol, rtol, passed
    (0.5, 0.5, 0.0, 0.0, True),
    (math.nextafter(0.5, 1), 0.5, 0.0, 0.0, False),
    (0.65, 0.64, 0.01, 0.0, True),
    (0.63, 0.64, 0.01, 0.0, True),
    (0.6500000000000001, 0.64, 0.01, 0.0, False),
    (0.808, 0.8, 0.0, 0.01, True),
    (0.8080000000000002, 0.8, 0.0, 0.01, False),
    (-0.808, -0.8, 0.0, 0.01, True),
    (0.818, 0.8, 0.01, 0.01, True),
    (0.43, 0.1, 0.3, 0.3, True),  # 0.3 + 0.3 x 0.1 is less than 0.33 where doubles are added
    (-0.23, 0.1, 0.3, 0.3, True),
    (0.21000000000000002, 0.1, 0.1, 0.1, False),  # and 0.1 + 0.1 x 0.1 more than 0.11
    (0.42000000000000004, 0.2, 0.2, 0.1, False),
    (0.0, 0.0, 0.0, 0.0, True),
    (-0.0, 0.0, 0.0, 0.5, True),
    (LEAST, 0.0, 0.0, 0.5, False),
    (0.01, 0.0, 0.01, 0.0, True),
    (NAN, 0.5, 1e308, 0.0, False),
    (NAN, NAN, 0.0, 0.0, False),
    (0.5, NAN, 1.0, 0.0, False),
    (INF, 0.5, 1e308, 0.0, False),
    (INF, 0.5, INF, 0.0, False),
    (INF, INF, 0.0, 0.0, True),
    (INF, -INF, 0.0, 0.0, False),
    (0.5, INF, 0.0, 0.0, False),
]


@each(("value", "expected", "atol", "rtol", "passed"), EXPECT)
def test_expect_holds_within_its_tolerances(
    value: float, expected: float, atol: float, rtol: float, passed: bool
) -> None:
    verdict = only(report(value), Limits(expect=expected, atol=atol, rtol=rtol))
    assert verdict.passed is passed
    assert (verdict.name, verdict.relation[:6]) == ("expect", "within")


INCREASE = [
    # value, baseline, increase, passed
    (0.8, 0.7, Increase(0.1), True),
    (0.8000000000000002, 0.7, Increase(0.1), False),
    (0.7, 0.7, Increase(0.0), True),
    (0.7000000000000001, 0.7, Increase(0.0), False),
    (0.1, 0.7, Increase(0.0), True),
    (0.707, 0.7, Increase(1.0, percent=True), True),
    (0.7070000000000002, 0.7, Increase(1.0, percent=True), False),
    (0.0, 0.0, Increase(1.0, percent=True), True),
    (LEAST, 0.0, Increase(50.0, percent=True), False),
    (-0.693, -0.7, Increase(1.0, percent=True), True),
    (-0.69, -0.7, Increase(1.0, percent=True), False),
    (NAN, 0.7, Increase(1e308), False),
    (INF, 0.7, Increase(1e308), False),
    (INF, 1e308, Increase(1e300, percent=True), False),
    (-INF, 0.7, Increase(0.1), False),
    (0.7, NAN, Increase(0.1), False),
    (0.7, INF, Increase(0.1), False),
    (0.7, 0.7, Increase(NAN), False),
]


@pytest.mark.parametrize(("value", "baseline", "increase", "passed"), INCREASE)
def test_a_loss_may_lie_above_its_baseline_by_so_much(
    value: float, baseline: float, increase: Increase, passed: bool
) -> None:
    verdict = only(report(value), Limits(increases=(increase,)), baseline)
    assert verdict.passed is passed
    assert verdict.name == f"max-increase {increase}"


def test_a_baseline_without_an_increase_allows_none() -> None:
    assert only(report(0.7), Limits(), 0.7).passed
    assert not only(report(0.7000000000000001), Limits(), 0.7).passed


@pytest.mark.parametrize(
    ("value", "absolute", "relative"),
    [(0.705, True, True), (0.709, True, False), (0.72, False, False)],
)
def test_an_absolute_and_a_relative_increase_are_two_checks_or_one(
    value: float, absolute: bool, relative: bool
) -> None:
    both = (Increase(0.01), Increase(1.0, percent=True))
    found = verdicts(report(value), Limits(increases=both), 0.7)
    assert [verdict.passed for verdict in found] == [absolute, relative]
    one = only(report(value), Limits(increases=both, require="any"), 0.7)
    assert one.passed is (absolute or relative)
    assert (one.name, one.limit) == ("max-increase 0.01 or 1%", 0.71)


@pytest.mark.parametrize(
    ("counted", "least", "passed"),
    [(3, 3, True), (3, 4, False), (3, 2, True), (3, 0, True), (1, 1, True), (0, 0, False), (0, 1, False)],
)
def test_min_count_is_of_counted_targets(counted: int, least: int, passed: bool) -> None:
    assert only(report(0.5, counted), Limits(min_count=least)).passed is passed


EVERY = Limits(
    max=INF, min=-INF, expect=0.0, atol=INF, increases=(Increase(1e308),), min_count=0, groups=((None, INF),)
)


@pytest.mark.parametrize("value", [0.0, NAN, None])
def test_nothing_passes_where_nothing_was_counted(value: float | None) -> None:
    found = verdicts(report(value, counted=0), EVERY, 0.0)
    assert len(found) == 6
    assert not any(verdict.passed for verdict in found)
    assert all("nothing was counted" in verdict.reason for verdict in found)


def test_a_value_that_is_not_there_passes_nothing() -> None:
    assert not any(verdict.passed for verdict in verdicts(report(None), Limits(max=1.0, min=0.0, expect=0.0)))


GROUPS = [
    # losses, limits, passed
    ({"cat": 0.4, "dog": 0.5}, [(None, 0.5)], [True]),
    ({"cat": 0.4, "dog": 0.6}, [(None, 0.5)], [False]),
    ({"cat": NAN, "dog": 0.4}, [(None, 0.5)], [False]),
    ({"cat": 0.4, "dog": NAN}, [(None, 0.5)], [False]),
    ({"cat": INF, "dog": 0.4}, [(None, 0.5)], [False]),
    ({"cat": 0.4, "dog": 0.6}, [("cat", 0.4), ("dog", 0.5)], [True, False]),
    ({"cat": 0.4}, [("dog", INF)], [False]),
    ({"cat": 0.0}, [("cat", 0.0)], [True]),
    ({"cat": LEAST}, [("cat", 0.0)], [False]),
    ({}, [(None, INF)], [False]),
]


@pytest.mark.parametrize(("losses", "limits", "passed"), GROUPS)
def test_groups_have_limits_by_name_or_all_of_them(
    losses: dict[str, float], limits: list[tuple[str | None, float]], passed: list[bool]
) -> None:
    found = verdicts(report(0.5, groups=losses), Limits(groups=tuple(limits)))
    assert [verdict.passed for verdict in found] == passed


def test_the_group_with_the_largest_mean_is_named() -> None:
    verdict = only(report(0.5, groups={"cat": 0.4, "dog": 0.625}), Limits(groups=((None, 0.5),)))
    assert verdict.reason == "mean of class dog 0.625 is above 0.5 by 0.125 (the largest of 2)"


@pytest.mark.parametrize(
    ("value", "limits", "said"),
    [
        (0.5, Limits(max=0.5), "mean 0.5 is at most 0.5"),
        (0.75, Limits(max=0.5), "mean 0.75 is above 0.5 by 0.25"),
        (0.75, Limits(min=1.0), "mean 0.75 is below 1 by 0.25"),
        (1.0, Limits(min=1.0), "mean 1.0 is at least 1"),
        (NAN, Limits(max=0.5), "mean nan is not within the limit 0.5"),
        (INF, Limits(max=0.5), "mean inf is not within the limit 0.5"),
        (0.5, Limits(expect=0.5), "mean 0.5 is within 0 of 0.5"),
        (0.75, Limits(expect=0.5, atol=0.1), "mean 0.75 is 0.25 from 0.5, more than 0.1"),
        (0.5, Limits(min_count=3), "3 counted targets, at least 3"),
        (0.5, Limits(min_count=9), "3 counted targets, fewer than 9"),
    ],
)
def test_a_verdict_gives_its_reason_in_one_sentence(value: float, limits: Limits, said: str) -> None:
    assert only(report(value), limits).reason == said


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        (Limits(max=0.5), Verdict("max", False, 0.75, "<=", 0.5, "mean", "mean 0.75 is above 0.5 by 0.25")),
        (Limits(max=1), Verdict("max", True, 0.75, "<=", 1.0, "mean", "mean 0.75 is at most 1")),
        (Limits(min=1.0), Verdict("min", False, 0.75, ">=", 1.0, "mean", "mean 0.75 is below 1 by 0.25")),
        (
            Limits(expect=0.5, atol=0.25),
            Verdict("expect", True, 0.75, "within 0.25 of", 0.5, "mean", "mean 0.75 is within 0.25 of 0.5"),
        ),
        (
            Limits(expect=2.0, rtol=0.1),
            Verdict(
                "expect", False, 0.75, "within 0.2 of", 2.0, "mean", "mean 0.75 is 1.25 from 2, more than 0.2"
            ),
        ),
        (
            Limits(increases=(Increase(25.0, percent=True),)),
            Verdict(
                "max-increase 25%",
                False,
                0.75,
                "<=",
                0.625,
                "mean",
                "mean 0.75 is above 0.625 by 0.125 (baseline 0.5 + 25%)",
            ),
        ),
        (
            Limits(min_count=1),
            Verdict("min-count", True, 3, ">=", 1, "counted targets", "3 counted targets, at least 1"),
        ),
        (
            Limits(groups=(("cat", 0.5),)),
            Verdict(
                "max-group cat",
                True,
                0.25,
                "<=",
                0.5,
                "mean of class cat",
                "mean of class cat 0.25 is at most 0.5",
            ),
        ),
        (
            Limits(groups=((None, 1.0),)),
            Verdict(
                "max-group",
                False,
                1.5,
                "<=",
                1.0,
                "mean of class dog",
                "mean of class dog 1.5 is above 1 by 0.5 (the largest of 2)",
            ),
        ),
        (
            Limits(groups=(("eel", 1.0),)),
            Verdict(
                "max-group eel",
                False,
                None,
                "<=",
                1.0,
                "mean of class eel",
                "nothing was counted of class eel",
            ),
        ),
    ],
)
def test_a_verdict_is_told_whole(limits: Limits, verdict: Verdict) -> None:
    baseline = 0.5 if limits.increases else None
    assert only(report(0.75, groups={"cat": 0.25, "dog": 1.5}), limits, baseline) == verdict


def test_a_group_of_which_nothing_was_counted_passes_nothing() -> None:
    empty = [Group("cat", Tally(), 0.0, 0.0)]
    found = replace(report(0.5, groups={}), groups=empty)
    verdict = Verdict("max-group cat", False, 0.0, "<=", 1.0, "mean of class cat", "nothing was counted")
    assert only(found, Limits(groups=(("cat", 1.0),))) == verdict
    none = Verdict("max-group", False, None, "<=", 1.0, "mean of class", "nothing was counted")
    assert only(report(0.5, groups={}), Limits(groups=((None, 1.0),))) == none


def test_one_counted_target_is_enough() -> None:
    found = report(0.5, counted=1, groups={"cat": 0.5})
    asked = Limits(
        max=0.5, min=0.5, expect=0.5, increases=(Increase(0.0),), min_count=1, groups=((None, 0.5),)
    )
    assert all(verdict.passed for verdict in verdicts(found, asked, 0.5))


def test_any_of_one_increase_is_that_increase() -> None:
    verdict = only(report(0.75), Limits(increases=(Increase(0.25),), require="any"), 0.5)
    told = "mean 0.75 is at most 0.75 (baseline 0.5 + 0.25)"
    assert verdict == Verdict("max-increase 0.25", True, 0.75, "<=", 0.75, "mean", told)


@pytest.mark.parametrize(
    ("value", "expected", "told"),
    [(INF, -INF, "inf from -inf"), (NAN, 1.0, "nan from 1"), (-INF, 2.0, "inf from 2")],
)
def test_a_distance_that_is_no_number_is_told(value: float, expected: float, told: str) -> None:
    verdict = only(report(value), Limits(expect=expected))
    assert verdict.reason == f"mean {value!r} is {told}, more than 0"


def test_the_first_of_several_groups_that_are_nan_is_named() -> None:
    verdict = only(
        report(0.5, groups={"a": 9.0, "b": NAN, "c": NAN, "d": INF}), Limits(groups=((None, 1.0),))
    )
    assert verdict.compared == "mean of class b"


def test_the_reason_names_the_baseline() -> None:
    limits = Limits(increases=(Increase(0.01), Increase(1.0, percent=True)), require="any")
    assert only(report(0.75), limits, 0.5).reason == (
        "mean 0.75 is above 0.51 by 0.24 (baseline 0.5 + the larger of 0.01 or 1%)"
    )


def test_no_limit_is_no_verdict_and_a_limit_of_zero_is_one() -> None:
    assert verdicts(report(0.5), Limits()) == ()
    names = [verdict.name for verdict in verdicts(report(0.5), Limits(max=0.0, min=0.0, expect=0.0))]
    assert names == ["max", "min", "expect"]


@given(numbers, numbers)
def test_exactly_one_of_two_numbers_is_too_large_or_they_are_equal(one: float, two: float) -> None:
    passed = only(report(one), Limits(max=two)).passed, only(report(two), Limits(max=one)).passed
    assert passed == (one <= two, two <= one)


@given(numbers, numbers, st.floats(0, 1e300))
def test_expect_is_symmetric_in_an_absolute_tolerance(one: float, two: float, atol: float) -> None:
    forth, back = (only(report(a), Limits(expect=b, atol=atol)) for a, b in ((one, two), (two, one)))
    assert forth.passed is back.passed


@given(numbers, st.floats(0, 1e300), st.booleans())
def test_the_allowed_increase_never_lies_below_the_baseline(
    baseline: float, amount: float, percent: bool
) -> None:
    limit = Increase(amount, percent).above(baseline)
    assert math.isfinite(limit)
    assert limit >= baseline


@given(st.floats(), st.floats(), st.floats(), st.integers(0, 3), st.integers(0, 3))
def test_the_gate_answers_whatever_it_is_asked(
    value: float, limit: float, tolerance: float, counted: int, least: int
) -> None:
    asked = Limits(limit, limit, limit, tolerance, tolerance, (Increase(tolerance, True),), "all", least)
    for verdict in verdicts(report(value, counted), asked, limit):
        assert isinstance(verdict.passed, bool)
        assert not (verdict.passed and (counted == 0 or math.isnan(value)))


PERFECT = Scores(accuracy=1.0, prior_loss=0.7, skill=NAN)
CALIBRATED = Reliability([], 0.0, 1, 0, "", "", Range(0.95, 0.0, 1.0, 0.0))


@each(
    ("limits", "reason"),
    [
        (Limits(min_accuracy=0.5), "the mean is nan, and no limit lets that pass"),
        (Limits(max_ece=1.0), "the mean is nan, and no limit lets that pass"),
        (Limits(min_count=1), "the mean is nan, and no limit lets that pass"),
        (Limits(groups=(("cat", 1.0),)), "the mean is nan, and no limit lets that pass"),
        (Limits(min_skill=0.0), "there is no skill: the mean is nan, and no limit lets that pass"),
    ],
)
def test_a_loss_that_is_nan_passes_no_limit_of_anything_else(limits: Limits, reason: str) -> None:
    found = replace(report(0.3, groups={"cat": 0.5}), scores=PERFECT, reliability=CALIBRATED)
    assert limits.min_skill is not None or only(found, limits).passed
    verdict = only(replace(found, value=NAN), limits)
    assert (verdict.passed, verdict.reason) == (False, reason)


def test_predictions_that_no_bin_counts_pass_no_calibration_error() -> None:
    found = replace(report(0.3), reliability=replace(CALIBRATED, left_out=2))
    verdict = only(found, Limits(max_ece=1.0))
    assert (verdict.passed, verdict.reason.startswith("2 predictions have no probability")) == (False, True)
