"""Tables of many columns get their roles in a time in proportion to them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import numpy as np
import pytest

from celoss_cli.core.errors import InputError
from celoss_cli.read.request import ReadRequest
from celoss_cli.read.roles.column import Column
from celoss_cli.read.roles.columns import assign, columns_of
from celoss_cli.read.roles.found import Wanted
from celoss_cli.read.roles.words import named

FEW, MANY = 400, 1600


def counted(count: int) -> Iterator[tuple[str, list[str]]]:
    yield from ((f"c{i}", ["0.5", "0.25", "0.75"]) for i in range(count))


def groups(count: int) -> Iterator[tuple[str, list[str]]]:
    yield from (
        (f"p_{'xyz'[i % 3] * 3}{i // 2}_{'ab'[i % 2]}", ["0.5", "0.25", "0.75"]) for i in range(count)
    )


def texts(count: int) -> Iterator[tuple[str, list[str]]]:
    for i in range(count):
        yield f"q{'xyz'[i % 3]}{i}r", ["a", "b", "a"] if i % 2 else ["0.5", "0.25", "0.75"]


def ids(count: int) -> Iterator[tuple[str, list[str]]]:
    yield from ((f"w{i}_id", ["1", "2", "3"]) for i in range(count))


def answers(count: int) -> Iterator[tuple[str, list[str]]]:
    yield from ((f"I_{i}" if i % 2 else f"x{i} (y)", ["0", "1", "0"]) for i in range(count))


def levels(count: int) -> Iterator[tuple[str, list[str]]]:
    yield from ((f"level_{i}", ["0.5", "0.25", "0.75"]) for i in range(count))


HEADERS = [counted, groups, texts, ids, answers, levels]
LOSSES = [Wanted(per_class=True, takes="logits"), Wanted(per_class=False, takes="probs")]


def given_roles(header: Callable[[int], Iterator[tuple[str, list[str]]]], count: int, wanted: Wanted) -> None:
    table = [Column.of(name, cells) for name, cells in [*header(count), ("label", ["0", "1", "0"])]]
    try:
        assign(table, wanted)
    except InputError as error:
        assert error.fact  # noqa: PT017 - whether it is refused is not what is asked


def calls(work: Callable[[], Any]) -> int:
    """How many functions of Python are called."""
    found = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal found
        found += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("wanted", LOSSES)
def test_calls_grow_with_the_columns(header: Any, wanted: Wanted) -> None:
    few, many = (calls(lambda count=count: given_roles(header, count, wanted)) for count in (FEW, MANY))
    assert many < 1.5 * MANY / FEW * few


@pytest.mark.slow
@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("wanted", LOSSES)
def test_time_grows_with_the_columns(header: Any, wanted: Wanted) -> None:
    def seconds(count: int) -> float:
        def once() -> float:
            start = time.process_time()
            given_roles(header, count, wanted)
            return time.process_time() - start

        return min(once() for _ in range(3))

    assert seconds(8 * MANY) < 3 * 8 * seconds(MANY)


def test_names_that_differ_in_digits_are_read_once() -> None:
    assert named("logit_7") is named("logit_8")
    assert named("logit_0") == named("logit_7")
    assert (named("Unnamed: 0").key, named("Unnamed: 3").key) == (1, 0)


def test_columns_that_are_read_together_hold_what_they_hold_alone() -> None:
    names = [f"c{i}" for i in range(2100)]
    row = ["0.5", "1e3", "-2", "0"] * 525
    odd = list(row)
    odd[1500:1504] = ["true", "", "0,5", "cat"]
    request = ReadRequest(per_class=True, takes="logits")
    for second in (row, odd):
        found, whole = columns_of(names, [row, second], request)
        alone = [
            Column.of(name, cells) for name, cells in zip(names, zip(row, second, strict=True), strict=True)
        ]
        assert whole
        assert [(c.name, c.values.texts, c.values.rows) for c in found] == [
            (c.name, c.values.texts, c.values.rows) for c in alone
        ]
        for one, other in zip(found, alone, strict=True):
            assert one.is_number == other.is_number
            assert np.array_equal(one.values.numbers, other.values.numbers)  # type: ignore[arg-type]
