"""A server of buckets in the test process, moto's, and the environment that leads there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from celoss_cli.read.remote import files, objects

__all__ = ["SECRETS", "impatient", "leading_to", "moto", "server_of_buckets"]

SECRETS = ("AKIASECRETKEY", "verysecretvalue")
"""The keys of the environment, which are nowhere to be seen."""


@contextlib.contextmanager
def moto() -> Iterator[str]:
    """The address of a server, which takes two seconds to start."""
    pytest.importorskip("obstore")
    pytest.importorskip("flask_cors")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(
        ip_address="127.0.0.1", port=0, verbose=False
    )
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture(scope="module")
def server_of_buckets() -> Iterator[str]:
    """One server for all tests of a module."""
    with moto() as address:
        yield address


@contextlib.contextmanager
def impatient(monkeypatch: pytest.MonkeyPatch, retries: int = 1) -> Iterator[None]:
    """Waits little between attempts, and opens each store anew."""
    monkeypatch.setattr(files, "PAUSE", 0.001)
    monkeypatch.setitem(objects.RETRIES, "max_retries", retries)
    files._store.cache_clear()
    yield
    files._store.cache_clear()


@contextlib.contextmanager
def leading_to(address: str, monkeypatch: pytest.MonkeyPatch, name: str = "data") -> Iterator[Any]:
    """A client of an empty bucket, and an environment that leads to it."""
    boto3 = pytest.importorskip("boto3")
    for variable, value in (
        ("AWS_ENDPOINT_URL", address),
        ("AWS_ACCESS_KEY_ID", SECRETS[0]),
        ("AWS_SECRET_ACCESS_KEY", SECRETS[1]),
        ("AWS_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(variable, value)
    with impatient(monkeypatch):
        client = boto3.client("s3", endpoint_url=address, region_name="us-east-1")
        client.create_bucket(Bucket=name)
        yield client
        for found in client.list_objects_v2(Bucket=name).get("Contents", []):
            client.delete_object(Bucket=name, Key=found["Key"])
        client.close()
