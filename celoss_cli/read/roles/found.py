"""What was found for one role: the one reading, or several and what is doubtful."""

from __future__ import annotations

from celoss_cli.core.records import record

__all__ = ["POSITIVE", "Candidate", "Found"]

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
