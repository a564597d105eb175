"""Other quantities of the same data that are shown where a loss is expected, one entry each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from celoss_cli.core.data import Array
from celoss_cli.core.records import record
from celoss_cli.losses.binary import sigmoid
from celoss_cli.losses.class_axis import log_softmax
from celoss_cli.studies.reconcile.setup import Change, Choice, choice

__all__ = ["BinaryQuantity", "ClassQuantity", "binary_quantities", "class_quantities"]

ClassQuantity = Callable[[Array, Array], Array]
"""Of log-probabilities and target distributions, both (rows, classes, positions): a value for each target."""

BinaryQuantity = Callable[[Array, Array], Array]
"""Of probabilities and targets of one shape: a value for each."""

_TEMPERATURES = (2.0, 3.0, 4.0, 5.0, 8.0, 10.0, 20.0)
_KERAS = 1e-7
"""Its epsilon."""

_BEST = (2, 3, 5)
"""The target is looked for among so many of the most probable classes."""

_POWERS = (2.0, 1.0, 3.0, 5.0, 0.5, 1.5)
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
        finished: what becomes of its mean, or None.

    """

    name: str
    words: str
    formula: str
    of: Callable[[Array, Array], Array]
    cost: int = 2
    targets: str = ""
    command: tuple[str, ...] = ()
    finished: Change | None = None


def class_quantities(classes: int, hard: bool) -> Iterator[Choice]:
    """Those of a distribution over classes, where targets are indices or, if not ``hard``, distributions."""
    kinds = ("", "index" if hard else "soft")
    return (_choice(found) for found in _of_classes(classes) if found.targets in kinds)


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
        finished=found.finished,
    )


def _minus_log(mean: Array) -> Array:
    return -np.log(mean)


_CERTAIN = ((1e-15, "1e-15"), (2.0**-52, "2.22e-16"), (1e-7, "1e-7"))
"""What tools keep probabilities off 0 and 1 by."""


def _of_decisions(
    errors: Callable[[Array, Array], Array], wrong: float, right: float
) -> Callable[[Array, Array], Array]:
    return lambda p, t: np.where(errors(p, t) > 0, wrong, right)


def _decisions(errors: Callable[[Array, Array], Array]) -> Iterator[_Entry]:
    """The loss of decisions, which are probabilities of 0 and 1 and kept off them."""
    for eps, shown in _CERTAIN:
        yield _Entry(
            f"decided-{shown}",
            f"the loss of decisions in place of probabilities, kept from {shown} to 1 - {shown}",
            f"-log {shown} where the decision is wrong, -log(1 - {shown}) where it is right",
            _of_decisions(errors, -math.log(eps), -math.log1p(-eps)),
            3,
        )
    words = "the error rate in percent, which is binary_cross_entropy of decisions too"
    formula = "100 where the decision is wrong"
    yield _Entry("decided-100", words, formula, lambda p, t: 100 * errors(p, t), 3)


# ---------------------------------------------------------------------------------------- over classes


def _of_classes(classes: int) -> Iterator[_Entry]:
    yield _Entry("brier", "the Brier score", "the sum over c of (p[c] - q[c])**2", _squares)
    yield _Entry(
        "squares",
        "the mean squared error of the probabilities",
        "the mean over c of (p[c] - q[c])**2",
        lambda logs, q: _squares(logs, q) / q.shape[1],
    )
    root = "the root of the mean squared error of the probabilities"
    of = "(p[c] - q[c])**2"
    yield _Entry(
        "root-squares",
        root,
        f"the mean over c of {of}, then the root of it",
        lambda logs, q: _squares(logs, q) / q.shape[1],
        finished=np.sqrt,
    )
    yield _Entry(
        "root-brier",
        "the root of the Brier score",
        f"the sum over c of {of}, then the root of it",
        _squares,
        3,
        finished=np.sqrt,
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
    yield _Entry(
        "log-of-mean",
        "minus the logarithm of the mean probability",
        "p[y], then minus the logarithm of it",
        _probability,
        2,
        "index",
        finished=_minus_log,
    )
    yield from _decisions(_errors)
    for count in (count for count in _BEST if count < classes):
        held = f"where the target is among the {count} largest p"
        yield _Entry(
            f"top-{count}", f"the accuracy of the best {count}", f"1 {held}", _among(count), 3, "index"
        )
        yield _Entry(
            f"beyond-{count}",
            f"the error rate of the best {count}",
            f"0 {held}, else 1",
            _beyond(count),
            3,
            "index",
        )
    rest = "the mean probability of the other classes"
    yield _Entry("rest", rest, "1 - p[y]", lambda logs, q: 1 - _probability(logs, q), 2, "index")
    shared = "-p[y] log p[y]"
    yield _Entry("times-p", "the loss times the probability", shared, _times_p, 3, "index")
    turned = "-log(1 - p[y])"
    yield _Entry("log-of-rest", "the logarithm of 1 - p", turned, _log_of_rest, 3, "index")
    yield _Entry(
        "prior",
        "the loss of the frequencies of the classes as probabilities",
        "-log f[y], f the part of the targets that are y",
        lambda logs, q: _prior(q),
        3,
        "index",
    )
    yield _Entry(
        "normalised",
        "the loss divided by that of the frequencies of the classes",
        "-log p[y], divided by the mean of -log f[y]",
        lambda logs, q: -(q * _finite(logs, q)).sum(axis=1) / _prior(q).mean(),
        3,
        "index",
    )
    yield _Entry(
        "skill",
        "1 less the loss divided by that of the frequencies of the classes",
        "1 + log p[y] / the mean of -log f[y]",
        lambda logs, q: 1 + (q * _finite(logs, q)).sum(axis=1) / _prior(q).mean(),
        3,
        "index",
    )
    uniform = "the logarithm of the number of classes, the loss of equal probabilities"
    yield _Entry("uniform", uniform, "log C", lambda logs, q: np.full(_rows(q), np.log(q.shape[1])), 3)
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
    most = "the largest of max(0, 1 - x[y] + x[c]) over the other classes c"
    yield _Entry("hinge-largest", "the hinge loss, as hinge_loss", most, _hinge_largest, 3, "index")
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
    divergence = "q[c] (log q[c] - log p[c])"
    yield _Entry(
        "kl-elements",
        "the divergence from the targets averaged over the classes, as kl_div without batchmean",
        f"the mean over c of {divergence}",
        lambda logs, q: _kl(logs, q) / q.shape[1],
        1,
        "soft",
    )
    bare = "the divergence from the targets without the logarithm of p"
    given = "q[c] (log q[c] - p[c])"
    yield _Entry("kl-no-log", bare, f"the sum over c of {given}", _kl_bare, 2, "soft")
    yield _Entry(
        "kl-no-log-elements",
        f"{bare}, averaged over the classes",
        f"the mean over c of {given}",
        lambda logs, q: _kl_bare(logs, q) / q.shape[1],
        2,
        "soft",
    )
    middle = "half of the sum over c of p log(p / m) + q log(q / m), m = (p + q) / 2"
    yield _Entry("js", "the Jensen-Shannon divergence", middle, _js, 2, "soft")
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


def _finite(logs: Array, q: Array) -> Array:
    """The logarithms of the targets' probabilities, 0 elsewhere."""
    return np.where(q > 0, logs, 0)


def _rows(q: Array) -> tuple[int, ...]:
    return (q.shape[0], *q.shape[2:])


def _among(count: int) -> ClassQuantity:
    """1 where fewer than ``count`` classes have a larger probability than the target."""

    def of(logs: Array, q: Array) -> Array:
        own = _finite(logs, q).sum(axis=1, keepdims=True)
        return ((logs > own).sum(axis=1) < count).astype(np.float64)

    return of


def _beyond(count: int) -> ClassQuantity:
    among = _among(count)
    return lambda logs, q: 1 - among(logs, q)


def _times_p(logs: Array, q: Array) -> Array:
    own = _finite(logs, q).sum(axis=1)
    return -own * np.exp(own)


def _log_of_rest(logs: Array, q: Array) -> Array:
    return -np.log1p(-_probability(logs, q))


def _prior(q: Array) -> Array:
    """-log of the part of the targets that are of each target's class; 0 for a target that is none."""
    counts = q.sum(axis=(0, 2))
    shares = counts / max(float(counts.sum()), 1.0)
    logs = np.where(counts > 0, np.log(np.where(counts > 0, shares, 1)), 0)
    return -(q * logs[None, :, None]).sum(axis=1)


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


def _hinge_largest(logs: Array, q: Array) -> Array:
    own = _finite(logs, q).sum(axis=1, keepdims=True)
    return np.where(q > 0, 0, np.maximum(0, 1 - own + logs)).max(axis=1)


def _exchanged(logs: Array, q: Array) -> Array:
    return -(np.exp(logs) * np.log(np.clip(q, _KERAS, 1 - _KERAS))).sum(axis=1)


def _entropy(logs: Array, q: Array) -> Array:
    return _kl_of(np.zeros_like(logs), np.exp(logs)) * -1


def _kl(logs: Array, q: Array) -> Array:
    return _kl_of(logs, q)


def _kl_bare(logs: Array, q: Array) -> Array:
    return _kl_of(np.exp(logs), q)


def _js(logs: Array, q: Array) -> Array:
    p = np.exp(logs)
    middle = np.log((p + q) / 2)
    return (_kl_of(middle, p) + _kl_of(middle, q)) / 2


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
    yield _Entry(
        "root-brier",
        "the root of the mean squared error of the probabilities",
        "(p - t)**2, then the root of it",
        lambda p, t: (p - t) ** 2,
        2,
        finished=np.sqrt,
    )
    yield _Entry(
        "absolute", "the mean absolute error of the probabilities", "|p - t|", lambda p, t: abs(p - t)
    )
    yield _Entry(
        "log-of-mean",
        "minus the logarithm of the mean probability of the target",
        "t p + (1-t) (1-p), then minus the logarithm of it",
        lambda p, t: _of_target(p, t),
        2,
        finished=_minus_log,
    )
    yield from _decisions(_misses)
    area = "the part of the pairs of a positive and a negative answer with the larger p for the positive one"
    yield _Entry("auc", "the area under the ROC curve", area, lambda p, t: np.full(p.shape, _area(p, t)))
    yield _Entry(
        "1-auc",
        "1 less the area under the ROC curve",
        f"1 less {area}",
        lambda p, t: np.full(p.shape, 1 - _area(p, t)),
        3,
    )
    yield _Entry(
        "prior",
        "the loss of the part of positive answers as the probability",
        "-[t log f + (1-t) log(1-f)], f the mean of t",
        lambda p, t: _cost(np.full(p.shape, t.mean()), t),
        3,
    )
    yield _Entry(
        "normalised",
        "the loss divided by that of the part of positive answers",
        "-[t log p + (1-t) log(1-p)], divided by the mean of -[t log f + (1-t) log(1-f)]",
        lambda p, t: _cost(p, t) / _cost(np.full(p.shape, t.mean()), t).mean(),
        3,
    )
    wrong = "1 where p > 1/2 is not what came"
    yield _Entry("errors", "the error rate", wrong, lambda p, t: _misses(p, t))
    yield _Entry("accuracy", "the accuracy", "1 where p > 1/2 is what came", lambda p, t: 1 - _misses(p, t))
    yield _Entry("probability", "the probability of the target", "t p + (1-t) (1-p)", _of_target, 2)
    yield _Entry("positive-part", "the part of the positive answer", "-t log p", _part(1), 1)
    turned, only = "-[t log p - (1-t) log(1-p)]", "the loss of the positive answer for all targets"
    yield _Entry("turned-part", "the negative part with the other sign", turned, _turned_part, 3)
    yield _Entry("no-negatives", only, "-log p", lambda p, t: _part(1)(p, np.ones_like(t)), 3)
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
    yield _Entry(
        "focal-by-positives",
        "the focal loss, gamma 2 and alpha 0.25, divided by the positive answers as detectors do",
        "alpha_t (1 - p_t)**2 (-log p_t), alpha_t 0.25 for t = 1 and 0.75 for t = 0, summed / sum of t",
        lambda p, t: (0.25 * t + 0.75 * (1 - t)) * _binary_focal(2.0)(p, t) * (t.size / t.sum()),
        3,
    )
    rare = "the loss with positive answers weighted by how many negative ones there are for each"
    yield _Entry("balanced", rare, "-[r t log p + (1-t) log(1-p)], r negatives / positives", _balanced)
    hinge = "max(0, 1 - s x), s 1 or -1, x the logit"
    yield _Entry("hinge", "the hinge loss", hinge, _binary_hinge, 3)
    yield _Entry(
        "squared-hinge",
        "the squared hinge loss",
        "max(0, 1 - s x)**2, s 1 or -1, x the logit",
        lambda p, t: _binary_hinge(p, t) ** 2,
        3,
    )
    for name, words, power in (
        ("hinge-p", "the hinge loss of the probabilities", 1),
        ("squared-hinge-p", "the squared hinge loss of the probabilities", 2),
    ):
        formula = f"max(0, 1 - s p){'**2' if power > 1 else ''}, s 1 or -1"
        yield _Entry(name, words, formula, _hinge_of_p(power), 3)
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


def _area(p: Array, t: Array) -> float:
    """The area under the ROC curve, ties counted half; NaN where there is one answer only."""
    values, flat = np.unique(p, return_inverse=True)
    hot = t.reshape(-1) > 0.5
    counts = [np.bincount(flat.reshape(-1)[part], minlength=len(values)) for part in (hot, ~hot)]
    below = np.cumsum(counts[1]) - counts[1]
    return float((counts[0] * (below + counts[1] / 2)).sum() / (counts[0].sum() * counts[1].sum()))


def _of_target(p: Array, t: Array) -> Array:
    return t * p + (1 - t) * (1 - p)


def _part(answer: int) -> BinaryQuantity:
    if answer:
        return lambda p, t: np.where(t > 0, -t * np.log(p), 0)
    return lambda p, t: np.where(t < 1, -(1 - t) * np.log1p(-p), 0)


def _turned_part(p: Array, t: Array) -> Array:
    return _part(1)(p, t) - _part(0)(p, t)


def _cost(p: Array, t: Array) -> Array:
    return _part(1)(p, t) + _part(0)(p, t)


def _balanced(p: Array, t: Array) -> Array:
    positives = float(t.sum())
    ratio = (t.size - positives) / positives if positives else 1.0
    return ratio * _part(1)(p, t) + _part(0)(p, t)


def _binary_hinge(p: Array, t: Array) -> Array:
    return np.maximum(0, 1 - (2 * t - 1) * (np.log(p) - np.log1p(-p)))


def _hinge_of_p(power: int) -> BinaryQuantity:
    return lambda p, t: np.maximum(0, 1 - (2 * t - 1) * p) ** power


def _binary_focal(power: float) -> BinaryQuantity:
    return lambda p, t: (1 - _of_target(p, t)) ** power * _cost(p, t)


def probabilities_of(values: Array, takes: str) -> Array | None:
    """What a binary loss was given, as probabilities; None where it takes something else."""
    return {"probs": values, "logits": sigmoid(values)}.get(takes)
