"""Which column of a table is what, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from celoss_cli.core.records import record
from celoss_cli.read.roles.groups import spellings_of

if TYPE_CHECKING:
    from celoss_cli.core.data import Roles

__all__ = ["Assignment", "Why"]


@record(frozen=True, slots=True)
class Why:
    """What speaks for the roles, in words; "" for a role that nothing plays.

    Attributes:
        inputs, target, id, weight: of each role.
        unused: why a column has none, by its position.

    """

    inputs: str = ""
    target: str = ""
    id: str = ""
    weight: str = ""
    unused: Mapping[int, str] = field(default_factory=dict)


@record(frozen=True, slots=True)
class Assignment:
    """Which column plays which role, by position.

    Attributes:
        names: the header.
        target: one column, or one for each input column; () where targets come from elsewhere.
        inputs: the columns of the loss's input, in the order of the classes.
        labels: the classes' names; () where the table has no header, and the classes no names.
        id, weight, group: a column, or None.
        unused: the rest.
        notes: what a reader of the output should know of it.
        told: how the table is written, where that was worked out.
        why: what speaks for it.
        inferred: the roles that neither an option nor a whole name of targets gave, and the options that
            pin them: "target" -> ("--target-column", "clicked").
        positive: the target that is the positive answer of a loss of single values, where it is not 1.
        predicted: the column of the class predicted whose probability the input is, or None.
        decided: its answers, the positive one first.
        answers: the different targets of the first rows, where one of them is that.

    """

    names: tuple[str, ...]
    target: tuple[int, ...]
    inputs: tuple[int, ...]
    labels: tuple[str, ...]
    id: int | None
    weight: int | None
    unused: tuple[int, ...]
    group: int | None = None
    notes: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    why: Why = Why()
    inferred: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    positive: str | None = None
    answers: tuple[str, ...] = ()
    predicted: int | None = None
    decided: tuple[str, ...] = ()

    @property
    def spelled(self) -> tuple[str, ...]:
        """How targets may call the classes beside their labels; once or several times all of them."""
        return spellings_of([self.names[column] for column in self.inputs]) if self.labels else ()

    @property
    def used(self) -> tuple[int, ...]:
        """The columns whose values are read."""
        others = tuple(column for column in (self.id, self.weight, self.predicted) if column is not None)
        return (*self.inputs, *self.target, *others)

    def described(self) -> Roles:
        """The roles for the heading and the JSON output."""
        described: Roles = {"inputs": self._named(self.inputs), "target": self._named(self.target)}
        if not self.target:
            described["target"] = None
        if len(self.target) == 1:
            described["target"] = self.names[self.target[0]]
        described["id"] = None if self.id is None else self.names[self.id]
        described["weight"] = None if self.weight is None else self.names[self.weight]
        if self.predicted is not None:
            described["predicted"] = self.names[self.predicted]
        if self.group is not None:
            described["group"] = self.names[self.group]
        described["unused"] = self._named(self.unused)
        if self.notes:
            described["notes"] = list(self.notes)
        if self.told:
            described["told"] = list(self.told)
        if reasons := self._reasons():
            described["why"] = reasons
        if self.inferred:
            described["inferred"] = {role: list(option) for role, option in self.inferred.items()}
        return described

    def _named(self, columns: Sequence[int]) -> list[str]:
        return [self.names[column] for column in columns]

    def _reasons(self) -> dict[str, Any]:
        why = self.why
        told: dict[str, Any] = {
            role: reason
            for role, reason in (
                ("inputs", why.inputs),
                ("target", why.target),
                ("id", why.id),
                ("weight", why.weight),
            )
            if reason
        }
        if why.unused:
            told["unused"] = {self.names[column]: reason for column, reason in why.unused.items()}
        return told
