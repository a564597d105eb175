"""Classes whose names are marks, or begin with one: none of their columns is lost, in every format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from formulas import log_softmax
from running import celoss

from celoss_cli.read.roles.groups import labels_of
from celoss_cli.read.roles.words import ends, starts

_Rows = list[dict[str, object]]

GROUPS = [
    ("logit_+ logit_- logit_0", "+ - 0"),
    ("logit_* logit_? logit_[a]", "* ? [a]"),
    ("logit_@a logit_=b logit_+c", "@a =b +c"),
    ("logit_(a) logit_(b) logit_c", "(a) (b) c"),
    ("logit_-x logit_--y logit_-z", "x -y z"),
    ("logit_[red]x logit_[/] logit_[link=q]", "[red]x [/] [link=q]"),
    ("logit+ logit- logit0", "+ - 0"),
    ("logit:=: logit:=a logit:=b", ": a b"),
    ("logit__ logit_. logit_a", "_ . a"),
    ("+_logit -_logit 0_logit", "+ - 0"),
    ("+logit -logit 0logit", "+ - 0"),
    ("(-logit a-logit b--logit", "( a b-"),
    ("model_logit_- model_logit_+ model_logit_(", "- + ("),
]


def cross_entropy(x: np.ndarray, y: list[int]) -> float:
    return float(-log_softmax(x, axis=1)[np.arange(len(y)), y].mean())


def _csv(folder: Path, rows: _Rows) -> Path:
    lines = [",".join(map(str, row)) for row in [[*rows[0]], *(row.values() for row in rows)]]
    (folder / "rows.csv").write_text("\n".join(lines) + "\n")
    return folder / "rows.csv"


def _jsonl(folder: Path, rows: _Rows) -> Path:
    (folder / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return folder / "rows.jsonl"


def _parquet(folder: Path, rows: _Rows) -> Path:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.Table.from_pylist(rows), folder / "rows.parquet")
    return folder / "rows.parquet"


@pytest.mark.parametrize(
    ("written", "whole"), [(_csv, False), (_csv, True), (_jsonl, False), (_parquet, True)]
)
@pytest.mark.parametrize(("names", "labels"), GROUPS)
def test_no_class_is_lost_that_no_target_is(
    names: str, labels: str, whole: bool, written: Callable[[Path, _Rows], Path], tmp_path: Path
) -> None:
    """Each pair of classes as targets, so that the column of the third is known by its name alone."""
    columns, classes = names.split(), (names if whole else labels).split()
    x = np.random.default_rng(5).normal(size=(8, 3)).round(2)
    for lost in range(3):
        y = [i for i in range(3) if i != lost] * 4
        rows = [
            {"id": f"r{i}", **dict(zip(columns, map(float, x[i]), strict=True)), "target": classes[y[i]]}
            for i in range(8)
        ]
        done = celoss("ce", written(tmp_path, rows), "--format", "value")
        due = cross_entropy(x, y)
        assert done.returncode == 0, done.stderr
        assert float(done.stdout) == pytest.approx(due, rel=1e-12)


@pytest.mark.parametrize(("names", "labels"), GROUPS)
def test_the_marks_of_a_class_are_in_its_name(names: str, labels: str) -> None:
    assert labels_of(names.split()) == tuple(labels.split())


def test_where_the_name_of_a_class_may_start_and_end() -> None:
    assert [*starts("p_a", 1)] == [2]
    assert [*starts("p_(a", 1)] == [3, 2]
    assert [*starts("p_-", 1)] == [2]
    assert [*starts("p-", 1)] == [1]
    assert [*starts("p", 1)] == []
    assert [*starts("pa", 1)] == [1]
    assert [*ends("a_p", 2)] == [1]
    assert [*ends("a-_p", 3)] == [1, 2]
    assert [*ends("-_p", 2)] == [1]
    assert [*ends("-p", 1)] == [1]
    assert [*ends("p", 0)] == []
    assert len([*starts("p" + 1000 * "_" + "a", 1)]) == len([*ends("a" + 1000 * "_" + "p", 1001)]) == 9


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        ("logit_a logit_b logit-c", "logit_*"),
        ("logit_a logit_b logit.c", "logit_*"),
        ("logit_a logit_b Logit_c", "logit_*"),
        ("logit0 logit1 logit_unk", "logit0,logit1"),
        ("a_logit b_logit c-logit", "*_logit"),
        ("score_a score_b score.c", "score_*"),
    ],
)
def test_a_class_with_other_marks_is_left_out_by_nobody_but_the_user(
    names: str, pattern: str, tmp_path: Path
) -> None:
    """Refused, with a command for all columns and one for those with the same marks, which both work."""
    columns, x = names.split(), np.random.default_rng(6).normal(size=(8, 3)).round(2)
    labels = [name[5:].strip("_-.") if name[0] not in "abc" else name[0] for name in columns]
    rows: _Rows = [
        {"id": f"r{i}", **dict(zip(columns, map(float, x[i]), strict=True)), "target": labels[i % 2]}
        for i in range(8)
    ]
    refused = celoss("ce", path := _csv(tmp_path, rows), "--format", "value")
    assert refused.returncode == 3
    y = [0, 1] * 4
    for wanted, classes in ((",".join(columns), 3), (pattern, 2)):
        assert (
            f"--class-columns '{wanted}'" in refused.stderr or f"--class-columns {wanted} " in refused.stderr
        )
        done = celoss("ce", path, "--format", "value", "--class-columns", wanted)
        due = cross_entropy(x[:, :classes], y)
        assert float(done.stdout) == pytest.approx(due, rel=1e-12)


@pytest.mark.parametrize(
    ("names", "others"),
    [
        ("logit_a logit_b", "logit.max"),
        ("logit_a logit_b", "logit"),
        ("logit_a logit_b", "cal_logit.a"),
        ("logit_a logit_b", "prob.c"),
    ],
)
def test_what_is_known_to_be_no_class_leaves_no_doubt(names: str, others: str, tmp_path: Path) -> None:
    columns, x = [*names.split(), others], np.random.default_rng(7).normal(size=(8, 3)).round(2)
    rows: _Rows = [
        {"id": f"r{i}", **dict(zip(columns, map(float, x[i]), strict=True)), "target": "ab"[i % 2]}
        for i in range(8)
    ]
    done = celoss("ce", _csv(tmp_path, rows), "--format", "value")
    due = cross_entropy(x[:, :2], [0, 1] * 4)
    assert float(done.stdout) == pytest.approx(due, rel=1e-12)
