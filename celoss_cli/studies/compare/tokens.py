"""Whether two dumps score the same text of a document, why not, and what makes them comparable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.errors import InputError, Way, plural
from celoss_cli.losses.scored_tokens import ScoredTokens
from celoss_cli.studies.compare.side import SIZES

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.studies.compare.side import Side

__all__ = ["first_of", "refuse_other_text", "why_other_tokens"]

_BY_BYTES = Way("other tokens of the same text are compared by its bytes", (("--per", "byte"),))
_OTHER_TEXT = "their tokens are those of other texts: a comparison needs the same text in both"

_UNKNOWN_TEXT = "other tokens of one text are compared by its bytes, which are not known here"


def first_of(where: Array) -> int | None:
    """The first row of those that something holds of, shape (rows,); None where there is none."""
    rows = np.flatnonzero(where)
    return int(rows[0]) if len(rows) else None


def why_other_tokens(a: Side, b: Side) -> tuple[str, tuple[Way, ...]]:
    """The reason as far as it is known, and the ways out; nothing for data that is none of tokens."""
    if not isinstance(a.loss, ScoredTokens):
        return "", ()
    sizes = [side.evaluation.sizes for side in (a, b)]
    unknown = any(found["without bytes"] for found in sizes)
    if sizes[0]["bytes"] == sizes[1]["bytes"] and not unknown:
        return ("", (_BY_BYTES,)) if a.loss.per != "byte" else (_OTHER_TEXT, ())
    ours, theirs = (side.evaluation.counted["first-token"] for side in (a, b))
    if ours == theirs:
        return _UNKNOWN_TEXT if unknown else _OTHER_TEXT, ()
    more, less = (a, b) if ours > theirs else (b, a)
    told = f"{more.name} has no score for the first token of {plural(max(ours, theirs), 'document')}, "
    others = f"{less.name} for that of {min(ours, theirs)}" if min(ours, theirs) else f"{less.name} has one"
    return f"{told}{others}: let both models score the same tokens", ()


def refuse_other_text(a: Side, b: Side, order: Array) -> None:
    """Refuses sums of documents of which the two dumps score other parts.

    Any other divisor than the number of documents is held against that of the other dump already.

    Raises:
        InputError: for the first document whose scored bytes differ, or its tokens where bytes are not known.

    """
    if not isinstance(a.loss, ScoredTokens) or a.loss.per != "document":
        return
    unknown = np.ones(len(order), bool)
    for unit in SIZES:
        ours, theirs = a.scored[unit], b.scored[unit][order]
        known = unknown & ~np.isnan(ours) & ~np.isnan(theirs)
        unknown &= ~known
        row = first_of(known & (ours != theirs))
        if row is not None:
            raise InputError(
                f"expected {plural(int(ours[row]), unit[:-1])} with scores, as in {a.place(row)}, "
                f"got {int(theirs[row])}: sums over other parts of a text are not compared",
                hint=why_other_tokens(a, b)[0],
                place=b.place(int(order[row])),
            )
    row = first_of(unknown)
    if row is not None:
        raise InputError(
            f"expected the text that is scored in {a.place(row)}, got data that does not say how long it is",
            hint="its bytes or its tokens must be known in both",
            place=b.place(int(order[row])),
        )
