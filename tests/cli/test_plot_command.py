"""``celoss plot`` as a process: what it draws, refuses and exits with."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paths import EXAMPLES, schema
from running import Done, celoss, celoss_process

from celoss_cli.cli.commands import plot as declaring
from celoss_cli.cli.main import run
from celoss_cli.losses import LOSSES

EXAMPLE = str(EXAMPLES / "new.csv")
SCHEMA = schema("plot.schema")
KINDS = ("curve", "histogram", "classes", "reliability")
WITHOUT_MATPLOTLIB = (
    "import sys; sys.modules['matplotlib'] = None; from celoss_cli.cli.main import main; main()"
)


def plot(*arguments: str, data: str = "", **environment: str) -> Done:
    return celoss("plot", *arguments, data=data, **environment)


def document(*arguments: str) -> dict[str, Any]:
    done = plot(*arguments, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    SCHEMA.validate(found)
    assert found.keys() <= SCHEMA.schema["properties"].keys()
    known = SCHEMA.schema["properties"]["data"]["items"]["properties"].keys()
    assert all(line.keys() <= known for line in found["data"])
    return found


def fails(code: int, *arguments: str) -> str:
    done = plot(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    return done.stderr


# --------------------------------------------------------------------------------------- what is drawn


@pytest.mark.parametrize("kind", KINDS)
def test_the_numbers_of_every_kind_are_as_the_schema_says(kind: str) -> None:
    assert document("ce", EXAMPLE, "--kind", kind)["kind"] == kind


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_fits_the_terminal_and_has_no_escapes(kind: str) -> None:
    done = plot("ce", EXAMPLE, "--kind", kind, COLUMNS="80", NO_COLOR="1", FORCE_COLOR="1")
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\x1b" not in done.stdout
    assert "24 counted targets" in done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_a_terminal_without_unicode_gets_ascii(kind: str) -> None:
    done = plot("ce", EXAMPLE, "--kind", kind, PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert "\\u" not in done.stdout


@pytest.mark.parametrize("loss", ["ce", "nll", "bce", "bce-logits", "soft-margin", "kl"])
def test_without_data_every_loss_has_its_curve(loss: str) -> None:
    found = document(loss)
    assert {line["what"] for line in found["data"]} == {"curve"}


def test_values_on_the_command_line_lie_on_the_curve() -> None:
    found = document("bce", "--probs", "0.9,0.2", "--targets", "1,0")
    data = [line for line in found["data"] if line["what"] == "data"]
    assert [(line["target"], line["row"], line["prediction"]) for line in data] == [
        ("target 1", 0, 0.9),
        ("target 0", 1, 0.2),
    ]
    assert [line["loss"] for line in data] == pytest.approx([-np.log(0.9), -np.log(0.8)], rel=1e-15)


def test_standard_input_is_read_where_it_is_asked_for() -> None:
    with open(EXAMPLE, encoding="utf-8") as file:
        text = file.read()
    done = plot("ce", "-", "--kind", "histogram", "--format", "csv", data=text)
    assert done.returncode == 0
    assert sum(int(line["count"]) for line in csv.DictReader(done.stdout.splitlines())) == 24


def test_the_classes_are_those_of_the_loss_command() -> None:
    by_class = celoss("ce", EXAMPLE, "--by", "class", "--json")
    theirs = json.loads(by_class.stdout)
    ours = document("ce", EXAMPLE, "--kind", "classes")
    assert ours["mean"] == theirs["value"]
    assert [(line["class"], line["mean"]) for line in ours["data"]] == [
        (group["name"], group["loss"]) for group in theirs["groups"]
    ]


def test_the_expected_calibration_error_is_that_of_the_definition() -> None:
    with open(EXAMPLE, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = ["cat", "dog", "bird"]
    x = np.array([[float(row[f"logit_{name}"]) for name in names] for row in rows])
    y = np.array([names.index(row["target"]) for row in rows])
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    confidence, correct = p.max(axis=1), p.argmax(axis=1) == y
    error = 0.0
    for m in range(1, 11):
        inside = (confidence > (m - 1) / 10) & (confidence <= m / 10)
        if inside.any():
            error += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    found = document("ce", EXAMPLE, "--kind", "reliability", "--bins", "10")
    assert found["ece"] == pytest.approx(error, abs=1e-14)
    assert len(found["data"]) == 10
    assert len(document("ce", EXAMPLE, "--kind", "reliability")["data"]) == 15


def test_several_files_are_one_data_set_and_the_number_of_jobs_changes_no_bit(tmp_path: Path) -> None:
    lines = Path(EXAMPLE).read_text(encoding="utf-8").splitlines(keepends=True)
    for name, part in (("a.csv", lines[1:9]), ("b.csv", lines[9:])):
        (tmp_path / name).write_text("".join([lines[0], *part]), encoding="utf-8")
    parts = [str(tmp_path / name) for name in ("a.csv", "b.csv")]
    for kind in KINDS:
        whole = document("ce", EXAMPLE, "--kind", kind)
        assert document("ce", *parts, "--kind", kind, "--jobs", "3") == whole


def test_only_the_first_rows_are_marked_and_it_is_said() -> None:
    found = document("ce", EXAMPLE, "--rows", "5")
    assert [line["row"] for line in found["data"] if line["what"] == "data"] == [0, 1, 2, 3, 4]
    assert found["notes"] == ["The first 5 of 24 counted targets are marked."]


# -------------------------------------------------------------------------------------------- the files


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "ending"), [("curve", "svg"), ("reliability", "png")])
def test_a_file_has_the_same_bytes_twice(tmp_path: Path, kind: str, ending: str) -> None:
    first, second = tmp_path / f"1.{ending}", tmp_path / f"2.{ending.upper()}"
    for path, seed in ((first, "1"), (second, "2")):
        done = plot(
            "ce", EXAMPLE, "--kind", kind, "-o", str(path), PYTHONHASHSEED=seed, MPLBACKEND=f"none{seed}"
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert first.read_bytes() == second.read_bytes()
    assert len(first.read_bytes()) > 5000


def test_the_ending_of_a_file_says_what_is_written(tmp_path: Path) -> None:
    for ending, start in (("json", "{\n"), ("csv", "what,"), ("txt", "cross entropy")):
        path = tmp_path / f"picture.{ending}"
        assert plot("ce", "-o", str(path)).returncode == 0
        assert path.read_text(encoding="utf-8").startswith(start)
    assert plot("ce", "--format", "svg").stdout.startswith("<?xml")


@pytest.mark.subprocess
def test_without_matplotlib_the_terminal_still_draws_and_a_file_names_the_extra(tmp_path: Path) -> None:
    program = (sys.executable, "-c", WITHOUT_MATPLOTLIB)
    assert celoss_process("plot", "ce", program=program).returncode == 0
    path = tmp_path / "picture.png"
    done = celoss_process("plot", "ce", EXAMPLE, "-o", path, program=program)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "celoss: error: Expected the package matplotlib, which paints PNG, got an installation "
        "without it. (SVG and pictures in the terminal need none; "
        "in a checkout of celoss: python -m pip install '.[plot]')\n"
    )
    assert not path.exists()
    vector = tmp_path / "picture.svg"
    assert celoss_process("plot", "ce", EXAMPLE, "-o", vector, program=program).returncode == 0
    assert vector.read_text(encoding="utf-8").startswith("<?xml")


# ---------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], f"expected {', '.join(LOSSES)}, got"),
        (["ce", "--kind", "histogram"], "Expected a file, or --logits and --targets, for --kind histogram"),
        (
            ["ce", "--targets", "0"],
            "Expected --targets together with a file or --logits, got --targets alone.",
        ),
        (["ce", "--probs", "0.5", "-y", "0"], "Expected --logits with ce, got --probs."),
        (["ce", "-x", "1,2", "--logits", "1,2", "-y", "0"], "Expected --logits or -x, got both."),
        (["ce", "--pos-weight", "2"], "Expected no --pos-weight with --loss ce, got one."),
        (["ce", "--bins", "5"], "Expected no --bins with --kind curve, got one."),
        (["ce", "--weight", "1,2"], "Expected no --weight with --kind curve, got one."),
        (["ce", EXAMPLE, "--kind", "classes", "--rows", "5"], "Expected no --rows with --kind classes"),
        (
            ["ce", EXAMPLE, "--kind", "reliability", "--base", "2"],
            "Expected no --base with --kind rel",
        ),
        (
            ["focal", EXAMPLE, "--kind", "reliability", "--gamma", "3"],
            "Expected no --gamma with --kind reliability, got one.",
        ),
        (
            ["focal-binary", "-x", "1,2", "-y", "0,1", "--kind", "reliability", "--alpha", "0.5"],
            "Expected no --alpha with --kind reliability, got one.",
        ),
        (
            ["ce", EXAMPLE, "--kind", "reliability", "--bins", "1001"],
            "Expected at most 1000 --bins, got 1001.",
        ),
        (
            ["kl", "-x", "-1,-2", "-y", "1,0", "--kind", "reliability"],
            "Expected predictions of classes, or of yes and no",
        ),
        (["ce", "--format", "png"], "Expected -o FILE with --format png, got none."),
        (
            ["ce", "-o", "a.pdf"],
            'Expected a file with the ending .png, .svg, .txt, .json or .csv, got "a.pdf".',
        ),
    ],
)
def test_wrong_usage_is_told_in_one_line(
    arguments: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["plot", *arguments]) == 2
    told = capfd.readouterr()
    assert message in told.err
    assert (told.out, told.err.count("\n")) == ("", 1)


def test_every_option_of_pictures_says_which_kinds_take_it() -> None:
    of_pictures = {found.name for found in declaring.COMMAND.options() if found.panel == declaring._PICTURE}
    assert of_pictures - {"kind"} == set(declaring._TAKERS)


def test_bad_data_is_told_with_its_place() -> None:
    told = fails(3, "nll", "--log-probs=0,-1;6,-1", "-y", "0,0", "--kind", "reliability")
    assert (
        "row 0: Expected log-probabilities, with exponentials that add up to 1, got a sum of 1.36788." in told
    )
    assert "expected at least one counted target" in fails(3, "ce", "-x", "1,2", "--targets=-100")


def test_a_file_that_cannot_be_written_is_exit_4(tmp_path: Path) -> None:
    assert "No such file or directory" in fails(4, "ce", "-o", str(tmp_path / "none" / "a.svg"))


def test_settings_for_the_formats_of_results_leave_pictures_alone() -> None:
    done = plot("ce", CELOSS_FORMAT="junit")
    assert done.returncode == 0
    assert done.stdout.startswith("cross entropy")


@pytest.mark.parametrize("convention", ["kaggle", "keras"])
def test_a_picture_reads_data_as_the_convention_does(convention: str, tmp_path: Path) -> None:
    """Rows that the tool divides by their sum are probabilities: of a, 1/2 and 1/4, and of b, 2/3."""
    path = tmp_path / "k.csv"
    path.write_text("p_a,p_b,target\n0.25,0.25,a\n0.25,0.5,b\n0.125,0.375,a\n")
    words = ["ce", str(path), "--input-is", "probs", "--convention", convention, "--kind", "classes"]
    done = plot(*words, "--format", "json")
    assert done.returncode == 0, done.stderr
    found = {line["class"]: line["mean"] for line in json.loads(done.stdout)["data"]}
    expected = {"a": (np.log(2) + np.log(4)) / 2, "b": np.log(1.5)}
    assert found == pytest.approx(expected, rel=1e-6)  # Keras computes in float32
    assert plot(*words[:4], "--kind", "classes", "--format", "json").returncode == 3
