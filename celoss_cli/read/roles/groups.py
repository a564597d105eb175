"""Columns that are named alike: prob_cat and prob_dog, cat_proba and dog_proba, c0 and c1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError, listed, visible
from celoss_cli.core.records import record
from celoss_cli.read.roles.words import CONNECTING, PREDICTING, named

if TYPE_CHECKING:
    from celoss_cli.read.roles.column import Column
    from celoss_cli.read.roles.words import Named

__all__ = [
    "Group",
    "alike",
    "in_natural_order",
    "labels_of",
    "order_notes",
    "paired",
    "predicting",
    "spellings_of",
    "target_labels",
    "targeting",
]


_MARKS = "_.:=-("
_AFTER_WORD = re.compile(r"-?(?:[_.:=([ \"']|-(?![0-9]))*")
_BEFORE_WORD = re.compile(r"[_.:=\-([ ]*$")
_CLOSING = {"(": ")", "[": "]", '"': '"', "'": "'"}
_NUMBERED = re.compile(r"(.*?[^\W\d_]\W?_?)([0-9]+)")
_TARGETING = frozenset(
    ["target", "label", "labels", "true", "truth", "actual", "gold", "gt", "y", "is", "t", "obs"]
)

Split = tuple[str, str, str]
"""What stands before the name of a class, the name, and what stands after it."""


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
    found: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for column in members:
        for before, label, after in _splits(columns[column].says):
            found.setdefault((before, after), []).append((column, label))
    return _groups(columns, found)


def targeting(columns: Sequence[Column], members: Iterable[int]) -> list[Group]:
    """The groups whose common affix holds a word of targets: true_cat and true_dog."""
    found: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for column in members:
        says = columns[column].says
        if says.takes or not says.words:
            continue
        word, start, end = says.words[0]
        if word in _TARGETING and start == 0 and (label := says.name[_past(says.name, end) :]):
            found.setdefault((says.name[: _past(says.name, end)], ""), []).append((column, label))
        word, start, end = says.words[-1]
        if word in _TARGETING and end == len(says.name):
            label = says.name[: _until(says.name, start)]
            if label:
                found.setdefault(("", says.name[len(label) :]), []).append((column, label))
    return _groups(columns, found)


def alike(columns: Sequence[Column], members: Sequence[int]) -> list[Group]:
    """The groups with a common start up to the first mark, or before a number at the end."""
    found: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for column in members:
        before, label = _plain_split(columns[column].name)
        if before:
            closing = _closing(before, label)
            found.setdefault((before, closing), []).append((column, label.removesuffix(closing)))
    bare = [column for column in members if columns[column].name.isdecimal()]
    groups = _groups(columns, found)
    if len(bare) > 1 and _numbered([columns[column].name for column in bare]):
        groups.append(Group(tuple(bare), tuple(columns[column].name for column in bare), ""))
    return groups


def labels_of(names: Sequence[str]) -> tuple[str, ...]:
    """The names of classes: those of their columns without what they have in common.

    That is an affix with a word of prediction, one that ends in a mark, or letters before a number.
    """
    if len(names) == 1:
        return (next((label for _, label, _ in _splits(named(names[0]))), names[0]),)
    cut = next(_cuts(names), None)
    return _without_start(names if cut is None else cut)


def spellings_of(names: Sequence[str]) -> tuple[str, ...]:
    """How targets may call the classes beside their labels: all names, then all again as they are cut."""
    found = [list(names)]
    for cut in _cuts(names) if len(names) > 1 else ():
        found += [cut, _without_letters(cut)]
    return tuple(name for cut in found if len(set(cut)) == len(cut) for name in cut)


def _cuts(names: Sequence[str]) -> Iterator[list[str]]:
    """All names without a common affix that holds a word of prediction, for each such affix."""
    for before, _, after in _splits(named(names[0])) if names else ():
        cut: list[str] = []
        for name in names:
            label = next((label for b, label, a in _splits(named(name)) if (b, a) == (before, after)), None)
            if label is None:
                break
            cut.append(label)
        else:
            yield cut


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
        closing = {_closing(name[:cut], name[cut:]) for name in names}
        end = closing.pop() if len(closing) == 1 else ""
        return tuple(name[cut:].removesuffix(end) for name in names)
    return tuple(names)


def _common_start(names: Sequence[str]) -> str:
    """What all names start with; the least and the greatest in order differ first."""
    least, greatest = min(names), max(names)
    length = next((i for i, (a, b) in enumerate(zip(least, greatest, strict=False)) if a != b), len(least))
    return least[:length]


def _groups(columns: Sequence[Column], found: dict[tuple[str, str], list[tuple[int, str]]]) -> list[Group]:
    groups: list[Group] = []
    known: set[tuple[int, ...]] = set()
    for (before, after), members in found.items():
        positions = tuple(column for column, _ in members)
        if len(members) > 1 and positions not in known:
            known.add(positions)
            labels = _without_start([label for _, label in members])
            takes = columns[positions[0]].says.takes
            groups.append(Group(positions, labels, f"{before}*{after}", takes))
    return groups


def _splits(says: Named) -> Iterator[Split]:
    """How a name with words of prediction is cut: the class behind these words, and the class before."""
    name, words = says.name, says.words
    at = [i for i, (word, _, _) in enumerate(words) if word in PREDICTING and _counts(words, i)]
    if not at:
        return
    first = last = at[0]
    while last + 1 < len(words) and words[last + 1][0] in PREDICTING | CONNECTING:
        last += 1
    while last >= first:
        end = _past(name, words[last][2])
        before, label = name[:end], name[end:]
        closing = _closing(before, label)
        label = label.removesuffix(closing)
        if label:
            yield before, label, closing
        last -= 1
    start = _until(name, words[first][1])
    if label := name[:start]:
        yield "", label, name[start:]


def _closing(before: str, label: str) -> str:
    """What closes behind a label what was opened before it."""
    found = next((_CLOSING[mark] for mark in reversed(before) if mark in _CLOSING), "")
    return found if len(label) > len(found) and label.endswith(found) else ""


def _counts(words: tuple[tuple[str, int, int], ...], at: int) -> bool:
    """Whether a word is one of prediction where it stands: a single p only at either end."""
    return words[at][0] != "p" or at in (0, len(words) - 1)


def _past(name: str, end: int) -> int:
    """Where the marks end that follow a word."""
    return _AFTER_WORD.match(name, end).end()  # type: ignore[union-attr]


def _until(name: str, start: int) -> int:
    """Where the marks start that stand before a word."""
    return _BEFORE_WORD.search(name[:start]).start()  # type: ignore[union-attr]


def _numbered(names: Sequence[str]) -> bool:
    """Whether names are numbers that count from 0: the columns of a frame without names."""
    return sorted(names, key=lambda name: (len(name), name)) == [str(i) for i in range(len(names))]


def _plain_split(name: str) -> tuple[str, str]:
    """A name without words of prediction: up to its first mark, or before the number at its end."""
    if numbered := _NUMBERED.fullmatch(name):
        return numbered[1], numbered[2]
    first = min((at for mark in _MARKS if (at := name.find(mark)) > 0), default=-1)
    return ("", name) if first < 0 or first + 1 == len(name) else (name[: first + 1], name[first + 1 :])


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
    numbered = all(re.search(r"[0-9]", name) for name in names)
    if not numbered or all(_natural(one) <= _natural(two) for one, two in pairwise(names)):
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
