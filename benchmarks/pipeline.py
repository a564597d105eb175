"""Whole processes side by side: celoss against scripts of a few lines in other libraries.

    python benchmarks/pipeline.py [--repeat 5] [--cache DIR] [--only NAME ...] [--plot FILE]

Every program starts, reads a file, computes the mean cross entropy of its logits in float64 and prints
it. The programs take turns within each round, so that a busy machine slows all of them alike; the first
round is not counted. The table gives medians of wall time, of CPU time (user and system) and of peak
memory. All programs must print the same number, to a relative 1e-9.

celoss runs twice: with pyarrow importable (the extra ``fast``), and with pyarrow hidden from the import
system, as in the core install. A program whose libraries are not installed is left out, and a line says
so. Runs on Linux and macOS.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

RELATIVE = 1e-9
CORE, FAST = "celoss, core install", "celoss with fast"
YARDSTICKS = ("read and exp, float64", "read and exp, float32")

# ------------------------------------------------------------------------------------------- programs

CELOSS = """
import sys
from celoss_cli.cli.main import main
sys.argv = ["celoss", "ce", "--format", "value", *sys.argv[1:]]
main()
"""
HIDE_PYARROW = 'import sys\nsys.modules["pyarrow"] = None\n'

PANDAS_TORCH = """
import sys, pandas as pd, torch
df = pd.read_{kind}(sys.argv[1])
y = torch.tensor(df.pop("target").to_numpy())
print(torch.nn.functional.cross_entropy(torch.tensor(df.to_numpy()), y).item())
"""
NUMPY_TORCH = """
import sys, numpy as np, torch
x, y = (torch.from_numpy(np.load(path)) for path in sys.argv[1:])
print(torch.nn.functional.cross_entropy(x.double(), y).item())
"""
PANDAS_SKLEARN = """
import sys, pandas as pd
from scipy.special import softmax
from sklearn.metrics import log_loss
df = pd.read_{kind}(sys.argv[1])
y = df.pop("target")
print(repr(float(log_loss(y, softmax(df.to_numpy(), axis=1), labels=range(df.shape[1])))))
"""
NUMPY_SKLEARN = """
import sys, numpy as np
from scipy.special import softmax
from sklearn.metrics import log_loss
x, y = map(np.load, sys.argv[1:])
print(repr(float(log_loss(y, softmax(x.astype(float), axis=1), labels=range(x.shape[1])))))
"""
POLARS_NUMPY = """
import sys, numpy as np, polars as pl
df = pl.read_{kind}(sys.argv[1])
y = df["target"].to_numpy()
x = df.drop("target").to_numpy()
top = x.max(axis=1)
losses = np.log(np.exp(x - top[:, None]).sum(axis=1)) + top - x[np.arange(len(y)), y]
print(repr(float(losses.mean())))
"""
NUMPY_ALONE = """
import sys, numpy as np
x, y = map(np.load, sys.argv[1:])
x = x.astype(float)
top = x.max(axis=1)
losses = np.log(np.exp(x - top[:, None]).sum(axis=1)) + top - x[np.arange(len(y)), y]
print(repr(float(losses.mean())))
"""
DUCKDB = """
import sys, duckdb
rows = duckdb.read_{kind}(sys.argv[1])
x = "[" + ", ".join(name for name in rows.columns if name != "target") + "]"
loss = f"ln(list_sum(list_transform({x}, lambda v: exp(v)))) - {x}[target + 1]"
print(repr(rows.aggregate(f"avg({loss})").fetchall()[0][0]))
"""
READ_EXP = """
import sys, numpy as np
np.exp(np.load(sys.argv[1]).astype("{dtype}"))
print("nan")
"""


@dataclass(frozen=True)
class Program:
    """A program of the comparison.

    Attributes:
        name: its name in the table.
        needs: the modules that must be installed.
        sources: the Python source by the kind of file that it reads.
        compared: whether its number must agree with the others.

    """

    name: str
    needs: tuple[str, ...]
    sources: dict[str, str]
    compared: bool = True


def _tables(source: str) -> dict[str, str]:
    return {kind: source.replace("{kind}", kind) for kind in ("csv", "parquet")}


PROGRAMS = (
    Program(CORE, ("celoss_cli",), {"csv": HIDE_PYARROW + CELOSS, "npy": HIDE_PYARROW + CELOSS}),
    Program(FAST, ("celoss_cli", "pyarrow"), {"csv": CELOSS, "parquet": CELOSS, "npy": CELOSS}),
    Program("pandas + PyTorch", ("pandas", "torch"), _tables(PANDAS_TORCH)),
    Program("pandas + scikit-learn", ("pandas", "sklearn"), _tables(PANDAS_SKLEARN)),
    Program("polars + NumPy", ("polars",), _tables(POLARS_NUMPY)),
    Program("DuckDB SQL", ("duckdb",), _tables(DUCKDB)),
    Program("NumPy + PyTorch", ("torch",), {"npy": NUMPY_TORCH}),
    Program("NumPy + scikit-learn", ("sklearn",), {"npy": NUMPY_SKLEARN}),
    Program("NumPy", (), {"npy": NUMPY_ALONE}),
    *(
        Program(name, (), {"npy": READ_EXP.replace("{dtype}", name[-7:])}, compared=False)
        for name in YARDSTICKS
    ),
)

# ----------------------------------------------------------------------------------------------- data


@dataclass(frozen=True)
class Data:
    """A data set.

    Attributes:
        name: its name in the table and for ``--only``.
        file: its file in the cache.
        rows, classes: its size.
        write: how the numbers are written: "%.6f", "repr", "parquet" or "npy".

    """

    name: str
    file: str
    rows: int
    classes: int
    write: str

    @property
    def kind(self) -> str:
        return Path(self.file).suffix[1:]

    def arguments(self, folder: Path, program: Program) -> list[str]:
        files = [str(folder / self.file)]
        if self.kind == "npy":
            files.append(str(folder / f"labels-{self.file}"))
            if "celoss_cli" in program.needs:
                return ["--logits", f"@{files[0]}", "--targets", f"@{files[1]}"]
        return files


DATA = (
    Data("tiny", "tiny.csv", 3, 3, "%.6f"),
    Data("csv-10", "1e6x10.csv", 1_000_000, 10, "%.6f"),
    Data("csv-1000", "2e4x1000.csv", 20_000, 1_000, "%.6f"),
    Data("csv-repr", "5e5x10-repr.csv", 500_000, 10, "repr"),
    Data("parquet-10", "1e6x10.parquet", 1_000_000, 10, "parquet"),
    Data("parquet-1000", "2e4x1000.parquet", 20_000, 1_000, "parquet"),
    Data("npy", "5e4x1000.npy", 50_000, 1_000, "npy"),
)


def generate(data: Data, folder: Path) -> None:
    """Writes the files of a data set; the same numbers for the same shape."""
    import numpy as np

    rng = np.random.default_rng(0)
    x = rng.standard_normal((data.rows, data.classes)) * 3
    y = rng.integers(0, data.classes, data.rows)
    path = folder / data.file
    if data.write == "npy":
        np.save(folder / f"labels-{data.file}", y)
        np.save(path, x.astype(np.float32))
    elif data.write == "parquet":
        _write_parquet(path, x.round(6), y)
    else:
        _write_csv(path, x.tolist(), y.tolist(), data.write)


def _write_csv(path: Path, x: list[list[float]], y: list[int], style: str) -> None:
    width = len(x[0])
    template = ",".join(["%r" if style == "repr" else style] * width) + ",%d\n"
    with path.open("w") as file:
        file.write(",".join(f"c{i}" for i in range(width)) + ",target\n")
        file.writelines(template % (*row, target) for row, target in zip(x, y, strict=True))


def _write_parquet(path: Path, x: object, y: object) -> None:
    import polars as pl

    frame = pl.DataFrame(x, schema=[f"c{i}" for i in range(x.shape[1])])  # type: ignore[attr-defined]
    frame.with_columns(target=pl.Series(y)).write_parquet(path)


def prepared(folder: Path, chosen: Sequence[Data]) -> list[Data]:
    """The data sets that could be written, each by a process of its own."""
    ready = []
    for data in chosen:
        if data.write == "parquet" and find_spec("polars") is None:
            print(f"{data.name}: left out, polars is not installed to write it", file=sys.stderr)
            continue
        if not (folder / data.file).exists():
            # A child's peak memory starts from its parent's, so this process must stay small.
            process = multiprocessing.get_context("spawn").Process(target=generate, args=(data, folder))
            process.start()
            process.join()
            if process.exitcode:
                raise SystemExit(f"{data.name}: could not be written")
        ready.append(data)
    return ready


# ---------------------------------------------------------------------------------------- measurement


@dataclass(frozen=True)
class Run:
    """What one process cost in seconds, seconds and bytes; and the number that it printed last."""

    wall: float
    cpu: float
    memory: int
    value: float


def run(command: Sequence[str]) -> Run:
    # An installed package comes with its bytecode, so that of a working tree is kept as well.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None  # noqa: S101 - for the type checker
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode:
        raise SystemExit(f"exit code {process.returncode} of {' '.join(command)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit, float(printed.split()[-1]))


def median(runs: Sequence[Run]) -> Run:
    def middle(value: Callable[[Run], float]) -> float:
        return statistics.median(map(value, runs))

    return Run(
        middle(lambda run: run.wall),
        middle(lambda run: run.cpu),
        int(middle(lambda run: run.memory)),
        runs[0].value,
    )


def measured(data: Data, folder: Path, programs: Sequence[Program], repeat: int) -> dict[str, Run]:
    """The medians of every program that reads this kind of file."""
    commands = {
        program.name: [
            sys.executable,
            "-c",
            program.sources[data.kind],
            *data.arguments(folder, program),
        ]
        for program in programs
        if data.kind in program.sources
    }
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(repeat + 1):
        for name, command in commands.items():
            runs[name].append(run(command))
    _refuse_difference(data, programs, runs)
    return {name: median(found[1:]) for name, found in runs.items()}


def _refuse_difference(data: Data, programs: Sequence[Program], runs: dict[str, list[Run]]) -> None:
    compared = {program.name for program in programs if program.compared}
    values = {name: run.value for name, found in runs.items() if name in compared for run in found}
    reference = next(iter(values.values()), math.nan)
    if not all(math.isclose(value, reference, rel_tol=RELATIVE) for value in values.values()):
        raise SystemExit(f"{data.name}: different numbers: {values}")


# --------------------------------------------------------------------------------------------- output


def table(data: Data, found: dict[str, Run]) -> Iterator[str]:
    """Lines of Markdown. The last columns are above 1 where celoss is the faster one."""
    yield f"\n{data.name}: {data.rows} x {data.classes}, {data.file}\n"
    yield "| program | wall s | CPU s | peak MB | wall / core | wall / fast | memory / fast |"
    yield "|---|---|---|---|---|---|---|"
    core, fast = found.get(CORE), found.get(FAST)
    for name, run in found.items():
        ratios = (
            f"{getattr(run, what) / getattr(base, what):.2f}" if base else "-"
            for base, what in ((core, "wall"), (fast, "wall"), (fast, "memory"))
        )
        yield (f"| {name} | {run.wall:.3f} | {run.cpu:.3f} | {run.memory / 1e6:.0f} | {' | '.join(ratios)} |")


def plot(results: dict[str, dict[str, Run]], path: Path) -> None:
    """Bars of wall time and peak memory; the same numbers give the same bytes."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams.update({"svg.hashsalt": "celoss", "svg.fonttype": "none", "font.size": 8})
    from matplotlib import pyplot as plt

    count = [len(found) for found in results.values()]
    figure, axes = plt.subplots(
        len(results),
        2,
        figsize=(8, 0.8 + 0.24 * sum(count) + 0.5 * len(count)),
        squeeze=False,
        gridspec_kw={"height_ratios": count},
        layout="constrained",
    )
    for pair, (name, found) in zip(axes, results.items(), strict=True):
        names = list(found)
        colors = ["#1b6ca8" if "celoss" in one else "#b0b0b0" for one in names]
        columns = (
            ("wall time, s", [run.wall for run in found.values()], "{:.2f}"),
            ("peak memory, MB", [run.memory / 1e6 for run in found.values()], "{:.0f}"),
        )
        for axis, (label, values, style) in zip(pair, columns, strict=True):
            bars = axis.barh(names, values, color=colors)
            axis.bar_label(bars, [style.format(value) for value in values], padding=2)
            axis.set_xlim(0, max(values) * 1.15)
            axis.set_title(f"{name}: {label}", loc="left", fontsize=8)
            axis.invert_yaxis()
            axis.spines[["top", "right"]].set_visible(False)
        pair[1].set_yticks([])
    metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
    figure.savefig(path, metadata=metadata, dpi=150)


def installed(programs: Sequence[Program]) -> list[Program]:
    kept = []
    for program in programs:
        missing = [module for module in program.needs if find_spec(module) is None]
        if missing:
            print(f"{program.name}: left out, not installed: {', '.join(missing)}", file=sys.stderr)
        else:
            kept.append(program)
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5, help="counted rounds")
    parser.add_argument("--cache", type=Path, help="a folder to keep the data in; else a temporary one")
    parser.add_argument("--only", nargs="+", choices=[data.name for data in DATA], help="data sets")
    parser.add_argument("--programs", nargs="+", help="parts of the names of the programs to run")
    parser.add_argument("--plot", type=Path, help="a PNG or SVG file")
    options = parser.parse_args()
    programs = [
        program
        for program in installed(PROGRAMS)
        if not options.programs or any(part in program.name for part in options.programs)
    ]
    results = {}
    with contextlib.ExitStack() as stack:
        folder = options.cache or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        for data in prepared(
            folder, [data for data in DATA if not options.only or data.name in options.only]
        ):
            results[data.name] = measured(data, folder, programs, options.repeat)
            print(*table(data, results[data.name]), sep="\n", flush=True)
    if options.plot:
        plot(results, options.plot)


if __name__ == "__main__":
    main()
