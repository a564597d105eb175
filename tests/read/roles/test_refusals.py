"""What a refusal of roles says, word for word: what was seen, and what each way out means."""

from __future__ import annotations

from pathlib import Path

import pytest
from layouts import CELLS, columns, given
from running import celoss

from celoss_cli.core.errors import InputError, UsageError
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
