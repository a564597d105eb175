"""The page of the losses, and the manual page: what the program says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from man.make_man import page

from celoss_cli.losses import LOSSES
from generator.sessions import session

__all__ = ["pages"]

_HEAD = """# Losses

What `celoss explain` says of each loss: its formula, where that comes from, what every option and reduction
means, its twins, and an example that was computed when this page was written.

"""

_LITERAL = re.compile(r"\\([^\\`*_{}\[\]()<>#+\-.!|\w])")
"""Escapes that GitHub knows and the site's reader of Markdown does not."""


def pages() -> Iterator[tuple[str, str]]:
    """The page of the site, and that of ``man``."""
    with session("examples") as here:
        told = [here.answer(f"celoss explain {name} --format markdown") for name in LOSSES]
    yield "docs/reference/losses.md", _HEAD + "\n".join(_LITERAL.sub(r"\1", text) for text in told)
    yield "docs/man/celoss.1", page()
