"""Weights of classes from how often each occurs: the schemes of class-imbalanced learning."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Source

__all__ = ["BETA", "SCHEMES", "ClassWeight", "ClassWeights", "Scheme", "class_weights"]


@record(frozen=True, slots=True)
class ClassWeight:
    """The weight of one class.

    Attributes:
        index: of the class.
        name: of the class, or its index as text.
        count: how often it is a counted target; of rows that have weights, the sum of those.
        weight: what a loss multiplies by.

    """

    index: int
    name: str
    count: float
    weight: float


@record(frozen=True, slots=True)
class ClassWeights:
    """Weights for all classes, in their order.

    Attributes:
        scheme: how they come about.
        formula: the same as a formula.
        beta: of the effective number of samples, else None.
        classes: one for each class.
        counted, ignored: counts of targets.
        source: where the targets came from and how they were read.

    """

    scheme: str
    formula: str
    beta: float | None
    classes: Sequence[ClassWeight]
    counted: int
    ignored: int
    source: Source


BETA = 0.999
"""The beta of the effective number where none is given, one of those that Cui et al. tried."""


@record(frozen=True, slots=True)
class Scheme:
    """A way from counts to weights.

    Attributes:
        name: the value of ``--scheme``.
        formula: with n the count of the class, N that of all, C the number of classes that occur.
        source: who defined it.
        weights: from the counts of the classes that occur, and beta.
        takes_beta: whether beta changes anything.

    """

    name: str
    formula: str
    source: str
    weights: Callable[[Sequence[float], float], list[float]]
    takes_beta: bool = False


def _balanced(counts: Sequence[float], beta: float) -> list[float]:
    total = math.fsum(counts)
    return [total / (len(counts) * count) for count in counts]


def _inverse(counts: Sequence[float], beta: float) -> list[float]:
    total = math.fsum(counts)
    return [total / count for count in counts]


def _square_root(counts: Sequence[float], beta: float) -> list[float]:
    return [math.sqrt(weight) for weight in _inverse(counts, beta)]


def _effective(counts: Sequence[float], beta: float) -> list[float]:
    """1 / E, E = (1 - beta^n) / (1 - beta) the effective number, divided by their mean.

    expm1 keeps the digits that 1 - beta^n loses for few samples and a beta near 1.
    """
    if beta == 0:
        return [1.0] * len(counts)
    numbers = [math.expm1(count * math.log(beta)) / math.expm1(math.log(beta)) for count in counts]
    mean = math.fsum(1 / number for number in numbers) / len(counts)
    return [1 / number / mean for number in numbers]


SCHEMES: dict[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme(
            "balanced",
            "N / (C n)",
            "King and Zeng 2001; scikit-learn's compute_class_weight",
            _balanced,
        ),
        Scheme("inverse", "N / n", "the inverse frequency", _inverse),
        Scheme("sqrt-inverse", "sqrt(N / n)", "the square root of the inverse frequency", _square_root),
        Scheme(
            "effective",
            "(1 - beta) / (1 - beta^n), scaled to the mean 1",
            "Cui, Jia, Lin, Song and Belongie 2019, Class-Balanced Loss Based on Effective Number of Samples",
            _effective,
            takes_beta=True,
        ),
    )
}


def class_weights(
    counts: Sequence[float], scheme: str, beta: float = BETA, names: Sequence[str] = (), unseen: str = "error"
) -> list[float]:
    """A weight for each class.

    Args:
        counts: how often each class occurs, shape (classes,); weighted counts need not be whole.
        scheme: one of ``SCHEMES``.
        beta: of the effective number, from 0 to below 1.
        names: of the classes, for the message.
        unseen: "error" refuses a class that never occurs; "zero" gives it the weight 0 and leaves it out
            of the number of classes.

    Returns:
        The weights in the order of the classes.

    Raises:
        UsageError: for a beta outside [0, 1).
        InputError: for a class that never occurs, and for a count below 0.

    Example:
        >>> class_weights([4, 2], "balanced")
        [0.75, 1.5]

    """
    if not 0 <= beta < 1:
        raise UsageError(f"Expected beta from 0 to below 1, got {beta:g}.")
    for index, count in enumerate(counts):
        name = f"class {names[index] if names else index}"
        if not 0 <= count < math.inf:
            raise InputError(f"expected counts that are finite and at least 0, got {count:g} of {name}")
        if not count and unseen == "error":
            raise InputError(
                f"expected at least one counted target of each class, got none of {name}",
                hint="--unseen zero gives it the weight 0",
            )
    found = iter(SCHEMES[scheme].weights([float(count) for count in counts if count], beta))
    return [next(found) if count else 0.0 for count in counts]
