"""A place where the commands of a page run one after another, as a reader would type them."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from celoss_cli.cli.main import run

__all__ = ["Session", "session"]

ROOT = Path(__file__).resolve().parents[2]

_INSTALLING = re.compile(r"python -m pip install [^&]*(&& python -m pytest.*|&& |$)")
"""What .ci/run does in an environment of its own."""

_QUOTED = re.compile(r"'[^']*'")
_FOR_THE_SHELL = re.compile(r"[|&;<>*?$(){}`\[\]\\#~\"]|^(?!celoss )")

_UNSET = re.compile(r"COLUMNS|LINES|TERMINAL_WIDTH|NO_COLOR|FORCE_COLOR|CELOSS_.*|GITHUB_.*|PYTHON.*")


@dataclass
class Session:
    """A working copy of the examples.

    Attributes:
        root: the copy of the checkout.
        folder: where the commands run; ``cd`` changes it.
        environment: of the commands.
        code: the exit code of the last command.

    """

    root: Path
    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    code: int = 0

    def answer(self, command: str) -> str:
        """What a command prints, on both streams, as a terminal shows it."""
        command = _INSTALLING.sub("", command.replace("\\\n", " ")).strip()
        if command == "echo $?":
            told, self.code = f"{self.code}\n", 0
            return told
        if command.startswith("cd "):
            self.folder = (self.folder / command.removeprefix("cd ")).resolve(strict=True)
            return ""
        if not command:
            return ""
        if _FOR_THE_SHELL.search(_QUOTED.sub("", command)):
            return self._by_shell(command)
        return self._within_this_process(command)

    def _by_shell(self, command: str) -> str:
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        self.code = done.returncode
        return done.stdout

    def _within_this_process(self, command: str) -> str:
        """The same without starting an interpreter, which would take most of the time."""
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8") as printed,
            open(os.devnull, encoding="utf-8") as nothing,
            contextlib.chdir(self.folder),
            _environment(self.environment),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            _stdin(nothing),
        ):
            self.code = int(run(shlex.split(command)[1:]))
            printed.flush()
            printed.seek(0)
            return printed.read()


@contextlib.contextmanager
def session(start: str) -> Iterator[Session]:
    """A session in a temporary copy of the checkout's examples, which is removed afterwards.

    Args:
        start: the folder to begin in, relative to the checkout.

    """
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary, "celoss")
        ignored = shutil.ignore_patterns("__pycache__", ".*_cache")
        shutil.copytree(ROOT / "examples", root / "examples", ignore=ignored)
        programs = Path(temporary, "bin")
        _write_programs(programs)
        kept = {name: value for name, value in os.environ.items() if not _UNSET.fullmatch(name)}
        path = f"{programs}{os.pathsep}{kept.get('PATH', os.defpath)}"
        own = {
            "PATH": path,
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "80",
        }
        yield Session(root, root / start, {**kept, **own})


def _write_programs(folder: Path) -> None:
    """The commands ``celoss`` and ``python`` of this checkout and interpreter."""
    folder.mkdir()
    for name, arguments in {"celoss": "-m celoss_cli ", "python": ""}.items():
        program = folder / name
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {arguments}"$@"\n')
        program.chmod(0o755)


@contextlib.contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class _stdin(contextlib._RedirectStream):  # type: ignore[type-arg]  # noqa: N801  # the sibling of redirect_stdout
    _stream = "stdin"
