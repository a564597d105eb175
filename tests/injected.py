"""Data sets with one mistake in each, as words of ``celoss diagnose``, and the codes that name it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from formulas import expit, log_softmax, softmax

__all__ = ["INJECTED", "Injected"]


class Injected(NamedTuple):
    """A mistake in data.

    Attributes:
        name: of the mistake, and of the model it was made with.
        write: writes the data to a folder and answers the words after ``celoss diagnose``.
        codes: findings of which any names the mistake.

    """

    name: str
    write: Callable[[Path], list[str]]
    codes: tuple[str, ...]


INJECTED: list[Injected] = []


# ----------------------------------------------------------------------------------------- how it is written


def table(path: Path, columns: dict[str, Any], *words: str) -> list[str]:
    """A CSV file with these columns."""
    names = list(columns)
    rows = zip(*(np.asarray(columns[name]).tolist() for name in names), strict=True)
    lines = [",".join(names), *(",".join(map(cell, row)) for row in rows)]
    (path / "data.csv").write_text("\n".join(lines) + "\n")
    return [str(path / "data.csv"), *words]


def cell(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)


def classes(path: Path, x: Any, y: Any, *words: str, prefix: str = "logit_", **more: Any) -> list[str]:
    """A table of a column for each class and the target."""
    columns = {f"{prefix}{c}": np.asarray(x)[:, c] for c in range(np.shape(x)[1])}
    return table(path, {**more, **columns, "target": y}, *words)


def arrays(path: Path, *words: str, **named: Any) -> list[str]:
    """An NPZ file with these arrays."""
    np.savez(path / "data.npz", **named)
    return [str(path / "data.npz"), *words]


# ----------------------------------------------------------------------------------------------- the models


def model(rows: int, count: int, skill: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits of 4 decimals, and targets drawn from their softmax: right and calibrated."""
    random = np.random.default_rng(seed)
    x = np.round(random.normal(size=(rows, count)) * skill, 4)
    return x, (x + random.gumbel(size=x.shape)).argmax(axis=1)


def answers(rows: int, skill: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits and 0/1 targets, the same for one answer."""
    random = np.random.default_rng(seed)
    z = np.round(random.normal(size=rows) * skill - 0.3, 4)
    return z, (random.random(rows) < expit(z)).astype(int)


MODELS = {
    "3 classes": lambda: model(200, 3, 2.5, 1),
    "10 classes": lambda: model(500, 10, 2.5, 2),
    "30 classes": lambda: model(900, 30, 3.0, 3),
}
BINARY = {"weak": lambda: answers(400, 1.5, 4), "strong": lambda: answers(150, 4.0, 5)}

OfClasses = Callable[[Path, np.ndarray, np.ndarray], list[str]]


def with_every_model(*codes: str, only: tuple[str, ...] = tuple(MODELS)) -> Callable[[OfClasses], OfClasses]:
    """The mistake made with each model of classes."""

    def enter(function: OfClasses) -> OfClasses:
        for name in only:

            def write(path: Path, name: str = name) -> list[str]:
                return function(path, *MODELS[name]())

            INJECTED.append(Injected(f"{function.__name__}-{name}", write, codes))
        return function

    return enter


def with_both_answers(*codes: str) -> Callable[[OfClasses], OfClasses]:
    """The mistake made with each model of one answer."""

    def enter(function: OfClasses) -> OfClasses:
        for name in BINARY:

            def write(path: Path, name: str = name) -> list[str]:
                return function(path, *BINARY[name]())

            INJECTED.append(Injected(f"{function.__name__}-{name}", write, codes))
        return function

    return enter


def once(*codes: str) -> Callable[[Callable[[Path], list[str]]], Callable[[Path], list[str]]]:
    def enter(function: Callable[[Path], list[str]]) -> Callable[[Path], list[str]]:
        INJECTED.append(Injected(function.__name__, function, codes))
        return function

    return enter


def p_of(x: np.ndarray) -> np.ndarray:
    return np.round(softmax(x, axis=1), 5)


# -------------------------------------------------------------------------------- what the input is taken for


@with_every_model("CEL104")
def probabilities_for_logits(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, p_of(x), y, prefix="c")


@with_every_model("CEL107")
def softmax_over_the_batch(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, softmax(x, axis=0), y, prefix="c")


@with_every_model("CEL107")
def log_softmax_over_the_batch(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, log_softmax(x, axis=0), y, "--loss", "nll", prefix="c")


@with_every_model("CEL103")
def logits_for_log_probabilities(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, x, y, "--loss", "nll", prefix="c")


@with_every_model("CEL106")
def probabilities_for_log_probabilities(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, p_of(x), y, "--loss", "nll", prefix="c")


@with_every_model("CEL103")
def costs_for_log_probabilities(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, -log_softmax(x, axis=1), y, "--loss", "nll", prefix="c")


@with_every_model("CEL111")
def percentages_for_logits(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, np.round(100 * softmax(x, axis=1), 2), y, prefix="c")


@with_every_model("CEL110", only=("3 classes", "10 classes"))
def probabilities_that_do_not_add_up(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    scale = np.linspace(0.7, 1, len(x))[:, None]
    return classes(path, p_of(x) * scale, y, "--input-is", "probs", "--class-columns", "c*", prefix="c")


@with_every_model("CEL403")
def softmax_twice(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, softmax(softmax(x, axis=1), axis=1), y, "--input-is", "probs", prefix="p_")


@with_every_model("CEL403")
def logits_scaled_up(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, 6 * x, y)


@with_every_model("CEL403")
def logits_scaled_down(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, x / 8, y)


@with_every_model("CEL215")
def distances_for_logits(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, -x, y)


@with_every_model("CEL302", only=("3 classes", "10 classes"))
def a_nan(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    x[7, 1] = np.nan
    return classes(path, x, y)


@with_every_model("CEL302", only=("3 classes", "10 classes"))
def an_overflow(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    x[7, 1] = np.inf
    return arrays(path, logits=x, labels=y)


@with_every_model("CEL304", only=("3 classes", "10 classes"))
def the_ceiling_of_float16(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    x[3, 0] = 65504.0
    x[9, 1] = -65504.0
    return classes(path, x, y)


# ------------------------------------------------------------------------------------------------- targets


@with_every_model("CEL204")
def labels_from_one(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    y[:2] = 0, x.shape[1] - 1
    return classes(path, x, y + 1, prefix="c")


@with_every_model("CEL217")
def labels_from_one_without_the_last(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    kept = y < x.shape[1] - 1
    return classes(path, x[kept], y[kept] + 1, prefix="c")


@with_every_model("CEL205", only=("3 classes", "10 classes"))
def unlabelled_rows(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, x, np.where(np.arange(len(y)) % 7 == 0, -1, y), prefix="c")


@with_every_model("CEL205", only=("3 classes", "10 classes"))
def void_pixels(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return arrays(path, logits=x, labels=np.where(np.arange(len(y)) % 7 == 0, 255, y))


@with_every_model("CEL206")
def a_class_too_many(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    y[::11] = x.shape[1] + 2
    return classes(path, x, y, prefix="c")


@with_every_model("CEL207", only=("3 classes",))
def all_rows_ignored(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return arrays(path, logits=x, labels=np.full(len(y), -100))


@with_every_model("CEL208", only=("3 classes", "10 classes"))
def one_target_for_all(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, x, np.full(len(y), 1), prefix="c")


@with_every_model("CEL209", only=("3 classes", "10 classes"))
def a_class_filtered_out(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    kept = y != 1
    return classes(path, x[kept], y[kept], prefix="c")


@with_every_model("CEL210", only=("3 classes", "10 classes"))
def one_hot_targets(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return arrays(path, logits=x, targets=np.eye(x.shape[1])[y])


@with_every_model("CEL201", only=("3 classes", "10 classes"))
def several_answers_a_row(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    hot = np.eye(x.shape[1])[y]
    hot[np.arange(len(y)), (y + 1) % x.shape[1]] = np.arange(len(y)) % 2
    return arrays(path, logits=x, targets=hot)


@with_every_model("CEL201", only=("3 classes", "10 classes"))
def percentages_as_targets(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return arrays(path, logits=x, targets=np.round(100 * softmax(x, axis=1)))


@with_every_model("CEL211", only=("3 classes", "10 classes"))
def a_join_that_doubled_rows(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    rows = np.r_[np.arange(len(y)), 5:12]
    return classes(path, x[rows], y[rows], id=[f"r{row}" for row in rows])


@with_every_model("CEL401", "CEL402")
def targets_of_another_split(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, x, np.random.default_rng(9).permutation(y))


@with_every_model("CEL401", "CEL402")
def targets_sorted(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, x, np.sort(y))


# ------------------------------------------------------------------------------------------------- order


@with_every_model("CEL213")
def targets_of_the_next_row(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, x[:-1], y[1:])


@with_every_model("CEL213")
def targets_of_the_row_before(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, x[1:], y[:-1])


@with_every_model("CEL213")
def two_rows_lost(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, x[:-2], y[2:])


@with_every_model("CEL213", only=("3 classes", "10 classes"))
def five_rows_too_many(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, x[5:], y[:-5])


@with_every_model("CEL213", only=("3 classes", "10 classes"))
def seventeen_rows_too_many(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, x[17:], y[:-17])


@with_every_model("CEL213", only=("3 classes", "30 classes"))
def rows_of_the_targets_reversed(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    """By chance, reversed ones are right in 71 of 500 rows of 10 classes, and not shown to be wrong."""
    return classes(path, x, y[::-1])


@with_every_model("CEL213")
def predictions_in_the_order_of_file_names(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    """img_1.png, img_10.png, img_100.png, as glob gives them."""
    order = sorted(range(len(x)), key=lambda i: f"img_{i + 1}.png")
    return classes(path, x[order], y)


@with_every_model("CEL213")
def targets_in_the_order_of_texts(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, x, y[sorted(range(len(x)), key=str)])


@with_both_answers("CEL213")
def answers_reversed(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return table(path, {"logit": x, "target": y[::-1]}, "--loss", "bce-logits")


@with_every_model("CEL213", only=("10 classes", "30 classes"))
def targets_turned_by_a_third_of_the_rows(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, x, np.roll(y, len(y) // 3))


@with_every_model("CEL213", only=("10 classes", "30 classes"))
def the_first_batch_lost(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, x[32:], y[:-32])


@with_every_model("CEL214", only=("30 classes",))
def columns_sorted_as_text(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    order = sorted(range(x.shape[1]), key=str)
    return arrays(path, logits=x[:, order], labels=y)


@with_every_model("CEL214")
def two_columns_exchanged(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    order = np.arange(x.shape[1])
    order[[0, 1]] = 1, 0
    return arrays(path, logits=x[:, order], labels=y)


@with_every_model("CEL214")
def columns_reversed(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, x[:, ::-1], y)


@with_every_model("CEL214")
def columns_turned_by_one(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, np.roll(x, 1, axis=1), y)


# ------------------------------------------------------------------------------------------ odd predictions


@with_every_model("CEL406")
def one_prediction_for_all(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, np.tile(x[:1], (len(x), 1)), y)


@with_every_model("CEL307")
def a_marker_for_a_probability_of_0(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    logs = log_softmax(x, axis=1)
    logs[[4, 9], y[[4, 9]]] = -9999.0
    return classes(path, logs, y, "--loss", "nll")


@with_every_model("CEL307", only=("3 classes", "10 classes"))
def the_least_number_of_float32(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    x[[4, 9], y[[4, 9]]] = np.finfo(np.float32).min
    return arrays(path, logits=x.astype(np.float32), labels=y)


@with_every_model("CEL303", only=("3 classes", "10 classes"))
def probabilities_rounded_to_0(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    p = p_of(x)
    p[3] = np.eye(x.shape[1])[(y[3] + 1) % x.shape[1]]
    return classes(path, p, y, "--input-is", "probs", prefix="p_")


@with_every_model("CEL303", only=("3 classes", "10 classes"))
def hard_decisions_for_probabilities(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, np.eye(x.shape[1])[x.argmax(axis=1)], y, "--input-is", "probs", prefix="p_")


@once("CEL101")
def one_column_for_cross_entropy(path: Path) -> list[str]:
    z, t = answers(200, 2.0, 6)
    return arrays(path, logits=z[:, None], labels=np.zeros_like(t))


# ---------------------------------------------------------------------------------------- sequences, images


def sequences() -> tuple[np.ndarray, np.ndarray]:
    """(rows, classes, positions) and (rows, positions)."""
    random = np.random.default_rng(12)
    x = np.round(random.normal(size=(20, 8, 16)) * 2.5, 4)
    return x, (x + random.gumbel(size=x.shape)).argmax(axis=1)


@once("CEL213")
def targets_of_the_next_position(path: Path) -> list[str]:
    x, y = sequences()
    return arrays(path, logits=x[:, :, :-1], labels=y[:, 1:])


@once("CEL213")
def targets_of_the_position_before(path: Path) -> list[str]:
    x, y = sequences()
    return arrays(path, logits=x[:, :, 1:], labels=y[:, :-1])


@once("CEL213")
def shifted_twice(path: Path) -> list[str]:
    x, y = sequences()
    return arrays(path, logits=x[:, :, :-2], labels=y[:, 2:])


@once("CEL112")
def another_axis_of_the_same_length(path: Path) -> list[str]:
    x, y = sequences()
    return arrays(path, logits=np.swapaxes(x[:, :, :8], 1, 2), labels=y[:, :8])


@once("CEL205")
def padding_of_tokens(path: Path) -> list[str]:
    x, y = sequences()
    return arrays(path, logits=x, labels=np.where(np.arange(16) > 12, -1, y))


# ------------------------------------------------------------------------------------------------ one answer


@with_both_answers("CEL108")
def logits_for_bce(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    return table(path, {"score": z, "target": t}, "--loss", "bce")


@with_both_answers("CEL109")
def probabilities_for_bce_with_logits(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    return table(path, {"score": np.round(expit(z), 5), "target": t}, "--loss", "bce-logits")


@with_both_answers("CEL108")
def rounded_out_of_0_to_1(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    p = np.round(expit(z), 5)
    p[5] = 1.0000001192092896
    return table(path, {"prob": p, "target": t}, "--loss", "bce")


@with_both_answers("CEL111")
def percentages_for_bce(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    return table(path, {"score": np.round(100 * expit(z), 2), "target": t}, "--loss", "bce")


@with_both_answers("CEL214")
def probability_of_the_other_answer(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    return table(path, {"prob": np.round(expit(-z), 5), "target": t}, "--loss", "bce")


@with_both_answers("CEL214")
def logits_of_the_other_answer(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    return table(path, {"score": -z, "target": t}, "--loss", "bce-logits")


@with_both_answers("CEL213")
def answers_of_the_next_row(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    return table(path, {"score": z[:-1], "target": t[1:]}, "--loss", "bce-logits")


@with_both_answers("CEL213")
def answers_three_rows_on(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    return table(path, {"prob": np.round(expit(z), 5)[:-3], "target": t[3:]}, "--loss", "bce")


@with_both_answers("CEL213")
def answers_seventeen_rows_on(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    return table(path, {"prob": np.round(expit(z), 5)[:-17], "target": t[17:]}, "--loss", "bce")


@with_both_answers("CEL216")
def signed_labels(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    return arrays(path, "--loss", "bce-logits", logits=z, targets=2 * t - 1)


@with_both_answers("CEL216")
def labels_1_and_2(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    return arrays(path, "--loss", "bce-logits", logits=z, targets=t + 1)


@with_both_answers("CEL216")
def labels_0_and_1_for_the_margin(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    return arrays(path, "--loss", "soft-margin", scores=z, targets=t)


@with_both_answers("CEL401", "CEL402")
def answers_of_other_rows(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    shuffled = np.random.default_rng(8).permutation(t)
    return table(path, {"score": z, "target": shuffled}, "--loss", "bce-logits")


@with_both_answers("CEL406")
def one_probability_for_all(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    return table(path, {"prob": np.full(len(z), 0.3), "target": t}, "--loss", "bce")


@with_both_answers("CEL403")
def a_sigmoid_twice(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    return table(path, {"prob": np.round(expit(expit(z) - 0.5), 5), "target": t}, "--loss", "bce")


@with_both_answers("CEL301", "CEL303")
def a_certain_mistake(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    p = np.round(expit(z), 5)
    p[[3, 8]] = 1 - t[[3, 8]]
    return table(path, {"prob": p, "target": t}, "--loss", "bce")


# ------------------------------------------------------------------------------------------------ divergence


def distributions() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    q = random.dirichlet(np.ones(5), 60)
    return np.log(0.5 * q + 0.1), q


@once("CEL103")
def probabilities_for_kl(path: Path) -> list[str]:
    logs, q = distributions()
    return arrays(path, "--loss", "kl", log_probs=np.exp(logs), targets=q)


@once("CEL103")
def logits_for_kl(path: Path) -> list[str]:
    logs, q = distributions()
    return arrays(path, "--loss", "kl", log_probs=logs * 2 + 3, targets=q)


@once("CEL201")
def log_targets_for_kl(path: Path) -> list[str]:
    logs, q = distributions()
    return arrays(path, "--loss", "kl", log_probs=logs, targets=np.log(q))


@once("CEL201")
def targets_of_kl_that_do_not_add_up(path: Path) -> list[str]:
    logs, q = distributions()
    return arrays(path, "--loss", "kl", log_probs=logs, targets=1.4 * q)


# ---------------------------------------------------------------------------------------------- once more


@with_every_model("CEL213")
def halves_exchanged(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, np.roll(x, len(x) // 2, axis=0), y)


@with_every_model("CEL213", only=("3 classes", "10 classes"))
def targets_a_batch_of_64_late(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, x, np.roll(y, 64))


@with_every_model("CEL103")
def logarithms_of_base_10(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, log_softmax(x, axis=1) / np.log(10), y, "--loss", "nll", prefix="log_p_")


@with_every_model("CEL103")
def logarithms_of_base_2(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, log_softmax(x, axis=1) / np.log(2), y, "--loss", "nll", prefix="log_p_")


@with_every_model("CEL110")
def a_sigmoid_for_each_class(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, expit(x), y, "--input-is", "probs", prefix="p_")


@with_every_model("CEL107")
def probabilities_over_the_batch(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, softmax(x, axis=0), y, "--input-is", "probs", prefix="p_")


@with_every_model("CEL403")
def standardised_logits(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, (x - x.mean(axis=0)) / (3 * x.std(axis=0)), y)


@with_every_model("CEL214", only=("3 classes", "10 classes"))
def three_columns_in_a_ring(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, x[:, [1, 2, 0, *range(3, x.shape[1])]], y)


@with_both_answers("CEL108")
def logarithms_for_bce(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    return table(path, {"prob": np.log(expit(z)), "target": t}, "--loss", "bce")


@with_both_answers("CEL109")
def decisions_for_logits(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    return table(path, {"logit": (z > 0).astype(float), "target": t}, "--loss", "bce-logits")


@with_both_answers("CEL213")
def answers_of_the_other_half(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    return table(path, {"prob": np.round(expit(z), 5), "target": np.roll(t, len(t) // 2)}, "--loss", "bce")


# ------------------------------------------------------------------------------ other frequencies of classes


def thinned(y: np.ndarray, kept: list[float] | np.ndarray, seed: int = 7) -> np.ndarray:
    """Rows of which such a part of each class is kept, in order."""
    return np.flatnonzero(np.random.default_rng(seed).random(len(y)) < np.asarray(kept)[y])


@with_every_model("CEL407")
def half_of_the_classes_are_rare_in_the_data(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    rows = thinned(y, np.where(np.arange(x.shape[1]) % 2, 0.05, 1.0))
    return classes(path, x[rows], y[rows])


@with_every_model("CEL407", only=("3 classes", "10 classes"))
def a_class_weight_of_20(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, x + np.log(20) * (np.arange(x.shape[1]) == 1), y)


@with_every_model("CEL407", only=("3 classes", "10 classes"))
def probabilities_for_the_wrong_frequencies(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    weights = np.geomspace(1, 100, x.shape[1])
    return classes(path, p_of(x + np.log(weights)), y, "--input-is", "probs", prefix="p_")


@with_every_model("CEL407", only=("3 classes", "10 classes"))
def log_probabilities_for_the_wrong_frequencies(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    weights = np.geomspace(100, 1, x.shape[1])
    return classes(path, log_softmax(x + np.log(weights), axis=1), y, "--loss", "nll", prefix="log_p_")


@once("CEL407")
def trained_on_halves_and_tested_on_1_of_20(path: Path) -> list[str]:
    z, t = answers(3000, 4.0, 26)
    rows = thinned(t, [1, 0.05])
    return table(path, {"logit": z[rows], "target": t[rows]}, "--loss", "bce-logits")


@with_both_answers("CEL407")
def negatives_sampled_in_training(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    p = np.round(expit(z + np.log(30)), 6)
    return table(path, {"prob": p, "target": t}, "--loss", "bce")


@with_both_answers("CEL407")
def trained_on_rare_answers_and_tested_on_halves(path: Path, z: np.ndarray, t: np.ndarray) -> list[str]:
    return table(path, {"prob": np.round(expit(z - np.log(30)), 6), "target": t}, "--loss", "bce")


@once("CEL407")
def two_groups_of_a_normal_distribution(path: Path) -> list[str]:
    """The exact posterior for as many of one group as of the other, where one in 20 is of it."""
    random = np.random.default_rng(21)
    t = (random.random(2000) < 0.05).astype(int)
    z = np.round(1.5 * (random.normal(size=2000) + 1.5 * t) - 1.125, 4)
    return table(path, {"logit": z, "target": t}, "--loss", "bce-logits")


@once("CEL407")
def positions_of_frequent_classes(path: Path) -> list[str]:
    x, y = sequences()
    return arrays(path, logits=x + np.geomspace(4, 0.1, 8)[:, None], labels=y)


@with_every_model("CEL214", only=("3 classes", "10 classes"))
def two_columns_exchanged_of_rare_classes(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    x = np.tile(x, (4, 1)) + np.log(np.geomspace(1, 30, x.shape[1]))
    y = (x + np.random.default_rng(5).gumbel(size=x.shape)).argmax(axis=1)
    order = np.arange(x.shape[1])
    order[[0, 1]] = 1, 0
    return classes(path, x[:, order], y)


@once("CEL214")
def the_other_answer_of_1_in_20(path: Path) -> list[str]:
    random = np.random.default_rng(22)
    z = np.round(random.normal(size=2000) * 2 - 4, 4)
    t = (random.random(2000) < expit(z)).astype(int)
    return table(path, {"logit": -z, "target": t}, "--loss", "bce-logits")


@once("CEL403")
def softmax_twice_of_rare_answers(path: Path) -> list[str]:
    random = np.random.default_rng(23)
    x = np.round(random.normal(size=(1500, 3)) * 2.5 + [0, -2, -3], 4)
    y = (x + random.gumbel(size=x.shape)).argmax(axis=1)
    return classes(path, softmax(softmax(x, axis=1), axis=1), y, "--input-is", "probs", prefix="p_")


@once("CEL215")
def distances_of_rare_classes(path: Path) -> list[str]:
    random = np.random.default_rng(24)
    x = np.round(random.normal(size=(800, 4)) * 2.5 + [0, -1, -2, -3], 4)
    return classes(path, -x, (x + random.gumbel(size=x.shape)).argmax(axis=1))


@once("CEL217")
def labels_from_one_of_rare_classes(path: Path) -> list[str]:
    random = np.random.default_rng(25)
    x = np.round(random.normal(size=(800, 6)) * 2.5 + [0, -1, -2, -3, -3, -9], 4)
    y = (x + random.gumbel(size=x.shape)).argmax(axis=1)
    kept = y < 5
    return classes(path, x[kept], y[kept] + 1)


# ---------------------------------------------------------------------------------------------- many classes


def words_of_a_vocabulary(count: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits of many classes, of which a few are frequent, and targets that follow them."""
    random = np.random.default_rng(count)
    y = np.minimum(random.zipf(1.4, rows) - 1, count - 2)
    x = random.normal(size=(rows, count)).astype(np.float32)
    x[np.arange(rows), y] += np.float32(np.log(count))
    return x, y


@once("CEL217")
def tokens_without_the_padding_in_front(path: Path) -> list[str]:
    x, y = words_of_a_vocabulary(5000, 300)
    return arrays(path, logits=np.roll(x, 1, axis=1), labels=y)


@once("CEL217")
def tokens_counted_from_one(path: Path) -> list[str]:
    x, y = words_of_a_vocabulary(5000, 300)
    return arrays(path, logits=x, labels=y + 1)


@once("CEL214")
def a_thousand_names_sorted_as_text(path: Path) -> list[str]:
    x, y = words_of_a_vocabulary(1000, 1500)
    return arrays(path, logits=x[:, sorted(range(1000), key=str)], labels=y)


@with_every_model("CEL217", only=("10 classes", "30 classes"))
def a_background_in_front(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    return classes(path, np.column_stack([x.min(axis=1) - 1, x]), y)


@once("CEL407")
def tested_on_as_many_of_each_answer_in_order(path: Path) -> list[str]:
    """Rows sorted by their target: neither shifted nor a matter of temperature."""
    random = np.random.default_rng(31)
    z = np.round(random.normal(size=4000) * 1.6 - 4, 4)
    t = (random.random(4000) < expit(z)).astype(int)
    rows = np.r_[np.flatnonzero(t), np.flatnonzero(t == 0)[: t.sum()]]
    return table(path, {"logit": z[rows], "target": t[rows]}, "--loss", "bce-logits")
