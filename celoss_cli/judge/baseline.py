"""A baseline: an earlier result as celoss wrote it in JSON, and whether it is of the same computation."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from celoss_cli.core.checksum import KEY, digest, is_as_written
from celoss_cli.core.errors import InputError, LimitError, Way, shown, visible
from celoss_cli.core.records import record
from celoss_cli.read.remote.urls import is_remote
from celoss_cli.read.request import open_stream

__all__ = ["Baseline", "as_text", "read_baseline"]

_MOST_BYTES = 1 << 26

_PINS = {"inputs": "--class-columns", "target": "--target-column", "weight": "--weight-column"}
"""The options that choose the columns of a role."""

_PLAIN = frozenset(",*?[:")
"""With these a text in those options is no name."""


@record(frozen=True, slots=True)
class Baseline:
    """An earlier result.

    Attributes:
        path: where it was read from.
        value: the loss, finite.
        document: all of it.
        is_sealed: whether it has a checksum, without which no change made by hand is noticed.

    """

    path: str
    value: float
    document: Mapping[str, object]
    is_sealed: bool = True

    def verify(self, document: Mapping[str, object]) -> None:
        """Compares what was computed: the loss, its options, classes, unit and columns, not the data.

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
                ways=tuple(_pinned(self.document, document)),
                place=visible(self.path),
            )


def as_text(document: Mapping[str, object]) -> str:
    """A result in JSON as a file that tells whether it was changed since."""
    return json.dumps({**document, KEY: digest(document)}, indent=2, allow_nan=False) + "\n"


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
    if KEY in document and not is_as_written(document):  # results of --json have none
        raise InputError(
            "expected a baseline as it was written: the file was changed since then",
            hint="write it anew with --update-baseline or --save-baseline",
            place=place,
        )
    value = document.get("value")
    if not _is_number(value) or not document.get("counted"):
        said = document.get("nonfinite")
        got = said if isinstance(said, str) else shown(value)
        raise InputError(f"expected a baseline with a finite value of counted rows, got {got}", place=place)
    return Baseline(path, float(value), document, KEY in document)


def _parsed(path: str, place: str) -> Any:
    try:
        with contextlib.closing(open_stream(path).binary) if is_remote(path) else open(path, "rb") as file:
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
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no double holds
        return False


def _differences(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[tuple[str, Any, Any]]:
    """The name of what differs, with both values."""
    for name in ("loss", "reduction", "unit", "classes"):
        if old.get(name) != new.get(name):
            yield name, old.get(name), new.get(name)
    if old.get("loss") != new.get("loss"):
        return  # another loss has other options
    options = [
        {**_within(document, "options"), **_within(document, "input", "meaning")} for document in (old, new)
    ]
    for name in sorted({*options[0], *options[1]}):
        if options[0].get(name) != options[1].get(name):
            yield name, options[0].get(name), options[1].get(name)
    names = old.get("labels"), new.get("labels")
    if None not in names and names[0] != names[1]:
        yield "the classes", *names
    for role, (one, two) in _columns(old, new).items():
        told_by_classes = role == "inputs" and names[0] != names[1]
        if one != two and not told_by_classes:
            told = {"inputs": "columns of the input", "target": "target column", "weight": "sample weights"}
            yield told[role], one, two


def _within(document: Mapping[str, object], *keys: str) -> dict[str, Any]:
    """An object within a document, without anything where there is none: earlier results tell less."""
    found: object = document
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, dict) else {}


def _columns(old: Mapping[str, object], new: Mapping[str, object]) -> dict[str, tuple[Any, Any]]:
    """The columns of each role in both; arrays that are files are no columns, and none is compared."""
    found = {}
    for role in _PINS:
        pair = [_named(document, role) for document in (old, new)]
        if role == "weight" or None not in pair:
            found[role] = (pair[0], pair[1])
    return found


def _named(document: Mapping[str, object], role: str) -> Any:
    files = _within(document, "input").get("files") or ()
    found = _within(document, "input", "columns").get(role)
    names = found if isinstance(found, list) else [found]
    return None if any(name in files for name in names) else found


def _pinned(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Way]:
    """The options that choose the columns of the baseline, where only these differ and the data has them."""
    known = {name for role in ("inputs", "target", "weight", "unused") for name in _listed(new, role)}
    differing = [role for role, (one, two) in _columns(old, new).items() if one != two]
    wanted = {role: _listed(old, role) for role in differing}
    for names in wanted.values():
        if not names or not all(name in known and _is_plain(name) for name in names):
            return
    if wanted:
        options = tuple((_PINS[role], ",".join(names)) for role, names in wanted.items())
        yield Way("the columns of the baseline", options)


def _is_plain(name: str) -> bool:
    """Whether an option names this column by its name as it is."""
    return _PLAIN.isdisjoint(name) and name.strip() == name == visible(name) != ""


def _listed(document: Mapping[str, object], role: str) -> list[str]:
    found = _within(document, "input", "columns").get(role)
    return [found] if isinstance(found, str) else [name for name in found or () if isinstance(name, str)]
