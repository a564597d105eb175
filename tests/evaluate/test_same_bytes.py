"""The bytes of the result depend on the rows only: not on threads, blocks, files or their format."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import celoss

from celoss_cli.core.data import Array
from celoss_cli.losses import pieces as threads
from celoss_cli.read.arrays import slices as arrays
from celoss_cli.read.arrow import columnar
from celoss_cli.read.text import blocks, plain

ROWS = 600
COLLECTED = ("--by", "class", "--worst", "3", "--quantiles", "0.01,0.5,0.9,1")
NUMBERS = (
    *("value", "total", "denominator", "rows", "elements", "counted", "ignored", "clamped"),
    *("perplexity", "groups", "quantiles", "worst"),
)
"""What must be the same wherever the numbers come from; labels and files are told as they are."""
SEEDS = (0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow))


@dataclass(frozen=True)
class Case:
    """A loss with options and data whose sums would show any other order of adding.

    Attributes:
        command: of the loss.
        options: of the command line, the collections among them.
        input: shape (rows, columns).
        target: shape (rows,), or that of the input.

    """

    command: str
    options: tuple[str, ...]
    input: Array
    target: Array

    @property
    def columns(self) -> dict[str, Array]:
        """The columns of a table by name."""
        targets = self.target.reshape(len(self.input), -1)
        names = ["target"] if targets.shape[1] == 1 else [f"t_{i}" for i in range(targets.shape[1])]
        inputs = {f"p_{i}": column for i, column in enumerate(self.input.T)}
        return {**inputs, **dict(zip(names, targets.T, strict=True))}

    @property
    def table_options(self) -> tuple[str, ...]:
        return (*self.options, *(("--target-column", "t_*") if "t_0" in self.columns else ()))

    def rows(self) -> list[list[Any]]:
        return [list(row) for row in zip(*(column.tolist() for column in self.columns.values()), strict=True)]


def cases() -> dict[str, Case]:
    rng = np.random.default_rng(2024)
    logits = rng.normal(size=(ROWS, 4)) * 10.0 ** rng.integers(-9, 3, (ROWS, 1))
    classes = rng.integers(0, 4, ROWS)
    probs = rng.random((ROWS, 3)) ** rng.integers(1, 9, (ROWS, 1))
    log_probs = -rng.exponential(size=(ROWS, 3)) * 10.0 ** rng.integers(-6, 3, (ROWS, 1))
    shares = rng.dirichlet([0.3, 1, 2], ROWS)
    semantics = ("--weight", "1,0.3,2.5,0.7", "--ignore-index", "2", "--label-smoothing", "0.1")
    return {
        "ce": Case("ce", COLLECTED, logits, classes),
        "ce with options": Case("ce", (*semantics, *COLLECTED), logits, classes),
        "ce in float32": Case("ce", ("--dtype", "float32", *COLLECTED), logits, classes),
        "bce": Case("bce", COLLECTED, probs, rng.integers(0, 2, (ROWS, 3)).astype(float)),
        "kl": Case("kl", ("--reduction", "batchmean", *COLLECTED[2:]), log_probs, shares),
    }


CASES = cases()
every_case = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))


def as_csv(case: Case, rows: Sequence[Sequence[Any]] | None = None, delimiter: str = ",") -> str:
    lines = [case.columns, *(map(repr, row) for row in (case.rows() if rows is None else rows))]
    return "".join(delimiter.join(line) + "\n" for line in lines)


@pytest.fixture
def printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs a command line in a folder of its own; answers its standard output."""
    monkeypatch.chdir(tmp_path)

    def run_it(*arguments: str) -> str:
        done = celoss(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run_it


Printed = Callable[..., str]


def numbers(out: str) -> dict[str, Any]:
    report = json.loads(out)
    return {name: report[name] for name in NUMBERS if name in report}


def apart_from_order(out: str) -> dict[str, Any]:
    """The report without what its files were and why, and without numbers of rows, counted from the first."""
    report = json.loads(out)
    report["input"]["files"] = None
    for name in ("why", "inferred"):  # a part keeps which column is what, and not the reasons
        report["input"]["columns"].pop(name, None)
    for row in report.get("worst", ()):
        row["row"] = None
    return report


def pieces(rows: Sequence[Any], order: random.Random, count: int = 5) -> list[Sequence[Any]]:
    """The rows cut at random places, the pieces in another order."""
    edges = [0, *sorted(order.sample(range(1, len(rows)), count - 1)), len(rows)]
    parts = [rows[start:stop] for start, stop in pairwise(edges)]
    order.shuffle(parts)
    return parts


# -------------------------------------------------------------------------------- threads and blocks


@every_case
@pytest.mark.parametrize("suffix", ["csv", "npz", "parquet"])
def test_threads_and_blocks_change_no_byte(
    case: Case, suffix: str, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    WRITERS[suffix](case, Path())
    options = case.options if suffix == "npz" else case.table_options
    whole = printed(case.command, f"p.{suffix}", *options, "--json", "--jobs", "1")
    for jobs, size in (("1", 1 << 10), ("2", 5000), ("5", 1 << 10), ("5", 1 << 14)):
        for module, name in (
            (blocks, "_BLOCK_BYTES"),
            (arrays, "_SLICE_BYTES"),
            (columnar, "_BATCH_BYTES"),
            (threads, "_MOST_PIECE_BYTES"),
        ):
            monkeypatch.setattr(module, name, size)
        found = printed(case.command, f"p.{suffix}", *options, "--json", "--jobs", jobs)
        assert found == whole, (jobs, size)


@every_case
def test_the_reader_of_plain_blocks_changes_no_byte(
    case: Case, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("p.csv").write_text(as_csv(case))
    arguments = (case.command, "p.csv", *case.table_options, "--json")
    monkeypatch.setattr(plain, "_WORTH_IMPORTING_BYTES", 0)
    with_polars = printed(*arguments)
    monkeypatch.setattr(plain, "has_pyarrow", lambda: False)
    assert printed(*arguments) == with_polars


# --------------------------------------------------------------------------------------- many files


@every_case
@pytest.mark.parametrize("seed", SEEDS)
def test_files_in_any_order_are_one_data_set(case: Case, seed: int, printed: Printed) -> None:
    Path("p.csv").write_text(as_csv(case))
    parts = pieces(case.rows(), random.Random(seed))
    for i, part in enumerate(parts):
        Path(f"p{i}.csv").write_text(as_csv(case, part))
    names = [f"p{i}.csv" for i in range(len(parts))]
    whole = printed(case.command, "p.csv", *case.table_options, "--json")
    found = printed(case.command, *names, *case.table_options, "--json", "--jobs", "2")
    assert apart_from_order(found) == apart_from_order(whole)


@every_case
@pytest.mark.parametrize("seed", SEEDS)
def test_partial_results_add_up_in_any_order(case: Case, seed: int, printed: Printed) -> None:
    options = [*case.table_options, "--json"]
    at = options.index("--worst")
    del options[at : at + 2]  # the worst rows are not part of a partial result
    order = random.Random(seed)
    names = []
    for i, part in enumerate(pieces(case.rows(), order)):
        Path(f"p{i}.csv").write_text(as_csv(case, part))
        names.append(f"part{i}.json")
        printed(case.command, f"p{i}.csv", *options, "--emit-partial", names[-1])
    Path("p.csv").write_text(as_csv(case))
    whole = printed(case.command, "p.csv", *options)
    order.shuffle(names)
    printed("merge", *names[:2], "--emit-partial", "some.json")
    for merged in (printed("merge", *names, "--json"), printed("merge", *names[2:], "some.json", "--json")):
        assert apart_from_order(merged) == apart_from_order(whole)


@every_case
def test_a_pipe_gives_the_bytes_of_a_file(case: Case, printed: Printed) -> None:
    Path("p.csv").write_text(as_csv(case))
    piped = celoss(case.command, *case.table_options, "--json", data=Path("p.csv").read_bytes())
    file = printed(case.command, "p.csv", *case.table_options, "--json")
    assert piped.stdout.replace('"-"', '"p.csv"') == file


# ---------------------------------------------------------------------------------------- many formats


def write_csv(case: Case, folder: Path) -> None:
    (folder / "p.csv").write_text(as_csv(case))


def write_tsv(case: Case, folder: Path) -> None:
    (folder / "p.tsv").write_text(as_csv(case, delimiter="\t"))


def write_json(case: Case, folder: Path) -> None:
    rows = [dict(zip(case.columns, row, strict=True)) for row in case.rows()]
    (folder / "p.json").write_text(json.dumps(rows))


def write_jsonl(case: Case, folder: Path) -> None:
    rows = (json.dumps(dict(zip(case.columns, row, strict=True))) + "\n" for row in case.rows())
    (folder / "p.jsonl").write_text("".join(rows))


def write_parquet(case: Case, folder: Path) -> None:
    pytest.importorskip("pyarrow")
    pl = pytest.importorskip("polars")
    pl.DataFrame(case.columns).write_parquet(folder / "p.parquet", row_group_size=250)


def write_arrow(case: Case, folder: Path) -> None:
    pytest.importorskip("pyarrow")
    pl = pytest.importorskip("polars")
    pl.DataFrame(case.columns).write_ipc(folder / "p.arrow")


INPUTS = {"ce": "logits", "bce": "probs", "kl": "log_probs"}


def write_npz(case: Case, folder: Path) -> None:
    np.savez(folder / "p.npz", **{INPUTS[case.command]: case.input, "targets": case.target})


WRITERS: dict[str, Callable[[Case, Path], None]] = {
    "csv": write_csv,
    "tsv": write_tsv,
    "json": write_json,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
    "arrow": write_arrow,
    "npz": write_npz,
}


@every_case
@pytest.mark.parametrize("suffix", [suffix for suffix in WRITERS if suffix != "csv"])
def test_every_format_gives_the_same_numbers(case: Case, suffix: str, printed: Printed) -> None:
    write_csv(case, Path())
    WRITERS[suffix](case, Path())
    options = case.options if suffix == "npz" else case.table_options
    from_text = numbers(printed(case.command, "p.csv", *case.table_options, "--json"))
    assert numbers(printed(case.command, f"p.{suffix}", *options, "--json")) == from_text
    assert set(from_text) >= {"value", "total", "denominator", "quantiles", "worst"}


@every_case
def test_mapped_arrays_give_the_same_numbers(case: Case, printed: Printed) -> None:
    write_csv(case, Path())
    np.save("x.npy", np.asfortranarray(case.input))
    np.save("y.npy", case.target)
    from_text = numbers(printed(case.command, "p.csv", *case.table_options, "--json"))
    found = printed(case.command, "-x", "@x.npy", "-y", "@y.npy", *case.options, "--json")
    assert numbers(found) == from_text
