"""What a loss refuses: at which element, with which hint and way out; and what it counts beside its terms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from celoss_cli.core.data import Batch
from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.losses.base import Loss
from celoss_cli.losses.binary_brier_score import BinaryBrier
from celoss_cli.losses.binary_cross_entropy import BinaryCrossEntropy
from celoss_cli.losses.binary_cross_entropy_with_logits import BinaryCrossEntropyWithLogits
from celoss_cli.losses.brier_score import Brier
from celoss_cli.losses.by_convention import CrossEntropyByConvention
from celoss_cli.losses.cross_entropy import CrossEntropy
from celoss_cli.losses.js_div import JensenShannon
from celoss_cli.losses.kl_div import KullbackLeibler
from celoss_cli.losses.nll_loss import NegativeLogLikelihood
from celoss_cli.losses.scored_tokens import (
    CENSORED,
    COMPLETION,
    FIRST,
    MISSING,
    PART,
    PROMPT,
    SCORED,
    STATUS,
    UNKNOWN,
    ScoredTokens,
)

SURE = np.array([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.2, 0.3, 0.5]])


def refused(loss: Loss, x: object, y: object) -> InputError:
    with pytest.raises(InputError) as told:
        loss.terms(loss.canonical(Batch(np.array(x), np.array(y))))
    return told.value


# ------------------------------------------------------------------------------------------- classes


@pytest.mark.parametrize("index", [0, 2])
def test_a_distribution_has_no_index_to_ignore(index: int) -> None:
    told = refused(CrossEntropy(ignore_index=index), SURE, SURE)
    assert str(told) == (
        f"Expected no ignore_index with probability targets, got {index}. "
        "(a distribution has no index to ignore)"
    )


@pytest.mark.parametrize("marker", [-1, 255])
def test_a_marker_among_the_targets_is_offered_where_another_one_is_met_first(marker: int) -> None:
    told = refused(CrossEntropy(), SURE, [7, marker, 1])
    assert (told.element, told.hint) == (0, f"{marker} may mark targets to leave out")
    assert [str(way) for way in told.ways] == [f"--ignore-index {marker}"]


def test_targets_far_off_are_no_marker() -> None:
    told = refused(CrossEntropy(), SURE, [7, -2, 1])
    assert (told.element, told.hint, list(told.ways)) == (0, "", [])


def test_a_target_is_gathered_where_there_is_such_a_class() -> None:
    loss = CrossEntropy()
    batch = loss.canonical(Batch(SURE, np.array([2, 3, -100])))
    assert [loss.gathered(batch, element) for element in range(3)] == [2, None, None]


def test_the_answers_of_logits_or_logarithms_need_a_distribution() -> None:
    loss = NegativeLogLikelihood()
    with pytest.raises(
        InputError, match=r"exponentials that add up to 1, got a sum of .*logits belong to ce"
    ):
        loss.answers(loss.canonical(Batch(SURE, np.array([0, 1, 2]))))


def test_a_curve_of_distributions_is_refused() -> None:
    loss = CrossEntropy()
    with pytest.raises(
        UsageError, match=r"^Expected targets that are classes for a curve, got probabilities\.$"
    ):
        loss.predicted(loss.canonical(Batch(SURE, SURE)))


def test_rows_of_two_decimals_may_be_off_by_half_a_unit_for_each_class() -> None:
    p = np.array([[0.05] + [0.1] * 9, [0.04] + [0.1] * 9])
    assert p.sum(axis=1) == pytest.approx([0.95, 0.94])
    found = Brier().observe(Brier().canonical(Batch(p, np.array([0, 0]))))
    assert found["not-probabilities"] == 1


def test_the_value_that_is_told_is_of_the_first_row_that_is_outside() -> None:
    x = np.array([[0.5, 0.25, 0.25], [0.0, 0.0, 7.0], [9.0, 0.0, 0.0]])
    found = Brier().violation(Brier().canonical(Batch(x, np.array([0, 1, 2]))))
    assert found is not None
    assert found.fact == "Expected a probability from 0 to 1, got 7."
    assert found.where.tolist() == [False, True, True]


@pytest.mark.parametrize("loss", [Brier(), JensenShannon(), BinaryBrier()])
@pytest.mark.parametrize(("p", "ways"), [(1 + 2**-23, ["--clip-domain 1e-06"]), (1.5, [])])
def test_a_probability_taken_over_1_by_rounding_may_be_clipped(loss: Loss, p: float, ways: list[str]) -> None:
    binary = isinstance(loss, BinaryBrier)
    x, y = ([0.5, p], [1.0, 0.0]) if binary else ([[0.5, 0.5], [p, 0.0]], [1, 0])
    found = loss.violation(loss.canonical(Batch(np.array(x), np.array(y))))
    assert found is not None
    assert ([str(way) for way in found.ways], found.in_input) == (ways, True)
    assert found.where.tolist() == [False, True]


# ---------------------------------------------------------------------------------------- conventions


def test_what_is_left_out_is_not_counted_as_clipped() -> None:
    loss = CrossEntropyByConvention(convention="keras", ignore_index=1)
    found = loss.terms(loss.canonical(Batch(SURE, np.array([1, 0, 2]))))
    assert found.clamped == 1
    assert found.weight.tolist() == [0, 1, 1]


def test_the_share_of_the_divisor_has_the_precision_of_the_computation() -> None:
    loss = CrossEntropyByConvention(convention="keras", ignore_index=1, dtype="float32")
    found = loss.terms(loss.canonical(Batch(SURE, np.array([1, 0, 2]))))
    assert (found.loss.dtype, found.weight.dtype) == (np.float32, np.float32)


def test_the_confidence_is_of_rows_that_the_convention_rescales() -> None:
    loss = CrossEntropyByConvention(convention="kaggle", ignore_index=None)
    found = loss.answers(loss.canonical(Batch(SURE * 0.5, np.array([0, 1, 2]))))
    assert found[0] == pytest.approx([1, 0.5, 0.5])


def test_a_value_that_is_no_probability_is_told_to_be_of_the_input() -> None:
    told = refused(CrossEntropyByConvention(), [[0.5, 0.5], [0.5, 1.5]], [0, 1])
    assert (told.element, told.in_input) == (1, True)
    assert str(told).startswith("Expected a probability from 0 to 1, got 1.5.")


# ------------------------------------------------------------------------------------------- binary


def test_answers_name_the_element_that_is_none() -> None:
    loss = BinaryCrossEntropyWithLogits()
    with pytest.raises(InputError) as told:
        loss.answers(loss.canonical(Batch(np.array([0.5, 1.0, 2.0]), np.array([1.0, 0.0, 2.5]))))
    assert told.value.element == 2


@pytest.mark.parametrize(
    ("p", "ways"),
    [(1 + 2**-23, ["--clip-domain 1e-06"]), (1.5, ["celoss bce-logits"]), (-0.25, ["celoss bce-logits"])],
)
def test_a_way_out_of_a_value_that_rounding_took_over_1_and_of_a_score(p: float, ways: list[str]) -> None:
    told = refused(BinaryCrossEntropy(), [0.5, p], [1.0, 0.0])
    assert told.element == 1
    assert [str(way) for way in told.ways] == ways


# -------------------------------------------------------------------------------------- divergences


def test_the_targets_of_a_divergence_that_are_no_distributions_are_counted() -> None:
    loss = KullbackLeibler()
    q = np.array([[0.5, 0.5, 0.0], [0.5, 0.25, 0.0], [-0.5, 1.0, 0.5]])
    found = loss.observe(loss.canonical(Batch(np.log(SURE + 0.25), q)))
    assert found["target-not-a-distribution"] == 2
    of_one = np.array([[0.25], [0.5]])
    assert not loss.observe(loss.canonical(Batch(np.log(of_one), of_one)))["target-not-a-distribution"]


def test_only_the_input_of_a_divergence_is_clipped_after_rounding() -> None:
    over = 1 + 2**-23
    loss = JensenShannon()
    of_input = loss.violation(loss.canonical(Batch(np.array([[over, 0.0]]), np.array([0]))))
    of_target = loss.violation(loss.canonical(Batch(np.array([[0.5, 0.5]]), np.array([[over, 0.0]]))))
    logs = JensenShannon(input_is="log-probs")
    of_logs = logs.violation(logs.canonical(Batch(np.array([[1e-9, -30.0]]), np.array([0]))))
    assert of_input is not None and of_target is not None and of_logs is not None  # noqa: PT018
    assert [[str(way) for way in found.ways] for found in (of_input, of_target, of_logs)] == [
        ["--clip-domain 1e-06"],
        [],
        [],
    ]
    assert [found.in_input for found in (of_input, of_target, of_logs)] == [True, False, True]


# --------------------------------------------------------------------------------------------- tokens


def scored(values: list[float], status: list[int], **aligned: list[float]) -> Batch:
    """Two documents, the second one of one token; all of their completions unless ``part`` is given."""
    arrays = {STATUS: status, PART: [COMPLETION] * len(status), **aligned}
    offsets = np.array([0, len(values) - 1, len(values)])
    given = {name: np.array(each) for name, each in arrays.items()}
    return Batch(np.array(values), np.zeros(len(values), int), given, offsets=offsets)


def test_a_token_of_which_nothing_is_known_is_refused_at_its_place() -> None:
    batch = scored([-1.0, math.nan, -2.0], [SCORED, CENSORED, CENSORED])
    with pytest.raises(InputError) as told:
        ScoredTokens().terms(batch)
    assert (told.value.element, [str(way) for way in told.value.ways]) == (1, ["--censored skip"])
    assert str(told.value) == (
        "expected a log-probability, got -9999: the token is not among those that were listed "
        "(--censored skip)"
    )
    with pytest.raises(InputError) as told:
        ScoredTokens(censored="bound").terms(batch)
    assert (told.value.element, [str(way) for way in told.value.ways]) == (1, ["--censored skip"])
    assert str(told.value) == (
        "expected other tokens with their log-probabilities, which bound that of the token, got none "
        "(--censored skip)"
    )


def test_a_token_of_which_a_bound_is_known_may_be_bounded() -> None:
    batch = scored([-1.0, -2.0, -4.0], [SCORED, CENSORED, SCORED])
    with pytest.raises(InputError) as told:
        ScoredTokens().terms(batch)
    assert [str(way) for way in told.value.ways] == ["--censored skip", "--censored bound"]
    assert ScoredTokens(censored="bound").terms(batch).loss.tolist() == [1, 2, 4]
    assert ScoredTokens(censored="skip").terms(batch).loss.tolist() == [1, 0, 4]


def test_where_nobody_says_how_long_the_prompt_is_both_count() -> None:
    batch = scored([-1.0, -2.0, -4.0], [SCORED] * 3, part=[PROMPT, UNKNOWN, UNKNOWN])
    with pytest.raises(InputError) as told:
        ScoredTokens(score="completion").terms(batch)
    assert (told.value.element, [str(way) for way in told.value.ways]) == (1, ["--score all"])
    assert str(told.value) == (
        "expected to know where the completion is, got tokens of prompt and completion together "
        "(the dump does not say how many tokens the prompt has) (--score all)"
    )


def test_a_divisor_of_which_nothing_is_known_names_those_that_are() -> None:
    batch = scored([-1.0, -2.0, -4.0], [SCORED] * 3, bytes=[3, math.nan, 2], words=[1, 1, 1])
    with pytest.raises(InputError) as told:
        ScoredTokens(per="byte").terms(batch)
    assert [str(way) for way in told.value.ways] == ["--per token", "--per word", "--per document"]
    assert told.value.element == 1


def test_a_log_probability_above_0_is_told_with_its_digits() -> None:
    batch = scored([-1.0, 1e-9, 0.5], [MISSING, SCORED, SCORED])
    found = ScoredTokens().violation(batch)
    assert found is not None
    assert found.where.tolist() == [False, True, True]
    assert found.fact == "Expected a log-probability of at most 0, got 1e-09, which rounding does."
    assert ScoredTokens().violation(scored([0.5, 0.0], [MISSING, SCORED])) is None


def test_what_is_counted_of_tokens() -> None:
    loss, aligned = ScoredTokens(), {"bytes": [3, math.nan, 2, 4], "error": [2.0**-40, 2.0**-41, 2.0**-40, 0]}
    status, part = [FIRST, SCORED, SCORED, SCORED], [PROMPT, PROMPT, COMPLETION, COMPLETION]
    batch = scored([0.0, -2.0, -4.0, 0.0], status, part=part, **aligned)
    assert loss.sizes(batch, loss.terms(batch)) == {
        "documents": 2,
        "tokens": 3,
        "bytes": 6,
        "without bytes": 1,
        "words": 3,
        "error": 2,
    }
    assert loss.observe(batch) == {
        "first-token": 1,
        "certain": 1,
        "prompt-tokens": 1,
        "completion-tokens": 2,
    }
