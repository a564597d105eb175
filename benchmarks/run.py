"""celoss beside the best script of a user, as whole processes: formats, its own commands, start and scaling.

    python benchmarks/run.py [--repeat 5] [--cache DIR] [--only NAME ...] [--small] [--json FILE]

The programs take turns within each round; the first round is not counted. The tables give medians of wall
time, of CPU time (user and system) and of peak memory; the ratio says how many times the CPU time of celoss a
program takes. CPU time is what others on the machine change least. All programs must print the same number to
a relative 1e-9. One whose libraries are not installed is left out, and a line says so.

``--small`` takes a hundredth of the rows and one round: it shows that every program runs, and no time.
``--json`` keeps the numbers, of which ``python benchmarks/page.py FILE`` makes the tables of the README.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import platform
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from data import Data, prepared
from measure import Run, in_turn
from page import tables
from programs import LOADTXT, LOSS, NUMPY, PROGRAMS, celoss, commands

RELATIVE = 1e-9
DATA = (
    Data("tiny", "csv", 3, 3),
    Data("CSV 1e6 x 10", "csv", 1_000_000, 10),
    Data("CSV 2e4 x 1000", "csv", 20_000, 1_000),
    Data("CSV 5e5 x 10, 17 digits", "csv", 500_000, 10, "repr"),
    Data("JSON Lines 2e5 x 10", "jsonl", 200_000, 10),
    Data("JSON 2e5 x 10", "json", 200_000, 10),
    Data("JSON 5e4 x 10", "json", 50_000, 10),
    Data("Parquet 1e6 x 10", "parquet", 1_000_000, 10),
    Data("Parquet 2e4 x 1000", "parquet", 20_000, 1_000),
    Data("NPY 5e4 x 1000, float32", "npy", 50_000, 1_000, "float32"),
    Data("NPY 2e3 x 128000, float32", "npy", 2_000, 128_000, "float32"),
    Data("NPY 2e3 x 128000, float16", "npy", 2_000, 128_000, "float16"),
    Data("safetensors 2e3 x 128000, bfloat16", "safetensors", 2_000, 128_000, "bfloat16"),
)
NO_OTHERS = 100_000
"""Arrays with so many classes are held against reading and exp alone: scripts would take all memory."""

OWN = DATA[1]
"""What celoss's own commands read."""

PACKAGES = ("numpy", "pyarrow", "polars", "pandas", "duckdb", "orjson", "torch", "scikit-learn")


def formats(chosen: Sequence[Data], folder: Path, rounds: int) -> Iterator[dict[str, Any]]:
    """Every program on each data set."""
    for data in chosen:
        found = commands(data, prepared(data, folder))
        if data.classes >= NO_OTHERS:
            found = {name: command for name, command in found.items() if "celoss" in name or "exp" in name}
        installed = {name: command for name, command in found.items() if command is not None}
        peers = [name for name in installed if "celoss" not in name]
        runs = in_turn(installed, rounds, may_fail=peers)
        _refuse_difference(data.name, {name: run for name, run in runs.items() if run is not None})
        yield {"data": data.name, "runs": _plain({name: runs.get(name) for name in found})}


def _refuse_difference(name: str, runs: Mapping[str, Run]) -> None:
    compared = {program.name for program in PROGRAMS if program.compared}
    values = {program: run.value for program, run in runs.items() if program in compared}
    first = next(iter(values.values()))
    if not all(math.isclose(value, first, rel_tol=RELATIVE) for value in values.values()):
        raise SystemExit(f"{name}: different numbers: {values}")


def own_commands(data: Data, folder: Path, rounds: int) -> dict[str, Any]:
    """Celoss's commands on one file beside the plain run."""
    path, named = str(prepared(data, folder)), str(prepared(replace(data, ids=True), folder))
    each = ("--reduction", "none", "--format")
    found = {
        "ce": celoss("ce", path),
        "rows as csv": celoss("ce", path, *each, "csv"),
        "rows as jsonl": celoss("ce", path, *each, "jsonl"),
        "rows as NPY": celoss("ce", path, *each[:2], "-o", str(folder / "rows.npy")),
        "--by class": celoss("ce", path, "--by", "class"),
        "--worst 10": celoss("ce", path, "--worst", "10"),
        "--convention all": celoss("ce", path, "--convention", "all"),
        "diagnose": celoss("diagnose", "--loss", "ce", path),
        "report": celoss("report", "--loss", "ce", path, "-o", str(folder / "report.html")),
        "plot": celoss("plot", "ce", path, "-o", str(folder / "plot.svg")),
        "weights": celoss("weights", path),
    }
    resampled = ("--resamples", "1000", "--format", "json")
    found |= {
        "compare, 1000 resamples": celoss("compare", "--loss", "ce", path, path, *resampled),
        "ce with ids": celoss("ce", named, "--id-column", "id"),
        "compare by ids": celoss("compare", "--loss", "ce", named, named, "--id-column", "id", *resampled),
    }
    if _has_pyarrow():
        found["rows as Parquet"] = celoss("ce", path, *each[:2], "-o", str(folder / "rows.parquet"))
    return {"data": data.name, "runs": _plain(in_turn(found, rounds))}


def start(folder: Path, rounds: int) -> dict[str, Any]:
    """A tiny run beside a bare NumPy script that computes the same, and what answers without any data."""
    path = str(prepared(DATA[0], folder))
    python = [sys.executable, "-c"]
    found = {
        "celoss ce --format value": celoss("ce", path, "--format", "value"),
        "celoss ce": celoss("ce", path),
        "NumPy script": [*python, NUMPY + LOADTXT + LOSS, path],
        "celoss --version": celoss("--version"),
        "celoss ce -h": celoss("ce", "-h"),
        "import numpy": [*python, "import numpy"],
        "python": [*python, "pass"],
    }
    return {"data": "start", "runs": _plain(in_turn(found, rounds))}


def scaling(data: Data, folder: Path, rounds: int) -> list[dict[str, Any]]:
    """A twenty-fifth, a fifth and all of the rows: time must grow by the rows, and memory not at all."""
    sizes = [replace(data, rows=max(1, data.rows // part)) for part in (25, 5, 1)]
    found = {str(one.rows): celoss("ce", str(prepared(one, folder)), "--format", "value") for one in sizes}
    return [{"rows": int(rows), **run} for rows, run in _plain(in_turn(found, rounds)).items()]


def _plain(runs: Mapping[str, Run | None]) -> dict[str, Any]:
    return {name: None if run is None else asdict(run) | {"value": None} for name, run in runs.items()}


def machine() -> dict[str, Any]:
    """The processor with what it can do of that which matters here, and the versions of all packages."""
    import os

    try:
        from numpy._core._multiarray_umath import __cpu_features__ as features
    except ImportError:
        features = {}
    model = ""
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "")
    names = [name for name in ("AVX2", "FMA3", "AVX512F", "AVX512_SKX", "NEON", "SVE") if features.get(name)]
    versions = {"Python": platform.python_version()}
    for package in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            versions[package] = version(package)
    return {
        "processor": model or platform.processor() or platform.machine(),
        "features": names,
        "processors": os.cpu_count(),
        "versions": versions,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5, help="counted rounds")
    parser.add_argument("--cache", type=Path, help="a folder to keep the data in; else a temporary one")
    parser.add_argument("--only", nargs="+", help="parts of the names of data sets; no other measurement")
    parser.add_argument("--small", action="store_true", help="a hundredth of the rows, one round")
    parser.add_argument("--json", type=Path, help="a file for the numbers")
    given = parser.parse_args()
    for program in PROGRAMS:
        if program.missing:
            print(f"{program.name}: left out, not installed: {', '.join(program.missing)}", file=sys.stderr)
    shrink = 100 if given.small else 1
    rounds = 1 if given.small else given.repeat
    every = [replace(one, rows=max(3, one.rows // shrink)) for one in DATA]
    chosen = [one for one in every if not given.only or any(part in one.name for part in given.only)]
    if not all(find.kind != "parquet" or _has_pyarrow() for find in chosen):
        chosen = [one for one in chosen if one.kind != "parquet"]
    results: dict[str, Any] = {"date": date.today().isoformat(), "machine": machine(), "formats": []}
    with contextlib.ExitStack() as stack:
        folder = given.cache or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        for found in formats(chosen, folder, rounds):
            results["formats"].append(found)
            _keep(results, given.json)
            print(*tables({**results, "formats": [found]}), sep="\n", flush=True)
        if not given.only:
            own = replace(OWN, rows=max(3, OWN.rows // shrink))
            rest = {
                "commands": own_commands(own, folder, rounds),
                "start": start(folder, rounds if given.small else 5 * rounds),
                "scaling": scaling(own, folder, rounds),
            }
            results |= rest
            print(*tables({**results, "formats": []}), sep="\n", flush=True)
    _keep(results, given.json)


def _keep(results: Mapping[str, Any], file: Path | None) -> None:
    if file:
        file.write_text(json.dumps(results, indent=1) + "\n")


def _has_pyarrow() -> bool:
    from importlib.util import find_spec

    return find_spec("pyarrow") is not None


if __name__ == "__main__":
    main()
