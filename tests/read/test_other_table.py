"""A table of predictions and one of their targets as two files: the command that joins them."""

from __future__ import annotations

import math
import shlex
from pathlib import Path

import numpy as np
import pytest
from running import celoss

P = [(0.2, 0.5, 0.3), (0.6, 0.3, 0.1), (0.25, 0.25, 0.5), (0.125, 0.75, 0.125)]
Y = [2, 1, 3, 2]
MEAN = -sum(math.log(p[y - 1]) for p, y in zip(P, Y, strict=True)) / len(P)


@pytest.fixture
def kaggle(tmp_path: Path) -> Path:
    """A submission and its solution, the rows of which are in another order."""
    rows = [f"{at},{a},{b},{c}" for at, (a, b, c) in enumerate(P)]
    (tmp_path / "submission.csv").write_text("\n".join(["Id,Class_1,Class_2,Class_3", *rows, ""]))
    truth = [f"{at},Class_{y},Public" for at, y in enumerate(Y)][::-1]
    (tmp_path / "solution.csv").write_text("\n".join(["Id,target,Usage", *truth, ""]))
    return tmp_path


def commands(text: str, name: str) -> list[list[str]]:
    """The printed commands of celoss that begin with this word."""
    lines = (line.strip().removeprefix("$ ").partition("  (")[0] for line in text.splitlines())
    return [shlex.split(line)[1:] for line in lines if line.startswith(f"celoss {name} ")]


@pytest.mark.parametrize("files", [("submission.csv", "solution.csv"), ("solution.csv", "submission.csv")])
def test_the_targets_of_the_other_table_are_joined_by_the_command_that_is_printed(
    kaggle: Path, files: tuple[str, str]
) -> None:
    done = celoss("ce", *files, "--input-is", "probs", cwd=kaggle)
    assert done.returncode == 3
    assert "@targets.csv" not in done.stderr
    (words,) = commands(done.stderr, "ce")
    assert {*words} == {*["ce", "submission.csv", "--input-is", "probs", "--targets", "@solution.csv"]}
    found = celoss(*words, "--format", "value", cwd=kaggle)
    assert math.isclose(float(found.stdout), MEAN, rel_tol=1e-12), found.stderr


@pytest.mark.parametrize("files", [("submission.csv", "solution.csv"), ("solution.csv", "submission.csv")])
def test_inspect_has_the_command_too(kaggle: Path, files: tuple[str, str]) -> None:
    done = celoss("inspect", *files, cwd=kaggle)
    (words,) = commands(done.stdout, "ce")
    found = celoss(*words, "--format", "value", cwd=kaggle)
    assert math.isclose(float(found.stdout), MEAN, rel_tol=1e-12), found.stderr


def test_two_parts_of_one_table_are_no_targets_of_each_other(kaggle: Path) -> None:
    header, *rows = (kaggle / "submission.csv").read_text().splitlines()
    for name, part in (("a.csv", rows[:2]), ("b.csv", rows[2:])):
        (kaggle / name).write_text("\n".join([header, *part, ""]))
    done = celoss("ce", "a.csv", "b.csv", cwd=kaggle)
    assert "--targets @targets.csv" in done.stderr
    assert "@b.csv" not in done.stderr


def test_ids_that_are_not_shared_lead_to_no_join(kaggle: Path) -> None:
    rows = [f"x{at},Class_{y},Public" for at, y in enumerate(Y)]
    (kaggle / "other.csv").write_text("\n".join(["Id,target,Usage", *rows, ""]))
    done = celoss("ce", "submission.csv", "other.csv", cwd=kaggle)
    assert done.returncode == 3
    assert "@other.csv" not in done.stderr


def test_rows_without_ids_are_offered_in_order(kaggle: Path) -> None:
    (kaggle / "p.csv").write_text("\n".join(["p0,p1,p2", *(f"{a},{b},{c}" for a, b, c in P), ""]))
    (kaggle / "y.csv").write_text("\n".join(["label", *(str(y - 1) for y in Y), ""]))
    done = celoss("ce", "p.csv", "y.csv", "--input-is", "probs", cwd=kaggle)
    words, *_ = commands(done.stderr, "ce")
    assert "y.csv" not in words
    found = celoss(*words, "--format", "value", cwd=kaggle)
    assert math.isclose(float(found.stdout), MEAN, rel_tol=1e-12), found.stderr


def test_weights_of_rows_in_arrays_are_told_from_those_of_classes(tmp_path: Path) -> None:
    weight = np.array([1.0, 2, 3, 4])
    np.savez(tmp_path / "w.npz", probs=np.array(P), targets=np.array(Y) - 1, weight=weight)
    done = celoss("ce", "w.npz", "--input-is", "probs", cwd=tmp_path)
    assert done.returncode == 3
    (words,) = commands(done.stderr, "ce")
    found = celoss(*words, "--format", "value", cwd=tmp_path)
    losses = [-math.log(p[y - 1]) for p, y in zip(P, Y, strict=True)]
    assert math.isclose(float(found.stdout), np.average(losses, weights=weight), rel_tol=1e-12), found.stderr
