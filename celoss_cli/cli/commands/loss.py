"""The commands that compute one loss: ``celoss ce`` and the like."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from celoss_cli.cli.options import LossOptions
from celoss_cli.cli.table import for_loss

if TYPE_CHECKING:
    from celoss_cli.cli.table import Command
    from celoss_cli.losses import LossSpec

__all__ = ["command_of"]

T = TypeVar("T")


def command_of(spec: LossSpec) -> Command[LossOptions]:
    """The command of a loss."""
    about = f"{spec.summary}\n\nA target is {spec.target}. The reference is {spec.reference}."
    return for_loss(spec, LossOptions, f"{about}\n\nExample: {spec.example}", partial(_run, spec))


def _run(spec: LossSpec, given: LossOptions) -> int:
    """Computes the loss, at once or in parts; or compares all conventions, or writes code."""
    if given.semantics.convention == "all":
        from celoss_cli.cli.conventions import run
    elif given.emit is not None:
        from celoss_cli.cli.emitting import run
    elif given.in_parts:
        from celoss_cli.cli.in_parts import run
    elif given.emit_partial is not None:
        from celoss_cli.cli.part import run
    else:
        from celoss_cli.cli.computing import run
    return run(spec, given)
