"""JSON documents are read as they come: however they are cut, they come to the same rows or refusals."""

from __future__ import annotations

import io
import json
import math
import random
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from profiles import some
from tables import Outcome, batches_of, outcome_of

from celoss_cli.cli.main import run
from celoss_cli.core.errors import CelossError, InputError, LimitError
from celoss_cli.read.json import document, numbers, objects, parsing, tables, text
from celoss_cli.read.request import ReadRequest, Settled, Stream

CLASSES = ReadRequest(per_class=True, takes="logits")
PAIRS = ReadRequest(per_class=False, takes="logits")


def opened(data: bytes) -> Stream:
    return Stream("t.json", io.BytesIO(data))


def read(data: bytes, request: ReadRequest = CLASSES, part: int = 1 << 20) -> Outcome:
    with patch.object(text, "_PART", part):
        return outcome_of(lambda: document.read(opened(data), replace(request, settled=Settled())))


def strict(data: bytes, request: ReadRequest = CLASSES, part: int = 1 << 20) -> Outcome:
    nothing = lambda *_: None  # noqa: E731
    with (
        patch.object(numbers, "frame_of", nothing),
        patch.object(objects, "frame_of", nothing),
        patch.object(tables, "frame_of", nothing),
    ):
        return read(data, request, part)


def is_json(data: bytes) -> bool:
    """Whether the strict reader takes this as a whole."""
    try:
        parsing.parse(data, "t.json")
    except InputError:
        return False
    return True


def rows_of(count: int, width: int = 3) -> list[list[float]]:
    return [[random.gauss(0, 2) for _ in range(width)] for _ in range(count)]


def written(rows: list[list[float]], way: str, **how: Any) -> bytes:
    """Rows of logits with a target each, in one of the shapes of documents."""
    targets = [i % 3 for i in range(len(rows))]
    named = [
        {**{f"c{k}": x for k, x in enumerate(row)}, "target": y} for row, y in zip(rows, targets, strict=True)
    ]
    return json.dumps(
        {
            "arrays": {"logits": rows, "targets": targets},
            "ids": {"targets": targets, "ids": [f'r "{i}", [' for i in range(len(rows))], "logits": rows},
            "objects": named,
            "lists": [{"logits": row, "target": y} for row, y in zip(rows, targets, strict=True)],
            "split": {
                "columns": ["c0", "c1", "c2", "target"],
                "index": list(range(len(rows))),
                "data": [[*row, y] for row, y in zip(rows, targets, strict=True)],
            },
            "deep": {
                "logits": [[[x, 0.5], [1, x], [x, x]] for x, *_ in rows],
                "targets": [[y, y] for y in targets],
            },
        }[way],
        **how,
    ).encode()


WAYS = ("arrays", "ids", "objects", "lists", "split", "deep")
STYLES: tuple[dict[str, Any], ...] = ({}, {"separators": (",", ":")}, {"indent": 2})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("how", STYLES)
def test_documents_are_read_in_parts_of_any_size(way: str, how: dict[str, Any]) -> None:
    rows = rows_of(40)
    data = written(rows, way, **how)
    found = read(data)
    assert not found.said
    shape, kind, bits = found.numbers[0]
    if way != "deep":
        np.testing.assert_array_equal(np.frombuffer(bits, kind).reshape(shape), rows)
    assert np.frombuffer(found.numbers[1][2], found.numbers[1][1]).reshape(40, -1)[:, 0].tolist() == [
        i % 3 for i in range(40)
    ]
    for part in some((1, 7, 64, 100, 1000), 3):
        assert read(data, part=part) == found
        assert strict(data, part=part) == found


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("how", STYLES)
def test_what_programs_write_is_read_by_arithmetic(way: str, how: dict[str, Any]) -> None:
    data = written(rows_of(3000), way, **how)
    parts = 1 << 14
    given_up: list[int] = []
    values = text.Piece.values

    def counted(piece: text.Piece) -> list[Any]:
        given_up.append(len(piece.data))
        return values(piece)

    with patch.object(text.Piece, "values", counted):
        assert not read(data, part=parts).said
    assert sum(given_up) < len(data) / 4 or way == "ids"


JSON_NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-5, 5).map(str),
    st.sampled_from(["-0", "1e5", "0.25", "9007199254740993", "12345678901234567890"]),
)
ODD = st.sampled_from(
    [
        "01",
        "+1",
        ".5",
        "5.",
        "1e999",
        "NaN",
        "null",
        "true",
        '"1"',
        "[]",
        "",
        "1 2",
        "[1]",
        "{}",
        '"a,\\"b"',
        "]",
    ]
)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    number = draw(st.sampled_from([JSON_NUMBERS, JSON_NUMBERS, st.one_of(JSON_NUMBERS, JSON_NUMBERS, ODD)]))
    comma = draw(st.sampled_from([",", ", ", " ,\n  "]))
    count = draw(st.integers(0, 4))
    rows = [
        "[" + comma.join(draw(number) for _ in range(draw(st.sampled_from([2, 2, 2, 3])))) + "]"
        for _ in range(count)
    ]
    targets = [draw(st.one_of(st.sampled_from(["0", "1"]), number)) for _ in range(count)]
    logits, labels = f"[{comma.join(rows)}]", f"[{comma.join(targets)}]"
    whole = draw(
        st.sampled_from(
            [
                f'{{"logits": {logits}, "targets": {labels}}}',
                f'{{"targets": {labels}, "logits": {logits}, "note": {{"a": [1, "]"]}}}}',
                f'{{"ids": {labels}, "logits": {logits}, "targets": {labels}}}',
                f'{{"columns": ["a", "target"], "data": {logits}}}',
                f'{{"data": {logits}, "columns": ["a", "target"]}}',
                "[" + comma.join(f'{{"a": {y}, "b": {y}, "target": {y}}}' for y in targets) + "]",
                "["
                + comma.join(f'{{"logits": {x}, "target": {y}}}' for x, y in zip(rows, targets, strict=False))
                + "]",
                logits,
            ]
        )
    )
    return whole.encode()


def verdict(found: Outcome) -> tuple[bool, Outcome]:
    """Whether it is refused, or what it comes to; of several errors, that of the first part is told."""
    return bool(found.said), Outcome() if found.said else found


@given(
    documents(), st.sampled_from([CLASSES, PAIRS, replace(CLASSES, allow_nonfinite=True)]), st.integers(1, 60)
)
def test_parts_and_frames_change_nothing(data: bytes, request: ReadRequest, part: int) -> None:
    found = read(data, request)
    assert verdict(read(data, request, part)) == verdict(found)
    assert verdict(strict(data, request, part)) == verdict(found)
    assert is_json(data) or found.said


@given(documents(), st.integers(0, 10**6), st.binary(max_size=2), st.integers(1, 60))
def test_a_change_anywhere_is_seen(data: bytes, at: int, other: bytes, part: int) -> None:
    at %= len(data)
    changed = data[:at] + other + data[at + 1 :]
    found = read(changed)
    assert bool(found.said) == bool(strict(changed, part=part).said) == bool(read(changed, part=part).said)
    assert is_json(changed) or found.said


@pytest.mark.parametrize("way", WAYS)
def test_a_document_cut_anywhere_is_refused(way: str) -> None:
    data = written(rows_of(4), way)
    for size in some(range(len(data)), 80):
        for part in (16, 1 << 20):
            assert read(data[:size], part=part).said


WRONG = {
    b'{"logits": [[0.0,0.0],[0.0,[1]],[0.0,0.0]], "targets": [0,0,0]}': ": $.logits[1][1]: expected a number",
    b'{"logits": [[1, 2]], "targets": [0], "logits": 1}': ':1:38: expected each key once, got "logits" twice',
    b'{"logits": [[1, 2]],\n "targets": [0]} x': ':2:18: expected JSON, got "x": Extra data',
    b'{"logits": [[1, 2]]}\n{"logits": 1}': ':2:1: expected JSON, got "{"lo',
    b'{"logits": [[1, 2], [3]], "targets": [0, 1]}': ": $.logits[1]: expected 2 values, got 1",
    b'{"logits": [[1, 2], [3, "4"]], "targets": [0]}': ": $.logits[1][1]: expected a number, got the text",
    b'{"targets": [0],\n"a": [1, 2}': ":2:11: expected JSON, got \"}\": Expecting ',' delimiter",
    b'{"logits" [[1, 2]]}': ":1:11: expected JSON, got \"[[1, 2]]}\": Expecting ':' delimiter",
    b'{"logits": [[1, 2]] "targets": [0]}': ":1:21: expected JSON, got ",
    '{"é": [[1, 2]], "é": 1}'.encode(): ':1:17: expected each key once, got "é" twice',
    b'{"logits": [[1, 2]], "x": "\xff"}': ": expected UTF-8, got the byte 0xff at offset 27",
    b"[" * 65: ": expected at most 64 levels of nesting, got more",
    b'{"logits": 1, "targets": [0, 2, 1]}': ": $.targets: Expected 1 target, one for each row of",
    b"[]": ": expected rows, got an empty list: no rows",
    b"[[1, 2]]": ": $: expected an object of arrays or a list of row objects, got a list of lists",
    b"7": ": $: expected an object of arrays or a list of row objects, got something else",
    b' {"schema": {}, "data": []}': ": $.data: expected row objects, as pandas writes with orient table,",
    b'{"schema": {}, "data": [1]}': ": $.data: expected row objects, as pandas writes with orient table,",
    b'{"a": {"u": 1, "v": 2}, "b": {"u": 3, "v": 4}}': ": $: expected arrays by name, got objects by name,",
}


@pytest.mark.parametrize(("data", "said"), WRONG.items())
def test_what_is_wrong_is_told_with_its_place(data: bytes, said: str) -> None:
    for part in (5, 1 << 20):
        assert read(data, part=part).said.partition(": t.json")[2].startswith(said)


def test_nesting_is_seen_before_the_document_is_read() -> None:
    class Endless(io.RawIOBase):
        size = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            buffer[:] = b"[" * len(buffer)
            self.size += len(buffer)
            return len(buffer)

    endless = Endless()
    with pytest.raises(InputError, match="at most 64 levels"):
        document.read(Stream("t.json", io.BufferedReader(endless)), CLASSES)
    assert endless.size < 4 << 20


@pytest.mark.parametrize("opening", [b'{"logits": [[1', b'{"note": "', b'{"note": {"a": 1', b"[{"])
def test_a_row_or_value_without_end_is_a_limit(opening: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(size) or b" " * (size or 1)

    monkeypatch.setattr(text.Text.__init__, "__defaults__", (1 << 20,))
    with pytest.raises(LimitError, match="at most 1 MiB for one row or value"):
        list(batches_of(document.read(Stream("t.json", Endless(opening)), CLASSES)))


def test_many_values_that_are_no_numbers_are_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "_MOST_ITEMS", 1000)
    data = json.dumps({"ids": ["x"] * 2000, "logits": [[1, 2]], "targets": [0]}).encode()
    with pytest.raises(LimitError, match="at most 1000 values that are no numbers"):
        document.read(opened(data), CLASSES)


def test_integers_stay_integers_until_a_later_part_is_none() -> None:
    whole = list(range(-500, 500))
    for values in (whole, [*whole, 0.5], [0.5, *whole], [2**59 + 1, *whole], [2**59 + 1, *whole, 1.5]):
        data = json.dumps(values).encode()
        for part in (64, 1 << 20):
            with patch.object(text, "_PART", part):
                found = document.read_values(opened(data), CLASSES)
            expected = np.array(values)
            assert found.dtype == expected.dtype
            assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    "rows", ['{"logits": [1, 2], "target": true}', '{"logits": [true, false], "target": 0}']
)
def test_truth_values_and_numbers_do_not_mix_across_rows(rows: str) -> None:
    number = '{"logits": [1, 2], "target": 0}'
    for data in (f"[{number}, {rows}]", f"[{rows}, {number}]"):
        for part in (1, 1 << 20):
            assert read(data.encode(), part=part).said


def test_truth_values_and_numbers_do_not_mix_across_parts() -> None:
    data = json.dumps([True] * 50 + [1]).encode()
    for part in (16, 1 << 20):
        with (
            patch.object(text, "_PART", part),
            pytest.raises(CelossError, match=r"\$\[50\]: expected true or false"),
        ):
            document.read_values(opened(data), CLASSES)
        with patch.object(text, "_PART", part):
            assert (
                document.read_values(opened(json.dumps([True, False] * 30).encode()), CLASSES).dtype == bool
            )


def test_an_object_of_notes_may_stand_beside_the_arrays(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.json"
    path.write_text('{"meta": {"epoch": 3}, "logits": [[2.0, 0.5], [1.0, 3.0]], "targets": [0, 1]}')
    assert run(["ce", str(path), "--format", "json"]) == 0
    told = json.loads(capfd.readouterr().out)
    due = (math.log1p(math.exp(-1.5)) + math.log1p(math.exp(-2))) / 2
    assert told["value"] == pytest.approx(due, rel=1e-15)
    assert told["input"]["columns"]["unused"] == ["meta"]
