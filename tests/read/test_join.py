"""Targets from another file: joined by id or by position, and refused where they do not fit."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import celoss

from celoss_cli.cli.main import run
from celoss_cli.read.truth import _Uses

ROWS = [("a", [0.7, 0.2, 0.1], "cat"), ("b", [0.1, 0.3, 0.6], "eel"), ("c", [0.25, 0.25, 0.5], "dog")]
PREDICTIONS = "id,cat,dog,eel\n" + "".join(f"{i},{','.join(map(str, x))}\n" for i, x, _ in ROWS)
WHOLE = "id,cat,dog,eel,target\n" + "".join(f"{i},{','.join(map(str, x))},{y}\n" for i, x, y in ROWS)
TRUTH = "id,target\nc,dog\na,cat\nb,eel\n"


class Run:
    """Files in a folder, and the program run among them."""

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self._folder = folder
        self._capfd = capfd

    def write(self, name: str, text: str) -> str:
        (self._folder / name).write_text(text)
        return name

    def __call__(self, *arguments: str) -> tuple[int, str, dict[str, object]]:
        self._capfd.readouterr()
        code = int(run([*arguments, "--json"]))
        told = self._capfd.readouterr()
        if code == 0:
            return code, told.err, json.loads(told.out)
        error = json.loads(told.err)["error"]
        return code, f"{error['place']}: {error['message']} ({error['hint']})", {}

    def value(self, *arguments: str) -> object:
        code, said, report = self(*arguments)
        assert code == 0, said
        return report["value"]

    def refusal(self, *arguments: str) -> str:
        code, said, _ = self(*arguments)
        assert code == 3
        return said


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    found = Run(tmp_path, capfd)
    found.write("p.csv", PREDICTIONS)
    found.write("whole.csv", WHOLE)
    found.write("t.csv", TRUTH)
    return found


@pytest.mark.parametrize(
    "truth",
    [
        TRUTH,
        "id,target\na,cat\nb,eel\nc,dog\n",
        "id,target\na,0\nb,2\nc,1\n",
        "id,other,label\nb,1,eel\nc,2,dog\na,3,cat\n",
        '"target","id"\r\n"eel","b"\r\n"dog","c"\r\n"cat","a"\r\n',
        "id,author\n c ,dog\n a , cat\nb,eel\n",
    ],
)
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_a_truth_in_any_order_gives_the_loss_of_one_file(files: Run, truth: str, jobs: str) -> None:
    files.write("t.csv", truth)
    joined = files.value("ce", "p.csv", "--targets", "@t.csv", "--jobs", jobs)
    assert joined == files.value("ce", "whole.csv")


def test_the_join_is_told_and_the_rows_keep_their_order(files: Run) -> None:
    _, _, report = files("ce", "p.csv", "--targets", "@t.csv", "--reduction", "none")
    assert report["value"] == files.value("ce", "whole.csv", "--reduction", "none")
    source = report["input"]
    assert isinstance(source, dict)
    assert source["conversions"] == ["targets matched to the class names", "targets of t.csv joined by id"]


def test_a_column_of_the_truth_can_be_named(files: Run) -> None:
    files.write("t.csv", "id,first,second\na,cat,dog\nb,eel,dog\nc,dog,dog\n")
    assert "expected one column of targets" in files.refusal("ce", "p.csv", "--targets", "@t.csv")
    named = files.value("ce", "p.csv", "--targets", "@t.csv", "--target-column", "first")
    assert named == files.value("ce", "whole.csv")
    code, said, _ = files("ce", "p.csv", "--targets", "@t.csv", "--target-column", "third")
    assert (code, "third" in said) == (2, True)


def test_a_column_of_ids_can_be_named(files: Run) -> None:
    files.write("p.csv", PREDICTIONS.replace("id,", "key,", 1))
    files.write("t.csv", TRUTH.replace("id,", "key,", 1))
    joined = files.value("ce", "p.csv", "--targets", "@t.csv", "--id-column", "key")
    assert joined == files.value("ce", "whole.csv")


def test_several_files_share_one_truth(files: Run) -> None:
    header, *rows = PREDICTIONS.splitlines(keepends=True)
    files.write("one.csv", header + rows[2])
    files.write("two.csv", header + rows[0] + rows[1])
    joined = files.value("ce", "one.csv", "two.csv", "--targets", "@t.csv")
    assert joined == files.value("ce", "whole.csv")
    files.write("again.csv", header + rows[2])
    said = files.refusal("ce", "one.csv", "again.csv", "two.csv", "--targets", "@t.csv")
    assert said.startswith('again.csv:2: expected each id once, got "c" again')


MISMATCHES = {
    "an id without truth": (
        PREDICTIONS + "d,1,2,3\n",
        TRUTH,
        'p.csv:5: expected an id that t.csv has, got "d"',
    ),
    "a truth without a row": (
        PREDICTIONS,
        TRUTH + "d,cat\n",
        't.csv:5: expected a row of the input for each target, got none for the id "d"',
    ),
    "two truths without a row": (PREDICTIONS, TRUTH + "d,cat\ne,dog\n", 'for the id "d" and 1 other'),
    "a row twice": (PREDICTIONS + "a,1,2,3\n", TRUTH, 'p.csv:5: expected each id once, got "a" again'),
    "a truth twice": (PREDICTIONS, TRUTH + "a,dog\n", 't.csv:3: expected each id once, got "a" twice'),
    "a label of no class": (
        PREDICTIONS,
        TRUTH.replace("eel", "cow"),
        't.csv:4: expected a class name of "cat", "dog", "eel", got "cow"',
    ),
    "no ids in the input": (
        PREDICTIONS.replace("id,", "row,", 1),
        TRUTH,
        "p.csv:2: expected a column of ids to join with t.csv, got none",
    ),
    "a ragged truth": (PREDICTIONS, TRUTH + "d\n", "t.csv:5: expected 2 values, got 1"),
    "an empty truth": (PREDICTIONS, "id,target\n", "t.csv: expected rows of targets, got no rows"),
    "an empty label": (PREDICTIONS, TRUTH.replace("eel", ""), "t.csv:4: expected a class name"),
    "ids that differ in case": (
        PREDICTIONS,
        TRUTH.replace("a,", "A,"),
        'p.csv:2: expected an id that t.csv has, got "a"',
    ),
    "numbers spelled in two ways": (PREDICTIONS.replace("a,", "1,"), TRUTH.replace("a,", "1.0,"), 'got "1"'),
}


@pytest.mark.parametrize("name", MISMATCHES)
def test_what_does_not_fit_is_refused_in_its_place(files: Run, name: str) -> None:
    predictions, truth, said = MISMATCHES[name]
    if name == "no ids in the input":
        predictions = predictions.replace("row,cat,dog,eel", "cat,dog,eel")
        predictions = predictions.replace("a,", "").replace("b,", "").replace("c,0", "0")
    files.write("p.csv", predictions)
    files.write("t.csv", truth)
    assert said in files.refusal("ce", "p.csv", "--targets", "@t.csv")


# ---------------------------------------------------------------------------------------- by position


def by_position(files: Run, targets: str, *extra: str) -> tuple[int, str, dict[str, object]]:
    return files("ce", "p.csv", "--targets", targets, *extra)


@pytest.mark.parametrize("kind", ["inline", "npy", "json", "csv"])
def test_targets_by_position(files: Run, kind: str, tmp_path: Path) -> None:
    targets = {"inline": "0,2,1", "npy": "@y.npy", "json": "@y.json", "csv": "@y.csv"}[kind]
    np.save(tmp_path / "y.npy", np.array([0, 2, 1]))
    files.write("y.json", "[0, 2, 1]")
    files.write("y.csv", "label\ncat\neel\ndog\n")
    code, said, report = by_position(files, targets)
    assert code == 0, said
    assert report["value"] == files.value("ce", "whole.csv")


@pytest.mark.parametrize("kind", ["inline", "json", "csv"])
@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ([0, 2], "p.csv:4: expected one target for each row, got 2"),
        ([0, 2, 1, 0], "expected a row of the input for each target"),
    ],
)
def test_too_few_and_too_many_targets_are_refused(
    files: Run, kind: str, targets: Sequence[int], said: str
) -> None:
    files.write("y.json", json.dumps(targets))
    files.write("y.csv", "label\n" + "".join(f"{y}\n" for y in targets))
    given = {"inline": ",".join(map(str, targets)), "json": "@y.json", "csv": "@y.csv"}[kind]
    assert said in files.refusal("ce", "p.csv", "--targets", given)


def test_a_column_of_numbers_needs_no_header_beside_a_table_that_has_one(files: Run) -> None:
    files.write("y.csv", "0\n2\n1\n")
    code, said, report = by_position(files, "@y.csv")
    assert code == 0, said
    assert report["value"] == files.value("ce", "whole.csv")
    assert report["input"]["conversions"] == [
        "targets read as class indices",
        "targets of y.csv joined by position",
    ]


@pytest.mark.parametrize(
    ("column", "option", "said"),
    [
        ("0\n0\n2\n1\n", [], 'y.csv:4: expected a row of the input for each target, got none for this one'),
        ("0\n2\n1\n", ["--header"], "p.csv:4: expected one target for each row, got 2 of y.csv"),
    ],
)  # fmt: skip
def test_a_row_taken_for_a_header_or_a_header_for_a_row_is_found_by_their_number(
    files: Run, column: str, option: list[str], said: str
) -> None:
    files.write("y.csv", column)
    told = files.refusal("ce", "p.csv", "--targets", "@y.csv", *option)
    taken, other = ("a header", "--no-header") if option else ("values", "--header")
    assert told.startswith(said)
    assert told.endswith(f'(its first line, "0", was taken for {taken}; if it is not: {other})')


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        ("0,1\n1,2\n2,0\n", "y.csv:1: expected a header line, got nothing but numbers"),
        ("0,0\n2,1\n1,2\n", "got shape (3, 2)"),  # numbers that recur are no header
    ],
)
def test_numbers_in_several_columns_of_targets_are_no_header(files: Run, truth: str, said: str) -> None:
    files.write("y.csv", truth)
    assert said in files.refusal("ce", "p.csv", "--targets", "@y.csv")


def test_targets_that_nothing_counts_need_a_header_or_the_word_that_there_is_none(files: Run) -> None:
    files.write("y.csv", "0\n1\n0\n")
    arguments = ("weights", "--targets", "@y.csv")
    assert files.refusal(*arguments).startswith("y.csv:1: expected a header line, got nothing but numbers")
    counts = {}
    for option in ("--header", "--no-header"):
        code, said, report = files(*arguments, option)
        assert code == 0, said
        counts[option] = report["counted"]
    assert counts == {"--header": 2, "--no-header": 3}


def test_positions_count_on_through_several_files(files: Run) -> None:
    header, *rows = PREDICTIONS.splitlines(keepends=True)
    files.write("one.csv", header + rows[0])
    files.write("two.csv", header + rows[1] + rows[2])
    arguments = ("ce", "one.csv", "two.csv", "--targets")
    assert files.value(*arguments, "0,2,1") == files.value("ce", "whole.csv")
    assert "two.csv:3: expected one target for each row" in files.refusal(*arguments, "0,2")


# ------------------------------------------------------------------------------------- arrays by name

INPUTS = [x for _, x, _ in ROWS]
IDS = [row_id for row_id, _, _ in ROWS]


def with_arrays(files: Run, folder: Path, way: str, **arrays: Sequence[object]) -> str:
    """Arrays by name in a file, which may hold targets of its own."""
    name = f"arrays.{way}"
    if way == "npz":
        np.savez(folder / name, **{key: np.array(values) for key, values in arrays.items()})
        return name
    rows = [dict(zip(arrays, row, strict=True)) for row in zip(*arrays.values(), strict=True)]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    return files.write(name, json.dumps(arrays) if way == "json" else lines)


every_array = pytest.mark.parametrize("way", ["npz", "json", "jsonl"])


@every_array
@pytest.mark.parametrize("own", [{}, {"labels": [1, 1, 1]}])
def test_arrays_take_targets_from_elsewhere(
    files: Run, tmp_path: Path, way: str, own: dict[str, Sequence[object]]
) -> None:
    name = with_arrays(files, tmp_path, way, predictions=INPUTS, **own)
    np.save(tmp_path / "y.npy", [0, 2, 1])
    for targets in ("@y.npy", "0,2,1"):
        code, said, report = files("ce", name, "--targets", targets)
        assert code == 0, said
        assert report["value"] == files.value("ce", "whole.csv")
        source = report["input"]
        assert isinstance(source, dict)
        assert (source["columns"]["target"], source["columns"]["unused"]) == (None, list(own))
        assert source["conversions"] == [
            f"targets of {targets.lstrip('@') if '@' in targets else '--targets'} joined by position"
        ]
    assert "expected one target for each row, got 2" in files.refusal("ce", name, "--targets", "0,2")
    assert "a row of the input for each target" in files.refusal("ce", name, "--targets", "0,2,1,0")


@every_array
def test_arrays_with_ids_are_joined_by_them(files: Run, tmp_path: Path, way: str) -> None:
    files.write("t.csv", "id,target\nc,1\na,0\nb,2\n")
    name = with_arrays(files, tmp_path, way, logits=INPUTS, ids=IDS)
    assert files.value("ce", name, "--targets", "@t.csv") == files.value("ce", "whole.csv")
    files.write("t.csv", "id,target\nc,1\na,0\nx,2\n")
    assert 'expected an id that t.csv has, got "b"' in files.refusal("ce", name, "--targets", "@t.csv")
    name = with_arrays(files, tmp_path, way, logits=INPUTS)
    assert "name it: --id-column NAME" in files.refusal("ce", name, "--targets", "@t.csv")


@every_array
def test_arrays_of_several_files_count_on(files: Run, tmp_path: Path, way: str) -> None:
    name = with_arrays(files, tmp_path, way, logits=INPUTS)
    for copied in (name, "whole.csv"):
        (tmp_path / f"again.{copied}").write_bytes((tmp_path / copied).read_bytes())
    twice = files.value("ce", name, f"again.{name}", "--targets", "0,2,1,0,2,1")
    assert twice == files.value("ce", "whole.csv", "again.whole.csv")


def test_one_vector_and_one_number_take_one_target(files: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", [0.5, 0.25])
    assert files.value("ce", "x.npy", "--targets", "1") == files.value("ce", "-x", "0.5,0.25", "-y", "1")
    np.save(tmp_path / "x.npy", 0.5)
    assert files.value("bce", "x.npy", "--targets", "1") == files.value("bce", "-x", "0.5", "-y", "1")


def test_rows_are_counted_where_the_class_axis_leaves_them(files: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array(INPUTS)[:2].T)
    found = files.value("ce", "x.npy", "--class-axis", "0", "--targets", "0,2")
    np.save(tmp_path / "x.npy", np.array(INPUTS)[:2])
    assert found == files.value("ce", "x.npy", "--targets", "0,2")


# --------------------------------------------------------------------------------------- text in JSON


@pytest.mark.parametrize("way", ["records", "split", "jsonl"])
def test_text_of_digits_is_an_id_or_the_name_of_a_class(files: Run, way: str) -> None:
    names, rows = ["id", "2d", "3d"], [["001", 0.9, 0.1], ["+2", 0.5, 0.3]]
    objects = [dict(zip(names, row, strict=True)) for row in rows]
    text = {
        "records": json.dumps(objects),
        "split": json.dumps({"columns": names, "data": rows}),
        "jsonl": "".join(json.dumps(row) + "\n" for row in objects),
    }[way]
    name = files.write("p.jsonl" if way == "jsonl" else "p.json", text)
    files.write("t.csv", "id,target\n+2,3d\n001,2d\n")
    files.write("whole.csv", "2d,3d,target\n0.9,0.1,2d\n0.5,0.3,3d\n")
    assert files.value("ce", name, "--targets", "@t.csv") == files.value("ce", "whole.csv")


@pytest.mark.parametrize("target", ["2d", "9d", "1"])
def test_a_text_is_the_name_of_a_class_and_no_index(files: Run, target: str) -> None:
    files.write("p.json", json.dumps([{"id": "0a1", "2d": 0.9, "3d": 0.1, "label": target}]))
    if target == "2d":
        assert files.value("ce", "p.json") == files.value("ce", "-x", "0.9,0.1", "-y", "0")
    else:
        said = files.refusal("ce", "p.json")
        assert said.startswith("p.json: $[0].label: expected a")
        assert f'"{target}"' in said
        assert f'""{target}""' not in said


@pytest.mark.parametrize("key", ["a", "sample_weight"])
@pytest.mark.parametrize("text", ["0.5", " 1", "-inf", "nan", "1e3"])
def test_a_text_is_no_number(files: Run, key: str, text: str) -> None:
    row = {"a": 0.9, "b": 0.1, "sample_weight": 1, "label": "b"}
    files.write("p.json", json.dumps([row, {**row, key: text}]))
    said = files.refusal("ce", "p.json", "--allow-nonfinite")
    assert said == (
        f'p.json: $[1].{key}: expected a number in column "{key}", got the text "{text}" '
        "(numbers are written without quotes)"
    )


def test_digits_that_name_the_classes_in_order_may_be_text(files: Run) -> None:
    files.write("p.json", '[{"0": 0.9, "1": 0.1, "label": "1"}, {"0": 0.5, "1": 0.3, "label": 0}]')
    assert files.value("ce", "p.json") == files.value("ce", "-x", "[[0.9,0.1],[0.5,0.3]]", "-y", "1,0")


# ---------------------------------------------------------------------------------------- other losses


def test_binary_answers_are_joined(files: Run) -> None:
    files.write("p.csv", "id,p\na,0.5\nb,0.25\nc,0.125\n")
    files.write("whole.csv", "id,p,y\na,0.5,1\nb,0.25,0\nc,0.125,1\n")
    for truth in (
        "id,y\nc,1\na,1\nb,0\n",
        "id,y\nc,true\na,True\nb,false\n",
        "id,is_cat\nc,1.0\nb,0\na,1e0\n",
    ):
        files.write("t.csv", truth)
        assert files.value("bce", "p.csv", "--targets", "@t.csv") == files.value("bce", "whole.csv")
    files.write("t.csv", "id,y\nc,yes\na,1\nb,0\n")
    assert "t.csv:2: expected a number" in files.refusal("bce", "p.csv", "--targets", "@t.csv")


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_typed_predictions_meet_a_truth_of_text(files: Run, suffix: str, tmp_path: Path) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(
        {
            "id": ["a", "b", "c"],
            **{name: [x[i] for _, x, _ in ROWS] for i, name in enumerate(("cat", "dog", "eel"))},
        }
    )
    getattr(frame, "write_parquet" if suffix == "parquet" else "write_ipc")(tmp_path / f"p.{suffix}")
    joined = files.value("ce", f"p.{suffix}", "--targets", "@t.csv")
    assert joined == files.value("ce", "whole.csv")
    files.write("t.csv", TRUTH + "d,cat\n")
    assert 'got none for the id "d"' in files.refusal("ce", f"p.{suffix}", "--targets", "@t.csv")
    files.write("t.csv", TRUTH.replace("b,", "x,"))
    said = files.refusal("ce", f"p.{suffix}", "--targets", "@t.csv")
    assert f'p.{suffix}: row 1: expected an id that t.csv has, got "b"' in said


def test_a_large_join_is_the_same_for_any_number_of_workers(files: Run) -> None:
    random = np.random.default_rng(5)
    values, targets = random.normal(size=(20_000, 2)), random.integers(0, 2, 20_000)
    order = random.permutation(20_000)
    lines = [f"r{i},{a!r},{b!r}\n" for i, (a, b) in enumerate(values.tolist())]
    files.write("p.csv", "id,a,b\n" + "".join(lines))
    files.write("t.csv", "id,y\n" + "".join(f"r{i},{targets[i]}\n" for i in order.tolist()))
    losses = np.logaddexp(values[:, 0], values[:, 1]) - values[np.arange(20_000), targets]
    found = {files.value("ce", "p.csv", "--targets", "@t.csv", "--jobs", jobs) for jobs in ("1", "2", "4")}
    assert len(found) == 1
    assert found.pop() == pytest.approx(float(losses.mean()), rel=1e-13)


# --------------------------------------------------------------------------------- every table format

TABLE = {"id": ["c", "a", "b"], "target": ["dog", "cat", "eel"]}


def write_table(folder: Path, name: str, table: dict[str, list[Any]]) -> None:
    """A table in the format that the name's end says."""
    path, names = folder / name, list(table)
    rows = list(zip(*table.values(), strict=True))
    objects = [dict(zip(names, row, strict=True)) for row in rows]
    if path.suffix in (".csv", ".tsv"):
        mark = "," if path.suffix == ".csv" else "\t"
        lines = [names, *([("" if cell is None else str(cell)) for cell in row] for row in rows)]
        path.write_text("".join(mark.join(line) + "\n" for line in lines))
    elif name.endswith("split.json"):
        path.write_text(json.dumps({"columns": names, "index": [0, 1, 2], "data": rows}))
    elif path.suffix == ".json":
        path.write_text(json.dumps(objects))
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in objects))
    else:
        write_typed(path, pytest.importorskip("pyarrow").table(table))


def write_typed(path: Path, table: Any) -> None:
    """A table of Arrow as Parquet, as an Arrow file or as an Arrow stream."""
    pyarrow = pytest.importorskip("pyarrow")
    if path.suffix == ".parquet":
        pytest.importorskip("pyarrow.parquet").write_table(table, path)
        return
    kind = pyarrow.ipc.new_stream if path.suffix == ".ipc" else pyarrow.ipc.new_file
    with kind(path, table.schema) as writer:
        writer.write_table(table)


FORMATS = ["t.csv", "t.tsv", "t.json", "t.split.json", "t.jsonl", "t.parquet", "t.arrow", "t.ipc"]
every_format = pytest.mark.parametrize("name", FORMATS)


@every_format
@pytest.mark.parametrize(
    "table",
    [
        TABLE,
        {"id": ["c", "a", "b"], "target": [1, 0, 2]},
        {"target": ["dog", "cat", "eel"], "note": ["x", "y", "z"], "id": ["c", "a", "b"]},
        {"ID": ["c", "a", "b"], "author": ["dog", "cat", "eel"]},
    ],
)
def test_a_truth_of_any_format_is_joined_by_id(
    files: Run, tmp_path: Path, name: str, table: dict[str, list[Any]]
) -> None:
    write_table(tmp_path, name, table)
    code, said, report = files("ce", "p.csv", "--targets", f"@{name}")
    assert code == 0, said
    assert report["value"] == files.value("ce", "whole.csv")
    source: Any = report["input"]
    further = "; not used of it: note" if "note" in table else ""
    assert source["conversions"][-1] == f"targets of {name} joined by id{further}"


@every_format
def test_a_truth_of_any_format_goes_in_order_without_ids(files: Run, tmp_path: Path, name: str) -> None:
    write_table(tmp_path, name, {"label": ["cat", "eel", "dog"]})
    assert files.value("ce", "p.csv", "--targets", f"@{name}") == files.value("ce", "whole.csv")


@every_format
@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"id": ["c", "a", "x"], "target": [1, 0, 2]}, 'expected an id that {} has, got "b"'),
        ({"id": ["c", "a", "a"], "target": [1, 0, 2]}, 'expected each id once, got "a" twice'),
        ({"id": ["c", "a", "b"], "one": [1, 0, 2], "two": [1, 0, 2]}, "expected one column of targets"),
        ({"id": ["c", "a", "b"], "target": ["dog", "cow", "eel"]}, 'expected a class name of "cat", "dog"'),
    ],
)
def test_a_truth_of_any_format_that_does_not_fit_is_refused(
    files: Run, tmp_path: Path, name: str, table: dict[str, list[Any]], said: str
) -> None:
    write_table(tmp_path, name, table)
    assert said.format(name) in files.refusal("ce", "p.csv", "--targets", f"@{name}")


@every_format
def test_binary_answers_of_any_format_are_joined(files: Run, tmp_path: Path, name: str) -> None:
    files.write("p.csv", "id,p\na,0.5\nb,0.25\nc,0.125\n")
    files.write("whole.csv", "id,p,y\na,0.5,1\nb,0.25,0\nc,0.125,1\n")
    for answers in ([1, 1, 0], [1.0, 1.0, 0.0], [True, True, False]):
        write_table(tmp_path, name, {"id": ["c", "a", "b"], "p": answers})
        assert files.value("bce", "p.csv", "--targets", f"@{name}") == files.value("bce", "whole.csv")


@every_format
def test_ids_that_look_like_numbers_are_joined_as_text(files: Run, tmp_path: Path, name: str) -> None:
    files.write("p.csv", "id,cat,dog,eel\n" + "".join(f"0{i},0.5,0.25,{i}\n" for i in range(3)))
    files.write("whole.csv", "cat,dog,eel,y\n0.5,0.25,0,0\n0.5,0.25,1,2\n0.5,0.25,2,1\n")
    write_table(tmp_path, name, {"id": ["02", "00", "01"], "target": ["dog", "cat", "eel"]})
    assert files.value("ce", "p.csv", "--targets", f"@{name}") == files.value("ce", "whole.csv")
    write_table(tmp_path, name, {"id": ["2", "00", "01"], "target": ["dog", "cat", "eel"]})
    assert 'got "02"' in files.refusal("ce", "p.csv", "--targets", f"@{name}")


@pytest.mark.parametrize("kind", ["json", "jsonl"])
def test_row_objects_with_ids_of_digits_meet_a_truth_of_text(files: Run, kind: str) -> None:
    objects = [{"id": f"{i}0", "cat": 0.5, "dog": float(i)} for i in range(2)]
    lines = "".join(json.dumps(row) + "\n" for row in objects)
    files.write(f"p.{kind}", json.dumps(objects) if kind == "json" else lines)
    files.write("t.csv", "id,y\n10,cat\n00,dog\n")
    files.write("whole.csv", "cat,dog,y\n0.5,0,dog\n0.5,1,cat\n")
    assert files.value("ce", f"p.{kind}", "--targets", "@t.csv") == files.value("ce", "whole.csv")


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "ipc"])
def test_typed_columns_of_classes_and_a_single_column_stay_targets_in_order(
    files: Run, tmp_path: Path, suffix: str
) -> None:
    single = {"anything": [0, 2, 1]}
    one_hot = {"cat": [1.0, 0.0, 0.0], "dog": [0.0, 0.0, 1.0], "eel": [0.0, 1.0, 0.0]}
    turned = {name: one_hot[name] for name in ("eel", "cat", "dog")}
    for table in (single, one_hot, turned):
        write_table(tmp_path, f"t.{suffix}", table)
        found = files.value("ce", "p.csv", "--targets", f"@t.{suffix}")
        assert found == files.value("ce", "whole.csv"), table


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "ipc", "json", "jsonl"])
def test_class_weights_count_a_truth_of_any_format(files: Run, tmp_path: Path, suffix: str) -> None:
    write_table(tmp_path, f"t.{suffix}", {**TABLE, "note": ["x", "y", "z"]})
    code, said, report = files("weights", "--targets", f"@t.{suffix}")
    assert code == 0, said
    assert report["weights"] == [1.0, 1.0, 1.0]


@every_format
def test_values_of_an_option_take_targets_in_order_and_no_ids(files: Run, tmp_path: Path, name: str) -> None:
    logits = ("ce", "--logits", json.dumps([x for _, x, _ in ROWS]), "--targets")
    for table in ({"target": [0, 2, 1]}, {"anything": [0, 2, 1]}):
        write_table(tmp_path, name, table)
        assert files.value(*logits, f"@{name}") == files.value("ce", "whole.csv")
    write_table(tmp_path, name, {"id": [0, 1, 2], "target": [0, 2, 1]})
    assert f"expected a column of ids to join with {name}, got none" in files.refusal(*logits, f"@{name}")
    write_table(tmp_path, name, {"note": [0, 1, 2], "target": [0, 2, 1]})
    assert "expected nothing but an id beside the targets" in files.refusal(*logits, f"@{name}")
    write_table(tmp_path, name, {"a": [0.5, 0.0, 0.25], "b": [0.5, 1.0, 0.5], "c": [0.0, 0.0, 0.25]})
    inline = files.value(*logits, "[[0.5,0.5,0.0],[0.0,1.0,0.0],[0.25,0.5,0.25]]")
    assert files.value(*logits, f"@{name}") == inline


# -------------------------------------------------------------------------- ids that both headers have


@every_format
@pytest.mark.parametrize("key", ["uid", "image_id", "PassengerId", "test_id", "key", "Unnamed: 0", ""])
def test_a_column_that_both_headers_have_is_the_id(files: Run, tmp_path: Path, name: str, key: str) -> None:
    rows = [f"{number},{','.join(map(str, x))}\n" for number, (_, x, _) in zip((7, 5, 9), ROWS, strict=True)]
    files.write("p.csv", f"{key},cat,dog,eel\n" + "".join(rows))
    write_table(tmp_path, name, {key: [9, 7, 5], "author": ["dog", "cat", "eel"]})
    code, said, report = files("ce", "p.csv", "--targets", f"@{name}")
    assert code == 0, said
    assert report["value"] == files.value("ce", "whole.csv")
    source: Any = report["input"]
    assert source["columns"]["id"] == key
    assert source["columns"]["inputs"] == ["cat", "dog", "eel"]


def test_a_binary_submission_and_its_solution_have_the_same_header(files: Run) -> None:
    files.write("p.csv", "PassengerId,Survived\n892,0.5\n893,0.25\n")
    files.write("t.csv", "PassengerId,Survived\n893,0\n892,1\n")
    files.write("whole.csv", "p,y\n0.5,1\n0.25,0\n")
    assert files.value("bce", "p.csv", "--targets", "@t.csv") == files.value("bce", "whole.csv")
    files.write("p.csv", "passenger,Survived\n892,0.5\n893,0.25\n")
    files.write("t.csv", "passenger,Survived\n893,0\n892,1\n")
    for option in (
        (),  # what counts the rows is no answer
        ("--id-column", "passenger"),
        ("--target-column", "Survived"),
    ):
        joined = files.value("bce", "p.csv", "--targets", "@t.csv", *option)
        assert joined == files.value("bce", "whole.csv")


HEADERS = {
    "two that both have": ("uid2,lot,cat,dog", "uid2,lot,target", "t.csv:1: expected one column of ids"),
    "a further column by position": (
        "cat,dog",
        "lot,target",
        't.csv:1: expected nothing but an id beside the targets "target", got "lot" (name what the rows are '
        "joined by: --id-column NAME; by position: --target-column NAME)",
    ),
    "a further column that the input has too": (
        "id,lot,cat,dog",
        "id,lot,target",
        'p.csv:1: expected columns that the table of targets has not, got "lot" (if they are classes: '
        "--class-columns NAMES)",
    ),
    "the target among the classes": (
        "id,cat,dog,species",
        "id,species",
        'p.csv:1: expected columns that the table of targets has not, got "species"',
    ),
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers_that_leave_a_doubt_are_refused(files: Run, name: str) -> None:
    predictions, truth, said = HEADERS[name]
    files.write("p.csv", f"{predictions}\n{','.join('0' * len(predictions.split(',')))}\n")
    files.write("t.csv", f"{truth}\n{','.join('0' * len(truth.split(',')))}\n")
    assert said in files.refusal("ce", "p.csv", "--targets", "@t.csv")


def test_a_further_column_is_left_out_by_position_where_the_targets_are_named(files: Run) -> None:
    files.write("t.csv", "lot,target\n9,cat\n9,eel\n8,dog\n")
    _, _, report = files("ce", "p.csv", "--targets", "@t.csv", "--target-column", "target")
    assert report["value"] == files.value("ce", "whole.csv")
    source: Any = report["input"]
    assert source["conversions"][-1] == "targets of t.csv joined by position; not used of it: lot"


def test_the_id_of_two_that_both_headers_name_is_the_shared_one(files: Run) -> None:
    files.write("p.csv", PREDICTIONS.replace("id,", "image_id,"))
    files.write("t.csv", "image_id,patient_id,target\nc,1,dog\na,1,cat\nb,1,eel\n")
    assert files.value("ce", "p.csv", "--targets", "@t.csv") == files.value("ce", "whole.csv")


# -------------------------------------------------------------------------------------- missing values

GAPS = [("a", 0.9, 0.1), ("b", None, 0.5), ("c", 0.3, 0.7), ("d", 0.6, 0.4)]
KEPT = "cat,dog,y\n0.9,0.1,cat\n0.3,0.7,dog\n0.6,0.4,dog\n"
both_kinds = pytest.mark.parametrize("predictions", ["p.csv", "p.jsonl", "p.json", "p.parquet", "p.arrow"])


def write_predictions(folder: Path, name: str, rows: list[tuple[str, float | None, float | None]]) -> None:
    ids, cat, dog = map(list, zip(*rows, strict=True))
    write_table(folder, name, {"id": ids, "cat": cat, "dog": dog})


@both_kinds
@pytest.mark.parametrize(
    "targets", ["@t.csv", "@t.parquet", "@t.jsonl", "@order.csv", "@order.arrow", "0,0,1,1"]
)
@pytest.mark.parametrize("block", [1 << 20, 16])
def test_a_row_that_is_skipped_uses_its_target_up(
    files: Run,
    tmp_path: Path,
    predictions: str,
    targets: str,
    block: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("celoss_cli.read.arrow.columnar._BATCH_BYTES", block)
    monkeypatch.setattr("celoss_cli.read.arrow.columnar._FEW_ROWS", 1)
    write_predictions(tmp_path, predictions, GAPS)
    files.write("whole.csv", KEPT)
    if targets.startswith("@t."):
        write_table(tmp_path, targets[1:], {"id": ["d", "b", "a", "c"], "y": ["dog", "cat", "cat", "dog"]})
    elif targets.startswith("@"):
        write_table(tmp_path, targets[1:], {"y": ["cat", "cat", "dog", "dog"]})
    code, said, report = files("ce", predictions, "--targets", targets, "--missing", "skip")
    assert code == 0, said
    assert (report["value"], report["rows"]) == (files.value("ce", "whole.csv"), 3)
    source: Any = report["input"]
    assert source["skipped"] == 1


@both_kinds
@pytest.mark.parametrize("truth", ["t.csv", "t.parquet", "t.jsonl"])
@pytest.mark.parametrize(
    "table",
    [
        {"id": ["d", "b", "a", "c"], "y": ["dog", None, None, "dog"]},
        {"y": ["NA", "NA", "dog", "dog"]},
        {"y": [None, None, 1, 1], "id": ["a", "b", "c", "d"]},
    ],
)
def test_a_target_that_is_missing_skips_its_row(
    files: Run, tmp_path: Path, predictions: str, truth: str, table: dict[str, list[Any]]
) -> None:
    write_predictions(tmp_path, predictions, GAPS)
    write_table(tmp_path, truth, table)
    files.write("whole.csv", "cat,dog,y\n0.3,0.7,dog\n0.6,0.4,dog\n")
    arguments = ("ce", predictions, "--targets", f"@{truth}")
    assert "expected a" in files.refusal(*arguments)
    code, said, report = files(*arguments, "--missing", "skip")
    assert code == 0, said
    assert (report["value"], report["rows"]) == (files.value("ce", "whole.csv"), 2)
    source: Any = report["input"]
    assert source["skipped"] == 2


def test_a_null_in_the_only_column_of_targets_skips_its_row(files: Run, tmp_path: Path) -> None:
    write_predictions(tmp_path, "p.csv", GAPS)
    files.write("whole.csv", KEPT)
    write_table(tmp_path, "t.parquet", {"y": [0, None, 1, 1]})
    found = files.value("ce", "p.csv", "--targets", "@t.parquet", "--missing", "skip")
    assert found == files.value("ce", "whole.csv")


def test_skipped_rows_are_counted_on_through_several_files(files: Run, tmp_path: Path) -> None:
    write_predictions(tmp_path, "one.csv", GAPS[:2])
    write_predictions(tmp_path, "two.csv", GAPS[2:])
    files.write("whole.csv", KEPT)
    whole = files.value("ce", "whole.csv")
    arguments = ("--targets", "0,1,1,1", "--missing", "skip")
    assert files.value("ce", "one.csv", "two.csv", *arguments) == whole
    said = files.refusal("ce", "one.csv", "two.csv", "--targets", "0,1,1", "--missing", "skip")
    assert "two.csv:3: expected one target for each row, got 3" in said


def test_an_id_that_is_missing_leaves_its_target_without_a_row(files: Run) -> None:
    files.write("p.csv", PREDICTIONS.replace("b,", ","))
    said = files.refusal("ce", "p.csv", "--targets", "@t.csv", "--missing", "skip")
    assert 'p.csv:3: expected an id that t.csv has, got ""' in said


def test_an_id_that_comes_twice_is_blamed_on_the_lower_row_in_whatever_order_blocks_are_read() -> None:
    for order in itertools.permutations(range(4)):
        uses = _Uses(8)
        found = [np.array([0, 1]), np.array([2, 3]), np.array([4, 1]), np.array([6, 7])]
        said = [
            uses.add(2 * block, found[block], lambda row, block=block: f"row {2 * block + row}")
            for block in order
        ]
        assert [text for text in said if text] == [(1, "row 5")]


def test_blocks_are_forgotten_once_those_above_them_were_read() -> None:
    uses = _Uses(100)
    for block in (1, 0, 3, 2, 4):
        assert uses.add(20 * block, np.arange(20 * block, 20 * block + 20), str) is None
    assert not uses._ahead
    assert not uses.left().size


def test_an_id_that_the_targets_have_twice_is_told_where_they_have_it(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("id,logit_0,logit_1\nr0,1,2\nr1,0,1\n")
    (tmp_path / "t.csv").write_text("id,target\nr0,1\nr1,0\nr0,1\n")
    done = celoss("ce", "p.csv", "-y", "@t.csv", cwd=tmp_path)
    assert done.stderr.startswith('celoss: error: t.csv:2: expected each id once, got "r0" twice')
