"""A refusal with every reading, each with the options that choose it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError, Way, listed
from celoss_cli.read.roles.found import Candidate, Found
from celoss_cli.read.roles.naming import pattern_of
from celoss_cli.read.roles.pairs import clear_positive, positive_of

if TYPE_CHECKING:
    from celoss_cli.read.roles.evidence import Evidence

__all__ = ["doubt", "way_of"]

_MOST_WAYS = 6
_NONE = Candidate((), "")
_ELSEWHERE = Candidate((), "from another file", options=(("--targets", "@targets.csv"),))

Pair = tuple[Candidate, Candidate]
"""The inputs, and the targets."""


def doubt(evidence: Evidence, inputs: Found, target: Found | None, weight: Found | None) -> InputError:
    """A refusal with every reading."""
    facts = [found.expected for found in (target, inputs) if found is not None and found.expected]
    if target is not None and not target.candidates and not target.expected:
        facts.append(f"a column of targets, got {listed(evidence.names)}")
    if weight is None:
        names = listed([evidence.names[i] for i in evidence.weights])
        facts.append(f"weights of the rows or a feature, got {names}, which may be either")
    pairs = list(islice(_pairs(inputs, target), _MOST_WAYS))
    ways = [way for pair in pairs for way in _ways(evidence, *pair)]
    if weight is None:
        ways = [less for way in ways for less in _with_weights(evidence, way)][:_MOST_WAYS]
    return InputError(f"expected {'; and '.join(dict.fromkeys(facts))}", ways=tuple(ways))


def _pairs(inputs: Found, target: Found | None) -> Iterator[Pair]:
    targets = (_NONE,) if target is None else target.candidates or (_ELSEWHERE,)
    for one in inputs.candidates:
        for other in (_NONE,) if one.alone else targets:
            if not {*one.columns, one.predicted} & {*other.columns}:
                yield one, other


def _ways(evidence: Evidence, inputs: Candidate, target: Candidate) -> Iterator[Way]:
    """The way out for a reading; one for either of two texts where neither is the positive one by itself."""
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
    said = inputs.why if inputs.inferred and inputs.why != ", ".join(_named(evidence, inputs)) else ""
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


def _named(evidence: Evidence, candidate: Candidate) -> list[str]:
    return [evidence.names[i] for i in candidate.columns]


def _with_weights(evidence: Evidence, way: Way) -> list[Way]:
    """A way out with each of the columns that may be weights, and without any."""
    names = [*(evidence.names[i] for i in evidence.weights), ""]
    return [
        Way(
            f"{name} as weight" if name else "no weights",
            (*way.options, ("--weight-column", name)),
            way.command,
        )
        for name in names
    ]
