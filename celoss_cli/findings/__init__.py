"""The registry of mistakes in the data or in the choice of loss: one function each.

A function takes the facts that are known and answers what it noticed, or None; its docstring is the
explanation: what it sees, why it matters, what to do, where more is to be read. Adding one is a
function in a module of this folder and one line here, with what must be known for it to apply; a code is
never given to another mistake. A module is imported when one of its functions is called.
"""

from __future__ import annotations

from celoss_cli.findings.facts import SEVERITIES, CommandWords, Facts, Finding, Rule

__all__ = ["FINDINGS", "CommandWords", "Facts", "Rule", "findings"]

FINDINGS: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        Rule("CEL101", "warning", "choice:one_class", "one-class"),
        Rule("CEL102", "warning", "choice:other_input", "other-input"),
        Rule("CEL103", "warning", "choice:not_log_probabilities", "not-log-probabilities"),
        Rule("CEL104", "warning", "choice:already_probabilities", "probabilities"),
        Rule("CEL105", "note", "choice:log_probabilities", "log-probabilities"),
        Rule("CEL106", "warning", "choice:probabilities_for_log_probabilities", "probabilities"),
        Rule("CEL107", "error", "choice:wrong_axis", "survey"),
        Rule("CEL108", "error", "choice:logits_for_probabilities", "values"),
        Rule("CEL109", "warning", "choice:probabilities_for_logits", "from-three-quarters-to-1"),
        Rule("CEL110", "warning", "choice:not_probabilities", "not-probabilities"),
        Rule("CEL111", "warning", "choice:percentages", "values"),
        Rule("CEL112", "error", "orders:other_axis", "survey"),
        Rule("CEL201", "warning", "domain:target_not_a_distribution", "target-not-a-distribution"),
        Rule("CEL202", "warning", "domain:out_of_domain", "out-of-domain"),
        Rule("CEL203", "warning", "domain:out_of_domain_weight", "out-of-domain-weight"),
        Rule("CEL204", "error", "targets:from_one", "survey"),
        Rule("CEL205", "error", "targets:marker", "survey"),
        Rule("CEL206", "error", "targets:outside", "survey"),
        Rule("CEL207", "error", "targets:all_ignored", "survey"),
        Rule("CEL208", "warning", "targets:constant", "survey"),
        Rule("CEL209", "note", "targets:never_seen", "survey", symptom=True),
        Rule("CEL210", "note", "targets:one_hot", "survey"),
        Rule("CEL211", "warning", "targets:repeated_id", "survey"),
        Rule("CEL212", "warning", "targets:header_order", "doubts"),
        Rule("CEL213", "error", "shifts:shifted", "survey"),
        Rule("CEL214", "error", "orders:permuted", "survey"),
        Rule("CEL215", "error", "orders:negated", "survey"),
        Rule("CEL216", "error", "targets:binary_labels", "survey"),
        Rule("CEL217", "error", "orders:moved_by_one", "survey"),
        Rule("CEL218", "note", "files:unterminated", "no-last-newline"),
        Rule("CEL219", "note", "tokens:first_without", "first-token"),
        Rule("CEL220", "warning", "tokens:missing", "missing-score"),
        Rule("CEL221", "warning", "tokens:censored", "censored"),
        Rule("CEL222", "note", "tokens:certain", "certain"),
        Rule("CEL223", "note", "tokens:both_parts", "prompt-tokens"),
        Rule("CEL224", "warning", "tokens:failed", "failed-request"),
        Rule("CEL225", "note", "tokens:repeated", "repeated-document"),
        Rule("CEL226", "note", "tokens:other_views", "other-view"),
        Rule("CEL227", "warning", "tokens:sampled", "sampled-probability"),
        Rule("CEL228", "warning", "tokens:least_written", "least-written"),
        Rule("CEL229", "note", "tokens:harness_agrees", "harness-agrees"),
        Rule("CEL230", "warning", "tokens:harness_differs", "harness-differs"),
        Rule("CEL231", "note", "files:inferred", "inferred"),
        Rule("CEL232", "error", "tokens:positive", "positive"),
        Rule("CEL233", "warning", "tokens:equal_choices", "equal-choices"),
        Rule("CEL301", "note", "precision:clamped", "clamped"),
        Rule("CEL302", "error", "precision:nonfinite", "survey"),
        Rule("CEL303", "note", "precision:rounded", "survey"),
        Rule("CEL304", "warning", "precision:float16_ceiling", "float16-ceiling"),
        Rule("CEL305", "note", "precision:saturated", "survey", symptom=True),
        Rule("CEL306", "note", "precision:clipped", "clipped"),
        Rule("CEL307", "error", "precision:marked", "survey"),
        Rule("CEL308", "note", "precision:impossible", "infinite-loss"),
        Rule("CEL309", "warning", "precision:no_number", "nan-loss"),
        Rule("CEL401", "warning", "fit:worse_than_guessing", "survey", symptom=True),
        Rule("CEL402", "warning", "fit:worse_than_frequencies", "survey", symptom=True),
        Rule("CEL403", "note", "fit:temperature", "survey"),
        Rule("CEL404", "note", "fit:weighted", "survey"),
        Rule("CEL405", "note", "fit:not_compared", "survey"),
        Rule("CEL406", "warning", "fit:always_the_same", "survey"),
        Rule("CEL407", "warning", "frequencies:other_frequencies", "survey"),
    )
}


def findings(facts: Facts) -> list[Finding]:
    """What these facts show: causes before what follows from them, the worst first, else by code."""
    known = {name for name, count in facts.seen.items() if count}
    if facts.survey is not None:
        known.add("survey")
    if facts.doubts:
        known.add("doubts")
    found: list[tuple[bool, Finding]] = []
    for rule in FINDINGS.values():
        noticed = rule.check(facts) if rule.on in known else None
        if noticed is not None:
            finding = Finding(
                rule.code,
                noticed.severity or rule.severity,
                noticed.message,
                noticed.count,
                dict(noticed.evidence),
                noticed.remedy,
            )
            found.append((rule.symptom, finding))
    return [finding for _, finding in sorted(found, key=_order)]


def _order(found: tuple[bool, Finding]) -> tuple[bool, int, str]:
    symptom, finding = found
    return symptom, SEVERITIES.index(finding.severity), finding.code
