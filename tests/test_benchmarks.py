"""The tables of the benchmarks are made from their numbers; whether the programs run, .ci/run sees."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[1] / "benchmarks" / "page.py"


@pytest.fixture
def page() -> Any:
    spec = importlib.util.spec_from_file_location("page", PAGE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cost(cpu: float, **more: int) -> dict[str, Any]:
    return {"wall": 2 * cpu, "cpu": cpu, "memory": 50_000_000, "value": None, **more}


RESULTS = {
    "date": "2026-01-02",
    "machine": {"processor": "P 1", "features": ["AVX2"], "processors": 2, "versions": {"Python": "3.11"}},
    "formats": [
        {
            "data": "A",
            "runs": {"celoss, core install": cost(2.0), "NumPy": cost(8.0), "polars": cost(3.0), "X": None},
        },
        {"data": "B", "runs": {"celoss, core install": cost(2.0), "read and exp": cost(1.5)}},
    ],
    "commands": {"data": "A", "runs": {"ce": cost(1.0), "diagnose": cost(2.5)}},
    "start": {"data": "start", "runs": {"celoss ce": cost(0.2), "NumPy script": cost(0.16)}},
    "scaling": [cost(1.0, rows=1000), cost(2.0, rows=1_001_000)],
}


def test_the_first_table_holds_the_best_script_against_celoss(page: Any) -> None:
    text = "\n".join(page.page(RESULTS))
    assert "2 processors of P 1, with AVX2; Python 3.11." in text
    assert "2026-01-02: 2 processors" in text
    assert "| X | - | - | - | - |" in text
    assert "| A | 1.50 | - | - |\n| B | - | - | 0.75 |" in text


def test_commands_are_held_against_the_plain_run_and_rows_cost_a_slope(page: Any) -> None:
    lines = list(page.tables(RESULTS))
    assert "| diagnose | 5.00 | 2.50 | 50 | 2.50 |" in lines
    assert "| celoss ce | 0.40 | 0.20 | 50 | 1.25 |" in lines
    assert "| 1001000 | 4.00 | 2.00 | 50 | 1000 |" in lines


def test_the_readme_has_one_place_for_the_tables(page: Any) -> None:
    text = (PAGE.parent / "README.md").read_text()
    assert len(re.findall(f"{page._MARKS[0]}.*{page._MARKS[1]}", text, re.DOTALL)) == 1
