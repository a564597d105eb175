"""Lines of JSON read by the parser of the standard library without callbacks, where that misses nothing.

The strict reader calls back for every object and every number, which takes most of the time of a dump of
millions of small objects. A line is read without where what the callbacks are for is ruled out at once: keys
that stand twice (there are as many keys in the values as are written), numbers beyond a double, NaN, too
many levels.
"""

from __future__ import annotations

import json
import math
from itertools import chain
from typing import Any

from celoss_cli.read.json.parsing import MAX_DEPTH, parse

__all__ = ["parsed_line"]


_LONG = 10**17
"""Whole numbers from here on are doubles for the strict reader."""


def parsed_line(line: str, name: str, number: int) -> Any:
    """The value of one line, as ``parse`` gives it.

    Args:
        line: the text.
        name: of the stream.
        number: of the line.

    Raises:
        InputError: as ``parse`` does.

    """
    if "NaN" not in line and "Infinity" not in line and " :" not in line and "\t:" not in line:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if value is not None and _keys(value) == line.count('":'):
            return value
    return parse(line.encode(), name, number)


def _keys(value: Any) -> int:
    """How many keys the objects of a value have in all; -1 for too many levels and for large numbers."""
    keys, level = 0, [value]
    for _ in range(MAX_DEPTH + 1):
        kinds = set(map(type, level))
        numbers = [held for held in level if type(held) is float] if float in kinds else []
        whole = [held for held in level if type(held) is int] if int in kinds else []
        if math.inf in numbers or -math.inf in numbers or (whole and max(max(whole), -min(whole)) >= _LONG):
            return -1
        if dict not in kinds and list not in kinds:
            return keys
        objects = [held for held in level if type(held) is dict]
        lists = [held for held in level if type(held) is list]
        keys += sum(map(len, objects))
        level = [*chain.from_iterable(map(dict.values, objects)), *chain.from_iterable(lists)]
    return -1
