"""Layouts of further tools, services and habits, written before any of them was tried."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
from corpus import (
    CLASSES,
    DUMPS,
    LABELS,
    MARGINS,
    NAMES,
    POSITIVE,
    PROBS,
    SPECIES,
    bce,
    bce_logits,
    ce,
    dump,
    refused,
    right,
    table,
)
from shapes import BEST, EACH, THREE, TWO, P, S, T, three, two


def make() -> None:
    """Writes the dumps and their cases."""
    classes()
    statistics()
    services()
    monitoring()
    served()
    programs()
    no_predictions()
    spreadsheets()


def classes() -> None:
    """Tables with a column for each class."""
    each = range(len(P))
    three(
        "openml-run.csv",
        ["repeat", "fold", "row_id", "prediction", "correct", *(f"confidence.{name}" for name in SPECIES)],
        [[0, i % 2, 40 + i, BEST[i], NAMES[i], *P[i]] for i in each],
        "layout by the documentation of OpenML: the predictions of a run, where correct is the truth",
    )
    three(
        "amazon-ml.csv",
        ["trueLabel", *SPECIES],
        [[NAMES[i], *P[i]] for i in each],
        "layout by the documentation of Amazon Machine Learning: batch predictions, several classes",
    )
    three(
        "bigml.csv",
        [
            "sepal length",
            "species",
            "prediction",
            "probability",
            *(f"{name} probability" for name in SPECIES),
        ],
        [[5.1 + i, NAMES[i], BEST[i], max(P[i]), *P[i]] for i in each],
        "layout by the documentation of BigML: a batch prediction with all probabilities",
    )
    three(
        "mljar.csv",
        ["target", *(f"prediction_{name}" for name in SPECIES)],
        [[NAMES[i], *P[i]] for i in each],
        "layout by the documentation of mljar-supervised: predictions_out_of_folds",
    )
    three(
        "mlogit.csv",
        ["rep78", "p1", "p2", "p3"],
        [[CLASSES[i] + 1, *P[i]] for i in each],
        "Stata: mlogit, predict p1 p2 p3, export delimited",
    )
    four = [[0.7, 0.2, 0.08, 0.02], [0.1, 0.5, 0.25, 0.15], [0.05, 0.3, 0.45, 0.2], [0.2, 0.1, 0.3, 0.4]]
    truth = [0, 2, 2, 3]
    names = ["VF", "F", "M", "L"]
    rows = [
        [names[truth[i]], names[int(np.argmax(four[i]))], *four[i], f"Fold0{i % 2 + 1}"] for i in range(4)
    ]
    dump("hpc-cv.csv", table(["obs", "pred", *names, "Resample"], rows))
    right("ce --input-is probs hpc-cv.csv", ce(four, truth), "R: yardstick's data set hpc_cv")
    rows = [[f"Class{2 - t}", s, n, f"Class{2 - d}"] for d, t, s, n in EACH]
    dump("two-class.csv", table(["truth", "Class1", "Class2", "predicted"], rows))
    right("ce --input-is probs two-class.csv", TWO, "R: yardstick's data set two_class_example")
    top = np.argsort(-PROBS, axis=1)[:, :2]
    rows = [[f"{i}.jpg", CLASSES[i], top[i, 0], top[i, 1], P[i][top[i, 0]], P[i][top[i, 1]]] for i in each]
    dump("timm-topk.csv", table(["filename", "target", "index_0", "index_1", "prob_0", "prob_1"], rows))
    refused(
        "ce --input-is probs timm-topk.csv",
        "the best two of three classes, others in each row",
        [],
        "layout by the documentation of timm: inference with the best classes, and the target",
    )


def statistics() -> None:
    """What statistics programs write."""
    yes = ["no", "yes"]
    two(
        "proc-logistic.csv",
        ["_FROM_", "_INTO_", "IP_no", "IP_yes"],
        [[yes[t], yes[d], n, s] for d, t, s, n in EACH],
        "layout by the documentation of SAS: PROC LOGISTIC, PREDPROBS=INDIVIDUAL",
    )
    two(
        "jmp.csv",
        ["default", "Lin[1]", "Prob[1]", "Prob[0]", "Most Likely default"],
        [[t, round(float(np.log(s / (1 - s))), 4), s, n, d] for d, t, s, n in EACH],
        "layout by the documentation of JMP: saved probability formula",
    )
    two(
        "glmnet.csv",
        ['""', '"y"', '"lambda.min"'],
        [[f'"{i + 1}"', t, s] for i, (_, t, s, _) in enumerate(EACH)],
        "R: write.csv of glmnet's predict(type = 'response')",
    )
    two(
        "votes.csv",
        ['""', '"no"', '"yes"', '"y"'],
        [[f'"{i + 1}"', n, s, f'"{yes[t]}"'] for i, (_, t, s, n) in enumerate(EACH)],
        "R: write.csv of the votes of randomForest",
    )
    two(
        "rocr.csv",
        ['""', '"predictions"', '"labels"'],
        [[f'"{i + 1}"', s, t] for i, (_, t, s, _) in enumerate(EACH)],
        "R: ROCR's data set ROCR.simple",
    )
    other, mean = [0.7, 0.4, 0.5, 0.1, 0.8, 0.6, 0.3], [0.571] * 7
    rows = [[t, s, other[i], mean[i]] for i, (_, t, s, _) in enumerate(EACH)]
    dump("superlearner.csv", table(["Y", "SL.predict", "SL.glm_All", "SL.mean_All"], rows))
    right("bce superlearner.csv", TWO, "layout by the documentation of R's SuperLearner: the ensemble first")
    rows = [[t, s, 0.05, round(s - 0.05, 3), round(s + 0.05, 3)] for _, t, s, _ in EACH]
    dump("brms.csv", table(["y", "Estimate", "Est.Error", "Q2.5", "Q97.5"], rows))
    refused(
        "bce brms.csv",
        "an estimate, its error and the ends of its interval: no name speaks of a prediction",
        [TWO],
        "layout by the documentation of R's brms: fitted(), bound with the response",
    )


def services() -> None:
    """What services and AutoML tools write of two classes."""
    two(
        "azure-automl.csv",
        ["Survived_orig", "Survived_predicted", "0_predicted_proba", "1_predicted_proba"],
        [[t, d, n, s] for d, t, s, n in EACH],
        "layout by the documentation of Azure AutoML: predictions of a test run",
    )
    two(
        "driverless.csv",
        ["ID", "default", "default.0", "default.1"],
        [[i, t, n, s] for i, (_, t, s, n) in enumerate(EACH)],
        "layout by the documentation of H2O Driverless AI: scored test set",
    )
    two(
        "mljar-binary.csv",
        ["target", "prediction"],
        [[t, s] for _, t, s, _ in EACH],
        "layout by the documentation of mljar-supervised: out of folds, two classes",
    )
    shares = 1 / (1 + np.exp(-MARGINS))
    rows = [
        [t, str(z > 0).upper(), z, float(p)] for t, z, p in zip(LABELS, MARGINS.tolist(), shares, strict=True)
    ]
    dump("rxpredict.csv", table(["tipped", "PredictedLabel", "Score.1", "Probability.1"], rows))
    source = "layout by the documentation of MicrosoftML: rxPredict"
    right("bce rxpredict.csv", bce(shares, LABELS), source)
    dump("rxpredict-scores.csv", table(["tipped", "PredictedLabel", "Score.1", "Probability.1"], rows))
    right("bce-logits rxpredict-scores.csv", bce_logits(MARGINS, LABELS), f"{source}, its scores")
    truth = ["False", "True"]
    rows = [
        [truth[t], truth[int(z > 0)], z, float(p)]
        for t, z, p in zip(T, MARGINS.tolist(), shares, strict=True)
    ]
    dump("mlnet.tsv", table(["Label", "PredictedLabel", "Score", "Probability"], rows, "\t"))
    right("bce mlnet.tsv", bce(shares, LABELS), "layout by the documentation of ML.NET: SaveAsText")
    rows = [[100 + i, t, d, s if d else n] for i, (d, t, s, n) in enumerate(EACH)]
    dump("oracle.csv", table(["CUST_ID", "AFFINITY_CARD", "PREDICTION", "PREDICTION_PROBABILITY"], rows))
    refused(
        "bce oracle.csv",
        "PREDICTION_PROBABILITY is that of the class predicted",
        [TWO],
        "layout by the documentation of Oracle: PREDICTION and PREDICTION_PROBABILITY",
    )
    lines = [
        json.dumps(
            {
                "ID": i,
                "LABEL": truth[t],
                "PREDICTION": {"class": truth[d], "probability": {"False": n, "True": s}},
            }
        )
        for i, (d, t, s, n) in enumerate(EACH)
    ]
    dump("snowflake.jsonl", "\n".join([*lines, ""]))
    right(
        "ce --input-is probs snowflake.jsonl", TWO, "layout by the documentation of Snowflake: classification"
    )


def monitoring() -> None:
    """Tables of monitoring, fairness and forecasting."""
    header = [
        "distance_from_office",
        "salary_range",
        "gas_price_per_litre",
        "workday",
        "tenure",
        "identifier",
    ]
    two(
        "nannyml.csv",
        [*header, "work_home_actual", "timestamp", "y_pred_proba", "partition", "y_pred"],
        [
            [5.9 + i, "40K - 60K", 2.1, "Friday", 0.2 + i, i, t, f"2014-05-09 22:27:{i + 10}", s, "test", d]
            for i, (d, t, s, _) in enumerate(EACH)
        ],
        "layout by the documentation of NannyML: the synthetic data of working from home",
    )
    two(
        "aequitas.csv",
        ["entity_id", "score", "label_value", "race", "sex", "age_cat"],
        [[i + 1, s, t, "Other", "Male", "25 - 45"] for i, (_, t, s, _) in enumerate(EACH)],
        "layout by the documentation of Aequitas",
    )
    two(
        "metaculus.csv",
        ["question_id", "title", "community_prediction", "resolution"],
        [[3000 + i, f"Will it {i}?", s, t] for i, (_, t, s, _) in enumerate(EACH)],
        "a table of questions and forecasts",
    )
    markets = [
        {
            "id": f"x{i}",
            "question": f"Will it {i}?",
            "probability": s,
            "volume": 120.5 + i,
            "isResolved": True,
            "resolution": ("NO", "YES")[t],
        }
        for i, (_, t, s, _) in enumerate(EACH)
    ]
    dump("markets.json", json.dumps(markets, indent=1))
    right("bce markets.json", TWO, "layout by the documentation of a market of forecasts: its API")
    two(
        "cross-encoder.csv",
        ["sentence1", "sentence2", "label", "score"],
        [[f"a {i}", f"b {i}", t, s] for i, (_, t, s, _) in enumerate(EACH)],
        "sentence-transformers: pairs, labels and the scores of a CrossEncoder",
    )
    lines = [
        json.dumps(
            {
                "ts": f"2026-03-0{i + 1}T10:00:00Z",
                "request_id": f"r-{i}",
                "latency_ms": 12.25 + i,
                "probability": s,
                "actual": bool(t),
            }
        )
        for i, (_, t, s, _) in enumerate(EACH)
    ]
    dump("requests.jsonl", "\n".join([*lines, ""]))
    right("bce requests.jsonl", TWO, "the log of a service, joined with what came of it")
    dump("chemprop-preds.csv", table(["smiles", "p_np"], [["C" * (i + 1), s] for i, s in enumerate(S)]))
    dump(
        "chemprop-test.csv",
        table(["smiles", "p_np"], [["C" * (i + 1), t] for i, t in reversed([*enumerate(T)])]),
    )
    right(
        "bce chemprop-preds.csv --targets @chemprop-test.csv",
        TWO,
        "layout by the documentation of Chemprop: predictions under the target's name, in another order",
    )


def served() -> None:
    """Answers of model servers, and the labels in a file of their own."""
    dump("tf-serving.json", json.dumps({"predictions": P}))
    dump("tf-labels.json", json.dumps(CLASSES.tolist()))
    right(
        "ce --input-is probs tf-serving.json --targets @tf-labels.json",
        THREE,
        "layout by the documentation of TensorFlow Serving: REST",
    )
    answers = [dict(sorted(zip(SPECIES, row, strict=True), key=lambda kv: -kv[1])) for row in P]
    dump("torchserve.json", json.dumps(answers))
    dump("torchserve-labels.txt", "".join(f"{name}\n" for name in NAMES))
    right(
        "ce --input-is probs torchserve.json --targets @torchserve-labels.txt",
        THREE,
        "layout by the documentation of TorchServe: an image classifier, the best class first",
    )
    scores = [{"score": s, "predicted_label": d} for d, _, s, _ in EACH]
    dump("linear-learner.json", json.dumps({"predictions": scores}))
    dump("linear-learner-labels.csv", "".join(f"{t}\n" for t in T))
    right(
        "bce linear-learner.json --targets @linear-learner-labels.csv",
        TWO,
        "layout by the documentation of SageMaker: the linear learner's answers",
    )
    data = np.asarray(P).reshape(-1).tolist()
    outputs = [{"name": "probabilities", "datatype": "FP32", "shape": [6, 3], "data": data}]
    dump("triton.json", json.dumps({"model_name": "iris", "outputs": outputs}))
    refused(
        "ce --input-is probs triton.json",
        "one flat list, and no targets",
        [],
        "layout by the documentation of Triton: the answer of its server",
    )


def programs() -> None:
    """What scripts write with libraries."""
    lines = [
        json.dumps({"output_label": d, "output_probability": {"0": n, "1": s}, "y": t}) for d, t, s, n in EACH
    ]
    dump("onnx.jsonl", "\n".join([*lines, ""]))
    right("ce --input-is probs onnx.jsonl", TWO, "sklearn-onnx: label and ZipMap of a classifier")
    dump("evaluate.json", json.dumps({"references": CLASSES.tolist(), "prediction_scores": P}))
    right("ce --input-is probs evaluate.json", THREE, "Hugging Face evaluate: the arguments of roc_auc")
    packed = io.BytesIO()
    np.savez(packed, preds=PROBS, target=CLASSES)
    (DUMPS / "torchmetrics.npz").write_bytes(packed.getvalue())
    right("ce --input-is probs torchmetrics.npz", THREE, "NumPy: savez with the names of TorchMetrics")
    rows = np.array(list(zip(T, S, strict=True)), dtype=[("label", "<i8"), ("prob", "<f8")])
    np.save(DUMPS / "structured.npy", rows)
    right("bce structured.npy", TWO, "NumPy: save of a structured array")
    text = table(["y_true", "y_prob"], [[t, s] for _, t, s, _ in EACH])
    dump("scores.dat", text)
    refused("bce scores.dat", "an ending that says nothing", [TWO], "a script that names its tables .dat")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed_table:
        packed_table.writestr(zipfile.ZipInfo("submission.csv"), text)
    (DUMPS / "submission.zip").write_bytes(archive.getvalue())
    refused("bce submission.zip", "a table in an archive", [TWO], "Kaggle: a download in an archive")


def no_predictions() -> None:
    """Tables of numbers that are no predictions of rows, or not of one class."""
    counts = [[16, 1, 0], [2, 14, 3], [0, 4, 15]]
    dump("confusion.csv", table(["", *SPECIES], [[SPECIES[i], *counts[i]] for i in range(3)]))
    refused("ce confusion.csv", "a confusion matrix", [], "scikit-learn: a confusion matrix by pandas")
    shares = [[0.94, 0.06, 0.0], [0.11, 0.73, 0.16], [0.0, 0.21, 0.79]]
    dump("confusion-shares.csv", table(["", *SPECIES], [[SPECIES[i], *shares[i]] for i in range(3)]))
    refused(
        "ce --input-is probs confusion-shares.csv",
        "a confusion matrix by shares",
        [],
        "scikit-learn: a confusion matrix, normalised",
    )
    metrics = ["precision", "recall", "f1-score", "support"]
    rows = [[name, 0.9, 0.8 + 0.05 * i, 0.85, 20 + i] for i, name in enumerate(SPECIES)]
    dump("report.csv", table(["", *metrics], rows))
    refused("ce report.csv", "metrics of each class", [], "scikit-learn: classification_report by pandas")
    rows = [[0.0, 0.2, "inf"], [0.0, 0.6, 0.9], [0.25, 0.8, 0.6], [1.0, 1.0, 0.1]]
    dump("roc-curve.csv", table(["fpr", "tpr", "threshold"], rows))
    refused("bce roc-curve.csv", "points of a curve", [], "scikit-learn: roc_curve by pandas")
    header = ["date", "team1", "team2", "elo_prob1", "elo_prob2", "score1", "score2"]
    rows = [
        [f"2026-01-0{i + 1}", "BOS", "NYK", s, n, 101 + i, 99 + 2 * i] for i, (_, _, s, n) in enumerate(EACH)
    ]
    dump("elo.csv", table(header, rows))
    refused("bce elo.csv", "points are no targets", [], "a table of games, their forecasts and their points")
    rows = [[i + 1, 30 + 4 * i, (1, 3, 8, 2, 10, 5, 4)[i], t, t] for i, (_, t, _, _) in enumerate(EACH)]
    dump("compas.csv", table(["id", "age", "decile_score", "is_recid", "two_year_recid"], rows))
    refused("bce compas.csv", "deciles are no probabilities", [], "a public data set of risk scores")
    header = ["Start (s)", "End (s)", "Scientific name", "Common name", "Confidence"]
    rows = [[3.0 * i, 3.0 * i + 3, "Parus major", "Great Tit", s] for i, s in enumerate(S)]
    dump("birdnet.csv", table(header, rows))
    refused("bce birdnet.csv", "detections without truth", [], "layout by the documentation of BirdNET")


def spreadsheets() -> None:
    """What people do to a table by hand."""
    rows = [[1000 + i, t, s] for i, (_, t, s, _) in enumerate(EACH)]
    two(
        "lines-in-header.csv",
        ['"Loan"', '"Actual\n(1/0)"', '"Probability\n(default)"'],
        rows,
        "a spreadsheet with line breaks in its header",
    )
    header = ["loan", "actual", "probability"]
    dump("sheet-title.csv", table(['"Model results, March"', "", ""], [["", "", ""]]) + table(header, rows))
    refused("bce sheet-title.csv", "a title above the header", [TWO], "a spreadsheet with a title")
    dump("sheet-total.csv", table(header, [*rows, ["Mean", "", round(float(POSITIVE.mean()), 4)]]))
    refused("bce sheet-total.csv", "a line of totals at the end", [], "a spreadsheet with totals")
    dump("sheet-units.csv", table(header, [["#", "0/1", "0 to 1"], *rows]))
    refused("bce sheet-units.csv", "a line of units below the header", [], "a spreadsheet with units")
