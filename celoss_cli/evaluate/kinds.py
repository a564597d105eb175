"""What the values of the input look like, of the first rows or of all of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.records import record
from celoss_cli.losses.base import ROUNDED, rows_out_of_domain
from celoss_cli.losses.class_axis import FEW_CLASSES, sum_over_classes

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch
    from celoss_cli.losses.base import Loss

__all__ = ["NEAR_ONE", "FirstRows", "count_of", "first_rows", "kinds", "oddities"]

NEAR_ONE = 0.0105
"""How far a sum of rounded probabilities may be from a whole number."""

_NOUGHT = 1e-6
"""How far from 0 a log-probability may be on the wrong side, by rounding."""

_FLOAT16_MAX = 65504.0
_FIRST_ROWS = 1024
_FIRST_VALUES = 1 << 18
_RUN = re.compile(r"[0-9]{1,9}(\*[0-9]{1,4})?")
_RUNS = re.compile(rf"(?:{_RUN.pattern} )*{_RUN.pattern}")


def first_rows(batch: Batch) -> Batch:
    """The rows of a canonical batch that are among the first of the whole data set."""
    return batch.rows(0, min(len(batch), max(0, _limit(batch) - batch.start)))


def _limit(batch: Batch) -> int:
    """How many rows count as the first ones."""
    values = max(1, int(np.prod(batch.input.shape[1:])))
    return min(_FIRST_ROWS, max(1, _FIRST_VALUES // values))


def kinds(loss: Loss, batch: Batch) -> Counter[str]:
    """How many rows or values of a canonical batch look like what: see the names in the code.

    "examined" counts rows of a class axis; "values" counts all values.
    """
    return +Counter({name: count_of(where) for name, where in _properties(loss, batch)})


def _properties(loss: Loss, batch: Batch) -> Iterator[tuple[str, Array]]:
    """Where a canonical batch looks like what; the first axis counts rows."""
    x = batch.input if batch.input.itemsize >= 4 else batch.input.astype(np.float32)  # float16 is slow
    if (
        x.ndim == 3
    ):  # beside each other, numbers are compared in a quarter of the time; few classes line by line
        order = (1, 0, 2) if x.shape[1] <= FEW_CLASSES else (0, 1, 2)
        x = np.ascontiguousarray(x.transpose(order)).transpose(order)
    with np.errstate(all="ignore"):
        yield "values", np.broadcast_to(True, x.shape)
        positive = x >= 0
        inside = positive & (x <= 1)
        yield "from-0-to-1", inside
        yield "from-0-to-a-quarter", inside & (x <= 0.25)
        yield "from-three-quarters-to-1", inside & (x >= 0.75)
        yield "exactly-0-or-1", inside & ((x == 0) | (x == 1))
        yield "just-outside-0-to-1", (x >= -ROUNDED) & (x <= 1 + ROUNDED) & ~inside
        yield "at-most-0", x <= 0
        yield "from-0-to-100", positive & (x <= 100)
        yield "nan", np.isnan(x)
        yield "infinite", x == np.inf
        yield "float16-ceiling", np.abs(x) == _FLOAT16_MAX
        if loss.per_class and x.shape[1] > 1:
            yield from _properties_of_rows(x.astype(np.float64, copy=False))


def oddities(loss: Loss, batch: Batch) -> Counter[str]:
    """How many rows or elements of a canonical batch show each oddity that the loss or its reader noticed."""
    return (
        loss.observe(batch)
        + Counter({"out-of-domain-weight": rows_out_of_domain(batch).size})
        + Counter(batch.told)
    )


def _properties_of_rows(x: Array) -> Iterator[tuple[str, Array]]:
    low, high, total = x.min(axis=1), x.max(axis=1), _totals(x)
    yield "examined", np.broadcast_to(True, low.shape)
    yield "probabilities", (low >= 0) & (high <= 1) & _is_one(total)
    yield "percentages", (low >= 0) & (high <= 100) & (np.abs(total - 100) <= 100 * NEAR_ONE)
    yield "log-probabilities", _sums_to_one(x, high <= _NOUGHT, np.exp)
    yield "costs", _sums_to_one(x, low >= -_NOUGHT, lambda costs: np.exp(-costs))


def _totals(x: Array) -> Array:
    """The sums over the classes, shape (rows, positions), in an order that depends on their number alone."""
    if x.shape[1] > FEW_CLASSES:
        return np.asarray(x.sum(axis=1))
    lines = x.transpose(1, 0, 2).reshape(x.shape[1], -1)
    return sum_over_classes(lines, np.empty(lines.shape[1])).reshape(len(x), -1)


def _sums_to_one(x: Array, where: Array, of: Callable[[Array], Array]) -> Array:
    """Where what ``of`` makes of the values adds up to 1 over the classes, of places without a class axis."""
    found = np.zeros_like(where)
    found[where] = _is_one(of(np.moveaxis(x, 1, -1)[where]).sum(axis=-1))
    return found


def _is_one(total: Array) -> Array:
    return np.abs(total - 1) <= NEAR_ONE


def count_of(where: Array) -> int:
    """How many of an array of truth values of any shape are true."""
    return int(np.count_nonzero(where))


@record(frozen=True, slots=True)
class FirstRows:
    """What the first rows look like, row by row; ``FirstRows()`` is empty and ``+`` appends later rows.

    Attributes:
        limit: how many rows count as the first ones, 0 of nothing.
        counts: what ``kinds`` counts in each row, by name, shape (rows,) with at most ``limit`` rows.

    """

    limit: int = 0
    counts: Mapping[str, Array] = field(default_factory=dict)

    @classmethod
    def of(cls, loss: Loss, batch: Batch) -> FirstRows:
        """The first rows of the whole data set that are in a canonical batch."""
        found = first_rows(batch)
        if not len(found) or batch.offsets is not None:
            return cls()
        rows = {
            name: np.count_nonzero(where, axis=tuple(range(1, where.ndim)))
            for name, where in _properties(loss, found)
        }
        return cls(_limit(batch), rows)

    def __add__(self, later: FirstRows) -> FirstRows:
        if not len(later) or len(self) == self.limit > 0:
            return self
        limit = self.limit or later.limit
        return FirstRows(
            limit,
            {
                name: np.concatenate([self._of(name), later._of(name)])[:limit]
                for name in {**self.counts, **later.counts}
            },
        )

    def __len__(self) -> int:
        return max(map(len, self.counts.values()), default=0)

    def _of(self, name: str) -> Array:
        return self.counts.get(name, np.zeros(len(self), np.int64))

    def total(self) -> Counter[str]:
        """What ``kinds`` counts in all of them."""
        return +Counter({name: int(count.sum()) for name, count in self.counts.items()})

    def as_texts(self) -> dict[str, str]:
        """The counts row by row in words, equal ones together: "3*1000 2 3*23"."""
        return {name: _as_text(count) for name, count in self.counts.items()}

    @classmethod
    def from_texts(cls, limit: int, texts: Mapping[str, str]) -> FirstRows:
        """What was written by ``as_texts``.

        Raises:
            ValueError: if it was not.

        """
        counts = {name: _from_text(text) for name, text in texts.items()}
        found = cls(limit, counts)
        if not all(len(count) == len(found) for count in counts.values()):
            raise ValueError("the first rows differ in their number")
        if not len(found) <= limit <= _FIRST_ROWS:
            raise ValueError(f"{len(found)} of {limit} first rows are too many")
        return found


def _as_text(counts: Array) -> str:
    """Counts of shape (rows,) in words."""
    starts = np.flatnonzero(np.diff(counts, prepend=counts[:1] - 1))
    runs = zip(counts[starts].tolist(), np.diff(starts, append=len(counts)).tolist(), strict=True)
    return " ".join(f"{value}*{times}" if times > 1 else str(value) for value, times in runs)


def _from_text(text: str) -> Array:
    words = text.split(" ")
    if not _RUNS.fullmatch(text):
        wrong = next(word for word in words if not _RUN.fullmatch(word))
        raise ValueError(f"{wrong!r} is no count of a row")
    if "*" not in text:
        return np.array(list(map(int, words)), np.int64)
    runs = [word.partition("*") for word in words]
    values = np.array([int(value) for value, _, _ in runs], np.int64)
    return np.repeat(values, [min(int(times or 1), _FIRST_ROWS + 1) for _, _, times in runs])
