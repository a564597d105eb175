"""Items may be examined before they are handed out, each once and in order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from celoss_cli.core.errors import InputError
from celoss_cli.read.batches import Peekable


def three_then_broken() -> Iterator[int]:
    yield from (1, 2, 3)
    raise InputError("expected an item, got none", place="t.csv:4")


def test_what_was_peeked_at_is_still_to_come() -> None:
    items = Peekable(iter(range(4)))
    assert next(items.peek()) == 0
    assert list(items.peek()) == [0, 1, 2, 3]
    assert list(items) == [0, 1, 2, 3]


def test_an_item_that_cannot_be_read_raises_where_it_is_due() -> None:
    items = Peekable(three_then_broken())
    assert list(items.peek()) == [1, 2, 3]
    assert [next(items) for _ in range(3)] == [1, 2, 3]
    with pytest.raises(InputError, match="expected an item"):
        next(items)
