"""What a config file says.

It holds defaults for a few options (``format``, ``color``, ``jobs``) and named checks, each with a loss,
input, options and limits. A key that nobody reads is refused with its place.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.options import Running, Writing
from celoss_cli.cli.table import options_in
from celoss_cli.core.errors import CelossError, UsageError, quoted, visible
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES
from celoss_cli.read.paths import files_of, located

if TYPE_CHECKING:
    from celoss_cli.core.option import OptionValues

__all__ = ["SETTINGS", "Check", "Config", "config_in", "refuse_unknown", "toml"]

_SETTINGS = {
    option.name: option for kind in (Writing, Running) for option in options_in(kind) if option.setting
}
SETTINGS = tuple(_SETTINGS)
"""The options that a config file gives defaults for."""


@record(frozen=True, slots=True)
class Check:
    """A named check as the file has it.

    Attributes:
        name: the name.
        place: the file and the key, for messages.
        loss: the command.
        patterns: the input files, relative to ``folder``; globs among them.
        in_parts: whether these are partial results, and not data.
        options: the options of the command by name, with dashes.
        folder: what paths are relative to, "" for the working directory.

    """

    name: str
    place: str
    loss: str
    patterns: tuple[str, ...]
    options: OptionValues
    folder: str
    in_parts: bool = False

    def files(self) -> list[str]:
        """The files that the patterns match, pattern by pattern, each sorted by name and none twice.

        Raises:
            InputError: for a pattern that matches none.
            LimitError: for a pattern that leads through too many folders.
            UsageError: for a name that is listed twice.

        """
        try:
            return files_of(self.patterns, self.folder)
        except CelossError as error:
            raise error.at(self.place) from None

    def path(self, path: str) -> str:
        """A path of the file as seen from the working directory."""
        return located(path, self.folder)


@record(frozen=True, slots=True)
class Config:
    """What a file says.

    Attributes:
        path: the file.
        settings: defaults of options by name.
        checks: by name, in the order of the file.

    """

    path: str
    settings: Mapping[str, str | int]
    checks: Mapping[str, Check]


def config_in(path: str, table: Any) -> Config:
    """What the table of a file says.

    Args:
        path: of the file.
        table: as TOML has it; None where a ``pyproject.toml`` has none of ours.

    Raises:
        UsageError: for a table that is no config.

    """
    if table is None:
        raise UsageError("expected a table [tool.celoss], got none", place=visible(path))
    place = f"{visible(path)}: "
    if not isinstance(table, dict):
        raise UsageError(f"expected a table, got {_kind(table)}", place=f"{place}tool.celoss")
    refuse_unknown(table, (*SETTINGS, "checks"), visible(path))
    settings = {name: table[name] for name in SETTINGS if name in table}
    for name, value in settings.items():
        wanted: type = int if _SETTINGS[name].kind.fits(1) else str
        if not isinstance(value, wanted) or isinstance(value, bool):
            fact = f"expected {'a whole number' if wanted is int else 'a text'}, got {_kind(value)}"
            raise UsageError(fact, place=f"{place}{name}")
    checks = table.get("checks", {})
    if not isinstance(checks, dict):
        raise UsageError(f"expected a table for each check, got {_kind(checks)}", place=f"{place}checks")
    folder = os.path.dirname(path)
    found = {
        name: _check(name, entry, f"{place}checks.{visible(name)}", folder) for name, entry in checks.items()
    }
    return Config(path, settings, found)


def _check(name: str, entry: Any, place: str, folder: str) -> Check:
    if not isinstance(entry, dict):
        raise UsageError(f"expected a table, got {_kind(entry)}", place=place)
    options: dict[str, Any] = {}
    for key, value in entry.items():
        plain = key.replace("_", "-")
        if plain in options:
            raise UsageError(f"expected {quoted(plain)} once, got it with _ and with -", place=place)
        options[plain] = value
    loss = options.pop("loss", None)
    if not isinstance(loss, str) or loss not in LOSSES:
        got = "none" if loss is None else _kind(loss)
        raise UsageError(f"expected loss as one of {', '.join(LOSSES)}, got {got}", place=f"{place}.loss")
    in_parts = "partials" in options
    if in_parts and "files" in options:
        raise UsageError("expected files or partials, got both", place=place)
    key = "partials" if in_parts else "files"
    patterns = _patterns(options.pop(key, None), f"{place}.{key}")
    return Check(name, place, loss, patterns, options, folder, in_parts)


def _patterns(value: Any, place: str) -> tuple[str, ...]:
    if value is None:
        return ()
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise UsageError(f"expected a list of paths, got {_kind(value)}", place=place)
    if any(one in ("", "-") for one in listed):
        raise UsageError("expected paths of files, got standard input or no name", place=place)
    if not listed:
        raise UsageError("expected at least one path, got an empty list", place=place)
    return tuple(listed)


def toml(text: str) -> str:
    """A text of TOML, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def refuse_unknown(found: Iterable[str], known: Sequence[str], place: str) -> None:
    """Refuses a key that nobody reads.

    Raises:
        UsageError: for the first one, with the known key that is most like it.

    """
    for key in found:
        if key not in known:
            like = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {like[0]}?" if like else f"known are {', '.join(known)}"
            raise UsageError(f"expected a known key, got {quoted(key)}", hint=hint, place=place)


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    return str(value)
