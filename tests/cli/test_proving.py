"""The commands of explanations: each was run on the data and gives the number that it stands beside."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import celoss


def explanations(folder: Path, *words: str) -> list[dict[str, Any]]:
    done = celoss("reconcile", *words, "--json", "--max-shown", "60", cwd=folder)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout)["reconciliation"]["explanations"])


def written(folder: Path, text: str, name: str = "p.csv") -> str:
    (folder / name).write_text(text)
    return name


YES_NO = "id,logit,label\n1,.3,yes\n2,-1,no\n3,.9,no\n4,2.5,yes\n5,.55,yes\n"
ALL_IGNORED = "id,logit_0,logit_1,target\n1,0.3,1,-100\n2,1,0,-100\n"
IMPOSSIBLE = "id,logit_0,logit_1,target\n1,-inf,1,0\n2,1,0,-100\n"


@pytest.mark.parametrize(("text", "got"), [(YES_NO, "2"), (ALL_IGNORED, "0"), (IMPOSSIBLE, "0")])
def test_no_command_is_refused_or_gives_another_number(tmp_path: Path, text: str, got: str) -> None:
    name = written(tmp_path, text)
    for found in explanations(tmp_path, name, "--got", got):
        if found["command"] is not None:
            done = celoss(*shlex.split(found["command"])[1:], "--format", "value", cwd=tmp_path)
            assert done.returncode in (0, 1), done.stderr
            if not found["afterwards"]:
                assert float(done.stdout) == pytest.approx(found["value"], rel=1e-9)


def test_ignored_targets_of_arrays_leave_no_command(tmp_path: Path) -> None:
    np.savez(tmp_path / "k.npz", logits=np.zeros((3, 4, 5)), target=np.full((3, 5), -100))
    found = explanations(tmp_path, "k.npz", "--got", "0")
    assert found
    assert {one["command"] for one in found if one["value"] == 0} <= {None}


def test_a_command_that_gives_its_number_stays_with_what_is_done_by_hand(tmp_path: Path) -> None:
    """Ln 2 of each of two rows, over all four values."""
    name = written(tmp_path, "id,logit_0,logit_1,target\n1,0,0,0\n2,0,0,1\n")
    told = {(one["command"], *one["afterwards"]) for one in explanations(tmp_path, name, "--got", "0.346574")}
    assert (f"celoss ce {name} --reduction sum", "divided by 4") in told


def test_targets_of_minus_and_plus_1_are_not_taken_for_0_and_1(tmp_path: Path) -> None:
    rows = "id,score,target\n1,0.3,{}\n2,-1,{}\n3,.9,{}\n"
    taken = "labels 0 and 1 taken for -1 and +1 as they are"

    def told(*targets: str) -> set[str]:
        found = explanations(tmp_path, written(tmp_path, rows.format(*targets)), "--got", "0.53")
        return {part["words"] for one in found for part in one["deviations"]}

    assert taken in told("1", "0", "1")
    assert taken in told("yes", "no", "yes")
    assert taken not in told("1", "-1", "1")
    assert taken not in told("+1.0", "-1.0", "+1.0")


def test_a_negative_weight_of_a_row_is_refused_as_by_the_loss(tmp_path: Path) -> None:
    name = written(tmp_path, "id,logit_0,logit_1,target,weight\n1,1,2,0,-1\n2,1,2,1,2\n")
    done, loss = (
        celoss(*words, cwd=tmp_path) for words in (("reconcile", name, "--got", "1.31"), ("ce", name))
    )
    fact = f"{name}:2: Expected a sample weight that is finite and at least 0, got -1."
    assert (done.returncode, loss.returncode) == (3, 3)
    assert fact in done.stderr
    assert fact in loss.stderr
