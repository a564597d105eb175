"""The manual page: that of the program as it is, complete, and readable without a warning."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import tomllib
from typing import Any

import pytest
from paths import ROOT

from celoss_cli import __version__
from celoss_cli.cli.app import command
from celoss_cli.core.errors import ExitCode

PAGE = ROOT / "docs" / "man" / "celoss.1"
MAKER = runpy.run_path(str(ROOT / "docs" / "man" / "make_man.py"))


def rendered(width: int = 80) -> str:
    """The page as a terminal shows it, without what makes letters bold."""
    done = subprocess.run(
        ["groff", "-man", "-Tascii", "-P-c", f"-rLL={width}n", str(PAGE)],
        capture_output=True,
        check=True,
        env={**os.environ, "GROFF_NO_SGR": "1"},
    )
    return re.sub(".\b", "", done.stdout.decode("ascii"))


def options() -> list[tuple[str, Any]]:
    program = command()
    found = [(name, param) for name, each in program.commands.items() for param in each.params]
    return [(name, param) for name, param in found if param.param_type_name == "option"]


needs_groff = pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
needs_man = pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed")


def test_the_page_is_that_of_the_program() -> None:
    assert PAGE.read_text(encoding="ascii") == MAKER["page"](), "run: python docs/man/make_man.py"
    assert f'"celoss {__version__}"' in PAGE.read_text()


def test_the_page_is_the_same_every_time() -> None:
    assert MAKER["page"]() == MAKER["page"]()
    assert str(ROOT) not in PAGE.read_text()


@pytest.mark.subprocess
@needs_groff
def test_groff_reads_it_without_a_warning() -> None:
    done = subprocess.run(["groff", "-man", "-ww", "-z", str(PAGE)], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.subprocess
@needs_man
@pytest.mark.parametrize("width", ["60", "80", "160"])
def test_man_shows_it_without_a_warning(width: str) -> None:
    done = subprocess.run(
        ["man", "-l", "--warnings", "-Tascii", str(PAGE)],
        capture_output=True,
        check=False,
        env={**os.environ, "MANWIDTH": width},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"celoss" in done.stdout


@pytest.mark.subprocess
@needs_groff
def test_every_command_option_and_exit_code_is_in_it() -> None:
    text = rendered(200)
    for name in command().commands:
        assert f"\n   celoss {name}\n" in text
    for _, param in options():
        label = ", ".join((*param.opts, *param.secondary_opts))
        assert re.search(rf"\n +{re.escape(label)}(?: |\n)", text), label
        assert " ".join(param.help.split()) in " ".join(text.split())
    for code in ExitCode:
        assert re.search(rf"\n +{int(code)} +{re.escape(code.meaning[0].upper() + code.meaning[1:])}\.", text)


@pytest.mark.subprocess
@needs_groff
def test_what_is_typed_can_be_copied() -> None:
    """A hyphen is a hyphen and an apostrophe an apostrophe, in any locale."""
    text = rendered(200)
    assert "celoss ce --logits '0.9,0.1;0.8,0.2' --targets 0,1\n" in text
    assert "torch.nn.functional.binary_cross_entropy_with_logits" in text


@pytest.mark.subprocess
@needs_groff
def test_an_option_says_which_commands_take_it() -> None:
    text = " ".join(rendered(100).split())
    assert "--log-target The targets are log-probabilities. Of kl" in text
    assert "Of ce and nll, compare" not in text
    assert "Of the losses" in text


def test_special_characters_are_text() -> None:
    escaped, guarded = MAKER["_escaped"], MAKER["_guarded"]
    assert escaped("a-b \\ 'c' ^~` é") == "a\\-b \\e \\(aqc\\(aq \\(ha\\(ti\\(ga \\[u00E9]"
    assert guarded(".SH x") == "\\&.SH x"
    assert guarded("'x") == "\\&'x"
    assert guarded("x") == "x"


def test_the_wheel_brings_it_to_where_man_looks() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["shared-data"] == {"docs/man/celoss.1": "share/man/man1/celoss.1"}
