"""Text is read in blocks of whole lines; what the size of a block must not change."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tables import Outcome, batches_of, outcome_of, read_table

from celoss_cli.read.json import lines
from celoss_cli.read.request import ReadRequest, Settled, Stream
from celoss_cli.read.text import blocks

REQUEST = ReadRequest(per_class=True, takes="logits")
SIZES = [*range(1, 60), 1 << 20]


def stream(data: bytes) -> Any:
    return Stream("t.jsonl", io.BytesIO(data))  # type: ignore[arg-type]


def row_objects(data: bytes) -> Outcome:
    request = replace(REQUEST, settled=Settled())
    return outcome_of(lambda: lines.read(stream(data), request))


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1, "b": 2.5, "y": 0}\n{"a": -1e3, "b": 4, "y": 1}\n{"a": 0, "b": 7, "y": 1}\n',
        b'{"a": 1, "b": 2.5, "y": 0}\n{"a": -1e3, "b": "x", "y": 1}\n',
        b'{"logits": [1, 2], "y": 0, "weight": 2}\n{"logits": [3, 4], "y": 1, "weight": 0.5}\n\n\n',
        b'{"a": 1, "b": 2, "y": 0}\n\n{"a": 3, "b": 4, "y": 1}\n',
        b'{"a": 1, "b": 2, "y": 0}\n{"a": 3, "b": 4}\n',
        b'{"a": 1, "b": 2, "y": 0}\n{"a": 3, "b": 4, "y": 1}',
    ],
)
def test_row_objects_are_the_same_in_blocks_of_any_size(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = row_objects(data)
    for size in SIZES:
        monkeypatch.setattr(blocks, "_BLOCK_BYTES", size)
        assert row_objects(data) == whole, size


def test_a_weight_of_row_objects_weighs_the_row() -> None:
    data = b'{"logits": [1, 2], "y": 0, "weight": 2}\n{"logits": [3, 4], "y": 1, "weight": 0.5}\n'
    (batch,) = batches_of(lines.read(stream(data), replace(REQUEST, settled=Settled())))
    assert batch.aligned["sample weight"].tolist() == [2, 0.5]


def test_half_a_character_at_the_end_is_refused() -> None:
    data = "a,b,target\n1,2,0\n".encode("utf-16") + b"\x31"
    found = read_table(data, replace(REQUEST, encoding="utf-16"))
    assert found.said == "InputError: t.csv:3: expected text in utf-16, got other bytes"


@pytest.mark.parametrize("size", [8, 20, 1 << 20])
def test_rows_are_skipped_and_counted_in_any_block(size: int) -> None:
    data = b"a,b,target\n1,2,0\n,4,1\n5,NA,0\n7,8,1\n9,10,0\n"
    found = read_table(data, replace(REQUEST, missing="skip"), block=size)
    assert found.numbers[0][2] == np.array([[1, 2], [7, 8], [9, 10.0]]).tobytes()
    assert (found.skipped, found.names[2]) == (2, ["t.csv:2", "t.csv:5", "t.csv:6"])


@pytest.mark.parametrize(
    "data",
    [b"a" * (17 << 20), b"a,b,y\n1,2,0\n" + b"1" * (17 << 20) + b"\n", b"a,b,y\n" + b"\n" * (17 << 20)],
    ids=["header", "row", "blank lines"],
)
def test_what_never_ends_is_a_limit(data: bytes) -> None:
    assert "at most 16 MiB" in read_table(data, REQUEST, block=4 << 20).said


def test_a_newline_within_a_cell_makes_no_two_numbers() -> None:
    found = read_table(b'a,b,y\n"0\n.9",1,0\n0.5,2,1\n', REQUEST)
    assert found.said.startswith('InputError: t.csv:2:1: expected a number in column "a", got "0\\x0a.9"')


def test_every_file_of_a_data_set_is_read_by_one_decision() -> None:
    request = replace(REQUEST, settled=Settled())
    (one,) = batches_of(lines.read(stream(b'{"c1": 1, "c2": 0, "y": 0}\n'), request))
    (two,) = batches_of(lines.read(stream(b'{"c1": 1, "c2": 0, "y": 1}\n'), request))
    assert (one.target.tolist(), two.target.tolist()) == ([0], [1])
