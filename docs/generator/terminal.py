"""The picture of the README: what a terminal shows, as ``--format svg`` draws it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from generator.sessions import ROOT

__all__ = ["pages"]

_SHOWN = ("ce", "examples/preds.csv", "--rows", "1", "--format", "svg")


def pages() -> Iterator[tuple[str, str]]:
    """The picture."""
    command = [sys.executable, "-m", "celoss_cli", *_SHOWN]
    yield (
        "docs/terminal.svg",
        subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout,
    )
