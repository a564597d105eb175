"""Which axis of an array holds the classes, counted from either end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from formulas import log_softmax
from formulas import softmax as expected_softmax
from running import celoss

from celoss_cli import log_softmax as found_log_softmax
from celoss_cli import softmax

RANDOM = np.random.default_rng(5)


@pytest.mark.parametrize("axis", [-3, -2, -1, 0, 1, 2])
def test_softmax_is_taken_along_the_axis_that_is_named(axis: int) -> None:
    x = RANDOM.normal(size=(2, 3, 4))
    np.testing.assert_allclose(softmax(x, axis), expected_softmax(x, axis), rtol=1e-13)
    np.testing.assert_allclose(found_log_softmax(x, axis), log_softmax(x, axis), rtol=1e-13)


def test_without_a_name_it_is_the_last_axis() -> None:
    x = RANDOM.normal(size=(2, 3, 4))
    np.testing.assert_allclose(softmax(x), expected_softmax(x, 2), rtol=1e-13)
    np.testing.assert_allclose(found_log_softmax(x), log_softmax(x, 2), rtol=1e-13)


@pytest.mark.parametrize(
    ("axis", "given"), [(-1, 3), (3, 3), (-2, 2), (2, 2), (1, 1), (-3, 1), (0, 0), (-4, 0)]
)
def test_the_classes_of_an_array_are_on_the_axis_that_the_option_names(
    tmp_path: Path, axis: int, given: int
) -> None:
    x = RANDOM.normal(size=(5, 3, 2, 4))  # rows, classes, two positions
    y = RANDOM.integers(0, 3, size=(5, 2, 4))
    losses = -np.take_along_axis(log_softmax(x, 1), y[:, None], axis=1)
    np.save(tmp_path / "x.npy", np.moveaxis(x, 1, given))
    np.save(tmp_path / "y.npy", y)
    words = ["ce", "x.npy", "--targets", "@y.npy", f"--class-axis={axis}", "--format", "value"]
    done = celoss(*words, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert float(done.stdout) == pytest.approx(losses.mean(), rel=1e-13)


@pytest.mark.parametrize("axis", [-5, 4])
def test_an_axis_that_is_not_there_is_refused(tmp_path: Path, axis: int) -> None:
    np.save(tmp_path / "x.npy", np.zeros((5, 3, 2, 4)))
    np.save(tmp_path / "y.npy", np.zeros((5, 2, 4), int))
    done = celoss("ce", "x.npy", "--targets", "@y.npy", f"--class-axis={axis}", cwd=tmp_path)
    assert done.returncode == 2
    assert f"Expected --class-axis of a 4-dimensional input, got {axis}." in done.stderr
