"""Partial results: any split of the rows, added in any order, gives the bytes of one run."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from celoss_cli.cli.main import run
from celoss_cli.errors import ExitCode

Capture = pytest.CaptureFixture[str]

HEADER = "a,b,c,group,target\n"
CLASSES = ["--class-columns", "a,b,c"]


def rows(seed: int, count: int) -> list[str]:
    numbers = random.Random(seed)
    return [
        ",".join(
            [*(f"{numbers.gauss(0, 9):.6g}" for _ in "abc"), numbers.choice("xyz"), str(numbers.randrange(3))]
        )
        + "\n"
        for _ in range(count)
    ]


def shard(folder: Path, name: str, lines: Sequence[str], *options: str) -> str:
    data, partial = folder / f"{name}.csv", folder / f"{name}.json"
    data.write_text(HEADER + "".join(lines))
    emit = ["--emit-partial", str(partial), "--on-empty", "nan", "--json"]
    assert run(["ce", str(data), *CLASSES, *options, *emit]) == ExitCode.DONE
    return str(partial)


def stable(report: dict[str, Any]) -> dict[str, Any]:
    """The report without the names of the files."""
    return {**report, "input": {**report["input"], "files": None}}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 99), cuts=st.lists(st.integers(0, 30), max_size=3), order=st.randoms())
@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--by", "class", "--quantiles", "0.1,0.5,1"],
        ["--by", "group", "--weight", "1,2,3", "--ignore-index", "1"],
        ["--reduction", "sum", "--base", "2", "--label-smoothing", "0.1"],
    ],
    ids=["mean", "by class", "by group", "sum"],
)
def test_any_split_in_any_order_gives_the_whole(
    tmp_path: Path, capfd: Capture, options: list[str], seed: int, cuts: list[int], order: random.Random
) -> None:
    lines = rows(seed, 30)
    edges = [0, *sorted(cuts), 30]
    parts = [
        shard(tmp_path, f"part{i}", lines[start:stop], *options)
        for i, (start, stop) in enumerate(pairwise(edges))
    ]
    order.shuffle(parts)
    (tmp_path / "whole.csv").write_text(HEADER + "".join(lines))
    capfd.readouterr()
    assert run(["ce", str(tmp_path / "whole.csv"), *CLASSES, *options, "--json"]) == 0
    whole = json.loads(capfd.readouterr().out)
    assert run(["merge", *parts, "--json"]) == 0
    merged = json.loads(capfd.readouterr().out)
    assert stable(merged) == stable(whole)


def test_merging_in_a_tree_is_the_same(tmp_path: Path, capfd: Capture) -> None:
    lines = rows(1, 9)
    parts = [shard(tmp_path, f"p{i}", lines[i : i + 3]) for i in (0, 3, 6)]
    both = str(tmp_path / "both.json")
    assert run(["merge", parts[2], parts[0], "--emit-partial", both, "--json"]) == 0
    capfd.readouterr()
    assert run(["merge", both, parts[1], "--format", "value"]) == 0
    tree = capfd.readouterr().out
    assert run(["merge", *parts, "--format", "value"]) == 0
    assert capfd.readouterr().out == tree


@pytest.mark.parametrize(
    ("options", "differs"),
    [
        (["--weight", "1,1,2"], "options"),
        (["--reduction", "sum"], "reduction"),
        (["--dtype", "float32"], "options"),
        (["--by", "class"], "by"),
        (["--class-columns", "a,b"], "classes"),
    ],
)
def test_parts_of_other_computations_are_refused(
    tmp_path: Path, capfd: Capture, options: list[str], differs: str
) -> None:
    one = shard(tmp_path, "one", rows(1, 3))
    (tmp_path / "two.csv").write_text(HEADER + "1,2,3,x,0\n")
    other = str(tmp_path / "two.json")
    classes = [] if "--class-columns" in options else CLASSES
    two = ["ce", str(tmp_path / "two.csv"), *classes, *options, "--emit-partial", other, "--json"]
    assert run(two) == 0
    capfd.readouterr()
    assert run(["merge", one, other]) == ExitCode.BAD_INPUT
    said = capfd.readouterr().err
    assert f"expected the {differs} of the first partial result" in said
    assert "two.json" in said


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.pop("tally"),
        lambda document: document["tally"].update(rows=-1),
        lambda document: document["tally"].update(rows=1.5),
        lambda document: document["tally"]["loss"].update(times_2_1074="12"),
        lambda document: document.update(loss="mse"),
        lambda document: document.update(celoss_partial=99),
        lambda document: document.pop("celoss_partial"),
        lambda document: document.update(levels={"x": 1}),
        lambda document: document.update(options={"nonsense": 1}),
    ],
)
def test_a_damaged_partial_result_is_refused(tmp_path: Path, capfd: Capture, change: Any) -> None:
    path = Path(shard(tmp_path, "one", rows(1, 3)))
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    capfd.readouterr()
    assert run(["merge", str(path)]) == ExitCode.BAD_INPUT
    said = capfd.readouterr()
    assert "one.json: expected a" in said.err
    assert said.out == ""


def test_a_partial_result_needs_a_reduction(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "p.csv").write_text(HEADER + "1,2,3,x,0\n")
    partial = tmp_path / "p.json"
    command = ["ce", str(tmp_path / "p.csv"), *CLASSES, "--reduction", "none", "--format", "csv"]
    assert run([*command, "--emit-partial", str(partial)]) == ExitCode.USAGE
    assert not partial.exists()
    assert "Expected a reduction with --emit-partial" in capfd.readouterr().err
