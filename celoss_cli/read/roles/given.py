"""What candidates make of the columns: each with its role and why, or a refusal with every reading."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError, Way, listed, plural, visible
from celoss_cli.core.records import replace
from celoss_cli.read.roles.column import value_of
from celoss_cli.read.roles.found import Assignment, Candidate, Found
from celoss_cli.read.roles.groups import labels_of, order_notes, paired
from celoss_cli.read.roles.naming import one_of, pattern_of, refuse_repeated, refuse_two_roles
from celoss_cli.read.roles.words import tells_versions_apart

if TYPE_CHECKING:
    from celoss_cli.read.roles.evidence import Evidence
    from celoss_cli.read.roles.found import Wanted

__all__ = ["assignment", "doubt"]

_MOST_WAYS = 6
_NONE = Candidate((), "")
_ELSEWHERE = Candidate((), "from another file", options=(("--targets", "@targets.csv"),))

Pair = tuple[Candidate, Candidate]
"""The inputs, and the targets."""


def assignment(evidence: Evidence, inputs: Candidate, target: Candidate, weight: Candidate) -> Assignment:
    """The roles that settled candidates give.

    Raises:
        InputError: for columns that do not go together.
        UsageError: for a column with two roles.

    """
    wanted, names = evidence.wanted, evidence.names
    classes, predicted = inputs.columns, inputs.predicted
    row_id = _id(evidence, {*classes, *target.columns, *weight.columns, predicted})
    weights = weight.columns[0] if weight.columns else None
    group = one_of(evidence.chosen["group"] or [], names, wanted.choice.group_option)
    known = {*target.columns, *(i for i in (row_id, weights, predicted) if i is not None)}
    refuse_two_roles([names[i] for i in target.columns if i == predicted], "a column")
    refuse_two_roles([names[i] for i in classes if i in known], "a column")
    used = known | {*classes, *(() if group is None else (group,))}
    labels = labels_of([names[i] for i in classes]) if wanted.has_names else ()
    positive = _positive(evidence, inputs, target)
    notes = order_notes([names[i] for i in classes]) if wanted.per_class and labels else ()
    if row_id is not None and not evidence.columns[row_id].values.are_unique:
        notes = (*notes, *_versions(evidence, row_id, used))
    reasons = (
        ("inputs", inputs.why),
        ("target", target.why),
        ("id", "" if row_id is None else "it names the rows"),
        ("weight", weight.why),
    )
    given = Assignment(
        names=tuple(names),
        target=paired(names, target.columns, labels),
        inputs=classes,
        labels=labels,
        id=row_id,
        weight=weights,
        group=group,
        unused={i: _why_unused(evidence, i) for i in range(len(names)) if i not in used},
        notes=notes,
        why={role: why for role, why in reasons if why},
        inferred=_pinned(names, inputs, target, weight),
        positive=positive,
        answers=_answers(evidence, target) if positive is not None else (),
        predicted=predicted,
    )
    if predicted is not None:
        given = _with_decisions(evidence, inputs, target, given)
    refuse_repeated(names, given.used)
    _refuse_mismatch(wanted, given)
    return given


def _id(evidence: Evidence, used: Container[int | None]) -> int | None:
    chosen = evidence.chosen["id"]
    if chosen is not None:
        return one_of(chosen, evidence.names, "--id-column")
    return next((i for i in evidence.keys if i not in used and evidence.columns[i].can_name_rows), None)


def _versions(evidence: Evidence, row_id: int, used: Container[int]) -> Iterator[str]:
    """That rows are several predictions of one thing: their ids come again with another model or fold."""
    ids = evidence.columns[row_id].values
    for i, column in enumerate(evidence.columns):
        versions = column.values
        if i in used or versions.rows != ids.rows or not tells_versions_apart(column.name):
            continue
        if len({*zip(ids.texts, versions.texts, strict=True)}) == len(ids.texts):
            name = visible(column.name)
            yield (
                f"the same ids come again with another {name}: several predictions of the same rows, and "
                f"the result is over all of them; --by {name} tells each"
            )


def _positive(evidence: Evidence, inputs: Candidate, target: Candidate) -> str | None:
    """The text that is the positive answer; None where targets are numbers.

    Raises:
        InputError: where two texts leave it open.

    """
    wanted = evidence.wanted
    if wanted.per_class or wanted.elsewhere or len(target.columns) != 1:
        return wanted.positive
    column = evidence.columns[target.columns[0]]
    values = column.values
    if wanted.positive is not None and not _is_a_decision(evidence, inputs, target, wanted.positive):
        return wanted.positive
    if column.stored in ("list", "other"):  # a target for each column, or no targets
        return None
    if values.are_signs and wanted.takes != "scores":
        return inputs.positive or "1"
    if not values.are_texts:
        is_odd = inputs.positive is not None and value_of(inputs.positive) != 1
        return inputs.positive if is_odd else None
    from celoss_cli.read.roles.answers import clear_positive  # of targets in words

    told = inputs.positive or clear_positive(values.distinct)
    if told is None and len(values.distinct) <= 2:
        raise _open_pair(evidence, inputs, target, values.distinct)
    return told


def _is_a_decision(evidence: Evidence, inputs: Candidate, target: Candidate, positive: str) -> bool:
    """Whether the positive answer is called as a class predicted is, beside a clear pair of targets."""
    if inputs.predicted is None:
        return False
    from celoss_cli.read.roles.answers import is_of_decisions  # most inputs are of fixed classes

    return is_of_decisions(positive, evidence.texts_of(inputs.predicted), _answers(evidence, target))


def _answers(evidence: Evidence, target: Candidate) -> tuple[str, ...]:
    return evidence.texts_of(target.columns[0]) if len(target.columns) == 1 else ()


def _with_decisions(
    evidence: Evidence, inputs: Candidate, target: Candidate, given: Assignment
) -> Assignment:
    """With the answers of the class predicted, of which the input is the probability."""
    from celoss_cli.read.roles.confidences import decided_in, doubtful  # most inputs are of fixed classes

    targets = _answers(evidence, target) if target.columns else evidence.wanted.examples
    sure, positive = inputs.columns[0], evidence.wanted.positive or given.positive
    assert inputs.predicted is not None  # noqa: S101 - for the type checker
    decided = decided_in(evidence, sure, inputs.predicted, targets, positive)
    return replace(given, decided=decided, notes=(*given.notes, *doubtful(evidence, sure)))


def _open_pair(evidence: Evidence, inputs: Candidate, target: Candidate, texts: Sequence[str]) -> InputError:
    way = way_of(evidence, inputs, target) or Way("", ())
    ways = tuple(Way(f"{text} as 1", (*way.options, ("--positive", text))) for text in texts)
    return InputError(f"expected to know the positive one of two targets, got {listed(texts)}", ways=ways)


def _refuse_mismatch(wanted: Wanted, given: Assignment) -> None:
    inputs, targets = len(given.inputs), len(given.target)
    if wanted.elsewhere or targets == inputs or (wanted.per_class and targets == 1):
        return
    needed = "one target column or one" if wanted.per_class else "one target column"
    shown = f"{plural(inputs, 'input column')} {listed([given.names[i] for i in given.inputs])}"
    raise InputError(
        f"expected {needed} for each of the {shown}, got {targets}",
        hint="choose them: --class-columns NAMES, --target-column NAMES",
    )


def _pinned(
    names: Sequence[str], inputs: Candidate, target: Candidate, weight: Candidate
) -> dict[str, tuple[str, str]]:
    """The roles that were inferred, with the options that pin them."""
    found = {}
    for role, option, candidate in (
        ("inputs", "--class-columns", inputs),
        ("target", "--target-column", target),
        ("weight", "--weight-column", weight),
    ):
        if candidate.inferred and candidate.columns:
            pattern = pattern_of(names, candidate.columns, candidate.affix)
            if pattern is not None:
                found[role] = (option, pattern)
    return found


def _why_unused(evidence: Evidence, i: int) -> str:
    """Why a column has no role, in words."""
    column = evidence.columns[i]
    if evidence.is_copy(i):
        return "the same predictions calibrated"
    if evidence.is_confidence(i):
        return "how sure the prediction is, and of no fixed class"
    if evidence.is_list(i):
        return "a list in every cell"
    if evidence.is_answer(i) or (column.says.takes and evidence.is_decision(i)):
        return "a decision, and no number that says how likely it is"
    if column.says.takes:
        return "another prediction"
    if column.says.other:
        return column.says.other
    if evidence.is_key(i) or column.says.key:
        return "it names the rows"
    if column.says.target:
        return "targets that are not used"
    return "nothing says that it has a role" if column.is_number else "no numbers"


# ------------------------------------------------------------------------------- what is open


def doubt(evidence: Evidence, inputs: Found, target: Found, weight: Found) -> InputError:
    """A refusal with every reading."""
    facts = [found.expected for found in (target, inputs, weight) if found.expected]
    pairs = islice(_pairs(inputs, target), _MOST_WAYS)
    ways = [way for pair in pairs for way in _ways(evidence, *pair)]
    if weight.only is None:
        ways = [
            Way(one.why, (*way.options, *one.options), way.command)
            for way in ways
            for one in weight.candidates
        ][:_MOST_WAYS]
    return InputError(f"expected {'; and '.join(dict.fromkeys(facts))}", ways=tuple(ways))


def _pairs(inputs: Found, target: Found) -> Iterator[Pair]:
    targets = target.candidates or (_ELSEWHERE,)
    for one in inputs.candidates:
        for other in (_NONE,) if one.alone else targets:
            if not {*one.columns, one.predicted} & {*other.columns}:
                yield one, other


def _ways(evidence: Evidence, inputs: Candidate, target: Candidate) -> Iterator[Way]:
    """The way out for a reading; one for either of two texts where neither is the positive one by itself."""
    from celoss_cli.read.roles.answers import clear_positive, positive_of  # few tables leave a doubt

    way = way_of(evidence, inputs, target)
    if way is None:
        return
    wanted = evidence.wanted
    texts: tuple[str, ...] = ()
    is_binary = len(inputs.columns) == 1 if way.command else not wanted.per_class
    if is_binary and wanted.positive is None and len(target.columns) == 1:
        values = evidence.columns[target.columns[0]].values
        texts = values.distinct if values.are_texts and len(values.distinct) == 2 else ()
    named = inputs.columns and positive_of(evidence.names[inputs.columns[0]], texts)
    if not texts or named or clear_positive(texts) or any(name == "--positive" for name, _ in way.options):
        yield way
        return
    said = f"{way.meaning}; " if way.meaning else ""
    for text in texts:
        yield Way(f"{said}{text} as 1", (*way.options, ("--positive", text)), way.command)


def way_of(evidence: Evidence, inputs: Candidate, target: Candidate) -> Way | None:
    """The options that choose a reading, and what it is in words."""
    options: list[tuple[str, str]] = []
    for option, role, candidate in (
        ("--class-columns", "classes", inputs),
        ("--target-column", "target", target),
    ):
        if evidence.chosen[role] is not None or not candidate.columns:
            continue
        pattern = pattern_of(evidence.names, candidate.columns, candidate.affix)
        if pattern is None:
            return None
        options.append((option, pattern))
    names = ", ".join(evidence.names[i] for i in inputs.columns)
    said = inputs.why if inputs.inferred and inputs.why != names else ""
    if inputs.predicted is not None and evidence.chosen["predicted"] is None:
        options.append(("--predicted-column", evidence.names[inputs.predicted]))
    options += [*inputs.options, *target.options]
    if any(evidence.columns[i].values.in_percent for i in inputs.columns):
        options.append(("--percent", ""))
    if inputs.columns and _lacks_values(evidence, inputs.columns):
        options.append(("--missing", "skip"))
    return Way(said, tuple(options), inputs.command)


def _lacks_values(evidence: Evidence, columns: Sequence[int]) -> bool:
    """Whether a column lacks a value in a row where others have one."""
    rows = max(len(column.values.rows) for column in evidence.columns)
    return any(0 < len(evidence.columns[i].values.rows) < rows for i in columns)
