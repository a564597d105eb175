"""Writes formulas as MathML when the site is built: a page shows them without a script and without a network.

A formula stands, in LaTeX, in a block of ``math`` or within a line between ``$` `` and `` `$``, as on GitHub.
"""

from __future__ import annotations

import re
from typing import Any

from latex2mathml.converter import convert
from markdown import Extension, Markdown
from markdown.inlinepatterns import InlineProcessor

_INLINE = r"\$`([^`]+)`\$"
_BEFORE_CODE = 195  # the priority of code within a line is 190

_SPACE = '<mspace width="0.167em"/>'
_AFTER = re.compile(r"(?<=<mi>(?:log|exp)</mi>)(?!<mo stretchy=\"false\">&#x00028;)")
_BEFORE = re.compile(r"(?:(?<=</mi>)|(?<=&#x00029;</mo>))(?=<mi>(?:log|exp)</mi>)")
_NAME = re.compile(r"<mo>([a-z]{2,})</mo>")


def mathml(latex: str, display: str = "inline") -> str:
    """A formula as an element of MathML; a function's name stands apart from what it is taken of."""
    named = _NAME.sub(r"<mi>\1</mi>", convert(latex.strip(), display=display))
    return _BEFORE.sub(_SPACE, _AFTER.sub(_SPACE, named))


def block(source: str, *_: Any, **__: Any) -> str:
    """What stands for a block of math, as pymdownx.superfences asks for it."""
    return f'<div class="formula">{mathml(source, "block")}</div>'


class _Inline(InlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:  # type: ignore[override]  # noqa: N802
        return self.md.htmlStash.store(mathml(m.group(1))), m.start(), m.end()


class Mathematics(Extension):
    """Formulas within a line."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        """Reads them before code."""
        md.inlinePatterns.register(_Inline(_INLINE, md), "mathematics", _BEFORE_CODE)


def on_config(config: Any) -> Any:
    """Called by mkdocs when it has read its config file."""
    fences = config["mdx_configs"].setdefault("pymdownx.superfences", {})
    fences["custom_fences"] = [{"name": "math", "class": "math", "format": block}]
    config["markdown_extensions"].append(Mathematics())
    return config
