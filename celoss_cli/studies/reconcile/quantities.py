"""Other quantities of the same data that are shown where a loss is expected, one entry each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from celoss_cli.core.data import Array
from celoss_cli.core.records import record
from celoss_cli.losses.binary import sigmoid
from celoss_cli.losses.class_axis import log_softmax
from celoss_cli.studies.reconcile.setup import Choice, choice

__all__ = ["BinaryQuantity", "ClassQuantity", "binary_quantities", "class_quantities"]

ClassQuantity = Callable[[Array, Array], Array]
"""Of log-probabilities and target distributions, both (rows, classes, positions): a value for each target."""

BinaryQuantity = Callable[[Array, Array], Array]
"""Of probabilities and targets of one shape: a value for each."""

_TEMPERATURES = (2.0, 3.0, 4.0, 5.0, 8.0, 10.0, 20.0)
_KERAS = 1e-7
"""Its epsilon."""

_POWERS = (2.0, 1.0, 3.0, 5.0)
"""Of the focal loss, the usual one first."""


@record(frozen=True, slots=True)
class _Entry:
    """A quantity.

    Attributes:
        name: stable.
        words: for people.
        formula: of one element, in words.
        of: computes it.
        cost: sorts explanations, the likelier mistake first.
        targets: the kind of targets that it makes sense for: "index", "soft", or "" for either.
        command: the words of the command that computes it of logits, or none.

    """

    name: str
    words: str
    formula: str
    of: Callable[[Array, Array], Array]
    cost: int = 2
    targets: str = ""
    command: tuple[str, ...] = ()


def class_quantities(hard: bool) -> Iterator[Choice]:
    """Those of a distribution over classes, where targets are indices or, if not ``hard``, distributions."""
    kinds = ("", "index" if hard else "soft")
    return (_choice(found) for found in _of_classes() if found.targets in kinds)


def binary_quantities() -> Iterator[Choice]:
    """Those of one probability."""
    return map(_choice, _of_answers())


def _choice(found: _Entry) -> Choice:
    command, *options = found.command or ("",)
    return choice(
        "quantity",
        found.name,
        found.words if found.words.startswith("the loss") else f"{found.words}, not the loss",
        found.cost,
        tuple(options) if command else None,
        alone=True,
        command=command,
        quantity=found.of,
        quantity_formula=found.formula,
    )


# ---------------------------------------------------------------------------------------- over classes


def _of_classes() -> Iterator[_Entry]:
    yield _Entry("brier", "the Brier score", "the sum over c of (p[c] - q[c])**2", _squares)
    yield _Entry(
        "squares",
        "the mean squared error of the probabilities",
        "the mean over c of (p[c] - q[c])**2",
        lambda logs, q: _squares(logs, q) / q.shape[1],
    )
    yield _Entry(
        "binary",
        "the binary cross entropy of every class's probability, as Keras' binary_crossentropy",
        "the mean over c of -[q[c] log p[c] + (1 - q[c]) log(1 - p[c])]",
        lambda logs, q: _cost(np.exp(logs), q).mean(axis=1),
    )
    yield _Entry("errors", "the error rate", "1 where the largest p is another's", _errors)
    right = "1 where the largest p is the target's"
    yield _Entry("accuracy", "the accuracy", right, lambda logs, q: 1 - _errors(logs, q))
    yield _Entry("probability", "the probability of the target", "p[y]", _probability, 1, "index")
    for power in _POWERS:
        formula = f"-(1 - p[y])**{power:g} log p[y]"
        words, command = f"the focal loss, gamma {power:g}", ("focal", "--gamma", f"{power:g}")
        yield _Entry(f"focal-{power:g}", words, formula, _focal(power), 2, "index", command)
    yield _Entry(
        "focal-0.25-2",
        "the focal loss, gamma 2 and alpha 0.25",
        "-0.25 (1 - p[y])**2 log p[y]",
        lambda logs, q: 0.25 * _focal(2.0)(logs, q),
        2,
        "index",
    )
    yield _Entry("entropy", "the entropy of the predictions", "the sum over c of -p[c] log p[c]", _entropy)
    apart = "the mean over c of |p[c] - q[c]|"
    yield _Entry("absolute", "the mean absolute error of the probabilities", apart, _absolute, 3)
    hinge = "the sum over the other classes c of max(0, 1 - x[y] + x[c]) / classes"
    yield _Entry("hinge", "the hinge loss, as multi_margin_loss", hinge, _hinge, 3, "index")
    swapped = "the sum over c of -p[c] log q[c], q kept from 1e-7 to 1 - 1e-7"
    yield _Entry(
        "exchanged", "the loss with predictions and targets exchanged, as Keras", swapped, _exchanged, 3
    )
    yield _Entry(
        "kl",
        "the divergence from the targets",
        "the sum over c of q[c] (log q[c] - log p[c])",
        _kl,
        2,
        "soft",
    )
    reverse = "the sum over c of p[c] (log p[c] - log q[c])"
    yield _Entry("reversed-kl", "the divergence the other way", reverse, _reversed_kl, 1, "soft")
    for temperature in _TEMPERATURES:
        of = "q**(1/T) and p**(1/T), each divided by its sum"
        words = f"the divergence at temperature T = {temperature:g}"
        plain, times = _tempered(temperature, 1.0), _tempered(temperature, temperature**2)
        yield _Entry(
            f"kl-temperature-{temperature:g}", f"{words}, times T*T", f"T*T kl of {of}", times, 2, "soft"
        )
        yield _Entry(f"kl-temperature-{temperature:g}-alone", words, f"kl of {of}", plain, 3, "soft")


def _squares(logs: Array, q: Array) -> Array:
    return ((np.exp(logs) - q) ** 2).sum(axis=1)


def _errors(logs: Array, q: Array) -> Array:
    return (logs.argmax(axis=1) != q.argmax(axis=1)).astype(np.float64)


def _probability(logs: Array, q: Array) -> Array:
    return (q * np.exp(logs)).sum(axis=1)


def _focal(power: float) -> ClassQuantity:
    def of(logs: Array, q: Array) -> Array:
        own = np.where(q > 0, logs, 0).sum(axis=1)
        return (1 - np.exp(own)) ** power * -own

    return of


def _absolute(logs: Array, q: Array) -> Array:
    return np.abs(np.exp(logs) - q).mean(axis=1)


def _hinge(logs: Array, q: Array) -> Array:
    own = np.where(q > 0, logs, 0).sum(axis=1, keepdims=True)
    return np.where(q > 0, 0, np.maximum(0, 1 - own + logs)).mean(axis=1)


def _exchanged(logs: Array, q: Array) -> Array:
    return -(np.exp(logs) * np.log(np.clip(q, _KERAS, 1 - _KERAS))).sum(axis=1)


def _entropy(logs: Array, q: Array) -> Array:
    return _kl_of(np.zeros_like(logs), np.exp(logs)) * -1


def _kl(logs: Array, q: Array) -> Array:
    return _kl_of(logs, q)


def _reversed_kl(logs: Array, q: Array) -> Array:
    return _kl_of(np.log(q), np.exp(logs))


def _kl_of(logs: Array, q: Array) -> Array:
    """The sum over the classes of q (log q - logs), 0 where q is 0."""
    return np.where(q > 0, q * (np.log(np.where(q > 0, q, 1)) - logs), 0).sum(axis=1)


def _tempered(temperature: float, factor: float) -> ClassQuantity:
    def of(logs: Array, q: Array) -> Array:
        softer = np.exp(log_softmax(np.log(q) / temperature, 1))
        return factor * _kl_of(log_softmax(logs / temperature, 1), softer)

    return of


# --------------------------------------------------------------------------------------- of one answer


def _of_answers() -> Iterator[_Entry]:
    yield _Entry("brier", "the Brier score", "(p - t)**2", lambda p, t: (p - t) ** 2, 1)
    wrong = "1 where p > 1/2 is not what came"
    yield _Entry("errors", "the error rate", wrong, lambda p, t: _misses(p, t))
    yield _Entry("accuracy", "the accuracy", "1 where p > 1/2 is what came", lambda p, t: 1 - _misses(p, t))
    yield _Entry("probability", "the probability of the target", "t p + (1-t) (1-p)", _of_target, 2)
    yield _Entry("positive-part", "the part of the positive answer", "-t log p", _part(1), 1)
    yield _Entry("negative-part", "the part of the negative answer", "-(1-t) log(1-p)", _part(0), 2)
    for power in _POWERS:
        formula = f"(1 - p_t)**{power:g} (-log p_t), p_t the probability of the target"
        words, command = (
            f"the focal loss, gamma {power:g}",
            ("focal-binary", "--gamma", f"{power:g}", "--alpha=-1"),
        )
        yield _Entry(f"focal-{power:g}", words, formula, _binary_focal(power), command=command)
    yield _Entry(
        "focal-0.25-2",
        "the focal loss, gamma 2 and alpha 0.25, as torchvision's",
        "alpha_t (1 - p_t)**2 (-log p_t), alpha_t 0.25 for t = 1 and 0.75 for t = 0",
        lambda p, t: (0.25 * t + 0.75 * (1 - t)) * _binary_focal(2.0)(p, t),
        command=("focal-binary",),
    )
    rare = "the loss with positive answers weighted by how many negative ones there are for each"
    yield _Entry("balanced", rare, "-[r t log p + (1-t) log(1-p)], r negatives / positives", _balanced)
    hinge = "max(0, 1 - s x), s 1 or -1, x the logit"
    yield _Entry("hinge", "the hinge loss", hinge, _binary_hinge, 3)
    swapped = "-[p log t + (1-p) log(1-t)], t kept from 1e-7 to 1 - 1e-7"
    yield _Entry(
        "exchanged",
        "the loss with predictions and targets exchanged, as Keras",
        swapped,
        lambda p, t: _cost(np.clip(t, _KERAS, 1 - _KERAS), p),
        3,
    )
    one_sided = "-[0.9 t log p + (1 - 0.9 t) log(1-p)]"
    words = "the loss with positive answers of 0.9 (one-sided label smoothing)"
    yield _Entry("one-sided", words, one_sided, lambda p, t: _cost(p, 0.9 * t), 3)
    entropy = "-p log p - (1-p) log(1-p)"
    yield _Entry("entropy", "the entropy of the predictions", entropy, lambda p, t: _cost(p, p))


def _misses(p: Array, t: Array) -> Array:
    return ((p > 0.5) != (t > 0.5)).astype(np.float64)


def _of_target(p: Array, t: Array) -> Array:
    return t * p + (1 - t) * (1 - p)


def _part(answer: int) -> BinaryQuantity:
    if answer:
        return lambda p, t: np.where(t > 0, -t * np.log(p), 0)
    return lambda p, t: np.where(t < 1, -(1 - t) * np.log1p(-p), 0)


def _cost(p: Array, t: Array) -> Array:
    return _part(1)(p, t) + _part(0)(p, t)


def _balanced(p: Array, t: Array) -> Array:
    positives = float(t.sum())
    ratio = (t.size - positives) / positives if positives else 1.0
    return ratio * _part(1)(p, t) + _part(0)(p, t)


def _binary_hinge(p: Array, t: Array) -> Array:
    return np.maximum(0, 1 - (2 * t - 1) * (np.log(p) - np.log1p(-p)))


def _binary_focal(power: float) -> BinaryQuantity:
    return lambda p, t: (1 - _of_target(p, t)) ** power * _cost(p, t)


def probabilities_of(values: Array, takes: str) -> Array | None:
    """What a binary loss was given, as probabilities; None where it takes something else."""
    return {"probs": values, "logits": sigmoid(values)}.get(takes)
