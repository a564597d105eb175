"""Which column of a header is what: the rules of FORMATS, each name and each refusal."""

from __future__ import annotations

import csv
import json
import math
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ways import by_command

from celoss_cli.cli.main import run
from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.read.request import ColumnChoice, ReadRequest
from celoss_cli.read.roles.column import Column
from celoss_cli.read.roles.columns import assign, map_columns
from celoss_cli.read.roles.found import Assignment, Wanted

Capture = pytest.CaptureFixture[str]

TARGETS = [
    *("target", "targets", "label", "labels", "y", "y_true", "truth", "actual", "gold", "class", "obs"),
    "label_ids",
]
NEVER_TARGETS = [
    *("predicted", "predicted_label", "predictions", "pred", "response", "predict", "yhat"),
    "predicted_class",
]
IDS = ["id", "row_id", "index", "sample_id", "doc_id", "SampleId"]
WEIGHTS = ["weight", "sample_weight", "case_weights"]


def mapped(header: str, *, per_class: bool = True, **choice: str) -> Assignment:
    request = ReadRequest(per_class=per_class, takes="logits", columns=ColumnChoice(**choice))
    return map_columns([Column.of(name, sample(name)) for name in header.split(",")], request)


def sample(name: str) -> list[str]:
    """Cells of the first rows such as stand under this name: counts, answers, or logits."""
    whole = [*TARGETS, *NEVER_TARGETS, *IDS, "pred_label", "prediction_label", ".pred_class", "fold"]
    return (
        ["0", "1", "0", "1"] if name.lower() in [*map(str.lower, whole)] else ["-0.5", "1.25", "0.5", "2.5"]
    )


def roles(header: str, **choice: Any) -> dict[str, Any]:
    described = mapped(header, **choice).described()
    for key in ("notes", "why", "inferred"):
        described.pop(key, None)
    return described


def of_cells(
    cells: dict[str, list[str]], *, per_class: bool = True, class_map: dict[str, str] | None = None
) -> Assignment:
    """The roles of all rows of a table, for a loss that takes probabilities."""
    wanted = Wanted(per_class, "probs", whole=True, class_map=class_map or {})
    return assign([Column.of(name, texts) for name, texts in cells.items()], wanted)


def expected(target: str = "y", **others: Any) -> dict[str, Any]:
    return {"inputs": ["a", "b"], "target": target, "id": None, "weight": None, "unused": [], **others}


# ------------------------------------------------------------------------------------- known names


@pytest.mark.parametrize("name", [*TARGETS, "Target", "LABEL", "Y"])
def test_a_target_goes_by_its_name_wherever_it_stands(name: str) -> None:
    assert roles(f"a,b,{name}") == expected(name)
    assert roles(f"{name},a,b") == expected(name)


@pytest.mark.parametrize("name", [*NEVER_TARGETS, "Predicted", "YHAT"])
def test_a_prediction_is_never_the_target_nor_an_input(name: str) -> None:
    assert roles(f"a,b,{name},y") == expected(unused=[name])
    assert roles(f"y,{name},a,b") == expected(unused=[name])
    if name != "response":
        with pytest.raises(InputError, match=r"^expected a column of targets, got .*--targets @targets.csv"):
            mapped(f"a,b,{name}")


def test_a_response_is_the_target_where_nothing_predicts() -> None:
    assert roles("a,b,response") == expected("response")
    assert roles("response,p_0,p_1,truth") == expected("truth", inputs=["p_0", "p_1"], unused=["response"])


def test_a_response_is_the_target_where_another_column_holds_the_decisions() -> None:
    """H2O's dump: predict is what was decided, and response what was observed."""
    assert roles("predict,p0,p1,response") == expected(
        inputs=["p0", "p1"], target="response", unused=["predict"]
    )


def test_names_of_all_classes_in_every_cell_are_no_target() -> None:
    """SageMaker Autopilot's dump: labels is the same list in every row."""
    names = "['low', 'mid', 'high']"
    cells = {
        "target": ["mid", "low", "mid", "high"],
        "probabilities.0": ["0.1", "0.5", "0.25", "0.125"],
        "probabilities.1": ["0.6", "0.25", "0.5", "0.25"],
        "probabilities.2": ["0.3", "0.25", "0.25", "0.625"],
        "labels": [names] * 4,
    }
    with pytest.raises(InputError, match="targets that are named as the classes") as told:
        of_cells(cells)
    assert told.value.ways[0].options == (
        ("--class-columns", "probabilities.*"),
        ("--target-column", "target"),
        ("--class-map", "low=0,mid=1,high=2"),
    )
    found = of_cells(cells, class_map={"low": "0", "mid": "1", "high": "2"})
    assert [found.names[i] for i in (*found.inputs, *found.target)] == [*list(cells)[1:4], "target"]
    with pytest.raises(InputError, match="expected a column of targets"):
        of_cells({"prob": ["0.1", "0.5", "0.25", "0.125"], "labels": [names] * 4}, per_class=False)


@pytest.mark.parametrize(
    "said", ["[]", "['low', 'mid']", "['low', 'mid', 'top']", "['low' 'mid' 'high']", "[low"]
)
def test_a_list_that_does_not_name_the_classes_gives_no_map(said: str) -> None:
    cells = {name: ["0.5", "0.25", "0.25", "0.5"] for name in ("p.0", "p.1")}
    cells |= {"p.2": ["0", "0.5", "0.5", "0"], "target": ["mid", "low", "mid", "high"], "classes": [said] * 4}
    with pytest.raises(InputError) as told:
        of_cells(cells)
    assert all("--class-map" not in dict(way.options) for way in told.value.ways)


def test_a_text_that_is_the_same_in_all_rows_is_no_target_beside_one_that_differs() -> None:
    cells = {"prob": ["0.1", "0.5", "0.25", "0.125"], "target": ["1", "0", "0", "1"], "label": ["cat"] * 4}
    found = of_cells(cells, per_class=False)
    assert [found.names[i] for i in found.target] == ["target"]
    cells["label"] = ["1"] * 4
    with pytest.raises(InputError, match='one column of targets, got "target", "label"'):
        of_cells(cells, per_class=False)


def test_a_prediction_is_the_target_where_the_user_says_so() -> None:
    assert roles("a,b,predicted,y", target="predicted", classes="a,b") == expected("predicted", unused=["y"])


@pytest.mark.parametrize("name", [*IDS, "ID"])
def test_an_id_goes_by_its_name(name: str) -> None:
    assert roles(f"{name},a,b,y") == expected(id=name)


@pytest.mark.parametrize("name", [*WEIGHTS, "Weight"])
def test_a_sample_weight_goes_by_its_name(name: str) -> None:
    assert roles(f"a,b,{name},y") == expected(weight=name)


# --------------------------------------------------------------------------------------- ambiguity


@pytest.mark.parametrize(
    ("header", "candidates", "options"),
    [
        ("p_a,q_b,y", '"p_a"', ["--class-columns p_a,q_b --target-column y"]),
        ("a,b", '"a", "b"', ["--class-columns a,b --targets @targets.csv"]),
        ("grade1,grade2,benign,y", '"benign"', ["--class-columns grade1,grade2,benign --target-column y"]),
        ("confidence,y", '"confidence"', []),
        ("y", '"y"', []),
    ],
)
def test_an_ambiguous_header_is_refused_with_the_candidates_and_the_options(
    header: str, candidates: str, options: list[str]
) -> None:
    with pytest.raises(InputError) as told:
        mapped(header)
    assert candidates in told.value.fact
    assert {*options} <= {*map(str, told.value.ways)}


def test_two_targets_that_differ_are_refused_with_a_command_for_each() -> None:
    cells = {"a": ["0.5", "1.5"], "b": ["1.5", "2.5"], "label": ["0", "1"], "target": ["1", "1"]}
    request = ReadRequest(per_class=True, takes="logits")
    with pytest.raises(InputError, match='one column of targets, got "label", "target"') as told:
        map_columns([Column.of(name, values) for name, values in cells.items()], request)
    assert [str(way) for way in told.value.ways] == [
        "--class-columns a,b --target-column label",
        "--class-columns a,b --target-column target",
    ]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("a,b,label,target", expected("label", unused=["target"])),
        ("index,id,a,b,y", expected(id="id", unused=["index"])),
        ("a,b,weight,sample_weight,y", expected(weight="sample_weight", unused=["weight"])),
        ("p_a,p_b,extra,y", expected(inputs=["p_a", "p_b"], unused=["extra"])),
    ],
)
def test_what_the_evidence_settles_is_taken(header: str, found: dict[str, Any]) -> None:
    assert roles(header) == found


@pytest.mark.parametrize(
    ("header", "choice", "found"),
    [
        ("a,b,c,y", {"classes": "a:b"}, expected(unused=["c"])),
        ("a,b,c,y", {"classes": "a, b"}, expected(unused=["c"])),
        ("a,b,c,y", {"classes": "[ab]"}, expected(unused=["c"])),
        ("b,a,y", {"classes": "a,b"}, expected()),
        ("n,a,b,y", {"id": "n"}, expected(id="n")),
        ("n,a,b,y", {"weight": "n"}, expected(weight="n")),
        ("a,b,z", {"target": "z"}, expected("z")),
        ("p_a,p_b,extra,y", {"classes": "p_*"}, expected(inputs=["p_a", "p_b"], unused=["extra"])),
        ("a:b,c,y", {"classes": "a:b,c"}, expected(inputs=["a:b", "c"])),
        ("a*,ab,y", {"classes": "a*"}, expected(inputs=["a*"], unused=["ab"])),
    ],
)
def test_an_option_settles_it_by_name_glob_or_range(
    header: str, choice: dict[str, str], found: dict[str, Any]
) -> None:
    assert roles(header, **choice) == found


@pytest.mark.parametrize(
    ("header", "choice"),
    [
        ("a,b,label,target", {"target": "label"}),
        ("id,row_id,a,b,y", {"id": "id"}),
        ("a,b,y,weight,sample_weight", {"weight": "weight"}),
    ],
)
def test_what_was_not_chosen_for_its_role_is_no_input(header: str, choice: dict[str, str]) -> None:
    assert roles(header, **choice)["inputs"] == ["a", "b"]


@pytest.mark.parametrize("option", ["target", "classes", "id", "weight"])
def test_an_option_that_names_no_column_is_wrong_usage(option: str) -> None:
    with pytest.raises(
        UsageError, match=r'column: expected|columns: expected a column of "a", "b", "y", got'
    ):
        mapped("a,b,y", **{option: "nope"})


@pytest.mark.parametrize("choice", [{"classes": "a,id"}, {"classes": "a,b", "target": "a"}])
def test_a_column_plays_one_role(choice: dict[str, str]) -> None:
    with pytest.raises((InputError, UsageError)):
        mapped("id,a,b,y", **{"id": "id", "target": "y", **choice})


# ------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    "spelling",
    [
        *("p_{}", "prob_{}", "prob.{}", "proba_{}", "logit_{}", ".pred_{}", "class_{}", "score_{}"),
        *("Probability:Class={}", "P (class={})", "log_prob_{}", "out.{}", "{}"),
    ],
)
def test_a_common_affix_is_stripped_to_the_class_names(spelling: str) -> None:
    names = [spelling.format(name) for name in ("cat", "dog", "owl")]
    assert mapped(",".join([*names, "y"])).labels == ("cat", "dog", "owl")


@pytest.mark.parametrize("letter", ["c", "p", "logit"])
def test_a_letter_before_numbers_is_stripped(letter: str) -> None:
    assert mapped(f"{letter}0,{letter}1,{letter}2,y").labels == ("0", "1", "2")


def test_names_that_only_begin_alike_are_kept() -> None:
    assert mapped("cat,car,y").labels == ("cat", "car")


def test_a_name_that_occurs_twice_is_refused_where_it_is_used() -> None:
    with pytest.raises(InputError, match='names of their own, got "a" 2 times'):
        mapped("a,a,y")
    with pytest.raises(InputError, match='names of their own, got "y" 2 times'):
        mapped("a,b,y,y")
    assert roles("a,b,c,c,y", classes="a,b") == expected(unused=["c", "c"])


# ------------------------------------------------------------------------------------- the targets


def table(capfd: Capture, folder: Path, text: str, *arguments: str, loss: str = "ce") -> Any:
    path = folder / "data.csv"
    path.write_text(text)
    return by_command(capfd, loss, str(path), *arguments)


def test_targets_that_are_names_are_matched_and_never_sorted(tmp_path: Path, capfd: Capture) -> None:
    text = "dog,cat,y\n1,0,dog\n1,0,cat\n"
    verdict = table(capfd, tmp_path, text, "--reduction", "sum")
    assert verdict.value == pytest.approx(2 * math.log1p(math.exp(-1)) + 1, rel=1e-15)
    assert "targets matched to the class names" in verdict.report["input"]["conversions"]


def test_names_without_their_affix_match_too(tmp_path: Path, capfd: Capture) -> None:
    text = "p_dog,p_cat,y\n1,0,cat\n"  # which add up to 1
    assert table(capfd, tmp_path, text).value == pytest.approx(math.log1p(math.exp(1)), rel=1e-15)


def test_class_numbers_that_do_not_count_from_0_are_names(tmp_path: Path, capfd: Capture) -> None:
    text = "c3,c7,y\n1,0,7\n"
    assert table(capfd, tmp_path, text).value == pytest.approx(math.log1p(math.exp(1)), rel=1e-15)


# ------------------------------------------------------------------------------------- without a header


@pytest.mark.parametrize(
    "arguments",
    [
        ["nhy.csv", "--target-column", "4"],
        ["nhx.csv", "--targets", "1,2"],
        ["nhx.csv", "--targets", "@y.npy"],
        ["nhx.csv", "--targets", "@y.csv"],
        ["--logits", "@nhx.csv", "--targets", "1,2"],
    ],
)
def test_positions_of_columns_are_no_names_of_classes(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("nhx.csv").write_text("2.0,0.1,0.3\n0.1,0.2,3.0\n")
    Path("nhy.csv").write_text("2.0,0.1,0.3,1\n0.1,0.2,3.0,2\n")
    Path("y.csv").write_text("1\n2\n")
    np.save("y.npy", [1, 2])
    verdict = by_command(capfd, "ce", *arguments, "--no-header")
    first = math.log(math.exp(2.0) + math.exp(0.1) + math.exp(0.3)) - 0.1
    second = math.log(math.exp(0.1) + math.exp(0.2) + math.exp(3.0)) - 3.0
    assert verdict.value == pytest.approx((first + second) / 2, rel=1e-15)
    assert verdict.report["labels"] is None


def test_columns_without_a_header_are_named_by_position(tmp_path: Path, capfd: Capture) -> None:
    chosen = ["--no-header", "--class-columns", "3,1", "--target-column", "2"]
    verdict = table(capfd, tmp_path, "0,1,5\n5,0,0\n", *chosen)
    assert verdict.value == pytest.approx(math.log1p(math.exp(5)), rel=1e-15)
    assert verdict.report["input"]["columns"] == {
        "inputs": ["3", "1"],
        "target": "2",
        "id": None,
        "weight": None,
        "unused": [],
        "why": {"inputs": "named by --class-columns", "target": "named by --target-column"},
    }
    refused = table(capfd, tmp_path, "0,1,5\n5,3,0\n", *chosen)
    assert "data.csv:2: Expected a target from 0 to 1 (2 classes), got 3." in refused.said


def test_words_have_no_class_to_match_without_a_header(tmp_path: Path, capfd: Capture) -> None:
    verdict = table(capfd, tmp_path, "1,0,cat\n", "--no-header", "--target-column", "3")
    assert verdict.code == 3
    assert 'data.csv:1:3: expected a class index, got "cat"' in verdict.said


def test_a_first_line_of_nothing_but_whole_numbers_may_be_either(tmp_path: Path, capfd: Capture) -> None:
    for option, rows in (("--header", "0"), ("--no-header", "0,0")):
        verdict = table(capfd, tmp_path, "0,1,2\n0,1,2\n", "--targets", rows)
        assert verdict.code == 3
        assert 'data.csv:1: expected a header line, got nothing but numbers: "0,1,2"' in verdict.said
        assert "(if these name the columns: --header; if they are values: --no-header)" in verdict.said
        assert f" --targets {rows} --format=value {option}" in verdict.said
        assert table(capfd, tmp_path, "0,1,2\n0,1,2\n", "--targets", rows, option).code == 0
    one_target = table(capfd, tmp_path, "0,1,2\n0,1,2\n", "--targets", "0").said
    assert "--format=value --no-header" not in one_target  # whose second row has no target


@pytest.mark.parametrize("lines", ["0.5,-.25e-1\n0.5,1\n", "0,5;-0,025\n0,5;1\n"])
def test_a_first_line_of_numbers_with_fractions_is_no_header(
    lines: str, tmp_path: Path, capfd: Capture
) -> None:
    verdict = table(capfd, tmp_path, lines, "--targets", "0,1")
    first, second = (math.log(math.exp(0.5) + math.exp(x)) for x in (-0.025, 1.0))
    assert verdict.value == pytest.approx((first - 0.5 + second - 1) / 2, rel=1e-15)
    assert any("was taken for values" in note for note in verdict.report["input"]["columns"]["told"])


def test_numbers_name_the_columns_where_that_is_said(tmp_path: Path, capfd: Capture) -> None:
    verdict = table(capfd, tmp_path, "0,1\n5,0\n", "--header", "--targets", "1")
    assert verdict.value == pytest.approx(math.log1p(math.exp(5)), rel=1e-15)
    assert verdict.report["labels"] == ["0", "1"]
    named = table(capfd, tmp_path, "3,7\n5,0\n", "--header", "--targets", "7")
    assert named.value == verdict.value
    assert "targets matched to the class names" in named.report["input"]["conversions"]


def test_a_header_that_looks_like_a_comment_is_refused_until_it_is_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    np.savetxt("p.csv", [[5.0, 0.0]], delimiter=",", header="0,1")
    verdict = by_command(capfd, "ce", "p.csv", "--targets", "1")
    assert verdict.code == 3
    assert 'p.csv:1: expected a header line, got what looks like a comment: "# 0,1"' in verdict.said
    assert "by comments=''" in verdict.said
    said = by_command(capfd, "ce", "p.csv", "--targets", "1", "--header")
    assert said.report["labels"] == ["# 0", "1"]
    np.savetxt("p.csv", [[5.0, 0.0]], delimiter=",", header="0,1", comments="")
    plain = by_command(capfd, "ce", "p.csv", "--targets", "1", "--header")
    assert plain.value == said.value == pytest.approx(math.log1p(math.exp(5)), rel=1e-15)


def test_a_header_is_said_once(tmp_path: Path, capfd: Capture) -> None:
    verdict = table(capfd, tmp_path, "0,1\n5,0\n", "--header", "--no-header", "--targets", "1")
    assert (verdict.code, verdict.said) == (2, "celoss: error: Expected --header once, got it 2 times.\n")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("1,0,dog\n1,0,Cow\n", 'data.csv:3:3: expected a class name of "dog", "cat", got "Cow"'),
        ("1,0,dog\n1,0,1\n", 'data.csv:3:3: expected a class name of "dog", "cat", got "1"'),
        (
            "1,0,0\n1,0,dog\n",
            'data.csv:3:3: expected a class index or a name of "dog", "cat", got "dog"',
        ),
        ("1,0,owl\n", 'data.csv:2:3: expected a class index or a name of "dog", "cat", got "owl"'),
    ],
)
def test_names_and_indices_are_never_mixed(rows: str, said: str, tmp_path: Path, capfd: Capture) -> None:
    verdict = table(capfd, tmp_path, f"dog,cat,y\n{rows}")
    assert verdict.code == 3
    assert said in verdict.said


def test_several_files_read_their_targets_in_one_way(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "one.csv").write_text("c1,c2,y\n1,0,0\n")
    (tmp_path / "two.csv").write_text("c1,c2,y\n1,0,1\n")
    apart = by_command(capfd, "ce", f"{tmp_path}/one.csv", f"{tmp_path}/two.csv")
    (tmp_path / "both.csv").write_text("c1,c2,y\n1,0,0\n1,0,1\n")
    whole = by_command(capfd, "ce", f"{tmp_path}/both.csv")
    assert apart.code == 3 or apart.value == whole.value


@pytest.mark.parametrize("names", [["cat", "dog"], ["p_cat", "p_dog"], ["a b", "$c"], ["0", "1"]])
def test_files_in_another_order_are_refused_with_the_option_that_gives_them_one(
    names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    one, two = names
    Path("o1.csv").write_text(f"{one},{two},label\n5,0,{one}\n")
    Path("o2.csv").write_text(f"{two},{one},label\n5,0,{one}\n")
    refused = by_command(capfd, "ce", "o1.csv", "o2.csv")
    assert refused.code == 3
    hint = refused.said.partition("(in one order: ")[2].removesuffix(")\n")
    way_out = by_command(capfd, "ce", "o1.csv", "o2.csv", *shlex.split(hint))
    expected = (math.log1p(math.exp(-5)) + math.log1p(math.exp(5))) / 2
    assert way_out.value == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("first", "second", "hint"),
    [
        ("cat,dog", "cat,cow", ""),
        ("cat,dog", "p_dog,p_cat", ""),
        ('"a,b",c', 'c,"a,b"', " (in one order: --class-columns NAMES)"),
        (",".join(f"k{i}" for i in range(30)), ",".join(f"k{29 - i}" for i in range(30)), " NAMES)"),
    ],
)
def test_no_order_is_proposed_that_cannot_be_written(
    first: str, second: str, hint: str, tmp_path: Path, capfd: Capture
) -> None:
    paths = [tmp_path / "1.csv", tmp_path / "2.csv"]
    for path, header in zip(paths, (first, second), strict=True):
        width = len(next(csv.reader([header])))
        path.write_text(f"{header},label\n{'2,' * width}0\n")
    refused = by_command(capfd, "ce", *map(str, paths))
    assert refused.code == 3
    assert "expected the columns of the first file" in refused.said
    assert refused.said.endswith(f"{hint}\n")
    assert hint or "--class-columns" not in refused.said


@pytest.mark.parametrize(
    ("option", "pattern"), [("--class-columns", "*"), ("--id-column", "label"), ("--weight-column", "label")]
)
def test_an_option_that_takes_the_target_is_named(
    option: str, pattern: str, tmp_path: Path, capfd: Capture
) -> None:
    verdict = table(capfd, tmp_path, "cat,dog,label\n1,0,cat\n", option, pattern)
    assert verdict.code == 3
    assert f'expected a column of targets, got "label", which {option} takes' in verdict.said


def test_columns_of_targets_go_with_the_columns_of_the_input() -> None:
    assert roles("p_a,p_b,t_a,t_b", target="t_*")["target"] == ["t_a", "t_b"]
    with pytest.raises(InputError, match="expected one target column for each of the 2 input columns"):
        mapped("p_a,p_b,y", per_class=False, classes="p_*", target="y")


def test_columns_of_targets_are_paired_by_name() -> None:
    assert roles("p_a,p_b,t_b,t_a", target="t_*")["target"] == ["t_a", "t_b"]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("logit_cat,logit_dog,t_dog,t_kat", 'got "kat" and none for "cat"'),
        ("logit_cat,logit_dog,t_Dog,t_Cat", 'got "Dog", "Cat" and none for "cat", "dog"'),
        ("p_0,p_1,p_2,t_1,t_2,t_3", 'got "3" and none for "0"'),
    ],
)
def test_columns_of_targets_that_contradict_the_classes_are_refused(header: str, said: str) -> None:
    with pytest.raises(InputError) as told:
        mapped(header, target="t_*")
    assert told.value.fact == f"expected columns of targets named as the classes, {said}"
    assert "--target-column NAMES" in told.value.hint


def test_columns_of_targets_with_names_of_their_own_go_in_order() -> None:
    assert roles("p_a,p_b,first,second", target="first:second")["target"] == ["first", "second"]


@pytest.mark.parametrize(
    ("header", "inputs", "unused"),
    [
        (".pred_0,.pred_1,.pred_class,obs", [".pred_0", ".pred_1"], [".pred_class"]),
        ("label,pred_label,cat,dog", ["cat", "dog"], ["pred_label"]),
        (
            "label,prediction_label,prediction_score,cat,dog",
            ["cat", "dog"],
            "prediction_label,prediction_score",
        ),
        ("predict,p0,p1,cal_p0,cal_p1,y", ["p0", "p1"], ["predict", "cal_p0", "cal_p1"]),
        ("predict,p0,p1,StdErr,y", ["p0", "p1"], ["predict", "StdErr"]),
        ("prediction_score_0,prediction_score_1,y", ["prediction_score_0", "prediction_score_1"], []),
        ("pred_0,pred_1,y", ["pred_0", "pred_1"], []),
        ("cal_a,cal_b,y", ["cal_a", "cal_b"], []),
    ],
)
def test_columns_that_speak_of_predictions_are_not_used(
    header: str, inputs: list[str], unused: list[str] | str
) -> None:
    found = roles(header)
    wanted = unused.split(",") if isinstance(unused, str) else unused
    assert (found["inputs"], found["unused"]) == (inputs, wanted)


@pytest.mark.parametrize(
    ("header", "odd"),
    [
        ("prob_0,prob_1,prob_max,y", "prob_max"),
        ("prob_0,prob_1,fold,y", "fold"),
        ("p0,p1,fold,y", "fold"),
        ("p0,p1,extra,y", "extra"),
        ("cat,dog,fold,y", "fold"),
    ],
)
def test_what_is_plainly_no_class_is_not_used(header: str, odd: str) -> None:
    classes = [name for name in header.split(",") if name not in (odd, "y")]
    assert roles(header) == expected(inputs=classes, unused=[odd])
    assert roles(header, classes=",".join([*classes, odd]))["unused"] == []


@pytest.mark.parametrize(
    ("header", "odd"),
    [
        ("prob_cat,prob_dog,prob_mean,y", "prob_mean"),
        ("cat,dog,loss,y", "loss"),
        ("cat,dog,Entropy,y", "Entropy"),
    ],
)
def test_columns_that_may_be_no_classes_are_refused_unless_named(header: str, odd: str) -> None:
    classes = ",".join(name for name in header.split(",") if name not in (odd, "y"))
    with pytest.raises(InputError) as told:
        mapped(header)
    commands = [str(way) for way in told.value.ways]
    for chosen, unused in ((classes, [odd]), (f"{classes},{odd}", [])):
        assert f"--class-columns {chosen} --target-column y" in commands or "prob_" in header
        assert roles(header, classes=chosen)["unused"] == unused


@pytest.mark.parametrize(
    "header",
    [
        *("cat,dog,y", "top_a,top_b,other,y", "p_win,p_draw,p_loss,y", "b12,d3,iron,y"),
        *(
            "level_0,level_1,level_2,y",
            "Class_1,Class_2,y",
            "predict_0,predict_1,y",
        ),
    ],
)
def test_plain_names_of_classes_stay_classes(header: str) -> None:
    assert roles(header)["inputs"] == header.split(",")[:-1]


@pytest.mark.parametrize(
    ("header", "id", "unused"),
    [
        (",a,b,y", "", []),
        ("Unnamed: 0,a,b,y", "Unnamed: 0", []),
        ("Unnamed: 0.1,a,b,y", "Unnamed: 0.1", []),
        ("a,b,y,__index_level_0__", "__index_level_0__", []),
        ("level_0,a,b,y", "level_0", []),
        ("level_0,index,a,b,y", "index", ["level_0"]),
        ("a,b,id,y,__index_level_0__", "id", ["__index_level_0__"]),
    ],
)
def test_an_index_of_pandas_is_an_id_and_no_class(header: str, id: str, unused: list[str]) -> None:
    assert roles(header) == expected(id=id, unused=unused)


@pytest.mark.parametrize(
    "header", ["Unnamed: 0.1,Unnamed: 0,a,b,y", "a,b,y,__index_level_0__,__index_level_1__"]
)
def test_of_two_indexes_of_pandas_the_first_names_the_rows(header: str) -> None:
    names = [name for name in header.split(",") if name not in ("a", "b", "y")]
    assert roles(header) == expected(id=names[0], unused=names[1:])
    assert roles(header, id=names[1]) == expected(id=names[1], unused=names[:1])


def test_one_column_of_probabilities_and_0_or_1_is_the_binary_case(tmp_path: Path, capfd: Capture) -> None:
    text = "id,is_iceberg,y\nq,0.25,0\nr,0.5,1\n"
    verdict = table(capfd, tmp_path, text, loss="bce")
    assert verdict.value == pytest.approx((-math.log(0.75) - math.log(0.5)) / 2, rel=1e-15)
    assert verdict.report["classes"] is None


# ----------------------------------------------------------------------------- what the user is told


@pytest.mark.parametrize(
    ("header", "first", "natural"),
    [("c10,c2,c1,y", "c10", "c1"), ("logit_10,logit_9,y", "logit_10", "logit_9")],
)
def test_an_order_that_is_not_the_natural_one_is_told(header: str, first: str, natural: str) -> None:
    (note,) = mapped(header).notes
    assert f"with {first} as class 0" in note
    assert note.endswith(natural)


@pytest.mark.parametrize("header", ["c1,c2,c10,y", "dog,cat,y", "c0,c1,y", "p_b,p_a,y"])
def test_no_order_is_told_where_there_is_no_doubt(header: str) -> None:
    assert mapped(header).notes == ()


@pytest.mark.parametrize(("classes", "has_command"), [(100, True), (101, False)])
def test_an_order_of_many_columns_is_doubted_without_a_command(
    classes: int, has_command: bool, tmp_path: Path, capfd: Capture
) -> None:
    names = [f"c{i}" for i in reversed(range(1, classes + 1))]
    path = tmp_path / "data.csv"
    path.write_text(",".join([*names, "y"]) + "\n" + "0.5," * classes + "0\n")
    assert run(["ce", str(path), "--format", "value"]) == 0
    said = capfd.readouterr().err
    assert "CEL212" in said
    assert ("--class-columns" in said) == has_command


@pytest.mark.parametrize("format", ["value", "csv", "json", "jsonl", "markdown", "table"])
def test_a_doubtful_order_is_a_warning_in_every_format(format: str, tmp_path: Path, capfd: Capture) -> None:
    path = tmp_path / "data.csv"
    path.write_text("c2,c10,c1,y\n1,2,3,0\n")
    assert run(["ce", str(path), "--format", format]) == 0
    warned = capfd.readouterr().err
    assert "celoss: warning CEL212: the columns are taken in the header's order, with c2 as class 0" in warned
    assert warned.rstrip().endswith("--class-columns c1,c2,c10")
    path.write_text("c2,c10,c1,y\n1,2,3,10\n")
    assert run(["ce", str(path), "--format", format]) == 0
    assert capfd.readouterr().err == ""  # the targets are names, so the order is no matter


def test_the_mapping_is_in_the_heading_and_in_the_json(tmp_path: Path, capfd: Capture) -> None:
    path = tmp_path / "data.csv"
    path.write_text("id,p_a,p_b,predicted,y,weight\nq,1,2,a,b,3\n")
    assert run(["ce", str(path)]) == 0
    heading = capfd.readouterr().out
    assert "logits p_a, p_b; target y; id id; weight weight; not used predicted" in heading
    assert run(["ce", str(path), "--json"]) == 0
    found = json.loads(capfd.readouterr().out)["input"]["columns"]
    assert found == {
        "inputs": ["p_a", "p_b"],
        "target": "y",
        "id": "id",
        "weight": "weight",
        "unused": ["predicted"],
        "why": {
            "inputs": "their common affix speaks of predictions",
            "target": "named so",
            "id": "it names the rows",
            "weight": "named so",
            "unused": {"predicted": "a decision, and no number that says how likely it is"},
        },
        "inferred": {"inputs": ["--class-columns", "p_*"], "weight": ["--weight-column", "weight"]},
    }


def test_a_header_with_superscript_digits_is_read(tmp_path: Path, capfd: Capture) -> None:
    verdict = table(capfd, tmp_path, "x\u00b2,x\u00b3,y\n1,2,0\n", loss="ce")
    assert verdict.report["input"]["columns"]["inputs"] == ["x\u00b2", "x\u00b3"]


@pytest.mark.parametrize(
    ("header", "targets", "classes"),
    [
        ("k0,k1,k2,y", ["k0", "k2"], [0, 2]),
        ("class_0,class_1,y", ["class_1", "class_0"], [1, 0]),
        ("p_cat,p_dog,y", ["p_dog", "cat"], [1, 0]),
        ("c2,c10,c1,y", ["c10", "c1"], [1, 2]),
    ],
)
def test_a_target_may_be_spelled_as_its_column_is(
    header: str, targets: list[str], classes: list[int], tmp_path: Path, capfd: Capture
) -> None:
    width = header.count(",")
    path, truth = tmp_path / "data.csv", tmp_path / "truth.csv"
    path.write_text(f"{header}\n" + "".join("2.5," * width + f"{target}\n" for target in targets))
    truth.write_text("y\n" + "".join(f"{target}\n" for target in targets))
    each_row = ["--reduction", "none", "--format", "jsonl"]
    assert run(["ce", str(path), *each_row]) == 0
    found = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [row["target"] for row in found] == classes
    path.write_text(f"{header[:-2]}\n" + "".join("2.5," * (width - 1) + "2.5\n" for _ in targets))
    assert run(["ce", str(path), "--targets", f"@{truth}", *each_row]) == 0
    found = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [row["target"] for row in found] == classes
