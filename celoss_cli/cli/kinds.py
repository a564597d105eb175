"""Kinds of values that the options of the command line have beside those of core/option.py."""

from __future__ import annotations

import codecs
import io
import re
from typing import TYPE_CHECKING

from celoss_cli.core.errors import UsageError, quoted
from celoss_cli.core.option import Kind, finite, number_that, within

if TYPE_CHECKING:
    from celoss_cli.read.shards import Shard

__all__ = [
    "CLASS_MAP",
    "CLUSTER",
    "COMMENT",
    "CONFIDENCE",
    "COUNT",
    "DELIMITER",
    "DISTANCE",
    "ENCODING",
    "FILE",
    "FRACTIONS",
    "GROUP_LIMIT",
    "INCREASES",
    "MOST_CONFIDENT",
    "NAME",
    "NAMES",
    "OUTPUT_FILE",
    "PART",
    "REAL_FILE",
    "SHARD",
    "TOLERANCE",
]

_FAR = 0.01
"""Probabilities further outside of 0 to 1 than this were not put there by rounding."""

MOST_CONFIDENT = 0.999999
"""Of an interval; nearer to 1 it is of no use: no sample shows how a distribution ends so far out."""

_NO_CHARACTER_SETS = ("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape")
_DELIMITERS = {"tab": "\t", "\\t": "\t", "space": " "}


def _delimiter(text: str) -> str:
    found = _DELIMITERS.get(text, text)
    if found not in (",", ";", "\t", " ", "|"):
        raise UsageError(f"expected one of , ; tab space |, got {quoted(text)}")
    return found


def _encoding(text: str) -> str:
    """The name of an encoding of text; Python knows others, of bytes in bytes and of text in text."""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=text)
        name = codecs.lookup(text).name
    except (LookupError, ValueError):
        name = "undefined"
    if name in _NO_CHARACTER_SETS:
        raise UsageError(f"expected a known encoding of text, got {quoted(text)}")
    return text


def _open_fraction(text: str) -> float:
    value = finite(text)
    if not 0 < value < 1:
        raise UsageError(f"expected a number between 0 and 1, got {quoted(text)}")
    if value > MOST_CONFIDENT:
        raise UsageError(f"expected a number of at most {MOST_CONFIDENT}, got {quoted(text)}")
    return value


def _fractions(text: str) -> tuple[float, ...]:
    values = tuple(map(finite, text.split(",")))
    if not all(0 <= value <= 1 for value in values):
        raise UsageError(f"expected numbers from 0 to 1, got {quoted(text)}")
    return values


def _output_file(text: str) -> str | None:
    """The file to write; None for ``-``, standard output."""
    return None if text == "-" else _named(text)


def _named(text: str) -> str:
    if not text:
        raise UsageError("expected the name of a file, got an empty one")
    return text


def _real_file(text: str) -> str:
    """The file to write, which standard output cannot be: the result goes there."""
    if text == "-":
        raise UsageError("expected the name of a file, got - (a file of that name is ./-)")
    return _named(text)


def _least(text: str) -> int:
    value = finite(text)
    if value != int(value) or value < 1:
        raise UsageError(f"expected a whole number from 1, got {quoted(text)}")
    return int(value)


def _increases(text: str) -> str:
    """Amounts and percentages between commas, as they stand."""
    for one in text.split(","):
        TOLERANCE.parse(one.strip().removesuffix("%"))
    return text


def _group(text: str) -> str:
    """A limit, or a name and a limit, as it stands."""
    finite(text.rpartition("=")[2])
    return text


def _pairs(text: str) -> str:
    """Pairs of a target and a class between commas, or @FILE, as they stand."""
    odd = next((pair for pair in text.split(",") if not all(pair.partition("="))), None)
    if odd is not None and not text.startswith("@"):
        raise UsageError(f"expected pairs as H=home,D=draw, got {quoted(odd)}")
    return text


def _comment(text: str) -> str:
    if not text or not text.isprintable() or text[0].isalnum() or text[0] in "\"'.+ " or text in ("-", ","):
        raise UsageError(f"expected a mark that no row begins with, for example #, got {quoted(text)}")
    return text


def _cluster(text: str) -> str:
    """local, local:N from 1, or an address with a protocol."""
    kind, _, rest = text.partition(":")
    is_local = kind == "local" and (text == "local" or re.fullmatch("[1-9][0-9]{0,3}", rest) is not None)
    if not is_local and re.fullmatch(r"[a-z]+://[^\s/@]+(/\S*)?", text) is None:
        raise UsageError(f"expected local, local:N or an address as tcp://host:8786, got {quoted(text)}")
    return text


def _shard(text: str) -> Shard:
    from celoss_cli.read.shards import shard_of_text  # most runs are of all data

    return shard_of_text(text)


def _text(value: object) -> bool:
    return isinstance(value, str)


FILE = Kind("the name of a file", str, _text, "FILE")
OUTPUT_FILE = Kind("the name of a file", _output_file, _text, "FILE")
REAL_FILE = Kind("the name of a file", _real_file, _text, "FILE")
NAMES = Kind("names of columns", str, _text, "NAMES", separator=",")
NAME = Kind("the name of a column", str, _text, "NAME")
DELIMITER = Kind(
    "a delimiter",
    _delimiter,
    _text,
    ",|;|tab|space|BAR",
    text=lambda found: {"\t": "tab", " ": "space"}.get(found, found),
)
ENCODING = Kind("an encoding of text", _encoding, _text, "NAME")
CLASS_MAP = Kind("pairs of a target and a class", _pairs, _text, "TARGET=CLASS,...", or_file=True)
COMMENT = Kind("the mark of a comment", _comment, _text, "MARK")
FRACTIONS = Kind("numbers from 0 to 1", _fractions, _text, "Q,...")
PART = within(0, 1)
TOLERANCE = number_that("a number that is not negative", lambda value: value >= 0, "A")
DISTANCE = number_that(f"a number above 0 and at most {_FAR:g}", lambda value: 0 < value <= _FAR, "D")
INCREASES = Kind("an increase", _increases, _text, "A|P%")
CONFIDENCE = Kind("a number between 0 and 1", _open_fraction, lambda value: isinstance(value, float), "PART")
COUNT = Kind("a whole number from 1", _least, _text, "N")
GROUP_LIMIT = Kind("a limit", _group, _text, "[NAME=]X")
SHARD = Kind("a shard", _shard, lambda value: False, "I/N")
CLUSTER = Kind("a cluster", _cluster, _text, "ADDRESS|local[:N]")
