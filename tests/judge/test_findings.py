"""Every finding: told where its mistake is planted, silent on sound data."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import each
from running import celoss

from celoss_cli.core.data import Batch
from celoss_cli.findings import FINDINGS
from celoss_cli.findings.facts import Finding
from celoss_cli.losses import LOSSES
from celoss_cli.losses.base import SAMPLE_WEIGHT
from celoss_cli.studies.diagnose import Diagnosis, diagnosis_of, examined

Planted = tuple[str, Any, Any, dict[str, Any]]


def diagnosis(
    command: str,
    x: Any,
    y: Any,
    *,
    ids: list[str] | None = None,
    notes: tuple[str, ...] = (),
    noticed: tuple[str, ...] = (),
    row_weights: Any = None,
    unused: tuple[str, ...] = (),
    **options: Any,
) -> Diagnosis:
    spec = LOSSES[command]
    loss = spec.made(**options)
    aligned = {} if row_weights is None else {SAMPLE_WEIGHT: np.asarray(row_weights, float)}
    batch = Batch(np.asarray(x), np.asarray(y), aligned, ids=ids)
    return diagnosis_of(
        spec,
        loss,
        examined(loss, [batch], 1),
        options={name: getattr(loss, name) for name in (*spec.options, *options)},
        source={"columns": {"notes": list(notes), "unused": list(unused)}, "files": ["preds.csv"]},
        noticed=noticed,
    )


def codes(found: Diagnosis) -> list[str]:
    return [finding.code for finding in found.findings]


def sound(rows: int = 300, classes: int = 4, seed: int = 0, scale: float = 2.0) -> tuple[Any, Any, Any]:
    """Logits, their probabilities, and targets drawn from these."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, classes)) * scale + random.normal(size=classes)
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    y = (random.random((rows, 1)) > p.cumsum(axis=1)).sum(axis=1).clip(0, classes - 1)
    return x, p, y


X, P, Y = sound()
LOG_P = np.log(P)
Z = X[:, 0]
G = 1 / (1 + np.exp(-Z))
T = (np.random.default_rng(1).random(len(Z)) < G).astype(float)
ONE_HOT = np.eye(4)[Y]


def changed(values: Any, where: Any, to: float) -> Any:
    copy = np.array(values)
    copy[where] = to
    return copy


PLANTED: dict[str, Planted] = {
    "CEL101": ("ce", X[:, :1], np.zeros(300, int), {}),
    "CEL102": ("ce", X, Y, {"noticed": ("other-input",)}),
    "CEL103": ("nll", X, Y, {}),
    "CEL104": ("ce", P, Y, {}),
    "CEL105": ("ce", LOG_P, Y, {}),
    "CEL106": ("nll", P, Y, {}),
    "CEL107": ("ce", np.exp(X) / np.exp(X).sum(axis=0), Y, {}),
    "CEL108": ("bce", Z, T, {}),
    "CEL109": ("bce-logits", G, T, {}),
    "CEL110": ("ce", P * 0.9, Y, {"input_is": "probs"}),
    "CEL111": ("ce", 100 * P, Y, {}),
    "CEL112": ("ce", X[:288].reshape(18, 4, 4, 4), Y[:288].reshape(18, 4, 4), {}),
    "CEL201": ("ce", X, ONE_HOT * 0.7, {}),
    "CEL202": ("bce-logits", Z, T * 2, {"noticed": ("out-of-domain",)}),
    "CEL203": ("ce", X, Y, {"noticed": ("out-of-domain-weight",), "weight": [1, 1, 1, -1]}),
    "CEL204": ("ce", X, Y + 1, {}),
    "CEL205": ("ce", X, changed(Y, slice(0, None, 7), 255), {}),
    "CEL206": ("ce", X, changed(Y, [3, 9], 17), {}),
    "CEL207": ("ce", X, np.full(300, 255), {"ignore_index": 255}),
    "CEL208": ("ce", X, np.full(300, 2), {}),
    "CEL209": ("ce", X[Y != 2], Y[Y != 2], {}),
    "CEL210": ("ce", X, ONE_HOT, {}),
    "CEL211": ("ce", X, Y, {"ids": [str(i % 299) for i in range(300)]}),
    "CEL212": ("ce", X, Y, {"notes": ("the columns are taken in the header's order",)}),
    "CEL213": ("ce", X, np.roll(Y, 1), {}),
    "CEL214": ("ce", X[:, [1, 2, 3, 0]], Y, {}),
    "CEL215": ("ce", -X, Y, {}),
    "CEL216": ("bce-logits", Z, 2 * T - 1, {}),
    "CEL217": ("ce", np.column_stack([X, X[:, 0] - 9]), Y + 1, {}),
    "CEL218": ("ce", X, Y, {"noticed": ("no-last-newline",)}),
    "CEL219": ("ce", X, Y, {"noticed": ("first-token",)}),
    "CEL220": ("ce", X, Y, {"noticed": ("missing-score",)}),
    "CEL221": ("ce", X, Y, {"noticed": ("censored",)}),
    "CEL222": ("ce", X, Y, {"noticed": ("certain",)}),
    "CEL223": ("ce", X, Y, {"noticed": ("prompt-tokens", "completion-tokens")}),
    "CEL224": ("ce", X, Y, {"noticed": ("failed-request",)}),
    "CEL225": ("ce", X, Y, {"noticed": ("repeated-document",)}),
    "CEL226": ("ce", X, Y, {"noticed": ("other-view",)}),
    "CEL227": ("ce", X, Y, {"noticed": ("sampled-probability",)}),
    "CEL228": ("ce", X, Y, {"noticed": ("least-written",)}),
    "CEL229": ("ce", X, Y, {"noticed": ("harness-agrees",)}),
    "CEL230": ("ce", X, Y, {"noticed": ("harness-differs",)}),
    "CEL231": ("ce", X, Y, {"noticed": ("inferred",)}),
    "CEL232": ("ce", X, Y, {"noticed": ("positive",)}),
    "CEL233": ("ce", X, Y, {"noticed": ("equal-choices",)}),
    "CEL301": ("bce", changed(G, 5, 1 - T[5]), T, {}),
    "CEL302": ("ce", changed(X, (4, 1), math.nan), Y, {}),
    "CEL303": ("bce", changed(G, 5, T[5]), T, {}),
    "CEL304": ("ce", changed(X, (4, 1), 65504), Y, {}),
    "CEL305": ("ce", X * 8, Y, {}),
    "CEL306": ("bce", changed(G, 5, (1 - T[5]) * (1 - 1e-9) + T[5] * 1e-9), T, {"convention": "keras"}),
    "CEL307": ("nll", changed(LOG_P, (4, Y[4]), -9999.0), Y, {}),
    "CEL308": ("ce", X, Y, {"noticed": ("infinite-loss",)}),
    "CEL309": ("ce", X, Y, {"noticed": ("nan-loss",)}),
    "CEL401": ("ce", X * 8, Y, {}),
    "CEL402": ("ce", np.zeros((400, 4)), changed(np.zeros(400, int), slice(0, 40), 1), {}),
    "CEL403": ("ce", X * 8, Y, {}),
    "CEL404": ("ce", X, Y, {"weight": [1, 2, 3, 4]}),
    "CEL405": ("ce", np.pad(X, ((0, 0), (0, 600)), constant_values=-20.0), Y, {}),
    "CEL406": ("ce", np.tile(np.log([0.4, 0.3, 0.2, 0.1]), (300, 1)), Y, {}),
    "CEL407": ("ce", X + np.log([20.0, 1, 1, 1]), Y, {}),
}


def told(code: str) -> Finding:
    command, x, y, options = PLANTED[code]
    found = {finding.code: finding for finding in diagnosis(command, x, y, **options).findings}
    assert code in found, f"{code} is not told, but {sorted(found)}"
    return found[code]


def test_the_ceiling_of_float16_is_no_other_marker() -> None:
    assert "CEL307" not in codes(diagnosis("ce", changed(X, ([4, 9], Y[[4, 9]]), -65504.0), Y))


def test_causes_come_before_what_follows_from_them_and_the_worst_first() -> None:
    assert codes(diagnosis("ce", 6 * X, Y)) == ["CEL403", "CEL401", "CEL305"]
    severities = [FINDINGS[code].severity for code in codes(diagnosis("ce", np.roll(X, 1, axis=1), Y))]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)


def test_a_mistake_is_planted_for_every_code() -> None:
    assert list(PLANTED) == list(FINDINGS)


@each("code", FINDINGS)
def test_a_planted_mistake_is_told_in_one_sentence_with_its_severity(code: str) -> None:
    found = told(code)
    assert found.severity == FINDINGS[code].severity
    assert found.count > 0
    assert "\n" not in found.message
    assert not found.message.endswith(".")


@pytest.mark.parametrize(
    ("command", "options", "instead"),
    [
        ("ce", {"input_is": "logits"}, "scikit-learn takes 2.2e-16 for 0 (36.04 nats)"),
        (
            "ce",
            {"input_is": "probs"},
            "scikit-learn takes 2.2e-16 for 0 (36.04 nats); Keras takes 1e-7 for 0 (16.12 nats); "
            "PyTorch's binary_cross_entropy stops at 100 nats",
        ),
        (
            "nll",
            {},
            "scikit-learn takes 2.2e-16 for 0 (36.04 nats); Keras takes 1e-7 for 0 (16.12 nats)",
        ),
        ("ce", {"input_is": "logits", "dtype": "float32"}, "scikit-learn takes 1.2e-7 for 0 (15.94 nats)"),
        ("ce", {"input_is": "logits", "weight": [1, 1, 1, 2]}, ""),  # log_loss has no weights of classes
    ],
)
def test_what_other_tools_make_of_0_is_what_they_make_of_this_input(
    command: str, options: dict[str, Any], instead: str
) -> None:
    values = P if options.get("input_is") == "probs" else X if command == "ce" else LOG_P
    found = diagnosis(command, values, Y, noticed=("infinite-loss",), **options).findings
    message = next(finding.message for finding in found if finding.code == "CEL308")
    assert message.partition(". Instead, ")[2] == instead


def test_the_first_row_whose_loss_is_nan_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nan.csv"
    path.write_text("id,y,a,b\nq,0,1,2\nr,9,nan,3\ns,0,nan,1\nt,0,-inf,1\n")
    words = ("ce", str(path), "--allow-nonfinite", "--ignore-index", "9", "--max", "10")
    done = celoss(*words, "--json")
    found = {finding["code"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert (done.returncode, found["CEL309"]["severity"], found["CEL309"]["count"]) == (1, "warning", 1)
    assert found["CEL309"]["evidence"] == {"first": "row 2 (id s)"}
    assert found["CEL308"]["evidence"] == {"first": "row 3 (id t)"}
    assert "CEL309: 1 target has a loss of nan; the first is row 2 (id s)" in celoss(*words).stderr


def test_diagnose_says_how_many_targets_its_accuracy_leaves_out(tmp_path: Path) -> None:
    path = tmp_path / "from_one.csv"
    rows = [",".join(map(str, (y + 1, *x))) for x, y in zip(X[:37], Y[:37], strict=True)]
    path.write_text("\n".join(["y,a,b,c,d", *rows]) + "\n")
    outside = int((Y[:37] == 3).sum())
    assert 1 < outside < 37
    said = " ".join(celoss("diagnose", str(path), "--loss", "ce").stdout.split())
    assert f"of {37 - outside} predictions, {outside} targets left out" in said
    assert "left out" not in celoss("diagnose", str(path), "--loss", "ce", "--ignore-index", "4").stdout


@pytest.mark.parametrize(("logit", "of_zero"), [("0", False), ("-inf", True)])
def test_a_product_with_a_weight_that_no_double_holds_is_no_probability_of_0(
    tmp_path: Path, logit: str, of_zero: bool
) -> None:
    """The losses are 1e300, 1.31 and, of the last row, ln 2 or infinite; the first weighs 1e200."""
    rows = f"id,logit_0,logit_1,target,weight\n1,1e300,1,1,1e200\n2,1,0,1,2\n3,{logit},0,0,1\n"
    (tmp_path / "p.csv").write_text(rows)
    done = celoss("ce", "p.csv", "--json", cwd=tmp_path)
    (found,) = (one for one in json.loads(done.stdout)["findings"] if one["code"] == "CEL308")
    assert "1 finite loss times a sample weight exceeded 1.8e308" in found["message"]
    assert ("1 target has probability 0" in found["message"]) is of_zero
    assert ("--convention all" in found["remedy"]) is of_zero
    assert found["count"] == 1 + of_zero


CONSEQUENCES = {
    "CEL101": {"CEL208"},
    "CEL104": {"CEL403"},
    "CEL106": {"CEL403"},
    "CEL107": {"CEL402"},
    "CEL109": {"CEL402"},
    "CEL208": {"CEL209", "CEL401", "CEL402", "CEL403"},
    "CEL213": {"CEL401"},
    "CEL214": {"CEL401"},
    "CEL215": {"CEL401"},
    "CEL202": {"CEL216"},
    "CEL203": {"CEL404"},
    "CEL301": {"CEL303", "CEL402"},
    "CEL302": {"CEL401"},
    "CEL304": {"CEL305", "CEL401"},
    "CEL305": {"CEL401", "CEL403"},
    "CEL401": {"CEL305", "CEL403"},
    "CEL112": {"CEL401"},
    "CEL307": {"CEL401", "CEL402"},
    "CEL402": {"CEL209", "CEL406"},
    "CEL406": {"CEL105", "CEL402", "CEL401"},
    "CEL407": {"CEL401", "CEL402"},
    "CEL111": {"CEL305", "CEL401", "CEL402"},
    "CEL217": {"CEL209", "CEL401", "CEL402", "CEL403"},
    "CEL403": {"CEL305", "CEL401"},
}
"""What else is true of data with a planted mistake."""


@each("code", FINDINGS)
def test_a_planted_mistake_is_told_as_itself_and_not_as_another(code: str) -> None:
    command, x, y, options = PLANTED[code]
    others = set(codes(diagnosis(command, x, y, **options))) - {code}
    assert others <= CONSEQUENCES.get(code, set())


@pytest.mark.parametrize(
    ("code", "evidence"),
    [
        ("CEL104", {"least_loss": math.log(1 + 3 / math.e), "largest_loss": math.log(3 + math.e)}),
        ("CEL107", {"sum_of_each_column": 1}),
        ("CEL205", {"value": 255}),
        ("CEL206", {"values": [17]}),
        ("CEL209", {"classes": [2]}),
        ("CEL211", {"first_row": 0, "same_as": 299}),
        ("CEL213", {"target_of": "next"}),
        ("CEL214", {"column_of_class": [3, 0, 1, 2]}),
        ("CEL303", {"exact": 1, "values": 300}),
        ("CEL403", {"temperature": 8.0}),
    ],
)
def test_the_evidence_names_what_was_planted(code: str, evidence: dict[str, Any]) -> None:
    found = told(code).evidence
    for name, expected in evidence.items():
        assert found[name] == (pytest.approx(expected) if isinstance(expected, float) else expected)


def mean_cost(logits: Any, y: Any) -> float:
    """-log softmax(x)[y], written out."""
    shifted_logits = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted_logits - np.log(np.exp(shifted_logits).sum(axis=1, keepdims=True))
    return float(-log_p[np.arange(len(y)), y].mean())


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        ("CEL213", "shifted_loss", mean_cost(X[:-1], np.roll(Y, 1)[1:])),
        ("CEL214", "reordered_loss", mean_cost(X, Y)),
        ("CEL215", "negated_loss", mean_cost(X, Y)),
        ("CEL403", "loss_at_temperature", mean_cost(X, Y)),
        ("CEL401", "loss", mean_cost(8 * X, Y)),
        ("CEL404", "plain", mean_cost(X, Y)),
    ],
)
def test_the_loss_of_the_other_reading_is_what_it_would_be(code: str, name: str, expected: float) -> None:
    assert told(code).evidence[name] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("CEL101", "celoss diagnose preds.csv --loss bce-logits"),
        ("CEL103", "celoss ce preds.csv"),
        ("CEL108", "celoss bce-logits preds.csv"),
        ("CEL109", "celoss bce preds.csv"),
        ("CEL205", "celoss ce preds.csv --ignore-index 255"),
        ("CEL209", "celoss ce preds.csv --by class"),
        ("CEL302", "celoss ce preds.csv --allow-nonfinite --worst 5"),
        ("CEL401", "celoss ce preds.csv --worst 10"),
        ("CEL402", "celoss ce preds.csv --by class"),
    ],
)
def test_the_remedy_is_a_command_over_the_same_file(code: str, remedy: str) -> None:
    assert told(code).remedy == remedy


@pytest.mark.parametrize(
    ("command", "x", "y", "options", "words", "loss"),
    [
        ("ce", 1000 * X, Y, {}, "the mean of 397.5 nats", mean_cost(1000 * X, Y)),
        ("ce", 1000 * X, Y, {"weight": [1, 2, 3, 4]}, "the mean of at least ", None),
        ("ce", changed(X, (np.arange(200), Y[:200]), -np.inf), Y, {}, "an infinite mean", None),
        ("bce", 1 - np.round(G), T, {}, "the mean of 83.67 nats", 100 * float(np.mean(np.round(G) == T))),
    ],
)
def test_a_mean_is_the_one_computed_or_what_is_known_of_it(
    command: str, x: Any, y: Any, options: dict[str, Any], words: str, loss: float | None
) -> None:
    (finding,) = [found for found in diagnosis(command, x, y, **options).findings if found.code == "CEL401"]
    assert finding.message.startswith(f"{words}")
    assert finding.evidence["loss"] == (loss if loss is None else pytest.approx(loss))


def test_a_clamp_that_saves_the_mean_is_no_loss_worse_than_guessing() -> None:
    x, y = np.tile(G, 10), np.tile(T, 10)
    found = codes(diagnosis("bce", changed(x, 5, 1 - y[5]), y))
    assert found == ["CEL301", "CEL303"]


@pytest.mark.parametrize(
    ("command", "x", "y", "remedy"),
    [
        ("soft-margin", Z, T, "celoss bce-logits preds.csv"),
        ("bce-logits", Z, 2 * T - 1, "celoss soft-margin preds.csv"),
        ("bce", G, 2 * T - 1, "write 0 in place of -1"),
        ("bce-logits", Z, T + 1, "subtract 1 from every target"),
        (
            "bce",
            G,
            changed(T, slice(0, 20), 255),
            "leave these rows out of the data: a binary loss has no ignore_index",
        ),
        ("bce", G, T * 7, ""),
    ],
)
def test_labels_of_another_loss_are_told_and_nothing_is_concluded_from_them(
    command: str, x: Any, y: Any, remedy: str
) -> None:
    (finding,) = diagnosis(command, x, y).findings
    assert (finding.code, finding.severity, finding.remedy) == ("CEL216", "error", remedy)


@pytest.mark.parametrize(
    ("x", "remedy"), [(-LOG_P, "change the sign of the input"), (X, "celoss ce preds.csv")]
)
def test_what_is_no_log_probability_is_not_held_against_other_readings(x: Any, remedy: str) -> None:
    (finding,) = diagnosis("nll", x, Y).findings
    assert (finding.code, finding.remedy) == ("CEL103", remedy)


def test_one_class_is_not_sent_to_another_loss_of_classes() -> None:
    found = diagnosis("nll", X[:, :1], np.zeros(len(X))).findings
    assert {finding.code: finding.remedy for finding in found}["CEL103"] == ""


def test_log_probabilities_by_name_are_as_harmless_as_without() -> None:
    assert codes(diagnosis("ce", LOG_P, Y, noticed=("other-input",))) == ["CEL105"]


def test_what_else_changes_the_mean_is_not_put_down_to_weights() -> None:
    assert "CEL404" in codes(diagnosis("ce", X, Y, weight=np.array([1.0, 2, 3, 4])))
    assert "CEL404" not in codes(diagnosis("ce", X, Y, weight=np.ones(4), label_smoothing=0.1))


# ------------------------------------------------------------------------------------- no false alarm


SOUND: list[tuple[str, Callable[[Any, Any, Any], tuple[Any, Any]]]] = [
    ("ce", lambda x, p, y: (x, y)),
    ("nll", lambda x, p, y: (np.log(p), y)),
    ("bce", lambda x, p, y: (1 - p[:, 0], (y > 0).astype(float))),
    ("bce-logits", lambda x, p, y: (np.log1p(-p[:, 0]) - np.log(p[:, 0]), (y > 0).astype(float))),
    ("soft-margin", lambda x, p, y: (np.log1p(-p[:, 0]) - np.log(p[:, 0]), np.where(y > 0, 1, -1))),
]


@pytest.mark.slow
@pytest.mark.parametrize(("command", "form"), SOUND, ids=[command for command, _ in SOUND])
def test_random_sound_data_raises_no_warning(command: str, form: Callable[..., Any]) -> None:
    """200 data sets for each of five losses: 1,000 inputs, of 1 to 300 rows and 2 to 20 classes."""
    random = np.random.default_rng(LOSSES[command].name.__len__())
    alarms = []
    for seed in range(200):
        rows, classes = int(random.integers(1, 300)), int(random.integers(2, 20))
        x, p, y = sound(rows, classes, seed, float(10 ** random.uniform(-1, 1)))
        found = diagnosis(command, *form(x, p, y))
        alarms += [(seed, finding) for finding in found.findings if finding.severity != "note"]
    assert not alarms


def data_sets() -> dict[str, tuple[Any, Any]]:
    """Real data that scikit-learn ships; numbers to predict are cut at their median."""
    datasets = pytest.importorskip("sklearn.datasets")
    found = {
        load.__name__: load(return_X_y=True)
        for load in (
            datasets.load_iris,
            datasets.load_wine,
            datasets.load_breast_cancer,
            datasets.load_digits,
        )
    }
    features, measure = datasets.load_diabetes(return_X_y=True)
    found["load_diabetes"] = features, (measure > np.median(measure)).astype(int)
    features, measures = datasets.load_linnerud(return_X_y=True)
    found["load_linnerud"] = features, (measures[:, 0] > np.median(measures[:, 0])).astype(int)
    return found


@pytest.fixture(scope="module")
def fitted() -> dict[str, tuple[Any, Any]]:
    """Held-out probabilities and targets of two kinds of models on six real data sets."""
    pytest.importorskip("sklearn")
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    models = {
        "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
        "boosting": HistGradientBoostingClassifier(max_iter=10, min_samples_leaf=5),
    }
    return {
        f"{name} {kind}": (cross_val_predict(model, x, y, method="predict_proba", cv=3), y)
        for name, (x, y) in data_sets().items()
        for kind, model in models.items()
        if not (kind == "boosting" and name == "load_digits")
    }


@pytest.mark.slow
def test_models_of_real_data_raise_no_warning(fitted: dict[str, tuple[Any, Any]]) -> None:
    alarms = []
    for name, (p, y) in fitted.items():
        inputs = [("nll", np.log(p), y), ("ce", np.log(p) + 3, y)]
        if p.shape[1] == 2:
            inputs += [("bce", p[:, 1], y.astype(float)), ("bce-logits", np.log(p[:, 1] / p[:, 0]), y * 1.0)]
        for command, values, targets in inputs:
            found = diagnosis(command, values, targets)
            alarms += [(name, command, finding) for finding in found.findings if finding.severity != "note"]
    assert not alarms


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_few_rows_are_no_evidence(rows: int) -> None:
    assert not codes(diagnosis("ce", X[:rows], Y[:rows]))


# --------------------------------------------------------------------------------- what goes unnoticed


def test_sound_rows_with_masked_classes_are_sound() -> None:
    masked = changed(X, (slice(None), 3), -math.inf)
    keep = Y != 3
    assert codes(diagnosis("ce", masked[keep], Y[keep])) == ["CEL209"]


def test_targets_sorted_by_class_are_not_shifted() -> None:
    order = np.argsort(Y, kind="stable")
    assert not codes(diagnosis("ce", X[order], Y[order]))


def test_equal_logits_are_no_softmax_over_the_rows() -> None:
    """Their exponentials sum to a whole number in every column."""
    assert codes(diagnosis("ce", np.zeros((40, 4)), np.arange(40) % 4)) == ["CEL406"]


def test_the_loss_without_the_clamp_is_told() -> None:
    p, t = changed(G, 5, 1e-60), changed(T, 5, 1)
    message = diagnosis("bce", p, t).findings[0].message
    plain = float(np.mean(-np.where(t == 1, np.log(p), np.log1p(-p))))
    assert message.startswith(
        f"1 logarithm hit the clamp at -100; without it the plain mean is {plain:.4g} nats"
    )


# ------------------------------------------------------------------- what is said is right (REVIEWED.md)


def test_a_shift_of_predictions_that_know_their_own_targets_is_none() -> None:
    """Persistence with a certainty fits the target before perfectly, and its own in nine of ten rows."""
    y = (np.cumsum(np.random.default_rng(3).random(400) > 0.9) % 2).astype(float)
    said = np.concatenate([[0.5], y[:-1]])
    assert "CEL213" not in codes(diagnosis("bce", said, y))
    assert "CEL213" in codes(diagnosis("ce", X, np.roll(Y, 1)))


def test_the_other_sign_comes_before_an_order_that_fits_less_well() -> None:
    """Negated, two columns may seem to be exchanged; what explains best is told alone."""
    random = np.random.default_rng(0)
    y = random.integers(0, 3, 500)
    x = 4.0 * np.eye(3)[y] + random.normal(0, 0.5, (500, 3)) - 2 * np.eye(3)[(y + 1) % 3]
    found = codes(diagnosis("ce", -x, y))
    assert "CEL215" in found
    assert "CEL214" not in found


def test_more_classes_than_are_compared_are_told() -> None:
    x = np.random.default_rng(0).normal(0, 1, (50, 600))
    found = {finding.code: finding for finding in diagnosis("ce", 3 * x, x.argmax(axis=1)).findings}
    finding = found["CEL405"]
    assert finding.severity == "note"
    assert "the order of 600 classes" in finding.message


@pytest.mark.parametrize("classes", [20, 600, 1000])
def test_labels_from_1_are_named_with_many_classes_too(classes: int) -> None:
    """Also where the last class does not occur, so that no label is outside."""
    random = np.random.default_rng(1)
    y = random.integers(0, classes - 1, 400)
    x = 6.0 * np.eye(classes)[y] + random.normal(0, 1, (400, classes))
    found = {finding.code: finding for finding in diagnosis("ce", x, y + 1).findings}
    assert found["CEL217"].severity == "error"
    assert found["CEL217"].evidence["moved_loss"] == pytest.approx(mean_cost(x, y), rel=1e-5)
    assert "CEL214" not in found
    assert "CEL217" not in codes(diagnosis("ce", x, y))


def of_many(classes: int, rows: int) -> tuple[Any, Any]:
    """Logits that are mostly right, of few frequent classes of many, and the targets."""
    random = np.random.default_rng(classes)
    y = np.minimum(random.zipf(1.3, rows) - 1, classes - 2)
    x = random.normal(size=(rows, classes)).astype(np.float32)
    x[np.arange(rows), y] += 8
    return x, y


@pytest.mark.parametrize(("classes", "rows"), [(20, 300), (600, 400), (40_000, 40)])
def test_targets_that_do_not_count_a_first_class_are_named_at_any_width(classes: int, rows: int) -> None:
    x, y = of_many(classes, rows)
    moved = np.roll(x, 1, axis=1)
    found = {finding.code: finding for finding in diagnosis("ce", moved, y).findings}
    assert found["CEL217"].severity == "error"
    assert found["CEL217"].evidence["by"] == 1
    assert found["CEL217"].evidence["moved_loss"] == pytest.approx(mean_cost(x.astype(float), y), rel=1e-5)
    assert "CEL214" not in found
    assert not {"CEL214", "CEL217"} & set(codes(diagnosis("ce", x, y)))


@pytest.mark.parametrize("by", [-1, 1])
def test_many_classes_that_are_all_turned_by_one_are_named(by: int) -> None:
    random = np.random.default_rng(2)
    y = random.permutation(600)
    x = 9.0 * np.eye(600)[y] + random.normal(size=(600, 600))
    found = {finding.code: finding for finding in diagnosis("ce", np.roll(x, by, axis=1), y).findings}
    assert found["CEL214"].evidence["by"] == by
    assert found["CEL214"].evidence["reordered_loss"] == pytest.approx(mean_cost(x, y), rel=1e-5)
    assert "CEL217" not in found


@pytest.mark.parametrize("classes", [600, 3000])
def test_another_order_of_many_classes_is_named_by_the_largest(classes: int) -> None:
    x, y = of_many(classes, 800)
    order = np.random.default_rng(3).permutation(classes)
    place = np.argsort(order)
    found = {finding.code: finding for finding in diagnosis("ce", x[:, order], y).findings}
    targets, columns = found["CEL214"].evidence["targets"], found["CEL214"].evidence["columns"]
    assert len(targets) > 10
    assert columns == place[targets].tolist()
    order = np.arange(classes)
    order[[0, 1]] = 1, 0
    found = {finding.code: finding for finding in diagnosis("ce", x[:, order], y).findings}
    assert found["CEL214"].evidence["targets"] == [0, 1]
    assert found["CEL214"].evidence["columns"] == [1, 0]


def test_many_classes_whose_targets_are_of_other_rows_are_not_put_in_another_order() -> None:
    x, y = of_many(1000, 800)
    for seed in range(5):
        shuffled = np.random.default_rng(seed).permutation(y)
        assert not {"CEL214", "CEL217"} & set(codes(diagnosis("ce", x, shuffled)))
    assert not {"CEL214", "CEL217"} & set(codes(diagnosis("ce", -x, y)))


@pytest.mark.parametrize("value", [1.0000001192092896, -1e-9])
def test_a_probability_that_rounding_took_outside_is_told_as_that(value: float) -> None:
    (finding,) = [
        found for found in diagnosis("bce", changed(G, 5, value), T).findings if found.code == "CEL108"
    ]
    assert (finding.severity, finding.count) == ("warning", 1)
    assert "rounding" in finding.message
    assert "clip" in finding.remedy


def test_kl_of_probabilities_is_told_how_it_takes_them() -> None:
    (finding,) = [found for found in diagnosis("kl", P, P[::-1]).findings if found.code == "CEL103"]
    assert "for logits use ce" not in finding.message
    assert finding.remedy == "celoss kl preds.csv --input-is probs"
    assert "CEL103" not in codes(diagnosis("kl", P, P[::-1], input_is="probs"))


def test_targets_of_kl_that_are_no_distributions_are_told() -> None:
    assert "CEL201" in codes(diagnosis("kl", LOG_P, P * 0.7))
    assert "CEL201" not in codes(diagnosis("kl", LOG_P, P[::-1]))
    assert "CEL201" not in codes(diagnosis("kl", LOG_P, LOG_P[::-1], log_target=True))
    (finding,) = [found for found in diagnosis("kl", LOG_P, LOG_P[::-1]).findings if found.code == "CEL201"]
    assert finding.remedy == "celoss kl preds.csv --log-target"


def test_targets_of_several_ones_are_sent_to_binary_questions() -> None:
    several = changed(ONE_HOT, (slice(0, None, 3), 0), 1.0)
    (finding,) = [found for found in diagnosis("ce", X, several).findings if found.code == "CEL201"]
    assert finding.remedy == "celoss bce-logits preds.csv"


def test_one_column_of_log_probabilities_is_no_distribution() -> None:
    assert "CEL103" not in codes(diagnosis("nll", LOG_P[:, :1], np.zeros(len(X), int)))


def test_sums_are_held_to_the_digits_of_their_terms() -> None:
    row = np.array([[0.020, 0.753, 0.226]] * 9)
    assert "CEL110" not in codes(diagnosis("ce", row, np.ones(9, int), input_is="probs"))
    assert "CEL110" in codes(diagnosis("ce", row * 0.997, np.ones(9, int), input_is="probs"))
    assert "CEL103" not in codes(diagnosis("nll", LOG_P.round(2), Y))
    assert "CEL103" in codes(diagnosis("nll", LOG_P.round(2) - 0.1, Y))


def test_an_infinite_mean_of_rounded_probabilities_says_where_it_comes_from() -> None:
    p = changed(changed(P, (7, Y[7]), 0.0), (9, Y[9]), 0.0)
    found = diagnosis("ce", p, Y, input_is="probs").findings
    (finding,) = [finding for finding in found if finding.code == "CEL303"]
    assert finding.evidence["impossible"] == 2
    assert finding.evidence["first_row"] == 7
    assert "2 targets got the probability 0, first in row 7" in finding.message
    assert "36.04 in scikit-learn" in finding.message  # -ln 2**-52
    assert "16.12 in Keras" in finding.message  # -ln 1e-7
    assert not {"CEL401", "CEL402"} & {finding.code for finding in found}


def test_identifiers_of_a_bootstrap_sample_are_a_note() -> None:
    drawn = [str(row) for row in np.random.default_rng(0).integers(0, 300, 300)]
    (finding,) = [found for found in diagnosis("ce", X, Y, ids=drawn).findings if found.code == "CEL211"]
    assert finding.severity == "note"
    assert told("CEL211").severity == "warning"


@each("column", ["model", "Model_Name", "cv fold", "variant"])
@each("layout", ["one below the other", "row by row"])
def test_a_long_format_is_a_note_that_names_the_column(column: str, layout: str) -> None:
    ids = [str(row % 100 if layout == "one below the other" else row // 3) for row in range(300)]
    found = diagnosis("ce", X, Y, ids=ids, unused=("text", column)).findings
    (finding,) = [finding for finding in found if finding.code == "CEL211"]
    assert (finding.severity, finding.count) == ("note", 200)
    assert finding.message.startswith(f'each of 100 identifiers occurs 3 times, and the column "{column}" ')
    assert finding.remedy == shlex.join(["celoss", "ce", "preds.csv", "--by", column])
    assert (finding.evidence["identifiers"], finding.evidence["times"]) == (100, 3)


@pytest.mark.parametrize(
    ("ids", "unused"),
    [
        ([str(row % 100) for row in range(300)], ("text", "price", "prob_of_model")),  # none tells them apart
        ([str(row % 290) for row in range(300)], ("model",)),  # a few rows twice
        (["7"] * 300, ("model",)),  # one identifier names nothing
    ],
)
def test_other_repeated_identifiers_are_a_warning(ids: list[str], unused: tuple[str, ...]) -> None:
    (finding,) = [
        found for found in diagnosis("ce", X, Y, ids=ids, unused=unused).findings if found.code == "CEL211"
    ]
    assert finding.severity == "warning"
    assert finding.remedy == ""


def test_a_text_of_doubt_is_told_as_it_is() -> None:
    assert told("CEL212").message == "the columns are taken in the header's order"


def test_all_ignored_has_no_loss_and_says_so() -> None:
    command, x, y, options = PLANTED["CEL207"]
    found = diagnosis(command, x, y, **options)
    assert found.value is None
    assert found.accuracy is None
    assert told("CEL207").message == "all 300 targets are 255, which is left out"


# ------------------------------------------------------------------------- losses that are not -log p


def softmax(x: Any) -> Any:
    e = np.exp(np.asarray(x, float))
    return e / e.sum(axis=-1, keepdims=True)


SHUFFLED = np.random.default_rng(3).permutation(200)
SURE_AND_WRONG = np.array([[0.6, 0.2, 0.2]] * 180 + [[1.0, 1e-30, 1e-30]] * 20)[SHUFFLED]
CAME = np.array([0] * 180 + [1] * 20)[SHUFFLED]


def test_a_brier_score_is_held_against_that_of_guessing_and_not_against_nats() -> None:
    score = ((SURE_AND_WRONG - np.eye(3)[CAME]) ** 2).sum(axis=1).mean()
    assert score < 1 - 1 / 3
    assert "CEL401" not in codes(diagnosis("brier", SURE_AND_WRONG, CAME))
    assert "CEL401" in codes(diagnosis("ce", SURE_AND_WRONG, CAME, input_is="probs"))


@pytest.mark.parametrize(
    ("command", "cost", "unit"),
    [
        ("brier", lambda p, y: ((p - np.eye(p.shape[1])[y]) ** 2).sum(axis=1), ""),
        (
            "focal",
            lambda p, y: -((1 - p[np.arange(len(y)), y]) ** 2) * np.log(p[np.arange(len(y)), y]),
            " nats",
        ),
    ],
)
def test_what_is_worse_than_guessing_is_told_in_the_losses_own_numbers(
    command: str, cost: Callable[[Any, Any], Any], unit: str
) -> None:
    p = softmax(8 * X)
    found = diagnosis(command, p if command == "brier" else 8 * X, (Y + 1) % 4)
    told = {finding.code: finding for finding in found.findings}["CEL401"]
    assert told.evidence["loss"] == pytest.approx(cost(p, (Y + 1) % 4).mean(), rel=1e-5)
    assert told.evidence["guessing"] == pytest.approx(cost(np.full((1, 4), 0.25), np.array([0]))[0])
    assert told.message.startswith(f"the mean of {told.evidence['loss']:.4g}{unit} is worse than guessing")


def test_a_brier_score_is_held_against_that_of_the_frequencies() -> None:
    p = np.full((400, 4), 0.25)
    p[0] += [0.01, -0.01, 0, 0]
    y = changed(np.zeros(400, int), slice(0, 40), 1)
    told = {finding.code: finding for finding in diagnosis("brier", p, y).findings}["CEL402"]
    assert told.evidence["frequencies"] == pytest.approx(2 * 0.9 * 0.1)
    assert "nats" not in told.message


def test_readings_of_a_brier_score_are_compared_by_their_log_likelihood_and_say_so() -> None:
    told = {finding.code: finding for finding in diagnosis("brier", P, np.roll(Y, 1)).findings}["CEL213"]
    assert "the mean -log p is " in told.message


def test_a_weighted_brier_score_is_not_compared_with_nats() -> None:
    assert "CEL404" not in codes(diagnosis("brier", P, Y, weight=[1, 2, 3, 4]))


@pytest.mark.parametrize(
    ("command", "options", "remedy", "cost"),
    [
        (
            "brier",
            {"input_is": "logits"},
            "celoss brier preds.csv",
            lambda p, y: ((p - np.eye(4)[y]) ** 2).sum(axis=1),
        ),
        (
            "focal",
            {},
            "take the logarithm of the input",
            lambda p, y: -((1 - p[np.arange(2), y]) ** 2) * np.log(p[np.arange(2), y]),
        ),
    ],
)
def test_probabilities_as_logits_lead_to_the_same_loss_of_them(
    command: str, options: dict[str, Any], remedy: str, cost: Callable[[Any, Any], Any]
) -> None:
    (told,) = (one for one in diagnosis(command, P, Y, **options).findings if one.code == "CEL104")
    low, high = cost(softmax(np.eye(4)[:2]), np.array([0, 0]))
    assert (told.evidence["least_loss"], told.evidence["largest_loss"]) == pytest.approx((low, high))
    assert told.remedy == remedy
    assert "cross entropy" not in told.message


@pytest.mark.parametrize("options", [{"label_smoothing": 0.1}, {"weight": [1, 2, 3, 4]}])
def test_the_range_of_a_second_softmax_is_told_of_the_plain_loss_alone(options: dict[str, Any]) -> None:
    (told,) = (one for one in diagnosis("ce", P, Y, **options).findings if one.code == "CEL104")
    assert "between" not in told.message


@pytest.mark.parametrize(
    ("command", "options", "remedy"),
    [
        ("brier-binary", {"input_is": "logits"}, "celoss brier-binary preds.csv"),
        ("focal-binary", {}, "take log(p / (1 - p)) of the input"),
    ],
)
def test_probabilities_as_logits_of_yes_or_no_lead_to_the_same_loss(
    command: str, options: dict[str, Any], remedy: str
) -> None:
    (told,) = (one for one in diagnosis(command, G, T, **options).findings if one.code == "CEL109")
    assert told.remedy == remedy


@pytest.mark.parametrize("decimals", [1, 2, 3, 6])
def test_log_probabilities_are_as_exact_as_their_digits(decimals: int) -> None:
    """Each of them is off by half a unit of its last digit at most; logits with as many digits are none."""
    draw = np.random.default_rng(decimals)
    x = draw.normal(size=(400, 3)) * 1.5
    exact = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
    y = draw.integers(0, 3, len(x))
    assert "CEL103" not in codes(diagnosis("nll", np.round(exact, decimals), y))
    assert "CEL103" in codes(diagnosis("nll", np.round(x, decimals), y))
