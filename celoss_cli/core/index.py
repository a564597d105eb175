"""Which row has a name, among many: candidates by hashes, and what they are by their bytes."""

from __future__ import annotations

from celoss_cli.core.late import Array, np
from celoss_cli.core.names import Names

__all__ = ["NONE", "Index", "first_repeat"]

NONE = -1
"""The row of a name that no row has."""


class Index:
    """Finds the rows of names, of which there is at least one."""

    def __init__(self, names: Names) -> None:
        self._names = names
        hashes = names.hashes()
        self._row = np.argsort(hashes, kind="stable")
        self._hashes = hashes[self._row]

    def rows(self, names: Names) -> Array:
        """The row of each name, shape (names,), the first where several have it; ``NONE`` where none has."""
        hashes = names.hashes()
        at = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        rows = np.where(self._hashes[at] == hashes, self._row[at], NONE)
        known = np.flatnonzero(rows != NONE)
        for i in known[~self._names[rows[known]].same(names[known])].tolist():
            rows[i] = self._beyond_hash(names[i], hashes[i])
        return rows

    def first_rows(self) -> Array:
        """For each row the first one that has its name, shape (rows,)."""
        once = (self._hashes[1:] != self._hashes[:-1]).all()
        return np.arange(len(self._names)) if once else self.rows(self._names)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.rows(Names.of([name]))[0] != NONE)

    def _beyond_hash(self, name: str, hash_of_it: Array) -> int:
        """The row of a name whose hash another one has too."""
        first, end = (np.searchsorted(self._hashes, hash_of_it, side) for side in ("left", "right"))
        return next((row for row in self._row[first:end].tolist() if self._names[row] == name), NONE)


def first_repeat(names: Names) -> tuple[int, int] | None:
    """The first row that has the name of a row before it, after that row; None where each name is once."""
    if names.rising():
        return None
    hashes = np.sort(names.hashes())
    if (hashes[1:] != hashes[:-1]).all():
        return None
    rows = Index(names).first_rows()
    again = np.flatnonzero(rows != np.arange(len(rows)))
    return (int(rows[again[0]]), int(again[0])) if len(again) else None
