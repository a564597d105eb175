"""``reconcile`` against a table of plausible mistakes: named, mostly first, and never wrong for sure."""

from __future__ import annotations

import numpy as np
import pytest
from formulas import log_softmax
from further_mistakes import FURTHER
from mistakes import (
    LOGITS,
    LOSS,
    MISTAKES,
    RAGGED,
    C,
    Mistake,
    N,
    P,
    X,
    Y,
    mean_of_the_sequences_perplexities,
)

from celoss_cli.studies.reconcile import Problem, reconcile, stated
from celoss_cli.studies.reconcile.reconciliation import Match, Reconciliation

SHOWN = 5
"""So many explanations are shown where nobody asks for more."""

LATER: frozenset[str] = frozenset()
"""The names of mistakes before which other explanations may come."""

SURE = 0.05
"""Below so many chance hits a hit is said to be hardly chance."""


def searched(problem: Problem, got: str, most: int = 2) -> Reconciliation:
    return reconcile(problem, stated(got), given={"files": ["p.csv"]}, source={}, most=most, shown=1000)


def names_of(found: Match) -> set[tuple[str, str]]:
    return {(part.dimension, part.name) for part in found.deviations}


def outcome(row: int) -> tuple[int | None, bool]:
    """The place of the mistake among the explanations, and whether others are told with confidence."""
    mistake = MISTAKES[row]
    found = searched(mistake.problem, f"{float(mistake.value()):.6f}")
    places = [i for i, match in enumerate(found.explanations) if names_of(match) in mistake.told]
    simplest = next((level for level in found.tried if level.found), None)
    sure = simplest is not None and simplest.chance < SURE
    right = simplest is not None and any(
        len(found.explanations[i].deviations) == simplest.deviations for i in places
    )
    return (places[0] if places else None), sure and not right


def test_the_table_is_as_long_as_it_should_be() -> None:
    assert len(MISTAKES) - len(FURTHER) >= 60
    assert len(FURTHER) >= 60
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES)


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("row", range(len(MISTAKES)), ids=[mistake.name for mistake in MISTAKES])
def test_a_mistake_is_among_the_explanations_and_mostly_first(row: int) -> None:
    place, wrong = outcome(row)
    assert place is not None
    assert place == 0 or (MISTAKES[row].name in LATER and place < SHOWN)
    assert not wrong


def test_three_quarters_of_the_mistakes_come_first() -> None:
    assert len(LATER) <= 0.25 * len(MISTAKES)


# ------------------------------------------------------------------------------------------- units


@pytest.mark.parametrize(
    ("got", "told"),
    [
        (f"{LOSS.mean() / np.log(2):.6f} bits", set()),
        (f"{LOSS.mean() / np.log(2):.6f}bit", set()),
        (f"{LOSS.mean() / np.log(10):.6f} dits", set()),
        (f"{LOSS.mean():.6f} nats", set()),
        (f"{np.exp(LOSS.mean()):.6f} ppl", set()),
        (f"perplexity: {np.exp(LOSS.mean()):.6f}", set()),
        (f"PPL={np.exp(LOSS.mean()):.6f}", set()),
        (f"{100 * LOSS.mean():.4f}%", set()),
        (f"{100 * np.mean(P.argmax(axis=1) == Y):.4f} %", {("quantity", "accuracy")}),
        (f"{100 * np.mean(P.argmax(axis=1) != Y):.4f} percent", {("quantity", "errors")}),
        (f"{LOSS.mean():.6f} bits", {("unit", "nats")}),
        (f"{np.exp(LOSS).mean():.6f} ppl", {("denominator", "mean-of-exp")}),
        (f"{np.exp(LOSS.sum() / N * 2):.6f} ppl", {("point", "x2")}),
    ],
)
def test_a_number_is_taken_in_the_unit_that_it_names(got: str, told: set[tuple[str, str]]) -> None:
    found = searched(LOGITS, got, most=1).explanations
    if told == {("point", "x2")}:
        assert told not in map(names_of, found)  # twice the loss, and not twice the perplexity
        return
    assert names_of(found[0]) == told


@pytest.mark.torch
def test_perplexities_of_sequences_are_averaged_as_perplexities() -> None:
    found = searched(RAGGED, f"{float(mean_of_the_sequences_perplexities()):.6f} ppl", most=1)
    assert names_of(found.explanations[0]) == {("denominator", "mean-of-row-exp")}


def test_the_unit_is_part_of_the_command_and_of_what_is_done_by_hand() -> None:
    bits = searched(LOGITS, f"{LOSS.mean() / np.log(2):.6f} bits").explanations[0]
    assert (bits.command, bits.afterwards) == ("celoss ce p.csv --base 2", ())
    assert bits.formula == "the mean of -log2 p[y], p = softmax of x"
    perplexity = searched(LOGITS, f"{np.exp(LOSS.sum() / X.size):.7f} ppl").explanations[0]
    assert perplexity.command == "celoss ce p.csv --reduction sum"
    assert perplexity.afterwards == (f"divided by {N * C}", "exp of it")
    assert perplexity.value == pytest.approx(np.exp(LOSS.sum() / X.size), rel=1e-12)


@pytest.mark.parametrize("value", [1e308, -3.4e38, 5e-324, -9999.0, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("kind", [None, "logits", "log-probs"])
def test_extreme_values_are_searched_without_a_warning(value: float, kind: str | None) -> None:
    x = X[:20].copy()
    x[3, 1] = value
    assert searched(Problem(x, Y[:20], kind=kind), "1.234567", most=1).tried[1].hypotheses > 100


def test_the_focal_loss_comes_with_its_command() -> None:
    value = ((1 - np.exp(-LOSS)) ** 2 * LOSS).mean()
    found = searched(LOGITS, f"{value:.8f}", most=1).explanations[0]
    assert (found.command, found.afterwards) == ("celoss focal p.csv --gamma 2", ())


@pytest.mark.parametrize("got", ["bits", "1 2 bits", "ppl 3 bits", "1.2 furlongs", "%"])
def test_what_is_no_number_with_a_unit_is_refused(got: str) -> None:
    with pytest.raises(ValueError, match="Expected --got with a finite number"):
        stated(got)


# ------------------------------------------------------------------------------- numbers without a cause


def without_a_cause(seed: int, count: int) -> tuple[int, float, int]:
    """Claims about random numbers near the loss, how many chance would make, and those told for sure.

    Every third number is one of float16, every third one of eight bits, as bfloat16's are near 1.
    """
    random, claims, expected, sure = np.random.default_rng(seed), 0, 0.0, 0
    for number in range(count):
        rows = int(random.integers(8, 60))
        x, y = np.round(random.normal(0, 1.5, (rows, 3)), 3), random.integers(0, 3, rows)
        value = float(-log_softmax(x, axis=1)[np.arange(rows), y].mean() * random.uniform(0.7, 1.3))
        value = [float(np.float16(value)), round(value * 128) / 128, value][number % 3]
        found = searched(Problem(x, y, kind="logits"), f"{value:.6f}")
        claims += found.found
        expected += sum(level.chance for level in found.tried)
        simplest = next((level for level in found.tried if level.found), None)
        sure += simplest is not None and simplest.chance < SURE
    return claims, expected, sure


@pytest.mark.slow
def test_numbers_without_a_cause_are_explained_no_more_often_than_is_said() -> None:
    """A sum of rare hits is Poisson's: it exceeds its mean by three deviations once in a thousand."""
    claims, expected, sure = without_a_cause(seed=11, count=200)
    assert claims <= expected + 3 * np.sqrt(expected) + 1
    assert sure <= 200 * SURE


def test_the_table_says_what_it_means() -> None:
    assert all(isinstance(mistake, Mistake) and mistake.told for mistake in MISTAKES)
