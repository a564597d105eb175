"""Every way of reading a table gives the same bits, and the strict reader's verdict is everybody's."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from celoss_cli.data import Batch, Chunk
from celoss_cli.errors import CelossError
from celoss_cli.sources import blocks, delimited, lines, plain
from celoss_cli.sources.base import ReadRequest, Settled, Stream
from celoss_cli.sources.blocks import Block
from celoss_cli.sources.digits import cut_cells

REQUEST = ReadRequest(per_class=True, takes="logits")


@dataclass(frozen=True)
class Answer:
    """What a reader says of some bytes: values and where each row is, or a refusal."""

    input: bytes = b""
    target: bytes = b""
    ids: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    refusal: str = ""


def answer(data: bytes, request: ReadRequest = REQUEST, read: Any = delimited.read) -> Answer:
    request = replace(request, settled=Settled())
    try:
        dataset = read(Stream("t.csv", io.BytesIO(data)), request)  # type: ignore[arg-type]
        parts = [part.read() if isinstance(part, Chunk) else part for part in dataset.batches]
    except CelossError as error:
        return Answer(refusal=str(error))
    return Answer(
        b"".join(np.ascontiguousarray(part.input, np.float64).tobytes() for part in parts),
        b"".join(np.ascontiguousarray(part.target, np.float64).tobytes() for part in parts),
        tuple(row_id for part in parts for row_id in part.ids or ()),
        tuple(part.place(row) for part in parts for row in range(len(part))),
    )


def strictly(data: bytes, request: ReadRequest = REQUEST) -> Answer:
    """The same with nothing but the strict reader."""

    def refuse(*arguments: object) -> Any:
        raise plain.NotPlain

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "parsed", refuse)
        return answer(data, request)


def by_polars(data: bytes, request: ReadRequest = REQUEST) -> Answer:
    """The same with polars for every block."""
    pytest.importorskip("polars")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "_WORTH_IMPORTING_BYTES", 0)
        return answer(data, request)


def by_loadtxt(data: bytes, request: ReadRequest = REQUEST) -> Answer:
    """The same with ``numpy.loadtxt`` for every block that has a cell of digits to spare."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "_FEW", -1)
        patch.setattr(plain, "has_polars", lambda: False)
        return answer(data, request)


WAYS = {"as it comes": answer, "polars": by_polars, "loadtxt": by_loadtxt}
every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)

# ----------------------------------------------------------------------------------- written numbers

SIGNS = st.sampled_from(["", "-", "+"])
DIGITS = st.text("0123456789", min_size=1, max_size=24)
SPELLED = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(-99, 99).map(lambda value: f"{value:.6f}"),
    st.floats(-1, 1, width=32).map(lambda value: repr(float(np.float32(value)))),
    st.builds(lambda sign, whole, part: f"{sign}{whole}.{part}", SIGNS, DIGITS, DIGITS),
    st.builds(lambda sign, part: f"{sign}.{part}", SIGNS, DIGITS),
    st.builds(lambda sign, whole: f"{sign}{whole}.", SIGNS, DIGITS),
    st.builds(lambda sign, whole: f"{sign}{whole}", SIGNS, DIGITS),
    st.builds(lambda whole, power: f"{whole}e{power}", DIGITS, st.integers(-340, 280)),
    st.integers(2**52, 2**70).map(str),
    st.sampled_from(["0", "-0", "-0.0", "5e-324", "2.2250738585072011e-308", "1e23", "9007199254740993"]),
)
EDGES = st.sampled_from(["", "", "", " ", "  "])


def table(rows: list[list[str]], delimiter: str = ",", end: str = "\n") -> bytes:
    header = [*(f"c{i}" for i in range(len(rows[0]))), "target"]
    text = end.join(delimiter.join(cells) for cells in [header, *([*row, "0"] for row in rows)])
    return (text + end).encode()


@every_way
@settings(max_examples=150, deadline=None)
@given(
    rows=st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(
                st.builds(lambda a, x, b: a + x + b, EDGES, SPELLED, EDGES), min_size=width, max_size=width
            ),
            min_size=1,
            max_size=30,
        )
    ),
    delimiter=st.sampled_from(",;|\t"),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_a_number_is_the_nearest_double_by_every_way(
    way: Callable[..., Answer], rows: list[list[str]], delimiter: str, end: str
) -> None:
    data = table(rows, delimiter, end)
    request = replace(REQUEST, delimiter=delimiter)
    expected = np.array([[float(cell) for cell in row] for row in rows])
    if np.isinf(expected).any():
        assert "within the range of a double" in way(data, request).refusal
        return
    assert way(data, request).input == expected.tobytes()
    assert way(data, request) == strictly(data, request)


@settings(max_examples=300, deadline=None)
@given(cells=st.lists(SPELLED, min_size=1, max_size=60))
def test_digits_decide_no_cell_wrongly(cells: list[str]) -> None:
    cut = cut_cells("".join(f"{cell}\n" for cell in cells).encode(), 1, ord(","), ord("."))
    assert cut is not None
    numbers, odd = cut.numbers([0])
    expected = np.array(list(map(float, cells)))
    decided = ~odd[:, 0]
    assert numbers[decided, 0].tobytes() == expected[decided].tobytes()


def test_short_numbers_are_decided() -> None:
    random = np.random.default_rng(0)
    written = [f"{value:.6f}" for value in random.normal(0, 50, 4000)] + [
        repr(float(v)) for v in random.random(4000)
    ]
    cut = cut_cells("".join(f"{cell}\n" for cell in written).encode(), 1, ord(","), ord("."))
    assert cut is not None
    numbers, odd = cut.numbers([0])
    assert odd[:4000].sum() == 0
    assert odd.mean() < 0.02
    assert (numbers[~odd] == np.array(list(map(float, written)))[~odd[:, 0]]).all()
    assert len(numbers) == len(written)


def test_a_decimal_comma_is_read_by_digits_too() -> None:
    data = b"a;b;target\n0,5;-1,25;0\n3;,5;1\n"
    request = replace(REQUEST, delimiter=";", decimal=",")
    assert answer(data, request).input == np.array([[0.5, -1.25], [3, 0.5]]).tobytes()
    assert answer(data, request) == strictly(data, request)
    block = Block(b"0,5;-1,25;0\n", 1, 1, 0, "t")
    assert len(plain.parsed(block, 3, [0, 1, 2], [], request)) == 1


# -------------------------------------------------------------------------------------- damaged bytes

TABLES = {
    "numbers": b"a,b,target\n0.25,-1.5,0\n1e3,2.125,1\n-0.5,0.75,0\n",
    "ids": b"id,a,b,target\nx1,0.25,-1.5,0\nx2,1e3,2.125,1\ny,3,4,1\n",
    "names": b"cat,dog,label\n0.25,-1.5,cat\n0.5,2.125,dog\n3,4,cat\n",
    "quoted": b'"id","a","b","y"\n"x,1",0.25,-1.5,0\n"x""2",3,2.125,1\n',
    "unused": b"a,b,pred,target\n0.25,-1.5,x,0\n1,2.125,,1\n",
    "utf-8": "id,a,b,target\n\u7537,0.25,-1.5,0\n\u00e9,1,2.125,1\n".encode(),
    "crlf": b"a,b,target\r\n0.25,-1.5,0\r\n1e3,2.125,1\r\n",
    "one column": b"p,target\n0.25,0\n0.75,0\n",
    "weights": b"a,b,target,weight\n0.25,-1.5,0,1\n1,2.125,1,0.5\n",
}
BYTES = st.one_of(st.sampled_from(b'0123456789.,-+eE\n\r" \t;abnif\x00\xff\xef'), st.integers(0, 255))


@every_way
@pytest.mark.parametrize("data", TABLES.values(), ids=TABLES)
@settings(max_examples=120, deadline=None)
@given(edits=st.lists(st.tuples(st.sampled_from("dic"), st.integers(0, 80), BYTES), min_size=1, max_size=3))
def test_no_changed_byte_gives_another_number_than_the_strict_reader(
    way: Callable[..., Answer], data: bytes, edits: list[tuple[str, int, int]]
) -> None:
    for kind, at, byte in edits:
        at %= len(data) + 1
        new = b"" if kind == "d" else bytes([byte])
        data = data[:at] + new + data[at + (kind != "i") :]
    assert way(data) == strictly(data)


@every_way
@pytest.mark.parametrize("data", TABLES.values(), ids=TABLES)
def test_sound_tables_are_read_by_every_way(way: Callable[..., Answer], data: bytes) -> None:
    assert way(data).refusal == ""
    assert way(data) == strictly(data)


# --------------------------------------------------------------------------------------- any block size

MORE = {
    **TABLES,
    "blank line": b"a,b,target\n1,2,0\n\n3,4,1\n",
    "blank end": b"a,b,target\n1,2,0\n3,4,1\n\n\r\n\n",
    "quoted newline": b'id,a,b,target\n"x\ny",1,2,0\nz,3,4,1\nw,5,6,0\n',
    "bom": b"\xef\xbb\xbfa,b,target\n1,2,0\n3,4,1\n",
    "cut": b"a,b,target\n1,2,0\n3,4,1",
    "bad late": b"a,b,target\n1,2,0\n3,4,1\n5,6,1\n7,x,0\n",
    "short late": b"a,b,target\n1,2,0\n3,4,1\n5,6\n",
    "open quote": b'id,a,b,target\nx,1,2,0\n"y,3,4,1\nz,5,6,0\n',
    "utf-16": "a,b,target\n1,2,0\n".encode("utf-16"),
    "bad utf-8": b"id,a,b,target\nx,1,2,0\n\xff,3,4,1\n",
    "nul": b"a,b,target\n1,2,0\n1,\x002,0\n",
    "bare return": b"a,b,target\n1,2,0\r1,2,0\n",
}


@pytest.mark.parametrize("data", MORE.values(), ids=MORE)
def test_the_size_of_a_block_changes_nothing(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = answer(data)
    for size in range(1, len(data) + 2):
        monkeypatch.setattr(blocks, "_BLOCK_BYTES", size)
        assert answer(data) == whole, size


def test_the_size_of_a_block_changes_no_row_object(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b'{"a": 1, "b": 2.5, "y": 0}\n{"a": -1e3, "b": 4, "y": 1}\n{"a": 0, "b": "x", "y": 1}\n'
    for text in (data, data.replace(b'"x"', b"7")):
        monkeypatch.setattr(blocks, "_BLOCK_BYTES", 1 << 20)
        whole = answer(text, read=lines.read)
        for size in range(1, 60):
            monkeypatch.setattr(blocks, "_BLOCK_BYTES", size)
            assert answer(text, read=lines.read) == whole, size


def test_places_are_right_after_many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", 50)
    rows = [f"{i}.5,{i},{i % 2}\n" for i in range(200)]
    good = ("a,b,target\n" + "".join(rows)).encode()
    assert answer(good).places == tuple(f"t.csv:{line}" for line in range(2, 202))
    rows[150] = "1.5,1_0,1\n"
    assert answer(("a,b,target\n" + "".join(rows)).encode()).refusal.startswith(
        "t.csv:152:2: expected a number"
    )


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-8-sig", "cp1252"])
def test_another_encoding_is_read_in_blocks_too(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", 16)
    text = "id,a,b,target\n\u00e9t\u00e9,1,2,0\n\u00fc,3,4.5,1\n"
    found = answer(text.encode(encoding), replace(REQUEST, encoding=encoding))
    assert found.ids == ("\u00e9t\u00e9", "\u00fc")
    assert found.input == np.array([[1, 2], [3, 4.5]]).tobytes()


def test_half_a_character_at_the_end_is_refused() -> None:
    data = "a,b,target\n1,2,0\n".encode("utf-16") + b"\x31"
    found = answer(data, replace(REQUEST, encoding="utf-16"))
    assert found.refusal == "t.csv:3: expected text in utf-16, got other bytes"


def test_rows_with_missing_cells_are_skipped_by_every_block_size(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"a,b,target\n1,2,0\n,4,1\n5,NA,0\n7,8,1\n9,10,0\n"
    request = replace(REQUEST, missing="skip")
    for size in (8, 20, 1 << 20):
        monkeypatch.setattr(blocks, "_BLOCK_BYTES", size)
        found = answer(data, request)
        assert found.input == np.array([[1, 2], [7, 8], [9, 10.0]]).tobytes()
        assert found.places == ("t.csv:2", "t.csv:5", "t.csv:6")


def test_a_batch_numbers_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", 24)
    data = b"a,b,target\n" + b"1,2,0\n" * 50
    dataset = delimited.read(Stream("t.csv", io.BytesIO(data)), replace(REQUEST, start=7))  # type: ignore[arg-type]
    parts: list[Batch | Chunk] = list(dataset.batches)
    batches = [part.read() if isinstance(part, Chunk) else part for part in parts]
    assert [batch.start for batch in batches] == np.cumsum([7, *map(len, batches)])[:-1].tolist()
    assert list(map(len, parts)) == list(map(len, batches))
    assert sum(map(len, batches)) == 50


def test_a_long_line_is_a_limit() -> None:
    for data in (
        b"a" * (17 << 20),
        b"a,b,y\n1,2,0\n" + b"1" * (17 << 20) + b"\n",
        b"a,b,y\n" + b"\n" * (17 << 20),
    ):
        assert "at most 16 MiB" in answer(data).refusal
