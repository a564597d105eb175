"""Columns that are named alike: prob_cat and prob_dog, cat_proba and dog_proba, c0 and c1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError, listed, visible
from celoss_cli.core.records import record
from celoss_cli.read.roles.words import closing, ends, named, starts

if TYPE_CHECKING:
    from celoss_cli.read.roles.column import Column

__all__ = [
    "Group",
    "alike",
    "in_natural_order",
    "initials",
    "label_beside",
    "labels_of",
    "order_notes",
    "paired",
    "predicting",
    "spellings_of",
    "target_labels",
    "targeting",
]


_MARKS = "_.:=-("
_STEM = 4
"""So many letters of a word say what it is, whatever ends it."""
_NUMBERED = re.compile(r"(.*?[^\W\d_]\W?_?)([0-9]+)")
_TARGETING = frozenset(
    ["target", "label", "labels", "true", "truth", "actual", "gold", "gt", "y", "is", "t", "obs"]
)

Cut = tuple[int, int, int]
"""A column, and where the name of a class starts and ends in its name."""


@record(frozen=True, slots=True)
class Group:
    """Two columns or more with a common affix.

    Attributes:
        columns: their positions.
        labels: their names without the affix, and without what else they start with.
        affix: what they have in common, as a pattern: ``prob_*``.
        takes: what its word of prediction says that they hold, or "".

    """

    columns: tuple[int, ...]
    labels: tuple[str, ...]
    affix: str
    takes: str = ""

    @property
    def counts(self) -> bool:
        """Whether the labels are numbers that count, from 0 or from 1."""
        numbers = sorted(int(label) for label in self.labels if label.isdecimal())
        return numbers in (list(range(len(self.labels))), list(range(1, len(self.labels) + 1)))


def predicting(columns: Sequence[Column], members: Iterable[int]) -> list[Group]:
    """The groups whose common affix holds a word of prediction."""
    return _groups(
        columns,
        ((column, start, end) for column in members for start, end in columns[column].says.cuts),
    )


def label_beside(group: Group, name: str) -> str:
    """What a name has where others have that of a class, if it differs from them in marks only; else ""."""
    before, after = group.affix.split("*", 1) if group.affix.count("*") == 1 else (group.affix, "")
    return _label_within(name, _letters(before, after))


def _label_within(name: str, letters: tuple[str, str]) -> str:
    """The name of a class in one that has these letters around it, whatever the marks; "" without."""
    cuts = ((name[start:end], _letters(name[:start], name[end:])) for start, end in named(name).cuts)
    return next((label for label, around in cuts if around == letters), "")


def _letters(before: str, after: str) -> tuple[str, str]:
    """The letters and digits before and behind the name of a class, in lower case."""
    return (_without_marks(before), _without_marks(after))


def _without_marks(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


def targeting(columns: Sequence[Column], members: Iterable[int]) -> list[Group]:
    """The groups whose common affix holds a word of targets: true_cat and true_dog."""
    return _groups(columns, (cut for column in members for cut in _targets_in(columns[column], column)))


def _targets_in(column: Column, at: int) -> Iterator[Cut]:
    """Where the name of a class is in one that begins or ends with a word of targets."""
    name, words = column.name, column.says.words
    if column.says.takes or not words:
        return
    (first, begins, behind), (last, before, closes) = words[0], words[-1]
    if first in _TARGETING and begins == 0:
        yield from ((at, start, len(name)) for start in starts(name, behind))
    if last in _TARGETING and closes == len(name):
        yield from ((at, 0, end) for end in ends(name, before))


def alike(columns: Sequence[Column], members: Sequence[int]) -> list[Group]:
    """The groups with a common start up to the first mark, or before a number at the end."""
    groups = _groups(columns, (cut for column in members for cut in _plain_cut(columns[column].name, column)))
    bare = [column for column in members if columns[column].name.isdecimal()]
    names = [columns[column].name for column in bare]
    if len(bare) > 1 and {*names} == {str(i) for i in range(len(names))}:  # a frame without names
        groups.append(Group(tuple(bare), tuple(names), ""))
    return groups


def labels_of(names: Sequence[str]) -> tuple[str, ...]:
    """The names of classes: those of their columns without what they have in common.

    That is an affix with a word of prediction, one that ends in a mark, or letters before a number.
    """
    cut = next(_cut_alike(names), names)
    return tuple(cut) if len(names) == 1 else _without_start(cut)


def spellings_of(names: Sequence[str]) -> tuple[str, ...]:
    """How targets may call the classes beside their labels: all names, then all again as they are cut."""
    found = [list(names)]
    for cut in _cut_alike(names) if len(names) > 1 else ():
        found += [cut, _without_letters(cut)]
    return tuple(name for cut in found if len(set(cut)) == len(cut) for name in cut)


def _cut_alike(names: Sequence[str]) -> Iterator[list[str]]:
    """All names without a common affix that holds a word of prediction, for each such affix.

    At last without those that differ in marks only: logit-c beside logit_a.
    """
    if not names:
        return
    first, found = names[0], [list(names)]
    for start, end in named(first).cuts:
        before, after = first[:start], first[end:]
        spans = [(start, len(name) - len(after)) for name in names]
        if all(
            name.startswith(before) and name.endswith(after) and span in named(name).cuts
            for name, span in zip(names, spans, strict=True)
        ):
            found.append([name[slice(*span)] for name, span in zip(names, spans, strict=True)])
            yield found[-1]
    for start, end in named(first).cuts[:1]:
        letters = _letters(first[:start], first[end:])
        labels = [_label_within(name, letters) for name in names]
        if all(labels) and labels not in found and len(set(labels)) == len(labels):
            yield labels


def target_labels(names: Sequence[str]) -> tuple[str, ...]:
    """The classes of columns of targets, without what they all start or end with: cat of cat_true."""
    found = _without_start(names)
    if found != tuple(names):
        return found
    turned = _without_start([name[::-1] for name in names])
    return tuple(name[::-1] for name in turned)


def _without_letters(names: Sequence[str]) -> list[str]:
    """Names without all that they start with, where words are left: speciessetosa, speciesvirginica."""
    cut = len(_common_start(names))
    left = [name[cut:] for name in names]
    return left if all(len(name) > 1 and name.isalpha() for name in left) else list(names)


def _without_start(names: Sequence[str]) -> tuple[str, ...]:
    shared = _common_start(names)
    cut = max((shared.rfind(mark) for mark in _MARKS), default=-1) + 1
    if all(re.fullmatch(r"[A-Za-z]+[0-9]+", name) for name in names):
        cut = len(re.match(r"[A-Za-z]*", shared)[0])  # type: ignore[index]
    if cut and all(len(name) > cut for name in names):
        ends = {closing(name[:cut], name[cut:]) for name in names}
        end = ends.pop() if len(ends) == 1 else ""
        return tuple(name[cut:].removesuffix(end) for name in names)
    return tuple(names)


def _common_start(names: Sequence[str]) -> str:
    """What all names start with; the least and the greatest in order differ first."""
    least, greatest = min(names), max(names)
    length = next((i for i, (a, b) in enumerate(zip(least, greatest, strict=False)) if a != b), len(least))
    return least[:length]


def _groups(columns: Sequence[Column], cuts: Iterable[Cut]) -> list[Group]:
    """The groups of two columns or more which have the same around the names of classes."""
    found: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for column, start, end in cuts:
        name = columns[column].name
        found.setdefault((name[:start], name[end:]), []).append((column, name[start:end]))
    groups: dict[tuple[int, ...], Group] = {}
    for (before, after), members in found.items():
        positions = tuple(column for column, _ in members)
        if len(members) > 1 and positions not in groups:
            labels = _without_start([label for _, label in members])
            takes = columns[positions[0]].says.takes
            groups[positions] = Group(positions, labels, f"{before}*{after}", takes)
    return list(groups.values())


def _plain_cut(name: str, at: int) -> Iterator[Cut]:
    """Where a name goes on after its first mark, or before the number at its end."""
    if numbered := _NUMBERED.fullmatch(name):
        yield at, numbered.start(2), len(name)
        return
    start = min((found + 1 for mark in _MARKS if (found := name.find(mark)) > 0), default=len(name))
    if start < len(name):
        yield at, start, len(name) - len(closing(name[:start], name[start:]))


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
    """What is to be said where columns are counted, but not in the order of their numbers."""
    numbered = all(re.search(r"[0-9]", name) for name in names)
    if not numbered or all(one <= two for one, two in pairwise(map(_natural, names))):
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


def initials(targets: Sequence[str], labels: Sequence[str]) -> str:
    """The map of targets that begin one class each, as an option has it: H=home,D=draw; "" for others.

    A target may also go on where the name of a class ends: entailment=entail.

    Args:
        targets: the different ones that are seen.
        labels: the names of the classes.

    """
    pairs = []
    for target in targets:
        begun = [label for label in labels if _begin_alike(target.casefold(), label.casefold())]
        if len(begun) != 1 or any(mark in f"{target}{begun[0]}" for mark in "=,"):
            return ""
        pairs.append((target, begun[0]))
    return ",".join(f"{target}={name}" for target, name in pairs) if _are_distinct(pairs) else ""


def _begin_alike(target: str, label: str) -> bool:
    return label.startswith(target) or (len(label) >= _STEM and target.startswith(label))


def _are_distinct(pairs: Sequence[tuple[str, str]]) -> bool:
    return len({name for _, name in pairs}) == len(pairs) > 0
