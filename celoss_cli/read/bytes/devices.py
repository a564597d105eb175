"""Pipes and devices, whose names say nothing of what they hold."""

from __future__ import annotations

import os

__all__ = ["is_device"]


def is_device(path: str) -> bool:
    """Whether this is a pipe or a device, as of a shell's ``<(command)``."""
    return os.path.exists(path) and not os.path.isfile(path)
