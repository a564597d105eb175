"""The parts of a page: markup that no text can break, round numbers on axes, bars as high as numbers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from xml.etree import ElementTree

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from celoss_cli.core.errors import visible
from celoss_cli.evaluate.summaries import Bin, Histogram, Interval, Range, Reliability
from celoss_cli.show.blocks import Table
from celoss_cli.show.charts.axes import Axis, ticks
from celoss_cli.show.charts.drawing import on_page
from celoss_cli.show.charts.figures import LossHistogram, ReliabilityDiagram
from celoss_cli.show.charts.vector import svg_of
from celoss_cli.show.html import BLOCKS
from celoss_cli.show.markup import Markup, element, joined, text

# ----------------------------------------------------------------------------------------------- tables


def test_only_a_long_text_is_broken_into_lines() -> None:
    table = Table("", ("class",), ("loss",), [("x" * 41, "1"), ("cat", "2")])
    found = parsed(BLOCKS[Table](table, 2))
    assert [cell.get("class") for cell in found.iter("td")] == ["long", "n", None, "n"]


# ----------------------------------------------------------------------------------------------- markup


def parsed(markup: str) -> ElementTree.Element:
    return ElementTree.fromstring(markup)  # noqa: S314 - our own


@given(st.text(), st.text())
def test_any_text_is_text_within_an_element_and_its_attributes(content: str, value: str) -> None:
    found = parsed(element("p", content, title=value))
    assert "".join(found.itertext()) == visible(content)
    assert found.attrib == {"title": visible(value)}
    assert len(found) == 0


@given(st.text())
def test_markup_is_ascii_and_escaped_once(content: str) -> None:
    once = text(content)
    assert once.isascii()
    assert text(once) == once
    assert joined(once, content) == once + once


def test_attributes_and_content() -> None:
    made = element("rect", class_="bar", aria_label="x", width=1 / 3, height=2.0, y=None)
    assert made == '<rect class="bar" aria-label="x" width="0.33" height="2"/>'
    assert element("p", Markup("<b>a</b>"), "<b>") == "<p><b>a</b>&lt;b&gt;</p>"


# ------------------------------------------------------------------------------------------------- axes


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(2, 8))
def test_ticks_are_round_numbers_within_the_ends(low: float, length: float, most: int) -> None:
    high = low + length
    assume(length > abs(low) * 1e-9)
    found = ticks(low, high, most)
    assert len(found) <= most + 1
    assert found == sorted(set(found))
    assert all(low - length * 1e-6 <= tick <= high + length * 1e-6 for tick in found)
    assert {f"{two - one:.1e}"[:3] for one, two in itertools.pairwise(found)} <= {"1.0", "2.0", "5.0"}


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 0.25, [0, 0.05, 0.1, 0.15, 0.2, 0.25]),
        (2, 11, [2, 4, 6, 8, 10]),
        (0, 3, [0, 1, 2, 3]),
        (-1, 1, [-1, -0.5, 0, 0.5, 1]),
        (0, 4e-7, [0, 1e-7, 2e-7, 3e-7, 4e-7]),
    ],
)
def test_some_ticks(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected, rel=1e-12)


@given(st.floats(-100, 100), st.floats(0.1, 100), st.floats(0, 1))
def test_an_axis_is_linear_from_end_to_end(low: float, length: float, part: float) -> None:
    axis = Axis(low, low + length, 300.0, 20.0)
    assert (axis.at(low), axis.at(low + length)) == (300.0, pytest.approx(20.0))
    assert axis.at(low + part * length) == pytest.approx(300 - 280 * part, abs=1e-6)


# ----------------------------------------------------------------------------------------------- charts


def histogram_chart(found: Histogram, mean: float | None, unit: str) -> str:
    return svg_of(on_page(LossHistogram("f", "", unit, [], found, mean)))


def reliability_chart(found: Reliability) -> str:
    return svg_of(on_page(ReliabilityDiagram("f", "", "nats", [], found)))


def bars(chart: ElementTree.Element, kind: str) -> list[tuple[float, float, float, float]]:
    """x, y, width and height of the rectangles of a kind."""
    names = ("x", "y", "width", "height")
    return [
        tuple(float(found.attrib[name]) for name in names)  # type: ignore[misc]
        for found in chart.iter("rect")
        if found.get("class") == kind
    ]


def histogram(counts: Sequence[int], width: float = 0.5) -> Histogram:
    ends = [index * width for index in range(len(counts) + 1)]
    return Histogram([Interval(*pair, count) for *pair, count in zip(ends, ends[1:], counts, strict=False)])


def test_the_bars_of_a_histogram_are_as_high_as_their_counts() -> None:
    chart = parsed(histogram_chart(histogram([40, 10, 0, 20]), 0.7, "nats"))
    found = bars(chart, "bar")
    assert [height for *_, height in found] == pytest.approx(
        [found[0][3], found[0][3] / 4, found[0][3] / 2], abs=0.02
    )
    assert len({round(y + height, 1) for _, y, _, height in found}) == 1
    titles = [title.text for title in chart.iter("title")]
    assert titles == [
        "Histogram of the losses from 0 to 2 nats",
        "0 to 0.5: 40",
        "0.5 to 1: 10",
        "1.5 to 2: 20",
    ]
    assert "mean 0.7" in [label.text for label in chart.iter("text")]


def test_one_loss_beside_a_million_can_be_seen() -> None:
    found = bars(parsed(histogram_chart(histogram([1_000_000, 1]), None, "bits")), "bar")
    assert found[1][3] == 1.0


@pytest.mark.parametrize("mean", [None, -0.1, 2.1, math.inf, math.nan])
def test_a_mean_outside_of_the_histogram_is_not_marked(mean: float | None) -> None:
    chart = parsed(histogram_chart(histogram([4, 1, 0, 2]), mean, "nats"))
    assert not [line for line in chart.iter("polyline") if line.get("class") == "mark"]


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=32).filter(any), st.integers(-40, 60))
def test_any_histogram_stays_within_its_picture(counts: list[int], power: int) -> None:
    chart = parsed(histogram_chart(histogram(counts, 2.0**power), None, "nats"))
    _, _, width, height = map(float, chart.attrib["viewBox"].split())
    for x, y, wide, high in bars(chart, "bar"):
        assert x >= 0
        assert y >= 0
        assert x + wide <= width
        assert y + high <= height
    for anchor in ("middle", "end"):
        labels = [label.text or "" for label in chart.iter("text") if label.get("text-anchor") == anchor]
        assert len(set(labels)) == len(labels)
        assert max(map(len, labels[: -1 if anchor == "middle" else None])) <= 11
    assert max(map(len, labels)) <= 6


def reliability(parts: Sequence[tuple[int, float, float]]) -> Reliability:
    size = len(parts)
    bins = [Bin(at / size, (at + 1) / size, *part) for at, part in enumerate(parts)]
    return Reliability(
        bins, 0.1, sum(part[0] for part in parts), 0, "confidence", "accuracy", Range(0.95, 0.05, 0.2, 0.02)
    )


def test_a_gap_lies_between_accuracy_and_confidence() -> None:
    parts = [(0, math.nan, math.nan), (10, 0.4, 0.2), (20, 0.7, 0.9), (5, 0.9, 0.0)]
    chart = parsed(reliability_chart(reliability(parts)))
    full = bars(chart, "bar")
    assert len(full) == 3
    over, (under,) = bars(chart, "over"), bars(chart, "under")
    unit = full[0][3] / 0.2
    assert full[1][3] == pytest.approx(0.7 * unit, abs=0.05)
    assert under[3] == pytest.approx(0.2 * unit, abs=0.05)
    assert under[1] == pytest.approx(full[1][1] - under[3], abs=0.05)
    assert [high for *_, high in over] == pytest.approx([0.2 * unit, 0.9 * unit], abs=0.05)
    assert full[2][3] == 0
    assert [round(high) for *_, high in bars(chart, "count")] == [20, 40, 10]
