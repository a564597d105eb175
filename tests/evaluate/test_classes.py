"""Files of another number of classes are no one data set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from parted import Celoss, told


def test_files_of_another_number_of_classes_are_refused(celoss: Celoss, tmp_path: Path) -> None:
    for name, classes in (("three", 3), ("four", 4)):
        np.savez(tmp_path / f"{name}.npz", logits=np.zeros((2, classes)), targets=np.array([0, 1]))
    said = told(celoss, 3, "ce", tmp_path / "three.npz", tmp_path / "four.npz")
    assert "four.npz: $.logits[0]: expected 3 classes as in the rows before, got 4" in said
