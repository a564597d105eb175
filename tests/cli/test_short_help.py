"""The help of -h: one screen of 80 columns, in which nothing is cut."""

from __future__ import annotations

import subprocess
import sys

import pytest
from running import celoss

from celoss_cli.cli.commands import NAMES, command_named


@pytest.mark.parametrize("words", [[], *([name] for name in NAMES)])
def test_it_fits_on_a_screen_and_nothing_is_cut(words: list[str]) -> None:
    done = celoss(*words, "-h")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert [line for line in lines if len(line) > 80] == []
    assert len(lines) <= 48
    assert "…" not in done.stdout
    assert lines[0].startswith("Usage: celoss ")
    assert done.stdout.endswith("3 bad input, 4 output, 5 limit.\n")


@pytest.mark.parametrize("name", NAMES)
def test_its_options_are_those_of_the_command(name: str) -> None:
    known = {flag for option in command_named(name).options() for flag in option.flags or (option.flag,)}
    told = celoss(name, "-h").stdout.partition("\nOptions:\n")[2].splitlines()
    flags = {
        word.rstrip(",")
        for line in told
        for word in (line.split()[:2] if line.startswith("  -") else [])
        if word.startswith("-")
    }
    assert 0 < len(flags) <= 14
    assert flags <= known


def test_the_program_lists_every_command_by_what_it_is_for() -> None:
    told = celoss("-h").stdout
    panels = [line for line in told.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert panels == ["Losses:", "Understand:", "Gate:", "Files:"]
    assert {line.split()[0] for line in told.splitlines() if line.startswith("  ") and line[2] != " "} >= set(
        NAMES
    )
    assert "CELOSS_FORMAT" in told


def test_help_is_whole_and_has_panels_too() -> None:
    told = celoss("--help").stdout
    assert all(panel in told for panel in ("Losses", "Understand", "Gate", "Files"))
    assert "--reduction" in celoss("ce", "--help").stdout


@pytest.mark.subprocess
def test_it_loads_no_parser() -> None:
    code = (
        "import sys; from celoss_cli.cli.main import run; run(['ce', '-h']); "
        "sys.exit(bool({'typer', 'numpy', 'rich'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
