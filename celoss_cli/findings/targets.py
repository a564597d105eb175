"""Targets that do not belong to these predictions, or not in this form."""

from __future__ import annotations

from collections.abc import Mapping

from celoss_cli.core.errors import plural, quoted
from celoss_cli.core.option import flag_words
from celoss_cli.findings.facts import SURE, Facts, Observation
from celoss_cli.findings.wording import listed
from celoss_cli.losses.conventions import CONVENTIONS
from celoss_cli.losses.options import IGNORE_INDEX
from celoss_cli.read.roles.groups import in_natural_order
from celoss_cli.read.roles.words import tells_versions_apart

__all__ = [
    "all_ignored",
    "binary_labels",
    "constant",
    "from_one",
    "header_order",
    "marker",
    "never_seen",
    "one_hot",
    "outside",
    "repeated_id",
]

_MARKERS = (-1, 255, -100)
_ENOUGH_ROWS = 20


def _impossible(facts: Facts) -> dict[int, int]:
    """Targets that are no class, with their counts."""
    if facts.loss.per != "class" or facts.classes in (None, 1):
        return {}
    classes = facts.classes or 0
    return {t: n for t, n in sorted(facts.targets.items()) if not 0 <= t < classes}


def from_one(facts: Facts) -> Observation | None:
    """Targets run from 1 to the number of classes instead of from 0.

    Class indices count from 0. Labels from 1 assign every row to the next class, and the last class lies
    outside the input.

    Say that targets count from 1: --first-class 1.

    Reference: PyTorch documentation of CrossEntropyLoss: class indices in the range [0, C).
    """
    given, classes = facts.targets, facts.classes
    if facts.loss.per != "class" or not given or min(given) != 1 or max(given) != classes:
        return None
    return Observation(
        f"the targets run from 1 to {classes}, and the {classes} classes are counted from 0",
        given.total(),
        {"least": 1, "largest": classes},
        facts.again("--first-class", "1"),
    )


def marker(facts: Facts) -> Observation | None:
    """Targets hold -1, 255 or -100, which usually mark rows to be left out.

    They are not classes, and no option leaves them out. Such values mark padding, unlabelled pixels and
    masked tokens: 255 in segmentation, -100 in PyTorch and language models, -1 in many older data sets.

    Say which value is left out.

    Reference: PyTorch documentation of CrossEntropyLoss, ignore_index (-100 by default); the void label
    255 of Pascal VOC.
    """
    found = {t: n for t, n in _impossible(facts).items() if t in _MARKERS}
    if not found:
        return None
    value, count = max(found.items(), key=lambda item: item[1])
    return Observation(
        f"{plural(count, 'target')} {'is' if count == 1 else 'are'} {value}, which is no class and usually "
        "marks rows to be left out",
        count,
        {"value": value},
        _leaving_out(facts, value),
    )


def _leaving_out(facts: Facts, value: int) -> str:
    tool = CONVENTIONS.get(facts.options.get("convention") or "")
    if tool is not None and not tool.has(facts.loss.command, IGNORE_INDEX.name):
        return f"leave these rows out of the data: {tool.name} has no ignore_index"
    return facts.again("--ignore-index", str(value))


def outside(facts: Facts) -> Observation | None:
    """Targets are neither a class nor a usual mark of rows to be left out.

    Either the input has too few classes, or the targets count other classes than the input's columns.

    Compare the classes of the model with those of the labels; often the map from names to indices was made
    twice.

    Reference: PyTorch documentation of CrossEntropyLoss: class indices in the range [0, C).
    """
    found = {t: n for t, n in _impossible(facts).items() if t not in _MARKERS}
    if not found or from_one(facts):
        return None
    return _impossible_ones(found, f"outside of 0 to {(facts.classes or 1) - 1}")


def binary_labels(facts: Facts) -> Observation | None:
    """Targets of a binary loss are numbers that it does not take.

    bce and bce-logits take targets from 0 to 1, the soft margin takes +1 and -1. PyTorch computes
    bce-logits and the soft margin of other numbers without a warning; the result is not a loss and may be
    negative.

    Use the loss that takes these labels, or write the labels that this one takes.

    Reference: PyTorch documentation of BCEWithLogitsLoss, targets between 0 and 1, and SoftMarginLoss,
    targets 1 or -1.
    """
    if facts.loss.per != "element" or facts.loss.takes == "log-probs":
        return None
    signed = facts.loss.takes == "scores"
    wrong = {t: n for t, n in sorted(facts.targets.items()) if not facts.takes(t)}
    if not wrong:
        return None
    what = f"other than {'-1 and 1' if signed else '0 and 1'}"
    return _impossible_ones(wrong, what, _other_labels(facts, wrong))


def _impossible_ones(found: Mapping[int, int], what: str, remedy: str = "") -> Observation:
    """Targets that the loss has no answer for, with how often each occurs."""
    count = sum(found.values())
    message = f"{plural(count, 'target')} {what}: {listed(map(str, found))}"
    return Observation(message, count, {"values": list(found)[:20]}, remedy)


def _other_labels(facts: Facts, wrong: Mapping[int, int]) -> str:
    """The command of the loss that takes these labels, or what is to be done with them."""
    given, takes = set(facts.targets), facts.loss.takes
    if given <= {0, 1}:
        return facts.command("bce-logits")
    if given <= {-1, 1}:
        return facts.command("soft-margin") if takes == "logits" else "write 0 in place of -1"
    if given <= {1, 2} and takes != "scores":
        return "subtract 1 from every target"
    if set(wrong) <= set(_MARKERS):
        return "leave these rows out of the data: a binary loss has no ignore_index"
    return ""


def never_seen(facts: Facts) -> Observation | None:
    """A class never occurs among the targets.

    The loss says nothing about it, and a mean over classes has no value for it. In a file of many rows
    it points to a wrong split, a filter, or labels that count from 1.

    Look at the counts: celoss ce FILE --by class.

    The check asks for ten rows a class, so that chance is no reason.
    """
    counts, classes = facts.targets, facts.classes
    if facts.loss.per != "class" or classes is None or counts.total() < 10 * classes:
        return None
    if from_one(facts):
        return None
    missing = [index for index in range(classes) if not counts[index]]
    if not missing or len(missing) == classes:
        return None
    return Observation(
        f"{len(missing)} of {classes} classes never occur{'s' if len(missing) == 1 else ''} among "
        f"{counts.total()} targets: {listed(map(facts.name, missing))}",
        len(missing),
        {"classes": missing[:20]},
        facts.shown("--by", "class"),
    )


def all_ignored(facts: Facts) -> Observation | None:
    """Every target is left out.

    The mean is 0 / 0: PyTorch returns nan, and a training step on such a batch destroys the weights.

    Check ignore_index and the mask that wrote the targets; skip batches without a counted target.

    Reference: PyTorch documentation of CrossEntropyLoss, ignore_index.
    """
    if facts.survey is None or not facts.survey.ignored or facts.targets.total() + facts.survey.others:
        return None
    return Observation(
        f"all {facts.survey.ignored} targets are {facts.options.get(IGNORE_INDEX.name)}, which is left out",
        facts.survey.ignored,
        {"ignored": facts.survey.ignored},
    )


def constant(facts: Facts) -> Observation | None:
    """All targets are the same.

    A model that always says this class has the loss 0, so the number measures nothing.

    Check the split, the filter or the column that was taken for the target (--target-column).

    The check asks for twenty rows, and for predictions that did not expect it.
    """
    given = facts.targets
    if len(given) != 1 or given.total() < _ENOUGH_ROWS or (facts.survey and facts.survey.others):
        return None
    if facts.fit is not None and facts.fit.nats <= SURE:
        return None  # the predictions say so too
    value = next(iter(given))
    return Observation(
        f"all {given.total()} targets are {value}",
        given.total(),
        {"value": value},
        "check the column that was taken for the target (--target-column names another)",
    )


def one_hot(facts: Facts) -> Observation | None:
    """Targets are one-hot rows of probabilities, where class indices would say the same.

    With class weights the two are not the same: the mean over probability targets divides by the number
    of rows, the mean over class indices by the sum of the weights. ignore_index needs indices too.

    Write the index of the class instead of the row.

    Reference: PyTorch issue 107680, on the denominators of the two forms.
    """
    found = facts.survey
    if found is None or not found.one_hot or found.one_hot < found.others:
        return None
    weights = " with class weights its mean differs from that of class indices" if facts.weighted else ""
    return Observation(
        f"all {found.one_hot} targets are one-hot rows of probabilities;"
        f"{weights or ' class indices say the same in one column'}",
        found.one_hot,
    )


def repeated_id(facts: Facts) -> Observation | None:
    """Identifiers occur more than once.

    Rows that were written twice count twice in the mean; a join that multiplied rows does the same.

    Where each occurs as often as the others and a column names a model, a variant or a fold, the file holds
    several predictions of the same things, one below the other: the mean is over all of them.

    Keep one row of each identifier, or name the right column with --id-column. Of several predictions, --by
    COLUMN tells the loss of each; a filter of the shell leaves one: awk -F, 'NR == 1; $2 == "A"' FILE writes
    the rows with A in the second column, for celoss to read through a pipe.
    """
    found = None if facts.survey is None else facts.survey.repeated_id()
    if found is None:
        return None
    count, first, second = found
    several = _several_versions(facts, count, {"first_row": first, "same_as": second})
    if several is not None:
        return several
    drawn = facts.survey is not None and facts.survey.resembles_bootstrap
    return Observation(
        f"{plural(count, 'row')} {'repeats' if count == 1 else 'repeat'} an identifier of an earlier row, "
        f"first row {second} that of row {first}"
        f"{', as many as rows drawn with replacement (a bootstrap sample) have' if drawn else ''}",
        count,
        {"first_row": first, "same_as": second},
        severity="note" if drawn else None,
    )


def _several_versions(facts: Facts, count: int, evidence: Mapping[str, int]) -> Observation | None:
    """What is said of a long format: the same identifiers again for each model, variant or fold."""
    even = None if facts.survey is None else facts.survey.evenly_repeated()
    column = next(filter(tells_versions_apart, facts.unused), None)
    if even is None or column is None:
        return None
    identifiers, times = even
    return Observation(
        f"each of {identifiers} identifiers occurs {times} times, and the column {quoted(column)} may say of "
        "which of several predictions a row is: the mean is over all of them; --by tells each, a filter of "
        "the shell leaves one",
        count,
        {**evidence, "column": column, "identifiers": identifiers, "times": times},
        remedy=facts.shown(*flag_words("--by", column)),
        severity="note",
    )


def header_order(facts: Facts) -> Observation | None:
    """The class columns are in an order that differs from the natural one.

    Targets that are indices count the columns in the header's order. A tool that sorted the columns as
    text put c10 before c2, and every index then means another class.

    Say the order with --class-columns c0,c1,c2, or give the targets by the names of the classes.
    """
    if not facts.doubts:
        return None
    natural = in_natural_order(facts.columns)
    return Observation("; ".join(facts.doubts), 1, remedy=facts.with_columns(natural) if natural else "")
