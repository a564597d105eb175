"""Tables and row objects: the code reads the rows and picks the columns by name."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from celoss_cli.core.numbers import is_number
from celoss_cli.core.records import record
from celoss_cli.losses.base import ONE_HOT_READ
from celoss_cli.read import TABLES
from celoss_cli.read.roles.targets import BY_NAME
from celoss_cli.studies.emit.literals import DataCode, Values, string, strings
from celoss_cli.studies.emit.reading import Reading, kind_of, opened, opening

if TYPE_CHECKING:
    from celoss_cli.losses.base import Loss
    from celoss_cli.report.report import Report

__all__ = ["row_code"]


@record(frozen=True, slots=True)
class _Rows:
    """Rows as mappings from names to cells.

    Attributes:
        imports: what the lines need.
        lines: the statements that make ``rows``.
        first: the first row.
        decimal: the decimal mark of its cells.

    """

    imports: tuple[str, ...]
    lines: tuple[str, ...]
    first: Mapping[str, object]
    decimal: str = "."

    def number(self, key: str) -> str:
        """The expression for a cell as a number; ``key`` is an expression."""
        return f"float(row[{key}])" if self.decimal == "." else f'float(row[{key}].replace(",", "."))'

    def answer(self, key: str, name: str) -> str:
        """The same for a cell of a column that may say true or false."""
        cell = self.first[name]
        if isinstance(cell, str) and cell.strip().lower() in ("true", "false"):
            return f'row[{key}].strip().lower() == "true"'
        return self.number(key)

    def label(self, name: str) -> str:
        """A cell as a name."""
        is_text = isinstance(self.first[name], str)
        return f"row[{string(name)}].strip()" if is_text else f"str(row[{string(name)}])"


def row_code(reading: Reading, report: Report, loss: Loss) -> DataCode | None:
    """The code for a table or row objects of single values, or None for any other data."""
    columns = report.source["columns"]
    inputs, target, weight = columns["inputs"], columns["target"], columns["weight"]
    if reading.input is not None or reading.target is not None:
        return None
    targets = target if isinstance(target, list) else [str(target)]
    names = [*inputs, *targets, *([weight] if weight else [])]
    rows = _rows(reading, names)
    if rows is None or not all(isinstance(rows.first.get(name, []), str | int | float) for name in names):
        return None
    if BY_NAME in report.source["conversions"] and (report.tally.ignored or not loss.per_class):
        return None  # what is left out is no name
    listed, input = [], rows.number(string(inputs[0]))
    if loss.per_class or len(inputs) > 1:
        listed, input = [f"columns = {strings(inputs)}"], f"[{rows.number('name')} for name in columns]"
    one_or_many = _one_target if len(targets) == 1 else _many_targets
    extra, answer, indices = one_or_many(rows, report, loss, targets)
    return DataCode(
        input=Values(_each(input)),
        target=Values(_each(answer), indices=indices),
        sample_weight=Values(_each(rows.number(string(weight)))) if weight else None,
        imports=rows.imports,
        lines=(*rows.lines, *listed, *extra),
    )


def _each(cell: str) -> str:
    return f"[{cell} for row in rows]"


def _one_target(rows: _Rows, report: Report, loss: Loss, names: Sequence[str]) -> tuple[list[str], str, bool]:
    """Further lines, the expression of a row's target, and whether it is a class index."""
    (name,), key = names, string(names[0])
    if loss.per_class and BY_NAME in report.source["conversions"]:
        labels = list(report.labels or ())
        if all(map(is_number, labels)):
            return [f"classes = {[*map(float, labels)]}"], f"classes.index({rows.number(key)})", True
        if labels == report.source["columns"]["inputs"]:
            return [], f"columns.index({rows.label(name)})", True
        return [f"classes = {strings(labels)}"], f"classes.index({rows.label(name)})", True
    answer = rows.answer(key, name)
    whole = f"int({answer})" if loss.per_class and answer.startswith("float") else answer
    return [], whole, loss.per_class


def _many_targets(rows: _Rows, report: Report, _: Loss, names: Sequence[str]) -> tuple[list[str], str, bool]:
    """The same for a column of targets for each column of the input."""
    one_hot = ONE_HOT_READ in report.source["conversions"]
    cells = f"[{rows.answer('name', names[0])} for name in answers]"
    return [f"answers = {strings(names)}"], f"{cells}{'.index(1)' if one_hot else ''}", one_hot


# -------------------------------------------------------------------------------------------- the rows


def _rows(reading: Reading, names: Sequence[str]) -> _Rows | None:
    """The rows of the files, of which these columns are read."""
    kinds = {kind_of(path, reading.input_format) for path in reading.files}
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind in TABLES:
        return _table(reading, reading.delimiter or ("\t" if kind == "tsv" else ","))
    if kind == "jsonl":
        with opened(reading.files[0]) as file:
            return _objects(reading, "[json.loads(line) for line in file]", json.loads(file.readline()))
    return _document(reading, names) if kind == "json" else None


def _table(reading: Reading, delimiter: str) -> _Rows:
    options = [] if delimiter == "," else [f"delimiter={string(delimiter)}"]
    with opened(reading.files[0], reading.encoding) as file:
        records = csv.reader(file, delimiter=delimiter)
        names = cells = next(records)
        if reading.header:
            cells = next(records)
        else:
            names = [str(number) for number in range(1, len(cells) + 1)]
            options.insert(0, f"[str(number) for number in range(1, {len(cells) + 1})]")
    imports, lines = _reading(reading, f"csv.DictReader({', '.join(['file', *options])})", 'newline=""')
    first = dict(zip(names, cells, strict=False))
    return _Rows(("import csv", *imports), lines, first, reading.decimal)


def _document(reading: Reading, names: Sequence[str]) -> _Rows | None:
    """The rows of a JSON document: a list of objects, or one of pandas' other orientations."""
    with opened(reading.files[0]) as file:
        document = json.load(file)
    if isinstance(document, list):
        return _objects(reading, "json.load(file)", document[0])
    found = None if len(reading.files) > 1 else _split(document) or _oriented(document, names)
    if found is None:
        return None
    lines, first = found
    imports, opening = _reading(reading, "json.load(file)")
    return _Rows(("import json", *imports), (opening[0], "    table = json.load(file)", *lines), first)


_Lines = tuple[Sequence[str], Mapping[str, object]]
"""The lines that make ``rows`` of ``table``, and the first row."""


def _split(document: Any) -> _Lines | None:
    """Of a table whose names of columns and rows stand apart."""
    if not {"columns", "data"} <= document.keys():
        return None
    first = dict(zip(document["columns"], document["data"][0], strict=True))
    return ['rows = [dict(zip(table["columns"], row)) for row in table["data"]]'], first


def _oriented(document: Mapping[str, object], names: Sequence[str]) -> _Lines | None:
    """Of a table by rows or by columns that has these columns.

    None for columns that are arrays as they are, for a table that reads both ways, and for any other object.
    """
    rows = [row for row in document.values() if isinstance(row, dict)]
    by_row = len(rows) == len(document) > 0 and rows[0].keys() >= {*names}
    by_column = document.keys() >= {*names}
    if by_row or not by_column:
        return (["rows = list(table.values())"], rows[0]) if by_row and not by_column else None
    needed, columns = f"needed = {strings(names)}", [document[name] for name in names]
    keyed = [column for column in columns if isinstance(column, dict) and column]
    if len(keyed) == len(columns):
        each = "{name: table[name][key] for name in needed}"
        first = [column.get(next(iter(keyed[0]))) for column in keyed]
        return [needed, f"rows = [{each} for key in table[needed[0]]]"], dict(zip(names, first, strict=True))
    listed = [column for column in columns if isinstance(column, list) and column]
    if len(listed) == len(columns) > _ARRAYS:
        each = "dict(zip(needed, row)) for row in zip(*(table[name] for name in needed))"
        first = [column[0] for column in listed]
        return [needed, f"rows = [{each}]"], dict(zip(names, first, strict=True))
    return None


_ARRAYS = 2
"""So few columns, an input and a target, are arrays as they are."""


def _objects(reading: Reading, expression: str, first: object) -> _Rows | None:
    if not isinstance(first, dict):
        return None
    imports, lines = _reading(reading, expression)
    return _Rows(("import json", *imports), lines, first)


def _reading(reading: Reading, records: str, *extra: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The imports, and the lines that read the records of all files into ``rows``."""
    path, *others = reading.files
    written = "path" if others else string(path)
    imports, expression = opening(path, written, reading.encoding, *extra)
    if not others:
        whole = f"list({records})" if "Reader" in records else records
        return imports, (f"with {expression} as file:", f"    rows = {whole}")
    loop = ("rows = []", f"for path in {strings(reading.files)}:")
    return imports, (*loop, f"    with {expression} as file:", f"        rows += {records}")
