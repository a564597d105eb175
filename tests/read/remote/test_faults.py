"""What may go wrong between a store and here: what is said, that nothing is printed, and no secret seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from buckets import SECRETS, impatient, leading_to, server_of_buckets
from formulas import log_softmax
from running import Done
from servers import Web, web

from celoss_cli.read import patterns
from celoss_cli.read.remote import listing, objects

pytest.importorskip("obstore")

Celoss = Callable[..., Done]

ROWS = 5_000
PAGE = "<!DOCTYPE html>\n<html><body>Sign in</body></html>\n"

address = server_of_buckets


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with impatient(monkeypatch, retries=2):
        yield


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A web server that is also one of buckets, with the keys of the environment."""
    with web() as found:
        for name, value in (
            ("AWS_ENDPOINT_URL", found.url),
            ("AWS_ACCESS_KEY_ID", SECRETS[0]),
            ("AWS_SECRET_ACCESS_KEY", SECRETS[1]),
            ("AWS_SESSION_TOKEN", "secret-session"),
            ("AWS_REGION", "us-east-1"),
        ):
            monkeypatch.setenv(name, value)
        yield found


@pytest.fixture(scope="module")
def table() -> tuple[str, float]:
    """A table of several hundred kilobytes, and its loss."""
    numbers = np.random.default_rng(5)
    x, y = numbers.normal(0, 3, (ROWS, 4)), numbers.integers(0, 4, ROWS)
    lines = (",".join([*map(repr, map(float, row)), str(target)]) for row, target in zip(x, y, strict=True))
    return "\n".join(["a,b,c,d,target", *lines, ""]), float(-log_softmax(x, 1)[range(ROWS), y].mean())


def said(done: Done, code: int = 3) -> str:
    assert (done.returncode, done.stdout) == (code, "")
    assert not any(secret in done.stderr for secret in (*SECRETS, "secret-session", "Sign in"))
    assert "Traceback" not in done.stderr
    return done.stderr


def urls(server: Web, text: str) -> list[str]:
    """The same file as one of a web server and as an object of a bucket."""
    server.add("data/p.csv", text)
    return [f"{server.url}/data/p.csv", "s3://data/p.csv"]


@pytest.mark.parametrize("status", [429, 503, 502, 500, 408])
def test_a_server_that_is_busy_is_asked_again(
    celoss: Celoss, server: Web, table: tuple[str, float], status: int
) -> None:
    for url in urls(server, table[0]):
        server.status["/data/p.csv"] = [status] * 2
        done = celoss("ce", url, "--format", "value")
        assert done.returncode == 0, done.stderr
        assert float(done.stdout) == pytest.approx(table[1], rel=1e-13)
        server.status["/data/p.csv"] = [status] * 99
        assert f"{url}: expected the object, got an error {status} of the server, also when" in said(
            celoss("ce", url)
        )
        server.status.clear()


def test_a_connection_that_is_reset_is_opened_again(
    celoss: Celoss, server: Web, table: tuple[str, float]
) -> None:
    for url in urls(server, table[0]):
        server.reset["/data/p.csv"] = 2
        done = celoss("ce", url, "--format", "value")
        assert done.returncode == 0, done.stderr
        assert float(done.stdout) == pytest.approx(table[1], rel=1e-13)
        server.reset["/data/p.csv"] = 10**6
        assert "expected the object, got no answer or one that was cut" in said(celoss("ce", url))
        server.reset.clear()


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("more", [5, -5, 100_000])
def test_an_answer_of_another_length_than_was_announced_is_no_data(
    celoss: Celoss, server: Web, table: tuple[str, float], more: int, *, ranges: bool
) -> None:
    [url, _] = urls(server, table[0])
    server.ranges, server.announced["/data/p.csv"] = ranges, more
    told = said(celoss("ce", url))
    assert url in told
    assert "expected" in told


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (403, "<Error><Code>AccessDenied</Code></Error>", "Access denied. (credentials come from"),
        (
            403,
            "<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>{}</AWSAccessKeyId></Error>",
            "Access",
        ),
        (
            400,
            "<Error><Code>ExpiredToken</Code><Token-0>secret-session</Token-0></Error>",
            "got an error 400 of the server (credentials come from the environment: AWS_ACCESS_KEY_ID",
        ),
        (410, "", "expected the object, got an error 410 of the server\n"),
        (404, "<Error><Code>NoSuchBucket</Code></Error>", "No such object."),
    ],
)
def test_what_a_store_refuses_is_told_without_its_words(
    celoss: Celoss, server: Web, table: tuple[str, float], status: int, body: str, told: str
) -> None:
    [_, url] = urls(server, table[0])
    server.told, server.status["/data/p.csv"] = body.format(SECRETS[0]).encode(), [status] * 99
    assert f"{url}: " in said(celoss("ce", url))
    assert told in celoss("ce", url).stderr
    server.status["/data/p.csv"] = []
    server.status["/data?list-type=2"] = [status] * 99
    assert "s3://data/" in said(celoss("ce", "s3://data/*.csv"))


@pytest.mark.parametrize("name", ["p.csv", "p.json", "p.parquet", "p.npy", "p.npz", "p.safetensors", "p"])
def test_a_page_in_place_of_a_file_is_told_as_such(celoss: Celoss, server: Web, name: str) -> None:
    """Also behind a redirect, as a server answers where one has to sign in."""
    server.add("login", PAGE)
    server.moved[f"/{name}"] = f"{server.url}/login"
    for url in (server.add(f"page/{name}", PAGE), f"{server.url}/{name}"):
        assert f"{url}: expected data, got a page of HTML" in said(celoss("ce", url))


def test_a_redirect_to_the_file_is_followed(celoss: Celoss, server: Web, table: tuple[str, float]) -> None:
    server.moved["/here.csv"] = server.add("there.csv", table[0])
    done = celoss("ce", f"{server.url}/here.csv", "--format", "value")
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(table[1], rel=1e-13)


# ----------------------------------------------------------------------------------------------- buckets


@pytest.fixture
def bucket(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with leading_to(address, monkeypatch) as client:
        yield client


@pytest.mark.slow
def test_a_list_of_many_pages(celoss: Celoss, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """26 names: three pages of ten; the limit on names holds there too."""
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")
    for index in range(23):
        bucket.put_object(Bucket="data", Key=f"in/{index:04d}.txt", Body=b"")
    for index in range(3):
        bucket.put_object(Bucket="data", Key=f"in/{9990 + index}.csv", Body=b"a,b,target\n1,2,0\n")
    assert celoss("ce", "s3://data/in/*.csv", "--format", "value").returncode == 0
    assert len(bucket.list_objects_v2(Bucket="data")["Contents"]) == 10
    assert len(listing.remote_files("s3://data/in/*.csv", 10_000)) == 3
    monkeypatch.setattr(patterns, "MOST_ENTRIES", 22)
    assert "expected at most 22 names to look at" in said(celoss("ce", "s3://data/in/*.csv"), 5)


@pytest.mark.slow
def test_what_cannot_be_written_leaves_what_was_there(
    celoss: Celoss, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put_object(Bucket="data", Key="p.csv", Body=b"a,b,target\n1,2,0\n")
    words = ("ce", "s3://data/p.csv", "--json", "-o", "s3://data/r.json")
    assert celoss(*words).returncode == 0
    before = bucket.get_object(Bucket="data", Key="r.json")["Body"].read()

    def failing(self: Any, key: str, data: Any) -> None:
        data.read(10)
        with self._refusing(key):
            raise self._obstore.exceptions.GenericError(f"signed by {SECRETS[1]}, status code: 503")

    monkeypatch.setattr(objects.ObjectStore, "write", failing)
    done = celoss(*words, "--label-smoothing", "0.5")
    assert done.returncode in (3, 4)
    assert not any(secret in done.stderr for secret in SECRETS)
    assert bucket.get_object(Bucket="data", Key="r.json")["Body"].read() == before
