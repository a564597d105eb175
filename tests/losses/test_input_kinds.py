"""Probabilities taken as what they are, in the commands that look at them and draw them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from paths import ROOT
from running import celoss

PROBABILITIES, LOGITS = "examples/probabilities.csv", "examples/old.csv"


@pytest.fixture(autouse=True)
def _in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def error_of(*arguments: str) -> float:
    text = celoss("plot", "ce", *arguments, "--kind", "reliability").stdout
    found = re.search(r"expected calibration error = ([0-9.]+)", text)
    assert found
    return float(found[1])


def test_the_reliability_of_probabilities_is_that_of_the_logits_they_came_from() -> None:
    of_logits = error_of(LOGITS)
    assert error_of(PROBABILITIES, "--input-is", "probs") == pytest.approx(of_logits, abs=1e-4)
    assert error_of(PROBABILITIES) != pytest.approx(of_logits, abs=1e-3)


def test_the_curve_of_probabilities_is_drawn() -> None:
    done = celoss("plot", "ce", PROBABILITIES, "--input-is", "probs")
    assert (done.returncode, done.stderr) == (0, "")
    assert "data (24)" in done.stdout


def test_the_remedy_of_a_double_softmax_leaves_nothing_to_find() -> None:
    told = celoss("diagnose", PROBABILITIES).stdout
    remedy = shlex.split(told.partition("try: celoss ")[2].splitlines()[0])
    done = celoss(*remedy, "--format", "value")
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing found" in celoss("diagnose", *remedy[1:]).stdout


def test_logits_that_are_called_probabilities_are_found() -> None:
    done = celoss("diagnose", LOGITS, "--input-is", "probs", "--fail-on", "error")
    assert done.returncode == 1
    assert "error CEL108" in done.stdout
    assert f"try: celoss ce {LOGITS}\n" in done.stdout


def test_probabilities_that_do_not_add_up_are_looked_at_where_their_names_are_the_classes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "short.csv"
    path.write_text("prob_cat,prob_dog,target\n0.5,0.2,cat\n0.1,0.3,dog\n")
    assert celoss("ce", path, "--input-is", "probs").returncode == 3
    done = celoss("diagnose", path, "--input-is", "probs")
    assert (done.returncode, done.stderr) == (0, "")
    assert "warning CEL110\n  2 rows have probabilities that do not sum to 1" in done.stdout


def test_columns_that_may_be_those_of_two_models_are_no_classes_to_look_at(tmp_path: Path) -> None:
    path = tmp_path / "models.csv"
    path.write_text("prob_a,prob_b,target\n0.5,0.2,0\n0.1,0.3,1\n")
    done = celoss("diagnose", path, "--input-is", "probs")
    assert done.returncode == 3
    assert 'which add up to 1, got "prob_a", "prob_b"' in done.stderr
    ways = [line.partition("  (")[0] for line in done.stderr.splitlines()[1:]]
    chosen = "--target-column target --loss bce"
    assert ways[:2] == [f"  celoss diagnose {path} --class-columns prob_{x} {chosen}" for x in "ab"]
    assert [celoss(*shlex.split(way)[1:]).returncode for way in ways] == [0, 0, 0, 0]
    assert ways[-1] == f"  celoss inspect {path}"
    drawn = celoss("plot", "ce", path, "--input-is", "probs").stderr.splitlines()[1].partition("  (")[0]
    assert drawn == f"  celoss plot bce {path} --class-columns prob_a --target-column target"
    assert celoss(*shlex.split(drawn)[1:]).returncode == 0


@pytest.mark.parametrize("tool", ["sklearn", "kaggle", "keras"])
def test_the_command_of_a_page_gives_the_number_of_the_convention(tool: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    options = (PROBABILITIES, "--input-is", "probs", "--convention", tool)
    assert celoss("report", *options, "--loss", "ce", "-o", str(page)).returncode == 0
    command = re.search(r"\$ celoss (ce [^<]*)", page.read_text(encoding="utf-8"))
    assert command
    again, plain = celoss(*shlex.split(command[1])), celoss("ce", *options, "--format", "value")
    assert (again.returncode, again.stdout) == (0, plain.stdout)


def test_a_kind_of_input_that_a_loss_does_not_have_is_refused() -> None:
    done = celoss("diagnose", PROBABILITIES, "--loss", "bce", "--input-is", "probs")
    assert done.returncode == 2
    assert "--input-is" in done.stderr
