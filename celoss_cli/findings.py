"""Mistakes in the data or in the choice of loss: one function each, whose docstring explains it.

A function takes what was counted and answers how many rows or elements show the mistake with a
sentence of evidence. Its code is stable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from celoss_cli.data import Finding

__all__ = ["FINDINGS", "Rule", "findings"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A mistake that celoss knows.

    Attributes:
        code: "CEL" and three digits; never given to another mistake.
        severity: "warning" or "note".
        counted: the name under which a loss counts it.
        evidence: the sentence for a number of rows or elements.

    """

    code: str
    severity: Literal["warning", "note"]
    counted: str
    evidence: Callable[[int], str]

    @property
    def explanation(self) -> str:
        return self.evidence.__doc__ or ""


def one_class(count: int) -> str:
    """A softmax over one class is 1 whatever the logit, so the loss is 0 and says nothing.

    A single column of scores is a binary problem: use bce for probabilities, bce-logits for logits.
    """
    return (
        f"{_rows(count)} a single class: a softmax over one class is always 1 and the loss 0; for one "
        "score a row use bce or bce-logits"
    )


def target_not_a_distribution(count: int) -> str:
    """Probability targets should be at least 0 and sum to 1 over the classes.

    The formula takes any numbers, as PyTorch does, but the result is no cross entropy then. Divide
    each row by its sum, or give class indices.
    """
    return f"{_rows(count)} a target that is negative somewhere or does not sum to 1"


def not_log_probabilities(count: int) -> str:
    """This loss takes logarithms of probabilities and believes them: nothing is normalised.

    Raw scores give a number that may be negative and is no likelihood. Use ce for logits, or take the
    log softmax over the class axis first.
    """
    return (
        f"{_rows(count)} input that is not the logarithm of probabilities, so the result is no likelihood; "
        "for logits use ce"
    )


def clamped(count: int) -> str:
    """binary_cross_entropy takes no logarithm below -100, so an infinite loss shows up as 100.

    A probability of exactly 0 or 1 on the wrong side is usually a rounded one. Compute from the logits
    with bce-logits, which needs no clamp.
    """
    return (
        f"{count} logarithm{'s' if count > 1 else ''} hit the clamp at -100; from logits, bce-logits has none"
    )


def out_of_domain(count: int) -> str:
    """Values outside the domain of the loss were computed because --allow-out-of-domain was given.

    The formula has a value there, but it is not the loss that its name says.
    """
    return f"{count} target{'s' if count > 1 else ''} outside the domain of the loss, computed all the same"


def out_of_domain_weight(count: int) -> str:
    """Negative weights were computed because --allow-out-of-domain was given.

    A negative weight rewards wrong answers; the mean may be negative or infinite.
    """
    return "negative weights, computed all the same"


def other_input(count: int) -> str:
    """The data calls its input something else than this loss takes.

    Probabilities given to a loss of logits go through the softmax twice, and the loss can no longer
    come near 0. Choose the loss by what the model puts out: ce and bce-logits take logits, nll and kl
    log-probabilities, bce probabilities.
    """
    return "the data calls its input by another name than what this loss takes"


def _rows(count: int) -> str:
    return f"{count} row{'s have' if count > 1 else ' has'}"


FINDINGS: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        Rule("CEL101", "warning", "one-class", one_class),
        Rule("CEL102", "warning", "other-input", other_input),
        Rule("CEL103", "warning", "not-log-probabilities", not_log_probabilities),
        Rule("CEL201", "warning", "target-not-a-distribution", target_not_a_distribution),
        Rule("CEL202", "warning", "out-of-domain", out_of_domain),
        Rule("CEL203", "warning", "out-of-domain-weight", out_of_domain_weight),
        Rule("CEL301", "note", "clamped", clamped),
    )
}


def findings(counts: Mapping[str, int]) -> list[Finding]:
    """The findings that these counts give, in order of their codes."""
    return [
        Finding(rule.code, rule.severity, rule.evidence(counts[rule.counted]), counts[rule.counted])
        for rule in FINDINGS.values()
        if counts.get(rule.counted)
    ]
