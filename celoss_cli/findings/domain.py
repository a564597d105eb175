"""Values that the formula takes and the loss is not meant for."""

from __future__ import annotations

from celoss_cli.core.errors import plural
from celoss_cli.findings.facts import Facts, Observation
from celoss_cli.findings.wording import have

__all__ = ["out_of_domain", "out_of_domain_weight", "target_not_a_distribution"]


def target_not_a_distribution(facts: Facts) -> Observation | None:
    """A probability target is negative somewhere or does not sum to 1 over the classes.

    The formula accepts any numbers, as PyTorch does, but the result is then not a cross entropy.

    Divide each row by its sum, or give class indices. Rows with several ones are not a distribution over
    one answer: bce-logits treats each class separately.

    Reference: PyTorch documentation of CrossEntropyLoss: probability targets should be between 0 and 1
    and sum to 1, which is not checked.
    """
    count = facts.seen["target-not-a-distribution"]
    logs = facts.seen["target-of-logarithms"]
    if logs == count:
        return Observation(
            f"{have(count)} a target that is the logarithm of probabilities, and it is taken for these",
            count,
            remedy=facts.again("--log-target"),
        )
    if facts.loss.per == "class" and _multi_label(facts):
        return Observation(
            f"{have(count)} a target of several ones: with more than one answer a row each class is a "
            "binary question",
            count,
            remedy=facts.command("bce-logits"),
        )
    return Observation(f"{have(count)} a target that is negative somewhere or does not sum to 1", count)


def _multi_label(facts: Facts) -> bool:
    """Whether all targets are 0 or 1, with several ones in some rows."""
    return facts.survey is not None and 0 < facts.survey.multi_hot == facts.survey.others


def out_of_domain(facts: Facts) -> Observation | None:
    """Targets outside the domain of the loss were computed anyway.

    The formula has a value there, but it is not the loss that its name says.

    Give targets from 0 to 1, or +1 and -1 for the soft margin; or leave out --allow-out-of-domain, which
    refuses such targets with their place.
    """
    count = facts.seen["out-of-domain"]
    return Observation(f"{plural(count, 'target')} outside the domain of the loss, computed anyway", count)


def out_of_domain_weight(facts: Facts) -> Observation | None:
    """Weights that are negative or not finite, of classes or of rows, were computed anyway.

    A negative weight rewards wrong answers; the mean may be negative or infinite.

    Give weights of at least 0; or leave out --allow-out-of-domain, which refuses others with their place.
    """
    count = facts.seen["out-of-domain-weight"]
    return Observation("weights that are negative or not finite, computed anyway", count)
