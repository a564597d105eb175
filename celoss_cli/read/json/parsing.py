"""JSON text to Python's values, by a strict reading of RFC 8259."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator
from typing import Any

from celoss_cli.core.errors import InputError, Way, quoted
from celoss_cli.read.json.cutting import depth_of

__all__ = [
    "MAX_DEPTH",
    "Refused",
    "decoded",
    "extra_data",
    "parse",
    "refuse_utf16",
    "repeated_key",
    "too_deep",
]

MAX_DEPTH = 64
_LINES = "one row object a line? try --input-format jsonl"

_MARK = re.compile(
    r'(?P<opening>[\[{])|(?P<closing>[\]}])|(?P<string>"(?:[^"\\]|\\.)*+")(?P<colon>\s*+:)?', re.DOTALL
)


class Refused(str):
    """A token that is JSON and no number of ours; it is refused where it stands."""

    __slots__ = ()


class _Duplicate(Exception):
    """Some object has a key twice."""


def parse(data: bytes, name: str, first_line: int = 1, first_column: int = 1, *, within: int = 0) -> Any:
    """The document in ``data``; numbers that no double holds are left as refusable tokens.

    Args:
        data: the text, without the byte order mark that a stream may begin with.
        name: of the stream.
        first_line: the number of its first line in the stream.
        first_column: the number of the column in that line where it begins.
        within: how deep it nests there.

    Raises:
        InputError: for text that is not JSON, duplicate keys, nesting deeper than 64 or trailing data.

    """
    refuse_utf16(data, name)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise InputError(
            f"expected UTF-8, got the byte 0x{data[error.start]:02x} at offset {error.start}", place=name
        ) from None
    if not text.strip():
        raise InputError("expected a JSON document, got nothing: no rows", place=name)
    if _depth(data) + within > MAX_DEPTH:
        raise too_deep(name)
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"expected JSON, got {_found(text, error.pos)}: {error.msg}",
            hint=_LINES if error.lineno > 1 and _goes_on(error) else "",
            place=_place_of(error, name, first_line, first_column),
        ) from None
    except _Duplicate:
        key, position = next(_repeated(text))
        place = _place_of(json.JSONDecodeError("", text, position), name, first_line, first_column)
        raise repeated_key(key, place) from None


def _place_of(error: json.JSONDecodeError, name: str, first_line: int, first_column: int) -> str:
    column = error.colno + (first_column - 1 if error.lineno == 1 else 0)
    return f"{name}:{first_line + error.lineno - 1}:{column}"


def repeated_key(key: str, place: str) -> InputError:
    return InputError(f"expected each key once, got {quoted(key)} twice", place=place)


def too_deep(name: str) -> InputError:
    return InputError(f"expected at most {MAX_DEPTH} levels of nesting, got more", place=name)


def refuse_utf16(data: bytes, name: str) -> None:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError("expected UTF-8, got UTF-16", place=name)


def extra_data(rest: str, place: str, *, later: bool) -> InputError:
    """What is said of text behind a document.

    Args:
        rest: the text.
        place: where it begins.
        later: whether that is another line than the first.

    """
    are_lines = later and rest[:1] in ("{", "[")
    ways = (Way("", (("--input-format", "jsonl"),)),) if are_lines else ()
    told = f"expected JSON, got {_found(rest, 0)}: Extra data"
    return InputError(told, hint=_LINES if are_lines else "", ways=ways, place=place)


def decoded(text: str, start: int) -> tuple[Any, int]:
    """The value that begins somewhere in a text, and where it ends.

    Raises:
        ValueError: for none, or one with a key twice.

    """
    try:
        return _DECODER.raw_decode(text, start)
    except _Duplicate:
        raise ValueError from None


def _repeated(text: str) -> Iterator[tuple[str, int]]:
    """The keys that their object had before, and where; the text is JSON at least up to the first one."""
    seen: list[set[str]] = []
    for mark in _MARK.finditer(text):
        if mark["opening"]:
            seen.append(set())
        elif mark["closing"]:
            seen.pop()
        elif mark["colon"]:
            key = json.loads(mark["string"])
            if key in seen[-1]:
                yield key, mark.start()
            seen[-1].add(key)


def _goes_on(error: json.JSONDecodeError) -> bool:
    """Whether another document follows a complete one."""
    return error.msg == "Extra data" and error.doc[error.pos] in "{["


def _depth(data: bytes) -> int:
    """The deepest nesting, or where that cannot be too deep an upper bound of it."""
    most = data.count(b"[") + data.count(b"{")
    if most <= MAX_DEPTH:
        return most
    return depth_of(data)


def _found(text: str, position: int) -> str:
    rest = text[position : position + 20].split("\n")[0]
    return quoted(rest) if rest else "the end of the text"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        raise _Duplicate
    return unique


def _double(token: str) -> Any:
    value = float(token)
    return Refused(token) if math.isinf(value) else value


def _integer(token: str) -> Any:
    return int(token) if len(token) < 19 else _double(token)


def _constant(token: str) -> Any:
    return -math.inf if token == "-Infinity" else Refused(token)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_double, parse_int=_integer, parse_constant=_constant
)
