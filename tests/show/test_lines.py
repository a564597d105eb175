"""Lines from columns are those that ``csv`` and ``json`` write of the same values one by one."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import celoss

from celoss_cli.show import FORMATS, Style, parquet
from celoss_cli.show.blocks import View
from celoss_cli.show.data import Columns, Words
from celoss_cli.show.document import Document
from celoss_cli.show.fields import integers, reals

NONFINITE = (b"nan", b"inf", b"-inf")
FLOATS = st.lists(st.floats() | st.floats(0, 50) | st.integers(-300, 300).map(lambda k: 10.0**k), min_size=1)


def written(field: Any) -> list[str]:
    return [row.tobytes().replace(b"\0", b"").decode() for row in np.ascontiguousarray(field)]


@given(FLOATS)
def test_numbers_are_written_as_by_repr(values: list[float]) -> None:
    assert written(reals(np.array(values), NONFINITE)) == list(map(repr, values))
    assert written(reals(np.array(values[:1] * 3), NONFINITE)) == [repr(values[0])] * 3


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-20, 20), min_size=1))
def test_whole_numbers_are_written_as_by_str(values: list[int]) -> None:
    assert written(integers(np.array(values, np.int64))) == list(map(str, values))


def rendered(format: str, names: tuple[str, ...], *columns: Any) -> str:
    return written_as(format, names, *columns).decode()


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("rows", [3, 20_000])
def test_a_word_by_its_number_is_written_as_the_word_itself(format: str, rows: int) -> None:
    pa = pytest.importorskip("pyarrow.parquet") if format == "parquet" else None
    words = ["cat", "dog", None, "=1", 'a "b", c', "-1", *map(str, range(3000))]
    codes, losses = np.arange(rows) * 7 % len(words), np.arange(rows) / 4
    names = ("row", "class", "loss")
    found, expected = (
        written_as(format, names, np.arange(rows), column, losses)
        for column in (Words(codes, words), [words[code] for code in codes])
    )
    if pa is None:
        assert found == expected
    else:
        tables = [pa.read_table(io.BytesIO(data)) for data in (found, expected)]
        assert tables[0].equals(tables[1])


def written_as(format: str, names: tuple[str, ...], *columns: Any) -> bytes:
    document = Document(
        view=lambda: View("", (), ()), values=lambda _: {}, records=lambda: Columns(names, [columns])
    )
    render = parquet.render if format == "parquet" else FORMATS[format].render
    parts = render(document, Style())
    return b"".join(part if isinstance(part, bytes) else part.encode() for part in parts)


ROWS = st.lists(
    st.tuples(
        st.integers(0, 10**6), st.text(max_size=8), st.floats(), st.lists(st.floats(), min_size=2, max_size=2)
    ),
    min_size=1,
)
NAMES = ("row", "id", "loss", "target", "nothing", "ignored")


@given(ROWS)
def test_lines_of_any_values_are_read_back(rows: list[tuple[int, str, float, list[float]]]) -> None:
    numbers, ids, losses, targets = (list(column) for column in zip(*rows, strict=True))
    columns = (np.array(numbers), ids, np.array(losses), np.array(targets), None, np.array(numbers) % 2 == 0)
    lines = rendered("jsonl", NAMES, *columns).split("\n")[:-1]
    finite = [value if math.isfinite(value) else None for value in losses]
    limits = [None if math.isfinite(value) else str(value) for value in losses]
    pairs = [[value if math.isfinite(value) else None for value in both] for both in targets]
    for line, n, name, loss, both, limit in zip(lines, numbers, ids, finite, pairs, limits, strict=True):
        values = (n, name, loss, both, None, n % 2 == 0, limit)
        assert line == json.dumps(dict(zip([*NAMES, "nonfinite"], values, strict=True)))
    table = list(csv.reader(io.StringIO(rendered("csv", NAMES, *columns), newline="")))
    assert table[0] == list(NAMES)
    for cells, n, loss, both in zip(table[1:], numbers, losses, targets, strict=True):
        assert [cells[0], *cells[2:]] == [
            str(n),
            repr(loss),
            " ".join(map(repr, both)),
            "",
            str(n % 2 == 0).lower(),
        ]


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("a-b c", "a-b c"),
        ("-1", "'-1"),
        ("=x", "'=x"),
        ("a,b", '"a,b"'),
        ("", ""),
        (" a", " a"),
        ("\n", r"\x0a"),
    ],
)
def test_names_that_a_spreadsheet_would_run_are_marked(name: str, cell: str) -> None:
    assert rendered("csv", ("row", "id"), np.array([0, 1]), [name, "b"]) == f"row,id\n0,{cell}\n1,b\n"


def test_a_long_name_among_many_rows_takes_little_memory() -> None:
    ids = ["a"] * 5000 + ["b" * 100_000] + ["c"] * 5000
    assert rendered("csv", ("row", "id"), np.arange(10_001), ids).split("\n")[5001] == f"5000,{ids[5000]}"


@pytest.mark.parametrize("format", ["csv", "jsonl", "value"])
def test_elements_within_rows_have_their_place(format: str, tmp_path: Any) -> None:
    rng = np.random.default_rng(1)
    np.save(tmp_path / "x.npy", rng.normal(size=(3, 4, 2, 2)))
    np.save(tmp_path / "y.npy", rng.integers(0, 4, (3, 2, 2)))
    values = ("--logits", "@x.npy", "--targets", "@y.npy")
    lines = celoss("ce", *values, "--reduction=none", "--format", format, cwd=tmp_path).stdout.splitlines()
    if format == "csv":
        assert [line.split(",")[5] for line in lines[1:5]] == ["0 0", "0 1", "1 0", "1 1"]
    elif format == "jsonl":
        assert [json.loads(line)["index"] for line in lines[4:8]] == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert len(lines) == 12 + (format == "csv")
