"""Which of several arrays by name is what: by option, by name, by shape; and refusals, word for word."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.read.request import ColumnChoice, ReadRequest
from celoss_cli.read.roles.column import Shape
from celoss_cli.read.roles.keys import Keys, keys_of

_Y, _P = np.array([1, 0, 1, 0]), np.array([0.83, 0.27, 0.64, 0.08])
ARRAYS: dict[str, Any] = {
    "f": np.linspace(-1, 1, 12).reshape(4, 3),  # a value for each of three classes
    "i": np.array([0, 2, 1, 0]),
    "i1": np.array([[0], [2], [1], [0]]),
    "y": _Y,
    "b": _Y == 1,
    "p": _P,
    "c": np.array([0.83, 0.73, 0.64, 0.92]),
    "u": np.array(["yes", "no", "yes", "no"]),
    "w": np.array([1.0, 2.0, 0.5, 1.0]),
    "o": None,  # no array
}


def found(layout: str, loss: str = "ce", *, truth: bool = False, options: bool = True, **given: Any) -> Keys:
    """The roles of arrays as ``name:kind``; their shapes are known unless ``shapes`` is False."""
    kinds = dict(word.split(":") for word in layout.split())
    shapes = given.pop("shapes", True)
    positive, takes = given.pop("positive", None), {"ce": "logits", "bce": "probs"}.get(loss, "scores")
    request = ReadRequest(
        per_class=loss == "ce",
        takes=takes,
        columns=ColumnChoice(**given),
        truth=object() if truth else None,  # type: ignore[arg-type]
        positive=positive,
    )

    def shape(name: str) -> Shape | None:
        values = ARRAYS[kinds[name]]
        return None if values is None else Shape.of(values)

    return keys_of(list(kinds), request, options=options, shape=shape if shapes else None)


@pytest.mark.parametrize(
    ("layout", "loss", "given", "expected"),
    [
        ("logits:f labels:i", "ce", {}, ("logits", "labels", None, None)),
        ("Logits:f Labels:i", "ce", {"shapes": False}, ("Logits", "Labels", None, None)),
        ("logits:f probs:f labels:i", "ce", {}, ("logits", "labels", None, None)),  # what the loss takes
        ("logits:f labels:i true_labels:i", "ce", {}, ("logits", "labels", None, None)),
        ("logits:f correct_class:i my_label:i", "ce", {}, ("logits", "correct_class", None, None)),
        ("model_logits:f my_label:i", "ce", {}, ("model_logits", "my_label", None, None)),
        ("logits:f labels:i id:u", "ce", {}, ("logits", "labels", "id", None)),
        ("logits:f labels:i IDs:u", "ce", {}, ("logits", "labels", "IDs", None)),
        ("logits:f labels:i sample_weight:w", "ce", {}, ("logits", "labels", None, "sample_weight")),
        ("logits:f labels:i sample_weight:w", "ce", {"weight": ""}, ("logits", "labels", None, None)),
        ("logits:f labels:i m:w", "ce", {"weight": "m"}, ("logits", "labels", None, "m")),
        ("logits:f labels:i ids:u k:u", "ce", {"id": "k"}, ("logits", "labels", "k", None)),
        ("logits:f labels:i x:i", "ce", {"target": "x"}, ("logits", "x", None, None)),
        ("logits:f labels:i x:f", "ce", {"classes": "x"}, ("x", "labels", None, None)),
        ("scores:f labels:i1", "ce", {}, ("scores", "labels", None, None)),
        ("a:f b:i", "ce", {}, ("a", "b", None, None)),
        ("a:f b:i1", "ce", {}, ("a", "b", None, None)),
        ("preds:f y_hat:i labels:i", "ce", {}, ("preds", "labels", None, None)),  # a decision is no input
        ("preds:p pred_label:y label:y", "bce", {}, ("preds", "label", None, None)),
        ("predictions:p labels:y", "bce", {}, ("predictions", "labels", None, None)),
        ("m:p other:u labels:y", "bce", {}, ("m", "labels", None, None)),  # texts are no numbers
        ("y_prob:p flag:b", "bce", {}, ("y_prob", "flag", None, None)),
        ("probs:p labels:y", "bce", {"shapes": False}, ("probs", "labels", None, None)),
    ],
)
def test_roles(layout: str, loss: str, given: dict[str, Any], expected: tuple[str | None, ...]) -> None:
    keys = found(layout, loss, **given)
    assert (keys.input, keys.target, keys.id, keys.weight) == expected


def test_targets_from_elsewhere_leave_the_input_alone() -> None:
    keys = found("a:f n:i", truth=True)
    assert (keys.input, keys.target, dict(keys.why)) == ("a", None, {"inputs": "the only array of numbers"})
    keys = found("logits:f labels:i", truth=True)
    assert (keys.input, keys.target, dict(keys.why), keys.unused) == ("logits", None, {}, ("labels",))


def test_why_is_told_of_what_no_option_names() -> None:
    why = "the only one whose shape and type fit"
    assert dict(found("a:f b:i").why) == {"inputs": why, "target": why}
    assert dict(found("a:f b:i", target="b").why) == {"inputs": why}
    assert dict(found("a:f b:i", classes="a").why) == {"target": why}
    assert dict(found("logits:f labels:i").why) == {}


def test_arrays_of_one_axis_are_weighed_as_columns() -> None:
    keys = found("score:c label:u pred:u", "bce", classes="score", predicted="pred")
    assert (keys.input, keys.target, keys.predicted, keys.decided) == (
        "score",
        "label",
        "pred",
        ("yes", "no"),
    )
    assert keys.positive == "yes"
    assert keys.described()["predicted"] == "pred"
    keys = found("churn_prob:p churn:u other:w", "bce", positive="no")
    assert (keys.input, keys.target, keys.positive, keys.unused) == ("churn_prob", "churn", "no", ("other",))
    assert keys.why["inputs"] == "the only number that speaks of a prediction"


def test_what_is_left_is_an_option_of_a_loss_or_not_used() -> None:
    keys = found("logits:f labels:i weight:w reduction:u zebra:w alpha:w")
    assert (keys.options, keys.unused) == (("alpha", "reduction", "weight"), ("zebra",))
    assert keys.described() == {
        "inputs": ["logits"],
        "target": "labels",
        "id": None,
        "weight": None,
        "unused": ["zebra"],
    }
    keys = found("logits:f labels:i weight:w zebra:w", options=False)
    assert (keys.options, keys.unused) == ((), ("weight", "zebra"))
    keys = found("logits:f labels:i weight:w zebra:w", weight="")
    assert (keys.options, keys.unused) == ((), ("weight", "zebra"))


@pytest.mark.parametrize(
    ("layout", "loss", "given", "fact", "hint", "ways"),
    [
        (
            "logits:f labels:i id:u ids:u",
            "ce",
            {},
            'the ids once, got "id", "ids"',
            "say which: --id-column NAME",
            [],
        ),
        (
            "logits:f labels:i sample_weight:w sample_weights:w",
            "ce",
            {},
            'the weights of the rows once, got "sample_weight", "sample_weights"',
            "say which: --weight-column NAME",
            [],
        ),
        (
            "logits:f labels:i weight:w feature_1:w",
            "ce",
            {},
            'weights or a feature, got "weight", which may be either beside features',
            "",
            [
                ("weights of the rows", (("--weight-column", "weight"),), ""),
                ("no weights", (("--weight-column", ""),), ""),
            ],
        ),
        (
            "logit_a:f logit_b:f labels:i",
            "ce",
            {},
            'the input once, got "logit_a", "logit_b"',
            "",
            [
                ("", (("--class-columns", "logit_a"), ("--target-column", "labels")), ""),
                ("", (("--class-columns", "logit_b"), ("--target-column", "labels")), ""),
            ],
        ),
        (
            "logits:f label_a:i label_b:i",
            "ce",
            {},
            'the targets once, got "label_a", "label_b"',
            "",
            [
                ("", (("--class-columns", "logits"), ("--target-column", "label_a")), ""),
                ("", (("--class-columns", "logits"), ("--target-column", "label_b")), ""),
            ],
        ),
        (
            "logits:f other:w",
            "ce",
            {},
            'the targets by name (targets, labels, ...), got "logits", "other"',
            "",
            [
                ("", (("--class-columns", "logits"), ("--target-column", "other")), ""),
                ("from another file", (("--targets", "@targets.csv"),), ""),
            ],
        ),
        (
            "a:w b:w",
            "ce",
            {},
            "the input by name (logits, log_probs, probs, probabilities, scores, predictions, input, "
            'inputs), got "a", "b"',
            "",
            [
                ("", (("--class-columns", "a"), ("--target-column", "b")), ""),
                ("", (("--class-columns", "b"), ("--target-column", "a")), ""),
            ],
        ),
        (
            "a:f b:f",
            "ce",
            {"truth": True},
            'the input once, got "a", "b"',
            "",
            [("", (("--class-columns", "a"),), ""), ("", (("--class-columns", "b"),), "")],
        ),
        (
            "y_score:p labels:y",
            "ce",
            {},
            'a value for each class, got "y_score" with one for each row',
            "",
            [("a binary loss", (("--class-columns", "y_score"),), "bce")],
        ),
        (
            "predictions:y labels:y",
            "bce",
            {},
            'a number that says how likely it is, got "predictions", which is a decision',
            "",
            [("", (("--class-columns", "predictions"),), "")],
        ),
    ],
)
def test_a_doubt_is_refused(
    layout: str, loss: str, given: dict[str, Any], fact: str, hint: str, ways: list[Any]
) -> None:
    with pytest.raises(InputError) as told:
        found(layout, loss, **given)
    assert (told.value.fact, told.value.hint) == (f"expected {fact}", hint)
    assert [(way.meaning, way.options, way.command) for way in told.value.ways] == ways


def test_no_more_than_six_ways_are_offered() -> None:
    with pytest.raises(InputError) as told:
        found("logits:o a:o b:o c:o d:o e:o f:o g:o")
    assert len(told.value.ways) == 6
    assert told.value.ways[-1].meaning == "from another file"


@pytest.mark.parametrize(
    ("layout", "given", "said"),
    [
        ("logits:f labels:i", {"id": "x"}, '--id-column: expected an array of "logits", "labels", got "x".'),
        (
            "logits:f labels:i",
            {"id": "labels", "target": "labels"},
            'Expected an array to play one role, got "labels" twice.',
        ),
        (
            "logits:f labels:i",
            {"predicted": "labels", "classes": "logits"},
            "Expected --predicted-column with arrays of one axis, got others.",
        ),
    ],
)
def test_an_option_that_does_not_fit_is_refused(layout: str, given: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError) as told:
        found(layout, "bce" if "predicted" in given else "ce", **given)
    assert str(told.value) == said


def test_a_chosen_array_is_not_asked_what_its_name_says() -> None:
    assert found("y_score:p labels:y", "ce", classes="y_score").input == "y_score"
    assert found("predictions:y labels:y", "bce", classes="predictions").input == "predictions"


def test_what_was_predicted_is_no_target_though_its_shape_is_the_only_one_that_fits() -> None:
    with pytest.raises(InputError, match="expected the targets by name"):
        found("logits:f y_pred:i")
    assert found("logits:f y_pred:i", target="y_pred").target == "y_pred"
    assert found("logits:f kind:i").target == "kind"
