"""Every production of JSON's grammar (RFC 8259), and every way of breaking it, by every way of reading.

The cases are by kind: what JSON is, what it is not, and what the standard leaves to a reader, as the names of
JSONTestSuite are (y_, n_, i_). Python's own module is the judge of the first two; what we decide ourselves is
listed with its reason.
"""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, NoReturn
from unittest.mock import patch

import numpy as np
import pytest
from cases import each
from tables import Outcome, outcome_of

from celoss_cli.core.errors import CelossError
from celoss_cli.read.json import document, lines, numbers, objects, parsing, tables, text
from celoss_cli.read.request import ReadRequest, Settled, Stream
from celoss_cli.read.text import blocks

REQUEST = ReadRequest(per_class=True, takes="logits")


def split_at_blanks(words: str) -> list[bytes]:
    return [word.encode() for word in words.split()]


# --------------------------------------------------------------------------------- what JSON is

INTEGERS = split_at_blanks("0 -0 1 -1 7 10 -10 123 1234567890 9007199254740993 -12345678901234567890123")
FRACTIONS = [
    *split_at_blanks("0.0 -0.0 0.5 -0.25 1.0 10.01 123.456 0.1234567890123456789"),
    b"3.14159265358979323846264338327950288",
    b"0." + b"0" * 100 + b"1",
]
EXPONENTS = split_at_blanks(
    "1e0 1E0 1e5 1E5 1e+5 1E+5 1e-5 1E-5 0e0 0E+0 0e-1 -0e5 -1e1 1.5e3 -1.5E-3 1e05 1e-007 "
    "4.9e-324 1.7976931348623157e308 2.2250738585072011e-308 1e-400 -1e-400"
)
LITERALS = split_at_blanks("true false null")
STRINGS = [
    *(
        b'"' + text + b'"'
        for text in (b"", b" ", b"a", b"1", b"null", b"[1,", b"}", b"//", b"/* */", b"\x7f")
    ),
    *(b'"\\' + mark + b'"' for mark in (b'"', b"\\", b"/", b"b", b"f", b"n", b"r", b"t")),
    *(b'"\\u' + digits + b'"' for digits in (b"0041", b"0000", b"00e9", b"00E9", b"2028", b"FFFF", b"fFfE")),
    b'"\\ud83d\\ude00"',
    b'"\\uDBFF\\uDFFF"',
    b'"\\\\u0041"',
    b'"\\\\\\""',
    *(f'"{text}"'.encode() for text in "é€😀\u2028\u2029\ufeff\uffff\U0010ffff\x85\xa0"),
]
ARRAYS = [
    *(b"[]", b"[ ]", b"[\t\r\n]", b"[1]", b"[1,2]", b"[ 1 , 2 ]", b"[\n1\n,\n2\n]", b"[[]]", b"[[],[]]"),
    *(b"[[1],[2]]", b"[null]", b'[""]', b'["a","b","c"]', b"[{}]"),
    *(b"[{},{}]", b'[1,"a",null,true,{},[]]'),
    b"[" * 20 + b"]" * 20,
]
OBJECTS = [
    *(b"{}", b"{ }", b'{"a":1}', b'{ "a" : 1 }', b'{\t"a"\r:\n1 }', b'{"a":1,"b":2}', b'{"":0}'),
    *(b'{"a":{}}', b'{"a":[]}', b'{"a":{"a":1}}', b'{"a":null}', b'{"\\u0061":1}', b'{"\\"":1}'),
    *(b'{"a b":1}', b'{":":1}', '{"é":1}'.encode(), b'{"a":"b"}', b'{"a":1,"A":2}'),
    *(b'{"a":1,"a ":2}', b'{"a":[1,{"b":[2]}]}'),
    b'{"a":' * 20 + b"1" + b"}" * 20,
]
AROUND = [b" 1", b"1 ", b"\t1", b"1\t", b"\n1", b"1\n", b"\r1", b"1\r", b"\r\n 1 \r\n", b" \t\n\r[ ] \t\n\r"]

# ----------------------------------------------------------------------------- what JSON is not

NO_NUMBERS = [
    *split_at_blanks(
        "+1 +0 -+1 +-1 --1 ++1 - + -a 01 -01 00 -00 007 0.0.0 1.2.3 .5 -.5 +.5 . -. 5. -5. 0. 1.e1 .e1 -.e1 "
        "0.e1 1e 1E 1e+ 1e- 1E+ e1 -e1 1ee1 1e1e1 1e+-1 1e1.5 1.5e 1e.5 0x10 0X1F -0x1 0b1 0o7 1f 1L 1d 1n "
        "1a a1 1_000 1,000 1'000 1/2 1% $1 1$ 1; 1: -NaN +NaN nan Nan +Infinity Inf inf -inf 1#INF #1 \u0663 "
        "\uff11 1\uff11 \uff11.0 1e\uff11 \u22121 1\u066b5 ½ ∞ -∞ 1e\u0663 1\u200b"
    ),
    *(b"1 2", b"1 000", b"- 1", b"1 .5", b"1. 5", b"1 e5", b"1e 5", b"1\t2", b"1\n2", b"-\n1"),
]
NO_LITERALS = split_at_blanks(
    "True TRUE tRUE tru t truee true1 truefalse False fals f falsee Null NULL nul n nulls null0 None nil "
    "undefined yes no on off -true +null !true ~ @ \\ \\u0041 \\true * & ^ | <null> ${a} … true; null:"
)
NO_STRINGS = [
    *(b'"', b'"a', b'a"', b'"a""', b'"""', b"'a'", b"'a\"", b"\"a'", b"`a`", b"a", b"a b", b'"a" "b"'),
    *(b'"a"b', b'"\\', b'"\\"', b'"a\\"', b'"\\\\\\"', b'"a\\\n"', '"\\é"'.encode(), "“a”".encode()),
    *(b'b"a"', b'"a"+"b"'),
    *(b'"\\' + mark + b'"' for mark in (b"a", b"v", b"0", b"x41", b"'", b" ", b"U0041", b"N", b"e", b"\n")),
    *(b'"\\u' + digits + b'"' for digits in (b"", b"0", b"00", b"004", b"00g0", b"+041", b" 041", b"0x41")),
    *(
        b'"\\u' + digits.encode() + b'"'
        for digits in ("{41}", "\uff10\uff10\uff14\uff11", "-041", "00 4", "004\\")
    ),
    b'"\\ud83d\\u"',
    b'"\\ud83d\\',
    *(b'"' + bytes([code]) + b'"' for code in range(0x20)),
]
NO_UTF8 = [
    *(b"\xff", b"\xfe", b"\x80", b"\xbf", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xc0\xaf"),
    *(b"\xc1\x81", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xed\xbf\xbf"),
    *(b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80"),
]
NO_ARRAYS = [
    *(b"[", b"]", b"[[", b"[]]", b"[[]", b"[1", b"1]", b"[1]]", b"[[1]", b"[}", b"[1}", b"(1)", b"[1)"),
    *(b"<1>", b"[,]", b"[1,]", b"[,1]", b"[1,,2]", b"[1,,]", b"[,,1]", b"[1,2,]", b"[[],]", b"[ , ]"),
    *(b"[1],", b",[1]", b"[1 2]", b"[1;2]", b"[1:2]", b'["a":1]', b'["a"1]', b'["a" "b"]', b"[[]  []]"),
    *(b"[{}{}]", b"[1 null]", b"[1,a]", b"[a]", b"[-]", b"[+1]", b"[01]", b"[1.]", b"[.5]", b"[1e]"),
    *(b'["]', b"['']", b'["a]', b"[1/* */]", b"[//\n1]", b"[1]//", b"[#\n1]", b"[...]", b"[1\\]"),
    *(b"[\\n]", b"[1,\n", b"[1,2", b'["a"', b"[\x001]", b"[\x0b1]", b"[\x0c1]", b"[\x1f1]"),
    *("[\xa01]".encode(), "[\u20281]".encode()),
]
NO_OBJECTS = [
    *(b"{", b"}", b"{{", b"{}}", b"{]", b"{[]}", b"{{}}", b"{1}", b"{null}", b'{"a"}', b'{"a"', b'{"a":'),
    *(b'{"a":1', b'{"a":}', b"{:}", b"{:1}", b"{,}", b'{"a",1}', b'{"a" 1}', b'{"a"=1}', b'{"a"=>1}'),
    *(b'{"a"::1}', b'{"a";1}', b"{a:1}", b"{'a':1}", b"{1:1}", b"{-1:1}", b"{null:1}", b"{true:1}"),
    *(b"{[]:1}", b"{{}:1}", b'{"a:1}', b'{a":1}', b'{"a":1,}', b'{,"a":1}', b'{"a":1,,"b":2}'),
    *(b'{"a":1,"b"}', b'{"a":1,"b":}', b'{"a":1,2}', b'{"a":1,:2}', b'{"a":1 "b":2}', b'{"a":1;"b":2}'),
    *(b'{"a":1:"b":2}', b'{"a":1}}', b'{"a":1]', b'{"a":1},', b'{"a":[1}', b'{"a":{"b":1}', b'{"a":"b}'),
    *(b'{"a":1 2}', b'{"a":a}', b'{"a":tru}', b'{"a":01}', b'{"a":+1}', b'{"a"/* */:1}'),
    *(b'{"a":1/**/}', b'{"a":1}//', b'{"a":1}#', b'{//\n"a":1}', b'{"a"\\:1}', b'{"\n":1}', b'{"\\x":1}'),
    *(b'{"a\\":1}', b'{"a"b":1}', b"{...}", b'{"a":1...}', b'{\x00"a":1}', b'{"a"\x0b:1}'),
]
NO_DOCUMENTS = [
    *(b"", b" ", b"\t\r\n", b"\x00", b"\x0b", b"\x0c1", b"1\x00", b"1\x0b", b"\x1a", b"1\x1a", b"\x7f1"),
    *(b",", b":", b"1x", b"1 x", b"[]x", b"[] []", b"{} {}", b"[][]", b"{}{}", b"null null", b'"a",'),
    *(b",1", b"1,", b";", b"// a\n1", b"1 // a", b"/* a */1", b"# a\n1", b"-- a\n1", b"---\n1"),
    *(b"f(1)", b")]}',\n1", b"<a/>", b"a=1", "\xa01".encode(), "\u20281".encode(), "1\u3000".encode()),
    *("\u200b1".encode(), " \ufeff1".encode(), "1\ufeff".encode(), "[\ufeff]".encode()),
    *("[1]".encode("utf-16-le"), "1".encode("utf-16-be")),
]

IS = [*INTEGERS, *FRACTIONS, *EXPONENTS, *LITERALS, *STRINGS, *ARRAYS, *OBJECTS, *AROUND]
IS_NOT = [
    *(NO_NUMBERS + NO_LITERALS + NO_STRINGS + NO_ARRAYS + NO_OBJECTS + NO_DOCUMENTS),
    *(around % damage for damage in NO_UTF8 for around in (b"%s", b'"a%sb"', b"[%s]", b'{"%s":1}')),
]

# ------------------------------------------------- what is left to a reader, and where we are not as Python

TAKEN = {
    "escapes of half a pair are characters to us, as to Python: ids may hold them": [
        b'"\\ud800"',
        b'"\\udfff"',
        b'"\\udc00\\ud800"',
        b'"\\ud800a"',
        b'"\\ud800\\u0041"',
        b'{"\\ud800":1}',
    ],
    "a number that no double holds is refused where it is used, and a text is no place for one": [
        b"1e309",
        b"-1e309",
        b"1e99999",
        b"1" + b"0" * 400,
    ],
    "a document nests up to 64 levels, of which the reader of rows needs a few": [
        b"[" * 60 + b"]" * 60,
        b'{"a":' * 30 + b"[]" + b"}" * 30,
    ],
    "Python writes nan and the infinities so; where they are used, only -inf is taken": [
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"[NaN]",
        b'{"a":-Infinity}',
    ],
}
REFUSED = {
    "a key that occurs twice has two values, and one of them would be dropped": [
        b'{"a":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":2}',
        b'{"":1,"":2}',
        b'[{"a":{},"b":2,"a":{}}]',
        '{"é":1,"\\u00e9":2}'.encode(),
        b'{"a":{"b":1,"b":1}}',
    ],
    "a document nests up to 64 levels: more of them are an attack, not data": [
        b"[" * 65 + b"]" * 65,
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b'[{"a":' * 33 + b"1" + b"}]" * 33,
    ],
    "JSON that is exchanged is UTF-8 (RFC 8259, section 8.1)": [
        "1".encode("utf-16"),
        codecs.BOM_UTF16_BE + "[]".encode("utf-16-be"),
        codecs.BOM_UTF16_LE + '{"a":1}'.encode("utf-16-le"),
        "[1]".encode("utf-32"),
    ],
}


def is_json_to_python(data: bytes) -> bool:
    """Whether Python's json takes it; the constants that it adds to JSON are none."""

    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)

    try:
        json.loads(data.decode(), parse_constant=refuse)
    except (ValueError, RecursionError):
        return False
    return True


def test_there_are_cases_of_every_kind_and_none_twice() -> None:
    every = [*IS, *IS_NOT, *(case for kind in (TAKEN, REFUSED) for found in kind.values() for case in found)]
    assert len(IS) > 120
    assert len(IS_NOT) > 300
    assert sorted(every) == sorted(set(every))


@pytest.mark.parametrize(("kind", "expected"), [(IS, True), (IS_NOT, False)])
def test_python_says_the_same(kind: list[bytes], expected: bool) -> None:
    assert [case for case in kind if is_json_to_python(case) != expected] == []


# ------------------------------------------------------------------------------- the ways of reading

ROWS = b'"logits": [[1, 2], [3, 5], [2, 1]], "targets": [0, 1, 1]'
ROW = b'"logits": [1, 2], "target": 0'


def whole(data: bytes) -> str:
    """Reads text as one document; "" where it is JSON."""
    try:
        parsing.parse(data, "t.json")
    except CelossError as error:
        return str(error)
    return ""


def read(module: Any, data: bytes, part: int = 1 << 20, *, strict: bool = False) -> Outcome:
    """The rows of a document or of lines, in parts of so many bytes, and by the strict reader alone."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(text, "_PART", part))
        stack.enter_context(patch.object(blocks, "_BLOCK_BYTES", part))
        for framing in (numbers, objects, tables) if strict else ():
            stack.enter_context(patch.object(framing, "frame_of", lambda *_: None))
        request = replace(REQUEST, settled=Settled())
        return outcome_of(lambda: module.read(Stream("t", io.BytesIO(data)), request))


def beside(data: bytes) -> Iterator[tuple[Any, bytes]]:
    """The same value in documents and in lines, beside what is read: last, first, and in row objects.

    An object, whose keys could be columns, lies in a list there.
    """
    value = b"[%s]" % data if b"{" in data else data
    last, first, other = b'{%s, "note": %s}', b'{"note": %s, %s}', b'{%s, "note": 1}' % ROW
    yield document, last % (ROWS, value)
    yield document, first % (value, ROWS)
    yield document, b"[%s, %s]" % (other, last % (ROW, value))
    yield document, b"[%s, %s]" % (first % (value, ROW), first % (b"1", ROW))
    if not {*b"\n\r"} & {*value}:  # where one ends, a line ends
        yield lines, b"%s\n%s\n" % (other, last % (ROW, value))
        yield lines, b"%s\n%s\n" % (last % (ROW, value), other)


def said(data: bytes) -> Iterator[str]:
    """What each way says of a value: "" where it takes it."""
    yield whole(data)
    for module, written in beside(data):
        for part in (1 << 20, 24):
            for strict in (False, True):
                yield read(module, written, part, strict=strict).said


@pytest.mark.slow
@each("data", IS)
def test_what_json_is_is_taken_by_every_reader(data: bytes) -> None:
    assert set(said(data)) == {""}


@pytest.mark.slow
@each("data", IS_NOT)
def test_what_json_is_not_is_refused_by_every_reader(data: bytes) -> None:
    assert all(said(data))


@each("data", [data for kind in TAKEN.values() for data in kind])
def test_what_is_ours_to_take_is_taken_by_every_reader(data: bytes) -> None:
    assert set(said(data)) == {""}


@each("data", [data for kind in REFUSED.values() for data in kind])
def test_what_is_ours_to_refuse_is_refused_by_every_reader(data: bytes) -> None:
    assert all(said(data))


@each("module, data", [(document, b"{%s}" % ROWS), (lines, b"{%s}\n" % ROW)])
def test_a_byte_order_mark_is_one_at_the_beginning_alone(module: Any, data: bytes) -> None:
    assert read(module, codecs.BOM_UTF8 + data) == read(module, data)
    outside = [at for at in range(1, len(data) + 1) if data[:at].count(b'"') % 2 == 0]
    for at in outside:  # of names
        assert read(module, data[:at] + codecs.BOM_UTF8 + data[at:]).said


# -------------------------------------------------------------------------- numbers where they are read


def with_logit(number: bytes) -> Iterator[tuple[Any, bytes]]:
    """The number as a logit: of arrays by name, of row objects, of pandas' split, and of lines."""
    yield document, b'{"logits": [[1, 2], [%s, 5], [2, 1]], "targets": [0, 1, 1]}' % number
    yield document, b'[{"logits": [1, 2], "target": 0}, {"logits": [%s, 5], "target": 1}]' % number
    yield document, b'[{"a": 1, "b": 2, "target": 0}, {"a": %s, "b": 5, "target": 1}]' % number
    yield document, b'{"columns": ["a", "b", "target"], "data": [[1, 2, 0], [%s, 5, 1]]}' % number
    if not {*b"\n\r"} & {*number}:
        yield lines, b'{"logits": [1, 2], "target": 0}\n{"logits": [%s, 5], "target": 1}\n' % number
        yield lines, b'{"a": 1, "b": 2, "target": 0}\n{"a": %s, "b": 5, "target": 1}\n' % number


@each("number", [*INTEGERS, *FRACTIONS, *EXPONENTS])
def test_a_number_is_the_double_that_python_reads(number: bytes) -> None:
    expected = float(json.loads(number))
    for module, data in with_logit(number):
        for part in (1 << 20, 24):
            for strict in (False, True):
                found = read(module, data, part, strict=strict)
                assert found.said == ""
                shape, kind, bits = found.numbers[0]
                value = np.frombuffer(bits, kind).reshape(shape)[1].flat[0]
                assert float(value).hex() == expected.hex() or (expected == value == 0)


@pytest.mark.slow
@each("number", [*NO_NUMBERS, *NO_LITERALS, *NO_STRINGS, *NO_UTF8, *LITERALS, *STRINGS, b"1e309", b"NaN"])
def test_what_is_no_number_is_no_logit(number: bytes) -> None:
    for module, data in with_logit(number):
        for part in (1 << 20, 24):
            for strict in (False, True):
                assert read(module, data, part, strict=strict).said
