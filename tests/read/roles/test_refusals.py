"""What a refusal of roles says, word for word: what was seen, and what each way out means."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from layouts import CELLS, columns, given, shown
from running import celoss

from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.read.roles.column import Column
from celoss_cli.read.roles.columns import assign
from celoss_cli.read.roles.found import ColumnChoice, Wanted
from celoss_cli.read.roles.naming import chosen_columns, one_of, pattern_of

SURE = "which is the probability of the class predicted"
OF_POSITIVE = "the probability of the positive class"
BEST = "the only number that speaks of a prediction"
AFFIX = "their common affix speaks of predictions"
TURNED = "1 less it where {} is the other class"

SAID: list[tuple[str, str, str, list[str]]] = [  # the layout, the loss, what is said, what each way means
    (
        "rf_prob:p xgb_prob:m label:y",
        "bce",
        'expected one column of probs, got "rf_prob", "xgb_prob"',
        ["", ""],
    ),
    (
        "prob_rf:p prob_xgb:m label:y",
        "ce-probs",
        'expected probabilities of classes, which add up to 1, got "prob_rf", "prob_xgb", which do not',
        [
            "prob_rf alone, in a binary loss",
            "prob_xgb alone, in a binary loss",
            "named by --class-columns",
        ],
    ),
    ("age:m pred:yn label:y", "bce", 'expected a number that says how likely it is, got "pred"', [""]),
    (
        "age:f income:m label:y",
        "ce",
        'expected two columns of logits or more, got "age", "income", "label"',
        ["all numbers"],
    ),
    (
        "true:mb pred:mb confidence:c",
        "bce",
        f'expected the probability of one class, got "confidence", {SURE}',
        [
            f"{TURNED.format('pred')}; malignant as 1",
            f"{TURNED.format('pred')}; benign as 1",
            f"{OF_POSITIVE}; malignant as 1",
            f"{OF_POSITIVE}; benign as 1",
        ],
    ),
    (
        "label:y confidence:p",
        "bce",
        'expected the probability of one class, got "confidence", '
        "which is called as that of the class predicted",
        [OF_POSITIVE],
    ),
    (
        "label:y pred:d confidence:c",
        "bce-logits",
        f'expected the probability of one class, got "confidence", {SURE}',
        [TURNED.format("pred"), ""],
    ),
    (
        "age:i pred:d confidence:c label:y",
        "ce",
        f'expected a value for each class, got "confidence", {SURE}',
        [TURNED.format("pred"), OF_POSITIVE],
    ),
    (
        "target:y Label:d Score:c",
        "bce",
        'expected one column of targets, got "target", "Label"; and the probability of one class, got '
        f'"Score", {SURE}',
        [TURNED.format("Label"), TURNED.format("target"), OF_POSITIVE, OF_POSITIVE],
    ),
    (
        "y_true:y y_pred:d",
        "bce",
        'expected a number that says how likely it is, got "y_pred", which is a decision',
        [""],
    ),
    ("label:y target:d prob:p", "bce", 'expected one column of targets, got "label", "target"', [BEST, BEST]),
    ("prob:p", "bce", 'expected a column of targets, got "prob"', [BEST]),
    ("is_member:y churn_proba:p", "bce", 'expected a column of targets, got "is_member"', [BEST]),
    (
        "row_ids:n response:d3 prob.setosa:p0 prob.versicolor:p1 prob.virginica:p2",
        "ce-probs",
        'expected a column of targets, got "row_ids", "response", "prob.setosa", "prob.versicolor", '
        '"prob.virginica"',
        [AFFIX],
    ),
    (
        "diagnosis:mb probability:p",
        "bce",
        'expected to know the positive one of two targets, got "malignant", "benign"',
        ["malignant as 1", "benign as 1"],
    ),
    (
        "label:y p_cat:p p_dog:1-p",
        "bce",
        'expected one column of probs, got "p_cat", "p_dog", which add up to 1',
        ["", "", "a value for each class"],
    ),
    (
        "prob:p label:y",
        "ce",
        'expected two columns of logits or more, which are named alike, got "prob"',
        ["prob alone, in a binary loss"],
    ),
    (
        "weight:w height:f prob:p label:y",
        "bce",
        'expected weights of the rows or a feature, got "weight", which may be either',
        ["weight as weight", "no weights"],
    ),
    (
        "rf_prob_0:p0 rf_prob_1:p1 rf_prob_2:p2 xgb_prob_0:p2 xgb_prob_1:p0 xgb_prob_2:p1 y:y3",
        "ce-probs",
        'expected one group of columns of probs, got "rf_prob_*", "xgb_prob_*"',
        [AFFIX, AFFIX],
    ),
    (
        "a0:l0 a1:l1 b0:l2 b1:s y:y",
        "ce",
        'expected one group of columns of logits, got "a*", "b*"',
        ["they have a common affix", "they have a common affix"],
    ),
    (
        "cat:l0 dog:l1 loss:l2 y:y",
        "ce",
        'expected columns of classes alone, got "loss" among them, which may be none',
        ["they are the numbers without another role", "they are the numbers without another role"],
    ),
]


@pytest.mark.parametrize(("layout", "loss", "fact", "meanings"), SAID)
def test_a_doubt_is_told_word_for_word(layout: str, loss: str, fact: str, meanings: list[str]) -> None:
    with pytest.raises(InputError) as told:
        given(layout, loss)
    assert told.value.fact == fact
    assert [way.meaning for way in told.value.ways] == meanings


# ------------------------------------------------------------------------------------------ patterns

NAMES = ["id", "p_a", "p_b", "p,c", "p_d", "p_e", "y"]


@pytest.mark.parametrize(
    ("pattern", "chosen"),
    [
        ("p_a", [1]),
        ("p_*", [1, 2, 4, 5]),
        ("p,c", [3]),
        (" p_b , p_a", [2, 1]),
        ("p_a:p_d", [1, 2, 3, 4]),
        ("p_a,p_*", [1, 2, 4, 5]),
        ("?", [6]),
        (None, None),
    ],
)
def test_columns_are_chosen_by_name_glob_or_range(pattern: str | None, chosen: list[int] | None) -> None:
    assert chosen_columns(NAMES, pattern, "--class-columns") == chosen


@pytest.mark.parametrize("pattern", ["q", "p_a,q", "P_A", "p_a:q", "q:p_a"])
def test_a_pattern_of_no_column_is_refused(pattern: str) -> None:
    wrong = pattern.split(",")[-1]
    names = ", ".join(f'"{name}"' for name in NAMES)
    with pytest.raises(UsageError) as told:
        chosen_columns(NAMES, pattern, "--class-columns")
    assert str(told.value) == f'--class-columns: expected a column of {names}, got "{wrong}".'


@pytest.mark.parametrize(
    ("columns", "affix", "pattern"),
    [
        ([], "", None),
        ([1], "", "p_a"),
        ([1, 2], "", "p_a,p_b"),
        ([1, 2, 3], "", "p_a,p_b,p?c"),  # a comma in a name
        ([1, 2, 3, 4], "", "p_a:p_d"),  # four columns are a range
        ([1, 2, 4, 5], "", "p_a,p_b,p_d,p_e"),  # with another one within
        ([1, 2, 4, 5], "p_*", "p_*"),
        ([2, 1], "", "p_b,p_a"),
        ([5, 4, 2, 1], "p_*", "p_e,p_d,p_b,p_a"),
    ],
)
def test_the_pattern_of_columns_means_them_in_their_order(
    columns: list[int], affix: str, pattern: str | None
) -> None:
    assert pattern_of(NAMES, columns, affix) == pattern


def test_names_that_no_pattern_tells_apart_have_none() -> None:
    assert pattern_of(["a", "a", "y"], [1]) is None
    assert pattern_of(["a\n", "y"], [0]) is None


def test_one_of_several_columns_is_asked_for() -> None:
    assert (one_of([], NAMES, "--id-column"), one_of([2], NAMES, "--id-column")) == (None, 2)
    with pytest.raises(InputError) as told:
        one_of([1, 2], NAMES, "--id-column")
    assert (told.value.fact, told.value.hint) == (
        'expected one such column, got "p_a", "p_b"',
        "say which: --id-column NAME",
    )


# --------------------------------------------------------------------------------------------- notes


def test_a_class_predicted_with_less_than_a_half_is_told() -> None:
    found = given("label:d pred:y confidence:p", "bce", classes="confidence", predicted="pred")
    below = sum(float(cell) < 0.5 for cell in CELLS["p"])
    assert found.notes == (
        f"confidence is below 0.5 in {below} rows of the first: of two classes that is no class predicted, "
        "unless the cut is not at 0.5",
    )


def test_ids_that_come_again_with_another_model_are_told() -> None:
    table = [
        type(column).of(column.name, ["1", "1", "2", "2", "3"] if column.name == "id" else CELLS[kind])
        for column, kind in zip(columns("id:n model:t3 prob:p label:y"), ("n", "fold", "p", "y"), strict=True)
    ]
    found = assign(table, Wanted(per_class=False, takes="probs", choice=ColumnChoice(id="id")))
    assert found.notes == (
        "the same ids come again with another model: several predictions of the same rows, and the result is "
        "over all of them; --by model tells each",
    )


def test_a_number_that_is_a_half_or_more_beside_a_decision_is_how_sure_it_is() -> None:
    cells = {"target": CELLS["y"], "Label": CELLS["d"], "Score": ["0.5", "0.75", "0.9", "0.6", "0.8"]}
    table = [columns("a:y")[0].of(name, texts) for name, texts in cells.items()]
    with pytest.raises(InputError, match=f'got "Score", {SURE}'):
        assign(table, Wanted(per_class=False, takes="probs"))


def test_what_takes_scores_takes_logits_too() -> None:
    assert given("label:pm logit:s prob:p", "soft-margin").inputs == (1,)


def test_a_record_of_how_a_row_was_made_is_no_prediction() -> None:
    assert given("fold:fold x:p label:y", "bce").inputs == (1,)


@pytest.mark.parametrize("words", [("nll",), ("ce",), ("diagnose",)])
def test_a_log_probability_of_one_answer_is_no_logit(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("log_prob,target\n-0.1,0\n-2,1\n")
    done = celoss(*words, "p.csv", cwd=tmp_path)
    assert (done.returncode, "bce-logits" in done.stderr) == (3, False)
    assert "exp of a log-probability of one answer is what bce takes" in done.stderr


def test_weights_that_may_be_features_are_refused_with_a_command_without_them() -> None:
    data = "height,age,weight,prob,target\n1.7,30,70,0.8,1\n1.6,40,60,0.3,0\n1.8,50,80,0.6,1\n"
    done = celoss("bce", data=data)
    assert "--weight-column weight  (weight as weight)" in done.stderr
    assert "--weight-column ''  (no weights)" in done.stderr


def test_one_column_of_classes_predicted_is_asked_for() -> None:
    with pytest.raises(InputError) as told:
        given("label:y pred:dyn other:dyn confidence:c", "bce", predicted="pred,other")
    assert told.value.fact == 'expected one such column, got "pred", "other"'
    assert told.value.hint == "say which: --predicted-column NAME"


def test_a_probability_beside_the_class_predicted_is_taken_for_how_sure_that_is() -> None:
    found = given("label:yn pred:dyn prob:c", "bce", predicted="pred")
    assert (found.inputs, found.predicted, found.decided) == ((2,), 1, ("yes", "no"))
    assert found.why["inputs"] == "the probability of the class in pred"


def test_without_a_header_the_last_column_is_told_as_the_targets() -> None:
    wanted = Wanted(per_class=True, takes="logits", has_names=False)
    found = assign(
        [Column.of(str(i), CELLS[kind]) for i, kind in enumerate(("l0", "l1", "l2", "y3"))], wanted
    )
    assert found.why["target"] == "the last column, and the only one whose values can be targets"


def test_why_columns_are_not_used() -> None:
    found = given("prob:p label:y note:path age:f x:l0 pred:d confidence:c other_id:n max_loss:s", "bce")
    assert {found.names[i]: why for i, why in found.unused.items()} == {
        "note": "no numbers",
        "age": "age is a feature",
        "x": "nothing says that it has a role",
        "pred": "a decision, and no number that says how likely it is",
        "confidence": "how sure the prediction is, and of no fixed class",
        "max_loss": "max is a statistic",
    }


def test_weights_that_a_doubtful_name_gives_are_pinned() -> None:
    found = given("prob:p label:y weight:w", "bce")
    assert found.inferred["weight"] == ("--weight-column", "weight")
    assert "weight" not in given("prob:p label:y sample_weight:w", "bce").inferred


@pytest.mark.parametrize(
    ("layout", "loss", "options"),
    [
        (
            "prob:p label:mb",
            "bce",
            [
                {"--class-columns": "prob", "--positive": "malignant"},
                {"--class-columns": "prob", "--positive": "benign"},
            ],
        ),
        (
            "rf_prob:p xgb_prob:m label:yn",
            "bce",
            [{"--class-columns": "rf_prob"}, {"--class-columns": "xgb_prob"}],
        ),
        (
            "rf_prob:p xgb_prob:m label:mb",
            "bce",
            [
                {"--class-columns": "rf_prob", "--positive": "malignant"},
                {"--class-columns": "rf_prob", "--positive": "benign"},
                {"--class-columns": "xgb_prob", "--positive": "malignant"},
                {"--class-columns": "xgb_prob", "--positive": "benign"},
            ],
        ),
        (
            "rf_prob_yes:p xgb_prob:m label:yn",
            "bce",
            [{"--class-columns": "rf_prob_yes"}, {"--class-columns": "xgb_prob"}],
        ),
        (
            "rf_prob_malignant:p xgb_prob:m label:mb",
            "bce",
            [
                {"--class-columns": "rf_prob_malignant"},
                {"--class-columns": "xgb_prob", "--positive": "malignant"},
                {"--class-columns": "xgb_prob", "--positive": "benign"},
            ],
        ),
        ("logprob:s", "ce", [{"--class-columns": "logprob", "--input-is": "token-logprobs"}]),
    ],
)
def test_the_options_of_each_way_out(layout: str, loss: str, options: list[dict[str, str]]) -> None:
    with pytest.raises(InputError) as told:
        given(layout, loss)
    said = [dict(way.options) for way in told.value.ways]
    kept = [{name: value for name, value in one.items() if not name.startswith("--target")} for one in said]
    assert kept[: len(options)] == options


CAT_OR_DOG = ["cat", "dog", "cat", "dog", "dog"]
FROM_ONE = ["1", "2", "3", "3", "1"]


def refused(table: list[Column], wanted: Wanted) -> InputError:
    with pytest.raises(InputError) as told:
        assign(table, wanted)
    return told.value


def test_classes_that_count_from_one_are_offered_as_such() -> None:
    table = [*columns("logit_a:l0 logit_b:l1 logit_c:l2"), Column.of("kind", FROM_ONE)]
    ways = refused(table, Wanted(per_class=True, takes="logits")).ways
    first = [way for way in ways if dict(way.options).get("--target-column") == "kind"]
    assert any(way.options[-1] == ("--first-class", "1") for way in first)


def test_classes_predicted_by_names_of_their_own_are_offered_with_either_as_the_positive_one() -> None:
    table = [*columns("label:y confidence:c"), Column.of("pred", CAT_OR_DOG)]
    ways = refused(table, Wanted(per_class=False, takes="probs")).ways
    assert [(way.meaning, dict(way.options).get("--positive")) for way in ways] == [
        ("1 less it where pred is the other class; cat as 1", "cat"),
        ("1 less it where pred is the other class; dog as 1", "dog"),
        (OF_POSITIVE, None),
    ]


@pytest.mark.parametrize("layout", ["prob:p label:y", "x:m label:y"])
def test_a_loss_to_be_found_takes_one_column_too(layout: str) -> None:
    found = assign(columns(layout), Wanted(per_class=True, takes="probs", or_binary=True))
    assert (found.inputs, found.target) == ((0,), (1,))


def test_a_copy_of_two_values_may_be_a_class() -> None:
    assert shown(given("a:l0 b:l1 same:y label:y", "ce")) == "a,b,same -> label"


@pytest.mark.parametrize(
    ("layout", "loss", "expected"),
    [
        ("prob_benign:1-p prob_malignant:p label:mb", "bce", "prob_malignant -> label (malignant is 1)"),
        ("a_logit:s b_logprob:s label:pm", "soft-margin", "a_logit -> label"),
        ("logit_0:l0 logit_1:l1 logit_max:l2 label:y", "ce", "logit_0,logit_1 -> label"),
        ("logit_no:l0 logit_yes:l1 logit_margin:s label:yn", "ce", "logit_no,logit_yes -> label"),
    ],
)
def test_what_settles_one_of_several(layout: str, loss: str, expected: str) -> None:
    assert shown(given(layout, loss)) == expected


def test_the_only_score_among_predictions_is_told_as_such() -> None:
    found = given("pred_score:p raw_logit:s label:y", "bce")
    assert (found.inputs, found.why["inputs"]) == ((0,), "the only score among the predictions")


@pytest.mark.parametrize(
    ("role", "option"),
    [("id", "--id-column"), ("weight", "--weight-column"), ("classes", "--class-columns")],
)
def test_an_option_that_takes_the_target_is_told(role: str, option: str) -> None:
    with pytest.raises(InputError) as told:
        given("label:y prob:p", "bce", **{role: "label"})
    assert told.value.fact == f'expected a column of targets, got "label", which {option} takes'
    assert told.value.hint == "leave it out there, or give the targets apart: --targets @FILE"


def test_a_table_without_targets_is_told_with_its_columns() -> None:
    with pytest.raises(InputError) as told:
        given("logit_a:l0 logit_b:l1", "ce")
    assert told.value.fact == 'expected a column of targets, got "logit_a", "logit_b"'
    assert told.value.ways[0].options[-1] == ("--targets", "@targets.csv")


def test_a_word_in_a_column_that_nobody_named_is_refused_with_what_the_column_may_be() -> None:
    done = celoss("ce", data="a,b,target\nx,1,0\n2,1,1\n3,1,0\n")
    assert '2:1: expected a number in column "a", got "x"' in done.stderr
    assert "(if a is no class: --class-columns NAMES or --id-column a)" in done.stderr


def test_one_and_zero_are_yes_and_no_where_two_classes_are_called_so() -> None:
    done = celoss("ce", "--format", "value", data="no,yes,target\n1,3,1\n2,0,0\n")
    assert float(done.stdout) == pytest.approx(math.log(1 + math.exp(-2)), rel=1e-15)
