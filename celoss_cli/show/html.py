"""HTML: a document as one page, with nothing outside of it and nothing in it that runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from celoss_cli.findings import FINDINGS
from celoss_cli.show import blocks
from celoss_cli.show.blocks import Headline, Page, Part, View
from celoss_cli.show.markup import NOTHING, Markup, element, joined
from celoss_cli.show.numerals import aligned

if TYPE_CHECKING:
    from celoss_cli.findings.facts import Finding
    from celoss_cli.show import Style
    from celoss_cli.show.blocks import Block, Table
    from celoss_cli.show.document import Document

__all__ = ["BLOCKS", "render"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""No browser loads or runs anything for this page, whatever its text."""

_LONG = 40
"""From more characters than this on, a text is broken into lines."""


def render(document: Document, style: Style) -> Iterator[str]:
    """The whole page, piece by piece; ASCII, and the same bytes for the same document."""
    page = document.page() if document.page is not None else _laid_out(document.view())
    yield f'<!DOCTYPE html>\n<html lang="en">\n{_head(page.name)}\n<body>\n<main>\n'
    number = NOTHING if page.headline is None else _headline(page.headline)
    yield f"{element('header', element('h1', page.title), _paragraph(page.about, 'of'), number)}\n"
    for block in page.blocks:
        yield f"{_rendered([block], 2)}\n"
    yield f"{element('footer', f'celoss {style.version}'.rstrip())}\n</main>\n</body>\n</html>\n"


def _laid_out(view: View) -> Page:
    """A view as a page, which begins with the title and the result where a terminal ends with them."""
    title, about = view.title or "celoss", " \u00b7 ".join(view.extents)
    ordered = sorted(view.blocks, key=lambda block: not isinstance(block, blocks.Result | blocks.Verdicts))
    return Page(f"celoss: {title}" if view.title else title, title, about, ordered)


def _headline(found: Headline) -> Markup:
    number = element("p", element("strong", found.number), " ", element("span", found.unit), class_="value")
    full = element("p", element("code", found.full), class_="full") if found.full else NOTHING
    facts = (element("div", element("dt", name), element("dd", value)) for name, value in found.facts)
    return joined(number, full, element("dl", *facts))


def _head(name: str) -> Markup:
    style = files("celoss_cli.show").joinpath("page.css").read_text(encoding="ascii")
    return element(
        "head",
        element("meta", charset="UTF-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", name),
        joined(Markup(f"<style>\n{style}</style>")),
    )


def _rendered(found: Iterable[Block], level: int) -> Markup:
    """Blocks one after another, with headings of this level and below."""
    return joined(*(BLOCKS[type(block)](block, level) for block in found))


def _heading(level: int, *content: str) -> Markup:
    return element(f"h{min(level, 6)}", *content)


def _paragraph(content: str, kind: str | None = None) -> Markup:
    return element("p", content, class_=kind)


def _list(lines: Iterable[str]) -> Markup:
    return element("ul", *(element("li", line) for line in lines))


def _command(line: str) -> Markup:
    return element("pre", element("code", f"$ {line}"))


def _titled(title: Sequence[str], warning: str) -> Markup:
    """The title of a part; each text keeps its own direction of writing."""
    name, *others = title
    more = (joined(" \u00b7 ", element("bdi", text)) for text in others)
    return joined(name, *more, f" \u00b7 {warning}" if warning else NOTHING)


# ------------------------------------------------------------------------------------------- the blocks


def _lines(block: blocks.Lines, level: int) -> Markup:
    return _list(block.lines) if block.lines else NOTHING


def _sentences(block: blocks.Sentences, level: int) -> Markup:
    if block.kind == "strong":
        return joined(*(element("p", element("strong", text)) for text in block.texts))
    return joined(*(_paragraph(text, "aside" if block.kind == "faint" else None) for text in block.texts))


def _result(block: blocks.Result, level: int) -> Markup:
    line = element("p", element("code", block.text), class_="line")
    return joined(line, *map(_paragraph, block.meaning))


def _framed(rows: Iterable[Markup], label: str, *heads: Markup, kind: str | None = None) -> Markup:
    """A table that scrolls within itself where it is too wide."""
    head = element("thead", element("tr", *heads)) if heads else NOTHING
    table = element("table", head, element("tbody", *rows), class_=kind)
    return element("div", table, class_="scroll", role="region", aria_label=label, tabindex="0")


def _table(block: Table, level: int) -> Markup:
    title = _heading(level, block.title) if block.title else NOTHING
    heads = [element("th", name, scope="col") for name in block.names]
    heads += [element("th", name, scope="col", class_="n") for name in block.numbers]
    heads += [element("td")] if block.parts else []
    return joined(title, _framed(_rows(block), block.label or block.title or "table", *heads))


def _rows(block: Table) -> Iterator[Markup]:
    texts = len(block.names)
    columns = [aligned([line[at] for line in block.lines]) for at in range(texts, texts + len(block.numbers))]
    for at, line in enumerate(block.lines):
        yield element(
            "tr",
            *(element("td", cell, class_="long" if len(cell) > _LONG else None) for cell in line[:texts]),
            *(element("td", column[at], class_="n") for column in columns),
            element("td", _bar(block.parts[at]), class_="track") if block.parts else NOTHING,
            class_=(block.kinds[at] or None) if block.kinds else None,
        )


def _bar(part: float) -> Markup:
    return element("span", class_="part", style=f"width: {part:.2%}")


def _shaded(block: blocks.Shaded, level: int) -> Markup:
    parts = (
        element("span", text, title=told or None, style=f"--part: {part:.0%}" if part else None)
        for text, told, part in block.parts
    )
    return element("p", *parts, class_="shaded", aria_label=block.label)


def _equations(block: blocks.Equations, level: int) -> Markup:
    values = aligned([line.value for line in block.lines])
    rows = [
        element(
            "tr",
            element("th", line.name, scope="row"),
            element("td", value, class_="n") if any(values) else NOTHING,
            element("td", line.what, class_="how"),
            class_="total" if line.strong else None,
        )
        for line, value in zip(block.lines, values, strict=True)
    ]
    return _framed(rows, "numbers", kind="steps")


def _findings(block: blocks.Findings, level: int) -> Markup:
    return joined(*map(_finding, block.findings))


def _finding(finding: Finding) -> Markup:
    title = element("p", element("strong", f"{finding.severity} {finding.code}"), ": ", finding.message)
    remedy = _paragraph(f"Try: {finding.remedy}") if finding.remedy else NOTHING
    explained = [" ".join(text.split()) for text in FINDINGS[finding.code].explanation.split("\n\n")]
    more = element("details", element("summary", "What this means"), *map(_paragraph, explained))
    return element("div", title, remedy, more, class_=f"finding {finding.severity}")


def _verdicts(block: blocks.Verdicts, level: int) -> Markup:
    rows = [
        element(
            "tr",
            element("td", line.check) if block.named else NOTHING,
            element("td", line.mark, class_="pass" if line.mark == "pass" else "fail"),
            element("td", line.limit),
            element("td", line.reason, class_="words"),
        )
        for line in block.lines
    ]
    names = ("check", "verdict", "limit", "reason")[0 if block.named else 1 :]
    return _framed(rows, "checks", *(element("th", name, scope="col") for name in names))


def _entry(block: blocks.Entry, level: int) -> Markup:
    command = _command(block.command) if block.command else NOTHING
    return joined(_heading(level, block.title), _list((*block.points, *block.lines)), command)


def _prose(block: blocks.Prose, level: int) -> Markup:
    title = _heading(level, block.title) if block.title else NOTHING
    formulas = element("pre", element("code", "\n".join(block.formulas))) if block.formulas else NOTHING
    steps = element("ol", *(element("li", step) for step in block.steps)) if block.steps else NOTHING
    terms = [
        element("tr", element("th", name, scope="row"), element("td", meaning, class_="words"))
        for name, meaning in block.terms
    ]
    table = _framed(terms, "terms") if terms else NOTHING
    return joined(title, formulas, *map(_paragraph, block.paragraphs), steps, table)


def _example(block: blocks.Example, level: int) -> Markup:
    output = element("pre", element("samp", block.output)) if block.output else NOTHING
    shown = NOTHING if block.view is None else _rendered(block.view.blocks, level + 1)
    return joined(_command(block.command), output, shown)


def _chart(block: blocks.Chart, level: int) -> Markup:
    from celoss_cli.show.charts.drawing import on_page  # most pages have none
    from celoss_cli.show.charts.vector import svg_of

    return element("figure", svg_of(on_page(block.picture)))


def _part(block: Part, level: int) -> Markup:
    title = _titled(block.title, block.warning)
    if block.kind == "folded":
        return element("details", element("summary", title), _rendered(block.blocks, level))
    if block.kind == "minor":
        return element("div", element("p", title), _rendered(block.blocks, level))
    content = joined(_heading(level, title), _rendered(block.blocks, level + 1))
    return element("section", content) if level == 2 else content


def _side_by_side(block: blocks.SideBySide, level: int) -> Markup:
    columns = (element("div", _rendered([one], level)) for one in block.blocks)
    return element("div", *columns, class_="pair" if block.even else "beside")


BLOCKS: dict[type, Callable[[Any, int], Markup]] = {
    blocks.Lines: _lines,
    blocks.Sentences: _sentences,
    blocks.Result: _result,
    blocks.Table: _table,
    blocks.Shaded: _shaded,
    blocks.Equations: _equations,
    blocks.Findings: _findings,
    blocks.Verdicts: _verdicts,
    blocks.Entry: _entry,
    blocks.Prose: _prose,
    blocks.Example: _example,
    blocks.Chart: _chart,
    blocks.Part: _part,
    blocks.Full: lambda block, level: _rendered(block.full, level),
    blocks.SideBySide: _side_by_side,
}
