"""Tables whose names of classes and labels say more, or less, than their order does."""

from __future__ import annotations

import numpy as np
from corpus import CLASSES, LABELS, POSITIVE, PROBS, bce, ce, dump, refused, right, table

TWO, VALUE = bce(POSITIVE, LABELS), ce(PROBS, CLASSES)
OTHER = bce(POSITIVE, 1 - LABELS)
NEGATIVE = [round(1 - p, 6) for p in POSITIVE]
BOTH = np.column_stack([NEGATIVE, POSITIVE])
PAIR = ce(BOTH, LABELS)
P = PROBS.tolist()


def rows(*values: object) -> list[list[object]]:
    return [list(row) for row in zip(*values, strict=True)]  # type: ignore[call-overload]


def words(no: str, yes: str) -> list[str]:
    return [(no, yes)[y] for y in LABELS]


def one_column() -> None:
    dump("names-spam.csv", table(["label", "prob_spam"], rows(words("ham", "spam"), POSITIVE)))
    right("bce names-spam.csv", TWO, "two texts, the column names one of them")
    dump("names-ham.csv", table(["label", "prob_ham"], rows(words("ham", "spam"), NEGATIVE)))
    right("bce names-ham.csv", TWO, "two texts, the column names the one that sorts first")
    dump("names-initial.csv", table(["diagnosis", "prob_malignant"], rows(words("B", "M"), POSITIVE)))
    refused(
        "bce names-initial.csv",
        "initials are no names until somebody says so",
        [TWO, OTHER],
        "labels M and B",
    )
    dump("names-yes-1.csv", table(["churn", "prob_1"], rows(words("No", "Yes"), POSITIVE)))
    right("bce names-yes-1.csv", TWO, "Yes and No beside prob_1")
    dump("names-yes-0.csv", table(["churn", "prob_0"], rows(words("No", "Yes"), NEGATIVE)))
    right("bce names-yes-0.csv", TWO, "Yes and No beside prob_0, which is the probability of No")
    dump("names-sorted.csv", table(["label", "prob_1"], rows(words("benign", "malignant"), POSITIVE)))
    refused(
        "bce names-sorted.csv",
        "which text is 1 is not said; texts are not sorted",
        [TWO, OTHER],
        "texts beside prob_1",
    )
    dump("names-bad.csv", table(["risk", "p_bad"], rows(words("good", "bad"), POSITIVE)))
    right("bce names-bad.csv", TWO, "good and bad beside p_bad")
    dump("names-neg.csv", table(["label", "score_negative"], rows(words("negative", "positive"), NEGATIVE)))
    right(
        "bce names-neg.csv",
        TWO,
        "a clear pair, and the score of the other one: the name goes before the pair",
    )
    dump("names-t-f.csv", table(["id", "is_fraud", "fraud_score"], rows(range(7), words("F", "T"), POSITIVE)))
    right("bce names-t-f.csv", TWO, "labels T and F")


def two_columns() -> None:
    dump("names-true.csv", table(["prob_False", "prob_True", "label"], rows(NEGATIVE, POSITIVE, LABELS)))
    right("bce names-true.csv", TWO, "prob_False and prob_True beside 0 and 1")
    dump("names-neg-pos.csv", table(["neg", "pos", "label"], rows(NEGATIVE, POSITIVE, LABELS)))
    right("bce names-neg-pos.csv", TWO, "neg and pos beside 0 and 1")
    right("ce --input-is probs names-neg-pos.csv", PAIR, "neg and pos beside 0 and 1")
    dump("names-pos-neg.csv", table(["pos", "neg", "label"], rows(POSITIVE, NEGATIVE, LABELS)))
    right("bce names-pos-neg.csv", TWO, "pos first, beside 0 and 1")
    right(
        "ce --input-is probs names-pos-neg.csv",
        PAIR,
        "pos first, beside 0 and 1: 1 is pos, whatever the order",
    )
    dump("names-yes-no.csv", table(["p_yes", "p_no", "y"], rows(POSITIVE, NEGATIVE, LABELS)))
    right("bce names-yes-no.csv", TWO, "p_yes first, beside 0 and 1")
    right("ce --input-is probs names-yes-no.csv", PAIR, "p_yes first, beside 0 and 1")
    income = words("<=50K", ">50K")
    dump("names-income.csv", table(["prob_<=50K", "prob_>50K", "income"], rows(NEGATIVE, POSITIVE, income)))
    right("ce --input-is probs names-income.csv", PAIR, "classes with signs in their names")
    right("bce names-income.csv", TWO, "two named classes that add up to 1: the same number for either")
    dump(
        "names-cat-dog.csv", table(["p_cat", "p_dog", "label"], rows(POSITIVE, NEGATIVE, words("dog", "cat")))
    )
    right("bce names-cat-dog.csv", TWO, "two named classes that add up to 1: the same number for either")
    dump(
        "names-unsure.csv",
        table(
            ["p_no", "p_yes", "p_unsure", "label"],
            [[n / 2, p / 2, 0.5, w] for n, p, w in rows(NEGATIVE, POSITIVE, words("no", "yes"))],
        ),
    )
    right("ce --input-is probs names-unsure.csv", ce(BOTH / 2, LABELS), "a class that no row has")


def several() -> None:
    floats = [f"prob_{k}.0" for k in range(3)]
    dump("names-floats.csv", table([*floats, "label"], [[*P[i], f"{CLASSES[i]}.0"] for i in range(6)]))
    right("ce --input-is probs names-floats.csv", VALUE, "pandas: classes 0.0, 1.0, 2.0")
    tens = ["10", "20", "30"]
    dump("names-tens.csv", table([*tens, "label"], [[*P[i], tens[CLASSES[i]]] for i in range(6)]))
    right("ce --input-is probs names-tens.csv", VALUE, "classes 10, 20, 30")
    order = [2, 1, 0]
    dump(
        "names-digits.csv",
        table([*[f"p{k}" for k in order], "y"], [[*PROBS[i, order].tolist(), CLASSES[i]] for i in range(6)]),
    )
    right("ce --input-is probs names-digits.csv", VALUE, "p2 before p1 and p0")
    years = ["2019", "2020", "2021"]
    dump(
        "names-years.csv",
        table(["id", *[f"p_{y}" for y in years], "year"], [[i, *P[i], years[CLASSES[i]]] for i in range(6)]),
    )
    right(
        "ce --input-is probs names-years.csv",
        VALUE,
        "classes that are years, a known other's name as the target's",
    )
    ranks = ["1st", "2nd", "3rd"]
    dump(
        "names-ranks.csv",
        table([*[f"prob {r}" for r in ranks], "Class"], [[*P[i], ranks[CLASSES[i]]] for i in range(6)]),
    )
    right("ce --input-is probs names-ranks.csv", VALUE, "blanks in names")
    kinds = ["no", "yes", "maybe"]
    dump("names-no.csv", table(["answer", *kinds], [[kinds[CLASSES[i]], *P[i]] for i in range(6)]))
    right(
        "ce --input-is probs names-no.csv", VALUE, "classes no, yes, maybe: none is a truth value or missing"
    )
    kinds = ["NA", "EU", "AS"]
    dump(
        "names-na.csv",
        table([*[f"p_{k}" for k in kinds], "region"], [[*P[i], kinds[CLASSES[i]]] for i in range(6)]),
    )
    right(
        "ce --input-is probs names-na.csv",
        VALUE,
        "a class named NA: it is the name of a column, and no missing cell",
    )
    dump(
        "names-none.csv",
        table(["p_a", "p_b", "p_c", "label"], [[*P[i], "abcd"[k]] for i, k in enumerate([0, 1, 2, 3, 0, 1])]),
    )
    refused(
        "ce --input-is probs names-none.csv",
        "a target is the name of no class",
        [],
        "a label that the model does not know",
    )
    dump(
        "names-more.csv",
        table(["prob_0", "prob_1", "label"], rows(NEGATIVE, POSITIVE, [0, 1, 2, 0, 1, 1, 0])),
    )
    refused(
        "ce --input-is probs names-more.csv",
        "a target is the index of no class",
        [],
        "a label that the model does not know",
    )


def make() -> None:
    one_column()
    two_columns()
    several()
