"""Rows of JSON that are written alike come to the same bits and refusals as by the strict reader."""

from __future__ import annotations

import io
import json
import random
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import Outcome, outcome_of

from celoss_cli.read.json import lines, objects
from celoss_cli.read.json.frame import frame_of
from celoss_cli.read.request import ColumnChoice, ReadRequest, Settled, Stream
from celoss_cli.read.text import blocks

CLASSES = ReadRequest(per_class=True, takes="logits")
PAIRS = ReadRequest(per_class=False, takes="logits")
REQUESTS = (
    CLASSES,
    PAIRS,
    replace(CLASSES, missing="skip"),
    replace(CLASSES, allow_nonfinite=True),
    replace(CLASSES, columns=ColumnChoice(group="g", weight="w", id="id")),
    replace(CLASSES, decimal=","),
)


def read_lines(data: bytes, request: ReadRequest, block: int = 1 << 20) -> Outcome:
    request = replace(request, settled=Settled())
    with patch.object(blocks, "_BLOCK_BYTES", block):
        return outcome_of(lambda: lines.read(Stream("t.jsonl", io.BytesIO(data)), request))


def strict(data: bytes, request: ReadRequest, block: int = 1 << 20) -> Outcome:
    with patch.object(objects, "frame_of", lambda *_: None):
        return read_lines(data, request, block)


def is_fast(data: bytes, request: ReadRequest = CLASSES) -> bool:
    """Whether nothing of this is read strictly but the first row."""
    with patch.object(objects.RowObjects, "batch", side_effect=AssertionError("strict")):
        try:
            read_lines(data, request)
        except AssertionError:
            return False
        return True


NUMBERS = st.one_of(
    st.floats(-100, 100).map(lambda x: f"{x:.6f}"),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-5, 20).map(str),
    st.sampled_from(["-0", "0", "-0.0", "1e5", "1E-7", "-0e0", "9007199254740993", "123456789012345678901"]),
)
ODD = st.sampled_from(
    [
        "01",
        "+1",
        ".5",
        "5.",
        "1e999",
        "NaN",
        "-Infinity",
        "null",
        "true",
        '"1"',
        "[]",
        "",
        "1 2",
        "0x1",
        "1_0",
    ]
)
TEXTS = st.sampled_from(
    ["a", "b c", "é", "x.y", "", " a ", "NA", "1", "d\\n", "e,f", "g\\u00e9", "cat", "dog"]
)
SHAPES = ("lists", "flat", "texts")


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    shape = draw(st.sampled_from(SHAPES))
    colon, comma = draw(st.sampled_from([(": ", ", "), (":", ","), (" : ", " , ")]))
    number = draw(st.sampled_from([NUMBERS, NUMBERS, st.one_of(NUMBERS, ODD)]))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    wanted = []
    for row in range(draw(st.integers(1, 5))):
        values = [draw(number) for _ in range(draw(st.sampled_from([3, 3, 3, 3, 2])))]
        target = draw(st.one_of(st.sampled_from(["0", "1", "2"]), number))
        if shape == "lists":
            pairs = [("logits", f"[{comma.join(values)}]"), ("target", target)]
        else:
            pairs = [*((f"c{i}", value) for i, value in enumerate(values)), ("target", target)]
        if shape == "texts":
            pairs[-1] = ("target", f'"{draw(st.sampled_from(["c0", "c1", "c2", "cat", "1"]))}"')
            pairs = [("id", f'"{draw(TEXTS)}{row}"'), ("g", f'"{draw(TEXTS)}"'), ("w", draw(NUMBERS)), *pairs]
        if draw(st.integers(0, 9)) == 0:
            pairs.reverse()
        wanted.append("{" + comma.join(f'"{key}"{colon}{value}' for key, value in pairs) + "}" + newline)
    return "".join(wanted).encode()


@given(texts(), st.sampled_from(REQUESTS), st.integers(1, 200))
def test_rows_written_alike_or_not_are_read_as_by_the_strict_reader(
    data: bytes, request: ReadRequest, block: int
) -> None:
    assert read_lines(data, request) == strict(data, request)
    assert read_lines(data, request, block) == strict(data, request, block)


@given(texts(), st.integers(0, 10**6), st.binary(max_size=2))
def test_a_change_anywhere_is_seen(data: bytes, at: int, other: bytes) -> None:
    at %= len(data)
    changed = data + data[:at] + other + data[at + 1 :]
    assert read_lines(changed, CLASSES) == strict(changed, CLASSES)


def dumped(rows: list[Any], **how: Any) -> bytes:
    return "".join(json.dumps(row, **how) + "\n" for row in rows).encode()


def logits(count: int = 3) -> list[float]:
    return [random.gauss(0, 2) for _ in range(count)]


@pytest.mark.parametrize(
    "row",
    [
        lambda: {"logits": logits(), "target": random.randrange(3)},
        lambda: {"logits": [logits(2), logits(2), logits(2)], "target": [0, 2]},
        lambda: {
            "id": f"row {random.random()}",
            "x.a": 0.5,
            "x.b": random.random(),
            "target": random.choice("ab"),
        },
        lambda: {"target": 1, "id": random.randrange(99), "a": random.random() * 1e-7, "b": 2},
    ],
)
@pytest.mark.parametrize("how", [{}, {"separators": (",", ":")}])
def test_what_programs_write_is_read_without_the_strict_reader(row: Any, how: dict[str, Any]) -> None:
    data = dumped([row() for _ in range(20)], **how)
    assert is_fast(data)
    assert not read_lines(data, CLASSES).said
    assert read_lines(data, CLASSES) == strict(data, CLASSES)


def test_numbers_come_to_the_nearest_doubles() -> None:
    values = [random.gauss(0, 10.0 ** random.randint(-12, 12)) for _ in range(3000)]
    data = dumped([{"logits": [x, -x], "target": 0} for x in values])
    found = read_lines(data, CLASSES)
    shape, kind, bits = found.numbers[0]
    np.testing.assert_array_equal(np.frombuffer(bits, kind).reshape(shape), [[x, -x] for x in values])


@pytest.mark.parametrize(
    ("value", "row"),
    [
        ({"a": None}, b'{"a": null}'),
        ({"a": {"b": 1}}, b'{"a": {"b": 1}}'),
        ({"a": "x,y"}, b'{"a": "x,y"}'),
        ({"a": "\n"}, b'{"a": "\\n"}'),
        ({"a": []}, b'{"a": []}'),
        ({"a": True}, b'{"a": true}'),
    ],
)
def test_a_row_of_other_values_gives_no_frame(value: Any, row: bytes) -> None:
    assert json.loads(row) == value
    assert frame_of(row, value) is None


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (b'{"a":1,"b":2,"id":"\xff","target":"a"}', ":2: expected UTF-8, got the byte 0xff at offset 55"),
        (b'{"a":1,\r"b":2,"id":"y","target":"a"}', ":2: expected lines that end in LF or CRLF"),
        (b'{"a":1,"b":2,"id":"y\r","target":"a"}', ":2: expected lines that end in LF or CRLF"),
        (b'{"a":1,"b":2,"id":"y\x01","target":"a"}', ":2:"),
    ],
)
def test_what_no_line_may_hold_is_seen_in_rows_that_are_written_alike(row: bytes, said: str) -> None:
    first = b'{"a":1,"b":2,"id":"x","target":"a"}'
    told = read_lines(first + b"\n" + row + b"\n", replace(CLASSES, columns=ColumnChoice(id="id"))).said
    assert f"t.jsonl{said}" in told
