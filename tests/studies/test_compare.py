"""The paired comparison: its statistics against SciPy, the alignment, the command and its exit codes."""

from __future__ import annotations

import json
import math
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from paths import EXAMPLES, schema
from running import Done, celoss

from celoss_cli.core import index as named
from celoss_cli.core.bounds import Bounds
from celoss_cli.core.data import Batch, Lines
from celoss_cli.core.names import Names
from celoss_cli.show import FORMATS, Style
from celoss_cli.statistics.interval import estimate
from celoss_cli.statistics.spread import spread_of_all
from celoss_cli.studies.compare import rows as held
from celoss_cli.studies.compare.comparing import Pairs, Plan, compared
from celoss_cli.studies.compare.comparison import Comparison, Subject
from celoss_cli.studies.compare.comparison import comparison_verdicts as verdicts
from celoss_cli.studies.compare.document import document_of
from celoss_cli.studies.compare.names import Join
from celoss_cli.studies.compare.resampling import bootstrap, sign_flip_test, sign_test, units_of
from celoss_cli.studies.compare.side import _packed, _Places

SCHEMA = schema("comparison.schema")
QUICK = Plan(resamples=1000)


def subject(**changed: Any) -> Subject:
    return Subject(
        **{
            "loss": "cross_entropy",
            "title": "cross entropy",
            "unit": "nats",
            "options": {},
            "files": ("a.csv", "b.csv"),
            "sources": ({}, {}),
            "aligned_by": "id",
            "rows": 3,
            "denominator_is": "number of counted targets",
            **changed,
        }
    )


def comparison(a: Any, b: Any, weight: Any = None, plan: Plan = QUICK, **more: Any) -> Comparison:
    first, second = np.asarray(a, float), np.asarray(b, float)
    weights = np.ones(len(first)) if weight is None else np.asarray(weight, float)
    group = "user" if "groups" in more else None
    return compared(Pairs(first, second, weights, **more), subject(group_column=group), plan)


def paired_losses(rows: int, shift: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    a = random.gamma(2, 0.5, rows)
    return a, a + random.normal(shift, 0.3, rows)


# -------------------------------------------------------------------------------------- against SciPy


@pytest.mark.parametrize("rows", [2, 3, 40, 1000])
def test_the_standard_error_is_that_of_the_paired_t_test(rows: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    a, b = paired_losses(rows, 0.1)
    found = comparison(a, b)
    expected = stats.ttest_rel(b, a)
    assert found.estimate.standard_error == pytest.approx(stats.sem(b - a), rel=1e-12)
    assert found.difference / found.estimate.standard_error == pytest.approx(expected.statistic, rel=1e-9)


@pytest.mark.parametrize(
    ("wins", "losses"),
    [(1, 0), (0, 9), (3, 3), (5, 2), (2, 5), (40, 61), (4000, 4200), (500, 0), (120_000, 119_000)],
)
def test_the_sign_test_is_the_exact_binomial_test(wins: int, losses: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(wins, wins + losses).pvalue
    assert sign_test(wins, losses) == pytest.approx(expected, rel=1e-8, abs=1e-300)


def test_no_difference_is_no_evidence() -> None:
    assert sign_test(0, 0) == 1.0
    same = comparison([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    assert (same.difference, same.estimate.standard_error, same.estimate.bounds) == (
        0.0,
        0.0,
        Bounds(0.0, 0.0),
    )
    assert (same.wins, same.losses, same.ties, same.sign_p, same.flip_p) == (0, 0, 3, 1.0, 1.0)


@pytest.mark.parametrize("rows", [1, 2, 5, 9])
def test_the_permutation_test_of_a_few_rows_is_exact(rows: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    a, b = paired_losses(rows, 0.2, seed=rows)
    found = comparison(a, b)
    assert found.flip_exact
    if rows == 1:
        assert found.flip_p == 1.0
        return

    def mean(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
        return np.mean(x - y, axis=axis)

    expected = stats.permutation_test((b, a), mean, permutation_type="samples", n_resamples=np.inf)
    assert found.flip_p == pytest.approx(expected.pvalue, abs=1e-12)


def test_the_permutation_test_of_many_rows_is_drawn_and_close() -> None:
    stats = pytest.importorskip("scipy.stats")
    a, b = paired_losses(200, 0.03)
    found = comparison(a, b, plan=Plan(resamples=20_000))
    assert not found.flip_exact
    assert found.flip_p == pytest.approx(stats.ttest_rel(b, a).pvalue, abs=0.01)
    assert comparison(a, a + 1.0).flip_p == pytest.approx(1 / 1001)  # never 0


@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_the_bootstrap_interval_is_close_to_that_of_scipy(confidence: float) -> None:
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(3)
    d = random.exponential(1.0, 60) - 0.7
    found = comparison(np.zeros(60), d, plan=Plan(confidence, resamples=40_000))
    expected = stats.bootstrap(
        (d,), np.mean, n_resamples=40_000, confidence_level=confidence, method="percentile", random_state=1
    ).confidence_interval
    bounds = found.percentile
    assert [bounds.low, bounds.high] == pytest.approx([expected.low, expected.high], abs=0.012)


@pytest.mark.parametrize("weights", [(2.0,), (0.5, 2.0)])
def test_units_stand_in_the_order_of_their_differences_and_then_of_their_weights(
    weights: tuple[float, ...],
) -> None:
    random = np.random.default_rng(11)
    difference, weight = random.integers(-3, 5, 200) / 4, random.choice(weights, 200)
    found = units_of(difference, weight)
    expected = sorted(zip(difference.tolist(), weight.tolist(), strict=True))
    assert list(zip(found.difference.tolist(), found.weight.tolist(), strict=True)) == expected


@pytest.mark.slow
def test_many_units_are_resampled_in_runs_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(5)
    weight = random.uniform(0.5, 2, 9000)
    units = units_of(weight * (random.exponential(1.0, 9000) - 0.9), weight)
    runs = bootstrap(units, 4000, 0)
    flips = sign_flip_test(units, 4000, 0)[0]
    monkeypatch.setattr("celoss_cli.studies.compare.resampling._EACH", 10_000)
    each = bootstrap(units, 4000, 0)
    assert stats.ks_2samp(runs, each).pvalue > 0.001
    assert runs.std() == pytest.approx(spread_of_all(units.difference, units.weight).standard_error, rel=0.05)
    assert flips == pytest.approx(sign_flip_test(units, 4000, 0)[0], abs=0.03)


@pytest.mark.slow
def test_the_permutation_test_of_many_rows_in_runs_is_close_to_the_t_test() -> None:
    stats = pytest.importorskip("scipy.stats")
    a, b = paired_losses(50_000, 0.0018)
    found = comparison(a, b, plan=Plan(resamples=8000))
    assert found.flip_p == pytest.approx(stats.ttest_rel(b, a).pvalue, abs=0.02)


@pytest.mark.slow
def test_a_million_rows_take_seconds_and_little_memory() -> None:
    random = np.random.default_rng(6)
    d = random.lognormal(0, 1, 1_000_000) - 1.6
    units = units_of(d, np.ones(len(d)))
    begin = time.process_time()
    means = bootstrap(units, 10_000, 0)
    sign_flip_test(units, 10_000, 0)
    assert time.process_time() - begin < 20
    assert means.std() == pytest.approx(
        spread_of_all(units.difference, units.weight).standard_error, rel=0.05
    )
    assert np.array_equal(means, bootstrap(units, 10_000, 0))


def test_what_could_have_been_seen_and_what_the_sign_test_asks_is_told() -> None:
    a = np.random.default_rng(8).gamma(2, 1, 500)
    d = np.where(np.arange(500) < 300, -0.01, 0.5)
    found = comparison(a, a + d)
    text = " ".join("".join(FORMATS["table"].render(document_of(found), Style())).split())
    told = re.search(r"a true mean difference of (\S+) nats, up or down, would be seen", text)
    assert told is not None
    assert float(told[1]) == pytest.approx(found.estimate.detectable, abs=1e-6)
    error = found.estimate.standard_error
    assert found.estimate.detectable == pytest.approx((1.96 + 0.84) * error, rel=0.1)
    assert "Here B is better on more rows, and yet its mean loss is higher." in text
    assert "away from the longer tail" not in text


@pytest.mark.parametrize(("sign", "side", "end"), [(1, "down", "upper"), (-1, "up", "lower")])
def test_what_a_long_tail_changes_is_told(sign: int, side: str, end: str) -> None:
    random = np.random.default_rng(3)
    found = comparison(np.full(200, 9.0), 9 + sign * random.lognormal(0, 1, 200) * 0.01)
    assert 2 < abs(found.estimate.skewness) < 6
    assert found.estimate.held
    text = " ".join("".join(FORMATS["table"].render(document_of(found), Style())).split())
    assert f"one {side}, away from the longer tail of the differences, in 55 to 78." in text
    missed = {"upper": "below", "lower": "above"}[end]
    assert f"with sigma 1.5, the {end} end of a 95% interval lies {missed} the true mean in" in text


@pytest.mark.parametrize(
    ("b", "groups", "told"),
    [
        ([1.0, 2.0, 3.0, 4.0], None, "0 rows"),
        ([1.0, 2.5, 3.0, 3.5], None, "2 rows"),
        ([1.0, 2.0, 3.0, math.nan], None, "0 rows"),
        ([0.5, 2.5, 3.0, 3.5], ["x", "x", "y", "y"], "1 group by g"),
    ],
)
def test_the_rows_of_the_sign_test_are_those_that_differ(
    b: list[float], groups: list[str] | None, told: str
) -> None:
    of = subject(group_column=None if groups is None else "g")
    pairs = Pairs(np.array([1.0, 2.0, 3.0, 4.0]), np.array(b), np.ones(4), groups=groups)
    document = document_of(compared(pairs, of, QUICK))
    for format in ("table", "markdown", "html"):
        text = " ".join("".join(FORMATS[format].render(document, Style(width=160))).split())
        assert f"two-sided, {told} without ties" in text.replace("\\", ""), format
    assert document.values(1)["comparison"]["sign_test_units"] == int(told[0])


def test_a_p_below_what_a_double_holds_is_told_to_be_below() -> None:
    assert sign_test(1_000_000, 0) == 1e-300
    found = comparison(np.zeros(5000), np.ones(5000))
    assert "< 1e-300" in "".join(FORMATS["table"].render(document_of(found), Style()))


def test_a_gate_that_cannot_be_sure_does_not_pass() -> None:
    stats = pytest.importorskip("scipy.stats")
    d = np.zeros(60)
    d[:2] = 0.1, 1.0
    found = comparison(np.zeros(60), d)
    (verdict,) = verdicts(found, non_inferior=100.0)
    assert found.estimate.skewness == pytest.approx(stats.skew(d), rel=1e-12)
    assert (verdict.passed, found.estimate.bounds.high < 100) == (False, True)
    assert f"but that is not sure: differences with a skewness of {stats.skew(d):.2g} take" in verdict.reason
    text = "".join(FORMATS["table"].render(document_of(found), Style()))
    assert "too skewed for the interval to be sure" in " ".join(text.split())
    assert verdicts(comparison(np.zeros(60), np.ones(60)), non_inferior=1.0)[0].passed


def test_the_spread_of_the_resamples_is_the_standard_error() -> None:
    random = np.random.default_rng(4)
    weight = random.uniform(0.5, 2, 300)
    units = units_of(weight * random.normal(0.1, 1, 300), weight)
    assert bootstrap(units, 4000, 0).std() == pytest.approx(
        spread_of_all(units.difference, units.weight).standard_error, rel=0.05
    )
    assert len(bootstrap(units, 777, 0)) == 777


# ----------------------------------------------------------------------------- what the interval promises


@pytest.mark.slow
def test_the_interval_catches_the_true_difference_in_about_95_of_100_samples() -> None:
    """Gamma noise: the differences are skewed, as those of losses are."""
    random = np.random.default_rng(7)
    trials, rows, true = 1500, 100, 0.05
    caught = 0
    for _ in range(trials):
        spread = spread_of_all(random.gamma(4, 0.25, rows) - 1 + true, np.ones(rows))
        bounds = estimate(spread, 0.95).bounds
        caught += bounds.low <= true <= bounds.high
    assert 0.93 <= caught / trials <= 0.97


@pytest.mark.slow
def test_a_difference_that_is_not_there_is_told_in_about_5_of_100_samples() -> None:
    random = np.random.default_rng(8)
    trials, rows = 1500, 60
    alarms = {"interval": 0, "permutation": 0}
    for trial in range(trials):
        units = units_of(random.normal(0, 1, rows), np.ones(rows))
        bounds = estimate(spread_of_all(units.difference, units.weight), 0.95).bounds
        alarms["interval"] += not bounds.low <= 0 <= bounds.high
        alarms["permutation"] += sign_flip_test(units, 600, trial)[0] <= 0.05
    assert all(0.03 <= count / trials <= 0.07 for count in alarms.values()), alarms


@pytest.mark.slow
def test_clustered_rows_need_the_cluster_interval() -> None:
    random = np.random.default_rng(9)
    trials, groups, size = 400, 50, 6
    names = [str(number) for number in range(groups) for _ in range(size)]
    caught = {"groups": 0, "rows": 0}
    for _ in range(trials):
        d = np.repeat(random.normal(0, 1, groups), size) + random.normal(0, 0.3, groups * size)
        for which, clusters in (("groups", names), ("rows", None)):
            bounds = comparison(
                np.zeros(len(d)), d, plan=Plan(resamples=100), groups=clusters
            ).estimate.bounds
            caught[which] += bounds.low <= 0 <= bounds.high
    assert 0.9 <= caught["groups"] / trials <= 0.98
    assert caught["rows"] / trials < 0.7


# ------------------------------------------------------------------------------------------ classes at once


def classes_of(rows: int, seed: int, shift: float = 0.0) -> tuple[str, str]:
    """Two tables of the same rows whose targets are of five classes; in class 4 B has larger logits."""
    random = np.random.default_rng(seed)
    target = random.integers(0, 5, rows)
    noise = random.normal(0, 0.5, (2, rows, 5))
    noise[1, target == 4, 4] += shift
    tables = []
    for x in noise:
        lines = (",".join([*map(repr, row.tolist()), str(y)]) for row, y in zip(x, target, strict=True))
        tables.append("a,b,c,d,e,target\n" + "\n".join(lines) + "\n")
    return tables[0], tables[1]


def test_p_values_of_classes_are_adjusted_for_their_number(tmp_path: Path) -> None:
    stats = pytest.importorskip("scipy.stats")
    a, b = classes_of(3000, 1, shift=0.15)
    found = document(compare(tmp_path, a, b, "--json"))["comparison"]
    losses, targets = [], np.array([int(line[-1]) for line in a.split()[1:]])
    for name in ("a.csv", "b.csv"):
        done = celoss("ce", str(tmp_path / name), "--reduction", "none", "--format", "value")
        losses.append(np.array(list(map(float, done.stdout.split()))))
    expected = [stats.ttest_rel(*(loss[targets == y] for loss in losses)).pvalue for y in range(5)]
    p = [part["p"] for part in found["classes"]]
    assert p == pytest.approx(expected, rel=0.3, abs=0.03)
    ordered = sorted(p)
    highest = [max(min(1.0, (5 - j) * ordered[j]) for j in range(i + 1)) for i in range(5)]
    adjusted = {part["p"]: part["adjusted_p"] for part in found["classes"]}
    assert [adjusted[value] for value in ordered] == pytest.approx(highest)
    text = compare(tmp_path, a, b).stdout
    assert "adjusted p" in text
    assert "adjusted for the 5 tests by Holm's method" in " ".join(text.split())


def test_a_class_of_one_row_has_no_p(tmp_path: Path) -> None:
    found = document(compare(tmp_path, OLD, NEW, "--json"))["comparison"]
    assert [(part["counted"], part["p"] is None) for part in found["classes"]] == [(2, False), (1, True)]
    assert found["classes"][0]["adjusted_p"] == found["classes"][0]["p"]


def test_groups_within_a_class_are_drawn_together(tmp_path: Path) -> None:
    """Thirty copies of a row in one group say no more of the class than the row alone."""
    a, b = classes_of(60, 3, shift=1.0)

    def copied(table: str, times: int) -> str:
        head, *lines = table.split()
        every = [f"{line},u{number}" for number, line in enumerate(lines) for _ in range(times)]
        return "\n".join([f"{head},user", *every]) + "\n"

    one, many = (
        document(compare(tmp_path, copied(a, times), copied(b, times), "--json", "--group-column", "user"))[
            "comparison"
        ]["classes"]
        for times in (1, 30)
    )
    assert [part["p"] for part in many] == pytest.approx([part["p"] for part in one], rel=1e-9)


# ----------------------------------------------------------------------------------------------- clusters


def test_the_clustered_standard_error_is_that_of_the_sums_of_the_groups() -> None:
    random = np.random.default_rng(2)
    d = random.normal(0, 1, 90)
    names = np.array([f"g{number}" for number in random.integers(0, 12, 90)])
    found = comparison(np.zeros(90), d, groups=list(names))
    residual = np.array([(d[names == name] - d.mean()).sum() for name in sorted(set(names))])
    expected = math.sqrt(12 / 11 * (residual**2).sum()) / 90
    assert found.estimate.standard_error == pytest.approx(expected, rel=1e-12)
    assert (found.estimate.units, found.counted) == (12, 90)


def test_groups_of_one_row_are_rows() -> None:
    a, b = paired_losses(50)
    alone, grouped = comparison(a, b), comparison(a, b, groups=[f"r{row}" for row in range(50)])
    for name in ("estimate", "percentile", "sign_p", "flip_p"):
        assert getattr(alone, name) == getattr(grouped, name)


def test_copies_of_a_row_in_one_group_add_no_certainty() -> None:
    a, b = paired_losses(40)
    names = [f"r{row}" for row in range(40)]
    once = comparison(a, b, groups=names)
    thrice = comparison(np.repeat(a, 3), np.repeat(b, 3), groups=list(np.repeat(names, 3)))
    assert thrice.estimate.standard_error == pytest.approx(once.estimate.standard_error, rel=1e-12)
    assert thrice.estimate.bounds.low == pytest.approx(once.estimate.bounds.low, rel=1e-9)


# --------------------------------------------------------------------------------------------------- laws

STATISTICS = ("first", "second", "difference", "estimate", "percentile", "sign_p", "flip_p")


def numbers(found: Comparison) -> list[Any]:
    return [getattr(found, name) for name in STATISTICS]


losses = st.lists(
    st.tuples(*[st.floats(0, 50).map(lambda value: round(value, 3))] * 2, st.sampled_from([0.5, 1.0, 2.0])),
    min_size=2,
    max_size=20,
)


@given(losses, st.randoms(), st.booleans())
def test_the_order_of_the_rows_does_not_matter(
    rows: list[tuple[float, float, float]], shuffler: Any, clustered: bool
) -> None:
    named = [(f"g{number % 5}", *row) for number, row in enumerate(rows)]
    mixed = list(named)
    shuffler.shuffle(mixed)
    found = []
    for order in (named, mixed):
        groups, a, b, weight = zip(*order, strict=True)
        more = {"groups": groups} if clustered else {}
        found.append(comparison(a, b, weight, Plan(resamples=100), **more))
    assert numbers(found[0]) == numbers(found[1])


@given(losses)
@example([(0.0, 0.0, 0.5), (0.0, 1.0, 0.5), (1.0, 0.0, 1.0)])
@example([(0.0, 1.0, 0.5), (1.0, 0.0, 0.5)])
def test_comparing_b_with_a_turns_everything_round(rows: list[tuple[float, float, float]]) -> None:
    a, b, weight = map(np.array, zip(*rows, strict=True))
    plan = Plan(resamples=100)
    one, two = comparison(a, b, weight, plan), comparison(b, a, weight, plan)
    assert (one.first, one.second, one.difference) == (two.second, two.first, -two.difference)
    assert (one.wins, one.losses, one.ties) == (two.losses, two.wins, two.ties)
    assert (one.estimate.standard_error, one.sign_p, one.flip_p) == (
        two.estimate.standard_error,
        two.sign_p,
        two.flip_p,
    )
    assert one.estimate.bounds == two.estimate.bounds.turned()
    assert one.percentile == two.percentile.turned()
    assert [change.row for change in one.regressions] == [change.row for change in two.improvements]


def test_the_seed_decides_what_is_drawn_and_the_interval_is_not() -> None:
    a, b = paired_losses(3000)
    base, again, other = (comparison(a, b, plan=Plan(resamples=500, seed=seed)) for seed in (0, 0, 1))
    assert numbers(again) == numbers(base)
    assert other.percentile != base.percentile
    assert other.estimate == base.estimate


def test_the_mean_has_the_denominator_of_the_loss() -> None:
    found = comparison([2.0, 3.0], [4.0, 9.0], [2.0, 1.0])
    assert (found.first, found.second, found.difference) == (5 / 3, 13 / 3, 8 / 3)


def test_sums_that_cancel_in_floating_point_are_exact() -> None:
    found = comparison([1e16, 1.0, -1e16], [1e16, 2.0, -1e16])
    assert found.difference == 1 / 3


# ------------------------------------------------------------------------------------ infinite and missing


def test_a_loss_that_is_not_finite_has_no_interval_and_passes_no_gate() -> None:
    for a, b, difference in (
        ([1.0, 2.0], [1.0, math.inf], math.inf),
        ([1.0, math.inf], [1.0, 2.0], -math.inf),
        ([1.0, math.inf], [2.0, math.inf], math.nan),
        ([1.0, math.nan], [2.0, 1.0], math.nan),
    ):
        found = comparison(a, b)
        assert str(found.difference) == str(difference)
        assert math.isnan(found.estimate.standard_error)
        assert math.isnan(found.estimate.bounds.high)
        assert found.flip_p is None
        assert [verdict.passed for verdict in verdicts(found, 1e300, 1e300)] == [False, False]


def test_a_nan_is_no_win_and_no_loss_and_comes_first() -> None:
    found = comparison([1.0, 1.0, 1.0], [2.0, math.nan, 0.5])
    assert (found.wins, found.losses, found.ties) == (1, 1, 0)
    assert [change.row for change in found.regressions] == [1, 0]
    assert [change.row for change in found.improvements] == [2]


def test_one_row_has_no_interval() -> None:
    found = comparison([1.0], [2.0])
    assert (found.difference, math.isnan(found.estimate.bounds.low), found.flip_p) == (1.0, True, 1.0)
    assert not verdicts(found, non_inferior=10.0)[0].passed


@pytest.mark.parametrize(("limit", "passed"), [(0.5, True), (0.49, False), (0, False), (1, True)])
def test_limits_are_inclusive(limit: float, passed: bool) -> None:
    (verdict,) = verdicts(comparison([1.0, 1.0], [1.5, 1.5]), max_increase=limit)
    assert (verdict.name, verdict.passed, verdict.value) == ("max-increase", passed, 0.5)


def test_the_two_gates_compare_the_difference_and_the_upper_end() -> None:
    a, b = paired_losses(100, -0.01)
    found = comparison(a, b)
    one, two = verdicts(found, found.difference, found.estimate.bounds.high)
    assert (one.passed, two.passed) == (True, True)
    assert (one.value, two.value) == (found.difference, found.estimate.bounds.high)
    assert not verdicts(found, non_inferior=math.nextafter(found.estimate.bounds.high, -1))[0].passed
    assert verdicts(found) == ()


def test_the_largest_changes_are_listed_in_order_and_ties_by_name() -> None:
    ids = ["d", "c", "b", "a", "e"]
    found = comparison([1.0] * 5, [2.0, 2.0, 2.0, 0.0, 1.0], ids=ids, plan=Plan(resamples=100, worst=2))
    assert [change.id for change in found.regressions] == ["b", "c"]
    assert [change.id for change in found.improvements] == ["a"]
    none = comparison([1.0] * 5, [2.0] * 5, plan=Plan(resamples=100, worst=0))
    assert (none.regressions, none.improvements) == ([], [])


# ------------------------------------------------------------------------------------------- the command

HEADER = "id,a,b,target\n"
OLD = HEADER + "x,0.9,0.1,0\ny,0.8,0.2,1\nz,0.7,0.3,0\n"
NEW = HEADER + "z,0.5,0.3,0\nx,1.9,0.1,0\ny,0.8,0.4,1\n"


def compare(folder: Path, a: str, b: str, *arguments: str, loss: str = "ce") -> Done:
    (folder / "a.csv").write_text(a)
    (folder / "b.csv").write_text(b)
    files = [str(folder / "a.csv"), str(folder / "b.csv")]
    return celoss("compare", *files, "--loss", loss, *arguments)


def document(done: Done) -> dict[str, Any]:
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)
    SCHEMA.validate(found)
    return found


def test_the_means_are_those_of_the_loss_and_rows_find_each_other_by_id(tmp_path: Path) -> None:
    found = document(compare(tmp_path, OLD, NEW, "--json"))["comparison"]
    for name, key in (("a.csv", "mean_a"), ("b.csv", "mean_b")):
        alone = celoss("ce", str(tmp_path / name), "--format", "value")
        assert found[key] == float(alone.stdout)
    assert (found["aligned_by"], found["rows"], found["units"]) == ("id", 3, 3)
    assert [change["id"] for change in found["regressions"]] == ["z"]
    assert {change["id"] for change in found["improvements"]} == {"x", "y"}
    by_class = {part["name"]: part["counted"] for part in found["classes"]}
    assert by_class == {"a": 2, "b": 1}
    assert found["agreement"] == 1.0


def test_value_is_the_difference(tmp_path: Path) -> None:
    found = document(compare(tmp_path, OLD, NEW, "--json"))["comparison"]
    assert compare(tmp_path, OLD, NEW, "--format", "value").stdout == f"{found['difference']!r}\n"


def test_the_divergence_is_that_of_the_softmax(tmp_path: Path) -> None:
    stats = pytest.importorskip("scipy.stats")
    found = document(compare(tmp_path, OLD, NEW, "--json", "--base", "2"))["comparison"]
    p = stats.entropy  # relative entropy, in bits
    rows = [([0.9, 0.1], [1.9, 0.1]), ([0.8, 0.2], [0.8, 0.4]), ([0.7, 0.3], [0.5, 0.3])]
    expected = np.mean([p(np.exp(a), np.exp(b), base=2) for a, b in rows])
    assert found["divergence"] == pytest.approx(expected, rel=1e-12)
    assert found["unit"] == "bits"


@pytest.mark.parametrize(
    ("loss", "a", "b", "agreement", "divergence"),
    [
        ("nll", "-0.1,-2.4,0", "-0.2,-1.7,0", 1.0, True),
        ("bce", "0.9,1", "0.4,1", 0.0, True),
        ("bce-logits", "2.2,1", "-0.4,1", 0.0, True),
        ("soft-margin", "2.2,1", "1.0,1", 1.0, True),
    ],
)
def test_every_loss_can_be_compared(
    tmp_path: Path, loss: str, a: str, b: str, agreement: float, divergence: bool
) -> None:
    header = "c0,c1,target\n" if loss == "nll" else "x,target\n"
    found = document(compare(tmp_path, f"{header}{a}\n{a}\n", f"{header}{b}\n{b}\n", "--json", loss=loss))
    assert found["comparison"]["agreement"] == agreement
    assert (found["comparison"]["divergence"] is not None) == divergence
    assert found["comparison"]["aligned_by"] == "position"


def test_the_bernoulli_predictions_of_the_binary_losses_agree(tmp_path: Path) -> None:
    p, q = 0.9, 0.3
    expected = p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
    logit = [math.log(value / (1 - value)) for value in (p, q)]
    for loss, (a, b) in (("bce", (p, q)), ("bce-logits", logit), ("soft-margin", logit)):
        texts = [f"x,target\n{value!r},1\n{value!r},1\n" for value in (a, b)]
        found = document(compare(tmp_path, *texts, "--json", loss=loss))["comparison"]
        assert found["divergence"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("in_order", [0, 10_000, 20_000])
def test_predictions_are_those_of_the_same_rows_whatever_part_of_them_stands_in_one_order(
    tmp_path: Path, in_order: int
) -> None:
    """Rows in the order of A are held against it as they are read, the others when all are known."""
    draw = np.random.default_rng(in_order)
    a, b = draw.normal(size=(2, 20_000, 10)).round(2)
    target, names = draw.integers(0, 10, len(a)), np.arange(len(a))
    order = np.concatenate([names[:in_order], draw.permutation(names[in_order:])])
    header = ",".join(["id", *(f"x_{number}" for number in range(10)), "target"])
    for name, x, rows in (("a", a, names), ("b", b, order)):
        table = np.column_stack([rows, x[rows], target[rows]])
        np.savetxt(tmp_path / f"{name}.csv", table, "%g", ",", header=header, comments="")
    files = [str(tmp_path / f"{name}.csv") for name in "ab"]
    found = json.loads(celoss("compare", *files, "--loss", "ce", "--json", "--resamples", "100").stdout)
    p, q = (x - np.log(np.exp(x).sum(axis=1, keepdims=True)) for x in (a, b))
    assert found["comparison"]["agreement"] == (a.argmax(axis=1) == b.argmax(axis=1)).mean()
    expected = (np.exp(p) * (p - q)).sum(axis=1).mean()
    assert found["comparison"]["divergence"] == pytest.approx(expected, rel=1e-12)


def test_divergences_are_compared_by_row_and_by_batchmean(tmp_path: Path) -> None:
    rows = {"a": ([[-0.5, -0.9], [-1.5, -0.3]]), "b": ([[-0.7, -0.7], [-1.2, -0.4]])}
    for name, values in rows.items():
        target = [[0.5, 0.5], [0.1, 0.9]]
        (tmp_path / f"{name}.json").write_text(json.dumps({"log_probs": values, "targets": target}))
    files = [str(tmp_path / "a.json"), str(tmp_path / "b.json")]
    for reduction in ("mean", "batchmean"):
        found = document(celoss("compare", *files, "--loss", "kl", "--json", "--reduction", reduction))
        alone = celoss("kl", files[1], "--reduction", reduction, "--format", "value")
        assert found["comparison"]["mean_b"] == float(alone.stdout)
    assert found["comparison"]["denominator"] == 2.0
    done = celoss("compare", *files, "--loss", "ce", "--reduction", "batchmean")
    assert (done.returncode, "Expected --reduction mean with --loss ce" in done.stderr) == (2, True)


def test_ignored_rows_are_left_out_and_weights_divide(tmp_path: Path) -> None:
    a = OLD + "w,0.3,0.9,-100\n"
    b = NEW + "w,0.1,0.2,-100\n"
    found = document(compare(tmp_path, a, b, "--json", "--weight", "1,3"))["comparison"]
    assert (found["rows"], found["counted"], found["denominator"]) == (4, 3, 5.0)
    assert "w" not in {change["id"] for change in found["regressions"] + found["improvements"]}


NAMES = st.lists(st.text(st.sampled_from("ab\n\x00\ud83d\ude00é"), max_size=4), min_size=1, max_size=30)


@pytest.mark.parametrize("bits", [64, 1, 0])
@given(ours=NAMES, asked=NAMES, cut=st.integers(0, 30))
def test_rows_are_found_by_their_names_whatever_names_share_a_hash(
    bits: int, ours: list[str], asked: list[str], cut: int
) -> None:
    """Against a dictionary of the names, with hashes of so many bits."""
    full = Names.hashes
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(Names, "hashes", lambda names: full(names) & np.uint64(2**bits - 1))
        kept = Names.joined([Names.of(part).packed() for part in (ours[:cut], ours[cut:])])
        first = {name: row for row, name in reversed(list(enumerate(ours)))}
        expected = [first.get(name, named.NONE) for name in asked]
        assert named.Index(kept).rows(Names.of(asked)).tolist() == expected
        join = Join(kept, by_position=False)
        parts = [join.add(part, len(part)) for part in (asked[:cut], asked[cut:])]
        if len(first) == len(ours):
            assert np.concatenate(parts).tolist() == join.whole().tolist() == expected
        again = [(first[name], row) for row, name in enumerate(ours) if first[name] != row]
        assert named.Index(kept).first_rows().tolist() == [first[name] for name in ours]
        assert [name in named.Index(kept) for name in asked] == [name in first for name in asked]
        assert named.first_repeat(kept) == (again[0] if again else None)


def test_inputs_are_given_back_by_their_numbers_from_memory_and_from_a_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(held, "_FILED_BYTES", 300)
    values = np.random.default_rng(0).normal(size=(500, 3))
    kept, order = held.Inputs(), np.random.default_rng(1).permutation(500)
    for part in np.array_split(order, 7):
        kept.add(part, values[part])
    assert np.array_equal(kept.rows(0, 500), values)
    assert np.array_equal(kept.rows(123, 301), values[123:301])


def test_an_array_grows_by_parts_of_any_size_and_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "_ROOM_BYTES", 64)
    parts = [np.arange(3, dtype=np.int8), np.arange(40.0) / 3, np.arange(2), np.zeros(0)]
    found = held.Grown()
    for part in parts:
        found.add(part)
    assert np.array_equal(found.whole(), np.concatenate(parts))
    found.add(np.ones(1))
    assert np.array_equal(found.whole(), np.concatenate([*parts, np.ones(1)]))


def test_rows_in_another_order_and_rows_in_order_find_each_other(tmp_path: Path) -> None:
    rows = [f"r{number},{number / 7},{(number * 5) % 3},{number % 2}" for number in range(50)]
    turned = compare(
        tmp_path, HEADER + "\n".join(rows) + "\n", HEADER + "\n".join(rows[::-1]) + "\n", "--json"
    )
    same = compare(tmp_path, HEADER + "\n".join(rows) + "\n", HEADER + "\n".join(rows) + "\n", "--json")
    for done in (turned, same):
        found = document(done)["comparison"]
        assert (found["ties"], found["difference"], found["aligned_by"]) == (50, 0.0, "id")


def test_groups_are_drawn_together(tmp_path: Path) -> None:
    def grouped(text: str) -> str:
        header, *rows = text.splitlines()
        return "\n".join([f"{header},user", *(f"{row},u{row[0] in 'xy'}" for row in rows)]) + "\n"

    options = ("--group-column", "user", "--json")
    found = document(compare(tmp_path, grouped(OLD), grouped(NEW), *options))["comparison"]
    assert (found["units"], found["group_column"]) == (2, "user")
    done = compare(tmp_path, grouped(OLD), grouped(NEW).replace("uFalse", "uX"), *options[:2])
    assert (done.returncode, 'expected the group "uFalse"' in done.stderr) == (3, True)
    done = compare(tmp_path, OLD, NEW, *options[:2])
    assert (done.returncode, "--group-column: expected a column" in done.stderr) == (2, True)


def test_targets_from_elsewhere_serve_both(tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text("id,target\nx,0\ny,1\nz,0\n")
    a, b = (re.sub(r",[^,\n]+$", "", text, flags=re.MULTILINE) for text in (OLD, NEW))
    found = document(compare(tmp_path, a, b, "--json", "--targets", f"@{tmp_path}/truth.csv"))
    expected = document(compare(tmp_path, OLD, NEW, "--json"))
    assert found["comparison"]["difference"] == expected["comparison"]["difference"]


def test_one_of_both_may_come_from_standard_input(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(OLD)
    done = celoss("compare", str(tmp_path / "a.csv"), "-", "--loss", "ce", "--format", "value", data=NEW)
    assert done.stdout == compare(tmp_path, OLD, NEW, "--format", "value").stdout
    assert celoss("compare", "-", "-", "--loss", "ce", data=NEW).returncode == 2


def test_formats_of_input_can_differ(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "b.npz",
        logits=np.array([[0.5, 0.3], [1.9, 0.1], [0.8, 0.4]]),
        targets=np.array([0, 0, 1]),
        ids=np.array(["z", "x", "y"]),
    )
    expected = compare(tmp_path, OLD, NEW, "--format", "value").stdout
    files = (str(tmp_path / "a.csv"), str(tmp_path / "b.npz"))
    assert celoss("compare", *files, "--loss", "ce", "--format", "value").stdout == expected


def test_rows_of_many_elements_count_once(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    target = random.integers(0, 3, (12, 4, 2))
    target[random.random(target.shape) < 0.2] = 255
    target[3] = 255
    for name in "ab":
        np.savez(tmp_path / f"{name}.npz", logits=random.normal(0, 1, (12, 3, 4, 2)), targets=target)
    files = [str(tmp_path / "a.npz"), str(tmp_path / "b.npz")]
    options = ("--ignore-index", "255", "--weight", "1,2,3")
    found = document(celoss("compare", *files, "--loss", "ce", "--json", *options))["comparison"]
    for path, key in zip(files, ("mean_a", "mean_b"), strict=True):
        assert found[key] == float(celoss("ce", path, "--format", "value", *options).stdout)
    assert (found["rows"], found["counted"], found["units"]) == (12, 11, 11)
    assert sum(part["counted"] for part in found["classes"]) == np.count_nonzero(target != 255)
    assert {change["target"] for change in found["regressions"]} == {None}


def test_options_that_the_data_carries_must_be_the_same(tmp_path: Path) -> None:
    for name, weight in (("a", [1, 2]), ("b", [1, 3])):
        values = {"logits": [[0.9, 0.1], [0.8, 0.2]], "targets": [0, 1], "weight": weight}
        (tmp_path / f"{name}.json").write_text(json.dumps(values))
    command = ["compare", str(tmp_path / "a.json"), str(tmp_path / "b.json"), "--loss", "ce"]
    done = celoss(*command)
    assert done.returncode == 3
    assert re.search(r"b\.json: expected the weight of \S*a\.json, got another", done.stderr)
    assert celoss(*command, "--weight", "1,1").returncode == 0


def test_no_number_is_broken_on_a_narrow_terminal() -> None:
    random = np.random.default_rng(1)
    a, b = random.normal(3, 1, (2, 40))
    found = comparison(a, b)
    found = replace(found, checks=verdicts(found, 0.1, 0.2))
    narrow = "".join(FORMATS["table"].render(document_of(found), Style(width=30)))
    wide = "".join(FORMATS["table"].render(document_of(found), Style()))
    assert re.findall(r"-?[0-9]+\.[0-9]+", narrow) == re.findall(r"-?[0-9]+\.[0-9]+", wide)


def test_weights_in_the_order_of_the_rows_need_rows_in_one_order(tmp_path: Path) -> None:
    a, b = "id,x,target\np,0.2,1\nq,0.3,0\n", "id,x,target\nq,0.2,0\np,0.4,1\n"
    done = compare(tmp_path, a, b, "--weight", "1,2", loss="bce")
    assert done.returncode == 3, done.stdout
    assert re.search(r"b\.csv:3: expected the rows in the order of \S*a\.csv, as weights", done.stderr)
    assert compare(tmp_path, a, b, "--weight", "2", loss="bce").returncode == 0


# ---------------------------------------------------------------------------------------------- refusals


def without_ids(text: str) -> str:
    return re.sub(r"^[^,]*,", "", text, flags=re.MULTILINE)


REFUSALS = [
    (OLD, NEW + "x,1,2,0\n", (), 3, r'b\.csv:5: expected each id once, got "x" of \S*b\.csv:3 again'),
    (OLD + "x,1,2,0\n", NEW, (), 3, r'a\.csv:5: expected each id once, got "x" of \S*a\.csv:2 again'),
    (OLD, NEW + "w,1,2,0\nv,1,2,0\n", (), 3, r'b\.csv:5: expected ids that \S*a\.csv has too, got "w", "v"'),
    (OLD + "w,1,2,0\n", NEW, (), 3, r'a\.csv:5: expected ids that \S*b\.csv has too, got "w"'),
    (
        OLD,
        NEW.replace("y,0.8,0.4,1", "y,0.8,0.4,0"),
        (),
        3,
        r'b\.csv:4: expected the target "b" of \S*a\.csv:3, got "a"',
    ),
    (OLD, without_ids(NEW), (), 3, r"b\.csv: expected a column of ids as \S*a\.csv has one"),
    (without_ids(OLD), without_ids(NEW), ("--align", "id"), 3, r"a\.csv: expected a column of ids to align"),
    (
        without_ids(OLD),
        without_ids(OLD) + "1,2,0\n",
        (),
        3,
        r"b\.csv: expected the 3 rows of \S*a\.csv, got 4",
    ),
    (
        without_ids(OLD) + "NA,2,0\n",
        without_ids(OLD),
        ("--missing", "skip"),
        3,
        r"a\.csv: expected no skipped rows where rows are aligned by position, got 1",
    ),
    (
        OLD,
        NEW.replace("a,b", "b,a"),
        (),
        3,
        r'b\.csv: expected the classes "a", "b" of \S*a\.csv in this order, got "b", "a"',
    ),
    (OLD, re.sub(r"(\n[^,]+),", r"\1,0.5,", NEW).replace("id,", "id,c,"), (), 3, r"expected the classes"),
    (HEADER, NEW, (), 3, r"a\.csv: expected at least one counted target, got none"),
    (OLD, NEW, ("--ignore-index", "0", "--pos-weight", "2"), 2, r"Expected no --pos-weight with --loss ce"),
    (OLD, NEW, ("--confidence", "1"), 2, r"between 0 and 1"),
    (OLD, NEW, ("--resamples", "10"), 2, r"at least 100"),
    (OLD, NEW, ("--resamples", "9999999999999"), 2, r"at most 1000000, got 9999999999999"),
    (OLD, NEW, ("--format", "csv"), 2, r"expected table, value, json, markdown, junit, github"),
    (OLD, NEW, ("--format", "junit"), 2, r"Expected a check with --format junit, for example --max-increase"),
    (OLD, NEW, ("--report", "github=told"), 2, r"Expected a check with --format github"),
    (OLD, NEW, ("--weight", "-1,1"), 3, r"class weights of at least 0"),
]


@pytest.mark.parametrize(("a", "b", "arguments", "code", "said"), REFUSALS)
def test_what_does_not_fit_is_refused_with_its_place(
    tmp_path: Path, a: str, b: str, arguments: Sequence[str], code: int, said: str
) -> None:
    done = compare(tmp_path, a, b, *arguments)
    assert done.returncode == code, done.stderr
    assert re.search(said, done.stderr), done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


def test_weights_of_rows_must_be_the_same_in_both(tmp_path: Path) -> None:
    def weighted(text: str, weight: str) -> str:
        header, *rows = text.splitlines()
        return (
            "\n".join([f"{header},weight", *(f"{row},{weight if row[0] == 'y' else 1}" for row in rows)])
            + "\n"
        )

    done = compare(tmp_path, weighted(OLD, "2"), weighted(NEW, "2"), "--json")
    assert document(done)["comparison"]["denominator"] == 4.0
    done = compare(tmp_path, weighted(OLD, "2"), weighted(NEW, "3"))
    assert done.returncode == 3
    assert re.search(r"b\.csv:4: expected the weight 2 of \S*a\.csv:3, got 3", done.stderr)


def test_agreement_and_divergence_take_the_weights_of_rows(tmp_path: Path) -> None:
    """A row of weight 3 counts as three rows."""
    stats = pytest.importorskip("scipy.stats")
    rows = [
        ("x", [2.0, 1.0], [1.0, 2.0], 3),
        ("y", [0.5, 1.5], [0.1, 2.0], 1),
        ("z", [1.0, 0.0], [0.5, 0.2], 0),
    ]
    texts = [
        "id,a,b,target,weight\n"
        + "".join(f"{name},{row[k][0]},{row[k][1]},0,{row[2]}\n" for name, *row in rows)
        for k in (0, 1)
    ]
    found = document(compare(tmp_path, *texts, "--json"))["comparison"]
    assert found["agreement"] == 0.25
    by_row = [stats.entropy(np.exp(a), np.exp(b)) for _, a, b, _ in rows]
    assert found["divergence"] == pytest.approx(np.average(by_row, weights=[3, 1, 0]), rel=1e-12)


def test_rows_by_position_are_told(tmp_path: Path) -> None:
    done = compare(tmp_path, without_ids(OLD), without_ids(OLD))
    assert "rows are aligned by position" in done.stdout
    mixed = compare(tmp_path, OLD, OLD.replace("x,", "q,"), "--align", "position")
    assert (mixed.returncode, "aligned by position" in mixed.stdout) == (0, True)


# ----------------------------------------------------------------------------------- exit codes and output


@pytest.mark.parametrize(
    ("arguments", "code", "marks"),
    [
        ((), 0, []),
        (("--max-increase", "0"), 0, ["pass max-increase"]),
        (("--max-increase=-1",), 1, ["FAIL max-increase"]),
        (("--non-inferior", "10", "--max-increase", "-1"), 1, ["FAIL max-increase", "pass non-inferior"]),
        (("--non-inferior", "-10"), 1, ["FAIL non-inferior"]),
    ],
)
@pytest.mark.parametrize("format", ["table", "value", "json", "markdown"])
def test_a_failed_gate_exits_1_and_every_verdict_is_told(
    tmp_path: Path, arguments: Sequence[str], code: int, marks: list[str], format: str
) -> None:
    done = compare(tmp_path, OLD, NEW, "--format", format, *arguments)
    assert done.returncode == code
    if format == "json":
        checks = document(done)["checks"]
        told = [f"{'pass' if check['passed'] else 'FAIL'} {check['name']}" for check in checks]
    else:
        text = (done.stdout + done.stderr).replace("\\", "")
        plain = " ".join(re.sub(r"[*|:]", " ", text).split())
        told = re.findall(r"(?:pass|FAIL) (?:max-increase|non-inferior)", plain)
    assert told == marks


def test_exit_zero_and_further_formats(tmp_path: Path) -> None:
    report = tmp_path / "told.md"
    done = compare(
        tmp_path,
        OLD,
        NEW,
        "--format=value",
        "--max-increase=-1",
        "--exit-zero",
        "--report",
        f"markdown={report}",
    )
    assert (done.returncode, "FAIL max-increase" in done.stderr) == (0, True)
    assert "**FAIL**" in report.read_text()
    done = compare(tmp_path, OLD, NEW, "--report", f"csv={report}")
    assert (done.returncode, "with a format of table, value, json, markdown" in done.stderr) == (2, True)


def test_a_ci_server_is_told_each_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    junit, summary = tmp_path / "junit.xml", tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    limits = ("--max-increase=-1", "--non-inferior", "10")
    done = compare(tmp_path, OLD, NEW, *limits, "--format=github", f"--report=junit={junit}")
    assert done.returncode == 1
    first, failed, passed, annotation = done.stdout.splitlines()
    assert re.match("cross_entropy: B - A on the same [0-9]+ rows.*: B - A = .*95% interval", first)
    assert failed.startswith("FAIL compare cross_entropy max-increase: mean difference")
    assert passed.startswith("pass compare cross_entropy non-inferior: upper end of the 95% interval")
    assert annotation.startswith(
        f"::error file={tmp_path}/b.csv,title=celoss%3A compare cross_entropy max-increase::mean differ"
    )
    assert "**FAIL** | max-increase" in summary.read_text().replace("\\", "")
    (suite,) = ElementTree.fromstring(junit.read_text())  # noqa: S314 - our own output
    assert suite.attrib == {"name": "compare cross_entropy", "tests": "2", "failures": "1", "errors": "0"}
    assert [(case.get("name"), case[0].tag) for case in suite] == [
        ("max-increase", "failure"),
        ("non-inferior", "system-out"),
    ]


def test_who_waits_is_told_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("celoss_cli.studies.compare.resampling._DRAWS", 30_000)
    told: list[tuple[int, float]] = []
    a, b = paired_losses(3000)
    comparison(a, b, plan=Plan(resamples=400, watch=lambda *found: told.append(found)))
    assert told == sorted(told)
    assert len(told) > 10
    assert (400, 0.5) in told
    assert told[-1] == (800, 1.0)
    assert all(part == drawn / 800 for drawn, part in told)


def test_an_infinite_loss_fails_the_gate(tmp_path: Path) -> None:
    a, b = "c0,c1,target\n-0.1,-2.4,0\n-0.1,-2.4,0\n", "c0,c1,target\n-inf,0,0\n-0.1,-2.4,0\n"
    done = compare(tmp_path, a, b, "--json", "--max-increase", "1e300", loss="nll")
    found = document(done)
    assert (done.returncode, found["comparison"]["nonfinite"]["difference"]) == (1, "inf")
    assert found["comparison"]["interval"]["low"] is None
    assert "There is no interval: a loss is not finite." in found["comparison"]["meaning"]


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    done = compare(tmp_path, OLD, NEW, "--json", "-o", str(out), "--max-increase=-1")
    assert (done.returncode, done.stdout) == (1, "")
    SCHEMA.validate(json.loads(out.read_text()))
    assert "FAIL max-increase" in done.stderr


HOSTILE = ["\x1b[31mred", "[red]bold[/red]", "<script>", "a|b", "::error::x", "\u202eexe", "=1+1"]


@pytest.mark.parametrize("format", ["table", "markdown", "json"])
@pytest.mark.parametrize("name", HOSTILE)
def test_names_stay_text(format: str, name: str) -> None:
    found = compared(
        Pairs(np.array([1.0, 2.0]), np.array([2.0, 1.0]), np.ones(2), ids=[name, "x"], groups=[name, "y"]),
        subject(files=(name, name), group_column=name, labels=[name]),
        QUICK,
    )
    text = "".join(FORMATS[format].render(document_of(found), Style(version="9")))
    assert "\x1b" not in text
    assert "\u202e" not in text
    if format == "markdown":
        assert "<script>" not in text
        assert not re.search(r"(?<!\\)\|b", text)
    if format == "json":
        assert json.loads(text)["comparison"]["files"] == [name, name]
    if name == "[red]bold[/red]" and format == "table":
        assert name in text


def test_colour_only_where_it_is_wanted(tmp_path: Path) -> None:
    assert "\x1b" not in compare(tmp_path, OLD, NEW).stdout
    assert "\x1b" in compare(tmp_path, OLD, NEW, "--color", "always").stdout


@pytest.mark.subprocess
def test_help_does_not_import_numpy() -> None:
    code = (
        "import sys; from celoss_cli.cli.main import run; "
        "assert run(['compare', '--help']) == 0; sys.exit('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for option in ("--confidence", "--resamples", "--seed", "--max-increase", "--non-inferior", "--align"):
        assert option in done.stdout


def test_the_loss_has_to_be_named(tmp_path: Path) -> None:
    done = celoss("compare", str(EXAMPLES / "old.csv"), str(EXAMPLES / "new.csv"))
    said, *offered = done.stderr.splitlines()
    assert (done.returncode, said) == (2, "celoss: error: Expected --loss, got none.")
    assert len(offered) == 1
    assert offered[0].endswith("new.csv --loss ce  (cross entropy)")
    done = celoss("compare", str(EXAMPLES / "old.csv"), "--loss", "ce")
    said, way = done.stderr.splitlines()
    assert (done.returncode, said) == (2, "celoss: error: Expected B, got none.")
    words = shlex.split(way.split("  (")[0])[1:]
    assert (words[0], celoss(*words).returncode) == ("inspect", 0)


def test_an_argument_that_is_missing_is_told_for_every_command() -> None:
    done = celoss("merge")
    assert (done.returncode, done.stderr) == (2, "celoss: error: Expected PARTIAL..., got none.\n")


def test_the_examples_compare() -> None:
    done = celoss("compare", str(EXAMPLES / "old.csv"), str(EXAMPLES / "new.csv"), "--loss", "ce", "--json")
    found = document(done)["comparison"]
    assert found["interval"]["low"] < found["difference"] < found["interval"]["high"] < 0
    assert found["labels"] == ["cat", "dog", "bird"]


def test_rows_of_compared_tables_have_their_lines_whatever_the_blocks() -> None:
    batch = Batch(np.zeros((5, 2)), np.zeros(5, np.int64), place=Lines("a.csv", 2))
    parts = [batch.rows(0, 2), batch.rows(2, 5), replace(batch.rows(2, 5), place="row {}".format)]
    places = _Places([(len(part), _packed(part)) for part in parts])
    told = [f"a.csv:{line}" for line in range(2, 7)] + ["row 0", "row 1", "row 2"]
    assert list(map(places, range(8))) == told
    assert batch.rows(1, 5).rows(2, 4).place(1) == "a.csv:6"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        # softmax of (1, 0) is e / (e + 1): both classes differ by 1 / (e + 1) there, by e / (e + 1) at worst
        (("brier", "--input-is", "logits"), "lies between 0.1447 and 1.069, whatever the model"),
        (("ce",), "lies between 0.3133 and 1.313 nats, whatever the model"),
        (("ce", "--label-smoothing", "0.1"), "takes the softmax once more\n"),
        (("ce", "--weight", "1,2"), "takes the softmax once more\n"),
    ],
)
def test_what_is_told_of_either_side_knows_the_options(
    options: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "p.csv"
    path.write_text("a,b,target\n" + "".join(f"0.{i},0.{10 - i},{i % 2}\n" for i in range(1, 10)))
    done = celoss("compare", path, path, "--loss", *options)
    assert said in done.stderr, done.stderr


@pytest.mark.parametrize("convention", ["kaggle", "keras"])
def test_a_convention_that_divides_rows_by_their_sum_reads_them_as_the_loss_does(
    convention: str, tmp_path: Path
) -> None:
    """Rows that do not add up to 1 are probabilities of classes then, and halves of them cost the same."""
    whole, half = tmp_path / "a.csv", tmp_path / "b.csv"
    whole.write_text("p_0,p_1,target\n0.9,0.3,0\n0.2,0.9,1\n0.5,0.4,1\n")
    half.write_text("p_0,p_1,target\n0.45,0.15,0\n0.1,0.45,1\n0.25,0.2,1\n")
    options = ["--loss", "ce", "--input-is", "probs", "--convention", convention, "--format", "value"]
    done = celoss("compare", whole, half, *options)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("dtype", ["int64", "uint8", "float32"])
def test_weights_of_rows_may_be_whole_numbers(dtype: str, tmp_path: Path) -> None:
    """Of 7 weighed rows 6 are decided alike, by hand."""
    weight = np.array([1, 2, 3, 1], dtype)
    for name, p in {"a": [0.2, 0.7, 0.9, 0.4], "b": [0.3, 0.6, 0.9, 0.6]}.items():
        np.savez(tmp_path / f"{name}.npz", prob=np.array(p), target=np.array([0, 1, 1, 0]), weight=weight)
    done = celoss(
        *("compare", "a.npz", "b.npz", "--loss", "bce", "--weight-column", "weight", "--json"), cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["comparison"]["agreement"] == pytest.approx(6 / 7, rel=1e-15)


@pytest.mark.parametrize("header", ["", "id,"])
def test_files_without_a_common_id_lead_to_the_rows_as_they_stand(tmp_path: Path, header: str) -> None:
    """An index of pandas beside ids of a name: the ids of both are told, and the command works."""
    rows = [(1, 0.75, 0.5), (0, 0.5, 0.25), (1, 0.25, 0.5)]
    named = header or ","
    first = [f"{at if header == '' else f'x{at}'},{y},{p}" for at, (y, p, _) in enumerate(rows)]
    (tmp_path / "a.csv").write_text("\n".join([f"{named}y,prob", *first, ""]))
    second = [f"r{at},{y},{q}" for at, (y, _, q) in enumerate(rows)]
    (tmp_path / "b.csv").write_text("\n".join(["id,y,prob", *second, ""]))
    done = celoss("compare", "a.csv", "b.csv", "--loss", "bce", cwd=tmp_path)
    assert done.returncode == 3
    ids = "0 1 2" if header == "" else "x0 x1 x2"
    shown = ", ".join(f'"{one}"' for one in ids.split())
    assert f'a.csv has too, got none of them: "r0", "r1", "r2" beside {shown} there' in done.stderr
    assert "  celoss compare a.csv b.csv --loss bce --align position" in done.stderr
    again = celoss(
        *["compare", "a.csv", "b.csv", "--loss", "bce", "--align", "position", "--format", "value"],
        cwd=tmp_path,
    )
    loss = [-math.log(q if y else 1 - q) + math.log(p if y else 1 - p) for y, p, q in rows]
    assert math.isclose(float(again.stdout), sum(loss) / 3, rel_tol=1e-9), again.stderr


def test_files_of_other_lengths_are_not_offered_by_position(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,y,prob\nx,1,0.5\nz,0,0.25\n")
    (tmp_path / "b.csv").write_text("id,y,prob\nu,1,0.5\n")
    assert "--align position" not in celoss("compare", "a.csv", "b.csv", "--loss", "bce", cwd=tmp_path).stderr


@pytest.mark.parametrize("scale", [1e-160, 1e200, 1e307])
def test_differences_of_any_size_have_the_interval_and_the_p_value_of_ordinary_ones(scale: float) -> None:
    random = np.random.default_rng(1)
    for count in (5, 40, 9000):
        difference, weight = random.normal(0.3, 0.3, count), random.uniform(0, 4, count)
        factor = 2.0 ** math.floor(math.log2(scale))
        plain, far = (
            comparison(np.zeros(count), difference * by, weight, Plan(resamples=300)) for by in (1.0, factor)
        )
        assert far.flip_p == plain.flip_p
        assert far.percentile.low == plain.percentile.low * factor
        assert far.percentile.high == plain.percentile.high * factor


def test_no_warning_of_numpy_is_told_where_sums_of_losses_overflow(tmp_path: Path) -> None:
    for name, value in (("a", "-1e308"), ("b", "1e308")):
        (tmp_path / f"{name}.csv").write_text(f"id,a,b,target\n1,0,{value},0\n2,1,2,1\n")
    done = celoss("compare", tmp_path / "a.csv", tmp_path / "b.csv", "--loss", "ce", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    # One row has softmax (1, 0) in A and (0, 1) in B, 1e308 nats apart; the other is the same.
    assert json.loads(done.stdout)["comparison"]["divergence"] == pytest.approx(5e307)
