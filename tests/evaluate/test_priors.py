"""The factors that fit predictions to the frequencies of what came, and the sample that they are found on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from formulas import log_softmax, softmax

from celoss_cli.core.data import Batch
from celoss_cli.evaluate.fit import CAP
from celoss_cli.evaluate.orders import Guesses
from celoss_cli.evaluate.priors import Sample
from celoss_cli.evaluate.shifts import STEP
from celoss_cli.evaluate.survey import Survey, survey
from celoss_cli.losses import LOSSES


def drawn(rows: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits for even frequencies, and targets of uneven ones."""
    random = np.random.default_rng(seed)
    y = random.choice(classes, rows, p=random.dirichlet(np.full(classes, 3.0)))
    x = random.normal(size=(rows, classes))
    x[np.arange(rows), y] += 1.5
    return 1.5 * x, y


def sample(x: np.ndarray, y: np.ndarray) -> Sample:
    costs = np.rint(-log_softmax(x, axis=1).T / STEP).astype(np.int64)
    return Sample.of(np.arange(len(y)), costs, y)


@pytest.mark.parametrize(("rows", "classes"), [(300, 2), (800, 3), (2000, 12)])
def test_the_factors_are_those_of_maximum_likelihood(rows: int, classes: int) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    x, y = drawn(rows, classes, seed=classes)

    def cost(offsets: Any) -> float:
        return float(-log_softmax(x + offsets, axis=1)[np.arange(rows), y].sum())

    best = optimize.minimize(cost, np.zeros(classes), method="BFGS")
    found = sample(x, y).reweighed(CAP, 0.0)
    assert found is not None
    assert found.nats == pytest.approx(cost(np.zeros(classes)), rel=1e-6)
    assert found.reweighed_nats == pytest.approx(best.fun, rel=1e-6)
    factors = np.exp(best.x) / np.exp(best.x).sum()
    assert np.exp(found.ratios) / np.exp(found.ratios).sum() == pytest.approx(factors, rel=2e-3)
    assert found.expected == pytest.approx(softmax(x, axis=1).mean(axis=0), rel=1e-5)
    assert found.frequencies == pytest.approx(np.bincount(y) / rows)


def test_factors_undo_the_frequencies_of_the_training_data() -> None:
    """Saerens et al. 2002: p(c) times new frequency over old one; exact posteriors of two normal groups."""
    random = np.random.default_rng(4)
    y = (random.random(200_000) < 0.05).astype(int)
    z = 1.5 * (random.normal(size=len(y)) + 1.5 * y) - 1.125 + math.log(0.3 / 0.7)
    found = sample(np.stack([0 * z, z], axis=1), y).reweighed(CAP, 0.0)
    assert found is not None
    assert found.trained[1] == pytest.approx(0.3, abs=0.01)


def test_the_best_temperature_is_that_of_maximum_likelihood() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    x, y = drawn(900, 4, seed=3)
    x *= 3

    def cost(log_t: float) -> float:
        return float(-log_softmax(x / np.exp(log_t), axis=1)[np.arange(900), y].sum())

    found = sample(x, y).reweighed(CAP, 0.0)
    assert found is not None
    assert found.heated_nats == pytest.approx(optimize.minimize_scalar(cost).fun, rel=1e-7)


def test_what_never_comes_is_left_out() -> None:
    x, y = drawn(400, 5, seed=1)
    kept = (y != 1) & (y != 4)
    found = sample(x[kept], y[kept]).reweighed(CAP, -math.inf)
    again = sample(x[kept][:, [0, 2, 3]], np.searchsorted([0, 2, 3], y[kept])).reweighed(CAP, -math.inf)
    assert found is not None
    assert again is not None
    assert found.outcomes == (0, 2, 3)
    assert found.nats == pytest.approx(again.nats, rel=1e-6)
    assert found.trained == pytest.approx(again.trained, rel=1e-3)


@pytest.mark.parametrize("y", [np.zeros(30, int), np.zeros(0, int)])
def test_of_a_single_outcome_there_is_nothing_to_choose(y: np.ndarray) -> None:
    assert sample(np.zeros((len(y), 3)), y).reweighed(CAP, -math.inf) is None


def test_certain_predictions_have_factors_too() -> None:
    random = np.random.default_rng(2)
    y = random.integers(0, 3, 200)
    x = 400.0 * np.eye(3)[np.where(random.random(200) < 0.1, (y + 1) % 3, y)]
    found = sample(x, y).reweighed(CAP, -math.inf)
    assert found is not None
    assert all(map(math.isfinite, found.ratios))
    assert found.reweighed_nats <= found.nats


@pytest.mark.parametrize("cut", [1, 7, 4096, 30_000])
def test_a_sample_is_the_same_however_the_rows_are_cut(cut: int) -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(size=(40_000, 20)).astype(np.float32), random.integers(0, 20, 40_000)
    if cut < 100:
        x, y = x[: 60 * cut], y[: 60 * cut]
    loss = LOSSES["ce"].loss()
    batch = loss.canonical(Batch(x, y))
    whole = survey(loss, batch).fit
    parts = sum((survey(loss, part) for part in batch.split(-(-len(y) // cut))), Survey()).fit
    assert whole is not None
    assert parts is not None
    assert whole.sample is not None
    assert parts.sample is not None
    assert whole.sample.level == parts.sample.level
    for name in ("hashes", "costs", "outcomes"):
        assert np.array_equal(getattr(whole.sample, name), getattr(parts.sample, name))
    assert whole.sample.costs.size <= 1 << 18


@pytest.mark.parametrize("cut", [1, 40])
def test_the_largest_of_many_classes_are_counted_the_same_however_the_rows_are_cut(cut: int) -> None:
    random = np.random.default_rng(0)
    y = random.integers(0, 3, 120)
    x = random.normal(size=(120, 600)) + 5 * np.eye(600)[y]
    loss = LOSSES["ce"].loss()
    batch = loss.canonical(Batch(x, y))
    whole = survey(loss, batch).fit
    parts = sum((survey(loss, part) for part in batch.split(-(-120 // cut))), Survey()).fit
    assert whole is not None
    assert parts is not None
    assert whole.of_many is not None
    assert parts.of_many is not None
    assert np.array_equal(whole.of_many.pairs, parts.of_many.pairs)
    assert np.array_equal(whole.of_many.counts, parts.of_many.counts)
    pairs, times = np.unique(np.stack([y, x.argmax(axis=1)]), axis=1, return_counts=True)
    found: dict[tuple[int, int], int] = {}
    for pair, count in zip(whole.of_many.pairs.tolist(), whole.of_many.counts.tolist(), strict=True):
        found[divmod(pair // 2, 600)] = found.get(divmod(pair // 2, 600), 0) + count
    assert found == {
        (int(target), int(guess)): int(count) for target, guess, count in zip(*pairs, times, strict=True)
    }
    assert whole.of_many.tried == 3


def test_more_pairs_than_are_kept_are_none_however_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("celoss_cli.evaluate.orders._MOST_PAIRS", 50)
    places, y = np.arange(100), np.arange(100)
    whole = Guesses.of(600, places, y, y)
    half = Guesses.of(600, places[:40], y[:40], y[:40])
    assert whole.full
    assert (half + Guesses.of(600, places[40:], y[40:], y[40:])).full
    assert not half.full
    assert (whole + half).full
    assert whole.tried == 0
    assert whole.order().other == 0


def test_a_sample_is_spread_over_all_rows_and_in_no_step_with_them() -> None:
    found = sample(np.zeros((200_000, 8)), np.arange(200_000) // 8 % 8)
    kept = len(found.outcomes)
    assert 1 << 14 < kept <= 1 << 15
    counts = np.bincount(found.outcomes, minlength=8)
    assert np.abs(counts - kept / 8).max() < 4 * math.sqrt(kept / 8)
