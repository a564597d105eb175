"""The page of celoss play in a real browser: keys and clicks, what follows them, widths, colours, labels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import pytest
from chromium import CHROMIUM, Browser, browser

from celoss_cli.cli.main import run

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.subprocess,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed"),
]

HOSTILE = [
    "</script><script>window.ran = 1</script>",
    '"><img src=x onerror="window.ran = 1">',
    "<!--",
    "\u202egnp",
    "a\x07b",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("play")


@pytest.fixture(scope="module")
def tab(folder: Path) -> Iterator[Browser]:
    with browser(folder / "profile") as found:
        yield found


@pytest.fixture(scope="module")
def page(folder: Path) -> Path:
    assert run(["play", "-o", str(folder / "play.html")]) == 0
    return folder / "play.html"


@pytest.fixture(autouse=True)
def _nothing_is_complained_of_or_asked_for(tab: Browser) -> Iterator[None]:
    tab.complaints.clear()
    tab.requests.clear()
    yield
    assert tab.complaints == []
    assert [address for address in tab.requests if not address.startswith("file:")] == []


def shown(tab: Browser) -> float:
    """The number in the result, with all its digits."""
    text = str(tab.value("document.querySelector('#value .full').textContent"))
    return float(text.replace("\u2212", "-"))


def line(tab: Browser) -> str:
    return str(tab.value("document.querySelector('#lines code').textContent"))


def test_a_slider_moves_the_loss_its_curve_and_its_command(tab: Browser, page: Path) -> None:
    tab.open(page)
    first, second = math.log(math.exp(2) + math.e + math.exp(0.1)) - 2, 0.22004952302053787
    assert shown(tab) == pytest.approx((first + second) / 2, rel=1e-12)
    point = tab.value("document.querySelector('#curve-x .chosen').getAttribute('cx')")
    tab.value("document.querySelector('.class-line[data-class=\"0\"] input').focus()")
    for _ in range(5):
        tab.key("ArrowRight")
    moved = math.log(math.exp(2.5) + math.e + math.exp(0.1)) - 2.5
    assert shown(tab) == pytest.approx((moved + second) / 2, rel=1e-12)
    assert "2.5,1,0.1;" in line(tab)
    assert tab.value("document.querySelector('#batch input').value") == "2.5"
    assert tab.value("document.querySelector('#curve-x .chosen').getAttribute('cx')") != point
    p = math.exp(2.5) / (math.exp(2.5) + math.e + math.exp(0.1))
    bars = "[...document.querySelectorAll('.class-line[data-class] .p')].map(one => Number(one.textContent))"
    assert tab.value(bars)[0] == pytest.approx(p, abs=1e-6)


def test_the_point_on_the_curve_is_dragged(tab: Browser, page: Path) -> None:
    tab.open(page)
    tab.value("document.querySelector('#curve-x').scrollIntoView({block: 'center'})")
    left, top, wide, high = tab.value(
        "(({left, top, width, height}) => [left, top, width, height])"
        "(document.querySelector('#curve-x svg').getBoundingClientRect())"
    )
    places = [left + wide * part for part in (0.5, 0.6, 0.7)]
    tab.drag([(x, top + high / 2) for x in places])
    # The picture's 420 units hold 360 of the axis from -10 to 10, after 46.
    moved = round(-10 + 20 * (0.7 * 420 - 46) / 360, 1)
    assert float(tab.value("document.querySelector('#batch input').value")) == pytest.approx(moved)
    first = math.log1p((math.e + math.exp(0.1)) / math.exp(moved))
    assert shown(tab) == pytest.approx((first + 0.22004952302053787) / 2, rel=1e-12)


def test_the_three_steps_say_what_the_row_pays(tab: Browser, page: Path) -> None:
    tab.open(page)
    tab.value(
        "(field => { field.value = '0.1'; field.dispatchEvent(new Event('input')); })"
        "(document.querySelectorAll('#option-fields .number')[1])"
    )
    steps = tab.value("[...document.querySelectorAll('#ideas code')].map(one => one.textContent)")
    logs = [math.log(math.exp(2) + math.e + math.exp(0.1)) - x for x in (2, 1, 0.1)]
    paid = 0.9 * logs[0] + 0.1 * sum(logs) / 3
    assert steps[1] == f"\u2212log {math.exp(-logs[0]):.6f} = {logs[0]:.6f}"
    assert steps[2] == f"(1 \u2212 0.1) \u00d7 {logs[0]:.6f} + 0.1 \u00d7 {sum(logs) / 3:.6f} = {paid:.6f}"


def test_an_address_opens_a_question(tab: Browser, page: Path) -> None:
    tab.open(page, fragment="gradient")
    assert tab.value("document.querySelector('#question-title').textContent") == "The gradient is p - y"


def test_a_field_takes_a_number_and_infinity_and_refuses_words(tab: Browser, page: Path) -> None:
    tab.open(page)
    for text, invalid in (("-inf", "false"), ("5e0", "false"), ("five", "true")):
        tab.value("(field => { field.focus(); field.select(); })(document.querySelector('#batch input'))")
        tab.write(text)
        assert tab.value("document.querySelector('#batch input').getAttribute('aria-invalid')") == invalid
        assert bool(tab.value("document.querySelector('#problem').textContent")) == (invalid == "true")
    assert "5,1,0.1;" in line(tab)
    tab.key("Tab")
    assert tab.value("document.querySelector('#batch input').value") == "5"
    assert "five" not in tab.value("document.querySelector('#lines').textContent")
    assert tab.value("document.querySelector('#problem').textContent") == ""


def test_every_option_changes_the_command_and_the_number(tab: Browser, page: Path) -> None:
    tab.open(page)
    choose = (
        "((name, value) => {{ const field = [...document.querySelectorAll('#option-fields select')][name];"
        " field.value = value; field.dispatchEvent(new Event('change')); }})({}, {!r})"
    )
    tab.value(choose.format(2, "sum"))
    assert "--reduction sum" in line(tab)
    tab.value(choose.format(1, "softmax"))
    tab.value(choose.format(0, "nll"))
    assert line(tab).startswith("celoss nll --log-probs")
    assert shown(tab) < 0
    tab.value(choose.format(3, "2"))
    assert "--base 2" in line(tab)
    tab.click("#option-fields input[type=checkbox]")
    assert "--weight 1,1,1" in line(tab)


def test_a_question_hides_the_numbers_until_it_is_answered(tab: Browser, page: Path) -> None:
    tab.open(page)
    tab.click("#questions li:nth-child(2) button")
    assert tab.value("document.querySelector('#value strong').textContent") == "?"
    assert not tab.value("getComputedStyle(document.querySelector('#steps')).display !== 'none'")
    tab.click("#question form button[type=submit]")
    assert tab.value("document.querySelector('#question .problem').textContent").startswith("Choose")
    tab.click("#question .choice:nth-of-type(2) input")
    tab.click("#question form button[type=submit]")
    assert tab.value("document.querySelector('#verdict').textContent") == "Yes: 0.576."
    assert shown(tab) == pytest.approx(math.log(math.e + 2) - 1, rel=1e-12)
    tab.click("#question table button[aria-label*='0, 5, 0']")
    assert shown(tab) == pytest.approx(math.log(math.exp(5) + 2) - 5, rel=1e-12)


def test_every_question_opens_in_both_languages_and_is_answered(tab: Browser, page: Path) -> None:
    tab.open(page)
    for language in range(2):
        for number in range(2, 17):
            tab.click(f"#questions li:nth-child({number}) button")
            tab.click("#question form button[type=button]")
            said = tab.value("document.querySelector('#question').textContent")
            assert "{" not in said
            assert "undefined" not in said
            assert tab.value("document.querySelector('#value .full').textContent")
        if not language:
            tab.click("#language")
    assert tab.value("document.documentElement.lang") == "zh-CN"


def test_a_page_is_used_by_keys_alone(tab: Browser, page: Path) -> None:
    tab.open(page)
    seen = set()
    for _ in range(24):
        tab.key("Tab")
        seen.add(tab.value("document.activeElement.className || document.activeElement.id"))
    assert {"skip", "language", "theme", "question"} <= seen
    tab.value("document.querySelector('#questions li:nth-child(3) button').focus()")
    tab.key("Enter")
    assert tab.value("document.activeElement.id") == "question-title"


@pytest.mark.parametrize("width", [1280, 820, 390])
@pytest.mark.parametrize("asked", [False, True])
def test_nothing_is_wider_than_the_window(
    tab: Browser, page: Path, width: int, asked: bool, tmp_path: Path
) -> None:
    tab.open(page, width=width)
    if asked:
        tab.value("document.querySelector('#questions li:nth-child(9) button').click()")
        tab.click("#question form button[type=button]")
    assert tab.value("document.documentElement.scrollWidth") <= width
    tab.screenshot(tmp_path / "shot.png")
    assert (tmp_path / "shot.png").stat().st_size > 20_000


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("step", ["free", "asked", "answered"])
def test_axe_finds_nothing_to_complain_of(
    tab: Browser, page: Path, width: int, dark: bool, step: str
) -> None:
    if find_spec("axe_core_python") is None:
        pytest.skip("axe-core-python is not installed")
    tab.open(page, width=width, dark=dark)
    if step != "free":
        tab.value("document.querySelector('#questions li:nth-child(9) button').click()")
    if step == "answered":
        tab.click("#question form button[type=button]")
    tab.value(files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8") + "; 0")
    found = tab.value(
        "axe.run().then(found => found.violations.map(one => [one.id, one.nodes.map(node => node.html)]))"
    )
    assert found == []


def test_the_theme_follows_the_reader_and_the_button(tab: Browser, page: Path) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    tab.open(page, dark=True)
    dark = tab.value(paper)
    tab.click("#theme")
    light = tab.value(paper)
    assert light != dark
    tab.open(page)
    assert tab.value(paper) == light


def test_names_of_the_data_stay_text(tab: Browser, folder: Path) -> None:
    header = ",".join('"' + name.replace('"', '""') + '"' for name in HOSTILE)
    rows = "".join(f"r{at}<b>,{','.join('0.5' for _ in HOSTILE)},{at}\n" for at in range(2))
    (folder / "bad.csv").write_text(f"id,{header},target\n{rows}", newline="")
    words = ["play", str(folder / "bad.csv"), "--id-column", "id", "--target-is", "index"]
    assert run([*words, "-o", str(folder / "bad.html")]) == 0
    assert (folder / "bad.html").read_text("ascii").count("<script") == 2
    tab.open(folder / "bad.html")
    assert tab.value("window.ran ?? null") is None
    assert tab.value("document.querySelectorAll('img, b').length") == 0
    assert tab.value("document.querySelector('#batch thead th:nth-child(2)').textContent") == HOSTILE[0]
    assert tab.value("document.querySelector('#batch thead th:nth-child(5)').textContent") == "\\u202egnp"
    assert shown(tab) == pytest.approx(math.log(len(HOSTILE)), rel=1e-12)
