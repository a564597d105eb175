"""Two data sets through one loss, and the comparison of both."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from celoss_cli.cli.data import request_of
from celoss_cli.cli.progress import Bar
from celoss_cli.cli.publish import remarks_of, tell
from celoss_cli.cli.reading import are_small, opened
from celoss_cli.cli.semantics import chosen
from celoss_cli.core.errors import InputError, visible
from celoss_cli.core.records import record
from celoss_cli.evaluate.loop import Request as Evaluating
from celoss_cli.findings import Facts, findings
from celoss_cli.studies.compare.comparing import Pairs, Plan
from celoss_cli.studies.compare.comparing import compared as compared_pairs
from celoss_cli.studies.compare.comparison import Subject, comparison_verdicts
from celoss_cli.studies.compare.likeness import Likeness
from celoss_cli.studies.compare.pairing import aligned, labels_of, paired
from celoss_cli.studies.compare.rows import Inputs
from celoss_cli.studies.compare.side import Side, side_of

if TYPE_CHECKING:
    from celoss_cli.cli.data import Data
    from celoss_cli.cli.options import Semantics
    from celoss_cli.core.data import Batch, Reduction, Source
    from celoss_cli.core.option import OptionValues
    from celoss_cli.losses.base import Loss
    from celoss_cli.read.request import Dataset, ReadRequest
    from celoss_cli.studies.compare.comparison import Comparison

__all__ = ["Request", "compared", "judged", "rehearse"]


@record(frozen=True, slots=True)
class Request:
    """What is to be compared.

    Attributes:
        first, second: the data sets, A and B.
        semantics: the options of the loss.
        align: how rows find each other, or None for by id where there are ids.
        plan: of the draws.
        jobs: worker threads.

    """

    first: Data
    second: Data
    semantics: Semantics
    align: Literal["id", "position"] | None
    plan: Plan
    jobs: int | None


def compared(request: Request) -> Comparison:
    """Reads both data sets and compares them; what a reader should know of each is told on standard error.

    Raises:
        CelossError: for anything that stands in the way.

    """
    pairs, subject, remarks = _brought_together(request)
    with Bar("draws") as bar:
        found = compared_pairs(pairs, subject, replace(request.plan, watch=bar.show))
    tell(remarks)
    return found


def rehearse(request: Request) -> None:
    """Refuses what stands in the way of a comparison of small files; of others no rows are brought together.

    Raises:
        CelossError: for anything that does.

    """
    if are_small((*request.first.files, *request.second.files)):
        _brought_together(request)


def _brought_together(request: Request) -> tuple[Pairs, Subject, Sequence[str]]:
    """The pairs of rows; nothing else of the data is held after that."""
    inputs = Inputs()
    a = _read(request, request.first, lambda loss, batch: inputs.append(batch.input))
    likeness = Likeness(a.side, inputs, by_position=request.align == "position")
    b = _read(request, request.second, likeness.add, a.asked.again())
    _refuse_other_options(a, b)
    alignment = aligned(a.side, b.side, request.align, likeness.rows())
    b = replace(b, side=alignment.second)
    by_row = a.reduction == "batchmean"
    spec = request.first.spec
    subject = Subject(
        loss=spec.name,
        title=spec.title,
        unit=a.side.loss.unit,
        options={**a.options, "reduction": a.reduction},
        files=(request.first.files[0], request.second.files[0]),
        sources=(a.source, b.source),
        aligned_by=alignment.by,
        rows=len(a.side.batch),
        denominator_is="number of rows" if by_row else a.side.evaluation.weight_is,
        group_column=request.first.group,
        labels=labels_of(a.side, b.side),
    )
    remarks = [*_remarks(a, request.first), *_remarks(b, request.first)]
    return paired(a.side, b.side, a.reduction, likeness), subject, remarks


def judged(comparison: Comparison, max_increase: float | None, non_inferior: float | None) -> Comparison:
    """The comparison with a verdict for each limit."""
    return replace(comparison, checks=comparison_verdicts(comparison, max_increase, non_inferior))


@record(frozen=True, slots=True)
class _Read:
    """One data set, its reduction, the options in force, how it was read and what was asked of its reader."""

    side: Side
    reduction: Reduction
    options: OptionValues
    source: Source
    asked: ReadRequest


def _read(
    request: Request,
    data: Data,
    take: Callable[[Loss, Batch], None],
    asked: ReadRequest | None = None,
) -> _Read:
    asked = asked or replace(request_of(data), likeliest=True)
    with opened(data, asked) as found, _keeping_rows(_by_position(request, found.dataset)):
        choice = chosen(data, request.semantics, found)
        evaluating = Evaluating(
            strict=True,
            allow_out_of_domain=data.reading.allow_out_of_domain,
            jobs=request.jobs,
        )
        side = side_of(_name(data.files[0]), choice.loss, found.dataset.batches, evaluating, take)
    evaluation = side.evaluation
    evaluation.facts.update(choice.facts)
    reduction: Reduction = "batchmean" if choice.reduction == "batchmean" else "mean"
    described = evaluation.described(found.dataset.described)
    return _Read(side, reduction, choice.options, described, found.request)


def _by_position(request: Request, dataset: Dataset) -> bool:
    """Whether a row is known by where it stands."""
    return request.align == "position" or not (dataset.described.get("columns") or {}).get("id")


@contextlib.contextmanager
def _keeping_rows(by_position: bool) -> Iterator[None]:
    """Offers no way out that skips rows where the others would stand elsewhere then."""
    try:
        yield
    except InputError as error:
        if by_position:
            error.ways = tuple(way for way in error.ways if ("--missing", "skip") not in way.options)
        raise


def _name(path: str) -> str:
    return "standard input" if path == "-" else visible(path)


def _refuse_other_options(a: _Read, b: _Read) -> None:
    ours, theirs = ({**read.options, "reduction": read.reduction} for read in (a, b))
    unlike = [name for name in ours if ours[name] != theirs[name]]
    if unlike:
        raise InputError(
            f"expected the {unlike[0]} of {a.side.name}, got another",
            hint=f"an option of the command line goes before the data's own: --{unlike[0].replace('_', '-')}",
            place=b.side.name,
        )


def _remarks(read: _Read, data: Data) -> Iterator[str]:
    side = read.side
    spec, evaluation = replace(data.spec, takes=data.takes), side.evaluation
    seen = evaluation.seen + Counter({side.loss.clamp_is: evaluation.tally.clamped})
    weighted = side.sample_weight is not None or read.options.get("weight") is not None
    facts = Facts(seen, spec, classes=evaluation.classes, options=read.options, weighted=weighted)
    return remarks_of(evaluation.skipped, findings(facts), name=side.name, brief=True)
