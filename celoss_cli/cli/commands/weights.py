"""Runs ``celoss weights``: targets -> counts of the classes -> weights -> renderer."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.commands.loss import dataset_of, read_request, refuse_unused_columns
from celoss_cli.cli.output import note
from celoss_cli.cli.progress import Bar
from celoss_cli.cli.result import chosen_format, publish
from celoss_cli.core.errors import ExitCode, InputError, UsageError, plural
from celoss_cli.evaluate.loop import Evaluation, Request, default_jobs, evaluate
from celoss_cli.evaluate.wanted import Wanted
from celoss_cli.findings import findings
from celoss_cli.findings.facts import Facts
from celoss_cli.losses import LOSSES
from celoss_cli.read.truth import targets_alone
from celoss_cli.studies.weights.class_weights import ClassWeight, ClassWeights
from celoss_cli.studies.weights.document import document_of
from celoss_cli.studies.weights.schemes import BETA, SCHEMES, class_weights

if TYPE_CHECKING:
    from celoss_cli.read.request import Dataset, ReadRequest

__all__ = ["run"]

_SPEC = LOSSES["ce"]
"""Whose way of reading targets is used: its classes, its ignored rows, its refusals."""

_ODD = "out-of-domain-weight"
"""The one oddity of rows that changes how often they count."""


def run(given: Mapping[str, Any]) -> int:
    """Counts and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    format = chosen_format(given)
    if given["beta"] is not None and given["scheme"] not in _takers():
        raise UsageError(f"Expected --scheme {' or '.join(_takers())} with --beta, got {given['scheme']}.")
    found = _weights({**given, "by": None, "input": None})
    publish(document_of(found), format, (), given, ExitCode.DONE)
    return ExitCode.DONE


def _takers() -> list[str]:
    """The schemes that take a beta."""
    return [scheme.name for scheme in SCHEMES.values() if scheme.takes_beta]


def _weights(given: Mapping[str, Any]) -> ClassWeights:
    alone = given["targets"] is not None and not given["files"]
    if given["classes"] is not None and not alone:
        raise UsageError("Expected --classes with --targets alone, got it with files, whose columns say it.")
    request = read_request(_SPEC, given)
    bar = Bar()
    if alone:
        dataset = targets_alone(given["targets"], "--targets", request, given["classes"], _left_out(given))
    else:
        dataset, request = _with_input(given, request, bar)
    with contextlib.closing(dataset), bar:
        if not alone:
            refuse_unused_columns(dataset.described["columns"], given)
        found = _counted(given, dataset)
    if request.truth is not None:
        request.truth.verify()
    if found.skipped:
        note(f"celoss: note: {plural(found.skipped, 'row')} with missing values skipped")
    for told in findings(Facts(Counter({_ODD: found.seen[_ODD]}), _SPEC)):
        note(f"celoss: {told.severity} {told.code}: {told.message}")
    return _of(given, found, dataset)


def _with_input(given: Mapping[str, Any], request: ReadRequest, bar: Bar) -> tuple[Dataset, ReadRequest]:
    try:
        return dataset_of(_SPEC, given, request, bar.show)
    except InputError as error:
        if "--class-columns" in error.hint:
            error.hint = "a file of targets alone is given as --targets @FILE"
        raise


def _left_out(given: Mapping[str, Any], dataset: Dataset | None = None) -> int:
    """The target that is left out: the command line's before the data's own."""
    if given["ignore_index"] is not None:
        return int(given["ignore_index"])
    said = None if dataset is None else dataset.options.get("ignore_index")
    return -100 if said is None else int(said)


def _counted(given: Mapping[str, Any], dataset: Dataset) -> Evaluation:
    """Every target of the data set, counted by class in one pass."""
    loss = _SPEC.made(ignore_index=_left_out(given, dataset))
    request = Request(
        strict=True,
        allow_out_of_domain=given["allow_out_of_domain"],
        wanted=Wanted("class"),
        jobs=given["jobs"] or default_jobs(),
    )
    try:
        found = evaluate(loss, dataset.batches, request)
    except UsageError:  # classes are counted by the loss by class
        raise InputError(
            "expected targets that are classes, got probabilities", hint="one index or name a row"
        ) from None
    except InputError as error:
        if len(dataset.described["columns"]["inputs"]) == 1:  # its own hint is about losses
            error.hint = "the targets of two classes are counted alone: --targets @FILE --target-column NAME"
        raise
    if not found.tally.counted:
        raise InputError("expected at least one counted target, got none")
    return found


def _of(given: Mapping[str, Any], found: Evaluation, dataset: Dataset) -> ClassWeights:
    names = list(found.labels or map(str, range(found.classes or 0)))
    groups = found.collected.groups.tallies() if found.collected else {}
    counts = [float(groups[name].weight) if name in groups else 0.0 for name in names]
    scheme, beta = SCHEMES[given["scheme"]], BETA if given["beta"] is None else given["beta"]
    weights = class_weights(counts, scheme.name, beta, names, given["unseen"])
    rows = zip(names, counts, weights, strict=True)
    return ClassWeights(
        scheme=scheme.name,
        formula=scheme.formula,
        beta=beta if scheme.takes_beta else None,
        classes=[ClassWeight(index, *row) for index, row in enumerate(rows)],
        counted=found.tally.counted,
        ignored=found.tally.ignored,
        source={**dataset.described, "conversions": list(found.conversions), "skipped": found.skipped},
    )
