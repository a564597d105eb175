"""What names and values of the first rows say of a column, one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from celoss_cli.core.errors import InputError
from celoss_cli.read.request import ReadRequest
from celoss_cli.read.roles.column import Column, Shape
from celoss_cli.read.roles.columns import assign, columns_of
from celoss_cli.read.roles.evidence import Evidence, adds_up
from celoss_cli.read.roles.found import ColumnChoice, Wanted
from celoss_cli.read.roles.words import named

HALVES = ["0.5", "0.25"]


def evidence(columns: dict[str, list[str]] | str, **wanted: Any) -> Evidence:
    """Of columns with these cells; of names alone with two numbers each."""
    cells = dict.fromkeys(columns.split(), HALVES) if isinstance(columns, str) else columns
    found = [Column.of(name, texts) for name, texts in cells.items()]
    return Evidence(found, Wanted(**{"per_class": True, "takes": "probs", **wanted}))


@pytest.mark.parametrize(
    ("names", "copies"),
    [("predict p0 p1 cal_p0 cal_p1", [3, 4]), ("cal_p", []), ("p01 cal_p0", []), ("calories p0", [])],
)
def test_a_calibrated_twin_is_a_copy_where_the_other_is_there(names: str, copies: list[int]) -> None:
    found = evidence(names)
    assert [i for i in range(len(found.names)) if found.is_copy(i)] == copies
    assert set(found.free_numbers()).isdisjoint(copies)


def test_a_column_of_lists_is_the_input_where_its_name_says_so() -> None:
    """It is no candidate among others, and nobody named it by an option."""
    columns = [
        Column.of("Logits", ["", ""], stored="list"),
        Column.of("tokens", ["", ""], stored="list"),
        Column.of("label", ["0", "1"], stored="number"),
    ]
    for per_class, takes in ((True, "logits"), (False, "scores")):
        found = assign(columns, Wanted(per_class, takes))
        assert (found.inputs, found.target, found.inferred) == ((0,), (2,), {})
        assert found.why["inputs"] == "a list for each row, named so"
    chosen = assign(columns, Wanted(True, "logits", choice=ColumnChoice(classes="tokens")))
    assert (chosen.inputs, chosen.why["inputs"]) == ((1,), "named by --class-columns")


def test_of_two_columns_of_lists_that_are_named_so_one_is_to_be_said() -> None:
    columns = [Column.of(name, [""], stored="list") for name in ("logits", "probs")]
    with pytest.raises(InputError, match=r'expected the input once, got "logits", "probs" .*--class-columns'):
        assign([*columns, Column.of("label", ["0"])], Wanted(True, "logits"))


@pytest.mark.parametrize(
    ("names", "answers"),
    [
        ("Label Class Probability:Class=0 Probability:Class=1", ["Class"]),
        ("Label Class RawFormulaVal", ["Class"]),
        ("Labels Class RawFormulaVal", []),
        ("Label Class Probability", []),
        ("_FROM_ _INTO_ IP_a", ["_INTO_"]),
        ("_FROM _INTO_", []),
        ("F_y I_y", ["I_y"]),
        ("F_yes I_y", []),
        ("P_y1 I_y", ["I_y"]),
        ("I_y P", []),
        ("species species_(setosa)", []),
    ],
)
def test_the_decisions_of_tools_are_known_by_the_columns_beside_them(names: str, answers: list[str]) -> None:
    found = evidence(names)
    assert [name for i, name in enumerate(found.names) if found.is_answer(i)] == answers


def test_what_orange_writes_before_its_classes_is_a_decision() -> None:
    found = evidence({"iris": ["a", "b"], "iris (a)": HALVES, "iris (b)": HALVES, "irises": HALVES})
    assert [found.is_answer(i) for i in range(4)] == [True, False, False, False]


@pytest.mark.parametrize(
    ("names", "answer"),
    [("labels 1 -1 +2", True), ("labels 1", False), ("label 1 2", False), ("labels 1 b", False)],
)
def test_the_header_of_svm_predict(names: str, answer: bool) -> None:
    assert evidence(names).is_libsvm is answer


@pytest.mark.parametrize(
    ("values", "digits", "answer"),
    [
        ([[0.5, 0.25], [0.5, 0.75]], 2, True),
        ([[0.5, 0.25], [0.5, 0.5]], 2, False),
        ([[0.33], [0.33], [0.33]], 2, True),  # each may be off by half a unit of its last digit
        ([[0.33], [0.33], [0.32]], 2, False),
        ([[0.333], [0.333], [0.33]], 3, False),
        ([[1.0000005], [-0.0000005]], 7, True),
        ([[1.5], [-0.5]], 1, False),
        ([[1.00001], [-0.00001]], 5, False),
        ([[0.75], [0.75], [-0.5]], 2, False),
        ([[1.0], [0.0]], 0, True),
        ([[1.0], [0.0625]], 0, False),
        ([[0.70018], [0.3]], 5, False),
        ([[0.7001953125], [0.2998046875 + 2**-12]], 10, True),  # half precision
        ([[0.7001953125], [0.2998046875 + 2**-9]], 10, False),
    ],
)
def test_probabilities_add_up_within_their_digits(values: Any, digits: int, answer: bool) -> None:
    assert adds_up(np.array(values), [0, digits]) is answer


def test_rows_that_lack_a_value_are_not_asked_whether_they_add_up() -> None:
    found = evidence(
        {"a": ["0.5", "", "0.25"], "b": ["0.5", "0.5", "0.75"], "c": ["x", "0.5", "0.75"], "d": ["", "", ""]}
    )
    assert found.adds_up([0, 1]) is True
    assert found.adds_up([0, 2]) is None
    assert found.adds_up([0, 3]) is None


@pytest.mark.parametrize(
    ("one", "two", "agree", "equal"),
    [
        (["a", "b", "a"], ["0", "1", "0"], True, False),
        (["a", "b", "a"], ["0", "1", "1"], False, False),
        (["a", "b", "b"], ["0", "0", "1"], False, False),
        (["0", "1", "0"], ["0", "1", "0"], True, True),
        (["0", "1", "0"], ["1", "0", "1"], True, False),
        (["0.5", "0.25", "0.5"], ["0.1", "0.2", "0.1"], False, False),
        (["0.5", "0.25", "0.5"], ["0.5", "0.25", "0.50"], True, True),
        (["a", "a", "a"], ["b", "b", "b"], False, False),
        (["a", "", "b"], ["0", "1", ""], False, False),
        (["0", "", "1"], ["0", "1", ""], False, False),
    ],
)
def test_columns_agree_where_they_say_the_same_in_words_of_their_own(
    one: list[str], two: list[str], agree: bool, equal: bool
) -> None:
    found = evidence({"one": one, "two": two})
    assert (found.agree(0, 1), found.equal(0, 1)) == (agree, equal)


@pytest.mark.parametrize(
    ("columns", "wanted", "keys"),
    [
        ({"a": HALVES, "id": ["1", "2"], "doc_id": ["3", "4"]}, {}, ["id", "doc_id"]),
        ({"": ["0", "1"], "a": HALVES}, {}, [""]),
        ({"a": HALVES, "": ["0", "1"]}, {}, []),
        (
            {"doc_id": ["1", "2"], "key": ["3", "4"], "id": ["5", "6"]},
            {"joined": "key"},
            ["key", "id", "doc_id"],
        ),
        ({"who": ["x", "y"], "a": HALVES}, {"joined": "key", "ids": ["x", "y", "z"]}, ["who"]),
        ({"who": ["x", "w"], "a": HALVES}, {"joined": "key", "ids": ["x", "y", "z"]}, []),
        ({"who": ["x", "x"], "a": HALVES}, {"joined": "key", "ids": ["x", "y", "z"]}, []),
        ({"level_0": ["0", "1"], "a": HALVES}, {}, ["level_0"]),
        ({"level_0": HALVES, "level_1": HALVES, "y": ["0", "1"]}, {}, []),
        ({"level_0": HALVES, "level_1": HALVES, "a": HALVES}, {}, ["level_0", "level_1"]),
        ({"id": ["1", "2"], "a": HALVES}, {"choice": ColumnChoice(target="id")}, []),
    ],
)
def test_what_names_the_rows(columns: dict[str, list[str]], wanted: dict[str, Any], keys: list[str]) -> None:
    found = evidence(columns, **wanted)
    assert [found.names[i] for i in found.keys] == keys
    assert [name for i, name in enumerate(found.names) if found.is_key(i)] == sorted(
        keys, key=found.names.index
    )


@pytest.mark.parametrize(
    ("name", "cells", "answer"),
    [
        ("prediction", ["cat", "dog"], True),
        ("prediction", ["0", "1"], True),
        ("prediction", ["true", "false"], True),
        ("prediction", HALVES, False),
        ("prediction", ["", ""], False),
        ("predicted_class", HALVES, True),
        ("feature", ["0", "1"], False),
    ],
)
def test_a_decision_is_no_number_that_says_how_likely_it_is(
    name: str, cells: list[str], answer: bool
) -> None:
    assert evidence({name: cells}).is_decision(0) is answer


@pytest.mark.parametrize(
    ("columns", "weights"),
    [
        ({"sample_weight": HALVES, "weight": HALVES}, ["sample_weight"]),
        ({"weight": HALVES}, ["weight"]),
        ({"weight": ["heavy", "light"]}, []),
        ({"sample_weight": ["heavy", "light"]}, ["sample_weight"]),
        ({"a": HALVES}, []),
    ],
)
def test_what_may_be_weights(columns: dict[str, list[str]], weights: list[str]) -> None:
    found = evidence(columns)
    assert [found.names[i] for i in found.weights] == weights


def test_a_group_is_no_class_while_enough_numbers_are_left() -> None:
    choice = ColumnChoice(group="c")
    assert evidence("a b c", choice=choice).free_numbers() == [0, 1]
    assert evidence("a c", choice=choice).free_numbers() == [0, 1]  # of two classes one would be left
    assert evidence("a c", choice=choice, per_class=False).free_numbers() == [0]
    assert evidence("c", choice=choice, per_class=False).free_numbers() == [0]
    assert evidence("a b c").free_numbers([1]) == [0, 2]


@pytest.mark.parametrize(
    ("name", "takes", "confident", "decided", "target", "key", "weight", "other"),
    [
        ("p_hat", "probs", False, False, 0, 0, 0, ""),
        ("y_hat", "scores", False, False, 0, 0, 0, ""),
        ("p_value", "", False, False, 0, 0, 0, ""),
        ("prob_cat", "probs", False, False, 0, 0, 0, ""),
        ("log_prob_cat", "log-probs", False, False, 0, 0, 0, ""),
        ("cat_p", "probs", False, False, 0, 0, 0, ""),
        ("logit.cat", "logits", False, False, 0, 0, 0, ""),
        ("decision_function", "logits", False, False, 0, 0, 0, ""),
        ("Most Likely species", "scores", False, True, 0, 0, 0, ""),
        ("pred_class", "scores", False, True, 0, 0, 0, ""),
        ("pred_id", "scores", False, True, 0, 0, 0, ""),
        ("confidence", "", True, False, 0, 0, 0, ""),
        ("y_true", "", False, False, 3, 0, 0, ""),
        ("_FROM_", "", False, False, 3, 0, 0, ""),
        ("true_label", "", False, False, 3, 0, 0, ""),
        ("observed_species", "", False, False, 2, 0, 0, ""),
        ("my_y_true", "", False, False, 2, 0, 0, ""),
        ("response", "", False, False, 1, 0, 0, ""),
        ("id", "", False, False, 0, 3, 0, ""),
        ("doc_id", "", False, False, 0, 2, 0, ""),
        ("doc_id2", "", False, False, 0, 0, 0, ""),
        ("sample_weight", "", False, False, 0, 0, 2, ""),
        ("weight", "", False, False, 0, 0, 1, ""),
        ("fold", "", False, False, 0, 0, 0, "fold is a record of how the row was made"),
        ("mean", "", False, False, 0, 0, 0, "mean is a statistic"),
        ("age", "", False, False, 0, 0, 0, "age is a feature"),
    ],
)
def test_what_a_name_says(
    name: str, takes: str, confident: bool, decided: bool, target: int, key: int, weight: int, other: str
) -> None:
    found = named(name)
    assert (found.takes, found.confident, found.decided) == (takes, confident, decided)
    assert (found.target, found.key, found.weight, found.other) == (target, key, weight, other)


@pytest.mark.parametrize("stored", ["list", "text", "other"])
def test_what_is_stored_as_no_number_is_none(stored: Any) -> None:
    column = Column.of("a", ["1", "2"], stored=stored)
    assert (column.values.numbers, column.is_number) == (None, False)


def test_a_column_of_texts_among_numbers_is_neither_truth_nor_numbers() -> None:
    values = Column.of("a", ["1", "2", "x"]).values
    assert (values.numbers, values.are_truth, values.mostly_numbers) == (None, False, True)
    assert Column.of("a", ["1", "2"], is_index=False).is_index is False
    assert Column.of("a", ["1", "2"], is_index=True).is_index is True


def test_the_first_values_of_an_array_are_written_as_a_table_has_them() -> None:
    assert Shape.of(np.array([True, False])) == Shape((2,), "b", ("true", "false"))
    assert Shape.of(np.array(["Yes", "No"])) == Shape((2,), "U", ("Yes", "No"))
    assert Shape.of(np.array([[1, 2]])) == Shape((1, 2), "i", ())
    assert len(Shape.of(np.zeros(1000)).cells) == 257  # one more than is looked at


def test_no_more_rows_are_taken_than_tell_whether_there_are_more() -> None:
    taken = []
    rows = (taken.append(i) or [str(i)] for i in range(1000))  # type: ignore[func-returns-value]
    columns, whole = columns_of(["a"], rows, ReadRequest(per_class=True, takes="logits"))
    assert (len(taken), len(columns[0].values.texts), whole) == (257, 256, False)
    assert columns_of(["a"], [["1"]] * 256, ReadRequest(per_class=True, takes="logits"))[1]


def test_named_ids_come_before_the_names_that_a_file_gave_the_rows() -> None:
    cells = ["a", "b", "c"]
    table = [Column.of("who", cells, is_index=True), Column.of("user_id", cells), Column.of("id", cells)]
    assert Evidence(table, Wanted(per_class=True, takes="logits")).keys == [2, 1, 0]
