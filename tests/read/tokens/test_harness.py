"""Log-likelihoods of lm-evaluation-harness come to its own numbers: its aggregation functions, run live.

The package is installed without what it needs for models: ``pip install --no-deps lm_eval`` and sacrebleu.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dumps import lines

metrics = pytest.importorskip("lm_eval.api.metrics", exc_type=ImportError)

Result = Callable[..., dict[str, Any]]

RNG = np.random.default_rng(20)
SUMS = (-RNG.exponential(40, 50)).tolist()
WORDS = RNG.integers(1, 60, 50).tolist()
BYTES = [6 * words + int(more) for words, more in zip(WORDS, RNG.integers(0, 9, 50), strict=True)]


@pytest.fixture
def rolling(tmp_path: Path) -> Path:
    return lines(
        tmp_path / "samples_rolling.jsonl",
        [
            {
                "doc_id": number,
                "doc": {},
                "target": "",
                "arguments": {"gen_args_0": {"arg_0": str(number)}},
                "resps": [[str(found)]],
                "filtered_resps": [str(found)],
                "filter": "none",
                "word_perplexity": [found, words],
                "byte_perplexity": [found, size],
                "bits_per_byte": [found, size],
            }
            for number, (found, words, size) in enumerate(zip(SUMS, WORDS, BYTES, strict=True))
        ],
    )


@pytest.mark.parametrize(("per", "sizes"), [("word", WORDS), ("byte", BYTES)])
def test_perplexities_of_rolling_log_likelihoods(
    result: Result, rolling: Path, per: str, sizes: list[int]
) -> None:
    wanted = metrics.weighted_perplexity(list(zip(SUMS, sizes, strict=True)))
    assert result("nll", rolling, "--per", per)["perplexity"] == pytest.approx(wanted, rel=1e-13)


def test_bits_per_byte(result: Result, rolling: Path) -> None:
    wanted = metrics.bits_per_byte(list(zip(SUMS, BYTES, strict=True)))
    assert result("nll", rolling, "--per", "byte", "--base", "2")["value"] == pytest.approx(wanted, rel=1e-13)


def test_perplexity_of_one_log_likelihood_a_document(result: Result, tmp_path: Path) -> None:
    path = lines(
        tmp_path / "samples_one.jsonl",
        [
            {
                "doc_id": number,
                "doc": {},
                "target": "",
                "arguments": [["The", f" end {number}"]],
                "resps": [[[found, False]]],
                "filtered_resps": [[found, False]],
                "filter": "none",
            }
            for number, found in enumerate(SUMS)
        ],
    )
    found = result("nll", path, "--per", "document")["value"]
    assert math.exp(found) == pytest.approx(metrics.perplexity(SUMS), rel=1e-13)


@pytest.mark.parametrize("norm", ["none", "char"])
def test_accuracies_of_choices(result: Result, tmp_path: Path, norm: str) -> None:
    records, right = [], []
    for number in range(40):
        texts = [f"{'x' * int(size)}{at}" for at, size in enumerate(RNG.integers(1, 20, 4))]
        scores, gold = (-RNG.exponential(10, 4)).tolist(), int(RNG.integers(4))
        divisors = [len(text) if norm == "char" else 1 for text in texts]
        best = int(np.argmax(np.divide(scores, divisors)))
        right.append(float(best == gold))
        records.append(
            {
                "doc_id": number,
                "doc": {},
                "target": gold,
                "arguments": [["Question", f" {text}"] for text in texts],
                "resps": [[[score, False]] for score in scores],
                "filtered_resps": [[score, False] for score in scores],
                "filter": "none",
                {"none": "acc", "char": "acc_norm"}[norm]: right[-1],
            }
        )
    found = result("ce", lines(tmp_path / "samples_c.jsonl", records), "--choice-norm", norm)
    by_norm = found["input"]["choices"]["by_norm"][norm]
    assert by_norm["accuracy"] == pytest.approx(metrics.mean(right))
    assert by_norm["own_accuracy"] == pytest.approx(metrics.mean(right))
    assert [(one["code"], one["count"]) for one in found["findings"]] == [("CEL229", 40)]
