"""Arrays of a server: rows of the input are fetched, whatever their order and file; the rest is copied."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from buckets import impatient
from running import Done
from servers import Web, web

from celoss_cli.read.arrays.ranged import _joined
from celoss_cli.read.remote import files

pytest.importorskip("obstore")

Celoss = Callable[..., Done]
Array = np.ndarray[Any, Any]

ROWS, CLASSES = 100_000, 6


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with impatient(monkeypatch):
        yield


@pytest.fixture
def server() -> Iterator[Web]:
    with web() as found:
        yield found


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes were copied to temporary files each time."""
    spooled, found = files.spooled, list[int]()

    def noted(object: Any, start: int, end: int) -> Any:
        found.append(end - start)
        return spooled(object, start, end)

    monkeypatch.setattr(files, "spooled", noted)
    return found


def logits(dtype: str = "f8") -> Array:
    return np.random.default_rng(8).normal(0, 3, (ROWS, CLASSES)).astype(dtype)


def targets() -> Array:
    return np.arange(ROWS, dtype=np.int32) % CLASSES


def saved(save: Callable[..., None], *arrays: Array, **named: Array) -> bytes:
    file = io.BytesIO()
    save(file, *arrays, **named)
    return file.getvalue()


def same(celoss: Celoss, near: list[Any], far: list[str], loss: str = "ce") -> None:
    """The result of files of a server is that of the same files here."""
    done = celoss(loss, *far, "--json")
    assert done.returncode == 0, done.stderr
    found, expected = (json.loads(text) for text in (done.stdout, celoss(loss, *near, "--json").stdout))
    assert {**found, "input": 0} == {**expected, "input": 0}
    assert found["input"]["shape"] == expected["input"]["shape"]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["f8", ">f4"])
@pytest.mark.parametrize("swapped", [False, True])
def test_of_two_files_rows_of_the_input_are_fetched(
    celoss: Celoss, server: Web, tmp_path: Path, copies: list[int], order: Any, dtype: str, *, swapped: bool
) -> None:
    x, y = np.asarray(logits(dtype), order=order), targets()
    near, far = [], []
    for name, values in (("x.npy", x), ("y.npy", y)):
        np.save(tmp_path / name, values)
        near.append(tmp_path / name)
        far.append(server.add(name, saved(np.save, values)))
    same(celoss, near[:: -1 if swapped else 1], far[:: -1 if swapped else 1])
    assert copies == [y.nbytes + 128]
    assert server.sent["/x.npy"] < x.nbytes + 200_000


@pytest.mark.parametrize("order", ["C", "F"])
def test_of_a_stored_member_rows_are_fetched(
    celoss: Celoss, server: Web, tmp_path: Path, copies: list[int], order: Any
) -> None:
    x, y = np.asarray(logits(), order=order), targets()
    np.savez(tmp_path / "p.npz", logits=x, targets=y, ids=np.arange(ROWS), unused=x)
    same(celoss, [tmp_path / "p.npz"], [server.add("p.npz", (tmp_path / "p.npz").read_bytes())])
    assert copies == [ROWS * 8 + 128, y.nbytes + 128]
    assert server.sent["/p.npz"] < x.nbytes + y.nbytes + ROWS * 8 + 1_000_000


def test_of_a_tensor_rows_are_fetched(celoss: Celoss, server: Web, tmp_path: Path, copies: list[int]) -> None:
    saving = pytest.importorskip("safetensors.numpy")
    data = saving.save({"logits": logits("f4"), "targets": targets(), "unused": logits()})
    (tmp_path / "p.safetensors").write_bytes(data)
    same(celoss, [tmp_path / "p.safetensors"], [server.add("p.safetensors", data)])
    assert copies == [ROWS * 4]
    assert server.sent["/p.safetensors"] < ROWS * 4 * (CLASSES + 1) + 500_000
    for name, broken in (("cut", data[:-8]), ("long", data + b"12345678"), ("none", b"12345678")):
        done = celoss("ce", server.add(f"{name}.safetensors", broken))
        assert (done.returncode, done.stdout) == (3, "")
        assert f"{name}.safetensors: expected a safetensors file, got a broken one" in done.stderr


def test_what_cannot_be_fetched_by_rows_is_copied(
    celoss: Celoss, server: Web, tmp_path: Path, copies: list[int]
) -> None:
    x, y = logits(), targets()
    np.savez_compressed(tmp_path / "p.npz", logits=x, targets=y)
    packed = (tmp_path / "p.npz").read_bytes()
    same(celoss, [tmp_path / "p.npz"], [server.add("p.npz", packed)])
    assert copies == [len(packed)]
    wide = np.asfortranarray(np.zeros((10, 300)))
    np.save(tmp_path / "wide.npy", wide)
    far = server.add("wide.npy", saved(np.save, wide))
    same(celoss, [tmp_path / "wide.npy", "-y", "0,1,2,3,4,5,6,7,8,9"], [far, "-y", "0,1,2,3,4,5,6,7,8,9"])
    assert copies[1:] == [wide.nbytes + 128]


def test_answers_of_a_binary_loss_are_fetched(
    celoss: Celoss, server: Web, tmp_path: Path, copies: list[int]
) -> None:
    x, y = logits()[:, 0], (targets() % 2).astype(float)
    for at, (left, right) in enumerate(((x, y), (x, y[:, None]))):
        names = [f"{at}x.npy", f"{at}y.npy"]
        for name, values in zip(names, (left, right), strict=True):
            np.save(tmp_path / name, values)
            server.add(name, saved(np.save, values))
        near = [tmp_path / names[0], "--targets", f"@{tmp_path / names[1]}"]
        far = [f"{server.url}/{names[0]}", "--targets", f"@{server.url}/{names[1]}"]
        same(celoss, near, far, "bce-logits")
    assert copies == [y.nbytes + 128] * 2


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_stored_member_that_is_not_what_was_saved_is_refused(
    celoss: Celoss, server: Web, order: Any
) -> None:
    """One bit, whose change no length tells."""
    whole = bytearray(saved(np.savez, logits=np.asarray(logits(), order=order), targets=targets()))
    whole[ROWS * 8] ^= 1
    done = celoss("ce", server.add("p.npz", bytes(whole)))
    assert (done.returncode, done.stdout) == (3, "")
    assert "p.npz: $.logits: expected the array that was saved, got a wrong checksum" in done.stderr


def test_checksums_of_parts_are_that_of_the_whole() -> None:
    numbers = np.random.default_rng(3)
    for length in (0, 1, 7, 4096, 100_001):
        first, second = numbers.bytes(333), numbers.bytes(length)
        joined = _joined(zlib.crc32(first), zlib.crc32(second), length)
        assert joined == zlib.crc32(first + second)


@pytest.mark.parametrize("name", ["p.npz", "x.npy"])
def test_what_changes_between_two_fetches_is_refused(celoss: Celoss, server: Web, name: str) -> None:
    x = logits()
    old, new = (
        saved(np.savez, logits=values, targets=targets())
        if name == "p.npz"
        else saved(np.save, np.asfortranarray(values))
        for values in (x, x + 1)
    )
    url, y = server.add(name, old), server.add("y.npy", saved(np.save, targets()))

    def change(path: str) -> None:
        if path == f"/{name}" and server.sent[path] > 2_000_000:
            server.add(name, new)

    server.change = change
    done = celoss("ce", url, *([] if name == "p.npz" else [y]))
    assert (done.returncode, done.stdout) == (3, "")
    assert f"{url}: expected the object as it was when reading began, got one that changed" in done.stderr


@pytest.mark.parametrize("name", ["p.npz", "x.npy"])
def test_a_cut_answer_is_asked_for_again(celoss: Celoss, server: Web, name: str) -> None:
    server.add("x.npy", saved(np.save, np.asfortranarray(logits())))
    server.add("p.npz", saved(np.savez, logits=logits(), targets=targets()))
    y = server.add("y.npy", saved(np.save, targets()))
    words = [f"{server.url}/{name}", *([] if name == "p.npz" else [y]), "--format", "value"]
    whole = celoss("ce", *words)
    assert whole.returncode == 0, whole.stderr
    server.cut[f"/{name}"] = 3
    assert celoss("ce", *words).stdout == whole.stdout
    server.cut[f"/{name}"] = 10**6
    given_up = celoss("ce", *words)
    assert (given_up.returncode, given_up.stdout) == (3, "")
    assert "got no answer or one that was cut" in given_up.stderr


@pytest.mark.slow
@pytest.mark.memory
@pytest.mark.subprocess
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell it so")
@pytest.mark.parametrize("kind", ["npz", "fortran", "pair"])
def test_the_memory_of_arrays_from_far_is_bounded(server: Web, tmp_path: Path, kind: str) -> None:
    """120 MB are read in hardly more memory than 8."""
    server.etags = False  # which this server computes anew for each range
    code = (
        "import sys; from celoss_cli.cli.main import run; code = run(sys.argv[1:]); "
        "found = next(line for line in open('/proc/self/status') if line.startswith('VmHWM')); "
        "print(found.split()[1], file=sys.stderr); sys.exit(code)"
    )
    peaks = []
    for rows in (20_000, 300_000):
        x, y = np.zeros((rows, 50)), np.zeros(rows, np.int8)
        server.add("p.npz", saved(np.savez, logits=x, targets=y))
        server.add("x.npy", saved(np.save, np.asfortranarray(x) if kind == "fortran" else x))
        server.add("y.npy", saved(np.save, y))
        names = ["p.npz"] if kind == "npz" else ["x.npy", "y.npy"]
        ended = subprocess.run(
            [sys.executable, "-c", code, "ce", *(f"{server.url}/{name}" for name in names), "--format=value"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
        peaks.append(int(ended.stderr.split()[-1]))
    assert peaks[1] < peaks[0] + 40_000, peaks  # KiB
