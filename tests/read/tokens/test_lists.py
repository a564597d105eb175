"""A list of log-probabilities in each row is a document of that many tokens; none of them is dropped."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import Done

Run = Callable[..., Done]
Result = Callable[..., dict[str, Any]]

TOKENS = ("--input-is", "token-logprobs")
VALUES = [[-0.125, -0.5], [-0.25, -0.5], [-0.375, -0.5]]
RAGGED = [[-0.125], [-0.25, -0.5], [-0.375, -0.5, -1.0]]


def _lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def _npy(folder: Path) -> Path:
    np.save(folder / "a.npy", np.array(VALUES))
    return folder / "a.npy"


def _npz(folder: Path) -> Path:
    np.savez(folder / "a.npz", id=np.array([4, 5, 6]), token_logprobs=np.array(VALUES))
    return folder / "a.npz"


def _safetensors(folder: Path) -> Path:
    pytest.importorskip("safetensors")
    from safetensors.numpy import save_file

    save_file({"logprobs": np.array(VALUES)}, folder / "a.safetensors")
    return folder / "a.safetensors"


def _table() -> Any:
    pyarrow = pytest.importorskip("pyarrow")
    return pyarrow.table({"id": [4, 5, 6], "logprobs": pyarrow.array(VALUES)})


def _parquet(folder: Path) -> Path:
    pytest.importorskip("pyarrow.parquet").write_table(_table(), folder / "a.parquet")
    return folder / "a.parquet"


def _arrow(folder: Path) -> Path:
    pytest.importorskip("pyarrow.feather").write_feather(_table(), folder / "a.arrow")
    return folder / "a.arrow"


def _json(value: Any) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / "a.json").write_text(json.dumps(value))
        return folder / "a.json"

    return write


def _jsonl(folder: Path) -> Path:
    rows = [{"doc_id": n, "tokens": ["a", "b"], "logprobs": row} for n, row in enumerate(VALUES)]
    return _lines(folder / "a.jsonl", rows)


WRITERS = {
    "npy": _npy,
    "npz": _npz,
    "safetensors": _safetensors,
    "parquet": _parquet,
    "arrow": _arrow,
    "array": _json(VALUES),
    "by name": _json({"logprobs": VALUES}),
    "with ids": _json({"id": [4, 5, 6], "token_logprobs": VALUES}),
    "objects": _json([{"id": n, "token_logprobs": row} for n, row in enumerate(VALUES)]),
    "nested": _json([{"id": n, "model": {"logprobs": row}} for n, row in enumerate(VALUES)]),
    "jsonl": _jsonl,
}


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS.keys())
def test_each_row_is_a_document(result: Result, tmp_path: Path, writer: Callable[[Path], Path]) -> None:
    path = writer(tmp_path)
    found = result("nll", path, *TOKENS)
    assert (found["value"], found["elements"], found["rows"]) == (-np.mean(VALUES), 6, 3)
    found = result("nll", path, *TOKENS, "--per", "document")
    assert found["value"] == -np.sum(VALUES) / 3


def test_rows_of_json_have_lists_of_any_length_and_texts(celoss: Run, result: Result, tmp_path: Path) -> None:
    texts = [["ab", " c", "def"][: len(row)] for row in RAGGED]
    rows: list[dict[str, Any]] = [
        {"doc_id": f"d{n}", "tokens": texts[n], "logprobs": row} for n, row in enumerate(RAGGED)
    ]
    path = _lines(tmp_path / "r.jsonl", rows)
    total = -sum(map(sum, RAGGED))
    found = result("nll", path, *TOKENS, "--per", "byte", "--worst", "1")
    assert (found["value"], found["elements"]) == (total / (2 + 4 + 7), 6)
    assert found["worst_documents"][0]["id"] == "d2"
    assert found["input"]["columns"]["id"] == "doc_id"
    done = celoss("compare", path, path, "--loss", "nll", *TOKENS)
    assert (done.returncode, "on the same 3 rows, aligned by id" in done.stdout) == (0, True)
    rows[1] = {**rows[1], "logprobs": -0.25}
    done = celoss("nll", _lines(path, rows), *TOKENS)
    assert (done.returncode, "r.jsonl:2: $.logprobs: expected a list" in done.stderr) == (3, True)
    rows[1] = {**rows[1], "logprobs": [-0.25]}
    done = celoss("nll", _lines(path, rows), *TOKENS)
    assert (done.returncode, "for each of 2 tokens, got 1" in done.stderr) == (3, True)


def test_a_row_with_a_field_of_errors_is_no_failed_request(result: Result, tmp_path: Path) -> None:
    rows = [{"id": n, "error": 0.5, "logprobs": row} for n, row in enumerate(RAGGED)]
    assert result("nll", _lines(tmp_path / "r.jsonl", rows), *TOKENS)["elements"] == 6


def test_weights_of_rows_weigh_each_token(result: Result, tmp_path: Path) -> None:
    rows = [{"weight": n, "logprobs": row} for n, row in enumerate(VALUES, 1)]
    found = result("nll", _lines(tmp_path / "w.jsonl", rows), *TOKENS)
    assert found["value"] == -sum(n * sum(row) for n, row in enumerate(VALUES, 1)) / (2 * (1 + 2 + 3))


def test_several_columns_and_further_axes_are_refused(celoss: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([VALUES, VALUES]))
    (tmp_path / "t.csv").write_text("id,logprob0,logprob1\n1,-0.1,-0.3\n2,-0.2,-0.3\n")
    for words in (("a.npy",), ("t.csv", "--class-columns", "logprob*")):
        done = celoss("nll", *words, *TOKENS, cwd=tmp_path)
        assert (done.returncode, "expected one log-probability a row, got several" in done.stderr) == (
            3,
            True,
        )


def test_lists_beside_bytes_and_part(result: Result, tmp_path: Path) -> None:
    np.savez(tmp_path / "u.npz", logprobs=np.array(VALUES), bytes=np.ones((3, 2)))
    assert result("nll", tmp_path / "u.npz", *TOKENS)["elements"] == 6


def test_lists_of_typed_columns_of_several_lengths_are_refused(celoss: Run, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"logprobs": pyarrow.array(RAGGED)}), tmp_path / "r.parquet")
    done = celoss("nll", tmp_path / "r.parquet", *TOKENS)
    assert (done.returncode, "read from JSON Lines" in done.stderr) == (3, True)


def test_arrays_that_are_named_as_log_probabilities_lead_to_the_option(celoss: Run, tmp_path: Path) -> None:
    for write in (_npz, WRITERS["by name"], WRITERS["objects"]):
        path = write(tmp_path)
        done = celoss("nll", path.name, cwd=tmp_path)
        name = "logprobs" if write is WRITERS["by name"] else "token_logprobs"
        told = f"celoss nll {path.name} --input-is token-logprobs --class-columns {name}"
        assert (done.returncode, told in done.stderr) == (3, True), done.stderr


@pytest.mark.parametrize("command", ["nll", "ce"])
def test_tokens_without_the_option_lead_to_it(celoss: Run, tmp_path: Path, command: str) -> None:
    path = _jsonl(tmp_path)
    done = celoss(command, path.name, cwd=tmp_path)
    assert done.returncode == 3
    assert 'expected values of classes, got "logprobs" of the "tokens" of each row' in done.stderr
    assert "celoss nll a.jsonl --input-is token-logprobs --class-columns logprobs" in done.stderr
