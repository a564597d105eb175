"""Groups of columns as the classes of a loss: whether they fit, and what else they may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from celoss_cli.core.errors import listed
from celoss_cli.losses.spec import TOKENS
from celoss_cli.read.roles.class_map import initials
from celoss_cli.read.roles.column import value_of
from celoss_cli.read.roles.evidence import Evidence, Search
from celoss_cli.read.roles.found import Candidate, Found
from celoss_cli.read.roles.groups import Group, alike, spellings_of
from celoss_cli.read.roles.words import OF_ALL_CLASSES

__all__ = ["ALIKE", "PREDICTED", "GroupSearch", "is_index", "is_number"]

PREDICTED = "their common affix speaks of predictions"
ALIKE = "they have a common affix"
_SHOWN_COLUMNS = 4
"""So many columns get a command of their own."""


class GroupSearch(Search):
    """Weighs groups of columns."""

    def __init__(self, evidence: Evidence, target: Sequence[int], targets: Sequence[str]) -> None:
        super().__init__(evidence, target, targets)
        values = [evidence.columns[i].values for i in target]
        self._in_numbers = len(values) == 1 and values[0].mostly_numbers
        self._no_numbers = self._of_other_types(target)
        self._copies = [i for i in self._free if any(evidence.equal(i, t) for t in target)]
        self._plain = self._without_targets(evidence.plain(self._numbers))

    def _of_other_types(self, target: Sequence[int]) -> list[int]:
        """Columns of a type that is no number; one that is named as a class is refused for it."""
        columns, roles = self._evidence.columns, {*self._evidence.taken, *target}
        return [i for i, c in enumerate(columns) if c.stored in ("text", "list", "other") and i not in roles]

    def _without_targets(self, plain: Sequence[int]) -> list[int]:
        """Columns whose names have no word of targets, or share it: class_0 and class_1."""
        columns = self._evidence.columns
        if not any(columns[i].says.target for i in plain):
            return list(plain)
        shared = {i for group in alike(columns, plain) for i in group.columns}
        return [i for i in plain if i in shared or not columns[i].says.target]

    # ------------------------------------------------------------------------------- 2. predictions

    def _is_of_classes(self, group: Group) -> bool:
        """Whether columns are of classes: those of how sure one is where they are named by the targets."""
        sure = all(self._evidence.is_confidence(i) for i in group.columns)
        fits = group.takes == "log-probs" or self._adds_up(group)
        unknown = not self._targets and self._evidence.wanted.elsewhere
        return not sure or (fits and (unknown or self._named_by_targets(group)))

    def _one_of(self, groups: Sequence[Group]) -> Found:
        """The group that fits, of those with a word of prediction."""
        every = [option for group in self._largest(groups) for option in self._without_odd(group)]
        fitting = [group for group in every if self._fits(group)]
        fitting = fitting or [group for group in every if self._is_examined(group)]
        if len(fitting) > 1:
            fitting = self._best(fitting)
        if len(fitting) == 1:
            return Found((self._candidate(fitting[0], PREDICTED),))
        if fitting:
            shown = listed([group.affix for group in fitting])
            return Found(
                tuple(self._candidate(group, PREDICTED) for group in fitting),
                f"one group of columns of {self._evidence.wanted.takes}, got {shown}",
            )
        return self._no_classes(every[0])

    def _without_odd(self, group: Group) -> list[Group]:
        """The group without columns like prob_max; also with them where nothing tells."""
        says = [self._evidence.columns[i].says for i in group.columns]
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
        if not self._are_probabilities(group) or self._evidence.wanted.rescaled:
            return True
        return self._evidence.adds_up(group.columns) is not False

    def _is_examined(self, group: Group) -> bool:
        """Whether values that do not fit are looked at all the same, as the columns can be nothing else."""
        if not self._evidence.wanted.examined or self._targets_differ(group):
            return False
        return self._is_named(group) or not any(self._can_be_binary(i) for i in group.columns)

    def _are_probabilities(self, group: Group) -> bool:
        wanted = self._evidence.wanted
        if all(self._evidence.columns[i].is_empty for i in group.columns):
            return False
        if wanted.takes_probabilities:
            return True
        return self._evidence.are_fractions(group.columns) and (
            group.takes == "probs" or (group.takes == "scores" and not self._is_named(group))
        )

    def _is_named(self, group: Group) -> bool:
        """Whether the labels are those of classes: they count, or are the targets."""
        return group.counts or self._named_by_targets(group)

    def _adds_up(self, group: Group) -> bool:
        return bool(self._evidence.adds_up(group.columns))

    def _targets_differ(self, group: Group) -> bool:
        """Whether the targets are texts that name none of these classes."""
        return bool(self._other_names(group))

    def _other_names(self, group: Group) -> list[str]:
        """The targets, where they are texts that name none of these classes.

        A text among numbers is a target that is wrong, and refused where it stands.
        """
        if self._in_numbers:
            return []
        words = [text for text in self._targets if not is_number(text)]
        if not words:
            return []
        spelled = [*group.labels, *spellings_of([self._names[i] for i in group.columns])]
        return [] if any(self._evidence.names_all([word], spelled) for word in words) else words

    def _named_by_targets(self, group: Group) -> bool:
        return self._evidence.names_all(self._targets, group.labels)

    def _best(self, groups: Sequence[Group]) -> list[Group]:
        """Those of several that fit best: by the targets' names, by labels that count, by what they take."""
        kind = self._evidence.wanted.kind
        for better in (
            self._named_by_targets,
            lambda group: group.counts,
            lambda group: group.takes == kind,
            lambda group: group.takes != "scores",
        ):
            kept = [group for group in groups if better(group)]
            groups = kept or groups
        return list(groups)

    def _largest(self, groups: Sequence[Group]) -> list[Group]:
        """Without groups that are part of another one."""
        holders: dict[int, list[set[int]]] = {}
        for group in groups:
            own = set(group.columns)
            for i in group.columns:
                holders.setdefault(i, []).append(own)
        return [g for g in groups if not any({*g.columns} < other for other in holders[g.columns[0]])]

    def _no_classes(self, group: Group) -> Found:
        """Columns of predictions that are no classes of one model: each may be one of its own."""
        names = listed([self._names[i] for i in group.columns])
        if self._targets_differ(group):
            fact = f"targets that are named as the classes, got {listed(self._targets)} for {names}"
        else:
            fact = f"probabilities of classes, which add up to 1, got {names}, which do not"
        single = [self._single(i) for i in group.columns[:_SHOWN_COLUMNS] if self._can_be_binary(i)]
        stands = initials(self._other_names(group), group.labels)
        options = (("--class-map", stands),) if stands else ()
        whole = Candidate(group.columns, "named by --class-columns", group.affix, options=options)
        if self._evidence.wanted.takes == "probs" and not self._evidence.are_fractions(group.columns):
            whole = replace(whole, why="scores and logits", options=(("--input-is", "logits"), *options))
        return Found((*single, whole), fact)

    # ------------------------------------------------------------------------- one column of a kind

    def _can_be_binary(self, i: int) -> bool:
        """Whether a column may be that of a binary loss, by the targets that are seen."""
        return len(self._targets) <= 2 and self._evidence.are_fractions([i])

    def _single(self, i: int) -> Candidate:
        fraction = self._evidence.are_fractions([i])
        command = self._evidence.wanted.binary or ("bce" if fraction else "bce-logits")
        return Candidate((i,), f"{self._names[i]} alone, in a binary loss", command=command)

    def _how_sure(self, i: int) -> Found:
        """A number that says how sure a prediction is: of two classes that is a binary loss."""
        name = listed([self._names[i]])
        told = f"a value for each class, got {name}, which is the probability of the class predicted"
        if len(self._targets) > 2:
            return Found((), f"{told}: of {len(self._targets)} classes the loss is not determined by it")
        from celoss_cli.read.roles.confidences import OF_POSITIVE, Confidences  # few tables tell no more

        as_it_stands = replace(self._single(i), why=OF_POSITIVE)
        confidences = Confidences(self._evidence, self._target, self._targets)
        candidates, said = confidences.weighed(i, as_it_stands, "bce")
        return Found(candidates, f"a value for each class, got {name}, which is {said}")

    def _singles(self, soft: Sequence[int]) -> Found:
        """Columns of predictions that have no other beside them: those of a binary loss."""
        if self._evidence.wanted.or_binary and len(soft) == 1:
            return Found((Candidate(tuple(soft), PREDICTED),))
        names = listed([self._names[i] for i in soft])
        fact = f"two columns of {self._evidence.wanted.takes} or more, which are named alike, got {names}"
        alike_ones = [self._candidate(g, ALIKE) for g in alike(self._evidence.columns, self._plain)]
        others = [*alike_ones, *self._everything()]
        single = [self._single(i) for i in soft[:_SHOWN_COLUMNS] if len(self._targets) <= 2]
        return Found((*self._tokens(soft), *single, *others), fact)

    def _tokens(self, soft: Sequence[int]) -> list[Candidate]:
        """A log-probability without a target: that of a scored token a row."""
        says = [self._evidence.columns[i].says.takes for i in soft]
        if says != ["log-probs"] or self._targets or self._evidence.wanted.elsewhere:
            return []
        options = (("--input-is", TOKENS),)
        return [Candidate((soft[0],), "a scored token a row", alone=True, command="nll", options=options)]

    def _everything(self) -> list[Candidate]:
        """All numbers that might be classes, as a last reading."""
        every = [i for i in self._numbers if not self._evidence.certainly_other(i)] or self._numbers
        return [Candidate(tuple(every), "all numbers")] if len(every) > 1 else []

    def _takes_probabilities(self) -> bool:
        return self._evidence.wanted.takes_probabilities and not self._evidence.wanted.rescaled

    # ------------------------------------------------------------------------------------ the outcome

    def _settled(self, columns: tuple[int, ...], why: str, affix: str = "") -> Found:
        """These columns, if probabilities add up to 1."""
        group = Group(columns, tuple(self._names[i] for i in columns), affix)
        odd = self._takes_probabilities() and self._evidence.adds_up(columns) is False
        others = self._other_names(group)
        if (odd and not self._is_examined(group)) or (others and initials(others, group.labels)):
            return self._no_classes(group)
        return Found((Candidate(columns, why, affix),))

    def _candidate(self, group: Group, why: str) -> Candidate:
        return Candidate(group.columns, why, group.affix)


def is_number(text: str) -> bool:
    return value_of(text) is not None


def is_index(text: str, classes: int) -> bool:
    value = value_of(text)
    return value is not None and value.is_integer() and 0 <= value < classes
