"""Writing results: all of it or a clear failure."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import TextIO

from celoss_cli.core.errors import ExitCode, OutputError, visible
from celoss_cli.core.version import __version__
from celoss_cli.read.remote.urls import is_remote
from celoss_cli.show import Style

__all__ = [
    "PipeClosed",
    "append_file",
    "make_folder",
    "note",
    "stdout_style",
    "width_in",
    "write_file",
    "write_stdout",
]

_ASCII = str.maketrans(
    {
        "·": "-",
        "─": "-",
        "━": "-",
        "│": "|",
        "╭": "+",
        "╮": "+",
        "╰": "+",
        "╯": "+",
        "├": "+",
        "┤": "+",
        "…": "...",
    }
)


class PipeClosed(Exception):
    """The reader of standard output went away; a check that failed before is not forgotten."""

    def __init__(self, code: ExitCode = ExitCode.PIPE_CLOSED) -> None:
        super().__init__(code)
        self.code = code


def stdout_style(color: str) -> Style:
    """What may be written to standard output as it is now."""
    return Style(
        width=_width(sys.stdout),
        color=_color(color, sys.stdout),
        unicode=_unicode(sys.stdout),
        version=__version__,
    )


def _unicode(stream: TextIO | None) -> bool:
    encoding = (getattr(stream, "encoding", None) or "ascii").lower()
    return encoding.replace("-", "").replace("_", "").startswith("utf")


def _width(stream: TextIO | None) -> int | None:
    """A width in COLUMNS; else the terminal's width; None where it is not a terminal."""
    asked = width_in("COLUMNS")
    if asked is not None:
        return asked
    if stream is None or not stream.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns


def width_in(variable: str) -> int | None:
    """The width that an environment variable holds: a whole number from 1 to 9999."""
    digits = os.environ.get(variable, "").lstrip("0")
    return int(digits) if re.fullmatch(r"[0-9]{1,4}", digits) else None


def _color(wanted: str, stream: TextIO | None) -> bool:
    if wanted != "auto":
        return wanted == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return os.environ.get("TERM") != "dumb" and stream is not None and stream.isatty()


def write_stdout(pieces: Iterable[str]) -> None:
    """Writes and flushes text, past Python's own buffers.

    Raises:
        PipeClosed: if nobody reads any more.
        OutputError: if standard output is closed or full.

    """
    stream = sys.stdout
    if stream is None:
        raise OutputError("standard output is closed")
    plain = not _unicode(stream)
    with _output_errors("standard output"):
        stream.flush()
        descriptor = stream.fileno()
        for piece in pieces:
            text = piece.translate(_ASCII) if plain else piece
            _write_all(descriptor, text.encode(stream.encoding, "backslashreplace"))


@contextlib.contextmanager
def _output_errors(name: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise PipeClosed from None
    except OSError as error:
        raise OutputError(f"{error.strerror}", place=name) from None


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def write_file(path: str, pieces: Iterable[str] | Iterable[bytes]) -> None:
    """Replaces a file, here or at a URL, by new content: it is the old one or the new one, never a part.

    Raises:
        OutputError: if it cannot be written.
        UsageError: for a URL that holds a secret or that no installed package writes.

    """
    if is_remote(path):
        from celoss_cli.read.remote.files import write_object  # most files are of this machine

        write_object(path, map(_bytes, pieces))
        return
    with _output_errors(visible(path) or '""'):
        target = os.path.realpath(path)
        if os.path.islink(target):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if os.path.exists(path) and not os.path.isfile(target):
            # Devices and pipes hold nothing to protect; that of /dev/stdout has no other name to open it by.
            with open(path, "wb", buffering=0) as device:
                for piece in pieces:
                    _write_all(device.fileno(), _bytes(piece))
            return
        # Named before it is there, so that a signal at any moment leaves nothing behind.
        temporary = os.path.join(os.path.dirname(target), f".celoss-{os.urandom(8).hex()}")
        try:
            with open(temporary, "xb", opener=_private) as file:
                for piece in pieces:
                    file.write(_bytes(piece))
                file.flush()
                os.fsync(file.fileno())
                if hasattr(os, "fchmod"):  # Windows has none before Python 3.13
                    os.fchmod(file.fileno(), _mode(target))
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise


def _private(path: str, flags: int) -> int:
    """Opens a file that nobody else may read; it gets its permissions when it is complete."""
    return os.open(path, flags, 0o600)


def _bytes(piece: str | bytes) -> bytes:
    return piece.encode() if isinstance(piece, str) else piece


def make_folder(path: str) -> None:
    """Makes a folder if it is not there yet; stores have none.

    Raises:
        OutputError: if it cannot be made.

    """
    if is_remote(path):
        return
    with _output_errors(visible(path)):
        os.makedirs(path, exist_ok=True)


def append_file(path: str, pieces: Iterable[str]) -> None:
    """Adds text to a file that others add to as well.

    Raises:
        OutputError: if it cannot be written.

    """
    with _output_errors(visible(path)), open(path, "ab", buffering=0) as file:
        _write_all(file.fileno(), "".join(pieces).encode())


def _mode(path: str) -> int:
    """The permissions of the file that is replaced, or those a new file gets."""
    with contextlib.suppress(OSError):
        return os.stat(path).st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def note(text: str) -> None:
    """One line on standard error; nothing where that is closed."""
    if sys.stderr is None:
        return
    with contextlib.suppress(OSError, ValueError):
        encoding = sys.stderr.encoding or "utf-8"
        data = f"{text}\n".encode(encoding, "backslashreplace")
        sys.stderr.flush()
        _write_all(sys.stderr.fileno(), data)
