"""How values stand in a JSON document: each kind once, as it is written and as it is read back or refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from math import isfinite
from typing import Any, Generic, TypeVar

from celoss_cli.core.records import record

__all__ = [
    "COUNT",
    "FLAG",
    "FRACTION",
    "NUMBER",
    "TEXT",
    "Form",
    "mapped",
    "matching",
    "maybe",
    "one_of",
    "only",
    "record_of",
    "series",
]

T = TypeVar("T")


@record(frozen=True, slots=True)
class Form(Generic[T]):
    """A kind of values.

    Attributes:
        write: the JSON of a value.
        read: the value of JSON; raises ValueError for what no value is written as.

    """

    write: Callable[[T], Any]
    read: Callable[[Any], T]


def _checked(what: str, holds: Callable[[Any], object]) -> Form[Any]:
    """Values that stand in JSON as they are; those of which nothing holds are refused as ``what``."""

    def read(value: Any) -> Any:
        if not holds(value):
            raise ValueError(f"{value!r} is {what}")
        return value

    return Form(lambda value: value, read)


TEXT: Form[str] = _checked("no text", lambda value: isinstance(value, str))
FLAG: Form[bool] = _checked("neither true nor false", lambda value: isinstance(value, bool))
COUNT: Form[int] = _checked("no count", lambda value: type(value) is int and value >= 0)
NUMBER: Form[float] = _checked("no number", lambda value: type(value) in (int, float) and isfinite(value))
FRACTION: Form[float] = _checked("no fraction", lambda value: 0 <= NUMBER.read(value) <= 1)


def matching(pattern: str) -> Form[str]:
    """Texts of a pattern."""
    return _checked("not as expected", lambda value: re.fullmatch(pattern, TEXT.read(value)))


def one_of(known: Collection[str]) -> Form[str]:
    """One of a few texts."""
    return _checked(f"none of {', '.join(sorted(known))}", lambda value: TEXT.read(value) in known)


# --------------------------------------------------------------------------------------- values of values


def maybe(form: Form[T]) -> Form[T | None]:
    """Such values, or null for None."""
    return Form(
        lambda value: None if value is None else form.write(value),
        lambda value: None if value is None else form.read(value),
    )


def series(form: Form[T]) -> Form[Sequence[T]]:
    """Lists of such values."""

    def read(value: Any) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise ValueError(f"{value!r} is no list")
        return tuple(map(form.read, value))

    return Form(lambda values: list(map(form.write, values)), read)


def mapped(form: Form[T]) -> Form[Mapping[str, T]]:
    """Objects of such values by any names."""

    def read(value: Any) -> dict[str, T]:
        if not isinstance(value, dict):
            raise ValueError(f"{value!r} is no object")
        return {key: form.read(item) for key, item in value.items()}

    return Form(lambda values: {key: form.write(item) for key, item in values.items()}, read)


def record_of(
    kind: Callable[..., T], forms: Mapping[str, Form[Any]], spare: Mapping[str, object] = {}
) -> Form[T]:
    """Objects of the attributes of a record, by their names.

    Args:
        kind: makes the record.
        forms: of its attributes.
        spare: those that are left out where they have these values, the record's own defaults.

    """

    def write(value: T) -> dict[str, Any]:
        held = {name: getattr(value, name) for name in forms}
        return {
            name: forms[name].write(one)
            for name, one in held.items()
            if name not in spare or one != spare[name]
        }

    def read(value: Any) -> T:
        found = only(value, forms, spare)
        return kind(**{name: forms[name].read(one) for name, one in found.items()})

    return Form(write, read)


def only(value: Any, keys: Collection[str], spare: Collection[str] = ()) -> dict[str, Any]:
    """An object with these keys and no others; the ``spare`` ones may be missing."""
    if not isinstance(value, dict) or not set(keys) - set(spare) <= set(value) <= set(keys):
        raise ValueError(f"there is no object of {', '.join(sorted(keys))}")
    return value
