"""Typer's writer of help without the libraries for what our help does not have.

It imports Rich's Markdown with a parser, and tracebacks with a highlighter of source code: a fifth of what
``-h`` takes. Our help is text with markup, and errors are told by ``main``.
"""

from __future__ import annotations

import sys
from types import ModuleType

__all__ = ["load_writer"]

_UNUSED = {"rich.markdown": "Markdown", "rich.traceback": "Traceback"}
"""The modules, each with the class that is imported from it."""


def load_writer() -> None:
    """Imports ``typer.rich_utils`` with empty classes in place of those that are not used."""
    absent = {name: kind for name, kind in _UNUSED.items() if name not in sys.modules}
    for name, kind in absent.items():
        sys.modules[name] = ModuleType(name)
        setattr(sys.modules[name], kind, type(kind, (), {}))
    try:
        import typer.rich_utils  # noqa: F401 - what is imported is kept
    finally:
        for name in absent:
            del sys.modules[name]
