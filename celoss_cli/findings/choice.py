"""Mistakes in the choice of a loss: the data fits another one."""

from __future__ import annotations

import math

from celoss_cli.core.data import Batch
from celoss_cli.core.errors import plural
from celoss_cli.core.late import np
from celoss_cli.findings.facts import SURE, Facts, Observation
from celoss_cli.findings.wording import all_rows_are, have, number
from celoss_cli.losses import LOSSES

__all__ = [
    "already_probabilities",
    "log_probabilities",
    "logits_for_probabilities",
    "not_log_probabilities",
    "not_probabilities",
    "one_class",
    "other_input",
    "percentages",
    "probabilities_for_log_probabilities",
    "probabilities_for_logits",
    "wrong_axis",
]


_SEVERAL = 8
"""So many values before their range says what they are."""

_LIKELY = math.log(100)
"""How much better, in nats, values fit as probabilities before a warning says that they are."""


def one_class(facts: Facts) -> Observation | None:
    """The input has a single class.

    A softmax over one class is 1 whatever the logit, so the loss is 0 and says nothing.

    A single column of scores is a binary problem: use bce for probabilities, bce-logits for logits.

    Reference: PyTorch documentation of CrossEntropyLoss and BCEWithLogitsLoss.
    """
    count = facts.seen["one-class"]
    return Observation(
        f"{have(count)} a single class: a softmax over one class is always 1 and the loss 0; for one "
        "score a row use bce or bce-logits",
        count,
        remedy=_as_binary(facts),
    )


def _as_binary(facts: Facts) -> str:
    inside = facts.seen["from-0-to-1"] == facts.seen["values"]
    loss = "bce" if inside else "bce-logits"
    if facts.command_words.inline is not None:  # values of rows, where a binary loss takes them in one line
        return ""
    return facts.command("diagnose", "--loss", loss, loss=loss)


def other_input(facts: Facts) -> Observation | None:
    """The data names its input as something other than what this loss takes.

    Probabilities given to a loss of logits go through the softmax twice, and the loss can no longer
    come near 0.

    Choose the loss by what the model puts out: ce and bce-logits take logits, nll and kl
    log-probabilities, bce probabilities.
    """
    if log_probabilities(facts):
        return None
    count = facts.seen["other-input"]
    return Observation("the data calls its input by another name than what this loss takes", count)


def not_log_probabilities(facts: Facts) -> Observation | None:
    """Rows given as log-probabilities are not the logarithm of probabilities.

    This loss takes logarithms of probabilities and trusts them: it does not normalise. Raw scores give a
    number that may be negative and is not a likelihood.

    Use ce for logits, or take the log softmax over the class axis first.

    Reference: PyTorch documentation of NLLLoss: "obtaining log-probabilities is easily achieved by
    adding a LogSoftmax layer".
    """
    count = facts.seen["not-log-probabilities"]
    if not count or probabilities_for_log_probabilities(facts) or wrong_axis(facts):
        return None
    if facts.fit is not None and facts.fit.marks is not None and facts.fit.marks.count == count:
        return None  # their rows add up to less than 1 for it
    if facts.nearly_all("costs", least=1):
        return Observation(
            f"{have(count)} input that is -log p instead of log p: the result has the wrong sign",
            count,
            remedy="change the sign of the input",
        )
    if facts.loss.per == "element" and facts.nearly_all("from-0-to-1", of="values", least=1):
        takes = f"these are probabilities, and {facts.loss.command} takes their logarithms"
        return Observation(
            f"{have(count)} input above 0: {takes}",
            count,
            remedy=facts.command(*facts.loss.of_probs)
            if facts.loss.of_probs
            else "take the logarithm of the input",
        )
    return Observation(
        f"{have(count)} input that is not the logarithm of probabilities, so the result is no "
        "likelihood; for logits use ce",
        count,
        remedy=facts.command("ce") if facts.loss.per == "class" and facts.classes != 1 else "",
    )


def already_probabilities(facts: Facts) -> Observation | None:
    """Rows given as logits are at least 0 and sum to 1: they are probabilities already.

    Cross entropy takes the softmax itself. A second one flattens the predictions: the loss of a row
    cannot leave [ln(1 + (C - 1) / e), ln(C - 1 + e)] for C classes, however good or bad the model is,
    and the gradients shrink. So it is with every loss of logits.

    Give the logits, the output before the softmax; or say that the input is probabilities: celoss ce with
    --input-is probs, celoss brier without --input-is.

    Reference: PyTorch documentation of CrossEntropyLoss: the input is expected to contain the
    unnormalized logits for each class.
    """
    rows = facts.nearly_all("probabilities")
    if not rows or (facts.loss.takes, facts.loss.per) != ("logits", "class"):
        return None
    told = (
        f"{all_rows_are(facts, rows)} at least 0 and sum to 1: they are probabilities "
        f"already, and {LOSSES[facts.loss.command].title} takes the softmax once more"
    )
    evidence: dict[str, float] = {}
    if not (facts.weighted or facts.options.get("label_smoothing")):
        low, high = _of_certain(facts)
        unit = " nats" if facts.loss.loss.is_information else ""
        told += f"; the loss of a row then lies between {number(low)} and {number(high)}{unit}"
        told += ", whatever the model"
        evidence = {"least_loss": low, "largest_loss": high}
    return Observation(told, facts.seen["probabilities"], evidence, facts.of_probabilities())


def _of_certain(facts: Facts) -> tuple[float, float]:
    """What rows cost that are certain of their class, and of another one, where 0 and 1 are taken for logits.

    No row of probabilities costs less than the one, or more than the other.
    """
    loss = facts.made()
    x = np.eye(max(2, facts.classes or 2))[:2]
    low, high = loss.terms(loss.canonical(Batch(x, np.zeros(2, np.int64)))).loss.tolist()
    return low, high


def log_probabilities(facts: Facts) -> Observation | None:
    """Rows given as logits are log-probabilities.

    This is harmless: the log softmax of log-probabilities gives them back, so ce and nll agree.

    Nothing needs to be done; nll saves the second softmax.

    Reference: log softmax is idempotent, since log-probabilities have the log-sum-exp 0.
    """
    rows = facts.nearly_all("log-probabilities")
    if not rows or (facts.loss.takes, facts.loss.per) != ("logits", "class"):
        return None
    return Observation(
        f"{all_rows_are(facts, rows)} log-probabilities; that is harmless, since "
        "their log softmax gives them back",
        facts.seen["log-probabilities"],
    )


def probabilities_for_log_probabilities(facts: Facts) -> Observation | None:
    """Rows given as log-probabilities are probabilities.

    nll only picks the entry of the target and changes its sign: the mean of -p lies between -1 and 0 and is
    not a likelihood.

    Take the logarithm first, or say that the input is probabilities: celoss ce with --input-is probs.

    Reference: PyTorch documentation of NLLLoss, which expects log-probabilities.
    """
    rows = facts.nearly_all("probabilities", least=1)
    if not rows or (facts.loss.takes, facts.loss.per) != ("log-probs", "class"):
        return None
    return Observation(
        f"{all_rows_are(facts, rows)} probabilities, not their logarithms, so the "
        "result is a mean of -p between -1 and 0",
        facts.seen["probabilities"],
        remedy=facts.of_probabilities(),
    )


def percentages(facts: Facts) -> Observation | None:
    """The values are percentages.

    They run from 0 to 100, and the rows of several classes add up to 100. As logits they are far too
    confident; as probabilities they are refused.

    Divide them by 100, and say that they are probabilities.

    Reference: scikit-learn documentation of predict_proba, whose values lie between 0 and 1.
    """
    if facts.loss.per == "class":
        rows = facts.nearly_all("percentages")
        if not rows or facts.classes == 1:
            return None
        return Observation(
            f"{all_rows_are(facts, rows)} from 0 to 100 and sum to 100: they are probabilities in percent",
            facts.seen["percentages"],
            remedy="divide the input by 100",
            severity="error" if facts.loss.takes == "probs" else None,
        )
    values = facts.seen["values"]
    above = values - facts.seen["from-0-to-1"]
    survey = facts.survey
    if facts.loss.takes != "probs" or values < _SEVERAL or facts.seen["from-0-to-100"] < values:
        return None
    if survey is None or survey.fit is None or 4 * above < values:
        return None
    if survey.fit.nats_of_percentages > survey.rows * math.log(2) + SURE:
        return None
    return Observation(
        f"all of the {values} values lie between 0 and 100 and fit as probabilities in percent",
        values,
        remedy="divide the input by 100",
        severity="error",
    )


def wrong_axis(facts: Facts) -> Observation | None:
    """The columns sum to 1 over the rows, and the rows do not: the softmax was taken over the batch.

    Each row should be one distribution over the classes. Normalised over the rows, a prediction depends on
    the other rows of its batch, and the loss is meaningless.

    Take the softmax or log softmax over the class axis: axis 1 of (rows, classes), dim=1 or dim=-1.

    Reference: PyTorch documentation of Softmax, "dim: a dimension along which Softmax will be computed".
    """
    columns = None if facts.survey is None else facts.survey.columns
    if columns is None or facts.survey is None or facts.survey.rows < 2:
        return None
    if facts.nearly_all("probabilities") or facts.nearly_all("log-probabilities"):
        return None
    batches = columns[0].distributions or columns[1].distributions
    if not 0 < 2 * batches <= facts.survey.rows:
        return None
    kind = "values" if columns[0].distributions else "exponentials"
    return Observation(
        f"the {kind} of each column sum to {batches} over the rows while the rows do not sum to 1: the "
        "softmax was taken over the batch instead of the classes",
        facts.survey.rows,
        {"sum_of_each_column": batches},
        "take the softmax over the class axis (dim=1)",
    )


def logits_for_probabilities(facts: Facts) -> Observation | None:
    """Values given as probabilities lie outside of 0 to 1.

    Binary cross entropy takes the logarithm of p and of 1 - p, which such values do not have: they are
    logits, or scores of another kind, or logarithms of probabilities where none is above 0.

    Take exp of logarithms. For logits use bce-logits, which takes the sigmoid itself and is exact for large
    logits too.

    Reference: PyTorch documentation of BCELoss and BCEWithLogitsLoss.
    """
    values, inside = facts.seen["values"], facts.seen["from-0-to-1"]
    outside = values - inside - facts.seen["nan"]
    if facts.loss.takes != "probs" or outside <= 0 or percentages(facts):
        return None
    lies = "lies" if outside == 1 else "lie"
    told, evidence = f"{plural(outside, 'value')} of {values} {lies} outside of 0 to 1", {"outside": outside}
    evidence["values"] = values
    if facts.seen["just-outside-0-to-1"] == outside:
        told += " by less than 1e-5: rounding took probabilities there, which the loss refuses"
        return Observation(told, outside, evidence, facts.again("--clip-domain", "1e-5"), "warning")
    if facts.loss.per == "element" and facts.seen["at-most-0"] == values >= _SEVERAL:
        told = f"none of the {values} values is above 0: these are logarithms of probabilities, or logits of "
        told += "answers that are all thought unlikely"
        remedy = "take exp of the input if it holds logarithms, or bce-logits if it holds logits"
        return Observation(told, outside, evidence, remedy)
    return Observation(f"{told}: these are logits, not probabilities", outside, evidence, _of_logits(facts))


def _of_logits(facts: Facts) -> str:
    """What computes this loss of logits, or the binary cross entropy that does."""
    if facts.loss.per == "element":
        return facts.command("bce-logits")
    command = facts.loss.command
    if LOSSES[command].takes == "logits":
        return facts.command(command)
    return facts.command(command, "--input-is", "logits") if "logits" in facts.loss.kinds else ""


def probabilities_for_logits(facts: Facts) -> Observation | None:
    """All values given as logits of a binary loss lie between 0 and 1, and near both ends.

    Logits of a working model are negative for one of the answers. Probabilities taken for logits go
    through the sigmoid once more and end between 0.5 and 0.73, and the loss cannot come below 0.313. Values
    of which all are 0 or 1 are decisions.

    Use bce for probabilities, and give the scores that decisions were made of.

    Reference: PyTorch documentation of BCEWithLogitsLoss, which combines a sigmoid and BCELoss.
    """
    values = facts.nearly_all("from-0-to-1", of="values")
    if facts.loss.takes not in ("logits", "scores") or facts.loss.per != "element" or values < 8:
        return None
    ends = ("from-0-to-a-quarter", "from-three-quarters-to-1")
    if facts.seen["from-0-to-1"] < values or not all(facts.seen[end] for end in ends):
        return None  # logits of a model that has learnt nothing yet lie close together
    if facts.seen["exactly-0-or-1"] == values:
        return Observation(
            f"all of the {values} examined values are 0 or 1: they are decisions, and this loss takes them "
            "for logits, of which 0 says 0.5 and 1 says 0.73",
            values,
            remedy="give the scores or probabilities that were decided by",
        )
    fit = facts.fit
    if fit is not None and fit.nats - fit.nats_of_probabilities <= _LIKELY:
        return None  # weak and calibrated logits fit better as what they are
    return Observation(
        f"all of the {values} examined values lie between 0 and 1: they look like probabilities, and this "
        "loss takes the sigmoid once more",
        values,
        remedy=facts.of_probabilities(),
    )


def not_probabilities(facts: Facts) -> Observation | None:
    """Rows given as probabilities do not sum to 1 over the classes.

    Some tools divide each row by its sum first, others take the values as they are, so that one file has
    two losses. Sums far from 1 are often scores or logits.

    Say which tool is meant with --convention; --convention all shows what each of them computes.

    Reference: scikit-learn documentation of log_loss, which warns; Kaggle's Multi Class Log Loss, which
    divides.
    """
    count = facts.seen["not-probabilities"]
    unsettled = facts.loss.by_convention and not facts.options.get("convention")
    compared = unsettled and not logits_for_probabilities(facts)
    return Observation(
        f"{have(count)} probabilities that do not sum to 1 within 0.001 or what their digits allow",
        count,
        remedy=facts.again("--convention", "all") if compared else "",
    )
