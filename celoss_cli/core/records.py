"""Dataclasses that are quick to define, as a short run spends its time on definitions.

``dataclasses.dataclass`` writes up to six methods of a class as text and compiles each of them: 0.6 ms a
class. Here ``==``, ``hash`` and ``repr`` are functions that all classes share, and that no field of a frozen
one is assigned is checked by the type checker, for which ``record`` is ``dataclass``. The fields of a class
are worked out when somebody asks for them. ``__init__`` is compiled where many objects are made;
the first ones are made by a function that looks the fields up.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["fieldwise", "record", "replace"]

_MANY = 100
"""Compiling ``__init__`` takes as long as what it saves for so many objects."""

_MISSING = dataclasses.MISSING

_OF_DATACLASS = (
    "__annotations__",
    "__doc__",
    "__module__",
    "__orig_bases__",
    "__post_init__",
    "__qualname__",
)
"""What ``dataclass`` reads of a class beside its fields."""

Written = Callable[[bool], Mapping[str, object]]
"""The attributes of a copy of a class after ``dataclass``; the argument says whether ``__init__`` is one."""

Record = TypeVar("Record")


def fieldwise(of: Callable[[Any, Any], Any], one: Record, other: Record, **instead: object) -> Record:
    """The record whose fields are what ``of`` makes of those of two, but for those that are given."""
    kind: Any = type(one)
    return kind(
        **{
            name: instead[name] if name in instead else of(getattr(one, name), getattr(other, name))
            for name in kind.__record_fields__
        }
    )


if TYPE_CHECKING:
    from dataclasses import dataclass as record
    from dataclasses import replace
else:

    def replace(found: Any, /, **changes: Any) -> Any:
        """The record with other values of some fields; ``dataclasses.replace`` works all fields out first."""
        values = {name: getattr(found, name) for name in found.__record_fields__}
        return type(found)(**{**values, **changes})

    def record(*, frozen: bool = False, slots: bool = False, kw_only: bool = False) -> Any:
        """The decorator; it takes ``frozen``, ``slots`` and ``kw_only`` as ``dataclass`` does."""

        def made(kind: type) -> type:
            defaults = _defaults(kind)
            read = {name: vars(kind)[name] for name in (*_OF_DATACLASS, *defaults) if name in vars(kind)}

            def written(init: bool) -> Mapping[str, object]:
                return vars(_dataclass(type(kind)(kind.__name__, kind.__bases__, dict(read)), init, kw_only))

            found = _slotted(kind, defaults) if slots else _with_defaults(kind, defaults)
            found.__dataclass_fields__ = _Fields(found, written)
            found.__init__ = _general(found, defaults, kw_only, written)
            found.__record_fields__ = defaults
            methods = {"__eq__": _equal, "__hash__": _hash if frozen else None, "__repr__": _shown}
            for name, method in methods.items():
                if name not in vars(kind):
                    setattr(found, name, method)
            return found

        return made


def _dataclass(kind: type, init: bool, kw_only: bool) -> type:
    return dataclasses.dataclass(init=init, eq=False, repr=False, match_args=False, kw_only=kw_only)(kind)


def _defaults(kind: type) -> dict[str, Any]:
    """What stands in the class for each field, by name and in order: a default, a field, or nothing."""
    found: dict[str, Any] = {}
    for base in kind.__mro__[:0:-1]:
        found |= vars(base).get("__record_fields__", {})
    for name, annotation in kind.__annotations__.items():
        if not str(annotation).startswith("ClassVar"):
            found[name] = vars(kind).get(name, _MISSING)
    return found


def _with_defaults(kind: Any, defaults: dict[str, Any]) -> Any:
    """The class with a field's default in the place of its declaration."""
    for name, found in defaults.items():
        if isinstance(found, dataclasses.Field) and name in vars(kind):
            if found.default is _MISSING:
                delattr(kind, name)
            else:
                setattr(kind, name, found.default)
    return kind


def _slotted(kind: Any, defaults: dict[str, Any]) -> Any:
    """The class with a slot for each field in the place of its default."""
    inherited = {name for base in kind.__mro__[1:] for name in vars(base).get("__slots__", ())}
    left_out = {"__dict__", "__weakref__", *defaults}
    body = {name: value for name, value in vars(kind).items() if name not in left_out}
    slots = tuple(name for name in defaults if name not in inherited)
    return type(kind)(kind.__name__, kind.__bases__, {**body, "__slots__": slots})


class _Fields:
    """The fields of a class, worked out when somebody asks for them; by several threads to the same."""

    def __init__(self, owner: type, written: Written) -> None:
        self._owner, self._written = owner, written

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if vars(self._owner)["__dataclass_fields__"] is self:
            made = self._written(False)
            for name in ("__dataclass_params__", "__dataclass_fields__"):
                setattr(self._owner, name, made[name])
        return vars(self._owner)["__dataclass_fields__"]


def _general(kind: Any, defaults: dict[str, Any], kw_only: bool, written: Written) -> Callable[..., None]:
    """An ``__init__`` that no text is compiled for; wrong arguments are left to the one that is."""
    places = () if kw_only else tuple(defaults)
    fields = {name: found for name, found in defaults.items() if isinstance(found, dataclasses.Field)}
    constants = {name: fields[name].default if name in fields else found for name, found in defaults.items()}
    constants = {name: found for name, found in constants.items() if found is not _MISSING}
    factories: list[Any] = [
        (name, found.default_factory) for name, found in fields.items() if name not in constants
    ]
    finishes = hasattr(kind, "__post_init__")
    left = _MANY

    def assign(self: Any, *given: Any, **named: Any) -> None:
        nonlocal left
        left -= 1
        values = {**dict(zip(places, given, strict=False)), **named}
        unequal = len(values) < len(given) + len(named)
        for name, make in factories:
            if name not in values:
                values[name] = make()
        values = {**constants, **values}
        if left < 0 or unequal or values.keys() != defaults.keys():
            kind.__init__ = written(True)["__init__"]
            kind.__init__(self, *given, **named)
            return
        for name in defaults:
            setattr(self, name, values[name])
        if finishes:
            self.__post_init__()

    return assign


def _values(record: Any) -> tuple[Any, ...]:
    return tuple(getattr(record, name) for name in record.__record_fields__)


def _equal(self: Any, other: object) -> bool:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _shown(self: Any) -> str:
    fields = (f"{name}={getattr(self, name)!r}" for name in self.__record_fields__)
    return f"{type(self).__name__}({', '.join(fields)})"
