"""The data sets: the same numbers for the same shape, written once in the format of the file's name."""

from __future__ import annotations

import json
import multiprocessing
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Data", "prepared"]

_AT_A_TIME = 100
"""Rows of a vocabulary that are written at a time."""


@dataclass(frozen=True)
class Data:
    """A data set.

    Attributes:
        name: in the table and for ``--only``.
        kind: the format of the file, by its ending.
        rows, classes: its size.
        number: how a number is written: "%.6f", "repr", or the type of an array.
        ids: whether the rows of a table have names, in a first column.

    """

    name: str
    kind: str
    rows: int
    classes: int
    number: str = "%.6f"
    ids: bool = False

    @property
    def file(self) -> str:
        named = "-ids" if self.ids else ""
        return f"{self.rows}x{self.classes}-{self.number.strip('%.')}{named}.{self.kind}"


def prepared(data: Data, folder: Path) -> Path:
    """The file of a data set, written by another process: a child's peak memory starts with its parent's."""
    path = folder / data.file
    if not path.exists():
        process = multiprocessing.get_context("spawn").Process(target=_write, args=(data, path))
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(f"{data.name}: could not be written")
    return path


def _write(data: Data, path: Path) -> None:
    import numpy as np

    rng = np.random.default_rng(0)
    y = rng.integers(0, data.classes, data.rows)
    if data.kind in ("npy", "safetensors"):
        _write_arrays(data, path, y)
        return
    x = (rng.standard_normal((data.rows, data.classes)) * 3).round(17 if data.number == "repr" else 6)
    names = [f"c{i}" for i in range(data.classes)]
    if data.kind == "parquet":
        import pyarrow as pa
        import pyarrow.parquet

        pyarrow.parquet.write_table(pa.table({**dict(zip(names, x.T, strict=True)), "target": y}), path)
    elif data.kind == "json":
        path.write_text(json.dumps({"logits": x.tolist(), "targets": y.tolist()}))
    else:
        with path.open("w") as file:
            if data.kind == "csv":
                file.write(",".join([*(["id"] if data.ids else []), *names, "target"]) + "\n")
                line = ",".join(["%r" if data.number == "repr" else data.number] * data.classes) + ",%d\n"
                rows = enumerate(zip(x.tolist(), y.tolist(), strict=True))
                file.writelines((f"row-{i}," if data.ids else "") + line % (*row, k) for i, (row, k) in rows)
            else:
                rows = zip(x.tolist(), y.tolist(), strict=True)
                file.writelines(json.dumps({"logits": row, "target": k}) + "\n" for row, k in rows)


def _write_arrays(data: Data, path: Path, y: object) -> None:
    """Some rows at a time, for those of a vocabulary are larger than what should be held."""
    import numpy as np

    rng = np.random.default_rng(1)
    name = {"bfloat16": "BF16", "float16": "F16", "float32": "F32"}[data.number]
    stored = np.dtype("<u2" if data.number == "bfloat16" else data.number)
    size = stored.itemsize * data.rows * data.classes
    np.save(path.with_suffix(".targets.npy"), y)
    with path.open("wb") as file:
        if data.kind == "npy":
            about = {"descr": stored.str, "fortran_order": False, "shape": (data.rows, data.classes)}
            np.lib.format.write_array_header_1_0(file, about)
        else:
            logits = {"dtype": name, "shape": [data.rows, data.classes], "data_offsets": [0, size]}
            targets = {"dtype": "I64", "shape": [data.rows], "data_offsets": [size, size + 8 * data.rows]}
            head = json.dumps({"logits": logits, "targets": targets}).encode()
            head += b" " * (-len(head) % 8)
            file.write(len(head).to_bytes(8, "little") + head)
        for start in range(0, data.rows, _AT_A_TIME):
            rows = min(_AT_A_TIME, data.rows - start)
            part = rng.standard_normal((rows, data.classes), dtype=np.float32) * np.float32(3)
            part = part.view("<u4") >> 16 if name == "BF16" else part
            file.write(part.astype(stored).tobytes())
        if data.kind == "safetensors":
            file.write(np.asarray(y, "<i8").tobytes())
