"""HELM's statistics of instances, and details of lighteval, which do not say what their numbers are of."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running import Done

Run = Callable[..., Done]
Result = Callable[..., dict[str, Any]]


def stat(name: str, value: float, count: int = 1) -> dict[str, Any]:
    named = {"name": name, "split": "test"}
    return {"name": named, "count": count, "sum": value, "sum_squared": value**2, "mean": value / count}


def instance(name: str, logprob: float, tokens: int, size: int, **more: Any) -> dict[str, Any]:
    sums = {"num_references": 0, "logprob": logprob, "num_perplexity_tokens": tokens, "num_bytes": size}
    stats = [stat(key, value) for key, value in sums.items()]
    return {"instance_id": name, "train_trial_index": 0, "stats": stats, **more}


def written(path: Path, records: list[Any]) -> Path:
    path.write_text(json.dumps(records, indent=2))
    return path


def test_sums_of_instances_by_tokens_and_bytes(celoss: Run, result: Result, tmp_path: Path) -> None:
    """HELM's perplexity is exp of -sum over tokens, its bits_per_byte -sum over bytes and ln 2."""
    records = [instance("id1", -50, 20, 60), instance("id2", -12, 5, 15)]
    path = written(tmp_path / "per_instance_stats.json", records)
    for words in ((), ("--input-format", "helm")):
        found = result("nll", path, *words, "--per", "token")
        assert found["perplexity"] == pytest.approx(math.exp(62 / 25))
        assert found["input"]["format"] == "helm"
    found = result("nll", path, "--per", "byte", "--base", "2", "--by", "document")
    assert found["value"] == pytest.approx(62 / 75 / math.log(2))
    assert [group["name"] for group in found["groups"]] == ["id1", "id2"]
    assert found["tokens"]["words"]["count"] is None
    assert "expected to know how many words" in celoss("nll", path, "--per", "word").stderr


def test_windows_and_trials_count_each_and_perturbed_instances_are_refused(
    celoss: Run, result: Result, tmp_path: Path
) -> None:
    windows = [instance("a", -4, 2, 8), instance("a", -6, 3, 12)]
    trial = {**instance("a", -5, 3, 12), "train_trial_index": 1}
    found = result("nll", written(tmp_path / "stats.json", [*windows, trial]), "--by", "document")
    assert (found["total"], found["value"], found["rows"]) == (15.0, 15 / 8, 3)
    assert [group["name"] for group in found["groups"]] == ["a", "a trial 1"]
    perturbed = {**windows[0], "perturbation": {"name": "typos"}}
    told = celoss("nll", written(tmp_path / "stats.json", [*windows, perturbed])).stderr
    assert "stats.json: $[2]: $.perturbation: expected an instance as it is, got a perturbed one" in told
    assert "jq 'map(select(.perturbation == null))'" in told


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            [stat("exact_match", 1)],
            '$.stats: expected the statistic logprob, got "exact_match" (HELM writes it for',
        ),
        ([], "$.stats: expected the statistic logprob, got none"),
        (
            [stat("logprob", -1), stat("logprob", -2)],
            "$.stats[1].sum: expected one sum of logprob, got another",
        ),
        ([stat("logprob", -1), stat("num_bytes", 1.5)], "$.stats[1].sum: expected a number of bytes, got"),
        ([stat("logprob", -1), stat("num_bytes", -1)], "$.stats[1].sum: expected a number of bytes, got"),
        ([{**stat("logprob", -1), "sum": None}], "$.stats[0].sum: expected a log-likelihood, got null"),
        ([{"name": "logprob", "sum": -1}], "$.stats[0].name: expected an object, got"),
        ([7], "$.stats[0]: expected an object, got"),
    ],
)
def test_statistics_that_are_none_are_refused(
    celoss: Run, tmp_path: Path, changed: list[Any], told: str
) -> None:
    path = written(tmp_path / "stats.json", [{**instance("a", -1, 1, 1), "stats": changed}])
    done = celoss("nll", path)
    assert (done.returncode, f"stats.json: $[0]: {told}" in done.stderr) == (3, True), done.stderr


def test_details_of_lighteval_are_refused_with_what_to_do(celoss: Run, tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    row = {
        "doc": {"query": "q", "choices": ["a", "b"], "gold_index": [0]},
        "metric": {"acc": 1.0},
        "model_response": {"input": "q", "logprobs": [-1.5, -2.5], "argmax_logits_eq_gold": [True, False]},
    }
    path = tmp_path / "details.parquet"
    pq.write_table(pa.Table.from_pylist([row, row]), path)
    for loss in ("nll", "ce"):
        done = celoss(loss, path)
        assert done.returncode == 3
        assert (
            "got details of lighteval: the numbers in model_response.logprobs are sums of choices"
            in done.stderr
        )
        assert "--input-is token-logprobs --per byte" in done.stderr
