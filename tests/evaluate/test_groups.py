"""The totals of groups: those of each group alone, in any order and for any number of groups."""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from celoss_cli.core.data import Tally, Terms
from celoss_cli.core.errors import LimitError
from celoss_cli.evaluate import groups
from celoss_cli.evaluate.groups import Groups


def elements(seed: int, count: int, ignored: bool = True) -> tuple[np.ndarray, Terms]:
    random = np.random.default_rng(seed)
    out = random.random(count) < 0.3 if ignored else None
    return random.integers(0, 5, count), Terms(random.normal(size=count), random.random(count), "w", out)


def part(terms: Terms, where: np.ndarray) -> Terms:
    return Terms(terms.loss[where], terms.weight[where], terms.weight_is)


@given(seed=st.integers(0, 2**32), rows=st.integers(0, 20), width=st.integers(1, 3), ignored=st.booleans())
def test_each_group_has_the_tally_of_its_elements(seed: int, rows: int, width: int, ignored: bool) -> None:
    codes, terms = elements(seed, rows * width, ignored)
    found = Groups.of(codes, list("abcde"), terms, np.arange(len(codes)) // width).tallies()
    counted = np.ones(len(codes), bool) if terms.ignored is None else ~terms.ignored
    for code, name in enumerate("abcde"):
        members = np.flatnonzero((codes == code) & counted)
        expected = Tally.of(part(terms, members), len(set((members // width).tolist())))
        assert found.get(name, Tally()) == expected
    assert set(found) == {"abcde"[code] for code in codes[counted].tolist()}


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=6, unique=True), max_size=6))
def test_adding_is_adding_name_by_name(batches: list[list[str]]) -> None:
    parts, expected = [], dict[str, Tally]()
    for number, names in enumerate(batches):
        terms = Terms(np.arange(len(names)) + number, np.ones(len(names)), "count")
        parts.append(Groups.of(np.arange(len(names)), names, terms))
        for name, tally in parts[-1].tallies().items():
            expected[name] = expected.get(name, Tally()) + tally
    assert reduce(add, parts, Groups()).tallies() == expected
    assert Groups.known(expected).tallies() == expected


def test_more_groups_than_can_be_kept_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "_MOST", 3)
    terms = Terms(np.ones(1), np.ones(1), "count")
    alone = [Groups.of(np.zeros(1, int), [name], terms) for name in "abcd"]
    assert len(sum(alone[:3], Groups()).tallies()) == 3
    with pytest.raises(LimitError, match="at most 3 groups") as refused:
        sum(alone, Groups()).tallies()
    assert "identifier" in refused.value.hint
