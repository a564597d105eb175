"""Which columns are the classes of a loss over classes; the first rule that applies.

1. those that an option names; 2. a group whose common affix speaks of predictions; 3. the columns that are
named as the targets are; 4. a group with any common affix; 5. all other numbers, if nothing speaks against
it.
"""

from __future__ import annotations

from collections.abc import Sequence

from celoss_cli.core.errors import listed
from celoss_cli.core.numbers import MISSING
from celoss_cli.read.roles.column import KnownNames, value_of
from celoss_cli.read.roles.evidence import Evidence, Search
from celoss_cli.read.roles.found import Candidate, Found, preferred
from celoss_cli.read.roles.groups import Group, alike, initials, label_beside, predicting, spellings_of
from celoss_cli.read.roles.words import OF_ALL_CLASSES

__all__ = ["over_classes"]

_PREDICTED = "their common affix speaks of predictions"
_ALIKE = "they have a common affix"
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


class _Search(Search):
    def __init__(self, evidence: Evidence, target: Sequence[int], targets: Sequence[str]) -> None:
        super().__init__(evidence, target, targets)
        values = [evidence.columns[i].values for i in target]
        self._in_numbers = len(values) == 1 and values[0].mostly_numbers
        self._copies = [i for i in self.free if any(evidence.equal(i, t) for t in target)]
        self._plain = self._without_targets(evidence.plain(self.numbers))

    def _without_targets(self, plain: Sequence[int]) -> list[int]:
        """Columns whose names have no word of targets, or share it: class_0 and class_1."""
        columns = self.evidence.columns
        if not any(columns[i].says.target for i in plain):
            return list(plain)
        shared = {i for group in alike(columns, plain) for i in group.columns}
        return [i for i in plain if i in shared or not columns[i].says.target]

    def found(self) -> Found:
        chosen = self.evidence.chosen["classes"]
        if chosen is not None:
            return Found((Candidate(tuple(chosen), self.evidence.why_chosen, inferred=False),))
        groups = [g for g in predicting(self.evidence.columns, self.numbers) if self._is_of_classes(g)]
        if self.confident and not groups:
            groups = [g for g in alike(self.evidence.columns, self.confident) if self._is_of_classes(g)]
        if groups:
            return self._one_of(groups)
        soft = [i for i in self.numbers if self._is_soft(i)]
        named = self._named()
        if named is not None:
            return named
        sure = self._sure(soft)
        if sure or soft:
            return self._of_one_column(sure, soft)
        found = self._by_affix() or self._all()
        return found if found.only or not self._takes_probabilities() else self._with_adding_up(found)

    def _of_one_column(self, sure: Sequence[int], soft: Sequence[int]) -> Found:
        """Columns of predictions that have no other beside them."""
        evidence = self.evidence
        if evidence.wanted.or_binary and len(soft) == 1:
            return Found((Candidate(tuple(soft), _PREDICTED),))
        from celoss_cli.read.roles.class_doubts import (  # few tables leave a doubt
            everything,
            how_sure,
            singles,
        )

        if sure:
            return how_sure(self, sure[0])
        groups = [self._candidate(g, _ALIKE) for g in alike(evidence.columns, self._plain)]
        return singles(self, soft, [*groups, *everything(self)])

    def _with_adding_up(self, found: Found) -> Found:
        """The readings with those numbers side by side, which alone add up to 1 in every row, first."""
        numbers, runs = self.numbers[:_MOST_TRIED], []
        for first in range(len(numbers)):
            for end in range(first + 2, len(numbers) + 1):
                if self.evidence.adds_up(numbers[first:end]):
                    runs.append(tuple(numbers[first:end]))
                    break
        if len(runs) != 1 or runs[0] in [candidate.columns for candidate in found.candidates]:
            return found
        return Found((Candidate(runs[0], "they add up to 1"), *found.candidates), found.expected)

    def _sure(self, soft: Sequence[int]) -> list[int]:
        """The numbers that say how sure a prediction is, where no others may be the classes."""
        evidence = self.evidence
        if evidence.wanted.or_binary or len(self._plain) > 1:
            return []
        from celoss_cli.read.roles.confidences import is_sure_of  # most classes are known by their names

        found = [i for i in self.numbers if i in self.confident or (i in soft and is_sure_of(self, i))]
        return [] if {*soft} - {*found} else found

    def _is_soft(self, i: int) -> bool:
        """Whether this is a prediction that is no decision for a class, nor how sure one is."""
        evidence = self.evidence
        soft = evidence.is_prediction(i) and i not in self.confident
        return soft and not evidence.is_decision(i) and not evidence.columns[i].is_empty

    # ------------------------------------------------------------------------------- 2. predictions

    def _is_of_classes(self, group: Group) -> bool:
        """Whether columns are of classes: those of how sure one is where they are named by the targets."""
        sure = all(self.evidence.is_confidence(i) for i in group.columns)
        fits = group.takes == "log-probs" or self._adds_up(group)
        unknown = not self.targets and self.evidence.wanted.elsewhere
        return not sure or (fits and (unknown or self._named_by_targets(group)))

    def _one_of(self, groups: Sequence[Group]) -> Found:
        """The group that fits, of those with a word of prediction."""
        every = [option for group in self._largest(groups) for option in self._without_odd(group)]
        fitting = [group for group in every if self._fits(group)]
        fitting = fitting or [group for group in every if self._is_examined(group)]
        kind = self.evidence.wanted.kind
        fitting = preferred(
            fitting,
            self._named_by_targets,
            lambda group: group.counts,
            lambda group: group.takes == kind,
            lambda group: group.takes != "scores",
        )
        if len(fitting) == 1:
            return self._with_left_out(fitting[0])
        if fitting:
            shown = listed([group.affix or self._names_of(group) for group in fitting])
            return Found(
                tuple(self._candidate(group, _PREDICTED) for group in fitting),
                f"one group of columns of {self.evidence.wanted.takes}, got {shown}",
            )
        return self._no_classes(every[0])

    def _with_left_out(self, group: Group) -> Found:
        """The group, unless a class with other marks in its name may be left out: logit-c beside logit_a."""
        alone = self._candidate(group, _PREDICTED)
        taken = {*group.columns}
        left = [i for i in self.numbers if i not in taken and self._may_be_of(group, i)]
        if not left or self._adds_up(group):
            return Found((alone,))
        every = Candidate(tuple(sorted((*group.columns, *left))), "with all that have the word")
        shown = listed([self.names[i] for i in left])
        affix = group.affix or self._names_of(group)
        return Found((every, alone), f"one group of columns named alike, got {affix} and {shown} beside it")

    def _may_be_of(self, group: Group, i: int) -> bool:
        """Whether a prediction of the same kind has the words of a group around another name."""
        evidence, says = self.evidence, self.evidence.columns[i].says
        if not says.predicts or says.takes != group.takes or evidence.is_decision(i):
            return False
        label = label_beside(group, self.names[i]).casefold()
        return label not in ("", *OF_ALL_CLASSES, *(known.casefold() for known in group.labels))

    def _without_odd(self, group: Group) -> list[Group]:
        """The group without columns like prob_max; also with them where nothing tells."""
        says = [self.evidence.columns[i].says for i in group.columns]
        kept = [
            at
            for at, label in enumerate(group.labels)
            if not says[at].confident and label.casefold() not in OF_ALL_CLASSES
        ]
        if len(kept) == len(says) or len(kept) < 2:
            return [group]
        less = Group(
            tuple(group.columns[at] for at in kept),
            tuple(group.labels[at] for at in kept),
            "",
            group.takes,
        )
        sure = less.counts or self._adds_up(less) or self._named_by_targets(less)
        return [less] if sure else [less, group]

    def _fits(self, group: Group) -> bool:
        """Whether probabilities are of classes, and the targets are none of other names."""
        if self._targets_differ(group):
            return False
        if not self._are_probabilities(group) or self.evidence.wanted.rescaled:
            return True
        return self.evidence.adds_up(group.columns) is not False

    def _is_examined(self, group: Group) -> bool:
        """Whether values that do not fit are looked at all the same, as the columns can be nothing else."""
        if not self.evidence.wanted.examined or self._targets_differ(group):
            return False
        from celoss_cli.read.roles.class_doubts import can_be_binary  # of data that is looked at for mistakes

        binary = (can_be_binary(self, i) for i in group.columns)
        return self._is_named(group) or not any(binary)

    def _are_probabilities(self, group: Group) -> bool:
        wanted = self.evidence.wanted
        if all(self.evidence.columns[i].is_empty for i in group.columns):
            return False
        if wanted.kind == "probs":
            return True
        return self.evidence.are_fractions(group.columns) and (
            group.takes == "probs" or (group.takes == "scores" and not self._is_named(group))
        )

    def _is_named(self, group: Group) -> bool:
        """Whether the labels are those of classes: they count, or are the targets."""
        return group.counts or self._named_by_targets(group)

    def _adds_up(self, group: Group) -> bool:
        return bool(self.evidence.adds_up(group.columns))

    def _targets_differ(self, group: Group) -> bool:
        """Whether the targets are texts that name none of these classes."""
        return bool(self._other_names(group))

    def _other_names(self, group: Group) -> list[str]:
        """The targets, where they are texts that name none of these classes.

        A text among numbers is a target that is wrong, and refused where it stands.
        """
        if self._in_numbers:
            return []
        words = [text for text in self.targets if value_of(text) is None]
        if not words:
            return []
        spelled = [*group.labels, *spellings_of([self.names[i] for i in group.columns])]
        known = KnownNames(spelled)
        return [] if any(known.have([word]) for word in words) else words

    def _named_by_targets(self, group: Group) -> bool:
        return KnownNames(group.labels).have(self.targets)

    def _largest(self, groups: Sequence[Group]) -> list[Group]:
        """Without groups that are part of another one."""
        holders: dict[int, list[set[int]]] = {}
        for group in groups:
            own = set(group.columns)
            for i in group.columns:
                holders.setdefault(i, []).append(own)
        return [g for g in groups if not any({*g.columns} < other for other in holders[g.columns[0]])]

    # -------------------------------------------------------------------------- 3. the targets' names

    def _named(self) -> Found | None:
        evidence = self.evidence
        words = [text for text in self.targets if value_of(text) is None]
        if not words or len(words) < len(self.targets):
            return None
        missing = [self.names[i] for i in self._plain if self.names[i] in MISSING]
        roles = {*evidence.taken, *self.target}
        odd = [i for i, c in enumerate(evidence.columns) if c.is_no_number and i not in roles]
        known = KnownNames((*words, *missing))
        named = [i for i in sorted((*self.numbers, *odd)) if known.have([self.names[i]])]
        others = {*named, *self._copies}
        rest = [i for i in self._plain if i not in others]
        if (
            not named
            or len(named) + len(rest) < 2
            or not KnownNames(self.names[i] for i in (*named, *rest)).have(words)
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
            if len(columns) > 1 and self.evidence.adds_up(columns):
                return self._settled(columns, f"{why} and add up to 1")
        if any(_is_index(text, len(both)) and not _is_index(text, len(sure)) for text in self.targets):
            return self._settled(both, why)
        odd = [i for i in doubtful if self._is_of_another_kind(i, sure)]
        if why != _OTHERS and len(odd) == len(doubtful) and len(sure) > 1:
            return self._settled(tuple(sure), why)
        readings = [Candidate(columns, why) for columns in (both, tuple(sure)) if len(columns) > 1]
        if len(readings) == 1 and why != _OTHERS:
            return self._settled(readings[0].columns, why)
        shown = listed([self.names[i] for i in doubtful])
        return Found(tuple(readings), f"columns of classes alone, got {shown} among them, which may be none")

    def _is_of_another_kind(self, i: int, sure: Sequence[int]) -> bool:
        """Whether a column of whole numbers stands beside columns of others."""
        values = [self.evidence.columns[j].values for j in sure]
        own = self.evidence.columns[i].values
        enough = len(own.texts) >= _ENOUGH and not own.are_binary
        return enough and own.are_whole and not any(v.are_whole for v in values)

    # ----------------------------------------------------------------------- 4. and 5. other numbers

    def _by_affix(self) -> Found | None:
        groups = alike(self.evidence.columns, self._plain)
        if not groups:
            return None
        counting = [group for group in groups if group.counts]
        if self._takes_probabilities():
            counting = [group for group in counting if self._adds_up(group)] or counting
        if len(counting) > 1:
            shown = listed([group.affix for group in counting])
            readings = tuple(self._candidate(group, _ALIKE) for group in counting)
            return Found(readings, f"one group of columns of {self.evidence.wanted.takes}, got {shown}")
        group = counting[0] if counting else max(groups, key=lambda g: len(g.columns))
        taken = {*group.columns, *self._copies}
        rest = [i for i in self._plain if i not in taken]
        if not rest:
            return self._settled(group.columns, _ALIKE, group.affix)
        if not counting:
            return None
        bare = not group.affix  # columns that are called 0, 1, 2
        if bare or all(self._is_of_another_kind(i, group.columns) for i in rest):
            return self._settled(group.columns, _ALIKE, group.affix)
        return self._with_or_without(group.columns, rest, _ALIKE)

    def _all(self) -> Found:
        evidence = self.evidence
        plain = self._plain
        others = {i for i in self.numbers if self._may_be_class(i)}
        whole = [i for i in plain if evidence.columns[i].values.are_whole]
        fractions = [i for i in plain if evidence.columns[i].values.are_fractions]
        indices = [i for i in plain if self._holds_indices(i, len(plain) - 1)]
        odd = [kind[0] for kind in (whole, fractions, indices) if len(kind) == 1]
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
            names = listed([self.names[i] for i in columns])
            readings = (Candidate(columns, _OTHERS),)
            return Found(readings, f"columns of {evidence.wanted.takes}, got {names}, which may be none")
        return self._too_few(columns)

    def _may_be_class(self, i: int) -> bool:
        """Whether a name that says something else may be that of a class: loss beside win and draw."""
        column = self.evidence.columns[i]
        other = bool(column.says.other) and not self.evidence.certainly_other(i)
        return other and not column.says.confident

    def _is_doubtful(self, i: int, *, of_a_kind: bool) -> bool:
        """Whether a number is a copy of the target, or the only one of its kind.

        That is whole, from 0 to 1, or what targets may be.
        """
        copied = i in self._copies and len(self.evidence.texts_of(i)) > 2
        values = self.evidence.columns[i].values
        odd = of_a_kind and len(values.texts) >= _ENOUGH and not values.are_binary
        return copied or (len(self._plain) > 2 and odd)

    def _holds_indices(self, i: int, classes: int) -> bool:
        """Whether a column may hold other targets: whole numbers from 0 to the number of classes less 1."""
        values = self.evidence.columns[i].values
        return values.are_whole and all(_is_index(text, classes) for text in values.distinct)

    def _too_few(self, columns: Sequence[int]) -> Found:
        if self.evidence.wanted.or_binary and len(columns) == 1:
            return Found((Candidate(tuple(columns), _OTHERS),))
        from celoss_cli.read.roles.class_doubts import too_few  # few tables leave a doubt

        return too_few(self, columns)

    # ------------------------------------------------------------------------------------ the outcome

    def _settled(self, columns: tuple[int, ...], why: str, affix: str = "") -> Found:
        """These columns, if probabilities add up to 1."""
        group = Group(columns, tuple(self.names[i] for i in columns), affix)
        odd = self._takes_probabilities() and self.evidence.adds_up(columns) is False
        others = self._other_names(group)
        if (odd and not self._is_examined(group)) or (others and initials(others, group.labels)):
            return self._no_classes(group)
        return Found((Candidate(columns, why, affix),))

    def _no_classes(self, group: Group) -> Found:
        from celoss_cli.read.roles.class_doubts import no_classes  # most groups are of classes

        return no_classes(self, group, self._other_names(group))

    def _names_of(self, group: Group) -> str:
        return ",".join(self.evidence.columns[i].name for i in group.columns)

    def _candidate(self, group: Group, why: str) -> Candidate:
        return Candidate(group.columns, why, group.affix)

    def _takes_probabilities(self) -> bool:
        return self.evidence.wanted.kind == "probs" and not self.evidence.wanted.rescaled


def _is_index(text: str, classes: int) -> bool:
    value = value_of(text)
    return value is not None and value.is_integer() and 0 <= value < classes
