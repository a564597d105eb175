"""What is collected beside the totals, against plain NumPy, whatever the cutting."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from profiles import examples

from celoss_cli.core.data import Array, Batch, Tally
from celoss_cli.core.errors import LimitError, UsageError
from celoss_cli.evaluate import largest
from celoss_cli.evaluate.collect import QUANTILE_BOUND, Collected
from celoss_cli.evaluate.loop import Evaluation, Request, evaluate
from celoss_cli.evaluate.wanted import Wanted
from celoss_cli.losses.binary_cross_entropy_with_logits import BinaryCrossEntropyWithLogits
from celoss_cli.losses.cross_entropy import CrossEntropy
from celoss_cli.losses.nll_loss import NegativeLogLikelihood

SEEDS = st.integers(0, 10_000)
CUTS = st.lists(st.integers(0, 40), max_size=4)


def data(seed: int, rows: int = 40, classes: int = 4, ties: bool = True) -> tuple[Array, Array]:
    random = np.random.default_rng(seed)
    x = random.normal(0, 3, (rows, classes))
    return (x.round(0) if ties else x), random.integers(0, classes, rows)


def cut(batch: Batch, cuts: list[int]) -> list[Batch]:
    edges = [0, *sorted(cuts), len(batch)]
    return [batch.rows(start, stop) for start, stop in pairwise(edges) if stop > start]


def collected(batch: Batch, cuts: list[int], wanted: Wanted, loss: Any = None, jobs: int = 1) -> Evaluation:
    return evaluate(loss or CrossEntropy(), cut(batch, cuts), Request(wanted=wanted, jobs=jobs))


def row_losses(x: Array, y: Array) -> Array:
    return np.log(np.exp(x - x.max(axis=1, keepdims=True)).sum(axis=1)) - (
        x[np.arange(len(y)), y] - x.max(axis=1)
    )


@examples(40)
@given(seed=SEEDS, cuts=CUTS, ignore=st.sampled_from([-100, 1]), jobs=st.sampled_from([1, 3]))
def test_classes_add_up_to_the_whole(seed: int, cuts: list[int], ignore: int, jobs: int) -> None:
    x, y = data(seed)
    weight = np.array([1.0, 2, 0.5, 3])
    loss = CrossEntropy(weight=weight, ignore_index=ignore)
    found = collected(Batch(x, y, labels=list("abcd")), cuts, Wanted(by="class"), loss, jobs)
    groups = found.collected.breakdown(found.tally, found.labels)
    assert [group.name for group in groups] == ["abcd"[c] for c in sorted({*y.tolist()} - {ignore})]
    assert sum((group.tally.loss for group in groups), Tally().loss) == found.tally.loss
    assert sum((group.tally.weight for group in groups), Tally().weight) == found.tally.weight
    assert sum(group.share for group in groups) == pytest.approx(1)
    for group in groups:
        members = y == "abcd".index(group.name)
        assert group.tally.counted == members.sum()
        assert group.loss == pytest.approx(row_losses(x, y)[members].mean(), rel=1e-12)


@examples(30)
@given(seed=SEEDS, cuts=CUTS)
def test_groups_are_the_values_of_a_column(seed: int, cuts: list[int]) -> None:
    x, y = data(seed)
    names = [f"g{i % 3}" for i in range(len(y))]
    found = collected(Batch(x, y, groups=names), cuts, Wanted(by="column"))
    for group in found.collected.breakdown(found.tally, None):
        members = np.array(names) == group.name
        assert group.loss == pytest.approx(row_losses(x, y)[members].mean(), rel=1e-12)
    assert len(found.collected.groups.tallies()) == 3


@examples(40)
@given(seed=SEEDS, cuts=CUTS, count=st.integers(1, 50), ignore=st.sampled_from([-100, 2]))
def test_the_worst_are_the_largest_losses_and_of_equal_ones_the_first(
    seed: int, cuts: list[int], count: int, ignore: int
) -> None:
    x, y = data(seed)
    loss = CrossEntropy(ignore_index=ignore)
    found = collected(Batch(x, y), cuts, Wanted(worst=count), loss)
    losses = loss.terms(loss.canonical(Batch(x, y))).loss
    counted = [row for row in range(len(y)) if y[row] != ignore]
    expected = sorted(counted, key=lambda row: (-losses[row], row))[:count]
    assert [workings.row.row for workings in found.worst] == expected
    assert [workings.row.loss for workings in found.worst] == [losses[row] for row in expected]
    for workings in found.worst:
        assert workings.probability == pytest.approx(np.exp(-workings.row.loss), rel=1e-9)


def test_nan_is_worse_than_infinity_and_that_than_any_number() -> None:
    x = np.array([[0.0, 1], [np.nan, 0], [-np.inf, 0], [3, 0], [0, np.nan]])
    found = collected(Batch(x, np.zeros(5, int)), [], Wanted(worst=4))
    assert [workings.row.row for workings in found.worst] == [1, 4, 2, 0]


def test_the_worst_elements_of_images_have_their_index() -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(0, 3, (3, 2, 4, 5)), random.integers(0, 2, (3, 4, 5))
    found = collected(Batch(x, y), [1], Wanted(worst=3))
    losses = CrossEntropy().terms(CrossEntropy().canonical(Batch(x, y))).loss.reshape(3, 4, 5)
    for workings, flat in zip(found.worst, np.argsort(-losses, axis=None)[:3], strict=True):
        place = np.unravel_index(flat, losses.shape)
        assert (workings.row.row, *workings.row.index) == tuple(map(int, place))


def rank(fraction: float, total: int) -> int:
    """Which of the sorted losses a fraction, taken as the decimal number it is written as, reaches."""
    return next(k for k in range(1, total + 1) if k >= Decimal(repr(fraction)) * total)


@examples(60)
@given(
    seed=SEEDS,
    cuts=CUTS,
    fractions=st.lists(st.floats(0, 1), min_size=1, max_size=4),
    negative=st.booleans(),
)
def test_quantiles_are_within_their_bound(
    seed: int, cuts: list[int], fractions: list[float], negative: bool
) -> None:
    x, y = data(seed, ties=False)
    loss: Any = NegativeLogLikelihood() if negative else CrossEntropy()
    found = collected(Batch(x, y), cuts, Wanted(quantiles=True), loss)
    losses = loss.terms(loss.canonical(Batch(x, y))).loss
    exact = [np.sort(losses)[rank(fraction, len(losses)) - 1] for fraction in fractions]
    quantiles = found.collected.quantiles(fractions)
    for quantile, value in zip(quantiles, exact, strict=True):
        assert abs(quantile.value - value) <= QUANTILE_BOUND * abs(value) * 1.01
        assert quantile.bound == QUANTILE_BOUND


def test_quantiles_keep_zero_and_infinity() -> None:
    x = np.array([[0.0], [0], [0], [np.inf], [np.inf]])
    t = np.array([[0.5], [0.5], [0.5], [1], [0]])
    found = collected(Batch(x, t), [], Wanted(quantiles=True), BinaryCrossEntropyWithLogits())
    values = [quantile.value for quantile in found.collected.quantiles([0, 0.5, 1])]
    assert values[0] == 0
    assert values[1] == pytest.approx(np.log(2), rel=QUANTILE_BOUND)
    assert values[2] == np.inf


def of_losses(losses: Any, cuts: Sequence[int] = (), **wanted: Any) -> Evaluation:
    """What is collected of these losses, which nll takes as they are."""
    x = -np.asarray(losses, np.float64)[:, np.newaxis]
    return collected(Batch(x, np.zeros(len(x), int)), list(cuts), Wanted(**wanted), NegativeLogLikelihood())


@pytest.mark.parametrize("fraction", [0.07, 0.14, 0.28, 0.55, 0.56, 0.57, 1.0, 1e-05])
def test_a_fraction_is_the_decimal_number_that_is_written(fraction: float) -> None:
    found = of_losses(np.arange(1.0, 101), quantiles=True)
    (quantile,) = found.collected.quantiles([fraction])
    assert quantile.value == pytest.approx(max(1, round(100 * fraction)), rel=QUANTILE_BOUND)


def test_quantiles_of_nothing_are_nan() -> None:
    assert [math.isnan(quantile.value) for quantile in Collected().quantiles([0.5, 1])] == [True, True]


def test_quantiles_leave_out_nan_and_count_it() -> None:
    found = of_losses([np.nan, 3, np.nan, 1], quantiles=True)
    assert found.collected.unordered(found.tally.counted) == 2
    (quantile,) = found.collected.quantiles([0.5])
    assert quantile.value == pytest.approx(1, rel=QUANTILE_BOUND)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("size", [1.7976931348623157e308, 1.7e308, 2.0**-1022, 1.9e-307])
def test_the_bound_of_a_quantile_holds_for_the_largest_and_the_least_normal_numbers(
    size: float, sign: int
) -> None:
    (quantile,) = of_losses([sign * size], quantiles=True).collected.quantiles([0.5])
    assert quantile.value == pytest.approx(sign * size, rel=QUANTILE_BOUND, abs=0)


def test_quantiles_tell_infinity_from_the_largest_numbers() -> None:
    most = sys.float_info.max
    found = of_losses([np.inf, -np.inf, most, -most], quantiles=True).collected
    values = [quantile.value for quantile in found.quantiles([0.25, 0.5, 0.75, 1])]
    finite = [pytest.approx(sign * most, rel=QUANTILE_BOUND) for sign in (-1, 1)]
    assert values == [-np.inf, *finite, np.inf]


def test_a_histogram_of_the_largest_numbers_counts_them() -> None:
    found = of_losses([-sys.float_info.max, 0, sys.float_info.max], quantiles=True)
    histogram = found.collected.histogram(3, 8)
    assert sum(interval.count for interval in histogram.intervals) + histogram.above == 3


@given(
    losses=st.lists(st.sampled_from([np.nan, np.inf, -np.inf, -1.0, 0.0, 2.0]), min_size=1, max_size=12),
    cuts=st.lists(st.integers(0, 12), max_size=4),
    count=st.integers(1, 6),
)
@example(losses=[-np.inf, -np.inf, 1.0, 2.0], cuts=[], count=3)
def test_the_worst_of_any_losses_are_those_of_a_plain_sort(
    losses: list[float], cuts: list[int], count: int
) -> None:
    found = of_losses(losses, [cut for cut in cuts if cut < len(losses)], worst=count)
    order = sorted(
        range(len(losses)), key=lambda i: (0, 0.0, i) if np.isnan(losses[i]) else (1, -losses[i], i)
    )
    assert [workings.row.row for workings in found.worst] == order[:count]


def test_many_of_the_worst_are_sorted_out_block_by_block() -> None:
    losses = np.random.default_rng(0).permutation(5000).astype(float)
    found = of_losses(losses, range(7, 5000, 7), worst=2500)
    assert [workings.row.loss for workings in found.worst] == sorted(losses, reverse=True)[:2500]
    assert all(workings.steps[-1].value == workings.row.loss for workings in found.worst)


@pytest.mark.parametrize("name", ["_MOST", "_MOST_BYTES"])
@pytest.mark.parametrize("cuts", [[], [1, 2, 3]])
def test_more_of_the_worst_than_can_be_kept_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, cuts: list[int]
) -> None:
    monkeypatch.setattr(largest, name, 3 if name == "_MOST" else 24)
    assert len(of_losses([1, 2, 3, 4, 5], cuts, worst=3).worst) == 3
    with pytest.raises(LimitError, match="at most 3 of the largest losses"):
        of_losses([1, 2, 3, 4, 5], cuts, worst=4)


def test_a_breakdown_by_class_needs_classes() -> None:
    with pytest.raises(UsageError, match="--by class"):
        collected(Batch(np.ones((2, 3)), np.full((2, 3), 1 / 3)), [], Wanted(by="class"))
    with pytest.raises(UsageError, match="--by class"):
        collected(
            Batch(np.ones(2), np.array([0.5, 1])), [], Wanted(by="class"), BinaryCrossEntropyWithLogits()
        )


def test_a_quantile_of_the_largest_numbers_does_not_overflow() -> None:
    found = collected(
        Batch(np.full((3, 1), -1.7e308), np.zeros(3, int)),
        [],
        Wanted(quantiles=True),
        NegativeLogLikelihood(),
    )
    (quantile,) = found.collected.quantiles([0.5])
    assert quantile.value == pytest.approx(1.7e308, rel=QUANTILE_BOUND)
