"""Lines that are read without callbacks: what these are for is never missed."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from dumps import FORMATS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from celoss_cli.core.errors import InputError
from celoss_cli.read.json.parsing import parse
from celoss_cli.read.json.text import Text
from celoss_cli.read.request import Stream
from celoss_cli.read.text.blocks import Block
from celoss_cli.read.tokens import quick

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


@pytest.fixture(params=["orjson", "standard library"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both parsers, whether or not the one is installed; no entries are taken out before."""
    monkeypatch.setattr(quick, "entries_in", lambda data: {})
    if request.param == "orjson":
        pytest.importorskip("orjson")
    else:
        monkeypatch.setitem(sys.modules, "orjson", None)
    quick._parser.cache_clear()
    yield
    quick._parser.cache_clear()


def strict(line: str) -> Any:
    return parse(line.encode(), "x", 1)


def quick_value(line: bytes) -> Any:
    """The value of a line that needs no other look, else None."""
    block = Block(line.removesuffix(b"\n") + b"\n", 1, 1, 0, "x")
    [(_, found)] = quick.lines_read(block, lambda block: iter([("", None)]))
    return found.value if isinstance(found, quick.Line) and found.is_whole() else None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(values, st.sampled_from([(", ", ": "), (",", ":"), (" , ", " : ")]), st.booleans(), st.booleans())
def test_a_value_is_what_the_strict_reader_says(
    value: Any, separators: tuple[str, str], escaped: bool, many: bool
) -> None:
    line = json.dumps([value] * 40 if many else value, separators=separators, ensure_ascii=escaped)
    found = quick_value(line.encode(errors="surrogatepass"))
    assert found is None or repr(found) == repr(strict(line))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("separators", [(", ", ": "), (",", ":")])
def test_records_of_ordinary_text_need_no_other_look(format: str, separators: tuple[str, str]) -> None:
    texts = ["The", ":", ' "a": [b', "\n", "\\", ":::", "é", "[[", '":"', "\t{", "\u2019"] * 20
    record = FORMATS[format]("a", [("<s>", None), *((text, -0.5) for text in texts)])
    line = json.dumps(record, separators=separators).encode()
    assert quick_value(line) == record


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
        "[" * 5000 + "]" * 5000,
        '{"a":1} {"b":2}',
        '{"a":1',
        '{"a":"\t"}',
    ],
)
def test_what_the_strict_reader_refuses_or_reads_otherwise_is_left_to_it(line: str) -> None:
    assert quick_value(line.encode()) is None


def hidden(fill: str, times: int = 1) -> str:
    """Many objects alike, and one of them with something where the others have a number."""
    return "[" + ",".join(['{"a":1,"b":"x"}'] * 40 + [f'{{"a":{fill},"b":"x"}}'] * times) + "]"


@pytest.mark.parametrize(
    "line",
    [
        hidden('{"c":1,"c":2}'),
        hidden('1,"a":2'),
        hidden('"\\u003a","a":2'),  # a colon that is no colon of the text
        hidden('{"c":"\\u003a","c":1}'),
        hidden("[" * 65 + "]" * 65),
        hidden("[" * 65 + '"' + "\\u005b" * 65 + '"' + "]" * 65),
        hidden("1e999"),
    ],
)
def test_nothing_hides_among_many_objects_that_are_alike(line: str) -> None:
    assert quick_value(line.encode()) is None


def test_a_carriage_return_and_bytes_that_are_no_text_are_left_to_the_strict_reader() -> None:
    for line in (
        b'{"a":1}\r\n',
        b'{"a":\r1}\n',
        b'{"a":"\xff"}\n',
        b"\n",
        b"null\n",
        b'\xef\xbb\xbf{"a":1}\n',
    ):
        assert quick_value(line) is None


# ------------------------------------------------------------------------------------ elements of an array


def elements(data: str) -> list[Any]:
    """The elements of an array, each proven."""
    text = Text(Stream("x", io.BufferedReader(io.BytesIO(data.encode()))))  # type: ignore[arg-type]
    assert text.take(b"[")
    return [(place, quick.proven(value)) for place, value in quick.elements_read(text.pieces(1), text)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(values, max_size=5), st.sampled_from([(", ", ": "), (",", ":"), (" , ", " : ")]))
def test_elements_are_those_of_the_strict_reader(found: list[Any], separators: tuple[str, str]) -> None:
    data = json.dumps(found, separators=separators)
    try:
        wanted = strict(data)
    except InputError:
        with pytest.raises(InputError):
            elements(data)
    else:
        assert repr([value for _, value in elements(data)]) == repr(wanted)


@pytest.mark.parametrize(
    "data",
    [
        "[",
        "[{}",
        "[{},",
        "[{},]",
        "[{},,{}]",
        "[{} {}]",
        "[{}] {}",
        '[{"a":1,"a":2}]',
        "[1 2]",
        "[{]",
        "[,{}]",
    ],
)
def test_an_array_that_is_none_is_refused(data: str) -> None:
    with pytest.raises(InputError):
        elements(data)


def test_an_element_is_refused_once_those_before_it_are_read() -> None:
    assert elements("[]") == []
    assert elements('[ {"a":"],"} , {}]\n') == [("x: $[0]", {"a": "],"}), ("x: $[1]", {})]
    text = Text(Stream("x", io.BufferedReader(io.BytesIO(b'[{"a":1},{"b":1,"b":2}]'))))  # type: ignore[arg-type]
    text.take(b"[")
    found = quick.elements_read(text.pieces(1), text)
    assert quick.proven(next(found)[1]) == {"a": 1}
    with pytest.raises(InputError, match="x:1:17: expected each key once"):
        quick.proven(next(found)[1])
