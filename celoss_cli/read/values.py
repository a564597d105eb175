"""Values given on the command line, or as ``@path`` from a file of any known format."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.errors import InputError, Way, plural, quoted
from celoss_cli.core.numbers import MISSING, is_number, number
from celoss_cli.read.arrays.slices import dataset_of_arrays
from celoss_cli.read.batches import counted
from celoss_cli.read.gather import opened_values
from celoss_cli.read.printed import plain_values
from celoss_cli.read.request import Dataset, ReadRequest, columns_of

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Source

__all__ = ["dataset_of_values", "read_file", "read_value", "refuse_file_names", "refuse_values"]

_WORD = re.compile(r"[^\[\],]+")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_MAX_DEPTH = 64
_TOO_DEEP = f"expected at most {_MAX_DEPTH} levels of nesting, got more"
_SHOWN = 20
_TRUTH = {"true": True, "false": False, "True": True, "False": False}
_LONGEST_NAME = 1 << 10
_MOST_SPELLED = 32
"""So many values of a file are repeated in a command."""


def read_value(text: str, option: str, request: ReadRequest) -> Array:
    """The array that an option's text means: ``1,2``, ``1,2;3,4``, ``[[1,2],[3,4]]`` or ``@path``.

    Raises:
        InputError: with the option, or the file and its place.

    """
    if text.startswith("@"):
        return _of_option(text[1:], option, request)
    refuse_file_names((option, text))
    try:
        text = plain_values(text)
        nested = _bracketed(text) if text.lstrip().startswith("[") else _by_rows(text)
        return _array(nested, request)
    except InputError as error:
        if error.place.startswith("["):
            error.place = f"{option}{error.place}"
            raise
        raise error.at(option) from None


def _of_option(path: str, option: str, request: ReadRequest) -> Array:
    """The array in the file of an option; whether its first line is a header is said of no other file."""
    request = replace(request, bare_line=True)
    try:
        return read_file(path, request, None)
    except InputError as error:
        if any(name == "--no-header" for way in error.ways for name, _ in way.options):
            error.hint, error.ways = "", tuple(_spelled_out(path, option, request))
        raise


def _spelled_out(path: str, option: str, request: ReadRequest) -> Iterator[Way]:
    """The values of a file with and without its first line, as the option has them itself."""
    for header, meaning in ((False, "the first line is values"), (True, "the first line is a header")):
        with contextlib.suppress(InputError):
            values = read_file(path, replace(request, header=header), None)
            if 0 < values.size <= _MOST_SPELLED:
                yield Way(meaning, ((option, _spelled(values)),))


def _spelled(values: Array) -> str:
    """The values of an array as text: 1,2 or 1,2;3,4; one column as a list."""
    rows = values.reshape(1, -1) if values.ndim < 2 or values.shape[1] == 1 else values
    return ";".join(
        ",".join(f"{value:.17g}" if value != float(f"{value:g}") else f"{value:g}" for value in row)
        for row in rows.tolist()
    )


def refuse_file_names(*given: tuple[str, str | None]) -> None:
    """Refuses names of files where values or @FILE are expected.

    Args:
        given: options with their texts.

    Raises:
        InputError: with the command that reads all of them.

    """
    named = [(option, text) for option, text in given if text is not None and _is_file(text)]
    if named:
        shown = " and ".join(quoted(text) for _, text in named)
        raise InputError(
            f"expected values or @FILE, got {shown}, which {'is a file' if len(named) == 1 else 'are files'}",
            ways=(Way("", tuple((option, f"@{text}") for option, text in named)),),
            place=named[0][0],
        )


def refuse_values(files: Sequence[str], option: str, request: ReadRequest) -> None:
    """Refuses values where files are expected: ``celoss ce '[[0.9, 0.1]]' 0``.

    Args:
        files: what was given as files, none of which is there; at least one.
        option: takes the values of the loss's input.
        request: what is asked of the reader.

    Raises:
        InputError: with the command that takes them, if there are two.

    """
    if not all(_are_values(text, request) for text in files):
        return
    given = dict(zip((option, "--targets"), files, strict=False)) if len(files) == 2 else {}
    raise InputError(
        f"expected files, got the values {' and '.join(map(quoted, files))}",
        hint=f"values are those of {option} and --targets",
        ways=(Way("", tuple(given.items()), not_files=tuple(files)),) if given else (),
    )


def _are_values(text: str, request: ReadRequest) -> bool:
    with contextlib.suppress(InputError):
        return not text.startswith("@") and read_value(text, "", request).size > 0
    return False


def _is_file(text: str) -> bool:
    """Whether a text that is no number is the name of a file."""
    short = len(text) < _LONGEST_NAME and text.isprintable() and not text.startswith(("@", "["))
    return short and not is_number(text) and os.path.isfile(text)


def read_file(path: str, request: ReadRequest, chosen: str | None) -> Array:
    """The array in a file of any known format, which ``chosen`` names or its suffix.

    Raises:
        InputError: with the file and the place in it.

    """
    spec, stream, request = opened_values(path, request, chosen)
    with contextlib.closing(stream):
        values: Array = spec.load().read_values(stream, request)
    return values


def dataset_of_values(input: Array, target: Array, request: ReadRequest) -> Dataset:
    """Inline input and targets as a data set; a single target may stand for itself."""
    if request.per_class and input.ndim == 1 and target.size == 1:
        input, target = input[None], target.reshape(1)
    described: Source = {"columns": columns_of([request.takes], "targets")}
    places = (f"--{request.takes}", "--targets")
    return counted(dataset_of_arrays(input, target, described, request, places=places), request)


def _by_rows(text: str) -> Any:
    """``a,b;c,d`` as rows; without a semicolon one row is a vector."""
    rows = [row.split(",") for row in text.split(";")]
    return rows[0] if len(rows) == 1 else rows


def _bracketed(text: str) -> Any:
    """Nested lists of the texts that stand between brackets and commas."""
    words = _WORD.sub(lambda found: json.dumps(found[0]) if found[0].strip() else "", text)
    try:
        return json.loads(words)
    except RecursionError:
        raise InputError(_TOO_DEEP) from None
    except json.JSONDecodeError as error:
        rest = words[error.pos :].replace('"', "")[:_SHOWN]
        raise InputError(
            f"expected values in lists, with commas between them, got {quoted(rest) if rest else 'the end'}"
        ) from None


def _array(nested: Any, request: ReadRequest) -> Array:
    """Integers stay integers, so that one-hot rows and probabilities can be told apart."""
    tokens: list[str] = []
    shape = _collect(nested, tokens, "")
    if len(shape) > _MAX_DEPTH:
        raise InputError(_TOO_DEEP)
    if tokens and all(token.strip() in _TRUTH for token in tokens):
        return np.array([_TRUTH[token.strip()] for token in tokens]).reshape(shape)
    integral = all(_INTEGER.fullmatch(token.strip()) for token in tokens)
    values = [_number(token, np.unravel_index(i, shape), request) for i, token in enumerate(tokens)]
    if integral:
        return np.array([int(token) for token in tokens], np.int64).reshape(shape)
    return np.array(values, np.float64).reshape(shape)


def _number(token: str, index: Sequence[Any], request: ReadRequest) -> float:
    try:
        return number(token, allow_nonfinite=request.allow_nonfinite)
    except InputError as error:
        place = "".join(f"[{i}]" for i in index)
        if token.strip() in MISSING:  # there is no row to skip
            raise InputError(error.fact, place=place) from None
        raise error.at(place) from None


def _collect(nested: Any, tokens: list[str], path: str) -> tuple[int, ...]:
    """Appends the leaves in order and answers the shape, which every branch must share."""
    if isinstance(nested, str):
        tokens.append(nested)
        return ()
    shapes = [_collect(item, tokens, f"{path}[{index}]") for index, item in enumerate(nested)]
    for index, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise InputError(f"expected {_extent(shapes[0])} at {path}[{index}], got {_extent(shape)}")
    return (len(shapes), *(shapes[0] if shapes else ()))


def _extent(shape: tuple[int, ...]) -> str:
    return plural(shape[0], "value") if shape else "a number"
