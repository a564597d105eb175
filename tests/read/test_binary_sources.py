"""Arrays, tensors, columnar and compressed files: the same rows as in text, or a refusal with its place."""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from profiles import examples
from running import Done, celoss, celoss_process

from celoss_cli.core.data import Array, Batch, Chunk
from celoss_cli.core.errors import InputError, LimitError, UsageError
from celoss_cli.read import format_of
from celoss_cli.read.arrays import npy
from celoss_cli.read.arrays.slices import dataset_of_arrays
from celoss_cli.read.bytes.compressed import decompressed
from celoss_cli.read.gather import read_stream
from celoss_cli.read.request import Dataset, ReadRequest, Stream, open_stream

REQUEST = ReadRequest(per_class=True, takes="logits")
ELEMENTWISE = ReadRequest(per_class=False, takes="logits")
LOGITS = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]])
TARGETS = np.array([0, 1, 0])
LOSS = 0.6405346229445387


def value(*arguments: str | Path, data: bytes | None = None) -> float:
    done = celoss(*arguments, "--format", "value", data=data)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


def piped(data: bytes) -> Stream:
    """A stream that cannot be mapped."""
    return Stream("-", io.BufferedReader(io.BytesIO(data)))  # type: ignore[type-var]


def npy_bytes(values: Array, version: tuple[int, int] | None = None) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, values, version)
    return out.getvalue()


def npz_bytes(compressed: bool = False, **arrays: Array) -> bytes:
    out = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(out, **arrays)
    return out.getvalue()


def batches_of(dataset: Dataset) -> list[Batch]:
    """The batches in order, with those read that are still to be read."""
    return [part.read() if isinstance(part, Chunk) else part for part in dataset.batches]


def rows_of(dataset: Dataset) -> tuple[Array, Array]:
    batches = batches_of(dataset)
    return np.concatenate([b.input for b in batches]), np.concatenate([b.target for b in batches])


# ------------------------------------------------------------------------------------------------ NPY


@examples(150)
@given(
    values=hnp.arrays(
        st.one_of(
            hnp.floating_dtypes(sizes=(16, 32, 64)),
            hnp.integer_dtypes(),
            hnp.unsigned_integer_dtypes(),
            hnp.boolean_dtypes(),
        ),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0),
    ),
    fortran=st.booleans(),
    version=st.sampled_from([(1, 0), (2, 0), (3, 0)]),
)
def test_an_array_of_any_type_order_and_shape_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, values: Array, fortran: bool, version: tuple[int, int]
) -> None:
    values = np.asarray(values, order="F" if fortran else "C")
    data = npy_bytes(values, version)
    path = tmp_path_factory.getbasetemp() / "round.npy"
    path.write_bytes(data)
    request = ReadRequest(per_class=True, takes="logits", allow_nonfinite=True)
    for stream in (open_stream(str(path)), piped(data)):
        read = npy.read_values(stream, request)
        stream.close()
        assert (read.dtype, read.shape) == (values.dtype, values.shape)
        assert read.tobytes() == values.tobytes()
        assert not read.flags.writeable or not read.size


def test_a_file_is_mapped_and_not_read(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", LOGITS)
    stream = open_stream(str(tmp_path / "x.npy"))
    values = npy.read_values(stream, REQUEST.again())
    stream.close()
    assert not values.flags.owndata
    np.testing.assert_array_equal(values, LOGITS)


def test_a_file_cut_at_every_byte_is_refused(tmp_path: Path) -> None:
    data = npy_bytes(LOGITS)
    path = tmp_path / "cut.npy"
    for length in range(len(data)):
        path.write_bytes(data[:length])
        for stream in (open_stream(str(path)), piped(data[:length])):
            with pytest.raises(InputError):
                npy.read_values(stream, REQUEST.again())
            stream.close()


def test_bytes_after_the_array_are_refused(tmp_path: Path) -> None:
    data = npy_bytes(LOGITS) + b"\0"
    (tmp_path / "x.npy").write_bytes(data)
    stream = open_stream(str(tmp_path / "x.npy"))
    with pytest.raises(InputError, match=r"expected 48 bytes of an array of shape \(3, 2\) and type float64"):
        npy.read_values(stream, REQUEST.again())
    stream.close()
    with pytest.raises(InputError, match="expected the end after an array of shape"):
        npy.read_values(piped(data), REQUEST.again())


def with_header(text: str, data: bytes = b"", magic: bytes = b"\x93NUMPY\x01\x00") -> bytes:
    header = text.encode("latin-1") + b"\n"
    return magic + len(header).to_bytes(2, "little") + header + data


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "an empty file: no rows"),
        (b"a,b,target\n", "which starts with"),
        (b"\x80\x04K\x01.", "a pickle, which runs code"),
        (with_header("{}", magic=b"\x93NUMPY\x07\x00"), "version 1.0, 2.0 or 3.0, got 7.0"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff", "a header of at most 10000 bytes, got 4294967295"),
        (with_header("{'descr': '<f8'}"), "an NPY header"),
        (with_header("[" * 5000), "an NPY header"),
        (with_header("__import__('os')"), "an NPY header"),
        (with_header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"), "Python objects, a pickle"),
        (with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}"), "a shape of an array"),
        (with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}"), "a shape of an array"),
        (with_header("{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}"), "an NPY header"),
        (
            with_header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({10**30},)}}"),
            "a shape of an array",
        ),
        (
            with_header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': (0, {10**30})}}"),
            "a shape of an array",
        ),
        (
            with_header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({10**12},)}}"),
            "(8000000000000 bytes|fits into memory)",
        ),
        (npy_bytes(np.zeros(2, "c16")), "real numbers, got one of complex128"),
        (npy_bytes(np.array(["a", "b"])), "real numbers, got one of <U1"),
        (npy_bytes(np.zeros(2, [("a", "f8"), ("b", "i4")])), "real numbers, got one of"),
        (npy_bytes(np.zeros(2, "M8[D]")), "real numbers, got one of datetime64"),
        (npy_bytes(np.zeros(2, np.longdouble)), "real numbers, got one of float128"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(data)
    for stream in (open_stream(str(path)), piped(data)):
        with pytest.raises((InputError, LimitError), match=said):
            npy.read_values(stream, REQUEST.again())
        stream.close()


def test_nan_and_inf_are_refused_where_they_stand_and_minus_inf_is_a_number(tmp_path: Path) -> None:
    rows = np.zeros((3 << 20, 2), "f4")
    rows[0] = -np.inf
    rows[2_500_000, 1] = np.nan
    stream = piped(npy_bytes(rows))
    with pytest.raises(InputError, match=r'standard input: \$\[2500000\]\[1\]: expected a number, got "nan"'):
        npy.read_values(stream, REQUEST.again())
    with pytest.raises(InputError, match=r'\$: expected a number, got "inf" .*--allow-nonfinite'):
        npy.read_values(piped(npy_bytes(np.array(np.inf))), REQUEST.again())
    allowed = ReadRequest(per_class=True, takes="logits", allow_nonfinite=True)
    assert np.isnan(npy.read_values(piped(npy_bytes(rows)), allowed)[2_500_000, 1])


def test_an_array_alone_has_no_targets(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", LOGITS)
    done = celoss("ce", "x.npy", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stderr == (
        "celoss: error: x.npy: expected input and targets, got one array of shape (3, 2) and type float64\n"
        "  celoss ce x.npy --targets @labels.npy  (the targets in a file of their own)\n"
    )
    np.save(tmp_path / "labels.npy", [0, 1, 0])
    assert celoss("ce", "x.npy", "--targets", "@labels.npy", cwd=tmp_path).returncode == 0
    piped_in = celoss("ce", data=npy_bytes(LOGITS))
    assert piped_in.returncode == 3
    assert "one array of shape (3, 2)" in piped_in.stderr


def test_input_and_targets_from_two_files(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.asfortranarray(LOGITS.astype(">f8")))
    np.save(tmp_path / "y.npy", TARGETS.astype(">u2"))
    assert value("ce", "-x", f"@{tmp_path}/x.npy", "-y", f"@{tmp_path}/y.npy") == LOSS


# ------------------------------------------------------------------------------------------------ NPZ


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kind", ["<f4", ">f4", "<f8", ">f8"])
def test_arrays_by_name(tmp_path: Path, compressed: bool, kind: str) -> None:
    data = npz_bytes(compressed, logits=LOGITS.astype(kind), labels=TARGETS.astype(">i4"))
    (tmp_path / "p.npz").write_bytes(data)
    expected = value(
        "ce", "-x", json.dumps(LOGITS.astype(kind).astype(float).tolist()), "-y", json.dumps(TARGETS.tolist())
    )
    assert value("ce", tmp_path / "p.npz") == expected
    assert value("ce", "--input-format", "npz", data=data) == expected


def test_what_a_trainer_predicts(tmp_path: Path) -> None:
    labels = np.array([0, -100, 1, -100])
    np.savez(
        tmp_path / "out.npz", predictions=np.array([[1, 2], [3, 4], [5, 6], [7, 8]], "f4"), label_ids=labels
    )
    done = celoss("ce", tmp_path / "out.npz", "--json")
    report = json.loads(done.stdout)
    assert (report["rows"], report["counted"], report["ignored"]) == (4, 2, 2)
    assert report["input"]["columns"]["inputs"] == ["predictions"]
    assert report["input"]["columns"]["target"] == "label_ids"


def test_options_ids_weights_and_unused_names(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "p.npz",
        logits=LOGITS,
        targets=np.array([0, 255, 1]),
        weight=np.array([1.0, 3.0]),
        ignore_index=255,
        reduction="sum",
        ids=np.array(["a", "b", "c"]),
        sample_weight=np.array([1.0, 1.0, 2.0]),
        note=np.array(["anything", None], dtype=object),
    )
    report = json.loads(celoss("ce", tmp_path / "p.npz", "--json").stdout)
    assert report["input"]["columns"] == {
        "inputs": ["logits"],
        "target": "targets",
        "id": "ids",
        "weight": "sample_weight",
        "unused": ["note"],
    }
    assert report["reduction"] == "sum"
    assert report["options"]["ignore_index"] == 255
    expected = np.logaddexp(0, -0.8) + 2 * 3 * np.logaddexp(0, 0.4)
    assert report["value"] == pytest.approx(expected, rel=1e-14)
    rows = celoss("ce", tmp_path / "p.npz", "--format", "jsonl", "--reduction", "none").stdout.splitlines()
    assert [json.loads(row)["id"] for row in rows] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"logits": LOGITS}, "expected the targets by name .*\n  celoss ce .*p.npz --targets @targets.csv "),
        (
            {"logits_a": LOGITS, "logits_b": LOGITS, "labels": TARGETS},
            'expected the input once, got "logits_a", "logits_b"\n'
            r"  celoss ce \S*p.npz --class-columns logits_a --target-column labels\n"
            r"  celoss ce \S*p.npz --class-columns logits_b --target-column labels\n",
        ),
        (
            {"logits": LOGITS, "labels": TARGETS, "y": TARGETS},
            'expected the targets once, got "labels", "y"\n'
            r"  celoss ce \S*p.npz --class-columns logits --target-column labels\n"
            r"  celoss ce \S*p.npz --class-columns logits --target-column y\n",
        ),
        ({"logits": LOGITS, "y": TARGETS, "id": TARGETS, "ids": TARGETS}, "--id-column NAME"),
        ({"logits": LOGITS, "labels": np.tile(TARGETS[:, None], 3)}, "p.npz: Expected targets of shape"),
        ({"logits": LOGITS, "labels": TARGETS, "weight": np.ones(3)}, "p.npz: Expected 2 class weights"),
        ({"logits": LOGITS[:0], "labels": TARGETS[:0]}, "p.npz: expected rows to compute a loss of"),
        ({"logits": LOGITS, "labels": TARGETS[:1]}, r"\$.labels: Expected 3 targets, .* got 1"),
        ({"logits": LOGITS, "labels": np.array(["a", "b", "a"])}, "number the classes from 0"),
        ({"logits": LOGITS, "labels": TARGETS, "ids": TARGETS[:2]}, r"p.npz: \$.ids: expected 3 ids"),
        ({"logits": LOGITS, "labels": TARGETS, "ids": TARGETS / 2}, "expected ids of text or integers"),
        (
            {"logits": LOGITS, "labels": TARGETS, "sample_weight": TARGETS[:2]},
            r"\$.sample_weight: expected 3 weights",
        ),
        ({"logits": LOGITS, "labels": np.array([0, 2, 0])}, r"\$.labels\[1\]: Expected a target from 0 to 1"),
        ({"logits": np.where(LOGITS > 0.8, np.nan, LOGITS), "labels": TARGETS}, r"\$.logits\[0\]\[0\]"),
        ({"logits": LOGITS, "labels": np.array([0, None, 1])}, "Python objects, a pickle"),
        ({}, "expected the input by name .*, got none"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, arrays: dict[str, Array], said: str) -> None:
    np.savez(tmp_path / "p.npz", **arrays)
    done = celoss("ce", tmp_path / "p.npz")
    assert done.returncode == 3
    assert done.stdout == ""
    assert re.search(said, done.stderr), done.stderr


def test_the_command_that_names_one_of_two_inputs_works(tmp_path: Path) -> None:
    path = saved(tmp_path, "npz", logits_a=LOGITS, logits_b=-LOGITS, labels=TARGETS)
    assert celoss("ce", path).returncode == 3
    chosen = ("--class-columns", "logits_a", "--target-column", "labels")
    assert value("ce", path, *chosen) == pytest.approx(LOSS, rel=1e-15)


def test_of_two_inputs_the_one_is_taken_whose_name_says_what_the_loss_takes(tmp_path: Path) -> None:
    path = saved(tmp_path, "npz", logits=LOGITS, probs=1 - LOGITS, labels=TARGETS)
    found, columns = columns_of(path)
    assert (found, columns["inputs"]) == (pytest.approx(LOSS, rel=1e-15), ["logits"])


def test_targets_of_one_column_are_those_of_one_axis(tmp_path: Path) -> None:
    path = saved(tmp_path, "npz", logits=LOGITS, labels=TARGETS[:, None])
    assert value("ce", path) == pytest.approx(LOSS, rel=1e-15)


def test_targets_that_no_array_holds_are_given_apart_by_the_command_that_is_told(tmp_path: Path) -> None:
    path = saved(tmp_path, "npz", logits=LOGITS)
    (tmp_path / "targets.csv").write_text("target\n0\n1\n0\n")
    told = celoss("ce", path).stderr
    assert f"celoss ce {path} --targets @targets.csv" in told
    targets = f"@{tmp_path / 'targets.csv'}"
    assert value("ce", path, "--targets", targets) == pytest.approx(LOSS, rel=1e-15)


WAYS = ("npz", "json", "jsonl", "safetensors")


def saved(folder: Path, way: str, **arrays: Array) -> Path:
    """Arrays by name in a file of one of the formats that hold them."""
    path = folder / f"arrays.{way}"
    if way == "npz":
        np.savez(path, **arrays)
    elif way == "json":
        path.write_text(json.dumps({key: values.tolist() for key, values in arrays.items()}))
    elif way == "jsonl":
        rows = zip(*(values.tolist() for values in arrays.values()), strict=True)
        path.write_text("".join(json.dumps(dict(zip(arrays, row, strict=True))) + "\n" for row in rows))
    else:
        pytest.importorskip("safetensors.numpy").save_file(arrays, path)
    return path


def columns_of(*arguments: str | Path) -> tuple[float, dict[str, Any]]:
    """The value, and which array is what."""
    done = celoss("ce", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    return report["value"], report["input"]["columns"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("key", ["y_true", "truth", "gold", "class", "obs", "Labels"])
def test_what_is_a_target_in_a_table_is_one_among_arrays(tmp_path: Path, way: str, key: str) -> None:
    path = saved(tmp_path, way, logits=LOGITS, **{key: TARGETS})
    found, columns = columns_of(path)
    assert (found, columns["target"]) == (LOSS, key)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("key", ["sample_weight", "case_weights"])
def test_weights_of_rows_count_in_every_format(tmp_path: Path, way: str, key: str) -> None:
    path = saved(tmp_path, way, logits=LOGITS, labels=TARGETS, **{key: np.array([1.0, 2.0, 4.0])})
    found, columns = columns_of(path)
    (tmp_path / "p.csv").write_text("p_a,p_b,target,sample_weight\n.9,.1,0,1\n.8,.2,1,2\n.7,.3,0,4\n")
    assert (found, columns["weight"]) == (value("ce", tmp_path / "p.csv"), key)
    assert columns_of(path, "--weight-column", key)[0] == found != LOSS


@pytest.mark.parametrize("way", WAYS)
def test_options_choose_the_arrays_that_their_names_do_not_settle(tmp_path: Path, way: str) -> None:
    arrays = {"logits": -LOGITS, "probs": LOGITS, "arr_1": TARGETS, "label": 1 - TARGETS, "w": 1 + TARGETS}
    path = saved(tmp_path, way, **arrays)
    chosen = ("--class-columns", "probs", "--target-column", "arr_1", "--weight-column", "w")
    found, columns = columns_of(path, *chosen)
    roles = {"inputs": ["probs"], "target": "arr_1", "id": None, "weight": "w"}
    assert columns == {**roles, "unused": ["label", "logits"]}
    assert found == columns_of(saved(tmp_path, way, logits=LOGITS, y=TARGETS, sample_weight=1 + TARGETS))[0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--class-columns", "x"], '--class-columns: expected an array of "logits", "y", got "x".'),
        (["--id-column", "y", "--weight-column", "y"], 'to play one role, got "y" twice.'),
    ],
)
def test_an_option_that_names_no_array_or_one_twice_is_wrong(
    tmp_path: Path, options: list[str], said: str
) -> None:
    done = celoss("ce", saved(tmp_path, "npz", logits=LOGITS, y=TARGETS), *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_arrays_have_no_groups(tmp_path: Path) -> None:
    done = celoss("ce", saved(tmp_path, "npz", logits=LOGITS, y=TARGETS), "--by", "y")
    assert (done.returncode, done.stdout) == (2, "")
    assert 'Expected --by class with arrays, got the column "y".' in done.stderr


@pytest.mark.parametrize("way", WAYS)
def test_rows_are_counted_on_through_several_files(tmp_path: Path, way: str) -> None:
    path = saved(tmp_path, way, logits=LOGITS, y=TARGETS)
    other = shutil.copy(path, tmp_path / f"other.{way}")
    rows = celoss("ce", path, other, "--reduction", "none", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(row)["row"] for row in rows] == list(range(6))


@pytest.mark.parametrize("compressed", [False, True])
def test_an_archive_cut_at_every_byte_is_refused(tmp_path: Path, compressed: bool) -> None:
    data = npz_bytes(compressed, logits=LOGITS, labels=TARGETS)
    path = tmp_path / "cut.npz"
    for length in range(len(data)):
        path.write_bytes(data[:length])
        for stream in (open_stream(str(path)), piped(data[:length])):
            with pytest.raises(InputError):
                npy.read(stream, REQUEST.again())
            stream.close()


@pytest.mark.slow
@pytest.mark.fuzz
@pytest.mark.parametrize("compressed", [False, True])
def test_an_archive_with_any_byte_changed_is_refused_or_means_the_same(
    tmp_path: Path, compressed: bool
) -> None:
    data = npz_bytes(compressed, logits=LOGITS, labels=TARGETS)
    path = tmp_path / "changed.npz"
    for position in range(len(data)):
        for bit in (1, 0x80):
            changed = bytearray(data)
            changed[position] ^= bit
            path.write_bytes(changed)
            for stream in (open_stream(str(path)), piped(bytes(changed))):
                try:
                    rows = rows_of(npy.read(stream, REQUEST.again()))
                except InputError:
                    continue
                finally:
                    stream.close()
                np.testing.assert_array_equal(rows[0], LOGITS)
                np.testing.assert_array_equal(rows[1], TARGETS)


def test_stored_arrays_are_mapped_and_deflated_ones_read(tmp_path: Path) -> None:
    for compressed in (False, True):
        (tmp_path / "p.npz").write_bytes(npz_bytes(compressed, logits=LOGITS, labels=TARGETS))
        stream = open_stream(str(tmp_path / "p.npz"))
        arrays = [load() for load in npy._Archive(stream).members().values()]
        stream.close()
        mapped = [type(getattr(values.base, "base", None) or values.base).__name__ for values in arrays]
        assert mapped == ["bytearray" if compressed else "mmap"] * 2
        np.testing.assert_array_equal(arrays[0], LOGITS)


def archive(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in members:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of names that are there twice
                made.writestr(name, data)
    return out.getvalue()


LABELS = ("labels.npy", npy_bytes(TARGETS))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            archive(("archive/data.pkl", b"\x80\x02."), ("archive/data/0", b"")),
            "a pickle in it, as torch.save",
        ),
        (archive(LABELS, LABELS), 'each name once, got "labels" twice'),
        (archive(("logits.npy", npy_bytes(LOGITS) + b"\0"), LABELS), "48 bytes of an array .*, got 49"),
        (archive(("logits.npy", npy_bytes(LOGITS)[:-1]), LABELS), "48 bytes of an array .*, got 47"),
        (archive(("logits.npy", b""), LABELS), "an empty file"),
        (archive(("logits.npy", npy_bytes(LOGITS)), LABELS, method=zipfile.ZIP_BZIP2), "got zip method 12"),
        (
            archive(("logits.npy", npy_bytes(LOGITS)), LABELS) + b"garbage",
            "directory of a zip file at its end",
        ),
        (
            archive(("logits.txt", b"1,2"), LABELS),
            r": \$.logits.txt: expected an NPY file, which .*, got .1,2",
        ),
    ],
)
def test_archives_that_are_not_what_numpy_writes_are_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "p.npz"
    path.write_bytes(data)
    for stream in (open_stream(str(path)), piped(data)):
        with pytest.raises(InputError, match=said):
            npy.read(stream, REQUEST.again())
        stream.close()


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """The header names another size than the directory; nothing of either size is allocated."""
    huge = with_header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({10**9}, 1)}}") + bytes(1 << 20)
    bomb = archive(("logits.npy", huge), LABELS, method=zipfile.ZIP_DEFLATED)
    (tmp_path / "bomb.npz").write_bytes(bomb)
    done = celoss("ce", tmp_path / "bomb.npz")
    assert done.returncode == 3
    assert "expected 8000000000 bytes of an array" in done.stderr
    lying = bytearray(bomb)
    entry = lying.index(b"PK\x01\x02")
    lying[entry + 24 : entry + 28] = (0xFFFF0000).to_bytes(4, "little")
    (tmp_path / "bomb.npz").write_bytes(lying)
    done = celoss("ce", tmp_path / "bomb.npz")
    assert done.returncode == 3
    assert "got a declared size of 4294901760" in done.stderr


def test_an_array_for_each_class_is_a_column_and_no_row(tmp_path: Path) -> None:
    """One of them would be read as one row whose classes are the rows."""
    np.savez(tmp_path / "p.npz", pred_0=np.array([2.0, 0.3]), pred_1=np.array([-1.0, 1.1]), label=[0, 1])
    done = celoss("ce", "--format", "value", tmp_path / "p.npz")
    expected = (np.log1p(np.exp(-3)) + np.log1p(np.exp(-0.8))) / 2
    assert float(done.stdout) == pytest.approx(expected, rel=1e-15)


def test_classes_on_the_first_axis_are_offered_by_their_option(tmp_path: Path) -> None:
    x, y = np.random.default_rng(3).normal(size=(3, 50)), np.arange(50) % 3
    np.savez(tmp_path / "p.npz", logits=x, targets=y)
    done = celoss("ce", tmp_path / "p.npz")
    assert (done.returncode, f"celoss ce {tmp_path}/p.npz --class-axis 0" in done.stderr) == (3, True)
    turned = celoss("ce", tmp_path / "p.npz", "--class-axis", "0", "--format", "value")
    costs = np.log(np.exp(x).sum(axis=0)) - x[y, np.arange(50)]
    assert float(turned.stdout) == pytest.approx(costs.mean(), rel=1e-14)


def test_a_value_from_an_archive_is_its_only_array(tmp_path: Path) -> None:
    (tmp_path / "one.npz").write_bytes(npz_bytes(anything=LOGITS))
    assert value("ce", "-x", f"@{tmp_path}/one.npz", "-y", "0,1,0") == LOSS
    (tmp_path / "two.npz").write_bytes(npz_bytes(logits=LOGITS, labels=TARGETS))
    done = celoss("ce", "-x", f"@{tmp_path}/two.npz", "-y", "0,1,0")
    assert done.returncode == 3
    assert 'expected one array, got "logits", "labels"' in done.stderr


# --------------------------------------------------------------------------------------- slices of rows


@examples(60)
@given(rows=st.integers(1, 9), classes=st.integers(1, 4), fortran=st.booleans(), size=st.integers(1, 200))
def test_slices_hold_the_rows_in_order_and_name_their_places(
    rows: int, classes: int, fortran: bool, size: int
) -> None:
    x = np.asarray(
        np.arange(rows * classes, dtype=">f4").reshape(rows, classes), order="F" if fortran else "C"
    )
    y = np.arange(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("celoss_cli.read.arrays.slices._SLICE_BYTES", size)
        dataset = dataset_of_arrays(x, y, {"columns": {}}, REQUEST.again(), places=("f: $.x", "f: $.y"))
        batches = batches_of(dataset)
    assert all(batch.input.nbytes <= max(size, classes * 4) for batch in batches)
    assert [batch.place(0) for batch in batches] == [f"f: $.y[{batch.start}]" for batch in batches]
    assert [batch.start for batch in batches] == [int(batch.target[0]) for batch in batches]
    np.testing.assert_array_equal(np.concatenate([batch.input for batch in batches]), x)
    assert all(batch.input.dtype == np.dtype("f4") for batch in batches)


def test_elements_and_single_rows_are_taken_as_they_are() -> None:
    vector = np.array([0.1, 0.9, 0.5])
    (batch,) = batches_of(dataset_of_arrays(vector, np.array(1), {}, REQUEST.again()))
    assert batch.input.shape == (3,)
    (batch,) = batches_of(dataset_of_arrays(vector, np.array([0, 1, 1]), {}, ELEMENTWISE))
    assert batch.target.shape == (3,)
    with pytest.raises(InputError, match="Expected 3 targets"):
        dataset_of_arrays(vector, np.array([0, 1]), {}, ELEMENTWISE)


# ----------------------------------------------------------------------------------------- segmentation


@pytest.mark.parametrize("shape", [(2, 5, 4), (2, 1, 5, 4)])
@pytest.mark.parametrize("last", [False, True])
def test_segmentation_with_uint8_labels_and_255_ignored(
    tmp_path: Path, shape: tuple[int, ...], last: bool
) -> None:
    rng = np.random.default_rng(5)
    logits = rng.normal(size=(2, 3, 5, 4)).astype("f4")
    labels = rng.integers(0, 3, (2, 5, 4)).astype("u1")
    labels[rng.random(labels.shape) < 0.3] = 255
    saved = labels.reshape(shape)
    if last:
        saved = np.moveaxis(saved, 1, -1) if saved.ndim == 4 else saved
    np.savez(tmp_path / "s.npz", logits=np.moveaxis(logits, 1, -1) if last else logits, labels=saved)
    axis = ["--class-axis", "-1"] if last else []
    done = celoss("ce", tmp_path / "s.npz", "--ignore-index", "255", "--json", *axis)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    kept = labels != 255
    z = np.moveaxis(logits, 1, -1)[kept].astype(float)
    expected = (np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), labels[kept]]).mean()
    assert report["value"] == pytest.approx(expected, rel=1e-12)
    assert (report["elements"], report["ignored"]) == (40, int((~kept).sum()))
    said = [f"targets of shape {saved.shape} read as (2, 5, 4)"] if saved.ndim == 4 else []
    assert report["input"]["conversions"] == said
    done = celoss("ce", tmp_path / "s.npz", *axis)
    assert done.returncode == 3
    assert "--ignore-index 255" in done.stderr


# ------------------------------------------------------------------------------------------ safetensors


def safetensors_bytes(**tensors: tuple[str, Array]) -> bytes:
    """A file as the format's text describes it, so that every type can be written."""
    header, data = {}, b""
    for name, (kind, values) in tensors.items():
        start = len(data)
        data += values.tobytes()
        header[name] = {"dtype": kind, "shape": values.shape, "data_offsets": [start, len(data)]}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("F64", LOGITS),
        ("F32", LOGITS.astype("<f4")),
        ("F16", LOGITS.astype("<f2")),
        ("BF16", (LOGITS.astype("<f4").view("<u4") >> 16).astype("<u2")),
        ("I64", np.array([[3, -1], [2, 0], [1, 1]], "<i8")),
        ("U8", np.array([[3, 1], [2, 0], [1, 1]], "u1")),
    ],
)
def test_tensors_by_name_keep_their_exact_values(tmp_path: Path, kind: str, values: Array) -> None:
    pytest.importorskip("safetensors")
    from celoss_cli.read.arrays import safetensors

    exact = values.astype("<u4") << 16 if kind == "BF16" else values
    exact = exact.view("<f4") if kind == "BF16" else exact
    data = safetensors_bytes(
        labels=("I64", TARGETS), logits=(kind, values), other=("F8_E4M3", values.view("u1"))
    )
    (tmp_path / "p.safetensors").write_bytes(data)
    for stream in (open_stream(str(tmp_path / "p.safetensors")), piped(data)):
        dataset = safetensors.read(stream, REQUEST.again())
        stream.close()
        x, y = rows_of(dataset)
        np.testing.assert_array_equal(x, exact)
        np.testing.assert_array_equal(y, TARGETS)
        assert dataset.described["columns"]["unused"] == ["other"]


def test_broken_and_odd_tensors_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    from celoss_cli.read.arrays import safetensors

    data = safetensors_bytes(logits=("F64", LOGITS), labels=("I64", TARGETS))
    path = tmp_path / "p.safetensors"
    for length in range(len(data)):
        path.write_bytes(data[:length])
        for stream in (open_stream(str(path)), piped(data[:length])):
            with pytest.raises(InputError, match="expected a safetensors file, got a broken one"):
                safetensors.read(stream, REQUEST.again())
            stream.close()
    with pytest.raises(InputError, match="got a broken one"):
        safetensors.read(piped(data + b"\0"), REQUEST.again())
    odd = safetensors_bytes(logits=("F8_E4M3", LOGITS.astype("u1")), labels=("I64", TARGETS))
    with pytest.raises(InputError, match=r"real numbers, got one of F8_E4M3 .*tensor.float"):
        safetensors.read(piped(odd), REQUEST.again())
    with pytest.raises(InputError, match='expected one tensor, got "labels", "logits"'):
        safetensors.read_values(piped(data), REQUEST.again())
    one = safetensors_bytes(x=("F32", LOGITS.astype("f4")))
    np.testing.assert_array_equal(safetensors.read_values(piped(one), REQUEST.again()), LOGITS.astype("f4"))


@pytest.mark.parametrize("length", [0, 32, 640, 896, 65_000])
def test_tensors_through_a_pipe_are_known_by_their_first_bytes(length: int) -> None:
    """Their length may begin with a byte that reads as a blank, or with two that a pickle begins with."""
    pytest.importorskip("safetensors")
    data = safetensors_bytes(logits=("F64", LOGITS), labels=("I64", TARGETS))
    start = 8 + int.from_bytes(data[:8], "little")
    header = data[8:start].ljust(length)
    data = len(header).to_bytes(8, "little") + header + data[start:]
    assert value("ce", data=data) == LOSS


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (
            '"logits": {"dtype": "F64", "shape": SHAPE, "data_offsets": [0, 48]}',
            "expected a shape of an array",
        ),
        (
            '"logits": {"dtype": "F64", "shape": [0, 99999999999, 99999999999], "data_offsets": [0, 0]}',
            "a shape",
        ),
        ('"x": TENSOR, "x": TENSOR', 'expected each name once, got "x" twice'),
        ('"__metadata__": {"a": "1", "a": "2"}, "logits": TENSOR', 'expected each name once, got "a" twice'),
    ],
)
def test_headers_of_tensors_that_no_writer_makes_are_refused(tmp_path: Path, header: str, said: str) -> None:
    pytest.importorskip("safetensors")
    from celoss_cli.read.arrays import safetensors

    tensor = '{"dtype": "F64", "shape": [3, 2], "data_offsets": [0, 48]}'
    text = header.replace("TENSOR", tensor).replace("SHAPE", json.dumps([3, 2] + [1] * 70))
    body = bytes(48 if "48" in text else 0)
    data = len(text + "{}").to_bytes(8, "little") + f"{{{text}}}".encode() + body
    path = tmp_path / "p.safetensors"
    path.write_bytes(data)
    for stream in (open_stream(str(path)), piped(data)):
        with pytest.raises(InputError, match=said):
            safetensors.read_values(stream, REQUEST.again())
        stream.close()


def test_a_pipe_of_tensors_is_read_no_further_than_its_header_says() -> None:
    pytest.importorskip("safetensors")
    from celoss_cli.read.arrays import safetensors

    data = safetensors_bytes(x=("F64", LOGITS))
    for whole, said in (
        (data + bytes(1 << 20), "a broken one"),
        (bytes(1 << 20), "a broken one"),
        (b"PK\3\4" * 99, "expected a safetensors header of at most 100000000 bytes"),
        (b"\2" + bytes(7) + b"[]" + bytes(99), "a broken one"),
    ):
        stream = piped(whole)
        with pytest.raises(InputError, match=said):
            safetensors.read_values(stream, REQUEST.again())
        assert stream.binary.tell() <= len(data) + 1


def without(package: str, *arguments: str | Path) -> Done:
    """The program in an interpreter where a package cannot be imported."""
    code = f"import sys; sys.modules[{package!r}] = None; from celoss_cli.cli.main import main; main()"
    return celoss_process(*arguments, program=(sys.executable, "-c", code))


@pytest.mark.subprocess
@pytest.mark.parametrize(
    ("package", "name", "extra"),
    [
        ("safetensors", "p.safetensors", "safetensors"),
        ("pyarrow", "p.parquet", "fast"),
        ("pyarrow", "p.feather", "fast"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(
    tmp_path: Path, package: str, name: str, extra: str
) -> None:
    (tmp_path / name).write_bytes(b"PAR1" * 8)
    done = without(package, "ce", tmp_path / name)
    assert done.returncode == 2
    assert f"Expected the package {package}" in done.stderr
    assert f"in a checkout of celoss: python -m pip install '.[{extra}]'" in done.stderr


@pytest.mark.subprocess
def test_a_package_that_cannot_be_imported_is_not_called_missing(tmp_path: Path) -> None:
    (tmp_path / "pyarrow.py").write_text("raise ImportError('libarrow.so: cannot open shared object file')")
    (tmp_path / "p.parquet").write_bytes(b"PAR1" * 8)
    done = celoss_process("ce", "p.parquet", cwd=tmp_path)
    assert done.returncode == 2
    assert "got a broken one: libarrow.so: cannot open shared object file" in done.stderr


# -------------------------------------------------------------------------------- Parquet and Arrow files

TABLE = {"cat": [0.9, 0.8, 0.7], "dog": [0.1, 0.2, 0.3], "label": ["cat", "dog", "cat"]}
SUFFIXES = (".parquet", ".pq", ".arrow", ".feather", ".ipc")


@pytest.fixture
def polars() -> ModuleType:
    return pytest.importorskip("polars")


def write(frame: Any, path: Path, **options: Any) -> Path:
    (frame.write_parquet if path.suffix in (".parquet", ".pq") else frame.write_ipc)(path, **options)
    return path


def refusal(path: Path, *arguments: str) -> str:
    done = celoss("ce", path.name, *arguments, cwd=path.parent)
    assert (done.returncode, done.stdout) == (3, "")
    return done.stderr.removeprefix("celoss: error: ").rstrip("\n")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_typed_columns_give_the_loss_of_the_same_csv(tmp_path: Path, polars: ModuleType, suffix: str) -> None:
    path = write(polars.DataFrame(TABLE), tmp_path / f"p{suffix}")
    done = celoss("ce", path, "--json")
    report = json.loads(done.stdout)
    assert report["value"] == LOSS
    assert report["input"]["columns"]["inputs"] == ["cat", "dog"]
    assert report["input"]["conversions"] == ["targets matched to the class names"]
    kind = "parquet" if suffix in (".parquet", ".pq") else "arrow"
    assert value("ce", "--input-format", kind, data=path.read_bytes()) == LOSS


def test_a_pattern_in_a_path_is_a_name(tmp_path: Path, polars: ModuleType) -> None:
    write(polars.DataFrame(TABLE), tmp_path / "other.parquet")
    shorter = polars.DataFrame(TABLE).head(1)
    assert value("ce", write(shorter, tmp_path / "*.parquet")) == pytest.approx(np.log1p(np.exp(-0.8)))


@examples(25)
@given(
    data=st.data(),
    rows=st.integers(1, 40),
    groups=st.integers(1, 7),
    size=st.integers(1, 900),
    columns=st.integers(1, 4),
)
def test_any_cutting_gives_the_rows_of_the_frame(
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
    rows: int,
    groups: int,
    size: int,
    columns: int,
) -> None:
    """Row after row, and from as many columns on as are drawn, a few columns of a row group at a time."""
    pl = pytest.importorskip("polars")
    from celoss_cli.read.arrow import columnar

    kinds = st.sampled_from([pl.Float32, pl.Float64, pl.Int8, pl.UInt16, pl.Int64, pl.UInt64])
    types = data.draw(st.lists(kinds, min_size=3, max_size=3) | kinds.map(lambda kind: [kind] * 3))
    rng = np.random.default_rng(rows)
    frame = pl.DataFrame(
        {
            **{f"p_{i}": pl.Series(rng.integers(0, 100, rows)).cast(kind) for i, kind in enumerate(types)},
            "target": rng.integers(0, 3, rows),
            "id": [f"r{i}" for i in range(rows)],
        }
    )
    path = tmp_path_factory.getbasetemp() / data.draw(st.sampled_from(["cut.parquet", "cut.arrow"]))
    if path.suffix == ".parquet":
        frame.write_parquet(path, row_group_size=groups)
    else:
        frame.write_ipc(path, record_batch_size=groups)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("celoss_cli.read.arrow.columnar._BATCH_BYTES", size)
        patch.setattr("celoss_cli.read.arrow.parquet._LEAST_BYTES", 0)
        patch.setattr("celoss_cli.read.arrow.transposed._GROUP_BYTES", size)
        room = data.draw(st.sampled_from([0, 1 << 20]))
        patch.setattr("celoss_cli.read.arrow.transposed.IN_MEMORY_BYTES", room)
        patch.setattr("celoss_cli.read.arrow.ipc.IN_MEMORY_BYTES", room)
        patch.setattr("celoss_cli.read.arrow.parquet.ROW_MAJOR_FROM", columns)
        stream = open_stream(str(path))
        batches = batches_of(columnar.read(stream, REQUEST.again()))
        stream.close()
    x = np.concatenate([batch.input for batch in batches])
    assert x.dtype == (np.float32 if set(types) == {pl.Float32} else np.float64)
    np.testing.assert_array_equal(x, frame.select("^p_.*$").cast(pl.Float64).to_numpy())
    np.testing.assert_array_equal(np.concatenate([batch.target for batch in batches]), frame["target"])
    assert [name for batch in batches for name in batch.ids or ()] == frame["id"].to_list()
    assert [batch.start for batch in batches] == np.cumsum([0, *map(len, batches)])[:-1].tolist()


def test_single_precision_keeps_its_exact_values(tmp_path: Path, polars: ModuleType) -> None:
    single = LOGITS.astype("f4")
    frame = polars.DataFrame({"a": single[:, 0], "b": single[:, 1], "target": TARGETS})
    wide = value("ce", "-x", json.dumps(single.astype(float).tolist()), "-y", "0,1,0")
    assert value("ce", write(frame, tmp_path / "p.parquet")) == wide


@pytest.mark.parametrize(
    ("targets", "kind", "expected"),
    [
        ([0, 1, 0], "UInt8", LOSS),
        ([0.0, 1.0, 0.0], "Float32", LOSS),
        ([False, True, False], "Boolean", LOSS),
        (["a", "b", "a"], "Categorical", LOSS),
        (["0", "1", "0"], "String", LOSS),
    ],
)
def test_targets_of_any_type_are_read_as_in_csv(
    tmp_path: Path, polars: ModuleType, targets: list[Any], kind: str, expected: float
) -> None:
    label = polars.Series("target", targets).cast(getattr(polars, kind))
    frame = polars.DataFrame({"a": LOGITS[:, 0], "b": LOGITS[:, 1], "target": label})
    assert value("ce", write(frame, tmp_path / "p.parquet")) == expected


@pytest.fixture
def arrow() -> ModuleType:
    return pytest.importorskip("pyarrow")


def save(table: Any, path: Path) -> Path:
    """As a Parquet file, an Arrow file, or with the suffix of an Arrow file as a stream."""
    arrow = pytest.importorskip("pyarrow")
    if path.suffix == ".parquet":
        pytest.importorskip("pyarrow.parquet").write_table(table, path)
        return path
    new = arrow.ipc.new_stream if path.name == "stream.arrow" else arrow.ipc.new_file
    with new(path, table.schema) as writer:
        writer.write_table(table)
    return path


def arrow_file(table: Any, rows: int | None = None, **options: Any) -> bytes:
    arrow = pytest.importorskip("pyarrow")
    out = io.BytesIO()
    with arrow.ipc.new_file(out, table.schema, options=arrow.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=rows)
    return out.getvalue()


FILES = ("p.parquet", "p.arrow", "stream.arrow")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 1, 0], "uint64"),
        ([0, 1, 0], "float16"),
        ([False, True, False], "bool_"),
        (["a", "b", "a"], "string"),
        (["a", "b", "a"], "large_string"),
        (["a", "b", "a"], "string_view"),
    ],
)
def test_targets_of_the_types_of_arrow_are_read_as_in_csv(
    tmp_path: Path, arrow: ModuleType, values: list[Any], kind: str, name: str
) -> None:
    target = arrow.array(values, getattr(arrow, kind)())
    table = {"a": LOGITS[:, 0], "b": LOGITS[:, 1], "target": target}
    assert value("ce", save(arrow.table(table), tmp_path / name)) == LOSS


@pytest.mark.parametrize("name", FILES)
def test_of_a_dictionary_only_the_values_in_use_count(tmp_path: Path, arrow: ModuleType, name: str) -> None:
    codes = arrow.array([1, 2, 1], arrow.int8())
    target = arrow.DictionaryArray.from_arrays(codes, arrow.array(["other", "a", "b"]))
    table = {"a": arrow.array(LOGITS[:, 0]).dictionary_encode(), "b": LOGITS[:, 1], "target": target}
    assert value("ce", save(arrow.table(table), tmp_path / name)) == LOSS


def test_a_null_within_a_dictionary_is_a_null(tmp_path: Path, arrow: ModuleType) -> None:
    codes = arrow.array([0, 1, 0], arrow.int8())
    target = arrow.DictionaryArray.from_arrays(codes, arrow.array(["a", None]))
    table = arrow.table({"a": LOGITS[:, 0], "b": LOGITS[:, 1], "target": target})
    said = refusal(save(table, tmp_path / "p.arrow"))
    assert 'row 1: expected a value in column "target", got a null' in said


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "int64"])
def test_rows_with_a_null_are_refused_or_left_out(
    tmp_path: Path, arrow: ModuleType, kind: str, name: str
) -> None:
    column = arrow.array([1, None, 2], getattr(arrow, kind)())
    table = arrow.table({"a": column, "b": arrow.array([3.0, 1.0, 0.0]), "target": [0, 1, 0]})
    path = save(table, tmp_path / name)
    assert 'row 1: expected a value in column "a", got a null' in refusal(path)
    expected = value("ce", "-x", "[[1, 3], [2, 0]]", "-y", "0,0")
    assert value("ce", path, "--missing", "skip") == expected


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["columns", "lists", "names"])
def test_a_part_without_a_complete_row_settles_nothing(
    tmp_path: Path, arrow: ModuleType, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    from celoss_cli.read.arrow import columnar

    monkeypatch.setattr(columnar, "_BATCH_BYTES", 1)
    monkeypatch.setattr(columnar, "_FEW_ROWS", 2)
    rows = [None, None, *LOGITS.tolist(), None, None, None]
    target = [None, None, *(["a", "b", "a"] if kind == "names" else TARGETS.tolist()), None, None, None]
    columns = {letter: [row and row[i] for row in rows] for i, letter in enumerate("ab")}
    table = arrow.table({**({"logits": rows} if kind == "lists" else columns), "target": target})
    request = replace(REQUEST.again(), missing="skip")
    for part, left in ((table, 3), (table.slice(5), 0)):
        stream = open_stream(str(save(part, tmp_path / name)))
        batches = batches_of(columnar.read(stream, request.again()))
        stream.close()
        assert sum(batch.skipped for batch in batches) == len(part) - left
        assert sum(map(len, batches)) == left
        if left:
            found = np.concatenate([batch.input for batch in batches])
            np.testing.assert_array_equal(found, LOGITS)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["string_view", "dictionary"])
def test_text_as_views_can_be_skipped_and_decoded(
    tmp_path: Path, arrow: ModuleType, kind: str, name: str
) -> None:
    text = arrow.array([*"aba", None], arrow.string_view())
    if kind == "dictionary":
        codes = arrow.array([0, 1, 0, None], arrow.int8())
        text = arrow.DictionaryArray.from_arrays(codes, arrow.array(["a", "b"], arrow.string_view()))
    columns = {"a": [*LOGITS[:, 0], 0.0], "b": [*LOGITS[:, 1], 0.0], "target": text}
    if name.endswith("parquet") and kind == "dictionary":
        pytest.skip("pyarrow writes no such Parquet file")
    path = save(arrow.table({**columns, "id": text.slice(0)}), tmp_path / name)
    assert value("ce", path, "--missing", "skip") == LOSS


@pytest.mark.parametrize("kind", ["Categorical", "Enum"])
def test_categories_of_polars(tmp_path: Path, polars: ModuleType, kind: str) -> None:
    dtype = polars.Categorical if kind == "Categorical" else polars.Enum(["a", "b"])
    label = polars.Series("target", ["a", "b", "a", None]).cast(dtype)
    frame = polars.DataFrame({"a": [*LOGITS[:, 0], 0.0], "b": [*LOGITS[:, 1], 0.0], "target": label})
    for name in ("p.arrow", "p.parquet"):
        assert value("ce", write(frame, tmp_path / name), "--missing", "skip") == LOSS
        assert value("ce", write(frame.head(3), tmp_path / name)) == LOSS


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["list_", "large_list"])
def test_lists_of_half_precision_and_lists_that_are_null(
    tmp_path: Path, arrow: ModuleType, kind: str, name: str
) -> None:
    rows = [[1.0, 3.0], None, [2.0, 0.0]]
    column = arrow.array(rows, getattr(arrow, kind)(arrow.float16()))
    path = save(arrow.table({"logits": column, "target": [0, 1, 0]}), tmp_path / name)
    assert 'row 1: expected a value in column "logits", got a null' in refusal(path)
    expected = value("ce", "-x", "[[1, 3], [2, 0]]", "-y", "0,0")
    assert value("ce", path, "--missing", "skip") == expected


@pytest.mark.parametrize("name", FILES)
def test_a_column_of_tensors_is_one_of_lists_if_they_have_one_axis(
    tmp_path: Path, arrow: ModuleType, name: str
) -> None:
    def column(shape: tuple[int, ...]) -> Any:
        return arrow.FixedShapeTensorArray.from_numpy_ndarray(np.resize(LOGITS, (3, *shape)))

    path = save(arrow.table([column((2,)), TARGETS], names=["logits", "target"]), tmp_path / name)
    assert value("ce", path) == LOSS
    path = save(arrow.table([column((1, 2)), TARGETS], names=["logits", "target"]), tmp_path / name)
    assert 'expected numbers in column "logits", got extension<arrow.fixed_shape_tensor' in refusal(
        path, "--class-columns", "logits"
    )


def test_targets_elsewhere_leave_nothing_but_the_matrix(
    tmp_path: Path, arrow: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    from celoss_cli.read.arrow import columnar, parquet

    monkeypatch.setattr(parquet, "_LEAST_BYTES", 0)
    x = np.random.default_rng(0).normal(size=(50, 70))
    table = arrow.table({f"p_{i}": line for i, line in enumerate(x.T)})
    stream = open_stream(str(save(table, tmp_path / "p.parquet")))
    np.testing.assert_array_equal(columnar.read_values(stream, REQUEST.again()), x)
    stream.close()
    monkeypatch.setattr(columnar, "_BATCH_BYTES", 8000)
    stream = open_stream(str(tmp_path / "p.parquet"))
    np.testing.assert_array_equal(columnar.read_values(stream, REQUEST.again()), x)
    stream.close()


def test_a_dot_in_the_name_of_a_column_is_no_path(tmp_path: Path, arrow: ModuleType) -> None:
    columns = [LOGITS[:, 0], LOGITS[:, 1], LOGITS[:, 1], TARGETS]
    table = arrow.table(columns, names=["x", "x.b", "x.b.c", "target"])
    assert value("ce", save(table, tmp_path / "p.parquet"), "--class-columns", "x,x.b") == LOSS


def test_text_that_is_no_utf8_is_refused(tmp_path: Path, arrow: ModuleType) -> None:
    broken = arrow.array([b"a", b"\xff", b"a"]).view(arrow.string())
    table = arrow.table({"a": LOGITS[:, 0], "b": LOGITS[:, 1], "target": broken})
    for name in FILES:
        assert "got a broken one" in refusal(save(table, tmp_path / name))


def no_space(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture(params=["memory", "file", "full", "full at the end", "none", "no folder"])
def room(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """How much room there is for the columns of a wide part of a file, however small."""
    from celoss_cli.read.arrow import ipc, parquet, transposed

    monkeypatch.setattr(parquet, "_LEAST_BYTES", 0)
    if request.param != "memory":
        monkeypatch.setattr(transposed, "IN_MEMORY_BYTES", 0)
        monkeypatch.setattr(ipc, "IN_MEMORY_BYTES", 0)
    if request.param == "full":
        monkeypatch.setattr(transposed._InFile, "put", no_space)
    if request.param == "full at the end":
        full = SimpleNamespace(seek=no_space, close=no_space)
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: full)
    if request.param == "none":
        usage = shutil.disk_usage(tmp_path)._replace(free=1000)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    if request.param == "no folder":
        monkeypatch.setattr(tempfile, "gettempdir", no_space)
    return str(request.param)


@pytest.mark.parametrize(("kinds", "null"), [(["float64"], False), (["float32", "int8", "float16"], True)])
@pytest.mark.parametrize("name", ["p.parquet", "p.arrow"])
def test_many_columns_are_read_by_columns_unless_there_is_no_room(
    tmp_path: Path, arrow: ModuleType, room: str, name: str, kinds: list[str], null: bool
) -> None:
    from celoss_cli.read.arrow import columnar

    x = np.random.default_rng(0).integers(0, 99, (50, 70)).astype(np.float64)
    nulls = np.zeros(50, bool)
    nulls[[0, 49]] = null
    columns = {
        f"p_{i}": arrow.array(line, mask=nulls if i in (3, 69) else None).cast(kinds[i % len(kinds)])
        for i, line in enumerate(x.T)
    }
    table = arrow.table({**columns, "target": np.arange(50), "id": [f"r{i}" for i in range(50)]})
    path = tmp_path / name
    if path.suffix == ".parquet":
        pytest.importorskip("pyarrow.parquet").write_table(table, path, row_group_size=20)
    else:
        path.write_bytes(arrow_file(table, 20, compression="zstd"))
    stream = open_stream(str(path))
    batches = batches_of(columnar.read(stream, replace(REQUEST.again(), missing="skip")))
    stream.close()
    np.testing.assert_array_equal(np.concatenate([batch.input for batch in batches]), x[~nulls])
    assert [name for batch in batches for name in batch.ids or ()] == [
        f"r{i}" for i in range(null, 50 - null)
    ]
    if path.suffix == ".parquet" and not null:
        assert (not batches[1].input.flags.c_contiguous) == (room in ("memory", "file"))
    if null:
        stream = open_stream(str(path))
        with pytest.raises(InputError, match='row 0: expected a value in column "p_3", got a null'):
            batches_of(columnar.read(stream, replace(REQUEST.again(), allow_nonfinite=True)))
        stream.close()


def test_of_compressed_columns_no_size_is_believed(
    tmp_path: Path, arrow: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    from celoss_cli.read.arrow import columnar, messages

    table = arrow.table({"a": np.zeros(1000), "b": np.ones(1000), "target": np.zeros(1000, np.int64)})
    path = tmp_path / "p.arrow"
    good = arrow_file(table, compression="zstd")
    said = (8000).to_bytes(8, "little")
    for size in (2**62, 2**63 + 5, 8001 * 2**15):
        path.write_bytes(good.replace(said, size.to_bytes(8, "little"), 1))
        assert re.search("p.arrow: expected a buffer of at most 32768 times", refusal(path))
    path.write_bytes(good)
    monkeypatch.setattr(messages, "_MAX_BUFFER", 7999)
    stream = open_stream(str(path))
    with pytest.raises(LimitError, match=r"got 8000 bytes .write it with smaller record batches"):
        batches_of(columnar.read(stream, REQUEST.again()))
    stream.close()


@pytest.mark.parametrize("name", FILES)
def test_where_no_thread_can_be_started_columns_are_read_without(
    tmp_path: Path, arrow: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from celoss_cli.read.arrow import columnar
    from celoss_cli.read.bytes import resources

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    path = save(arrow.table({"a": LOGITS[:, 0], "b": LOGITS[:, 1], "target": TARGETS}), tmp_path / name)
    assert resources.grants_threads()
    monkeypatch.setattr(threading.Thread, "start", start)
    assert not resources.grants_threads()
    stream = open_stream(str(path))
    np.testing.assert_array_equal(rows_of(columnar.read(stream, REQUEST.again()))[0], LOGITS)
    stream.close()


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (OSError("Unknown error: Failed to launch worker thread: Resource"), LimitError),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), MemoryError),
        (OSError("Couldn't deserialize thrift"), InputError),
    ],
)
def test_a_good_file_is_not_called_broken_where_a_resource_runs_out(
    tmp_path: Path, arrow: ModuleType, error: OSError, refused: type[Exception]
) -> None:
    from celoss_cli.read.arrow.arrow import RecordTable

    stream = open_stream(str(save(arrow.table({"a": [1.0]}), tmp_path / "p.parquet")))
    table = RecordTable(stream)
    stream.close()
    with pytest.raises(refused), table.refusing():
        raise error


# ----------------------------------------------------------------------------- one file and no other


@pytest.mark.subprocess
def test_a_neighbour_with_a_similar_name_is_not_read(tmp_path: Path, arrow: ModuleType) -> None:
    table = arrow.table({"a": LOGITS[:, 0], "b": LOGITS[:, 1], "target": TARGETS})
    data = save(table, tmp_path / "right.parquet").read_bytes()
    other = table.set_column(2, "target", arrow.array(1 - TARGETS))
    save(other, tmp_path / "p.parquet")
    (tmp_path / "p.parquet.gz").write_bytes(gzip.compress(data))
    shutil.copy(tmp_path / "p.parquet", tmp_path / "-")
    assert value("ce", tmp_path / "p.parquet.gz") == LOSS
    done = celoss("ce", "--format", "value", data=data, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{LOSS}\n", "")
    with (tmp_path / "right.parquet").open("rb") as file:
        command = [sys.executable, "-m", "celoss_cli", "ce", "--format", "value"]
        assert float(subprocess.check_output(command, stdin=file, cwd=tmp_path)) == LOSS


@pytest.mark.skipif(sys.platform != "linux", reason="names of other systems are text")
@pytest.mark.parametrize("name", FILES)
def test_the_name_of_a_file_need_not_be_text(tmp_path: Path, arrow: ModuleType, name: str) -> None:
    table = arrow.table({"a": LOGITS[:, 0], "b": LOGITS[:, 1], "target": TARGETS})
    path = os.fsencode(tmp_path) + b"/\xff" + name.encode()
    save(table, tmp_path / name).rename(os.fsdecode(path))
    assert value("ce", os.fsdecode(path)) == LOSS


def arrow_stream(table: Any) -> bytes:
    arrow = pytest.importorskip("pyarrow")
    out = io.BytesIO()
    with arrow.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()


def parquet_file(table: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    pytest.importorskip("pyarrow.parquet").write_table(table, out, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("write", "suffix"), [(parquet_file, "parquet"), (arrow_file, "arrow"), (arrow_stream, "arrow")]
)
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_several_files_one_after_the_other_are_refused(
    tmp_path: Path, arrow: ModuleType, write: Callable[[Any], bytes], suffix: str, rows: int
) -> None:
    table = arrow.table({"a": LOGITS[:, 0], "b": LOGITS[:, 1], "target": TARGETS})
    both = write(table) + write(table.slice(0, rows))
    path = tmp_path / f"both.{suffix}"
    path.write_bytes(both)
    # The directory of the last one may lead to bytes of the first that are no page.
    said = re.compile("got several one after the other|got more|got a broken one")
    assert said.search(refusal(path, "--on-empty", "zero"))
    piped_in = celoss("ce", data=both)
    assert piped_in.returncode == 3
    assert said.search(piped_in.stderr)


def test_nothing_may_follow_the_end_of_a_stream(tmp_path: Path, arrow: ModuleType) -> None:
    table = arrow.table({"a": LOGITS[:, 0], "b": LOGITS[:, 1], "target": TARGETS})
    path = tmp_path / "p.arrow"
    path.write_bytes(arrow_stream(table) + b"\0")
    assert "expected nothing after the end of the Arrow stream, got more bytes" in refusal(path)


def test_what_writers_put_beside_the_columns_is_no_other_file(
    tmp_path: Path, arrow: ModuleType, polars: ModuleType
) -> None:
    columns = {"cat": LOGITS[:, 0], "dog": LOGITS[:, 1], "label": ["cat", "dog", "cat"]}
    table = arrow.table(columns)
    frame = polars.from_arrow(table)
    path = tmp_path / "p.parquet"
    for options in ({}, {"write_page_index": True}, {"data_page_version": "2.0"}, {"use_dictionary": False}):
        path.write_bytes(parquet_file(table, row_group_size=2, **options))
        assert value("ce", path) == LOSS
    frame.write_parquet(path, statistics="full", row_group_size=2)
    assert value("ce", path) == LOSS
    path = tmp_path / "p.arrow"
    for compression in (None, "lz4", "zstd"):
        path.write_bytes(arrow_file(table, compression=compression))
        assert value("ce", path) == LOSS
        frame.write_ipc(path, compression=compression or "uncompressed")
        assert value("ce", path) == LOSS


def test_an_archive_holds_nothing_but_its_members(tmp_path: Path) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError(errno.ESPIPE, "Illegal seek")

    good = npz_bytes(logits=LOGITS, labels=TARGETS)
    other = npz_bytes(logits=LOGITS, labels=1 - TARGETS)
    path = tmp_path / "p.npz"
    for data in (other + good, b"PK\3\4" + good):
        path.write_bytes(data)
        assert "expected one zip file of arrays, got more than its directory names" in refusal(path)
    for save_arrays in (np.savez, np.savez_compressed):
        out = Pipe()
        save_arrays(out, logits=LOGITS, labels=TARGETS)
        path.write_bytes(out.getvalue())
        assert value("ce", path) == LOSS


def test_integer_names_of_classes_are_matched_and_not_counted(tmp_path: Path, polars: ModuleType) -> None:
    """Classes 1 and 0, in that order: a target of 1 means the first column, as in a CSV file."""
    frame = polars.DataFrame({"p_1": LOGITS[:, 0], "p_0": LOGITS[:, 1], "target": 1 - TARGETS})
    assert value("ce", write(frame, tmp_path / "p.parquet")) == LOSS


def test_columns_of_lists(tmp_path: Path, polars: ModuleType) -> None:
    frame = polars.DataFrame({"text": ["x", "y", "z"], "logits": LOGITS.tolist(), "label": TARGETS})
    done = celoss("ce", write(frame, tmp_path / "p.parquet"), "--json")
    report = json.loads(done.stdout)
    assert report["value"] == LOSS
    assert report["input"]["columns"]["unused"] == ["text"]
    fixed = frame.cast({"logits": polars.Array(polars.Float64, 2)})
    assert value("ce", write(fixed, tmp_path / "p.arrow")) == LOSS
    many = polars.DataFrame({"logits": LOGITS.tolist(), "labels": [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]})
    inline = value(
        "bce-logits", "--logits", json.dumps(LOGITS.tolist()), "-y", "[[0.0,1.0],[1.0,0.0],[1.0,1.0]]"
    )
    assert value("bce-logits", write(many, tmp_path / "many.parquet")) == inline


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cat": [0.9, None, 0.7]}, 'p.parquet: row 1: expected a value in column "cat", got a null'),
        ({"label": ["cat", None, "cat"]}, 'p.parquet: row 1: expected a value in column "label", got a null'),
        ({"cat": [0.9, 0.8, np.nan]}, 'p.parquet: row 2: expected a number in column "cat", got "nan"'),
        ({"dog": [0.9, np.inf, 0.1]}, 'p.parquet: row 1: expected a number in column "dog", got "inf"'),
        ({"cat": [timedelta(1)] * 3}, 'p.parquet: expected numbers in column "cat", got duration[us]'),
        ({"label": ["cat", "cow", "dog"]}, 'row 1: expected a class name of "cat", "dog", got "cow"'),
        ({"label": [0, 1, 2]}, "row 2: Expected a target from 0 to 1"),
        ({"label": [0.0, 0.5, 1.0]}, "row 1: expected a class index"),
        ({"label": [date(2020, 1, 1)] * 3}, 'expected targets in column "label", got date32[day]'),
        ({"label": [0, 2**63, 1]}, "row 1: expected a class index"),
        ({"cat": [[1.0, 2.0]] * 3}, 'one column of lists or columns of numbers, got "cat" among others'),
        ({"cat": ["0.9", "0.8", "0.7"]}, 'p.parquet: expected numbers in column "cat", got '),
    ],
)
def test_cells_that_are_no_numbers_are_refused(
    tmp_path: Path, polars: ModuleType, change: dict[str, Any], said: str
) -> None:
    assert said in refusal(write(polars.DataFrame({**TABLE, **change}), tmp_path / "p.parquet"))


def test_fractions_are_no_ids(tmp_path: Path, polars: ModuleType) -> None:
    """They are not used and told; named as the ids they are refused."""
    path = write(polars.DataFrame({**TABLE, "id": [1.5, 2.5, 3.5]}), tmp_path / "p.parquet")
    found, columns = columns_of(path)
    assert (found, columns["id"], columns["unused"]) == (LOSS, None, ["id"])
    assert 'expected ids in column "id", got double' in refusal(path, "--id-column", "id")


WORDS = {
    "text": (["a", "b", "c"], ""),
    "digits": (["0.9", "0.8", "0.7"], ""),
    "flag": ([True, False, True], "bool"),
    "day": ([date(2020, 1, 1)] * 3, "date32[day]"),
    "moment": ([datetime(2020, 1, 1)] * 3, "timestamp[us]"),
    "clock": ([clock(1, 2)] * 3, "time64[ns]"),
    "bytes": ([b"a", b"b", b"c"], ""),
}


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_columns_whose_type_is_no_number_are_not_used_unless_named(
    tmp_path: Path, polars: ModuleType, suffix: str
) -> None:
    further = {name: values for name, (values, _) in WORDS.items()}
    path = write(polars.DataFrame({**further, **TABLE}), tmp_path / f"p{suffix}")
    report = json.loads(celoss("ce", path, "--json").stdout)
    assert report["value"] == LOSS
    assert report["input"]["columns"]["unused"] == list(WORDS)
    for name, (_, kind) in WORDS.items():
        said = refusal(path, "--class-columns", f"cat,{name}")
        assert said.startswith(f'{path.name}: expected numbers in column "{name}", got {kind}')


@pytest.mark.parametrize("name", [None, "uid", "species"])
def test_the_index_that_pandas_leaves_in_a_file_is_an_id(
    tmp_path: Path, arrow: ModuleType, name: str | None
) -> None:
    """As ``DataFrame.to_parquet`` writes a frame that was shuffled or filtered."""
    column = name or "__index_level_0__"
    note = json.dumps({"index_columns": [column], "columns": [], "pandas_version": "2.2.0"})

    def stored(suffix: str, table: dict[str, list[Any]]) -> Path:
        return save(arrow.table(table).replace_schema_metadata({"pandas": note}), tmp_path / suffix)

    path = stored("p.parquet", {"cat": [0.9, 0.8, 0.7], "dog": [0.1, 0.2, 0.3], column: [7, 3, 5]})
    stored("t.parquet", {"label": ["dog", "cat", "cat"], column: [3, 5, 7]})
    done = celoss("ce", path.name, "--targets", "@t.parquet", "--json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert report["value"] == LOSS
    assert report["input"]["columns"] == {
        "inputs": ["cat", "dog"],
        "target": None,
        "id": column,
        "weight": None,
        "unused": [],
        "inferred": {"inputs": ["--class-columns", "cat,dog"]},
        "why": {"inputs": "they are named as the targets are", "id": "it names the rows"},
    }


def test_an_index_of_pandas_that_is_a_range_is_no_column(tmp_path: Path, arrow: ModuleType) -> None:
    for index in ([{"kind": "range", "start": 0, "stop": 3, "step": 1, "name": None}], None):
        note = json.dumps({"index_columns": index})
        table = arrow.table(TABLE).replace_schema_metadata({"pandas": note})
        assert value("ce", save(table, tmp_path / "p.parquet")) == LOSS
    table = arrow.table(TABLE).replace_schema_metadata({"pandas": b"\xff{"})
    assert value("ce", save(table, tmp_path / "p.parquet")) == LOSS


def test_an_index_of_days_is_not_used(tmp_path: Path, arrow: ModuleType) -> None:
    table = arrow.table({**TABLE, "__index_level_0__": [date(2020, 1, 1)] * 3})
    report = json.loads(celoss("ce", save(table, tmp_path / "p.parquet"), "--json").stdout)
    assert report["value"] == LOSS
    assert report["input"]["columns"]["unused"] == ["__index_level_0__"]


def test_nulls_can_be_skipped_and_minus_inf_is_a_number(tmp_path: Path, polars: ModuleType) -> None:
    frame = polars.DataFrame(
        {
            "cat": [None, 0.9, 0.8, 0.7, 1.0],
            "dog": [1.0, 0.1, 0.2, 0.3, -np.inf],
            "label": ["cat", "cat", "dog", "cat", None],
            "unused": [None, None, None, None, None],
        }
    )
    path = write(frame, tmp_path / "p.parquet")
    done = celoss("ce", path, "--missing", "skip", "--json", "--class-columns", "cat,dog")
    report = json.loads(done.stdout)
    assert (report["value"], report["rows"], report["input"]["skipped"]) == (LOSS, 3, 2)
    wrong = frame.with_columns(label=polars.Series(["cat", "cat", "cow", "cat", None]))
    said = refusal(write(wrong, tmp_path / "p.parquet"), "--missing", "skip", "--class-columns", "cat,dog")
    assert said.startswith("p.parquet: row 2: expected a class name")


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ([[1.0, 2.0], [3.0], [4.0, 5.0]], 'row 1: expected a list of 2 values in column "logits", got 1'),
        ([[1.0, 2.0], [3.0, None], [4.0, 5.0]], 'row 1: expected a number in column "logits", got a null'),
        ([[1.0, 2.0], [3.0, np.nan], [4.0, 5.0]], 'row 1: expected a number in column "logits", got "nan"'),
        ([[], [], []], 'expected numbers in column "logits", got large_list<element: null>'),
        ([["a"], ["b"], ["c"]], 'expected numbers in column "logits", got large_list<element: large_string>'),
        (
            [[[1.0]], [[2.0]], [[3.0]]],
            'expected numbers in column "logits", got large_list<element: large_list<element: double>>',
        ),
    ],
)
def test_lists_that_are_no_rows_are_refused(
    tmp_path: Path, polars: ModuleType, lists: list[Any], said: str
) -> None:
    frame = polars.DataFrame({"logits": lists, "label": TARGETS})
    assert said in refusal(write(frame, tmp_path / "p.parquet"))


def test_files_that_are_cut_or_something_else_are_refused(tmp_path: Path, polars: ModuleType) -> None:
    from celoss_cli.read.arrow import columnar

    for suffix in (".parquet", ".arrow"):
        data = write(polars.DataFrame(TABLE), tmp_path / f"whole{suffix}").read_bytes()
        path = tmp_path / f"cut{suffix}"
        for length in range(len(data)):
            path.write_bytes(data[:length])
            stream = open_stream(str(path))
            with pytest.raises(InputError):
                batches_of(columnar.read(stream, REQUEST.again()))
            stream.close()
    path = tmp_path / "other.feather"
    path.write_bytes(b"FEA1" + bytes(40))
    assert "Feather version 1" in refusal(path)
    path.write_bytes(b"")
    assert "got an empty file: no rows" in refusal(path)
    empty = write(polars.DataFrame(TABLE).clear(), tmp_path / "empty.parquet")
    assert "rows" in refusal(empty)


def test_an_arrow_stream_is_read_as_it_comes_and_no_further_than_it_goes(
    tmp_path: Path, polars: ModuleType
) -> None:
    from celoss_cli.read.arrow import columnar

    path = tmp_path / "p.arrow"
    polars.DataFrame(TABLE).write_ipc_stream(path)
    data = path.read_bytes()
    assert value("ce", path) == value("ce", data=data) == LOSS
    for length in range(8, len(data)):
        path.write_bytes(data[:length])
        stream = open_stream(str(path))
        with pytest.raises(InputError, match="a broken one"):
            batches_of(columnar.read(stream, REQUEST.again()))
        stream.close()


def test_a_broken_part_never_shortens_the_data(tmp_path: Path, polars: ModuleType) -> None:
    """With this byte changed polars 2.1 ends its batches without an error."""
    from celoss_cli.read.arrow import columnar

    data = bytearray(write(polars.DataFrame(TABLE), tmp_path / "p.parquet").read_bytes())
    path = tmp_path / "changed.parquet"
    for position in range(4, 400, 3):
        data[position] ^= 0xA5
        path.write_bytes(data)
        data[position] ^= 0xA5
        stream = open_stream(str(path))
        try:
            assert sum(map(len, batches_of(columnar.read(stream, REQUEST.again())))) == 3
        except InputError:
            pass
        finally:
            stream.close()


def test_values_from_a_table_of_numbers(tmp_path: Path, polars: ModuleType) -> None:
    x = write(polars.DataFrame(LOGITS), tmp_path / "x.parquet")
    y = write(polars.DataFrame({"y": TARGETS}), tmp_path / "y.arrow")
    assert value("ce", "-x", f"@{x}", "-y", f"@{y}") == LOSS


# ------------------------------------------------------------------------------------------ compressed

CSV = b"a,b,target\n0.9,0.1,0\n0.8,0.2,1\n0.7,0.3,0\n"


def zst(data: bytes) -> bytes:
    packed: bytes = pytest.importorskip("zstandard").ZstdCompressor(write_checksum=True).compress(data)
    return packed


PACKERS = [pytest.param(gzip.compress, ".gz", id="gzip"), pytest.param(zst, ".zst", id="zstd")]
Pack = Callable[[bytes], bytes]


def opened(path: Path, data: bytes) -> Stream:
    path.write_bytes(data)
    return open_stream(str(path))


@pytest.mark.parametrize(("pack", "suffix"), PACKERS)
def test_a_packed_file_is_read_as_what_its_name_says_inside(tmp_path: Path, pack: Pack, suffix: str) -> None:
    for name, text in (("p.csv", CSV), ("p.tsv", CSV.replace(b",", b"\t"))):
        packed = opened(tmp_path / (name + suffix), pack(text[:20]) + pack(text[20:]))
        stream = decompressed(packed)
        assert stream.path == str(tmp_path / name)
        assert stream.name == str(tmp_path / (name + suffix))
        x, y = rows_of(read_stream(stream, REQUEST.again(), None))
        np.testing.assert_array_equal(x, LOGITS)
        np.testing.assert_array_equal(y, TARGETS)
        stream.close()
        assert packed.binary.closed
    np.testing.assert_array_equal(
        rows_of(read_stream(decompressed(piped(pack(CSV))), REQUEST.again(), None))[0], LOGITS
    )
    arrays = opened(tmp_path / f"x.npz{suffix}", pack(npz_bytes(logits=LOGITS, labels=TARGETS)))
    np.testing.assert_array_equal(
        rows_of(read_stream(decompressed(arrays), REQUEST.again(), None))[0], LOGITS
    )
    arrays.close()


def test_what_is_not_packed_is_left_alone(tmp_path: Path) -> None:
    for stream in (opened(tmp_path / "p.csv", CSV), piped(CSV), piped(b"")):
        assert decompressed(stream) is stream
        stream.close()


@pytest.mark.parametrize(("pack", "suffix"), PACKERS)
def test_packed_data_cut_anywhere_is_refused(pack: Pack, suffix: str) -> None:
    packed = pack(CSV)
    for length in range(4, len(packed)):
        with pytest.raises(InputError, match=r"got data that ends early .was the file cut"):
            decompressed(piped(packed[:length])).binary.read()


@pytest.mark.parametrize(("pack", "suffix"), PACKERS)
def test_corrupt_data_and_garbage_behind_it_are_refused(pack: Pack, suffix: str) -> None:
    packed = pack(CSV)
    with pytest.raises(InputError, match=r"standard input: expected .* data, got other bytes"):
        decompressed(piped(packed + b"garbage")).binary.read()
    for position in range(4, len(packed)):
        changed = bytearray(packed)
        changed[position] ^= 0x55
        try:
            assert decompressed(piped(bytes(changed))).binary.read() == CSV
        except InputError:
            continue


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("p.csv.gz", CSV, "expected gzip data, as the name says, got something else"),
        ("p.csv.gz", b"", "expected gzip data, as the name says, got something else"),
        (
            "p.csv",
            gzip.compress(CSV, mtime=0),
            'data that is not compressed, got gzip data .*name end in ".gz"',
        ),
        (
            "p.csv.zst",
            gzip.compress(CSV, mtime=0),
            "expected Zstandard data, as the name says, got gzip data",
        ),
        ("p.csv.gz", b"\x28\xb5\x2f\xfd", "expected gzip data, as the name says, got Zstandard data"),
    ],
)
def test_name_and_content_must_agree(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    stream = opened(tmp_path / name, data)
    with pytest.raises(InputError, match=said):
        decompressed(stream)
    stream.close()


def test_zstandard_data_that_needs_much_memory_reaches_a_limit() -> None:
    zstandard = pytest.importorskip("zstandard")
    wide = zstandard.ZstdCompressionParameters.from_level(1, window_log=29)
    packer = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    packed = packer.compress(CSV) + packer.flush()
    with pytest.raises(LimitError, match="standard input: expected Zstandard data with a window of at most"):
        decompressed(piped(packed)).binary.read()


def test_zstandard_names_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    stream = opened(tmp_path / "p.csv.zst", b"\x28\xb5\x2f\xfd")
    with pytest.raises(UsageError, match=r"package zstandard, .*\.\[zstd\]"):
        decompressed(stream)
    stream.close()


@pytest.mark.slow
@pytest.mark.memory
@pytest.mark.subprocess
@pytest.mark.parametrize(("pack", "suffix"), PACKERS)
def test_a_bomb_is_unpacked_in_little_memory(tmp_path: Path, pack: Pack, suffix: str) -> None:
    path = tmp_path / f"bomb.csv{suffix}"
    path.write_bytes(pack(bytes(1 << 20)) * 600)
    code = (
        "import sys; from celoss_cli.read.request import open_stream\n"
        "from celoss_cli.read.bytes.compressed import decompressed\n"
        "binary = decompressed(open_stream(sys.argv[1])).binary; size = 0\n"
        "while part := binary.read(1 << 20): size += len(part)\n"
        "assert size == 600 << 20, size\n"
    )
    peak = peak_of_private_memory([sys.executable, "-c", code, str(path)])
    assert peak < 150 << 20


# ---------------------------------------------------------------------------------------------- memory


def peak_of_private_memory(command: list[str]) -> int:
    """Runs a program that must succeed; answers the most bytes that it had beside mapped files."""
    status = Path("/proc/self/status")
    if not status.exists() or "RssAnon" not in status.read_text():
        pytest.skip("needs the private memory of a process as Linux tells it")
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    peak = 0
    try:
        while running.poll() is None:
            text = Path(f"/proc/{running.pid}/status").read_text()
            found = re.search(r"RssAnon:\s+(\d+) kB", text)
            peak = max(peak, int(found[1]) << 10 if found else 0)
            time.sleep(0.005)
        out, said = running.communicate(timeout=60)
    finally:
        running.kill()
        running.wait()
    assert running.returncode == 0, (out, said)
    return peak


def sparse_npy(path: Path, kind: str, shape: tuple[int, ...]) -> None:
    """A file of zeros that takes no room on the disk."""
    with path.open("wb") as file:
        described = {"descr": kind, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, described)
        file.truncate(file.tell() + int(np.prod(shape)) * np.dtype(kind).itemsize)


@pytest.mark.slow
@pytest.mark.memory
@pytest.mark.subprocess
def test_large_arrays_stay_on_the_disk(tmp_path: Path) -> None:
    """400 MB of logits; stored in an NPZ file they are mapped as well."""
    rows, classes = 1_000_000, 100
    logits, labels = tmp_path / "x.npy", tmp_path / "y.npy"
    try:
        sparse_npy(logits, "<f4", (rows, classes))
        sparse_npy(labels, "|u1", (rows,))
        code = (
            "import sys, math; from celoss_cli.read.arrays import npy\n"
            "from celoss_cli.read.arrays.slices import dataset_of_arrays\n"
            "from celoss_cli.read.request import ReadRequest, open_stream\n"
            "request = ReadRequest(per_class=True, takes='logits')\n"
            "x, y = (npy.read_values(open_stream(path), request) for path in sys.argv[1:])\n"
            "rows = sum(len(part.read()) for part in dataset_of_arrays(x, y, {}, request).batches)\n"
            "assert rows == 1_000_000\n"
        )
        assert peak_of_private_memory([sys.executable, "-c", code, str(logits), str(labels)]) < 100 << 20
        run = [sys.executable, "-m", "celoss_cli", "ce", "-x", f"@{logits}", "-y", f"@{labels}"]
        assert peak_of_private_memory([*run, "--format", "value"]) < 300 << 20
    finally:
        logits.unlink(missing_ok=True)


# --------------------------------------------------------------------------------------------- pickles


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".PKL"])
def test_pickles_are_refused_by_name(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"x{suffix}").write_bytes(b"anything")
    done = celoss("ce", f"x{suffix}", cwd=tmp_path)
    assert done.returncode == 3
    assert (
        f'x{suffix}: expected a file of numbers, got a pickle ("{suffix.lower()}"), which runs code'
        in done.stderr
    )
    assert 'np.save("logits.npy", ' in done.stderr


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_are_refused_by_their_first_bytes_and_never_opened(tmp_path: Path, protocol: int) -> None:
    import pickle

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    data = pickle.dumps(Trap(), protocol)
    (tmp_path / "x.npy").write_bytes(data)
    np.save(tmp_path / "o.npy", np.array([Trap()], dtype=object))
    np.savez(tmp_path / "o.npz", logits=np.array([Trap()], dtype=object), labels=TARGETS)
    for name in ("@x.npy", "@o.npy"):
        done = celoss("ce", "-x", name, "-y", "0", cwd=tmp_path)
        assert (done.returncode, "which runs code when it is opened" in done.stderr) == (3, True)
    for arguments, stdin in ((["o.npz"], b""), ([], data), (["--input-format", "npz"], data)):
        done = celoss("ce", *arguments, data=stdin, cwd=tmp_path)
        assert (done.returncode, "which runs code when it is opened" in done.stderr) == (3, True), done.stderr
    assert not (tmp_path / "sprung").exists()


def test_standard_input_is_recognised_by_its_first_bytes() -> None:
    assert format_of("-", b"\x93NUMPY", None).name == "npy"
    assert format_of("-", b"{", None).name == "json"
    assert format_of("-", b"a", None).name == "csv"
    with pytest.raises(InputError, match="got a pickle"):
        format_of("-", b"\x80", None)


def test_bfloat16_stays_as_it_is_stored_until_its_rows_are_wanted(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    from celoss_cli.read.arrays import safetensors

    wide = np.arange(1 << 16, dtype="<u2")
    bits = wide[
        ~np.isnan((wide.astype("<u4") << 16).view("<f4")) & (wide != 0x7F80)
    ]  # every one but nan and inf
    rows = np.stack([bits, bits[::-1]])
    data = safetensors_bytes(labels=("I64", np.array([0, 1])), logits=("BF16", rows))
    (tmp_path / "p.safetensors").write_bytes(data)
    with contextlib.closing(open_stream(str(tmp_path / "p.safetensors"))) as stream:
        x, _ = rows_of(safetensors.read(stream, REQUEST.again()))
        tensor = safetensors._tensors(stream)["logits"]
    assert tensor.stored().itemsize == 2
    assert tensor.template().shape == rows.shape
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x.view("<u4"), rows.astype("<u4") << 16)


@pytest.mark.parametrize(("jobs", "threads"), [("1", False), ("2", True)])
def test_one_job_reads_on_one_thread(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, jobs: str, *, threads: bool
) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    from celoss_cli.read.arrow import parquet as reader

    parquet.write_table(arrow.table({"a": [1.0], "b": [2.0], "target": [0]}), tmp_path / "p.parquet")
    used: list[bool] = []
    made = reader._File

    def noted(file: Any, whole: Any, groups: Any, granted: bool) -> Any:
        used.append(granted)
        return made(file, whole, groups, granted)

    monkeypatch.setattr(reader, "_File", noted)
    monkeypatch.setattr(reader, "grants_threads", lambda: True)
    assert celoss("ce", tmp_path / "p.parquet", "--jobs", jobs).returncode == 0
    assert set(used) == {threads}
