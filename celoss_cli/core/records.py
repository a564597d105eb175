"""Dataclasses that are quick to define, as a short run spends its time on definitions.

``dataclasses.dataclass`` writes up to six methods of a class as text and compiles each of them: 0.6 ms a
class, a seventh of a tiny run. Here only ``__init__`` is made in that way. ``==``, ``hash`` and ``repr`` are
functions that all classes share, and that no field of a frozen one is assigned is checked by the type
checker, for which ``record`` is ``dataclass``.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

__all__ = ["record"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:

    def record(*, frozen: bool = False, **options: Any) -> Any:
        """The decorator; it takes ``frozen``, ``slots`` and ``kw_only`` as ``dataclass`` does."""

        def made(kind: type) -> type:
            found = dataclasses.dataclass(eq=False, repr=False, match_args=False, **options)(kind)
            methods = {"__eq__": _equal, "__hash__": _hash if frozen else None, "__repr__": _shown}
            for name, method in methods.items():
                if name not in vars(kind):
                    setattr(found, name, method)
            return found

        return made


def _values(record: Any) -> tuple[Any, ...]:
    return tuple(getattr(record, name) for name in record.__dataclass_fields__)


def _equal(self: Any, other: object) -> bool:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _shown(self: Any) -> str:
    fields = (f"{name}={getattr(self, name)!r}" for name in self.__dataclass_fields__)
    return f"{type(self).__name__}({', '.join(fields)})"
