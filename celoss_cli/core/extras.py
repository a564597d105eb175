"""Packages that only some files need, imported when such a file is read or drawn."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from celoss_cli.core.errors import UsageError, visible

__all__ = ["extra_module", "installing"]

_NOT_MAPPED = "failed to map segment"
"""How the system's loader says that memory has run out."""


def installing(extra: str) -> str:
    """How an extra of celoss is installed; until there is a release, that is from a checkout."""
    return f"in a checkout of celoss: python -m pip install '.[{extra}]'"


def extra_module(name: str, extra: str, files: str) -> Any:
    """The module ``name``, which comes with an extra of celoss.

    Raises:
        MemoryError: if there is too little for it.
        UsageError: if it is not installed; the hint names the extra. Or if what is installed is broken.

    """
    package = name.partition(".")[0]
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != package:
            raise _broken(package, error) from None
        raise UsageError(
            f"Expected the package {package}, which reads {files}, got an installation without it.",
            hint=installing(extra),
        ) from None
    except ImportError as error:
        if _NOT_MAPPED in str(error):
            raise MemoryError from None
        raise _broken(package, error) from None


def _broken(package: str, error: ImportError) -> UsageError:
    return UsageError(f"Expected the package {package}, got a broken one: {visible(str(error))}.")
