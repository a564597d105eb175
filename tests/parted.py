"""Data sets of several files, for what computes them in parts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from running import Done

Celoss = Callable[..., Done]

HEADER = "no,yes,target\n"


def table(numbers: random.Random, rows: int) -> str:
    """Logits of two classes and a target."""
    found = (f"{numbers.gauss(0, 3)!r},{numbers.gauss(0, 3)!r},{numbers.randrange(2)}\n" for _ in range(rows))
    return "".join([HEADER, *found])


def folder_of(names: Iterable[str], rows: int) -> Any:
    """A fixture for every test of a module: files of these names in the folder data."""
    listed = list(names)

    @pytest.fixture(autouse=True)
    def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        numbers = random.Random(7)
        Path("data").mkdir()
        for name in listed:
            Path("data", f"{name}.csv").write_text(table(numbers, rows))

    return data


def done(celoss: Celoss, *words: str | Path) -> str:
    """What a command prints that must not fail."""
    found = celoss(*words)
    assert found.returncode == 0, found.stderr
    return found.stdout


def told(celoss: Celoss, code: int, *words: str | Path) -> str:
    """What a command that prints nothing says of its failure."""
    found = celoss(*words)
    assert (found.returncode, found.stdout) == (code, "")
    return found.stderr
