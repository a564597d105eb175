"""The tables beside the steps: groups, quantiles, largest losses, and the tokens of documents."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import quoted, visible
from celoss_cli.show.blocks import Block, Part, Shaded, Table
from celoss_cli.show.numerals import percent, row_name, short, target_name

if TYPE_CHECKING:
    from celoss_cli.core.data import Tally
    from celoss_cli.evaluate.workings import Workings
    from celoss_cli.report.report import Report
    from celoss_cli.report.tokens import Divided, Tokens

__all__ = [
    "breakdowns",
    "by_divisor",
    "by_group",
    "by_norm",
    "documents",
    "largest",
    "quantiles",
    "worst_documents",
    "worst_spans",
]


def breakdowns(report: Report) -> Iterator[Table]:
    """The tables that were asked for."""
    if report.groups:
        yield by_group(report)
    if report.quantiles:
        yield quantiles(report)
    if report.worst_rows:
        yield worst_documents(report)
    if report.worst:
        yield largest(report)


def by_group(report: Report) -> Table:
    """One line a group."""
    lines = [
        (
            visible(group.name),
            str(group.tally.counted),
            short(float(group.tally.weight)),
            short(float(group.tally.loss)),
            short(group.loss),
            percent(group.share, 2),
        )
        for group in report.groups
    ]
    by = visible(report.by or "")
    return Table(f"by {by}", (by,), ("counted", "weight", "total", "mean", "share"), lines)


def quantiles(report: Report) -> Table:
    """One line a fraction; there is at least one."""
    bound = f"each within {100 * report.quantiles[0].bound:.2g}% of itself"
    if report.quantiles_left_out:
        bound += f", {report.quantiles_left_out} NaN left out"
    values = [(short(quantile.fraction), short(quantile.value)) for quantile in report.quantiles]
    return Table(f"quantiles of the losses, {bound}", ("fraction",), ("loss",), values)


def largest(report: Report) -> Table:
    """One line an element, the largest loss first."""
    rows = [
        (
            row_name(workings.row),
            visible(workings.row.id or ""),
            target_name(workings.row, report.labels),
            "" if workings.probability is None else short(workings.probability),
            short(workings.row.loss),
        )
        for workings in report.worst
    ]
    return Table("largest losses", ("row", "id", "target"), ("p[target]", "loss"), rows)


_EXCERPT = 60


def documents(report: Report, *, bars: bool = False) -> Iterator[Block]:
    """The tokens of each document that is shown: p, -log p, and the sum as it grows.

    Args:
        report: of scored tokens.
        bars: whether each token has a bar for its loss.

    """
    of_row: dict[int, list[Workings]] = {}
    for workings in report.workings:
        of_row.setdefault(workings.row.row, []).append(workings)
    for row, tokens in of_row.items():
        id = tokens[0].row.id
        named = () if id is None else (f"document {visible(id)}",)
        yield Part((f"row {row}", *named), [_tokens(tokens, report.of_rows[row], bars=bars)])


def _tokens(tokens: Sequence[Workings], whole: Tally, *, bars: bool) -> Table:
    """One line a token, what the rest adds up to, and the sums of the document."""
    terms = [step.name for step in tokens[0].steps if step.level in ("term", "gradient")]
    others = (name for name in terms if name not in ("loss", "share") and not name.startswith("in "))
    names = [*others, "-log p", "running sum", "share"]
    running, lines = 0.0, []
    for one in tokens:
        row = one.row
        running += row.loss
        steps = {step.name: short(step.value) for step in one.steps}
        steps |= {"-log p": short(row.loss), "running sum": short(running), "share": short(row.weight)}
        cells = ("" if row.ignored else steps[name] for name in names)
        lines.append((str(row.index[-1]), target_name(row, None), *cells))
    kinds = ["faint" if one.row.ignored else "" for one in tokens]
    if whole.elements > len(tokens):
        lines.append((f"{whole.elements - len(tokens)} more", *[""] * (len(names) + 1)))
        kinds.append("faint")
    sums = {"running sum": short(float(whole.loss)), "share": short(float(whole.weight))}
    lines.append(("sum", "", *(sums.get(name, "") for name in names)))
    kinds.append("total")
    least = ("-log p", "running sum")
    parts: Sequence[float] = ()
    losses = [0.0 if one.row.ignored else one.row.loss for one in tokens]
    if bars and losses and 0 < max(losses) < math.inf and min(losses) >= 0:
        parts = [*(loss / max(losses) for loss in losses), *[0.0] * (len(lines) - len(losses))]
    heads = ("position", "token")
    return Table("", heads, names, lines, kinds=kinds, least=least, parts=parts, label="tokens")


def worst_documents(report: Report) -> Table:
    """One line a document, the largest mean first, with how its text begins."""
    lines = [
        (
            str(row.row),
            visible(row.id or ""),
            quoted(row.text[:_EXCERPT]) if row.text else "",
            *map(short, (row.counted, row.weight, row.loss, row.mean)),
        )
        for row in report.worst_rows
    ]
    heads = ("counted", "weight", "total", "mean")
    return Table("documents with the largest means", ("row", "id", "text"), heads, lines)


def worst_spans(report: Report) -> Iterator[Part]:
    """The texts of these documents where their total is largest, each token as dark as its loss is large."""
    losses = [loss for row in report.worst_rows for _, loss in row.span if 0 < loss < math.inf]
    largest = max(losses, default=1.0)
    for row in report.worst_rows:
        if not row.span:
            continue
        parts = [(text, _told(loss), _darkness(loss / largest)) for text, loss in row.span]
        name = "" if row.id is None else f"document {visible(row.id)}"
        last = row.first + len(row.span) - 1
        what = f"tokens {row.first} to {last} of {row.size}" if row.size > len(row.span) else ""
        title = tuple(filter(None, (f"row {row.row}", name, what)))
        yield Part(title, [Shaded(parts, "the text, each token as dark as its loss is large")], kind="minor")


def _told(loss: float) -> str:
    return "not counted" if math.isnan(loss) else short(loss)


def _darkness(part: float) -> float:
    return 0.0 if math.isnan(part) else min(1.0, max(0.0, part))


def by_divisor(found: Tokens, unit: str) -> Table:
    """One line a divisor: how many, the loss, in bits, the perplexity."""

    def values(part: Divided) -> list[float | None]:
        return [part.loss, *([] if unit == "bits" else [part.bits]), part.perplexity]

    lines = [
        (
            f"per {part.per}",
            "not known" if part.count is None else str(part.count),
            *("" if value is None else short(value) for value in values(part)),
        )
        for part in found.parts
    ]
    kinds = ["picked" if part.per == found.per else "" for part in found.parts]
    heads = ("counted", *([unit] if unit == "bits" else [unit, "bits"]), "perplexity")
    return Table("the total by each divisor", ("",), heads, lines, kinds=kinds, label="divisors")


_HEADS = ("loss", "accuracy", "brier", "own_accuracy")


def by_norm(found: Mapping[str, Any]) -> Table:
    """One line a normalisation; the harness's own accuracy where the file has it.

    Args:
        found: as the reader of choices describes them; losses are in nats.

    """
    norms = found["by_norm"]
    lines = [
        (f"--choice-norm {norm}", *("" if one[head] is None else short(one[head]) for head in _HEADS))
        for norm, one in norms.items()
    ]
    kinds = ["picked" if norm == found["norm"] else "" for norm in norms]
    heads = ("nats", "accuracy", "Brier score", "the harness's")
    return Table(
        "the choices by each normalisation", ("",), heads, lines, kinds=kinds, label="normalisations"
    )
