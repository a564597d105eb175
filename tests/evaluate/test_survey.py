"""The survey: the same for any cutting, and its numbers are what they say."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from celoss_cli.core.data import Batch
from celoss_cli.evaluate import fit
from celoss_cli.evaluate.assignment import cheapest
from celoss_cli.evaluate.fit import TEMPERATURES
from celoss_cli.evaluate.kinds import first_rows, kinds
from celoss_cli.evaluate.shifts import Shifts
from celoss_cli.evaluate.survey import Survey, survey
from celoss_cli.losses import LOSSES


def canonical(
    command: str, x: Any, y: Any, start: int = 0, ids: list[str] | None = None
) -> tuple[Any, Batch]:
    loss = LOSSES[command].loss()
    return loss, loss.canonical(Batch(np.asarray(x), np.asarray(y), start=start, ids=ids))


def comparable(found: Survey) -> dict[str, Any]:
    """Everything that a survey says, in a form that can be compared."""
    fit = found.fit
    assert fit is not None
    columns = found.columns
    return {
        "rows": found.rows,
        "seen": found.seen,
        "targets": found.targets,
        "columns": columns and [(part.steps.tolist(), part.fits) for part in columns],
        "cost": fit.cost,
        "heated": fit.heated,
        "negated": fit.negated,
        "matrix": None if fit.matrix is None else fit.matrix.tolist(),
        "shifts": (fit.shifts.by_lag, fit.along, fit.turned),
        "odd": (fit.marks, None if fit.same is None else fit.same.tolist()),
        "counts": (fit.counted, fit.hits, fit.impossible),
        "ids": found.repeated_id(),
    }


@pytest.mark.parametrize("command", ["ce", "bce-logits"])
@given(seed=st.integers(0, 2**32), cuts=st.lists(st.integers(0, 40), max_size=4))
def test_any_split_gives_the_same_survey(command: str, seed: int, cuts: list[int]) -> None:
    random = np.random.default_rng(seed)
    x = random.normal(size=(40, 3) if command == "ce" else 40) * 3
    y = random.integers(-1, 4, 40) if command == "ce" else random.integers(0, 2, 40).astype(float)
    ids = [str(i) for i in random.integers(0, 30, 40)]
    loss, whole = canonical(command, x, y, ids=ids)
    edges = [0, *sorted(cuts), 40]
    parts = [whole.rows(a, b) for a, b in itertools.pairwise(edges) if b > a]
    total = sum((survey(loss, part) for part in parts), Survey())
    assert comparable(total) == comparable(survey(loss, whole))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("least", [0, -1])
def test_rows_are_held_against_their_neighbours_whatever_lies_how_in_memory(order: Any, least: int) -> None:
    """Held to a sum over all pairs of which both count."""
    random = np.random.default_rng(1)
    costs = np.asarray(random.integers(0, 1 << 24, (3, 40)), order=order)
    y = random.integers(least, 3, 40)
    limit = int(4 * np.log(3) * 2**20)
    for distance, found in Shifts.of(costs, y).by_lag.items():
        rows = [row for row in range(40) if 0 <= row + distance < 40 and min(y[row], y[row + distance]) >= 0]
        assert (found.pairs, found.own, found.other) == (
            len(rows),
            sum(costs[y[row], row] for row in rows),
            sum(costs[y[row + distance], row] for row in rows),
        )
        assert found.limited == sum(min(limit, costs[y[row], row]) for row in rows)
        assert found.hits == sum(costs[:, row].argmin() == y[row] for row in rows)


@pytest.mark.parametrize("outcomes", [2, 5])
@given(seed=st.integers(0, 2**32), lag=st.integers(-150, 150), cuts=st.lists(st.integers(0, 200), max_size=3))
def test_any_shift_is_found_whatever_the_split(outcomes: int, seed: int, lag: int, cuts: list[int]) -> None:
    """Held to the sums over all pairs of rows at that distance."""
    random = np.random.default_rng(seed)
    y = random.integers(0, outcomes, 200)
    costs = random.integers(0, 1000, (outcomes, 200))
    rows = np.arange(max(0, -lag), min(200, 200 - lag))
    costs[y[rows + lag], rows] = 0
    edges = [0, *sorted(cuts), 200]
    parts = [Shifts.of(costs[:, a:b], y[a:b]) for a, b in itertools.pairwise(edges) if b > a]
    found = sum(parts, Shifts())
    assert found.farther() == Shifts.of(costs, y).farther()
    assert found.reach == 200
    for distance, moved in found.farther().items():
        rows = np.arange(max(0, -distance), min(200, 200 - distance))
        assert moved.pairs == len(rows)
        assert moved.own == costs[y[rows], rows].sum()
        assert moved.other == costs[y[rows + distance], rows].sum()
    if lag:
        assert lag in found.farther()


@given(st.integers(1, 12), st.integers(0, 2**32), st.booleans())
def test_the_cheapest_assignment_costs_what_scipy_finds(size: int, seed: int, ties: bool) -> None:
    random = np.random.default_rng(seed)
    costs = random.integers(0, 4, (size, size)).astype(float) if ties else random.normal(size=(size, size))
    found = cheapest(costs)
    assert sorted(found) == list(range(size))
    rows, columns = pytest.importorskip("scipy.optimize").linear_sum_assignment(costs)
    assert costs[rows, found].sum() == pytest.approx(costs[rows, columns].sum())


def test_the_matrix_holds_the_cost_of_every_outcome() -> None:
    logits = np.log([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]])
    loss, batch = canonical("ce", logits, [0, 1])
    fit = survey(loss, batch).fit
    assert fit is not None
    assert fit.matrix is not None
    assert fit.matrix * 2.0**-20 == pytest.approx(-np.array([logits[0], logits[1], [0, 0, 0]]), abs=1e-6)
    assert fit.nats == pytest.approx(-np.log(0.5) - np.log(0.75), abs=1e-6)
    assert fit.heated[TEMPERATURES.index(1.0)] == pytest.approx(fit.cost, abs=2)


def test_an_impossible_outcome_costs_the_cap_and_is_counted() -> None:
    loss, batch = canonical("nll", [[0.0, -np.inf]], [1])
    fit = survey(loss, batch).fit
    assert fit is not None
    assert (fit.nats, fit.impossible, fit.hits) == (1024.0, 1, 0)


def test_rows_with_nan_and_targets_that_are_no_class_are_not_counted() -> None:
    loss, batch = canonical("ce", [[0.0, 1.0], [np.nan, 0.0], [0.0, 1.0]], [1, 0, 7])
    found = survey(loss, batch)
    assert found.fit is not None
    assert found.fit.counted == 1
    assert found.targets == {1: 1, 0: 1, 7: 1}


def test_kinds_of_values_and_rows() -> None:
    loss, batch = canonical("ce", [[0.25, 0.75], [0.2, 0.2], [-1.0, 2.0], [0.0, 1.0]], [0, 0, 0, 0])
    found = kinds(loss, batch)
    assert (found["examined"], found["probabilities"], found["values"]) == (4, 2, 8)
    assert found["exactly-0-or-1"] == 2


@pytest.mark.parametrize("shape", [(60, 4), (12, 4, 5)])
def test_what_rows_may_be_is_counted_place_by_place(shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(3)
    x = random.normal(size=shape) * 3
    logs = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
    readings = {"log-probabilities": logs, "costs": -logs, "probabilities": np.exp(logs)}
    readings["percentages"] = 100 * np.exp(logs)
    places = (shape[0], *shape[2:])
    for name, reading in readings.items():
        chosen = random.random(places) < 0.5
        values = np.where(np.expand_dims(chosen, 1), reading, x)
        loss, batch = canonical("ce", values, np.zeros(places, np.int64))
        assert kinds(loss, batch)[name] == chosen.sum(), name


@pytest.mark.parametrize("make", [np.asarray, np.log], ids=["probabilities", "logs"])
def test_columns_add_up_to_distributions(make: Any) -> None:
    p = np.random.default_rng(4).random((50, 3))
    p = 2 * p / p.sum(axis=0)
    loss, batch = canonical("ce", make(p), np.zeros(50, np.int64))
    columns = survey(loss, batch).columns
    assert columns is not None
    assert [found.distributions for found in columns] == ([2, 0] if make is np.asarray else [0, 2])


def test_only_the_first_rows_of_the_data_set_are_examined_in_passing() -> None:
    _, batch = canonical("ce", np.zeros((3000, 2)), np.zeros(3000, int))
    assert len(first_rows(batch)) == 1024
    assert len(first_rows(batch.rows(1000, 3000))) == 24
    assert len(first_rows(batch.rows(2000, 3000))) == 0


def test_costs_at_temperatures_are_those_of_heated_logits_alone_and_among_others() -> None:
    rng = np.random.default_rng(4)
    logs = rng.normal(scale=20, size=(300, 7))
    logs[rng.random(logs.shape) < 0.02] = -np.inf
    logs -= logs.max(axis=1, keepdims=True)
    y = rng.integers(0, 7, len(logs))
    found = fit._heated(fit._totals(logs.T), logs[np.arange(300), y])
    for cost, temperature in zip(found, fit.TEMPERATURES, strict=True):
        heated = np.logaddexp.reduce(logs / temperature, axis=1) - logs[np.arange(300), y] / temperature
        steps = np.rint(np.minimum(heated, fit.CAP) * 2**20).sum()
        assert cost == pytest.approx(steps, abs=2 * 300)
    alone = [fit._heated(fit._totals(logs[i : i + 1].T), logs[i : i + 1, y[i]]) for i in range(300)]
    assert tuple(map(sum, zip(*alone, strict=True))) == found


@pytest.mark.parametrize("scale", [1.0, 3e5])
def test_costs_of_the_other_sign_are_those_of_opposite_logits_alone_and_among_others(scale: float) -> None:
    rng = np.random.default_rng(5)
    logs = -scale * rng.exponential(size=(300, 90))
    y, rows = np.where(rng.random(300) < 0.5, logs.argmin(axis=1), rng.integers(0, 90, 300)), np.arange(300)
    costs = np.logaddexp.reduce(-logs, axis=1) + logs[rows, y]
    found = fit._negated(logs.T, logs[rows, y])
    assert found == pytest.approx(np.rint(np.minimum(costs, fit.CAP) * 2**20).sum(), abs=2 * 300)
    assert found == sum(fit._negated(logs[i : i + 1].T, logs[i, y[i]]) for i in range(300))
