"""The table: a document for people, in a terminal or a pipe; no number is cut or broken at any width."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from rich import box
from rich.cells import cell_len
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

from celoss_cli.core.errors import visible
from celoss_cli.show import blocks
from celoss_cli.show.console import console, printed
from celoss_cli.show.narrow import narrowed, with_short_words
from celoss_cli.show.numerals import aligned

if TYPE_CHECKING:
    from celoss_cli.show import Style
    from celoss_cli.show.blocks import Block, Table, View
    from celoss_cli.show.document import Document

__all__ = ["BLOCKS", "pieces", "render"]

_TITLE, _FAINT = "bold cyan", "dim"
_STYLE_OF = {"pass": "green", "FAIL": "bold red", "ERROR": "bold red"}
_SEVERITIES = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}
_KINDS = {"picked": "bold green", "faint": "dim", "total": "bold"}

_INDENT = "  "
"""Before the lines of a paragraph after the first."""

_PROSE = 100
"""Longer lines of text are hard to read."""

_PROSE_IN_A_PIPE = 80

_LONG, _LEAST = 24, 12
"""Names are shortened to so many columns before numbers are left out of a table, and to so many after."""


def render(document: Document, style: Style) -> Iterator[str]:
    """The document, block by block; what standard error tells is left to it."""
    return pieces(document.view(), style)


def pieces(view: View, style: Style, *, told: bool = False) -> Iterator[str]:
    """The blocks of a view; with what is ``told`` on standard error where nobody reads that."""
    width = min(style.width or _PROSE_IN_A_PIPE, _PROSE) if view.is_text else style.width
    page = _Page(replace(style, width=width), style, told)
    heading = page.text(Text(" · ".join(filter(None, (view.title, *view.extents))), "bold"))
    if view.title:
        yield heading
        yield from page.rendered(view.blocks, "\n")
    else:
        yield from page.rendered(view.blocks, "")
        yield f"\n{heading}"


class _Page:
    """Turns blocks into text of a style; each gets what stands before it, "" or an empty line."""

    def __init__(self, style: Style, outer: Style, told: bool) -> None:
        self._style = style
        self._outer = outer
        self._told = told

    def rendered(self, found: Iterable[Block], before: str) -> Iterator[str]:
        for block in found:
            yield from BLOCKS[type(block)](self, block, before)

    # -------------------------------------------------------------------------------------- the blocks

    def lines(self, block: blocks.Lines, before: str) -> Iterator[str]:
        for line in block.lines:
            words = self._short_words(line) if block.faint else line
            yield self.text(Text(words, _FAINT if block.faint else ""))

    def sentences(self, block: blocks.Sentences, before: str) -> Iterator[str]:
        style = {"plain": "", "faint": _FAINT, "strong": "bold"}[block.kind]
        yield before
        for text in block.texts:
            yield self.text(Text(text, style))

    def result(self, block: blocks.Result, before: str) -> Iterator[str]:
        yield before + self.text(Text(block.text, "bold"))
        for sentence in block.meaning:
            yield self.text(Text(sentence))

    def table(self, block: blocks.Table, before: str) -> Iterator[str]:
        yield before
        if block.title:
            yield self.text(Text(block.title, _TITLE))
        yield self._fitting(block)

    def equations(self, block: blocks.Equations, before: str) -> Iterator[str]:
        yield before + self._folded(_equations(block))

    def findings(self, block: blocks.Findings, before: str) -> Iterator[str]:
        for finding in block.findings if self._told or not block.told else ():
            name, message = f"{finding.severity} {finding.code}", visible(finding.message)
            if block.told:
                yield f"{before}{name}: {message}\n"
                continue
            yield before + self.text(Text(name, _SEVERITIES[finding.severity]))
            yield self.text(Text(f"  {message}"))
            if finding.remedy:
                yield self._line(Text(f"  try: {visible(finding.remedy)}", "cyan"))

    def verdicts(self, block: blocks.Verdicts, before: str) -> Iterator[str]:
        yield before + self._folded(_verdicts(block))

    def entry(self, block: blocks.Entry, before: str) -> Iterator[str]:
        yield before + self.text(Text(block.title, _TITLE))
        for line in (*(f"- {words}" for words in block.points), *block.lines):
            yield self.text(Text(f"  {line}"))
        if block.command:
            yield self._line(Text(f"  $ {block.command}", "green"))

    def prose(self, block: blocks.Prose, before: str) -> Iterator[str]:
        yield before
        if block.title:
            yield self.text(Text(block.title, _TITLE))
        for formula in block.formulas:
            yield self.text(Text(f"  {formula}", "green"), indent="      ")
        lead = "  " if block.title else ""
        for paragraph in block.paragraphs:
            yield self.text(Text(f"{lead}{paragraph}"), indent=lead * 2)
        for number, step in enumerate(block.steps, 1):
            yield self.text(Text(f"{number:>3} {step}"), indent="    ")
        if block.terms:
            yield self._folded(_terms(block.terms))

    def example(self, block: blocks.Example, before: str) -> Iterator[str]:
        yield before + self.text(Text("Example", _TITLE))
        yield f"$ {block.command}\n\n"
        yield block.output
        if block.view is not None:
            yield from pieces(block.view, self._outer, told=self._told)

    def chart(self, block: blocks.Chart, before: str) -> Iterator[str]:
        from celoss_cli.show.charts.terminal import picture_lines  # no table of a loss has one

        yield before
        yield from picture_lines(block.picture, self._style)

    def shaded(self, block: blocks.Shaded, before: str) -> Iterator[str]:
        yield before + self.text(Text("".join(visible(text) for text, _, _ in block.parts)))

    def part(self, block: blocks.Part, before: str) -> Iterator[str]:
        name, *others = map(self._short_words, block.title)
        title = Text(name, _TITLE)
        title.append("".join(f" · {text}" for text in others), "cyan")
        title.append(f" · {block.warning}" if block.warning else "", "yellow")
        yield before + self.text(title)
        yield from self.rendered(block.blocks, "")

    def full(self, block: blocks.Full, before: str) -> Iterator[str]:
        yield from self.rendered(block.full, before)

    def side_by_side(self, block: blocks.SideBySide, before: str) -> Iterator[str]:
        yield from self.rendered(block.blocks, before)

    # ------------------------------------------------------------------------------- text and its width

    def text(self, text: Text, indent: str = _INDENT) -> str:
        """A paragraph, broken between words only; the lines after the first are set in."""
        width = self._style.width
        if width is None or cell_len(text.plain) <= width:
            return self._line(text)
        lines = textwrap.wrap(
            text.plain, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
        return "".join(self._line(Text(line, text.style)) for line in lines)

    def _short_words(self, text: str) -> str:
        """A text whose longest names are shortened to what a line of a terminal has room for."""
        width = self._outer.width
        if width is None:
            return text
        return with_short_words(text, max(width - len(_INDENT) - self._extra_dots, _LEAST))

    @property
    def _extra_dots(self) -> int:
        """By how many columns a shortened name is longer where an ellipsis is written as three dots."""
        return 0 if self._style.unicode else 2

    def _line(self, text: Text) -> str:
        """A line that is never broken, as one that is to be copied."""
        return printed(text, self._style)

    def _fitting(self, block: Table) -> str:
        """The first form of a table that fits, or the last one at its own width: no number is ever cut."""
        for form, least in _forms(block):
            table = form(block)
            natural = self._natural(table)
            excess = natural - (self._style.width or natural)
            if excess <= 0:
                break
            excess += self._extra_dots * len(block.names)
            short = narrowed(block, excess, least) if least else None
            if short is not None:
                table = form(short)
                natural = max(natural, self._natural(table))
                break
        return printed(table, self._style, natural)

    def _folded(self, table: RichTable) -> str:
        """A table whose sentences are broken between words where it is too wide."""
        natural = self._natural(table)
        if natural <= (self._style.width or natural):
            return printed(table, self._style, natural)
        for column in table.columns:
            column.width = None
        return printed(table, self._style, max(self._measured(table).minimum, self._style.width or 0))

    def _natural(self, table: RichTable) -> int:
        """The natural width of a table, whose columns keep theirs: each cell is measured once."""
        if not self._style.unicode:
            table.box = table.box and box.ASCII
        for column in table.columns:
            cells = (str(cell) for cell in (column.header, *column.cells))
            lines = (line for cell in cells for line in cell.splitlines())
            column.width = max(column.min_width or 0, max(map(cell_len, lines), default=0))
        return self._measured(table).maximum

    def _measured(self, table: RichTable) -> Measurement:
        """The least width and the natural one."""
        wide = console(self._style)
        return Measurement.get(wide, wide.options, table)


BLOCKS: dict[type, Callable[[_Page, Any, str], Iterator[str]]] = {
    blocks.Lines: _Page.lines,
    blocks.Sentences: _Page.sentences,
    blocks.Result: _Page.result,
    blocks.Table: _Page.table,
    blocks.Equations: _Page.equations,
    blocks.Findings: _Page.findings,
    blocks.Verdicts: _Page.verdicts,
    blocks.Entry: _Page.entry,
    blocks.Prose: _Page.prose,
    blocks.Example: _Page.example,
    blocks.Chart: _Page.chart,
    blocks.Shaded: _Page.shaded,
    blocks.Part: _Page.part,
    blocks.Full: _Page.full,
    blocks.SideBySide: _Page.side_by_side,
}


# ------------------------------------------------------------------------------------------- the tables


def _forms(block: Table) -> Iterator[tuple[Callable[[Table], RichTable], int]]:
    """How to show a table, from the widest form to the narrowest, and how short its names may become; 0 for
    as they are.
    """
    if block.formulas:
        yield partial(_table, numbers=block.numbers, formulas=True), 0
    yield partial(_table, numbers=block.numbers), 0
    yield partial(_table, numbers=block.numbers, gap=1), _LONG if block.least else _LEAST
    if block.least:
        yield partial(_table, numbers=[name for name in block.numbers if name in block.least]), _LEAST
    for count in range(1, len(block.spare) + 1):
        kept = [name for name in block.numbers if name not in block.spare[:count]]
        yield partial(_table, numbers=kept, gap=1), _LEAST


def _table(block: Table, numbers: Sequence[str], *, formulas: bool = False, gap: int = 2) -> RichTable:
    """A table with these of the columns of numbers; the gap is that between two columns."""
    padding = (0, gap - 1, 0, 0)
    table = RichTable(
        box=box.SIMPLE_HEAD, pad_edge=False, padding=padding, show_edge=False, header_style="bold"
    )
    texts = len(block.names)
    for name in block.names:
        table.add_column(name, overflow="fold", min_width=6)
    columns = []
    for at, name in enumerate(block.numbers):
        if name in numbers:
            header = Text(name, justify="right")
            formula = block.formulas[at] if formulas else ""
            header.append(f"\n{formula}" if formula else "", "not bold dim")
            table.add_column(header, no_wrap=True)
            cells = [line[texts + at] for line in block.lines]
            columns.append(aligned(cells, max(len(name), len(formula))))
    if block.pick is not None:
        table.add_column("", no_wrap=True)
    for at, line in enumerate(block.lines):
        kind = block.kinds[at] if block.kinds else ""
        mark = block.pick[not formulas] if block.pick is not None and kind == "picked" else ""
        if kind == "total":
            table.add_section()
        ends = [mark] if block.pick is not None else []
        table.add_row(*line[:texts], *(column[at] for column in columns), *ends, style=_KINDS.get(kind))
    return table


def _equations(block: blocks.Equations) -> RichTable:
    """One line a number: its name, the number, how it comes about or what it is."""
    table = RichTable(box=None, pad_edge=False, show_header=False, padding=(0, 1))
    for _ in range(3):
        table.add_column(no_wrap=True)
    words = [word for line in block.lines for word in line.what.split()]
    table.add_column(style="dim", min_width=max(map(cell_len, words), default=0))
    values = aligned([line.value for line in block.lines])
    for line, value in zip(block.lines, values, strict=True):
        style = "bold" if line.strong else ""
        table.add_row(Text(line.name, style), "=", Text(value, style), line.what)
    return table


def _terms(terms: Sequence[tuple[str, str]]) -> RichTable:
    """One line a name, its meaning broken between words."""
    table = RichTable(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(min_width=max(cell_len(word) for _, meaning in terms for word in meaning.split()))
    for name, meaning in terms:
        table.add_row(f"  {name}", meaning)
    return table


def _verdicts(block: blocks.Verdicts) -> RichTable:
    """One line a verdict; only the sentence may be broken, between words."""
    table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    rows = [
        {"check": line.check, "verdict": line.mark, "limit": line.limit, "reason": line.reason}
        for line in block.lines
    ]
    names = ("check", "verdict", "limit", "reason")[0 if block.named else 1 :]
    for name in names:
        texts = [name, *(row[name] for row in rows)]
        words = [piece for text in texts for piece in (text.split() if name == "reason" else [text])]
        table.add_column(name, no_wrap=name != "reason", min_width=max(map(cell_len, words)))
    for row in rows:
        styles = {"verdict": _STYLE_OF[row["verdict"]]}
        table.add_row(*(Text(row[name], styles.get(name, "")) for name in names))
    return table
