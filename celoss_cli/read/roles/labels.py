"""Names of classes, from the names of their columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from celoss_cli.core.errors import InputError, listed, visible

__all__ = ["affix_of", "class_names", "in_natural_order", "order_notes", "paired"]

_AFFIXES = (
    ("Probability:Class=", ""),
    ("P (class=", ")"),
    (".pred_", ""),
    ("log_prob_", ""),
    ("logprob_", ""),
    ("proba_", ""),
    ("prob_", ""),
    ("prob.", ""),
    ("logit_", ""),
    ("class_", ""),
    ("score_", ""),
    ("p_", ""),
)
_SEPARATORS = "_.:=- "


def affix_of(name: str) -> tuple[str, str] | None:
    for prefix, suffix in _AFFIXES:
        if name.startswith(prefix) and name.endswith(suffix) and len(name) > len(prefix) + len(suffix):
            return prefix, suffix
    return None


def class_names(names: Sequence[str]) -> tuple[str, ...]:
    """The class names: the columns' names without their common affix."""
    affixes = {affix_of(name) for name in names}
    affix = affixes.pop() if len(affixes) == 1 else None
    if affix:
        prefix, suffix = affix
        return tuple(name[len(prefix) : len(name) - len(suffix)] for name in names)
    if len(names) > 1:
        shared = _common_start(names)
        cut = max((shared.rfind(mark) for mark in _SEPARATORS), default=-1) + 1
        if all(re.fullmatch(r"[A-Za-z]+[0-9]+", name) for name in names):
            cut = len(re.match(r"[A-Za-z]*", shared)[0])  # type: ignore[index]
        if cut and all(len(name) > cut for name in names):
            return tuple(name[cut:] for name in names)
    return tuple(names)


def paired(names: Sequence[str], target: Sequence[int], labels: Sequence[str]) -> tuple[int, ...]:
    """The columns of targets in the order of the classes, where their names say which is whose.

    Raises:
        InputError: if some of them are named as classes are, and others are not.

    """
    if len(target) < 2:
        return tuple(target)
    named = class_names([names[i] for i in target])
    column_of = dict(zip(named, target, strict=True))
    if set(column_of) == set(labels):
        return tuple(column_of[label] for label in labels)
    if {name.casefold() for name in named} & {label.casefold() for label in labels}:
        odd = [name for name in named if name not in labels]
        without = [label for label in labels if label not in column_of]
        got = [*([listed(odd)] if odd else []), *([f"none for {listed(without)}"] if without else [])]
        raise InputError(
            f"expected columns of targets named as the classes, got {' and '.join(got)}",
            hint="choose them: --class-columns NAMES, --target-column NAMES",
        )
    return tuple(target)


def _common_start(names: Sequence[str]) -> str:
    """What all names start with; the least and the greatest in order differ first."""
    least, greatest = min(names), max(names)
    length = next((i for i, (a, b) in enumerate(zip(least, greatest, strict=False)) if a != b), len(least))
    return least[:length]


def order_notes(names: Sequence[str]) -> tuple[str, ...]:
    natural = in_natural_order(names)
    if natural == list(names) or not all(re.search(r"[0-9]", name) for name in names):
        return ()
    at = next(at for at, name in enumerate(names) if name != natural[at])
    return (
        f"the columns are taken in the header's order, with {visible(names[at])} as class {at}; in natural "
        f"order that would be {visible(natural[at])}",
    )


def in_natural_order(names: Sequence[str]) -> list[str]:
    """Names sorted so that the numbers within them run by size."""
    return sorted(names, key=_natural)


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts the numbers within names by size: the longer the larger."""
    parts = re.split(r"([0-9]+)", name)
    parts[1::2] = [digits.lstrip("0") for digits in parts[1::2]]
    return [(len(part) if i % 2 else 0, part) for i, part in enumerate(parts)]
