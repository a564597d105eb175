"""Tables and row objects: the code reads the rows and picks the columns by name."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from celoss_cli.core.records import record
from celoss_cli.read import TABLES
from celoss_cli.read.roles.targets import BY_NAME
from celoss_cli.read.text.numbers import is_number
from celoss_cli.studies.emit.literals import string
from celoss_cli.studies.emit.problem import DataCode, Values
from celoss_cli.studies.emit.reading import Reading, kind_of, opened, opening

if TYPE_CHECKING:
    from celoss_cli.losses.base import Loss
    from celoss_cli.report.report import Report

__all__ = ["row_code"]

_ONE_HOT = "one-hot rows of integers read as class indices"


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
    first: Mapping[str, Any]
    decimal: str = "."

    def number(self, name: str) -> str:
        """A cell as a number; ``name`` is an expression."""
        return f"float(row[{name}])" if self.decimal == "." else f'float(row[{name}].replace(",", "."))'

    def spelled(self, name: str) -> str:
        """A cell that says true or false; ``name`` is an expression."""
        return f'row[{name}].strip().lower() == "true"'

    def label(self, name: str) -> str:
        """A cell as a name."""
        is_text = isinstance(self.first[name], str)
        return f"row[{string(name)}].strip()" if is_text else f"str(row[{string(name)}])"

    def is_spelled(self, name: str) -> bool:
        """Whether the first cell of a column is the text true or false."""
        cell = self.first[name]
        return isinstance(cell, str) and cell.strip().lower() in ("true", "false")

    def has(self, names: Sequence[str]) -> bool:
        """Whether there are these columns, of single values."""
        return all(name in self.first and not isinstance(self.first[name], list) for name in names)


def row_code(reading: Reading, report: Report, loss: Loss) -> DataCode | None:
    """The code for a table or row objects of single values, or None for any other data."""
    columns = report.source["columns"]
    inputs, target, weight = columns["inputs"], columns["target"], columns["weight"]
    if reading.input is not None or reading.target is not None:
        return None
    rows = _rows(reading)
    targets = target if isinstance(target, list) else [target]
    if rows is None or not rows.has([*inputs, *targets, *([weight] if weight else [])]):
        return None
    if BY_NAME in report.source["conversions"] and report.tally.ignored:
        return None  # what is left out is no name
    if loss.per_class or len(inputs) > 1:
        listed, input = (
            [f"columns = {string(inputs)}"],
            f"[[{rows.number('name')} for name in columns]{_EACH}",
        )
    else:
        listed, input = [], f"[{rows.number(string(inputs[0]))}{_EACH}"
    if len(targets) == 1:
        extra, values = _one_target(rows, report, loss, targets[0])
    else:
        extra, values = _many_targets(rows, report, targets)
    return DataCode(
        input=Values(input),
        target=values,
        sample_weight=Values(f"[{rows.number(string(weight))}{_EACH}") if weight else None,
        imports=rows.imports,
        lines=(*rows.lines, *listed, *extra),
    )


_EACH = " for row in rows]"


def _one_target(rows: _Rows, report: Report, loss: Loss, name: str) -> tuple[list[str], Values]:
    """Further lines, and the values of the one column of targets."""
    if loss.per_class and BY_NAME in report.source["conversions"]:
        labels, inputs = list(report.labels or ()), report.source["columns"]["inputs"]
        if all(map(is_number, labels)):
            classes = f"classes = {[float(label) for label in labels]}"
            return [classes], Values(f"[classes.index({rows.number(string(name))}){_EACH}", indices=True)
        classes = "columns" if labels == inputs else "classes"
        lines = [] if labels == inputs else [f"classes = {string(labels)}"]
        return lines, Values(f"[{classes}.index({rows.label(name)}){_EACH}", indices=True)
    if rows.is_spelled(name):
        return [], Values(f"[{rows.spelled(string(name))}{_EACH}", indices=loss.per_class)
    number = rows.number(string(name))
    if loss.per_class:
        return [], Values(f"[int({number}){_EACH}", indices=True)
    return [], Values(f"[{number}{_EACH}")


def _many_targets(rows: _Rows, report: Report, names: Sequence[str]) -> tuple[list[str], Values]:
    """Further lines, and the values of a column of targets for each column of the input."""
    lines = [f"answers = {string(list(names))}"]
    cell = rows.spelled("name") if any(map(rows.is_spelled, names)) else rows.number("name")
    cells = f"[{cell} for name in answers]"
    one_hot = _ONE_HOT in report.source["conversions"]
    return lines, Values(f"[{cells}{'.index(1)' if one_hot else ''}{_EACH}", indices=one_hot)


# -------------------------------------------------------------------------------------------- the rows


def _rows(reading: Reading) -> _Rows | None:
    kinds = {kind_of(path, reading.input_format) for path in reading.files}
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind in TABLES:
        return _table(reading, reading.delimiter or ("\t" if kind == "tsv" else ","))
    if kind == "jsonl":
        with opened(reading.files[0]) as file:
            return _objects(reading, "[json.loads(line) for line in file]", json.loads(file.readline()))
    return _document(reading) if kind == "json" else None


def _table(reading: Reading, delimiter: str) -> _Rows:
    options = [] if delimiter == "," else [f"delimiter={string(delimiter)}"]
    with opened(reading.files[0], reading.encoding) as file:
        records = csv.reader(file, delimiter=delimiter)
        names = next(records)
        if reading.header:
            first = dict(zip(names, next(records), strict=False))
        else:
            first = {str(number): cell for number, cell in enumerate(names, 1)}
            options.insert(0, f"[str(number) for number in range(1, {len(names) + 1})]")
    reader = f"csv.DictReader({', '.join(['file', *options])})"
    imports, lines = _reading_all(reading, reader, f"list({reader})", 'newline=""')
    return _Rows(("import csv", *imports), lines, first, reading.decimal)


def _document(reading: Reading) -> _Rows | None:
    """The rows of a JSON document: a list of objects, or pandas' split orientation."""
    with opened(reading.files[0]) as file:
        document = json.load(file)
    if isinstance(document, list):
        return _objects(reading, "json.load(file)", document[0])
    if not {"columns", "data"} <= document.keys() or len(reading.files) > 1:
        return None
    imports, (opening_line, _) = _reading_all(reading, "", "")
    lines = (
        opening_line,
        "    table = json.load(file)",
        'rows = [dict(zip(table["columns"], row)) for row in table["data"]]',
    )
    first = dict(zip(document["columns"], document["data"][0], strict=True))
    return _Rows(("import json", *imports), lines, first)


def _objects(reading: Reading, rows: str, first: Mapping[str, Any]) -> _Rows:
    imports, lines = _reading_all(reading, rows, rows)
    return _Rows(("import json", *imports), lines, first)


def _reading_all(
    reading: Reading, each: str, whole: str, *extra: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines that read all files into ``rows``: every one adds ``each``, a single one is ``whole``."""
    path, *others = reading.files
    if not others:
        imports, expression = opening(path, string(path), reading.encoding, *extra)
        return imports, (f"with {expression} as file:", f"    rows = {whole}")
    imports, expression = opening(path, "path", reading.encoding, *extra)
    return imports, (
        "rows = []",
        f"for path in {string(list(reading.files))}:",
        f"    with {expression} as file:",
        f"        rows += {each}",
    )
