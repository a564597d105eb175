"""Row objects of lists in which a value is missing are left out where that is asked."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running import Done

Run = Callable[..., Done]

WHOLE = {"y": 1, "logits": [0.25, 1.0]}
DUE = math.log(1 + math.exp(0.25 - 1.0))
ABSENT: list[dict[str, Any]] = [
    {"y": 0, "logits": [None, 1]},
    {"y": None, "logits": [0.25, 1]},
    {"y": 0, "logits": None},
]


def _result(celoss: Run, path: Path, rows: list[dict[str, Any]], *words: str) -> dict[str, Any]:
    path.write_text(
        "".join(f"{json.dumps(row)}\n" for row in rows) if path.suffix == ".jsonl" else json.dumps(rows)
    )
    done = celoss("ce", path, "--missing", "skip", *words, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", ["m.json", "m.jsonl"])
@pytest.mark.parametrize("first", [0, 1, 2])
def test_rows_that_lack_a_value_are_left_out(celoss: Run, tmp_path: Path, name: str, first: int) -> None:
    rows = [ABSENT[first], WHOLE, WHOLE, *ABSENT]
    found = _result(celoss, tmp_path / name, rows)
    assert found["value"] == pytest.approx(DUE, rel=1e-15)
    assert (found["rows"], found["input"]["skipped"]) == (2, 4)


def test_targets_in_order_belong_to_the_rows_that_were_there(celoss: Run, tmp_path: Path) -> None:
    rows = [{"logits": row["logits"]} for row in (WHOLE, ABSENT[0], WHOLE)]
    found = _result(celoss, tmp_path / "m.jsonl", rows, "--targets", "1,0,0")
    assert found["value"] == pytest.approx((DUE + DUE + 0.75) / 2, rel=1e-15)


def test_the_refusal_of_a_null_leads_to_the_option(celoss: Run, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(json.dumps([WHOLE, ABSENT[0]]))
    done = celoss("ce", "m.json", cwd=tmp_path)
    assert (done.returncode, "celoss ce m.json --missing skip" in done.stderr) == (3, True)
