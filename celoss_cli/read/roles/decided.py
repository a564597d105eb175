"""The two classes that were predicted, beside the targets: which of them is the positive answer."""

from __future__ import annotations

from collections.abc import Sequence

from celoss_cli.read.roles.pairs import PAIRS, clear_positive, same_answer

__all__ = ["decided_of", "is_of_decisions"]

_TWO = 2


def decided_of(seen: Sequence[str], targets: Sequence[str], positive: str | None) -> tuple[str, ...] | None:
    """The classes predicted, the positive one first; None where they are not called as the targets are.

    They are called so where each is a target, or where they are a clear pair of their own: yes and no beside
    1 and 0; or where the positive one of two is named, and the targets are a clear pair. A class that no
    target has is not taken for the other one: it may be a third.

    Args:
        seen: the different classes predicted among the first rows.
        targets: the different targets.
        positive: the one that is the positive answer, or None for that of a clear pair, or 1.

    """
    if len(seen) > _TWO:
        return None
    known = [_is_one_of(text, targets) for text in seen]
    told = positive or clear_positive(targets) or "1"
    if seen and not _is_one_of(told, seen):
        if any(known):
            return (told, *seen) if all(known) and len(seen) < _TWO else None
        told = clear_positive(seen) or ""
        return (told, *_but(told, seen)) if told else None
    others = _but(told, seen)
    if not others:
        return (told, *_other(told, targets))
    fits = all(known) or _are_clear(told, others[0]) or is_of_decisions(positive or "", seen, targets)
    return (told, *others) if fits else None


def is_of_decisions(positive: str, seen: Sequence[str], targets: Sequence[str]) -> bool:
    """Whether the positive answer is one of two classes predicted, cat and dog, beside a clear pair.

    The targets are then 1 or 0, yes or no, whatever the classes are called.
    """
    named = _is_one_of(positive, seen) and len(seen) == _TWO == len(targets)
    return (
        named and not any(_is_one_of(text, targets) for text in seen) and clear_positive(targets) is not None
    )


def _is_one_of(text: str, texts: Sequence[str]) -> bool:
    return any(same_answer(text, one) for one in texts)


def _but(told: str, texts: Sequence[str]) -> list[str]:
    return [text for text in texts if not same_answer(text, told)]


def _are_clear(positive: str, negative: str) -> bool:
    found = clear_positive((positive, negative))
    return found is not None and same_answer(found, positive)


def _other(positive: str, targets: Sequence[str]) -> list[str]:
    """The negative answer where none was predicted yet: the other target, or that of a clear pair."""
    others = _but(positive, targets)
    if len(others) == 1 and len(targets) == _TWO:
        return others
    return [negative for one, negative in PAIRS if same_answer(one, positive)][:1]
