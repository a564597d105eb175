"""Layouts by the documentation of tools that do not install here, and spreadsheets; numbers of our own."""

from __future__ import annotations

import io
import json

import numpy as np
import openpyxl
from corpus import (
    CLASSES,
    DUMPS,
    LABELS,
    LOGIT_CLASSES,
    LOGITS,
    NAMES,
    POSITIVE,
    PROBS,
    SPECIES,
    bce,
    ce,
    ce_logits,
    dump,
    refused,
    right,
    table,
)

VALUE, TWO = ce(PROBS, CLASSES), bce(POSITIVE, LABELS)
P = PROBS.tolist()
BEST = [SPECIES[k] for k in PROBS.argmax(axis=1)]
NO = [round(1 - p, 6) for p in POSITIVE]
DECISION = [int(p > 0.5) for p in POSITIVE]
YES_NO = ["yes" if y else "no" for y in LABELS]
DECIDED = ["yes" if d else "no" for d in DECISION]
ROWS = range(7)


def documented(tool: str) -> str:
    return f"layout by the documentation of {tool}"


def auto_ml() -> None:
    dump("h2o.csv", table(["predict", "p0", "p1"], zip(DECISION, NO, POSITIVE, strict=True)))
    dump("h2o-y.csv", table(["target"], zip(LABELS, strict=True)))
    right(
        "bce h2o.csv --targets @h2o-y.csv", TWO, documented("H2O: download_csv of predict(), truth beside it")
    )
    right(
        "ce --input-is probs h2o.csv --targets @h2o-y.csv",
        ce(np.column_stack([NO, POSITIVE]), LABELS),
        documented("H2O: download_csv of predict(), truth beside it"),
    )
    rows = [[d, n, p, y] for d, n, p, y in zip(DECIDED, NO, POSITIVE, YES_NO, strict=True)]
    dump(
        "h2o-bound.csv",
        table(['"predict"', '"no"', '"yes"', '"churn"'], [[f'"{d}"', n, p, f'"{y}"'] for d, n, p, y in rows]),
    )
    right(
        "bce h2o-bound.csv",
        TWO,
        documented("H2O: h2o.cbind of the prediction and the response, classes no and yes"),
    )
    rows = [[best, *p, name] for best, p, name in zip(BEST, P, NAMES, strict=True)]
    dump("h2o-multi.csv", table(["predict", *SPECIES, "Species"], rows))
    right(
        "ce --input-is probs h2o-multi.csv",
        VALUE,
        documented("H2O: several classes, bound with the response"),
    )

    rows = [[k, *p, BEST[k], NAMES[k]] for k, p in enumerate(P)]
    head = ["row_id", *[f"species_{s}_PREDICTION" for s in SPECIES], "species_PREDICTION", "species"]
    dump("datarobot.csv", table(head, rows))
    right(
        "ce --input-is probs datarobot.csv",
        VALUE,
        documented("DataRobot: batch predictions, several classes"),
    )
    head = [
        "row_id",
        "churn_1_PREDICTION",
        "churn_0_PREDICTION",
        "churn_PREDICTION",
        "THRESHOLD",
        "POSITIVE_CLASS",
        "churn",
    ]
    rows = [[k, POSITIVE[k], NO[k], DECISION[k], 0.5, 1, LABELS[k]] for k in ROWS]
    dump("datarobot-two.csv", table(head, rows))
    right(
        "bce datarobot-two.csv",
        TWO,
        documented("DataRobot: batch predictions, binary, with the target passed through"),
    )

    rows = [[*map(round, (p * 10 for p in row)), NAMES[k], *row] for k, row in enumerate(P)]
    head = ["f1", "f2", "f3", "species", *[f"species_{s}_score" for s in SPECIES]]
    dump("vertex.csv", table(head, rows))
    right(
        "ce --input-is probs vertex.csv",
        VALUE,
        documented("Vertex AI and AutoML Tables: TARGET_CLASS_score beside features"),
    )
    lines = [
        {"instance": {"f1": k}, "prediction": {"classes": list(SPECIES), "scores": row}, "species": NAMES[k]}
        for k, row in enumerate(P)
    ]
    dump("vertex.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    refused(
        "ce --input-is probs vertex.jsonl",
        "the scores lie within objects, in an order that each row states anew",
        [],
        documented("Vertex AI: batch predictions as JSON Lines"),
    )
    lines = [
        {
            "predicted_label": str(DECISION[k]),
            "predicted_label_probs": [
                {"label": "1", "prob": str(POSITIVE[k])},
                {"label": "0", "prob": str(NO[k])},
            ],
            "label": str(LABELS[k]),
        }
        for k in ROWS
    ]
    dump("bigquery.json", "".join(json.dumps(line) + "\n" for line in lines))
    refused(
        "bce bigquery.json",
        "probabilities lie within objects as text",
        [],
        documented("BigQuery ML: ML.PREDICT, saved as JSON by the console"),
    )
    rows = [[y, POSITIVE[k], d] for k, (y, d) in enumerate(zip(YES_NO, DECIDED, strict=True))]
    dump("bigquery.csv", table(["label", "prob", "predicted_label"], rows))
    right(
        "bce bigquery.csv",
        TWO,
        documented(
            "BigQuery ML: a query that keeps the label, the positive class's prob and predicted_label"
        ),
    )

    head = [
        "SepalLength",
        "species",
        "Scored Labels",
        *[f'Scored Probabilities for Class "{s}"' for s in SPECIES],
    ]
    quoted = ['"' + h.replace('"', '""') + '"' if '"' in h else h for h in head]
    dump(
        "azure.csv",
        table(quoted, [[5.1 + k, NAMES[k], BEST[k], *row] for k, row in enumerate(P)], end="\r\n"),
    )
    right(
        "ce --input-is probs azure.csv",
        VALUE,
        documented("Azure Machine Learning designer: Score Model, several classes"),
    )
    head = ["age", "income", "Scored Labels", "Scored Probabilities"]
    dump("azure-two.csv", table(head, [[30 + k, LABELS[k], DECISION[k], POSITIVE[k]] for k in ROWS]))
    right(
        "bce azure-two.csv",
        TWO,
        documented("Azure Machine Learning designer: Score Model, the label column income"),
    )

    rows = [[LABELS[k], DECISION[k], POSITIVE[k] if DECISION[k] else NO[k]] for k in ROWS]
    dump("sagemaker.csv", table(["target", "predicted_label", "probability"], rows))
    refused(
        "bce sagemaker.csv",
        "a probability of the class predicted: never under a half, also where the decision is 0",
        [TWO],
        documented("SageMaker Autopilot: predicted_label and probability (of the predicted class)"),
    )
    rows = [[NAMES[k], f'"{row}"', "\"['setosa', 'versicolor', 'virginica']\""] for k, row in enumerate(P)]
    dump("sagemaker-lists.csv", table(["target", "probabilities", "labels"], rows))
    refused(
        "ce --input-is probs sagemaker-lists.csv",
        "lists in cells, their order named by another cell",
        [],
        documented("SageMaker Autopilot: probabilities and labels"),
    )
    rows = [[5.1, k, LABELS[k], DECISION[k], POSITIVE[k] if DECISION[k] else NO[k]] for k in ROWS]
    dump("pycaret.csv", table(["f1", "f2", "Purchase", "prediction_label", "prediction_score"], rows))
    refused(
        "bce pycaret.csv",
        "prediction_score is the probability of the class predicted",
        [TWO],
        documented("PyCaret: predict_model"),
    )
    rows = [[5.1, k, LABELS[k], DECISION[k], NO[k], POSITIVE[k]] for k in ROWS]
    head = ["f1", "f2", "Purchase", "prediction_label", "prediction_score_0", "prediction_score_1"]
    dump("pycaret-raw.csv", table(head, rows))
    right("bce pycaret-raw.csv", TWO, documented("PyCaret: predict_model(raw_score=True)"))


def workbenches() -> None:
    rows = [[k + 1, YES_NO[k], DECIDED[k], POSITIVE[k], NO[k]] for k in ROWS]
    head = ["row no.", "churn", "prediction(churn)", "confidence(yes)", "confidence(no)"]
    quoted = [f'"{name}"' for name in head]
    dump("rapidminer.csv", table(quoted, [[a, f'"{b}"', f'"{c}"', d, e] for a, b, c, d, e in rows], ";"))
    right("bce rapidminer.csv", TWO, documented("RapidMiner: Write CSV after Apply Model"))
    rows = [[f"Row{k}", NAMES[k], *row, BEST[k]] for k, row in enumerate(P)]
    head = ["row ID", "class", *[f"P (class={s})" for s in SPECIES], "Prediction (class)"]
    dump("knime.csv", table([f'"{h}"' for h in head], rows))
    right(
        "ce --input-is probs knime.csv",
        VALUE,
        documented("KNIME: a predictor's class probabilities, CSV Writer"),
    )
    rows = [
        [f"Row{k}", YES_NO[k], DECIDED[k], NO[k], POSITIVE[k], POSITIVE[k] if DECISION[k] else NO[k]]
        for k in ROWS
    ]
    head = [
        "row ID",
        "churn",
        "Prediction (churn)",
        "P (churn=no)",
        "P (churn=yes)",
        "Prediction (churn) (confidence)",
    ]
    dump("knime-two.csv", table([f'"{h}"' for h in head], rows))
    right("bce knime-two.csv", TWO, documented("KNIME: binary, with the confidence beside the probabilities"))
    rows = [[name, *row, BEST[k]] for k, (name, row) in enumerate(zip(NAMES, P, strict=True))]
    head = ["iris", *[f"Logistic Regression ({s})" for s in SPECIES], "Logistic Regression"]
    dump("orange.csv", table(head, rows))
    right("ce --input-is probs orange.csv", VALUE, documented("Orange: Predictions saved as CSV"))
    head = ["F_species", "I_species", *[f"P_species{s}" for s in SPECIES]]
    dump("sas.csv", table(head, [[NAMES[k], BEST[k], *row] for k, row in enumerate(P)]))
    right(
        "ce --input-is probs sas.csv",
        VALUE,
        documented("SAS Enterprise Miner: F_ (from), I_ (into), P_ (probability)"),
    )
    rows = [[float(LABELS[k]), f'"[{NO[k]},{POSITIVE[k]}]"', float(DECISION[k])] for k in ROWS]
    dump("spark.csv", table(["label", "probability", "prediction"], rows))
    right(
        "bce spark.csv",
        TWO,
        documented("Spark: the vector of probabilities as text in a CSV"),
    )
    rows = [[float(LABELS[k]), NO[k], POSITIVE[k], float(DECISION[k])] for k in ROWS]
    dump("spark-array.csv", table(["label", "p0", "p1", "prediction"], rows))
    right("bce spark-array.csv", TWO, documented("Spark: vector_to_array into columns"))
    lines = [
        {"label": float(LABELS[k]), "rawPrediction": [-1.0, 1.0], "probability": [NO[k], float(POSITIVE[k])]}
        for k in ROWS
    ]
    dump(
        "spark.jsonl",
        "".join(
            json.dumps({**line, "prediction": float(d)}) + "\n"
            for line, d in zip(lines, DECISION, strict=True)
        ),
    )
    right(
        "ce --input-is probs spark.jsonl",
        ce(np.column_stack([NO, POSITIVE]), LABELS),
        documented("Spark: to_json of arrays"),
    )
    dump(
        "libsvm.txt",
        "labels 1 -1\n"
        + "".join(f"{1 if d else -1} {p:g} {n:g}\n" for d, p, n in zip(DECISION, POSITIVE, NO, strict=True)),
    )
    dump("libsvm-y.txt", "".join(f"{1 if y else -1}\n" for y in LABELS))
    right(
        "ce --input-is probs libsvm.txt --targets @libsvm-y.txt",
        ce(np.column_stack([NO, POSITIVE]), LABELS),
        documented("LIBSVM: svm-predict -b 1"),
    )
    dump("fasttext.txt", "".join(f"__label__{BEST[k]} {max(row)}\n" for k, row in enumerate(P)))
    refused(
        "ce --input-is probs fasttext.txt",
        "the probability of the class predicted only, of three classes",
        [],
        documented("fastText: predict-prob"),
    )
    dump("vw.txt", "".join(f"{x:.6f} row{k}\n" for k, x in enumerate(POSITIVE)))
    right(
        "bce vw.txt --targets @h2o-y.csv",
        bce([float(f"{x:.6f}") for x in POSITIVE], LABELS),
        documented("Vowpal Wabbit: -p with tags"),
    )
    dump(
        "ludwig.csv",
        table(
            [f"species_probabilities_{s}" for s in SPECIES] + ["species_predictions", "species_probability"],
            [[*row, BEST[k], max(row)] for k, row in enumerate(P)],
        ),
    )
    dump("ludwig-y.csv", table(["species"], zip(NAMES, strict=True)))
    right(
        "ce --input-is probs ludwig.csv --targets @ludwig-y.csv",
        VALUE,
        documented("Ludwig: predictions.csv, truth in another file"),
    )
    dump("autogluon-y.csv", table(["id", "class"], enumerate(NAMES)))
    dump("autogluon.csv", table(["", *SPECIES], [[k, *row] for k, row in enumerate(P)]))
    right(
        "ce --input-is probs autogluon.csv --targets @autogluon-y.csv",
        VALUE,
        documented("AutoGluon: predict_proba().to_csv()"),
    )


def german(value: float) -> str:
    return str(value).replace(".", ",")


def spreadsheets() -> None:
    rows = [[k + 1, y, german(p)] for k, (y, p) in enumerate(zip(LABELS, POSITIVE, strict=True))]
    dump("excel-german.csv", "\ufeff" + table(["id", "y_true", "y_prob"], rows, ";", "\r\n"))
    right(
        "bce excel-german.csv",
        TWO,
        documented("Excel in German: CSV UTF-8, semicolon, decimal comma, BOM, CRLF"),
    )
    rows = [[name, *map(german, row)] for name, row in zip(NAMES, P, strict=True)]
    dump("excel-french.csv", table(["espèce", *SPECIES], rows, ";", "\r\n").encode("cp1252"))
    right(
        "ce --input-is probs excel-french.csv --encoding cp1252",
        VALUE,
        documented("Excel in French: CSV, Windows-1252"),
    )
    refused(
        "ce --input-is probs excel-french.csv",
        "no UTF-8: the encoding is for the reader to say",
        [VALUE],
        documented("Excel in French: CSV, Windows-1252, the encoding not said"),
    )
    rows = [[k + 1, y, p] for k, (y, p) in enumerate(zip(LABELS, POSITIVE, strict=True))]
    dump("excel-english.csv", "\ufeff" + table(["id", "label", "probability"], rows, end="\r\n"))
    right("bce excel-english.csv", TWO, documented("Excel in English: CSV UTF-8, BOM, CRLF"))
    dump("excel-unicode.txt", table(["id", "label", "probability"], rows, "\t", "\r\n").encode("utf-16"))
    refused(
        "bce excel-unicode.txt",
        "UTF-16: the encoding is for the reader to say",
        [TWO],
        documented("Excel: Unicode text"),
    )
    rows = [
        [k + 1, "WAHR" if y else "FALSCH", german(p)]
        for k, (y, p) in enumerate(zip(LABELS, POSITIVE, strict=True))
    ]
    dump("excel-wahr.csv", table(["Nr", "Ziel", "p"], rows, ";", "\r\n"))
    refused(
        "bce excel-wahr.csv",
        "WAHR and FALSCH are two texts: which is positive is not said",
        [TWO, bce(POSITIVE, 1 - LABELS)],
        documented("Excel in German: truth values"),
    )
    rows = [[k + 1, y, f"{100 * p:.1f}%"] for k, (y, p) in enumerate(zip(LABELS, POSITIVE, strict=True))]
    dump("excel-percent.csv", table(["id", "label", "probability"], rows, end="\r\n"))
    refused(
        "bce excel-percent.csv",
        "percents are read by an option",
        [TWO],
        documented("Excel: cells shown as percents"),
    )
    dump(
        "excel-separator.csv",
        "sep=;\r\n"
        + table(
            ["label", "score"], [[y, german(p)] for y, p in zip(LABELS, POSITIVE, strict=True)], ";", "\r\n"
        ),
    )
    right("bce excel-separator.csv", TWO, documented("Excel: the line sep=; before the header"))
    rows = [[k + 1, y, p] for k, (y, p) in enumerate(zip(LABELS, POSITIVE, strict=True))]
    dump("sheets.csv", table(["id", "label", "prob"], rows, end="\r\n").removesuffix("\r\n"))
    right("bce sheets.csv", TWO, documented("Google Sheets: no newline at the end, CRLF"))
    dump(
        "sheets.tsv",
        table(
            ["name", *SPECIES], [[n, *row] for n, row in zip(NAMES, P, strict=True)], "\t", "\r\n"
        ).removesuffix("\r\n"),
    )
    right("ce --input-is probs sheets.tsv", VALUE, documented("Google Sheets: TSV, no newline at the end"))
    empty = [[y, p, ""] for y, p in zip(LABELS, POSITIVE, strict=True)]
    dump("excel-empty.csv", table(["label", "prob", ""], [*empty, ["", "", ""], ["", "", ""]], end="\r\n"))
    refused(
        "bce excel-empty.csv",
        "two rows are empty: leaving them out is for the reader to say",
        [TWO],
        documented("Excel: cells once used leave an empty column and empty rows"),
    )
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [
        ["id", "label", "prob"],
        *[[k + 1, int(y), float(p)] for k, (y, p) in enumerate(zip(LABELS, POSITIVE, strict=True))],
    ]:
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    dump("excel.xlsx", stream.getvalue())
    right("bce excel.xlsx", TWO, f"openpyxl {openpyxl.__version__}, one sheet")
    apostrophe = [[k + 1, y, f"'{p}'"] for k, (y, p) in enumerate(zip(LABELS, POSITIVE, strict=True))]
    dump("excel-single-quotes.csv", table(["'id'", "'label'", "'prob'"], apostrophe))
    refused(
        "bce excel-single-quotes.csv", "single quotes are part of a cell", [], "an export with single quotes"
    )
    thousands = [
        [y, f'"{x:,.1f}"'] for y, x in zip(LABELS, [1250.5, -3000, 2.5, -12000, 80, 5, -1], strict=True)
    ]
    dump("thousands.csv", table(["label", "score"], thousands))
    refused(
        "bce-logits thousands.csv",
        "separators of thousands",
        [],
        documented("Excel: numbers with separators"),
    )


def kaggle() -> None:
    order = [4, 0, 6, 2, 5, 1, 3]
    dump("kaggle.csv", table(["id", "target"], [[f"img_{k:04d}.jpg", POSITIVE[k]] for k in ROWS]))
    dump("kaggle-truth.csv", table(["id", "target"], [[f"img_{k:04d}.jpg", LABELS[k]] for k in order]))
    right(
        "bce kaggle.csv --targets @kaggle-truth.csv",
        TWO,
        documented("Kaggle: submission and truth, joined by id"),
    )
    usage = [[f"img_{k:04d}.jpg", LABELS[k], "Public" if k < 3 else "Private"] for k in order]
    dump("kaggle-usage.csv", table(["id", "target", "Usage"], usage))
    right("bce kaggle.csv --targets @kaggle-usage.csv", TWO, documented("Kaggle: a solution file with Usage"))
    dump(
        "kaggle-multi.csv",
        table(["id", "EAP", "HPL", "MWS"], [[f"id{k:05d}", *row] for k, row in enumerate(P)]),
    )
    authors = [("EAP", "HPL", "MWS")[k] for k in CLASSES]
    texts = [f'"It was night, number {k}"' for k in range(6)]
    truth = [[f"id{k:05d}", texts[k], authors[k]] for k in (3, 1, 0, 5, 4, 2)]
    dump("kaggle-multi-truth.csv", table(["id", "text", "author"], truth))
    right(
        "ce --input-is probs kaggle-multi.csv --targets @kaggle-multi-truth.csv",
        VALUE,
        documented("Kaggle: several classes, truth with the text"),
    )
    one_hot = [[f"id{k:05d}", *[int(c == CLASSES[k]) for c in range(3)]] for k in (2, 0, 1, 5, 3, 4)]
    dump("kaggle-onehot.csv", table(["id", "EAP", "HPL", "MWS"], one_hot))
    right(
        "ce --input-is probs kaggle-multi.csv --targets @kaggle-onehot.csv",
        VALUE,
        documented("Kaggle: one-hot truth, joined by id"),
    )
    kinds = ["toxic", "obscene", "threat"]
    marks = np.array([[1, 0, 0], [0, 0, 0], [1, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]])
    dump("kaggle-toxic.csv", table(["id", *kinds], [[f"{k:08x}", *row] for k, row in enumerate(P)]))
    dump(
        "kaggle-toxic-truth.csv", table(["id", *kinds], [[f"{k:08x}", *marks[k]] for k in (5, 4, 3, 2, 1, 0)])
    )
    right(
        "bce kaggle-toxic.csv --targets @kaggle-toxic-truth.csv",
        bce(PROBS, marks),
        documented("Kaggle: several labels a row, joined by id"),
    )
    titanic = [[892 + k, DECISION[k]] for k in ROWS]
    dump("kaggle-decisions.csv", table(["PassengerId", "Survived"], titanic))
    dump(
        "kaggle-decisions-truth.csv", table(["PassengerId", "Survived"], [[892 + k, LABELS[k]] for k in ROWS])
    )
    right(
        "bce kaggle-decisions.csv --targets @kaggle-decisions-truth.csv",
        bce(DECISION, LABELS),
        documented("Kaggle: Titanic, decisions as probabilities 0 and 1, the logarithms at least -100"),
    )
    long = [[f"{k}_{c}", P[k][j]] for k in range(6) for j, c in enumerate(SPECIES)]
    dump("kaggle-long.csv", table(["id_class", "predicted"], long))
    refused(
        "ce --input-is probs kaggle-long.csv",
        "one class a line: long format",
        [],
        documented("Kaggle: a long submission"),
    )
    dump(
        "images.csv",
        table(
            ["image", "Black-grass", "Common wheat", "Sugar beet"],
            [[f"{k}.png", *row] for k, row in enumerate(P)],
        ),
    )
    dump(
        "images-truth.csv",
        table(
            ["file", "species"],
            [
                [f"{k}.png", ("Black-grass", "Common wheat", "Sugar beet")[CLASSES[k]]]
                for k in (1, 0, 2, 3, 5, 4)
            ],
        ),
    )
    right(
        "ce --input-is probs images.csv --targets @images-truth.csv",
        VALUE,
        documented("Kaggle: image names as keys under other names"),
    )
    dump(
        "logits-rows.csv",
        table(["row", "l0", "l1", "l2"], [[k, *row] for k, row in enumerate(LOGITS.tolist())]),
    )
    dump("labels-rows.csv", table(["row", "y"], [[k, LOGIT_CLASSES[k]] for k in (4, 2, 0, 1, 3)]))
    right(
        "ce logits-rows.csv --targets @labels-rows.csv",
        ce_logits(LOGITS, LOGIT_CLASSES),
        documented("any loop: row numbers join two files"),
    )


def make() -> None:
    auto_ml()
    workbenches()
    spreadsheets()
    kaggle()
    assert DUMPS.exists()
