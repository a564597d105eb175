"""Draws small tables as programs write them, for ``python tests/role_outcomes.py --draw SEED``."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

__all__ = ["drawn"]

Columns = list[str]


def _words(text: str) -> list[str]:
    return text.split()


TARGETS = _words("""
    label target y y_true true_label actual class truth gold_label species outcome obs y_test
    true_class Actual labels clicked response answer class_id churned answer~text
""")
GROUPS = _words("""
    p_{} prob_{} {}_prob logit_{} {}_score score({}) P(y={}) Probability:Class={} .pred_{} pred_{}
    c_{} {} proba[{}] x.{} out-{} cls_{} {}~(p) probability_{}_rf oof_{} prediction_{}_score raw_{}
    class_{} prob~{}
""")
LABELS = {
    ("setosa", "versicolor", "virginica"): ["t3", "t3", "T3", "y3", "f3", "i3", "o3"],
    ("0", "1", "2"): ["y3", "y3", "f3"],
    ("1", "2", "3"): ["n3", "n3", "y3"],
    ("a", "b", "c"): ["l3", "y3"],
    ("win", "draw", "loss"): ["y3", "f3"],
    ("max", "min", "mean"): ["y3", "n3"],
}
"""The names of classes, and the kinds of targets that go with them."""
SINGLES = _words("""
    prob y_prob p score probability pred y_pred_proba p_churn prob_1 prob_yes prediction churn_score
    p_cat p_malignant yhat output proba_rf p_hat ctr risk
""")
EXTRAS = _words("""
    id:id id:n row_id:u :n index:n fold:fold age:f age:i path:path date:date pred:d weight:w
    sample_weight:w confidence:c model:pet epoch:n x1:f prob_max:c note:id seed:fold uuid:id
    predicted_label:d prediction:dyn score:m prob_other:m split:yn entropy:f visits:u target_name:mb
    label_text:pet user_id:U rank:n p_value:m loss:f top:c long:long age:p- weight:p- pred_class:d3 y_pred:d3
    certainty:c fare:w batch:k empty:- cal_p1:m
""")
CLASS_TARGETS = [kind for kinds in LABELS.values() for kind in kinds] + ["x3"]
SINGLE_TARGETS = ["y", "y", "yn", "b", "mb", "pet", "y1", "pm", "YN", "12"]
FORMS = ["csv"] * 12 + ["tsv", "semicolons", "rows", "lines", "split", "arrays"]


OF_COLUMNS = [
    "--target-column",
    "--class-columns",
    "--id-column",
    "--weight-column",
    "--by",
    "--predicted-column",
]


def _asked(pick: random.Random, options: Sequence[str], columns: Columns) -> str:
    """The options: none, one of these, or one that names a column."""
    of_column = f"{pick.choice(OF_COLUMNS)} '{pick.choice(columns).rpartition(':')[0].replace('~', ' ')}'"
    chosen = pick.sample([*options, *[of_column] * len(options)], pick.choice([0] * 3 + [1, 1]))
    chosen += [f"--rows {pick.choice([0, 1, 2, 2, 3, 600])}"] if pick.random() < 0.2 else []
    chosen += ["--missing skip"] if pick.random() < 0.1 else []
    form = pick.choice(FORMS)
    return " ".join([*chosen, *([f"--as {form}"] if form != "csv" else [])])


def _mixed(pick: random.Random, *groups: Columns) -> Columns:
    """The groups of columns in some order; seldom every column somewhere."""
    order = list(groups)
    pick.shuffle(order)
    found = [column for group in order for column in group]
    if pick.random() < 0.1:
        pick.shuffle(found)
    names = [column.rpartition(":")[0] for column in found]
    return [column for at, column in enumerate(found) if names.index(names[at]) == at]


def _extras(pick: random.Random) -> Columns:
    return pick.sample(EXTRAS, pick.choice([0, 0, 0, 1, 1, 2, 3]))


def _classes(pick: random.Random) -> tuple[str, Columns, Columns]:
    """A loss, the columns of its input, and those of targets that mostly go with them."""
    loss, kind = pick.choice([("ce", "l"), ("ce", "l"), ("ce-probs", "p"), ("ce-probs", "p"), ("nll", "lp")])
    style, labels = pick.choice(GROUPS), pick.choice([*LABELS])
    found = [f"{style.format(label)}:{kind}{i}" for i, label in enumerate(labels)]
    if pick.random() < 0.15:
        other = pick.choice(GROUPS)
        found += [f"{other.format(label)}:r{i}" for i, label in enumerate(labels)]
    if pick.random() < 0.1:
        found = found[1:] + found[:1]
    target = [f"{pick.choice(TARGETS)}:{pick.choice(LABELS[labels] * 4 + CLASS_TARGETS)}"]
    if pick.random() < 0.15:
        style, names = pick.choice(["true_", "y_", "", "is_"]), pick.choice([labels] * 3 + [*LABELS])
        target = [f"{style}{name}:h{at}" for at, name in enumerate(names)]
    return loss, found, target


def classes(pick: random.Random) -> str:
    loss, found, target = _classes(pick)
    target = target if pick.random() < 0.95 else []
    options = [
        "--first-class 1",
        "--target-is name",
        "--target-is index",
        "--examined",
        "--rescaled",
        "--or-binary",
        "--weight-column ''",
        "--class-map a=setosa,b=versicolor,c=virginica",
        "--class-columns '*_*'",
    ]
    columns = _mixed(pick, found, target, _extras(pick))
    return f"{loss} {_asked(pick, options, columns)} | {' '.join(columns)}"


def binary(pick: random.Random) -> str:
    loss, kinds = pick.choice(
        [("bce", ["p"] * 8 + ["c", "p%", "p,", "1-p", "p-", "p!"])] * 5
        + [("bce-logits", ["s"]), ("soft-margin", ["s"])]
    )
    name = pick.choice(SINGLES)
    found = [f"{name}:{pick.choice(kinds)}"]
    if pick.random() < 0.2:
        style = pick.choice(GROUPS)
        labels = pick.choice(
            [("no", "yes"), ("0", "1"), ("benign", "malignant"), ("dog", "cat"), ("neg", "pos")]
        )
        found = [f"{style.format(labels[0])}:1-p", f"{style.format(labels[1])}:p"]
    if pick.random() < 0.15:
        found.append(f"{pick.choice(SINGLES)}:m")
    target = [f"{pick.choice(TARGETS)}:{pick.choice(SINGLE_TARGETS)}"] if pick.random() < 0.9 else []
    options = [
        "--positive yes",
        "--positive malignant",
        "--positive 1",
        "--positive cat",
        "--positive 0",
        "--percent",
        "--weight-column ''",
        "--decimal ,",
    ]
    columns = _mixed(pick, found, target, _extras(pick))
    return f"{loss} {_asked(pick, options, columns)} | {' '.join(columns)}"


def joined(pick: random.Random) -> str:
    """The targets in a table of their own."""
    if pick.random() < 0.5:
        loss, found, target = _classes(pick)
    else:
        loss, found = "bce", [f"{pick.choice(SINGLES)}:{pick.choice(['p', 'p', 'c', '1-p'])}"]
        target = [f"{pick.choice([*TARGETS, 'tag', 'churn'])}:{pick.choice(SINGLE_TARGETS)}"]
        target += ["target2:d"] if pick.random() < 0.1 else []
    kind = pick.choice(["id", "u", "path", "n"])
    keys = pick.choice(
        [("id", "id"), ("user_id", "user_id"), ("id", "key"), ("path", "file"), ("name", "id"), ("", "")]
    )
    ids = [f"{name}:{kind}" for name in keys] if pick.random() < 0.8 else ["", ""]
    ours = _mixed(pick, found, [ids[0]] if ids[0] else [], _extras(pick))
    more = pick.sample(
        ["fold:fold", "note:date", "age:f", "pred:d", "tag:pet", "key:n", "usage:pet"],
        pick.choice([0, 0, 1, 2]),
    )
    theirs = _mixed(pick, [ids[1]] if ids[1] else [], target, more)
    options = ["--positive yes", "--positive cat", "--first-class 1", "--target-is name", "--target-column *"]
    return (
        f"{loss} {_asked(pick, options, pick.choice([ours, theirs]))} | {' '.join(ours)} | {' '.join(theirs)}"
    )


def arrays(pick: random.Random) -> str:
    """Arrays by name."""
    known = [
        "logits",
        "probs",
        "scores",
        "log_probs",
        "Logits",
        "predictions",
        "input",
        "x",
        "a",
        "model_output",
        "y_prob",
        "prob",
        "embedding",
        "confidence",
        "y_pred",
        "score",
    ]
    targets = [
        "labels",
        "targets",
        "target",
        "y",
        "y_true",
        "Labels",
        "true_labels",
        "classes",
        "b",
        "gold",
        "truth",
    ]
    loss = pick.choice(["ce", "ce-probs", "bce", "bce-logits", "nll"])
    per_class = loss in ("ce", "ce-probs", "nll")
    own = {"ce": "L", "ce-probs": "P", "nll": "L", "bce": "p", "bce-logits": "s"}[loss]
    first = f"{pick.choice(known)}:{pick.choice([own] * 6 + ['p1', 'PP', 'p', 'P'])}"
    may_be = ["y3", "y3", "y3", "Y1", "H", "t3", "f3"] if per_class else ["y", "y", "b", "yn", "mb", "y1"]
    second = f"{pick.choice(targets)}:{pick.choice(may_be)}"
    more = pick.sample(
        [
            "ids:id",
            "id:n",
            "weight:W",
            "weights:w",
            "sample_weight:w",
            "pred:d",
            "y_pred:d",
            "features:L",
            "age:f",
            "reduction:k",
            "extra:p",
            "fold:fold",
            "logits2:L",
            "prob2:m",
            "label2:y3",
            "prediction:dyn",
        ],
        pick.choice([0, 0, 1, 2, 3]),
    )
    columns = _mixed(pick, [first], [second] if pick.random() < 0.9 else [], more)
    asked = _asked(pick, ["--weight-column ''", "--positive 0", "--positive yes"], columns)
    return f"{loss} {asked.partition('--as')[0]} --as arrays | {' '.join(columns)}"


DRAWS: dict[str, tuple[Callable[[random.Random], str], int]] = {
    "drawn_classes": (classes, 75),
    "drawn_binary": (binary, 75),
    "drawn_joined": (joined, 60),
    "drawn_arrays": (arrays, 40),
}


def drawn(file: str, seed: int) -> Iterator[str]:
    """The cases of a file that a seed draws; none of a file that is written by hand."""
    draw, count = DRAWS.get(file, (classes, 0))
    pick = random.Random(f"{file} {seed}")
    for _ in range(count):
        line = draw(pick)
        yield " ".join(line.split())
