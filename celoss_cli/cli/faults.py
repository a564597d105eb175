"""What is said of an error: one line with its place, and the commands that are ways out."""

from __future__ import annotations

import errno
import itertools
from collections.abc import Sequence

from celoss_cli.cli.output import note
from celoss_cli.core.errors import CelossError, ExitCode, InputError, LimitError, visible

__all__ = ["bug", "refused", "tell_bug", "tell_error", "tell_trace"]

_NO_THREAD = "can't start new thread"
"""How the interpreter says that threads or the memory for them have run out."""

_NO_ROOM = "failed to map segment from shared object"
"""How the loader of the C library says that there is no room for a library in the address space."""


def refused(error: Exception) -> CelossError | None:
    """What the system refused, in our words; None of any other error."""
    if isinstance(error, MemoryError):
        return LimitError("out of memory")
    if isinstance(error, ImportError) and _NO_ROOM in str(error):
        return LimitError("out of memory: a library could not be loaded")
    if isinstance(error, RuntimeError) and str(error) == _NO_THREAD:
        return LimitError("the system starts no more threads", hint="fewer of them: --jobs 1")
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return LimitError("out of memory", place=visible(str(error.filename or "")))
    if isinstance(error, OSError):
        return InputError(
            f"{visible(str(error.strerror or error))}.", place=visible(str(error.filename or ""))
        )
    return None


def tell_error(error: CelossError, arguments: Sequence[str]) -> ExitCode:
    """Says what was refused, for people or for programs; answers the exit code.

    Args:
        error: what was refused.
        arguments: the words that were typed after the program's name.

    """
    if "--debug" in arguments:
        tell_trace()
    if _wants_json(arguments):
        import json

        told: dict[str, object] = {
            "exit_code": int(error.exit_code),
            "message": error.fact,
            "hint": error.hint or None,
            "place": error.place or None,
        }
        offered = _commands(error, arguments) if error.ways else ()
        if offered:
            told["commands"] = [command for command, _ in offered]
        note(json.dumps({"error": told}))
    else:
        note(f"celoss: error: {error.sentence}")
        for command, means in _commands(error, arguments) if error.ways else ():
            note(f"  {command}{f'  ({visible(means)})' if means else ''}")
    return error.exit_code


def _commands(error: CelossError, arguments: Sequence[str]) -> list[tuple[str, str]]:
    """The ways out that lead to a result as commands, and what each means."""
    from celoss_cli.cli.command_line import commands
    from celoss_cli.cli.leading import Leading

    try:
        return commands(error, arguments, Leading().on)
    except Exception as mistake:  # what was refused is told all the same
        tell_bug(mistake, arguments)
        return []


def tell_bug(error: Exception, arguments: Sequence[str]) -> ExitCode:
    """Says that an error is a mistake of the program; answers the exit code."""
    if "--debug" in arguments:
        tell_trace()
    note(f"celoss: error: {bug(error)}")
    return ExitCode.BUG


def bug(error: Exception) -> str:
    """An error that is a mistake of the program, in one line."""
    text = visible(" ".join(str(error).split()))
    return f"a bug in celoss, please report it ({type(error).__name__}: {text}; see --debug)"


def tell_trace() -> None:
    """Where in the program the error came from that is being handled."""
    import traceback

    note(traceback.format_exc().rstrip())


def _wants_json(arguments: Sequence[str]) -> bool:
    pairs = itertools.pairwise([*arguments, ""])
    return any(
        one in ("--json", "--format=json") or (one == "--format" and two == "json") for one, two in pairs
    )
