"""Files of web servers: with ranges and without, and every way in which an answer may fail."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from formulas import log_softmax
from running import COMMAND, Done
from servers import Web, web

from celoss_cli.read.remote import files, objects

pytest.importorskip("obstore")

Celoss = Callable[..., Done]

ROWS = 20_000
"""So many that several requests are needed."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Waits little between attempts, and opens each store anew."""
    monkeypatch.setattr(files, "PAUSE", 0.001)
    monkeypatch.setitem(objects.RETRIES, "max_retries", 2)
    files._store.cache_clear()
    yield
    files._store.cache_clear()


@pytest.fixture
def server() -> Iterator[Web]:
    """A server of this machine."""
    with web() as found:
        yield found


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    """Logits of ten classes and targets."""
    numbers = np.random.default_rng(5)
    return numbers.normal(0, 3, (ROWS, 4)), numbers.integers(0, 4, ROWS)


@pytest.fixture(scope="module")
def table(data: tuple[np.ndarray, np.ndarray]) -> str:
    """The same as a table of text."""
    lines = (",".join([*map(repr, map(float, x)), str(y)]) for x, y in zip(*data, strict=True))
    return "\n".join(["a,b,c,d,target", *lines]) + "\n"


def loss_of(data: tuple[np.ndarray, np.ndarray]) -> float:
    return float(-log_softmax(data[0], 1)[range(ROWS), data[1]].mean())


def value(done: Done) -> float:
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


def said(done: Done, code: int = 3) -> str:
    assert (done.returncode, done.stdout) == (code, "")
    return done.stderr


# ------------------------------------------------------------------------------------- what can be read


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("head", [True, False])
@pytest.mark.parametrize("etags", [True, False])
def test_a_table_is_read_whatever_the_server_knows(
    celoss: Celoss, server: Web, table: str, *, ranges: bool, head: bool, etags: bool, tmp_path: Path
) -> None:
    server.ranges, server.head, server.etags = ranges, head, etags
    url = server.add("some%20where/p.csv", table)
    (tmp_path / "p.csv").write_text(table)
    local = celoss("ce", tmp_path / "p.csv", "--format", "value")
    assert celoss("ce", url, "--format", "value").stdout == local.stdout
    assert not ranges or server.sent["/some%20where/p.csv"] < 1.3 * len(table)


def test_compressed_tables_arrays_and_values_are_read(
    celoss: Celoss, server: Web, table: str, data: tuple[np.ndarray, np.ndarray]
) -> None:
    logits, targets = data
    arrays: list[io.BytesIO] = [io.BytesIO() for _ in range(3)]
    np.save(arrays[0], logits)
    np.save(arrays[1], targets)
    np.savez(arrays[2], logits=logits, targets=targets)
    packed = server.add("p.csv.gz", gzip.compress(table.encode()))
    x, y, npz = (
        server.add(name, array.getvalue())
        for name, array in zip(["x.npy", "y.npy", "p.npz"], arrays, strict=True)
    )
    for words in ([packed], [npz], [x, y], ["--logits", f"@{x}", "--targets", f"@{y}"], [x, "-y", f"@{y}"]):
        found = value(celoss("ce", *words, "--format", "value"))
        assert found == pytest.approx(loss_of(data), rel=1e-13)


def saved(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x,
        lambda x: x.astype(np.float32),
        lambda x: x.astype(">f4"),
        np.asfortranarray,  # whose rows are no runs of bytes: copied first
        lambda x: x.reshape(-1, 4, 1).repeat(3, 2),
    ],
)
def test_an_array_is_the_same_number_from_far(
    celoss: Celoss, server: Web, tmp_path: Path, change: Callable[[np.ndarray], np.ndarray]
) -> None:
    numbers = np.random.default_rng(8)
    x = change(numbers.normal(0, 3, (300_000, 4)))  # 8 MiB and more
    y = numbers.integers(0, 4, (len(x), *x.shape[2:]))
    for name, values in (("x", x), ("y", y)):
        np.save(tmp_path / f"{name}.npy", values)
    targets = ("--targets", f"@{tmp_path}/y.npy", "--json")
    near, far = (celoss("ce", name, *targets) for name in (tmp_path / "x.npy", server.add("x.npy", saved(x))))
    assert far.returncode == 0, far.stderr
    near_said, far_said = json.loads(near.stdout), json.loads(far.stdout)
    assert {**far_said, "input": 0} == {**near_said, "input": 0}
    assert far_said["input"]["shape"] == near_said["input"]["shape"]
    assert server.sent["/x.npy"] < 1.02 * x.nbytes + 200_000


def test_of_an_array_that_is_refused_hardly_anything_is_fetched(celoss: Celoss, server: Web) -> None:
    x = np.zeros((500_000, 4))
    url = server.add("x.npy", saved(x))
    few, cut = server.add("y.npy", saved(np.zeros(3, int))), server.add("cut.npy", saved(x)[:-8])
    assert "expected one target for each row, got 3 of" in said(celoss("ce", url, "--targets", f"@{few}"))
    assert server.sent["/x.npy"] < 200_000
    assert "was the file cut?" in said(celoss("ce", cut, "--targets", f"@{few}"))
    assert server.sent["/cut.npy"] < 200_000


def test_an_array_that_changes_between_two_ranges_is_refused(celoss: Celoss, server: Web) -> None:
    x = np.random.default_rng(8).normal(0, 3, (800_000, 4))
    url, y = server.add("x.npy", saved(x)), server.add("y.npy", saved(np.zeros(len(x), int)))

    def change(path: str) -> None:
        if path == "/x.npy" and server.sent[path] > 10_000_000:
            server.add("x.npy", saved(x + 1))

    server.change = change
    done = celoss("ce", url, "--targets", f"@{y}")
    assert f"{url}: expected the object as it was when reading began, got one that changed" in said(done)


def test_an_answer_that_is_cut_is_asked_for_again_for_arrays_too(celoss: Celoss, server: Web) -> None:
    x = np.random.default_rng(8).normal(0, 3, (300_000, 4))
    url, y = server.add("x.npy", saved(x)), server.add("y.npy", saved(np.zeros(len(x), int)))
    whole = celoss("ce", url, "--targets", f"@{y}", "--format", "value")
    server.cut["/x.npy"] = 2
    again = celoss("ce", url, "--targets", f"@{y}", "--format", "value")
    assert (again.returncode, again.stdout) == (0, whole.stdout)


@pytest.mark.slow
@pytest.mark.memory
@pytest.mark.subprocess
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell it so")
def test_the_memory_of_an_array_from_far_is_bounded(server: Web, tmp_path: Path) -> None:
    """120 MB are read in hardly more memory than 8."""
    server.etags = False  # which this server computes anew for each range
    peaks = []
    for name, rows in (("small", 20_000), ("large", 300_000)):
        x = np.zeros((rows, 50))
        url, y = (
            server.add(f"{name}.npy", saved(x)),
            server.add(f"{name}-y.npy", saved(np.zeros(rows, np.int8))),
        )
        words = ["ce", url, "--targets", f"@{y}", "--format", "value"]
        code = (
            "import sys; from celoss_cli.cli.main import run; code = run(sys.argv[1:]); "
            "found = next(line for line in open('/proc/self/status') if line.startswith('VmHWM')); "
            "print(found.split()[1], file=sys.stderr); sys.exit(code)"
        )
        ended = subprocess.run(
            [sys.executable, "-c", code, *words],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
        peaks.append(int(ended.stderr.split()[-1]))
    assert peaks[1] < peaks[0] + 30_000, peaks  # KiB


def test_of_parquet_only_what_is_needed_is_fetched(
    celoss: Celoss, server: Web, data: tuple[np.ndarray, np.ndarray]
) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    names = ["logit_a", "logit_b", "logit_c", "logit_d"]
    columns = {name: data[0][:, i] for i, name in enumerate(names)}
    noise = np.random.default_rng(1).bytes(ROWS * 400)
    unused = [noise[i * 400 : i * 400 + 400] for i in range(ROWS)]
    file = io.BytesIO()
    parquet.write_table(
        arrow.table({"image": unused, **columns, "target": data[1]}),
        file,
        row_group_size=2500,
        compression="none",
    )
    url = server.add("p.parquet", file.getvalue())
    assert value(celoss("ce", url, "--format", "value")) == pytest.approx(loss_of(data), rel=1e-13)
    assert server.sent["/p.parquet"] < 0.3 * len(file.getvalue())
    assert server.asked["/p.parquet"] < 60
    server.ranges = False
    assert value(celoss("ce", url, "--format", "value")) == pytest.approx(loss_of(data), rel=1e-13)


def test_two_parquet_files_in_one_are_refused(celoss: Celoss, server: Web) -> None:
    arrow = pytest.importorskip("pyarrow")
    file = io.BytesIO()
    table = arrow.table({"a": [1.0, 2.0], "b": [2.0, 1.0], "target": [0, 1]})
    pytest.importorskip("pyarrow.parquet").write_table(table, file)
    url = server.add("p.parquet", file.getvalue() * 2)
    assert "expected one Parquet file, got several one after the other" in said(celoss("ce", url))


def test_results_and_parts_are_written(celoss: Celoss, server: Web, table: str) -> None:
    url = server.add("p.csv", table)
    done = celoss(
        "ce", url, "--json", "-o", f"{server.url}/out/r.json", "--emit-partial", f"{server.url}/part.json"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(server.written["/out/r.json"])["input"]["files"] == [url]
    server.add("part.json", server.written["/part.json"])
    assert value(celoss("merge", f"{server.url}/part.json", "--format", "value")) > 0


def test_code_is_written_for_files_of_this_machine(celoss: Celoss, server: Web, table: str) -> None:
    url = server.add("p.csv", table)
    told = said(celoss("ce", url, "--emit", "numpy"), 2)
    assert f'Expected files of this machine with --emit, got "{url}".' in told


def test_a_baseline_may_be_remote(celoss: Celoss, server: Web, table: str) -> None:
    url, kept = server.add("p.csv", table), f"{server.url}/kept.json"
    assert "new baseline" in celoss("ce", url, "--save-baseline", kept).stderr
    server.add("kept.json", server.written["/kept.json"])
    assert celoss("ce", url, "--baseline", kept).returncode == 0
    assert "kept.json: baseline " in celoss("ce", url, "--save-baseline", kept).stderr
    assert "none.json: No such object." in said(celoss("ce", url, "--baseline", f"{server.url}/none.json"))


def test_data_of_a_check_may_be_remote(celoss: Celoss, server: Web, table: str, tmp_path: Path) -> None:
    url = server.add("p.csv", table)
    (tmp_path / "celoss.toml").write_text(f"[checks.a]\nloss = 'ce'\nfiles = '{url}'\nmax = 99\n")
    assert celoss("check", "--config", tmp_path / "celoss.toml").returncode == 0


# --------------------------------------------------------------------------------------- what goes wrong


def test_an_answer_that_is_cut_is_asked_for_again(
    celoss: Celoss, server: Web, table: str, data: tuple[np.ndarray, np.ndarray]
) -> None:
    url = server.add("p.csv", table)
    server.cut["/p.csv"] = 3
    assert value(celoss("ce", url, "--format", "value")) == pytest.approx(loss_of(data), rel=1e-13)
    server.status["/p.csv"] = [503, 500]
    assert value(celoss("ce", url, "--format", "value")) == pytest.approx(loss_of(data), rel=1e-13)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_server_that_always_cuts_is_given_up(
    celoss: Celoss, server: Web, table: str, *, ranges: bool
) -> None:
    url = server.add("p.csv", table)
    server.ranges, server.cut["/p.csv"] = ranges, 10**6
    assert f"{url}: expected the object, got no answer or one that was cut" in said(celoss("ce", url))


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, "Access denied."),
        (403, "Access denied."),
        (404, "No such object."),
        (500, "expected the object, got an error 500 of the server, also when asked again"),
    ],
)
def test_what_the_server_does_not_give_is_told(
    celoss: Celoss, server: Web, table: str, status: int, told: str
) -> None:
    url = server.add("p.csv", table)
    server.status["/p.csv"] = [status] * 50
    assert said(celoss("ce", url)) == f"celoss: error: {url}: {told}\n"


def test_nobody_at_the_address_is_told(celoss: Celoss) -> None:
    assert "http://127.0.0.1:9/p.csv: expected the object, got no answer" in said(
        celoss("ce", "http://127.0.0.1:9/p.csv")
    )


@pytest.mark.parametrize("etags", [True, False])
def test_an_object_that_changes_while_it_is_read_is_refused(
    celoss: Celoss, server: Web, table: str, *, etags: bool
) -> None:
    server.etags = etags
    url = server.add("p.csv", table)

    def change(path: str) -> None:
        if server.asked[path] == 2:
            server.files[path] = server.files[path].replace(b",1\n", b",2\n") + (b"" if etags else b"\n")

    server.change = change
    told = said(celoss("ce", url))
    assert f"{url}: expected the object as it was when reading began, got one that changed since" in told


@pytest.mark.parametrize(
    ("url", "code", "told"),
    [
        ("https://me:secret@host/p.csv", 2, "Expected a URL without a password"),
        ("https://host/p.csv?X-Signature=secret", 2, "Expected a URL without a query"),
        ("https://host/p.csv#secret", 2, "Expected a URL without a query"),
        ("s3://key:secret@bucket/p.csv", 2, "Expected a URL without a password"),
        ("https:///p.csv", 3, "expected a URL with a host or a bucket"),
        ("nowhere://host/p.csv", 2, "Expected a URL of s3, s3a, gs"),
        ("https://host/*.csv", 2, "a web server has no list of its files"),
        ("https://host/folder/", 2, "a web server has no list of its files"),
        ("hf://datasets/name.csv", 3, "expected hf://datasets/USER/NAME/PATH"),
    ],
)
def test_urls_that_say_too_much_or_too_little_are_refused(
    celoss: Celoss, url: str, code: int, told: str, tmp_path: Path
) -> None:
    (tmp_path / "p.csv").write_text("a,b,target\n1,2,0\n")
    (tmp_path / "celoss.toml").write_text(f"[checks.a]\nloss = 'ce'\nfiles = '{url}'\nmax = 99\n")
    ways = [
        ["ce", url],
        ["ce", url, "p.csv"],
        ["diagnose", url, "--loss", "ce"],
        ["check", "--config", tmp_path / "celoss.toml"],
    ]
    if "*" not in url and not url.endswith("/"):
        ways += [["ce", "--logits", "1,2", "--targets", f"@{url}"], ["merge", url]]
    for words in ways:
        done = celoss(*words)
        assert done.returncode == code, (words, done.stderr)
        assert "secret" not in done.stdout + done.stderr
    assert told in celoss("ce", url).stderr


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_heard_while_an_answer_is_waited_for(
    server: Web, table: str, number: signal.Signals
) -> None:
    url, asked, over = server.add("p.csv", table), threading.Event(), threading.Event()

    def wait(path: str) -> None:
        asked.set()
        over.wait(120)

    server.change = wait
    running = subprocess.Popen([*COMMAND, "ce", url], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert asked.wait(60)
    running.send_signal(number)
    out, _ = running.communicate(timeout=60)
    over.set()
    assert (running.returncode, out) == (128 + number, b"")


# ------------------------------------------------------------------------------------- the Hub of data sets


def test_files_of_the_hub(celoss: Celoss, server: Web, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("HF_TOKEN", "secret-token")
    for name in ("day=1/p.csv", "day=2/p.csv"):
        server.add(f"datasets/me/preds/resolve/v1/{name.replace('=', '%3D')}", table)
        server.add(f"datasets/me/preds/resolve/v1/{name}", table)
    entries = [{"type": "directory", "path": "day=1"}] + [
        {"type": "file", "path": name}
        for name in ("day=1/p.csv", "day=2/p.csv", ".gitattributes", "README.md")
    ]
    server.add("api/datasets/me/preds/tree/v1/?recursive=true", json.dumps(entries))
    one = celoss("ce", "hf://datasets/me/preds@v1/day=1/p.csv", "--json")
    assert one.returncode == 0, one.stderr
    assert server.headers["authorization"] == "Bearer secret-token"
    all_days = celoss("ce", "hf://datasets/me/preds@v1/**/*.csv", "--by", "day", "--json")
    assert all_days.returncode == 0, all_days.stderr
    assert [group["name"] for group in json.loads(all_days.stdout)["groups"]] == ["1", "2"]
    assert "secret" not in one.stdout + all_days.stdout
    assert "only read" in said(
        celoss("ce", "hf://datasets/me/preds@v1/day=1/p.csv", "-o", "hf://datasets/me/preds/r.json"), 4
    )


def test_a_list_that_the_hub_does_not_give(
    celoss: Celoss, server: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    path = "/api/datasets/me/preds/tree/main/?recursive=true"
    for status, told in ((403, "Access denied."), (500, "got an error 500")):
        server.status[path] = [status]
        assert told in said(celoss("ce", "hf://datasets/me/preds/*.csv"))
    server.add(path[1:], "<html>")
    assert "got no answer or a broken one" in said(celoss("ce", "hf://datasets/me/preds/*.csv"))


# ----------------------------------------------------------------------------------- other file systems


def test_schemes_that_fsspec_knows(celoss: Celoss, table: str) -> None:
    fsspec = pytest.importorskip("fsspec")
    system = fsspec.filesystem("memory")
    try:
        for day in "12":
            with system.open(f"/top/day={day}/p.csv", "w") as file:
                file.write(table)
        done = celoss("ce", "memory://top/**/*.csv", "--by", "day", "--json", "-o", "memory://top/out.json")
        assert done.returncode == 0, done.stderr
        found = json.loads(system.cat("/top/out.json"))
        assert [group["counted"] for group in found["groups"]] == [ROWS, ROWS]
        assert "memory://top/none.csv: No such file." in said(celoss("ce", "memory://top/none.csv"))
    finally:
        system.rm("/top", recursive=True)


def test_without_the_package_the_extra_is_named(celoss: Celoss, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in [name for name in sys.modules if name.partition(".")[0] == "obstore"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "obstore", None)
    told = said(celoss("ce", "s3://bucket/p.csv"), 2)
    assert "Expected the package obstore, which reads s3:// files" in told
    assert "python -m pip install '.[remote]'" in told
