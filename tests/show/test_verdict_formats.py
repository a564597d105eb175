"""The checks in every format, on outcomes made by hand: escaping, limits of the readers, counts."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from xml.etree import ElementTree

import pytest
from cases import each
from paths import schema

from celoss_cli.core.data import Tally
from celoss_cli.core.errors import visible
from celoss_cli.report.report import Report
from celoss_cli.report.verdict import Verdict
from celoss_cli.show import FORMATS, Style, formats_of
from celoss_cli.show.github import MOST
from celoss_cli.studies.checks import Outcome, document_of

RUN_SCHEMA = schema("run.schema")
RUNS = formats_of("checks")
every_run_format = pytest.mark.parametrize("format", RUNS)

HOSTILE = [
    "\x1b[31mred",
    "\x1b]8;;http://evil\x1b\\link",
    "\u202egnp.exe",
    "[red]bold[/red]",
    "[link=http://evil]x[/link]",
    ":smile:",
    "a|b",
    "`code`",
    "<script>alert(1)</script>",
    "&amp;",
    "]]>",
    "a\rb",
    "a\nb",
    'quo"te',
    "::error::x",
    "##[error]x",
    "100%0A",
    "a,b:c",
    "![x](http://evil)",
    "\udc80",
    "\uffff",
    "\x00",
    "\u7537",
    "\U0001f600",
]


def report(verdicts: Sequence[Verdict], value: float = 0.5) -> Report:
    return Report(
        loss="cross_entropy",
        title="cross entropy",
        takes="logits",
        reduction="mean",
        unit="nats",
        value=value,
        denominator=3.0,
        denominator_is="number of counted targets",
        tally=Tally(elements=3, rows=3),
        classes=2,
        options={},
        source={"columns": {"inputs": ["a"], "target": "y", "id": None, "weight": None, "unused": []}},
        checks=verdicts,
    )


def verdict(passed: bool, name: str = "max", reason: str = "mean 0.5 is at most 1") -> Verdict:
    return Verdict(name, passed, 0.5, "<=", 1.0, "mean", reason)


def outcome(name: str, *passed: bool) -> Outcome:
    found = report([verdict(one, f"limit {at}") for at, one in enumerate(passed)])
    return Outcome(name, found, "", 0 if all(passed) else 1)


ERROR = Outcome("bad", None, "p.csv:2: expected a number", 3)


def rendered(format: str, outcomes: Sequence[Outcome], style: Style = Style(version="9.9.9")) -> str:  # noqa: B008
    return "".join(FORMATS[format].render(document_of(outcomes), style))


@each("format", RUNS)
@each("name", HOSTILE)
def test_no_name_and_no_reason_escapes(format: str, name: str) -> None:
    bad = Outcome(name, report([verdict(False, name, name), verdict(True, name, name)]), "", 1)
    text = rendered(format, [bad, Outcome(name, None, name, 3)])
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff\uffff]", text)
    text.encode()


@each("name", HOSTILE)
def test_junit_is_xml_and_says_what_is_visible(name: str) -> None:
    bad = Outcome(name, report([verdict(False, name, name), verdict(True, name, name)]), "", 1)
    text = rendered("junit", [bad, Outcome(name, None, name, 3)])
    assert text.isascii()
    root = ElementTree.fromstring(text)  # noqa: S314 - our own text
    suites = root.findall("testsuite")
    assert [suite.get("name") for suite in suites] == [visible(name)] * 2
    failed, passed = suites[0].findall("testcase")
    assert failed.find("failure").get("message") == visible(name)  # type: ignore[union-attr]
    assert passed.findtext("system-out") == visible(name)
    assert suites[1].find("testcase/error").get("message") == visible(name)  # type: ignore[union-attr]
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "1", "1")


@pytest.mark.slow
def test_junit_holds_every_character_that_there_is() -> None:
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    text = rendered("junit", [Outcome("x", None, every, 3)])
    root = ElementTree.fromstring(text)  # noqa: S314 - our own text
    assert root.find("testsuite/testcase/error").get("message") == visible(every)  # type: ignore[union-attr]


@each("name", HOSTILE)
def test_github_commands_are_only_our_own(name: str) -> None:
    bad = Outcome(name, report([verdict(False, name, name), verdict(True, name, name)]), "", 1)
    lines = rendered("github", [bad]).splitlines()
    commands = [line for line in lines if line.lstrip().startswith("::") or "##[" in line]
    assert len(commands) == 1
    assert re.fullmatch(r"::error title=celoss%3A [^:,]*::.*", commands[0])


@pytest.mark.parametrize(("failed", "shown"), [(0, 0), (1, 1), (10, 10), (11, 10), (30, 10)])
def test_github_annotations_are_capped_and_the_last_one_counts_the_rest(failed: int, shown: int) -> None:
    lines = rendered("github", [outcome(f"check{at}", False) for at in range(failed)]).splitlines()
    annotations = [line for line in lines if line.startswith("::error ")]
    assert len(annotations) == shown <= MOST
    assert sum(line.startswith("FAIL ") for line in lines) == failed
    if failed > shown:
        assert annotations[-1] == f"::error title=celoss::{failed - shown + 1} more checks failed"


def test_markdown_is_a_table_with_a_cell_for_every_column() -> None:
    for name in HOSTILE:
        lines = rendered("markdown", [Outcome(name, None, name, 3), outcome(name, True)]).splitlines()[2:]
        assert [len(re.findall(r"(?<!\\)\|", line)) for line in lines] == [5] * 4


def test_json_has_every_outcome_and_keeps_its_schema() -> None:
    document = json.loads(rendered("json", [outcome("a", True), outcome("b", True, False), ERROR]))
    RUN_SCHEMA.validate(document)
    assert document["tool"]["version"] == "9.9.9"
    assert [one["passed"] for one in document["checks"]] == [True, False, False]
    assert document["checks"][2]["error"] == "p.csv:2: expected a number"
    assert document["checks"][2]["result"] is None


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([outcome("a", True)], "1 check: 1 passed"),
        ([outcome("a", True, False), outcome("b", True)], "2 checks: 1 passed, 1 failed"),
        ([ERROR, outcome("b", False)], "2 checks: 0 passed, 1 failed, 1 in error"),
    ],
)
@pytest.mark.parametrize("format", ["table", "markdown", "github"])
def test_the_count_is_told(format: str, outcomes: list[Outcome], said: str) -> None:
    assert said in rendered(format, outcomes)


@pytest.mark.parametrize("width", [1, 20, 40, 80, None])
def test_no_width_cuts_a_number_or_a_name(width: int | None) -> None:
    long = Outcome(
        "a check with a long name",
        report([verdict(False, "max-increase 0.01 or 1%", "x " * 60 + "0.6405346229445387")]),
        "",
        1,
    )
    text = rendered("table", [long], Style(width=width))
    for word in ("a check with a long name", "max-increase 0.01 or 1%", "0.6405346229445387"):
        assert word in text
    if width == 80:
        assert max(map(len, text.splitlines())) <= 80


def test_colour_is_the_only_difference_that_colour_makes() -> None:
    outcomes = [outcome("a", True, False), ERROR]
    plain, coloured = rendered("table", outcomes, Style()), rendered("table", outcomes, Style(color=True))
    assert "\x1b" not in plain
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in stripped.splitlines()] == plain.splitlines()


def test_a_terminal_without_unicode_gets_ascii() -> None:
    assert rendered("table", [outcome("a", True)], Style(unicode=False)).isascii()
