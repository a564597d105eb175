"""The registry of mistakes in the data or in the choice of loss: one function each.

A function takes the facts that are known and answers what it noticed, or None; its docstring is the
explanation: what it sees, why it matters, what to do, where more is to be read. Adding one is a
function in a module of this folder and one line here; a code is never given to another mistake.
"""

from __future__ import annotations

from celoss_cli.findings import choice, domain, fit, precision, targets
from celoss_cli.findings.facts import Facts, Rule, Spelled
from celoss_cli.findings.finding import Finding

__all__ = ["FINDINGS", "Facts", "Rule", "Spelled", "findings"]

FINDINGS: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        Rule("CEL101", "warning", choice.one_class),
        Rule("CEL102", "warning", choice.other_input),
        Rule("CEL103", "warning", choice.not_log_probabilities),
        Rule("CEL104", "warning", choice.already_probabilities),
        Rule("CEL105", "note", choice.log_probabilities),
        Rule("CEL106", "warning", choice.probabilities_for_log_probabilities),
        Rule("CEL107", "error", choice.wrong_axis),
        Rule("CEL108", "error", choice.logits_for_probabilities),
        Rule("CEL109", "warning", choice.probabilities_for_logits),
        Rule("CEL110", "warning", choice.not_probabilities),
        Rule("CEL201", "warning", domain.target_not_a_distribution),
        Rule("CEL202", "warning", domain.out_of_domain),
        Rule("CEL203", "warning", domain.out_of_domain_weight),
        Rule("CEL204", "error", targets.from_one),
        Rule("CEL205", "error", targets.marker),
        Rule("CEL206", "error", targets.outside),
        Rule("CEL207", "error", targets.all_ignored),
        Rule("CEL208", "warning", targets.constant),
        Rule("CEL209", "note", targets.never_seen),
        Rule("CEL210", "note", targets.one_hot),
        Rule("CEL211", "warning", targets.repeated_id),
        Rule("CEL212", "warning", targets.header_order),
        Rule("CEL213", "error", fit.shifted),
        Rule("CEL214", "error", fit.permuted),
        Rule("CEL215", "error", fit.negated),
        Rule("CEL216", "error", targets.binary_labels),
        Rule("CEL301", "note", precision.clamped),
        Rule("CEL302", "error", precision.nonfinite),
        Rule("CEL303", "note", precision.rounded),
        Rule("CEL304", "warning", precision.float16_ceiling),
        Rule("CEL305", "note", precision.saturated),
        Rule("CEL306", "note", precision.clipped),
        Rule("CEL401", "warning", fit.worse_than_guessing),
        Rule("CEL402", "warning", fit.worse_than_frequencies),
        Rule("CEL403", "note", fit.temperature),
        Rule("CEL404", "note", fit.weighted),
    )
}


def findings(facts: Facts) -> list[Finding]:
    """What these facts show, in order of the codes."""
    found = []
    for rule in FINDINGS.values():
        noticed = rule.check(facts)
        if noticed is not None:
            found.append(
                Finding(
                    rule.code,
                    rule.severity,
                    noticed.message,
                    noticed.count,
                    dict(noticed.evidence),
                    noticed.remedy,
                )
            )
    return found
