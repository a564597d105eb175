"""A search for the semantics behind a number as a document: explanations, and how much a hit says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import file_name, plural, visible
from celoss_cli.show.blocks import Block, Entry, Lines, Sentences, Table, View
from celoss_cli.show.document import Document
from celoss_cli.show.numerals import attributes, exact, extents, nonfinite, short

if TYPE_CHECKING:
    from celoss_cli.studies.reconcile.reconciliation import Match, Reconciliation, Tried

__all__ = ["document_of"]

_UNLIKELY, _LIKELY = 0.05, 0.5
"""Below and above these expected chance hits, a hit is told to say much or little."""


def document_of(found: Reconciliation) -> Document:
    """The document of a search."""
    return Document(view=partial(_view, found), values=lambda version: _values(found))


def _view(found: Reconciliation) -> View:
    return View(_heading(found), (), tuple(_blocks(found)))


def _blocks(found: Reconciliation) -> Iterator[Block]:
    yield Lines(list(_source_lines(found)))
    yield from _entries(found)
    yield _levels(found)
    yield Sentences(list(_meaning(found)))


def _heading(found: Reconciliation) -> str:
    """The number, how far it is known, and the extents of the data."""
    known = f"{visible(found.got)} within {short(found.tolerance)}"
    return f"{known} · {extents(found.rows, found.classes)}"


def _source_lines(found: Reconciliation) -> Iterator[str]:
    """Where the data came from, and what it gives as it is."""
    files = file_name(*found.files)
    said = [*found.source.get("conversions", ())]
    if files or said:
        yield ": ".join(filter(None, (files, "; ".join(said))))
    names = [name for name, *_ in found.plain]
    plain = ", ".join(
        f"{name}{f' of {reading}' if names.count(name) > 1 else ''} {short(value)}"
        for name, reading, value in found.plain
    )
    yield f"as it is: {plain}" if plain else "as it is, no loss is defined on this data"


def _entries(found: Reconciliation) -> Iterator[Entry]:
    """The explanations, the simplest first."""
    for number, explanation in enumerate(found.explanations, 1):
        yield _entry(number, explanation)


def _entry(number: int, found: Match) -> Entry:
    deviations = tuple(visible(part.words) for part in found.deviations)
    by_hand = ", then ".join(found.afterwards)
    lines = [f"= {visible(found.formula)}"]
    if found.command is not None and by_hand:
        lines.append(f"the command's result, {by_hand}:")
    count = plural(len(deviations), "deviation") if deviations else "no deviation"
    title = f"{number}. {found.loss} of {found.reading}, {count}: {exact(found.value)}"
    return Entry(title, deviations, lines, visible(found.command or ""))


def _levels(found: Reconciliation) -> Table:
    """What was tried, by number of deviations."""
    lines = [
        (
            str(level.deviations),
            str(level.hypotheses),
            str(level.distinct),
            str(level.near),
            _expected(level.chance),
            str(level.found),
        )
        for level in found.tried
    ]
    numbers = ("tried", "new values", "near misses", "hits by chance", "found")
    return Table("what was tried", ("deviations",), numbers, lines)


def _expected(count: float) -> str:
    return f"{count:.2g}" if count < 100 else f"{count:.0f}"


def _meaning(found: Reconciliation) -> Iterator[str]:
    """How much a hit says, and what was searched."""
    dimensions = ", ".join(f"{name} {len(words)}" for name, words in found.searched.items())
    hidden = found.found - len(found.explanations)
    if hidden:
        yield f"{plural(hidden, 'more explanation')} not shown; --max-shown N shows more."
    yield from _verdict(found)
    yield (
        f"Near misses are values within {short(found.window)} of the number that are not it. Hits by chance "
        f"are what would fall within {short(found.tolerance)} of it if values lay at random around it, as "
        "dense as they do there, close by or in all, whichever is more."
    )
    if dimensions:
        yield f"Deviations tried: {dimensions}; --json lists them."


def _verdict(found: Reconciliation) -> Iterator[str]:
    level = next((level for level in found.tried if level.found), None)
    if level is None:
        most = max((level.deviations for level in found.tried), default=0)
        yield f"No explanation with at most {plural(most, 'deviation')} gives this number."
        return
    yield f"{_simplest(level)} {_weight(level)}"


def _simplest(level: Tried) -> str:
    verb = "needs" if level.found == 1 else "need"
    needed = f"only {plural(level.deviations, 'deviation')}" if level.deviations else "no deviation"
    return f"{plural(level.found, 'explanation')} {verb} {needed};"


def _weight(level: Tried) -> str:
    expected = f"{_expected(level.chance)} would hit by chance"
    if level.chance < _UNLIKELY:
        return f"{expected}, so this is hardly chance."
    if level.chance < _LIKELY:
        return f"{expected}, so this may be chance; more digits would tell."
    return f"{expected}, so this proves little; more digits are needed."


def _values(found: Reconciliation) -> dict[str, Any]:
    """The search as ``reconcile.schema.json`` describes it."""
    values = {
        **attributes(found, "got", "value", "tolerance", "unit"),
        "explained": bool(found.found),
        **attributes(found, "found", "rows", "classes"),
        "plain": [
            {"loss": name, "reading": reading, "value": value, "nonfinite": nonfinite(value)}
            for name, reading, value in found.plain
        ],
        **attributes(found, "explanations", "tried", "window", "searched"),
        "meaning": list(_meaning(found)),
        "files": found.files,
        "input": dict(found.source),
    }
    return {"reconciliation": values}
