"""The search: every combination of a few deviations, held against the number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES
from celoss_cli.studies.reconcile.outcome import Searched, needed, outcome
from celoss_cli.studies.reconcile.reconciliation import Match, Reconciliation
from celoss_cli.studies.reconcile.reductions import mean, reductions
from celoss_cli.studies.reconcile.scalars import Transform, meant_by, transforms
from celoss_cli.studies.reconcile.setup import Choice, combined
from celoss_cli.studies.reconcile.views import views_of
from celoss_cli.studies.reconcile.words import Arguments, command_of, formula_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from celoss_cli.core.data import Array, Source
    from celoss_cli.studies.reconcile.outcome import Values
    from celoss_cli.studies.reconcile.problem import Problem
    from celoss_cli.studies.reconcile.reconciliation import Stated
    from celoss_cli.studies.reconcile.view import Start, View

__all__ = ["MAX_DEVIATIONS", "reconcile"]

MAX_DEVIATIONS = 2
"""The deviations that are combined where nobody says how many."""


_SAME = 13
"""Values that agree in so many digits are one value."""


@record(frozen=True, slots=True)
class _Hit:
    """A hypothesis that gives the number."""

    start: Start
    choices: tuple[Choice, ...]
    value: float

    @property
    def cost(self) -> int:
        return sum(found.cost for found in self.choices)

    @property
    def key(self) -> frozenset[tuple[str, str]]:
        return frozenset((found.dimension, found.deviation.name) for found in self.choices)


@record(slots=True)
class _Found:
    """What the search has seen.

    Attributes:
        values: of all hypotheses, by their number of deviations; of those that round the result to a number
            type, what they round, by that type too.
        hits: those that give the number.
        count: how many hypotheses were computed.
        plain: the results without a deviation.
        searched: the words of the deviations, by dimension.

    """

    stated: Stated
    values: Values = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    hits: list[_Hit] = field(default_factory=list)
    count: int = 0
    plain: list[tuple[str, float]] = field(default_factory=list)
    searched: defaultdict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))

    def take(
        self, start: Start, sets: Sequence[tuple[Choice, ...]], change: Transform, numbers: Array
    ) -> None:
        """What a change makes of the numbers of these sets of deviations, all of one size."""
        values = change(numbers)
        self.count += len(values)
        rounds = change.before_rounding()(numbers) if change.grid else values
        self.values[change.grid][len(sets[0])].append(rounds)
        with np.errstate(invalid="ignore"):
            hit = np.flatnonzero(np.abs(values - self.stated.value) <= self.stated.reach)
        self.hits += [_Hit(start, sets[i], float(values[i])) for i in hit.tolist()]


def reconcile(
    problem: Problem,
    stated: Stated,
    *,
    given: Arguments,
    source: Source,
    most: int = MAX_DEVIATIONS,
    shown: int = 10,
    watch: Callable[[int, float | None], None] = lambda count, part: None,
) -> Reconciliation:
    """Searches for computations that give a number.

    Args:
        problem: the data.
        stated: the number and how far it is known.
        given: the words of a command line that read the same data.
        source: how the data was read.
        most: how many deviations are combined.
        shown: how many explanations are kept.
        watch: is told how many hypotheses were computed and which part of all work that is.

    """
    found = _Found(stated)
    changes = transforms(most, stated.unit)
    with np.errstate(all="ignore"):
        views = views_of(problem)
        work = [part for view in views for start in view.starts for part in _parts(view, start, most)]
        for done, part in enumerate(work):
            _search(part, changes, most, found)
            watch(found.count, (done + 1) / len(work))
    hits = _needed(found.hits)
    return outcome(
        stated,
        Searched(
            rows=views[0].rows,
            classes=next((view.classes for view in views if view.classes), None),
            values=found.values,
            plain=found.plain,
            words=found.searched,
            most=most,
        ),
        [len(hit.choices) for hit in hits],
        [_explanation(hit, given, meant_by(stated.unit)) for hit in hits[:shown]],
        {**source, "conversions": list(problem.conversions), "skipped": problem.skipped},
    )


# -------------------------------------------------------------------------------------- the hypotheses


@record(frozen=True, slots=True)
class _Part:
    """The sets of deviations of one loss for which it is given the same."""

    view: View
    start: Start
    sets: Sequence[tuple[Choice, ...]]


def _parts(view: View, start: Start, most: int) -> list[_Part]:
    """All hypotheses of one loss; what the loss is given is made once for all that share it."""
    if len(start.deviations) > most:
        return []
    taken = {choice.dimension for choice in start.deviations}
    alone = not start.deviations
    choices = [found for found in view.choices if found.dimension not in taken and (alone or not found.alone)]
    groups: defaultdict[Any, list[tuple[Choice, ...]]] = defaultdict(list)
    left = 0 if any(found.alone for found in start.deviations) else most - len(start.deviations)
    for chosen in combined(choices, left):
        groups[_setup(start, chosen).prediction].append(chosen)
    return [_Part(view, start, sets) for sets in groups.values()]


def _search(part: _Part, changes: Sequence[Transform], most: int, found: _Found) -> None:
    given = part.view.given(_setup(part.start, part.sets[0]))
    if given is not None:
        for chosen in part.sets:
            _evaluate(part.view, part.start, chosen, given, changes, most, found)


def _setup(start: Start, chosen: Sequence[Choice]) -> Any:
    setup = start.setup
    for choice in chosen:
        setup = choice.applied(setup)
    return setup


def _evaluate(
    view: View,
    start: Start,
    chosen: tuple[Choice, ...],
    given: Array,
    changes: Sequence[Transform],
    most: int,
    found: _Found,
) -> None:
    """One computation of the terms, and every number that is made of them."""
    setup = _setup(start, chosen)
    terms = view.terms(given, setup)
    if terms is None:
        return
    deviations = (*start.deviations, *chosen)
    plain = np.array([mean(terms)]).astype(setup.dtype).astype(np.float64)
    if setup.finished is not None:
        plain = setup.finished(plain)
    if not deviations:
        found.plain.append((LOSSES[setup.command].name, float(plain[0])))
    left = 0 if any(choice.alone for choice in deviations) else most - len(deviations)
    in_logs = found.stated.unit == "perplexity"
    others_of = reductions(terms, view, setup, rare=not deviations, in_logs=in_logs) if left else ()
    reduced = [(choice, value) for choice, value in others_of if not (deviations and choice.alone)]
    others = np.array([value for _, value in reduced]).astype(setup.dtype).astype(np.float64)
    _remember(found, (*deviations, *(choice for choice, _ in reduced)))
    used = {choice.dimension for choice in chosen}
    for change in changes:
        if len(change.choices) > left or used & {choice.dimension for choice in change.choices}:
            continue
        if deviations and any(choice.alone for choice in change.choices):
            continue
        _remember(found, change.choices)
        found.take(start, [(*deviations, *change.choices)], change, plain)
        if len(change.choices) < left and not any(choice.alone for choice in change.choices):
            kept = [i for i, (choice, _) in enumerate(reduced) if not (change.choices and choice.alone)]
            if kept:
                sets = [(*deviations, reduced[i][0], *change.choices) for i in kept]
                found.take(start, sets, change, others[kept])


def _remember(found: _Found, choices: Sequence[Choice]) -> None:
    for choice in choices:
        found.searched[choice.dimension][choice.deviation.words] = None


# ------------------------------------------------------------------------------------- what was found


def _needed(hits: Sequence[_Hit]) -> list[_Hit]:
    """The hits that need all of their deviations, the simplest first."""
    kept = needed(hits, lambda hit: (id(hit.start), hit.key))
    return _unlike(sorted(kept, key=lambda hit: (len(hit.choices), hit.cost)))


def _unlike(hits: Sequence[_Hit]) -> list[_Hit]:
    """Without those that are a simpler one by another way: sums of batches of 10, times 10, are sums."""
    least: dict[float, int] = {}
    for hit in hits:
        least.setdefault(float(f"{hit.value:.{_SAME}g}"), len(hit.choices))
    return [hit for hit in hits if least[float(f"{hit.value:.{_SAME}g}")] == len(hit.choices)]


_OF_RESULTS = ("sign", "point", "precision")
"""Dimensions of what happens to a number that has its unit."""


def _explanation(hit: _Hit, given: Arguments, unit: Choice | None) -> Match:
    """Args: ``unit`` is what makes the loss a number of the unit that was given."""
    done = list(hit.choices)
    if unit is not None and not any(choice.dimension == "unit" for choice in done):
        later = (i for i, choice in enumerate(done) if choice.dimension in _OF_RESULTS and choice.by_hand)
        done.insert(next(later, len(done)), unit)
    return Match(
        loss=LOSSES[hit.start.setup.command].name,
        reading=hit.start.reading,
        deviations=tuple(choice.deviation for choice in hit.choices),
        value=hit.value,
        formula=formula_of(_setup(hit.start, hit.choices), done),
        command=command_of(hit.start, done, given),
        afterwards=tuple(choice.by_hand for choice in done if choice.by_hand),
    )
