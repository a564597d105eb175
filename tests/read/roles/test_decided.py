"""The two classes that were predicted, beside the targets."""

from __future__ import annotations

import numpy as np
import pytest

from celoss_cli.core.errors import InputError
from celoss_cli.read.roles.answers import Answers, Decisions, decided_of, open_pair, with_positive


@pytest.mark.parametrize(
    ("seen", "targets", "positive", "found"),
    [
        (("1", "0"), ("0", "1"), None, ("1", "0")),
        (("0",), ("0", "1"), None, ("1", "0")),
        (("1",), ("0", "1"), None, ("1", "0")),
        (("1",), ("1",), None, ("1", "0")),
        (("1.0", "0.0"), ("1", "0"), None, ("1", "0.0")),
        (("-1", "1"), ("0", "1"), None, ("1", "-1")),
        (("no", "yes"), ("0", "1"), None, ("yes", "no")),
        (("no", "yes"), ("0.5", "1"), None, ("yes", "no")),
        (("1", "0"), ("0.5", "1"), None, ("1", "0")),
        (("cat", "dog"), ("dog", "cat"), "dog", ("dog", "cat")),
        (("cat",), ("dog", "cat"), "dog", ("dog", "cat")),
        (("1", "2"), ("1", "2"), "2", ("2", "1")),
        (("1", "2"), ("0", "1"), None, None),
        (("1", "0"), ("1", "2"), "2", None),
        (("cat", "dog"), ("0", "1"), None, None),
        (("cat", "bird"), ("dog", "cat"), "cat", None),
        (("a", "b", "c"), ("a", "b", "c"), "a", None),
        ((), ("0", "1"), None, ("1", "0")),
    ],
)
def test_the_positive_one_first(
    seen: tuple[str, ...], targets: tuple[str, ...], positive: str | None, found: tuple[str, ...] | None
) -> None:
    assert decided_of(seen, targets, positive) == found


def test_the_positive_one_of_an_open_pair_is_told_or_clear_or_asked_for() -> None:
    assert open_pair(["no", "yes"], None) == "yes"
    assert open_pair(["cat", "dog"], "dog") == "dog"
    with pytest.raises(InputError) as told:
        open_pair(["cat", "dog", "cow"], None)
    assert told.value.fact == 'expected to know the positive one of two targets, got "cat", "dog", "cow"'
    ways = [(way.meaning, way.options) for way in told.value.ways]
    assert ways == [("cat as 1", (("--positive", "cat"),)), ("dog as 1", (("--positive", "dog"),))]


def test_numbers_are_answers_by_the_positive_one() -> None:
    values = np.array([2, 5, 5, 2])
    assert with_positive(values, "5", (0.0, 1.0), "here").tolist() == [0, 1, 1, 0]
    assert with_positive(values, "2.0", (-1.0, 1.0), "here").tolist() == [1, -1, -1, 1]
    with pytest.raises(InputError) as told:
        with_positive(values, "yes", (0.0, 1.0), "here")
    assert str(told.value) == 'here: expected --positive of the targets, which are numbers, got "yes"'
    with pytest.raises(InputError) as told:
        with_positive(np.array([1, 2, 3, 4]), "1", (0.0, 1.0), "here")
    assert str(told.value) == 'here: expected one target beside "1", got 2 and 3'


def test_answers_become_numbers_and_a_third_one_is_refused() -> None:
    found = Answers("Yes", ["no", "YES"], (0.0, 1.0))
    assert found.conversion == 'targets read as 1 where they are "YES", as 0 where they are "no"'
    assert found.cells(["yes", "NO", "Yes"], lambda _, error: error).tolist() == [1, 0, 1]
    with pytest.raises(InputError) as told:
        found.cells(["yes", "maybe"], lambda row, error: error.at(f"row {row}"))
    assert str(told.value) == 'row 1: expected one of two targets, "no", "YES", got "maybe"'
    alone = Answers("1", ["1"], (-1.0, 1.0))
    assert alone.conversion == 'targets read as 1 where they are "1"'
    assert alone.cells(["0", "1.0", "0"], lambda _, error: error).tolist() == [-1, 1, -1]


def test_how_sure_is_turned_into_the_probability_of_the_positive_answer() -> None:
    found = Decisions("pred", ["yes", "no"])
    assert found.conversion == (
        'probabilities read as those of the class in "pred": 1 less them where it is not "yes"'
    )
    assert found.turned(np.array([0.75, 1.0]), ["yes", "no"], lambda _, error: error).tolist() == [0.75, 0]
    for sure, text, said in (
        (0.5, "", 'expected the class predicted, got ""'),
        (1.5, "no", "expected a probability from 0 to 1, got 1.5"),
        (-0.5, "no", "expected a probability from 0 to 1, got -0.5"),
    ):
        with pytest.raises(InputError) as told:
            found.turned(np.array([0.5, sure]), ["yes", text], lambda row, error: error.at(f"row {row}"))
        assert str(told.value) == f"row 1: {said}"
