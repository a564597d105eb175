"""What parts cost: processes beside one, a shard beside its rows, and the merge of a thousand."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from measure import timed

CELOSS = [sys.executable, "-m", "celoss_cli"]
CLASSES = 10


def main() -> None:
    """Measures and prints; ends with exit code 1 where two ways print other bytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--files", type=int, default=64)
    parser.add_argument("--parts", type=int, default=1000, help="how many are merged")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cache", type=Path, help="keeps the data")
    parser.add_argument("--address", help="of a scheduler of dask, which is measured too")
    parser.add_argument("--small", action="store_true", help="a few rows, files and parts, one round")
    given = parser.parse_args()
    if given.small:
        given.rows, given.files, given.parts, given.rounds = 2_000, 4, 20, 1
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.cache or Path(temporary)
        _processes(_data(folder, given.rows, given.files), given.rounds, given.address)
        _merges(folder, given.parts, given.rounds)


def _data(folder: Path, rows: int, files: int) -> Path:
    """Parquet files of ten logits in float32 and a target."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    made = folder / f"{rows}-rows-{files}-files"
    made.mkdir(parents=True, exist_ok=True)
    for index in range(files):
        path = made / f"{index:04d}.parquet"
        if not path.exists():
            numbers, each = np.random.default_rng(index), rows // files
            logits = numbers.standard_normal((each, CLASSES), dtype=np.float32)
            columns = {f"logit_{at}": logits[:, at] for at in range(CLASSES)}
            pq.write_table(pa.table({**columns, "target": numbers.integers(0, CLASSES, each)}), path)
    return made


def _processes(data: Path, rounds: int, address: str | None) -> None:
    ways = {
        "one process, one thread": ["--jobs", "1"],
        "one process, two threads": ["--jobs", "2"],
        "--cluster local:1": ["--cluster", "local:1"],
        "--cluster local:2": ["--cluster", "local:2"],
    }
    if address:
        ways[f"--cluster {address}"] = ["--cluster", address]
    runs: dict[str, list[tuple[float, float, int]]] = {name: [] for name in ways}
    printed: set[bytes] = set()
    print(f"{data.name}, {os.cpu_count()} processors, {rounds} rounds in turn")
    for _ in range(rounds):
        print(f"load {os.getloadavg()[0]:.1f}")
        for name, words in ways.items():
            out, run = timed([*CELOSS, "ce", str(data.absolute()), *words, "--json"])
            printed.add(out)
            runs[name].append((run.wall, run.cpu, run.memory))
    first = runs["one process, one thread"]
    print(f"{'':28}{'wall':>8}{'best':>8}{'cpu':>8}{'MB':>6}{'times as fast':>15}{'by the best':>13}")
    for name, found in runs.items():
        wall, cpu, memory = (statistics.median(run[at] for run in found) for at in range(3))
        best = min(run[0] for run in found)
        ratio = statistics.median(one[0] / run[0] for one, run in zip(first, found, strict=True))
        by_best = min(run[0] for run in first) / best
        print(f"{name:28}{wall:8.2f}{best:8.2f}{cpu:8.2f}{memory / 1e6:6.0f}{ratio:15.2f}{by_best:13.2f}")
    if len(printed) != 1:
        raise SystemExit("the bytes differ")
    print("the same bytes")


def _merges(folder: Path, parts: int, rounds: int) -> None:
    """Merges of a tenth, a half and all of so many parts: seconds a thousand, and memory."""
    made = folder / f"{parts}-parts"
    if not made.exists():
        rows = folder / f"{parts}-tables"
        rows.mkdir()
        for index in range(parts):
            (rows / f"{index:06d}.csv").write_text(f"no,yes,target\n{index},1,0\n0,{index % 7},1\n")
        start = perf_counter()
        subprocess.run(
            [*CELOSS, "ce", str(rows), "--emit-partial", f"{made}/", "--format", "value"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        print(f"{parts} shards of two rows: {(perf_counter() - start) / parts * 1e3:.1f} ms each")
    every = sorted(made.iterdir())
    size = sum(path.stat().st_size for path in every) / len(every)
    print(f"parts of {size:.0f} bytes\n{'parts':>8}{'cpu':>8}{'a thousand':>12}{'MB':>6}")
    base = 0.0
    for count in (1, parts // 10, parts // 2, parts):
        command = [*CELOSS, "merge", *map(str, every[:count]), "--format", "value"]
        found = [timed(command)[1] for _ in range(rounds)]
        cpu, memory = min(run.cpu for run in found), max(run.memory for run in found)
        base = cpu if count == 1 else base
        print(f"{count:8}{cpu:8.2f}{(cpu - base) / count * 1e3:12.2f}{memory / 1e6:6.0f}")


if __name__ == "__main__":
    main()
