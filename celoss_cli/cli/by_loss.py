"""The losses that a file can be read for, as ways out where none was named."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence

from celoss_cli.cli.inspecting import inspection_of
from celoss_cli.cli.options import Reading
from celoss_cli.core.errors import CelossError, Way
from celoss_cli.losses import LOSSES

__all__ = ["by_loss", "commands_of"]


def by_loss(file: str) -> Sequence[Way]:
    """The losses that a file can be read for, the likeliest first; none of what is no file."""
    found = commands_of(file)
    return [Way(LOSSES[name].title, (), command=name) for name in dict.fromkeys(words[1] for words in found)]


def commands_of(file: str) -> Sequence[Sequence[str]]:
    """The words of each command that computes a loss of a file.

    Where the file alone says how it is read, those that an option of columns makes of it are left out.
    """
    if not os.path.isfile(file):
        return []
    try:
        found = inspection_of([file], Reading(), None, 0).readings
    except CelossError:
        return []
    plain = [reading for reading in found if reading.plain]
    words = [shlex.split(reading.command) for reading in plain or found]
    return [each for each in words if each[1] in LOSSES]
