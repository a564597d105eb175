"""The page of the conventions of other tools, from the table of facts that the losses use."""

from __future__ import annotations

from collections.abc import Iterator

from celoss_cli.losses.conventions import CONVENTIONS, Convention
from generator.markdown import code, prose, table

__all__ = ["pages"]

_HEAD = """# Conventions

How other tools compute the loss of probabilities: what they clip, whether they divide each row by its sum
first, and what the mean divides by. `--convention NAME` computes as one of them in `celoss ce`, `celoss nll`
and `celoss bce`; `--convention all` shows them side by side. What a tool does not have is refused.

"""


def pages() -> Iterator[tuple[str, str]]:
    """The one page."""
    heads = ["`--convention`", "tool", "clips", "rescales rows", "the mean divides by"]
    rows = table(heads, map(_row, CONVENTIONS.values()))
    sections = "".join(f"\n## {name}\n\n{_facts(found)}" for name, found in CONVENTIONS.items())
    yield "docs/reference/conventions.md", _HEAD + rows + sections


_DENOMINATOR = {"weights": "the sum of the weights", "counted": "the number of counted targets"}


def _row(found: Convention) -> tuple[str, str, str, str, str]:
    rescales = "yes" if found.rescales else "no"
    return code(found.name), prose(found.tool), _clip(found), rescales, _DENOMINATOR[found.denominator]


def _clip(found: Convention) -> str:
    if not found.clip:
        return "nothing"
    values = sorted(set(found.clip.values()))
    shown = " in float64, ".join(f"{value:.3g}" for value in values)
    single = " in float32" if len(values) > 1 else ""
    above = ", and above 1 less it" if found.clips_above else ""
    return f"below {shown}{single}{above}{f', then adds {found.added:g}' if found.added else ''}"


def _facts(found: Convention) -> str:
    functions = table(
        ["command", "function", "options"], (_function(found, name) for name in found.functions)
    )
    ignored = "none" if found.ignore_index is None else str(found.ignore_index)
    takes = ", ".join(found.takes)
    told = f"Takes {takes}; ignored unless told otherwise: {ignored}."
    return f"{functions}\n{told}\n\nSource: {prose(found.source)}.\n"


def _function(found: Convention, command: str) -> tuple[str, str, str]:
    options = ", ".join(map(code, sorted(found.options.get(command, ()))))
    return code(command), code(found.functions[command]), options
