"""Laws of roles: what stands beside the columns of a loss, and in which order, never changes the number."""

from __future__ import annotations

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from layouts import given
from profiles import examples

from celoss_cli.core.errors import InputError
from celoss_cli.read.roles.found import Assignment

TABLES = {
    "bce": ["label:y prob:p", "y_true:y y_pred:d y_prob:p", "churn:yn p_yes:p", "target:b score:p"],
    "ce-probs": [
        "p_setosa:p0 p_versicolor:p1 p_virginica:p2 species:t3",
        "setosa:p0 versicolor:p1 virginica:p2 y_true:t3",
        "prob_0:p0 prob_1:p1 prob_2:p2 label:y3 pred:d3",
    ],
    "ce": ["logit_0:l0 logit_1:l1 logit_2:l2 label:y3", "logit_a:l0 logit_b:l1 logit_c:l2 y:y3"],
    "bce-logits": ["y:y logit:s", "Label:y RawFormulaVal:s SampleId:n"],
}
BESIDE = [
    "age:f",
    "income:i",
    "id:id",
    "row_id:n",
    "path:path",
    "date:date",
    "fold:fold",
    "seed:k",
    "uuid:id",
]
WORDS = [
    "prob",
    "score",
    "pred",
    "label",
    "target",
    "age",
    "x",
    "conf",
    "class",
    "y",
    "weight",
    "fold",
    "a",
]
KINDS = ["p", "m", "y", "d", "yn", "s", "n", "f", "t3", "y3", "p0", "p1"]


def meaning(found: Assignment) -> tuple[list[str], list[str], str | None, str | None]:
    """All that a number depends on, by name."""

    def names(columns: tuple[int, ...]) -> list[str]:
        return [found.names[i] for i in columns]

    weight = None if found.weight is None else found.names[found.weight]
    return sorted(names(found.inputs)), names(found.target), weight, found.positive


cases = st.sampled_from([(loss, table) for loss, tables in TABLES.items() for table in tables])


@examples(150)
@drawn(cases, st.lists(st.sampled_from(BESIDE), unique=True, max_size=4), st.randoms(use_true_random=False))
def test_other_columns_and_their_order_change_nothing(
    case: tuple[str, str], beside: list[str], random: object
) -> None:
    loss, table = case
    columns = [*table.split(), *beside]
    random.shuffle(columns)  # type: ignore[attr-defined]
    expected = meaning(given(table, loss))
    assert meaning(given(" ".join(columns), loss)) == expected


@examples(200)
@drawn(
    st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(KINDS)), min_size=2, max_size=5),
    st.sampled_from(["bce", "ce", "ce-probs"]),
)
def test_a_doubtful_table_is_read_in_one_way_or_refused(parts: list[tuple[str, str]], loss: str) -> None:
    """What is taken does not depend on the order of the columns, and keeps the rules."""
    layout = [f"{word}_{at}:{kind}" for at, (word, kind) in enumerate(parts)]
    readings = set()
    for columns in (layout, layout[::-1]):
        try:
            found = given(" ".join(columns), loss)
        except InputError:
            continue
        inputs, target, weight, positive = meaning(found)
        # Twins are one target, in whichever words it says the same of every row.
        kinds = {
            name: "y" if kind == "yn" else kind for name, _, kind in (c.rpartition(":") for c in columns)
        }
        readings.add((*inputs, "->", *(kinds[name] for name in target), weight, positive))
        says = [name.rpartition("_")[0] for name in inputs]
        predicts = [word for word, kind in parts if word in ("prob", "score", "pred") and kind in "pms"]
        if loss == "bce" and predicts:
            assert says[0] in ("prob", "score", "pred")
        assert "conf" not in says
        assert "age" not in says
    assert len(readings) <= 1


@pytest.mark.parametrize(("loss", "table"), [(loss, t) for loss, tables in TABLES.items() for t in tables])
def test_what_is_inferred_can_be_pinned(loss: str, table: str) -> None:
    found = given(table, loss)
    roles = {"inputs": "classes", "target": "target", "weight": "weight"}
    pinned = {roles[role]: pattern for role, (_, pattern) in found.inferred.items()}
    assert meaning(given(table, loss, **pinned)) == meaning(found)
