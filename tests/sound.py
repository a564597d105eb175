"""Data sets in which nothing is wrong, each drawn from a seed: ``diagnose`` has notes on them at most."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from formulas import expit, log_softmax, softmax
from injected import arrays, classes, table

__all__ = ["SOUND", "Write"]

Write = Callable[[Path, np.random.Generator], list[str]]
"""Writes data to a folder and answers the words after ``celoss diagnose``."""

SOUND: list[Write] = []


def sound(write: Write) -> Write:
    SOUND.append(write)
    return write


def drawn(x: np.ndarray, random: np.random.Generator, axis: int = 1) -> np.ndarray:
    """Targets that follow the softmax of these logits."""
    return (x + random.gumbel(size=x.shape)).argmax(axis=axis)


def answers(p: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return (random.random(p.shape) < p).astype(int)


def size(random: np.random.Generator, least: int = 20, most: int = 1500) -> int:
    return int(np.exp(random.uniform(np.log(least), np.log(most))))


# ------------------------------------------------------------------------------------- calibrated classes


@sound
def calibrated_logits(path: Path, random: np.random.Generator) -> list[str]:
    x = np.round(random.normal(size=(size(random), random.integers(2, 12))) * random.uniform(0.5, 4), 4)
    return classes(path, x, drawn(x, random))


@sound
def a_weak_model(path: Path, random: np.random.Generator) -> list[str]:
    x = np.round(random.normal(size=(size(random), random.integers(2, 12))) * 0.2, 4)
    return classes(path, x, drawn(x, random))


@sound
def probabilities_of_few_decimals(path: Path, random: np.random.Generator) -> list[str]:
    x = random.normal(size=(size(random), random.integers(2, 8))) * random.uniform(0.3, 1.5)
    p = np.round(softmax(x, axis=1), int(random.integers(2, 5)))
    return classes(path, p, drawn(x, random), "--input-is", "probs", prefix="p_")


@sound
def log_probabilities_of_few_decimals(path: Path, random: np.random.Generator) -> list[str]:
    x = random.normal(size=(size(random), random.integers(2, 8))) * random.uniform(0.5, 3)
    logs = np.round(log_softmax(x, axis=1), int(random.integers(2, 6)))
    return classes(path, logs, drawn(x, random), "--loss", "nll", prefix="log_prob_")


@sound
def a_thousand_classes(path: Path, random: np.random.Generator) -> list[str]:
    x = random.normal(size=(600, 1000)).astype(np.float32) * 3
    return arrays(path, logits=x, labels=drawn(x, random))


@sound
def single_precision(path: Path, random: np.random.Generator) -> list[str]:
    x = (random.normal(size=(size(random), 6)) * 3).astype(np.float32)
    return arrays(path, logits=x, labels=drawn(x, random))


@sound
def half_precision(path: Path, random: np.random.Generator) -> list[str]:
    x = (random.normal(size=(size(random), 6)) * 3).astype(np.float16)
    return arrays(path, logits=x, labels=drawn(x.astype(float), random))


@sound
def rows_sorted_by_class(path: Path, random: np.random.Generator) -> list[str]:
    x = np.round(random.normal(size=(size(random), 5)) * random.uniform(0.3, 3), 4)
    y = drawn(x, random)
    order = np.argsort(y, kind="stable")
    return classes(path, x[order], y[order])


@sound
def frequent_and_rare_classes(path: Path, random: np.random.Generator) -> list[str]:
    x = random.normal(size=(size(random, 200), 6)) + np.log(random.dirichlet(np.full(6, 0.4)))
    return classes(path, x, drawn(x, random))


@sound
def masked_classes(path: Path, random: np.random.Generator) -> list[str]:
    x = np.round(random.normal(size=(size(random), 6)) * 2, 4)
    x[random.random(x.shape) < 0.2] = [-np.inf, -1e9, -1e4][int(random.integers(3))]
    x[:, 0] = np.round(random.normal(size=len(x)), 4)
    return arrays(path, logits=x, labels=drawn(x, random))


@sound
def ignored_rows(path: Path, random: np.random.Generator) -> list[str]:
    x = np.round(random.normal(size=(size(random), 5)) * 2, 4)
    y = np.where(random.random(len(x)) < 0.3, -100, drawn(x, random))
    return arrays(path, logits=x, labels=y) if (y >= 0).any() else classes(path, x, drawn(x, random))


@sound
def a_bootstrap_sample(path: Path, random: np.random.Generator) -> list[str]:
    x = np.round(random.normal(size=(size(random, 40), 3)) * 2, 4)
    y = drawn(x, random)
    rows = random.integers(0, len(x), len(x))
    return classes(path, x[rows], y[rows], id=[f"r{row}" for row in rows])


# ---------------------------------------------------------------------------- depending on earlier targets


def chain(stay: float, states: int, rows: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The exact forecasts of a Markov chain, and its states."""
    y = np.zeros(rows + 1, int)
    for i in range(1, rows + 1):
        y[i] = y[i - 1] if random.random() < stay else (y[i - 1] + random.integers(1, states)) % states
    p = np.full((rows, states), (1 - stay) / (states - 1))
    p[np.arange(rows), y[:-1]] = stay
    return p, y[1:]


@sound
def a_markov_chain(path: Path, random: np.random.Generator) -> list[str]:
    states = int(random.integers(2, 6))
    p, y = chain(random.uniform(0.5, 0.97), states, size(random, 50), random)
    return classes(path, np.round(np.log(p), 5), y)


@sound
def a_binary_markov_chain(path: Path, random: np.random.Generator) -> list[str]:
    p, y = chain(random.uniform(0.5, 0.97), 2, size(random, 50), random)
    return table(path, {"prob": np.round(p[:, 1], 5), "target": y}, "--loss", "bce")


@sound
def a_chain_that_changes(path: Path, random: np.random.Generator) -> list[str]:
    p, y = chain(random.uniform(0.03, 0.4), 2, size(random, 50), random)
    return table(path, {"prob": np.round(p[:, 1], 5), "target": y}, "--loss", "bce")


@sound
def persistence(path: Path, random: np.random.Generator) -> list[str]:
    """What was says what will be, with a certainty that is a little off."""
    _, y = chain(random.uniform(0.7, 0.95), 3, size(random, 60), random)
    p = np.full((len(y) - 1, 3), 0.1)
    p[np.arange(len(y) - 1), y[:-1]] = 0.8
    return classes(path, np.log(p), y[1:])


@sound
def a_seasonal_series(path: Path, random: np.random.Generator) -> list[str]:
    rows = size(random, 100)
    period = int(random.choice([2, 5, 7, 12, 24]))
    z = random.normal(size=period)[np.arange(rows) % period] * 2 + 0.3 * random.normal(size=rows)
    return table(path, {"logit": np.round(z, 4), "target": answers(expit(z), random)}, "--loss", "bce-logits")


@sound
def a_slow_series(path: Path, random: np.random.Generator) -> list[str]:
    z, noise = np.zeros(size(random, 100)), random.uniform(0.1, 1)
    for i in range(1, len(z)):
        z[i] = 0.95 * z[i - 1] + noise * random.normal()
    return table(path, {"logit": np.round(z, 4), "target": answers(expit(z), random)}, "--loss", "bce-logits")


@sound
def a_forecast_from_the_last_targets(path: Path, random: np.random.Generator) -> list[str]:
    """A logistic model of the last three answers."""
    rows, weights = size(random, 100), random.normal(size=3) * 1.5
    y, z = list(random.integers(0, 2, 3)), []
    for _ in range(rows):
        z.append(float(weights @ (2 * np.array(y[-3:]) - 1)))
        y.append(int(random.random() < expit(z[-1])))
    return table(path, {"logit": np.round(z, 4), "target": y[3:]}, "--loss", "bce-logits")


# -------------------------------------------------------------------------------------------- one answer


@sound
def one_in_a_thousand(path: Path, random: np.random.Generator) -> list[str]:
    z = random.normal(size=4000) * 1.2 - 7.5
    return table(path, {"prob": np.round(expit(z), 7), "target": answers(expit(z), random)}, "--loss", "bce")


@sound
def one_in_a_thousand_as_classes(path: Path, random: np.random.Generator) -> list[str]:
    z = random.normal(size=3000) - 6
    return classes(path, np.c_[np.zeros(3000), z], answers(expit(z), random))


@sound
def weak_logits(path: Path, random: np.random.Generator) -> list[str]:
    z = np.round(random.uniform(0, 1, size(random)), 4)
    return table(path, {"logit": z, "target": answers(expit(z), random)}, "--loss", "bce-logits")


@sound
def rounded_to_one_or_two_decimals(path: Path, random: np.random.Generator) -> list[str]:
    p = np.clip(np.round(random.beta(1.5, 2.5, size(random)), int(random.integers(1, 3))), 0.05, 0.95)
    return table(path, {"prob": p, "target": answers(p, random)}, "--loss", "bce")


@sound
def many_labels(path: Path, random: np.random.Generator) -> list[str]:
    z = np.round(random.normal(size=(size(random, 20, 300), 5)) * 2 - 1, 4)
    return arrays(path, "--loss", "bce-logits", logits=z, targets=answers(expit(z), random))


@sound
def a_margin(path: Path, random: np.random.Generator) -> list[str]:
    z = np.round(random.normal(size=size(random)) * 2, 4)
    return arrays(path, "--loss", "soft-margin", scores=z, targets=2 * answers(expit(z), random) - 1)


# -------------------------------------------------------------------------------------- trees and forests


@sound
def a_forest_with_certain_leaves(path: Path, random: np.random.Generator) -> list[str]:
    ensemble = pytest.importorskip("sklearn.ensemble")
    features = random.normal(size=(400, 4))
    labels = drawn(features[:, :3] * 2, random)
    forest = ensemble.RandomForestClassifier(int(random.integers(5, 40)), random_state=0)
    forest.fit(features[:200], labels[:200])
    p = np.round(forest.predict_proba(features[200:]), 6)
    return classes(path, p, labels[200:], "--input-is", "probs", prefix="p_")


@sound
def a_tree_of_frequencies(path: Path, random: np.random.Generator) -> list[str]:
    tree = pytest.importorskip("sklearn.tree")
    features = random.normal(size=(600, 4))
    labels = answers(expit(3 * features[:, 0]), random)
    found = tree.DecisionTreeClassifier(min_samples_leaf=25, random_state=0).fit(features[:300], labels[:300])
    p = found.predict_proba(features[300:])[:, 1]
    return table(path, {"prob": p, "target": labels[300:]}, "--loss", "bce")


@sound
def a_regression(path: Path, random: np.random.Generator) -> list[str]:
    linear = pytest.importorskip("sklearn.linear_model")
    features = random.normal(size=(800, 5))
    labels = drawn(features[:, :4] * 1.5, random)
    found = linear.LogisticRegression().fit(features[:400], labels[:400])
    return classes(path, np.round(found.decision_function(features[400:]), 5), labels[400:])


# ------------------------------------------------------------------------- sequences, images, distributions


@sound
def sequences_of_words(path: Path, random: np.random.Generator) -> list[str]:
    """Forecasts of the next word from the last one, in line with what came."""
    table_of, rows, positions = random.normal(size=(8, 8)) * 2, int(random.integers(5, 25)), 20
    y, x = np.zeros((rows, positions + 1), int), np.zeros((rows, 8, positions))
    for t in range(positions):
        x[:, :, t] = table_of[y[:, t]]
        y[:, t + 1] = drawn(x[:, :, t], random)
    return arrays(path, logits=x, labels=y[:, 1:])


@sound
def images(path: Path, random: np.random.Generator) -> list[str]:
    x = np.repeat(np.repeat(random.normal(size=(3, 4, 6, 6)) * 2, 2, axis=2), 2, axis=3)
    return arrays(path, logits=x, labels=drawn(x, random))


@sound
def a_square(path: Path, random: np.random.Generator) -> list[str]:
    """As many positions as classes."""
    x = random.normal(size=(12, 7, 7)) * 2
    return arrays(path, logits=x, labels=drawn(x, random))


@sound
def soft_targets(path: Path, random: np.random.Generator) -> list[str]:
    q = random.dirichlet(np.ones(4), size(random, 20, 300))
    return arrays(path, logits=np.log(0.7 * q + 0.075), targets=np.round(q, int(random.integers(2, 7))))


@sound
def a_divergence(path: Path, random: np.random.Generator) -> list[str]:
    q = random.dirichlet(np.ones(4), size(random, 20, 300))
    return arrays(path, "--loss", "kl", log_probs=np.log(0.7 * q + 0.075), targets=q)


# ------------------------------------------------------------------------------------------ once more


def classes_of(q: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Targets that follow these rows of probabilities."""
    return (random.random(len(q))[:, None] > q.cumsum(axis=1)).sum(axis=1).clip(0, q.shape[1] - 1)


def shares(path: Path, q: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, q, y, "--input-is", "probs", prefix="p_")


@sound
def two_normal_distributions_and_more(path: Path, random: np.random.Generator) -> list[str]:
    """The exact probabilities of which of several centres a point is from."""
    centres = random.normal(size=(int(random.integers(3, 7)), 2)) * 2
    y = random.integers(0, len(centres), size(random))
    x = centres[y] + random.normal(size=(len(y), 2))
    return shares(path, softmax(-((x[:, None] - centres) ** 2).sum(axis=2) / 2, axis=1), y)


@sound
def frequencies_with_one_added(path: Path, random: np.random.Generator) -> list[str]:
    count = int(random.integers(2, 6))
    seen = np.array([random.multinomial(15, q) for q in random.dirichlet(np.ones(count), size(random))])
    q = (seen + 1) / (15 + count)
    return shares(path, q, classes_of(q, random))


@sound
def a_few_steps_of_probability(path: Path, random: np.random.Generator) -> list[str]:
    """As isotonic regression makes them."""
    p = random.random(8).round(4).clip(0.01, 0.99)[random.integers(0, 8, size(random))]
    return table(path, {"prob": p, "target": answers(p, random)}, "--loss", "bce")


@sound
def classes_in_an_order(path: Path, random: np.random.Generator) -> list[str]:
    z = random.normal(size=(size(random), 1)) * 2
    reached = expit(np.array([-2, -0.5, 0.8, 2.0]) - z)
    q = np.diff(np.hstack([np.zeros_like(z), reached, np.ones_like(z)]), axis=1)
    return shares(path, q.round(6), classes_of(q, random))


@sound
def two_classes_that_nothing_tells_apart(path: Path, random: np.random.Generator) -> list[str]:
    x = random.normal(size=(size(random, 200), 10)) * 3
    x[:, 7] = x[:, 3] + random.normal(size=len(x)) * 0.01
    return classes(path, x.round(4), drawn(x, random))


@sound
def a_rate_that_drifts(path: Path, random: np.random.Generator) -> list[str]:
    time = np.linspace(0, 1, size(random, 100))
    p = expit(5 * time - 3 + random.normal(size=len(time)) * 0.5)
    return table(path, {"prob": p.round(5), "target": answers(p, random)}, "--loss", "bce")


@sound
def a_mean_of_models(path: Path, random: np.random.Generator) -> list[str]:
    x = random.normal(size=(size(random), int(random.integers(2, 8))))
    q = np.mean([softmax(3 * x + random.normal(size=x.shape) * 2, axis=1) for _ in range(5)], axis=0)
    return classes(path, np.log(q), classes_of(q, random), "--loss", "nll", prefix="log_p_")


@sound
def a_few_kinds_of_rows(path: Path, random: np.random.Generator) -> list[str]:
    kinds = (random.normal(size=(6, int(random.integers(2, 5)))) * 2).round(3)
    x = kinds[random.integers(0, 6, size(random))]
    return classes(path, x, drawn(x, random))


@sound
def classes_in_turn(path: Path, random: np.random.Generator) -> list[str]:
    rows = size(random, 60)
    y = np.arange(rows) % 3
    said = np.where(random.random(rows) < 0.8, y, (y + random.integers(1, 3, rows)) % 3)
    return shares(path, np.where(np.arange(3) == said[:, None], 0.8, 0.1), y)


@sound
def several_rows_of_each_user(path: Path, random: np.random.Generator) -> list[str]:
    z = random.normal(size=size(random, 10, 200)) * 1.5
    user, target = (np.repeat(values, 5) for values in (np.arange(len(z)), answers(expit(z), random)))
    return table(path, {"user": user, "prob": expit(z)[user].round(6), "target": target}, "--loss", "bce")


@sound
def a_handful_of_rows(path: Path, random: np.random.Generator) -> list[str]:
    x = (random.normal(size=random.integers((3, 2), (12, 5))) * 2).round(3)
    return classes(path, x, drawn(x, random))


@sound
def a_label_that_never_comes(path: Path, random: np.random.Generator) -> list[str]:
    z = random.normal(size=(size(random, 80), 5)) * 1.5 - [1, 1, 1, 1, 10]
    return arrays(path, "--loss", "bce-logits", logits=z, targets=answers(expit(z), random))


@sound
def targets_with_noise_that_is_known(path: Path, random: np.random.Generator) -> list[str]:
    q = softmax(random.normal(size=(size(random), int(random.integers(2, 9)))) * 4, axis=1)
    noise = random.uniform(0.05, 0.3)
    q = (1 - noise) * q + noise / q.shape[1]
    return shares(path, q, classes_of(q, random))


@sound
def easy_rows_and_hard_ones(path: Path, random: np.random.Generator) -> list[str]:
    x = random.normal(size=(size(random), int(random.integers(2, 9))))
    x *= np.where(random.random(len(x)) < 0.7, 8, 0.3)[:, None]
    return classes(path, x, drawn(x, random))


@sound
def a_hundred_classes_of_a_long_tail(path: Path, random: np.random.Generator) -> list[str]:
    x = random.normal(size=(size(random), 100)) * random.uniform(0.1, 1) - 1.2 * np.log(np.arange(1, 101))
    return arrays(path, logits=x, labels=drawn(x, random))


@sound
def every_row_three_times(path: Path, random: np.random.Generator) -> list[str]:
    x = random.normal(size=(size(random, most=500), int(random.integers(2, 9)))) * 1.5
    rows = np.repeat(np.arange(len(x)), 3)
    return classes(path, x[rows], drawn(x, random)[rows])


@sound
def users_of_whom_nothing_is_known(path: Path, random: np.random.Generator) -> list[str]:
    """Ten rows of each, whose rates differ more than is predicted, and not on the whole."""
    known = random.normal(size=(size(random, 10, 150), 10)) * 1.5
    z = known + random.normal(size=(len(known), 1))
    p = expit(known / np.sqrt(1 + 0.346)).round(6)  # logistic-normal mean, scale (16 sqrt(3) / 15 pi)**2
    targets = answers(expit(z), random)
    return table(path, {"prob": p.reshape(-1), "target": targets.reshape(-1)}, "--loss", "bce")


@sound
def labels_of_unlike_frequencies(path: Path, random: np.random.Generator) -> list[str]:
    z = random.normal(size=(size(random), 6)) * 1.2 + [-5, -3, -1, 0, 1, 2]
    return arrays(path, "--loss", "bce-logits", logits=z, targets=answers(expit(z), random))


@sound
def rare_answers_of_a_beta_distribution(path: Path, random: np.random.Generator) -> list[str]:
    p = random.beta(0.3, 300, 5 * size(random)).clip(1e-12)
    return table(path, {"prob": p, "target": answers(p, random)}, "--loss", "bce")


def of_all(seeds: range) -> list[tuple[Write, int]]:
    return [(write, seed) for write in SOUND for seed in seeds]
