"""Records: what they share with dataclasses, and what only the type checker enforces."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field, fields, replace
from pathlib import Path
from time import sleep
from typing import Any, ClassVar

import pytest

from celoss_cli.core import records
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
    assert [found.name for found in fields(Point)] == ["x", "y"]


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


@record(frozen=True, slots=True)
class Place:
    row: int
    notes: list[str] = field(default_factory=list)
    name: str = field(default="here", metadata={"help": "a name"})


@record(frozen=True, slots=True, kw_only=True)
class Named(Place):
    """Inherits fields, and changes the default of one."""

    name: str = "there"
    last: int


@pytest.mark.parametrize("made_before", [0, 1000])
def test_the_first_objects_of_a_class_are_as_those_of_a_dataclass(made_before: int) -> None:
    @record(frozen=True, slots=True)
    class Cell:
        row: int
        notes: list[str] = field(default_factory=list)
        name: str = field(default="here", metadata={"help": "a name"})

    cells = [Cell(1) for _ in range(made_before)] + [Cell(2), Cell(3, ["a"], name="b")]
    assert [(cell.row, cell.notes, cell.name) for cell in cells[-2:]] == [(2, [], "here"), (3, ["a"], "b")]
    assert len({id(cell.notes) for cell in cells}) == len(cells)
    assert not hasattr(cells[0], "__dict__")


@pytest.mark.parametrize(
    ("given", "named", "expected"),
    [
        ((), {}, "missing 1 required positional argument: 'row'"),
        ((1, [], "a", 4), {}, "takes from 2 to 4 positional arguments but 5 were given"),
        ((1,), {"row": 2}, "got multiple values for argument 'row'"),
        ((1,), {"column": 2}, "got an unexpected keyword argument 'column'"),
    ],
)
def test_wrong_arguments_are_refused_in_the_words_of_python(
    given: tuple, named: dict[str, Any], expected: str
) -> None:
    with pytest.raises(TypeError, match=re.escape(expected)):
        Place(*given, **named)


def test_fields_are_inherited_with_their_metadata() -> None:
    assert Named(row=1, last=2) == Named(row=1, notes=[], name="there", last=2)
    assert [found.name for found in fields(Named)] == ["row", "notes", "name", "last"]
    assert fields(Place(1))[2].metadata == {"help": "a name"}
    assert Named(1, last=2) == Named(row=1, last=2)


def test_threads_may_complete_a_class_together(monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(*given: Any) -> type:
        sleep(0.01)
        return written(*given)

    written = records._dataclass
    monkeypatch.setattr(records, "_dataclass", slowly)

    @record(frozen=True, slots=True)
    class Both:
        x: list[int] = field(default_factory=list)
        y: int = 0

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda y: [replace(Both(), y=y) for _ in range(60)][-1], range(4)))
    assert made == [Both([], y) for y in range(4)]
    assert fields(Both)[0].default_factory is list


def test_a_class_without_slots_is_finished_by_post_init() -> None:
    @record(frozen=True, kw_only=True)
    class Base:
        told: ClassVar[list[str]] = []
        x: int = 1

        def __post_init__(self) -> None:
            self.told.append(f"x {self.x}")

    @record(frozen=True, kw_only=True)
    class Further(Base):
        y: int

        def __post_init__(self) -> None:
            super().__post_init__()
            self.told.append(f"y {self.y}")

    made = [Further(y=y) for y in range(200)]
    assert (vars(made[0]), vars(made[-1])) == ({"x": 1, "y": 0}, {"x": 1, "y": 199})
    assert Base.told == [text for y in range(200) for text in ("x 1", f"y {y}")]
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'y'"):
        Further(x=2)
