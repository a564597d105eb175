"""Calibration errors by equal width, equal mass and class: torchmetrics', the papers' formulas, the range."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from paths import schema
from running import celoss

from celoss_cli.evaluate.binned import Errors, errors_of
from celoss_cli.evaluate.calibration import Calibration, range_of

RANDOM = np.random.default_rng(21)
N, C, BINS = 900, 4, 15
LOGITS = RANDOM.normal(size=(C, N)) * 2.5
P = np.exp(LOGITS) / np.exp(LOGITS).sum(0)
Y = RANDOM.integers(0, C, N)


def found(p: np.ndarray = P, y: np.ndarray = Y, *, positive: bool = False, bins: int = BINS) -> Errors:
    return errors_of([(p[:, :100], y[:100]), (p[:, 100:], y[100:])], bins, positive=positive)


def by_width(confidence: np.ndarray, hit: np.ndarray, bins: int = BINS) -> float:
    """Naeini 2015, Guo 2017: sum over the bins of n_b / n |accuracy - confidence|."""
    total = 0.0
    for low, high in pairwise(np.arange(bins + 1) / bins):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            total += inside.mean() * abs(hit[inside].mean() - confidence[inside].mean())
    return float(total)


def test_by_equal_width_it_is_the_formula_and_that_of_torchmetrics() -> None:
    expected = by_width(P.max(0), P.argmax(0) == Y)
    assert found().width == pytest.approx(expected, rel=1e-12)
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchmetrics.functional.classification")
    theirs = functional.multiclass_calibration_error(
        torch.tensor(P.T), torch.tensor(Y), num_classes=C, n_bins=BINS, norm="l1"
    )
    assert found().width == pytest.approx(float(theirs), rel=1e-5)  # it computes in float32


def test_by_equal_width_and_by_equal_mass_it_is_that_of_netcal() -> None:
    metrics = pytest.importorskip("netcal.metrics")
    assert found().width == pytest.approx(metrics.ECE(BINS).measure(P.T, Y), rel=1e-9)
    mass = metrics.ECE(BINS, equal_intervals=False).measure(P.T, Y)
    assert found().mass == pytest.approx(mass, rel=1e-9)


def test_of_answers_the_confidence_is_that_of_yes() -> None:
    p = np.stack([1 - P[0], P[0]])
    t = (Y == 0).astype(int)
    assert found(p, t, positive=True).width == pytest.approx(by_width(P[0], t == 1), rel=1e-12)


def test_by_equal_mass_each_bin_has_as_many() -> None:
    """Nixon 2019: bins of the sorted confidences with n / bins of them; there are no ties here."""
    confidence, hit = P.max(0), P.argmax(0) == Y
    order = np.argsort(confidence)
    parts = [order[start : start + N // BINS] for start in range(0, N, N // BINS)]
    expected = np.mean([abs(hit[part].mean() - confidence[part].mean()) for part in parts])
    assert found().mass == pytest.approx(expected, rel=1e-12)


def test_equal_confidences_are_in_one_bin_of_equal_mass_whatever_the_order() -> None:
    p = np.array([[0.75] * 6 + [0.9] * 4, [0.25] * 6 + [0.1] * 4])
    y = np.array([0, 1, 0, 1, 0, 1, 0, 0, 0, 1])
    expected = 0.6 * abs(0.5 - 0.75) + 0.4 * abs(0.75 - 0.9)
    for order in (np.arange(10), np.arange(10)[::-1], RANDOM.permutation(10)):
        assert errors_of([(p[:, order], y[order])], 5, positive=False).mass == pytest.approx(
            expected, rel=1e-12
        )


def test_by_class_it_is_the_mean_over_the_classes() -> None:
    """Nixon 2019, the static calibration error."""
    expected = np.mean([by_width(P[c], c == Y) for c in range(C)])
    assert found().classwise == pytest.approx(expected, rel=1e-12)


def test_of_nothing_there_is_none() -> None:
    assert math.isnan(errors_of([], BINS, positive=False).width)
    assert math.isnan(range_of(Calibration()).low)


@pytest.mark.slow
@pytest.mark.parametrize("sure", [0.0, 0.15], ids=["calibrated", "too sure"])
def test_the_range_holds_its_level(sure: float) -> None:
    """Of 400 samples at least 95 in 100 hold the error of all: 0, or what every prediction is too sure by."""
    held, random = 0, np.random.default_rng(3)
    for _ in range(400):
        confidence = random.uniform(0.4, 1, 300)
        hit = (random.random(300) < confidence - sure).astype(float)
        lies = range_of(Calibration.of(confidence, hit, BINS))
        held += lies.low <= sure <= lies.high
    assert held >= 380


def test_chance_is_about_what_calibrated_predictions_show() -> None:
    random, shown, told = np.random.default_rng(4), [], []
    for _ in range(200):
        confidence = random.uniform(0.4, 1, 500)
        calibration = Calibration.of(confidence, (random.random(500) < confidence).astype(float), BINS)
        shown.append(by_width(confidence, (random.random(500) < confidence).astype(float)))
        told.append(range_of(calibration).chance)
    assert np.mean(told) == pytest.approx(np.mean(shown), rel=0.05)


def test_the_gate_and_the_json(tmp_path: Path) -> None:
    np.savez(tmp_path / "p.npz", probs=P.T, labels=Y)
    path = tmp_path / "p.npz"
    error = found().width
    report = json.loads(celoss("ce", path, "--input-is", "probs", "--max-ece", "1", "--json").stdout)
    schema("schema").validate(report)
    assert report["ece"]["value"] == pytest.approx(error, rel=1e-10)
    assert report["ece"]["low"] < report["ece"]["value"] < report["ece"]["high"]
    for format in ("table", "value", "json"):
        options = ("--input-is", "probs", "--format", format)
        assert celoss("ce", path, *options, "--max-ece", str(error + 1e-9)).returncode == 0
        assert celoss("ce", path, *options, "--max-ece", str(error - 1e-9)).returncode == 1
    done = celoss("ce", path, "--input-is", "probs", "--max-ece", "1", "--emit-partial", tmp_path / "x.json")
    assert (done.returncode, "no bins of confidence" in done.stderr) == (2, True)
    done = celoss("kl", "-x", "-1,-1", "-y", "0.5,0.5", "--max-ece", "1")
    assert done.returncode != 0
