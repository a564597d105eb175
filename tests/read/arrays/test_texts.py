"""NumPy's bytes (type S) in NPZ and NPY are texts, as its text (type U) is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from running import celoss

CSV = "id,logit_cat,logit_cow\nr0,1,2\nr1,0,1\n"
MEAN = float(np.log1p(np.exp(-1.0)) + np.log1p(np.exp(1.0))) / 2
"""Of a target with the smaller and one with the larger logit, which are 1 apart."""


def value_of(folder: Path, *words: str) -> float:
    done = celoss("ce", *words, "--format", "value", cwd=folder)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


@pytest.mark.parametrize("targets", [[0, 1], [b"cow", b"cat"]])
def test_ids_and_targets_of_bytes_are_those_of_text(tmp_path: Path, targets: list[int] | list[bytes]) -> None:
    (tmp_path / "p.csv").write_text(CSV)
    np.savez(tmp_path / "t.npz", id=np.array([b"r0", b"r1"]), target=np.array(targets))
    assert value_of(tmp_path, "p.csv", "-y", "@t.npz") == pytest.approx(MEAN, rel=1e-12)


def test_records_may_hold_bytes(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(CSV)
    rows = np.array([(b"r0", 0), (b"r1", 1)], dtype=[("id", "S2"), ("target", "i8")])
    np.save(tmp_path / "t.npy", rows)
    assert value_of(tmp_path, "p.csv", "-y", "@t.npy") == pytest.approx(MEAN, rel=1e-12)


def test_ids_of_bytes_beside_the_input_are_shown_as_text(tmp_path: Path) -> None:
    ids = np.array(["zoë".encode(), b"r1"])
    np.savez(tmp_path / "x.npz", id=ids, logits=np.array([[1.0, 2], [0, 1]]), target=np.array([0, 1]))
    done = celoss("ce", "x.npz", cwd=tmp_path)
    assert "id zoë" in done.stdout
    assert value_of(tmp_path, "x.npz") == pytest.approx(MEAN, rel=1e-12)


def test_bytes_that_are_no_utf_8_are_refused(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(CSV)
    np.savez(tmp_path / "t.npz", id=np.array([b"r0", b"\xff1"]), target=[0, 1])
    done = celoss("ce", "p.csv", "-y", "@t.npz", cwd=tmp_path)
    assert done.returncode == 3
    assert 't.npz: $.id: expected text in UTF-8, got "\\xff1" at index 1' in done.stderr
