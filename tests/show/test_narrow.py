"""Long names in a terminal: shortened in the middle, never a number, never two into one, and nowhere else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from running import celoss

from celoss_cli.show.blocks import Table
from celoss_cli.show.narrow import narrowed, with_short_words

LONG = (
    "intent_account_recovery_password_forgotten_after_two_factor_reset_on_a_new_telephone",
    "intent_account_recovery_email_address_changed_by_somebody_else_without_any_notice",
    "billing",
)


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    header = ",".join(f"logit_{name}" for name in LONG)
    rows = [f"item-{at},{2.5 - at},{0.25 * at},-1.125,{LONG[at % 3]}" for at in range(4)]
    (tmp_path / "long.csv").write_text("\n".join([f"id,{header},label", *rows, ""]))
    return tmp_path


SHOWN = ("--grad", "--by", "class", "--worst", "2")


@pytest.mark.parametrize("width", [80, 100])
def test_long_names_of_classes_do_not_spill(dump: Path, width: int) -> None:
    whole = celoss("ce", "long.csv", *SHOWN, cwd=dump).stdout
    found = celoss("ce", "long.csv", *SHOWN, cwd=dump, COLUMNS=str(width)).stdout
    assert max(map(cell_len, whole.splitlines())) > width
    assert max(map(cell_len, found.splitlines())) <= width
    assert re.search(r"^0 intent_ac\S*…\S*telephone ", found, re.MULTILINE)
    assert "…" not in whole
    numbers = re.compile(r"(?<![\w.])-?\d+\.\d+")
    assert set(numbers.findall(found)) == set(numbers.findall(whole))


def test_ascii_does_not_spill_either(dump: Path) -> None:
    found = celoss("ce", "long.csv", *SHOWN, cwd=dump, COLUMNS="80", PYTHONIOENCODING="ascii").stdout
    assert "..." in found
    assert max(map(len, found.splitlines())) <= 80
    # The lines between columns are those of a table that has room for whole names.
    assert re.search(r"^0 intent_ac\S*\.\.\.\S*telephone *\|", found, re.MULTILINE)


@pytest.mark.parametrize("format", ["json", "csv", "html", "markdown"])
def test_other_formats_have_the_names_in_full(dump: Path, format: str) -> None:
    each = ("--reduction", "none") if format == "csv" else ("--by", "class")
    found = celoss("ce", "long.csv", *each, "--format", format, cwd=dump, COLUMNS="80").stdout
    if format == "json":
        assert [group["name"] for group in json.loads(found)["groups"]] == list(LONG)
    assert "…" not in found
    assert all(name in found.replace("\\_", "_") for name in LONG)


def table(*names: str) -> Table:
    return Table("", ("class",), ("loss",), [(name, "0.25") for name in names])


def test_only_as_much_is_left_out_as_there_is_no_room_for() -> None:
    found = narrowed(table("a" * 40, "b" * 30, "c"), 5, 12)
    assert found is not None
    assert [len(line[0]) for line in found.lines] == [35, 30, 1]
    assert [line[1] for line in found.lines] == ["0.25"] * 3


@pytest.mark.parametrize(
    ("names", "excess"),
    [
        (("a" * 40,), 30),  # less than 12 columns would be left
        (("the same beginning one the same end", "the same beginning two the same end"), 10),
        (("short",), 1),
    ],
)
def test_names_that_cannot_be_shortened_stay(names: tuple[str, ...], excess: int) -> None:
    assert narrowed(table(*names), excess, 12) is None


def test_wide_characters_count_twice() -> None:
    found = narrowed(table("猫" * 20), 10, 12)
    assert found is not None
    assert cell_len(found.lines[0][0]) <= 30


def test_words_of_a_heading_are_shortened_and_addresses_stay() -> None:
    text = f"p_{'x' * 30}, https://example.org/a/long/address/of/a/file.csv"
    assert with_short_words(text, 16) == "p_xxxxxx…xxxxxx, https://example.org/a/long/address/of/a/file.csv"
    assert with_short_words("nothing is  long here", 16) == "nothing is  long here"
