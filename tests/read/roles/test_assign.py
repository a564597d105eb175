"""The truth table of roles: a layout and a loss to roles, or to a refusal with a way out for each reading.

The layouts are those of pandas, R, H2O, CatBoost, mlr3, tidymodels, AutoML tools and of files in public.
"""

from __future__ import annotations

import pytest
from layouts import CELLS, columns, given, shown

from celoss_cli.core.errors import InputError
from celoss_cli.read.roles.columns import assign
from celoss_cli.read.roles.found import Assignment, Wanted

PROBABILITIES = "p_setosa:p0 p_versicolor:p1 p_virginica:p2"
PLAIN = "setosa:p0 versicolor:p1 virginica:p2"
LOGITS = "logit_0:l0 logit_1:l1 logit_2:l2"

TARGETS = [
    *(
        "y_true",
        "label",
        "true_label",
        "actual",
        "actual_churn",
        "target",
        "true",
        "true_class",
        "gold_label",
    ),
    *("churn_labels", "labels", "y", "y_test", "truth", "ground_truth", "gold", "class_label", "class_id"),
    *(
        "outcome",
        "obs",
        "answer",
        "annotation",
        "class",
        "Actual",
        "trueLabel",
        "yTrue",
        "observed",
        "response",
    ),
]
INPUTS = [
    *("prob", "probability", "y_prob", "y_proba", "y_score", "score", "churn_probability", "prob_churn"),
    *("probability_churn", "churn_proba", "oof_churn", "p", "p_hat", "y_pred", "pred", "prediction", "yhat"),
    *(
        "y_hat",
        "output",
        "softmax",
        "sigmoid",
        "proba",
        "predicted",
        "predictedProbability",
        "Score",
        "y_pred_proba",
    ),
]
DECISIONS = [
    *(
        "pred",
        "prediction",
        "predicted_churn",
        "y_pred",
        "Pred_churn",
        "pred_label",
        "predicted_class",
        "yhat",
    ),
    *("prediction_label", "predictedLabel", "pred_class"),
]
KEYS = [
    "id",
    "row_id",
    "index",
    "PassengerId",
    "customerID",
    "uuid",
    "user_id",
    "rowIndex",
    "sample_id",
    "key",
]
RECORDS = ["fold", "split_no", "epoch", "step", "seed", "cv_fold", "kfold", "iteration", "batch"]
FEATURES = ["age", "sepal_length", "feature_1", "total_income", "price", "height", "Temperature"]

BINARY = [
    *((f"{name}:y prob:p", "bce", f"prob -> {name}") for name in TARGETS if name != "response"),
    *((f"label:y {name}:p", "bce", f"{name} -> label") for name in INPUTS),
    *((f"label:y {name}:d prob:p", "bce", "prob -> label") for name in DECISIONS),
    *((f"{name}:n prob:p label:y", "bce", "prob -> label") for name in KEYS),
    *((f"{name}:fold prob:p label:y", "bce", "prob -> label") for name in RECORDS),
    *((f"{name}:f pred:p label:y", "bce", "pred -> label") for name in FEATURES),
]
CLASSES = [
    *((f"{PROBABILITIES} {name}:t3", "ce-probs", name) for name in TARGETS if name != "response"),
    *((f"{PLAIN} y_true:t3 {name}:d3", "ce-probs", "y_true") for name in DECISIONS),
    *((f"{name}:n {LOGITS} label:y3", "ce", "label") for name in KEYS),
    *((f"{name}:f {PROBABILITIES} species:t3", "ce-probs", "species") for name in FEATURES),
]
TOOLS = [
    # pandas and scikit-learn
    (":n y_true:y y_pred:d y_prob:p", "bce", "y_prob -> y_true"),
    ("y_true:y y_pred:d y_prob:p date:date fold:fold", "bce", "y_prob -> y_true"),
    ("age:f pred:p label:y", "bce", "pred -> label"),
    (":n target:y1 score:p", "bce", "score -> target"),
    ("y_true:b y_prob:p", "bce", "y_prob -> y_true"),
    (":n p:p y:y", "bce", "p -> y"),
    (f":n {PLAIN} y_true:t3 y_pred:d3", "ce-probs", "setosa,versicolor,virginica -> y_true"),
    (":n 0:p0 1:p1 2:p2 target:y3", "ce-probs", "0,1,2 -> target"),
    ("path:path label:y3 logit_0:l0 logit_1:l1 logit_2:l2", "ce", "logit_0,logit_1,logit_2 -> label"),
    ("prob_0:p0 prob_1:p1 prob_2:p2 label:y3 pred:d", "ce-probs", "prob_0,prob_1,prob_2 -> label"),
    ("oof_0:p0 oof_1:p1 oof_2:p2 fold:fold label:y3", "ce-probs", "oof_0,oof_1,oof_2 -> label"),
    ("0:1-p 1:p y:y", "bce", "1 -> y"),
    ("y:y raw_score:s", "bce-logits", "raw_score -> y"),
    ("y_true:y decision_function:s", "bce-logits", "decision_function -> y_true"),
    ("y_true:pm decision_function:s", "bce-logits", "decision_function -> y_true (1 is 1)"),
    ("y:b \u0177:b p\u0302:p", "bce", "p\u0302 -> y"),
    # what counts models or seeds is no answer
    ("target:y seed_0:p", "bce", "seed_0 -> target"),
    ("target:y prob_fold_0:p", "bce", "prob_fold_0 -> target"),
    ("target:y p0:1-p", "bce", "p0 -> target (0 is 1)"),
    # of two groups one adds up to 1; marks that are named as the classes
    (
        "y:y3 NegLoss_0:l0 NegLoss_1:l1 NegLoss_2:l2 Posterior_0:p0 Posterior_1:p1 Posterior_2:p2",
        "ce-probs",
        "Posterior_0,Posterior_1,Posterior_2 -> y",
    ),
    (
        "cats.a:y cats.b:d pred_cats.a:p pred_cats.b:1-p",
        "ce-probs",
        "pred_cats.a,pred_cats.b -> cats.a,cats.b",
    ),
    # R: tidymodels, caret, mlr3
    (
        ".pred_class:d3 .pred_setosa:p0 .pred_versicolor:p1 .pred_virginica:p2 Species:t3",
        "ce-probs",
        ".pred_setosa,.pred_versicolor,.pred_virginica -> Species",
    ),
    (".pred_no:1-p .pred_yes:p .row:n .pred_class:dyn churn:yn", "bce", ".pred_yes -> churn (yes is 1)"),
    (
        "pred:d3 obs:t3 setosa:p0 versicolor:p1 virginica:p2 rowIndex:n",
        "ce-probs",
        "setosa,versicolor,virginica -> obs",
    ),
    (
        "row_ids:n truth:t3 response:d3 prob.setosa:p0 prob.versicolor:p1 prob.virginica:p2",
        "ce-probs",
        "prob.setosa,prob.versicolor,prob.virginica -> truth",
    ),
    # H2O, CatBoost, DataRobot, Vertex, Azure, KNIME, Orange, SAS
    ("predict:d p0:1-p p1:p label:y", "bce", "p1 -> label"),
    ("predict:d p0:1-p p1:p cal_p0:1-p cal_p1:p label:y", "bce", "p1 -> label"),
    ("predict:dyn no:1-p yes:p churn:yn", "bce", "yes -> churn (yes is 1)"),
    ("SampleId:n RawFormulaVal:s Label:y", "bce-logits", "RawFormulaVal -> Label"),
    (
        "SampleId:n Probability:Class=a:p0 Probability:Class=b:p1 Probability:Class=c:p2 Label:y3",
        "ce-probs",
        "Probability:Class=a,Probability:Class=b,Probability:Class=c -> Label",
    ),
    (
        "RawFormulaVal:Class=0:l0 RawFormulaVal:Class=1:l1 RawFormulaVal:Class=2:l2 Class:d3 Label:y3",
        "ce",
        "RawFormulaVal:Class=0,RawFormulaVal:Class=1,RawFormulaVal:Class=2 -> Label",
    ),
    (
        "row_id:n churn_1_PREDICTION:p churn_0_PREDICTION:1-p churn_PREDICTION:d POSITIVE_CLASS:k churn:y",
        "bce",
        "churn_1_PREDICTION -> churn",
    ),
    (
        "f1:f species:t3 species_setosa_score:p0 species_versicolor_score:p1 species_virginica_score:p2",
        "ce-probs",
        "species_setosa_score,species_versicolor_score,species_virginica_score -> species",
    ),
    ("age:f income:y Scored~Labels:d Scored~Probabilities:p", "bce", "Scored Probabilities -> income"),
    (
        "row~ID:id churn:yn Prediction~(churn):dyn P~(churn=no):1-p P~(churn=yes):p",
        "bce",
        "P (churn=yes) -> churn (yes is 1)",
    ),
    (
        "iris:t3 LR~(setosa):p0 LR~(versicolor):p1 LR~(virginica):p2 LR:d3",
        "ce-probs",
        "LR (setosa),LR (versicolor),LR (virginica) -> iris",
    ),
    (
        "F_species:t3 I_species:d3 P_speciessetosa:p0 P_speciesversicolor:p1 P_speciesvirginica:p2",
        "ce-probs",
        "P_speciessetosa,P_speciesversicolor,P_speciesvirginica -> F_species",
    ),
    # text targets of a binary loss
    ("diagnosis:mb p_malignant:p", "bce", "p_malignant -> diagnosis (malignant is 1)"),
    ("diagnosis:mb p_benign:1-p", "bce", "p_benign -> diagnosis (benign is 1)"),
    ("churn:yn prob_no:1-p", "bce", "prob_no -> churn (no is 1)"),
    ("churn:yn prob_0:1-p", "bce", "prob_0 -> churn (no is 1)"),
    ("churn:y prob_0:1-p", "bce", "prob_0 -> churn (0 is 1)"),
    ("churn:y p_no:1-p", "bce", "p_no -> churn (0 is 1)"),
    ("label:yn p:p", "bce", "p -> label (yes is 1)"),
    ("label:pm p:p", "bce", "p -> label (1 is 1)"),
    ("label:pm score:s", "soft-margin", "score -> label"),
    # several targets, twins, statistics
    (
        "true_toxic:y true_rude:d pred_rude:m pred_toxic:p",
        "bce",
        "pred_rude,pred_toxic -> true_rude,true_toxic",
    ),
    (
        "label:t3 label_id:y3 p_setosa:p0 p_versicolor:p1 p_virginica:p2",
        "ce-probs",
        "p_setosa,p_versicolor,p_virginica -> label",
    ),
    ("target_name:mb target:y prob:p", "bce", "prob -> target"),
    ("prob_0:p0 prob_1:p1 prob_2:p2 prob_max:c label:y3", "ce-probs", "prob_0,prob_1,prob_2 -> label"),
    ("prob:p prob_std:m label:y", "bce", "prob -> label"),
    ("y_score:s y_prob:p label:y", "bce", "y_prob -> label"),
    ("logit:s prob:p label:y", "bce-logits", "logit -> label"),
    ("logit:s prob:p label:y", "bce", "prob -> label"),
    ("user_id:n pred:p clicked:b", "bce", "pred -> clicked"),
    ("id:id converted:y p_converted:p", "bce", "p_converted -> converted"),
    ("a:l0 b:l1 c:l2 y:y3", "ce", "a,b,c -> y"),
    ("c0:l0 c1:l1 c2:l2 y:y3", "ce", "c0,c1,c2 -> y"),
    (
        "p_setosa:p0 p_versicolor:p1 p_virginica:p2 extra:f label:y3",
        "ce-probs",
        "p_setosa,p_versicolor,p_virginica -> label",
    ),
    ("x1:f 0:l0 1:l1 2:l2 target:y3", "ce", "0,1,2 -> target"),
    ("visits:n setosa:l0 versicolor:l1 virginica:l2 label:t3", "ce", "setosa,versicolor,virginica -> label"),
]
REFUSED = [
    # several models, and columns that add up to nothing
    ("rf_prob:p xgb_prob:m label:y", "bce", ["rf_prob -> label", "xgb_prob -> label"]),
    ("rf_prob:p xgb_prob:m label:y", "ce", ["celoss bce rf_prob -> label"]),
    ("prob_rf:p prob_xgb:m prob_lgb:c label:y", "bce", ["prob_xgb -> label"]),
    ("prob_rf:p prob_xgb:m label:y", "ce-probs", ["celoss bce prob_xgb -> label"]),
    ("lr:p rf:m y:y", "bce", ["lr -> y", "rf -> y"]),
    ("setosa:p0 versicolor:p1 x:m label:t3", "ce-probs", []),
    # a feature is never taken for a prediction
    ("age:m pred:yn label:y", "bce", []),
    ("age:p label:y", "bce", ["age -> label"]),
    ("age:f income:m label:y", "ce", ["age,income -> label"]),
    ("sepal_length:f sepal_width:m petal_length:p species:y3", "ce", []),
    # how sure, decisions
    (
        "true:mb pred:mb confidence:c",
        "bce",
        [
            "confidence -> true --predicted-column pred --positive benign",
            "confidence -> true --positive benign",
        ],
    ),
    ("label:y confidence:p", "bce", ["confidence -> label"]),
    (
        "target:y predicted_label:d probability:c",
        "bce",
        ["probability -> target --predicted-column predicted_label", "probability -> target"],
    ),
    (
        "f1:f Purchase:y prediction_label:d prediction_score:c",
        "bce",
        ["prediction_score -> Purchase --predicted-column prediction_label"],
    ),
    ("label:y pred:d confidence:c", "bce-logits", ["celoss bce confidence -> label --predicted-column pred"]),
    ("age:i pred:d confidence:c label:y", "bce", ["confidence -> label --predicted-column pred"]),
    ("age:i pred:d confidence:c label:y", "ce", ["celoss bce confidence -> label --predicted-column pred"]),
    (
        "target:y Label:d Score:c",
        "bce",
        ["Score -> target --predicted-column Label", "Score -> Label --predicted-column target"],
    ),
    ("label:mb score:c", "bce", ["score -> label --positive malignant"]),
    ("y_true:y y_pred:d", "bce", ["y_pred -> y_true"]),
    ("label:y max_prob:c", "bce", ["max_prob -> label"]),
    # targets
    ("label:y target:d prob:p", "bce", ["prob -> label", "prob -> target"]),
    ("prob:p", "bce", ["prob --targets @targets.csv"]),
    ("prob:p pred:d", "bce", ["prob --targets @targets.csv"]),
    ("is_member:y churn_pred:d churn_proba:p", "bce", ["churn_proba -> is_member"]),
    ("id:n event:k prob:p", "bce", []),
    ("row_ids:n response:d3 prob.setosa:p0 prob.versicolor:p1 prob.virginica:p2", "ce-probs", []),
    ("I_species:d3 P_speciessetosa:p0 P_speciesversicolor:p1 P_speciesvirginica:p2", "ce-probs", []),
    (
        "age:i income:y is_member:d Scored~Labels:d Scored~Probabilities:p",
        "bce",
        ["Scored Probabilities -> income"],
    ),
    # positive answers
    ("diagnosis:mb probability:p", "bce", ["probability -> diagnosis --positive malignant"]),
    ("label:y p_cat:p p_dog:1-p", "bce", ["p_dog -> label"]),
    # classes for a binary loss and the other way
    (
        f"{PROBABILITIES} label:y3",
        "bce",
        ["celoss ce p_setosa,p_versicolor,p_virginica -> label --input-is probs"],
    ),
    ("prob:p label:y", "ce", ["celoss bce prob -> label"]),
    # weights
    ("weight:w height:f prob:p label:y", "bce", ["prob -> label --weight-column weight"]),
    # side by side, and alone in adding up to 1
    (
        "1:path 2:y3 3:p0 4:p1 5:p2 6:i",
        "ce-probs",
        ["3,4,5 -> 2"],
    ),
    # groups
    ("rf_prob_0:p0 rf_prob_1:p1 rf_prob_2:p2 xgb_prob_0:p2 xgb_prob_1:p0 xgb_prob_2:p1 y:y3", "ce-probs", []),
    ("a0:l0 a1:l1 b0:l2 b1:s y:y", "ce", ["a* -> y", "b* -> y"]),
    ("cat:l0 dog:l1 loss:l2 y:y", "ce", ["cat,dog -> y"]),
]


@pytest.mark.parametrize(("layout", "loss", "roles"), [*BINARY, *TOOLS])
def test_the_evidence_settles_it(layout: str, loss: str, roles: str) -> None:
    assert shown(given(layout, loss)) == roles


@pytest.mark.parametrize(("layout", "loss", "target"), CLASSES)
def test_the_classes_and_their_target(layout: str, loss: str, target: str) -> None:
    found = given(layout, loss)
    assert [found.names[i] for i in found.target] == [target]
    assert len(found.inputs) == 3
    assert found.labels in (("setosa", "versicolor", "virginica"), ("0", "1", "2"))


@pytest.mark.parametrize(("layout", "loss", "ways"), REFUSED)
def test_doubt_is_refused_with_the_readings(layout: str, loss: str, ways: list[str]) -> None:
    with pytest.raises(InputError) as told:
        given(layout, loss)
    offered = [str(way) for way in told.value.ways]
    assert offered
    assert {*ways} <= {_short(way) for way in offered}


def _short(way: str) -> str:
    """A way out as the table has it: ``prob -> label``."""
    way = way.replace("p_*", "p_setosa,p_versicolor,p_virginica")
    return way.replace("--class-columns ", "").replace(" --target-column ", " -> ")


@pytest.mark.parametrize(("layout", "loss", "ways"), REFUSED)
def test_each_way_out_settles_what_it_says(layout: str, loss: str, ways: list[str]) -> None:
    with pytest.raises(InputError) as told:
        given(layout, loss)
    for way in told.value.ways:
        options = dict(way.options)
        if "--targets" in options:
            continue
        choice = {
            "classes": options.get("--class-columns"),
            "target": options.get("--target-column"),
            "weight": options.get("--weight-column"),
            "positive": options.get("--positive"),
            "predicted": options.get("--predicted-column"),
        }
        other = {"ce": "ce-probs"}.get(way.command, way.command)
        found = given(
            layout, other or loss, **{key: value for key, value in choice.items() if value is not None}
        )
        assert found.inputs


def test_every_role_has_its_why() -> None:
    found = given("id:id age:f y_pred:d y_prob:p label:y sample_weight:w", "bce")
    assert found.described()["why"] == {
        "inputs": "the only number that speaks of a prediction",
        "target": "named so",
        "id": "it names the rows",
        "weight": "named so",
        "unused": {
            "age": "age is a feature",
            "y_pred": "a decision, and no number that says how likely it is",
        },
    }
    assert found.inferred == {"inputs": ("--class-columns", "y_prob")}


def test_a_copy_of_the_target_is_never_a_class() -> None:
    with pytest.raises(InputError):
        _with_copy("ce")
    assert shown(_with_copy("ce-probs")) == "a,b,c -> target"


def _with_copy(loss: str) -> Assignment:
    kind = "l" if loss == "ce" else "p"
    return given(f"a:{kind}0 b:{kind}1 c:{kind}2 target:y3 col5:y3", loss)


def test_what_is_seen_of_no_row_refuses_nothing() -> None:
    empty = [type(column).of(column.name, ()) for column in columns("a:l0 b:l1 pred:d y:y3")]
    assert shown(assign(empty, Wanted(per_class=True, takes="logits"))) == "a,b -> y"


def test_the_table_is_large_enough() -> None:
    assert len(BINARY) + len(CLASSES) + len(TOOLS) + len(REFUSED) >= 150
    assert {len(cells) for cells in CELLS.values()} == {5}
