"""The options of a record that a loss has, as a command."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from celoss_cli.cli.options import Reading, Semantics
from celoss_cli.cli.table import Command, options_in
from celoss_cli.core.option import one_of
from celoss_cli.losses.conventions import CONVENTIONS

if TYPE_CHECKING:
    from celoss_cli.losses import LossSpec

__all__ = ["for_loss"]

T = TypeVar("T")


def for_loss(
    spec: LossSpec, kind: type[T], help: str = "", run: Callable[[T], int] = lambda given: 0
) -> Command[T]:
    """A command with the options of a record that a loss has, and no others."""
    return Command(
        spec.command,
        help,
        kind,
        run,
        without=frozenset(_foreign(spec)),
        changed=_changed(spec),
        groups={"of_loss": spec.declared},
    )


def _foreign(spec: LossSpec) -> Iterable[str]:
    """The options that mean nothing for a loss."""
    yield from (option.name for option in options_in(Reading) if option.needs in spec.lacks)
    if not spec.kinds:
        yield "input_is"
    if not spec.loss.is_information:
        yield "base"
    if not spec.by_convention:
        yield "convention"
    if not spec.scored:
        yield from (option.name for option in options_in(Semantics) if option.needs == "tokens")


def _changed(spec: LossSpec) -> Mapping[str, Mapping[str, Any]]:
    """What is another in the options of a loss."""
    tools = [name for name, known in CONVENTIONS.items() if spec.command in known.functions]
    return {
        "input": {
            "flags": (f"--{spec.takes}", "-x"),
            "help": f"The {spec.takes} inline, as 1,2;3,4 or [[1,2],[3,4]], or @FILE.",
        },
        "input_is": {
            "kind": one_of(spec.kinds),
            "help": f"What the values are; {spec.takes} if not given.",
        },
        "convention": {
            "kind": one_of((*tools, "all")),
            "help": "Clip, rescale and divide as this tool does; all shows them side by side.",
        },
        "reduction": {"kind": one_of(spec.reductions)},
    }
