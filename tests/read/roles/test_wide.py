"""Tables of many columns get their roles in a time in proportion to them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from celoss_cli.core.errors import InputError
from celoss_cli.read.roles.column import Column
from celoss_cli.read.roles.columns import assign
from celoss_cli.read.roles.found import Wanted

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
