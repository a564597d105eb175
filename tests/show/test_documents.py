"""Any document in any format: a hand-made one with every kind of block, and the results of every command."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path
from typing import Any, get_args

import pytest
from running import celoss

from celoss_cli.evaluate.summaries import Histogram, Interval
from celoss_cli.findings.facts import Finding
from celoss_cli.show import FORMATS, Style, formats_of
from celoss_cli.show import blocks as b
from celoss_cli.show.charts.figures import LossHistogram
from celoss_cli.show.data import Records
from celoss_cli.show.document import Document
from celoss_cli.show.verdicts import Checks, Line

PICTURE = LossHistogram("f", "", "nats", [], Histogram([Interval(0, 1, 3)]))
NESTED = b.View("nested title", ("nested extent",), (b.Result("nested result"),))
BLOCKS: tuple[b.Block, ...] = (
    b.Lines(["line one", "line two"]),
    b.Sentences(["a plain sentence"]),
    b.Sentences(["a strong sentence"], "strong"),
    b.Table(
        "table title", ("name",), ("number",), [("cell", "1.5"), ("sum", "2")], kinds=["picked", "total"]
    ),
    b.Equations([b.Equation("symbol", "0.25", "what it is")]),
    b.Findings([Finding("CEL101", "warning", "a message", 1, remedy="celoss ce x.csv")]),
    b.Findings([Finding("CEL301", "note", "told elsewhere", 1)], told=True),
    b.Verdicts([Line("one check", "FAIL", "max", "a reason")], named=True),
    b.Entry("entry title", ("a point",), ("a line",), "celoss nll y.csv"),
    b.Prose("prose title", ("a formula",), ("a paragraph",), ("a step",), (("term", "its meaning"),)),
    b.Example("celoss bce z.csv", NESTED),
    b.Chart(PICTURE),
    b.Shaded([("shaded text", "", 0.5)], "what the text is"),
    b.Part(("part title", "id 7"), [b.Lines(["within a part"])], "a caution"),
    b.Part(("folded title",), [b.Lines(["within a fold"])], kind="folded"),
    b.Full([b.Lines(["in full"])], [b.Lines(["in brief"])]),
    b.SideBySide([b.Lines(["on the left"]), b.Lines(["on the right"])]),
    b.Result("the result", ["what it means"]),
)

SAID = (
    *("line one", "line two", "a plain sentence", "a strong sentence", "table title", "name", "number"),
    *("cell", "1.5", "symbol", "0.25", "what it is", "CEL101", "a message", "celoss ce x.csv", "one check"),
    *("FAIL", "max", "a reason", "entry title", "a point", "a line", "celoss nll y.csv", "prose title"),
    *("a formula", "a paragraph", "a step", "term", "its meaning", "celoss bce z.csv", "nested result"),
    *("part title", "id 7", "a caution", "within a part", "on the left", "on the right", "the result"),
    *("what it means", "title of all", "extent"),
)
"""What every format for people says."""

PAGES_ONLY = {"folded title", "within a fold", "in full", "shaded text"}
NOT_IN = {
    "table": {"told elsewhere", "in brief"},
    "markdown": PAGES_ONLY,
    "html": {"in brief"},
    "svg": {"in brief"},
}
"""What is left out: what standard error tells of a table, and what has no room in a comment."""


def whole(**parts: Any) -> Document:
    return Document(
        view=lambda: b.View("title of all", ("extent",), BLOCKS), values=lambda _: {"n": 1}, **parts
    )


def test_the_document_has_every_kind_of_block() -> None:
    assert {type(block) for block in BLOCKS} == set(get_args(b.Block))


@pytest.mark.parametrize("format", NOT_IN)
def test_a_format_for_people_says_everything_but_what_it_has_no_room_for(format: str) -> None:
    text = "".join(FORMATS[format].render(whole(), Style(version="1")))
    text = unescape(text).replace("\xa0", " ").replace("\\", "")
    every = {*SAID, *PAGES_ONLY, "in brief", "told elsewhere"}
    assert {said for said in every if said not in text} == NOT_IN[format]


def test_a_document_without_a_title_has_its_count_below_and_is_called_celoss_in_a_comment() -> None:
    verdicts = b.Verdicts([Line("one", "pass", "max", "fine")], named=True)
    found = Document(view=lambda: b.View("", ("1 check: 1 passed",), (verdicts,)), values=lambda _: {})
    assert "".join(FORMATS["table"].render(found, Style())).splitlines()[-1] == "1 check: 1 passed"
    assert "".join(FORMATS["markdown"].render(found, Style())).startswith(
        "**celoss**: 1 check: 1 passed\n\n| check"
    )


def test_what_is_not_finite_is_null_wherever_it_stands() -> None:
    values = {"a": float("nan"), "b": [1.5, float("inf")], "c": {"d": (float("-inf"), 2)}, "e": "inf"}
    found = Document(view=lambda: b.View("", (), ()), values=lambda _: values)
    document = json.loads("".join(FORMATS["json"].render(found, Style(version="9"))))
    assert document == {
        "schema_version": 1,
        "tool": {"name": "celoss", "version": "9"},
        "a": None,
        "b": [1.5, None],
        "c": {"d": [None, 2]},
        "e": "inf",
    }


def test_records_are_objects_of_their_fields_wherever_they_stand() -> None:
    held = {"one": Interval(0.0, float("inf"), 3), "several": (Interval(1.0, 2.0, 0),), "texts": ("a", "b")}
    document = Document(view=lambda: b.View("", (), ()), values=lambda version: held)
    for format in ("json", "jsonl"):
        found = json.loads("".join(FORMATS[format].render(document, Style(version="9"))))
        assert found == {
            "schema_version": 1,
            "tool": {"name": "celoss", "version": "9"},
            "one": {"low": 0.0, "high": None, "count": 3},
            "several": [{"low": 1.0, "high": 2.0, "count": 0}],
            "texts": ["a", "b"],
        }


def test_records_checks_and_the_number_are_written_where_there_are_any() -> None:
    found = whole(
        number=lambda: ["0.25"],
        records=lambda: Records(("row", "loss"), [(0, 0.5), (1, float("inf"))], each=True),
        checks=lambda: Checks(
            [("suite", [Line("suite", "pass", "max", "fine")])], told="told", count="count"
        ),
    )
    written = {name: "".join(spec.render(found, Style())) for name, spec in FORMATS.items()}
    assert written["value"] == "0.25\n"
    assert written["csv"] == "row,loss\n0,0.5\n1,inf\n"
    assert [json.loads(line)["loss"] for line in written["jsonl"].splitlines()] == [0.5, None]
    assert written["github"] == "told\npass suite max: fine\ncount\n"
    assert 'testsuite name="suite"' in written["junit"]
    nothing = {name: "".join(spec.render(whole(), Style())) for name, spec in FORMATS.items()}
    assert (nothing["value"], nothing["csv"], nothing["github"]) == ("", "", "")


CSV = "id,cat,dog,target\n1,0.9,0.1,cat\n2,0.8,0.2,dog\n3,0.7,0.3,cat\n"
RESULTS: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "compare": (
        ("compare", "a.csv", "a.csv", "--loss", "ce", "--max-increase", "1"),
        formats_of("number", "checks"),
    ),
    "inspect": (("inspect", "a.csv"), formats_of()),
    "diagnose": (("diagnose", "a.csv"), formats_of()),
    "reconcile": (("reconcile", "a.csv", "--got", "0.6405"), formats_of()),
    "weights": (("weights", "a.csv"), formats_of("number")),
    "explain": (("explain", "CEL101"), formats_of()),
    "conventions": (("ce", "a.csv", "--convention", "all"), formats_of()),
    "check": (("check",), formats_of("checks")),
}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("result", RESULTS)
def test_a_result_is_written_in_every_format_that_is_offered_and_refused_in_any_other(
    result: str, format: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "celoss.toml").write_text('[checks.one]\nloss = "ce"\nfiles = ["a.csv"]\nmax = 9\n')
    words, offered = RESULTS[result]
    done = celoss(*words, "--format", format, cwd=tmp_path)
    assert done.returncode == (0 if format in offered else 2), done.stderr
    assert bool(done.stdout) == (format in offered)
