"""What celoss is compared with: the best script of a few lines that a user would write for a format.

Each reads the files that it is given, computes the mean cross entropy in float64 and prints it. The yardstick
only reads and takes exp, which no program that computes the loss can do without.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from data import Data

__all__ = ["CELOSS", "CORE", "FAST", "PROGRAMS", "Program", "celoss", "commands"]

CORE, FAST = "celoss, core install", "celoss with fast"

CELOSS = """
import sys
from celoss_cli.cli.main import main
sys.argv = ["celoss", *sys.argv[1:]]
main()
"""
HIDE = 'import sys\nsys.modules["pyarrow"] = None\n'
LOSS = """
top = x.max(axis=1)
losses = np.log(np.exp(x - top[:, None]).sum(axis=1)) + top - x[np.arange(len(y)), y]
print(repr(float(losses.mean())))
"""
TORCH = "\nprint(torch.nn.functional.cross_entropy(torch.as_tensor(x), torch.as_tensor(y)).item())\n"
SKLEARN = """
print(repr(float(log_loss(y, softmax(x, axis=1), labels=range(x.shape[1])))))
"""
NUMPY = "import sys, numpy as np\n"
PANDAS = """
import pandas as pd
df = pd.read_{kind}(sys.argv[1])
y = df.pop("target").to_numpy()
x = df.to_numpy()
"""
POLARS = """
import polars as pl
df = pl.read_{kind}(sys.argv[1])
y = df["target"].to_numpy()
x = df.drop("target").to_numpy()
"""
POLARS_LINES = """
import polars as pl
df = pl.read_ndjson(sys.argv[1])
x, y = np.array(df["logits"].to_list()), df["target"].to_numpy()
"""
ORJSON = """
import orjson
with open(sys.argv[1], "rb") as file:
    found = orjson.loads(file.read())
x, y = np.array(found["logits"]), np.array(found["targets"])
"""
DUCKDB = """
import sys, duckdb
rows = duckdb.read_{kind}(sys.argv[1])
x = "[" + ", ".join(name for name in rows.columns if name != "target") + "]"
loss = f"ln(list_sum(list_transform({x}, lambda v: exp(v)))) - {x}[target + 1]"
print(repr(rows.aggregate(f"avg({loss})").fetchall()[0][0]))
"""
LOADTXT = """
table = np.loadtxt(sys.argv[1], delimiter=",", skiprows=1)
x, y = table[:, :-1], table[:, -1].astype(int)
"""
BY_BLOCK = """
values = np.load(sys.argv[1], mmap_mode="r")
for start in range(0, len(values), 16):
    np.exp(values[start : start + 16].astype(float))
"""
BFLOAT16 = """
rows, classes = {rows}, {classes}
with open(sys.argv[1], "rb") as file:
    start = 8 + int.from_bytes(file.read(8), "little")
values = np.memmap(sys.argv[1], np.uint16, "r", start, (rows, classes))
for start in range(0, rows, 16):
    np.exp((values[start : start + 16].astype(np.uint32) << 16).view(np.float32).astype(float))
"""
ARRAYS = "x, y = np.load(sys.argv[1]).astype(float), np.load(sys.argv[2])\n"


@dataclass(frozen=True)
class Program:
    """A program of the comparison.

    Attributes:
        name: in the table.
        needs: the modules that must be installed.
        sources: the Python source by the kind of file that it reads.
        compared: whether it prints the loss.

    """

    name: str
    needs: tuple[str, ...]
    sources: dict[str, str]
    compared: bool = True

    @property
    def missing(self) -> list[str]:
        return [module for module in self.needs if find_spec(module) is None]


def _tables(source: str, *kinds: str) -> dict[str, str]:
    return {kind: NUMPY + source.replace("{kind}", kind) for kind in kinds or ("csv", "parquet")}


_TEXTS = ("csv", "jsonl", "json", "npy", "safetensors")
PROGRAMS = (
    Program(CORE, ("celoss_cli",), dict.fromkeys(_TEXTS, HIDE + CELOSS)),
    Program(FAST, ("celoss_cli", "pyarrow"), dict.fromkeys(("csv", "parquet"), CELOSS)),
    Program("NumPy", (), _tables(LOADTXT + LOSS, "csv") | {"npy": NUMPY + ARRAYS + LOSS}),
    Program("pandas + PyTorch", ("pandas", "torch"), _tables("import torch" + PANDAS + TORCH)),
    Program(
        "pandas + scikit-learn",
        ("pandas", "sklearn"),
        _tables("from scipy.special import softmax\nfrom sklearn.metrics import log_loss" + PANDAS + SKLEARN),
    ),
    Program("polars + NumPy", ("polars",), _tables(POLARS + LOSS) | {"jsonl": NUMPY + POLARS_LINES + LOSS}),
    Program("orjson + NumPy", ("orjson",), {"json": NUMPY + ORJSON + LOSS}),
    Program("DuckDB SQL", ("duckdb",), _tables(DUCKDB)),
    Program("NumPy + PyTorch", ("torch",), {"npy": NUMPY + "import torch\n" + ARRAYS + TORCH}),
    Program("read and exp", (), {"npy": NUMPY + BY_BLOCK, "safetensors": NUMPY + BFLOAT16}, compared=False),
)


def commands(data: Data, path: Path) -> dict[str, list[str] | None]:
    """The commands of the programs that read this data set, by name; None where they are not installed."""
    found: dict[str, list[str] | None] = {}
    for program in PROGRAMS:
        source = program.sources.get(data.kind)
        if source is None:
            continue
        if program.missing:
            found[program.name] = None
            continue
        size = {"{rows}": str(data.rows), "{classes}": str(data.classes)}
        for mark, value in size.items():
            source = source.replace(mark, value)
        targets = path.with_suffix(".targets.npy")
        files = [str(path), *([str(targets)] if data.kind == "npy" else [])]
        if "celoss_cli" in program.needs:
            given = (
                ["--logits", f"@{path}", "--targets", f"@{targets}"] if data.kind == "npy" else [str(path)]
            )
            files = ["ce", "--format", "value", *given]
        found[program.name] = [sys.executable, "-c", source, *files]
    return found


def celoss(*arguments: str) -> list[str]:
    """Celoss with these arguments."""
    return [sys.executable, "-c", CELOSS, *arguments]
