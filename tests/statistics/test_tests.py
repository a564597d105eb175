"""Tests of a mean and of several: Student's tail, the p that belongs to the interval, Holm, and power."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import Oracle

from celoss_cli.statistics.holm import holm
from celoss_cli.statistics.interval import estimate, p_value, student_tail
from celoss_cli.statistics.spread import Spread, spread_of, spread_of_all

stats = Oracle("scipy.stats")


@pytest.mark.parametrize("freedom", [1, 2, 3, 7, 30, 1000, 10**6])
@pytest.mark.parametrize("t", [0.0, 1e-9, 0.1, 1.0, 2.0, 5.0, 20.0, 1e5])
def test_the_tail_of_student(t: float, freedom: int) -> None:
    assert student_tail(t, freedom) == pytest.approx(stats.t.sf(t, freedom), rel=3e-9, abs=1e-300)
    assert student_tail(math.inf, freedom) == 0


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_p_and_interval_say_the_same(confidence: float) -> None:
    random = np.random.default_rng(1)
    seen = set()
    for _ in range(300):
        spread = spread_of_all(random.gamma(2, 1, 40) - random.uniform(0.5, 3.5), np.ones(40))
        bounds = estimate(spread, confidence).bounds
        told = bounds.low > 0 or bounds.high < 0
        assert told == (p_value(spread, confidence) < 1 - confidence)
        seen.add(told)
    assert seen == {True, False}


def test_without_skewness_p_is_that_of_the_t_test() -> None:
    d = np.random.default_rng(2).normal(0.02, 1, 20_000)
    d = np.concatenate([d, 0.04 - d])  # symmetric
    expected = stats.ttest_1samp(d, 0).pvalue
    assert p_value(spread_of_all(d, np.ones(len(d))), 0.95) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("sign", [1, pytest.param(-1, marks=pytest.mark.slow)])
def test_p_of_skewed_values_without_a_difference_is_seldom_small(sign: int) -> None:
    random, trials = np.random.default_rng(3), 1500
    small = 0
    for _ in range(trials):
        d = sign * (random.exponential(1, 60) - 1)
        small += p_value(spread_of_all(d, np.ones(60)), 0.95) <= 0.05
    assert small / trials <= 0.06


def test_p_of_equal_values_and_of_none() -> None:
    assert p_value(spread_of_all(np.zeros(5), np.ones(5)), 0.95) == 1
    assert p_value(spread_of_all(np.full(5, 0.5), np.ones(5)), 0.95) == 0
    assert math.isnan(p_value(spread_of_all(np.ones(1), np.ones(1)), 0.95))
    assert math.isnan(p_value(spread_of_all(np.array([1.0, math.inf]), np.ones(2)), 0.95))


def rejected(p: list[float], level: float) -> list[bool]:
    """Holm's procedure as he wrote it: p(k) against level / (m - k + 1), to the first that fails."""
    out = [False] * len(p)
    for before, at in enumerate(sorted(range(len(p)), key=lambda at: p[at])):
        if p[at] * (len(p) - before) > level:
            break
        out[at] = True
    return out


@given(st.lists(st.floats(0, 1), max_size=12), st.floats(0.001, 0.999))
def test_holm(p: list[float], level: float) -> None:
    assert [value <= level for value in holm(p)] == rejected(p, level)


@pytest.mark.parametrize("classes", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_one_of_several_without_a_difference_is_told_in_about_5_of_100_times(classes: int) -> None:
    random, alarms, trials = np.random.default_rng(6), 0, 400
    for _ in range(trials):
        d = random.gamma(2, 1, (classes, 50)) - 2
        alarms += min(holm([p_value(spread_of_all(one, np.ones(50)), 0.95) for one in d])) <= 0.05
    assert alarms / trials <= 0.06


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["normal", "exponential", "mostly equal"])
def test_the_detectable_mean_is_seen_in_about_80_of_100_samples(kind: str) -> None:
    """As many units with that mean, towards the tail or away from it; never much less often."""
    random, rows, trials = np.random.default_rng(4), 200, 1500

    def draw() -> np.ndarray:
        if kind == "normal":
            return random.normal(0, 1, rows)
        if kind == "exponential":
            return random.exponential(1, rows) - 1
        return random.normal(0, 1, rows) * (random.random(rows) < 0.3)

    size = np.mean([estimate(spread_of_all(draw(), np.ones(rows)), 0.95).detectable for _ in range(50)])
    for sign in (1, -1):
        seen = 0
        for _ in range(trials):
            bounds = estimate(spread_of_all(draw() + sign * size, np.ones(rows)), 0.95).bounds
            seen += bounds.low > 0 if sign > 0 else bounds.high < 0
        least, most = (0.76, 0.84) if kind != "exponential" else (0.76, 0.98)
        assert least <= seen / trials <= most, (sign, seen / trials)


def test_no_cutting_changes_a_bit() -> None:
    random = np.random.default_rng(5)
    v, w = random.lognormal(0, 2, 5000), random.uniform(0, 3, 5000)
    whole = spread_of_all(v, w)
    order = random.permutation(5000)
    for cuts in ([], [1], [4999], list(range(0, 5000, 7)), [17, 17, 2000]):
        parts = list(zip(np.split(v[order], cuts), np.split(w[order], cuts), strict=True))
        assert spread_of(lambda parts=parts: parts) == whole
    turned = spread_of_all(-v, w)
    assert turned == Spread(5000, -whole.mean, whole.standard_error, -whole.skewness, whole.skewness_error)


@pytest.mark.slow
@pytest.mark.parametrize("rows", [30, 100])
@pytest.mark.parametrize("kind", ["exponential", "lognormal, sigma 1", "mostly equal"])
def test_a_mean_away_from_the_tail_is_seen_less_often_as_is_said(kind: str, rows: int) -> None:
    random, trials = np.random.default_rng([5, rows]), 800

    def draw() -> np.ndarray:
        if kind == "exponential":
            return random.exponential(1, rows) - 1
        if kind == "mostly equal":
            return random.exponential(1, rows) * (random.random(rows) < 0.2) - 0.2
        return random.lognormal(0, 1, rows) - math.exp(0.5)

    size = np.median([estimate(spread_of_all(draw(), np.ones(rows)), 0.95).detectable for _ in range(200)])
    found = [
        estimate(spread_of_all(draw() - size, np.ones(rows)), 0.95).bounds.high < 0 for _ in range(trials)
    ]
    assert 0.5 <= sum(found) / trials <= 0.8
