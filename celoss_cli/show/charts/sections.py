"""The sections of the page; each is nothing where the report does not have what it shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from celoss_cli.core.errors import visible
from celoss_cli.findings import FINDINGS
from celoss_cli.show.breakdown import by_group, largest, quantiles
from celoss_cli.show.charts.charts import histogram_chart, reliability_chart
from celoss_cli.show.charts.markup import NOTHING, Markup, element, joined
from celoss_cli.show.charts.tables import (
    breakdown_table,
    classes_table,
    formulas_table,
    ledger_table,
    lines_table,
    steps_table,
    table,
)
from celoss_cli.show.ledger import ledger
from celoss_cli.show.numerals import (
    exact,
    reduction_line,
    row_name,
    short,
    target_name,
)
from celoss_cli.show.source import option_text, reading_lines
from celoss_cli.show.verdicts import lines_of

if TYPE_CHECKING:
    from celoss_cli.core.data import Workings
    from celoss_cli.evaluate.summaries import Group, Histogram, Reliability
    from celoss_cli.findings.finding import Finding
    from celoss_cli.report.report import Report

__all__ = [
    "breakdown",
    "calibration",
    "checks",
    "computation",
    "found",
    "head",
    "reproduction",
    "shown_rows",
    "spread",
    "worst",
]

_MANY = 20
"""From more groups than this on, those with the largest shares are shown."""


def _section(title: str, *content: Markup) -> Markup:
    return element("section", element("h2", title), *content)


def _paragraph(content: str, kind: str | None = None) -> Markup:
    return element("p", content, class_=kind)


def _folded(summary: str, *content: Markup) -> Markup:
    return element("details", element("summary", summary), *content)


def files_of(report: Report) -> str:
    """The names of the data files."""
    names = ["standard input" if path == "-" else visible(path) for path in report.source.get("files", ())]
    return ", ".join(names)


def head(report: Report) -> Markup:
    """The loss, its number and the counts."""
    value = "no single number" if report.value is None else exact(report.value)
    name = report.title[:1].upper() + report.title[1:]
    number = element("p", element("strong", value), " ", element("span", report.unit), class_="value")
    return element(
        "header",
        element("h1", name),
        _paragraph(f"{report.reduction} over {files_of(report) or 'the rows'}", "of"),
        number,
        element(
            "dl",
            *(joined(element("div", element("dt", one), element("dd", two))) for one, two in _facts(report)),
        ),
    )


def _facts(report: Report) -> list[tuple[str, str]]:
    tally = report.tally
    elements = [("losses", f"{tally.elements:,}")] if tally.elements != tally.rows else []
    facts = [
        ("rows", f"{tally.rows:,}"),
        *elements,
        ("counted", f"{tally.counted:,}"),
        ("ignored", f"{tally.ignored:,}"),
    ]
    if report.classes is not None:
        facts.append(("classes", f"{report.classes:,}"))
    if report.perplexity is not None:
        facts.append(("perplexity", short(report.perplexity)))
    if report.reliability is not None:
        facts.append(("calibration error", short(report.reliability.ece)))
    return facts


def checks(report: Report) -> Markup:
    """The verdicts of the gate."""
    if not report.checks:
        return NOTHING
    lines = [
        element(
            "tr",
            element("td", line.mark, class_="pass" if line.mark == "pass" else "fail"),
            element("td", line.limit),
            element("td", line.reason, class_="words"),
        )
        for line in lines_of(report.checks)
    ]
    heads = element("tr", *(element("th", name, scope="col") for name in ("verdict", "limit", "reason")))
    whole = element("table", element("thead", heads), element("tbody", *lines))
    return _section("Checks", element("div", whole, class_="scroll"))


def found(report: Report) -> Markup:
    """The findings, each with its explanation."""
    if not report.findings:
        return NOTHING
    return _section("Findings", *map(_finding, report.findings))


def _finding(finding: Finding) -> Markup:
    title = element("p", element("strong", f"{finding.severity} {finding.code}"), ": ", finding.message)
    remedy = _paragraph(f"Try: {finding.remedy}") if finding.remedy else NOTHING
    more = _folded("What this means", *map(_paragraph, _explained(finding.code)))
    return element("div", title, remedy, more, class_=f"finding {finding.severity}")


def _explained(code: str) -> list[str]:
    """The explanation of a finding, paragraph by paragraph."""
    return [" ".join(lines.split()) for lines in FINDINGS[code].explanation.split("\n\n")]


def computation(report: Report) -> Markup:
    """The formula, step by step, and the reduction with its numbers."""
    steps = next((one for one in (*report.workings, *report.worst) if not one.row.ignored), None)
    formula = NOTHING if steps is None else _stated("For every row:", formulas_table(steps))
    rows = ledger_table(ledger(report), report) if report.workings else NOTHING
    return _section(
        "How the number comes about",
        element("div", formula, _stated("Then over all rows:", rows), class_="beside"),
        element("p", element("code", reduction_line(report)), class_="line"),
    )


def _stated(sentence: str, content: Markup) -> Markup:
    return element("div", _paragraph(sentence), content)


def spread(report: Report) -> Markup:
    """The histogram of the losses and their quantiles."""
    histogram = report.histogram
    if histogram is None or not histogram.intervals:
        return NOTHING
    mean = report.value if report.reduction == "mean" else None
    return _section(
        "How the losses are spread",
        element("figure", histogram_chart(histogram, mean, report.unit)),
        *map(_paragraph, _beyond(histogram)),
        breakdown_table(quantiles(report)) if report.quantiles else NOTHING,
        _paragraph(f"Each quantile within {100 * report.quantiles[0].bound:.2g}% of itself.", "aside")
        if report.quantiles
        else NOTHING,
        _folded("The counts", _counts(histogram)),
    )


def _beyond(histogram: Histogram) -> list[str]:
    end = short(histogram.intervals[-1].high)
    told = [
        (histogram.above, f"at {end} or above"),
        (histogram.infinite, "infinite"),
        (histogram.nan, "not a number"),
    ]
    parts = [f"{count:,} {words}" for count, words in told if count]
    return [f"Not shown: {', '.join(parts)}."] if parts else []


def _counts(histogram: Histogram) -> Markup:
    lines = [
        (short(interval.low), short(interval.high), f"{interval.count}") for interval in histogram.intervals
    ]
    return table((), ("from", "below", "losses"), lines, caption="losses by size")


def calibration(report: Report) -> Markup:
    """The reliability diagram with its error."""
    found = report.reliability
    if found is None or not found.count:
        return NOTHING
    return _section(
        "Whether the probabilities come true",
        element("figure", reliability_chart(found)),
        element(
            "p",
            "Expected calibration error ",
            element("strong", exact(found.ece)),
            f": the mean distance between the {found.accuracy_is} and the {found.confidence_is}, "
            f"over {len(found.bins)} bins and {found.count:,} predictions.",
        ),
        element(
            "p",
            *(element("span", class_="swatch over"), "probabilities too high"),
            *(element("span", class_="swatch under"), "too low"),
            class_="aside",
        ),
        _paragraph(f"Left out: {found.left_out:,} without a probability.") if found.left_out else NOTHING,
        _folded("The bins", _bins(found)),
    )


def _bins(found: Reliability) -> Markup:
    lines = [
        (
            *(short(end) for end in (part.low, part.high)),
            str(part.count),
            *(short(value) if part.count else "" for value in (part.confidence, part.accuracy, part.gap)),
        )
        for part in found.bins
    ]
    heads = ("above", "up to", "count", "confidence", "came true", "gap")
    return table((), heads, lines, caption="bins of confidence")


def breakdown(report: Report) -> Markup:
    """The loss of each group; of many, those with the largest shares of the total."""
    if not report.groups:
        return NOTHING
    left_out = len(report.groups) - _MANY
    shown = report if left_out <= 0 else replace(report, groups=_largest(report.groups))
    more = _paragraph(
        f"The {_MANY} with the largest shares of the total; {left_out:,} more are not shown.", "aside"
    )
    return _section(f"By {report.by}", _groups_table(shown), more if left_out > 0 else NOTHING)


def _groups_table(report: Report) -> Markup:
    """The table of the groups; a bar shows each share beside the largest one."""
    found = by_group(report)
    shares = [group.share for group in report.groups]
    most = max(shares)
    if not most > 0 or not all(share >= 0 for share in shares):
        return breakdown_table(found)
    bars = [element("span", class_="part", style=f"width: {share / most:.2%}") for share in shares]
    return breakdown_table(found, bars)


def _largest(groups: Sequence[Group]) -> list[Group]:
    def share(group: Group) -> float:
        return math.inf if math.isnan(group.share) else group.share

    return sorted(groups, key=share, reverse=True)[:_MANY]


def worst(report: Report) -> Markup:
    """The rows with the largest losses, with their steps."""
    if not report.worst:
        return NOTHING
    return _section(
        "Largest losses",
        breakdown_table(largest(report)),
        *(_folded(_row_title(workings, report), _steps(workings, report)) for workings in report.worst),
    )


def shown_rows(report: Report) -> Markup:
    """Every step of the chosen rows."""
    if not report.workings:
        return NOTHING
    rows = [
        joined(element("h3", _row_title(workings, report)), _steps(workings, report))
        for workings in report.workings
    ]
    return _section("Step by step", *rows)


def _row_title(workings: Workings, report: Report) -> Markup:
    row = workings.row
    parts = [f"row {row_name(row)}"]
    name = NOTHING if row.id is None else joined(" \u00b7 id ", element("bdi", row.id))
    target = joined(" \u00b7 target ", element("bdi", target_name(row, report.labels)))
    ignored = joined(" \u00b7 ignored: it enters neither the sum nor the divisor") if row.ignored else NOTHING
    return joined(*parts, name, target, ignored)


def _steps(workings: Workings, report: Report) -> Markup:
    by_class = any(step.level == "class" for step in workings.steps)
    by_class_table = classes_table(workings, report) if by_class else NOTHING
    return element("div", by_class_table, steps_table(workings), class_="beside")


def reproduction(report: Report, command: str, output: str) -> Markup:
    """How the data was read, the options in force, and the command that gives the number again."""
    options = [(name, option_text(value)) for name, value in report.options.items() if value is not None]
    said = list(reading_lines(report.source, report.takes))
    return _section(
        "How to get this number again",
        element("pre", element("code", f"$ {command}")),
        element("pre", element("samp", output)) if output else NOTHING,
        _paragraph("Names of files are relative to the directory in which the page was made.", "aside"),
        element("h3", "How the data was read"),
        element("ul", *(element("li", line) for line in said)),
        element("h3", "Options in force"),
        lines_table(("option", "value"), [("reduction", report.reduction), *options], "options"),
    )
