"""Markdown: a document for a comment or a text; every name in it is escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import visible
from celoss_cli.show import blocks

if TYPE_CHECKING:
    from celoss_cli.show import Style
    from celoss_cli.show.blocks import Block, View
    from celoss_cli.show.document import Document

__all__ = ["BLOCKS", "escaped", "render"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~@$^-]|:(?!\s|$)|(?<=www)\.)", re.IGNORECASE)
"""What Markdown would read as more than a character, links without brackets among it."""

_NUMBER = re.compile(r"-?[0-9.]+(e[+-]?[0-9]+)?%?( \[[0-9, ]+\])?")
"""A number, a percentage, or the name of an element: as they are."""


def render(document: Document, style: Style) -> Iterator[str]:
    """The title and the blocks, with an empty line between two; what is long is left out."""
    first, *others = _texts(document.view())
    yield first
    yield from (f"\n{text}" for text in others)


def _texts(view: View) -> Iterator[str]:
    title, extents = escaped(view.title or "celoss"), escaped(", ".join(view.extents))
    title = f"## {title}" if view.is_text else f"**{title}**"
    yield f"{title}: {extents}\n" if extents else f"{title}\n"
    yield from _rendered(view.blocks)


def _rendered(found: Iterable[Block]) -> Iterator[str]:
    """The paragraphs, tables and lists of blocks, each of whole lines."""
    for block in found:
        yield from BLOCKS[type(block)](block)


def escaped(text: str) -> str:
    """``text`` as Markdown that shows exactly its characters."""
    return _SPECIAL.sub(r"\\\1", visible(text)).replace("&", "&amp;")


def _code(text: str) -> str:
    """Text between more backticks than it holds in a row."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{fence}{space}{text}{space}{fence}"


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    return (f"{escaped(text)}\n" for text in texts)


def _points(lines: Iterable[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)


def _grid(names: Sequence[str], numbers: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table of cells that are escaped already, columns of text before those of numbers."""
    rule = [*["---"] * len(names), *["---:"] * len(numbers)]
    return "".join(f"| {' | '.join(line)} |\n" for line in ([*names, *numbers], rule, *lines))


def _cell(text: str) -> str:
    return text if _NUMBER.fullmatch(text) else escaped(text)


# ------------------------------------------------------------------------------------------ the blocks


def _lines(block: blocks.Lines) -> Iterator[str]:
    if len(block.lines) > 1:
        yield _points(map(escaped, block.lines))
    else:
        yield from _paragraphs(block.lines)


def _result(block: blocks.Result) -> Iterator[str]:
    yield f"{_code(block.text)}\n"
    yield from _paragraphs(block.meaning)


def _table(block: blocks.Table) -> Iterator[str]:
    if block.title:
        yield f"{escaped(block.title)}\n"
    heads = list(map(escaped, block.names)), list(map(escaped, block.numbers))
    yield _grid(*heads, (list(map(_cell, line)) for line in block.lines))


def _equations(block: blocks.Equations) -> Iterator[str]:
    lines = [list(map(_cell, (line.name, line.value, line.what))) for line in block.lines]
    yield "".join(f"| {' | '.join(line)} |\n" for line in ([""] * 3, ["---", "---:", "---"], *lines))


def _findings(block: blocks.Findings) -> Iterator[str]:
    if block.findings:
        yield _points(
            f"{found.severity} **{found.code}**: {escaped(found.message)}."
            + (f" Try: {escaped(found.remedy)}" if found.remedy else "")
            for found in block.findings
        )


def _verdicts(block: blocks.Verdicts) -> Iterator[str]:
    at = 0 if block.named else 1
    lines = [
        [escaped(line.check), _mark(line.mark), escaped(line.limit), escaped(line.reason)][at:]
        for line in block.lines
    ]
    yield _grid(["check", "verdict", "limit", "reason"][at:], [], lines)


def _mark(mark: str) -> str:
    return mark if mark == "pass" else f"**{mark}**"


def _entry(block: blocks.Entry) -> Iterator[str]:
    command = [_code(block.command)] if block.command else []
    yield f"{escaped(block.title)}\n"
    yield _points([*map(escaped, (*block.points, *block.lines)), *command])


def _prose(block: blocks.Prose) -> Iterator[str]:
    if block.title:
        yield f"### {escaped(block.title)}\n"
    if block.formulas:
        yield "".join(["```text\n", *(f"{formula}\n" for formula in block.formulas), "```\n"])
    yield from _paragraphs(block.paragraphs)
    if block.steps:
        yield "".join(f"{number}. {escaped(step)}\n" for number, step in enumerate(block.steps, 1))
    if block.terms:
        yield _points(f"`{name}`: {escaped(meaning)}" for name, meaning in block.terms)


def _example(block: blocks.Example) -> Iterator[str]:
    yield "### Example\n"
    yield f"```console\n$ {block.command}\n{block.output}```\n"
    if block.view is not None:
        yield from _texts(block.view)


def _part(block: blocks.Part) -> Iterator[str]:
    if block.kind != "folded":
        yield f"### {escaped(' · '.join(filter(None, (*block.title, block.warning))))}\n"
        yield from _rendered(block.blocks)


def _nothing(block: Any) -> Iterator[str]:
    """What only a page or a terminal has room for."""
    return iter(())


BLOCKS: dict[type, Callable[[Any], Iterator[str]]] = {
    blocks.Lines: _lines,
    blocks.Sentences: lambda block: _paragraphs(block.texts),
    blocks.Result: _result,
    blocks.Table: _table,
    blocks.Equations: _equations,
    blocks.Findings: _findings,
    blocks.Verdicts: _verdicts,
    blocks.Entry: _entry,
    blocks.Prose: _prose,
    blocks.Example: _example,
    blocks.Chart: _nothing,
    blocks.Shaded: _nothing,
    blocks.Part: _part,
    blocks.Full: lambda block: _rendered(block.brief),
    blocks.SideBySide: lambda block: _rendered(block.blocks),
}
