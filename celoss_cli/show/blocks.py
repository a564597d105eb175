"""The blocks of a document for people; a format for people has a rule for each kind.

What a block holds is text, as it is to be read: numbers are digits already, names are visible.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.findings.facts import Finding
    from celoss_cli.show.charts.figures import Picture
    from celoss_cli.show.verdicts import Line

__all__ = [
    "Block",
    "Chart",
    "Entry",
    "Equation",
    "Equations",
    "Example",
    "Findings",
    "Full",
    "Headline",
    "Lines",
    "Page",
    "Part",
    "Prose",
    "Result",
    "Sentences",
    "Shaded",
    "SideBySide",
    "Table",
    "Verdicts",
    "View",
]


@record(frozen=True, slots=True)
class Lines:
    """How the data was read, options in force, identifying facts: each on a line, right below a title."""

    lines: Sequence[str]
    faint: bool = True


@record(frozen=True, slots=True)
class Sentences:
    """Text to be broken between words, one paragraph each."""

    texts: Sequence[str]
    kind: Literal["plain", "faint", "strong"] = "plain"


@record(frozen=True, slots=True)
class Result:
    """The result written out on one line of numbers, and sentences that say what it means."""

    text: str
    meaning: Sequence[str] = ()


@record(frozen=True, slots=True)
class Table:
    """A table whose first columns are text and whose others are numbers, with their points in line.

    Attributes:
        title: what it shows, or "" below a title.
        names: the headings of the columns of text.
        numbers: the headings of the columns of numbers.
        lines: the cells, texts before numbers.
        formulas: below the headings of the numbers, where there is room; () for none.
        kinds: one for each line: "" as usual, "picked", "faint", or "total"; () for all as usual.
        pick: what stands behind a picked line, with formulas and without; None where nothing is picked.
        least: the columns of numbers that stay where not all of them have room; () for all.
        spare: the columns of numbers that are left out, in this order, until the others have room.
        parts: a bar for each line as a part of the longest one; () for none.
        label: what it is for those who hear it, where it has no title.

    """

    title: str
    names: Sequence[str]
    numbers: Sequence[str]
    lines: Sequence[Sequence[str]]
    formulas: Sequence[str] = ()
    kinds: Sequence[str] = ()
    pick: tuple[str, str] | None = None
    least: Sequence[str] = ()
    spare: Sequence[str] = ()
    parts: Sequence[float] = ()
    label: str = ""


@record(frozen=True, slots=True)
class Shaded:
    """A text in parts that are shaded, on a page.

    Attributes:
        parts: each with its text, what is told of it, and how dark it is, from 0 to 1.
        label: what it is for those who hear it.

    """

    parts: Sequence[tuple[str, str, float]]
    label: str


@record(frozen=True, slots=True)
class Equation:
    """A name, its number or "", and how it comes about or what it is."""

    name: str
    value: str
    what: str
    strong: bool = False


@record(frozen=True, slots=True)
class Equations:
    """Numbers by name, one below the other."""

    lines: Sequence[Equation]


@record(frozen=True, slots=True)
class Findings:
    """Findings; those of a computation are ``told`` on standard error, and a terminal shows them there."""

    findings: Sequence[Finding]
    told: bool = False


@record(frozen=True, slots=True)
class Verdicts:
    """The verdicts of a gate, with the names of the checks where there are several."""

    lines: Sequence[Line]
    named: bool = False


@record(frozen=True, slots=True)
class Entry:
    """One of several answers: lines of text, some of them points of a list, and a command line or ""."""

    title: str
    points: Sequence[str]
    lines: Sequence[str]
    command: str = ""


@record(frozen=True, slots=True)
class Prose:
    """A part of a text; each kind of content in its own field, mostly one of them.

    Attributes:
        title: its heading, or "".
        formulas: lines that are shown as they are.
        paragraphs: sentences to be broken between words.
        steps: the same, counted from 1.
        terms: names with their meaning.

    """

    title: str
    formulas: Sequence[str] = ()
    paragraphs: Sequence[str] = ()
    steps: Sequence[str] = ()
    terms: Sequence[tuple[str, str]] = ()


@record(frozen=True, slots=True)
class Example:
    """A command line and what it prints, or nothing of that."""

    command: str
    view: View | None = None
    output: str = ""


@record(frozen=True, slots=True)
class Chart:
    """A picture, which is drawn by characters in a terminal and as SVG on a page."""

    picture: Picture


@record(frozen=True, slots=True)
class Part:
    """Blocks below a title.

    Attributes:
        title: texts, each of which may be in any script; the first one names the part.
        blocks: what stands below it.
        warning: at the end of the title, or "".
        kind: "folded" where a page opens it for those who want it, and a comment leaves it out; "minor"
            where the title is a sentence that leads to the blocks.

    """

    title: Sequence[str]
    blocks: Sequence[Block]
    warning: str = ""
    kind: Literal["", "folded", "minor"] = ""


@record(frozen=True, slots=True)
class Full:
    """What is shown where there is room, and what stands for it in a comment."""

    full: Sequence[Block]
    brief: Sequence[Block] = ()


@record(frozen=True, slots=True)
class SideBySide:
    """Blocks of a page that stand side by side where there is room, ``even`` ones in columns."""

    blocks: Sequence[Block]
    even: bool = False


Block = (
    Lines
    | Sentences
    | Result
    | Table
    | Shaded
    | Equations
    | Findings
    | Verdicts
    | Entry
    | Prose
    | Example
    | Chart
    | Part
    | Full
    | SideBySide
)


@record(frozen=True, slots=True)
class View:
    """What people read.

    Attributes:
        title: what it is, or "" for a list of checks, whose count stands below it.
        extents: what belongs to the title: sizes, the reduction, a count.
        blocks: in the order of reading.
        is_text: whether it is a text with headings, at the width of a page.

    """

    title: str
    extents: Sequence[str]
    blocks: Sequence[Block]
    is_text: bool = False


@record(frozen=True, slots=True)
class Headline:
    """The number of a page in few digits, its unit, the same in full where it has more, and facts by name."""

    number: str
    unit: str
    full: str
    facts: Sequence[tuple[str, str]]


@record(frozen=True, slots=True)
class Page:
    """A view laid out for a page, which begins with the number.

    Attributes:
        name: where a browser lists its pages.
        title: what it is.
        about: what the number is of.
        blocks: in the order of the page, below the title.
        headline: the number, where there is one.

    """

    name: str
    title: str
    about: str
    blocks: Sequence[Block]
    headline: Headline | None = None
