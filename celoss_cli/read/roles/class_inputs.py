"""Which columns are the classes of a loss over classes; the first rule that applies.

1. those that an option names; 2. a group whose common affix speaks of predictions; 3. the columns that are
named as the targets are; 4. a group with any common affix; 5. all other numbers, if nothing speaks against
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.errors import listed
from celoss_cli.core.numbers import MISSING
from celoss_cli.read.roles.class_groups import ALIKE, GroupSearch, is_index, is_number
from celoss_cli.read.roles.column import KnownNames
from celoss_cli.read.roles.found import Candidate, Found
from celoss_cli.read.roles.groups import alike, predicting

if TYPE_CHECKING:
    from celoss_cli.read.roles.evidence import Evidence

__all__ = ["over_classes"]

_NAMED = "they are named as the targets are"
_OTHERS = "they are the numbers without another role"
_ENOUGH = 3
"""So many values show that a column is of whole numbers."""

_MOST_TRIED = 32
"""Among so many numbers those are looked for that add up to 1."""


def over_classes(evidence: Evidence, target: Sequence[int], targets: Sequence[str]) -> Found:
    """The columns of the classes.

    Args:
        evidence: of the columns.
        target: the columns of targets as far as they are known.
        targets: the different targets among the first rows, or none.

    """
    return _Search(evidence, target, targets).found()


class _Search(GroupSearch):
    def found(self) -> Found:
        chosen = self._evidence.chosen["classes"]
        if chosen is not None:
            return Found((Candidate(tuple(chosen), "named by --class-columns", inferred=False),))
        groups = [g for g in predicting(self._evidence.columns, self._numbers) if self._is_of_classes(g)]
        confident = [i for i in self._numbers if self._evidence.is_confidence(i)]
        if confident and not groups:
            groups = [g for g in alike(self._evidence.columns, confident) if self._is_of_classes(g)]
        if groups:
            return self._one_of(groups)
        soft = [i for i in self._numbers if self._is_soft(i)]
        named = self._named()
        if named is not None:
            return named
        sure = self._sure(soft)
        if sure:
            return self._how_sure(sure[0])
        if soft:
            return self._singles(soft)
        found = self._by_affix() or self._all()
        return found if found.only or not self._takes_probabilities() else self._with_adding_up(found)

    def _with_adding_up(self, found: Found) -> Found:
        """The readings with those numbers side by side, which alone add up to 1 in every row, first."""
        numbers, runs = self._numbers[:_MOST_TRIED], []
        for first in range(len(numbers)):
            for end in range(first + 2, len(numbers) + 1):
                if self._evidence.adds_up(numbers[first:end]):
                    runs.append(tuple(numbers[first:end]))
                    break
        if len(runs) != 1 or runs[0] in [candidate.columns for candidate in found.candidates]:
            return found
        return Found((Candidate(runs[0], "they add up to 1"), *found.candidates), found.expected)

    def _sure(self, soft: Sequence[int]) -> list[int]:
        """The numbers that say how sure a prediction is, where no others may be the classes."""
        evidence = self._evidence
        if evidence.wanted.or_binary or len(self._plain) > 1:
            return []
        from celoss_cli.read.roles.confidences import Confidences  # most classes are known by their names

        known = Confidences(evidence, self._target, self._targets)
        found = [i for i in self._numbers if evidence.is_confidence(i) or (i in soft and known.is_sure_of(i))]
        return [] if {*soft} - {*found} else found

    def _is_soft(self, i: int) -> bool:
        """Whether this is a prediction that is no decision for a class, nor how sure one is."""
        evidence = self._evidence
        soft = evidence.is_prediction(i) and not evidence.is_confidence(i)
        return soft and not evidence.is_decision(i) and not evidence.columns[i].is_empty

    # -------------------------------------------------------------------------- 3. the targets' names

    def _named(self) -> Found | None:
        evidence = self._evidence
        words = [text for text in self._targets if not is_number(text)]
        if not words or len(words) < len(self._targets):
            return None
        missing = [self._names[i] for i in self._plain if self._names[i] in MISSING]
        likely = sorted((*self._numbers, *self._no_numbers))
        known = KnownNames((*words, *missing))
        named = [i for i in likely if known.have([self._names[i]])]
        others = {*named, *self._copies}
        rest = [i for i in self._plain if i not in others]
        if (
            not named
            or len(named) + len(rest) < 2
            or not evidence.names_all(words, [self._names[i] for i in (*named, *rest)])
        ):
            return None
        if rest and any({*named, *rest} <= {*g.columns} for g in alike(evidence.columns, self._plain)):
            return self._settled(tuple(sorted((*named, *rest))), _NAMED)
        return self._with_or_without(named, rest, _NAMED)

    def _with_or_without(self, sure: Sequence[int], doubtful: Sequence[int], why: str) -> Found:
        """Some columns, which may be all or lack others whose class is not among the first targets."""
        both = tuple(sorted((*sure, *doubtful)))
        if not doubtful and len(sure) > 1:
            return self._settled(tuple(sure), why)
        for columns in (tuple(sure), both):
            if len(columns) > 1 and self._evidence.adds_up(columns):
                return self._settled(columns, f"{why} and add up to 1")
        if any(is_index(text, len(both)) and not is_index(text, len(sure)) for text in self._targets):
            return self._settled(both, why)
        odd = [i for i in doubtful if self._is_of_another_kind(i, sure)]
        if why != _OTHERS and len(odd) == len(doubtful) and len(sure) > 1:
            return self._settled(tuple(sure), why)
        readings = [Candidate(columns, why) for columns in (both, tuple(sure)) if len(columns) > 1]
        if len(readings) == 1 and why != _OTHERS:
            return self._settled(readings[0].columns, why)
        shown = listed([self._names[i] for i in doubtful])
        return Found(tuple(readings), f"columns of classes alone, got {shown} among them, which may be none")

    def _is_of_another_kind(self, i: int, sure: Sequence[int]) -> bool:
        """Whether a column of whole numbers stands beside columns of others."""
        values = [self._evidence.columns[j].values for j in sure]
        own = self._evidence.columns[i].values
        enough = len(own.texts) >= _ENOUGH and not own.are_binary
        return enough and own.are_whole and not any(v.are_whole for v in values)

    # ----------------------------------------------------------------------- 4. and 5. other numbers

    def _by_affix(self) -> Found | None:
        groups = alike(self._evidence.columns, self._plain)
        if not groups:
            return None
        counting = [group for group in groups if group.counts]
        if self._takes_probabilities():
            counting = [group for group in counting if self._adds_up(group)] or counting
        if len(counting) > 1:
            shown = listed([group.affix for group in counting])
            readings = tuple(self._candidate(group, ALIKE) for group in counting)
            return Found(readings, f"one group of columns of {self._evidence.wanted.takes}, got {shown}")
        group = counting[0] if counting else max(groups, key=lambda g: len(g.columns))
        taken = {*group.columns, *self._copies}
        rest = [i for i in self._plain if i not in taken]
        if not rest:
            return self._settled(group.columns, ALIKE, group.affix)
        if not counting:
            return None
        bare = not group.affix  # columns that are called 0, 1, 2
        if bare or all(self._is_of_another_kind(i, group.columns) for i in rest):
            return self._settled(group.columns, ALIKE, group.affix)
        return self._with_or_without(group.columns, rest, ALIKE)

    def _all(self) -> Found:
        evidence = self._evidence
        plain = self._plain
        others = {i for i in self._numbers if self._may_be_class(i)}
        whole = [i for i in plain if evidence.columns[i].values.are_whole]
        fractions = [i for i in plain if evidence.columns[i].values.are_fractions]
        odd = [kind[0] for kind in (whole, fractions) if len(kind) == 1]
        doubtful = {i for i in plain if self._is_doubtful(i, of_a_kind=i in odd)}
        if len(doubtful - others) == len(plain):
            doubtful = set()
        doubtful |= others
        sure = [i for i in plain if i not in doubtful]
        if doubtful and sure:
            return self._with_or_without(sure, sorted(doubtful), _OTHERS)
        columns = tuple(sure or sorted(doubtful))
        if len(columns) > 1 and not doubtful:
            return self._settled(columns, _OTHERS)
        if len(columns) > 1:
            names = listed([self._names[i] for i in columns])
            readings = (Candidate(columns, _OTHERS),)
            return Found(readings, f"columns of {evidence.wanted.takes}, got {names}, which may be none")
        return self._too_few(columns)

    def _may_be_class(self, i: int) -> bool:
        """Whether a name that says something else may be that of a class: loss beside win and draw."""
        column = self._evidence.columns[i]
        other = bool(column.says.other) and not self._evidence.certainly_other(i)
        return other and not column.says.confident

    def _is_doubtful(self, i: int, *, of_a_kind: bool) -> bool:
        """Whether a number is a copy of the target, or the only one of its kind: whole, or from 0 to 1."""
        copied = i in self._copies and len(self._evidence.texts_of(i)) > 2
        values = self._evidence.columns[i].values
        odd = of_a_kind and len(values.texts) >= _ENOUGH and not values.are_binary
        return copied or (len(self._plain) > 2 and odd)

    def _too_few(self, columns: Sequence[int]) -> Found:
        if self._evidence.wanted.or_binary and len(columns) == 1:
            return Found((Candidate(tuple(columns), _OTHERS),))
        takes = self._evidence.wanted.takes
        got = listed([self._names[i] for i in columns]) if columns else listed(self._names)
        single = [self._single(i) for i in columns if len(self._targets) <= 2]
        return Found((*single, *self._everything()), f"two columns of {takes} or more, got {got}")
