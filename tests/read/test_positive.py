"""Two numbers as the answers of a binary loss: refused with the option that says which is positive."""

from __future__ import annotations

import json
import math
import shlex
from pathlib import Path

import numpy as np
import pytest
from running import Done, celoss

P, LABELS = [0.2, 0.9, 0.7, 0.4], [1, 2, 2, 1]


def bce(probs: list[float], positive: list[bool]) -> float:
    pairs = zip(probs, positive, strict=True)
    return -sum(math.log(p if yes else 1 - p) for p, yes in pairs) / len(probs)


RIGHT = {"2": bce(P, [y == 2 for y in LABELS]), "1": bce(P, [y == 1 for y in LABELS])}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = list(zip(P, LABELS, strict=True))
    (tmp_path / "t.csv").write_text("p,label\n" + "".join(f"{p},{y}\n" for p, y in rows))
    (tmp_path / "t.jsonl").write_text("".join(json.dumps({"p": p, "label": y}) + "\n" for p, y in rows))
    (tmp_path / "t.json").write_text(json.dumps({"p": P, "label": LABELS}))
    (tmp_path / "known.json").write_text(json.dumps({"probs": P, "targets": LABELS}))
    np.savez(tmp_path / "t.npz", p=np.array(P), label=np.array(LABELS))
    np.savez(tmp_path / "known.npz", probs=np.array(P), targets=np.array(LABELS))
    np.save(tmp_path / "p.npy", np.array(P))
    np.save(tmp_path / "y.npy", np.array(LABELS))
    (tmp_path / "y.csv").write_text("".join(f"{y}\n" for y in LABELS))
    (tmp_path / "p.csv").write_text("p\n" + "".join(f"{p}\n" for p in P))
    return tmp_path


WAYS = [
    "t.csv",
    "t.jsonl",
    "t.json",
    "known.json",
    "t.npz",
    "known.npz",
    "p.npy --targets @y.npy",
    "p.npy --targets @y.csv",
    "p.csv --targets @y.csv",
    "p.csv --targets 1,2,2,1",
    "--probs 0.2,0.9,0.7,0.4 --targets 1,2,2,1",
    "--probs @p.npy --targets @y.csv",
    "t.csv --class-columns p --target-column label",
    "t.npz --class-columns p --target-column label",
]


def scored(command: str, folder: Path) -> Done:
    return celoss(*shlex.split(command), cwd=folder, CELOSS_FORMAT="value")


@pytest.mark.parametrize("way", WAYS)
def test_one_and_two_are_refused_with_commands_that_give_either_number(way: str, folder: Path) -> None:
    done = scored(f"bce {way}", folder)
    assert (done.returncode, done.stdout) == (3, "")
    offered = [line.partition("  (")[0].split(maxsplit=1)[1] for line in done.stderr.splitlines()[1:3]]
    assert offered == [f"bce {way} --positive {positive}" for positive in ("2", "1")]
    for command, positive in zip(offered, ("2", "1"), strict=True):
        found = scored(command, folder)
        assert found.returncode == 0, found.stderr
        assert float(found.stdout) == pytest.approx(RIGHT[positive], rel=1e-12)


@pytest.mark.parametrize("way", [*WAYS, "p.npy y.npy"])
@pytest.mark.parametrize("positive", ["yes", "3"])
def test_a_positive_one_that_is_no_target_is_refused(way: str, positive: str, folder: Path) -> None:
    assert scored(f"bce {way} --positive {positive}", folder).returncode == 3


def test_two_arrays_as_arguments(folder: Path) -> None:
    found = scored("bce p.npy y.npy --positive 2", folder)
    assert float(found.stdout) == pytest.approx(RIGHT["2"], rel=1e-12)


@pytest.mark.parametrize("loss", ["bce-logits", "focal-binary"])
def test_the_other_losses_of_two_answers(loss: str) -> None:
    done = celoss(loss, "--logits", "0.5,-1,2", "--targets", "2,1,2")
    assert done.stderr.splitlines()[1].startswith(
        f"  celoss {loss} --logits 0.5,-1,2 --targets 2,1,2 --positive 2  ("
    )
    told = celoss(loss, "--logits", "0.5,-1,2", "--targets", "2,1,2", "--positive", "2", "--format", "value")
    assert (
        told.stdout == celoss(loss, "--logits", "0.5,-1,2", "--targets", "1,0,1", "--format", "value").stdout
    )


def test_the_soft_margin_takes_the_answers_as_signs() -> None:
    done = celoss("soft-margin", "--scores", "2,-1", "--targets", "1,0")
    assert "--targets 1,0 --positive 1  (" in done.stderr
    found = celoss(
        "soft-margin", "--scores", "2,-1", "--targets", "1,0", "--positive", "1", "--format", "value"
    )
    right = (math.log1p(math.exp(-2)) + math.log1p(math.exp(-1))) / 2
    assert float(found.stdout) == pytest.approx(right, rel=1e-12)


@pytest.mark.parametrize("targets", ["1,2,3", "0.5,1.5", "0,1,2"])
def test_other_values_are_no_two_answers(targets: str) -> None:
    done = celoss("bce", "--probs", ",".join("0.5" for _ in targets.split(",")), "--targets", targets)
    assert (done.returncode, "--positive" in done.stderr) == (3, False)


def test_a_third_target_is_refused(folder: Path) -> None:
    done = scored("bce --probs 0.2,0.9,0.5 --targets 1,2,3 --positive 2", folder)
    assert (done.returncode, 'beside "2", got 1 and 3' in done.stderr) == (3, True)


@pytest.mark.parametrize("positive", ["1", "True", "true"])
def test_truth_values_are_told_as_the_file_has_them(folder: Path, positive: str) -> None:
    (folder / "b.csv").write_text("p,label\n0.2,False\n0.9,True\n")
    (folder / "b.jsonl").write_text('{"p": 0.2, "label": false}\n{"p": 0.9, "label": true}\n')
    np.savez(folder / "b.npz", p=np.array([0.2, 0.9]), label=np.array([False, True]))
    for name, told in (
        ("b.csv", 'targets read as 1 where they are "True", as 0 where they are "False"'),
        ("b.jsonl", 'targets read as 1 where they are "true", as 0 where they are "false"'),
        ("b.npz", 'targets read as 1 where they are "true"'),
    ):
        done = celoss("bce", name, "--positive", positive, cwd=folder)
        assert told in done.stdout.splitlines(), name


def typed(path: Path, **columns: object) -> Path:
    """A Parquet file of these columns."""
    pa = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet").write_table(pa.table(columns), path)
    return path


def test_the_name_of_a_typed_column_tells_the_positive_one_of_joined_targets(tmp_path: Path) -> None:
    typed(tmp_path / "p.parquet", id=["a", "b", "c"], p_cat=[0.9, 0.2, 0.3])
    (tmp_path / "p.csv").write_text("id,p_cat\na,0.9\nb,0.2\nc,0.3\n")
    (tmp_path / "y.csv").write_text("id,y\na,cat\nb,dog\nc,dog\n")
    for name in ("p.csv", "p.parquet"):
        done = celoss("bce", name, "--targets", "@y.csv", "--format", "value", cwd=tmp_path)
        assert float(done.stdout) == pytest.approx(bce([0.9, 0.2, 0.3], [True, False, False]), rel=1e-14)


@pytest.mark.parametrize("targets", [[["yes"], ["yes"]], [[1.0], [1.0]], [[0], [1]]])
def test_lists_of_targets_have_no_positive_one(targets: list[list[object]], tmp_path: Path) -> None:
    typed(tmp_path / "p.parquet", p=[0.9, 0.2], y=targets)
    done = celoss("bce", "p.parquet", "--positive", str(targets[0][0]), cwd=tmp_path)
    assert done.returncode == 3
    assert 'expected --positive of one target a row, got lists in column "y"' in done.stderr


def test_lists_whose_first_rows_are_missing_are_left_out(tmp_path: Path) -> None:
    typed(tmp_path / "p.parquet", probs=[None, [0.9, 0.1], None, [0.2, 0.8]], y=[0, 1, 1, 1])
    done = celoss(
        *("ce", "p.parquet", "--input-is", "probs", "--missing", "skip", "--format", "value"), cwd=tmp_path
    )
    assert float(done.stdout) == pytest.approx(-(math.log(0.1) + math.log(0.8)) / 2, rel=1e-14)
