"""Nested lists of numbers as arrays, each value checked; those of a document are gathered as they come."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.errors import InputError, LimitError, plural, quoted
from celoss_cli.core.numbers import is_number, number
from celoss_cli.read.json.frame import Frame, frame_of
from celoss_cli.read.json.parsing import Refused
from celoss_cli.read.text.plain import NotPlain

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.read.json.text import Piece
    from celoss_cli.read.request import ReadRequest

__all__ = ["UNQUOTED", "Numbers", "array_of", "check", "plain", "shape_of", "shown"]

UNQUOTED = "numbers are written without quotes"
"""What to do about a text where a number is wanted."""

_MOST_ITEMS = 1 << 22
"""Values that are no numbers take some hundred bytes each."""

_AT_A_TIME = 1 << 16


class Numbers:
    """What the elements of an array come to: numbers in an array of NumPy's, or else values.

    Args:
        path: of the array.
        name: of the stream.
        request: says which numbers are accepted.

    """

    def __init__(self, path: str, name: str, request: ReadRequest) -> None:
        self._path = path
        self._name = name
        self._request = request
        self._shape: tuple[int, ...] | None = None
        self._kind: type | None = None
        self._grown = _GrowingArray()
        self._frame: Frame | None = None
        self._error: InputError | None = None
        self._items: list[Any] = []
        self._weight = 0

    @classmethod
    def gathered(cls, pieces: Iterable[Piece], path: str, name: str, request: ReadRequest) -> Numbers:
        """Those of all pieces of an array."""
        found = cls(path, name, request)
        for piece in pieces:
            found.add(piece)
        return found

    @classmethod
    def of(cls, values: list[Any], path: str, name: str, request: ReadRequest) -> Numbers:
        """Those of a list that was read."""
        found = cls(path, name, request)
        found._add_checked(values)
        if found._error is not None:
            found._items = values
        return found

    def add(self, piece: Piece) -> None:
        """Takes the next elements.

        Raises:
            InputError: for what is no JSON.
            LimitError: for more values than are held that are no numbers.

        """
        if self._error is None and (
            self._add_framed(piece) or (self._sampled(piece) and self._add_framed(piece))
        ):
            return
        values = piece.values()
        if self._error is None:
            self._add_checked(values)
        if self._error is not None:
            self._hold(values, piece.data)

    def _add_framed(self, piece: Piece) -> bool:
        frame, shape = self._frame, self._shape
        if frame is None or shape is None or self._kind is bool:
            return False
        framed = frame.around(piece.rows(frame.lead), piece.elements if shape else 0, b",")
        if framed is None:
            return False
        try:
            self._grown.append(framed.array(range(len(frame))).reshape(len(framed), *shape))
        except NotPlain:
            return False
        self._kind = float
        return True

    def _sampled(self, piece: Piece) -> bool:
        """Takes an element for the one that the others are written like."""
        sample = piece.sample()
        if sample is None or isinstance(sample[1], dict):
            return False
        shape = shape_of(sample[1])
        found = frame_of(*sample) if self._shape in (None, shape) and self._is_of(sample[1], shape) else None
        if found is None or len(found[0]) != int(np.prod(shape)):
            return False
        self._frame = found[0]
        self._shape = shape
        return True

    def _is_of(self, value: Any, shape: tuple[int, ...]) -> bool:
        """Whether lists that begin with this shape have it throughout."""
        try:
            check(value, self._path, shape, None, self._request)
        except InputError:
            return False
        return True

    def _add_checked(self, values: list[Any]) -> None:
        if not len(self._grown):
            self._shape = shape_of(values[0]) if values else None
        shape = self._shape or ()
        try:
            for index, value in enumerate(values, len(self._grown)):
                self._kind = check(value, f"{self._path}[{index}]", shape, self._kind, self._request)
        except InputError as error:
            self._error = error.at(self._name)
            self._items = self._grown.array().tolist()
        else:
            self._grown.append(np.array(plain(values)))

    def _hold(self, values: list[Any], data: bytes) -> None:
        self._weight += sum(map(data.count, (b",", b"[", b"{")))
        if self._weight > _MOST_ITEMS:
            raise LimitError(
                f"expected at most {_MOST_ITEMS} values that are no numbers, got more",
                hint="JSON Lines has no such limit",
                place=f"{self._name}: {self._path}",
            )
        self._items += values

    def array(self) -> Array:
        """The numbers, shape (elements, ...), of integers, booleans or float64.

        Raises:
            InputError: for the first element that is no number, or of another shape, with its path.

        """
        if self._error is not None:
            raise self._error
        return self._grown.array()

    @property
    def is_odd(self) -> bool:
        """Whether there is an element that is no number, or of another shape than the first."""
        return self._error is not None

    def items(self) -> list[Any]:
        """The elements as Python's values."""
        return self._items if self._error is not None else self._grown.array().tolist()


class _GrowingArray:
    """An array that grows in place: of truth values, or of integers until a part is of floats."""

    def __init__(self) -> None:
        self._raw = np.empty(0, np.int64)
        self._type: np.dtype[Any] | None = None
        self._size = 0
        self._rows = 0
        self._extents: tuple[int, ...] = ()

    def __len__(self) -> int:
        return self._rows

    def append(self, part: Array) -> None:
        """Takes more rows of the same extents."""
        if not len(part):
            return
        if self._type is None:
            self._type, self._extents = part.dtype, part.shape[1:]
        elif part.dtype.kind == "f" and self._type.kind == "i":
            self._to_floats()
        if self._size + part.size > self._raw.size:
            most = self._size + part.size
            self._raw.resize(most + most // 8, refcheck=False)  # nobody has a view of it
        self._values[self._size : self._size + part.size] = part.reshape(-1)
        self._size += part.size
        self._rows += len(part)

    @property
    def _values(self) -> Array:
        return self._raw.view(np.float64 if self._type == np.float64 else np.int64)

    def _to_floats(self) -> None:
        self._type = np.dtype(np.float64)
        for start in range(0, self._size, _AT_A_TIME):
            part = slice(start, start + _AT_A_TIME)
            self._values[part] = self._raw[part]

    def array(self) -> Array:
        if self._type is None:
            return np.array([])
        self._raw.resize(self._size, refcheck=False)
        values = self._values.reshape(self._rows, *self._extents)
        return values.astype(bool) if self._type.kind == "b" else values


# ---------------------------------------------------------------------------- of values that were read


def array_of(value: Any, path: str, name: str, request: ReadRequest) -> Array:
    """A nested list of numbers as an array; of integers, booleans or float64.

    Raises:
        InputError: with the JSON path of the first value that is not a number or the first row that
            is too long or too short.

    """
    try:
        check(value, path, shape_of(value), None, request)
    except InputError as error:
        raise error.at(name) from None
    return np.array(plain(value))


def shape_of(value: Any) -> tuple[int, ...]:
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(shape)


def check(
    value: Any, path: str, shape: tuple[int, ...], kind: type | None, request: ReadRequest
) -> type | None:
    """Refuses the first value that does not fit; answers whether the values are booleans."""
    if not shape:
        return _check_number(value, path, kind, request)
    if not isinstance(value, list):
        raise InputError(f"expected a list of {plural(shape[0], 'value')}, got {shown(value)}", place=path)
    if len(value) != shape[0]:
        raise InputError(f"expected {plural(shape[0], 'value')}, got {len(value)}", place=path)
    if len(shape) == 1 and _all_finite(value):
        return _check_number(value[0], f"{path}[0]", kind, request)
    for index, item in enumerate(value):
        kind = check(item, f"{path}[{index}]", shape[1:], kind, request)
    return kind


def _all_finite(values: list[Any]) -> bool:
    """Whether these are plainly numbers, decided without a look at each from Python."""
    return bool(values) and set(map(type, values)) <= {float, int} and math.isfinite(sum(map(abs, values)))


def _check_number(value: Any, path: str, kind: type | None, request: ReadRequest) -> type:
    if isinstance(value, Refused):
        try:
            number(
                {"NaN": "nan", "Infinity": "inf"}.get(value, value), allow_nonfinite=request.allow_nonfinite
            )
        except InputError as error:
            raise error.at(path) from None
        return float
    if not isinstance(value, (int, float)):
        hint = UNQUOTED if isinstance(value, str) and is_number(value) else ""
        raise InputError(f"expected a number, got {shown(value)}", hint=hint, place=path)
    found = bool if isinstance(value, bool) else float
    if kind not in (None, found):
        raise InputError(
            f"expected {'true or false' if kind is bool else 'a number'}, got {shown(value)}", place=path
        )
    return found


_PLAIN = frozenset((float, int, bool))


def plain(value: Any) -> Any:
    if isinstance(value, list):
        return value if _PLAIN.issuperset(map(type, value)) else [plain(item) for item in value]
    if isinstance(value, Refused):
        return math.nan if value == "NaN" else math.inf
    return value


def shown(value: Any) -> str:
    if isinstance(value, list):
        return f"a list of {plural(len(value), 'value')}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    return "an object" if isinstance(value, dict) else quoted(json.dumps(value, ensure_ascii=False))
