"""A real browser for tests: what it makes of a page, at the width of a desktop or of a phone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

marks = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.subprocess,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed"),
]
"""The marks of tests that need one."""

_FRAME = """<!DOCTYPE html>
<html style="color-scheme: light dark"><body style="margin: 0">
<script>onmessage = event => { document.documentElement.dataset.measured = event.data; };</script>
<iframe src="PAGE" style="border: 0" width="WIDTH" height="900"></iframe>
</body></html>
"""
"""A browser has no window as narrow as a phone, but a frame of any width."""


def browse(page: Path, profile: Path, *, dark: bool, more: Sequence[str]) -> str:
    """What the browser writes on standard output, with a profile of its own and no way to the network."""
    assert CHROMIUM is not None
    call = [
        CHROMIUM,
        *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}",
        f"--user-data-dir={profile}",
        "--window-size=1280,900",
        *more,
        page.resolve().as_uri(),
    ]
    return subprocess.run(call, capture_output=True, text=True, check=True, timeout=60).stdout


def measured(page: Path, script: str, profile: Path, *, width: int, dark: bool) -> Any:
    """What a script at the end of a page posts to the page around it, as JSON, in a frame of a width.

    The page is read from a copy beside it, with the script; the frame stands there too.
    """
    text = page.read_text(encoding="utf-8").replace(
        "Content-Security-Policy", ""
    )  # which would stop our script
    copy = page.with_name(f"measured-{page.name}")
    copy.write_text(text.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    frame = page.with_name(f"frame-{page.name}")
    frame.write_text(_FRAME.replace("PAGE", copy.name).replace("WIDTH", str(width)), encoding="utf-8")
    document = browse(frame, profile, dark=dark, more=["--dump-dom", "--virtual-time-budget=3000"])
    found = re.search(r'data-measured="([^"]*)"', document)
    assert found, "the script told nothing"
    return json.loads(unescape(found[1]))
