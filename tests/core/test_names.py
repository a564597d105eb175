"""Many texts as bytes are those of a list, however they lie and whatever they hold."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from celoss_cli.core.names import Names

ODD = [
    "",
    "a",
    "b\nc",
    "d\n\x00e",
    "f\x00",
    "f",
    "12345678",
    "12345678\x00",
    "\u00e9",
    "e\u0301",
    "\ud83d",
    "\ude00",
    "x" * 511,
    "x" * 512,
    "x" * 513,
    "x" * 512 + "y",
    "1",
    "01",
    "1.0",
    " 1",
]
"""Neighbours of each other: with and without what fills up eight bytes, composed and not, long ones."""

LISTS = st.lists(st.one_of(st.sampled_from(ODD), st.text("ab\x00\ud83d\u00e9", max_size=20)), max_size=20)


def scattered(texts: Sequence[str]) -> Names:
    """The texts backwards in their bytes, with other bytes between them."""
    data, starts, ends = b"#", [], []
    for text in reversed(texts):
        starts.append(len(data))
        data += text.encode("utf-8", "surrogatepass")
        ends.append(len(data))
        data += b"###"
    return Names.within(data, np.array(starts[::-1], np.int64), np.array(ends[::-1], np.int64))


def forms(texts: Sequence[str], cut: int = 3) -> list[Names]:
    """The same texts in every way in which they may lie."""
    kept = [Names.of(texts[:cut]).packed(), scattered(texts[cut:]).packed(), Names.of(())]
    return [Names.of(texts), scattered(texts), scattered(texts).packed(), Names.joined(kept)]


@given(texts=LISTS, cut=st.integers(0, 20))
def test_texts_are_those_of_the_list(texts: list[str], cut: int) -> None:
    for names in forms(texts, cut):
        assert list(names) == [names[row] for row in range(len(texts))] == texts
        rows = np.arange(len(texts))[::-2]
        assert list(names[rows]) == [texts[row] for row in rows]


@pytest.mark.parametrize("start", range(7))
@pytest.mark.parametrize("stop", range(9))
def test_a_run_of_names_is_that_of_the_list(start: int, stop: int) -> None:
    texts = ["a", "b", "c", "d\ne", "", "f", "g"]
    for names in forms(texts):
        for part in (slice(start, stop), slice(start, None), slice(start, stop, 2), slice(stop, start, -1)):
            assert list(names[part]) == texts[part]


@given(ours=LISTS, theirs=LISTS)
def test_texts_are_the_same_where_python_says_so(ours: list[str], theirs: list[str]) -> None:
    count = min(len(ours), len(theirs))
    expected = [a == b for a, b in zip(ours, theirs, strict=False)]
    for a in forms(ours[:count]):
        for b in forms(theirs[:count]):
            assert a.same(b).tolist() == expected
        assert a.same(Names.of(ours[:count])).all()


def test_texts_that_lie_alike_are_compared_too() -> None:
    """Backwards in their bytes, or picked in another order, at the same places with other texts there."""
    ours, theirs = ["aa", "bb", "cc"], ["aa", "xx", "cc"]
    for a, b in zip(forms(ours), forms(theirs), strict=True):
        assert a.same(b).tolist() == [True, False, True]
        for rows in ([2, 1, 0], [0, 2, 1], [1], [0, 2], []):
            picked = np.array(rows, np.intp)
            assert a[picked].same(b[picked]).tolist() == [row != 1 for row in rows]


def test_odd_neighbours_are_told_apart_and_have_hashes_of_their_own() -> None:
    pairs = [(a, b) for a in ODD for b in ODD]
    a, b = (Names.of(texts) for texts in zip(*pairs, strict=True))
    assert a.same(b).tolist() == [one == other for one, other in pairs]
    hashes = [names.hashes().tolist() for names in forms(ODD)]
    assert hashes[0] == hashes[1] == hashes[2] == hashes[3]
    assert len(set(hashes[0])) == len(ODD)


@given(LISTS)
def test_texts_rise_where_each_is_longer_or_as_long_and_of_greater_bytes(texts: list[str]) -> None:
    keys = [(len(cell), cell) for cell in (text.encode("utf-8", "surrogatepass") for text in texts)]
    rising = all(one < other for one, other in itertools.pairwise(keys))
    long = any(one[0] == other[0] > 512 for one, other in itertools.pairwise(keys))
    assert Names.of(texts).rising() is (rising and not long)
    ordered = Names.of(
        [cell.decode("utf-8", "surrogatepass") for size, cell in sorted(set(keys)) if size <= 512]
    )
    assert ordered.rising()


@pytest.mark.parametrize("swapped", [None, 16_383, 16_384, 39_998])
def test_one_text_out_of_its_place_is_seen_wherever_it_is(swapped: int | None) -> None:
    texts = [f"row-{row}" for row in range(40_000)]
    if swapped is not None:
        texts[swapped], texts[swapped + 1] = texts[swapped + 1], texts[swapped]
    assert Names.of(texts).rising() is (swapped is None)


def test_hashes_of_a_million_counted_names_differ() -> None:
    """Of 64 bits at random two of them would be the same once in 40 million times."""
    hashes = Names.of([f"row-{row}" for row in range(1_000_000)]).hashes()
    assert len(np.unique(hashes)) == 1_000_000
    assert abs(np.unpackbits(hashes.view(np.uint8)).mean() - 0.5) < 0.001


@given(texts=st.lists(st.text(" \ta\u00a0", max_size=6), max_size=12))
def test_blanks_around_texts_are_left_out(texts: list[str]) -> None:
    for names in forms(texts):
        assert list(names.stripped()) == [text.strip(" \t") for text in texts]


def test_a_long_text_among_short_ones_is_packed_in_its_own_length() -> None:
    names = Names.of(["x" * 1_000_000, *("y" * 3 for _ in range(1000))]).packed()
    assert len(names.data) == 1_000_000 + 1000 * 8 + 8
    assert (names[0], names[1000]) == ("x" * 1_000_000, "yyy")


@pytest.mark.parametrize("count", [14, 15, 16, 4094, 4095, 4096])
def test_places_that_just_fit_a_type_of_integers_are_places_like_others(count: int) -> None:
    """Fifteen words and the eight bytes behind them are 128 bytes, one more than eight bits say."""
    texts = [f"{number:08}" for number in range(count)]
    for names in (Names.of(texts).packed(), Names.joined([Names.of(texts)])):
        assert list(names) == texts
        assert names.same(names[:]).all()
        assert not names[:0].same(names[:0]).size
        assert not names[:1].same(names[1:2]).any()
