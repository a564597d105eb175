"""What comes of small tables, as text that a person approves: roles with their reasons, numbers, refusals.

    python tests/role_outcomes.py            # writes the outcomes of the cases anew; read the difference
    python tests/role_outcomes.py --draw 7   # adds cases drawn with this seed to the drawn files

A file of ``tests/read/roles/approved`` holds cases: a line ``$ bce | prob:p label:y``, which ``role_tables``
reads, and what came of it below. An approved text says that nothing changed, not that it is right: that is
what the formulas of ``role_tables`` are for, which say what number a table is worth by the kinds of columns.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from role_tables import due, formula, opened, table_of

from celoss_cli.core.data import Chunk
from celoss_cli.core.errors import CelossError

__all__ = ["FOLDER", "Outcome", "approved", "outcome_of"]

FOLDER = Path(__file__).parent / "read" / "roles" / "approved"

_SHOWN = 6
"""Of so many rows ids, groups, weights and targets stand in the text."""

Outcome = tuple[str, float | None, float | None]
"""The text, the number if there is one, and the number that is due if one is known."""


def approved(file: str) -> dict[str, str]:
    """The cases of a file, each with its approved outcome."""
    found = {}
    for block in (FOLDER / file).read_text(encoding="utf-8").split("\n$ ")[1:]:
        line, _, text = block.partition("\n")
        assert line not in found, f"{file}: {line} stands twice"
        found[line] = text.rstrip("\n")
    return found


def outcome_of(line: str) -> Outcome:
    """What comes of the table in a line."""
    table = table_of(line)
    try:
        dataset, request = opened(table)
        columns = dataset.described["columns"]
        batches = [found.read() if isinstance(found, Chunk) else found for found in dataset.batches]
        if request.truth is not None:
            request.truth.verify()
    except CelossError as error:
        return "\n".join(_refusal(error)), None, due(table)
    if not batches:
        return "\n".join([*_roles(dict(columns)), "no rows"]), None, None
    x, y = (np.concatenate([getattr(batch, name) for batch in batches]) for name in ("input", "target"))
    number = formula(table.loss, x, y)
    lines = [*_roles(dict(columns)), *_rows(batches[0], x, y), f"number {number:.9g}"]
    return "\n".join(lines), number, due(table)


def _refusal(error: CelossError) -> Iterator[str]:
    yield f"{type(error).__name__}: {error.sentence}"
    for way in error.ways:
        yield f"  {way}" + (f"  # {way.meaning}" if way.meaning else "")


def _roles(columns: dict[str, Any]) -> Iterator[str]:
    why, inferred = columns.get("why", {}), columns.get("inferred", {})
    for role in ("inputs", "target", "id", "weight", "predicted", "group"):
        if (named := columns.get(role)) is not None:
            said = [why[role]] if why.get(role) else []
            said += [f"[{' '.join(inferred[role])}]"] if role in inferred else []
            shown = ", ".join(named) if isinstance(named, list) else named
            yield f"{role} {shown}" + (f": {' '.join(said)}" if said else "")
    for name in columns["unused"]:
        yield f"not used {name}: {why.get('unused', {}).get(name, '')}"
    for note in (*columns.get("notes", ()), *columns.get("told", ())):
        yield f"note {note}"


def _rows(batch: Any, x: Any, y: Any) -> Iterator[str]:
    if batch.labels:
        yield f"classes {', '.join(batch.labels)}"
    yield from (f"read {told}" for told in batch.conversions)
    if batch.skipped:
        yield f"skipped {batch.skipped}"
    if batch.ids is not None:
        yield f"ids {' '.join(batch.ids[:_SHOWN])}"
    if batch.groups is not None:
        yield f"groups {' '.join(batch.groups[:_SHOWN])}"
    for values in batch.aligned.values():
        yield f"weights {_shown(values[:_SHOWN])}"
    yield f"input {'x'.join(map(str, x.shape))}, targets {_shown(y[:_SHOWN])}"


def _shown(values: Any) -> str:
    return " ".join(f"{value:g}" for value in np.ravel(values).tolist())


def _written(file: str, lines: list[str]) -> None:
    head = (FOLDER / file).read_text(encoding="utf-8").split("\n$ ")[0].rstrip("\n")
    blocks = [f"$ {line}\n{outcome_of(line)[0]}" for line in lines]
    (FOLDER / file).write_text("\n\n".join([head, *blocks]) + "\n", encoding="utf-8")


def main() -> None:
    """Writes all files anew."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--draw", type=int, metavar="SEED", help="adds cases that this seed draws")
    seed = parser.parse_args().draw
    for path in sorted(FOLDER.iterdir()):
        lines = [*approved(path.name)]
        if seed is not None:
            from role_grammar import drawn

            lines += [line for line in drawn(path.stem, seed) if line not in lines]
        _written(path.name, list(dict.fromkeys(lines)))


if __name__ == "__main__":
    main()
