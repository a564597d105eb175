"""Which column is the input of a loss of single values; the first rule that applies.

1. those that an option names; 2. the only column of numbers that speaks of predictions and is no decision;
of two probabilities that add up to 1, that of the positive answer; 3. where no column speaks of predictions,
the only number without another role.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.errors import UsageError, listed
from celoss_cli.core.records import replace
from celoss_cli.read.roles.answers import positive_of, positive_of_two
from celoss_cli.read.roles.column import KnownNames
from celoss_cli.read.roles.confidences import OF_POSITIVE, is_sure_of, weighed
from celoss_cli.read.roles.evidence import Search
from celoss_cli.read.roles.found import POSITIVE, Candidate, Found, preferred
from celoss_cli.read.roles.groups import Group, alike, predicting
from celoss_cli.read.roles.naming import one_of

if TYPE_CHECKING:
    from celoss_cli.read.roles.evidence import Evidence

__all__ = ["of_single_values"]

_PREDICTED = "the only number that speaks of a prediction"
_OTHER = "the only number without another role"
_SHOWN_COLUMNS = 6


def of_single_values(
    evidence: Evidence, target: Sequence[int], targets: Sequence[str], paired: Sequence[str]
) -> Found:
    """The columns of the input; several only beside several columns of targets.

    Args:
        evidence: of the columns.
        target: the columns of targets as far as they are known.
        targets: the different targets among the first rows, or none.
        paired: the names of the columns of targets, where there is one for each column of the input.

    """
    return _Search(evidence, target, targets).found(paired)


class _Search(Search):
    def __init__(self, evidence: Evidence, target: Sequence[int], targets: Sequence[str]) -> None:
        super().__init__(evidence, target, targets)
        self._takes = evidence.wanted.takes
        predicted = [i for i in self.numbers if evidence.columns[i].says.predicts and i not in self.confident]
        soft = [i for i in predicted if not evidence.is_decision(i)]
        self._soft = soft or predicted
        others = [i for i in range(len(self.names)) if i not in target and i not in evidence.taken]
        self._speaks = any(evidence.is_prediction(i) for i in others)

    def found(self, paired: Sequence[str]) -> Found:
        chosen, predicted = self.evidence.chosen["classes"], self.evidence.chosen["predicted"]
        if chosen is not None:
            return Found((self._named_column(chosen, predicted),))
        if predicted is not None:
            return self._of_predicted(predicted)
        if paired:
            return self._paired(paired)
        sure = self.confident
        soft = [] if sure and all(map(self.evidence.is_decision, self._soft)) else self._soft
        if len(soft) == 1:
            return self._of_one(soft[0])
        if soft:
            return self._of_several()
        pair = self._named_pair()
        if pair is not None:
            return self._of_classes(pair)
        if sure:
            return self._confidence(sure[0])
        lists = self._lists_of_tokens()
        if len(lists) == 1:
            return self._settled(lists[0], _PREDICTED)
        if self._speaks:
            return self._no_prediction()
        return self._only_other()

    def _named_pair(self) -> Group | None:
        """Two numbers that are named as the answers are, and add up to 1."""
        plain = self.evidence.plain(self.numbers)
        for group in alike(self.evidence.columns, plain):
            if len(group.columns) == 2 and self.evidence.adds_up(group.columns):
                return group
        answers = set(self.targets) or {"0", "1"}
        known = KnownNames(answers)
        named = [i for i in plain if known.have([self.names[i]])]
        if len(named) == 2 and self.evidence.adds_up(named):
            return Group(tuple(named), tuple(self.names[i] for i in named), "")
        return None

    def _of_one(self, i: int) -> Found:
        """The only prediction, unless it is a decision or how sure one is."""
        column = self.evidence.columns[i]
        if self._takes == "probs" and column.says.takes == "scores" and self.evidence.is_decision(i):
            fact = f"a number that says how likely it is, got {listed([self.names[i]])}, which is a decision"
            return Found((self._one(i),), fact)
        if self._takes == "probs" and is_sure_of(self, i):
            return self._confidence(i)
        return self._settled(i, _PREDICTED)

    def _confidence(self, i: int) -> Found:
        """How sure the prediction is: with each column that may be what was predicted, and as it stands."""
        is_probability = self._takes == "probs"
        as_it_stands = replace(self._one(i), why=OF_POSITIVE) if is_probability else self._one(i)
        candidates, said = weighed(self, i, as_it_stands, "" if is_probability else "bce")
        return Found(
            candidates, f"the probability of one class, got {listed([self.names[i]])}, which is {said}"
        )

    def _of_predicted(self, predicted: list[int]) -> Found:
        """The probability of the class predicted: the only number that says how sure it is, or how likely."""
        decided = one_of(predicted, self.names, "--predicted-column")
        sure = self.confident or [i for i in self._soft if i != decided and self._can_be(i)]
        why = f"the probability of the class in {self.names[decided]}" if decided is not None else ""
        candidates = tuple(replace(self._one(i), why=why, predicted=decided) for i in sure[:_SHOWN_COLUMNS])
        if len(candidates) == 1:
            return Found(candidates)
        got = listed([self.names[i] for i in sure] or self.names)
        return Found(candidates, f"one column of how sure the prediction is, got {got}")

    def _named_column(self, chosen: Sequence[int], predicted: list[int] | None) -> Candidate:
        positive = self._positive_of(chosen[0]) if len(chosen) == 1 else None
        decided = one_of(predicted or [], self.names, "--predicted-column")
        if decided is not None and len(chosen) > 1:
            raise UsageError(
                f"Expected one column of --class-columns with --predicted-column, got {len(chosen)}."
            )
        why = self.evidence.why_chosen
        return Candidate(tuple(chosen), why, inferred=False, positive=positive, predicted=decided)

    def _settled(self, i: int, why: str) -> Found:
        return Found((Candidate((i,), why, positive=self._positive_of(i)),))

    def _positive_of(self, i: int) -> str | None:
        """The target that the name of a column of predictions speaks of: yes of prob_yes, 0 of p0."""
        return None if self._is_counted(i) else positive_of(self.names[i], self.targets)

    def _is_counted(self, i: int) -> bool:
        """Whether a column is one of three or more that are counted and are no classes: lgb_0 to lgb_4."""
        columns, numbers = self.evidence.columns, sorted({*self.numbers, i})
        groups = [*alike(columns, numbers), *predicting(columns, numbers)]
        counted = [g for g in groups if i in g.columns and len(g.columns) > 2 and g.counts]
        return any(not self.evidence.adds_up(group.columns) for group in counted)

    # ------------------------------------------------------------------------------ several predictions

    def _of_several(self) -> Found:
        """The one that says what the loss takes, or the positive one of two probabilities."""
        groups = [
            g for g in predicting(self.evidence.columns, self._soft) if self.evidence.adds_up(g.columns)
        ]
        if len(groups) == 1 and not self._beside(groups[0]):
            return self._of_classes(groups[0])
        kept = preferred(self._soft, self._can_be, self._says_so, self._is_in_range)
        if len(kept) == 1:
            return self._settled(kept[0], f"the only {self._word(kept[0])} among the predictions")
        pairs = [g for g in groups if len(g.columns) == 2]
        candidates = [self._one(i) for i in self._in_order(kept, pairs)[:_SHOWN_COLUMNS]]
        fact = f"one column of {self._takes}, got {listed([self.names[i] for i in kept])}"
        return Found(tuple(candidates), fact)

    def _beside(self, group: Group) -> list[int]:
        """Predictions of the same kind outside a group, which may be of another model."""
        kind = self.evidence.columns[group.columns[0]].says.takes
        outside = [i for i in self._soft if i not in group.columns]
        return [i for i in outside if self.evidence.columns[i].says.takes == kind]

    def _in_order(self, kept: Sequence[int], pairs: Sequence[Group]) -> list[int]:
        """The columns, those first that name the positive answer of a pair."""
        likely = [i for pair in pairs if (i := self._positive_column(pair)) is not None]
        return [*likely, *(i for i in kept if i not in likely)]

    def _one(self, i: int) -> Candidate:
        return Candidate((i,), self.names[i], positive=self._positive_of(i))

    def _of_classes(self, group: Group) -> Found:
        """Columns that add up to 1: of two, that of the positive answer."""
        positive = self._positive_column(group)
        if positive is not None and self._takes == "probs":
            label = group.labels[group.columns.index(positive)]
            return Found(
                (Candidate((positive,), f"{POSITIVE}, {label}", positive=self._positive_of(positive)),)
            )
        shown = listed([self.names[i] for i in group.columns])
        each = Candidate(
            group.columns,
            "a value for each class",
            group.affix,
            command="ce",
            options=(("--input-is", "probs"),),
        )
        if len(group.columns) > 2:
            return Found((each,), f"one column of {self._takes}, got {shown}, which add up to 1")
        single = [self._one(i) for i in reversed(group.columns)] if self._takes == "probs" else []
        return Found((*single, each), f"one column of {self._takes}, got {shown}, which add up to 1")

    def _positive_column(self, group: Group) -> int | None:
        """Of two columns the one of the positive answer, where labels and targets leave no doubt."""
        if len(group.columns) != 2:
            return None
        told = self.evidence.wanted.positive
        for label, i in zip(group.labels, group.columns, strict=True):
            if told is not None and label.casefold() == told.casefold():
                return i
        positive = positive_of_two(group.labels, self.targets)
        return None if positive is None else group.columns[positive]

    def _can_be(self, i: int) -> bool:
        """Whether the loss can take the values."""
        return self._takes != "probs" or self.evidence.are_fractions([i])

    def _says_so(self, i: int) -> bool:
        """Whether the name says what the loss takes."""
        takes = self.evidence.columns[i].says.takes
        wanted = self.evidence.wanted.kind
        return takes == wanted or (wanted == "scores" and takes == "logits")

    def _is_in_range(self, i: int) -> bool:
        """Whether scores are no probabilities, where the loss takes none."""
        return self._takes == "probs" or not self.evidence.are_fractions([i])

    def _word(self, i: int) -> str:
        words = {"probs": "probability", "logits": "logit", "log-probs": "log-probability"}
        return words.get(self.evidence.columns[i].says.takes, "score")

    # ------------------------------------------------------------------------------ several targets

    def _paired(self, names: Sequence[str]) -> Found:
        """The columns that are named as the columns of targets are."""
        wanted = {name.casefold() for name in names}
        soft = [i for i in self.numbers if not self.evidence.is_decision(i)]
        alike = self._named_alike(soft, wanted) or self._named_alike(self._can_be_whole(), wanted)
        kind = self.evidence.wanted.kind
        alike = preferred(alike, lambda group: group.takes == kind, lambda group: group.takes != "scores")
        if len(alike) == 1:
            group = alike[0]
            return Found((Candidate(group.columns, "named as the columns of targets", group.affix),))
        columns = tuple(i for i in self.numbers if self.names[i].casefold() in wanted)
        if len(columns) == len(wanted):
            return Found((Candidate(columns, "named as the columns of targets"),))
        every = tuple(self.numbers)
        readings = (Candidate(every, "all numbers"),) if len(every) == len(wanted) else ()
        return Found(readings, f"columns named as the targets {listed(names)}, got {listed(self.names)}")

    def _named_alike(self, columns: Sequence[int], names: set[str]) -> list[Group]:
        """The groups of predictions among some columns with these labels, in lower case."""
        groups = predicting(self.evidence.columns, columns)
        return [group for group in groups if {label.casefold() for label in group.labels} == names]

    def _can_be_whole(self) -> list[int]:
        """Numbers that may be whole without being decisions: those whose name says how likely, not what."""
        says = [self.evidence.columns[i].says for i in self.numbers]
        return [i for i, said in zip(self.numbers, says, strict=True) if said.takes != "scores"]

    # ---------------------------------------------------------------------------- no other prediction

    def _lists_of_tokens(self) -> list[int]:
        """The columns of lists that are named as log-probabilities, where those are what is taken."""
        columns = enumerate(self.evidence.columns) if self._takes == "log-probs" else ()
        return [i for i, one in columns if one.stored == "list" and one.says.takes == self._takes]

    def _no_prediction(self) -> Found:
        """No number that speaks of predictions can be the input: not even if another number is left."""
        evidence = self.evidence
        shown = listed([self.names[i] for i in range(len(self.names)) if evidence.is_prediction(i)])
        rest = [i for i in self.numbers if not evidence.certainly_other(i)] or self.numbers
        return Found(
            tuple(self._one(i) for i in rest[:_SHOWN_COLUMNS]),
            f"a number that says how likely it is, got {shown}",
        )

    def _only_other(self) -> Found:
        evidence = self.evidence
        plain = [i for i in evidence.plain(self.numbers) if not evidence.columns[i].says.target]
        if not plain and evidence.wanted.elsewhere:
            plain = [i for i in self.numbers if not evidence.certainly_other(i)]
        if len(plain) == 1:
            return self._settled(plain[0], _OTHER)
        named = plain or self.numbers
        got = listed([self.names[i] for i in named]) if named else listed(self.names)
        likely = sorted(named, key=lambda i: not self._can_be(i))
        candidates = tuple(self._one(i) for i in likely[:_SHOWN_COLUMNS])
        return Found(candidates, f"one column of {self._takes}, got {got}")
