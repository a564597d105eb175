"""Entries of vLLM found by their bytes: what a strict reader reads, and refused as that refuses."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest
from token_readers import hold_against_each_other

from celoss_cli.read.tokens import entries

TEXTS = [
    *(
        " the",
        "ing",
        ",",
        "",
        '"',
        "\\",
        "\\\\",
        '\\"',
        "\n",
        "\t",
        "\u007f",
        "é",
        "日本",
        "\ufffd",
        "\u3000",
        "\u00a0",
    ),
    *("😀", "\u2028", "a" * 300, '"}},{"', '{"logprob":', " \u2003x", "\x85", "ß\n"),
]
NUL = "\x00"
"""A text that is left to the parser."""

SCORES = [
    -0.5,
    -1.25,
    -0.0,
    0,
    -3,
    -12.5,
    -1e-7,
    -1.1920928955078125e-07,
    -0.23384807407855988,
    -104.25,
    -1e22,
]


def entry(numbers: random.Random, name: str | None = None) -> tuple[str, dict[str, Any]]:
    score = numbers.choice([*SCORES, -numbers.expovariate(1.0), float(np.float32(-numbers.expovariate(1.0)))])
    text = numbers.choice(TEXTS) if numbers.random() < 0.998 else NUL
    name = str(numbers.randrange(10 ** numbers.randint(1, 6))) if name is None else name
    return name, {"logprob": score, "rank": numbers.randint(1, 200000), "decoded_token": text}


def record(numbers: random.Random, number: int) -> dict[str, Any]:
    size, more = numbers.randrange(1, 30), numbers.random() < 0.4
    places = [dict(entry(numbers) for _ in range(numbers.randint(1, 3) if more else 1)) for _ in range(size)]
    begun = numbers.random() < 0.8
    listed = [*([None] if begun else []), *places]
    ids = [*([1] if begun else []), *(int(next(iter(place))) for place in places)]
    found: dict[str, Any] = {"id": f"d{numbers.randrange(40)}-{number}"}
    kind = numbers.random()
    if kind < 0.5:
        choice = {"index": 0, "text": "x", "logprobs": None, "prompt_logprobs": listed}
        if numbers.random() < 0.4:
            choice["logprobs"] = {"tokens": ["x", "y"], "token_logprobs": [-1.5, -2.5], "text_offset": [0, 1]}
        return {**found, "choices": [choice], "usage": {"prompt_tokens": size}}
    if kind < 0.6:
        return {**found, "choices": [{"index": 0, "logprobs": None}], "prompt_logprobs": listed}
    if kind < 0.8:
        return {**found, "prompt_logprobs": listed, "prompt_token_ids": ids, "outputs": []}
    output = {"index": 0, "token_ids": ids, "logprobs": listed}
    return {**found, "prompt_logprobs": None, "outputs": [output]}


def changed(numbers: random.Random, data: bytes) -> bytes:
    """The same text with something small that is other, or nothing."""
    kind = numbers.random()
    at = numbers.randrange(len(data))
    if kind < 0.3:
        return data
    if kind < 0.6:
        odd = [
            b'"',
            b"\\",
            b"0",
            b"-",
            b".",
            b",",
            b":",
            b"{",
            b"}",
            b"]",
            b" ",
            b"\n",
            b"\r",
            b"\x01",
            b"\xff",
            b"e5",
        ]
        return data[:at] + numbers.choice(odd) + data[at + numbers.randrange(2) :]
    return data.replace(
        *numbers.choice(
            [
                (b'"logprob"', b'"logprob":1,"logprob"'),
                (b'"rank"', b'"rank" '),
                (b'"rank": ', b'"rank": 0'),
                (b"-1.25", b"NaN"),
                (b"-1.25", b"-01.25"),
                (b"-1.25", b"-1."),
                (b"-1.25", b"+1.25"),
                (b"-1.25", b"-9999.0"),
                (b"-1.25", b"1e999"),
                (b"-1.25", b"-123456789012345678901234567890.5"),
                (b"-1.25", b"-1.25E+2"),
                (b"-1.25", b"null"),
                (b"-1.25", b'"-1.25"'),
                (b'"decoded_token": "', b'"decoded_token": "\\ud83d'),
                (b'"decoded_token": "', b'"decoded_token": "\\x'),
                (b'"decoded_token": "ing"', b'"decoded_token": null'),
                (b'{"logprob"', b'{"other": [1], "logprob"'),
                (b"}}, {", b"}, {"),
                (b"prompt_logprobs", b"prompt_logprobz"),
                (b"}}]", b"}}, null]"),
                (b"}}]", b'}}, "\\u0000"]'),
                (b'"id"', b'"\\u0000": ["\\u0000"], "id"'),
                (b', "rank"', b',"rank"'),
            ]
        ),
        numbers.choice([1, 3, -1]),
    )


def dump(numbers: random.Random, *, change: bool) -> bytes:
    style = numbers.choice([(", ", ": "), (",", ":"), (", ", ":"), (" , ", " : ")])
    ascii_only = numbers.random() < 0.5
    data = b""
    for number in range(numbers.randrange(1, 6)):
        line = json.dumps(record(numbers, number), separators=style, ensure_ascii=ascii_only).encode()
        data += (changed(numbers, line) if change and numbers.random() < 0.5 else line) + b"\n"
    return data


@pytest.mark.parametrize("change", [False, True])
def test_every_line_says_what_it_says_without_a_look_at_its_bytes(
    change: bool,
) -> None:
    taken = 0
    for seed in range(120):
        data = dump(random.Random(seed), change=change)
        taken += bool(entries.entries_in(data))
        hold_against_each_other(data, likeliest=seed % 5 == 0)
    assert taken > 40  # or nothing was looked at


@pytest.mark.slow
def test_every_line_of_many_says_what_it_says() -> None:
    for seed in range(1000, 3000):
        hold_against_each_other(dump(random.Random(seed), change=seed % 2 == 1))


def line_of(*texts: str, style: tuple[str, str] = (", ", ": "), ascii_only: bool = True) -> bytes:
    places = [{str(at): {"logprob": -1.5, "rank": 1, "decoded_token": text}} for at, text in enumerate(texts)]
    record = {"id": "a", "prompt_logprobs": [None, *places], "outputs": []}
    return json.dumps(record, separators=style, ensure_ascii=ascii_only).encode() + b"\n"


@pytest.mark.parametrize("style", [(", ", ": "), (",", ":")])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_the_entries_of_ordinary_text_are_taken_out(style: tuple[str, str], ascii_only: bool) -> None:
    texts = [*TEXTS, "", "x"]
    line = line_of(*texts, style=style, ascii_only=ascii_only)
    found = entries.entries_in(b'{"id": "b"}\n' + line + line_of("z", style=style))
    assert sorted(found) == [1, 2]
    assert (found[1].entries.texts.tolist(), found[2].entries.texts.tolist()) == (texts, ["z"])
    assert found[1].entries.logprobs.tolist() == [-1.5] * len(texts)
    rest = line[: found[1].start] + line[found[1].end :]
    assert rest == line_of(style=style, ascii_only=ascii_only).replace(b"null", b"null" + style[0].encode())


@pytest.mark.parametrize(
    "change",
    [
        (b'"rank": 1', b'"rank": 01'),
        (b'"rank": 1', b'"rank": 1.5'),
        (b'"rank": 1', b'"rank": null'),
        (b'"rank": 1', b'"rank": 123456789'),
        (b'{"0":', b'{"00":'),
        (b'{"0":', b'{"x":'),
        (b'{"0":', b'{"":'),
        (b"-1.5", b"-1.5.5"),
        (b"-1.5", b"NaN"),
        (b"-1.5", b"-9999.0"),
        (b'"x"', b"null"),
        (b'"x"', b'"\\ud83d"'),
        (b'"x"', b'"\\u0000"'),
        (b'"x"', b'"\\q"'),
        (b'"x"', b'"\xff"'),
        (b'"x"', b'"\x1f"'),
        (b'"x"', b'"' + b"\\" * 200 + b'"'),
        (b'"x"}}', b'"x"}, "0": {"logprob": -1.0, "rank": 2, "decoded_token": "y"}}'),
        (b"}}]", b"}}, {}]"),
        (b"prompt_logprobs", b"prompt_logprob"),
    ],
)
def test_what_is_no_entry_is_left_in_its_line(change: tuple[bytes, bytes]) -> None:
    data = line_of("x").replace(*change)
    assert entries.entries_in(data) == {}
    hold_against_each_other(data)


def test_a_line_that_has_the_mark_or_a_carriage_return_is_left_as_it_is() -> None:
    for change in (
        (b'"id": "a"', b'"id": "\\u0000"'),
        (b'"outputs": []', b'"outputs": ["\\u0000"]'),
        (b"\n", b"\r\n"),
        (b'"id"', b'\r"id"'),
    ):
        data = line_of("x").replace(*change)
        assert entries.entries_in(data)
        hold_against_each_other(data)


def test_half_a_character_at_the_end_of_a_text_is_no_whole_one_with_the_next() -> None:
    data = line_of("x", "y").replace(b'"x"', b'"\\ud83d"').replace(b'"y"', b'"\\ude00"')
    assert entries.entries_in(data) == {}
    hold_against_each_other(data)


def test_the_places_of_a_text_are_taken_by_the_numbers_of_its_tokens() -> None:
    """Where another token than the first one is the text's, or its number is a text, the reader looks."""
    place = {str(at): {"logprob": -at - 0.5, "rank": 1, "decoded_token": "x"} for at in (7, 8)}
    for ids in ([7], [8], [9], ["7"], [7, 7], [7.0], [True], None, 7):
        record = {"id": "a", "prompt_logprobs": [place], "prompt_token_ids": ids, "outputs": []}
        hold_against_each_other(json.dumps(record).encode() + b"\n")
