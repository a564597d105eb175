"""The site of the documentation: it loads nothing from elsewhere, shows mathematics, and fits its screens."""

from __future__ import annotations

import os
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browsing import marks, measured
from paths import ROOT

DOCS = ROOT / "docs"
MEASURE = (Path(__file__).parent / "measure_site.js").read_text(encoding="ascii")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a page or a heading that is missing fails."""
    build = pytest.importorskip("mkdocs.commands.build")
    pytest.importorskip("material")
    pytest.importorskip("latex2mathml")
    from mkdocs.config import load_config

    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "NO_MKDOCS_2_WARNING", "1")
        patch.setattr(sys, "path", list(sys.path))
        build.build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder), strict=True))
    return folder


class _Loaded(HTMLParser):
    """The addresses that a browser fetches for a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        name = {"script": "src", "img": "src", "link": "href", "iframe": "src"}.get(tag)
        if name and given.get("rel") not in ("canonical", "next", "prev"):
            self.addresses.append(given.get(name) or "")


def test_a_page_is_built_of_every_source_and_loads_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    sources = [path for path in DOCS.rglob("*.md") if "generator" not in path.parts]
    assert len(pages) > len(sources)
    for page in pages:
        reader = _Loaded()
        reader.feed(page.read_text(encoding="utf-8"))
        assert not [address for address in reader.addresses if re.match(r"(https?:)?//", address)], page
    assert not list(site.rglob("*.py"))


def test_every_formula_is_mathematics(site: Path) -> None:
    for source in DOCS.rglob("*.md"):
        text = source.read_text(encoding="utf-8")
        formulas = len(re.findall(r"^```math$", text, re.MULTILINE)) + len(re.findall(r"\$`[^`]+`\$", text))
        page = source.relative_to(DOCS).with_suffix("")
        built = (site / (page.parent if page.name == "index" else page) / "index.html").read_text(
            encoding="utf-8"
        )
        assert built.count("<math ") == formulas, source
        assert not re.search(r"<m[io]>(&(amp;)?<|\\)", built), f"{source}: LaTeX that was not understood"


def test_every_page_leads_to_the_next_and_to_the_one_before(site: Path) -> None:
    for source in DOCS.rglob("*.md"):
        page = source.relative_to(DOCS).with_suffix("")
        built = (site / (page.parent if page.name == "index" else page) / "index.html").read_text(
            encoding="utf-8"
        )
        assert "md-footer__link--next" in built or "md-footer__link--prev" in built, source


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("page", ["tutorial/binary", "how-to/ci", "gallery", "install"])
def test_pages_fit_a_desktop_and_a_phone(page: str, width: int, site: Path, tmp_path: Path) -> None:
    found = measured(site / page / "index.html", MEASURE, tmp_path / "profile", width=width, dark=width < 500)
    assert found["page"] <= width
    if width > 1000:
        assert not found["broken"], "lines of at most 80 columns that a desktop breaks"
        assert not found["cut"], "blocks that a desktop cuts"
    assert not found["hidden"], "commands and messages that go beyond the page"
    assert not found["pale"], "text of too little contrast"


def test_what_is_copied_of_a_block_is_what_a_reader_types(site: Path, tmp_path: Path) -> None:
    page = site / "tutorial/segmentation/index.html"
    copied = measured(page, MEASURE, tmp_path / "profile", width=1280, dark=False)["copied"]
    assert copied[0] == "input   N x C x H x W    images, classes, height, width\n" + (
        "target  N x H x W        one class for each pixel"
    )
    assert copied[1] == "cat tutorial/image.json\nceloss ce tutorial/image.json --ignore-index 255 --rows 2"
    assert copied[-1].endswith("--ignore-index 255 \\\n    --by class --rows 0")


def test_what_is_copied_of_a_session_of_python_is_its_statements(site: Path, tmp_path: Path) -> None:
    page = site / "tutorial/cross-entropy/index.html"
    copied = measured(page, MEASURE, tmp_path / "profile", width=1280, dark=False)["copied"]
    (first, *_) = (text for text in copied if text.startswith("import numpy"))
    exec(first, said := {})  # noqa: S102  # a page of ours
    assert said["wrong"].shape == (3, 3)


IN_A_BROWSER = (
    test_pages_fit_a_desktop_and_a_phone,
    test_what_is_copied_of_a_block_is_what_a_reader_types,
    test_what_is_copied_of_a_session_of_python_is_its_statements,
)
for case in IN_A_BROWSER:
    for mark in marks:
        mark(case)
