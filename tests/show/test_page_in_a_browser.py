"""The page of celoss report in a real browser: its widths, its colours, its charts."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from celoss_cli.cli.main import run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MEASURE = (Path(__file__).parent / "measure_page.js").read_text(encoding="ascii")

FRAME = """<!DOCTYPE html>
<html style="color-scheme: light dark"><body style="margin: 0">
<script>onmessage = event => { document.documentElement.dataset.measured = event.data; };</script>
<iframe src="measured.html" style="border: 0" width="WIDTH" height="900"></iframe>
</body></html>
"""
"""A browser has no window as narrow as a phone, but a frame of any width."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.subprocess,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed"),
]


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(file: str, *options: str) -> Path:
    assert run(["report", file, "--loss", "ce", "-o", "page.html", *options]) == 0
    return Path("page.html")


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


def wide_data() -> Iterator[list[object]]:
    rng = np.random.default_rng(3)
    names = ["a class with a rather long name", *(f"class {index}" for index in range(14))]
    yield ["id", *names, "target"]
    for index, row in enumerate(rng.normal(size=(60, 15)) * 2):
        yield [f"image_{index:06d}", *(f"{value:.4f}" for value in row), names[index % 15]]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_fits_a_desktop_and_a_phone_in_the_light_and_in_the_dark(
    width: int, dark: bool, tmp_path: Path
) -> None:
    with open("wide.csv", "w", newline="") as stream:
        csv.writer(stream).writerows(wide_data())
    page = made("wide.csv", "--grad", "--max", "9")
    text = page.read_text().replace("Content-Security-Policy", "")  # which would stop our script
    text = text.replace("</body>", f"<script>{MEASURE}</script></body>")
    Path("measured.html").write_text(text)
    Path("frame.html").write_text(FRAME.replace("WIDTH", str(width)))
    more = ["--dump-dom", "--virtual-time-budget=3000"]
    document = browse(Path("frame.html"), tmp_path / "profile", dark=dark, more=more)
    found = re.search(r'data-measured="([^"]*)"', document)
    assert found
    measured = json.loads(found[1].replace("&quot;", '"'))
    assert measured["viewport"] == width
    assert measured["dark"] == dark
    assert measured["page"] <= width
    assert measured["outside"] == 0
    assert (measured["scrolling"] > 0) or width > 1000
    assert measured["contrast"] >= 4.5
    assert measured["smallest"] >= 12
    assert all(300 <= chart <= 544 for chart in measured["charts"])
    assert len(measured["charts"]) == 2


def test_a_browser_paints_the_page(tmp_path: Path) -> None:
    Path("preds.csv").write_text("cat,dog,target\n0.9,0.1,cat\n0.8,0.2,dog\n")
    browse(made("preds.csv"), tmp_path / "profile", dark=False, more=["--screenshot=shot.png"])
    assert Path("shot.png").read_bytes().startswith(b"\x89PNG")
    assert Path("shot.png").stat().st_size > 20_000


def test_a_browser_runs_nothing_within_the_page(tmp_path: Path) -> None:
    Path("preds.csv").write_text("cat,dog,target\n0.9,0.1,cat\n0.8,0.2,dog\n")
    script = "<script>document.documentElement.dataset.ran = 1</script></body>"
    Path("forged.html").write_text(made("preds.csv").read_text().replace("</body>", script))
    document = browse(Path("forged.html"), tmp_path / "profile", dark=False, more=["--dump-dom"])
    assert "How the number comes about" in document
    assert "data-ran" not in document
