"""Numbers read by arithmetic on arrays have the bits that float() gives, or are left to the grammar."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from celoss_cli.core.data import Array
from celoss_cli.read.text import digits
from celoss_cli.read.text.digits import CutCells, cut_cells


def text_of(digits: str, point: int) -> str:
    """Digits with a point before some of them; none where that is behind the last."""
    at = point % (len(digits) + 1)
    return digits if at == len(digits) else f"{digits[:at]}.{digits[at:]}"


def near_a_midpoint(value: float, decimals: int, off: int) -> str:
    """A decimal number as near as its digits allow to the middle between two doubles."""
    middle = (Fraction(value) + Fraction(float(np.nextafter(value, np.inf)))) / 2
    digits = str(max(0, int(middle * 10**decimals) + off)).rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits


signs = st.sampled_from(["", "-", "+"])
long_ones = st.builds(text_of, st.text("0123456789", min_size=1, max_size=40), st.integers(0, 50))
midpoints = st.builds(near_a_midpoint, st.floats(0, 2.0**60), st.integers(0, 20), st.integers(-1, 1))
written = st.floats(-1e6, 1e6).map(repr).filter(lambda text: "e" not in text)
fixed = st.floats(-1e3, 1e3).map(lambda value: f"{value:.6f}")
cells = (
    st.builds("{}{}".format, signs, long_ones) | st.builds("{}{}".format, signs, midpoints) | written | fixed
)


def numbers_of(cut: CutCells, columns: list[int]) -> tuple[Array, Array]:
    found = cut.numbers(columns, few=1)
    assert found is not None
    return found


@given(st.lists(st.tuples(cells, fixed, cells), min_size=1, max_size=20))
def test_every_cell_has_the_bits_of_float_or_is_left_over(rows: list[tuple[str, ...]]) -> None:
    data = "".join(",".join(row) + "\n" for row in rows).encode()
    cut = cut_cells(data, 3, ord(","), ord("."))
    assert cut is not None
    values, odd = numbers_of(cut, [0, 1, 2])
    wanted = np.array([[float(cell) for cell in row] for row in rows])
    np.testing.assert_array_equal(values.view(np.int64)[~odd], wanted.view(np.int64)[~odd])
    assert not odd[:, 1].any()


@given(st.lists(st.floats(-1e6, 1e6).map(lambda value: f"{value:.15f}"), min_size=1, max_size=30))
def test_long_numbers_are_not_left_over(column: list[str]) -> None:
    cut = cut_cells("".join(cell + "\n" for cell in column).encode(), 1, ord(","), ord("."))
    assert cut is not None
    values, odd = numbers_of(cut, [0])
    kept = ~odd[:, 0]
    assert values[kept, 0].tolist() == [float(cell) for cell in np.array(column)[kept]]
    assert all(
        len(cell.lstrip("-")) > 19 or Fraction(cell).numerator >= 2**53 for cell in np.array(column)[~kept]
    )


@given(st.lists(st.tuples(fixed, st.integers(0, 99).map(str), fixed), min_size=3, max_size=9), st.data())
def test_a_byte_changed_among_cells_of_equal_decimals_is_noticed(
    rows: list[tuple[str, ...]], data: st.DataObject
) -> None:
    text = bytearray("".join(",".join(row) + "\n" for row in rows).encode())
    place = data.draw(st.integers(0, len(text) - 2))
    text[place : place + 1] = data.draw(st.sampled_from([b".", b"..", b"", b"5", b"-", b"e", b" "]))
    cut = cut_cells(bytes(text), 3, ord(","), ord("."))
    lines = [line.split(",") for line in text.decode().splitlines()]
    if cut is None:
        assert any(len(line) != 3 for line in lines)
        return
    values, odd = numbers_of(cut, [0, 1, 2])
    for row, column in np.argwhere(~odd).tolist():
        assert values[row, column] == float(lines[row][column])


def test_it_gives_up_where_more_than_a_few_cells_are_odd() -> None:
    cut = cut_cells(b"1.5,2\n1e0,2\n", 2, ord(","), ord("."))
    assert cut is not None
    assert cut.numbers([0, 1], few=0.2) is None
    values, odd = cut.numbers([0, 1], few=0.25) or ((), ())
    assert np.array_equal(odd, [[False, False], [True, False]])
    assert values[0].tolist() == [1.5, 2.0]


def test_no_other_byte_passes_for_a_digit_wherever_it_stands() -> None:
    places = [(length, place) for length in range(1, 27) for place in range(length)]
    others = [bytes([byte]) for byte in range(256) if bytes([byte]) not in (b"\n", b",")]
    digits = b"98765432109876543210987654"
    cells = [
        digits[:place] + byte + digits[place + 1 : length] for length, place in places for byte in others
    ]
    cut = cut_cells(b"".join(cell + b"\n" for cell in cells), 1, ord(","), ord("."))
    assert cut is not None
    values, odd = numbers_of(cut, [0])
    plain = re.compile(rb"[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)")
    for cell, value, left in zip(cells, values[:, 0].tolist(), odd[:, 0].tolist(), strict=True):
        assert left or (plain.fullmatch(cell) and value == float(cell)), cell
        assert not left or len(cell) > 15 or not plain.fullmatch(cell), cell


def test_rows_beyond_one_share_are_read_alike() -> None:
    lines = [f"{i}.5,-{i % 7}.125,{i}\n" for i in range(50_000)]
    cut = cut_cells("".join(lines).encode(), 3, ord(","), ord("."))
    assert cut is not None
    values, odd = numbers_of(cut, [0, 1, 2])
    assert not odd.any()
    i = np.arange(50_000)
    assert np.array_equal(values, np.stack([i + 0.5, -(i % 7 + 0.125), i], axis=1))
    some, _ = numbers_of(cut, [2, 0])
    assert np.array_equal(some, values[:, [2, 0]])


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 50])
def test_any_share_of_rows_or_columns_gives_the_same(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        [f"{row}.{column}", str(column - row), f"-{row * column}.5e1"]
        for row in range(9)
        for column in (2, 3)
    ]
    data = "".join(",".join(row) + "\n" for row in rows).encode()
    cut = cut_cells(data, 3, ord(","), ord("."))
    assert cut is not None
    values, odd = numbers_of(cut, [0, 1, 2])
    monkeypatch.setattr(digits, "_AT_A_TIME", size)
    again, left = numbers_of(cut, [0, 1, 2])
    assert np.array_equal(left, odd)
    assert np.array_equal(again[~left], values[~odd])
    assert odd.all(axis=0).tolist() == [False, False, True]


def test_a_column_of_whole_numbers_has_one_mark_a_line() -> None:
    cut = cut_cells(b"1\n-22\n333\n", 1, ord(","), ord("."))
    assert cut is not None
    assert len(cut) == 3
    values, odd = numbers_of(cut, [0])
    assert (values[:, 0].tolist(), odd.any()) == ([1.0, -22.0, 333.0], False)
    assert [bounds.tolist() for bounds in cut.bounds(0)] == [[0, 2, 6], [1, 5, 9]]
