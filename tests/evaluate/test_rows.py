"""Elements with their names by column are those that are named one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from celoss_cli.core.data import Batch, Terms
from celoss_cli.evaluate.rows import named_terms
from celoss_cli.evaluate.workings import row_of
from celoss_cli.losses import LOSSES
from celoss_cli.losses.scored_tokens import ScoredTokens

RNG = np.random.default_rng(2)
P = RNG.dirichlet(np.ones(3), (4, 2)).transpose(0, 2, 1)
CASES = {
    "classes": ("ce", Batch(P[:, :, 0], np.array([0, 2, 1, 1]), start=7, ids=["a", "b", "c", "d"])),
    "positions": ("ce", Batch(P, RNG.integers(0, 3, (4, 2)), ids=["a", "b", "c", "d"])),
    "distributions": ("ce", Batch(P, P)),
    "answers": ("bce", Batch(P[:, 0, 0], np.array([0, 1, 1, 0]))),
    "labels": ("bce", Batch(P[:, 0], RNG.integers(0, 2, (4, 2)))),
}


def assert_same(loss: Any, batch: Batch, terms: Terms) -> None:
    found = named_terms(loss, batch, terms)
    for i in range(terms.loss.size):
        row = row_of(loss, batch, terms, i)
        target: Any = found.target[i]
        target = target.tolist() if isinstance(target, np.ndarray | np.generic) else target
        assert (tuple(target) if isinstance(target, list) else target) == row.target
        assert (found.row[i], found.loss[i], found.weight[i]) == (row.row, row.loss, row.weight)
        assert (None if found.id is None else found.id[i]) == row.id
        assert (tuple(found.index[i].tolist()), bool(found.ignored[i])) == (row.index, row.ignored)


@pytest.mark.parametrize("case", CASES)
def test_by_column_as_one_by_one(case: str) -> None:
    name, given = CASES[case]
    loss = LOSSES[name].loss()
    batch = loss.canonical(given)
    assert_same(loss, batch, loss.terms(batch))


@pytest.mark.parametrize("tokens", [["a", 5, "b", "c", 7], [1, 2, 3, 4, 5]])
def test_rows_of_unlike_length(tokens: list[Any]) -> None:
    kind: Any = np.int64 if isinstance(tokens[0], int) else object
    batch = Batch(
        np.zeros(5), np.array(tokens, kind), offsets=np.array([0, 2, 2, 5]), ids=["x", "y", "z"], start=3
    )
    assert_same(ScoredTokens(), batch, Terms(np.arange(5.0), np.ones(5), "tokens"))
