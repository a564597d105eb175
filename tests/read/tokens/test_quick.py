"""Lines that are read without callbacks: what these are for is never missed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celoss_cli.core.errors import InputError
from celoss_cli.read.json.parsing import parse
from celoss_cli.read.tokens.quick import parsed_line

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=True)
    | st.text(max_size=5)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


def answer(function: Any, line: str) -> Any:
    try:
        return repr(function(line))
    except InputError as error:
        return str(error)


def strict(line: str) -> Any:
    return parse(line.encode(), "x", 1)


def quick(line: str) -> Any:
    return parsed_line(line, "x", 1)


@given(values, st.sampled_from([(", ", ": "), (",", ":"), (" , ", " : ")]))
def test_a_value_is_what_the_strict_reader_says(value: Any, separators: tuple[str, str]) -> None:
    line = json.dumps(value, separators=separators)
    assert answer(quick, line) == answer(strict, line)


@pytest.mark.parametrize(
    "line",
    [
        '{"a":1,"a":2}',
        '{"a":{"b":1,"b":1}}',
        '{"a" :1,"a":2}',
        '{"a"  :1,"a":2}',
        '{"a":1,"\\u0061":2}',
        '{"a":"x\\":","a":2}',
        '{"x":1e999}',
        '{"x":-1e999}',
        f'{{"x":-1{"0" * 400}.0}}',
        f'{{"x":-1{"0" * 400}}}',
        f'{{"x":{"9" * 5000}}}',
        '{"x":NaN}',
        '{"x":-Infinity}',
        "[" * 65 + "]" * 65,
        "[" * 64 + "]" * 64,
        "[" * 5000 + "]" * 5000,
        '{"a":1} {"b":2}',
        '{"a":1',
        '{"a":"\t"}',
    ],
)
def test_what_the_strict_reader_refuses_is_refused_with_its_words(line: str) -> None:
    assert answer(quick, line) == answer(strict, line)
