"""The table of options: what is declared is parsed, read by somebody, and given back as it was."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from option_samples import COMMANDS, sample, words_of
from paths import ROOT

import celoss_cli.cli
from celoss_cli.cli.app import parsed
from celoss_cli.cli.checking import CheckedLoss
from celoss_cli.cli.commands import NAMES, command_named
from celoss_cli.cli.options import Reading, Writing
from celoss_cli.cli.table import Command, Part, declarations, given_options, options_in
from celoss_cli.core.errors import UsageError

FOLDER = Path(celoss_cli.cli.__file__).parent

Read = set[tuple[str, str]]
"""Pairs of names: ``reading.header`` and ``given.reading.header`` are ("reading", "header")."""


def attributes_read(trees: list[ast.Module]) -> Read:
    return {
        (_last_name(node.value), node.attr)
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def fields(kind: Any, holder: str) -> Iterator[tuple[str, str]]:
    """Every field of a record of options as it is read: what holds the record, and the field's name."""
    for name, found in declarations(kind).items():
        yield holder, name
        if isinstance(found, Part):
            yield from fields(found.kind, name)


def unread(kind: Any, read: Read) -> set[tuple[str, str]]:
    return set(fields(kind, "given")) - read


TREES = [ast.parse(path.read_text(encoding="utf-8")) for path in FOLDER.rglob("*.py")]


@pytest.mark.parametrize("kind", sorted({command.kind for command in COMMANDS} | {CheckedLoss}, key=str))
def test_every_option_is_read_by_somebody(kind: type) -> None:
    """An option that is parsed and ignored fails here: whoever reads it says ``reading.header``."""
    assert unread(kind, attributes_read(TREES)) == set()


def test_an_option_that_nobody_reads_is_seen() -> None:
    tree = ast.parse("def run(given):\n    return given.semantics.base, given.reading.header\n")
    missing = unread(command_named("ce").kind, attributes_read([tree]))
    assert ("reading", "delimiter") in missing
    assert ("reading", "header") not in missing
    assert ("given", "reading") not in missing


HANDED_ON = {"outlet_of": ("writing",), "conclusion_of": ("writing", "limits", "keeping")}
"""What reads options of every command that calls it so, by their names."""


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"ce", "nll", "bce", "bce-logits", "soft-margin", "kl"}))
def test_the_options_of_one_command_are_read_by_its_own_module(name: str) -> None:
    try:
        module = (FOLDER / "commands" / f"{name}.py").read_text(encoding="utf-8")
    except FileNotFoundError:  # a loss
        return
    read = attributes_read([ast.parse(module)])
    command = command_named(name)
    own = {("given", field) for field in command.kind.__dataclass_fields__}
    for function, fields_read in HANDED_ON.items():
        if f"{function}(given" in module:
            own -= {("given", field) for field in fields_read}
    if {option.name for option in command.options()} & {"jobs", "debug"} == {"debug"}:
        own.remove(("given", "running"))  # of --debug alone, which the boundary of all commands reads
    assert own - read == set()


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_every_option_comes_out_of_the_words_that_give_it(command: Command[Any]) -> None:
    options = command.options()
    needed = [word for option in options if option.required for word in words_of(option, sample(option))]
    for option in options:
        value = sample(option)
        words = [] if option.required else words_of(option, value)
        given = {
            found.option.name: found.value for found in given_options(parsed(command, [*needed, *words]))
        }
        assert given[option.name] == value, option.name


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_a_command_line_without_options_says_nothing_but_what_is_needed(command: Command[Any]) -> None:
    options = command.options()
    needed = [word for option in options if option.required for word in words_of(option, sample(option))]
    usual = {option.name for option in options if option.default not in (None, False, ())}
    given = {found.option.name for found in given_options(parsed(command, needed))}
    assert given - usual == {option.name for option in options if option.required}


def test_an_option_that_a_command_leaves_out_has_its_default() -> None:
    given = parsed(command_named("diagnose"), ["a.csv"])
    assert given.reading.allow_nonfinite is False
    with pytest.raises(UsageError, match="No such option: --allow-nonfinite"):
        parsed(command_named("diagnose"), ["a.csv", "--allow-nonfinite"])


def test_no_two_options_of_a_command_have_one_name_or_flag() -> None:
    for command in COMMANDS:
        options = command.options()
        names = [option.name for option in options]
        flags = [flag for option in options if not option.argument for flag in option.flags or (option.flag,)]
        assert len(set(names)) == len(names)
        assert len(set(flags)) == len(flags)


def test_settings_are_options_that_say_so() -> None:
    assert [option.name for option in options_in(Writing) if option.setting] == ["format", "color"]
    assert not [option.name for option in options_in(Reading) if option.setting]


def test_the_page_that_says_how_an_option_is_added_says_what_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    rewritten = importlib.import_module("generator.blocks").rewritten
    page = "docs/extend/option.md"
    text = (ROOT / page).read_text(encoding="utf-8")
    assert rewritten(page, text) == text
