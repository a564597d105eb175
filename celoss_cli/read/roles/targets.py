"""Targets of classes: names or indices, read the same way from first to last."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.errors import InputError, UsageError, Way, listed, quoted
from celoss_cli.core.numbers import hundredths, is_number, number, number_or_none
from celoss_cli.read.roles.column import TRUTH, value_of
from celoss_cli.read.roles.groups import initials
from celoss_cli.read.roles.words import PAIRS

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.read.request import ReadRequest

__all__ = ["BY_INDEX", "BY_NAME", "Targets", "parsed_number", "refuse_names"]

BY_INDEX = "targets read as class indices"
"""What is said of targets that count the columns in their order."""

BY_NAME = "targets matched to the class names"
"""What is said of targets that are names of classes."""

BY_MAP = "targets matched to the class names by --class-map"
"""What is said of targets that stand for names of classes."""


class Targets:
    """Reads the targets of a class loss, one a row, all in the same way.

    Names that count 0, 1, 2, ... are the indices. Where other names of classes are numbers or truth values,
    targets are names unless one of the examples can only be an index, and are compared by what they say: 1,
    +1, 1.0 and true are one target. Where the names are words, the first example that is a name or an index
    decides. A name may also be spelled as its column is. A whole number that is neither a name nor an index
    stays as it is: it may be the one that is left out.

    Args:
        labels: the classes' names.
        examples: the first targets.
        request: says how numbers are written, and what targets are where the user does, and remembers it for
            the files that follow.
        spelled: the names of the classes' columns, or none.

    Attributes:
        by_name: whether targets are names.
        in_words: whether they have to be read as text.
        names: the names of the classes where targets are names.
        conversion: what is done, in words.

    Raises:
        UsageError: where targets are asked to be names and classes have none.

    """

    def __init__(
        self,
        labels: tuple[str, ...],
        examples: Iterable[str],
        request: ReadRequest,
        spelled: Sequence[str] = (),
    ) -> None:
        self._labels = labels
        self._request = request
        self._meaning = request.class_map
        said = () if request.first_class else (("--target-is", "name"),)
        without = ("--first-class",) if request.first_class else ()
        self._by_names = Way("targets are the names of classes", said, without=without)
        if self._meaning:
            refuse_unknown_classes(self._meaning, (*labels, *spelled))
        self._other_names = spelled
        others = iter(examples)
        example = next(others, "")
        self.by_name = self._are_names(example, others)
        self.in_words = self.by_name and (bool(self._meaning) or not self._are_numbers(example))
        self.names: Container[str] = {**self._index, **self._meaning} if self.by_name else ()
        self.conversion = BY_INDEX
        if self.by_name:
            self.conversion = BY_MAP if self._meaning else BY_NAME
        elif example.lower() in TRUTH:
            self.conversion = "false and true read as class indices 0 and 1"

    @cached_property
    def _index(self) -> Mapping[str, int]:
        """The classes by their names; what is a class's own name is not another's column."""
        return {name: i % len(self._labels) for i, name in enumerate((*self._other_names, *self._labels))}

    @cached_property
    def _folded(self) -> Mapping[str, int]:
        return _without_case(self._index)

    @cached_property
    def _index_of_value(self) -> Mapping[float, int]:
        """The classes by the numbers that they are called by; none where two are called by one."""
        values = [(value, i) for i, value in enumerate(_values_of(self._labels)) if value is not None]
        known = dict(values)
        return known if len(known) == len(values) else {}

    def _are_names(self, example: str, others: Iterator[str]) -> bool:
        request = self._request
        if self._meaning:
            return True
        if request.target_is is not None:
            if not self._labels:
                refuse_names(request)
            return request.target_is == "name"
        if request.settled.by_name is None and example:
            request.settled.by_name = self._are_names_by(chain([example], others))
        return bool(request.settled.by_name)

    def _are_names_by(self, examples: Iterable[str]) -> bool:
        values = _values_of(self._labels)
        called = any(value is not None for value in values)
        if called and all(_value_of(label) is None for label in self._labels):
            return True  # two classes that are called yes and no: 1 and 0 mean the same
        counting = values == list(range(len(values)))
        if called and not counting:
            found = map(self._value, examples)
            return not any(self._is_index(value) and value not in self._index_of_value for value in found)
        for cell in examples:
            value = self._value(cell)
            if value is None or self._is_index(value):
                return not (counting and cell in self._labels) and self._known(cell) is not None
        return False

    def _known(self, cell: str) -> int | None:
        """The class of this name: as it is written, else without regard to case."""
        return self._index.get(cell, self._folded.get(cell.casefold()))

    def _is_index(self, value: float | None) -> bool:
        return value is not None and 0 <= value < len(self._labels) and value == np.floor(value)

    def _are_numbers(self, example: str) -> bool:
        """Whether all names of classes are numbers of their own, and targets are written so."""
        is_number = number_in(example or "0", self._request) is not None
        return is_number and len(self._index_of_value) == len(self._labels)

    def _value(self, cell: str) -> float | None:
        """The number that a target is, if it is one; true is 1."""
        truth = TRUTH.get(cell.lower())
        return number_in(cell, self._request) if truth is None else truth

    def of_numbers(self, values: Array) -> Array | None:
        """The class indices of numbers, shape (rows,) of int64; None where one of them is no target."""
        if self._meaning:
            return None
        if values.dtype.kind == "f":
            if not bool((values == np.floor(values)).all() and (np.abs(values) < np.float64(2.0**63)).all()):
                return self._by_distinct(values) if self.by_name else None
        elif values.dtype == np.uint64 and values.size and int(values.max()) >= 2**63:
            return None
        return self._by_distinct(values) if self.by_name else values.astype(np.int64)

    def _by_distinct(self, values: Array) -> Array | None:
        distinct, codes = np.unique(values, return_inverse=True)
        try:
            indices = [self._named(str(value), float(value)) for value in distinct.tolist()]
        except InputError:
            return None
        return np.array(indices, np.int64)[codes]

    def cells(self, texts: Sequence[str], fail: Callable[[int, InputError], InputError]) -> Array:
        """The class indices of text cells; ``fail`` gives an error of one cell its place."""
        values = np.empty(len(texts), np.int64)
        for row, text in enumerate(texts):
            try:
                values[row] = self._one(text)
            except InputError as error:
                raise fail(row, error) from None
        return values

    def _one(self, cell: str) -> int:
        if self.by_name:
            cell = self._meaning.get(cell, cell)
            known = self._known(cell)
            return self._named(cell, self._value(cell)) if known is None else known
        if cell.lower() in TRUTH:
            return int(TRUTH[cell.lower()])
        try:
            value = parsed_number(cell, self._request)
        except InputError as error:
            words = self._labels and all(value is None for value in _values_of(self._labels))
            names = f" or a name of {listed(self._labels)}" if words else ""
            is_name = self._known(cell) is not None
            told = f"expected a class index{names}, got {quoted(cell)}"
            ways = (self._by_names,) if is_name else self._spelled(cell)
            raise InputError(told, hint="" if ways else error.hint, ways=ways) from None
        if value != np.floor(value) or abs(value) >= 2**63:
            raise InputError(f"expected a class index, got {quoted(cell)}")
        return int(value)

    def _named(self, cell: str, value: float | None) -> int:
        """The index of the class of which this is the value; or a whole number that is no index either."""
        if value is not None and value in self._index_of_value:
            return self._index_of_value[value]
        if (
            value is not None
            and value == np.floor(value)
            and abs(value) < 2**63
            and not self._is_index(value)
        ):
            return int(value)
        raise InputError(
            f"expected a class name of {listed(self._labels)}, got {quoted(cell)}",
            hint=_INDICES if self._is_index(value) else "",
            ways=self._spelled(cell),
        )

    def _spelled(self, cell: str) -> tuple[Way, ...]:
        """The way out for a target that may be another spelling of one class."""
        stands = "" if self._meaning else initials([cell], self._labels)
        return (Way("another spelling of it", (("--class-map", stands),)),) if stands else ()


def _values_of(labels: Sequence[str]) -> list[float | None]:
    """The numbers that classes are called by: of two that are a clear pair, 1 is the positive one."""
    lowered = [label.casefold() for label in labels]
    for positive, negative in PAIRS if len(labels) == 2 else ():
        if {*lowered} == {positive, negative} and value_of(negative) is None:
            return [float(label == positive) for label in lowered]
    return [_value_of(label) for label in labels]


def _without_case(index: Mapping[str, int]) -> dict[str, int]:
    """The classes by names without regard to case, where only one of them is called so."""
    found: dict[str, int] = {}
    several = set()
    for name, at in index.items():
        if found.setdefault(name.casefold(), at) != at:
            several.add(name.casefold())
    return {name: at for name, at in found.items() if name not in several}


def refuse_unknown_classes(given: Mapping[str, str], labels: Sequence[str]) -> None:
    """Refuses a map to classes that the input has not.

    Raises:
        UsageError: for the first one.

    """
    labels = list(dict.fromkeys(labels))
    known = {label.casefold() for label in labels}
    for target, name in given.items():
        if name.casefold() not in known:
            raise UsageError(
                f"Expected --class-map with classes of {listed(labels)}, got {quoted(name)} "
                f"for {quoted(target)}."
            )


def refuse_names(request: ReadRequest) -> None:
    """Refuses to take targets for names where classes have none.

    Raises:
        UsageError: if that was asked for.

    """
    if request.target_is == "name":
        raise UsageError("Expected --target-is index for classes without names, got name.")


_INDICES = "if targets count the classes from 0: --target-is index"


def _value_of(label: str) -> float | None:
    """The number that the name of a class is, if it is one; true is 1."""
    truth = TRUTH.get(label.lower())
    return number_or_none(label) if truth is None else truth


def number_in(text: str, request: ReadRequest) -> float | None:
    """A number in the dialect that was asked for, or None for what is none."""
    plain = hundredths(text) if request.percent else text
    return number_or_none(plain, decimal=request.decimal, allow_nonfinite=request.allow_nonfinite)


def parsed_number(text: str, request: ReadRequest) -> float:
    """A number in the dialect that was asked for.

    Raises:
        InputError: for what is none, with the option that makes it one.

    """
    value = number_in(text, request)
    if value is not None:
        return value
    plain = hundredths(text) if request.percent else text
    try:
        return number(plain, decimal=request.decimal, allow_nonfinite=request.allow_nonfinite)
    except InputError as error:
        error.ways = error.ways or _other_dialect(text, request)
        raise


def _other_dialect(text: str, request: ReadRequest) -> tuple[Way, ...]:
    """The options by which a text is a number, where there are any."""
    options = []
    if not request.percent and (plain := hundredths(text)) != text:
        options.append(("--percent", ""))
        text = plain
    if not is_number(text, decimal=request.decimal):
        if request.decimal != "." or not is_number(text, decimal=","):
            return ()
        options.append(("--decimal", ","))
    return (Way("", tuple(options)),) if options else ()
