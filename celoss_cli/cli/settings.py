"""Defaults from the surroundings: flags before ``CELOSS_*`` variables before the nearest config file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import CelossError, UsageError, visible

if TYPE_CHECKING:
    from celoss_cli.cli.config import Config
    from celoss_cli.core.option import Option

__all__ = ["config_of", "nearest_table", "settle", "table_in"]

_NAMES = ("celoss.toml", "pyproject.toml")


def config_of(path: str | None) -> Config | None:
    """The config file that was named, or the nearest one; None where there is none.

    Args:
        path: of the file, or None.

    Raises:
        UsageError: for a file that is no config.

    """
    try:
        found = nearest_table() if path is None else (path, table_in(path))
    except FileNotFoundError:  # the working directory is gone
        return None
    if found is None:
        return None
    from celoss_cli.cli.config import config_in  # most runs have no config file

    return config_in(*found)


def settle(options: Iterable[Option], values: dict[str, Any], is_given: Callable[[str], bool]) -> None:
    """Fills in the values of options that the command line does not give.

    Args:
        options: of the command.
        values: by the option's name; those of settings are replaced.
        is_given: whether the command line gives the option of this name.

    Raises:
        UsageError: for a value that the option does not take, with where it came from.

    """
    missing = [
        option
        for option in options
        if option.setting and not is_given(option.name) and not option.settled(values)
    ]
    unsaid = [option for option in missing if not _from_variable(option, values)]
    config = config_of(values.get("config")) if unsaid else None
    for option in unsaid:
        if config is not None and option.name in config.settings:
            place = f"{visible(config.path)}: {option.name}"
            values[option.name] = _parsed(option, str(config.settings[option.name]), place)


def _from_variable(option: Option, values: dict[str, Any]) -> bool:
    variable = f"CELOSS_{option.name.upper()}"
    text = os.environ.get(variable)
    if text:
        values[option.name] = _parsed(option, text, variable)
    return bool(text)


def _parsed(option: Option, text: str, place: str) -> Any:
    try:
        return option.value_of([text])
    except CelossError as error:
        raise UsageError(visible(error.fact), hint=error.hint, place=place) from None


def nearest_table() -> tuple[str, Mapping[str, object]] | None:
    """The file of the working directory, or of the first one above it that has one, with its table.

    Raises:
        UsageError: for a file that cannot be read, or is no TOML.

    """
    above = os.path.abspath(os.curdir)
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
