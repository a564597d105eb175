"""How much memory the program takes at most: as much for a long input as for a short one."""

from __future__ import annotations

import contextlib
import json
import math
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path

import numpy as np
import pytest

pytestmark = [
    pytest.mark.memory,
    pytest.mark.slow,
    pytest.mark.subprocess,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's account of memory"),
]

_PROGRAM = """
import os, sys, time
report = sys.argv.pop(1)
from celoss_cli.cli.main import main
leave = os._exit
def told(code):
    with open("/proc/self/status") as status, open(report, "w") as out:
        out.writelines(line for line in status if line.startswith("VmHWM"))
        out.write(str(time.process_time()))
    leave(code)
os._exit = told
main()
"""
"""The command, which tells at its end how large it ever was, and how long it computed.

The resources that a parent is told of would count the parent's own memory as well, from the moment
between fork and exec.
"""

LIMIT = 300
"""Megabytes that no computation on a stream may exceed, on two threads."""

SLACK = 40
"""Megabytes that a peak may differ by; an input that is kept would add more than twice as many."""


@dataclass(frozen=True)
class Measured:
    code: int
    out: str
    err: str
    seconds: float
    megabytes: float


class Feed(threading.Thread):
    """Writes pieces to a process; after so many bytes it interrupts the process and goes on writing."""

    def __init__(self, process: subprocess.Popen[bytes], pieces: Iterable[bytes], until: float) -> None:
        super().__init__()
        self._process, self._pieces, self._until = process, pieces, until

    def run(self) -> None:
        assert self._process.stdin is not None
        written = 0
        with contextlib.suppress(BrokenPipeError), self._process.stdin as stdin:
            for piece in self._pieces:
                written += stdin.write(piece)
                if written > self._until:
                    self._until = math.inf
                    self._process.send_signal(signal.SIGINT)


def measured(
    folder: Path, *arguments: str, pieces: Iterable[bytes] = (), interrupted_after: float = math.inf
) -> Measured:
    """Runs the command; ``interrupted_after`` so many bytes of standard input."""
    report = folder / "memory"
    command = [sys.executable, "-c", _PROGRAM, str(report), *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    feed = Feed(process, pieces, interrupted_after)
    feed.start()
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        out, err = process.stdout.read(), process.stderr.read()
    code = process.wait(timeout=60)
    feed.join()
    _, kibibytes, _, seconds = report.read_text().split()
    return Measured(code, out.decode(), err.decode(), float(seconds), int(kibibytes) / 1024)


def table_of(columns: int, megabytes: int) -> Iterator[bytes]:
    """The text of a table with a header, some lines over and over."""
    rng = np.random.default_rng(columns)
    rows = max(20, 20_000 // columns)
    lines = [
        ",".join([*(f"{value:.6f}" for value in row), str(label)])
        for row, label in zip(rng.normal(size=(rows, columns)), rng.integers(0, columns, rows), strict=True)
    ]
    piece = ("\n".join(lines) + "\n").encode()
    yield (",".join([*(f"p_{i}" for i in range(columns)), "target"]) + "\n").encode()
    yield from repeat(piece, (megabytes << 20) // len(piece))


def written(path: Path, pieces: Iterable[bytes]) -> str:
    with path.open("wb") as file:
        file.writelines(pieces)
    return str(path)


def assert_flat(short: Measured, long: Measured, slack: int = SLACK) -> None:
    for found in (short, long):
        assert (found.code, found.err) == (0, "")
        assert found.megabytes < LIMIT
    assert json.loads(long.out)["rows"] > 4.9 * json.loads(short.out)["rows"]
    assert long.megabytes < short.megabytes + slack


# ---------------------------------------------------------------------------------- long inputs


@pytest.mark.parametrize("columns", [10, 1000])
def test_a_pipe_is_read_at_flat_memory(columns: int, tmp_path: Path) -> None:
    short, long = (measured(tmp_path, "ce", "--json", pieces=table_of(columns, size)) for size in (30, 150))
    assert_flat(short, long)


def typed(path: Path, columns: int, rows: int, parts: int) -> str:
    """A Parquet or Arrow file of so many parts: row groups or record batches."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rng = np.random.default_rng(columns)
    values = {f"p_{i}": pa.array(rng.normal(size=rows).astype(np.float32)) for i in range(columns)}
    batch = pa.record_batch({**values, "target": pa.array(rng.integers(0, columns, rows))})
    if path.suffix == ".parquet":
        writer = parquet.ParquetWriter(path, batch.schema, use_dictionary=False, compression="none")
    else:
        writer = pa.ipc.new_file(path, batch.schema)
    with writer:
        for _ in range(parts):
            writer.write_batch(batch)
    return str(path)


@pytest.mark.parametrize(
    ("suffix", "columns", "rows", "parts"),
    [
        ("arrow", 10, 200_000, 4),
        ("arrow", 1000, 5000, 4),
        ("parquet", 10, 200_000, 4),
        ("parquet", 1000, 2000, 4),
        ("parquet", 1000, 5000, 4),
        ("parquet", 1000, 20_000, 1),
    ],
)
def test_typed_columns_are_read_at_flat_memory(
    suffix: str, columns: int, rows: int, parts: int, tmp_path: Path
) -> None:
    path = tmp_path / f"p.{suffix}"
    short, long = (
        measured(tmp_path, "ce", "--json", typed(path, columns, rows, count)) for count in (parts, 5 * parts)
    )
    assert_flat(short, long, slack=60)  # of at least 128 that are read more


@pytest.mark.parametrize("name", ["p.parquet", "p.feather"])
def test_wide_parts_with_nulls_and_mixed_or_compressed_columns_are_not_held(
    name: str, tmp_path: Path
) -> None:
    """Columns of 160 MB and more in one part."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import feather, parquet

    rows, columns = 40_000, 1000
    values = np.random.default_rng(0).normal(size=rows).astype(np.float32)
    kinds = [np.float32, np.float64, np.int32] if name == "p.parquet" else [np.float32]
    table = {f"p_{i}": pa.array(np.roll(values, i).astype(kinds[i % len(kinds)])) for i in range(columns)}
    table["p_3"] = pa.array(values, mask=np.arange(rows) == rows - 1)
    table["target"] = pa.array(np.arange(rows) % columns)
    path = tmp_path / name
    if name == "p.parquet":
        parquet.write_table(pa.table(table), path, use_dictionary=False, compression="none")
    else:
        feather.write_feather(pa.table(table), path)
    found = measured(tmp_path, "ce", "--json", str(path), "--missing", "skip")
    path.unlink()
    assert found.code == 0, found.err
    assert json.loads(found.out)["rows"] == rows - 1
    assert found.megabytes < LIMIT


def test_a_table_is_read_at_flat_memory_with_all_that_is_collected(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    collected = ("--by", "class", "--worst", "5", "--quantiles", "0.5,0.9")
    short, long = (
        measured(tmp_path, "ce", "--json", written(path, table_of(10, size)), *collected)
        for size in (20, 100)
    )
    assert_flat(short, long)


@pytest.mark.parametrize(
    ("classes", "named", "step"), [(3, True, 1), (10, False, 1), (3, True, 7919), (10, True, 7919)]
)
def test_a_million_rows_are_compared_within_the_limit(
    tmp_path: Path, classes: int, named: bool, step: int
) -> None:
    """Rows that are named may stand in another order in B."""
    rng = np.random.default_rng(1)
    targets = rng.integers(0, classes, 1_000_000).tolist()
    for name in "ab":
        numbers = np.char.mod("%.4f", rng.normal(size=(1000, classes))).tolist()
        rows = [",".join(row) for row in numbers]
        with (tmp_path / f"{name}.csv").open("w") as file:
            header = ",".join([*(f"x_{number}" for number in range(classes)), "target"])
            file.write(f"id,{header}\n" if named else f"{header}\n")
            for number in range(1_000_000):
                at = number * step % 1_000_000 if name == "b" else number
                row = f"{rows[at * 7919 % 1000]},{targets[at]}\n"
                file.write(f"r{at},{row}" if named else row)
    files = [str(tmp_path / f"{name}.csv") for name in "ab"]
    found = measured(tmp_path, "compare", *files, "--loss", "ce", "--json")
    assert found.code == 0, found.err
    assert json.loads(found.out)["comparison"]["units"] == 1_000_000
    assert found.megabytes < LIMIT


@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_mapped_arrays_are_read_at_flat_memory(suffix: str, tmp_path: Path) -> None:
    found = []
    for rows in (600_000, 3_000_000):
        input, targets = np.zeros((rows, 10)), np.zeros(rows, np.int64)
        arguments = [str(tmp_path / "p.npz")]
        if suffix == "npz":
            np.savez(arguments[0], logits=input, targets=targets)
        else:
            np.save(tmp_path / "x.npy", input)
            np.save(tmp_path / "y.npy", targets)
            arguments = ["-x", f"@{tmp_path}/x.npy", "-y", f"@{tmp_path}/y.npy"]
        found.append(measured(tmp_path, "ce", "--json", *arguments))
    assert_flat(*found)


# ---------------------------------------------------------------------------------- without an end


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs an endless device")
@pytest.mark.parametrize("format", ["csv", "tsv", "jsonl"])
def test_an_endless_line_of_a_device_is_a_limit_at_once(format: str, tmp_path: Path) -> None:
    found = measured(tmp_path, "ce", "--input-format", format, "/dev/zero")
    assert (found.code, found.out) == (5, "")
    assert found.err == "celoss: error: /dev/zero:1: expected a line of at most 16 MiB, got a longer one\n"
    assert_found_at_once(found, tmp_path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs an endless device")
@pytest.mark.parametrize("arguments", ["ce --input-format json", "ce --input-format npy", "merge"])
def test_an_endless_device_is_no_document(arguments: str, tmp_path: Path) -> None:
    found = measured(tmp_path, *arguments.split(), "/dev/zero")
    assert (found.code, found.out) == (3, "")
    said = "expected a partial result" if arguments == "merge" else r'got "\x00\x00'
    assert said in found.err
    assert_found_at_once(found, tmp_path)


@pytest.mark.parametrize(
    ("format", "blank", "said"),
    [
        ("json", b" ", ": expected at most 64 MiB of blanks in a row, got more"),
        ("json", b"\n", ": expected at most 64 MiB of blanks in a row, got more"),
        ("csv", b"\n", ":1: expected a line of at most 16 MiB, got as many bytes of blank lines in a row"),
        ("csv", b"\r\n", ":1: expected a line of at most 16 MiB, got as many bytes of blank lines in a row"),
        ("jsonl", b"\n", ":1: expected a line of at most 16 MiB, got as many bytes of blank lines in a row"),
    ],
)
def test_blanks_without_end_are_a_limit_at_once(format: str, blank: bytes, said: str, tmp_path: Path) -> None:
    found = measured(tmp_path, "ce", "--input-format", format, "-", pieces=repeat(blank * 32768))
    assert (found.code, found.out) == (5, "")
    assert found.err == f"celoss: error: standard input{said}\n"
    assert found.megabytes < 200
    assert found.seconds < 3 + starting(tmp_path)


def assert_found_at_once(found: Measured, folder: Path) -> None:
    assert found.megabytes < 200
    assert found.seconds < 1 + starting(folder)


def starting(folder: Path) -> float:
    """How long the processor takes for next to nothing."""
    return measured(folder, "ce", "-x", "1,2", "-y", "0").seconds


@pytest.mark.parametrize("start", [b"", b"a,b,target\n1,2,0\n"], ids=["header", "row"])
def test_a_line_without_end_is_a_limit(start: bytes, tmp_path: Path) -> None:
    found = measured(tmp_path, "ce", pieces=chain([start], repeat(b"1" * 65536)))
    line = 1 + start.count(b"\n")
    assert (found.code, found.out) == (5, "")
    place = f"standard input:{line}"
    assert found.err == f"celoss: error: {place}: expected a line of at most 16 MiB, got a longer one\n"
    assert found.megabytes < 200


def test_an_endless_pipe_is_interrupted_at_flat_memory(tmp_path: Path) -> None:
    def endless() -> Iterator[bytes]:
        return chain([b"a,b,target\n"], repeat(b"1,2,0\n" * 10_000))

    short, long = (
        measured(tmp_path, "ce", pieces=endless(), interrupted_after=size) for size in (80e6, 240e6)
    )
    for found in (short, long):
        assert (found.code, found.out, found.err) == (130, "", "")
    assert long.megabytes < short.megabytes + SLACK
