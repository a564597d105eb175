"""The table as a document and as a picture: well formed, free of addresses, with the numbers of the table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from cases import each
from profiles import some
from rich.cells import cell_len

from celoss_cli.cli.main import run
from celoss_cli.core.errors import visible
from celoss_cli.findings.facts import Finding
from celoss_cli.report.report import Report
from celoss_cli.show import FORMATS, Style
from celoss_cli.studies.checks import Outcome, document_of
from tests.show.test_formats import HOSTILE, hostile, rendered, report

SVG = "{http://www.w3.org/2000/svg}"
CELL = 12.0
"""Width of a character of the picture."""

both = pytest.mark.parametrize("format", ["html", "svg"])


def parsed(document: str) -> ElementTree.Element:
    return ElementTree.fromstring(document.removeprefix("<!DOCTYPE html>"))  # noqa: S314 - our own document


def shown(format: str, document: str) -> str:
    """The text that a reader sees, line by line."""
    root = parsed(document)
    if format == "html":
        (body,) = root.iter("body")
        return "".join(body.itertext())
    lines: dict[float, str] = {}
    for text in root.iter(f"{SVG}text"):
        line, content = lines.get(float(text.attrib["y"]), ""), text.text or ""
        assert " " not in content, "browsers collapse spaces, and stretch what is left to the width"
        content = content.replace("\xa0", " ")
        start = round(float(text.attrib["x"]) / CELL)
        assert start >= cell_len(line), "a text covers the one before it"
        lines[float(text.attrib["y"])] = f"{line}{' ' * (start - cell_len(line))}{content}"
    return "\n".join(lines[y] for y in sorted(lines))


def words(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.strip()]


def attributes(root: ElementTree.Element) -> Iterator[str]:
    for element in root.iter():
        yield from element.attrib.values()


every_loss = pytest.mark.parametrize("loss", ["ce", "bce", "bce-logits"])


def of_loss(loss: str) -> Report:
    targets = [0, -100, 1] if loss == "ce" else [[1.0, 0.0]] * 3
    return report(target=targets, loss=loss, ids=["a", "b", "c"])


@every_loss
def test_a_picture_shows_exactly_the_text_of_the_table(loss: str) -> None:
    table = rendered("table", of_loss(loss), Style(width=120))
    assert words(shown("svg", rendered("svg", of_loss(loss)))) == words(table)


@every_loss
def test_a_page_shows_every_number_name_and_step_of_the_table(loss: str) -> None:
    root = parsed(rendered("html", of_loss(loss)))
    page = " ".join(" ".join(text.split()) for text in root.find("body").itertext())  # type: ignore[union-attr]
    table = rendered("table", of_loss(loss)).partition("\n\n")[2]
    told = set(re.findall(r"[A-Za-z0-9][A-Za-z0-9.+-]*", table.replace("<- target", "")))
    assert told <= set(re.findall(r"[A-Za-z0-9][A-Za-z0-9.+-]*", page))


def test_numbers_of_a_page_have_their_points_in_line() -> None:
    root = parsed(rendered("html", report(np.random.default_rng(1).normal(size=(3, 20)) * 50, [3, 4, 5])))
    for body in root.iter("tbody"):
        cells = [[cell.text or "" for cell in row if cell.get("class") == "n"] for row in body]
        for column in zip(*cells, strict=True):
            assert len(set(map(len, column))) == 1
            points = {cell.index(".") for cell in column if "." in cell}
            assert len(points) <= 1


def test_the_columns_of_a_picture_stand_where_those_of_the_table_do() -> None:
    format = "svg"
    found = report(
        np.random.default_rng(1).normal(size=(3, 20)), [3, 4, 5], labels=[f"c{i}" for i in range(20)]
    )
    table = rendered("table", found, Style(width=120)).splitlines()
    lines = [line.rstrip() for line in shown(format, rendered(format, found)).splitlines()]
    assert [line for line in lines if line] == [line for line in table if line]


@each("format", ["html", "svg"])
@each("name", some(HOSTILE, 6))
def test_a_hostile_name_is_text_and_no_markup(format: str, name: str) -> None:
    document = rendered(format, hostile(name, "mean"))
    assert visible(name) in shown(format, document).replace("\n", "")
    root = parsed(document)
    plain = parsed(rendered(format, hostile("a", "mean")))
    assert {element.tag for element in root.iter()} == {element.tag for element in plain.iter()}
    assert not [value for value in attributes(root) if "evil" in value or "script" in value]


@both
def test_a_document_asks_nobody_for_anything(format: str) -> None:
    document = rendered(format, report())
    assert re.findall(r"[a-z]+://[^\"<\s]*", document) == (
        ["http://www.w3.org/2000/svg"] if format == "svg" else []
    )
    assert not re.search(
        r"<script|<link|<img|href|src=|@import|@font-face|url\(|//",
        document.replace("http://www.w3.org/2000/svg", ""),
    )


@both
def test_a_document_has_the_same_bytes_wherever_and_whenever_it_is_written(format: str) -> None:
    found = report(labels=["男性", "b"])
    one = rendered(format, found, Style())
    for style in (Style(width=40, color=True), Style(unicode=False)):
        assert rendered(format, found, style) == one
    assert one.isascii()


def test_wide_characters_take_two_columns_of_a_picture() -> None:
    root = parsed(rendered("svg", report(labels=["男性", "b"], ids=["x", "y", "z"])))
    for text in root.iter(f"{SVG}text"):
        assert float(text.attrib["textLength"]) == CELL * cell_len(text.text or "")


@both
def test_faint_text_has_contrast(format: str) -> None:
    document = rendered(format, report())
    light = document.partition("@media")[0]
    names = r"(?:<(?:g|text) [^>]*fill=.|--ink: |--muted: |--good: |--bad: |--warn: )(#[0-9a-f]{6})"
    colors = set(re.findall(names, light))
    assert colors
    for color in colors:
        assert contrast(color) >= 5, color


def contrast(color: str) -> float:
    """With white: (L1 + 0.05) / (L2 + 0.05), W3C, Web Content Accessibility Guidelines 2.1."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


@both
def test_findings_are_in_the_document(format: str) -> None:
    found = report()
    found = Report(**{**fields(found), "findings": [Finding("CEL301", "note", "1 <logarithm> hit", 1)]})
    assert "note CEL301: 1 <logarithm> hit" in shown(format, rendered(format, found))


def fields(found: Report) -> dict[str, Any]:
    return {name: getattr(found, name) for name in Report.__slots__}


@both
def test_a_run_of_checks_a_comparison_and_a_diagnosis_are_documents_too(
    format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    outcomes = [Outcome("<b>", None, "x.csv:1: no", 3)]
    ran = "".join(FORMATS[format].render(document_of(outcomes), Style()))
    assert "<b>" in shown(format, ran)
    assert "1 check: 0 passed, 1 in error" in shown(format, ran)
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("id,a,b,target\n1,0.9,0.1,a\n2,0.5,0.6,b\n")
    Path("b.csv").write_text("id,a,b,target\n1,0.8,0.1,a\n2,0.5,0.2,b\n")
    assert run(["compare", "a.csv", "b.csv", "--loss", "ce", "--format", format]) == 0
    document = capfd.readouterr().out
    assert run(["compare", "a.csv", "b.csv", "--loss", "ce"]) == 0
    number = re.search(r"B - A = \S+", capfd.readouterr().out)
    assert number
    text = shown(format, document)
    assert number[0] in text
    assert (text.index(number[0]) < text.index("mean of A")) == (format == "html"), "a page begins with it"
    assert run(["diagnose", "a.csv", "--loss", "ce", "--format", format]) == 0
    document = capfd.readouterr().out
    assert "diagnosis of cross entropy" in shown(format, document)
