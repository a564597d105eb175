"""Mistakes in the choice of a loss: the data fits another one."""

from __future__ import annotations

from celoss_cli.findings.wording import rows_have

__all__ = ["not_log_probabilities", "not_probabilities", "one_class", "other_input"]


def one_class(count: int) -> str:
    """A softmax over one class is 1 whatever the logit, so the loss is 0 and says nothing.

    A single column of scores is a binary problem: use bce for probabilities, bce-logits for logits.
    """
    return (
        f"{rows_have(count)} a single class: a softmax over one class is always 1 and the loss 0; for one "
        "score a row use bce or bce-logits"
    )


def other_input(count: int) -> str:
    """The data calls its input something else than this loss takes.

    Probabilities given to a loss of logits go through the softmax twice, and the loss can no longer
    come near 0. Choose the loss by what the model puts out: ce and bce-logits take logits, nll and kl
    log-probabilities, bce probabilities.
    """
    return "the data calls its input by another name than what this loss takes"


def not_log_probabilities(count: int) -> str:
    """This loss takes logarithms of probabilities and believes them: nothing is normalised.

    Raw scores give a number that may be negative and is no likelihood. Use ce for logits, or take the
    log softmax over the class axis first.
    """
    return (
        f"{rows_have(count)} input that is not the logarithm of probabilities, so the result is no "
        "likelihood; for logits use ce"
    )


def not_probabilities(count: int) -> str:
    """The probabilities of a row should sum to 1 over the classes.

    Some tools divide each row by its sum first, others take the values as they are, so that the same
    file gets two losses: --convention all shows which. Sums far from 1 are often scores or logits.
    """
    return f"{rows_have(count)} probabilities that do not sum to 1 within 0.001"
