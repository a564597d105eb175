"""Numbers that people get from one dump of scored tokens, and what celoss says of each."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dumps import chat, completion, lines
from running import Done

Run = Callable[..., Done]

A = [("The", None), (" cat", -0.5), (" sat", -1.25), (".", -0.25)]
B = [("A", None), (" dog", -2.0)]


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    return lines(tmp_path / "dump.jsonl", [completion("a", A, prompt=2), completion("b", B, prompt=1)])


def explained(celoss: Run, path: Path, got: float, digits: int = 6) -> list[dict[str, Any]]:
    done = celoss("reconcile", path, f"--got={got:.{digits}f}", "--json", "--max-shown", "50")
    found: dict[str, Any] = json.loads(done.stdout)["reconciliation"]
    assert done.returncode == (0 if found["found"] else 1), done.stderr
    explanations: list[dict[str, Any]] = found["explanations"]
    return explanations


def names(explanation: dict[str, Any]) -> set[str]:
    return {part["name"] for part in explanation["deviations"]}


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (4 / 4, set()),
        (4 / 6, {"null-counted"}),
        (4 / 2, {"document"}),
        ((2 / 3 + 2) / 2, {"document-means"}),
        ((math.exp(2 / 3) + math.exp(2)) / 2, {"document-perplexities"}),
        (4 / 4 / math.log(2), {"bits"}),
        (math.e, {"perplexity"}),
        (math.exp(4 / 6), {"null-counted", "perplexity"}),
        (4 / 13 / math.log(2), {"byte", "bits"}),
        (math.exp(4 / 3), {"word", "perplexity"}),
        (math.exp(4 / 5), {"words-and-one", "perplexity"}),
        (-4 / 4, {"negative"}),
        (3.5 / 3, {"completion"}),
        (math.exp(0.5), {"prompt", "perplexity"}),
        (1.75 / 2, {"last-left-out"}),
        (2.0**1.0, {"power-of-2"}),
        (math.exp(1 / math.log(2)), {"exp-of-bits"}),
    ],
)
def test_the_numbers_that_people_get_are_explained(
    celoss: Run, dump: Path, value: float, wanted: set[str]
) -> None:
    found = [names(explanation) for explanation in explained(celoss, dump, value)]
    assert wanted in found
    assert all(len(other) >= min(map(len, found)) for other in found)


def test_the_command_of_an_explanation_gives_the_number(celoss: Run, dump: Path) -> None:
    for value in (4 / 4, 4 / 2, 4 / 13 / math.log(2), 4 / 3 / math.log(2), 3.5 / 3, 4.0):
        commands = [one["command"] for one in explained(celoss, dump, value) if not one["afterwards"]]
        given = [command for command in commands if command]
        assert given, value
        for command in given:
            done = celoss(*command.split()[1:], "--format", "value")
            assert float(done.stdout) == pytest.approx(value), command


def test_a_number_that_says_its_unit_needs_no_deviation_for_it(celoss: Run, dump: Path) -> None:
    done = celoss("reconcile", dump, "--got", "2.718282 ppl", "--json")
    explanations = json.loads(done.stdout)["reconciliation"]["explanations"]
    assert [names(one) for one in explanations][:1] == [set()]
    assert explanations[0]["afterwards"] == ["exp of it"]
    done = celoss("reconcile", dump, "--got", "1.000000 bits", "--json")
    assert {"nats"} in map(names, json.loads(done.stdout)["reconciliation"]["explanations"])


def test_what_no_way_of_averaging_gives_is_not_explained(celoss: Run, dump: Path) -> None:
    assert explained(celoss, dump, 0.123457) == []


def test_censored_values_that_were_averaged_are_found(celoss: Run, tmp_path: Path) -> None:
    scores = [("a", -1.0), ("b", -9999.0), ("c", -2.0)]
    path = lines(tmp_path / "dump.jsonl", [chat("a", scores, top=[-0.5, -4.5])])
    assert {"censored-averaged"} in map(names, explained(celoss, path, 10002 / 3))
    assert {"censored-bound"} in map(names, explained(celoss, path, 2.5))
    assert set() in map(names, explained(celoss, path, 1.5))


def test_means_of_batches_of_unequal_tokens_are_found(celoss: Run, tmp_path: Path) -> None:
    sizes = [1, 5, 2, 7, 3, 1, 9, 4]
    documents = [[-0.1 * at - 0.05 * step for step in range(size)] for at, size in enumerate(sizes, 1)]
    path = lines(
        tmp_path / "dump.jsonl",
        [chat(f"d{at}", [("x", p) for p in scores]) for at, scores in enumerate(documents)],
    )
    for size in (2, 4):
        batches = [[p for one in documents[at : at + size] for p in one] for at in range(0, 8, size)]
        value = -sum(sum(batch) / len(batch) for batch in batches) / len(batches)
        assert {f"batches-of-{size}"} in map(names, explained(celoss, path, value))


def test_options_of_classes_are_refused(celoss: Run, dump: Path) -> None:
    done = celoss("reconcile", dump, "--got", "1", "--label-smoothing", "0.1")
    assert (done.returncode, "with scored tokens" in done.stderr) == (2, True)


# ------------------------------------------------------------------------------------------- diagnose


def codes(celoss: Run, path: Path, loss: str = "nll") -> dict[str, str]:
    done = celoss("diagnose", path, "--loss", loss, "--json")
    found = json.loads(done.stdout)
    return {one["code"]: one["message"] for one in found["findings"]}


def test_diagnose_tells_what_a_mean_would_hide(celoss: Run, tmp_path: Path) -> None:
    scores = [("a", -1.0), ("b", -9999.0), ("c", 0.5), ("d", 0)]
    path = lines(tmp_path / "dump.jsonl", [chat("a", scores), chat("a", scores)])
    found = codes(celoss, path)
    assert found["CEL221"] == "1 token with -9999 for the log-probability: which no mean is taken of"
    assert found["CEL232"] == "1 token has a log-probability above 0"
    assert {"CEL222", "CEL225"} <= set(found)


def test_diagnose_tells_choices_that_nobody_scored(celoss: Run, tmp_path: Path) -> None:
    record = {
        "doc_id": 0,
        "target": 0,
        "arguments": [["Q", " a"], ["Q", " b"]],
        "filtered_resps": [[0.0, False], [0.0, False]],
        "acc": 1.0,
    }
    found = codes(celoss, lines(tmp_path / "samples_t.jsonl", [record]), "ce")
    assert found["CEL233"] == "1 document has the same log-likelihood for all choices"
