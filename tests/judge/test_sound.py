"""Sound data raises no warning and no error: each kind of it is drawn many times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tests.judge.test_findings import diagnosis

Case = tuple[str, Any, Any, dict[str, Any]]
Random = np.random.Generator


def softmax(x: Any) -> Any:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def drawn(random: Random, p: Any) -> Any:
    """A class for each row of probabilities."""
    return (random.random((len(p), 1)) > p.cumsum(axis=1)).sum(axis=1).clip(0, p.shape[1] - 1)


def predictions(random: Random, rows: int, classes: int) -> tuple[Any, Any]:
    p = softmax(random.normal(0, random.uniform(0.3, 3), (rows, classes)) + random.normal(0, 1, classes))
    return p, drawn(random, p)


def logit(p: Any) -> Any:
    return np.log(p) - np.log1p(-p)


def markov(random: Random) -> Iterator[Case]:
    """The exact probabilities of a chain, which depend on the target before."""
    stay, rows, classes = (
        random.uniform(0.5, 0.97),
        int(random.integers(50, 1500)),
        int(random.integers(2, 6)),
    )
    y = np.zeros(rows, int)
    p = np.full((rows, classes), 1 / classes)
    for row in range(1, rows):
        p[row] = (1 - stay) / (classes - 1)
        p[row, y[row - 1]] = stay
        y[row] = (
            y[row - 1] if random.random() < stay else (y[row - 1] + random.integers(1, classes)) % classes
        )
    yield "ce", np.log(p), y, {}
    yield "nll", np.log(p), y, {}
    if classes == 2:
        yield "bce", p[:, 1], y.astype(float), {}
        yield "bce-logits", logit(p[:, 1]), y.astype(float), {}


def persistence(random: Random) -> Iterator[Case]:
    """Tomorrow as today, said with a certainty that is too high, or without any doubt."""
    stay, rows = random.uniform(0.6, 0.95), int(random.integers(50, 800))
    y = (np.cumsum(random.random(rows) > stay) % 2).astype(float)
    said = np.concatenate([[0.5], y[:-1]])
    yield "bce", 0.1 + 0.8 * said if stay > 0.8 else 0.3 + 0.4 * said, y, {}
    if stay > 0.7:
        yield "bce", said, y, {}


def lagged(random: Random) -> Iterator[Case]:
    """A time series whose features are its own past."""
    rows = int(random.integers(100, 800))
    z, y = 0.0, np.zeros(rows)
    scores = np.zeros(rows)
    for row in range(rows):
        z = 0.9 * z + random.normal(0, 1)
        scores[row] = 1.5 * z + (1.2 * y[row - 1] - 0.6 if row else 0)
        y[row] = random.random() < 1 / (1 + np.exp(-scores[row]))
    yield "bce-logits", scores, y, {}
    yield "bce", 1 / (1 + np.exp(-scores)), y, {}


def weak(random: Random) -> Iterator[Case]:
    """A calibrated model that knows little: all of its logits lie between 0 and 1."""
    x = random.uniform(0, 1, int(random.integers(20, 2000)))
    yield "bce-logits", x, (random.random(len(x)) < 1 / (1 + np.exp(-x))).astype(float), {}


def trees(random: Random) -> Iterator[Case]:
    """The leaves of a tree say 0 and 1, or a fraction of few."""
    rows, right = int(random.integers(30, 600)), random.uniform(0.75, 0.97)
    y = (random.random(rows) < 0.5).astype(float)
    said = np.where(random.random(rows) < right, y, 1 - y)
    yield "bce", said, y, {}
    soft = np.where(random.random(rows) < 0.3, random.choice([0.25, 1 / 3, 0.5, 2 / 3, 0.75], rows), said)
    yield "bce", soft, y, {}
    yield "ce", np.stack([1 - said, said], axis=1), y.astype(int), {"input_is": "probs"}


def rounded(random: Random) -> Iterator[Case]:
    """Three decimals of probabilities, two of log-probabilities and of soft targets."""
    p, y = predictions(random, int(random.integers(20, 400)), int(random.integers(2, 12)))
    yield "ce", p.round(3), y, {"input_is": "probs"}
    yield "ce", p.round(2), y, {"input_is": "probs"}
    yield "nll", np.log(p.clip(1e-9)).round(2), y, {}
    yield "ce", np.log(p), softmax(np.log(p) + random.normal(0, 0.3, p.shape)).round(2), {}
    yield "kl", np.log(p), softmax(np.log(p) + random.normal(0, 0.3, p.shape)).round(2), {}


def rare(random: Random) -> Iterator[Case]:
    """One of a thousand is positive."""
    x = random.normal(-7.5, 1.2, 20_000)
    y = (random.random(len(x)) < 1 / (1 + np.exp(-x))).astype(float)
    p = 1 / (1 + np.exp(-x))
    yield "bce-logits", x, y, {}
    yield "bce", p, y, {}
    yield "bce", p.round(6), y, {}
    yield "ce", np.stack([np.zeros(len(x)), x], axis=1), y.astype(int), {}


def many_classes(random: Random) -> Iterator[Case]:
    p, y = predictions(random, int(random.integers(500, 1500)), 1000)
    yield "ce", np.log(p), y, {}


def bootstrap(random: Random) -> Iterator[Case]:
    p, y = predictions(random, int(random.integers(30, 500)), 3)
    rows = random.integers(0, len(p), len(p))
    yield "ce", np.log(p)[rows], y[rows], {"ids": [f"r{row}" for row in rows]}


def coin_flips(random: Random) -> Iterator[Case]:
    """Ten classes, of which two are told apart by coin flips and stated with certainty."""
    rows = int(random.integers(200, 2000))
    y = random.integers(0, 10, rows)
    said = np.where(y < 2, random.integers(0, 2, rows), y)
    yield "ce", 8.0 * np.eye(10)[said] + random.normal(0, 0.3, (rows, 10)), y, {}


KINDS: tuple[Callable[[Random], Iterator[Case]], ...] = (
    markov,
    persistence,
    lagged,
    weak,
    trees,
    rounded,
    rare,
    many_classes,
    bootstrap,
    coin_flips,
)
SEEDS = {"many_classes": 2, "rare": 4}


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_sound_data_raises_no_warning(kind: Callable[[Random], Iterator[Case]]) -> None:
    alarms = []
    for seed in range(SEEDS.get(kind.__name__, 15)):
        for command, x, y, options in kind(np.random.default_rng(seed)):
            found = diagnosis(command, x, y, **options)
            alarms += [(seed, command, finding) for finding in found.findings if finding.severity != "note"]
    assert not alarms


@pytest.mark.slow
def test_a_target_of_probability_0_is_no_sign_of_a_shift() -> None:
    """Neighbours' votes say 0 now and then; a shift by nearly all rows leaves few of a frequent class."""
    datasets = pytest.importorskip("sklearn.datasets")
    from sklearn.model_selection import cross_val_predict
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = datasets.make_classification(
        3000, 12, n_informative=5, weights=[0.97], flip_y=0.01, random_state=11, class_sep=0.7
    )
    model = make_pipeline(StandardScaler(), KNeighborsClassifier(25))
    p = cross_val_predict(model, x, y, method="predict_proba", cv=3)[:, 1]
    assert "CEL213" not in [found.code for found in diagnosis("bce", p, y.astype(float)).findings]
