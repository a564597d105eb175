"""Layouts of tools and habits that the other modules do not have, written before any of them was tried."""

from __future__ import annotations

import io
import json

import numpy as np
from corpus import (
    CLASSES,
    DUMPS,
    LOGIT_CLASSES,
    LOGITS,
    NAMES,
    PROBS,
    SPECIES,
    ce_logits,
    dump,
    refused,
    right,
    table,
)
from shapes import BEST, EACH, THREE, TWO, P, S, T, three, two

YES = ["no", "yes"]


def make() -> None:
    """Writes the dumps and their cases."""
    classes()
    answers()
    other_languages()
    arrays_and_json()


def classes() -> None:
    """Tables with a column for each class."""
    best = [max(p) for p in P]
    each = range(len(P))
    names = list(SPECIES)
    dump("autogluon-proba.csv", table(["", *names], [[i, *P[i]] for i in each]))
    dump("autogluon-test.csv", table(["sepal", "species"], [[5.1 + i, NAMES[i]] for i in each]))
    right(
        "ce --input-is probs autogluon-proba.csv --targets @autogluon-test.csv",
        THREE,
        "layout by the documentation of AutoGluon: predict_proba, and the table that was predicted",
    )
    header = ["species", "species_predictions", "species_probability"]
    rows = [[NAMES[i], BEST[i], best[i], *P[i]] for i in each]
    three(
        "ludwig-classes.csv",
        [*header, *(f"species_probabilities_{name}" for name in names)],
        rows,
        "layout by the documentation of Ludwig: predictions of a category",
    )
    dump(
        "ludwig-list.csv",
        table([*header, "species_probabilities"], [[NAMES[i], BEST[i], best[i], f'"{P[i]}"'] for i in each]),
    )
    refused(
        "ce --input-is probs ludwig-list.csv",
        "nothing says which value of a list is whose",
        [],
        "layout by the documentation of Ludwig: lists in cells",
    )
    three(
        "matlab.csv",
        ["Y", "score_1", "score_2", "score_3"],
        [[CLASSES[i] + 1, *P[i]] for i in each],
        "layout by the documentation of MATLAB: writetable of the scores of predict",
    )
    three(
        "mlj.csv",
        ["y", *(f"pdf_{name}" for name in names)],
        [[NAMES[i], *P[i]] for i in each],
        "layout by the documentation of Julia's MLJ: pdf of each level",
    )
    three(
        "automl-tables.csv",
        ["sepal", "species", *(f"species_{name}_score" for name in names)],
        [[5.1, NAMES[i], *P[i]] for i in each],
        "layout by the documentation of Google AutoML Tables",
    )
    three(
        "brackets.tsv",
        ["#sample", "truth", *(f"P({name})" for name in names)],
        [[f"s{i}", NAMES[i], *P[i]] for i in each],
        "a script of bioinformatics: a header with its mark, tabs",
        "\t",
    )
    rows = [[i, *x, y] for i, (x, y) in enumerate(zip(LOGITS.tolist(), LOGIT_CLASSES.tolist(), strict=True))]
    dump("lightning.csv", table(["", "0", "1", "2", "labels"], rows))
    right("ce lightning.csv", ce_logits(LOGITS, LOGIT_CLASSES), "PyTorch Lightning: predictions by pandas")
    rows = [[f"{i}.jpg", NAMES[i], BEST[i], round(-np.log(P[i][CLASSES[i]]), 4), best[i]] for i in each]
    dump("fastai.csv", table(["fname", "actual", "predicted", "loss", "probability"], rows))
    refused(
        "ce --input-is probs fastai.csv", "a probability of the class predicted", [], "fastai: top losses"
    )
    rows = [[f"{i}.jpg", NAMES[i], BEST[i], best[i]] for i in each]
    dump("yolo-classes.csv", table(["image", "label", "top1", "conf"], rows))
    refused("ce --input-is probs yolo-classes.csv", "a confidence", [], "Ultralytics: classification")


def answers() -> None:
    """Tables with a probability of one answer."""
    rows = [[("R", "M")[d], ("R", "M")[t], s, n, i + 1, 2, "Fold1"] for i, (d, t, s, n) in enumerate(EACH)]
    dump("caret.csv", table(["pred", "obs", "M", "R", "rowIndex", "mtry", "Resample"], rows))
    right("ce --input-is probs caret.csv", TWO, "layout by the documentation of R's caret: savePredictions")
    two(
        "tidymodels-row.csv",
        [".pred_no", ".pred_yes", ".row", ".pred_class", "churn", ".config"],
        [[n, s, i + 1, YES[d], YES[t], "pre0_mod1"] for i, (d, t, s, n) in enumerate(EACH)],
        "layout by the documentation of tidymodels: collect_predictions",
    )
    two(
        "spss.csv",
        ["id", "default", "PRE_1", "PGR_1"],
        [[i + 1, t, s, d] for i, (d, t, s, _) in enumerate(EACH)],
        "layout by the documentation of SPSS: saved probabilities and groups",
    )
    two(
        "stata.csv",
        ["make", "foreign", "phat"],
        [[f'"AMC {i}"', t, s] for i, (_, t, s, _) in enumerate(EACH)],
        "Stata: predict phat, export delimited",
    )
    two(
        "dataiku.csv",
        ["customer", "churn", "proba_0", "proba_1", "prediction", "prediction_correct"],
        [[f"c{i}", t, n, s, d, str(d == t).lower()] for i, (d, t, s, n) in enumerate(EACH)],
        "layout by the documentation of Dataiku: the evaluation recipe",
    )
    two(
        "alteryx.csv",
        ["Customer", "Churn", "Score_No", "Score_Yes"],
        [[i, ("No", "Yes")[t], n, s] for i, (_, t, s, n) in enumerate(EACH)],
        "layout by the documentation of Alteryx: the score tool",
    )
    two(
        "qlik.csv",
        ["AccountID", "churn", "churn_predicted", "churn_no", "churn_yes"],
        [[f"A{i}", YES[t], YES[d], n, s] for i, (d, t, s, n) in enumerate(EACH)],
        "layout by the documentation of Qlik AutoML",
    )
    rows = [["FT"[t], "FT"[d], max(s, n), s] for d, t, s, n in EACH]
    dump("modeler.csv", table(["churn", "$R-churn", "$RC-churn", "$RP-churn"], rows))
    refused(
        "bce modeler.csv",
        "$RC is a confidence and $RP a propensity, which names do not say",
        [TWO],
        "layout by the documentation of SPSS Modeler",
    )
    two(
        "spreadsheet.csv",
        ["Loan", "Actual (1/0)", "P(default)"],
        [[1000 + i, t, s] for i, (_, t, s, _) in enumerate(EACH)],
        "a spreadsheet of credit risk",
    )
    two("roc.csv", ["response", "predictor"], [[t, s] for _, t, s, _ in EACH], "R: data for pROC")
    two(
        "cross-validated.csv",
        ["y_true", "proba_class0", "proba_class1", "fold"],
        [[t, n, s, i % 2] for i, (_, t, s, n) in enumerate(EACH)],
        "scikit-learn: cross_val_predict",
    )
    two(
        "glm.csv",
        ['""', '"y"', '"fitted"'],
        [[f'"{i + 1}"', t, s] for i, (_, t, s, _) in enumerate(EACH)],
        "R: write.csv of the fitted values of glm",
    )
    two(
        "clinical.csv",
        ["PatientID", "Age", "Outcome", "RiskScore"],
        [[f"P{i}", 40 + 3 * i, t, s] for i, (_, t, s, _) in enumerate(EACH)],
        "a clinical score",
    )
    two(
        "churned.csv",
        ["customer_id", "churned", "p_churn"],
        [[i + 1, "ft"[t], s] for i, (_, t, s, _) in enumerate(EACH)],
        "a table of PostgreSQL: truth values, and the target as a participle",
    )
    dump("kaggle-score.csv", table(["id", "target"], [[i + 7, s] for i, s in enumerate(S)]))
    rows = [[i + 7, t, ("Private", "Public")[i % 2]] for i, t in enumerate(T)]
    dump("kaggle-solution.csv", table(["id", "target", "Usage"], rows))
    right("bce kaggle-score.csv --targets @kaggle-solution.csv", TWO, "Kaggle: a solution with its usage")
    dump("pairs.txt", table(None, [[t, s] for _, t, s, _ in EACH], " "))
    right("bce pairs.txt", TWO, "a loop that prints the target and the probability")


def other_languages() -> None:
    """Headers and answers in other languages."""
    rows = [[i, ("Não", "Sim")[t], _comma(s), _comma(n)] for i, (_, t, s, n) in enumerate(EACH)]
    dump("brasil.csv", table(["Cliente", "Classe", "Prob. Sim", "Prob. Não"], rows, ";"))
    right("bce brasil.csv", TWO, "a spreadsheet in Portuguese: the columns name the answers")
    rows = [[i, ("nein", "ja")[t], _comma(s)] for i, (_, t, s, _) in enumerate(EACH)]
    dump("deutsch.csv", table(["Kunde", "Klasse", "Wahrscheinlichkeit"], rows, ";"))
    refused("bce deutsch.csv", "ja and nein are no pair that is known", [TWO], "a spreadsheet in German")
    two(
        "chinese.csv",
        ["\u7f16\u53f7", "\u6807\u7b7e", "\u6982\u7387"],
        [[i + 1, t, s] for i, (_, t, s, _) in enumerate(EACH)],
        "headers in Chinese: number, label, probability",
    )


def arrays_and_json() -> None:
    """JSON and NPZ."""
    each = range(len(P))
    lines = [
        json.dumps({"text": f"t {i}", "cats": dict(zip(SPECIES, P[i], strict=True)), "label": NAMES[i]})
        for i in each
    ]
    dump("spacy.jsonl", "\n".join([*lines, ""]))
    right("ce --input-is probs spacy.jsonl", THREE, "layout by the documentation of spaCy: doc.cats")
    logs = np.log(PROBS).tolist()
    lines = [
        json.dumps(
            {"id": f"q{i}", "answer": "ABC"[CLASSES[i]], "logprobs": dict(zip("ABC", logs[i], strict=True))}
        )
        for i in each
    ]
    dump("choices.jsonl", "\n".join([*lines, ""]))
    right("nll choices.jsonl", THREE, "multiple choice: log-probabilities by the letter of the answer")
    columns = ["id", "truth", "guess", *(f"score_{name}" for name in SPECIES)]
    data = [[i, NAMES[i], BEST[i], *P[i]] for i in each]
    dump("wandb.json", json.dumps({"columns": columns, "data": data}))
    right("ce --input-is probs wandb.json", THREE, "layout by the documentation of Weights & Biases: a table")
    found = {
        "y_true": CLASSES.tolist(),
        "y_pred": PROBS.argmax(axis=1).tolist(),
        "y_pred_proba": P,
        "accuracy": 0.5,
    }
    dump("metrics.json", json.dumps(found))
    right("ce --input-is probs metrics.json", THREE, "a script that saves all of a test run")
    packed = io.BytesIO()
    np.savez(packed, PROBS, CLASSES)
    (DUMPS / "arr.npz").write_bytes(packed.getvalue())
    right("ce --input-is probs arr.npz", THREE, "NumPy: savez without names")


def _comma(value: float) -> str:
    return str(value).replace(".", ",")
