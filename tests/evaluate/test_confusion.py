"""The confusion matrix: counts of pairs, the same however the data is cut."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

from celoss_cli.core.data import Batch
from celoss_cli.evaluate.confusion import Confusion, confusion_of
from celoss_cli.evaluate.loop import Request, evaluate
from celoss_cli.evaluate.wanted import Wanted
from celoss_cli.losses.base import Loss
from celoss_cli.losses.binary_cross_entropy import BinaryCrossEntropy
from celoss_cli.losses.cross_entropy import CrossEntropy

RNG = np.random.default_rng(31)
LOGITS = RNG.normal(size=(300, 4))
TARGETS = RNG.integers(0, 4, 300)


def found(loss: Loss, input: np.ndarray, target: np.ndarray, most: int = 20) -> Confusion:
    batch = loss.canonical(Batch(input, target))
    return confusion_of(loss, batch, loss.terms(batch), loss.decisions(batch), most)


def counted(target: np.ndarray, decided: np.ndarray, size: int) -> list[list[int]]:
    matrix = [[0] * size for _ in range(size)]
    for came, expected in zip(target.tolist(), decided.tolist(), strict=True):
        matrix[came][expected] += 1
    return matrix


def test_each_pair_is_counted_and_scikit_learn_counts_the_same() -> None:
    matrix = found(CrossEntropy(), LOGITS, TARGETS).matrix()
    assert matrix.tolist() == counted(TARGETS, LOGITS.argmax(axis=1), 4)
    metrics = pytest.importorskip("sklearn.metrics")
    assert (matrix == metrics.confusion_matrix(TARGETS, LOGITS.argmax(axis=1))).all()


def test_any_split_gives_the_same_counts() -> None:
    whole = found(CrossEntropy(), LOGITS, TARGETS)
    for size in (1, 7, 299):
        parts = [
            found(CrossEntropy(), LOGITS[at : at + size], TARGETS[at : at + size])
            for at in range(0, 300, size)
        ]
        assert (reduce(Confusion.__add__, reversed(parts)).matrix() == whole.matrix()).all()


def test_ignored_targets_are_not_counted() -> None:
    loss = CrossEntropy(ignore_index=2)
    kept = TARGETS != 2
    expected = counted(TARGETS[kept], LOGITS[kept].argmax(axis=1), 4)
    confusion = found(loss, LOGITS, TARGETS)
    assert (confusion.matrix().tolist(), confusion.missing) == (expected, False)


def test_scores_and_the_confusion_matrix_ask_once_what_was_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    decided = CrossEntropy.decided

    def counted(loss: CrossEntropy, batch: Batch) -> np.ndarray | None:
        asked.append(len(batch))
        return decided(loss, batch)

    monkeypatch.setattr(CrossEntropy, "decided", counted)
    result = evaluate(
        CrossEntropy(), [Batch(LOGITS, TARGETS)], Request(scores=True, wanted=Wanted(confusion=20))
    )
    assert asked == [len(LOGITS)]
    assert result.collected is not None
    assert result.scores is not None
    hits = int(np.trace(result.collected.confusion.matrix()))
    assert float(result.scores.hits) == hits == np.count_nonzero(LOGITS.argmax(axis=1) == TARGETS)


def test_answers_have_two_outcomes() -> None:
    p, y = RNG.random(50), RNG.integers(0, 2, 50).astype(float)
    matrix = found(BinaryCrossEntropy(), p, y).matrix()
    assert matrix.tolist() == counted(y.astype(int), (p > 0.5).astype(int), 2)


@pytest.mark.parametrize(
    ("input", "target", "most"),
    [
        (LOGITS[:2], np.array([[0.5, 0.5, 0, 0], [0, 0, 1, 0.0]]), 20),
        (LOGITS[:2], np.array([0, 1]), 3),
    ],
)
def test_soft_targets_and_many_classes_are_left_out(input: np.ndarray, target: np.ndarray, most: int) -> None:
    assert found(CrossEntropy(), input, target, most).missing
