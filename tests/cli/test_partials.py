"""Partial results in Python: what a task of any engine computes, the sum of them, and what it says."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from parted import Celoss, folder_of

import celoss_cli
from celoss_cli import InputError, UsageError

Partial: Any = celoss_cli.Partial
partial: Any = celoss_cli.partial


data = folder_of("abcd", 6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, []),
        ({"label_smoothing": 0.1, "by": "class"}, ["--label-smoothing", "0.1", "--by", "class"]),
        ({"weight": [1.0, 3.0], "quantiles": (0.5, 0.9)}, ["--weight", "1,3", "--quantiles", "0.5,0.9"]),
        ({"reduction": "sum", "allow_nonfinite": True}, ["--reduction", "sum", "--allow-nonfinite"]),
        ({"target_column": "target", "jobs": 1, "header": True}, ["--target-column", "target", "--header"]),
    ],
)
def test_the_sum_of_parts_is_what_the_command_says_of_all(
    celoss: Celoss, options: dict[str, Any], words: list[str]
) -> None:
    parts = [partial(Path("data", f"{name}.csv"), **options) for name in "abcd"]
    whole = sum(parts)
    expected = json.loads(celoss("ce", "data", *words, "--json").stdout)
    assert whole.report() == expected
    assert whole.value == expected["value"]
    assert (parts[3] + (parts[1] + parts[0]) + parts[2]).value == expected["value"]


def test_a_partial_result_travels(celoss: Celoss) -> None:
    one = partial("data/a.csv") + partial("data/b.csv")
    assert pickle.loads(pickle.dumps(one)).to_json() == one.to_json()  # noqa: S301
    Path("one.json").write_text(one.to_json())
    merged = celoss("merge", "one.json", "--format", "value")
    assert float(merged.stdout) == Partial.from_json(Path("one.json").read_text()).value
    assert repr(one) == "<partial cross_entropy of 12 rows>"


def test_shards_and_losses_are_those_of_the_command(celoss: Celoss) -> None:
    parts = [partial("data/*.csv", shard=f"{index}/3", jobs=1) for index in range(3)]
    for index, part in enumerate(parts):
        Path(f"{index}.json").write_text(part.to_json())
    merged = celoss("merge", "0.json", "1.json", "2.json", "--expect-parts", "3", "--format", "value")
    assert float(merged.stdout) == sum(parts).value == float(celoss("ce", "data", "--format", "value").stdout)
    Path("p.csv").write_text("p,target\n0.8,1\n0.3,0\n")
    found = partial("p.csv", "bce").value
    assert found == pytest.approx(-(math.log(0.8) + math.log(0.7)) / 2, rel=1e-15)


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        (lambda: partial("data", "entropy"), UsageError, "Expected a loss of ce, nll"),
        (lambda: partial("data", max=3), UsageError, 'expected a known key, got "max"'),
        (lambda: partial("data", rows=3), UsageError, 'expected a known key, got "rows"'),
        (lambda: partial("data", label_smoothing="much"), UsageError, "expected a number"),
        (lambda: partial("data", reduction="none"), UsageError, "Expected a reduction"),
        (lambda: partial("data", shard="3/3"), UsageError, "expected a shard from 0/3"),
        (lambda: partial("nowhere.csv"), InputError, "nowhere.csv: No such file"),
        (
            lambda: Partial.from_json("{}"),
            InputError,
            "expected a partial result as --emit-partial writes it",
        ),
        (lambda: Partial.from_json("{"), InputError, "expected a partial result as JSON, got no JSON"),
        (lambda: partial("data/a.csv") + partial("data/a.csv"), InputError, "data of each part once"),
        (lambda: partial("data/a.csv") + partial("data/b.csv", by="class"), InputError, "expected the by"),
    ],
)
def test_what_is_no_partial_result_is_refused(
    call: Callable[[], object], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said):
        call()


def test_nothing_is_added_to_something_else() -> None:
    with pytest.raises(TypeError):
        partial("data/a.csv") + 1
    with pytest.raises(TypeError):
        1 + partial("data/a.csv")


def test_nothing_counted_is_said(celoss: Celoss) -> None:
    Path("none.csv").write_text("no,yes,target\n1,2,-100\n")
    none = partial("none.csv")
    with pytest.raises(InputError, match="expected at least one counted target"):
        none.report()
    assert none.report(on_empty="zero")["value"] == 0.0
    assert (none + partial("data/a.csv")).value == partial("data/a.csv").value
