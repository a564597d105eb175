"""The loss of scored tokens a token, a document, a byte and a word: one total, four divisors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from celoss_cli.core.records import record
from celoss_cli.losses.scored_tokens import STEP

if TYPE_CHECKING:
    from celoss_cli.core.exact import ExactSum

__all__ = ["Divided", "Tokens", "tokens_of"]

_UNITS = {"token": "tokens", "document": "documents", "byte": "bytes", "word": "words"}


@record(frozen=True, slots=True)
class Divided:
    """The total divided by the number of one thing.

    Attributes:
        per: the thing: "token", "document", "byte" or "word".
        count: how many of them count; None where it is not known of all of them.
        loss: the total divided by that, or None.
        bits: the same in bits, or None.
        perplexity: exp of it in nats; None for documents, whose likelihood is no average of choices.

    """

    per: str
    count: int | None
    loss: float | None
    bits: float | None
    perplexity: float | None


@record(frozen=True, slots=True)
class Tokens:
    """What scored tokens come to.

    Attributes:
        per: what the mean is divided by.
        parts: the total by each divisor.
        error: how far the mean may be from that of the numbers that were quantised, or None where none were.

    """

    per: str
    parts: tuple[Divided, ...]
    error: float | None = None

    def of(self, per: str) -> Divided:
        return next(part for part in self.parts if part.per == per)


def tokens_of(per: str, sizes: Mapping[str, int], total: ExactSum, nats: float) -> Tokens:
    """What an exact total comes to.

    Args:
        per: what the mean is divided by.
        sizes: how many tokens, documents, bytes and words count; "without bytes" and the like are elements
            of which nobody knows.
        total: of the losses.
        nats: how many nats one unit of it is.

    """
    parts = tuple(_divided(name, unit, sizes, total, nats) for name, unit in _UNITS.items())
    count = next(part.count for part in parts if part.per == per)
    error = sizes["error"] * STEP / nats / count if sizes.get("error") and count else None
    return Tokens(per, parts, error)


def _divided(per: str, unit: str, sizes: Mapping[str, int], total: ExactSum, nats: float) -> Divided:
    count = sizes.get(unit, 0)
    if sizes.get(f"without {unit}", 0):
        return Divided(per, None, None, None, None)
    if not count:
        return Divided(per, count, None, None, None)
    loss = total / count
    in_nats = loss * nats
    return Divided(per, count, loss, in_nats / math.log(2), None if per == "document" else _exp(in_nats))


def _exp(nats: float) -> float:
    try:
        return math.exp(nats)
    except OverflowError:
        return math.inf
