"""A value of every option of every command, and the words that give it."""

from __future__ import annotations

from typing import Any

from celoss_cli.cli.commands import NAMES, command_named
from celoss_cli.cli.table import Command
from celoss_cli.core.errors import UsageError
from celoss_cli.core.option import FLAG, Option
from celoss_cli.read.shards import Shard

COMMANDS: list[Command[Any]] = [command_named(name) for name in NAMES]

SAMPLES = {
    "comment": "#",
    "class_map": ("H=home,D=draw",),
    "first_class": 1,
    "shard": Shard(1, 8),
    "cluster": "local:2",
    "header": False,
    "delimiter": "\t",
    "encoding": "latin-1",
    "quantiles": (0.5, 0.9),
    "max_group": ("a=1.5",),
    "beta": 0.5,
    "clip_domain": 1e-06,
    "select": ("CEL1", "CEL2"),
    "ignore": ("CEL1",),
    "confidence": 0.9,
    "resamples": 200,
    "names": ("val",),
    "files": ("a.csv", "b.csv"),
    "partials": ("1.json",),
    "atol": 0.5,
    "rtol": 0.5,
    "min_count": 2,
}


def sample(option: Option) -> Any:
    """A value that the option has nowhere by itself."""
    if option.name in SAMPLES:
        return SAMPLES[option.name]
    if option.kind is FLAG:
        return not option.default
    if option.kind.choices:
        return next(choice for choice in option.kind.choices if choice != option.default)
    for text in ("7", "0.75", "a.csv"):
        try:
            return option.value_of([text])
        except UsageError:
            continue
    raise AssertionError(option.name)


def words_of(option: Option, value: Any) -> list[str]:
    if option.argument:
        return list(value) if option.repeatable else [value]
    if option.name == "quantiles":
        return ["--quantiles", "0.5,0.9"]
    if option.name in ("select", "ignore"):
        return [option.flag, ",".join(value)]
    return list(option.words(value))
