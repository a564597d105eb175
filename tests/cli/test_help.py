"""The whole help of --help: 80 columns, every option with every choice, nothing cut."""

from __future__ import annotations

import pytest
from running import celoss

from celoss_cli.cli.commands import NAMES, command_named

EVERY = [[], *([name] for name in NAMES)]


@pytest.mark.parametrize("words", EVERY)
def test_nothing_is_cut_or_over_80_columns(words: list[str]) -> None:
    done = celoss(*words, "--help")
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if len(line) > 80] == []
    assert not {"…", "<bool>", "<str>"} & {*done.stdout.split()}
    assert "…" not in done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_every_option_stands_there_with_its_choices(name: str) -> None:
    told = celoss(name, "--help").stdout
    words = {*told.replace("|", " ").replace(",", " ").replace(".", " ").split()}
    for option in command_named(name).options():
        flags = () if option.argument else (*(option.flags or (option.flag,)), option.negation)
        assert {flag for flag in flags if flag} <= words, option.name
        assert all(choice in told for choice in option.kind.choices), option.name
        assert f"CELOSS_{option.name.upper()}" in told or not option.setting


@pytest.mark.parametrize("width", ["20", "200"])
def test_it_is_the_same_on_every_terminal(width: str) -> None:
    assert celoss("ce", "--help", COLUMNS=width).stdout == celoss("ce", "--help").stdout


def test_it_is_asked_for_in_any_place() -> None:
    whole = celoss("ce", "--help").stdout
    assert celoss("help", "ce").stdout == celoss("ce", "preds.csv", "--max", "1", "--help").stdout == whole
    assert celoss("ce", "preds.csv", "-h").stdout == celoss("ce", "-h").stdout
    assert celoss("help").stdout == celoss("--help").stdout


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("cross_entropy", "ce"),
        ("crossentropy", "ce"),
        ("CE", "ce"),
        ("CrossEntropyLoss", "ce"),
        ("BCEWithLogitsLoss", "bce-logits"),
        ("nll_loss", "nll"),
        ("kl_div", "kl"),
    ],
)
def test_a_wrong_command_says_which_is_meant(word: str, meant: str) -> None:
    done = celoss(word, "my preds.csv", "--max", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[1] == f"  celoss {meant} 'my preds.csv' --max 1"


def test_a_wrong_command_is_led_on_with_words_that_the_right_one_takes() -> None:
    done = celoss("diagnos", "my preds.csv", "--fail-on", "error")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[1:] == ["  celoss diagnose 'my preds.csv' --fail-on error"]
    assert "--max" not in celoss("diagnos", "my preds.csv", "--max", "1").stderr  # which diagnose lacks


@pytest.mark.parametrize("words", [["banana"], ["help", "banana"], ["banana", "--help"]])
def test_a_command_like_none_is_refused(words: list[str]) -> None:
    done = celoss(*words)
    assert (done.returncode, done.stderr) == (
        2,
        'celoss: error: expected a command, got "banana" (celoss -h lists the commands)\n',
    )


def test_nothing_typed_shows_the_short_help_as_an_error() -> None:
    done = celoss()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"celoss: error: expected a command, got none\n\n{celoss('-h').stdout}"
