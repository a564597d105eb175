"""Names of classes that targets are compared with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from celoss_cli.read.roles.column import value_of

__all__ = ["KnownNames"]


class KnownNames:
    """Names without regard to case; of those that are numbers, the value counts.

    Args:
        names: of classes.

    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name.casefold() for name in names}
        self._values = {value for name in self._names if (value := value_of(name)) is not None}

    def have(self, targets: Sequence[str]) -> bool:
        """Whether there are targets, and every one of them is such a name."""
        return bool(targets) and all(t.casefold() in self._names or self._has_value(t) for t in targets)

    def _has_value(self, target: str) -> bool:
        return bool(self._values) and value_of(target) in self._values
