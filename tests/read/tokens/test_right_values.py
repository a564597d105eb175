"""Numbers of language models that were worked out by hand, and what they must not be."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dumps import FORMATS, base_file, chat, lines
from running import Done

Run = Callable[..., Done]
Result = Callable[..., dict[str, Any]]

A = [("The", None), (" cat", -0.5), (" sat", -1.25), (".", -0.25)]
B = [("A", None), (" dog", -2.0)]


@pytest.mark.parametrize("format", FORMATS)
def test_two_documents_by_each_divisor(celoss: Run, result: Result, tmp_path: Path, format: str) -> None:
    """Sums 2 and 2 over 3 and 1 tokens; the two first ones have no score, which is none and not 0."""
    path = lines(tmp_path / "dump.jsonl", [FORMATS[format]("a", A), FORMATS[format]("b", B)])
    found = result("nll", path)
    assert (found["value"], found["counted"]) == (4 / 4, 4)
    assert found["perplexity"] == pytest.approx(2.718282, abs=1e-6)
    assert result("nll", path, "--per", "document")["value"] == 2.0
    for wrong, name in (("1.333333", "document-means"), ("0.666667", "null-counted")):
        done = celoss("reconcile", path, "--got", wrong, "--json")
        told = json.loads(done.stdout)["reconciliation"]["explanations"][0]
        assert [deviation["name"] for deviation in told["deviations"]] == [name]


def test_rolling_log_likelihoods(result: Result, tmp_path: Path) -> None:
    records = [
        {
            "doc_id": doc,
            "arguments": [["x"]],
            "filtered_resps": [logprob],
            "word_perplexity": [logprob, words],
            "byte_perplexity": [logprob, size],
            "bits_per_byte": [logprob, size],
        }
        for doc, (logprob, words, size) in enumerate([(-50, 10, 60), (-12, 4, 15)])
    ]
    path = lines(tmp_path / "samples.jsonl", records)
    found = result("nll", path, "--per", "word")
    assert found["perplexity"] == pytest.approx(83.811600, abs=1e-6)
    found = result("nll", path, "--per", "byte")
    assert found["perplexity"] == pytest.approx(2.285687, abs=1e-6)
    assert found["tokens"]["bits_per_byte"] == pytest.approx(1.192628, abs=1e-6)


def test_choices_by_each_normalisation(result: Result, tmp_path: Path) -> None:
    """-4 / 3 and -6 / 10 by characters: the blank in front of a choice is the prompt's."""
    record = {
        "doc_id": 0,
        "target": 1,
        "arguments": [["Q", " yes"], ["Q", " not really"]],
        "filtered_resps": [[-4.0, False], [-6.0, False]],
    }
    path = lines(tmp_path / "samples.jsonl", [record])
    assert result("ce", path)["value"] == pytest.approx(2.126928, abs=1e-6)
    assert result("ce", path, "--choice-norm", "char")["value"] == pytest.approx(0.392248, abs=1e-6)


def test_the_standard_error_of_a_difference_is_that_of_documents(celoss: Run, tmp_path: Path) -> None:
    """Tokens taken as independent would give 0.068313, documents without G / (G - 1) 0.070711."""
    differences = {"a": [-0.1, -0.1], "b": [0.2], "c": [-0.3, -0.1, -0.2]}
    every = [d for ds in differences.values() for d in ds]
    mean = sum(every) / len(every)
    naive = math.sqrt(sum((d - mean) ** 2 for d in every) / (len(every) - 1) / len(every))
    clustered = math.sqrt(sum(sum(d - mean for d in ds) ** 2 for ds in differences.values())) / len(every)
    assert (naive, clustered) == pytest.approx((0.068313, 0.070711), abs=1e-6)
    before = {name: [-1.0] * len(ds) for name, ds in differences.items()}
    after = {name: [-1.0 - d for d in ds] for name, ds in differences.items()}
    paths = [
        lines(tmp_path / f"{side}.jsonl", [chat(name, [("x", p) for p in ps]) for name, ps in model.items()])
        for side, model in (("a", before), ("b", after))
    ]
    found = json.loads(celoss("compare", *paths, "--loss", "nll", "--json").stdout)["comparison"]
    assert found["difference"] == pytest.approx(-0.1)
    assert found["standard_error"] == pytest.approx(clustered * math.sqrt(3 / 2))
    assert found["standard_error"] == pytest.approx(0.086603, abs=1e-6)


def test_quantised_logits(result: Result, tmp_path: Path) -> None:
    """The logits 2, 1 and 0 and token 1: exactly 1.407606, and 1.407591 of what is written."""
    found = result("nll", base_file(tmp_path / "base", [[0, 0, 2, 1]], [[[2.0, 1.0, 0.0]]]))
    assert found["value"] == pytest.approx(1.407591, abs=1e-6)
    assert abs(found["value"] - 1.407606) <= found["tokens"]["quantisation_error"] + 1e-6
