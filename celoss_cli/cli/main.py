"""The one boundary: whatever happens inside comes out as an exit code and at most one line."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from celoss_cli.cli.faults import refused, tell_bug, tell_error
from celoss_cli.cli.output import PipeClosed, note, width_in, write_stdout
from celoss_cli.core.errors import (
    CelossError,
    ExitCode,
    UsageError,
    Way,
    quoted,
    visible,
)
from celoss_cli.core.version import __version__

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

__all__ = ["main", "run"]


_OBJECTS_AT_A_TIME = 100_000
"""So many are made before anybody looks for unused cycles among them; imports make many and leave none."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 32 << 20
"""The most that the C library takes for the second of these options, mallopt(3)."""

_BYTES_OF_NUMPY = 90 << 20
"""Address space that NumPy and a small computation take beside what is there before."""

_A_MOMENT = 0.002
"""Seconds after which no callback runs any more that was running before."""


class _Terminated(BaseException):
    """SIGTERM arrived."""


_ERRORS: dict[int, type[BaseException]] = {
    signal.SIGINT: KeyboardInterrupt,
    signal.SIGTERM: _Terminated,
}

_ENDS: dict[int, ExitCode] = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}

_arrived: list[int] = []
"""The signals that came. The error of one may come out as another: of an import in C, of ``__set_name__``."""


def main() -> NoReturn:
    """The ``celoss`` command, which ends the process."""
    gc.set_threshold(_OBJECTS_AT_A_TIME)
    sys.unraisablehook = _raise_again
    # NumPy would start threads for products of matrices, of which there are none here.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Other allocators of pyarrow keep what was freed of large buffers, or start a thread, even unused.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    os.environ.setdefault("JE_ARROW_MALLOC_CONF", "background_thread:false")
    if not sys.warnoptions:
        # What a computation has to say is an error, a finding or nan; a library's warning names a line of it.
        warnings.simplefilter("ignore")
    code = _interruptible()
    for number in (signal.SIGINT, signal.SIGTERM):  # all is written: nothing is left to be tidied up
        _handle(number, signal.SIG_DFL)
    _no_alarm()
    _leave(int(code))


def _interruptible() -> ExitCode:
    """Runs the command line of this process; a signal from here on is an exit code."""
    try:
        _handle(signal.SIGTERM, _raise)
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as nohup asks
            _handle(signal.SIGINT, _raise)
        return run(sys.argv[1:], _prepare)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except _Terminated:
        return ExitCode.TERMINATED


def _prepare() -> None:
    """What comes before anything is computed.

    Raises:
        LimitError: where NumPy's library of linear algebra would end the process for want of memory.

    """
    _keep_memory()
    from celoss_cli.read.bytes.resources import require_memory

    require_memory(_BYTES_OF_NUMPY, "NumPy")


def _keep_memory() -> None:
    """Keeps what is freed for the next block: a fresh page of the system costs more than filling it."""
    with contextlib.suppress(ImportError, OSError, AttributeError, TypeError):  # not the C library of GNU
        import ctypes

        for option in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD):
            ctypes.CDLL(None).mallopt(option, _KEPT_BYTES)


def _leave(code: int) -> NoReturn:
    """Ends the process without taking its libraries apart, which costs up to a tenth of a second."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # broken, closed or missing
            stream.flush()
    os._exit(code)


def _handle(number: signal.Signals, how: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    with contextlib.suppress(ValueError):  # not the main thread: somebody else handles signals
        signal.signal(number, how)


def _raise(number: int, frame: FrameType | None) -> None:
    """Ends what runs; a moment later where the error would be lost, as it is in the hook for lost ones."""
    _arrived.append(number)
    if _is_in_hook(frame):
        _raise_later(number)
    else:
        raise _ERRORS[number]


def _is_in_hook(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_code is not _raise_again.__code__:
        frame = frame.f_back
    return frame is not None


def _raise_later(number: int) -> None:
    """Raises a signal's error once the callback that lost it is over.

    By alarms, which need no thread: one that is starting holds a lock when the next signal comes.
    """

    def alarmed(_: int, frame: FrameType | None) -> None:
        if not _is_in_hook(frame):
            _no_alarm()
            raise _ERRORS[number]

    if sys.platform == "win32":
        import threading

        threading.Timer(_A_MOMENT, signal.raise_signal, (number,)).start()
    else:
        _handle(signal.SIGALRM, alarmed)
        signal.setitimer(signal.ITIMER_REAL, _A_MOMENT, _A_MOMENT)


def _no_alarm() -> None:
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, 0)


def _raise_again(lost: UnraisableHookArgs) -> None:
    """Raises a signal's error again that came in a callback of the interpreter, where it ends nothing."""
    numbers = [number for number, error in _ERRORS.items() if error is lost.exc_type]
    if numbers:
        _raise_later(numbers[0])
    else:
        sys.__unraisablehook__(lost)


def run(arguments: Sequence[str], prepare: Callable[[], None] | None = None) -> ExitCode:
    """Runs one command line; answers its exit code.

    Args:
        arguments: the words after the program's name.
        prepare: is called before anything is computed, and not for help or the version.

    """
    try:
        try:
            return _run(list(arguments), prepare)
        except (MemoryError, ImportError, RuntimeError, OSError) as error:
            found = refused(error)
            if found is None:
                raise
            raise found from error
    except PipeClosed as closed:
        _forget_stdout()
        return closed.code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except _Terminated:
        return ExitCode.TERMINATED
    except Exception as error:
        if _arrived:
            return _ENDS[_arrived[0]]
        if not isinstance(error, CelossError):
            return tell_bug(error, arguments)
        if error.exit_code is ExitCode.NO_OUTPUT:
            _forget_stdout()
        return tell_error(error, arguments)


def _told_at_once(arguments: list[str]) -> str | None:
    """What is answered without the parser, whose import takes ten times as long: version and short help."""
    if arguments in (["--version"], ["-V"]):
        return f"celoss {__version__}\n"
    if "--help" in arguments or arguments[:1] == ["help"]:
        from celoss_cli.cli.help import whole_help

        return whole_help([word for word in arguments if word not in ("--help", "help")])
    if "-h" in arguments:
        from celoss_cli.cli.help import short_help

        return short_help([word for word in arguments if word != "-h"])
    return None


def _run(arguments: list[str], prepare: Callable[[], None] | None) -> ExitCode:
    if not arguments and not any(name.startswith("_CELOSS_") for name in os.environ):
        from celoss_cli.cli.help import short_help

        note(f"celoss: error: expected a command, got none\n\n{(short_help([]) or '').rstrip()}")
        return ExitCode.USAGE
    told = _told_at_once(arguments)
    if told is not None:
        write_stdout([told])
        return ExitCode.DONE
    _repair_environment()
    from celoss_cli.cli.plain import plain_job

    outcome = plain_job(arguments) or _parsed(arguments)
    if not callable(outcome):
        return ExitCode(outcome or 0)
    if prepare is not None:
        prepare()
    return ExitCode(outcome())


def _parsed(arguments: list[str]) -> Callable[[], int] | int | None:
    """What Typer makes of a command line: its job, or an exit code.

    Raises:
        UsageError: for one that is wrong.

    """
    _refuse_unknown(arguments)
    from typer.exceptions import TyperException

    from celoss_cli.cli.app import outcome_of

    printed = io.StringIO()  # what the completion of a shell is made of
    try:
        with contextlib.redirect_stdout(printed):
            outcome: Callable[[], int] | int | None = outcome_of(arguments)
    except TyperException as error:
        raise UsageError(visible(" ".join(error.format_message().split()))) from None
    except SystemExit as stop:  # the completion of the shell's words ends so
        outcome = ExitCode.USAGE if stop.code else ExitCode.DONE
    if printed.getvalue() and outcome is not ExitCode.USAGE:
        write_stdout([printed.getvalue()])
    return outcome


def _refuse_unknown(arguments: list[str]) -> None:
    """Refuses a command that there is not, with the one that is likely meant.

    Raises:
        UsageError: for such a command.

    """
    from celoss_cli.cli.commands import NAMES, like

    words = arguments[1:] if arguments[:1] == ["help"] else arguments
    if not words or words[0].startswith("-") or words[0] in NAMES:
        return
    meant = like(words[0])
    ways = (Way("", (), words=(meant, *words[1:])),) if meant else ()
    hint = f"is it {meant}?" if meant else "celoss -h lists the commands"
    raise UsageError(f"expected a command, got {quoted(words[0])}", hint=hint, ways=ways)


def _repair_environment() -> None:
    """Drops widths that the help renderer would fall over."""
    for name in ("TERMINAL_WIDTH", "COLUMNS"):
        if name in os.environ and width_in(name) is None:
            del os.environ[name]


def _forget_stdout() -> None:
    """Nothing more is written there, not even by the interpreter when it ends."""
    if sys.stdout is None:
        return
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
