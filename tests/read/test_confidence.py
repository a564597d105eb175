"""How sure a prediction is, turned into the probability of the positive answer: p, or 1 - p."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from running import Done, celoss

SURE = [0.83, 0.73, 0.64, 0.92, 0.945, 0.65, 0.52]
PREDICTED = [1, 0, 1, 0, 1, 0, 1]
TRUE = [1, 0, 1, 0, 1, 1, 0]
ROWS = list(zip(TRUE, PREDICTED, SURE, strict=True))


def loss(rows: list[tuple[int, int, float]]) -> float:
    """The mean of -log p where the prediction is right, of -log(1 - p) where it is wrong."""
    return -sum(math.log(p if y == d else 1 - p) for y, d, p in rows) / len(rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = ("y", "guess", "confidence")
    records = [dict(zip(names, row, strict=True)) for row in ROWS]
    (tmp_path / "t.csv").write_text(table(ROWS))
    (tmp_path / "quoted.csv").write_text(table([tuple(f'"{cell}"' for cell in row) for row in ROWS]))
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (tmp_path / "rows.json").write_text(json.dumps(records))
    arrays = dict(zip(names, map(list, zip(*ROWS, strict=True)), strict=True))
    (tmp_path / "arrays.json").write_text(json.dumps(arrays))
    np.savez(tmp_path / "t.npz", **{name: np.array(values) for name, values in arrays.items()})
    (tmp_path / "apart.csv").write_text("guess,confidence\n" + "".join(f"{d},{p}\n" for _, d, p in ROWS))
    (tmp_path / "y.csv").write_text("y\n" + "".join(f"{y}\n" for y in TRUE))
    words = [(("no", "yes")[y], ("no", "yes")[d], p) for y, d, p in ROWS]
    (tmp_path / "words.csv").write_text(table(words))
    truth = [(y, ("No", "Yes")[d], p) for y, d, p in ROWS]
    (tmp_path / "mixed.csv").write_text(table(truth))
    names_of = [(("cat", "dog")[y], ("cat", "dog")[d], p) for y, d, p in ROWS]
    (tmp_path / "names.csv").write_text(table(names_of))
    return tmp_path


def table(rows: list[tuple[object, ...]]) -> str:
    return "y,guess,confidence\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)


def scored(folder: Path, *words: str) -> Done:
    return celoss("bce", *words, "--predicted-column", "guess", cwd=folder, CELOSS_FORMAT="value")


WAYS = {
    "t.csv": [],
    "quoted.csv": [],
    "t.jsonl": [],
    "rows.json": [],
    "arrays.json": [],
    "t.npz": [],
    "words.csv": [],
    "mixed.csv": [],
    "apart.csv": ["--targets", "@y.csv"],
    "names.csv": ["--positive", "dog"],
}


@pytest.mark.parametrize("file", WAYS)
@pytest.mark.parametrize("named", [[], ["--class-columns", "confidence"]])
def test_every_format_gives_the_loss_of_the_formula(file: str, named: list[str], folder: Path) -> None:
    done = scored(folder, file, *WAYS[file], *named)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(loss(ROWS), rel=1e-12)


def test_columnar_files(folder: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import feather, parquet

    columns = dict(zip(("y", "guess", "confidence"), map(list, zip(*ROWS, strict=True)), strict=True))
    texts = {**columns, "guess": [("no", "yes")[d] for d in PREDICTED], "y": [("no", "yes")[y] for y in TRUE]}
    parquet.write_table(arrow.table(columns), folder / "t.parquet")
    feather.write_feather(arrow.table(texts), folder / "t.arrow", compression="uncompressed")
    for file in ("t.parquet", "t.arrow"):
        done = scored(folder, file)
        assert done.returncode == 0, done.stderr
        assert float(done.stdout) == pytest.approx(loss(ROWS), rel=1e-12)


def test_either_answer_may_be_the_positive_one(folder: Path) -> None:
    for positive in ("cat", "dog"):
        done = scored(folder, "names.csv", "--positive", positive)
        assert float(done.stdout) == pytest.approx(loss(ROWS), rel=1e-12)


def test_it_is_told(folder: Path) -> None:
    done = celoss("bce", "t.csv", "--predicted-column", "guess", "--json", cwd=folder)
    input = json.loads(done.stdout)["input"]
    assert (input["columns"]["predicted"], input["meaning"]) == ("guess", {"predicted_column": "guess"})
    assert input["conversions"] == [
        'probabilities read as those of the class in "guess": 1 less them where it is not "1"'
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(1, 1, 0.8), (0, "", 0.7)], 't.csv:3:2: expected the class predicted, got ""'),
        ([(1, 1, 0.8), (0, 0, 1.5)], "t.csv:3:2: expected a probability from 0 to 1, got 1.5"),
        ([(1, 1, 0.8), (0, 2, 0.7), (1, 0, 0.6)], "expected two classes in"),
        ([("a", "a", 0.8), ("b", "b", 0.7), ("a", "c", 0.6)], "expected two classes in"),
        ([(1, "cat", 0.8), (0, "dog", 0.7)], "called as the targets are"),
    ],
)
def test_what_cannot_be_turned_is_refused(rows: list[tuple[object, ...]], said: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(table(rows))
    more = ["--positive", "a"] if "a" in rows[0] else []
    done = scored(tmp_path, "t.csv", *more)
    assert (done.returncode, said in done.stderr) == (3, True), done.stderr


def test_a_third_class_far_below_is_refused_where_it_stands(tmp_path: Path) -> None:
    rows = [(1, 1, 0.8), (0, 0, 0.7)] * 500
    (tmp_path / "t.csv").write_text(table([*rows, (1, 2, 0.9)]))
    done = scored(tmp_path, "t.csv")
    assert (done.returncode, "t.csv:1002:2: expected one of two targets" in done.stderr) == (3, True)


def test_rows_without_a_prediction_can_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(table([(1, 1, 0.8), (0, "", 0.7), (0, 1, 0.6)]))
    done = scored(tmp_path, "t.csv", "--missing", "skip")
    assert float(done.stdout) == pytest.approx(-(math.log(0.8) + math.log(0.4)) / 2, rel=1e-12)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["bce", "t.csv", "--predicted-column", "y", "--target-column", "y"], 2),
        (["bce", "t.csv", "--predicted-column", "confidence"], 3),
        (["bce", "t.csv", "--predicted-column", "none"], 2),
        (["bce", "--probs", "0.5", "--targets", "1", "--predicted-column", "guess"], 2),
        (["bce-logits", "t.csv", "--predicted-column", "guess"], 2),
        (["diagnose", "t.csv", "--predicted-column", "guess"], 2),
    ],
)
def test_where_it_means_nothing_it_is_refused(words: list[str], code: int, folder: Path) -> None:
    done = celoss(*words, cwd=folder)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr


def test_a_refusal_offers_it_and_the_number_is_right(folder: Path) -> None:
    done = celoss("bce", "t.csv", cwd=folder)
    command = "bce t.csv --class-columns confidence --target-column y --predicted-column guess"
    assert done.stderr.splitlines()[1].startswith(f"  celoss {command}  (")


def test_of_more_than_two_classes_the_loss_is_not_determined(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(table([("a", "a", 0.8), ("b", "c", 0.7), ("c", "c", 0.6)]))
    done = celoss("ce", "--input-is", "probs", "t.csv", cwd=tmp_path)
    assert "of 3 classes the loss is not determined by it" in done.stderr


def test_a_baseline_of_another_reading_is_refused(folder: Path) -> None:
    base = celoss("bce", "t.csv", "--predicted-column", "guess", "--save-baseline", "b.json", cwd=folder)
    assert base.returncode == 0, base.stderr
    named = ("--class-columns", "confidence", "--target-column", "y")
    other = celoss("bce", "t.csv", *named, "--baseline", "b.json", cwd=folder)
    assert (other.returncode, "predicted_column" in other.stderr) == (3, True)


def test_the_other_commands_read_the_same(folder: Path) -> None:
    named = ("--loss", "bce", "--predicted-column", "guess")
    assert f"{loss(ROWS):.6f}" in celoss("diagnose", "t.csv", *named, cwd=folder).stdout
    found = celoss("reconcile", "t.csv", *named[2:], "--got", f"{loss(ROWS):.6f}", cwd=folder)
    assert found.returncode == 0, found.stderr
    assert f"{loss(ROWS):.6f}" in celoss("compare", "t.csv", "t.csv", *named, cwd=folder).stdout
    emitted = celoss("bce", "t.csv", "--predicted-column", "guess", "--emit", "numpy", cwd=folder)
    assert "0.27" in emitted.stdout
    (folder / "celoss.toml").write_text(
        '[checks.a]\nloss = "bce"\nfiles = ["t.csv"]\npredicted-column = "guess"\nmax = 0.5\n'
    )
    assert celoss("check", cwd=folder).returncode == 0


def offered(stderr: str) -> list[list[str]]:
    """The commands of a refusal as words, without the look at the columns."""
    lines = [line.split("  (")[0].split() for line in stderr.splitlines()[1:]]
    return [words[1:] for words in lines if words[1] != "inspect"]


@pytest.mark.parametrize("other", [2, 7, "cat"])
def test_a_class_that_no_target_has_is_not_taken_for_the_other_one(other: object, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(table([(1, 1, 0.9), (0, other, 0.8)]))
    done = scored(tmp_path, "t.csv")
    assert (done.returncode, f'got "1", "{other}"' in done.stderr) == (3, True), done.stderr
    assert "of more than two classes" not in done.stderr
    plain = celoss("bce", "t.csv", cwd=tmp_path)
    assert "--predicted-column" not in plain.stderr
    for words in (*offered(done.stderr), *offered(plain.stderr)):
        assert celoss(*words, cwd=tmp_path).returncode == 0
    assert offered(done.stderr)
    assert offered(plain.stderr)


def test_nor_is_it_where_it_comes_late(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(table([(1, 1, 0.8), (0, 1, 0.7)] * 500 + [(0, 2, 0.9)]))
    done = scored(tmp_path, "t.csv")
    assert (done.returncode, "t.csv:1002:2: expected one of two targets" in done.stderr) == (3, True)


@pytest.mark.parametrize(("one", "other"), [("true", "false"), (1, -1), ("yes", "no")])
def test_a_clear_pair_beside_0_and_1_is_read(one: object, other: object, tmp_path: Path) -> None:
    rows = [(y, one if d else other, p) for y, d, p in ROWS]
    (tmp_path / "t.csv").write_text(table(rows))
    assert float(scored(tmp_path, "t.csv").stdout) == pytest.approx(loss(ROWS), rel=1e-12)


@pytest.mark.parametrize("names", [(0, 1), ("cat", "dog")])
def test_what_is_over_a_half_with_one_class_alone_is_of_that_class(
    names: tuple[object, object], tmp_path: Path
) -> None:
    rows = [(1, 1, 0.9), (0, 0, 0.3), (1, 0, 0.1), (0, 1, 0.6)]
    (tmp_path / "t.csv").write_text(table([(names[y], names[d], p) for y, d, p in rows]))
    right = -sum(math.log(p if y else 1 - p) for y, _, p in rows) / len(rows)
    positive = ["--positive", "cat"] if names[0] == "cat" else []
    for done in (celoss("bce", "t.csv", cwd=tmp_path), scored(tmp_path, "t.csv", *positive)):
        assert (done.returncode, "over 0.5 where" in done.stderr) == (3, True), done.stderr
        (words,) = offered(done.stderr)
        assert float(celoss(*words, "--format", "value", cwd=tmp_path).stdout) == pytest.approx(right)


def test_a_class_predicted_that_is_the_less_likely_one_is_told(tmp_path: Path) -> None:
    rows = [(1, 1, 0.9), (0, 0, 0.8), (1, 0, 0.45)]
    (tmp_path / "t.csv").write_text(table(rows))
    done = scored(tmp_path, "t.csv")
    assert float(done.stdout) == pytest.approx(loss(rows), rel=1e-12)
    assert "confidence is below 0.5 in 1 row of the first" in done.stderr
    plain = celoss("bce", "t.csv", cwd=tmp_path)
    assert "--predicted-column" not in plain.stderr.splitlines()[1]
    assert "(the probability of the positive class)" in plain.stderr.splitlines()[1]


def test_a_loss_over_classes_offers_complete_commands(folder: Path) -> None:
    done = celoss("ce", "names.csv", cwd=folder)
    commands = offered(done.stderr)
    assert len(commands) == 4  # either reading, and either class as the positive one
    losses = [float(celoss(*words, "--format", "value", cwd=folder).stdout) for words in commands]
    assert losses[:2] == [pytest.approx(loss(ROWS), rel=1e-12)] * 2
    assert "(the probability of the positive class; dog as 1)" in done.stderr


def test_a_header_alone_is_no_other_reading(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(table([]))
    assert scored(tmp_path, "t.csv", "--on-empty", "zero").stdout == "0.0\n"
