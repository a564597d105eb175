"""Data of a JSON document that stands under a key, beside what is said of the run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from formulas import log_softmax
from running import Done

Run = Callable[..., Done]

LOGITS = [[0.9, 0.1], [0.2, 0.8], [1.5, -0.5]]
TARGETS = [0, 0, 1]
LOSS = float(-log_softmax(LOGITS, 1)[range(3), TARGETS].mean())
ROWS = [{"logits": row, "target": target} for row, target in zip(LOGITS, TARGETS, strict=True)]
ARRAYS = {"logits": LOGITS, "targets": TARGETS}
COLUMNS = {"a": [row[0] for row in LOGITS], "b": [row[1] for row in LOGITS], "target": TARGETS}
RUN = {"model": "m", "metrics": {"auc": 0.8}, "tags": ["x", "y"]}


def _written(path: Path, document: Any) -> str:
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "document",
    [
        {"results": ARRAYS},
        {"meta": {"model": "m"}, "results": {**ARRAYS, "acc": 0.5}},
        {"results": {"of": ARRAYS}, "note": None},
        {"results": {"rows": ROWS}, "model": "m"},
        {**RUN, "results": ROWS},
        {"results": COLUMNS},
        {"results": ARRAYS, "tags": ["x", "y"]},
        {"results": {"columns": [*COLUMNS], "data": [*map(list, zip(*COLUMNS.values(), strict=True))]}},
    ],
    ids=["arrays", "beside others", "deeper", "rows deeper", "rows", "columns", "beside a list", "split"],
)
def test_data_under_one_key_is_read(celoss: Run, tmp_path: Path, document: Any) -> None:
    path = _written(tmp_path / "t.json", document)
    done = celoss("ce", path, "--format", "value")
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(LOSS, rel=1e-15)
    assert '\nread what is under "results"\n' in celoss("ce", path).stdout


def test_what_is_wrong_within_has_its_path(celoss: Run, tmp_path: Path) -> None:
    wrong = {"results": {"logits": [[0.9, 0.1], [0.2, "x"]], "targets": [0, 1]}}
    done = celoss("ce", _written(tmp_path / "t.json", wrong))
    assert (done.returncode, done.stdout) == (3, "")
    assert "t.json: $.results.logits[1][1]: expected a number" in done.stderr
    done = celoss("ce", _written(tmp_path / "t.json", {"results": {**ARRAYS, "targets": [0, 7, 1]}}))
    assert "t.json: $.results.targets[1]" in done.stderr
    done = celoss("ce", _written(tmp_path / "t.json", {"results": {**COLUMNS, "b": [0.5, "x", 0.5]}}))
    assert "t.json: $.results.b[1]: expected a number" in done.stderr


@pytest.mark.parametrize("within", [ARRAYS, ROWS], ids=["arrays", "rows"])
def test_data_under_several_keys_is_refused_with_the_command_for_each(
    celoss: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, within: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    _written(tmp_path / "t.json", {"train": within, "test set": within})
    done = celoss("ce", "t.json")
    assert (done.returncode, done.stdout) == (3, "")
    assert 't.json: $: expected one set of arrays or rows, got several: "train", "test set"' in done.stderr
    assert "jq .train t.json | celoss ce --input-format json" in done.stderr
    assert """jq '."test set"' t.json | celoss ce --input-format json""" in done.stderr


def test_targets_under_one_key_are_read(celoss: Run, tmp_path: Path) -> None:
    inputs = _written(
        tmp_path / "x.json",
        {"results": {"rows": [{"id": i, "a": x, "b": y} for i, (x, y) in enumerate(LOGITS)]}},
    )
    truth = {"labels": {"rows": [{"id": i, "target": y} for i, y in [*enumerate(TARGETS)][::-1]]}, "by": "me"}
    done = celoss("ce", inputs, "--targets", f"@{_written(tmp_path / 'y.json', truth)}", "--format", "value")
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(LOSS, rel=1e-15)


@pytest.mark.parametrize(
    "document",
    [{"logits": LOGITS, "config": {"layers": [1, 2]}}, {"r": {"logits": LOGITS}, "targets": TARGETS}],
)
def test_what_is_within_is_no_data_where_the_object_itself_begins_to_be(
    celoss: Run, tmp_path: Path, document: Any
) -> None:
    done = celoss("ce", _written(tmp_path / "t.json", document))
    assert done.returncode == 3
    assert "t.json: $: expected" in done.stderr
