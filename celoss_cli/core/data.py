"""What travels from a source to a report. These hold values and know how to combine.

source -> Batch -> loss.terms -> Terms -> Tally -> nouns.report.Report -> renderer and exit code
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from celoss_cli.core.exact import ExactSum, exact_sum
from celoss_cli.core.late import Array, np
from celoss_cli.core.records import fieldwise, record, replace

__all__ = [
    "ROW_MAJOR_FROM",
    "Array",
    "Batch",
    "Chunk",
    "Lines",
    "Reduction",
    "Roles",
    "Source",
    "Tally",
    "Terms",
]


ROW_MAJOR_FROM = 64
"""From this many classes on, the numbers of a row lie together; fewer lie class by class.

A reduction along the classes runs along the longer side then, which is the faster one.
"""


Reduction = Literal["none", "mean", "sum", "batchmean"]

if TYPE_CHECKING:

    class Roles(TypedDict, total=False):
        """Which column of the data is what, as a result tells it; "told" is how a table is written."""

        inputs: list[str]
        target: str | list[str] | None
        id: str | None
        weight: str | None
        predicted: str
        group: str
        unused: list[str]
        notes: list[str]
        told: list[str]
        why: dict[str, Any]
        inferred: dict[str, list[str]]

    class Source(TypedDict, total=False):
        """Where data comes from and how it was read, as a result tells it."""

        files: list[str]
        columns: Roles
        conversions: list[str]
        skipped: int
        meaning: dict[str, Any]
        format: str
        shape: list[int]
        choices: dict[str, Any]


def _row_number(row: int) -> str:
    return f"row {row}"


@record(frozen=True, slots=True)
class Lines:
    """The places of rows in consecutive lines of a file, without the data that stands there.

    Attributes:
        name: of the file.
        first: the line of row 0.

    """

    name: str
    first: int

    def __call__(self, row: int) -> str:
        return f"{self.name}:{self.first + row}"

    def after(self, rows: int) -> Lines:
        """The places of the rows after so many."""
        return Lines(self.name, self.first + rows)


@record(frozen=True, slots=True)
class Batch:
    """Consecutive rows of the data set.

    Attributes:
        input: what the loss takes; the first axis counts rows.
        target: the first axis counts rows too.
        offsets: where the elements of each row begin, and where those of the last one end, shape (rows + 1,),
            where rows differ in their number of elements: input, target and aligned arrays then have one
            axis, of elements. None where ``shape`` says what a row has.
        aligned: further arrays with one value for each loss element (an element weight, say), each
            broadcast to the shape of ``input`` and cut along with it.
        shape: the extents of the loss elements of one row, () where a row is one element.
        start: index of the first row in the whole data set.
        place: names the place of a row, counted within this batch ("preds.csv:17").
        input_place: the same for the row's input, where that has a place of its own.
        source: the file of all rows, for what is wrong with their shape; "" where that is told already.
        ids: the rows' identifiers, when the data has them.
        labels: the classes' names, when the data has them.
        conversions: what was done to the targets to read them, in words.
        skipped: how many rows were left out for a missing value.
        groups: the group of each row, where the loss is broken down by a column.
        dimensions: how many axes the input had as it was given.
        facts: oddities of the data that these rows come from.
        told: what was found beside these rows and is none of them, each with how often.
        padded: whether rows may have fewer classes than the input, which is -inf there; other batches may
            then have fewer or more.

    """

    input: Array
    target: Array
    aligned: Mapping[str, Array] = field(default_factory=dict)
    shape: tuple[int, ...] = ()
    start: int = 0
    place: Callable[[int], str] = _row_number
    input_place: Callable[[int], str] | None = None
    source: str = ""
    ids: Sequence[str] | None = None
    labels: Sequence[str] | None = None
    conversions: tuple[str, ...] = ()
    skipped: int = 0
    groups: Sequence[str] | None = None
    dimensions: int = 0
    facts: frozenset[str] = frozenset()
    offsets: Array | None = None
    told: Mapping[str, int] = field(default_factory=dict)
    padded: bool = False

    def __len__(self) -> int:
        if self.offsets is not None:
            return len(self.offsets) - 1
        return len(self.input) if self.input.ndim else 1

    def rows(self, start: int, stop: int) -> Batch:
        """The rows from ``start`` up to ``stop``, counted within this batch."""
        part = slice(start, stop)
        if self.offsets is not None:
            ends = self.offsets[start : max(start, stop) + 1]
            part = slice(int(ends[0]), int(ends[-1]))
        return replace(
            self,
            input=self.input[part],
            target=self.target[part],
            aligned={name: values[part] for name, values in self.aligned.items()},
            offsets=None if self.offsets is None else ends - ends[0],
            start=self.start + start,
            place=self._place_from(start),
            input_place=None if self.input_place is None else self._input_from(start),
            ids=None if self.ids is None else self.ids[start:stop],
            skipped=0 if start else self.skipped,
            groups=None if self.groups is None else self.groups[start:stop],
            told={} if start else self.told,
        )

    def elements(self, rows: Array, positions: Array) -> Batch:
        """Elements of a canonical batch, each a row of its own, without the places of the rows.

        Args:
            rows: of each element, counted within this batch, shape (elements,).
            positions: of each element within its row, shape (elements,).

        """

        def picked(values: Array) -> Array:
            if self.offsets is not None:
                return values[self.offsets[rows] + positions]
            found: Array = np.moveaxis(values, -1, 1)[rows, positions][..., np.newaxis]
            return found

        return Batch(
            picked(self.input),
            picked(self.target),
            {name: picked(values) for name, values in self.aligned.items()},
            ids=None if self.ids is None else [self.ids[row] for row in rows.tolist()],
            labels=self.labels,
            offsets=None if self.offsets is None else np.arange(len(rows) + 1),
        )

    def places(self, elements: Array) -> tuple[Array, Array]:
        """The row of each element, counted within this batch, and its position within the row.

        Both have the shape of ``elements``, which are numbers from 0 in the order of the batch.
        """
        if self.offsets is None:
            rows, positions = np.divmod(elements, max(1, self.elements_per_row))
            return rows, positions
        rows = np.searchsorted(self.offsets, elements, side="right") - 1
        return rows, elements - self.offsets[rows]

    def element(self, row: int, position: int) -> int:
        """The number of the element at a position of a row, both counted within this batch."""
        return position + (row * self.elements_per_row if self.offsets is None else int(self.offsets[row]))

    def size_of(self, row: int) -> int:
        """How many elements a row has."""
        return self.elements_per_row if self.offsets is None else int(np.diff(self.offsets)[row])

    def spread(self, values: Array) -> Array:
        """One value a row, shape (rows,), as one for each of its elements, shape (elements,)."""
        return np.repeat(values, self.elements_per_row if self.offsets is None else np.diff(self.offsets))

    def _place_from(self, start: int) -> Callable[[int], str]:
        if isinstance(self.place, Lines):
            return self.place.after(start)
        return lambda row: self.place(start + row)

    def _input_from(self, start: int) -> Callable[[int], str]:
        place = self.input_place or self.place
        return lambda row: place(start + row)

    def split(self, pieces: int) -> Iterator[Batch]:
        """This batch in at most so many pieces of equal size, in order.

        Only the last one may be smaller. Large sizes are round in binary.
        """
        step = max(1, -(-len(self) // pieces))
        zeros = max(0, step.bit_length() - 8)
        step = -(-step >> zeros) << zeros
        if step >= len(self):
            yield self
            return
        for start in range(0, len(self), step):
            yield self.rows(start, min(start + step, len(self)))

    @property
    def elements_per_row(self) -> int:
        return math.prod(self.shape)


@record(frozen=True, slots=True)
class Chunk:
    """A batch still to be read: chunks are handed out in order and read on any thread in any order.

    Attributes:
        rows: how many rows it has if it can be read at all.
        read: reads them.

    """

    rows: int
    read: Callable[[], Batch]

    def __len__(self) -> int:
        return self.rows


@record(frozen=True, slots=True)
class Terms:
    """What a loss computes: values per element, never reduced.

    Attributes:
        loss: shape (elements,), weighted, exactly 0 where ignored.
        weight: shape (elements,), each element's share of the divisor of the mean.
        weight_is: what the sum of the weights is, in words.
        ignored: shape (elements,) of bool, or None where no element is ignored.
        clamped: how many logarithms hit a clamp.

    """

    loss: Array
    weight: Array
    weight_is: str
    ignored: Array | None = None
    clamped: int = 0


@record(frozen=True, slots=True)
class Tally:
    """Exact totals of any number of rows; ``Tally()`` is zero and ``+`` is exact in any order.

    Attributes:
        loss, weight: the sums of ``Terms.loss`` and ``Terms.weight``.
        squares: the sum of the squared losses, each square rounded once.
        rows: how many rows; a row of K-dimensional or multi-label data has several elements.
        elements, ignored, clamped: counts of loss elements.

    """

    loss: ExactSum = ExactSum()
    weight: ExactSum = ExactSum()
    squares: ExactSum = ExactSum()
    rows: int = 0
    elements: int = 0
    ignored: int = 0
    clamped: int = 0

    @classmethod
    def of(cls, terms: Terms, rows: int, *, squares: bool = False) -> Tally:
        """The tally of one batch; the squares are summed only when somebody will ask for them."""
        return cls(
            loss=exact_sum(terms.loss),
            weight=exact_sum(terms.weight),
            squares=exact_sum(np.square(terms.loss, dtype=np.float64)) if squares else ExactSum(),
            rows=rows,
            elements=terms.loss.size,
            ignored=0 if terms.ignored is None else int(np.count_nonzero(terms.ignored)),
            clamped=terms.clamped,
        )

    def __add__(self, other: Tally) -> Tally:
        return fieldwise(operator.add, self, other)

    def __sub__(self, other: Tally) -> Tally:
        """The tally of the remaining rows, where ``other`` is of some of these rows."""
        return fieldwise(operator.sub, self, other)

    @property
    def counted(self) -> int:
        return self.elements - self.ignored

    @property
    def mean(self) -> float | None:
        """The mean loss, or None where nothing is counted."""
        return self.reduce("mean") if self.counted else None

    def denominator(self, reduction: Reduction) -> float:
        """What the total is divided by: 1 for a sum."""
        if reduction == "mean":
            return float(self.weight)
        return float(self.rows) if reduction == "batchmean" else 1.0

    def reduce(self, reduction: Reduction) -> float:
        """The loss, rounded once from the exact totals; a mean over a total weight of 0 is nan."""
        if reduction == "mean":
            return self.loss / self.weight if self.weight.scaled or self.weight.nonfinite else math.nan
        return self.loss / self.rows if reduction == "batchmean" else float(self.loss)
