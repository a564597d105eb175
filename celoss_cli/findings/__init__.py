"""The registry of mistakes in the data or in the choice of loss: one function each.

A function takes the number of rows or elements that show the mistake and answers a sentence of
evidence; its docstring is the explanation: what it sees, why it matters, what to do. Adding one is a
function in a module of this folder and one line here; a code is never given to another mistake.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from celoss_cli.data import Finding
from celoss_cli.findings.choice import not_log_probabilities, not_probabilities, one_class, other_input
from celoss_cli.findings.domain import out_of_domain, out_of_domain_weight, target_not_a_distribution
from celoss_cli.findings.precision import clamped, clipped

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
        """What the finding sees, why it matters and what to do."""
        return inspect.getdoc(self.evidence) or ""


FINDINGS: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        Rule("CEL101", "warning", "one-class", one_class),
        Rule("CEL102", "warning", "other-input", other_input),
        Rule("CEL103", "warning", "not-log-probabilities", not_log_probabilities),
        Rule("CEL104", "warning", "not-probabilities", not_probabilities),
        Rule("CEL201", "warning", "target-not-a-distribution", target_not_a_distribution),
        Rule("CEL202", "warning", "out-of-domain", out_of_domain),
        Rule("CEL203", "warning", "out-of-domain-weight", out_of_domain_weight),
        Rule("CEL301", "note", "clamped", clamped),
        Rule("CEL302", "note", "clipped", clipped),
    )
}


def findings(counts: Mapping[str, int]) -> list[Finding]:
    """The findings that these counts give, in order of their codes."""
    return [
        Finding(rule.code, rule.severity, rule.evidence(counts[rule.counted]), counts[rule.counted])
        for rule in FINDINGS.values()
        if counts.get(rule.counted)
    ]
