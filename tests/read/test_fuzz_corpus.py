"""The inputs that fuzzing found worth keeping, tried again: each is read or refused."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from paths import FUZZ

pytestmark = pytest.mark.fuzz


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz_readers", FUZZ / "fuzz_readers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("reader", ["csv", "json", "jsonl", "npy", "npz", "parquet", "arrow", "tokens"])
def test_the_corpus_is_read_or_refused_and_every_way_agrees(reader: str) -> None:
    module = loaded()
    inputs = list(module.corpus(reader))
    for data in inputs:
        module.TARGETS[reader](data)  # raises for what is neither
    assert len(inputs) > 3


def test_the_search_without_guidance_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = loaded()
    module.at_random(module.TARGETS["jsonl"], "jsonl", 0.3, tmp_path)
    assert int(capsys.readouterr().out.split()[0]) > 10
