"""Small habits of writing that are read as they are, or refused with the command that works."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from running import Done, celoss

P, LABELS = [0.8, 0.3, 0.6], [1, 0, 1]
DUE = -(math.log(0.8) + math.log(0.7) + math.log(0.6)) / 3
ROWS = [{"id": i, "y_true": y, "y_prob": p} for i, (y, p) in enumerate(zip(LABELS, P, strict=True))]


def _run(folder: Path, *arguments: str) -> Done:
    return celoss(*arguments, cwd=folder, CELOSS_FORMAT="value")


def _value(folder: Path, *arguments: str) -> float:
    done = _run(folder, *arguments)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


def test_one_of_several_counted_models_is_not_the_other_answer(tmp_path: Path) -> None:
    """lgb_0 beside lgb_1 and lgb_2 is the first model, and no probability of the label 0."""
    lines = [f"{y},{p},{p / 2},{p / 4}" for y, p in zip(LABELS, P, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["target,lgb_0,lgb_1,lgb_2", *lines, ""]))
    assert _value(tmp_path, "bce", "t.csv", "--class-columns", "lgb_0") == pytest.approx(DUE, rel=1e-15)


def test_rows_beside_figures_of_the_run_are_read(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps({"model": "m", "metrics": {"auc": 0.8}, "results": ROWS}))
    assert _value(tmp_path, "bce", "t.json") == pytest.approx(DUE, rel=1e-15)


@pytest.mark.parametrize("truth", ["y.json", "y.csv"])
@pytest.mark.parametrize("kind", ["number", "object", "list"])
def test_rows_by_name_are_joined_with_targets_by_name(kind: str, truth: str, tmp_path: Path) -> None:
    """In whatever order either file has them."""
    of = {
        "number": lambda p: p,
        "object": lambda p: {"0": round(1 - p, 2), "1": p},
        "list": lambda p: [round(1 - p, 2), p],
    }[kind]
    (tmp_path / "p.json").write_text(json.dumps({f"img{i}": of(p) for i, p in enumerate(P)}))
    named = [(f"img{i}", LABELS[i]) for i in (2, 0, 1)]
    (tmp_path / "y.json").write_text(json.dumps(dict(named)))
    (tmp_path / "y.csv").write_text("id,label\n" + "".join(f"{name},{y}\n" for name, y in named))
    command = ["bce"] if kind == "number" else ["ce", "--input-is", "probs"]
    assert _value(tmp_path, *command, "p.json", "--targets", f"@{truth}") == pytest.approx(DUE, rel=1e-12)


def test_a_single_number_in_a_file_is_one_target(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("prob\n0.8\n")
    (tmp_path / "y.json").write_text("1\n")
    assert _value(tmp_path, "bce", "p.csv", "--targets", "@y.json") == pytest.approx(
        -math.log(0.8), rel=1e-15
    )


def test_a_name_without_a_row_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps({"a": 0.7}))
    (tmp_path / "y.json").write_text(json.dumps({"a": 1, "b": 0}))
    done = _run(tmp_path, "bce", "p.json", "--targets", "@y.json")
    assert done.returncode == 3
    assert "b" in done.stderr


def test_a_first_record_of_the_run_is_refused_with_the_command_without_it(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [{"run": "a"}, *ROWS]))
    done = _run(tmp_path, "bce", "t.jsonl")
    assert done.returncode == 3
    assert "tail -n +2 t.jsonl | celoss bce --input-format jsonl" in done.stderr
    rest = "".join(json.dumps(row) + "\n" for row in ROWS)
    piped = celoss("bce", "--input-format", "jsonl", data=rest, CELOSS_FORMAT="value")
    assert float(piped.stdout) == pytest.approx(DUE, rel=1e-15)


def test_class_indices_in_lists_of_one_are_one_a_row(tmp_path: Path) -> None:
    rows = [{"probs": [1 - p, p], "gt_label": [y]} for p, y in zip(P, LABELS, strict=True)]
    (tmp_path / "t.json").write_text(json.dumps(rows))
    assert _value(tmp_path, "ce", "--input-is", "probs", "t.json") == pytest.approx(DUE, rel=1e-12)


def test_printed_single_tensors_are_their_values(tmp_path: Path) -> None:
    lines = [f"tensor({y}),tensor({p})" for y, p in zip(LABELS, P, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["target,prob", *lines, ""]))
    assert _value(tmp_path, "bce", "t.csv") == pytest.approx(DUE, rel=1e-15)


@pytest.mark.parametrize("extents", [(3, 1, 1, 2), (3, 1, 2)])
def test_a_channel_of_a_mask_is_no_axis_of_its_own(extents: tuple[int, ...], tmp_path: Path) -> None:
    """Probabilities (N, 1, H, W) beside masks (N, H, W), of which neither name tells."""
    probs = np.repeat(np.array(P), 2)
    masks = np.repeat(np.array(LABELS, bool), 2).reshape(extents[:1] + extents[2:])
    np.savez(tmp_path / "t.npz", prob=probs.reshape(extents), mask=masks)
    assert _value(tmp_path, "bce", "t.npz") == pytest.approx(DUE, rel=1e-12)


def test_a_target_that_is_left_out_has_a_complete_command(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", logits=np.array([[1.0, 0.0], [0.5, 2.0]]), labels=np.array([0, 255]))
    done = _run(tmp_path, "ce", "t.npz")
    assert "celoss ce t.npz --ignore-index 255" in done.stderr
    assert _value(tmp_path, "ce", "t.npz", "--ignore-index", "255") == pytest.approx(math.log1p(math.exp(-1)))


def test_another_spelling_of_one_class_is_offered_as_a_map(tmp_path: Path) -> None:
    lines = [f"{y},{p},{1 - p:.1f}" for y, p in (("neutral", 0.2), ("entailment", 0.3))]
    (tmp_path / "t.csv").write_text("\n".join(["label,prob_entail,prob_neutral", *lines, ""]))
    done = _run(tmp_path, "ce", "--input-is", "probs", "t.csv")
    assert "--class-map entailment=entail" in done.stderr
    value = _value(tmp_path, "ce", "--input-is", "probs", "t.csv", "--class-map", "entailment=entail")
    assert value == pytest.approx(-(math.log(0.8) + math.log(0.3)) / 2, rel=1e-12)
