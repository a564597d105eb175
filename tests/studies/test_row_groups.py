"""Shards of fewer files than shards: row groups of Parquet files, each once, and the bytes of one run."""

from __future__ import annotations

import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from parted import Celoss, done, told

from celoss_cli import InputError, Partial, partial
from celoss_cli.read.row_groups import RowGroups
from celoss_cli.read.shards import Piece, Shard, _share, dealt, parts_of

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

ROWS, SIZE = 110, 10
GROUPS = ROWS // SIZE


def table(rows: int, seed: int, **more: Any) -> Any:
    numbers = np.random.default_rng(seed)
    logits = {f"logit_{name}": numbers.normal(size=rows).astype(np.float32) for name in "abc"}
    return pa.table({**logits, "target": numbers.integers(0, 3, rows), **more})


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of eleven row groups."""
    monkeypatch.chdir(tmp_path)
    pq.write_table(table(ROWS, 1), "big.parquet", row_group_size=SIZE)


def shards(celoss: Celoss, of: int, *words: str, files: tuple[str, ...] = ("big.parquet",)) -> None:
    for index in range(of):
        found = celoss("ce", *files, *words, "--shard", f"{index}/{of}", "--emit-partial", "parts/", "--json")
        assert found.returncode == 0, found.stderr


@pytest.mark.parametrize("of", [1, 2, 3, 10, 11])
@pytest.mark.parametrize("options", [[], ["--by", "class", "--quantiles", "0.5,0.9"], ["--weight", "1,2,3"]])
def test_the_parts_of_one_file_are_one_run_to_the_byte(celoss: Celoss, of: int, options: list[str]) -> None:
    shards(celoss, of, *options)
    whole = done(celoss, "ce", "big.parquet", *options, "--json")
    assert done(celoss, "merge", "parts", "--expect-parts", str(of), "--json") == whole


def test_every_row_is_in_one_shard(celoss: Celoss) -> None:
    """The loss of each shard is that of its rows, which NumPy takes from the file."""
    rows = np.column_stack([column.to_numpy() for column in pq.read_table("big.parquet").columns])
    for of in (4, GROUPS):
        edges = [GROUPS * index // of * SIZE for index in range(of + 1)]
        for index, (start, end) in enumerate(pairwise(edges)):
            x, y = rows[start:end, :3], rows[start:end, 3].astype(int)
            wanted = (np.log(np.exp(x).sum(1)) - x[range(len(x)), y]).mean()
            found = json.loads(done(celoss, "ce", "big.parquet", "--shard", f"{index}/{of}", "--json"))
            assert found["rows"] == end - start
            assert found["value"] == pytest.approx(wanted, rel=1e-12)


def test_units_are_dealt_out_each_once() -> None:
    units = [Piece("a", RowGroups(at, at + 1, 5)) for at in range(5)] + [Piece("b"), Piece("c")]
    for of in range(1, 8):
        found = [_share(units, Shard(index, of)) for index in range(of)]
        assert all(found)
        groups = [
            piece.row_groups or RowGroups(0, 5, 5) for part in found for piece in part if piece.path == "a"
        ]
        assert (groups[0].first, groups[-1].end) == (0, 5)
        assert all(one.end == other.first for one, other in pairwise(groups))
        assert [piece.path for part in found for piece in part if piece.path != "a"] == ["b", "c"]
    assert _share(units, Shard(0, 1)) == [Piece("a"), Piece("b"), Piece("c")]


def test_files_that_are_enough_are_never_split() -> None:
    assert dealt(["big.parquet"], Shard(0, 1)) == [Piece("big.parquet")]
    assert parts_of([f"none/{index}.parquet" for index in range(64)])[3] == (
        Shard(3, 64),
        [Piece("none/3.parquet")],
    )


def test_a_table_of_text_is_not_split_and_that_is_told(celoss: Celoss) -> None:
    Path("t.csv").write_text("logit_a,logit_b,logit_c,target\n1,2,3,0\n")
    said = told(celoss, 3, "ce", "t.csv", "--shard", "0/2")
    assert (
        "for each of 2 shards, got 1 (deal them out to 1 shard or fewer; only Parquet files of several"
        in said
    )
    assert 'row groups are split, not "t.csv")' in said
    said = told(celoss, 3, "ce", "t.csv", "big.parquet", "--shard", "0/13")
    assert "for each of 13 shards, got 12 (" in said
    shards(celoss, 12, files=("t.csv", "big.parquet"))
    whole = done(celoss, "ce", "t.csv", "big.parquet", "--json")
    assert done(celoss, "merge", "parts", "--expect-parts", "12", "--json") == whole


def test_which_row_groups_a_shard_is_is_told(celoss: Celoss) -> None:
    found = celoss("ce", "big.parquet", "--shard", "1/3", "--format", "value")
    assert found.stderr == 'celoss: note: shard 1/3 is row groups 3 to 6 of 11 of "big.parquet"\n'
    [state] = json.loads(partial("big.parquet", shard="10/11").to_json())["origin"]["files"]
    assert state["row_groups"] == [10, 11, 11]


def test_a_folder_of_parts_has_one_for_each_row_group(celoss: Celoss) -> None:
    whole = done(celoss, "ce", "big.parquet", "--json")
    assert done(celoss, "ce", "big.parquet", "--emit-partial", "parts/", "--json") == whole
    assert len(os.listdir("parts")) == GROUPS
    Path("parts", "part-00004-of-00011.json").unlink()
    again = celoss("ce", "big.parquet", "--emit-partial", "parts/", "--json")
    assert (again.stdout, again.stderr) == (whole, "celoss: note: 10 of 11 parts taken as they stand\n")
    again = celoss("ce", "big.parquet", "--shard", "4/11", "--emit-partial", "parts/", "--format", "value")
    assert "celoss: note: 1 of 1 part taken as they stand\n" in again.stderr
    assert done(celoss, "merge", "parts", "--json") == whole


def test_a_file_of_very_many_row_groups_makes_no_more_parts_than_are_worth_it() -> None:
    pq.write_table(table(1000, 2), "many.parquet", row_group_size=1)
    found = parts_of(["many.parquet"])
    assert len(found) == 256
    assert [piece.row_groups for piece in found[255][1]] == [RowGroups(996, 1000, 1000)]


def test_a_row_group_counts_once(celoss: Celoss) -> None:
    done(celoss, "ce", "big.parquet", "--emit-partial", "all.json", "--format", "value")
    for index in range(3):
        Path(f"{index}.json").write_text(partial("big.parquet", shard=f"{index}/3").to_json())
    said = told(celoss, 3, "merge", "all.json", "1.json")
    assert 'expected each file once, got "big.parquet" (row groups 3 to 6 of 11) that is in all.json' in said
    done(celoss, "merge", "0.json", "2.json", "--emit-partial", "two.json", "--format", "value")
    assert "that is in two.json already" in told(celoss, 3, "merge", "two.json", "2.json")
    assert 'got "big.parquet" that is in two.json already' in told(celoss, 3, "merge", "two.json", "all.json")
    assert done(celoss, "merge", "two.json", "1.json", "--format", "value") == done(
        celoss, "merge", "all.json", "--format", "value"
    )


def test_places_are_those_of_the_file(celoss: Celoss) -> None:
    targets = np.zeros(ROWS, np.int64)
    targets[73] = 9
    bad = table(ROWS, 1).set_column(3, "target", pa.array(targets))
    pq.write_table(bad, "bad.parquet", row_group_size=SIZE)
    assert "bad.parquet: row 73" in told(celoss, 3, "ce", "bad.parquet")
    assert "bad.parquet: row 73" in told(celoss, 3, "ce", "bad.parquet", "--shard", "7/11")
    assert "bad.parquet: row 73" in told(celoss, 3, "ce", "bad.parquet", "--shard", "1/2")
    done(celoss, "ce", "bad.parquet", "--shard", "6/11", "--format", "value")


def test_a_file_that_was_written_again_in_other_row_groups_is_refused(celoss: Celoss) -> None:
    from celoss_cli.cli.part import part_of, plan_of

    groups = {"big.parquet": RowGroups(0, 2, 12)}
    with pytest.raises(InputError, match=r"big\.parquet: expected 12 row groups, got 11"):
        part_of(plan_of("ce", ["--", "big.parquet"], Shard(0, 6), groups))


def test_wide_files_and_lists_are_split_too(celoss: Celoss) -> None:
    """The two other ways of reading a row group: column by column, and a column of lists."""
    numbers = np.random.default_rng(5)
    x = numbers.normal(size=(60, 80)).astype(np.float32)
    y = numbers.integers(0, 80, 60)
    wide = pa.table({**{f"logit_{at}": x[:, at] for at in range(80)}, "target": y})
    lists = pa.table({"logits": pa.array(x.tolist(), pa.list_(pa.float32())), "target": y})
    for found in (wide, lists):
        pq.write_table(found, "x.parquet", row_group_size=20)
        parts = [partial("x.parquet", shard=f"{index}/3") for index in range(3)]
        whole = sum(parts[1:], parts[0])
        assert whole.report() == json.loads(done(celoss, "ce", "x.parquet", "--json"))
        assert Partial.from_json(whole.to_json()).value == whole.value


def test_targets_of_their_own_are_refused(celoss: Celoss) -> None:
    said = told(celoss, 2, "ce", "big.parquet", "--targets", "@t.csv", "--shard", "0/3")
    assert "Expected targets in the files themselves with --shard" in said


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_a_cluster_takes_row_groups(celoss: Celoss) -> None:
    whole = done(celoss, "ce", "big.parquet", "--json")
    words = ("ce", "big.parquet", "--cluster", "local:1", "--emit-partial", "parts/", "--json")
    assert done(celoss, *words) == whole
    assert len(os.listdir("parts")) == GROUPS
