"""What is collected beside the totals, against plain NumPy, whatever the cutting."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from celoss_cli.collect import QUANTILE_BOUND, Collected, Wanted
from celoss_cli.data import Array, Batch, Tally
from celoss_cli.errors import UsageError
from celoss_cli.evaluate import Evaluation, Request, evaluate
from celoss_cli.losses.sigmoid import BinaryCrossEntropyWithLogits
from celoss_cli.losses.softmax import CrossEntropy, NegativeLogLikelihood

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


@settings(max_examples=40, deadline=None)
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


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, cuts=CUTS)
def test_groups_are_the_values_of_a_column(seed: int, cuts: list[int]) -> None:
    x, y = data(seed)
    names = [f"g{i % 3}" for i in range(len(y))]
    found = collected(Batch(x, y, groups=names), cuts, Wanted(by="column"))
    for group in found.collected.breakdown(found.tally, None):
        members = np.array(names) == group.name
        assert group.loss == pytest.approx(row_losses(x, y)[members].mean(), rel=1e-12)
    assert len(found.collected.groups) == 3


@settings(max_examples=40, deadline=None)
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


@settings(max_examples=60, deadline=None)
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
    exact = np.quantile(losses, fractions, method="inverted_cdf")
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


def test_quantiles_of_nothing_are_none() -> None:
    assert Collected().quantiles([0.5]) == []


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
