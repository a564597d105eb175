"""Documents that stand in a data set again: in one of its files, or in several."""

from __future__ import annotations

from collections.abc import MutableMapping

from celoss_cli.core.errors import InputError, quoted
from celoss_cli.read.tokens.identities import number_of_name

__all__ = ["again"]


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
