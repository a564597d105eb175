"""Elements of HTML and SVG: text is always escaped, so no name in the data can become markup."""

from __future__ import annotations

from html import escape

from celoss_cli.core.errors import visible

__all__ = ["NOTHING", "Markup", "element", "joined", "text"]

_EMPTY = {"meta", "path", "rect", "polyline", "circle"}
"""Elements without content."""


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


NOTHING = Markup()


def text(content: str) -> Markup:
    """Text as markup that shows exactly its characters, invisible ones as escapes; ASCII only."""
    if isinstance(content, Markup):
        return content
    return Markup(escape(visible(content)).encode("ascii", "xmlcharrefreplace").decode())


def joined(*content: str) -> Markup:
    """Pieces one after another; those that are no markup are text."""
    return Markup("".join(map(text, content)))


def element(name: str, /, *content: str, **attributes: str | float | None) -> Markup:
    """An element that is well formed both as HTML and as XML.

    Args:
        name: of the element.
        content: text, which is escaped, and markup, which is not.
        attributes: an underscore at the end is dropped, others become hyphens; None leaves one out.

    >>> element("td", "a < b", class_="n")
    '<td class="n">a &lt; b</td>'

    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(_plain(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _EMPTY:
        return Markup(f"<{name}{given}/>")
    return Markup(f"<{name}{given}>{joined(*content)}</{name}>")


def _plain(value: str | float) -> str:
    return value if isinstance(value, str) else f"{round(value, 2):g}"
