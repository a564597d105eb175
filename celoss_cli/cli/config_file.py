"""Where the config file is: the nearest ``celoss.toml``, or ``pyproject.toml`` with a table of ours."""

from __future__ import annotations

import os
from collections.abc import Mapping

from celoss_cli.core.errors import UsageError, visible

__all__ = ["nearest_table", "table_in"]

_NAMES = ("celoss.toml", "pyproject.toml")


def nearest_table(folder: str = "") -> tuple[str, Mapping[str, object]] | None:
    """The file of this folder, or of the first one above it that has one, with its table.

    Raises:
        UsageError: for a file that cannot be read, or is no TOML.

    """
    above = os.path.abspath(folder or os.curdir)
    while True:
        for name in _NAMES:
            path = os.path.join(above, name)
            table = table_in(os.path.relpath(path)) if os.path.isfile(path) else None
            if table is not None:
                return os.path.relpath(path), table
        if os.path.dirname(above) == above:
            return None
        above = os.path.dirname(above)


def table_in(path: str) -> Mapping[str, object] | None:
    """The table of a file that is ours, or None where a ``pyproject.toml`` has none.

    Raises:
        UsageError: for a file that cannot be read, or is no TOML.

    """
    import tomllib  # most runs have no config file

    shared = os.path.basename(path) == "pyproject.toml"
    try:
        with open(path, "rb") as file:
            data = file.read()
        if shared and b"celoss" not in data:
            return None
        table = tomllib.loads(data.decode())
    except OSError as error:
        raise UsageError(f"{error.strerror}", place=visible(path)) from None
    except ValueError as error:
        raise UsageError(f"expected TOML: {visible(str(error))}", place=visible(path)) from None
    except RecursionError:
        raise UsageError("expected TOML, got values nested too deeply", place=visible(path)) from None
    tool = table.get("tool", {}) if shared else table
    return (tool.get("celoss") if isinstance(tool, dict) else None) if shared else table
