"""What roles are looked for, and what was found for one: one reading, or several and what is doubtful."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import field
from typing import Literal

from celoss_cli.core.records import record

__all__ = ["KINDS", "POSITIVE", "Candidate", "ColumnChoice", "Found", "Wanted"]


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
    def takes_probabilities(self) -> bool:
        return self.takes in ("probs", "probabilities")

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
