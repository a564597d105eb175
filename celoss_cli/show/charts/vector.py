"""A picture as SVG: within a page, whose style sheet may repaint it, or as a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from celoss_cli.show.charts.scene import PAINTS, Label, Mark, Rect, Scene, Shape, Stroke
from celoss_cli.show.markup import Markup, element

__all__ = ["svg_file", "svg_of"]

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
_NAMESPACE = "http://www.w3.org/2000/svg"
_RADIUS = 4.5


def svg_of(scene: Scene) -> Markup:
    """The picture as an element of a page: its colours are attributes, which any style sheet overrules."""
    return _svg(scene, class_="chart")


def svg_file(scene: Scene) -> Iterator[str]:
    """The picture as a file that asks nobody for anything; ASCII, the same bytes for the same picture."""
    paper = element("rect", width=scene.width, height=scene.height, fill="#ffffff")
    drawn = _svg(scene, paper, xmlns=_NAMESPACE, width=scene.width, height=scene.height)
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n{drawn}\n'


def _svg(scene: Scene, *before: Markup, **attributes: str | float) -> Markup:
    return element(
        "svg",
        element("title", scene.title),
        *before,
        *map(_element_of, scene.shapes),
        viewBox=f"0 0 {scene.width:g} {scene.height:g}",
        role="img",
        font_family=_FONT,
        **attributes,
    )


def _element_of(shape: Shape) -> Markup:
    return _DRAWN[type(shape)](shape)


def _rect(shape: Rect) -> Markup:
    place = {"x": shape.x, "y": shape.y, "width": shape.width, "height": shape.height}
    drawn = element("rect", class_=shape.kind, **place, **_filled(shape.kind))
    return element("g", element("title", shape.told), drawn) if shape.told else drawn


def _stroke(shape: Stroke) -> Markup:
    points = " ".join(f"{x:.2f},{y:.2f}" for x, y in shape.points)
    return element("polyline", class_=shape.kind, points=points, fill="none", **_stroked(shape.kind))


def _mark(shape: Mark) -> Markup:
    x, y, r = shape.x, shape.y, _RADIUS
    if shape.form == "circle":
        return element("circle", class_=shape.kind, cx=x, cy=y, r=r, **_filled(shape.kind), stroke="#ffffff")
    if shape.form == "cross":
        paint = PAINTS[shape.kind]
        path = f"M{x - r:.2f} {y - r:.2f}l{2 * r} {2 * r}m{-2 * r} 0l{2 * r} {-2 * r}"
        return element("path", class_=shape.kind, d=path, stroke=paint.stroke, stroke_width=paint.width)
    if shape.form == "square":
        path = f"M{x - r:.2f} {y - r:.2f}h{2 * r}v{2 * r}h{-2 * r}z"
    else:
        path = f"M{x:.2f} {y - r:.2f}l{r} {r}l{-r} {r}l{-r} {-r}z"
    return element("path", class_=shape.kind, d=path, **_filled(shape.kind))


def _label(shape: Label) -> Markup:
    paint = PAINTS[shape.kind]
    return element(
        "text",
        shape.text,
        class_=shape.kind,
        x=shape.x,
        y=shape.y,
        text_anchor=shape.anchor,
        fill=paint.fill,
        font_size=paint.size,
        font_weight="600" if paint.bold else None,
    )


def _filled(kind: str) -> dict[str, str | float | None]:
    paint = PAINTS[kind]
    return {"fill": paint.fill, "fill_opacity": paint.opacity if paint.opacity < 1 else None}


def _stroked(kind: str) -> dict[str, str | float | None]:
    paint = PAINTS[kind]
    dash = " ".join(f"{length:g}" for length in paint.dash)
    return {"stroke": paint.stroke, "stroke_width": paint.width, "stroke_dasharray": dash or None}


_DRAWN: dict[type, Callable[[Any], Markup]] = {Rect: _rect, Stroke: _stroke, Mark: _mark, Label: _label}
