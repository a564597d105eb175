"""The number alone, in the shortest digits that read back as the same double."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from celoss_cli.show.numerals import exact

if TYPE_CHECKING:
    from celoss_cli.report.report import Report
    from celoss_cli.show import Style
    from celoss_cli.studies.compare.comparison import Comparison
    from celoss_cli.studies.weights.class_weights import ClassWeights

__all__ = ["render", "render_class_weights", "render_comparison"]


def render(report: Report, style: Style) -> Iterator[str]:
    """One line, or one line an element where the reduction is "none"."""
    if report.value is not None:
        yield f"{exact(report.value)}\n"
        return
    for row in report.rows:
        yield f"{exact(row.loss)}\n"


def render_comparison(comparison: Comparison, style: Style) -> Iterator[str]:
    """The mean difference B - A."""
    yield f"{exact(comparison.difference)}\n"


def render_class_weights(weights: ClassWeights, style: Style) -> Iterator[str]:
    """The weights between commas, as ``--weight`` takes them."""
    yield ",".join(exact(found.weight) for found in weights.classes) + "\n"
