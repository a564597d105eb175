"""What roles are looked for, what was found for one, and which column is what in the end."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Literal, TypeVar

from celoss_cli.core.records import record
from celoss_cli.read.roles.groups import spellings_of

if TYPE_CHECKING:
    from celoss_cli.core.data import Roles

__all__ = [
    "KINDS",
    "POSITIVE",
    "Assignment",
    "Candidate",
    "ColumnChoice",
    "Found",
    "Wanted",
    "preferred",
]


@record(frozen=True, slots=True)
class ColumnChoice:
    """Which columns the user named; each an exact name, a glob, or a range ``first:last``.

    Attributes:
        target, classes, id, weight: patterns separated by commas, or None to work it out.
        group: the column that the loss is broken down by, or None.
        group_option: the option that named it.
        predicted: the column of the classes predicted, whose probability the input is, or None.

    """

    target: str | None = None
    classes: str | None = None
    id: str | None = None
    weight: str | None = None
    group: str | None = None
    group_option: str = "--by"
    predicted: str | None = None


Kind = Literal["log-probs", "logits", "probs", "scores"]
KINDS: dict[str, Kind] = {
    "probabilities": "probs",
    "probs": "probs",
    "logits": "logits",
    "log-probs": "log-probs",
    "log_probs": "log-probs",
    "scores": "scores",
}
"""The word of prediction that says what a loss takes."""


@record(frozen=True, slots=True)
class Wanted:
    """What columns are looked for.

    Attributes:
        per_class: whether the loss takes a value for each class and one target, or pairs.
        takes: what the loss takes: "logits", "log-probs", "probs" or "scores".
        or_binary: whether one column is taken where several are looked for.
        binary: the command that takes one column, where it is not bce or bce-logits.
        choice: the columns that the user named.
        elsewhere: whether the targets come from elsewhere.
        examples: the different ones of these, as far as they are known.
        joined: the name of the ids that those targets are joined by, or None.
        ids: these ids.
        paired: the names of their columns where they are several, one for each column of the input.
        rescaled: whether a convention divides probabilities by their sum.
        examined: whether the data is read to find what is wrong with it: then values that do not fit are no
            reason against the only reading there is.
        whole: whether the first rows are all there are.
        has_names: whether the names of the columns say anything.
        positive: the target that is the positive one, where the user says so.
        class_map: the names of classes that targets stand for.

    """

    per_class: bool
    takes: str
    or_binary: bool = False
    binary: str = ""
    choice: ColumnChoice = ColumnChoice()
    elsewhere: bool = False
    examples: tuple[str, ...] = ()
    joined: str | None = None
    ids: Container[str] = ()
    paired: tuple[str, ...] = ()
    rescaled: bool = False
    examined: bool = False
    whole: bool = True
    has_names: bool = True
    positive: str | None = None
    class_map: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> Kind | Literal[""]:
        """The word of prediction that says what the loss takes."""
        return KINDS.get(self.takes, "")


POSITIVE = "the probability of the positive answer"
"""How the reason for a single column begins of which the name or another column says so."""


@record(frozen=True, slots=True)
class Candidate:
    """Columns that may play a role.

    Attributes:
        columns: their positions, in the order of the header.
        why: what speaks for it.
        affix: what they have in common, as a pattern, or "".
        inferred: whether neither an option nor a whole name of targets says so.
        command: the command of another loss that takes these columns, or "".
        positive: the target that a single column of probabilities speaks of, or None.
        alone: whether it needs no target.
        predicted: the column of the class predicted whose probability a single column is, or None.
        options: what else is to be said for this reading, as options with their values.

    """

    columns: tuple[int, ...]
    why: str
    affix: str = ""
    inferred: bool = True
    command: str = ""
    positive: str | None = None
    alone: bool = False
    predicted: int | None = None
    options: tuple[tuple[str, str], ...] = ()


@record(frozen=True, slots=True)
class Found:
    """The candidates of a role, best first.

    Attributes:
        candidates: one where the role is settled.
        expected: what was expected and what was found, where it is not; "" where it is.

    """

    candidates: tuple[Candidate, ...]
    expected: str = ""

    @property
    def only(self) -> Candidate | None:
        return self.candidates[0] if len(self.candidates) == 1 and not self.expected else None


@record(frozen=True, slots=True)
class Assignment:
    """Which column plays which role, by position.

    Attributes:
        names: the header.
        target: one column, or one for each input column; () where targets come from elsewhere.
        inputs: the columns of the loss's input, in the order of the classes.
        labels: the classes' names; () where the table has no header, and the classes no names.
        id, weight, group: a column, or None.
        unused: the rest, with why each has no role.
        notes: what a reader of the output should know of it.
        told: how the table is written, where that was worked out.
        why: what speaks for each role that is played: "inputs", "target", "id", "weight".
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
    unused: Mapping[int, str] = field(default_factory=dict)
    group: int | None = None
    notes: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    why: Mapping[str, str] = field(default_factory=dict)
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
        target = self._named(self.target)
        described: Roles = {
            "inputs": self._named(self.inputs),
            "target": target if len(target) > 1 else next(iter(target), None),
            "id": None if self.id is None else self.names[self.id],
            "weight": None if self.weight is None else self.names[self.weight],
        }
        if self.predicted is not None:
            described["predicted"] = self.names[self.predicted]
        if self.group is not None:
            described["group"] = self.names[self.group]
        described["unused"] = self._named(self.unused)
        if self.notes:
            described["notes"] = list(self.notes)
        if self.told:
            described["told"] = list(self.told)
        unused = {self.names[column]: why for column, why in self.unused.items()}
        if reasons := {**self.why, **({"unused": unused} if unused else {})}:
            described["why"] = reasons
        if self.inferred:
            described["inferred"] = {role: list(option) for role, option in self.inferred.items()}
        return described

    def _named(self, columns: Iterable[int]) -> list[str]:
        return [self.names[column] for column in columns]


_T = TypeVar("_T")


def preferred(found: Iterable[_T], *better: Callable[[_T], bool]) -> list[_T]:
    """Those of which each question, one after the other, is answered yes, as long as any is left."""
    kept = list(found)
    for is_better in better:
        if len(kept) > 1:
            kept = [one for one in kept if is_better(one)] or kept
    return kept
