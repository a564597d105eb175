"""A check of the config file: its keys are options of its loss, read as those of the command line are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.commands.merge import NOT_OF_PARTS, OF_THE_PARTS
from celoss_cli.cli.options import (
    Limits,
    Reading,
    Running,
    Semantics,
    Showing,
    Uncertainty,
    expect_parts,
    values,
)
from celoss_cli.cli.table import Command, for_loss, part
from celoss_cli.core.errors import UsageError
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES

if TYPE_CHECKING:
    from celoss_cli.cli.config import Check
    from celoss_cli.core.option import Option

__all__ = ["CheckedLoss", "CheckedParts", "Plan", "keys_of", "planned"]


@record(frozen=True, slots=True)
class CheckedLoss:
    """The keys of a check in the config file: what is computed and what it is held against."""

    input: str | None = values()
    reading: Reading = part(Reading)
    semantics: Semantics = part(Semantics)
    showing: Showing = part(Showing, without=("rows", "row", "worst", "quantiles", "grad"))
    uncertainty: Uncertainty = part(Uncertainty)
    limits: Limits = part(Limits)


@record(frozen=True, slots=True)
class CheckedParts:
    """The keys of a check of partial results: the data has been read, and the loss been chosen."""

    expect_parts: int | None = expect_parts()
    semantics: Semantics = part(Semantics, without=OF_THE_PARTS)
    limits: Limits = part(Limits, without=NOT_OF_PARTS)


@record(frozen=True, slots=True)
class Plan:
    """A check with its options parsed.

    Attributes:
        check: as the file has it.
        given: its keys.
        update: whether its baseline is replaced.
        running: as the command has it.
        cluster: that computes the data file by file, or None.

    """

    check: Check
    given: CheckedLoss | CheckedParts
    update: bool
    running: Running
    cluster: str | None


def _command(loss: str, *, in_parts: bool = False) -> Command[Any]:
    if in_parts:
        return Command(loss, "", CheckedParts, lambda given: 0)
    return for_loss(LOSSES[loss], CheckedLoss)


def keys_of(loss: str) -> list[str]:
    """The keys that a check of this loss may have beside ``loss`` and ``files``."""
    return list(_keys(_command(loss)))


def _keys(command: Command[Any]) -> dict[str, Option]:
    return {option.flag.removeprefix("--"): option for option in command.options()}


def planned(check: Check, running: Running, cluster: str | None = None, *, update_baselines: bool) -> Plan:
    """The check with its options parsed as those of the command line are.

    Args:
        check: as the config file has it.
        running: as the command has it.
        cluster: that computes the data file by file, or None.
        update_baselines: whether a baseline is replaced instead of compared with.

    Raises:
        UsageError: for a key or a value that the loss does not have.

    """
    from celoss_cli.cli.app import parsed
    from celoss_cli.cli.config import refuse_unknown

    command = _command(check.loss, in_parts=check.in_parts)
    known = _keys(command)
    refuse_unknown(check.options, list(known), check.place)
    flags = [flag for key, value in check.options.items() for flag in _flags(key, value, check, known[key])]
    try:
        found = parsed(command, flags)
    except UsageError as error:
        raise error.at(check.place) from None
    updated = update_baselines and found.limits.baseline is not None
    return Plan(check, found, updated, running, cluster)


def _flags(key: str, value: Any, check: Check, option: Option) -> Iterator[str]:
    """A value of the file as the command line has it; paths are relative to the file."""
    if isinstance(value, bool):
        yield from option.words(value)
    elif isinstance(value, dict) and option.repeatable:
        yield from (f"--{key}={name}={_text(limit, key, check, option)}" for name, limit in value.items())
    elif isinstance(value, list) and option.repeatable:
        yield from (f"--{key}={_text(one, key, check, option)}" for one in value)
    else:
        yield f"--{key}={_text(value, key, check, option)}"


def _text(value: Any, key: str, check: Check, option: Option) -> str:
    if isinstance(value, str):
        if value.startswith("@"):
            return f"@{check.path(value[1:])}"
        return check.path(value) if option.file and not option.kind.or_file else value
    if isinstance(value, list):
        texts = all(isinstance(one, str) for one in value)
        return ",".join(value) if texts else _json(value, key, check)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    raise UsageError(f"expected a text, a number or a list, got {value}", place=f"{check.place}.{key}")


def _json(value: Any, key: str, check: Check) -> str:
    try:
        return json.dumps(value)
    except TypeError:
        raise UsageError("expected a list of numbers", place=f"{check.place}.{key}") from None
