"""What a file holds as a document: its columns with the first rows, and a command for each reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import file_name, plural, visible
from celoss_cli.losses.spec import TOKENS
from celoss_cli.show.blocks import Block, Entry, Lines, Part, Prose, Sentences, Table, View
from celoss_cli.show.document import Document
from celoss_cli.show.numerals import attributes, shortened

if TYPE_CHECKING:
    from celoss_cli.studies.inspect.parts import Inspection, ReadingFound
    from celoss_cli.studies.inspect.parts import Part as Told

__all__ = ["document_of"]

_NAME, _HOLDS, _CELL = 20, 17, 9
"""Longer names and values are shortened in the middle."""

_TOGETHER = 8
"""From so many neighbours of one role on, one line stands for all of them."""

_MOST_LINES = 60


def document_of(found: Inspection) -> Document:
    """The document of a file."""
    return Document(view=partial(_view, found), values=lambda version: _values(found))


def _view(found: Inspection) -> View:
    kind = found.of.removesuffix("s")
    extents = [plural(len(found.parts), kind)]
    if found.of != "arrays":
        extents.append(f"{plural(found.rows, 'row')}{'' if found.whole else ' looked at'}")
    return View(f"inspect {file_name(*found.files)}", extents, tuple(_blocks(found)))


def _blocks(found: Inspection) -> Iterator[Block]:
    groups = list(_groups(found.parts))
    yield _table(found, groups[:_MOST_LINES])
    if len(groups) > _MOST_LINES:
        left = sum(map(len, groups[_MOST_LINES:]))
        yield Lines([f"and {left} more; --json has them all"])
    terms = [(_named(group), _why(group[0])) for group in _reasons(groups[:_MOST_LINES])]
    if terms and found.of != "fields":
        yield Prose("why", terms=terms)
    yield from _readings(found)


def _groups(parts: Sequence[Told]) -> Iterator[Sequence[Told]]:
    """The parts in order, long runs of the same role together."""
    for _, run in groupby(parts, key=lambda part: (part.role, part.why)):
        same = list(run)
        if len(same) >= _TOGETHER:
            yield same
        else:
            yield from ([one] for one in same)


def _reasons(groups: Sequence[Sequence[Told]]) -> Iterator[Sequence[Told]]:
    """The same with all neighbours of one reason together, those without a reason left out."""
    parts = [part for group in groups for part in group if part.why or part.role]
    for _, run in groupby(parts, key=lambda part: (part.role, part.why)):
        yield list(run)


def _named(group: Sequence[Told]) -> str:
    names = [shortened(visible(part.name), _NAME) or '""' for part in group]
    if len(names) > 2:
        return f"{names[0]} ... {names[-1]}"
    return ", ".join(names)


def _why(part: Told) -> str:
    return visible(": ".join(filter(None, (part.role or "no role yet", part.why))))


def _table(found: Inspection, groups: Sequence[Sequence[Told]]) -> Table:
    """One line a column, with the first rows from left to right."""
    rows = max((len(part.first) for part in found.parts), default=0)
    names = [found.of.removesuffix("s"), "role", "holds", *(f"row {row}" for row in range(rows))]
    lines = [
        (
            _counted(group),
            group[0].role or "?",
            shortened(visible(group[0].holds), _HOLDS),
            *_cells(group[0], rows),
        )
        for group in groups
    ]
    kinds = ["faint" if group[0].role == "unused" else "" for group in groups]
    return Table("", names, (), lines, kinds=kinds, label="columns")


def _counted(group: Sequence[Told]) -> str:
    if len(group) == 1:
        return _named(group)
    count = f" ({len(group)})"
    return shortened(_named(group), _NAME - len(count)) + count


def _cells(part: Told, rows: int) -> list[str]:
    cells = ["-" if text is None else shortened(visible(text), _CELL) for text in part.first]
    return cells + [""] * (rows - len(cells))


def _readings(found: Inspection) -> Iterator[Block]:
    if not found.readings:
        yield Sentences(["No command computes a loss of it as it is."], kind="strong")
    for number, reading in enumerate(found.readings, 1):
        yield _entry(number, reading)
    if found.refused and not found.readings:
        yield Part(["in the way"], [Lines([visible(text) for text in found.refused], faint=False)])


def _entry(number: int, reading: ReadingFound) -> Entry:
    roles = reading.columns
    inputs = roles.get("inputs") or ()
    target = roles.get("target") or "given apart"
    targets = [target] if isinstance(target, str) else target
    needs = "" if reading.takes == TOKENS else f"; target {_listed(targets)}"
    lines = [f"{reading.takes} {_listed(inputs)}{needs}"]
    named = (("named", roles.get("id")), ("weighted", roles.get("weight")))
    lines += [f"rows {verb} by {shortened(visible(name), _NAME)}" for verb, name in named if name]
    title = ": ".join(filter(None, (f"{number}. {reading.loss}", visible(reading.told))))
    return Entry(title, (), (*lines, *map(visible, reading.notes)), reading.command)


def _listed(names: Sequence[str]) -> str:
    shown = [shortened(visible(name), _NAME) for name in names]
    if len(shown) <= 6:
        return ", ".join(shown)
    return f"{', '.join(shown[:2])}, ... {shown[-1]} ({len(shown)} of them)"


def _values(found: Inspection) -> dict[str, Any]:
    """The inspection as ``inspect.schema.json`` describes it."""
    return {
        "files": found.files,
        found.of: found.parts,
        "rows_looked_at": found.rows,
        **attributes(found, "whole", "readings", "refused"),
    }
