"""Prepares the blocks of the site: of a session its commands are copied, and long lines are broken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from typing import Any

_BLOCK = re.compile(r'(<div class="language-(\w+) highlight")(>.*?</pre>)', re.DOTALL)
_SESSIONS = ("console", "pycon")
_TAG = re.compile(r"<[^>]*>")
_DRAWN = re.compile(r"[\u2800-\u28ff]")
_MESSAGE = re.compile(r'<span class="go">(?=celoss: )')
_OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*-[a-z]+(?![^<>]*>)")


def on_page_content(html: str, **_: Any) -> str:
    """Called by mkdocs with the page as HTML."""
    return _BLOCK.sub(_prepared, html)


def _prepared(found: re.Match[str]) -> str:
    head, language, block = found.groups()
    if language in _SESSIONS:  # the theme's button copies what data-copy says
        head += f' data-copy="{escape(commands(unescape(_TAG.sub("", block[1:])), language))}"'
    if _DRAWN.search(block):
        block = block.replace("<pre>", '<pre class="drawing">', 1)
    block = _MESSAGE.sub('<span class="go message">', block)
    return head + _OPTION.sub(r'<span class="option">\g<0></span>', block)


def commands(text: str, language: str) -> str:
    """What a reader types in a session, without prompts and without what it prints."""
    typed = _typed_in_shell if language == "console" else _typed_in_python
    return "\n".join(typed(text.splitlines()))


def _typed_in_shell(lines: list[str]) -> Iterator[str]:
    goes_on = False
    for line in lines:
        if goes_on or line.startswith("$ "):
            goes_on = line.endswith("\\")
            yield line.removeprefix("$ ")


def _typed_in_python(lines: list[str]) -> Iterator[str]:
    return (line[4:] for line in lines if line.startswith((">>>", "...")))
