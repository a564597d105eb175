"""Targets from another file: joined by id or by position, and refused where they do not fit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from celoss_cli.cli.main import run

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
    said = files.refusal("ce", "one.csv", "one.csv", "two.csv", "--targets", "@t.csv")
    assert said.startswith('one.csv:2: expected each id once, got "c" again')


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


@pytest.mark.parametrize("truth", ["0,1\n1,2\n2,0\n", "0,0\n2,1\n1,2\n"])
def test_numbers_in_several_columns_of_targets_are_no_header(files: Run, truth: str) -> None:
    files.write("y.csv", truth)
    said = files.refusal("ce", "p.csv", "--targets", "@y.csv")
    assert said.startswith("y.csv:1: expected a header line, got nothing but numbers")


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
