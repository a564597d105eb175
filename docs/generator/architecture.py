"""The page of the architecture: the rooms by their own words, and the modules that one row enters."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

from generator.markdown import code, table
from generator.sessions import ROOT

__all__ = ["ROOMS", "pages"]

ROOMS = (
    *("core", "losses", "statistics", "read", "evaluate", "findings", "report"),
    *("judge", "show", "studies", "cli"),
)
"""The folders of the package, from the one that imports no other to the one that none imports."""

COMMAND = ("ce", "examples/preds.csv", "--format", "value")
"""The row whose walk is told: the shortest whole way."""

_PACKAGE = ROOT / "celoss_cli"
_TEXT = Path(__file__).with_name("architecture.txt")

_WALK = """
import inspect, json, sys
from celoss_cli.cli.main import run
entered = {}
def follow(frame, event, argument):
    name, made = frame.f_globals.get("__name__", ""), frame.f_code
    is_function = made.co_flags & inspect.CO_OPTIMIZED and made.co_name != "__create_fn__"
    if event == "call" and name.startswith("celoss_cli.") and is_function:
        entered.setdefault(name)
sys.setprofile(follow)
run(sys.argv[1:])
sys.setprofile(None)
print(json.dumps(list(entered)), file=sys.stderr)
"""


def pages() -> Iterator[tuple[str, str]]:
    """The one page: text of our own with what the code says put in."""
    walked = _walked()
    text = _TEXT.read_text(encoding="utf-8")
    yield (
        "docs/architecture.md",
        text.format(
            rooms=_rooms(),
            command=" ".join(("celoss", *COMMAND)),
            modules=len(walked),
            walk=_walk(walked),
        ),
    )


def _rooms() -> str:
    return table(["room", "what it is"], ((code(room), _said_of(_PACKAGE / room)) for room in ROOMS)).rstrip()


def _said_of(room: Path) -> str:
    said = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))) or ""
    return said.partition("\n")[0]


@cache
def _walked() -> list[str]:
    """The modules in which a function is entered, by their names within the package."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", _WALK, *COMMAND],
        cwd=ROOT,
        env={**kept, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    names = json.loads(done.stderr.splitlines()[-1])
    folders = {".".join(path.parent.relative_to(ROOT).parts) for path in _PACKAGE.rglob("__init__.py")}
    return [name.removeprefix("celoss_cli.") for name in names if name not in folders]


def _walk(walked: list[str]) -> str:
    """A line for each stretch within one room; class bodies are no walk."""
    stretches = groupby(walked, key=lambda name: name.partition(".")[0])
    rows = (
        (code(room), ", ".join(code(name.partition(".")[2]) for name in names)) for room, names in stretches
    )
    return table(["room", "modules"], rows).rstrip()
