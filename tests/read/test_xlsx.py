"""Excel's workbooks, written by openpyxl."""

from __future__ import annotations

import datetime
import io
import random
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tables import batches_of

from celoss_cli.core.errors import CelossError, InputError, LimitError
from celoss_cli.read import format_of, xlsx
from celoss_cli.read.request import ColumnChoice, Dataset, ReadRequest, Stream

openpyxl = pytest.importorskip("openpyxl")
pytest.importorskip("python_calamine")

CLASSES = ReadRequest(per_class=True, takes="logits")
HEADER = ("a", "b", "target")
NAMED = ReadRequest(per_class=True, takes="logits", columns=ColumnChoice(classes="a,b", target="target"))


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    def save(rows: Sequence[Sequence[Any]], *others: str, first: str = "A1") -> Path:
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = "scores"
        corner = sheet[first]
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                sheet.cell(corner.row + i, corner.column + j, value)
        for name in others:
            book.create_sheet(name)
        book.save(tmp_path / "p.xlsx")
        return tmp_path / "p.xlsx"

    return save


Save = Callable[..., Path]


def opened(path: Path) -> Stream:
    return Stream(str(path), io.BytesIO(path.read_bytes()))


def dataset_of(path: Path, request: ReadRequest = CLASSES) -> Dataset:
    return xlsx.read(opened(path), request.again())


def rows_of(path: Path, request: ReadRequest = CLASSES) -> Any:
    (batch,) = batches_of(dataset_of(path, request))
    return batch


def refusal(path: Path, request: ReadRequest = CLASSES) -> str:
    with pytest.raises(InputError) as caught:
        rows_of(path, request)
    return str(caught.value).removeprefix(f"{path}: ")


def test_numbers_keep_their_bits(save: Save) -> None:
    # openpyxl writes 16 digits
    numbers = [random.gauss(0, 10.0 ** random.randint(-9, 9)) for _ in range(200)]
    numbers += [0.1, 5e-324, -2.5, 1 / 3]
    numbers = [float(f"{x:.16g}") for x in numbers]
    batch = rows_of(save([HEADER, *((x, -x, 0) for x in numbers)]))
    np.testing.assert_array_equal(batch.input, [[x, -x] for x in numbers])
    assert batch.input.dtype == np.float64


def test_cells_play_their_roles_by_their_types(save: Save) -> None:
    day = datetime.date(2024, 2, 29)
    path = save(
        [
            ("id", "cat", "dog", "target", "taken", "comment"),
            (17, 1.5, 2, "dog", day, "hm"),
            ("x-1", -3, 0.25, "cat", day, None),
        ]
    )
    dataset = dataset_of(path)
    (batch,) = batches_of(dataset)
    assert batch.ids == ["17", "x-1"]
    np.testing.assert_array_equal(batch.input, [[1.5, 2], [-3, 0.25]])
    np.testing.assert_array_equal(batch.target, [1, 0])
    assert dataset.described["columns"]["unused"] == ["taken", "comment"]


def test_whole_numbers_are_indices_and_one_hot(save: Save) -> None:
    np.testing.assert_array_equal(rows_of(save([HEADER, (1, 2, 1), (3, 4, 0)])).target, [1, 0])
    request = ReadRequest(per_class=True, takes="logits", columns=ColumnChoice(classes="a,b", target="ta,tb"))
    batch = rows_of(save([("a", "b", "ta", "tb"), (1.5, 2, 0, 1)]), request)
    np.testing.assert_array_equal(batch.target, [[0, 1]])
    assert batch.target.dtype == np.int64


def test_truth_values_are_targets_of_a_binary_loss(save: Save) -> None:
    request = ReadRequest(per_class=False, takes="logits")
    batch = rows_of(save([("score", "target"), (0.5, True), (1.5, False)]), request)
    np.testing.assert_array_equal(batch.target, [1, 0])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((1, "2.5", 0), 'scores!B3: expected a number in column "b", got the text "2.5"'),
        ((1, "2.5x", 0), 'scores!B3: expected a number in column "b", got "2.5x"'),
        ((1, None, 0), 'scores!B3: expected a number in column "b", got ""'),
        ((None, None, None), 'scores!A3: expected a number in column "a", got ""'),
        ((1, datetime.date(2024, 2, 29), 0), 'scores!B3: expected a number in column "b", got "2024-02-29"'),
        ((1, True, 0), 'scores!B3: expected a number in column "b", got "true"'),
        ((1, 2, 0.5), 'scores!C3: expected a class index, got "0.5"'),
        ((1, 2, 0, 7), "scores row 3: expected 3 values, got 4"),
        ((1, "=1/0", 0), 'scores!B3: expected a number in column "b", got ""'),
    ],
)
def test_what_is_no_number_is_refused_with_its_cell(row: Sequence[Any], said: str, save: Save) -> None:
    assert refusal(save([HEADER, (1.5, 2.5, 0), row, (1.5, 2.5, 0)]), NAMED).startswith(said)


def test_rows_with_empty_cells_are_skipped_where_that_is_asked(save: Save) -> None:
    request = ReadRequest(per_class=True, takes="logits", missing="skip")
    batch = rows_of(save([HEADER, (1, 2, 0), (1, None, 0), (None, None, None), (3, 4, 1)]), request)
    assert (len(batch), batch.skipped) == (2, 2)


def test_empty_rows_at_the_end_and_before_the_header_are_nothing(save: Save) -> None:
    batch = rows_of(save([HEADER, (1.5, 2, 0), (" ",)][:2], first="C4"))
    assert len(batch) == 1
    assert batch.place(0).endswith("p.xlsx: scores row 5")
    assert refusal(save([HEADER, (1.5, 2, 0), (1.5, "x", 0)], first="C4"), NAMED).startswith("scores!D6: ")


def test_the_first_sheet_is_read_and_the_others_are_named(save: Save) -> None:
    described = dataset_of(save([HEADER, (1, 2, 0)], "more", "notes")).described
    assert described["columns"]["notes"] == [
        'of several sheets the first is read, "scores", and not "more", "notes"'
    ]
    assert "notes" not in dataset_of(save([HEADER, (1, 2, 0)])).described["columns"]


def test_a_sheet_is_targets_or_an_array(save: Save) -> None:
    path = save([("id", "target"), ("r1", 1), ("r2", 0)])
    table = xlsx.read_columns(opened(path), CLASSES)
    assert (table.columns.texts(0), table.columns.texts(1)) == (["r1", "r2"], ["1", "0"])
    path = save([("x", "y"), (1.5, 2), (3, 4)])
    np.testing.assert_array_equal(xlsx.read_values(opened(path), CLASSES), [[1.5, 2], [3, 4]])


@pytest.mark.parametrize(
    ("rows", "said"),
    [([], "expected a header, got a workbook without cells: no rows")],
)
def test_a_sheet_without_cells_is_refused(rows: Sequence[Sequence[Any]], said: str, save: Save) -> None:
    assert refusal(save(rows)) == said


def test_a_workbook_is_known_by_its_name_or_its_first_bytes(save: Save) -> None:
    path = save([HEADER, (1, 2, 0)])
    assert format_of(str(path), b"", None).name == "xlsx"
    assert format_of("-", path.read_bytes()[:64], None).name == "xlsx"
    archive = io.BytesIO()
    np.savez(archive, xl=np.arange(3))
    assert format_of("-", archive.getvalue()[:64], None).name == "npz"


def test_a_pipe_is_read_as_the_file(save: Save) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    data = save([HEADER, (1, 2, 1)]).read_bytes()
    (batch,) = batches_of(xlsx.read(Stream("-", Pipe(data)), CLASSES))
    np.testing.assert_array_equal(batch.target, [1])


def packed(path: Path, sheet: bytes) -> Path:
    """The workbook with other bytes as its sheet."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    parts["xl/worksheets/sheet1.xml"] = sheet
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in parts.items():
            book.writestr(name, data)
    return path


SHEET = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s'
    b"</sheetData></worksheet>"
)


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        (b" " * (9 << 20), "expected a workbook of at most 8 MiB when it is unpacked, got more"),
        (
            SHEET
            % b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
            "expected a sheet of at most 16777216 cells, got cells that span 17179869184",
        ),
        (
            SHEET % b"<row><c r='A1'><v>1</v></c><c\nr = 'ZZ900000'><v>1</v></c></row>",
            "expected a sheet of at most 16777216 cells, got cells that span 631800000",
        ),
    ],
)
def test_a_workbook_that_swells_is_a_limit(
    sheet: bytes, said: str, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "_MOST_BYTES", 8 << 20)
    path = packed(save([HEADER, (1, 2, 0)]), sheet)
    with pytest.raises(LimitError) as caught:
        rows_of(path)
    assert str(caught.value).removeprefix(f"{path}: ").startswith(said)
    assert caught.value.exit_code == 5


def test_a_broken_workbook_is_read_or_refused(save: Save) -> None:
    data = save([HEADER, (1.5, 2, 0), (3, "x", 1)]).read_bytes()
    random.seed(7)
    for _ in range(100):
        broken = bytearray(data)
        for _ in range(random.randint(1, 3)):
            broken[random.randrange(len(data))] = random.randrange(256)
        del broken[random.choice([len(data), random.randrange(len(data))]) :]
        with pytest.raises(CelossError) as caught:
            list(batches_of(xlsx.read(Stream("p.xlsx", io.BytesIO(broken)), CLASSES)))
        assert str(caught.value)
