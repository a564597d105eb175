"""What identifies the documents of a data set, so that none of them counts twice, nor in two of its parts."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from hashlib import blake2b
from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError, quoted
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.read.request import Settled

__all__ = ["LIMIT", "Identities", "again", "identities_of", "number_of_name", "thinned"]

LIMIT = 1 << 16
"""So many documents are held at most; of more, those whose numbers are multiples of a power of two."""

_BYTES = 8


@record(frozen=True, slots=True)
class Identities:
    """The documents of a data set that are known by their names.

    Attributes:
        numbers: of documents, each of 64 bits of a digest of its name.
        one_in: how many documents each number stands for: only multiples of it are held.
        first: the numbers of those that files of token rows begin with.
        last: of those that such files end with, which may go on in another file.

    """

    numbers: frozenset[int] = frozenset()
    one_in: int = 1
    first: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()


def number_of_name(name: str, own: str = "") -> int:
    """The number of a document, the same in every run and on every machine.

    Args:
        name: of the document.
        own: what tells it from others of its name.

    """
    text = f"{len(name)} {name}{own}".encode(errors="surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=_BYTES).digest(), "big")


def identities_of(settled: Settled) -> Identities:
    """What identifies the documents that were read."""
    numbers, one_in = thinned(number for number in settled.documents if number >= 0)
    return Identities(frozenset(numbers), one_in, frozenset(settled.first), frozenset(settled.last))


def thinned(numbers: Iterable[int], one_in: int = 1) -> tuple[set[int], int]:
    """As many of the numbers as are held, and how many documents each of them stands for."""
    kept = {number for number in numbers if number % one_in == 0}
    while len(kept) > LIMIT:
        one_in *= 2
        kept = {number for number in kept if number % one_in == 0}
    return kept, one_in


def again(
    known: MutableMapping[int, int], name: str, scores: bytes, *, what: str, own: str = "", variant: str = ""
) -> str:
    """What a document is that was there before, or "" for a new one.

    Args:
        known: the documents so far, in the fewest bytes: a name and its scores are two numbers, that of a
            name the same in every run; its complement has the view that counts.
        name: of the document; one without a name is always new.
        scores: of its tokens.
        what: the scores are called.
        own: what tells documents of one name from each other, where there is more than their scores.
        variant: which of several views of a document this is; only the first one that was there counts.

    Raises:
        InputError: for one that was there with other scores.

    """
    if not name:
        return ""
    key, found = number_of_name(name, own), hash(scores)
    if variant and known.setdefault(~key, hash(variant)) != hash(variant):
        return "other-view"
    before = known.get(key)
    if before is None:
        known[key] = found
        return ""
    if before == found:
        return "repeated-document"
    raise InputError(
        f"expected each document once, got {quoted(name)} again with other {what}",
        hint="is it named by another field? --id-column says so",
    )
