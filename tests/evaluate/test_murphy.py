"""Murphy's parts of the Brier score: by a formula of their own, and as they add up."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from paths import schema
from running import celoss

RANDOM = np.random.default_rng(31)
P = RANDOM.dirichlet([0.6, 0.8, 1.0], 250)
Y = np.array([RANDOM.choice(3, p=p) for p in P])


def parts(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Reliability, resolution, uncertainty of one outcome in 15 bins, each up to and with its upper end."""
    bins = np.ceil(p * 15).clip(1)
    found = np.zeros(3)
    for b in np.unique(bins):
        inside = bins == b
        found[0] += inside.mean() * (p[inside].mean() - t[inside].mean()) ** 2
        found[1] += inside.mean() * (t[inside].mean() - t.mean()) ** 2
    found[2] = t.mean() * (1 - t.mean())
    return found


def assert_parts(report: dict, expected: np.ndarray) -> None:
    schema("schema").validate(report)
    told = report["decomposition"]
    found = [told[name] for name in ("reliability", "resolution", "uncertainty")]
    assert found == pytest.approx(expected.tolist(), rel=1e-11)
    added = told["reliability"] - told["resolution"] + told["uncertainty"] + told["within"]
    assert added == pytest.approx(report["value"], rel=1e-13)
    assert abs(told["within"]) < 0.02


def test_over_classes_and_of_answers(tmp_path: Path) -> None:
    np.savez(tmp_path / "p.npz", probs=P, labels=Y)
    expected = sum(parts(P[:, c], c == Y) for c in range(3))
    assert_parts(json.loads(celoss("brier", tmp_path / "p.npz", "--json").stdout), np.asarray(expected))
    shown = celoss("brier", tmp_path / "p.npz", "--rows", "0").stdout
    assert "\nreliability " in shown
    assert " within bins, 15 bins of equal width\n" in shown
    np.savez(tmp_path / "b.npz", probs=P[:, 0], labels=(Y == 0).astype(int))
    report = json.loads(celoss("brier-binary", tmp_path / "b.npz", "--json").stdout)
    assert_parts(report, parts(P[:, 0], Y == 0))


def test_the_first_probability_of_a_bin_is_above_its_lower_end() -> None:
    """0.2 is 3 / 15: in the third bin, not in the fourth."""
    report = json.loads(celoss("brier-binary", "-x", "0.2,0.15,0.21,0.9", "-y", "1,0,0,1", "--json").stdout)
    p, t = np.array([0.2, 0.15, 0.21, 0.9]), np.array([1, 0, 0, 1])
    third = np.array([True, True, False, False])
    expected = 0.5 * (p[third].mean() - 0.5) ** 2 + 0.25 * 0.21**2 + 0.25 * 0.1**2
    assert report["decomposition"]["reliability"] == pytest.approx(expected, rel=1e-12)
    assert t.sum() == 2


@pytest.mark.parametrize("options", [("--weight", "1,2,1"), ("--reduction", "sum")])
def test_weights_and_sums_have_no_line(options: tuple[str, ...], tmp_path: Path) -> None:
    np.savez(tmp_path / "p.npz", probs=P, labels=Y)
    assert "within bins" not in celoss("brier", tmp_path / "p.npz", *options).stdout
    assert "decomposition" not in json.loads(
        celoss("ce", tmp_path / "p.npz", "--input-is", "probs", "--json").stdout
    )
