"""Buckets, as moto's server in this process has them: patterns, parts that stand, and what is secret."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from buckets import SECRETS, leading_to, server_of_buckets
from formulas import log_softmax
from running import Done

from celoss_cli.read.remote import files, objects
from celoss_cli.read.remote.listing import fits
from celoss_cli.read.shards import Shard
from celoss_cli.studies.merge.files import part_name

Celoss = Callable[..., Done]

TABLE = "a,b,target\n0.9,0.1,0\n0.8,0.2,1\n0.25,1.5,0\n"
LOSS = float(-log_softmax([[0.9, 0.1], [0.8, 0.2], [0.25, 1.5]], 1)[range(3), [0, 1, 0]].mean())


def test_patterns_fit_names() -> None:
    for path, pattern, found in (
        ("a/b/c.csv", "a/*/c.csv", True),
        ("a/b/c.csv", "a/*.csv", False),
        ("a/c.csv", "a/**/c.csv", True),
        ("a/x/y/c.csv", "**/c.csv", True),
        ("a/x/y/c.csv", "a/**/*/c.csv", True),
        ("a/c.csv", "a/**/*/c.csv", False),
        ("a/x/c.csv", "a/**/**/?.csv", True),
        ("a/x", "a/x/**/*", False),
        ("a/b", "a", False),
    ):
        assert fits(path.split("/"), pattern.split("/")) is found, (path, pattern)


def test_many_stars_take_no_time() -> None:
    assert not fits(["a"] * 40, ["**", "*"] * 20 + ["b"])


# --------------------------------------------------------------------------------------------- a bucket

pytestmark = pytest.mark.slow
"""The server takes two seconds to start."""


address = server_of_buckets


@pytest.fixture
def bucket(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of an empty bucket called data, and an environment that leads to it."""
    with leading_to(address, monkeypatch) as client:
        yield client


def put(bucket: Any, key: str, data: str | bytes = TABLE) -> str:
    bucket.put_object(Bucket="data", Key=key, Body=data)
    return f"s3://data/{key}"


def said(done: Done, code: int = 3) -> str:
    assert (done.returncode, done.stdout) == (code, "")
    assert not any(secret in done.stderr for secret in SECRETS)
    return done.stderr


def test_files_patterns_and_folders_of_a_bucket(celoss: Celoss, bucket: Any) -> None:
    for key in ("p/day=1/a.csv", "p/day=2/a.csv", "p/day=2/b.csv"):
        put(bucket, key)
    for key in ("p/_SUCCESS", "p/day=2/.a.crc", "q/a.csv", "p.csv"):
        put(bucket, key, "not this")
    for named, count in (
        ("s3://data/p/day=1/a.csv", 3),
        ("s3://data/p/", 9),
        ("s3://data/p/**/*.csv", 9),
        ("s3://data/p/day=2/*", 6),
        ("s3://data/p/*/a.csv", 6),
        ("s3a://data/p/day=[2-9]/?.csv", 6),
    ):
        done = celoss("ce", named, "--json")
        assert done.returncode == 0, (named, done.stderr)
        assert json.loads(done.stdout)["rows"] == count, named
        assert not any(secret in done.stdout for secret in SECRETS)
    done = celoss("ce", "s3://data/p/", "--by", "day", "--json")
    assert [(g["name"], g["counted"]) for g in json.loads(done.stdout)["groups"]] == [("1", 3), ("2", 6)]
    assert json.loads(done.stdout)["value"] == pytest.approx(LOSS, rel=1e-14)


def test_what_is_not_in_a_bucket_is_told(celoss: Celoss, bucket: Any) -> None:
    assert "s3://data/p.csv: No such object." in said(celoss("ce", "s3://data/p.csv"))
    assert "the name of a folder ends in /" in said(celoss("ce", "s3://data/p"))
    assert 'expected files that match "s3://data/*.csv", got none' in said(celoss("ce", "s3://data/*.csv"))
    assert 'expected files of data below "s3://data/p/", got none' in said(celoss("ce", "s3://data/p/"))
    assert "s3://none/p.csv: No such object." in said(celoss("ce", "s3://none/p.csv"))
    assert "s3://none/: No such bucket or container." in said(celoss("ce", "s3://none/"))
    assert "s3://data/a//b.csv: expected a path that the store knows" in said(
        celoss("ce", "s3://data/a//b.csv")
    )


def test_parquet_and_arrays_of_a_bucket(celoss: Celoss, bucket: Any) -> None:
    arrow = pytest.importorskip("pyarrow")
    file, array = io.BytesIO(), io.BytesIO()
    columns = {"a": [0.9, 0.8, 0.25], "b": [0.1, 0.2, 1.5], "target": [0, 1, 0]}
    pytest.importorskip("pyarrow.parquet").write_table(arrow.table(columns), file)
    np.savez(array, logits=np.array([columns["a"], columns["b"]]).T, targets=columns["target"])
    for url in (put(bucket, "p.parquet", file.getvalue()), put(bucket, "p.npz", array.getvalue())):
        done = celoss("ce", url, "--format", "value")
        assert done.returncode == 0, done.stderr
        assert float(done.stdout) == pytest.approx(LOSS, rel=1e-14)


def test_targets_and_weights_of_a_bucket(celoss: Celoss, bucket: Any) -> None:
    preds = put(bucket, "preds.csv", "id,a,b\n1,0.9,0.1\n2,0.8,0.2\n3,0.25,1.5\n")
    truth = put(bucket, "truth.csv", "id,target\n3,0\n1,0\n2,1\n")
    weight = put(bucket, "w.json", "[1, 1]")
    done = celoss("ce", preds, "--targets", f"@{truth}", "--weight", f"@{weight}", "--format", "value")
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(LOSS, rel=1e-14)


def test_a_folder_of_parts_in_a_bucket_stands_until_an_etag_changes(celoss: Celoss, bucket: Any) -> None:
    for name in "abc":
        put(bucket, f"in/{name}.csv")
    words = ("ce", "s3://data/in/", "--emit-partial", "s3://data/parts/", "--json")
    first = celoss(*words)
    assert first.returncode == 0, first.stderr
    assert celoss("ce", "s3://data/in/", "--json").stdout == first.stdout
    assert celoss(*words).stderr == "celoss: note: 3 of 3 parts taken as they stand\n"
    put(bucket, "in/b.csv")  # written again as it was: the same etag
    assert celoss(*words).stderr == "celoss: note: 3 of 3 parts taken as they stand\n"
    put(bucket, "in/b.csv", TABLE.replace("0.9", "0.7"))
    again = celoss(*words)
    assert again.stderr == "celoss: note: 2 of 3 parts taken as they stand\n"
    assert again.stdout != first.stdout
    assert celoss("merge", "s3://data/parts/*.json", "--expect-parts", "3", "--json").stdout == again.stdout
    part = bucket.get_object(Bucket="data", Key=f"parts/{part_name(Shard(0, 3))}")["Body"].read().decode()
    assert '"s3://data/in/a.csv"' in part
    assert not any(secret in part for secret in SECRETS)


def test_shards_of_a_bucket(celoss: Celoss, bucket: Any, tmp_path: Path) -> None:
    for name in "abcde":
        put(bucket, f"in/{name}.csv")
    for index in range(2):
        shard = ("--shard", f"{index}/2", "--emit-partial", f"{tmp_path}/parts/")
        assert celoss("ce", "s3://data/in/", *shard).returncode == 0
    merged = celoss("merge", tmp_path / "parts", "--expect-parts", "2", "--format", "value")
    assert merged.stdout == celoss("ce", "s3://data/in/", "--format", "value").stdout


def test_row_groups_of_an_object_are_shards_that_fetch_their_own(
    celoss: Celoss, bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrow, file = pytest.importorskip("pyarrow"), io.BytesIO()
    rows, size = 400_000, 50_000
    x, y = np.random.default_rng(1).normal(size=(rows, 3)), np.arange(rows) % 3
    columns = {**{f"logit_{at}": x[:, at] for at in range(3)}, "target": y}
    pytest.importorskip("pyarrow.parquet").write_table(arrow.table(columns), file, row_group_size=size)
    url = put(bucket, "big.parquet", file.getvalue())
    read, fetched = objects.ObjectStore.read, [0]

    def counted(self: Any, *asked: Any) -> bytes:
        found = read(self, *asked)
        fetched[-1] += len(found)
        return found

    monkeypatch.setattr(objects.ObjectStore, "read", counted)
    for index in range(4):
        fetched.append(0)
        done = celoss("ce", url, "--shard", f"{index}/4", "--emit-partial", f"{tmp_path}/{index}.json")
        assert done.returncode == 0, done.stderr
    whole = len(file.getvalue())
    assert all(whole / 4 < part < 0.45 * whole for part in fetched[1:]), (whole, fetched)
    parts = [f"{tmp_path}/{index}.json" for index in range(4)]
    merged = celoss("merge", *parts, "--expect-parts", "4", "--json")
    assert merged.stdout == celoss("ce", url, "--json").stdout


def test_an_object_that_is_replaced_while_it_is_read_is_refused(
    celoss: Celoss, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = put(bucket, "p.csv", TABLE + "1,2,0\n" * 300_000)
    read, reads = objects.ObjectStore.read, []

    def meanwhile(self: Any, *asked: Any) -> bytes:
        reads.append(asked)
        if len(reads) == 2:
            put(bucket, "p.csv", TABLE + "2,1,0\n" * 300_000)
        return read(self, *asked)

    monkeypatch.setattr(objects.ObjectStore, "read", meanwhile)
    assert f"{url}: expected the object as it was when reading began" in said(celoss("ce", url))


def test_results_go_to_a_bucket_whole_or_not_at_all(celoss: Celoss, bucket: Any) -> None:
    url = put(bucket, "p.csv")
    assert celoss("ce", url, "--json", "-o", "s3://data/out/r.json").returncode == 0
    written = json.loads(bucket.get_object(Bucket="data", Key="out/r.json")["Body"].read())
    assert written["value"] == pytest.approx(LOSS, rel=1e-14)
    assert "s3://none/r.json: No such object." in said(celoss("ce", url, "-o", "s3://none/r.json"), 4)


def test_wrong_credentials_are_told_without_them(
    celoss: Celoss, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = put(bucket, "p.csv")
    refused = objects.ObjectStore.read

    def denied(self: Any, *asked: Any) -> bytes:
        with self._refusing("p.csv"):
            raise self._obstore.exceptions.PermissionDeniedError(f"signed with {SECRETS[1]}")

    monkeypatch.setattr(objects.ObjectStore, "read", denied)
    told = said(celoss("ce", url))
    assert "s3://data/p.csv: Access denied. (credentials come from the environment: AWS_ACCESS_KEY_ID" in told
    monkeypatch.setattr(objects.ObjectStore, "read", refused)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    files._store.cache_clear()
    assert "nobody" in said(celoss("ce", url), 2)
