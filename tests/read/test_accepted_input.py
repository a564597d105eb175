"""What is accepted and what is refused, by every way in: one verdict for the same data."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ways import WAYS, Case, by_command

import celoss_cli
from celoss_cli import cross_entropy
from celoss_cli.cli.main import run
from celoss_cli.losses import LOSSES

# Where an option is refused after a file was opened, the file is closed by the interpreter.
pytestmark = []

Capture = pytest.CaptureFixture[str]

X = [["0.9", "0.1"], ["0.8", "0.2"], ["0.7", "0.3"]]
Y = ["0", "1", "0"]
MEAN = 0.6405346229445387
WEIGHTED = 0.7397729548298754
"""The mean with the weights 1 and 2."""

every_way = pytest.mark.parametrize("way", WAYS)
every_command_line = pytest.mark.parametrize("way", [way for way in WAYS if way != "function"])
arrays = pytest.mark.parametrize("way", ["function", "inline", "value files", "json"])
"""The ways in which input and targets are two arrays, whose shapes can disagree."""

ROW_1 = {
    "function": "row 1",
    "inline": "row 1",
    "value files": "row 1",
    "csv": "data.csv:3",
    "json": "data.json: $.targets[1]",
    "json lines": "data.jsonl:2",
}
"""What each way calls the second row."""


# ---------------------------------------------------------------------------------------- accepted

ACCEPTED = {
    "integers": (Case(X, Y), MEAN, None),
    "true and false": (
        Case(X, ["false", "true", "false"]),
        MEAN,
        "false and true read as class indices 0 and 1",
    ),
    "integral floats": (Case(X, ["0.0", "1.0", "0.0"]), MEAN, "read as class indices"),
    "one-hot integers": (
        Case(X, [["1", "0"], ["0", "1"], ["1", "0"]], {"weight": [1, 2]}),
        WEIGHTED,
        "one-hot rows of integers read as class indices",
    ),
    "probabilities": (
        Case(X, [["1.0", "0.0"], ["0.0", "1.0"], ["0.5", "0.5"]], {"weight": [1, 2]}),
        (0.37110066594777763 + 2 * 1.0374879504858856 + 0.5 * 0.5130152523999526 + 0.9130152523999526) / 3,
        None,
    ),
    "ignored": (Case(X, ["0", "255", "0"], {"ignore_index": 255}), 0.4420579591738651, None),
}

ACCEPTED_WAYS = [pytest.param(name, way) for name in ACCEPTED for way in WAYS]


@pytest.mark.parametrize(("name", "way"), ACCEPTED_WAYS)
def test_targets_in_every_spelling_give_one_number_by_every_way(
    name: str, way: str, tmp_path: Path, capfd: Capture
) -> None:
    case, value, conversion = ACCEPTED[name]
    verdict = WAYS[way](case, tmp_path, capfd)
    assert verdict.code == 0, verdict.said
    assert verdict.value == pytest.approx(value, rel=1e-12)
    if conversion and way != "function":
        assert any(conversion in said for said in verdict.report["input"]["conversions"])


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8", "?"])
def test_targets_of_every_width_are_accepted(dtype: str) -> None:
    assert cross_entropy([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]], np.array([0, 1, 0], dtype)) == MEAN


@every_way
def test_elements_may_be_true_and_false(way: str, tmp_path: Path, capfd: Capture) -> None:
    case = Case([["0.5", "0.5"], ["0.5", "0.2"]], [["true", "false"], ["true", "false"]], loss="bce")
    verdict = WAYS[way](case, tmp_path, capfd)
    assert verdict.value == pytest.approx((3 * math.log(2) - math.log(0.8)) / 4, rel=1e-12)


# ----------------------------------------------------------------------------------------- refused

REFUSED = {
    "out of range": (["0", "7", "9"], "Expected a target from 0 to 1 (2 classes), got 7."),
    "negative": (["0", "-3", "0"], "Expected a target from 0 to 1 (2 classes), got -3."),
    "one-based": (["1", "2", "1"], "got 2. (the targets run from 1 to 2)"),
    "marked by -1": (["0", "-1", "0"], "got -1. (-1 may mark targets to leave out)"),
    "marked by 255": (["0", "255", "0"], "got 255. (255 may mark targets to leave out)"),
    "a fraction": (["0", "0.5", "0"], "class ind"),
    "rows that are not one-hot": ([["1", "0"], ["1", "1"], ["1", "0"]], "to be one-hot rows"),
}

REFUSED_WAYS = [pytest.param(name, way) for name in REFUSED for way in WAYS]


@pytest.mark.parametrize(("name", "way"), REFUSED_WAYS)
def test_a_target_that_is_no_class_is_refused_with_its_row_and_value(
    name: str, way: str, tmp_path: Path, capfd: Capture
) -> None:
    y, said = REFUSED[name]
    verdict = WAYS[way](Case(X, y), tmp_path, capfd)
    assert verdict.code == 3
    assert ROW_1[way] in verdict.said
    assert said in verdict.said
    if name == "a fraction":
        assert "0.5" in verdict.said


@pytest.mark.parametrize("way", ["function", "inline", "json"])
def test_the_place_of_a_pixel_has_its_position(way: str, tmp_path: Path, capfd: Capture) -> None:
    x = [[["1", "2"], ["3", "4"]], [["1", "2"], ["3", "4"]]]
    verdict = WAYS[way](Case(x, [["0", "1"], ["0", "5"]]), tmp_path, capfd)  # type: ignore[arg-type]
    assert verdict.code == 3
    assert f"{ROW_1[way]} [1]: Expected a target from 0 to 1 (2 classes), got 5." in verdict.said


@arrays
@pytest.mark.parametrize(
    ("y", "said"),
    [
        (["0", "1"], "Expected 3 targets, one for each row of the input, got 2."),
        (["0", "1", "0", "1"], "Expected 3 targets, one for each row of the input, got 4."),
        (
            [["0", "1", "0"], ["1", "0", "0"], ["0", "0", "1"]],
            "Expected targets of shape (3,) for input of shape (3, 2), got shape (3, 3).",
        ),
    ],
)
def test_shapes_that_differ_are_refused(
    way: str, y: list[str], said: str, tmp_path: Path, capfd: Capture
) -> None:
    verdict = WAYS[way](Case(X, y), tmp_path, capfd)
    assert verdict.code == 3
    assert said in verdict.said


@arrays
def test_targets_of_one_column_are_squeezed_and_told(way: str, tmp_path: Path, capfd: Capture) -> None:
    verdict = WAYS[way](Case(X, [["0"], ["1"], ["0"]]), tmp_path, capfd)
    if way == "function":
        assert verdict.code == 3
        assert "Expected targets of shape (3,) for input of shape (3, 2), got shape (3, 1)." in verdict.said
    else:
        assert (verdict.code, verdict.value) == (0, MEAN)
        assert "targets of shape (3, 1) read as (3,)" in verdict.report["input"]["conversions"]


@every_way
def test_no_class_at_all_is_refused(way: str, tmp_path: Path, capfd: Capture) -> None:
    verdict = WAYS[way](Case([[], []], ["0", "1"]), tmp_path, capfd)
    assert verdict.code == 3
    assert (
        "expected two columns of logits or more" if way == "csv" else "at least one class"
    ) in verdict.said


@every_way
def test_a_row_that_is_too_short_is_refused_where_it_is(way: str, tmp_path: Path, capfd: Capture) -> None:
    verdict = WAYS[way](Case([["1", "2"], ["1"], ["1", "2"]], Y), tmp_path, capfd)
    assert verdict.code == 3
    places = {
        "function": "rows that differ in length",
        "inline": "--logits: expected 2 values at [1], got 1 value",
        "value files": "x.json: $[1]: expected 2 values, got 1",
        "csv": "data.csv:3: expected 3 values, got 2",
        "json": "data.json: $.logits[1]: expected 2 values, got 1",
        "json lines": "data.jsonl:2.logits: expected 2 values, got 1",
    }
    assert places[way] in verdict.said


@every_way
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"weight": [1, 2, 3]}, "Expected 2 class weights, one for each class, got 3."),
        ({"weight": [1, math.nan]}, "nan"),
        ({"weight": [1, math.inf]}, "inf"),
        ({"label_smoothing": 1.5}, "label_smoothing from 0 to 1, got 1.5"),
        ({"label_smoothing": -0.1}, "label_smoothing from 0 to 1, got -0.1"),
        ({"label_smoothing": math.nan}, "smoothing"),
        ({"reduction": "batchmean"}, "none, mean, sum, got"),
        ({"reduction": "median"}, "none, mean, sum, got"),
    ],
)
def test_an_option_out_of_its_domain_is_refused(
    way: str, options: dict[str, object], said: str, tmp_path: Path, capfd: Capture
) -> None:
    verdict = WAYS[way](Case(X, Y, options), tmp_path, capfd)
    assert verdict.code in (2, 3)
    assert said in verdict.said


@every_way
def test_batchmean_is_for_kl_alone(way: str, tmp_path: Path, capfd: Capture) -> None:
    half = "-0.6931471805599453"
    case = Case([[half, half]], [["1.0", "0.0"]], {"reduction": "batchmean"}, loss="kl")
    assert WAYS[way](case, tmp_path, capfd).value == pytest.approx(math.log(2), rel=1e-15)


# ---------------------------------------------------------------------------------- the two layers

OUT_OF_DOMAIN = {
    "negative weight": (Case(X, Y, {"weight": [1, -3]}), "of at least 0, got -3 for class 1.", False),
    "target of bce-logits": (
        Case([["1", "2"], ["2", "3"]], [["1", "0"], ["0", "2"]], loss="bce-logits"),
        "Expected a target from 0 to 1, got 2.",
        True,
    ),
    "label of soft-margin": (
        Case([["1", "2"], ["2", "3"]], [["1", "-1"], ["1", "0"]], loss="soft-margin"),
        "Expected a label +1 or -1, got 0.",
        True,
    ),
    "target of kl": (
        Case([["-1", "-2"], ["-1", "-2"]], [["0.5", "0.5"], ["1.0", "1.5"]], loss="kl"),
        "Expected a probability from 0 to 1, got 1.5.",
        True,
    ),
}

every_oddity = pytest.mark.parametrize("name", OUT_OF_DOMAIN)


@every_oddity
@every_command_line
def test_the_command_line_refuses_what_the_functions_compute(
    name: str, way: str, tmp_path: Path, capfd: Capture
) -> None:
    case, said, has_place = OUT_OF_DOMAIN[name]
    verdict = WAYS[way](case, tmp_path, capfd)
    assert verdict.code == 3
    assert said in verdict.said
    assert "--allow-out-of-domain computes it anyway" in verdict.said
    assert not has_place or f"{ROW_1[way]} [1]" in verdict.said


@every_oddity
@every_command_line
def test_on_request_it_computes_the_same_and_warns(
    name: str, way: str, tmp_path: Path, capfd: Capture
) -> None:
    case, _, _ = OUT_OF_DOMAIN[name]
    allowed = Case(case.x, case.y, case.options, case.loss, ["--allow-out-of-domain"])
    verdict = WAYS[way](allowed, tmp_path, capfd)
    assert verdict.value == WAYS["function"](case, tmp_path, capfd).value
    assert "celoss: warning CEL20" in verdict.said
    assert verdict.report["findings"]


SHARES = ("kl", "js")
"""The losses whose targets have a probability for each class."""


def weighted(kind: str, weight: float, loss: str) -> str:
    """A file of three rows, the last of which has this weight; answers its name."""
    targets: list[Any] = [[0.25, 0.75]] * 3 if loss in SHARES else [1, 0, 1]
    spec = LOSSES[loss]
    pairs = not spec.loss.per_class and loss not in SHARES
    x: list[Any] = [[-0.5, -1.0], [-0.25, -2.0], [-0.75, -0.5]]
    if pairs:
        x = [0.5, 0.25, 0.75]
    elif spec.takes == "probs":
        x = [[0.5, 0.5], [0.25, 0.75], [0.75, 0.25]]
    weights = [1.0, 2.0, weight]
    if kind == "npz":
        np.savez("w.npz", logits=np.array(x), labels=np.array(targets), sample_weight=np.array(weights))
        return "w.npz"
    columns = np.column_stack([x, targets, weights])
    names = ["a"] if pairs else ["p_a", "p_b"]
    names += ["t_a", "t_b"] if loss in SHARES else ["y"]
    rows = [dict(zip([*names, "weight"], row, strict=True)) for row in columns.tolist()]
    if kind == "csv":
        np.savetxt("w.csv", columns, delimiter=",", comments="", header=",".join([*names, "weight"]))
    elif kind == "json":
        Path("w.json").write_text(json.dumps(rows))
    elif kind == "jsonl":
        Path("w.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    else:
        pa = pytest.importorskip("pyarrow")
        pytest.importorskip("pyarrow.parquet").write_table(pa.Table.from_pylist(rows), "w.parquet")
    return f"w.{kind}"


LAST_ROW = {
    "csv": "w.csv:4: ",
    "json": "w.json: $[2]: ",
    "jsonl": "w.jsonl:3: ",
    "npz": "w.npz: $.labels[2]: ",
    "parquet": "w.parquet: row 2: ",
}


@pytest.mark.parametrize("weight", [-1.0, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("kind", "loss"),
    [*((kind, "ce") for kind in LAST_ROW), *(("csv", loss) for loss in LOSSES if loss != "ce")],
)
def test_a_weight_of_a_row_that_is_no_weight_is_refused_with_its_row_until_it_is_asked_for(
    kind: str, loss: str, weight: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    name = weighted(kind, weight, loss)
    arguments = [loss, name, "--allow-nonfinite", *(["--target-column", "t_*"] if loss in SHARES else [])]
    refused = by_command(capfd, *arguments)
    assert refused.code == 3
    fact = f"Expected a sample weight that is finite and at least 0, got {weight:g}."
    assert f"{LAST_ROW[kind]}{fact} (--allow-out-of-domain computes it anyway)" in refused.said
    asked = by_command(capfd, *arguments, "--allow-out-of-domain")
    assert asked.code == 0
    assert "celoss: warning CEL203: weights that are negative or not finite" in asked.said
    assert weight == -1 or asked.report["nonfinite"]


@pytest.mark.parametrize("command", ["weights", "diagnose"])
def test_other_commands_tell_of_weights_that_are_none(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    name = weighted("csv", -0.5, "ce")
    if command == "weights":
        assert run(["weights", name]) == 3
        assert "w.csv:4: Expected a sample weight that is finite" in capfd.readouterr().err
        assert run(["weights", name, "--allow-out-of-domain"]) == 0
        assert "warning CEL203" in capfd.readouterr().err
    else:
        assert run(["diagnose", name, "--loss", "ce"]) == 0
        assert "CEL203" in capfd.readouterr().out


@every_way
@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        ("1.5", "0", "Expected a probability from 0 to 1, got 1.5."),
        ("0.5", "-0.5", "Expected a target from 0 to 1, got -0.5."),
    ],
)
def test_binary_cross_entropy_refuses_in_either_layer(
    way: str, x: str, y: str, said: str, tmp_path: Path, capfd: Capture
) -> None:
    case = Case([["0.5", "0.5"], ["0.5", x]], [["1", "0"], ["1", y]], loss="bce")
    verdict = WAYS[way](case, tmp_path, capfd)
    assert verdict.code == 3
    assert f"{ROW_1[way]} [1]: {said}" in verdict.said or (way == "json" and said in verdict.said)


def test_the_place_of_an_input_is_the_input(tmp_path: Path, capfd: Capture) -> None:
    case = Case([["0.5", "0.5"], ["0.5", "1.5"]], [["1", "0"], ["1", "0"]], loss="bce")
    assert "$.probs[1]" in WAYS["json"](case, tmp_path, capfd).said


@every_way
def test_log_probabilities_are_believed_with_a_warning(way: str, tmp_path: Path, capfd: Capture) -> None:
    verdict = WAYS[way](Case([["2", "1", "0.1"]], ["0"], loss="nll"), tmp_path, capfd)
    assert verdict.value == -2.0
    assert way == "function" or "celoss: warning CEL103" in verdict.said


# --------------------------------------------------------------------------------------- numbers

NO_NUMBERS = [
    "1_000",
    "0x10",
    "\uff11",
    "NA",
    "null",
    "true",
    "NaN",
    "nan",
    "inf",
    "Infinity",
    "1e999999",
    "-1e999999",
    "1.2.3",
    "--1",
    "1e",
    ".",
    "1d5",
    "",
]


@every_command_line
@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_is_refused_by_every_way(
    text: str, way: str, tmp_path: Path, capfd: Capture
) -> None:
    verdict = WAYS[way](Case([["0.9", "0.1"], ["0.8", text]], ["0", "1"]), tmp_path, capfd)
    assert verdict.code == 3
    places = {
        "inline": ["--logits[1][1]: expected a", "--logits: expected values in lists"],
        "value files": ["x.json: $[1][1]", "x.json:1:"],
        "csv": ["data.csv:3:2"],
        "json": ["data.json: $.logits[1][1]", "data.json:1:"],
        "json lines": ["data.jsonl:2.logits[1]", "data.jsonl:2:"],
    }
    assert any(place in verdict.said for place in places[way])


@pytest.mark.parametrize("text", ["1_000", "NA"])
def test_an_inline_number_has_a_place(text: str, tmp_path: Path, capfd: Capture) -> None:
    said = WAYS["inline"](Case([["0.9", "0.1"], ["0.8", text]], ["0", "1"]), tmp_path, capfd).said
    assert "[1][1]" in said


@every_command_line
@pytest.mark.parametrize("text", ["0.1", "-0.0", "1E2", "1e-999999", "123456789012345678901234567890"])
def test_a_number_is_the_same_double_by_every_way(
    text: str, way: str, tmp_path: Path, capfd: Capture
) -> None:
    expected = cross_entropy([[0.5, float(text)]], [0])
    assert WAYS[way](Case([["0.5", text]], ["0"]), tmp_path, capfd).value == expected


@every_command_line
def test_a_number_in_a_gap_is_taken_on_request_only(way: str, tmp_path: Path, capfd: Capture) -> None:
    case = Case([["0.9", "NaN"], ["0.8", "0.2"]], ["0", "1"], flags=["--allow-nonfinite"])
    verdict = WAYS[way](case, tmp_path, capfd)
    assert verdict.code == 0
    assert math.isnan(verdict.value or 0)
    assert verdict.report["nonfinite"] == "nan"


@pytest.mark.parametrize("way", ["inline", "csv"])
@pytest.mark.parametrize("text", ["-Inf", "-infinity", "-INF", "+Infinity", "nAn"])
def test_infinity_and_nan_are_taken_in_any_spelling_on_request(
    text: str, way: str, tmp_path: Path, capfd: Capture
) -> None:
    x, y = [["0.5", text]], ["1"]
    verdict = WAYS[way](Case(x, y, flags=["--allow-nonfinite", "--reduction=sum"]), tmp_path, capfd)
    assert verdict.code == 0
    assert verdict.report["nonfinite"] == ("inf" if text.startswith("-") else "nan")
    refused = WAYS[way](Case(x, y), tmp_path, capfd)
    assert refused.code == 3
    assert "--allow-nonfinite" in refused.said


@pytest.mark.parametrize("text", ["nan", "Infinity", " -Inf "])
def test_a_number_in_the_quotes_of_json_is_none(text: str, tmp_path: Path, capfd: Capture) -> None:
    for name, document in (
        ("rows.json", [{"a": 1, "b": text, "y": 0}]),
        ("arrays.json", {"logits": [[1, text]], "targets": [0]}),
    ):
        (tmp_path / name).write_text(json.dumps(document))
        verdict = by_command(capfd, "ce", f"{tmp_path}/{name}", "--allow-nonfinite")
        assert verdict.code == 3
        assert "expected a number" in verdict.said


def test_ignored_rows_may_hold_anything(capfd: Capture) -> None:
    values = ("-x", "[[nan,inf],[0,0]]", "-y", "-100,1", "--allow-nonfinite")
    assert by_command(capfd, "ce", *values).value == pytest.approx(math.log(2), rel=1e-15)


def test_what_the_functions_raise_is_a_value_error() -> None:
    with pytest.raises(
        ValueError, match=r"^row 1: Expected a target from 0 to 1 \(2 classes\), got 2\."
    ) as told:
        cross_entropy([[1.0, 2.0], [3.0, 4.0]], [0, 2])
    assert isinstance(told.value, celoss_cli.InputError)
