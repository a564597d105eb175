"""Tables of text: every way of reading gives the same bits, and no damage gives another number."""

from __future__ import annotations

import codecs
import io
import math
import struct
import time
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from cases import each
from hypothesis import given
from hypothesis import strategies as st
from profiles import examples, some
from tables import TABLE_WAYS, read_table

from celoss_cli.core.data import Batch
from celoss_cli.core.errors import InputError
from celoss_cli.read.request import ColumnChoice, ReadRequest, Stream
from celoss_cli.read.text import blocks, delimited
from celoss_cli.read.text.plain import _Text

CLASSES = ReadRequest(per_class=True, takes="logits")
PAIRS = ReadRequest(per_class=False, takes="probs")

# ----------------------------------------------------------------------------------- random tables

digits = st.text("0123456789", min_size=1, max_size=22)
plain = st.tuples(digits, digits).map(lambda two: f"{two[0][:9]}.{two[1]}")
exponents = st.tuples(st.sampled_from("eE"), st.sampled_from(["", "+", "-"]), st.integers(0, 290)).map(
    lambda three: f"{three[0]}{three[1]}{three[2]}"
)
doubles = st.floats(allow_nan=False, allow_infinity=False).map(repr)
denormals = st.integers(1, 2**52).map(lambda bits: repr(struct.unpack("<d", struct.pack("<q", bits))[0]))
halfway = st.tuples(st.integers(1, 2**53 - 1), st.integers(-60, 60)).map(
    lambda two: f"{(two[0] * 2 + 1) * 2 ** max(0, two[1])}" + ("e-17" if two[1] < 0 else "")
)
unsigned = st.one_of(
    digits,
    plain,
    digits.map(lambda text: f".{text}"),
    digits.map(lambda text: f"{text[:15]}."),
    digits.map(lambda text: f"000{text}"),
    st.tuples(st.one_of(digits.map(lambda text: text[:15]), plain), exponents).map("".join),
    halfway,
)
signed = st.tuples(st.sampled_from(["", "-", "+"]), unsigned).map("".join)
cells = st.one_of(signed, signed, doubles, denormals, st.just("-inf"), st.just("-0"))
ids = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z"), exclude_characters='"\ufeff'),
    min_size=1,
    max_size=5,
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[bytes, ReadRequest, list[list[float]], list[str]]:
    """A good table in any dialect, with the numbers that Python reads and the ids."""
    delimiter = draw(st.sampled_from(",;\t |"))
    decimal = draw(st.sampled_from(".," if delimiter != "," else "."))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    width = draw(st.integers(1, 4))
    with_ids, may_quote = draw(st.booleans()), draw(st.booleans())
    blanks = st.just("") if delimiter == " " else st.sampled_from(["", "", "", " ", "  "])
    rows = draw(st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=6))
    names = [f"logit_{i}" for i in range(width)]
    lines = [delimiter.join([*(["id"] if with_ids else []), *names, "target"])]
    identifiers = []
    for row in rows:
        written = [draw(blanks) + cell.replace(".", decimal) + draw(blanks) for cell in row]
        if with_ids:
            name = draw(ids).replace(delimiter, "_")
            identifiers.append(name)
            written.insert(0, name)
        written.append(draw(st.sampled_from(["0", "1", "007", "1e0"])))
        if may_quote:
            written = [f'"{cell}"' if draw(st.booleans()) else cell for cell in written]
        lines.append(delimiter.join(written))
    text = newline.join(lines) + newline
    # A loss over classes with one of them is one that is asked for.
    columns = ColumnChoice(classes="logit_0" if width == 1 else None)
    request = replace(CLASSES, delimiter=delimiter, decimal=decimal, columns=columns)
    numbers = [[float(cell) for cell in row] for row in rows]
    return text.encode(), request, numbers, identifiers


@pytest.mark.slow
@examples(400)
@given(tables())
def test_every_way_of_reading_gives_the_double_that_python_reads(
    table: tuple[bytes, ReadRequest, list[list[float]], list[str]],
) -> None:
    data, request, numbers, identifiers = table
    strict = read_table(data, request, "strict")
    if any(math.isinf(value) and "inf" not in cell for cell, value in _written(data, request, numbers)):
        assert "within the range of a double" in strict.said
    else:
        assert strict.said == ""
        assert strict.numbers[0] == (np.shape(numbers), "<f8", np.array(numbers).tobytes())
        assert strict.names[0] == identifiers
    for way in TABLE_WAYS[1:]:
        assert read_table(data, request, way) == strict, way


def _written(data: bytes, request: ReadRequest, numbers: list[list[float]]) -> list[tuple[str, float]]:
    """The cells of a table as they are written, beside their values."""
    first = -len(numbers[0]) - 1
    rows = [line.split(request.delimiter)[first:-1] for line in data.decode().splitlines()[1:]]
    return [pair for row, values in zip(rows, numbers, strict=True) for pair in zip(row, values, strict=True)]


@pytest.mark.parametrize(
    ("way", "reads", "cell"),
    [
        ("digits", "by_digits", "0.25"),
        ("numpy", "by_loadtxt", "2.5e-1"),
        ("pyarrow", "by_pyarrow", "0.25"),
        ("pyarrow", "by_pyarrow", '"2.5e-1"'),
    ],
)
def test_each_way_reads_by_itself(way: str, reads: str, cell: str) -> None:
    """What falls back on another way would agree with that one, and prove nothing."""
    if way == "pyarrow":
        pytest.importorskip("pyarrow")
    found, read = [], getattr(_Text, reads)

    def told(*arguments: Any) -> Any:
        found.append(read(*arguments))
        return found[-1]

    with patch.object(_Text, reads, told):
        outcome = read_table(f"id,a,b,target\nx,{cell},1,0\ny,2,{cell},1\n".encode(), CLASSES, way)
    assert outcome.numbers[0][2] == np.array([[0.25, 1], [2, 0.25]]).tobytes()
    assert len(found) == 1
    assert found[0] is not None


@pytest.mark.parametrize("way", TABLE_WAYS)
def test_a_large_table_of_every_length_of_number_is_read_exactly(way: str) -> None:
    random = np.random.default_rng(1)
    values = random.integers(0, 10**18, 40_000) // 10 ** random.integers(0, 18, 40_000)
    places = random.integers(-2, 19, 40_000)
    texts = [_with_point(str(value), int(place)) for value, place in zip(values, places, strict=True)]
    lines = [",".join([*texts[i : i + 8], "3"]) for i in range(0, len(texts), 8)]
    data = (",".join([*(f"c{i}" for i in range(8)), "target"]) + "\n" + "\n".join(lines) + "\n").encode()
    found = read_table(data, CLASSES, way)
    assert found.numbers[0][2] == np.array(list(map(float, texts))).tobytes()


def _with_point(digits: str, place: int) -> str:
    if place < 0:
        return "-" + digits
    padded = digits.zfill(place)
    return f"{padded[: len(padded) - place]}.{padded[len(padded) - place :]}"


# ------------------------------------------------------------------------------------------ damage

GOOD = {
    "numbers": (CLASSES, b"p_a,p_b,target\n0.9,-1.25e-1,0\n0.123456789012345678,.5,1\n-inf,2.,0\n"),
    "names": (CLASSES, 'id,cat,dog,label\nä1,0.9,0.1,dog\nb2,-8,"0.2",cat\nc3,7,1,dog\n'.encode()),
    "quoted": (CLASSES, b'"id","a","b","y"\n"x, y","1.5","2","0"\n"q""r","3","4.25","1"\n'),
    "weights": (CLASSES, b"a,b,target,weight\r\n0.9,0.1,0,2\r\n0.8,0.2,1,0.5\r\n"),
    "comma": (replace(CLASSES, delimiter=";", decimal=","), b"p_a;p_b;y\n0,9;0,1;0\n1,5;12,25;1\n"),
    "tabs": (replace(CLASSES, delimiter="\t", missing="skip"), b"p_a\tp_b\ty\n1\t2\t0\nNA\t3\t1\n4\t\t0\n"),
    "pairs": (PAIRS, b"id,prob,y\n1,0.5,true\n2,0.25,false\n3,1,1\n"),
}


@pytest.mark.slow
@pytest.mark.fuzz
@examples(1500)
@given(st.sampled_from(sorted(GOOD)), st.data())
def test_a_damaged_table_is_read_as_by_the_strict_reader_or_refused(name: str, data: st.DataObject) -> None:
    request, text = GOOD[name]
    damaged = bytearray(text)
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        byte = data.draw(
            st.one_of(
                st.sampled_from(b'0123456789.,;-+eE"\n\r\t |#_xn\0\x1a\xff\xc3\xa4\xef'), st.integers(0, 255)
            )
        )
        kind = data.draw(st.sampled_from(["delete", "insert", "change"]))
        damaged[at : at + (kind != "insert")] = b"" if kind == "delete" else bytes([byte])
    whole = read_table(bytes(damaged), request, "strict")
    assert whole.said == "" or whole.said.startswith(("InputError: t.csv", "LimitError: t.csv"))
    block = data.draw(st.sampled_from([1 << 20, 1, 7, 30]))
    strict = read_table(bytes(damaged), request, "strict", block)
    # Of several mistakes within a block, those of the whole row are told first.
    assert strict == whole or (strict.said and whole.said)
    for way in TABLE_WAYS[1:]:
        assert read_table(bytes(damaged), request, way, block) == strict, way


@pytest.mark.parametrize("name", GOOD)
def test_a_table_cut_anywhere_is_refused_or_gives_its_first_rows_and_tells_of_a_line_without_end(
    name: str,
) -> None:
    request, text = GOOD[name]
    whole = read_table(text, request)
    assert whole.said == ""
    for size in range(len(text)):
        found = read_table(text[:size], request)
        if not found.said and found.numbers:
            ended = text[:size].endswith(b"\n")
            assert ended or "no-last-newline" in found.facts
            for (shape, _, data), (_, _, all_data) in zip(found.numbers, whole.numbers, strict=True):
                certain = len(data) if ended else len(data) // max(1, shape[0]) * (shape[0] - 1)
                assert all_data.startswith(data[:certain])
                assert shape[0] < len(text)


SPELLINGS = [*("-Inf", "Inf", "+inf", "INF", "Infinity", "-INFINITY", "iNfInItY"), *("NaN", "nan", "-nan")]
"""As R, Java, C and NumPy write what is no finite number."""


@pytest.mark.parametrize("way", TABLE_WAYS)
@pytest.mark.parametrize("share", [1, 100])
def test_every_spelling_of_infinity_and_nan_is_read_on_request(way: str, share: int) -> None:
    rows = [f"{SPELLINGS[i // share % 10] if i % share == 0 else 0.25}, 0.75,0\n" for i in range(2000)]
    data = f"p_a,p_b,target\n{''.join(rows)}".encode()
    allowed = replace(CLASSES, allow_nonfinite=True)
    found = read_table(data, allowed, way)
    expected = np.array([[float(cell) for cell in row.split(",")[:2]] for row in rows])
    assert found.numbers[0] == (expected.shape, "<f8", expected.tobytes())
    assert found == read_table(data, allowed, "strict")
    assert 't.csv:2:1: expected a number in column "p_a"' in read_table(data, CLASSES, way).said


@pytest.mark.slow
@each("way", TABLE_WAYS)
@each(
    ("cell", "said"),
    [
        ("1_000", "expected a number"),
        ("0x10", "expected a number"),
        ("１", "expected a number"),  # noqa: RUF001 - a full-width digit is the point
        ("", "--missing skip"),
        ("NA", "--missing skip"),
        ("true", "expected a number"),
        ("nan", "--allow-nonfinite"),
        ("inf", "--allow-nonfinite"),
        ("-Infinity", "--allow-nonfinite"),
        ("-Inf", "--allow-nonfinite"),
        ("+NaN", "--allow-nonfinite"),
        ("+-inf", "expected a number in column"),
        ("infinit", "expected a number in column"),
        ("\u0131nf", "expected a number in column"),
        ("1e999", "within the range"),
        ("-1e999", "within the range"),
        ("9" * 400, "within the range"),
        ("1e", "expected a number"),
        (".", "expected a number"),
        ("-", "expected a number"),
        ("+-1", "expected a number"),
        ("1.2.3", "expected a number"),
        ("1 2", "expected a number"),
        ("1#2", "expected a number"),
        ("1\u00a0", "expected a number"),
        ("1d5", "expected a number"),
        ("1e5.5", "expected a number"),
        ("(1)", "expected a number"),
        ("1%", "expected a number"),
        ("1f", "expected a number"),
        ('"1" ', "quotation marks"),
    ],
)
def test_what_is_no_number_is_refused_in_its_place_after_many_blocks(way: str, cell: str, said: str) -> None:
    rows = ["0.25,0.75,0"] * 300
    rows[250] = f"0.25,{cell},0"
    data = ("p_a,p_b,target\n" + "\n".join(rows) + "\n").encode()
    found = read_table(data, CLASSES, way, block=100)
    assert said in found.said
    place = "t.csv:252: " if cell.startswith('"') else "t.csv:252:2: "
    assert found.said.startswith(f"InputError: {place}")
    assert read_table(data, CLASSES, way) == found


@pytest.mark.slow
@each("way", TABLE_WAYS)
@each(
    ("row", "said"),
    [
        ("1,2", "t.csv:252: expected 3 values, got 2"),
        ("1,2,0,", "t.csv:252: expected 3 values, got 4"),
        ("", "t.csv:252: expected 3 values, got an empty line"),
        (" ", "t.csv:252: expected 3 values, got 1"),
        ("1,2,0.5", 't.csv:252:3: expected a class index, got "0.5"'),
        ("1,2,cat", "t.csv:252:3: expected a class index"),
        ("1,2,0\r1,2,0", "t.csv:252: expected lines that end in LF or CRLF, got a bare carriage return"),
        ("1,\0,0", "t.csv:252: expected text, got a NUL character at column 3"),
        ('1,"2,0', "t.csv:252: expected a closing quote"),
        ('1,2"3"4,0', "t.csv:252: expected quotation marks around whole values only"),
        ('1,"2"3,0', "t.csv:252: expected quotation marks around whole values only"),
    ],
)
def test_a_broken_row_is_refused_with_its_line_after_many_blocks(way: str, row: str, said: str) -> None:
    rows = ["0.25,0.75,0"] * 300
    rows[250] = row
    data = ("p_a,p_b,target\n" + "\n".join(rows) + "\n").encode()
    for block in (100, 1 << 20):
        assert read_table(data, CLASSES, way, block).said.startswith(f"InputError: {said}")


def test_an_undecodable_byte_is_named_with_its_offset_after_many_blocks() -> None:
    rows = b"id,p_a,p_b,target\n" + b"x,1,2,0\n" * 200
    for mark in (b"", codecs.BOM_UTF8):
        data = mark + rows + b"y\xff,1,2,0\n" + b"x,1,2,0\n" * 50
        for block in (30, 1 << 20):
            said = read_table(data, CLASSES, block=block).said
            assert f"t.csv:202: expected UTF-8, got the byte 0xff at offset {len(mark + rows) + 1}" in said


# ------------------------------------------------------------------------------------ size of a block

BLANKS = b"p_a,p_b,target\n1,2,0\n3,4,1\n5,6,0\n\n\r\n\n"

TEXTS: dict[str, tuple[ReadRequest, bytes]] = {
    **GOOD,
    "blank lines at the end": (CLASSES, BLANKS),
    "a blank line in the middle": (CLASSES, BLANKS + b"1,2,0\n"),
    "a blank line after the header": (CLASSES, b"p_a,p_b,target\n\n1,2,0\n"),
    "a blank line before the header": (CLASSES, b"\np_a,p_b,target\n1,2,0\n"),
    "quoted newlines": (CLASSES, b'id,p_a,p_b,y\n"a\n\nb",1,2,0\n"c\r\n",3,4,1\nd,"5",6,0\n'),
    "quoted newlines in the header": (CLASSES, b'id,"p_\na","p_\n\nb",y\nx,1,2,0\ny,3,4,1\n'),
    "a number in a quoted newline": (CLASSES, b'id,p_a,p_b,y\nx,1,2,0\ny,"3\n",4,1\n'),
    "an open quote": (CLASSES, b'id,p_a,p_b,y\nx,1,2,0\n"y,3,4,1\nz,5,6,0\n'),
    "a stray quote": (CLASSES, b'id,p_a,p_b,y\nx,1,2,0\ny"z,3,4,1\n"v",5,6,0\nw,5,6,0\n'),
    "a stray quote in the header": (CLASSES, b'id,p_a,p"_b,y\nx,1,2,0\n"v",5,6,0\n'),
    "a byte order mark": (CLASSES, codecs.BOM_UTF8 + b"p_a,p_b,target\r\n1,2,0\r\n3,4,1\r\n"),
    "no last newline": (CLASSES, b"p_a,p_b,target\n1,2,0\n3,4,1"),
    "no last newline and a value too few": (CLASSES, b"p_a,p_b,target\n1,2,0\n3,4"),
    "no last newline, allowed": (
        replace(CLASSES, allow_unterminated=True),
        b"p_a,p_b,target\n1,2,0\n3,4,1",
    ),
    "half a last line ending": (replace(CLASSES, allow_unterminated=True), b"a,b,target\n1,2,0\n3,4,1\r"),
    "UTF-16": (replace(CLASSES, encoding="utf-16"), "id,p_a,p_b,y\nä😀,1,2,0\nö,3,4,1\n".encode("utf-16")),
    "UTF-16 cut": (replace(CLASSES, encoding="utf-16"), "p_a,p_b,y\n1,2,0\n".encode("utf-16")[:-1]),
    "UTF-16 and half a character": (
        replace(CLASSES, encoding="utf-16"),
        "p_a,p_b,y\n1,2,0\n".encode("utf-16") + b"x",
    ),
    "UTF-16 without its mark": (replace(CLASSES, encoding="utf-16"), "p_a,p_b,y\n".encode("utf-16-be")),
    "a mark in a long line": (CLASSES, "id,p_a,p_b,p_\ufeffx,y\n\ufeff,1,2,3,0\n".encode()),
    "Latin-1": (replace(CLASSES, encoding="latin-1"), "id,p_ä,p_b,y\nä,1,2,ä\nö,3,4,b\n".encode("latin-1")),
    "ASCII only": (replace(CLASSES, encoding="ascii"), "id,p_a,p_b,y\nx,1,2,0\nä,3,4,1\n".encode()),
    "no header": (
        replace(CLASSES, header=False, columns=ColumnChoice(target="3", classes="1,2")),
        b"1,2,0\n3,4,1\n",
    ),
    "a missing cell": (CLASSES, b"p_a,p_b,target\n1,2,0\n3,,1\n5,6,0\n"),
    "header only": (CLASSES, b"p_a,p_b,target\n"),
    "nothing": (CLASSES, b""),
    "a class out of names": (CLASSES, b"cat,dog,target\n1,2,dog\n3,4,cow\n"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_any_size_of_a_block_gives_the_same_rows_and_messages(name: str) -> None:
    request, text = TEXTS[name]
    for way in ("strict", "chosen"):
        whole = read_table(text, request, way)
        for block in some(range(1, 41), 8):
            assert read_table(text, request, way, block) == whole, block


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a blank line in the middle", "t.csv:5: expected 3 values, got an empty line"),
        ("a blank line after the header", "t.csv:2: expected 3 values, got an empty line"),
        ("a blank line before the header", "t.csv:1: expected a header line, got an empty line"),
        ("a number in a quoted newline", "t.csv:3:2: expected a number"),
        ("an open quote", "t.csv:3: expected a closing quote, got the end of the file"),
        ("a stray quote", "t.csv:3: expected quotation marks around whole values only"),
        ("a stray quote in the header", "t.csv:1: expected quotation marks around whole values only"),
        ("no last newline", ""),
        ("no last newline and a value too few", "t.csv:3: expected 3 values, got 2"),
        ("half a last line ending", ""),
        ("UTF-16 cut", "t.csv:2: expected text in utf-16, got other bytes"),
        ("ASCII only", "t.csv:3: expected text in ascii, got other bytes"),
        ("UTF-16 and half a character", "t.csv:3: expected text in utf-16, got other bytes"),
        ("UTF-16 without its mark", "t.csv:1: expected text in utf-16, got other bytes"),
        ("a mark in a long line", ""),
        ("a missing cell", "t.csv:3:2: expected a number"),
        ("nothing", "t.csv: expected a header line, got an empty file: no rows"),
        ("a class out of names", 't.csv:3:3: expected a class name of "cat", "dog", got "cow"'),
    ],
)
def test_odd_texts_are_refused_in_their_place(name: str, said: str) -> None:
    request, text = TEXTS[name]
    found = read_table(text, request).said
    assert found.startswith(f"InputError: {said}") if said else found == ""


def test_encodings_give_the_text_that_was_meant() -> None:
    assert read_table(TEXTS["UTF-16"][1], TEXTS["UTF-16"][0]).names[0] == ["ä😀", "ö"]
    latin = read_table(TEXTS["Latin-1"][1], TEXTS["Latin-1"][0])
    assert (latin.names[0], latin.names[3]) == (["ä", "ö"], ("ä", "b"))
    assert np.frombuffer(latin.numbers[1][2], np.int64).tolist() == [0, 1]


def test_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    for request, text in GOOD.values():
        unix = text.replace(b"\r\n", b"\n")
        dos = unix.replace(b"\n", b"\r\n")
        assert read_table(unix, request) == read_table(dos, request)
        assert read_table(codecs.BOM_UTF8 + unix, request) == read_table(unix, request)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        b'a,b,target\n"' + b"1,2,0\n" * 400_000,
        b'a,b,target\n"' + b"\n" * 3_000_000 + b'",1,0\n',
        b'a,b,"' + b"\n" * 3_000_000 + b'"\n1,2,0\n',
        b'a,b,target\n1,"2,0\n' + b'"1","2",0\n' * 200_000,
    ],
    ids=["open quote", "blank lines in quotes", "blank lines in a quoted name", "a shifted quote"],
)
def test_quotes_that_stay_open_cost_no_more_than_their_length(text: bytes) -> None:
    start = time.process_time()
    found = read_table(text, CLASSES, block=1 << 23)
    assert found.said.startswith("InputError: t.csv:")
    assert time.process_time() - start < 60


def test_a_blank_cell_is_skipped_only_where_it_is_asked_for() -> None:
    request, text = GOOD["tabs"]
    assert read_table(text, request).skipped == 2
    refused = read_table(text, replace(request, missing="error"))
    assert "t.csv:3:1" in refused.said


def test_values_are_read_as_an_array_with_the_same_grammar() -> None:
    def values(text: bytes) -> Any:
        return delimited.read_values(Stream("t.csv", io.BytesIO(text)), CLASSES)

    assert values(b"a,b\n1,2.5\n-inf,.5\n").tolist() == [[1, 2.5], [-math.inf, 0.5]]
    assert values(b"a\n1\n2\n").shape == (2,)
    with pytest.raises(InputError, match=r"t\.csv:3:1: expected a number"):
        values(b"a,b\n1,2\n0x1,2\n")


def test_chunks_can_be_read_in_any_order() -> None:
    """A thread may read a later one first."""
    data = b"p_a,p_b,target\n" + b"".join(b"%d,%d,%d\n" % (i, i + 1, i % 2) for i in range(100))

    def chunks() -> list[Batch]:
        with patch.object(blocks, "_BLOCK_BYTES", 50):
            found = list(delimited.read(Stream("t.csv", io.BytesIO(data)), CLASSES).batches)
        assert len(found) > 10
        read = {i: found[i].read() for i in reversed(range(len(found)))}  # type: ignore[union-attr]
        return [read[i] for i in range(len(found))]

    backwards = np.concatenate([batch.input for batch in chunks()])
    assert backwards.tolist() == [[i, i + 1] for i in range(100)]


@each("way", TABLE_WAYS)
@each("header", ["y,b,a", "b,y,a", "a,y,b", "weight,y,a,b", "y,a,weight,b", "b,a,weight,y"])
def test_columns_of_any_order_keep_their_roles(way: str, header: str) -> None:
    values = ("0.12345678901234567", "1", "2", "3")[: header.count(",") + 1]
    data = f"{header}\n{','.join(values)}\n".encode()
    found = read_table(data, replace(CLASSES, columns=ColumnChoice(target="y")), way)
    cells = dict(zip(header.split(","), map(float, values), strict=True))
    inputs = [cells[name] for name in header.split(",") if name in "ab"]
    if cells["y"] < 1:
        assert found.said.startswith("InputError: t.csv:2:1: expected a class index")
    else:
        assert [np.frombuffer(array, dtype).tolist() for _, dtype, array in found.numbers] == [
            inputs,
            [int(cells["y"])],
            *([[cells["weight"]]] if "weight" in cells else []),
        ]


@pytest.mark.parametrize("way", TABLE_WAYS)
@pytest.mark.parametrize("target", ["target", "label"])
def test_the_targets_can_be_the_groups_too(way: str, target: str) -> None:
    data = f"a,b,{target}\n1,2,0\n3,4,1\n5,6,0\n".encode()
    columns = ColumnChoice(group=target, target=None if target == "target" else target)
    found = read_table(data, replace(CLASSES, columns=columns), way)
    assert found.said == ""
    assert found.names[1] == ["0", "1", "0"]
    assert np.frombuffer(found.numbers[1][2], found.numbers[1][1]).tolist() == [0, 1, 0]


def test_a_group_column_is_no_target_where_there_is_another() -> None:
    request = replace(CLASSES, columns=ColumnChoice(group="label"))
    found = read_table(b"a,b,label,target\n1,2,x,0\n", request)
    assert (found.said, found.names[1]) == ("", ["x"])


@pytest.mark.parametrize("block", [1, 1 << 20])
def test_a_header_behind_a_mark_is_one_however_long_a_block_is(block: int) -> None:
    found = read_table(b"#id,a,b,y\nx,1.5,2,0\nz,3,4.25,1\n", CLASSES, "strict", block)
    assert (found.said, found.names[0]) == ("", ["x", "z"])
