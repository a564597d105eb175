"""From batches to a diagnosis: one pass over data that may be wrong in any way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from celoss_cli.core.data import Batch, Chunk, Tally
from celoss_cli.core.errors import plural
from celoss_cli.core.records import record
from celoss_cli.evaluate.survey import Survey, survey
from celoss_cli.findings import FINDINGS, CommandWords, findings
from celoss_cli.findings.facts import SEVERITIES
from celoss_cli.losses.base import SAMPLE_WEIGHT, Loss
from celoss_cli.losses.pieces import of_pieces
from celoss_cli.report.assemble import facts_of
from celoss_cli.show.blocks import Block, Findings, Full, Lines, Sentences, View
from celoss_cli.show.document import Document
from celoss_cli.show.numerals import attributes, extents, measured, nonfinite, short
from celoss_cli.show.source import source_lines
from celoss_cli.show.verdicts import finding_values

if TYPE_CHECKING:
    from celoss_cli.core.data import Source
    from celoss_cli.core.option import OptionValues
    from celoss_cli.findings.facts import Finding
    from celoss_cli.losses import LossSpec

__all__ = ["Diagnosis", "Examined", "diagnosis_of", "document_of", "examined"]


@record(frozen=True, slots=True)
class Diagnosis:
    """What is wrong with a data set and its loss, as far as celoss knows.

    Attributes:
        loss: the name of the function, as in ``torch.nn.functional``.
        title: the loss in words.
        takes: what the loss calls its input.
        rows: how many.
        classes: the number of classes, or None.
        labels: the classes' names.
        value: the mean with the options in force, in ``unit``, or None where it cannot be computed.
        unit: "nats", "bits" or "dits"; "" of a loss that is a plain number.
        counted: how many predictions have one outcome as target.
        left_out: how many targets that nobody asked to ignore are not counted.
        accuracy: the part of these whose largest prediction is that outcome, or None.
        options: the options in force, by name.
        source: where the data came from and how it was read.
        checks: how many checks were made.
        findings: what they found.
        not_looked_at: what could not be looked at, and why, in words.

    """

    loss: str
    title: str
    takes: str
    rows: int
    classes: int | None
    labels: Sequence[str] | None
    value: float | None
    unit: str
    counted: int
    left_out: int
    accuracy: float | None
    options: OptionValues
    source: Source
    checks: int
    findings: Sequence[Finding]
    not_looked_at: Sequence[str] = ()


@record(frozen=True, slots=True)
class Examined:
    """What was seen of a data set; ``+`` appends rows that follow.

    Attributes:
        survey: of every row.
        tally: the totals of the loss with its options, None where some of it cannot be computed.
        sample_weights: whether the data weights its rows.
        labels: the classes' names.
        conversions: what was done to the targets to read them.
        skipped: rows left out for a missing value.

    """

    survey: Survey = Survey()
    tally: Tally | None = Tally()
    sample_weights: bool = False
    labels: Sequence[str] | None = None
    conversions: tuple[str, ...] = ()
    skipped: int = 0

    def __add__(self, later: Examined) -> Examined:
        both = None if self.tally is None or later.tally is None else self.tally + later.tally
        first = self if self.survey.rows else later
        return Examined(
            self.survey + later.survey,
            both,
            first.sample_weights,
            first.labels,
            first.conversions,
            self.skipped + later.skipped,
        )


def examined(loss: Loss, batches: Iterable[Batch | Chunk], jobs: int | None) -> Examined:
    """Looks at every row of a data set once.

    Raises:
        InputError: with its place, for data that is not of the shape that the loss takes.

    """
    return sum(of_pieces(lambda piece: _look(loss, piece), loss, batches, jobs), Examined())


def _look(loss: Loss, batch: Batch) -> Examined:
    computable = loss.computable(batch)
    return Examined(
        survey(loss, batch),
        None if computable is None else Tally.of(loss.terms(computable), len(batch)),
        SAMPLE_WEIGHT in batch.aligned,
        batch.labels,
        batch.conversions,
        batch.skipped,
    )


def diagnosis_of(
    spec: LossSpec,
    loss: Loss,
    seen: Examined,
    *,
    options: OptionValues,
    source: Source,
    codes: Iterable[str] = tuple(FINDINGS),
    noticed: Sequence[str] = (),
    said: Callable[[], CommandWords] = CommandWords,
) -> Diagnosis:
    """Holds what was seen against every finding.

    Args:
        spec: the loss as the registry has it.
        loss: the loss with its options.
        seen: of the whole data set.
        options: the options in force, by name.
        source: where the data came from and how it was read.
        codes: the findings that are wanted.
        noticed: oddities of the options and of the names in the data.
        said: gives the command line; one that names the source's files if not given.

    """
    spec, codes = spec.taking(options), set(codes)
    found, fit, tally = seen.survey, seen.survey.fit, seen.tally
    value = None if tally is None else tally.mean
    facts = facts_of(
        spec,
        loss,
        seen,
        seen=dict.fromkeys(noticed, 1),
        tally=tally,
        classes=found.classes,
        options=options,
        source=source,
        said=said,
    )
    return Diagnosis(
        loss=spec.name,
        title=spec.title,
        takes=spec.takes,
        rows=found.rows,
        classes=found.classes,
        labels=seen.labels,
        value=None if value is None else loss.rounded(value),
        unit=loss.unit,
        counted=0 if fit is None else fit.counted,
        left_out=0 if fit is None else found.targets.total() + found.others - found.ignored - fit.counted,
        accuracy=fit.hits / fit.counted if fit is not None and fit.counted else None,
        options=options,
        source={**source, "conversions": list(seen.conversions), "skipped": seen.skipped},
        checks=len(codes),
        findings=[finding for finding in findings(facts) if finding.code in codes],
        not_looked_at=[words for of, words in _not_looked_at(found) if of & codes],
    )


def _not_looked_at(found: Survey) -> Iterator[tuple[set[str], str]]:
    """What the data does not let anybody look at: the findings, and why in words."""
    fit = found.fit
    if fit is None:
        of = {
            "CEL112",
            "CEL213",
            "CEL214",
            "CEL215",
            "CEL217",
            "CEL401",
            "CEL402",
            "CEL403",
            "CEL406",
            "CEL407",
        }
        yield (
            of,
            "how well the predictions fit, as the targets are no single outcomes (CEL213 to CEL217, CEL4)",
        )
    if fit is not None and fit.shifts.first is None and not fit.along:
        yield {"CEL213"}, "targets that are shifted, as a row has several in no order (CEL213)"
    if fit is not None and 0 < fit.shifts.reach < found.rows:
        reach = f"{fit.shifts.reach} rows"
        yield {"CEL213"}, f"targets that are shifted by more than the {reach} that are searched (CEL213)"
    if not found.ids:
        yield {"CEL211"}, "rows that occur twice, as they have no ids (CEL211)"


# -------------------------------------------------------------------------------------- as a document


def document_of(diagnosis: Diagnosis) -> Document:
    """The document of a diagnosis."""
    return Document(view=partial(_view, diagnosis), values=lambda version: _values(diagnosis))


def _view(diagnosis: Diagnosis) -> View:
    sizes = extents(diagnosis.rows, diagnosis.classes)
    return View(f"diagnosis of {diagnosis.title}", (sizes,), tuple(_blocks(diagnosis)))


def _blocks(diagnosis: Diagnosis) -> Iterator[Block]:
    yield Full([Lines(list(source_lines(diagnosis.source, diagnosis.takes, diagnosis.options)))])
    yield Lines([", ".join(_result(diagnosis)) or "no loss can be computed"], faint=False)
    yield Findings(diagnosis.findings)
    if diagnosis.not_looked_at:
        yield Sentences([f"Not looked at: {'; '.join(diagnosis.not_looked_at)}."])
    yield Sentences([_summary(diagnosis)], "strong")


def _result(diagnosis: Diagnosis) -> Iterator[str]:
    """The loss and the accuracy, where there are any."""
    if diagnosis.value is not None:
        yield measured(f"mean {short(diagnosis.value)}", diagnosis.unit)
    if diagnosis.accuracy is not None:
        targets = plural(diagnosis.counted, "prediction")
        yield f"accuracy {100 * diagnosis.accuracy:.2f}% of {targets}"
        if diagnosis.left_out:
            left_out = plural(diagnosis.left_out, "target")
            yield f"{left_out} left out, no single outcome of these or beside NaN"


def _summary(diagnosis: Diagnosis) -> str:
    """How much was found, in one sentence."""
    checks = plural(diagnosis.checks, "check")
    if not diagnosis.findings:
        return f"nothing found by {checks}"
    counts = Counter(finding.severity for finding in diagnosis.findings)
    parts = [plural(counts[severity], severity) for severity in SEVERITIES if counts[severity]]
    return f"{', '.join(parts)} found by {checks}; celoss explain CODE says more"


def _values(diagnosis: Diagnosis) -> dict[str, Any]:
    """The diagnosis as ``diagnosis.schema.json`` describes it."""
    return {
        **attributes(diagnosis, "loss", "rows", "classes", "labels", "value"),
        "nonfinite": nonfinite(diagnosis.value),
        "unit": diagnosis.unit or None,
        **attributes(diagnosis, "counted", "accuracy", "options"),
        "input": diagnosis.source,
        **attributes(diagnosis, "checks", "not_looked_at"),
        "findings": [finding_values(finding) for finding in diagnosis.findings],
    }
