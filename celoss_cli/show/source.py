"""Where a result comes from and the options in force, in lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from celoss_cli.core.errors import file_name, plural, visible
from celoss_cli.show.numerals import short

if TYPE_CHECKING:
    from celoss_cli.core.data import Source
    from celoss_cli.core.option import OptionValues

__all__ = ["option_text", "options_line", "reading_lines", "skipped_line", "source_lines"]

_SINGLE: tuple[Literal["predicted", "id", "weight"], ...] = ("predicted", "id", "weight")
"""The roles that one column plays, as they are told."""


def source_lines(source: Source, takes: str, options: OptionValues) -> Iterator[str]:
    """Where the data came from, how it was read, and the options in force."""
    yield from reading_lines(source, takes)
    if told := options_line(options):
        yield told


def reading_lines(source: Source, takes: str) -> Iterator[str]:
    """The files, what their columns are taken for, and what was done to read them."""
    files = file_name(*source.get("files", ()))
    columns = source.get("columns")
    if columns and files:
        inputs = [visible(name) for name in columns["inputs"]]
        target = columns["target"] or []
        parts = [f"{takes} {_listed(inputs)}"]
        if target:
            parts.append(f"target {visible(target if isinstance(target, str) else ', '.join(target))}")
        named = {role: columns.get(role) for role in _SINGLE}
        parts += [f"{role} {visible(name)}" for role, name in named.items() if name]
        if columns.get("unused"):
            parts.append(f"not used {_listed([visible(name) for name in columns['unused']])}")
        yield f"{files}: {'; '.join(parts)}"
    yield from source.get("conversions", ())
    if columns:
        yield from (*columns.get("told", ()), *columns.get("notes", ()))
    if source.get("skipped"):
        yield skipped_line(source["skipped"])


def skipped_line(count: int) -> str:
    """How many rows were left out because --missing skip was given."""
    return f"{plural(count, 'row')} with missing values skipped"


def options_line(options: OptionValues) -> str:
    """The options that have a value."""
    shown = [f"{name} {option_text(value)}" for name, value in options.items() if value is not None]
    return f"options: {', '.join(shown)}" if shown else ""


def option_text(value: object) -> str:
    """The value of an option; a long list is cut."""
    if isinstance(value, list):
        return f"[{', '.join(option_text(item) for item in value[:8])}{', ...' if len(value) > 8 else ''}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return short(value) if isinstance(value, float) else str(value)


def _listed(names: Sequence[str]) -> str:
    return (
        ", ".join(names)
        if len(names) <= 8
        else f"{', '.join(names[:3])}, ... {names[-1]} ({len(names)} columns)"
    )
