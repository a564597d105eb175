"""Records: what they share with dataclasses, and what only the type checker enforces."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from celoss_cli.core.records import record


@record(frozen=True, slots=True)
class Point:
    x: float
    y: float = 0.0


@record(slots=True)
class Pen:
    x: float


def test_equal_values_of_one_class_are_equal_and_hash_alike() -> None:
    assert Point(1.0) == Point(1.0, 0.0) != Point(1.0, 2.0)
    assert Point(1.0) != Pen(1.0)
    assert len({Point(1.0), Point(1.0, 0.0)}) == 1
    assert repr(Point(1.0)) == "Point(x=1.0, y=0.0)"
    assert replace(Point(1.0), y=3.0) == Point(1.0, 3.0)
    assert [field.name for field in fields(Point)] == ["x", "y"]


def test_what_may_change_has_no_hash() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Pen(1.0))


@pytest.mark.subprocess
def test_the_type_checker_refuses_to_assign_a_field_of_a_frozen_record(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    (tmp_path / "assigning.py").write_text(
        "from celoss_cli.core.records import record\n"
        "@record(frozen=True, slots=True)\n"
        "class Point:\n"
        "    x: float\n"
        "Point(1.0).x = 2.0\n"
    )
    command = [sys.executable, "-m", "mypy", "--follow-imports=silent", str(tmp_path / "assigning.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 'Property "x" defined in "Point" is read-only' in done.stdout
