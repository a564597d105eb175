"""Names of classes, from the names of their columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from celoss_cli.core.errors import InputError, listed, visible
from celoss_cli.read.roles.groups import target_labels

__all__ = ["in_natural_order", "order_notes", "paired"]


def paired(names: Sequence[str], target: Sequence[int], labels: Sequence[str]) -> tuple[int, ...]:
    """The columns of targets in the order of the classes, where their names say which is whose.

    Raises:
        InputError: if some of them are named as classes are, and others are not.

    """
    if len(target) < 2:
        return tuple(target)
    named = target_labels([names[i] for i in target])
    column_of = dict(zip(named, target, strict=True))
    if set(column_of) == set(labels):
        return tuple(column_of[label] for label in labels)
    if {name.casefold() for name in named} & {label.casefold() for label in labels}:
        known = {*labels}
        odd = [name for name in named if name not in known]
        without = [label for label in labels if label not in column_of]
        got = [*([listed(odd)] if odd else []), *([f"none for {listed(without)}"] if without else [])]
        raise InputError(
            f"expected columns of targets named as the classes, got {' and '.join(got)}",
            hint="choose them: --class-columns NAMES, --target-column NAMES",
        )
    return tuple(target)


def order_notes(names: Sequence[str]) -> tuple[str, ...]:
    in_order = all(_natural(one) <= _natural(two) for one, two in pairwise(names))
    if in_order or not all(re.search(r"[0-9]", name) for name in names):
        return ()
    natural = in_natural_order(names)
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
