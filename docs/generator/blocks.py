"""The blocks of a page that hold commands or Python, and what they print."""

from __future__ import annotations

import code
import contextlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from generator.sessions import ROOT, Session, session

__all__ = ["PAGES", "Broken", "differs", "rewritten"]

PAGES = [
    *("README.md", "README.zh-CN.md", "examples/ci/README.md"),
    *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/**/*.md")),
]
"""The pages whose commands are run, relative to the checkout."""

_FENCE = re.compile(r"^( *)```(console|pycon)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


class Broken(Exception):
    """A command of a page fails where the page does not say so."""


def start_of(page: str) -> str:
    """The folder in which the commands of a page begin: the examples, or that of a README."""
    return "examples" if page.startswith("docs/") else str(Path(page).parent)


def rewritten(page: str, text: str) -> str:
    """The page with what its commands print now.

    Raises:
        Broken: if one of them fails without an ``echo $?`` after it.

    """
    with session(start_of(page)) as here:
        python = code.InteractiveInterpreter({})

        def block(found: re.Match[str]) -> str:
            indent, kind, inner = found.groups()
            place = f"{page}:{text.count(chr(10), 0, found.start()) + 1}"
            lines = [line.removeprefix(indent) for line in inner.splitlines()]
            new = _console(lines, here, place) if kind == "console" else _python(lines, here, python)
            shown = "".join(f"{indent}{line}\n" if line else "\n" for line in new)
            return f"{indent}```{kind}\n{shown}{indent}```"

        return _FENCE.sub(block, text)


def _console(lines: list[str], here: Session, place: str) -> list[str]:
    commands = list(_prompted(lines, "$ ", ends_in="\\"))
    new: list[str] = []
    for command, following in zip(commands, [*commands[1:], ""], strict=True):
        new += f"$ {command}".splitlines()
        new += [line.rstrip() for line in here.answer(command).splitlines()]
        if here.code and following != "echo $?":
            raise Broken(f'{place}: "{command}" exits {here.code}: {new[-1]}')
    return new


def _prompted(lines: list[str], prompt: str, ends_in: str) -> Iterator[str]:
    """The commands of a block; one goes on while its lines end so."""
    waiting = iter(lines)
    for line in waiting:
        if line.startswith(prompt):
            command = line.removeprefix(prompt)
            while command.endswith(ends_in):
                command += "\n" + next(waiting)
            yield command


def _python(lines: list[str], here: Session, python: code.InteractiveInterpreter) -> list[str]:
    new: list[str] = []
    for statement in _statements(lines):
        printed = io.StringIO()
        with (
            contextlib.chdir(here.folder),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            python.runsource("\n".join(statement) + "\n" * (len(statement) > 1), "<page>", "single")
        new += [f"{'>>>' if n == 0 else '...'} {line}".rstrip() for n, line in enumerate(statement)]
        told = printed.getvalue().splitlines()
        new += told[:1] + told[-1:] if told[:1] == ["Traceback (most recent call last):"] else told
    return new


def _statements(lines: list[str]) -> Iterator[list[str]]:
    statement: list[str] = []
    for line in lines:
        if line.startswith(">>> "):
            if statement:
                yield statement
            statement = [line[4:]]
        elif line.startswith("...") and statement:
            statement.append(line[4:])
    if statement:
        yield statement


# ----------------------------------------------------------------------------------------- comparison

_NUMBER = re.compile(r"[+-]?[0-9]+\.[0-9]+(?:e[+-]?[0-9]+)?")
_RELATIVE = 1e-9


@dataclass(frozen=True)
class Difference:
    """Where two texts differ: the line, counted from 1, and what stands there now."""

    line: int
    now: str


def differs(old: str, new: str) -> Difference | None:
    """The first line that says something else; the last digits of a number may be another machine's."""
    old_lines, new_lines = old.splitlines(), new.splitlines()
    for number, (one, two) in enumerate(zip(old_lines, new_lines, strict=False), 1):
        if one != two and not _same(one, two):
            return Difference(number, two)
    if len(old_lines) != len(new_lines):
        shorter = min(len(old_lines), len(new_lines))
        return Difference(shorter + 1, (*new_lines, "the end")[shorter])
    return None


def _same(one: str, two: str) -> bool:
    if _shape(one) != _shape(two):
        return False
    pairs = zip(_NUMBER.findall(one), _NUMBER.findall(two), strict=True)
    return all(
        a == b or (len(a) > 12 and abs(float(a) - float(b)) <= _RELATIVE * abs(float(a))) for a, b in pairs
    )


def _shape(line: str) -> str:
    """A line without its numbers, and without the spaces and rules that their lengths decide."""
    return re.sub(r"─+", "─", " ".join(_NUMBER.sub("0.0", line).split()))
