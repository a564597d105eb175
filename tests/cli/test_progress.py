"""The bar that people see who wait, and nobody else."""

from __future__ import annotations

import io
import sys

import pytest

from celoss_cli.cli import progress
from celoss_cli.cli.progress import Bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(
    stream: io.StringIO,
    seconds: float,
    monkeypatch: pytest.MonkeyPatch,
    term: str = "xterm",
    no_color: str = "",
) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "_AFTER_SECONDS", seconds)
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("NO_COLOR", no_color)
    with Bar("draws") as bar:
        bar.show(1_500, 0.25)
        bar.show(3_000, 0.5)
    return stream.getvalue()


def test_it_tells_how_much_was_done_and_is_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    written = shown(Terminal(), 0, monkeypatch)
    assert "3,000 draws" in written
    assert "50%" in written
    assert written.endswith("\x1b[2K")


def test_nothing_is_shown_in_the_first_second_or_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(Terminal(), 60, monkeypatch) == ""
    assert shown(io.StringIO(), 0, monkeypatch) == ""


def test_a_terminal_that_draws_nothing_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(Terminal(), 0, monkeypatch, term="dumb") == ""
    assert shown(Terminal(), 0, monkeypatch, no_color="1") == ""
