"""The page of a report: one file with nothing outside of it, and nothing in it that runs."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING

from celoss_cli.show.charts import sections
from celoss_cli.show.charts.markup import Markup, element, joined
from celoss_cli.show.numerals import exact, short

if TYPE_CHECKING:
    from celoss_cli.report.report import Report

__all__ = ["page"]


_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""No browser loads or runs anything for this page, whatever its text."""


def page(report: Report, command: str, version: str) -> Iterator[str]:
    """The whole page, piece by piece; the same bytes for the same report.

    Args:
        report: with whatever it has; a section without numbers is left out.
        command: prints the value again.
        version: of celoss.

    """
    yield f'<!DOCTYPE html>\n<html lang="en">\n{_head(report)}\n<body>\n<main>\n'
    for section in (
        sections.head(report),
        sections.checks(report),
        sections.found(report),
        sections.computation(report),
        element("div", sections.spread(report), sections.calibration(report), class_="pair"),
        sections.breakdown(report),
        sections.worst(report),
        sections.shown_rows(report),
        sections.reproduction(report, command, "" if report.value is None else exact(report.value)),
    ):
        yield f"{section}\n"
    yield f"{element('footer', f'celoss {version}')}\n</main>\n</body>\n</html>\n"


def _head(report: Report) -> Markup:
    style = files("celoss_cli.show.charts").joinpath("page.css").read_text(encoding="ascii")
    value = "" if report.value is None else f" {short(report.value)}"
    named = sections.files_of(report)
    return element(
        "head",
        element("meta", charset="UTF-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{report.title}{value}{' - ' if named else ''}{named}"),
        joined(Markup(f"<style>\n{style}</style>")),
    )
