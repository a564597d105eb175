"""The boundary of the process: what it lets out."""

from __future__ import annotations

import subprocess
import sys


def test_a_warning_of_a_library_is_not_told_unless_it_was_asked_for() -> None:
    code = """
import sys, warnings
from celoss_cli.cli import main
def warned():
    warnings.warn("overflow encountered", RuntimeWarning)
    return 0
main._interruptible = warned
main.main()
"""
    for options, told in (([], False), (["-W", "default"], True)):
        done = subprocess.run(
            [sys.executable, *options, "-c", code], capture_output=True, text=True, check=True
        )
        assert ("overflow encountered" in done.stderr) == told
