"""The page of celoss report in a real browser: its widths, its colours, its charts."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browsing import browse, marks, measured

from celoss_cli.cli.main import run

MEASURE = (Path(__file__).parent / "measure_page.js").read_text(encoding="ascii")

pytestmark = marks


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(file: str, *options: str) -> Path:
    assert run(["report", file, "--loss", "ce", "-o", "page.html", *options]) == 0
    return Path("page.html")


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
    found = measured(page, MEASURE, tmp_path / "profile", width=width, dark=dark)
    assert found["viewport"] == width
    assert found["dark"] == dark
    assert found["page"] <= width
    assert found["outside"] == 0
    assert (found["scrolling"] > 0) or width > 1000
    assert found["contrast"] >= 4.5
    assert found["smallest"] >= 12
    assert all(300 <= chart <= 544 for chart in found["charts"])
    assert len(found["charts"]) == 2


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
