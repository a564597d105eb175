"""The search for the semantics behind a number: digits, planted deviations, chance, the command."""

from __future__ import annotations

import importlib.resources
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from formulas import expit, log_softmax, softmax
from hypothesis import given
from hypothesis import strategies as st
from paths import EXAMPLES, schema
from profiles import examples, some
from running import celoss as celoss_in

from celoss_cli.cli.main import run
from celoss_cli.core.data import Batch
from celoss_cli.core.errors import InputError, LimitError, UsageError
from celoss_cli.show import FORMATS, Style, formats_of
from celoss_cli.studies.reconcile import Problem, problem_of, reconcile, search, stated
from celoss_cli.studies.reconcile.document import document_of
from celoss_cli.studies.reconcile.reconciliation import Match, Reconciliation
from celoss_cli.studies.reconcile.reductions import batch_sizes

SCHEMA = schema("reconcile.schema")

RANDOM = np.random.default_rng(7)
ROWS, CLASSES = 37, 4
X = RANDOM.normal(size=(ROWS, CLASSES)) * 2
Y = RANDOM.integers(0, CLASSES, ROWS)
WEIGHT = np.array([1.0, 2.5, 0.5, 4.0])
SAMPLE = RANDOM.random(ROWS) + 0.5
LOG_P = log_softmax(X, axis=1)
NLP = -LOG_P[np.arange(ROWS), Y]


def searched(problem: Problem, got: str, most: int = 1, shown: int = 1000) -> Reconciliation:
    return reconcile(problem, stated(got), given={"files": ("p.csv",)}, source={}, most=most, shown=shown)


@cache
def of_1_5() -> Reconciliation:
    return searched(Problem(X, Y), "1.5")


def names_of(found: Match) -> set[tuple[str, str]]:
    return {(part.dimension, part.name) for part in found.deviations}


def simplest(problem: Problem, value: float, most: int = 1, digits: int = 9) -> list[Match]:
    """The explanations with the fewest deviations of a number of so many digits."""
    explanations = searched(problem, f"{value:.{digits}g}", most).explanations
    return [e for e in explanations if len(e.deviations) == len(explanations[0].deviations)]


# ----------------------------------------------------------------------------------------- the digits


@pytest.mark.parametrize(
    ("text", "value", "tolerance"),
    [
        ("1.3654", 1.3654, 0.00005),
        ("0.3", 0.3, 0.05),
        ("0.30", 0.3, 0.005),
        ("-0.1399", -0.1399, 0.00005),
        ("+.5", 0.5, 0.05),
        ("14", 14.0, 0.5),
        ("100", 100.0, 0.5),
        ("3.", 3.0, 0.5),
        ("0", 0.0, 0.5),
        ("0.000", 0.0, 0.0005),
        ("1.30e-2", 0.013, 0.00005),
        ("2E3", 2000.0, 500.0),
        (" 1.5 ", 1.5, 0.05),
        ("0.6405346229445387", 0.6405346229445387, 5e-17),
    ],
)
def test_the_digits_say_how_far_a_number_is_known(text: str, value: float, tolerance: float) -> None:
    found = stated(text)
    assert (found.value, found.tolerance) == (value, pytest.approx(tolerance, rel=1e-12))


@pytest.mark.parametrize("text", ["", "abc", "nan", "inf", "-inf", "1e999", "1_000", "0x1", "1,5", "1e", "٣"])
def test_what_is_no_finite_number_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^Expected --got with a finite number, got "):
        stated(text)


@given(st.decimals(-1000, 1000, allow_nan=False, places=6), st.integers(0, 6))
def test_a_number_lies_within_the_tolerance_of_its_own_rounding(number: Decimal, places: int) -> None:
    found = stated(f"{number:.{places}f}")
    assert abs(float(number) - found.value) <= found.reach
    assert found.tolerance == pytest.approx(0.5 * 10.0**-places)


# ------------------------------------------------------------------------------- planted, class values


def batch_means(values: np.ndarray, size: int) -> np.ndarray:
    return np.array([values[start : start + size].mean() for start in range(0, len(values), size)])


def column_softmax() -> float:
    return float(-log_softmax(X, axis=0)[np.arange(ROWS), Y].mean())


def smoothed(eps: float, others: bool = False) -> float:
    q = np.full((ROWS, CLASSES), eps / (CLASSES - 1) if others else eps / CLASSES)
    q[np.arange(ROWS), Y] = 1 - eps if others else 1 - eps + eps / CLASSES
    return float(-(q * LOG_P).sum(axis=1).mean())


def picked(target: np.ndarray) -> float:
    return float(-LOG_P[np.arange(ROWS), target].mean())


def ignoring(index: int) -> float:
    return float(NLP[index != Y].mean())


def one_hot() -> np.ndarray:
    return np.eye(CLASSES)[Y]


def bce(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    return -(t * np.log(p) + (1 - t) * np.log(1 - p))


PLANTED: list[tuple[str, str, float]] = [
    ("input", "softmax-twice", float(-log_softmax(softmax(X, axis=1), axis=1)[np.arange(ROWS), Y].mean())),
    ("input", "no-log", float(-softmax(X, axis=1)[np.arange(ROWS), Y].mean())),
    ("axis", "softmax-0", column_softmax()),
    ("targets", "one-hot", float(bce(expit(X), one_hot()).mean())),
    ("denominator", "sum", float(NLP.sum())),
    ("denominator", "values", float(NLP.sum() / X.size)),
    ("denominator", "batches-8", float(batch_means(NLP, 8).mean())),
    ("denominator", "batches-8-dropped", float(batch_means(NLP, 8)[:-1].mean())),
    ("denominator", "batches-16-sum", float(batch_means(NLP, 16).sum())),
    ("denominator", "batches-16-by-rows", float(batch_means(NLP, 16).sum() / ROWS)),
    ("denominator", "batch-sums-16", float(NLP.sum() / 3)),
    ("denominator", "class-means", float(np.mean([NLP[c == Y].mean() for c in range(CLASSES)]))),
    ("base", "2", float(np.log2(np.exp(NLP)).mean())),
    ("base", "10", float(np.log10(np.exp(NLP)).mean())),
    ("sign", "negated", float(-NLP.mean())),
    ("point", "/10", float(NLP.mean() / 10)),
    ("point", "x100", float(NLP.mean() * 100)),
    ("shown", "exp", float(np.exp(NLP.mean()))),
    ("shown", "exp-minus", float(np.exp(-NLP.mean()))),
    ("smoothing", "0.1", smoothed(0.1)),
    ("smoothing", "0.2", smoothed(0.2)),
    ("smoothing", "0.1-others", smoothed(0.1, others=True)),
    ("ignored", "0", ignoring(0)),
    ("ignored", "3", ignoring(3)),
    ("labels", "+1", picked(np.minimum(Y + 1, CLASSES - 1))),
    ("labels", "-1", picked(np.maximum(Y - 1, 0))),
    ("labels", "+1-modulo", picked((Y + 1) % CLASSES)),
    ("labels", "-1-modulo", picked((Y - 1) % CLASSES)),
    ("labels", "rows+1", picked(np.roll(Y, 1))),
    ("labels", "rows-1", picked(np.roll(Y, -1))),
    (
        "precision",
        "float16-input",
        float(-log_softmax(X.astype(np.float16).astype(float), axis=1)[np.arange(ROWS), Y].mean()),
    ),
    ("precision", "rounded-2", float(np.round(NLP, 2).mean())),
    (
        "precision",
        "probabilities-3",
        float(-np.log(np.round(softmax(X, axis=1), 3))[np.arange(ROWS), Y].mean()),
    ),
    ("precision", "float16-result", float(np.float16(NLP.mean()))),
    ("clip", "0.05-both", float(-np.log(np.clip(softmax(X, axis=1), 0.05, 0.95))[np.arange(ROWS), Y].mean())),
    ("clip", "0.001-added", float(-np.log(softmax(X, axis=1) + 0.001)[np.arange(ROWS), Y].mean())),
    ("clip", "1e-05-added", float(-np.log(softmax(X, axis=1) + 1e-5)[np.arange(ROWS), Y].mean())),
    ("labels", "reversed", picked(CLASSES - 1 - Y)),
    ("labels", "1<->3", picked(np.array([0, 3, 2, 1])[Y])),
    ("labels", "rows-1-ends", float(-LOG_P[np.arange(ROWS - 1), Y[1:]].mean())),
    ("labels", "rows+1-ends", float(-LOG_P[np.arange(1, ROWS), Y[:-1]].mean())),
    ("labels", "rows-2-ends", float(-LOG_P[np.arange(ROWS - 2), Y[2:]].mean())),
    ("scale", "negated", float(-log_softmax(-X, axis=1)[np.arange(ROWS), Y].mean())),
    ("scale", "temperature-2", float(-log_softmax(X / 2, axis=1)[np.arange(ROWS), Y].mean())),
    ("shown", "2**", float(2 ** NLP.mean())),
    ("point", "x2", float(2 * NLP.mean())),
    ("point", "/4", float(NLP.mean() / 4)),
    ("denominator", "mean-of-exp", float(np.exp(NLP).mean())),
    ("denominator", "without-first-1", float(NLP[1:].mean())),
    ("denominator", "without-last-2", float(NLP[:-2].mean())),
    ("denominator", "padded-to-4", float(np.concatenate([NLP, NLP[:3]]).mean())),
    ("denominator", "batches-8-last", float(NLP[32:].mean())),
]


@pytest.mark.parametrize(("dimension", "name", "value"), PLANTED, ids=[f"{d}-{n}" for d, n, _ in PLANTED])
def test_a_planted_deviation_is_found(dimension: str, name: str, value: float) -> None:
    found = simplest(Problem(X, Y, kind="logits"), value)
    assert {(dimension, name)} in [names_of(explanation) for explanation in found]


def test_the_plain_loss_needs_no_deviation() -> None:
    (found,) = simplest(Problem(X, Y, kind="logits"), float(NLP.mean()))
    assert (found.loss, found.deviations, found.command) == ("cross_entropy", (), "celoss ce p.csv")


@pytest.mark.parametrize(
    ("kind", "value", "name"),
    [
        ("logits", float(-X[np.arange(ROWS), Y].mean()), "log-probs"),
        ("log-probs", float(-log_softmax(X, axis=1)[np.arange(ROWS), Y].mean()), "logits"),
    ],
)
def test_an_input_taken_for_another_kind_is_told(kind: str, value: float, name: str) -> None:
    assert {("input", name)} in [names_of(found) for found in simplest(Problem(X, Y, kind=kind), value)]


def test_probabilities_given_to_cross_entropy_and_to_nll_are_told() -> None:
    p = softmax(X, axis=1)
    problem = Problem(p, Y, kind="probs")
    again = float(-log_softmax(p, axis=1)[np.arange(ROWS), Y].mean())
    assert {("input", "logits")} in [names_of(found) for found in simplest(problem, again)]
    bare = float(-p[np.arange(ROWS), Y].mean())
    assert {("input", "log-probs")} in [names_of(found) for found in simplest(problem, bare)]
    (plain,) = simplest(problem, float(NLP.mean()))
    assert plain.command == "celoss ce p.csv --input-is probs"


@pytest.mark.torch
def test_bfloat16_keeps_eight_bits() -> None:
    torch = pytest.importorskip("torch")
    rounded = torch.tensor(X).to(torch.float32).to(torch.bfloat16).to(torch.float64).numpy()
    value = float(-log_softmax(rounded, axis=1)[np.arange(ROWS), Y].mean())
    found = simplest(Problem(X, Y, kind="logits"), value)
    assert {("precision", "bfloat16-input")} in [names_of(explanation) for explanation in found]


def test_targets_along_the_positions_of_a_language_model_are_told() -> None:
    x, y = RANDOM.normal(size=(5, 4, 7)), RANDOM.integers(0, 4, (5, 7))
    log_p = log_softmax(x, axis=1)
    value = float(-np.take_along_axis(log_p[:, :, :-1], y[:, None, 1:], axis=1).mean())
    found = simplest(Problem(x, y, kind="logits"), value)
    assert {("labels", "positions-1-ends")} in [names_of(explanation) for explanation in found]


def test_a_reshape_instead_of_a_transposition_is_told() -> None:
    x, y = RANDOM.normal(size=(5, 4, 7)), RANDOM.integers(0, 4, (5, 7))
    value = float(-log_softmax(x.reshape(-1, 4), axis=1)[np.arange(35), y.reshape(-1)].mean())
    found = simplest(Problem(x, y, kind="logits"), value)
    assert {("axis", "reshaped")} in [names_of(explanation) for explanation in found]


def test_ignored_targets_that_were_counted_as_class_0_are_told() -> None:
    y = np.where(np.arange(ROWS) % 5 == 0, -100, Y)
    value = picked(np.maximum(y, 0))
    found = simplest(Problem(X, y, kind="logits"), value)
    assert {("ignored", "as-0")} in [names_of(explanation) for explanation in found]


def test_float32_is_told_where_the_digits_show_it() -> None:
    value = float(np.float32(NLP.mean()))
    found = searched(Problem(X, Y, kind="logits"), f"{value:.12g}").explanations
    assert ("precision", "float32") in {name for explanation in found for name in names_of(explanation)}


@pytest.mark.parametrize(
    ("low", "high", "name"),
    [
        (1e-7, 1 - 1e-7, "1e-07-keras"),
        (1e-15, 1 - 1e-15, "1e-15-kaggle"),
        (2.0**-52, 1 - 2.0**-52, "2.22e-16-sklearn"),
        (2.0**-23, 1 - 2.0**-23, "1.19e-07"),
        (1e-16, 1.0, "1e-16-xgboost"),
        (np.exp(-100), 1.0, "-100"),
    ],
)
def test_clipping_of_a_sure_mistake_is_told(low: float, high: float, name: str) -> None:
    p = softmax(X, axis=1)
    p[3] = np.arange(CLASSES) == (Y[3] + 1) % CLASSES
    clipped = np.clip(p, low, high)
    value = float(-np.log(clipped[np.arange(ROWS), Y]).mean())
    found = simplest(Problem(p, Y, kind="probs"), value, digits=7)
    assert ("clip", name) in {part for explanation in found for part in names_of(explanation)}


def test_rows_that_are_rescaled_are_told() -> None:
    p = softmax(X, axis=1) * np.linspace(0.5, 1, ROWS)[:, None]
    value = float(-np.log(p / p.sum(axis=1, keepdims=True))[np.arange(ROWS), Y].mean())
    found = simplest(Problem(p, Y, kind="probs"), value)
    assert {("clip", "rescaled")} in [names_of(explanation) for explanation in found]


@pytest.mark.slow
@pytest.mark.subprocess
def test_the_instructions_of_a_processor_change_no_count() -> None:
    """The last bit of an exponential depends on them; of its logarithm no new hypothesis is made."""
    features = importlib.import_module("numpy._core._multiarray_umath")
    without = " ".join(name for name in features.__cpu_dispatch__ if features.__cpu_features__[name])
    command = [sys.executable, "-m", "celoss_cli", "reconcile", str(EXAMPLES / "column-softmax.json")]

    def printed(disabled: str) -> str:
        environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": disabled}
        done = subprocess.run(
            [*command, "--got", "0.1365"], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.partition("what was tried")[2]

    assert printed("") == printed(without) != ""


def test_classes_in_alphabetical_order_are_told() -> None:
    value = picked(np.array([2, 0, 3, 1])[Y])  # where dog, ant, fox, cat stand once sorted
    problem = Problem(X, Y, kind="logits", labels=("dog", "ant", "fox", "cat"))
    assert {("labels", "alphabetical")} in [names_of(found) for found in simplest(problem, value)]


WEIGHTED = Problem(X, Y, kind="logits", weight=WEIGHT, sample_weight=SAMPLE)
SHARES = WEIGHT[Y] * SAMPLE


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float((NLP * SHARES).sum() / SHARES.sum()), set()),
        (float((NLP * SAMPLE).sum() / SAMPLE.sum()), {("weight", "unused")}),
        (float((NLP * WEIGHT[Y]).sum() / WEIGHT[Y].sum()), {("sample_weight", "unused")}),
        (float(NLP.mean()), {("weight", "unused"), ("sample_weight", "unused")}),
        (float((NLP * SHARES).sum() / ROWS), {("denominator", "counted")}),
    ],
)
def test_weights_that_were_not_used_or_not_divided_by_are_told(
    value: float, expected: set[tuple[str, str]]
) -> None:
    assert expected in [names_of(found) for found in simplest(WEIGHTED, value, most=max(1, len(expected)))]


@pytest.mark.parametrize(
    ("problem", "value", "formula"),
    [
        (Problem(X, Y, kind="logits"), NLP.mean(), "the mean of -log p[y], p = softmax of x"),
        (
            Problem(X, Y, kind="logits", weight=WEIGHT),
            (NLP * WEIGHT[Y]).sum() / WEIGHT[Y].sum(),
            "the sum, divided by the sum of the weights, of -w[y] log p[y], p = softmax of x",
        ),
        (Problem(X, Y, kind="logits", weight=WEIGHT), NLP.mean(), "the mean of -log p[y], p = softmax of x"),
        (
            WEIGHTED,
            (NLP * SHARES).sum(),
            "the sum of -w[y] v log p[y], p = softmax of x",
        ),
        (
            Problem(X, Y, kind="logits", label_smoothing=0.1),
            (0.9 * NLP - 0.1 * log_softmax(X, axis=1).mean(axis=1)).mean(),
            "the mean of 0.9 (-log p[y]) + 0.1 (the mean over c of -log p[c]), p = softmax of x",
        ),
        (
            Problem(np.array([0.5, -1.0]), np.array([1.0, 0.0]), kind="logits", pos_weight=np.array(3.0)),
            (3 * np.log1p(np.exp(-0.5)) + np.log1p(np.exp(-1.0))) / 2,
            "the mean of -[pw t log g + (1-t) log(1-g)], g = sigmoid of x",
        ),
    ],
)
def test_the_formula_holds_the_weights_and_the_smoothing(
    problem: Problem, value: float, formula: str
) -> None:
    assert formula in [found.formula for found in simplest(problem, float(value))]


def test_a_longer_way_to_the_same_number_is_no_further_explanation() -> None:
    explanations = searched(Problem(X, Y, kind="logits"), f"{float(NLP.sum()):.9g}", 2).explanations
    assert [names_of(found) for found in explanations] == [{("denominator", "sum")}]


def test_ignored_rows_that_were_divided_by_are_told() -> None:
    target = np.where(np.arange(ROWS) % 5 == 0, -100, Y)
    counted = target != -100
    problem = Problem(X, target, kind="logits")
    (plain,) = simplest(problem, float(NLP[counted].mean()))
    assert not plain.deviations
    found = simplest(problem, float(NLP[counted].sum() / ROWS))
    assert {("denominator", "rows")} in [names_of(explanation) for explanation in found]


@pytest.mark.parametrize("marker", [-1, 255])
def test_a_marker_of_ignored_rows_is_told(marker: int) -> None:
    target = np.where(np.arange(ROWS) % 5 == 0, marker, Y)
    value = float(NLP[target != marker].mean())
    (found,) = simplest(Problem(X, target, kind="logits"), value)
    assert names_of(found) == {("ignored", str(marker))}
    assert found.command == f"celoss ce p.csv --ignore-index {marker}"


def test_an_option_that_was_given_and_not_used_is_told() -> None:
    problem = Problem(X, Y, kind="logits", ignore_index=2, label_smoothing=0.1)
    found = simplest(problem, float(NLP.mean()), most=2)
    assert {("ignored", "none"), ("smoothing", "none")} in [names_of(explanation) for explanation in found]


def test_labels_counted_from_1_are_told() -> None:
    found = simplest(Problem(X, Y + 1, kind="logits"), float(NLP.mean()))
    assert {("labels", "-1")} in [names_of(explanation) for explanation in found]


def test_other_axes_of_images_are_told() -> None:
    x, y = RANDOM.normal(size=(2, 3, 4, 5)), RANDOM.integers(0, 3, (2, 4, 5))
    log_p = log_softmax(x, axis=3)
    value = float(-np.take_along_axis(log_p, y[:, None], axis=1).mean())
    found = simplest(Problem(x, y, kind="logits"), value)
    assert {("axis", "softmax-3")} in [names_of(explanation) for explanation in found]
    by_rows = -np.take_along_axis(log_softmax(x, axis=1), y[:, None], axis=1).sum() / 2
    found = simplest(Problem(x, y, kind="logits"), float(by_rows))
    assert {("denominator", "rows")} in [names_of(explanation) for explanation in found]


def test_distributions_as_targets() -> None:
    q = RANDOM.dirichlet(np.ones(CLASSES), ROWS)
    problem = Problem(X, q, kind="logits", weight=WEIGHT)
    value = float(-(q * LOG_P * WEIGHT).sum(axis=1).mean())
    assert [names_of(found) for found in simplest(problem, value)] == [set()]
    mixed = 0.9 * q + 0.1 / CLASSES
    value = float(-(mixed * LOG_P * WEIGHT).sum(axis=1).mean())
    assert {("smoothing", "0.1")} in [names_of(found) for found in simplest(problem, value)]


# ----------------------------------------------------------------------------------- planted, elements

Z, T = RANDOM.normal(size=ROWS) * 2, RANDOM.integers(0, 2, ROWS).astype(float)
COST = bce(expit(Z), T)
ELEMENTS: list[tuple[Problem, float, set[tuple[str, str]], str]] = [
    (Problem(Z, T), float(COST.mean()), set(), "binary_cross_entropy_with_logits"),
    (Problem(expit(Z), T), float(COST.mean()), set(), "binary_cross_entropy"),
    (Problem(Z, 2 * T - 1), float(COST.mean()), set(), "soft_margin_loss"),
    (
        Problem(Z, T, kind="logits"),
        float(bce(expit(expit(Z)), T).mean()),
        {("input", "sigmoid-twice")},
        "binary_cross_entropy_with_logits",
    ),
    (
        Problem(expit(Z), T, kind="probs"),
        float(bce(expit(expit(Z)), T).mean()),
        {("input", "logits")},
        "binary_cross_entropy_with_logits",
    ),
    (
        Problem(Z, T),
        float(np.log1p(np.exp(-T * Z)).mean()),
        {("labels", "raw-soft-margin")},
        "soft_margin_loss",
    ),
    (
        Problem(Z, 2 * T - 1),
        float(-((2 * T - 1) * np.log(expit(Z)) + (2 - 2 * T) * np.log(1 - expit(Z))).mean()),
        {("labels", "raw-bce-logits")},
        "binary_cross_entropy_with_logits",
    ),
    (
        Problem(Z, T),
        float(bce(expit(Z), 1 - T).mean()),
        {("labels", "flipped")},
        "binary_cross_entropy_with_logits",
    ),
    (
        Problem(Z, T),
        float(bce(expit(Z), 0.9 * T + 0.05).mean()),
        {("smoothing", "0.1")},
        "binary_cross_entropy_with_logits",
    ),
    (
        Problem(Z, T, pos_weight=np.array([3.0])),
        float(COST.mean()),
        {("pos_weight", "unused")},
        "binary_cross_entropy_with_logits",
    ),
    (
        Problem(Z, T, weight=SAMPLE),
        float(COST.mean()),
        {("weight", "unused")},
        "binary_cross_entropy_with_logits",
    ),
    (
        Problem(Z, T, weight=SAMPLE),
        float((COST * SAMPLE).sum() / SAMPLE.sum()),
        {("denominator", "weights")},
        "binary_cross_entropy_with_logits",
    ),
]


@pytest.mark.parametrize(("problem", "value", "expected", "loss"), ELEMENTS)
def test_a_deviation_of_a_binary_loss_is_found(
    problem: Problem, value: float, expected: set[tuple[str, str]], loss: str
) -> None:
    assert (expected, loss) in [(names_of(found), found.loss) for found in simplest(problem, value)]


def test_a_divergence_and_its_denominator_are_found() -> None:
    p, q = RANDOM.dirichlet(np.ones(3), 6), RANDOM.dirichlet(np.ones(3), 6)
    divergence = p * (np.log(p) - np.log(q))
    problem = Problem(np.log(q), p, kind="log-probs")
    (plain,) = simplest(problem, float(divergence.mean()))
    assert (plain.loss, plain.command) == ("kl_div", "celoss kl p.csv")
    found = simplest(problem, float(divergence.sum() / 6))
    assert ("kl_div", {("denominator", "rows")}) in [(e.loss, names_of(e)) for e in found]


# --------------------------------------------------------------------------------------- two, and chance


@pytest.mark.slow
@examples(25)
@given(st.data())
def test_any_two_planted_deviations_of_the_result_are_found_together(data: st.DataObject) -> None:
    """Those of the finished number, whose arithmetic a test can repeat."""
    base, scale = data.draw(st.sampled_from([("2", 2.0), ("10", 10.0)]))
    point, factor = data.draw(st.sampled_from([("/10", 0.1), ("x10", 10.0), ("x100", 100.0)]))
    value = float(NLP.mean() / np.log(scale) * factor)
    found = simplest(Problem(X, Y, kind="logits"), value, most=2)
    assert {("base", base), ("point", point)} in [names_of(explanation) for explanation in found]


@examples(25)
@given(st.floats(-3, 3), st.integers(2, 6))
def test_an_explanation_gives_the_number_and_needs_all_of_its_deviations(got: float, digits: int) -> None:
    found = searched(Problem(X[:9], Y[:9]), f"{got:.{digits}f}")
    tolerance = found.tolerance * (1 + 1e-9) + 1e-11
    assert all(abs(explanation.value - found.value) <= tolerance for explanation in found.explanations)
    assert found.found == len(found.explanations)
    counts = [len(explanation.deviations) for explanation in found.explanations]
    assert counts == sorted(counts)
    keys = [(e.loss, e.reading, frozenset(names_of(e))) for e in found.explanations]
    plain = {(loss, reading) for loss, reading, names in keys if not names}
    assert not any((loss, reading) in plain for loss, reading, names in keys if names and len(names) == 1)


def test_a_number_far_off_has_no_explanation() -> None:
    found = searched(Problem(X, Y), "123456.789", most=2)
    assert (found.found, found.explanations) == (0, [])


@pytest.mark.slow
def test_the_counts_add_up_and_more_digits_mean_fewer_chance_hits() -> None:
    problem = Problem(X, Y)
    rough, fine = searched(problem, "1.5", most=2), searched(problem, "1.50000", most=2)
    for level in (*rough.tried, *fine.tried):
        assert 0 <= level.near <= level.distinct <= level.hypotheses
    assert [level.hypotheses for level in rough.tried] == [level.hypotheses for level in fine.tried]
    assert rough.tried[-1].chance > 100 * fine.tried[-1].chance > 0  # 1.5 is a number of half precision too


@pytest.mark.slow
def test_hits_by_chance_are_about_as_many_as_expected() -> None:
    """Numbers without a cause, drawn where values lie; hits that say less than a simpler one fall away."""
    random = np.random.default_rng(3)
    problem = Problem(X[:12], Y[:12])
    found = [searched(problem, f"{got:.2f}", most=2) for got in random.uniform(0.5, 3, 8)]
    hits = sum(result.found for result in found)
    expected = sum(level.chance for result in found for level in result.tried)
    assert hits > 20
    assert expected / 4 < hits < 1.5 * expected


def test_the_searched_deviations_are_listed_by_dimension() -> None:
    found = searched(Problem(X, Y), "1.5")
    assert {"denominator", "base", "sign", "point", "axis", "smoothing", "labels", "ignored"} <= set(
        found.searched
    )
    assert "logarithm of base 10 (dits)" in found.searched["base"]


@pytest.mark.parametrize("got", ["1", "0", "0e1", "2"])
def test_a_number_that_nearly_everything_gives_is_told_to_prove_little(got: str) -> None:
    found = searched(Problem(X, Y), got)
    level = next((level for level in found.tried if level.found), found.tried[-1])
    assert level.chance > 0.2


def test_a_number_close_to_the_plain_one_is_hit_by_chance_more_often() -> None:
    """0.6406 for 0.640535 is rounding by hand, and float16 rounds to it too."""
    x, y = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]]), np.array([0, 1, 0])
    found = searched(Problem(x, y, kind="logits"), "0.6406")
    names = [names_of(explanation) for explanation in found.explanations]
    assert {("precision", "float16-result")} in names
    assert {("precision", "probabilities-4")} in names
    assert found.tried[1].chance > 0.3


@pytest.mark.parametrize(
    ("rows", "sizes"), [(1, []), (2, []), (3, [2]), (5, [2, 3, 4]), (70, [*range(2, 33), 35, 48, 50, 64])]
)
def test_batches_have_all_small_and_the_usual_sizes(rows: int, sizes: Sequence[int]) -> None:
    assert batch_sizes(rows) == sizes


# ------------------------------------------------------------------------------------------- the data


def test_large_data_is_refused_with_a_way_out() -> None:
    batches = (Batch(np.zeros((1000, 1000)), np.zeros(1000, int)) for _ in range(3))
    with pytest.raises(LimitError, match=r"^expected at most 2000000 values to search, got more"):
        problem_of(batches)


def test_no_rows_are_refused() -> None:
    with pytest.raises(InputError, match="got no rows"):
        problem_of([Batch(np.zeros((0, 3)), np.zeros(0, int))])


@pytest.mark.parametrize(
    ("problem", "error"),
    [
        (Problem(X, Y, weight=np.ones(3)), "Expected 4 class weights"),
        (Problem(Z, T, weight=np.ones(3)), "Expected weight"),
        (Problem(X, Y[:-1]), "Expected 37 targets"),
        (Problem(X, Y, pos_weight=np.ones(3)), "Expected pos_weight"),
        (Problem(np.ones(1), np.ones(1), weight=np.ones(2)), "Expected weight with a value for each row"),
    ],
)
def test_data_that_fits_no_loss_is_refused(problem: Problem, error: str) -> None:
    with pytest.raises(InputError, match=error):
        searched(problem, "1.0")


def test_weights_of_classes_do_not_stand_in_the_way_of_pairs() -> None:
    images = Problem(RANDOM.normal(size=(2, 3, 4, 5)), RANDOM.dirichlet(np.ones(3), (2, 4, 5)))
    problem = replace(images, target=np.moveaxis(images.target, -1, 1), weight=np.ones(3))
    losses = {loss for loss, *_ in searched(problem, "1.0").plain}
    assert losses == {"cross_entropy", "binary_cross_entropy_with_logits"}


def test_targets_that_no_loss_takes_leave_nothing_to_find() -> None:
    found = searched(Problem(X[:2], np.array([[0, 2, 5, 7], [1, 1, 9, 3]])), "1.0", most=2)
    assert (found.found, found.plain) == (0, [])
    assert [level.hypotheses for level in found.tried] == [0, 0, 0]
    text = "".join(FORMATS["table"].render(document_of(found), Style()))
    assert "as it is, no loss is defined on this data\n" in text


def test_an_option_of_classes_is_refused_where_there_are_none() -> None:
    with pytest.raises(UsageError, match=r"^Expected --ignore-index with targets that are classes"):
        searched(Problem(Z, T, ignore_index=1), "1.0")


@pytest.mark.slow
def test_ten_thousand_rows_take_a_few_seconds() -> None:
    x, y = RANDOM.normal(size=(10_000, 10)), RANDOM.integers(0, 10, 10_000)
    start = time.process_time()
    searched(Problem(x, y), "2.345", most=2)
    assert time.process_time() - start < 30  # a fifth of it or less


# ---------------------------------------------------------------------------------------- the command


celoss = partial(celoss_in, cwd=EXAMPLES)


def as_json(*words: str, code: int = 0) -> Any:
    done = celoss("reconcile", *words, "--json")
    assert done.returncode == code, done.stderr
    document = json.loads(done.stdout)
    SCHEMA.validate(document)
    return document["reconciliation"]


ONE = ("--max-deviations", "1")
"""Enough where the explanation is known; all pairs take ten times as long."""


def first(found: Any) -> set[tuple[str, str]]:
    return {(part["dimension"], part["name"]) for part in found["explanations"][0]["deviations"]}


TUTORIAL = [
    ("1.0778", "cross_entropy", set()),
    ("1.3654", "cross_entropy", {("axis", "softmax-0")}),
    ("0.1365", "cross_entropy", {("axis", "softmax-0"), ("point", "/10")}),
    ("-0.1399", "nll_loss", {("input", "log-probs")}),
]
"""The numbers of the second worked case, each with its explanation."""


@pytest.mark.parametrize(("got", "loss", "expected"), TUTORIAL)
def test_each_number_of_the_tutorial_is_explained(
    got: str, loss: str, expected: set[tuple[str, str]]
) -> None:
    found = as_json("column-softmax.json", "--got", got)
    assert (found["explanations"][0]["loss"], first(found)) == (loss, expected)
    assert found["tried"][len(expected)]["chance"] < 0.05


def test_a_table_says_nothing_of_its_input_so_that_both_losses_are_plain() -> None:
    found = as_json("column-softmax.csv", "--got", "-0.1399", *ONE)
    assert (found["explanations"][0]["loss"], first(found)) == ("nll_loss", set())
    assert [plain["loss"] for plain in found["plain"]] == ["cross_entropy", "nll_loss"]


def test_the_logarithm_of_base_10_is_among_the_explanations_of_a_rough_number() -> None:
    words = ("-x", "0.5,0.4,0.1", "-y", "1,0,0", "--got", "0.3", *ONE)
    found = as_json(*words, "--input-is", "probs")
    assert first(found) == {("base", "10")}
    assert found["explanations"][0]["value"] == pytest.approx(0.30103, abs=1e-6)
    assert found["tried"][1]["chance"] > 1  # one digit proves little
    shown = as_json(*words)["explanations"]
    assert any([part["name"] for part in e["deviations"]] == ["10"] for e in shown)


SOFT = {
    "logits": [[2, 1, 0], [0.3, 0.2, 0.9], [1, 1, 4]],
    "targets": [[0.33, 0.33, 0.33], [0.1, 0.67, 0.22], [0, 0.14, 0.86]],
}
"""Soft labels that were rounded to two decimals: no row but the last one adds up to 1."""


def test_soft_labels_of_two_decimals_are_distributions(tables: Path) -> None:
    log_p = log_softmax(np.array(SOFT["logits"], float), axis=1)
    assert -(np.array(SOFT["targets"]) * log_p).sum(axis=1).mean() == pytest.approx(1.0486296, abs=1e-7)
    found = as_json(str(tables / "soft.json"), "--got", "1.048630", *ONE)["explanations"][0]
    assert (found["loss"], found["deviations"]) == ("cross_entropy", [])


def test_one_column_of_probabilities_is_binary(tables: Path) -> None:
    """Four answers of which one is 1 are no distribution over four classes."""
    value = -np.log([0.2, 0.7, 0.6, 0.9]).mean() / np.log(2)
    found = as_json(str(tables / "one.csv"), "--got", f"{value:.6f}", *ONE)["explanations"][0]
    assert found["loss"] == "binary_cross_entropy"
    assert {part["name"] for part in found["deviations"]} == {"2"}


def test_an_array_of_one_axis_is_binary_as_for_the_binary_losses(tmp_path: Path) -> None:
    np.save(tmp_path / "p.npy", np.array([0.8, 0.3, 0.6, 0.1]))
    np.save(tmp_path / "t.npy", np.array([0, 0, 1, 0]))
    value = -np.log([0.2, 0.7, 0.6, 0.9]).mean()
    words = (str(tmp_path / "p.npy"), "--targets", f"@{tmp_path / 't.npy'}", "--got", f"{value:.6f}")
    found = as_json(*words, *ONE)["explanations"][0]
    assert (found["loss"], found["deviations"]) == ("binary_cross_entropy", [])


def test_a_class_axis_that_is_given_is_not_explained_as_another(tables: Path) -> None:
    """No other axis holds the classes, and the axes are counted as in the data that was given."""
    for file in ("cube.npz", "places.npz"):
        found = as_json(str(tables / file), "--class-axis", "-1", "--got", "0e2", *ONE)
        assert not any("classes taken along" in words for words in found["searched"]["axis"])
    with np.load(tables / "places.npz") as data:
        x, y = data["logits"], data["labels"]  # (3, 4, 3, 4): the last axis holds the classes
    value = -np.take_along_axis(log_softmax(x, axis=2), y[..., None], axis=-1).mean()
    found = as_json(str(tables / "places.npz"), "--class-axis", "-1", "--got", f"{value:.8g}", *ONE)
    assert found["explanations"][0]["deviations"][0]["words"] == "softmax over axis 2 instead of the classes"
    assert "softmax of x along axis 2" in found["explanations"][0]["formula"]


def test_classes_along_another_axis_leave_every_target_its_place(tmp_path: Path) -> None:
    """With places of 5 x 4 and 4 classes, the last axis would have places of 4 x 5: no command takes that."""
    draw = np.random.default_rng(1)
    x, y = draw.normal(size=(3, 4, 5, 4)), draw.integers(0, 4, (3, 5, 4))
    np.savez(tmp_path / "p.npz", logits=x, targets=y)
    p = log_softmax(np.moveaxis(x, 3, 1).reshape(3, 4, 20), axis=1)
    value = -np.take_along_axis(p, y.reshape(3, 1, 20), axis=1).mean()
    found = as_json(str(tmp_path / "p.npz"), "--got", f"{value:.7f}")
    words = [one["words"] for told in found["explanations"] for one in told["deviations"]]
    assert not any("along axis 3" in text for text in words)
    assert not any("classes taken along" in text for text in found["searched"]["axis"])


HALVES = ["1.000000", "0.500000", "0.750000", "0.437500", "0.718750", "0.902344"]


@pytest.mark.slow
@pytest.mark.parametrize("got", HALVES)
def test_a_number_of_a_half_precision_is_hit_by_rounding_as_often_as_is_said(got: str) -> None:
    """Any result within half a step of it rounds to it, which is said not to be hardly chance."""
    done = celoss("reconcile", "old.csv", "--got", got, "--json")
    found = json.loads(done.stdout)["reconciliation"]
    rounded = [e for e in found["explanations"] if any("float16" in d["name"] for d in e["deviations"])]
    if rounded:
        level = len(rounded[0]["deviations"])
        assert sum(part["chance"] for part in found["tried"][: level + 1]) > 0.05


@pytest.mark.slow
def test_random_numbers_are_explained_as_seldom_as_is_said() -> None:
    """On the grids of half precisions and off them; claims are held against a Poisson bound of their sum."""
    random = np.random.default_rng(11)
    x, y = np.round(random.normal(0, 1.5, (24, 3)), 3), random.integers(0, 3, 24)
    problem = Problem(x, y, kind="logits")
    loss = float(-log_softmax(x, axis=1)[np.arange(24), y].mean())
    numbers = loss * random.uniform(0.7, 1.3, 18)
    numbers[::3] = np.float16(numbers[::3])
    numbers[1::3] = np.round(numbers[1::3] * 128) / 128
    claims = expected = 0.0
    for value in numbers:
        found = searched(problem, f"{value:.6f}", most=2)
        for level in found.tried:
            claims += level.found
            expected += level.chance
    assert claims <= expected + 3 * np.sqrt(expected) + 3
    assert expected < 5 * claims + 10


def after(value: float, steps: Sequence[str]) -> float:
    """What is done by hand to a command's result, as the words say."""
    for step in steps:
        verb, _, number = step.rpartition(" ")
        match verb, number:
            case "2 to the power of", "it":
                value = 2.0**value
            case "exp of", "it":
                value = float(np.exp(value))
            case "exp of minus", "it":
                value = float(np.exp(-value))
            case "divided by", _:
                value /= float(number)
            case "times", _:
                value *= float(number)
            case "rounded to", "float16":
                value = float(np.float16(value))
            case "rounded to", "bfloat16":
                bits = np.array([value], np.float32).view(np.uint32).astype(np.uint64)
                near = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
                value = float(near.astype(np.uint32).view(np.float32)[0])
            case _:
                value = after_rare(value, step)
    return value


def after_rare(value: float, step: str) -> float:
    if step == "times (1 - exp of minus it)**2":
        return value * (1 - float(np.exp(-value))) ** 2
    decimals = step.removeprefix("exp of it rounded to ").removesuffix(" decimals")
    assert decimals in ("2", "3", "4"), step
    return float(np.exp(round(value, int(decimals))))


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    names = "logit_dog,logit_ant,logit_fox,logit_cat,target,weight"
    rows = zip(np.round(X, 3), Y, np.round(SAMPLE, 2), strict=True)
    lines = [",".join(map(str, (*x, ["dog", "ant", "fox", "cat"][y], w))) for x, y, w in rows]
    (tmp_path / "classes.csv").write_text("\n".join([names, *lines]) + "\n")
    pairs = [f"{p:.4f},{int(t)}" for p, t in zip(expit(Z), T, strict=True)]
    (tmp_path / "pairs.csv").write_text("\n".join(["p,target", *pairs]) + "\n")
    sure = [f"{p:.6g},{1 - p:.6g},{i % 2}" for i, p in enumerate([0.2, 0.7, 1.0, 0.4, 0.0])]
    np.savez(tmp_path / "square.npz", logits=X[:4], labels=Y[:4])
    cube = X[:36].reshape(3, 4, 4, 3)
    np.savez(tmp_path / "cube.npz", logits=cube[..., 0], labels=Y[:12].reshape(3, 4))
    np.savez(tmp_path / "places.npz", logits=np.moveaxis(cube, 1, -1), labels=Y[:36].reshape(3, 4, 3))
    (tmp_path / "one.csv").write_text("prob,target\n0.8,0\n0.3,0\n0.6,1\n0.1,0\n")
    (tmp_path / "soft.json").write_text(json.dumps(SOFT))
    (tmp_path / "sure.csv").write_text("\n".join(["prob_0,prob_1,target", *sure]) + "\n")
    return tmp_path


def in_process(*words: str) -> str:
    """The output of a command that is run in this process, where a test may change the program."""
    path = Path(tempfile.mkdtemp()) / "out"
    assert run([*words, "-o", str(path)]) in (0, 1)
    return path.read_text()


@pytest.mark.parametrize(
    ("file", "options", "least"),
    [
        ("classes.csv", (), 20),
        ("classes.csv", ("--weight", "1,2,3,4", "--label-smoothing", "0.05"), 20),
        ("classes.csv", ("--ignore-index", "2"), 20),
        ("pairs.csv", (), 8),
        ("pairs.csv", ("--weight", "2", "--pos-weight", "3"), 8),
        ("sure.csv", (), 8),
        ("square.npz", (), 20),
        ("cube.npz", (), 20),
        ("cube.npz", ("--class-axis", "-1"), 20),
        ("places.npz", ("--class-axis", "-1"), 20),
        ("one.csv", (), 8),
        ("soft.json", (), 8),
    ],
)
def test_a_suggested_command_gives_the_value(
    tables: Path, file: str, options: tuple[str, ...], least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nearly everything explains 0 within 50; every command of it must keep its word."""
    monkeypatch.setattr(search, "_needed", list)
    rough = (str(tables / file), "--got", "0e2", "--max-shown", "10000", *ONE)
    found = json.loads(in_process("reconcile", *rough, *options, "--json"))["reconciliation"]
    commands = [e for e in found["explanations"] if e["command"]]
    assert len(commands) >= least
    for explanation in some(commands, 8):
        words = shlex.split(explanation["command"])[1:]
        value = after(float(in_process(*words, "--format", "value")), explanation["afterwards"])
        assert value == pytest.approx(explanation["value"], rel=1e-6), explanation["command"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("column-softmax.csv", "--got", "1.3654"), 0),
        (("column-softmax.csv", "--got", "98765.4321"), 1),
        (("column-softmax.csv", "--got", "many"), 2),
        (("missing.csv", "--got", "1.3654"), 3),
    ],
)
def test_exit_codes(words: Sequence[str], code: int) -> None:
    done = celoss("reconcile", *words)
    assert done.returncode == code, done.stderr
    assert bool(done.stdout) == (code < 2)
    assert done.stderr.startswith("celoss: error: ") == (code > 1)
    assert ("No explanation with at most 2 deviations gives this number.\n" in done.stdout) == (code == 1)


FILE = str(EXAMPLES / "column-softmax.csv")


@pytest.mark.parametrize("words", [("--got", "-0.1399"), ("--got=-0.1399",)])
def test_a_negative_number_is_a_value(words: Sequence[str], tmp_path: Path) -> None:
    assert run(["reconcile", FILE, *words, *ONE, "-o", str(tmp_path / "out")]) == 0


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        ((FILE,), 2, "Expected --got, got none."),
        ((FILE, "--got", "1", "--max-deviations", "-1"), 2, "expected 0, 1, 2, 3, got"),
        ((FILE, "--got", "1", "-x", "1,2", "-y", "0"), 2, "Expected files or --input, got both."),
        (("-x", "1,2", "--got", "1"), 2, "Expected --targets together with --input"),
        ((FILE, "--got", "1", "--format", "csv"), 2, "expected table, json, markdown, html, svg, got"),
        ((FILE, "--got", "1", "--label-smoothing", "2"), 2, "Expected label_smoothing from 0 to 1, got 2."),
        ((FILE, "--got", "1", "--weight", "1,2"), 3, "Expected 3 class weights"),
        (("bad.csv", "--got", "1", "--class-columns", "a,b"), 3, 'expected a number in column "b", got "x"'),
        (("empty.csv", "--got", "1"), 3, "expected rows to compute a loss of, got no rows"),
    ],
)
def test_wrong_usage_and_bad_data_are_told(
    words: Sequence[str],
    code: int,
    error: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "bad.csv").write_text("a,b,target\n1,2,0\n1,x,0\n")
    (tmp_path / "empty.csv").write_text("a,b,target\n")
    monkeypatch.chdir(tmp_path)
    assert run(["reconcile", *words]) == code
    told = capfd.readouterr()
    assert error in told.err
    assert not told.out


def test_standard_input_is_read_and_one_column_is_no_class(tables: Path) -> None:
    data = (tables / "pairs.csv").read_text()
    p, t = np.loadtxt(io_lines(data), delimiter=",", skiprows=1).T
    value = f"{bce(p, t).mean():.6f}"
    piped = celoss("reconcile", "--got", value, "--json", *ONE, data=data)
    assert piped.returncode == 0, piped.stderr
    found = json.loads(piped.stdout)["reconciliation"]["explanations"][0]
    assert (found["loss"], found["deviations"]) == ("binary_cross_entropy", [])
    assert (
        as_json(str(tables / "pairs.csv"), "--got", value, *ONE)["explanations"][0]["loss"] == found["loss"]
    )


def io_lines(text: str) -> list[str]:
    return text.splitlines()


def test_targets_from_another_file_are_joined(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("id,a,b\n1,0.9,0.1\n2,0.8,0.2\n3,0.7,0.3\n")
    (tmp_path / "y.csv").write_text("id,label\n3,0\n1,0\n2,1\n")
    words = (str(tmp_path / "p.csv"), "--targets", f"@{tmp_path / 'y.csv'}", "--got", "0.6405")
    found = as_json(*words, *ONE)
    assert first(found) == set()
    command = shlex.split(found["explanations"][0]["command"])
    assert celoss(*command[1:], "--format", "value").stdout.startswith("0.6405")


def test_a_column_of_weights_is_used_unless_it_was_not(tables: Path) -> None:
    x, sample = np.round(X, 3), np.round(SAMPLE, 2)
    losses = -log_softmax(x, axis=1)[np.arange(ROWS), Y]
    file = str(tables / "classes.csv")
    assert first(as_json(file, "--got", f"{np.average(losses, weights=sample):.6f}", *ONE)) == set()
    found = as_json(file, "--got", f"{losses.mean():.6f}", *ONE)
    assert first(found) == {("sample_weight", "unused")}


# ---------------------------------------------------------------------------------------- the formats


@pytest.mark.parametrize("columns", ["80", "160"])
def test_the_table_names_the_deviation_and_cuts_no_command(
    columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    done = celoss("reconcile", "column-softmax.json", "--got", "0.1365")
    assert "- softmax over axis 0, down the columns, instead of the classes\n" in done.stdout
    assert "- the decimal point moved 1 to the left\n" in done.stdout
    assert "  $ celoss ce column-softmax.json --class-axis 0\n" in done.stdout
    assert "\x1b" not in done.stdout
    lines = [line for line in done.stdout.splitlines() if not line.startswith("  $ ")]
    assert max(map(len, lines)) <= int(columns)


def test_markdown_is_one_list_an_explanation() -> None:
    done = celoss("reconcile", "column-softmax.json", "--got", "0.1365", "--format", "markdown")
    assert "- softmax over axis 0, down the columns, instead of the classes\n" in done.stdout
    assert "- `celoss ce column-softmax.json --class-axis 0`\n" in done.stdout


@pytest.mark.parametrize("format", formats_of())
@pytest.mark.parametrize(
    "hostile", ["\x1b[31mred", "\u202egnp.exe", "[red]x[/red]", "a`b``c", "<b>", "\udc80"]
)
def test_hostile_names_are_shown_and_not_obeyed(format: str, hostile: str) -> None:
    found = replace(of_1_5(), files=(hostile,), source={"files": [hostile]})
    found = replace(
        found,
        explanations=[
            replace(e, command=f"celoss ce {shlex.quote(hostile)}") for e in found.explanations[:2]
        ],
    )
    text = "".join(FORMATS[format].render(document_of(found), Style(version="9.9.9")))
    assert not re.search("[\x1b\u202e\udc80]", text)
    if format == "json":
        assert json.loads(text)["reconciliation"]["files"] == [hostile]


def test_losses_of_one_name_say_what_each_takes() -> None:
    found = searched(Problem(np.array([[0.3, 0.7], [0.6, 0.4]]), np.array([1, 1])), "9.5", most=0)
    logits = (np.log1p(np.exp(-0.4)) + np.log1p(np.exp(0.2))) / 2
    probs = -(np.log(0.7) + np.log(0.4)) / 2
    text = "".join(FORMATS["table"].render(document_of(found), Style(version="9.9.9")))
    assert f"as it is: cross_entropy of logits {logits:.6f}, nll_loss -0.55, " in text
    assert f"cross_entropy of probabilities {probs:.6f}" in text


def test_a_value_that_is_not_finite_is_null_in_json() -> None:
    p = np.array([[1.0, 0.0], [0.5, 0.5]])
    found = searched(Problem(p, np.array([1, 0]), kind="probs"), "3.0")
    text = "".join(FORMATS["json"].render(document_of(found), Style(version="9.9.9")))
    document = json.loads(text)
    SCHEMA.validate(document)
    plain = document["reconciliation"]["plain"][0]
    assert plain == {"loss": "cross_entropy", "reading": "probabilities", "value": None, "nonfinite": "inf"}


def test_large_data_is_searched_with_one_deviation(tmp_path: Path) -> None:
    np.savez(tmp_path / "big.npz", logits=np.zeros((150_000, 2)), labels=np.zeros(150_000, int))
    done = celoss("reconcile", str(tmp_path / "big.npz"), "--got", "0.6931", "--json")
    assert done.returncode == 0, done.stderr
    assert "one deviation at a time; --max-deviations 2 combines them" in done.stderr
    tried = json.loads(done.stdout)["reconciliation"]["tried"]
    assert [level["deviations"] for level in tried] == [0, 1]
