"""Writes the parts of the documentation that come from the program; --check only compares.

    python docs/generate.py            writes the reference, and the output of every command that a page shows
    python docs/generate.py --check    tells what it would change, and exits 1 if that is something

Names of pages after it limit both to them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain

from generator import (
    architecture,
    commands,
    functions,
    gallery,
    inputs,
    losses,
    measurements,
    mistakes,
    schemas,
    terminal,
    tools,
)
from generator.blocks import PAGES, Broken, differs, rewritten
from generator.sessions import ROOT

_REFERENCE = (
    commands,
    schemas,
    functions,
    losses,
    mistakes,
    tools,
    inputs,
    measurements,
    architecture,
    terminal,
    gallery,
)
_MARK = "\n<!-- Written by docs/generate.py; do not edit. -->\n"


@cache
def reference() -> dict[str, str]:
    """The pages that are generated whole, by path."""
    made = chain.from_iterable(module.pages() for module in _REFERENCE)
    return {path: text + _MARK if path.endswith(".md") else text for path, text in made}


def main(arguments: Sequence[str]) -> int:
    """Writes or compares; answers the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--check", action="store_true", help="write nothing, exit 1 where something would change"
    )
    parser.add_argument("pages", nargs="*", help="only these pages")
    asked = parser.parse_args(arguments)
    told = list(changes(set(asked.pages), write=not asked.check))
    for line in told:
        print(line)
    if told and asked.check:
        print("python docs/generate.py writes this anew")
    return 1 if asked.check and told else 0


def changes(wanted: set[str], *, write: bool) -> Iterator[str]:
    """What differs, a line for each page; written on the way if so asked."""
    made = reference()
    for page in sorted({*made, *PAGES}):
        if wanted and page not in wanted:
            continue
        path = ROOT / page
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        try:
            new = made[page] if page in made else rewritten(page, old)
        except Broken as broken:
            yield str(broken)
            continue
        difference = differs(old, new)
        if difference is None:
            continue
        yield f"{page}:{difference.line}: now {difference.now[:100]!r}"
        if write:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
