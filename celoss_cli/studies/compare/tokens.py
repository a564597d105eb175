"""Why two dumps of scored tokens have other weights for one document, and what makes them comparable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celoss_cli.core.errors import Way, plural
from celoss_cli.losses.scored_tokens import ScoredTokens

if TYPE_CHECKING:
    from celoss_cli.studies.compare.side import Side

__all__ = ["why_other_tokens"]

_BY_BYTES = Way("other tokens of the same text are compared by its bytes", (("--per", "byte"),))
_OTHER_TEXT = "their tokens are those of other texts: a comparison needs the same text in both"

_UNKNOWN_TEXT = "other tokens of one text are compared by its bytes, which are not known here"


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
