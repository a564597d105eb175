"""What a report says in one line."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from celoss_cli.core.errors import plural
from celoss_cli.show import numerals
from celoss_cli.show.intervals import Named
from celoss_cli.show.numerals import exact, measured, percent, short

if TYPE_CHECKING:
    from celoss_cli.report.report import Report

__all__ = ["extents", "interval_of", "parts_lines", "reduction_line", "scores_line"]

_PERPLEXITIES = {"byte": "byte perplexity", "word": "word perplexity"}
"""What exp of the mean by other divisors is called."""


def extents(report: Report) -> str:
    """The text "3 rows x 2 classes", with the extents between for K-dimensional input."""
    tally = report.tally
    if report.tokens is not None:
        return _of_documents(report)
    several = tally.rows and tally.elements != tally.rows
    each = f" x {tally.elements // tally.rows} elements a row" if several else ""
    return numerals.extents(tally.rows, report.classes) + each


def _of_documents(report: Report) -> str:
    """The text "2 documents, 7 tokens", and how many of them count; of sums nobody knows the tokens."""
    tally, found = report.tally, report.tokens
    documents = plural(tally.rows, "document")
    if found is None or found.of("token").count is None:
        return documents
    left_out = f", {tally.counted} counted" if tally.ignored else ""
    return f"{documents}, {plural(tally.elements, 'token')}{left_out}"


def reduction_line(report: Report) -> str:
    """The reduction with its numbers and the meaning of its denominator."""
    total = float(report.tally.loss)
    if report.value is None:
        summed = measured(exact(total), report.unit)
        return f"no reduction: {report.tally.elements} losses that sum to {summed}; --format csv lists each"
    if report.denominator is None:
        return f"sum = {measured(exact(report.value), report.unit)}"
    meaning = f" ({report.denominator_is})" if report.denominator_is else ""
    called = "perplexity" if report.tokens is None else _PERPLEXITIES.get(report.tokens.per, "perplexity")
    perplexity = "" if report.perplexity is None else f", {called} {short(report.perplexity)}"
    if report.tokens is not None and report.tokens.error is not None:
        perplexity += f", within {short(report.tokens.error)} of that of the logits (quantised)"
    empty = "" if report.tally.counted or report.value else ", the answer that --on-empty zero asks for"
    return (
        f"{report.reduction} = {short(total)} / {short(report.denominator)}{meaning}"
        f" = {measured(exact(report.value), report.unit)}{perplexity}{empty}"
    )


def scores_line(report: Report) -> str:
    """How often the predictions are right, and what is gained over the frequencies alone."""
    found = report.scores
    if found is None:
        return ""
    top = "" if found.top is None else f", top {found.top[0]} {percent(found.top[1], 2)}"
    told = f"accuracy {percent(found.accuracy, 2)}{top}"
    if math.isnan(found.prior_loss):
        return told
    whose = "the frequency of each label" if found.by_column else "the class frequencies"
    prior = f"{measured(short(found.prior_loss), report.unit)} by {whose} alone"
    skill = "no skill to tell" if math.isnan(found.skill) else f"skill {short(found.skill)}"
    return f"{told}, {skill} ({prior})"


def parts_lines(report: Report) -> list[str]:
    """The parts of a mean Brier score with their bins, where there are any."""
    parts = None if report.scores is None else report.scores.parts
    if parts is None or report.reduction != "mean":
        return []
    within = f"{'-' if parts.within < 0 else '+'} {short(abs(parts.within))} within bins"
    return [
        f"reliability {short(parts.reliability)} - resolution {short(parts.resolution)} + uncertainty "
        f"{short(parts.uncertainty)} {within}, {parts.bins} bins of equal width"
    ]


def interval_of(report: Report) -> Named | None:
    """The interval of the mean with its words, where it was asked for."""
    if report.estimate is None:
        return None
    return Named(
        report.estimate,
        mean="mean loss",
        values="losses",
        beyond="other kinds of data or another training run",
        gate="--gate-on interval",
        group_column=report.group_column,
    )
