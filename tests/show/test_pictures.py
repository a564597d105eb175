"""Curves from the losses' own code, the canvas, and the two renderers on hand-built pictures."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from cases import each
from hypothesis import given
from hypothesis import strategies as st
from profiles import examples
from rich.cells import cell_len

from celoss_cli.core.bounds import Bounds
from celoss_cli.core.data import Batch, Tally
from celoss_cli.core.errors import UsageError, visible
from celoss_cli.evaluate.summaries import Bin, Group, Histogram, Interval, Range, Reliability
from celoss_cli.losses import LOSSES, LossSpec
from celoss_cli.losses.binary_cross_entropy_with_logits import BinaryCrossEntropyWithLogits
from celoss_cli.losses.cross_entropy import CrossEntropy
from celoss_cli.show import FORMATS, Style
from celoss_cli.show.charts.canvas import Canvas
from celoss_cli.show.charts.curves import Marker, curve
from celoss_cli.show.charts.document import document_of
from celoss_cli.show.charts.drawing import alone, on_page
from celoss_cli.show.charts.figures import (
    ClassLosses,
    Curve,
    Line,
    LossHistogram,
    Marks,
    Picture,
    ReliabilityDiagram,
)
from celoss_cli.show.charts.raster import png_of
from celoss_cli.show.charts.scene import Label, Rect, Scene, Stroke
from celoss_cli.show.charts.terminal import render
from celoss_cli.show.charts.vector import svg_file

every_loss = pytest.mark.parametrize("spec", LOSSES.values(), ids=list(LOSSES))

EXPECTED = {
    "ce": {"loss": lambda p: -math.log(p)},
    "nll": {"loss": lambda p: -math.log(p)},
    "bce": {"target 1": lambda p: -math.log(p), "target 0": lambda p: -math.log(1 - p)},
    "bce-logits": {
        "target 1": lambda z: math.log(1 + math.exp(-z)),
        "target 0": lambda z: math.log(1 + math.exp(z)),
    },
    "soft-margin": {
        "target +1": lambda s: math.log(1 + math.exp(-s)),
        "target -1": lambda s: math.log(1 + math.exp(s)),
    },
    "kl": {
        "target 1": lambda q: -math.log(q),
        "target 0.5": lambda q: 0.5 * (math.log(0.5) - math.log(q)),
    },
    "js": {"loss": lambda p: ((2 - p) * math.log(2) - math.log(1 + p) + p * math.log(2 * p / (1 + p))) / 2},
    "focal": {"loss": lambda p: -((1 - p) ** 2) * math.log(p)},
    "focal-binary": {
        "target 1": lambda z: 0.25 * (1 + math.exp(z)) ** -2 * math.log(1 + math.exp(-z)),
        "target 0": lambda z: 0.75 * (1 + math.exp(-z)) ** -2 * math.log(1 + math.exp(z)),
    },
    "brier": {"loss": lambda p: (1 - p) ** 2 * 3 / 2},  # the rest is spread over two classes
    "brier-binary": {"target 1": lambda p: (1 - p) ** 2, "target 0": lambda p: p * p},
}
"""The curves as their definitions have them."""


def bare(spec: LossSpec, **options: object) -> Curve:
    return curve(spec.loss(**options), spec.title, spec.name, 3, [], [])


# ---------------------------------------------------------------------------------------------- curves


@every_loss
def test_a_curve_is_the_definition_of_the_loss(spec: LossSpec) -> None:
    found = bare(spec)
    assert [line.name for line in found.lines] == list(EXPECTED[spec.command])
    for line in found.lines:
        inside = [
            (x, y) for x, y in zip(line.x, line.y, strict=True) if 1e-3 < x < 1 - 1e-3 or x < -1 or x > 1
        ]
        assert len(inside) > 150
        for x, y in inside:
            assert y == pytest.approx(EXPECTED[spec.command][line.name](x), rel=1e-9)


@every_loss
def test_what_is_predicted_is_what_was_put_in(spec: LossSpec) -> None:
    loss = spec.loss()
    values = np.array([0.05, 0.5, 0.95])
    for target in loss.drawn_targets.values():
        assert loss.predicted(loss.predicting(values, target, 5)) == pytest.approx(values, rel=1e-14)


@every_loss
def test_the_base_of_the_logarithm_scales_a_curve(spec: LossSpec) -> None:
    if not spec.loss.is_information:
        assert bare(spec).unit == ""
        return
    nats, bits = bare(spec), bare(spec, base="2")
    assert bits.unit == "bits"
    for one, two in zip(nats.lines, bits.lines, strict=True):
        finite = np.isfinite(one.y)
        assert np.array(two.y)[finite] * math.log(2) == pytest.approx(np.array(one.y)[finite], rel=1e-12)


def test_options_that_change_the_shape_change_the_curve_and_weights_do_not() -> None:
    heavy = bare(LOSSES["bce-logits"], pos_weight=np.array([3.0]), weight=np.array([2.0]))
    plain = bare(LOSSES["bce-logits"])
    assert heavy.lines[0].y == pytest.approx([3 * y for y in plain.lines[0].y])
    assert heavy.lines[1].y == pytest.approx(plain.lines[1].y)
    smooth = bare(LOSSES["ce"], label_smoothing=0.3)
    at = smooth.lines[0].x.index(0.5)
    # The rest of 0.5 is 0.25 for each of the two other classes.
    assert smooth.lines[0].y[at] == pytest.approx(-(0.8 * math.log(0.5) + 0.2 * math.log(0.25)))
    assert bare(LOSSES["ce"], ignore_index=0).lines == bare(LOSSES["ce"]).lines
    huge = bare(LOSSES["bce-logits"], pos_weight=np.array(1e308))
    assert text(huge, width=80).count("●") == 0
    assert svg(huge)
    with pytest.raises(UsageError, match="Expected one positive weight for a curve, got 2"):
        bare(LOSSES["bce-logits"], pos_weight=np.array([1.0, 2.0]))


def marked(loss: object, x: object, y: object, most: int = 100, **parts: object) -> list[Marks]:
    marker = Marker(loss, most)  # type: ignore[arg-type]
    for piece in Batch(np.asarray(x, float), np.asarray(y), **parts).split(64):  # type: ignore[arg-type]
        canonical = loss.canonical(piece)  # type: ignore[attr-defined]
        marker(canonical, loss.terms(canonical))  # type: ignore[attr-defined]
    return marker.marks()


@examples(30)
@given(seed=st.integers(0, 1000), most=st.integers(0, 30))
def test_the_first_counted_rows_lie_on_the_curve_whatever_their_weights(seed: int, most: int) -> None:
    random = np.random.default_rng(seed)
    x, y = random.normal(0, 2, (25, 3)), random.integers(0, 3, 25)
    loss = CrossEntropy(weight=np.array([1.0, 5, 0.1]), ignore_index=1)
    aligned = {"sample weight": random.random(25)}
    found = marked(loss, x, y, most, aligned=aligned)
    rows = np.flatnonzero(y != 1)[:most]
    assert [row for marks in found for row in marks.rows] == rows.tolist()
    for marks in found:
        assert marks.y == pytest.approx(-np.log(marks.x), abs=1e-12)


def test_rows_go_by_their_target() -> None:
    found = marked(BinaryCrossEntropyWithLogits(), [1, 2, 3, 4], [0, 1, 0.5, 1])
    assert [(marks.name, list(marks.rows)) for marks in found] == [
        ("target 1", [1, 3]),
        ("target 0", [0]),
        ("other targets", [2]),
    ]


def test_all_marks_are_in_the_picture_and_those_that_cannot_be_are_told() -> None:
    loss = BinaryCrossEntropyWithLogits()
    found = curve(loss, "t", "l", 0, marked(loss, [-9.5, np.inf, 30], [1, 1, 0]), [])
    assert (found.across, found.up.high) == (Bounds(-10, 30), pytest.approx(30))
    assert found.notes == ["1 of the data have no place in the picture: out of range, or not finite."]


def test_a_score_that_is_too_far_away_leaves_the_others_their_picture() -> None:
    loss = BinaryCrossEntropyWithLogits()
    found = curve(loss, "t", "l", 0, marked(loss, [1e308, -1e308, 2.0], [0, 1, 1]), [])
    assert (found.across, len(found.notes)) == (Bounds(-6, 6), 1)
    assert found.up.high == pytest.approx(math.log1p(math.exp(6)))
    assert text(found, width=80).count("●") == 2  # one in the picture, one in the legend
    assert svg(found)


def test_probabilities_of_classes_have_no_curve() -> None:
    with pytest.raises(UsageError, match="Expected targets that are classes for a curve"):
        marked(CrossEntropy(), [[1, 2]], [[0.5, 0.5]])


# ---------------------------------------------------------------------------------------------- canvas


def drawing(canvas: Canvas) -> list[str]:
    return ["".join(char for char, _ in line) for line in canvas.lines()]


def test_a_diagonal_goes_from_corner_to_corner() -> None:
    canvas = Canvas(4, 2, unicode=True)
    canvas.line(0, [(0, 0), (1, 1)])
    assert drawing(canvas) == ["  ⡠⠊", "⡠⠊  "]
    plain = Canvas(3, 3, unicode=False)
    plain.line(0, [(0, 1), (1, 0)])
    plain.mark(0.5, 0.5, "o")
    assert drawing(plain) == ["*  ", " o ", "  *"]


def test_what_lies_outside_is_not_drawn() -> None:
    canvas = Canvas(2, 1, unicode=False)
    canvas.line(0, [(-5, -5), (-2, -2)])
    canvas.mark(2, 0.5, "o")
    assert drawing(canvas) == ["  "]


# ------------------------------------------------------------------------------------------- renderers


def group(name: str, loss: float) -> Group:
    return Group(name, Tally(rows=3, elements=3), loss, 0.25)


def reliable(*bins: Bin) -> Reliability:
    return Reliability(bins, 0.125, 8, 1, "confidence", "accuracy", Range(0.95, 0.05, 0.2, 0.02))


PICTURES: Sequence[Picture] = (
    Curve(
        "f",
        "a title that is longer than thirty columns",
        "nats",
        ["A note."],
        "p",
        [Line("one", [0, 0.5, 1], [math.inf, 1, 0]), Line("two", [0, 1], [0, 1])],
        [Marks("one", [0], [0.5], [1.0])],
        Bounds(0, 1),
        Bounds(0, 2),
    ),
    LossHistogram("f", "t", "nats", [], Histogram([Interval(0, 0.5, 3), Interval(0.5, 1, 0)], 2, 1, 1)),
    LossHistogram("f", "t", "nats", [], Histogram([], 0, 1, 0)),
    ClassLosses("f", "t", "nats", [], [group("=a\x1b", 1.0), group("b", math.inf), group("c", -1)], 0.5),
    ClassLosses("f", "t", "nats", [], [group(str(i), float(i)) for i in range(60)], 0.5),
    ClassLosses("f", "t", "nats", [], [group("\u732b" * 40, 1.0), group("\u72ac", 2.0)], 0.5),
    ReliabilityDiagram(
        "f", "t", "nats", [], reliable(Bin(0, 0.5, 0, math.nan, math.nan), Bin(0.5, 1, 8, 0.75, 1))
    ),
)
every_picture = pytest.mark.parametrize("picture", PICTURES)


def text(picture: Picture, **style: object) -> str:
    return "".join(render(picture, Style(**style)))  # type: ignore[arg-type]


@each("picture", PICTURES)
@each("width", [60, 80, 160, None])
@each("unicode", [True, False])
def test_a_picture_keeps_to_its_width_and_its_characters(
    picture: Picture, width: int | None, unicode: bool
) -> None:
    found = text(picture, width=width, unicode=unicode)
    assert max(map(cell_len, found.splitlines())) <= (width or 80)
    assert unicode or found.isascii()
    assert "\x1b" not in found
    assert all(line == line.rstrip() for line in found.splitlines())


@every_picture
def test_colour_adds_nothing_but_colour(picture: Picture) -> None:
    coloured = text(picture, width=80, color=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text(picture, width=80)


def test_bars_are_as_long_as_their_counts_and_beyond_is_named() -> None:
    lines = text(PICTURES[1], width=60, unicode=False).splitlines()[2:]
    assert [line.split("  ")[0] for line in lines] == [
        "loss, nats",
        "0 to 0.5",
        "0.5 to 1",
        "1 and more",
        "infinite",
        "NaN",
    ]
    bars = [line.count("#") for line in lines[1:]]
    assert bars[1] == 0
    assert (bars[2], bars[3], bars[4]) == (round(bars[0] * 2 / 3), round(bars[0] / 3), round(bars[0] / 3))
    assert max(map(len, lines)) == 60


def test_of_many_classes_the_worst_are_shown_and_it_is_said() -> None:
    found = text(PICTURES[4], width=80)
    assert found.count("25.0%") == 40
    assert "59 " in found
    assert found.endswith("the 40 of 60 classes with the largest mean losses\n")


@pytest.mark.parametrize("unicode", [True, False])
def test_columns_stand_in_line_behind_names_of_any_script(unicode: bool) -> None:
    cat, dog = text(PICTURES[5], width=80, unicode=unicode).splitlines()[-2:]
    assert cell_len(cat.split("25.0%")[0]) == cell_len(dog.split("25.0%")[0])
    assert cell_len(cat.split("...")[0]) in (20, 21)


def test_the_ends_of_intervals_are_not_cut() -> None:
    small = Histogram([Interval(4.52995e-06, 4.64916e-06, 3)], 0, 0, 0)
    found = text(LossHistogram("f", "t", "nats", [], small), width=60)
    assert "4.52995e-06 to 4.64916e-06      3  " in found


def test_a_class_has_no_share_of_an_infinite_loss() -> None:
    whole = ClassLosses("f", "t", "nats", [], [Group("a", Tally(), math.inf, math.nan)], math.inf)
    (row,) = (line for line in text(whole, width=80).splitlines() if line.startswith("a "))
    assert row.split() == ["a", "0", "inf", "-"]


def test_a_reliability_diagram_shows_the_gap_between_bar_and_stroke() -> None:
    lines = text(PICTURES[6], width=60, unicode=False).splitlines()
    (row,) = (line for line in lines if line.startswith("0.500"))
    bar = row[row.index("#") :]
    assert bar.index("|") + 1 == math.ceil(0.75 * len(bar))
    assert (
        lines[-1] == "expected calibration error = 0.125 over 8 predictions in 2"[:60] or "0.125" in lines[-2]
    )


# --------------------------------------------------------------------------------------------- numbers


def written(format: str, picture: Picture) -> str:
    return "".join(FORMATS[format].render(document_of(picture), Style(version="1")))


@every_picture
def test_json_and_csv_say_the_same(picture: Picture) -> None:
    document = json.loads(written("json", picture))
    assert document["schema_version"] == 1
    assert document["tool"] == {"name": "celoss", "version": "1"}
    lines = list(csv.DictReader(written("csv", picture).splitlines()))
    assert len(lines) == len(document["data"])
    for line, item in zip(lines, document["data"], strict=True):
        assert list(line) == [key for key in item if key != "nonfinite"]
        for key, value in item.items():
            if isinstance(value, float):
                assert float(line[key]) == value


def test_what_is_not_finite_has_a_name_in_json_and_formulas_are_quoted_in_csv() -> None:
    document = json.loads(written("json", PICTURES[3]))
    assert document["data"][1]["mean"] is None
    assert document["data"][1]["nonfinite"] == {"mean": "inf"}
    assert "\n'=a\\x1b,3,1.0,0.25\n" in written("csv", PICTURES[3])
    assert json.loads(written("json", PICTURES[1]))["above"] == 2


# --------------------------------------------------------------------------------------------- the files


def svg(picture: Picture) -> str:
    return "".join(svg_file(alone(picture)))


def parsed(document: str) -> ElementTree.Element:
    return ElementTree.fromstring(document)  # noqa: S314 - our own document


@pytest.mark.slow
@every_picture
def test_a_png_has_the_same_bytes_twice_whatever_the_users_style(
    picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    mpl = pytest.importorskip("matplotlib")
    first = png_of(alone(picture))
    monkeypatch.setitem(mpl.rcParams, "axes.facecolor", "red")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert png_of(alone(picture)) == first
    assert mpl.rcParams["axes.facecolor"] == "red"
    assert first.startswith(b"\x89PNG")


@every_picture
def test_an_svg_is_well_formed_ascii_that_asks_nobody_for_anything(picture: Picture) -> None:
    document = svg(picture)
    assert document == svg(picture)
    assert document.startswith("<?xml")
    assert document.isascii()
    assert re.findall('[a-z]+://[^"<]*', document) == ["http://www.w3.org/2000/svg"]
    assert not re.search("<script|<image|href|url\\(|<style", document)
    assert parsed(document).findtext("{http://www.w3.org/2000/svg}title")


@every_picture
@pytest.mark.parametrize("drawn", [alone, on_page])
def test_every_shape_lies_within_its_picture(picture: Picture, drawn: Callable[[Picture], Scene]) -> None:
    scene = drawn(picture)
    for shape in scene.shapes:
        if isinstance(shape, Rect):
            assert shape.width >= 0
            assert shape.height >= 0
            corners = [(shape.x, shape.y), (shape.x + shape.width, shape.y + shape.height)]
        else:
            corners = list(shape.points) if isinstance(shape, Stroke) else [(shape.x, shape.y)]
        for x, y in corners:
            assert 0 <= x <= scene.width
            assert 0 <= y <= scene.height


def test_a_picture_says_its_title_its_notes_and_what_has_no_bar() -> None:
    def told(picture: Picture) -> str:
        return " ".join(shape.text for shape in alone(picture).shapes if isinstance(shape, Label))

    assert "a title that is longer than thirty columns" in told(PICTURES[0])
    assert told(PICTURES[0]).endswith("A note.")
    assert "Not shown: 2 at 1 or above, 1 infinite, 1 not a number." in told(PICTURES[1])
    assert "the 40 of 60 classes with the largest mean losses" in told(PICTURES[4])
    assert "expected calibration error = 0.125 over 8 predictions in 2 bins" in told(PICTURES[6])


def test_a_curve_ends_where_its_picture_ends_and_has_a_gap_where_it_is_not_finite() -> None:
    """The line goes from the height 4 to -2 between x = 0 and 1; from 0 to 2 is seen, and so is its end."""
    line = Line("one", [0, 1, 2, 3, 4], [4, -2, math.nan, 1, 1])
    picture = Curve("f", "t", "nats", [], "p", [line], [], Bounds(0, 4), Bounds(0, 2))
    strokes = [shape for shape in alone(picture).shapes if isinstance(shape, Stroke)]
    legend, first, second = (list(shape.points) for shape in strokes if shape.kind == "first")
    grid = {shape.points[0][1] for shape in strokes if shape.kind == "grid"}
    bottom, top = max(grid), min(grid)
    unit = (bottom - top) / 2
    assert len(legend) == 2
    assert [y for _, y in first] == pytest.approx([top - 0.08 * unit, bottom + 0.08 * unit])
    assert first[1][0] - first[0][0] == pytest.approx((second[1][0] - second[0][0]) * 2.16 / 6)
    assert [y for _, y in second] == pytest.approx([bottom - unit] * 2)


def test_the_bars_of_classes_are_as_long_as_their_means_and_start_at_0() -> None:
    groups = [group("a", 2.0), group("b", -1.0), group("c", 0.5)]
    scene = alone(ClassLosses("f", "t", "nats", [], groups, 1.0))
    bars = [shape for shape in scene.shapes if isinstance(shape, Rect) and shape.kind == "bar"]
    assert [bar.width / bars[0].width for bar in bars] == pytest.approx([1, 0.5, 0.25])
    assert bars[1].x + bars[1].width == pytest.approx(bars[0].x) == pytest.approx(bars[2].x)
    (mark,) = (shape for shape in scene.shapes if isinstance(shape, Stroke) and shape.kind == "mark")
    assert mark.points[0][0] == pytest.approx(bars[0].x + bars[0].width / 2)


@pytest.mark.parametrize("name", ["$\\frac$", "<script>", "\u732b", "\x1b[31m"])
def test_names_are_no_formulas_and_no_markup(name: str) -> None:
    odd = replace(PICTURES[3], title=f"${name}$", groups=[group(name, 1.0), group("b", 2.0)])  # type: ignore[call-arg]
    texts = [text.text for text in parsed(svg(odd)).iter("{http://www.w3.org/2000/svg}text")]
    assert visible(name) in texts
    assert f"${visible(name)}$" in texts
    pytest.importorskip("matplotlib")
    assert png_of(alone(odd)).startswith(b"\x89PNG")
