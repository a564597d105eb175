"""Arrays, JSON, columnar files, joins and notations in which a bold reader takes the wrong thing silently."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from corpus import (
    CLASSES,
    DUMPS,
    LABELS,
    LOGIT_CLASSES,
    LOGITS,
    POSITIVE,
    PROBS,
    bce,
    ce,
    ce_logits,
    dump,
    refused,
    right,
    table,
)

TWO, VALUE, LOGIT_VALUE = bce(POSITIVE, LABELS), ce(PROBS, CLASSES), ce_logits(LOGITS, LOGIT_CLASSES)
ORDER = [4, 0, 6, 2, 5, 1, 3]
DECISIONS = (POSITIVE > 0.5).astype(int)
INDEX = [107, 23, 58, 311, 42, 7, 260]


def rows(*values: object) -> list[list[object]]:
    return [list(row) for row in zip(*values, strict=True)]  # type: ignore[call-overload]


def arrays() -> None:
    np.save(DUMPS / "files-p.npy", POSITIVE)
    np.save(DUMPS / "files-y.npy", LABELS.astype(float))
    right("bce files-p.npy files-y.npy", TWO, "two arrays of floats, the input first")
    right("bce files-y.npy files-p.npy", TWO, "two arrays, the labels first: never the labels as the input")
    np.save(DUMPS / "files-logits.npy", LOGITS)
    np.save(DUMPS / "files-classes.npy", LOGIT_CLASSES)
    right("ce files-classes.npy files-logits.npy", LOGIT_VALUE, "two arrays, the labels first")
    np.save(DUMPS / "files-probs.npy", PROBS)
    np.save(DUMPS / "files-onehot.npy", np.eye(3)[CLASSES])
    right("ce --input-is probs files-probs.npy files-onehot.npy", VALUE, "probabilities and one-hot labels")
    right(
        "ce --input-is probs files-onehot.npy files-probs.npy", VALUE, "one-hot labels first: never the input"
    )
    np.savez(
        DUMPS / "files-splits.npz",
        train_logits=LOGITS,
        train_y=LOGIT_CLASSES,
        test_logits=LOGITS[:3],
        test_y=LOGIT_CLASSES[:3],
    )
    refused(
        "ce files-splits.npz",
        "two sets of arrays in one file",
        [LOGIT_VALUE, ce_logits(LOGITS[:3], LOGIT_CLASSES[:3])],
        "NumPy: train and test in one NPZ",
    )
    features = np.arange(15.0).reshape(5, 3) / 7
    np.savez(DUMPS / "files-x.npz", x=features, out=LOGITS, y=LOGIT_CLASSES)
    right(
        "ce files-x.npz",
        LOGIT_VALUE,
        "NumPy: features and outputs of one shape; out is a word of predictions",
    )
    np.savez(DUMPS / "files-ab.npz", a=features, b=LOGITS, y=LOGIT_CLASSES)
    refused("ce files-ab.npz", "two arrays fit, and no name says which", [LOGIT_VALUE], "NumPy: a, b and y")
    np.savez(DUMPS / "files-hard.npz", preds=LOGITS.argmax(axis=1), targets=LOGIT_CLASSES, logits=LOGITS)
    right("ce files-hard.npz", LOGIT_VALUE, "NumPy: preds are decisions beside logits")
    np.savez(DUMPS / "files-decisions.npz", predictions=DECISIONS, label_ids=LABELS)
    refused("bce files-decisions.npz", "decisions only", [], "NumPy: argmax saved as predictions")


def objects() -> None:
    known = {"model": "small", "accuracy": 0.83, "logits": LOGITS.tolist(), "labels": LOGIT_CLASSES.tolist()}
    dump("files-run.json", json.dumps(known))
    right("ce files-run.json", LOGIT_VALUE, "JSON: arrays beside a name and a figure")
    hard = {"y_true": LABELS.tolist(), "y_pred": DECISIONS.tolist(), "y_prob": POSITIVE.tolist()}
    dump("files-y.json", json.dumps(hard))
    right("bce files-y.json", TWO, "JSON: y_true, y_pred and y_prob as arrays")
    lines = [{"label": int(y), "prob": float(p)} for y, p in zip(LABELS, POSITIVE, strict=True)]
    mixed = [dict(reversed(line.items())) if k % 2 else line for k, line in enumerate(lines)]
    dump("files-mixed.jsonl", "".join(json.dumps(line) + "\n" for line in mixed))
    right("bce files-mixed.jsonl", TWO, "JSON Lines: the order of the keys changes")
    ages = [{"age": 0.1 * k, **line} for k, line in enumerate(lines)]
    dump("files-age.jsonl", "".join(json.dumps(line) + "\n" for line in ages))
    right("bce files-age.jsonl", TWO, "JSON Lines: a feature from 0 to 1 first")
    maps = [{"label": "b", "probs": {"b": 0.7, "a": 0.3}}, {"label": "a", "probs": {"a": 0.6, "b": 0.4}}]
    dump("files-maps.jsonl", "".join(json.dumps(line) + "\n" for line in maps))
    right(
        "ce --input-is probs files-maps.jsonl",
        ce([[0.3, 0.7], [0.6, 0.4]], [1, 0]),
        "JSON Lines: probabilities by name, in any order",
    )
    numbered = pd.DataFrame(LOGITS, columns=["0", "1", "2"], index=[9, 4, 7, 1, 3]).assign(
        target=LOGIT_CLASSES
    )
    numbered.to_parquet(DUMPS / "files-index.parquet")
    right("ce files-index.parquet", LOGIT_VALUE, "Parquet: pandas' index is a column of its own")


def joins() -> None:
    dump("files-both.csv", table(["", "id", "prob"], rows(range(7), INDEX, POSITIVE)))
    again = [INDEX[k] for k in ORDER]
    dump("files-both-y.csv", table(["", "id", "target"], rows(range(7), again, LABELS[ORDER])))
    right(
        "bce files-both.csv --targets @files-both-y.csv",
        TWO,
        "an index from 0 in each file, and ids in another order",
    )
    dump("files-ids.csv", table(["id", "prob"], rows(INDEX, POSITIVE)))
    right("bce files-ids.csv --targets @files-both-y.csv", TWO, "an index in the truth only")
    truth = rows(again, [0.5, 1, 2, 1, 1, 0.25, 3], LABELS[ORDER], [0, 1, 2, 0, 1, 2, 0])
    dump("files-truth.csv", table(["id", "amount", "target", "fold"], truth))
    right("bce files-ids.csv --targets @files-truth.csv", TWO, "a truth with a feature and folds")
    dump("files-same.csv", table(["id", "prob", "target"], rows(again, [0.5] * 7, LABELS[ORDER])))
    right("bce files-ids.csv --targets @files-same.csv", TWO, "a truth with a baseline's prob of its own")
    dump("files-lost.csv", table(["", "y"], rows(INDEX, LABELS)))
    dump("files-reset.csv", table(["", "prob"], rows(range(7), POSITIVE)))
    refused(
        "bce files-reset.csv --targets @files-lost.csv",
        "the indices of the two files are not the same",
        [],
        "pandas: reset_index in one of two files",
    )


def notations() -> None:
    semicolons = rows(range(1, 8), LABELS, POSITIVE)
    dump("files-points.csv", table(["id", "label", "prob"], semicolons, ";"))
    right("bce files-points.csv", TWO, "semicolons with decimal points")
    commas = [[k, y, str(p).replace(".", ",")] for k, y, p in semicolons]
    dump("files-commas.tsv", table(["id", "label", "prob"], commas, "\t"))
    right("bce files-commas.tsv", TWO, "tabs with decimal commas")
    late = [[k, k % 2, "1" if k % 2 else "0"] for k in range(40)] + commas
    dump("files-late.csv", table(["id", "label", "prob"], late, ";"))
    p = [float(k % 2) for k in range(40)] + list(POSITIVE)
    right(
        "bce files-late.csv",
        bce(p, [k % 2 for k in range(40)] + list(LABELS)),
        "the first decimal comma after forty rows",
    )
    dump("files-thousands.csv", table(["label", "logit"], [[1, "1.250,5"], [0, "-3,25"], [1, "2,5"]], ";"))
    refused("bce-logits files-thousands.csv", "points between thousands", [], "a spreadsheet in German")
    dump("files-first.csv", table(None, [[1.0, 1], *rows(POSITIVE, LABELS)]))
    right(
        "bce files-first.csv", bce([1.0, *POSITIVE], [1, *LABELS]), "no header, and a first row of 1.0 and 1"
    )
    dump(
        "files-mixed.csv",
        table(["text", "label", "prob"], [[f'"one; two, {k}"', y, p] for k, y, p in semicolons]),
    )
    right("bce files-mixed.csv", TWO, "semicolons and commas in texts")
    dump("files-header.csv", table(['"a;b"', "label", "prob"], semicolons))
    right("bce files-header.csv", TWO, "a semicolon in a name")
    dump("files-cut.csv", table(["id", "label", "prob"], semicolons) + "8,1,0.")
    cut = bce([*POSITIVE, 0.0], [*LABELS, 1])
    right("bce files-cut.csv", cut, "no newline at the end, where a note says that the last line may be cut")
    dump("files-short.csv", table(["id", "label", "prob"], semicolons) + "8,1")
    refused("bce files-short.csv", "the last line is cut", [], "a download that broke off")


def headerless() -> None:
    """The first line is data, though it has texts; taken as a header, a row is lost."""
    files = [f"img{k}.png" for k in range(7)]
    dump("files-bare-text.csv", table(None, rows(files, POSITIVE, LABELS)))
    right("bce files-bare-text.csv", TWO, "no header: file, probability, label")
    dump("files-bare-label.csv", table(None, rows([("no", "yes")[y] for y in LABELS], POSITIVE)))
    right("bce files-bare-label.csv", TWO, "no header: yes or no, probability")
    dump("files-bare-tag.txt", table(None, rows(POSITIVE, LABELS, [f"row{k}" for k in range(7)]), " "))
    right("bce files-bare-tag.txt", TWO, "no header: probability, label and a tag after blanks")
    names = ("setosa", "versicolor", "virginica")
    dump(
        "files-bare-names.csv",
        table(None, [[names[k], *p] for k, p in zip(CLASSES, PROBS.tolist(), strict=True)]),
    )
    refused(
        "ce --input-is probs files-bare-names.csv",
        "no header: which column is which named class is not said",
        [],
        "no header, names of classes",
    )
    two = [[0.5, 0.5], [0.8, 0.2], [0.3, 0.7], [0.45, 0.55]]
    dump("files-bare-two.csv", table(None, [[*p, y] for p, y in zip(two, [0, 0, 1, 1], strict=True)]))
    right(
        "ce --input-is probs files-bare-two.csv",
        ce(two, [0, 0, 1, 1]),
        "no header: two probabilities and the label",
    )
    sure = [[1, 0], [0.8, 0.2], [0.3, 0.7], [0.45, 0.55]]
    dump("files-bare-sure.csv", table(None, [[*p, y] for p, y in zip(sure, [0, 0, 1, 1], strict=True)]))
    right(
        "ce --input-is probs files-bare-sure.csv",
        ce(sure, [0, 0, 1, 1]),
        "no header: a first row 1,0,0 of whole numbers",
    )


BODY = [62, 85, 71, 90, 58, 77, 66]
NEGATIVE = (1 - POSITIVE).round(6)
SURE = np.maximum(POSITIVE, NEGATIVE)
HEAVY = float(np.average([bce([p], [y]) for p, y in zip(POSITIVE, LABELS, strict=True)], weights=BODY))
NAMED: dict[str, tuple[dict[str, object], list[float], str]] = {
    "confidence": (
        {"target": LABELS, "predicted_label": DECISIONS, "probability": SURE},
        [TWO],
        "a probability of the class predicted",
    ),
    "no-target": (
        {"customer": INDEX, "churn_pred": DECISIONS, "churn_proba": POSITIVE},
        [],
        "no targets: churn_pred is the decision",
    ),
    "body": (
        {"age": [50, 61, 39, 44, 70, 55, 48], "weight": BODY, "target": LABELS, "prob": POSITIVE},
        [TWO, HEAVY],
        "weight beside age is a body's, or the row's",
    ),
    "p-value": ({"significant": LABELS, "p_value": SURE}, [], "a p-value is no prediction"),
    "p0": ({"y": LABELS, "prob_0": NEGATIVE}, [TWO], ""),
    "correct": (
        {"confidence": SURE, "correct": LABELS},
        [bce(SURE, LABELS)],
        "a confidence, and whether the decision was correct",
    ),
    "feature": (
        {"humidity": NEGATIVE, "y_pred": DECISIONS, "y_true": LABELS},
        [],
        "y_pred is a decision, and no feature takes its place",
    ),
    "models": (
        {"y_true": LABELS, "lr_proba": POSITIVE, "rf_proba": SURE},
        [TWO, bce(SURE, LABELS)],
        "two models side by side",
    ),
    "plain": ({"user_id": INDEX, "y_score": POSITIVE, "y_pred": DECISIONS, "y_true": LABELS}, [TWO], ""),
}
"""Arrays by name, the values due, and why no number is."""


def by_name() -> None:
    """What is true of a table's columns is true of arrays by name, in JSON and in NPZ."""
    for name, (named, values, why) in NAMED.items():
        arrays = {key: np.asarray(value) for key, value in named.items()}
        dump(f"name-{name}.json", json.dumps({key: value.tolist() for key, value in arrays.items()}))
        np.savez(DUMPS / f"name-{name}.npz", **arrays)
        for command in (f"bce name-{name}.json", f"bce name-{name}.npz"):
            source = f"arrays by name: {', '.join(named)}"
            if why:
                refused(command, why, values, source)
            else:
                right(command, values[0], source)
    truth, guess = [8.64, 6.84, 7.21, 5.98, 6.4], [7.84, 7.32, 7.0, 6.1, 6.6]
    rest = [0.8, -0.48, 0.21, -0.12, -0.2]
    dump("name-regression.json", json.dumps({"true_y": truth, "predicted_y": guess, "residual": rest}))
    refused(
        "ce name-regression.json",
        "a regression: the targets are no labels",
        [],
        "arrays by name: a regression",
    )
    classes = {f"c{k}": PROBS[:, k].tolist() for k in range(3)}
    dump("name-classes.json", json.dumps({"index": list(range(6)), **classes, "y": CLASSES.tolist()}))
    right("ce --input-is probs name-classes.json", VALUE, "arrays by name: one a class")


def make() -> None:
    by_name()
    headerless()
    arrays()
    objects()
    joins()
    notations()
