"""What the options of reading ask of data that is open, and the refusal of those that it has no use for."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.table import given_options
from celoss_cli.core.errors import UsageError, quoted
from celoss_cli.read import SOURCES

if TYPE_CHECKING:
    from celoss_cli.cli.data import Data
    from celoss_cli.cli.options import Reading
    from celoss_cli.core.data import Roles
    from celoss_cli.read.request import Dataset, ReadRequest

__all__ = ["heed_options", "refuse_without_use"]

_ACTING = {
    **dict.fromkeys(("encoding", "delimiter", "decimal", "header", "comment", "percent"), "{}"),
    "allow_unterminated": "{}",
    "missing": "a table or row objects",
    "class_map": "classes that have names",
    "target_is": "classes",
    "class_axis": "classes",
}
"""The options of reading that not every format has a use for, with what has; {} stands for their names."""


def heed_options(data: Data, dataset: Dataset, request: ReadRequest) -> None:
    """Does what options of reading ask of data that is open, and refuses those that it has no use for.

    Raises:
        UsageError: for the first of those.

    """
    _clip_domain(dataset, data)
    _refuse_unused(dataset, data)
    refuse_without_use(data.reading, request)
    if meaning := _meaning_of(data.reading, request):
        dataset.described["meaning"] = meaning


def _meaning_of(reading: Reading, request: ReadRequest) -> dict[str, Any]:
    """The options that say what the data means, as a result tells them; nothing where none was given.

    Args:
        reading: the options.
        request: what they ask of a reader, with the content of the files that they name.

    """
    names = [given.option.name for given in given_options(reading) if given.option.changes == "meaning"]
    return {name: getattr(request, name) for name in names}


def _clip_domain(dataset: Dataset, data: Data) -> None:
    """Takes probabilities a little outside of 0 to 1 for 0 and 1, where an option says so.

    Raises:
        UsageError: if the input is none of probabilities.

    """
    distance = data.reading.clip_domain
    if distance is None:
        return
    if data.takes not in ("probs", "input"):
        raise UsageError(f"Expected --clip-domain with input of probabilities, got {data.takes}.")
    from celoss_cli.read.batches import clipped

    dataset.batches = clipped(dataset.batches, distance)


def _refuse_unused(dataset: Dataset, data: Data) -> None:
    """Refuses an option that the data turns out to have no use for.

    Raises:
        UsageError: for the first one.

    """
    if data.values is None:
        _refuse_unused_columns(dataset.described["columns"], data)
    _refuse_of_classes(dataset, data)
    if data.reading.choice_norm is not None and not dataset.choices:
        raise UsageError("Expected --choice-norm with samples of several choices, got it with other data.")


def refuse_without_use(reading: Reading, request: ReadRequest) -> None:
    """Refuses an option of reading that nothing which was read has a use for.

    Raises:
        UsageError: for the first one, with the formats that have.

    """
    settled = request.settled
    for given in given_options(reading):
        name = given.option.name
        if name in _ACTING and name not in settled.uses:
            able = " or ".join(spec.name for spec in SOURCES.values() if name in spec.uses)
            wanted = _ACTING[name].format(able)
            got = ", ".join(settled.sources) or "values"
            raise UsageError(f"Expected {given.words[0]} with {wanted}, got {got}: nothing to act on.")
    if reading.target_column is not None and request.truth is not None and not request.truth.is_table:
        raise UsageError("Expected --target-column with a table of targets, got values in order.")


def _refuse_unused_columns(columns: Roles, data: Data) -> None:
    """Refuses an option for columns that names none of those that play its role: the data is one array.

    Raises:
        UsageError: for the first one.

    """
    if data.group is not None and "group" not in columns:
        if data.group_option != "--by":
            raise UsageError(f"Expected {data.group_option} with a table, got arrays.")
        raise UsageError(f"Expected --by class with arrays, got the column {quoted(data.group)}.")
    reading = data.reading
    target = None if reading.targets is not None else reading.target_column  # of the file of targets
    for option, pattern, found in (
        ("--target-column", target, columns.get("target")),
        ("--class-columns", reading.class_columns, columns.get("inputs")),
        ("--id-column", reading.id_column, columns.get("id")),
        ("--weight-column", reading.weight_column, columns.get("weight")),
        ("--predicted-column", reading.predicted_column, columns.get("predicted")),
    ):
        names = [found] if isinstance(found, str) else found or []
        if pattern and not any(_names(pattern, column) for column in names):
            raise UsageError(f"Expected {option} with a table or arrays by name, got one array.")


def _refuse_of_classes(dataset: Dataset, data: Data) -> None:
    """Refuses targets, and options that say what they are, where the format itself says what is right.

    Raises:
        UsageError: for the first one.

    """
    if not (dataset.choices or dataset.scored):
        return
    kind = "samples of several choices" if dataset.choices else "scored tokens"
    for given in given_options(data.reading):
        if given.option.name == "targets" or given.option.needs in ("classes", "answers", "decisions"):
            raise UsageError(
                f"Expected no {given.option.flag} with {kind}, got one.",
                hint="their format itself says what the right one is"
                if dataset.choices
                else "they have no target",
            )


def _names(pattern: str, column: str) -> bool:
    parts = [part.strip() for part in (pattern, *pattern.split(","))]
    starts = [part.partition(":")[0] for part in parts]
    return any(column == part or fnmatchcase(column, part) for part in (*parts, *starts))
