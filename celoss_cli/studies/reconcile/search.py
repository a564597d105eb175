"""The search: every combination of a few deviations, held against the number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES
from celoss_cli.studies.reconcile.outcome import Hit, Search, gives, needed
from celoss_cli.studies.reconcile.reconciliation import Match, Reconciliation
from celoss_cli.studies.reconcile.reductions import mean, reductions
from celoss_cli.studies.reconcile.scalars import Transform, meant_by, transforms
from celoss_cli.studies.reconcile.setup import Choice, combined
from celoss_cli.studies.reconcile.views import views_of
from celoss_cli.studies.reconcile.words import Arguments, command_of, formula_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from celoss_cli.core.data import Array, Source
    from celoss_cli.studies.reconcile.outcome import Run
    from celoss_cli.studies.reconcile.problem import Problem
    from celoss_cli.studies.reconcile.reconciliation import Stated
    from celoss_cli.studies.reconcile.view import Start, View

__all__ = ["MAX_DEVIATIONS", "reconcile"]

MAX_DEVIATIONS = 2
"""The deviations that are combined where nobody says how many."""


_SAME = 13
"""Values that agree in so many digits are one value."""


def reconcile(
    problem: Problem,
    stated: Stated,
    *,
    given: Arguments,
    source: Source,
    most: int = MAX_DEVIATIONS,
    shown: int = 10,
    run: Run | None = None,
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
        run: gives the number of a command, or None where it is refused; commands that do not give theirs are
            left out. None where nothing can be run.
        watch: is told how many hypotheses were computed and which part of all work that is.

    """
    found: Search[Choice] = Search(stated, most)
    changes = transforms(most, stated.unit)
    with np.errstate(all="ignore"):
        views = views_of(problem)
        work = [part for view in views for start in view.starts for part in _parts(view, start, most)]
        for done, part in enumerate(work):
            _search(part, changes, found)
            watch(found.count, (done + 1) / len(work))
    hits = _needed(found.hits)
    unit = meant_by(stated.unit)
    return found.concluded(
        hits,
        [_explanation(hit, given, unit, run) for hit in hits[:shown]],
        views[0].rows,
        next((view.classes for view in views if view.classes), None),
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


def _search(part: _Part, changes: Sequence[Transform], found: Search[Choice]) -> None:
    given = part.view.given(_setup(part.start, part.sets[0]))
    if given is not None:
        for chosen in part.sets:
            _evaluate(part.view, part.start, chosen, given, changes, found)


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
    found: Search[Choice],
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
        found.plain.append((LOSSES[setup.command].name, start.reading, float(plain[0])))
    left = 0 if any(choice.alone for choice in deviations) else found.most - len(deviations)
    in_logs = found.stated.unit == "perplexity"
    others_of = reductions(terms, view, setup, rare=not deviations, in_logs=in_logs) if left else ()
    reduced = [(choice, value) for choice, value in others_of if not (deviations and choice.alone)]
    others = np.array([value for _, value in reduced]).astype(setup.dtype).astype(np.float64)
    found.remember((*deviations, *(choice for choice, _ in reduced)))
    used = {choice.dimension for choice in chosen}
    for change in changes:
        if len(change.choices) > left or used & {choice.dimension for choice in change.choices}:
            continue
        if deviations and any(choice.alone for choice in change.choices):
            continue
        found.remember(change.choices)
        _take(found, start, [(*deviations, *change.choices)], change, plain)
        if len(change.choices) < left and not any(choice.alone for choice in change.choices):
            kept = [i for i, (choice, _) in enumerate(reduced) if not (change.choices and choice.alone)]
            if kept:
                sets = [(*deviations, reduced[i][0], *change.choices) for i in kept]
                _take(found, start, sets, change, others[kept])


def _take(
    found: Search[Choice],
    start: Start,
    sets: Sequence[tuple[Choice, ...]],
    change: Transform,
    numbers: Array,
) -> None:
    """What a change makes of the numbers of these sets of deviations, all of one size."""
    unrounded = (change.grid, change.before_rounding()(numbers)) if change.grid else None
    found.take(start, sets, len(sets[0]), change(numbers), unrounded)


# ------------------------------------------------------------------------------------- what was found


def _needed(hits: Sequence[Hit[Choice]]) -> list[Hit[Choice]]:
    """The hits that need all of their deviations, the simplest first."""

    def cost(hit: Hit[Choice]) -> tuple[int, int]:
        return len(hit.choices), sum(choice.cost for choice in hit.choices)

    return _unlike(sorted(needed(hits), key=cost))


def _unlike(hits: Sequence[Hit[Choice]]) -> list[Hit[Choice]]:
    """Without those that are a simpler one by another way: sums of batches of 10, times 10, are sums."""
    least: dict[float, int] = {}
    for hit in hits:
        least.setdefault(float(f"{hit.value:.{_SAME}g}"), len(hit.choices))
    return [hit for hit in hits if least[float(f"{hit.value:.{_SAME}g}")] == len(hit.choices)]


_OF_RESULTS = ("sign", "point", "precision")
"""Dimensions of what happens to a number that has its unit."""


def _explanation(hit: Hit[Choice], given: Arguments, unit: Choice | None, run: Run | None) -> Match:
    """Args: ``unit`` is what makes the loss a number of the unit that was given."""
    start, done = hit.start, list(hit.choices)
    if unit is not None and not any(choice.dimension == "unit" for choice in done):
        later = (i for i, choice in enumerate(done) if choice.dimension in _OF_RESULTS and choice.by_hand)
        done.insert(next(later, len(done)), unit)
    command = command_of(start, done, given)
    if (
        run
        and command
        and not gives(run(command), hit.value, [choice.change for choice in done if choice.by_hand])
    ):
        command = None
    return Match(
        loss=LOSSES[start.setup.command].name,
        reading=start.reading,
        deviations=hit.deviations,
        value=hit.value,
        formula=formula_of(_setup(start, hit.choices), done),
        command=command,
        afterwards=tuple(choice.by_hand for choice in done if choice.by_hand),
    )
