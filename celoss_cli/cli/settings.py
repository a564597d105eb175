"""Defaults from the surroundings: flags before ``CELOSS_*`` variables before the config file."""

from __future__ import annotations

import os
from typing import Any

import typer
from typer.exceptions import TyperException

from celoss_cli.cli.config import SETTINGS, Config, load, nearest
from celoss_cli.core.errors import UsageError, visible

__all__ = ["config_of", "settle"]


def config_of(path: str | None) -> Config | None:
    """The config file that was named, or the nearest one; None where there is none.

    Raises:
        UsageError: for a file that is no config.

    """
    try:
        return nearest() if path is None else load(path)
    except FileNotFoundError:  # the working directory is gone
        return None


def settle(context: typer.Context) -> None:
    """Fills in the options that the command line does not give.

    Raises:
        UsageError: for a value that the option does not take, with where it came from.

    """
    names = [name for name in SETTINGS if name in context.params and not _is_given(context, name)]
    if context.params.get("json") or context.params.get("emit"):
        names = [name for name in names if name != "format"]
    missing = [name for name in names if not _from_variable(context, name)]
    config = config_of(context.params.get("config")) if missing else None
    for name in missing:
        if config is not None and name in config.settings:
            place = f"{visible(config.path)}: {name}"
            context.params[name] = _converted(context, name, str(config.settings[name]), place)


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _from_variable(context: typer.Context, name: str) -> bool:
    variable = f"CELOSS_{name.upper()}"
    text = os.environ.get(variable)
    if text:
        context.params[name] = _converted(context, name, text, variable)
    return bool(text)


def _converted(context: typer.Context, name: str, text: str, place: str) -> Any:
    (option,) = (option for option in context.command.params if option.name == name)
    try:
        return option.process_value(context, text)
    except TyperException as error:
        fact = getattr(error, "message", "") or error.format_message()
        raise UsageError(visible(fact), place=place) from None
