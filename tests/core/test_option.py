"""What is read from the declaration of an option."""

from __future__ import annotations

import subprocess
import sys

import pytest

from celoss_cli.core.errors import CelossError
from celoss_cli.core.option import FINITE, FLAG, NUMBER, TEXT, VALUES, WHOLE, Kind, Option, at_least, one_of


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (WHOLE, "9007199254740993", 9007199254740993),
        (WHOLE, "1e3", 1000),
        (NUMBER, "-.5", -0.5),
        (FINITE, "2", 2.0),
        (at_least(0), "0", 0),
        (one_of(("a", "b")), "b", "b"),
        (VALUES, "@file.npy", "@file.npy"),
        (TEXT, "", ""),
    ],
)
def test_a_text_becomes_a_value(kind: Kind, text: str, value: object) -> None:
    found = Option("any", kind, "").value_of([text])
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        (WHOLE, "1.5", 'expected a whole number, got "1.5"'),
        (WHOLE, "1e19", 'expected a whole number, got "1e19"'),
        (WHOLE, "x", 'expected a number, got "x"'),
        (FINITE, "-inf", 'expected a finite number, got "-inf"'),
        (at_least(2), "1", "expected at least 2, got 1"),
        (one_of(("a", "b")), "c", 'expected a, b, got "c"'),
    ],
)
def test_a_text_that_is_no_value_is_told_with_what_was_expected(kind: Kind, text: str, told: str) -> None:
    with pytest.raises(CelossError) as error:
        Option("any", kind, "").value_of([text])
    assert error.value.fact == told


@pytest.mark.parametrize(
    ("kind", "takes", "refuses"),
    [
        (WHOLE, [0, -100, 2.0], [True, 1.5, "1", None, float("inf")]),
        (NUMBER, [0, 0.5], [False, "1", float("nan")]),
        (FLAG, [True, False], [0, 1, "true"]),
        (at_least(1), [1], [0, True]),
        (one_of(("mean", "sum")), ["mean"], ["max", 1]),
        (TEXT, ["a"], [1]),
        (VALUES, [1, 0.5], [True, "1", [1]]),
    ],
)
def test_a_json_value_fits_or_not(kind: Kind, takes: list[object], refuses: list[object]) -> None:
    assert [value for value in takes if not kind.fits(value)] == []
    assert [value for value in refuses if kind.fits(value)] == []


def test_an_option_is_given_where_its_value_is_not_that_of_one_left_out() -> None:
    number, flag = Option("x", NUMBER, ""), Option("y", FLAG, "", default=False)
    either, many = Option("header", FLAG, "", negation="--no-header"), Option("z", TEXT, "", default=())
    assert number.is_given(0.0)
    assert flag.is_given(True)
    assert either.is_given(False)
    assert many.is_given(("a",))
    assert not (number.is_given(None))
    assert not (flag.is_given(False))
    assert not (either.is_given(None))
    assert not (many.is_given(()))


def test_an_option_becomes_words_that_give_it_again() -> None:
    assert list(Option("ignore_index", WHOLE, "").words(-100)) == ["--ignore-index=-100"]
    assert list(Option("weight", VALUES, "").words("1,2")) == ["--weight", "1,2"]
    assert list(Option("log_target", FLAG, "").words(True)) == ["--log-target"]
    assert list(Option("header", FLAG, "", negation="--no-header").words(False)) == ["--no-header"]
    assert list(Option("max_group", TEXT, "", repeatable=True).words(("1", "a=2"))) == [
        *("--max-group", "1", "--max-group", "a=2")
    ]


def test_a_shell_is_offered_what_begins_so() -> None:
    assert Option("x", one_of(("mean", "median", "sum")), "").completions("me") == ["mean", "median"]
    assert Option("x", TEXT, "", complete=lambda typed: ["CEL101", "ce"]).completions("C") == ["CEL101"]
    assert Option("x", TEXT, "").completions("") == []


@pytest.mark.subprocess
def test_declaring_options_loads_neither_numpy_nor_typer() -> None:
    code = "import sys, celoss_cli.core.option; sys.exit(bool({'numpy', 'typer'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
