"""A baseline: an earlier result as celoss wrote it in JSON, and whether it is of the same computation."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from celoss_cli.core.errors import InputError, LimitError, shown, visible
from celoss_cli.core.records import record

__all__ = ["Baseline", "read_baseline"]

_MOST_BYTES = 1 << 26


@record(frozen=True, slots=True)
class Baseline:
    """An earlier result.

    Attributes:
        path: where it was read from.
        value: the loss, finite.
        document: all of it.

    """

    path: str
    value: float
    document: Mapping[str, Any]

    def verify(self, document: Mapping[str, Any]) -> None:
        """Compares what was computed: the loss, its options, classes and unit, not the data.

        Args:
            document: the new result as JSON values.

        Raises:
            InputError: that says every difference.

        """
        told = [
            f"{name} {shown(old)} instead of {shown(new)}"
            for name, old, new in _differences(self.document, json.loads(json.dumps(document)))
        ]
        if told:
            raise InputError(
                f"expected a baseline of the same computation, got one with {', '.join(told)}",
                hint="where the change is meant, update the baseline",
                place=visible(self.path),
            )


def read_baseline(path: str) -> Baseline:
    """The baseline in a file.

    Raises:
        InputError: if it is no result of celoss, or one without a finite value.
        LimitError: if it is larger than any result.

    """
    place = visible(path)
    document = _parsed(path, place)
    if not _is_result(document):
        raise InputError("expected a result that celoss wrote as JSON", place=place)
    if document["schema_version"] != 1:
        got = shown(document["schema_version"])
        raise InputError(f"expected a result of schema_version 1, got {got}", place=place)
    value = document.get("value")
    if not _is_number(value) or not document.get("counted"):
        said = document.get("nonfinite")
        got = said if isinstance(said, str) else shown(value)
        raise InputError(f"expected a baseline with a finite value of counted rows, got {got}", place=place)
    return Baseline(path, float(value), document)


def _parsed(path: str, place: str) -> Any:
    try:
        with open(path, "rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError as error:
        hint = "celoss ce writes one with --save-baseline, celoss check with --update-baselines"
        raise InputError(f"{error.strerror}", hint=hint, place=place) from None
    if len(data) > _MOST_BYTES:
        raise LimitError(f"expected a result of at most {_MOST_BYTES} bytes", place=place)
    try:
        return json.loads(data.decode())
    except (ValueError, RecursionError):
        raise InputError("expected a result that celoss wrote as JSON, got no JSON", place=place) from None


def _is_result(document: Any) -> bool:
    if not isinstance(document, dict) or not isinstance(document.get("tool"), dict):
        return False
    objects = all(isinstance(document.get(name), dict) for name in ("options", "input"))
    return document["tool"].get("name") == "celoss" and "schema_version" in document and objects


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """The name of what differs, with both values."""
    for name in ("loss", "reduction", "unit", "classes"):
        if old.get(name) != new.get(name):
            yield name, old.get(name), new.get(name)
    if old.get("loss") != new.get("loss"):
        return  # another loss has other options
    for name in sorted({*old["options"], *new["options"]}):
        if old["options"].get(name) != new["options"].get(name):
            yield name, old["options"].get(name), new["options"].get(name)
    names = old.get("labels"), new.get("labels")
    if None not in names and names[0] != names[1]:
        yield "the classes", *names
    if _weighted(old) != _weighted(new):
        yield "sample weights", _weighted(old), _weighted(new)


def _weighted(document: Mapping[str, Any]) -> bool:
    columns = document["input"].get("columns")
    return isinstance(columns, dict) and columns.get("weight") is not None
