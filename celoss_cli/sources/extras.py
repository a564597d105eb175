"""Packages that only some formats need, imported when such a file is read."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from celoss_cli.errors import UsageError

__all__ = ["extra_module"]


def extra_module(name: str, extra: str, files: str) -> Any:
    """The module ``name``, which comes with an extra of celoss.

    Raises:
        UsageError: if it is not installed; the hint names the extra.

    """
    try:
        return import_module(name)
    except ImportError:
        package = name.partition(".")[0]
        raise UsageError(
            f"Expected the package {package}, which reads {files}, got an installation without it.",
            hint=f"pip install 'celoss-cli[{extra}]'",
        ) from None
