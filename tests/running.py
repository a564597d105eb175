"""The one way in which tests run celoss: within this process, or as a process where that is tested."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from celoss_cli.cli.main import run

__all__ = ["COMMAND", "Done", "celoss", "celoss_process", "settings"]

COMMAND = (sys.executable, "-m", "celoss_cli")
"""The words that start celoss as a process."""

Done = subprocess.CompletedProcess[str]
"""How a command ended: ``returncode``, ``stdout`` and ``stderr``."""

_SETTINGS = re.compile(
    r"COLUMNS|LINES|TERMINAL_WIDTH|TERM|NO_COLOR|FORCE_COLOR|CLICOLOR.*|CELOSS_.*|_CELOSS_.*|GITHUB_.*"
    r"|PYTHONUNBUFFERED|PYTHONWARNINGS|PYTHONHASHSEED|MPLBACKEND|XDG_CONFIG_HOME"
)
"""Variables that change what celoss prints or how a process of it runs."""

_PIPE_BYTES = 1 << 12
"""So much fits into a pipe before anybody reads it."""


def settings() -> set[str]:
    """The variables set here that users set for themselves."""
    return {name for name in os.environ if _SETTINGS.fullmatch(name)}


def celoss(
    *arguments: str | Path, data: str | bytes | None = None, cwd: str | Path | None = None, **environment: str
) -> Done:
    """Runs a command line within this process, which takes milliseconds instead of a start of Python.

    Args:
        arguments: the words after ``celoss``.
        data: what comes through a pipe on standard input.
        cwd: the folder to run in; by default the present one.
        environment: further variables.

    """
    words = [str(word) for word in arguments]
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        contextlib.chdir(cwd or Path.cwd()),
        _environment({**os.environ, **environment}),
        _stdin(data.encode() if isinstance(data, str) else data or b""),
    ):
        # Descriptors of their own: where nothing more can be written, celoss closes the one it writes to.
        with (
            open(os.dup(out.fileno()), "w", encoding=encoding) as stdout,
            open(os.dup(err.fileno()), "w", encoding=encoding) as stderr,
            contextlib.redirect_stdout(stdout),
            contextlib.redirect_stderr(stderr),
        ):
            code = int(run(words))
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(words, code, out.read().decode(), err.read().decode())


def celoss_process(
    *arguments: str | Path,
    data: str | bytes | None = None,
    cwd: str | Path | None = None,
    program: Sequence[str] = COMMAND,
    **environment: str,
) -> Done:
    """Runs a command line as a process of its own: for signals, limits, broken streams and lazy imports."""
    words = [*program, *map(str, arguments)]
    done = subprocess.run(
        words,
        input=data.encode() if isinstance(data, str) else data or b"",
        capture_output=True,
        cwd=cwd,
        env={**os.environ, **environment},  # as Python knows it: readline sets COLUMNS behind its back
        check=False,
        timeout=60,
    )
    return subprocess.CompletedProcess(words, done.returncode, done.stdout.decode(), done.stderr.decode())


@contextlib.contextmanager
def _environment(wanted: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _stdin(data: bytes) -> Iterator[None]:
    """A pipe that holds the data as standard input; a thread writes what does not fit into it."""
    reading, writing = os.pipe()
    writer = threading.Thread(target=_write, args=(writing, data))
    writer.start()
    if len(data) <= _PIPE_BYTES:
        writer.join()
    before = sys.stdin
    sys.stdin = open(reading, encoding="utf-8")  # noqa: SIM115  # closed below, before the writer is awaited
    try:
        yield
    finally:
        sys.stdin.close()
        sys.stdin = before
        writer.join()


def _write(descriptor: int, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError), open(descriptor, "wb", buffering=0) as pipe:
        view = memoryview(data)
        while view:
            view = view[pipe.write(view) :]
