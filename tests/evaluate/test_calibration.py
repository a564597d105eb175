"""Reliability and histograms against plain NumPy, whatever the cutting."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from profiles import examples

from celoss_cli.core.data import Array, Batch
from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.evaluate.calibration import Calibration, reliability
from celoss_cli.evaluate.collect import Collected
from celoss_cli.evaluate.loop import Request, evaluate
from celoss_cli.evaluate.summaries import Histogram, Reliability
from celoss_cli.evaluate.wanted import Wanted
from celoss_cli.losses.binary_cross_entropy import BinaryCrossEntropy
from celoss_cli.losses.binary_cross_entropy_with_logits import BinaryCrossEntropyWithLogits
from celoss_cli.losses.cross_entropy import CrossEntropy
from celoss_cli.losses.kl_div import KullbackLeibler
from celoss_cli.losses.nll_loss import NegativeLogLikelihood
from celoss_cli.losses.soft_margin_loss import SoftMargin

SEEDS = st.integers(0, 10_000)
CUTS = st.lists(st.integers(0, 60), max_size=4)
BINS = st.integers(1, 30)


def collected(loss: Any, batch: Batch, wanted: Wanted, cuts: list[int] = [], jobs: int = 1) -> Collected:  # noqa: B006
    edges = [0, *sorted(cuts), len(batch)]
    parts = [batch.rows(start, stop) for start, stop in pairwise(edges) if stop > start]
    return evaluate(loss, parts, Request(wanted=wanted, jobs=jobs)).collected


def reliable(loss: Any, input: Any, target: Any, bins: int = 15, cuts: list[int] = []) -> Reliability:  # noqa: B006
    batch = Batch(np.asarray(input, float), np.asarray(target))
    found = collected(loss, batch, Wanted(reliability=bins), cuts)
    return reliability(found.calibration, positive=not loss.per_class)


def ece(confidence: Array, correct: Array, bins: int) -> float:
    """Written out from Guo et al. 2017, equation 3: sum over m of |B_m| / n |acc(B_m) - conf(B_m)|."""
    error, n = 0.0, len(confidence)
    for m in range(1, bins + 1):
        inside = (confidence > (m - 1) / bins) & (confidence <= m / bins)
        if m == 1:
            inside |= confidence == 0
        if inside.any():
            error += inside.sum() / n * abs(correct[inside].mean() - confidence[inside].mean())
    return error


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@examples(60)
@given(seed=SEEDS, bins=BINS, cuts=CUTS)
def test_the_error_of_classes_is_that_of_the_paper(seed: int, bins: int, cuts: list[int]) -> None:
    random = np.random.default_rng(seed)
    x, y = random.normal(0, 2, (60, 4)), random.integers(0, 4, 60)
    p = softmax(x)
    expected = ece(p.max(axis=1), (p.argmax(axis=1) == y).astype(float), bins)
    assert reliable(CrossEntropy(), x, y, bins, cuts).ece == pytest.approx(expected, abs=1e-14)
    assert reliable(NegativeLogLikelihood(), np.log(p), y, bins).ece == pytest.approx(expected, abs=1e-14)


@examples(60)
@given(seed=SEEDS, bins=BINS, cuts=CUTS)
def test_the_error_of_binary_answers_is_that_of_the_positive_one(
    seed: int, bins: int, cuts: list[int]
) -> None:
    random = np.random.default_rng(seed)
    p, t = random.random(60), random.integers(0, 2, 60)
    z = np.log(p / (1 - p))
    expected = ece(p, t.astype(float), bins)
    assert reliable(BinaryCrossEntropy(), p, t, bins, cuts).ece == pytest.approx(expected, abs=1e-14)
    assert reliable(BinaryCrossEntropyWithLogits(), z, t, bins).ece == pytest.approx(expected, abs=1e-12)
    assert reliable(SoftMargin(), z, 2 * t - 1, bins).ece == pytest.approx(expected, abs=1e-12)


@examples(40)
@given(seed=SEEDS, cuts=CUTS, jobs=st.sampled_from([1, 3]), ignore=st.sampled_from([-100, 2]))
def test_any_cutting_gives_the_same_bits(seed: int, cuts: list[int], jobs: int, ignore: int) -> None:
    random = np.random.default_rng(seed)
    batch = Batch(random.normal(0, 3, (60, 5)), random.integers(0, 5, 60))
    loss, wanted = CrossEntropy(ignore_index=ignore), Wanted(reliability=15, quantiles=True)
    whole = collected(loss, batch, wanted)
    parts = collected(loss, batch, wanted, cuts, jobs)
    assert parts.calibration == whole.calibration
    assert parts.histogram(60, 20) == whole.histogram(60, 20)


@examples(40)
@given(seed=SEEDS, at=st.integers(0, 60))
def test_merged_parts_are_the_whole_and_nothing_is_zero(seed: int, at: int) -> None:
    random = np.random.default_rng(seed)
    p, t = random.random(60), random.integers(0, 2, 60).astype(float)
    first, second = Calibration.of(p[:at], t[:at], 15), Calibration.of(p[at:], t[at:], 15)
    whole = Calibration.of(p, t, 15)
    assert first + second == second + first == whole
    assert whole + Calibration() == Calibration() + whole == whole


def test_a_bin_takes_its_upper_end_and_the_first_one_zero() -> None:
    found = reliable(BinaryCrossEntropy(), [0, 0.2, 0.2000001, 1], [0, 1, 0, 1], 5)
    assert [bin.count for bin in found.bins] == [2, 1, 0, 0, 1]
    assert [(bin.low, bin.high) for bin in found.bins][:2] == [(0, 0.2), (0.2, 0.4)]
    first, second, third, *_ = found.bins
    assert (first.confidence, first.accuracy, first.gap) == (0.1, 0.5, 0.4)
    assert (second.confidence, second.accuracy) == (0.2000001, 0)
    assert math.isnan(third.confidence)
    assert math.isnan(third.gap)
    assert found.ece == pytest.approx((0.8 + 0.2000001) / 4, abs=1e-16)
    assert found.count == 4


def test_of_equal_classes_the_first_is_the_answer_and_ignored_rows_are_none() -> None:
    found = reliable(CrossEntropy(), [[1, 1], [1, 1], [np.nan, 0]], [0, 1, -100], 2)
    assert (found.bins[0].count, found.bins[0].accuracy) == (2, 0.5)
    assert (found.ece, found.count, found.left_out) == (0, 2, 0)
    assert found.confidence_is == "confidence of the most probable class"


def test_targets_that_are_distributions_come_true_in_part() -> None:
    found = reliable(CrossEntropy(), np.log([[0.8, 0.2], [0.4, 0.6]]), [[0.7, 0.3], [0.5, 0.5]], 1)
    assert found.bins[0].accuracy == pytest.approx(0.6)
    assert found.ece == pytest.approx(0.1)


def test_positions_of_images_are_predictions_of_their_own() -> None:
    random = np.random.default_rng(3)
    x, y = random.normal(0, 2, (6, 3, 2, 4)), random.integers(0, 3, (6, 2, 4))
    flat = np.moveaxis(x, 1, -1).reshape(-1, 3)
    assert repr(reliable(CrossEntropy(), x, y)) == repr(reliable(CrossEntropy(), flat, y.reshape(-1)))


def test_what_has_no_probability_is_left_out_or_refused() -> None:
    found = reliable(BinaryCrossEntropyWithLogits(), [np.nan, 1], [1, 1])
    assert (found.count, found.left_out) == (1, 1)
    assert math.isnan(reliable(BinaryCrossEntropyWithLogits(), [np.nan], [1]).ece)
    with pytest.raises(InputError, match=r"row 1: Expected log-probabilities, .* got a sum of 403.429\. \("):
        reliable(NegativeLogLikelihood(), [[0, -np.inf], [6, -np.inf]], [0, 0])
    with pytest.raises(InputError, match=r"Expected a label \+1 or -1, got 0"):
        reliable(SoftMargin(), [1.0], [0])
    with pytest.raises(
        UsageError, match=r"yes and no, for a calibration error \(--max-ece, .*got distributions"
    ):
        reliable(KullbackLeibler(), [[-0.7, -0.7]], [[0.5, 0.5]])


# ------------------------------------------------------------------------------------------ histograms


def histogram(losses: Any, most: int = 20) -> Histogram:
    """Of given losses: those of log-probabilities are their opposites."""
    values = np.asarray(losses, float)
    found = collected(
        NegativeLogLikelihood(), Batch(-values[:, None], np.zeros(len(values), int)), Wanted(quantiles=True)
    )
    return found.histogram(len(values), most)


@examples(200)
@given(
    losses=st.lists(st.floats(-1e3, 1e3, allow_subnormal=False), min_size=1, max_size=80),
    most=st.integers(4, 40),
)
def test_a_histogram_counts_exactly(losses: list[float], most: int) -> None:
    found = histogram(losses, most)
    values = np.array(losses)
    for part in found.intervals:
        assert part.count == ((values >= part.low) & (values < part.high)).sum()
    assert found.above == (values >= found.intervals[-1].high).sum()
    assert sum(part.count for part in found.intervals) + found.above == len(losses)
    assert 1 <= len(found.intervals) <= most
    widths = {part.high - part.low for part in found.intervals}
    assert len(widths) == 1
    assert math.frexp(widths.pop())[0] == 0.5


def test_a_histogram_of_usual_losses_begins_at_zero_and_cuts_a_long_tail() -> None:
    usual = np.linspace(0.1, 3.9, 200)
    assert [found := histogram(usual, 16), len(found.intervals)][1] == 16
    assert (found.intervals[0].low, found.intervals[-1].high, found.above) == (0, 4, 0)
    tail = histogram([*usual, 100.0], 16)
    assert (tail.intervals[-1].high, tail.above) == (4, 1)


def test_what_is_not_finite_is_counted_beside() -> None:
    found = histogram([0.5, np.inf, np.nan, 0.25, np.inf])
    assert (sum(part.count for part in found.intervals), found.infinite, found.nan) == (2, 2, 1)
    assert histogram([np.inf, np.nan]) == Histogram((), infinite=1, nan=1)
    assert Collected().histogram(0, 20) == Histogram(())


@pytest.mark.parametrize("value", [0.0, 1e-300, 5e-324, 1e300, 1.7e308, -1.7e308, 100.3])
def test_a_histogram_of_one_value_is_one_count(value: float) -> None:
    found = histogram([value] * 3)
    assert [part.count for part in found.intervals if part.count] == [3]
