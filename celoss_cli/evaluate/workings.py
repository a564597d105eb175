"""The elements that are shown: computed once more, one by one, with a recorder that keeps every step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np

from celoss_cli.core.data import Tally
from celoss_cli.core.records import record, replace
from celoss_cli.core.trace import Note
from celoss_cli.losses.pieces import name_of

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Terms
    from celoss_cli.evaluate.largest import Elements
    from celoss_cli.losses.base import Loss

__all__ = ["Recorder", "Row", "Shown", "Step", "Workings", "row_of", "shown", "workings_of_worst"]

_LEAST_BLOCK_VALUES = 1 << 15
"""Every loss computes so many values of its input in one block, with one recorded value for each step."""

_MOST_OF_A_ROW = 12
"""So many elements are shown of a row that has a number of them of its own."""


A = TypeVar("A", bound="Array")
Level = Literal["class", "row", "term", "gradient"]


@record(frozen=True, slots=True)
class Step:
    """One recorded step.

    Attributes:
        name: the column heading or symbol, for example ``"e"``.
        formula: how the value came about, for example ``"exp z"``.
        value: shape (classes, rows) when ``level`` is "class", else (rows,).
        level: "class" has a value for each class of a row; "row" belongs to a row's workings; "term"
            is shown in the table that is summed; "gradient" is the derivative of the row's loss with
            respect to the input, shape (classes, rows) or (rows,).
        needed: whether the loss needs it, and not only a reader.

    """

    name: str
    formula: str
    value: Array
    level: Level
    needed: bool = True


class Recorder(Note):
    """A note that keeps a copy of everything it is shown, in order.

    Attributes:
        steps: what was recorded so far.
        with_gradient: whether the gradient is computed and recorded too.

    """

    def __init__(self, *, with_gradient: bool = False) -> None:
        self.steps: list[Step] = []
        self.with_gradient = with_gradient

    def __call__(self, name: str, formula: str, value: A) -> A:
        self._keep(name, formula, value, "class" if value.ndim == 2 else "row")
        return value

    def term(self, name: str, formula: str, value: A) -> A:
        self._keep(name, formula, value, "term")
        return value

    def lazy(self, name: str, formula: str, compute: Callable[[], Array]) -> None:
        value = compute()
        self._keep(name, formula, value, "class" if value.ndim == 2 else "row", needed=False)

    def gradient(self, formula: str, compute: Callable[[], Array]) -> None:
        if self.with_gradient:
            self._keep("gradient", formula, compute(), "gradient")

    def _keep(self, name: str, formula: str, value: Array, level: Level, *, needed: bool = True) -> None:
        self.steps.append(Step(name, formula, np.array(value), level, needed))


@record(frozen=True, slots=True)
class Row:
    """One loss element with its name."""

    row: int
    index: tuple[int, ...]
    id: str | None
    target: float | int | str | tuple[float, ...]
    loss: float
    weight: float
    ignored: bool


@record(frozen=True, slots=True)
class Workings:
    """One element with every step that led to its loss.

    Attributes:
        row: the element's name, target, loss and weight.
        steps: its steps in order; a "class" step holds (classes,) values, every other one () values.
        gathered: index of the class whose entry the target picks, if it picks one.

    """

    row: Row
    steps: tuple[Step, ...]
    gathered: int | None

    @property
    def probability(self) -> float | None:
        """The probability of the class that the target picks, where the steps have one."""
        if self.gathered is None:
            return None
        found = {step.name: step.value for step in self.steps if step.level == "class"}
        if "p" in found:
            return float(found["p"][self.gathered])
        with np.errstate(over="ignore"):
            return float(np.exp(found["log p"][self.gathered])) if "log p" in found else None

    @property
    def sample_weight(self) -> float | None:
        """The weight that the data gives this row, if it gives one."""
        return next((float(step.value) for step in self.steps if step.name == "sample weight"), None)


@record(frozen=True, slots=True)
class Shown:
    """The elements of a batch that are shown.

    Attributes:
        workings: of each of them.
        tally: their totals.
        of_rows: the totals of their rows, where rows differ in their number of elements.

    """

    workings: list[Workings]
    tally: Tally
    of_rows: dict[int, Tally]


def row_of(loss: Loss, batch: Batch, terms: Terms, element: int) -> Row:
    """One element of a canonical batch with its name, target, loss and weight."""
    row, index = name_of(batch, element)
    return Row(
        row=batch.start + row,
        index=index,
        id=None if batch.ids is None else batch.ids[row],
        target=loss.target_of(batch, element),
        loss=float(terms.loss[element]),
        weight=float(terms.weight[element]),
        ignored=terms.ignored is not None and bool(terms.ignored[element]),
    )


def shown(loss: Loss, batch: Batch, *, show: int, row: int | None, before: int, gradient: bool) -> Shown:
    """The workings of those elements of a canonical batch that are to be shown.

    Args:
        loss: with its options.
        batch: canonical.
        show: how many of the first elements, or rows where these differ in their size.
        row: the row to be shown instead, counted in the data set, or None.
        before: how many elements of earlier batches are shown.
        gradient: whether their gradient is wanted.

    """
    found = Shown([], Tally(), {})
    for at, position in _places(batch, show, row, before):
        if batch.offsets is not None and position == 0:
            whole = batch.rows(at, at + 1)
            found.of_rows[batch.start + at] = Tally.of(loss.terms(whole), 1)
        place = (batch.start + at, name_of(batch, batch.element(at, position))[1])
        single = batch.elements(np.array([at]), np.array([position]))
        workings, tally = _workings(loss, single, [place], gradient=gradient)
        found = replace(found, workings=found.workings + workings, tally=found.tally + tally)
    return found


def _places(batch: Batch, show: int, row: int | None, before: int) -> Iterator[tuple[int, int]]:
    """The elements of a batch that are shown, each by its row and its position there.

    Of rows that differ in their size, all elements of the first rows are shown, up to a number; of others the
    first elements.
    """
    if row is not None:
        at = row - batch.start
        if 0 <= at < len(batch):
            most = _MOST_OF_A_ROW if batch.offsets is not None else max(1, show)
            yield from ((at, position) for position in range(min(batch.size_of(at), most)))
    elif batch.offsets is not None:
        for at in range(min(len(batch), max(0, show - batch.start))):
            yield from ((at, position) for position in range(min(batch.size_of(at), _MOST_OF_A_ROW)))
    else:
        width = batch.elements_per_row
        for element in range(min(show - before, len(batch) * width)):
            yield divmod(element, max(1, width))


def _workings(
    loss: Loss, elements: Batch, places: Sequence[tuple[int, tuple[int, ...]]], *, gradient: bool
) -> tuple[list[Workings], Tally]:
    """Elements of one block, computed once more with a recorder listening.

    Args:
        loss: with its options.
        elements: canonical, each a row of its own, so few that the loss computes them together.
        places: the row of each in the data set, and its index within the row.
        gradient: whether their gradient is wanted.

    """
    recorder = Recorder(with_gradient=gradient)
    terms = loss.terms(elements, recorder)
    found = []
    for at, (row, index) in enumerate(places):
        named = replace(row_of(loss, elements, terms, at), row=row, index=index)
        steps = tuple(_of_one(step, at, ignored=named.ignored) for step in recorder.steps)
        found.append(Workings(named, steps, loss.gathered(elements, at)))
    return found, Tally.of(terms, 0)


def _of_one(step: Step, at: int, *, ignored: bool) -> Step:
    """A step of one element; the loss of an ignored one comes from no formula."""
    formula = "0: the target is ignored" if ignored and step.name == "loss" else step.formula
    return replace(step, formula=formula, value=step.value[..., at])


def workings_of_worst(loss: Loss, found: Elements, *, gradient: bool) -> Iterator[Workings]:
    """The workings of the elements with the largest losses, in their order."""
    step = max(1, _LEAST_BLOCK_VALUES // max(1, found.batch.input[:1].size))
    for start in range(0, len(found), step):
        part = np.arange(start, min(start + step, len(found)))
        elements = found.batch.elements(part, np.zeros_like(part))
        yield from _workings(loss, elements, [found.place(at) for at in part.tolist()], gradient=gradient)[0]
