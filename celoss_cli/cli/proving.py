"""The commands of explanations, run on the data: what each of them gives."""

from __future__ import annotations

import os
import shlex
from functools import cache
from typing import TYPE_CHECKING

from celoss_cli.cli.leading import can_be_tried
from celoss_cli.cli.trying import report_of_words
from celoss_cli.core.errors import CelossError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from celoss_cli.cli.data import Data

__all__ = ["runner"]


def runner(data: Data, words: Sequence[str]) -> Callable[[str], float | None] | None:
    """What runs a command on the data that a command line reads, each one once; None where it is refused.

    Args:
        data: its data.
        words: of that command line.

    Returns:
        None for data that cannot be read again: from a pipe, or of another machine.

    """
    named = [word.removeprefix("@") for word in words if word.startswith("@")]
    return cache(_result) if can_be_tried(data) and all(map(os.path.isfile, named)) else None


def _result(command: str) -> float | None:
    """What a command prints; None where it is refused."""
    try:
        return report_of_words(shlex.split(command)[1:], "value").value
    except CelossError:
        return None
