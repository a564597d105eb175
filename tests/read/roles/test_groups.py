"""What columns share in their names, and what is left as the names of classes; tables of targets by name."""

from __future__ import annotations

import math
from typing import Any

import pytest
from layouts import CELLS
from running import celoss

from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.read.request import ColumnChoice, ReadRequest
from celoss_cli.read.roles.column import Column
from celoss_cli.read.roles.groups import alike, labels_of, predicting, spellings_of, target_labels, targeting
from celoss_cli.read.roles.naming import refuse_repeated, refuse_two_roles
from celoss_cli.read.roles.truth_columns import refuse_what_truth_has, truth_columns


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        ("p_cat p_dog", "cat dog"),
        ("cat_prob dog_prob", "cat dog"),
        ("cat_p dog_p", "cat dog"),
        ("pred_prob_x pred_y", "prob_x y"),
        ("prob(cat) prob(dog)", "cat dog"),
        ("model_a_prob_cat model_a_prob_dog", "cat dog"),
        ("x.cat x.dog", "cat dog"),
        ("x.a.cat x.a.dog", "cat dog"),  # what they share ends at the last mark
        ("c0 c1 c2", "0 1 2"),
        ("class10 class11", "10 11"),
        ("cat dog", "cat dog"),
        ("catalog category", "catalog category"),
        ("p_cat dog", "p_cat dog"),
        ("prob_cat", "cat"),
        ("cat", "cat"),
        ("map_cat map_dog", "cat dog"),
        ("a_p_cat a_p_dog", "cat dog"),
    ],
)
def test_the_names_of_classes_are_what_columns_do_not_share(names: str, labels: str) -> None:
    assert labels_of(names.split()) == tuple(labels.split())


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        ("cat_true dog_true", "cat dog"),
        ("true_cat true_dog", "cat dog"),
        ("cat dog", "cat dog"),
        ("y1 y2", "1 2"),
    ],
)
def test_the_names_of_targets_are_what_they_do_not_share(names: str, labels: str) -> None:
    assert target_labels(names.split()) == tuple(labels.split())


def test_targets_may_be_spelled_as_columns_are() -> None:
    assert spellings_of(["p_cat", "p_dog"]) == ("p_cat", "p_dog", "cat", "dog", "cat", "dog")
    assert spellings_of(["P_speciessetosa", "P_speciesvirginica"])[4:] == ("setosa", "virginica")
    assert spellings_of(["p_cat"]) == ("p_cat",)
    assert spellings_of(["p_cat", "dog"]) == ("p_cat", "dog")


def groups(function: Any, names: str) -> list[tuple[str, tuple[str, ...]]]:
    table = [Column.of(name, ["0.5", "0.25"]) for name in names.split()]
    return [(group.affix, group.labels) for group in function(table, range(len(table)))]


@pytest.mark.parametrize(
    ("function", "names", "expected"),
    [
        (predicting, "id p_a p_b", [("p_*", ("a", "b"))]),
        (predicting, "p_a", []),
        (predicting, "a_prob b_prob", [("*_prob", ("a", "b"))]),
        (predicting, "x_p_y x_q", []),  # a single p counts only at either end
        (targeting, "true_a true_b", [("true_*", ("a", "b"))]),
        (targeting, "a_true b_true x", [("*_true", ("a", "b"))]),
        (targeting, "untrue_a untrue_b", []),
        (targeting, "true_prob_a true_prob_b", []),
        (alike, "a.x a.y b", [("a.*", ("x", "y"))]),
        (alike, "c0 c1 d", [("c*", ("0", "1"))]),
        (alike, "0 1", [("", ("0", "1"))]),
        (alike, "0 1 2", [("", ("0", "1", "2"))]),
        (alike, "1 2", []),
        (alike, "0", []),
        (alike, "0 2", []),
    ],
)
def test_groups_by_what_names_share(
    function: Any, names: str, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert groups(function, names) == expected


@pytest.mark.parametrize(
    ("cells", "digits"),
    [
        (["0.125", "1"], 3),
        (["0,25"], 2),
        (["12"], 0),
        (["1e-3"], 3),
        (["1.5e-2"], 3),
        (["1.5E2"], 0),
        (["1.25e+1"], 1),
        ([], 0),
    ],
)
def test_the_digits_after_the_mark(cells: list[str], digits: int) -> None:
    assert Column.of("a", cells).values.digits == digits


def test_two_roles_and_repeated_names_are_refused() -> None:
    with pytest.raises(UsageError) as told:
        refuse_two_roles(["a", "b"], "a column")
    assert str(told.value) == 'Expected a column to play one role, got "a" twice.'
    refuse_two_roles([], "a column")
    refuse_repeated(["a", "b", "b"], [0])
    with pytest.raises(InputError) as repeated:
        refuse_repeated(["a", "b", "b"], [0, 2])
    assert repeated.value.fact == 'expected columns with names of their own, got "b" 2 times'


# ------------------------------------------------------------------------------ the table of targets


def truth(layout: str, others: str | None = "id p_a p_b", *, per_class: bool = True, **choice: str) -> Any:
    table = [
        Column.of(name, CELLS[kind]) for name, _, kind in (word.rpartition(":") for word in layout.split())
    ]
    request = ReadRequest(per_class=per_class, takes="probs", columns=ColumnChoice(**choice))
    found = truth_columns(table, request, None if others is None else others.split())
    return [table[i].name for i in found.target], found.row_id


@pytest.mark.parametrize(
    ("layout", "others", "choice", "target", "row_id"),
    [
        ("label:y", "p_a p_b", {}, ["label"], None),
        ("id:id label:y", "id p_a p_b", {}, ["label"], "id"),
        ("id:id key:n label:y", "key p_a p_b", {}, ["label"], "key"),  # the input has it too
        ("doc_id:n id:id label:y", "p_a p_b", {}, ["label"], "id"),
        ("who:id label:y", "who p_a p_b", {}, ["label"], "who"),
        ("id:id who:path label:y", "id p_a p_b", {"id": "who"}, ["label"], "who"),
        ("id:id x:d label:y", "id p_a p_b", {"target": "x"}, ["x"], "id"),
        ("id:id a:y b:d", "id a b", {}, ["a", "b"], "id"),
        ("id:id a:y b:d", "id p_a p_b", {"target": "a,b"}, ["a", "b"], "id"),
        ("a:y b:d", None, {}, ["a", "b"], None),
        ("id:id x:f kind:yn", "id yes no", {}, ["kind"], "id"),
    ],
)
def test_the_columns_of_a_table_of_targets(
    layout: str, others: str | None, choice: dict[str, str], target: list[str], row_id: str | None
) -> None:
    assert truth(layout, others, **choice) == (target, row_id)


@pytest.mark.parametrize(
    ("layout", "others", "fact", "hint", "ways"),
    [
        (
            "label:y x:f",
            "p_a p_b",
            'expected nothing but an id beside the targets "label", got "x"',
            "name what the rows are joined by: --id-column NAME; by position: --target-column NAME",
            [("", "--target-column label")],
        ),
        (
            "id:id x:y z:d",
            "id p_a p_b",
            'expected one column of targets, got "x", "z"',
            "",
            [("", "--target-column x"), ("", "--target-column z")],
        ),
        (
            "who:id where:path label:y",
            "who where p_a p_b",
            'expected one column of ids among those that the input has too, got "who", "where"',
            "",
            [("", "--id-column who"), ("", "--id-column where")],
        ),
    ],
)
def test_a_doubt_in_a_table_of_targets_is_refused(
    layout: str, others: str, fact: str, hint: str, ways: list[tuple[str, str]]
) -> None:
    with pytest.raises(InputError) as told:
        truth(layout, others)
    assert (told.value.fact, told.value.hint) == (fact, hint)
    assert [(way.meaning, str(way)) for way in told.value.ways] == ways


def test_columns_that_the_input_copied_from_the_table_of_targets_are_no_classes() -> None:
    table = [Column.of(name, CELLS[kind]) for name, kind in (("id", "id"), ("x", "f"), ("label", "y"))]
    request = ReadRequest(per_class=True, takes="probs", columns=ColumnChoice(target="label"))
    found = truth_columns(table, request, ["id", "x", "p_a"])
    refuse_what_truth_has(found, ["p_a", "p_b"])
    with pytest.raises(InputError) as told:
        refuse_what_truth_has(found, ["x", "p_a"])
    assert told.value.fact == 'expected columns that the table of targets has not, got "x"'
    assert told.value.hint == "if they are classes: --class-columns NAMES"
    with pytest.raises(InputError, match='got "label"'):
        refuse_what_truth_has(found, ["label", "p_a"])
    refuse_what_truth_has(found, ["label"])  # one column is no copy among classes


# ----------------------------------------------------------------------------------- whole commands


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        (
            "labels,0,1\n1,0.25,0.75\n",
            [],
            'expected targets, got "labels" before columns named by numbers, which is what svm-predict '
            "predicted "
            "(give the truth: --targets VALUES; or --target-column labels)",
        ),
    ],
)
def test_a_refusal_of_targets(text: str, words: list[str], said: str) -> None:
    done = celoss("ce", *words, data=text)
    assert said in done.stderr


def test_true_and_false_are_told_as_indices() -> None:
    done = celoss("ce", "--json", data="a,b,target\n1,2,true\n2,1,false\n")
    assert '"false and true read as class indices 0 and 1"' in done.stdout


def test_a_target_may_be_written_in_other_letters_than_its_class() -> None:
    done = celoss("ce", "--format", "value", data="cat,dog,target\n1,2,cat\n2,1,DOG\n1,1,Cat\n")
    expected = (2 * math.log(1 + math.e) + math.log(2)) / 3
    assert float(done.stdout) == pytest.approx(expected, rel=1e-15)


def test_a_target_beyond_64_bits_is_refused_with_its_place() -> None:
    done = celoss("ce", data="a,b,target\n1,2,0\n1,2,9223372036854775808\n")
    assert done.returncode == 3
    assert "standard input:3:3: expected a class index, got" in done.stderr


def test_scores_of_tokens_without_targets_are_offered_as_such() -> None:
    done = celoss("nll", data="logprob\n-0.5\n-1\n")
    assert done.returncode == 3
    assert "--input-is token-logprobs" in done.stderr
    assert "(a scored token a row)" in done.stderr


def test_several_columns_of_zeros_and_ones_are_the_targets_of_as_many_labels() -> None:
    assert truth("id:id a:y b:d", "id a b", per_class=False) == (["a", "b"], "id")
    assert truth("id:id x:f a:y", "id p", per_class=False) == (["a"], "id")
