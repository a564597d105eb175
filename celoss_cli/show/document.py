"""What a result says: a view for people, values for programs. Every output format writes any of it.

A command makes a ``Document`` of its result, a format writes one. Neither knows the other: a new result
is a function that returns a document, a new format a function that takes one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.show.blocks import Page, View
    from celoss_cli.show.data import Columns, Parts, Records
    from celoss_cli.show.verdicts import Checks

__all__ = ["Document"]


@record(frozen=True, slots=True, kw_only=True)
class Document:
    """A result as every format may show it, each part made where a format asks for it.

    Attributes:
        view: makes what people read.
        values: makes the JSON object from the version of celoss; keys are only ever added.
        page: makes the view laid out for a page, or None where the view itself will do.
        number: makes the lines of ``--format value``, or None where there is no number.
        records: makes a table of data, or None where there is none.
        checks: makes the checks, or None for a result that is held against nothing.
        array: makes the array of losses or gradients, or None where there is none.

    """

    view: Callable[[], View]
    values: Callable[[str], dict[str, Any]]
    page: Callable[[], Page] | None = None
    number: Callable[[], Iterable[str]] | None = None
    records: Callable[[], Records | Columns] | None = None
    checks: Callable[[], Checks] | None = None
    array: Callable[[], Parts] | None = None
