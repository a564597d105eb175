"""JSON and JSON Lines against other libraries and celoss's own CSV: whole processes, in turn.

    python benchmarks/json_input.py [--rows 200000] [--repeat 5]

Every program reads the same logits of ten classes, computes the mean cross entropy and prints it; all must
print the same number. The table gives medians of CPU time (user and system), wall time and peak memory, and
how many times the CPU time of celoss each program takes. A program whose library is missing is left out.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

CELOSS = """
import sys
from celoss_cli.cli.main import main
sys.argv = ["celoss", "ce", "--format", "value", *sys.argv[1:]]
main()
"""
_LOSS = """
top = x.max(axis=1)
losses = np.log(np.exp(x - top[:, None]).sum(axis=1)) + top - x[np.arange(len(y)), y]
print(repr(float(losses.mean())))
"""
POLARS = """
import sys, numpy as np, polars as pl
df = pl.read_ndjson(sys.argv[1])
x, y = np.array(df["logits"].to_list()), df["target"].to_numpy()
"""
ORJSON = """
import sys, numpy as np, orjson
with open(sys.argv[1], "rb") as file:
    found = orjson.loads(file.read())
x, y = np.array(found["logits"]), np.array(found["targets"])
"""
PROGRAMS = (
    ("celoss, CSV", "p.csv", CELOSS, "numpy"),
    ("celoss, JSON Lines", "p.jsonl", CELOSS, "numpy"),
    ("polars read_ndjson", "p.jsonl", POLARS + _LOSS, "polars"),
    ("celoss, JSON", "p.json", CELOSS, "numpy"),
    ("orjson + NumPy, JSON", "p.json", ORJSON + _LOSS, "orjson"),
    ("celoss, JSON of row objects", "rows.json", CELOSS, "numpy"),
)


def write(folder: Path, rows: int) -> None:
    """Writes the same rows in every format, as ``json.dumps`` does."""
    random.seed(1)
    logits = [[round(random.gauss(0, 2), 6) for _ in range(10)] for _ in range(rows)]
    targets = [random.randrange(10) for _ in range(rows)]
    both = list(zip(logits, targets, strict=True))
    names = [f"logit_{k}" for k in range(10)]
    lines = "".join(f"{','.join(map(repr, x))},{y}\n" for x, y in both)
    (folder / "p.csv").write_text(f"{','.join(names)},target\n{lines}")
    (folder / "p.json").write_text(json.dumps({"logits": logits, "targets": targets}))
    (folder / "p.jsonl").write_text("".join(json.dumps({"logits": x, "target": y}) + "\n" for x, y in both))
    named = [{**dict(zip(names, x, strict=True)), "target": y} for x, y in both]
    (folder / "rows.json").write_text(json.dumps(named))


def measured(code: str, path: Path) -> tuple[float, float, float, float]:
    """The number that a program prints, its CPU and wall seconds, and its peak memory in MB."""
    start = perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None  # noqa: S101 - for the type checker
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed on {path.name}: {code}")
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return float(printed), usage.ru_utime + usage.ru_stime, perf_counter() - start, usage.ru_maxrss / unit


def main() -> None:
    parser = argparse.ArgumentParser(description="Compares readers of JSON.")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    programs = [program for program in PROGRAMS if find_spec(program[3])]
    found: dict[str, list[tuple[float, float, float, float]]] = {name: [] for name, *_ in programs}
    with tempfile.TemporaryDirectory() as folder:
        # A program's peak counts what its parent had when it was started, so another process writes.
        writer = multiprocessing.get_context("spawn").Process(target=write, args=(Path(folder), given.rows))
        writer.start()
        writer.join()
        for _ in range(1 + given.repeat):
            for name, file, code, _ in programs:
                found[name].append(measured(code, Path(folder, file)))
    numbers = [runs[0][0] for runs in found.values()]
    if not all(math.isclose(number, numbers[0], rel_tol=1e-9) for number in numbers):
        raise SystemExit(f"the programs disagree: {numbers}")
    print(f"{'program':30} {'CPU s':>7} {'wall s':>7} {'MB':>6} {'ratio':>6}")
    of_celoss = 0.0
    for name, runs in found.items():
        cpu, wall, memory = (statistics.median(run[i] for run in runs[1:]) for i in (1, 2, 3))
        of_celoss = cpu if name.startswith("celoss") else of_celoss
        print(f"{name:30} {cpu:7.2f} {wall:7.2f} {memory:6.0f} {cpu / of_celoss:6.2f}")


if __name__ == "__main__":
    main()
