"""The totals of groups: classes, or the rows with one value of a column; millions of elements at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.data import Tally
from celoss_cli.core.errors import LimitError
from celoss_cli.core.exact_groups import ExactSums, exact_sums
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Terms

__all__ = ["Groups", "codes_of", "refuse_more"]

_MOST = 500_000
"""A group takes up to two kilobytes until it is written."""


@record(frozen=True, slots=True)
class _Totals:
    """Totals of groups side by side.

    Attributes:
        names: of the groups, each once, in any order.
        loss, weight: the sums of ``Terms.loss`` and ``Terms.weight``.
        rows, elements: how many of each group, shape (groups,).

    """

    names: Sequence[str]
    loss: ExactSums
    weight: ExactSums
    rows: Array
    elements: Array

    def __add__(self, other: _Totals) -> _Totals:
        place = {name: index for index, name in enumerate(self.names)}
        at = np.fromiter((place.setdefault(name, len(place)) for name in other.names), np.int64)
        size = len(place)
        refuse_more(size)
        return _Totals(
            list(place),
            self.loss.joined(other.loss, at, size),
            self.weight.joined(other.weight, at, size),
            _added(self.rows, other.rows, at, size),
            _added(self.elements, other.elements, at, size),
        )


def _added(one: Array, other: Array, at: Array, size: int) -> Array:
    total = np.zeros(size, np.int64)
    total[: len(one)] = one
    total[at] += other
    return total


@record(frozen=True, slots=True)
class Groups:
    """The totals of groups by name; ``Groups()`` is empty and ``+`` is exact in any order.

    Attributes:
        parts: totals still to be added, each of more than twice as many groups as the next one, so that
            adding block after block takes time in proportion to the blocks.

    """

    parts: tuple[_Totals, ...] = ()

    @classmethod
    def of(cls, codes: Array, names: Sequence[str], terms: Terms, row: Array | None = None) -> Groups:
        """The groups of one batch; ignored elements are in none.

        Args:
            codes: shape (elements,), the group of each element.
            names: by code, each once.
            terms: of the elements.
            row: shape (elements,), the row of each element, ascending; None where each is one.

        """
        loss, weight = terms.loss, terms.weight
        if terms.ignored is not None:
            counted = ~terms.ignored
            loss, weight, codes = loss[counted], weight[counted], codes[counted]
            row = None if row is None else row[counted]
        elements = np.bincount(codes, minlength=len(names))
        present = np.flatnonzero(elements)
        if not present.size:
            return cls()
        codes = np.cumsum(elements > 0).take(codes) - 1  # among those present
        return cls(
            (
                _Totals(
                    [names[code] for code in present.tolist()],
                    exact_sums(loss, codes, len(present)),
                    exact_sums(weight, codes, len(present)),
                    elements[present] if row is None else _rows(codes, row, len(present)),
                    elements[present],
                ),
            )
        )

    @classmethod
    def known(cls, tallies: Mapping[str, Tally]) -> Groups:
        """Groups whose totals are known one by one."""
        if not tallies:
            return cls()
        every = tallies.values()
        return cls(
            (
                _Totals(
                    list(tallies),
                    ExactSums.of([tally.loss for tally in every]),
                    ExactSums.of([tally.weight for tally in every]),
                    np.array([tally.rows for tally in every], np.int64),
                    np.array([tally.elements for tally in every], np.int64),
                ),
            )
        )

    def __add__(self, other: Groups) -> Groups:
        parts = list(self.parts)
        for part in other.parts:
            parts.append(part)
            while len(parts) > 1 and len(parts[-2].names) <= 2 * len(parts[-1].names):
                last = parts.pop()
                parts[-1] += last
        refuse_more(max((len(part.names) for part in parts), default=0))
        return Groups(tuple(parts))

    def tallies(self) -> dict[str, Tally]:
        """The totals of each group by its name.

        Raises:
            LimitError: if there are too many.

        """
        if not self.parts:
            return {}
        whole = self._whole()
        columns = (whole.loss.each(), whole.weight.each(), whole.rows.tolist(), whole.elements.tolist())
        return {
            name: Tally(loss, weight, rows=rows, elements=elements)
            for name, loss, weight, rows, elements in zip(whole.names, *columns, strict=True)
        }

    def totals(self) -> tuple[Array, Array]:
        """The losses and the weights of the groups in any order, each sum rounded once, shape (groups,).

        Raises:
            LimitError: if there are too many.

        """
        if not self.parts:
            return np.zeros(0), np.zeros(0)
        whole = self._whole()
        return whole.loss.rounded(), whole.weight.rounded()

    def _whole(self) -> _Totals:
        *rest, whole = self.parts
        for part in reversed(rest):
            whole = part + whole
        refuse_more(len(whole.names))
        return whole


def codes_of(names: Sequence[str]) -> tuple[Array, Sequence[str]]:
    """The group of each row by a number, shape (rows,), and the names by number."""
    code_of = {name: code for code, name in enumerate(dict.fromkeys(names))}
    codes = np.fromiter(map(code_of.__getitem__, names), np.int64, len(names))
    return codes, list(code_of)


def refuse_more(groups: int) -> None:
    """Refuses so many groups.

    Raises:
        LimitError: if there are too many.

    """
    if groups > _MOST:
        raise LimitError(
            f"expected at most {_MOST:,} groups, got more",
            hint="is the column an identifier? --reduction none writes the loss of every row",
        )


def _rows(codes: Array, row: Array, size: int) -> Array:
    """In how many rows each group has an element."""
    pairs = np.unique(codes * (int(row[-1]) + 1) + row)
    return np.bincount(pairs // (int(row[-1]) + 1), minlength=size)
