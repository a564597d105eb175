"""What words of other tools and languages say."""

from __future__ import annotations

import pytest

from celoss_cli.read.roles.column import Column
from celoss_cli.read.roles.columns import assign
from celoss_cli.read.roles.found import Wanted
from celoss_cli.read.roles.words import named

SCORES, LABELS = ["0.83", "0.27", "0.64"], ["1", "0", "1"]


@pytest.mark.parametrize(
    "name",
    ["phat", "Wahrscheinlichkeit", "probabilité", "Probabilidad_1", "\u6982\u7387", "churn propensity"],
)
def test_words_of_probabilities(name: str) -> None:
    assert named(name).takes == "probs"


@pytest.mark.parametrize("name", ["Klasse", "classe", "\u6807\u7b7e", "cible"])
def test_words_of_targets(name: str) -> None:
    assert named(name).target == 3


@pytest.mark.parametrize("name", ["probabilite\u0301", "\u1112\u1161\u11ab", "\ud55c\uae00", "\u00df"])
def test_the_places_of_words_are_those_of_the_name(name: str) -> None:
    for word, start, end in named(f"p_{name}").words:
        assert len(word) == end - start


@pytest.mark.parametrize(
    ("target", "input", "settled"),
    [
        ("churned", "p_churn", True),
        ("defaulted", "default_probability", True),
        ("foreign", "phat", True),
        ("member", "p_churn", False),
        ("cat", "p_category", False),
    ],
)
def test_a_target_is_named_as_what_is_predicted(target: str, input: str, *, settled: bool) -> None:
    columns = [Column.of("customer_id", ["a", "b", "c"]), Column.of(target, LABELS), Column.of(input, SCORES)]
    wanted = Wanted(per_class=False, takes="probs")
    if not settled:
        with pytest.raises(ValueError, match="a column of targets"):
            assign(columns, wanted)
        return
    found = assign(columns, wanted)
    assert (found.target, found.inputs) == ((1,), (2,))


def test_a_single_p_is_a_word_of_prediction_at_either_end_only() -> None:
    assert [named(name).takes for name in ("p_x", "x_p", "x_p_y")] == ["probs", "probs", ""]


@pytest.mark.parametrize(
    ("name", "takes"),
    [
        ("y\u0302", "scores"),
        ("p\u0302", "probs"),
        ("y_hat", "scores"),
        ("most_likely_species", "scores"),
        ("decision_function", "logits"),
        ("p_value", ""),
        ("pvalue", ""),
        ("log_proba_x", "log-probs"),
        ("raw_score", "logits"),
        ("predicted", "scores"),
    ],
)
def test_what_a_word_of_prediction_says_that_values_are(name: str, takes: str) -> None:
    assert named(name).takes == takes


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("x_p_cat_prob", ["x_p_cat"]),  # a p between words is no word of prediction
        ("prob_p_cat", ["cat", "p_cat"]),  # but one behind such a word goes with it
        ("p_cat", ["cat"]),
        ("cat_p", ["cat"]),
        ("x_p_y", []),
        ("Probability:Class=0", ["0", "Class=0"]),
        ("P(y=yes)", ["y=yes"]),
        ("pred", []),
    ],
)
def test_where_the_name_of_a_class_may_be(name: str, classes: list[str]) -> None:
    assert [name[start:end] for start, end in named(name).cuts] == classes
