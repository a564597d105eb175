"""Help is written without libraries that it does not need, and is the same as with them."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import sys
{before}
from celoss_cli.cli.main import run
code = run(["ce", "--help"])
print(sorted({{"markdown_it", "pygments", "numpy"}} & set(sys.modules)))
sys.exit(code)
"""


@pytest.mark.subprocess
def test_help_needs_no_markdown_and_is_the_same_without_it() -> None:
    texts = []
    for before in ("", "import rich.markdown, rich.traceback"):
        done = subprocess.run(
            [sys.executable, "-c", CODE.format(before=before)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        help, _, modules = done.stdout.strip().rpartition("\n")
        texts.append(help)
        assert modules == ("['markdown_it', 'pygments']" if before else "[]")
    assert texts[0] == texts[1]
    assert "--label-smoothing" in texts[0]
