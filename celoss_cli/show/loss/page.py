"""The report of a loss as a page: the number first, then where it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from celoss_cli.core.errors import file_name, visible
from celoss_cli.show.blocks import (
    Block,
    Chart,
    Equation,
    Equations,
    Example,
    Findings,
    Headline,
    Lines,
    Page,
    Part,
    Result,
    Sentences,
    SideBySide,
    Table,
    Verdicts,
)
from celoss_cli.show.charts.figures import LossHistogram, ReliabilityDiagram
from celoss_cli.show.loss.tables import (
    by_divisor,
    by_group,
    documents,
    largest,
    quantiles,
    worst_documents,
    worst_spans,
)
from celoss_cli.show.loss.wording import interval_of, reduction_line
from celoss_cli.show.loss.workings import ignored_line, ledger, row_title, steps_of
from celoss_cli.show.numerals import exact, percent, short
from celoss_cli.show.source import option_text, reading_lines
from celoss_cli.show.verdicts import lines_of

if TYPE_CHECKING:
    from celoss_cli.evaluate.summaries import Group, Reliability
    from celoss_cli.evaluate.workings import Workings
    from celoss_cli.report.report import Report

__all__ = ["page_of"]

_MANY = 20
"""From more groups than this on, those with the largest shares are shown."""


def page_of(report: Report, command: str) -> Page:
    """Every section that the report has something for.

    Args:
        report: with whatever it has.
        command: prints the value again, or "".

    """
    named = file_name(*report.source.get("files", ()))
    value = "" if report.value is None else f" {short(report.value)}"
    return Page(
        name=f"{report.title}{value}{' - ' if named else ''}{named}",
        title=report.title[:1].upper() + report.title[1:],
        about=f"{report.reduction} over {named or 'the rows'}",
        blocks=tuple(_blocks(report, command)),
        headline=_headline(report),
    )


def _blocks(report: Report, command: str) -> Iterator[Block]:
    if report.checks:
        yield Part(("Checks",), [Verdicts(lines_of(report.checks))])
    if report.findings:
        yield Part(("Findings",), [Findings(report.findings)])
    yield Part(("How the number comes about",), list(_computation(report)))
    interval = interval_of(report)
    if interval is not None:
        yield Part(("How sure the number is",), [Sentences([interval.told, *interval.sentences()])])
    pictures = [*_spread(report), *_calibration(report)]
    if pictures:
        yield SideBySide(pictures, even=True)
    tables = [*_groups(report), *_confusion(report), *_worst(report)]
    if tables:
        yield SideBySide(tables, even=True)
    if report.tokens is not None and report.workings:
        yield Part(("Token by token",), list(documents(report, bars=True)))
    elif report.workings:
        rows = [Part(*_row(workings, report)) for workings in report.workings]
        yield Part(("Step by step",), [SideBySide(rows, even=True)])
    yield from _reproduction(report, command)


def _headline(report: Report) -> Headline:
    facts = list(_facts(report))
    if report.value is None:
        return Headline("no single number", report.unit, "", facts)
    number, full = short(report.value), exact(report.value)
    return Headline(number, report.unit, full if number not in (full, full.removesuffix(".0")) else "", facts)


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    tally = report.tally
    rows, losses = ("documents", "tokens") if report.tokens is not None else ("rows", "losses")
    yield rows, f"{tally.rows:,}"
    if tally.elements != tally.rows:
        yield losses, f"{tally.elements:,}"
    yield "counted", f"{tally.counted:,}"
    yield "ignored", f"{tally.ignored:,}"
    if report.classes is not None:
        yield "classes", f"{report.classes:,}"
    if report.perplexity is not None:
        yield "perplexity", short(report.perplexity)
    interval = interval_of(report)
    if interval is not None and not math.isnan(interval.estimate.bounds.low):
        bounds = interval.estimate.bounds
        yield f"{interval.percent} interval", f"{short(bounds.low)} to {short(bounds.high)}"
    if report.scores is not None:
        yield "accuracy", percent(report.scores.accuracy, 2)
        if not math.isnan(report.scores.skill):
            yield "skill", short(report.scores.skill)
            yield "frequencies alone", short(report.scores.prior_loss)
    if report.reliability is not None:
        yield "calibration error", short(report.reliability.ece)


def _untitled(table: Table) -> Table:
    """The table below a title that says what it is; a column without any content is left out."""
    heads = (*table.names, *table.numbers)
    kept = [at for at in range(len(heads)) if any(line[at] for line in table.lines)]
    names = [heads[at] for at in kept if at < len(table.names)]
    lines = [[line[at] for at in kept] for line in table.lines]
    numbers = [heads[at] for at in kept[len(names) :]]
    return replace(table, title="", names=names, numbers=numbers, lines=lines, label=table.title)


def _computation(report: Report) -> Iterator[Block]:
    """The formula, step by step, and the reduction with its numbers."""
    steps = next((one for one in (*report.workings, *report.worst) if not one.row.ignored), None)
    formula = [] if steps is None else [Part(("For every row:",), [_formulas(steps)], kind="minor")]
    rows = [Part(("Then over all rows:",), [ledger(report)], kind="minor")] if report.workings else []
    if report.tokens is not None:
        table = _untitled(by_divisor(report.tokens, report.unit))
        rows = [Part(("Then over all tokens, by each divisor:",), [table], kind="minor")]
    yield SideBySide([*formula, *rows])
    yield Result(reduction_line(report))


def _formulas(workings: Workings) -> Equations:
    """Every step's name and formula, in the order they are computed; the gradient last."""
    steps = sorted(workings.steps, key=lambda step: step.level == "gradient")
    return Equations([Equation(step.name, "", f"= {step.formula}") for step in steps])


def _row(workings: Workings, report: Report) -> tuple[Sequence[str], Sequence[Block], str]:
    """The title and the steps of one element, and what is said where it is ignored."""
    return row_title(workings, report), [SideBySide(list(steps_of(workings, report)))], ignored_line(workings)


# --------------------------------------------------------------------------- spread and calibration


def _spread(report: Report) -> Iterator[Block]:
    """The histogram of the losses and their quantiles."""
    found = report.histogram
    if found is None or not found.intervals:
        return
    mean = report.value if report.reduction == "mean" else None
    picture = LossHistogram(report.loss, "", report.unit, [], found, mean)
    blocks: list[Block] = [Chart(picture), *(Sentences([text]) for text in picture.remarks)]
    if report.quantiles:
        within = f"Each quantile within {100 * report.quantiles[0].bound:.2g}% of itself."
        blocks += [_untitled(quantiles(report)), Sentences([within], "faint")]
    lines = [(short(part.low), short(part.high), f"{part.count}") for part in found.intervals]
    table = Table("", (), ("from", "below", "losses"), lines, label="losses by size")
    yield Part(("How the losses are spread",), [*blocks, Part(("The counts",), [table], kind="folded")])


def _calibration(report: Report) -> Iterator[Block]:
    """The reliability diagram with its error."""
    found = report.reliability
    if found is None or not found.count:
        return
    what = (
        f"the mean distance between the {found.accuracy_is} and the {found.confidence_is}, "
        f"over {len(found.bins)} bins and {found.count:,} predictions"
    )
    error = Equation("expected calibration error", exact(found.ece), what, strong=True)
    blocks: list[Block] = [Chart(ReliabilityDiagram(report.loss, "", report.unit, [], found))]
    blocks.append(Equations([error]))
    lies = found.range
    if not math.isnan(lies.low):
        ends = f"between {short(lies.low)} and {short(lies.high)}"
        told = f"Of all predictions like these it lies {ends} in {lies.confidence:.0%} of samples."
        chance = f"Calibrated predictions would show about {short(lies.chance)} by chance."
        blocks.append(Sentences([told, chance]))
    if found.left_out:
        blocks.append(Sentences([f"Left out: {found.left_out:,} without a probability."]))
    blocks.append(Part(("The bins",), [_bins(found)], kind="folded"))
    yield Part(("Whether the probabilities come true",), blocks)


def _bins(found: Reliability) -> Table:
    lines = [
        (
            *(short(end) for end in (part.low, part.high)),
            str(part.count),
            *(short(value) if part.count else "" for value in (part.confidence, part.accuracy, part.gap)),
        )
        for part in found.bins
    ]
    heads = ("above", "up to", "count", "confidence", "came true", "gap")
    return Table("", (), heads, lines, label="bins of confidence")


# ------------------------------------------------------------------------------- groups and the source


def _groups(report: Report) -> Iterator[Part]:
    """The loss of each group, with a bar for its share; of many, those with the largest shares."""
    if not report.groups:
        return
    groups, left_out = report.groups, len(report.groups) - _MANY
    more: list[Block] = []
    if left_out > 0:
        groups = sorted(groups, key=_share, reverse=True)[:_MANY]
        told = f"The {_MANY} with the largest shares of the total; {left_out:,} more are not shown."
        more = [Sentences([told], "faint")]
    shares = [group.share for group in groups]
    drawn = max(shares) > 0 and all(share >= 0 for share in shares)
    table = replace(
        _untitled(by_group(replace(report, groups=groups))),
        parts=[share / max(shares) for share in shares] if drawn else (),
    )
    yield Part((f"By {report.by}",), [table, *more])


def _confusion(report: Report) -> Iterator[Part]:
    """How often each class was the target, and which one was the likeliest then."""
    if report.confusion is None:
        return
    matrix = report.confusion.matrix()
    names = list(map(visible, report.labels or map(str, range(len(matrix)))))
    lines = [
        (name, *map(str, line.tolist()), percent(line[at] / line.sum(), 2) if line.any() else "")
        for at, (name, line) in enumerate(zip(names, matrix, strict=True))
    ]
    table = Table("", ("target",), (*names, "right"), lines, label="targets and predictions")
    told = "A line for each target, a column for the class that was the likeliest; of equals the first one."
    yield Part(("What was predicted instead",), [table, Sentences([told], "faint")])


def _worst(report: Report) -> Iterator[Part]:
    """The documents and the elements with the largest losses, whose steps can be opened."""
    if report.worst_rows:
        table = _untitled(worst_documents(report))
        yield Part(("Documents with the largest means",), [table, *worst_spans(report)])
    if report.worst:
        steps = () if report.tokens is not None else report.worst
        folded = [Part(*_row(workings, report), kind="folded") for workings in steps]
        yield Part(("Largest losses",), [_untitled(largest(report)), *folded])


def _share(group: Group) -> float:
    return math.inf if math.isnan(group.share) else group.share


def _reproduction(report: Report, command: str) -> Iterator[Block]:
    """The command that gives the number again, how the data was read, and the options in force."""
    options = [(name, option_text(value)) for name, value in report.options.items() if value is not None]
    table = Table("", ("option", "value"), (), [("reduction", report.reduction), *options], label="options")
    read = Lines(list(reading_lines(report.source, report.takes)))
    source = SideBySide(
        [Part(("How the data was read",), [read]), Part(("Options in force",), [table])], even=True
    )
    if not command:
        yield source
        return
    again: list[Block] = [
        Example(command, output="" if report.value is None else exact(report.value)),
        Sentences(["Names of files are relative to the directory in which the page was made."], "faint"),
    ]
    yield Part(("How to get this number again",), [*again, source])
