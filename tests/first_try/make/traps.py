"""Tables that a bold reader scores silently by the wrong column, class or row; all are met in practice."""

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
    MARGINS,
    NAMES,
    POSITIVE,
    PROBS,
    SPECIES,
    bce,
    bce_logits,
    ce,
    ce_logits,
    dump,
    refused,
    right,
    table,
)

TWO, VALUE, LOGIT_VALUE = bce(POSITIVE, LABELS), ce(PROBS, CLASSES), ce_logits(LOGITS, LOGIT_CLASSES)
DECISION = [int(p > 0.5) for p in POSITIVE]
NEGATIVE = [round(1 - p, 6) for p in POSITIVE]
SHARE = [0.42, 0.17, 0.88, 0.63, 0.05, 0.71, 0.29]
"""A feature from 0 to 1."""
ROWS = range(7)
P = PROBS.tolist()


def rows(*values: object) -> list[list[object]]:
    return [list(row) for row in zip(*values, strict=True)]  # type: ignore[call-overload]


def wrong_input() -> None:
    source = "a feature from 0 to 1 beside a decision"
    dump("trap-feature.csv", table(["ctr_last_week", "pred", "label"], rows(SHARE, DECISION, LABELS)))
    refused("bce trap-feature.csv", "pred is a decision, and no feature takes its place", [], source)
    dump(
        "trap-humidity.csv",
        table(["id", "humidity", "y_pred", "y_true"], rows(ROWS, SHARE, DECISION, LABELS)),
    )
    refused("bce trap-humidity.csv", "y_pred is a decision, and no feature takes its place", [], source)
    percentile = [0.9, 0.2, 0.7, 0.1, 0.95, 0.4, 0.6]
    head = ["user_id", "score_percentile", "prob", "label"]
    dump("trap-percentile.csv", table(head, rows(ROWS, percentile, POSITIVE, LABELS)))
    right("bce trap-percentile.csv", TWO, "a percentile of the score beside the probability")
    rank = [0.142857, 0.857143, 0.428571, 1.0, 0.0, 0.714286, 0.571429]
    dump("trap-rank.csv", table(["label", "prob_rank", "prob"], rows(LABELS, rank, POSITIVE)))
    right("bce trap-rank.csv", TWO, "the rank of a probability beside it")
    dump(
        "trap-threshold.csv",
        table(["label", "threshold", "prob", "pred"], rows(LABELS, [0.5] * 7, POSITIVE, DECISION)),
    )
    right("bce trap-threshold.csv", TWO, "a constant threshold beside the probability")
    loss = [-np.log(p if y else 1 - p) for p, y in zip(POSITIVE, LABELS, strict=True)]
    dump("trap-loss.csv", table(["label", "prob", "loss"], rows(LABELS, POSITIVE, loss)))
    right("bce trap-loss.csv", TWO, "a training loop that writes the loss of each row")
    dump("trap-weight.csv", table(["label", "prob", "sample_weight"], rows(LABELS, POSITIVE, SHARE)))
    weighted = float(
        np.average([bce([p], [y]) for p, y in zip(POSITIVE, LABELS, strict=True)], weights=SHARE)
    )
    right("bce trap-weight.csv", weighted, "a column sample_weight, which weighs the rows as documented")
    body = [62, 85, 71, 90, 58, 77, 66]
    heavy = float(np.average([bce([p], [y]) for p, y in zip(POSITIVE, LABELS, strict=True)], weights=body))
    head = ["age", "height", "weight", "target", "prob"]
    dump(
        "trap-body.csv",
        table(
            head,
            rows([50, 61, 39, 44, 70, 55, 48], [168, 156, 165, 169, 180, 172, 159], body, LABELS, POSITIVE),
        ),
    )
    refused(
        "bce trap-body.csv",
        "weight beside height and age is a body's, or the row's",
        [TWO, heavy],
        "features of patients beside a probability",
    )
    low, high = [p / 2 for p in POSITIVE], [p / 2 + 0.5 for p in POSITIVE]
    dump(
        "trap-interval.csv",
        table(["label", "prob", "prob_lower", "prob_upper"], rows(LABELS, POSITIVE, low, high)),
    )
    right("bce trap-interval.csv", TWO, "a probability and the ends of its interval")
    dump("trap-std.csv", table(["label", "prob_mean", "prob_std"], rows(LABELS, POSITIVE, SHARE)))
    right("bce trap-std.csv", TWO, "the mean and the standard deviation of an ensemble")
    dump("trap-p-value.csv", table(["gene", "significant", "p_value"], rows(list("abcdefg"), LABELS, SHARE)))
    refused("bce trap-p-value.csv", "a p-value is no prediction", [], "a table of tests")
    dump("trap-score.csv", table(["label", "pred", "score"], rows(LABELS, DECISION, MARGINS)))
    refused(
        "bce trap-score.csv",
        "scores below 0 are no probabilities",
        [bce_logits(MARGINS, LABELS)],
        "scores in bce",
    )
    dump("trap-hundred.csv", table(["label", "probability"], rows(LABELS, [100 * p for p in POSITIVE])))
    refused(
        "bce trap-hundred.csv", "numbers up to 100 are no probabilities", [], "percents without their sign"
    )
    dump("trap-target-only.csv", table(["id", "target"], rows(ROWS, POSITIVE)))
    refused(
        "bce trap-target-only.csv", "no truth: target is what was submitted", [], "Kaggle: a submission alone"
    )
    dump("trap-two-probs.csv", table(["label", "prob", "prob"], rows(LABELS, POSITIVE, SHARE)))
    refused("bce trap-two-probs.csv", "two columns have one name", [], "a join of two tables")
    head = ["model", "id", "y_true", "y_prob"]
    long = [[m, k, LABELS[k], p[k]] for m, p in (("lr", POSITIVE), ("rf", SHARE)) for k in ROWS]
    dump("trap-long.csv", table(head, long))
    right("bce trap-long.csv", bce([*POSITIVE, *SHARE], [*LABELS, *LABELS]), "long format, a finding says so")
    dump(
        "trap-quoted-comma.csv",
        table(["label", "prob"], rows(LABELS, [f'"{p}"'.replace(".", ",") for p in POSITIVE])),
    )
    refused(
        "bce trap-quoted-comma.csv",
        "a decimal comma within quotation marks",
        [],
        "an export with quoted decimal commas",
    )


def wrong_class() -> None:
    dump("trap-p0.csv", table(["y", "prob_0"], rows(LABELS, NEGATIVE)))
    right(
        "bce trap-p0.csv",
        TWO,
        "the probability of class 0 only: its name says which label is the positive one",
    )
    dump("trap-no.csv", table(["churn", "prob_no"], rows([("no", "yes")[y] for y in LABELS], NEGATIVE)))
    right("bce trap-no.csv", TWO, "the probability of no only: its name says which label is the positive one")
    dump("trap-false.csv", table(["truth", "p_false"], rows([bool(y) for y in LABELS], NEGATIVE)))
    right("bce trap-false.csv", TWO, "the probability of false only")
    dump("trap-swapped.csv", table(["p1", "p0", "label"], rows(POSITIVE, NEGATIVE, LABELS)))
    right("bce trap-swapped.csv", TWO, "the positive class first")
    both = np.column_stack([NEGATIVE, POSITIVE])
    right("ce --input-is probs trap-swapped.csv", ce(both, LABELS), "the positive class first")
    dump(
        "trap-bools.csv",
        table(["TRUE", "FALSE", "truth"], rows(POSITIVE, NEGATIVE, [("FALSE", "TRUE")[y] for y in LABELS])),
    )
    right("ce --input-is probs trap-bools.csv", ce(both, LABELS), "columns named TRUE and FALSE")
    dump("trap-minus.csv", table(["label", "prob"], rows([2 * y - 1 for y in LABELS], POSITIVE)))
    right("bce trap-minus.csv", TWO, "labels -1 and 1")
    dump(
        "trap-factor.csv",
        table(["", '"label"', '"prob"'], rows([f'"{k + 1}"' for k in ROWS], LABELS + 1, POSITIVE)),
    )
    refused(
        "bce trap-factor.csv",
        "labels 1 and 2: R's codes of a factor, which is positive is not said",
        [],
        "R: as.integer(factor)",
    )
    n = 11
    rng = np.random.default_rng(5)
    many = rng.dirichlet(np.ones(n), 8).round(4)
    many[:, 0] += (1 - many.sum(axis=1)).round(4)
    many = many.round(4)
    y = np.array([0, 10, 2, 9, 1, 3, 10, 5])
    names = sorted(f"prob_{k}" for k in range(n))
    order = [int(name[5:]) for name in names]
    dump("trap-eleven.csv", table([*names, "label"], [[*many[k, order].tolist(), y[k]] for k in range(8)]))
    right(
        "ce --input-is probs trap-eleven.csv",
        ce(many, y),
        "eleven classes in the order of texts: prob_1, prob_10, prob_2",
    )
    reverse = [2, 0, 1]
    dump(
        "trap-order.csv",
        table(
            [*[f"p_{SPECIES[k]}" for k in reverse], "species"],
            [[*PROBS[i, reverse].tolist(), NAMES[i]] for i in range(6)],
        ),
    )
    right("ce --input-is probs trap-order.csv", VALUE, "columns in another order than the alphabet's")
    dump(
        "trap-one.csv",
        table(["prob_1", "prob_2", "prob_3", "label"], [[*P[i], CLASSES[i] + 1] for i in range(6)]),
    )
    right("ce --input-is probs trap-one.csv", VALUE, "classes counted from 1, by name")
    some = [i for i in range(6) if CLASSES[i] < 2]
    dump(
        "trap-one-some.csv",
        table(["prob_1", "prob_2", "prob_3", "label"], [[*P[i], CLASSES[i] + 1] for i in some]),
    )
    right(
        "ce --input-is probs trap-one-some.csv",
        ce(PROBS[some], CLASSES[some]),
        "counted from 1, the last class has no row",
    )
    dump(
        "trap-one-named.csv",
        table(["cat", "dog", "owl", "label"], [[*P[i], CLASSES[i] + 1] for i in range(6)]),
    )
    refused(
        "ce --input-is probs trap-one-named.csv",
        "labels 1 to 3 of three named classes",
        [VALUE],
        "counted from 1 beside names",
    )
    dump(
        "trap-case.csv",
        table(
            ["prob_SETOSA", "prob_VERSICOLOR", "prob_VIRGINICA", "Species"],
            [[*P[i], NAMES[i]] for i in range(6)],
        ),
    )
    right("ce --input-is probs trap-case.csv", VALUE, "names in another case")
    cities = ["york", "new_york", "new_jersey"]
    dump(
        "trap-cities.csv",
        table([*[f"p_{c}" for c in cities], "city"], [[*P[i], cities[CLASSES[i]]] for i in range(6)]),
    )
    right("ce --input-is probs trap-cities.csv", VALUE, "a class whose name ends another's")
    dump(
        "trap-margin.csv",
        table(
            ["logit_a", "logit_b", "logit_c", "logit_margin", "label"],
            [
                [*x, round(float(np.ptp(x)), 4), "abc"[k]]
                for x, k in zip(LOGITS.tolist(), LOGIT_CLASSES, strict=True)
            ],
        ),
    )
    right("ce trap-margin.csv", ce_logits(LOGITS, LOGIT_CLASSES), "a margin under the name of a logit")
    cold = np.log(PROBS) * 2 + 1
    head = [*[f"prob_{s}" for s in SPECIES], *[f"logit_{s}" for s in SPECIES], "label"]
    dump("trap-both-groups.csv", table(head, [[*P[i], *cold[i].tolist(), NAMES[i]] for i in range(6)]))
    right(
        "ce trap-both-groups.csv",
        ce_logits(cold, CLASSES),
        "logits at another temperature beside probabilities",
    )
    right(
        "ce --input-is probs trap-both-groups.csv",
        VALUE,
        "logits at another temperature beside probabilities",
    )
    models = [[0.9, 0.8, 0.7], [0.2, 0.1, 0.3], [0.4, 0.6, 0.5], [0.7, 0.9, 0.8], [0.3, 0.2, 0.1]]
    dump(
        "trap-models.csv",
        table(
            ["prob_cnn", "prob_gbm", "prob_svm", "label"],
            [[*m, y] for m, y in zip(models, [1, 0, 1, 1, 0], strict=True)],
        ),
    )
    refused(
        "ce --input-is probs trap-models.csv",
        "three models' probabilities do not add up to 1",
        [],
        "models that pass as classes",
    )
    dump(
        "trap-x.csv",
        table(
            ['""', '"X"', '"V1"', '"V2"', '"V3"', '"label"'],
            [
                [f'"{i + 1}"', i + 1, *x, k]
                for i, (x, k) in enumerate(zip(LOGITS.tolist(), LOGIT_CLASSES, strict=True))
            ],
        ),
    )
    right(
        "ce trap-x.csv",
        ce_logits(LOGITS, LOGIT_CLASSES),
        "R: row names read and written again are a column X",
    )
    dump(
        "trap-x1.csv",
        table(
            ['""', '"X1"', '"X2"', '"X3"', '"y"'], [[f'"{i + 1}"', *P[i], CLASSES[i] + 1] for i in range(6)]
        ),
    )
    right("ce --input-is probs trap-x1.csv", VALUE, "R: names 1, 2, 3 become X1, X2, X3")
    dump(
        "trap-unnamed.csv",
        table(
            ["Unnamed: 0", "0", "1", "2", "target"],
            [[i, *x, k] for i, (x, k) in enumerate(zip(LOGITS.tolist(), LOGIT_CLASSES, strict=True))],
        ),
    )
    right(
        "ce trap-unnamed.csv",
        ce_logits(LOGITS, LOGIT_CLASSES),
        "pandas: an index read and written again is Unnamed: 0",
    )
    dump(
        "trap-date.csv",
        table(
            ["date", "a", "b", "c", "label"],
            [
                [20240301 + i, *x, "abc"[k]]
                for i, (x, k) in enumerate(zip(LOGITS.tolist(), LOGIT_CLASSES, strict=True))
            ],
        ),
    )
    right("ce trap-date.csv", ce_logits(LOGITS, LOGIT_CLASSES), "a date as a number beside logits")
    dump(
        "trap-step.csv",
        table(
            ["epoch", "step", "a", "b", "c", "y"],
            [
                [3, 100 * i, *x, k]
                for i, (x, k) in enumerate(zip(LOGITS.tolist(), LOGIT_CLASSES, strict=True))
            ],
        ),
    )
    right("ce trap-step.csv", ce_logits(LOGITS, LOGIT_CLASSES), "epoch and step beside logits")
    numbers = [
        [i % 4, 0.5 * i, *x, k] for i, (x, k) in enumerate(zip(LOGITS.tolist(), LOGIT_CLASSES, strict=True))
    ]
    dump("trap-features.csv", table(["rooms", "area", "out_0", "out_1", "out_2", "label"], numbers))
    right("ce trap-features.csv", ce_logits(LOGITS, LOGIT_CLASSES), "features beside a group of outputs")


def wrong_target() -> None:
    kinds = ["NEGATIVE", "POSITIVE"]
    sure = [max(p, n) for p, n in zip(POSITIVE, NEGATIVE, strict=True)]
    said = [kinds[d] for d in DECISION]
    why = "the score is that of the label, which is the decision"
    dump(
        "trap-pipeline.csv", table(["text", "label", "score"], rows([f"film {k}" for k in ROWS], said, sure))
    )
    refused("bce trap-pipeline.csv", why, [], "Hugging Face: a pipeline's label and score")
    answers = [{"label": s, "score": p} for s, p in zip(said, sure, strict=True)]
    dump("trap-pipeline.json", json.dumps(answers))
    refused("bce trap-pipeline.json", why, [], "Hugging Face: a pipeline's label and score, json.dump")
    gold = [kinds[y] for y in LABELS]
    dump(
        "trap-gold.csv",
        table(["text", "label", "score", "gold"], rows([f"film {k}" for k in ROWS], said, sure, gold)),
    )
    refused("bce trap-gold.csv", why, [], "Hugging Face: a pipeline's output beside the gold label")
    zero = [
        {
            "sequence": f"text {i}",
            "labels": [SPECIES[j] for j in np.argsort(-PROBS[i])],
            "scores": sorted(P[i], reverse=True),
            "gold": int(CLASSES[i]),
        }
        for i in range(6)
    ]
    dump("trap-zero-shot.jsonl", "".join(json.dumps(line) + "\n" for line in zero))
    refused(
        "ce --input-is probs trap-zero-shot.jsonl",
        "each row has its own order of the classes",
        [],
        "Hugging Face: zero-shot classification",
    )
    dump("trap-correct.csv", table(["id", "confidence", "correct"], rows(ROWS, sure, LABELS)))
    refused(
        "bce trap-correct.csv",
        "a confidence, and whether the decision was correct",
        [bce(sure, LABELS)],
        "confidence and correct",
    )
    head = ["label_b", "label_a", "prob_a", "prob_b"]
    marks = np.column_stack([LABELS, LABELS[::-1]])
    probs = np.column_stack([POSITIVE, SHARE])
    dump("trap-pairs.csv", table(head, rows(marks[:, 1], marks[:, 0], POSITIVE, SHARE)))
    right("bce trap-pairs.csv", bce(probs, marks), "several labels, in another order than the probabilities")
    dump(
        "trap-pairs-suffix.csv",
        table(
            ["cat_true", "dog_true", "dog_prob", "cat_prob"], rows(marks[:, 0], marks[:, 1], SHARE, POSITIVE)
        ),
    )
    right("bce trap-pairs-suffix.csv", bce(probs, marks), "several labels by suffix, in another order")
    dump("trap-disagree.csv", table(["label", "target", "prob"], rows(LABELS, DECISION, POSITIVE)))
    refused(
        "bce trap-disagree.csv",
        "label and target differ",
        [TWO, bce(POSITIVE, DECISION)],
        "two columns of targets",
    )
    dump(
        "trap-twins.csv",
        table(["label", "label_name", "prob"], rows(LABELS, [("ham", "spam")[y] for y in LABELS], POSITIVE)),
    )
    right("bce trap-twins.csv", TWO, "one target as number and as text")
    soft = [0.9, 0.1, 0.8, 0.05, 1.0, 0.6, 0.3]
    dump("trap-soft.csv", table(["label", "prob"], rows(soft, POSITIVE)))
    right("bce trap-soft.csv", bce(POSITIVE, soft), "labels that are probabilities themselves")
    dump(
        "trap-coded.csv", table(["sex", "churned", "p_churn"], rows([0, 1, 1, 0, 1, 0, 1], LABELS, POSITIVE))
    )
    right("bce trap-coded.csv", TWO, "a feature of 0 and 1 beside the target, whose name the probability has")
    dump(
        "trap-flags.csv",
        table(["is_member", "has_card", "prob"], rows([0, 1, 1, 0, 1, 0, 1], LABELS, POSITIVE)),
    )
    refused(
        "bce trap-flags.csv",
        "two columns of 0 and 1, and neither name says target",
        [TWO],
        "flags beside a probability",
    )
    head = ["image", "class", "prob"]
    dump("trap-yolo.csv", table(head, rows([f"{i}.jpg" for i in range(6)], CLASSES, PROBS.max(axis=1))))
    refused(
        "bce trap-yolo.csv", "the class detected and its confidence, three classes", [], "a detector's output"
    )


def wrong_row() -> None:
    order = [4, 0, 6, 2, 5, 1, 3]
    index = [107, 23, 58, 311, 42, 7, 260]
    pd.Series(POSITIVE, index=index, name="proba").to_csv(DUMPS / "trap-index.csv")
    pd.Series(LABELS[order], index=[index[k] for k in order], name="y").to_csv(DUMPS / "trap-index-y.csv")
    right(
        "bce trap-index.csv --targets @trap-index-y.csv",
        TWO,
        "pandas: two files with one index, in another order",
    )
    dump("trap-more.csv", table(["id", "target"], rows([*index, 999], [*LABELS, 1])))
    dump("trap-ids.csv", table(["id", "prob"], rows(index, POSITIVE)))
    refused(
        "bce trap-ids.csv --targets @trap-more.csv", "an id has no prediction", [], "a truth of more rows"
    )
    dump("trap-twice.csv", table(["id", "target"], rows([*index[:6], index[5]], LABELS)))
    refused("bce trap-ids.csv --targets @trap-twice.csv", "an id twice", [], "a truth with an id twice")
    dump("trap-paths.csv", table(["id", "target"], rows([f"test/{k}" for k in index], LABELS)))
    refused(
        "bce trap-ids.csv --targets @trap-paths.csv",
        "no id of the one is in the other",
        [],
        "ids with and without a folder",
    )
    dump("trap-no-ids.csv", table(["target"], rows(LABELS)))
    right("bce trap-ids.csv --targets @trap-no-ids.csv", TWO, "a truth without ids, row by row")
    dump(
        "trap-shuffled.csv",
        table(["PassengerId", "Survived"], rows([index[k] for k in order], LABELS[order])),
    )
    right("bce trap-ids.csv --targets @trap-shuffled.csv", TWO, "one key under two names, in another order")


def by_mutation() -> None:
    """Found by adding columns to the other dumps and by taking columns away."""
    member = [0, 1, 1, 0, 1, 0, 1]
    head = ["age", "income", "is_member", "Scored Labels", "Scored Probabilities"]
    dump("trap-azure.csv", table(head, rows([30 + k for k in ROWS], LABELS, member, DECISION, POSITIVE)))
    refused(
        "bce trap-azure.csv",
        "two columns of 0 and 1, and neither name says target",
        [TWO, bce(POSITIVE, member)],
        "Azure's layout with a flag among the features",
    )
    yes_no = [("no", "yes")[y] for y in LABELS]
    decided = [("no", "yes")[d] for d in DECISION]
    head = ["row ID", "churn", "Prediction (churn)", "P (churn=no)"]
    dump("trap-knime.csv", table(head, rows([f"Row{k}" for k in ROWS], yes_no, decided, NEGATIVE)))
    right("bce trap-knime.csv", TWO, "KNIME's layout with the probability of no only")
    why = "no targets: what is left is the decision, which follows the probabilities in every row"
    best = [SPECIES[k] for k in PROBS.argmax(axis=1)]
    head = ["row_ids", "response", *[f"prob.{s}" for s in SPECIES]]
    dump("trap-mlr3.csv", table(head, [[i + 1, best[i], *P[i]] for i in range(6)]))
    refused("ce --input-is probs trap-mlr3.csv", why, [], "mlr3's layout without truth")
    head = ["I_species", *[f"P_species{s}" for s in SPECIES]]
    dump("trap-sas.csv", table(head, [[best[i], *P[i]] for i in range(6)]))
    refused("ce --input-is probs trap-sas.csv", why, [], "SAS's layout without F_species")
    dump(
        "trap-event.csv",
        table(["id", "event", "prob_rumor", "pred"], rows(ROWS, [1] * 7, POSITIVE, DECISION)),
    )
    refused(
        "bce trap-event.csv",
        "no targets: event is the same in every row",
        [],
        "a constant column beside a probability",
    )
    dump(
        "trap-member.csv",
        table(
            ["customerID", "is_member", "churn_pred", "churn_proba"], rows(ROWS, member, DECISION, POSITIVE)
        ),
    )
    refused(
        "bce trap-member.csv",
        "no targets: the probability is that of churn, and is_member is another thing",
        [bce(POSITIVE, member)],
        "a flag beside the probability of something else",
    )
    cities = ["york", "new_york", "new_jersey"]
    head = ["is_member", *[f"p_{c}" for c in cities], "city"]
    dump("trap-cities-member.csv", table(head, [[member[i], *P[i], cities[CLASSES[i]]] for i in range(6)]))
    right(
        "ce --input-is probs trap-cities-member.csv",
        VALUE,
        "a flag beside targets that are names of the classes",
    )
    numbers = [
        [i, round(0.1 * i, 1), *x, k]
        for i, (x, k) in enumerate(zip(LOGITS.tolist(), LOGIT_CLASSES, strict=True))
    ]
    dump("trap-unnamed-x.csv", table(["Unnamed: 0", "x1", "0", "1", "2", "target"], numbers))
    right(
        "ce trap-unnamed-x.csv",
        ce_logits(LOGITS, LOGIT_CLASSES),
        "a feature beside columns that are named by the classes",
    )
    head = ["image", "fish_true", "fish_pred", "flower_true", "flower_prob", "flower_pred"]
    dump(
        "trap-preds.csv",
        table(head, rows(ROWS, LABELS, DECISION, member, SHARE, [int(p > 0.5) for p in SHARE])),
    )
    refused(
        "bce trap-preds.csv",
        "fish has a decision only, and no decision is an input",
        [],
        "several labels, one without its probability",
    )
    years = ["2019", "2020", "2021"]
    head = ["is_member", *[f"p_{y}" for y in years], "year"]
    dump("trap-years-member.csv", table(head, [[member[i], *P[i], years[CLASSES[i]]] for i in range(6)]))
    right(
        "ce --input-is probs trap-years-member.csv",
        VALUE,
        "a flag beside targets that are names of the classes and numbers",
    )
    names = ["CANDIDATE", "CONFIRMED", "FALSE POSITIVE"]
    head = ["koi_flag", "koi_depth", "prediction", "confidence", *[f"prob_{n}" for n in names]]
    planets = [[member[i], 1288.3 - i, names[int(np.argmax(PROBS[i]))], max(P[i]), *P[i]] for i in range(6)]
    dump("trap-planets.csv", table(head, planets))
    refused(
        "ce --input-is probs trap-planets.csv",
        "no targets: a flag is no index of named classes",
        [],
        "a flag among the features, no truth",
    )
    head = ["is_member", *[f"p_{c}" for c in cities]]
    dump("trap-no-city.csv", table(head, [[member[i], *P[i]] for i in range(6)]))
    refused(
        "ce --input-is probs trap-no-city.csv",
        "no targets: a flag is no index of named classes",
        [],
        "a flag beside probabilities, no truth",
    )
    dump(
        "trap-p0-spark.csv",
        table(
            ["label", "p0", "prediction"],
            rows([float(y) for y in LABELS], NEGATIVE, [float(d) for d in DECISION]),
        ),
    )
    right("bce trap-p0-spark.csv", TWO, "Spark's layout with p0 only")
    wide = [[*x, SHARE[i], k] for i, (x, k) in enumerate(zip(LOGITS.tolist(), LOGIT_CLASSES, strict=True))]
    dump("trap-wide.csv", table(["a", "b", "c", "humidity", "y"], wide))
    refused(
        "ce trap-wide.csv",
        "four columns without a common affix, of which the targets, 0 to 2, name three: one may be a feature",
        [LOGIT_VALUE],
        "a feature beside columns that nothing names",
    )
    named = [[i, *x, "abc"[k]] for i, (x, k) in enumerate(zip(LOGITS.tolist(), LOGIT_CLASSES, strict=True))]
    dump("trap-visits.csv", table(["visits", "a", "b", "c", "label"], named))
    right(
        "ce trap-visits.csv",
        ce_logits(LOGITS, LOGIT_CLASSES),
        "a feature beside columns that are named by the classes",
    )


def make() -> None:
    by_mutation()
    wrong_input()
    wrong_class()
    wrong_target()
    wrong_row()
