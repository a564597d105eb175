"""Values that the formula takes and the loss is not meant for."""

from __future__ import annotations

from celoss_cli.findings.wording import rows_have

__all__ = ["out_of_domain", "out_of_domain_weight", "target_not_a_distribution"]


def target_not_a_distribution(count: int) -> str:
    """Probability targets should be at least 0 and sum to 1 over the classes.

    The formula takes any numbers, as PyTorch does, but the result is no cross entropy then. Divide
    each row by its sum, or give class indices.
    """
    return f"{rows_have(count)} a target that is negative somewhere or does not sum to 1"


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
