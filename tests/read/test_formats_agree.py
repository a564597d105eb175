"""The format of a table changes neither the number nor which column is what."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import celoss

Table = Mapping[str, Sequence[Any]]

TEXTS = st.sampled_from(["red", "blue", "green", "a b", "x,y"])
NUMBERS = st.floats(-3, 3).map(lambda value: round(round(value, 3) + 0.0005, 4))  # workbooks hold 15 digits
FRACTIONS = st.integers(1, 999).map(lambda value: value / 1000)


def rows_of(table: Table) -> list[dict[str, Any]]:
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]


def delimited(mark: str) -> Callable[[Path, Table], None]:
    def write(path: Path, table: Table) -> None:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=mark, lineterminator="\n")
        writer.writerows([list(table), *zip(*table.values(), strict=True)])
        path.write_text(text.getvalue())

    return write


def as_lines(path: Path, table: Table) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows_of(table)))


def as_objects(path: Path, table: Table) -> None:
    path.write_text(json.dumps(rows_of(table)))


def as_split(path: Path, table: Table) -> None:
    data = [list(row.values()) for row in rows_of(table)]
    path.write_text(json.dumps({"columns": list(table), "data": data}))


def as_parquet(path: Path, table: Table) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pa.table({name: list(values) for name, values in table.items()}), path)


def as_workbook(path: Path, table: Table) -> None:
    pytest.importorskip("python_calamine")
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in [list(table), *map(list, zip(*table.values(), strict=True))]:
        book.active.append(row)
    book.save(path)


def as_arrays(path: Path, table: Table) -> None:
    np.savez(path, **{name: np.array(values) for name, values in table.items()})  # type: ignore[arg-type]


FORMATS: dict[str, Callable[[Path, Table], None]] = {
    "t.csv": delimited(","),
    "s.csv": delimited(";"),
    "t.tsv": delimited("\t"),
    "t.jsonl": as_lines,
    "t.json": as_objects,
    "split.json": as_split,
    "t.parquet": as_parquet,
    "t.xlsx": as_workbook,
}


def read(folder: Path, loss: str, name: str, table: Table) -> tuple[Any, ...]:
    """The number with the names of input and target, or that it is refused."""
    FORMATS.get(name, as_arrays)(folder / name, table)
    done = celoss(loss, name, "--json", cwd=folder)
    if done.returncode:
        assert done.returncode == 3, done.stderr
        return ("refused",)
    report = json.loads(done.stdout)
    columns = report["input"]["columns"]
    return report["value"], columns["inputs"], columns["target"]


def columns_beside(rows: int) -> st.SearchStrategy[Table]:
    def column(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
        return st.lists(values, min_size=rows, max_size=rows)

    return st.fixed_dictionaries(
        {},
        optional={
            "id": st.just([f"r{i}" for i in range(rows)]),
            "fold": column(st.integers(0, 2)),
            "colour": column(TEXTS),
            "age": column(st.integers(18, 90)),
        },
    )


@st.composite
def of_classes(draw: st.DrawFn) -> Table:
    rows = draw(st.integers(3, 6))
    prefix = draw(st.sampled_from(["", "p_", "logit_", "class "]))
    names = draw(st.sampled_from([["cat", "dog", "eel"], ["0", "1", "2"], ["A", "B", "C", "D"]]))
    table = {f"{prefix}{n}": draw(st.lists(NUMBERS, min_size=rows, max_size=rows)) for n in names}
    named = names[0] != "0" and draw(st.booleans())  # numbers in quotation marks are no numbers in JSON
    answers = st.sampled_from(names) if named else st.integers(0, len(names) - 1)
    target = draw(st.sampled_from(["label", "y_true", "species", "truth"]))
    table[target] = draw(st.lists(answers, min_size=rows, max_size=rows))
    return shuffled(draw, {**table, **draw(columns_beside(rows))})


@st.composite
def of_answers(draw: st.DrawFn, *, texts: bool = True) -> Table:
    rows = draw(st.integers(3, 6))
    answers = draw(st.sampled_from([(0, 1), ("no", "yes"), ("benign", "malignant")] if texts else [(0, 1)]))
    table: dict[str, Any] = {
        draw(st.sampled_from(["prob", "p_1", "score", "x"])): draw(
            st.lists(FRACTIONS, min_size=rows, max_size=rows)
        ),
        draw(st.sampled_from(["label", "y", "churn"])): draw(
            st.lists(st.sampled_from(answers), min_size=rows, max_size=rows)
        ),
    }
    if draw(st.booleans()):
        table["prediction"] = draw(st.lists(st.integers(0, 1), min_size=rows, max_size=rows))
    return shuffled(draw, {**table, **(draw(columns_beside(rows)) if texts else {})})


def shuffled(draw: st.DrawFn, table: Table) -> Table:
    return {name: table[name] for name in draw(st.permutations(list(table)))}


@pytest.mark.slow
@pytest.mark.parametrize(("loss", "tables"), [("ce", of_classes()), ("bce", of_answers())])
def test_the_format_changes_nothing(loss: str, tables: st.SearchStrategy[Table], tmp_path: Path) -> None:
    @settings(max_examples=40, deadline=None, derandomize=True)
    @given(tables)
    def each(table: Table) -> None:
        found = {name: read(tmp_path, loss, name, table) for name in FORMATS}
        assert len(set(map(str, found.values()))) == 1, found

    each()


@pytest.mark.slow
def test_arrays_by_name_are_read_as_the_columns_of_a_table(tmp_path: Path) -> None:
    @settings(max_examples=40, deadline=None, derandomize=True)
    @given(of_answers(texts=False))
    def each(table: Table) -> None:
        value, *_ = read(tmp_path, "bce", "t.npz", table)
        assert value == read(tmp_path, "bce", "t.csv", table)[0]

    each()
