"""Single decisions about columns, each in the smallest table that shows it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from layouts import CELLS, columns, given, shown
from running import celoss

from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.read.request import ReadRequest
from celoss_cli.read.roles.column import Column
from celoss_cli.read.roles.columns import _AT_ONCE, _with_numbers, assign, map_columns
from celoss_cli.read.roles.confidences import is_of_positive
from celoss_cli.read.roles.evidence import Evidence
from celoss_cli.read.roles.found import Assignment, Wanted
from celoss_cli.read.roles.groups import in_natural_order, initials, labels_of, spellings_of
from celoss_cli.read.roles.targets import Targets, refuse_unknown_classes
from celoss_cli.read.roles.words import named

CLASSES, SINGLE = Wanted(per_class=True, takes="logits"), Wanted(per_class=False, takes="probs")
PETS = ["cat", "dog", "cat", "dog", "dog"]


def roles(layout: str, wanted: Wanted = CLASSES, **cells: Sequence[str]) -> Assignment:
    return assign([*columns(layout), *(Column.of(name, found) for name, found in cells.items())], wanted)


def refused(layout: str, wanted: Wanted = CLASSES, **cells: Sequence[str]) -> InputError:
    with pytest.raises(InputError) as told:
        roles(layout, wanted, **cells)
    return told.value


def fail(row: int, error: InputError) -> InputError:
    return error


def test_an_option_that_names_no_column_is_told_with_its_name() -> None:
    with pytest.raises(UsageError) as told:
        given("label:y prob:p", "bce", predicted="x")
    assert str(told.value) == '--predicted-column: expected a column of "label", "prob", got "x".'
    with pytest.raises(InputError) as several:
        given("a:id b:path prob:p label:y", "bce", id="a,b")
    assert several.value.fact == 'expected one such column, got "a", "b"'
    assert several.value.hint == "say which: --id-column NAME"


def test_the_binary_loss_of_a_loss_is_offered() -> None:
    request = ReadRequest(per_class=True, takes="logits", binary="hinge")
    with pytest.raises(InputError) as told:
        map_columns(columns("prob:p label:y"), request)
    assert told.value.ways[0].command == "hinge"


def test_ways_with_and_without_weights_keep_their_command() -> None:
    ways = refused("age:f weight:w prob:p label:y").ways
    assert [(way.meaning, way.command) for way in ways[:2]] == [
        ("weight as weight", "bce"),
        ("no weights", "bce"),
    ]


@pytest.mark.parametrize(
    ("layout", "loss", "word"),
    [
        ("raw_logit:s b_score:s label:y", "bce-logits", "logit"),
        ("p_x:p logit_x:s label:y", "bce", "probability"),
        ("x_logprob:s y_prob:p label:y", "bce-logits", "log-probability"),
    ],
)
def test_what_one_of_several_predictions_is(layout: str, loss: str, word: str) -> None:
    found = given(layout, loss)
    assert (found.inputs, found.why["inputs"]) == ((0,), f"the only {word} among the predictions")


def test_a_text_among_numbers_is_no_name_of_a_class() -> None:
    assert roles("logit_a:l0 logit_b:l1", label=["0", "1", "x", "0", "1"]).target == (2,)
    assert refused("logit_a:l0 logit_b:l1", label=["x", "y", "x", "y", "y"]).fact.startswith(
        'expected targets that are named as the classes, got "x", "y" for "logit_a", "logit_b"'
    )


def test_targets_that_no_columns_are_named_as() -> None:
    with pytest.raises(InputError) as told:
        given("a:y b:d one:p two:m", "bce", target="a,b")
    assert told.value.fact == 'expected columns named as the targets "a", "b", got "a", "b", "one", "two"'
    assert [way.meaning for way in told.value.ways] == ["all numbers"]
    assert given("a:y b:d p_b:p p_a:m", "bce", target="a,b").inputs == (2, 3)


def test_a_map_to_classes_that_are_not_there_is_refused() -> None:
    refuse_unknown_classes({"H": "HOME"}, ["home", "away"])
    with pytest.raises(UsageError) as told:
        refuse_unknown_classes({"H": "house"}, ["home", "away", "home"])
    assert str(told.value) == 'Expected --class-map with classes of "home", "away", got "house" for "H".'


@pytest.mark.parametrize(
    ("targets", "labels", "found"),
    [
        (["H"], ["home", "away"], "H=home"),
        (["h", "A"], ["Home", "away"], "h=Home,A=away"),
        (["entailment"], ["entail", "neutral"], "entailment=entail"),
        (["cats"], ["cat", "dog"], ""),  # three letters say too little
        (["a"], ["away", "alone"], ""),
        (["H", "h"], ["home", "away"], ""),
        (["H="], ["H=me", "away"], ""),
        ([], ["home", "away"], ""),
    ],
)
def test_targets_that_begin_one_class_each(targets: list[str], labels: list[str], found: str) -> None:
    assert initials(targets, labels) == found


def test_a_way_through_columns_that_lack_values_skips_their_rows() -> None:
    told = refused("xgb_prob:m label:y", SINGLE, rf_prob=["0.5", "", "0.25", "0.5", "0.75"])
    assert ("--missing", "skip") in told.ways[1].options
    assert ("--missing", "skip") not in told.ways[0].options


def test_one_hot_targets_stay_one_hot() -> None:
    data = "p_a,p_b,true_a,true_b\n0.5,0.5,1,0\n0.25,0.75,0,1\n0.5,0.5,0.5,0.5\n"
    done = celoss("ce", "--input-is", "probs", data=data)
    assert (
        "standard input:4: expected one-hot targets as in the first row, got other values "
        "(probabilities are written as 1.0)"
    ) in done.stderr


@pytest.mark.parametrize("kinds", [("y3", "l0", "l1", "y3"), ("l0", "l1", "l2", "k")])
def test_without_a_header_a_last_column_that_settles_nothing_is_no_target(kinds: tuple[str, ...]) -> None:
    table = [Column.of(str(i), CELLS[kind]) for i, kind in enumerate(kinds, 1)]
    with pytest.raises(InputError, match="expected a column of targets"):
        assign(table, Wanted(per_class=True, takes="logits", has_names=False))


def test_a_probability_over_a_half_alone_is_that_of_the_class_in_its_name() -> None:
    found = given("prob_malignant:c label:mb", "bce")
    assert shown(found) == "prob_malignant -> label (malignant is 1)"


def test_numbers_within_names_are_sorted_by_size() -> None:
    assert in_natural_order(["a10b1", "a2b10", "a2b9"]) == ["a2b9", "a2b10", "a10b1"]
    assert in_natural_order(["a1b10", "a1b009"]) == ["a1b009", "a1b10"]
    assert in_natural_order(["x010", "x9", "x"]) == ["x", "x9", "x010"]


def test_whole_numbers_beside_two_classes_that_targets_name_are_none() -> None:
    found = roles("cat:l0 dog:l1 x:i", label=PETS)
    assert (found.inputs, found.why["inputs"]) == ((0, 1), "they are named as the targets are")


def test_of_two_named_targets_the_one_that_the_loss_can_take() -> None:
    assert shown(given("label:f target:y3 a:l0 b:l1 c:l2", "ce")) == "a,b,c -> target"
    assert shown(given("label:id target:y prob:p", "bce")) == "prob -> target"


def test_a_record_of_zeros_and_ones_is_offered_as_targets_of_a_binary_loss() -> None:
    told = refused("status:d prob:p", SINGLE)
    assert any(("--target-column", "status") in way.options for way in told.ways)


def test_a_target_that_begins_a_class_is_refused_with_the_map_that_says_so() -> None:
    done = celoss("ce", data="home,away,target\n1,2,home\n2,1,a\n")
    assert 'standard input:3:3: expected a class name of "home", "away", got "a"' in done.stderr
    assert "--class-map a=away  (another spelling of it)" in done.stderr


def test_words_that_go_with_those_of_prediction_are_no_part_of_a_class() -> None:
    assert labels_of(["prob_of_cat"]) == ("cat",)
    assert labels_of(["Probability:Class=0"]) == ("0",)


def test_what_a_mark_opened_is_closed_behind_the_name_of_a_class() -> None:
    assert labels_of(["x(cat)", "x(dog)"]) == ("cat", "dog")


def test_whole_numbers_beyond_64_bits_are_no_targets() -> None:
    targets = Targets(("a", "b"), ["0"], ReadRequest(per_class=True, takes="logits"))
    assert targets.of_numbers(np.array([2**63], np.uint64)) is None
    assert targets.of_numbers(np.array([1, 2**63 - 1], np.uint64)).tolist() == [1, 2**63 - 1]  # type: ignore[union-attr]
    assert targets.of_numbers(np.array([0.5])) is None


def test_of_two_groups_the_one_whose_word_says_more() -> None:
    found = given("pred_a:l0 pred_b:l1 prob_a:p prob_b:1-p label:y", "ce")
    assert shown(found) == "prob_a,prob_b -> label"


def test_columns_named_as_the_columns_of_targets_are_told_as_such() -> None:
    found = given("true_cat:y true_dog:d cat:p dog:m", "bce")
    assert (found.inputs, found.target) == ((2, 3), (0, 1))
    assert found.why["inputs"] == "named as the columns of targets"


def test_four_letters_that_two_words_share_make_them_one() -> None:
    assert roles("x:id loans:y p_loan:p", SINGLE).target == (1,)
    assert refused("x:id pets:y p_pet:p", SINGLE).fact.startswith("expected a column of targets")


def test_the_score_of_a_pipeline_is_how_sure_its_label_is() -> None:
    with pytest.raises(InputError) as told:
        given("truth:mb label:mb score:c", "bce", target="truth")
    assert told.value.fact.startswith('expected the probability of one class, got "score"')
    assert given("truth:mb score:c", "bce", target="truth", positive="malignant").inputs == (1,)


def test_a_half_is_over_a_half_with_the_positive_class() -> None:
    table = {"sure": ["0.9", "0.2", "0.5"], "pred": ["yes", "no", "yes"]}
    evidence = Evidence([Column.of(name, cells) for name, cells in table.items()], SINGLE)
    assert is_of_positive(evidence, 0, 1, "yes")
    assert not is_of_positive(evidence, 0, 1, "no")


def test_a_spread_beside_a_probability_is_no_decision_that_it_is_sure_of() -> None:
    assert given("prob:c prob_std:m label:y", "bce").inputs == (0,)


def test_features_that_are_named_as_the_classes_are_no_targets() -> None:
    with pytest.raises(InputError, match="expected a column of targets"):
        given("x_cat:f x_dog:m prob_cat:p prob_dog:m", "bce")
    assert given("x_cat:y x_dog:d prob_cat:p prob_dog:m", "bce").target == (0, 1)


def test_what_all_names_start_with_is_cut_off_where_words_are_left() -> None:
    assert {"setosa", "virginica"} <= {*spellings_of(["prob_speciessetosa", "prob_speciesvirginica"])}
    assert not {"10", "20"} & {*spellings_of(["prob_x10", "prob_x20"])}
    assert not {"a", "b"} & {*spellings_of(["prob_xa", "prob_xb"])}


def test_of_groups_that_fit_the_one_that_says_what_the_loss_takes() -> None:
    assert (
        shown(given("pred_a:l0 pred_b:l1 logit_a:l1 logit_b:l2 label:y", "ce")) == "logit_a,logit_b -> label"
    )


def test_counted_features_beside_a_probability_do_not_unsettle_it() -> None:
    assert given("lgb_0:p lgb_1:m label:y", "bce", positive="1", classes="lgb_0").inputs == (0,)
    assert (
        shown(given("p_malignant:p lag_0:f lag_1:m label:mb", "bce"))
        == "p_malignant -> label (malignant is 1)"
    )


def test_minus_one_is_an_answer_to_scores_alone() -> None:
    assert given("score:s side:pm", "soft-margin").target == (1,)
    assert refused("prob:p side:pm", SINGLE).fact == 'expected a column of targets, got "prob", "side"'


def test_at_most_six_ways_are_told() -> None:
    told = refused("a:p b:m c:c d:1-p one:y two:d three:k", SINGLE)
    assert len(told.ways) == 6


def test_two_numbers_are_no_names_of_a_positive_class() -> None:
    told = refused("one_prob:p two_prob:m", SINGLE, label=["1", "2", "1", "2", "2"])
    assert not any(name == "--positive" for way in told.ways for name, _ in way.options)


def test_scores_for_a_loss_of_probabilities_come_with_their_option() -> None:
    told = refused("prob_a:l0 prob_b:l1 label:y", Wanted(per_class=True, takes="probs"))
    assert [way.meaning for way in told.ways] == ["scores and logits"]
    assert ("--input-is", "logits") in told.ways[0].options


def test_a_number_of_targets_that_fits_no_inputs() -> None:
    table, choice = "a:p b:m t:y u:d v:k", {"classes": "a,b", "target": "t,u,v"}
    with pytest.raises(InputError, match="expected one target column or one for each of the 2 input columns"):
        given(table, "ce", **choice)
    with pytest.raises(InputError, match="expected one target column for each of the 2 input columns"):
        given(table, "bce", **choice)


def test_several_columns_of_a_group_are_refused_by_their_names() -> None:
    with pytest.raises(InputError) as told:
        given("prob:p label:y fold:fold site:k", "bce", group="fold,site")
    assert told.value.fact == 'expected one such column, got "fold", "site"'


def test_how_a_target_among_other_columns_was_found_is_told() -> None:
    found = given("id:id prob:p churned:y", "bce")
    assert found.why["target"] == "the only other column whose values can be targets"


def test_inputs_with_a_word_and_the_names_of_the_targets_are_told_as_such() -> None:
    found = given("true_cat:y true_dog:d p_cat:p p_dog:m", "bce")
    assert (found.inputs, found.why["inputs"]) == ((2, 3), "named as the columns of targets")


def test_percentages_are_told_with_their_option() -> None:
    told = refused(
        "one:p label:y",
        SINGLE,
        two_prob=["50%", "20%", "90%", "10%", "70%"],
        x_prob=["5%", "2%", "9%", "1%", "7%"],
    )
    assert any(("--percent", "") in way.options for way in told.ways)


def test_numbers_that_are_the_names_of_classes_are_no_evidence_of_them() -> None:
    assert refused("0:l0 1:l1 a:y").fact == 'expected a column of targets, got "0", "1", "a"'


def test_a_single_class_of_the_targets_name_is_no_class_axis() -> None:
    told = refused("cat:l0", label=["cat"] * 5)
    assert told.fact == 'expected two columns of logits or more, got "cat"'
    assert [way.meaning for way in told.ways] == ["cat alone, in a binary loss"]


def test_names_of_classes_without_names_are_refused() -> None:
    request = ReadRequest(per_class=True, takes="logits", target_is="name")
    with pytest.raises(UsageError, match="Expected --target-is index for classes without names, got name"):
        Targets((), ["0"], request).cells(["0"])


def test_a_table_of_several_targets_is_joined_with_columns_named_alike(tmp_path: Path) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_text("id,rain,wind\n1,1,0\n2,0,0\n")
    data = "id,p_wind,p_rain\n2,0.25,0.5\n1,0.125,0.75\n"
    done = celoss("bce", "--targets", f"@{truth}", "--format", "value", data=data)
    losses = [-math.log(p) for p in (0.75, 0.5, 0.875, 0.75)]
    assert float(done.stdout) == pytest.approx(sum(losses) / 4, rel=1e-14)


def test_a_number_of_exactly_a_half_agrees_with_both_answers() -> None:
    table = {"sure": ["0.9", "0.2", "0.5"], "pred": ["yes", "no", "no"]}
    evidence = Evidence([Column.of(name, cells) for name, cells in table.items()], SINGLE)
    assert is_of_positive(evidence, 0, 1, "yes")


def test_a_score_alone_is_offered_with_the_loss_that_takes_it() -> None:
    assert [way.command for way in refused("score:s label:y").ways] == ["bce-logits"]
    assert [way.command for way in refused("prob:p label:y").ways] == ["bce"]


def test_columns_are_read_as_numbers_many_at_once_and_the_rest_alone() -> None:
    found = [numbers for _, numbers in _with_numbers(iter([["1", "2.5"]] * (_AT_ONCE + 1)), ".")]
    assert [each.tolist() for each in found[:-1] if each is not None] == [[1, 2.5]] * _AT_ONCE
    assert found[-1] is None


def test_truth_in_any_case_names_a_class_that_is_called_so() -> None:
    targets = Targets(("False", "TRUE"), ["true"], ReadRequest(per_class=True, takes="logits"))
    assert list(targets.cells(["true", "FALSE", "1", "0"], fail)) == [1, 0, 1, 0]


def test_the_hint_of_a_target_that_is_no_number_is_told_where_no_option_helps() -> None:
    request = ReadRequest(per_class=True, takes="logits", target_is="index")
    with pytest.raises(InputError) as nan:
        Targets(("a", "b"), ["0"], request).cells(["nan"], fail)
    assert (nan.value.hint, nan.value.ways) == ("", ())


def test_what_two_names_share_ends_where_the_shorter_one_does() -> None:
    assert labels_of(["prob_ab", "prob_abc"]) == ("ab", "abc")


def test_words_of_two_letters_are_words() -> None:
    assert {"ab", "cd"} <= {*spellings_of(["prob_xyab", "prob_xycd"])}


def test_several_columns_of_decisions_are_refused_by_their_names() -> None:
    with pytest.raises(InputError) as told:
        given("prob:p a:d b:y label:y", "bce", classes="prob", predicted="a,b")
    assert told.value.fact == 'expected one such column, got "a", "b"'


def test_what_is_recorded_of_a_row_is_told_so() -> None:
    assert named("latency").other == "latency is a record of how the row was made"


def test_names_without_a_number_in_common_are_in_the_order_of_their_letters() -> None:
    assert in_natural_order(["b1", "aa2", "aa10"]) == ["aa2", "aa10", "b1"]


def test_whole_numbers_that_may_be_other_targets_are_doubtful_among_whole_numbers() -> None:
    cells = {"a": "7104", "b": "1470", "c": "0825", "weight": "1212", "y": "0121", "z": "2100"}
    error = refused("", **cells)
    assert '"z" among them, which may be none' in str(error)
    offered = [dict(way.options)["--class-columns"] for way in error.ways]
    assert offered == ["a,b,c,z", "a,b,c"]


def test_whole_numbers_beside_others_of_that_kind_are_classes() -> None:
    assert roles("", a="0210", b="1012", c="2102", y="0121").inputs == (0, 1, 2)
