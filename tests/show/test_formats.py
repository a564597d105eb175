"""The output formats on reports made by hand and on real ones: numbers, names, escaping, round trips."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from cases import each
from hypothesis import given
from hypothesis import strategies as st
from paths import schema
from profiles import some

from celoss_cli.core.data import Batch, Reduction
from celoss_cli.core.errors import visible
from celoss_cli.evaluate.loop import Request, evaluate
from celoss_cli.losses import LOSSES
from celoss_cli.report.assemble import report_of
from celoss_cli.report.report import Report
from celoss_cli.show import FORMATS, Style
from celoss_cli.show import json as json_format
from celoss_cli.show.json import finite
from celoss_cli.show.loss.document import document_of
from celoss_cli.show.loss.workings import ledger, row_steps
from celoss_cli.show.markdown import escaped
from celoss_cli.show.numerals import aligned, exact, short

SCHEMA = schema("schema")
REDUCTIONS: tuple[Reduction, ...] = ("none", "mean", "sum")
LOGITS = [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]]
TARGETS = [0, -100, 1]
PLAIN = Style(version="9.9.9")

HOSTILE = [
    "\x1b[31mred",
    "\x1b]8;;http://evil\x1b\\link",
    "\u202egnp.exe",
    "\u200bzero",
    "[red]bold[/red]",
    "[link=http://evil]x[/link]",
    ":smile:",
    "a|b",
    "`code`",
    "<script>alert(1)</script>",
    "&amp;",
    "=cmd|'/c calc'!A1",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "a\rb",
    "a\nb",
    'quo"te',
    "a,b",
    "::error::x",
    "![x](http://evil)",
    "\udc80",
    "\u7537\u6027",
    "",
]

every_format = pytest.mark.parametrize("format", FORMATS)
every_reduction = pytest.mark.parametrize("reduction", REDUCTIONS)


def report(
    input: Any = LOGITS,
    target: Any = TARGETS,
    *,
    loss: str = "ce",
    reduction: Reduction = "mean",
    ids: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    show: int = 3,
    source: dict[str, Any] | None = None,
    skipped: int = 0,
    **options: Any,
) -> Report:
    """A report of a computation on arrays, as the command line makes it from a file."""
    spec = LOSSES[loss]
    computed = spec.loss(**options)
    batch = Batch(np.asarray(input, float), np.asarray(target), ids=ids, labels=labels, skipped=skipped)
    request = Request(
        strict=True, allow_out_of_domain=True, show=show, gradient=True, keep=reduction == "none"
    )
    columns = {"inputs": list(labels or ["x"]), "target": "y", "id": "id" if ids else None}
    return report_of(
        spec,
        computed,
        evaluate(computed, [batch], request),
        reduction=reduction,
        options=dict.fromkeys(spec.options),
        source={"columns": {**columns, "weight": None, "unused": []}, **(source or {})},
        on_empty="nan",
    )


def rendered(format: str, found: Report, style: Style = PLAIN) -> str:
    return "".join(FORMATS[format].render(document_of(found), style))


def losses(found: Report) -> list[float]:
    return [loss for some in found.named for loss in some.loss.tolist()]


# -------------------------------------------------------------------------------------------- ledger


@pytest.mark.parametrize(("base", "last"), [("e", "loss"), ("2", "in bits")])
def test_an_ignored_row_picks_nothing_and_the_last_column_is_summed(base: str, last: str) -> None:
    found = report([[0.9, 0.1], [0.8, 0.2]], [0, 255], ignore_index=255, base=base)
    book = ledger(found)
    counted, ignored, total = (dict(zip(book.numbers, line[2:], strict=True)) for line in book.lines)
    assert (book.numbers[-1], total[last]) == (last, counted[last])
    assert (counted["-log p[y]"], ignored["-log p[y]"]) == ("0.371101", "")
    assert (ignored["weight"], ignored[last]) == ("0", "0")
    assert "-log p[y]" not in [step.name for step in row_steps(found.workings[1])]


# --------------------------------------------------------------------------------------------- value


@every_reduction
def test_value_reads_back_as_the_same_doubles(reduction: Reduction) -> None:
    found = report(reduction=reduction)
    lines = rendered("value", found).splitlines()
    assert [float(line) for line in lines] == (losses(found) if reduction == "none" else [found.value])


@given(st.floats(allow_nan=False))
def test_exact_digits_read_back(number: float) -> None:
    assert float(exact(number)) == number


@pytest.mark.parametrize(("target", "text"), [(1, "inf\n"), (0, "0.0\n")])
def test_value_writes_what_is_infinite(target: int, text: str) -> None:
    assert rendered("value", report([[0.0, -math.inf]], [target])) == text


# ---------------------------------------------------------------------------------------------- json


@each("reduction", REDUCTIONS)
@each("loss", LOSSES)
def test_json_keeps_its_schema_for_every_loss(loss: str, reduction: Reduction) -> None:
    targets = TARGETS if LOSSES[loss].per == "class" else [[1.0, 0.0]] * 3
    inputs = LOGITS if loss != "nll" else np.log(LOGITS)
    found = report(inputs, targets, loss=loss, reduction=reduction, ids=["a", "b", "c"])
    document = json.loads(rendered("json", found))
    SCHEMA.validate(document)
    assert document["tool"] == {"name": "celoss", "version": "9.9.9"}
    assert document["loss"] == LOSSES[loss].name
    assert document["value"] == (losses(found) if reduction == "none" else found.value)
    assert document["rows"] == 3
    assert document["ignored"] == (1 if LOSSES[loss].per == "class" else 0)


def test_json_names_what_is_not_finite() -> None:
    found = json.loads(
        rendered("json", report([[0.0, -math.inf], [math.nan, 0.0]], [1, 0], reduction="none"))
    )
    SCHEMA.validate(found)
    assert (found["value"], found["nonfinite"], found["total"]) == ([None, None], ["inf", "nan"], None)
    assert json.loads(rendered("json", report([[0.0, -math.inf]], [1])))["nonfinite"] == "inf"


def test_json_of_nothing_counted() -> None:
    found = json.loads(rendered("json", report(LOGITS, [-100] * 3)))
    SCHEMA.validate(found)
    assert (found["value"], found["nonfinite"], found["denominator"]) == (None, "nan", 0.0)


# ------------------------------------------------------------------------------------------ one a line


def in_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), strict=True))


def test_csv_and_json_lines_list_every_element() -> None:
    found = report(reduction="none", ids=["a", "b", "c"], weight=[1.0, 3.0])
    table = in_csv(rendered("csv", found))
    lines = [json.loads(line) for line in rendered("jsonl", found).splitlines()]
    assert list(table[0])[:5] == list(lines[0])[:5] == ["row", "id", "target", "loss", "weight"]
    (terms,) = found.named
    assert [int(cells["row"]) for cells in table] == [line["row"] for line in lines] == terms.row.tolist()
    assert [cells["id"] for cells in table] == [line["id"] for line in lines] == terms.id
    assert (
        [int(cells["target"]) for cells in table]
        == [line["target"] for line in lines]
        == terms.target.tolist()
    )
    assert (
        [float(cells["loss"]) for cells in table] == [line["loss"] for line in lines] == terms.loss.tolist()
    )
    assert (
        [float(cells["weight"]) for cells in table] == [line["weight"] for line in lines] == [1.0, 0.0, 3.0]
    )
    ignored = terms.ignored.tolist()
    assert [cells["ignored"] == "true" for cells in table] == [line["ignored"] for line in lines] == ignored


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_csv_and_json_lines_have_one_line_for_one_number(reduction: Reduction) -> None:
    found = report(reduction=reduction)
    (cells,) = in_csv(rendered("csv", found))
    (line,) = rendered("jsonl", found).splitlines()
    assert json.loads(line) == json.loads(rendered("json", found))
    assert float(cells["value"]) == found.value
    assert cells["denominator"] == ("" if reduction == "sum" else "2.0")
    assert (cells["rows"], cells["counted"], cells["ignored"]) == ("3", "2", "1")


def test_the_index_of_a_pixel_is_a_column() -> None:
    rng = np.random.default_rng(1)
    found = report(rng.normal(size=(2, 3, 2, 2)), rng.integers(0, 3, (2, 2, 2)), reduction="none")
    table = in_csv(rendered("csv", found))
    assert [cells["index"] for cells in table] == ["0 0", "0 1", "1 0", "1 1"] * 2
    assert [cells["row"] for cells in table] == ["0"] * 4 + ["1"] * 4
    last = json.loads(rendered("jsonl", found).splitlines()[-1])
    assert (last["row"], last["index"]) == (1, [1, 1])
    assert "row 0 [1, 0]" in rendered("table", found)
    assert "| 0 [1, 0] |" in rendered("markdown", found)
    assert "2 rows x 3 classes x 4 elements a row" in rendered("table", found)


def test_probability_targets_are_listed() -> None:
    found = report([[1.0, 2.0]], [[0.25, 0.75]], reduction="none")
    assert in_csv(rendered("csv", found))[0]["target"] == "0.25 0.75"
    assert json.loads(rendered("jsonl", found))["target"] == [0.25, 0.75]
    assert "target [0.25, 0.75]" in rendered("table", found)


def test_numbers_that_json_lacks_are_null_in_json_lines() -> None:
    line = rendered("jsonl", report([[1.0, 2.0]], [[math.nan, 1.0]], reduction="none"))
    found = json.loads(line, parse_constant=pytest.fail)
    assert (found["target"], found["loss"], found["nonfinite"]) == ([None, 1.0], None, "nan")


# ------------------------------------------------------------------------------------- hostile names


def hostile(name: str, reduction: Reduction) -> Report:
    return report(
        LOGITS,
        [0, 0, 1],
        reduction=reduction,
        ids=[name, "b", "c"],
        labels=[name, "other"],
        source={"files": [f"{name}.csv"]},
        loss="nll",
    )


CONTROL = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


@each("format", FORMATS)
@each("reduction", REDUCTIONS)
@each("name", some(HOSTILE, 6))
def test_no_format_writes_a_control_character_of_a_name(format: str, reduction: Reduction, name: str) -> None:
    text = rendered(format, hostile(name, reduction))
    assert text
    assert not CONTROL.search(text)
    text.encode()


@each("reduction", REDUCTIONS)
@each("name", some(HOSTILE, 6))
def test_programs_read_hostile_names_as_they_are(reduction: Reduction, name: str) -> None:
    found = hostile(name, reduction)
    document = json.loads(rendered("json", found))
    SCHEMA.validate(document)
    assert document["input"]["columns"]["inputs"] == [name, "other"]
    if reduction == "none":
        assert json.loads(rendered("jsonl", found).splitlines()[0])["id"] == name
        cells = in_csv(rendered("csv", found))
        assert [row["row"] for row in cells] == ["0", "1", "2"]
        assert cells[0]["id"].removeprefix("'") == visible(name)


@each("name", [name for name in HOSTILE if name[:1] in ("=", "+", "-", "@")])
def test_a_spreadsheet_runs_no_name(name: str) -> None:
    text = rendered("csv", hostile(name, "none"))
    cells = in_csv(text)[0]
    assert cells["id"] == f"'{name}"
    assert not cells["loss"].startswith("'")


@each("name", HOSTILE)
def test_the_table_shows_a_name_literally(name: str) -> None:
    assert visible(name) in rendered("table", hostile(name, "mean"))


@each("name", HOSTILE)
def test_markdown_keeps_its_table_whatever_the_names(name: str) -> None:
    lines = rendered("markdown", hostile(name, "mean")).splitlines()
    rows = [re.sub(r"\\.", "", line) for line in lines if line.startswith("|")]
    assert len(rows) == 2 + 3 + 1
    assert len({line.count("|") for line in rows}) == 1
    bare = re.sub(r"\\.", "", "\n".join(line for line in lines if line.startswith("|")))
    assert not re.search(r"[<>`\[\]!*]", bare)


def test_a_number_may_begin_with_a_minus_sign_in_csv() -> None:
    assert in_csv(rendered("csv", report([[3.0]], [0], loss="nll", reduction="none")))[0]["loss"] == "-3.0"


# ------------------------------------------------------------------------------------------ the table


def summary(text: str) -> list[list[str]]:
    """The table of the rows, cell by cell, with the sum."""
    lines = text[text.rindex("\nrow ") :].splitlines()
    return [re.split(r" {2,}", line) for line in lines if re.match(r"[0-9]+ |sum|[0-9]+$", line)]


@pytest.mark.parametrize("show", [1, 2, 3])
def test_the_losses_shown_and_the_rest_add_up_to_the_sum(show: int) -> None:
    cells = summary(rendered("table", report(show=show, weight=[1.0, 3.0])))
    assert len(cells) == show + (show < 3) + 1
    for column in (-1, -2):
        numbers = [float(line[column]) for line in cells]
        assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=3e-6)


def test_markdown_has_the_numbers_of_the_table() -> None:
    found = report(show=2, weight=[1.0, 3.0])
    lines = [line for line in rendered("markdown", found).splitlines() if line.startswith("|")][2:]
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert [line[-1] for line in table] == [line[-1] for line in summary(rendered("table", found))]


@every_reduction
def test_a_single_loss_is_not_repeated_in_a_table_of_its_own(reduction: Reduction) -> None:
    found = report([[2.0, 1.0, 0.5]], [0], weight=[2.0, 1.0, 1.0], reduction=reduction)
    text = rendered("table", found)
    assert len(re.findall(r"^loss +=", text, re.MULTILINE)) == 1
    assert not re.search(r"^row +target", text, re.MULTILINE)
    assert text.splitlines()[-1].startswith({"none": "no reduction"}.get(reduction, reduction))
    assert "| sum |" in rendered("markdown", found)  # which has no steps


@pytest.mark.parametrize("shown", [{"show": 1}, {"show": 3}])
def test_the_losses_of_several_rows_add_up_in_a_table(shown: dict[str, int]) -> None:
    assert re.search(r"^row +target", rendered("table", report(**shown)), re.MULTILINE)


@every_reduction
def test_the_reduction_is_written_out(reduction: Reduction) -> None:
    found = report(reduction=reduction, weight=[1.0, 3.0])
    last = rendered("table", found).splitlines()[-1]
    said = {
        "none": "no reduction: 3 losses that sum to",
        "mean": "/ 4 (sum of the weights of the counted targets) =",
        "sum": "sum =",
    }
    assert said[reduction] in last
    number = float(re.findall(r"[0-9.]+(?= nats)", last)[0])
    assert number == (sum(losses(found)) if reduction == "none" else found.value)


def test_an_ignored_row_is_marked_and_weighs_nothing() -> None:
    text = rendered("table", report())
    assert "row 1 · target -100 · ignored: it enters neither the sum nor the divisor" in text
    assert [line[-2:] for line in summary(text)][1] == ["0", "0"]


@pytest.mark.parametrize("options", [{}, {"weight": [1.0, 2.0], "label_smoothing": 0.1}])
def test_the_loss_of_an_ignored_row_comes_from_no_formula(options: dict[str, Any]) -> None:
    first, ignored, _ = report(**options).workings
    of = [
        {step.name: (step.value.tolist(), step.formula) for step in row_steps(row)}
        for row in (first, ignored)
    ]
    assert of[1]["loss"] == (0.0, "0: the target is ignored")
    assert "-log p[y]" in of[0]["loss"][1]


@pytest.mark.parametrize("width", [20, 40, 80, 120, None])
@pytest.mark.parametrize("classes", [2, 12, 50])
def test_no_width_cuts_a_number(width: int | None, classes: int) -> None:
    rng = np.random.default_rng(2)
    labels = [f"class number {index}" for index in range(classes)]
    found = report(rng.normal(size=(3, classes)) * 1e3, [0, 1, 1], labels=labels)
    wide = set(re.findall(r"-?[0-9]+\.[0-9]+", rendered("table", found)))
    narrow = set(re.findall(r"-?[0-9]+\.[0-9]+", rendered("table", found, Style(width=width))))
    assert narrow <= wide
    if width is None or width >= 120:
        assert narrow == wide
    for shown in found.workings:  # what the loss does not need makes room for what it does
        kept = [step.value for step in shown.steps if step.needed]
        assert {short(float(value)) for step in kept for value in step.ravel()} & wide <= narrow
    assert not re.search(r"[0-9.]…|…[.]", rendered("table", found, Style(width=width)))


def test_a_table_of_normal_width_fits_a_terminal() -> None:
    found = report(np.random.default_rng(3).normal(size=(3, 5)), [0, 1, 2])
    for width in (80, 100, 120):
        lines = rendered("table", found, Style(width=width)).splitlines()
        assert max(map(len, lines)) <= width


def test_many_classes_show_the_target_the_largest_and_how_many_are_left_out() -> None:
    logits = np.arange(50.0)[None] / 10
    text = rendered("table", report(logits, [3], show=1))
    shown = [int(line.split()[0]) for line in text.splitlines() if re.match(r"[0-9]+ +[0-9.]+ ", line)]
    assert shown[:7] == [3, 44, 45, 46, 47, 48, 49]
    assert "and 43 smaller" in text


def test_colour_is_the_only_difference_that_colour_makes() -> None:
    found = report(ids=["a", "b", "c"], labels=["cat", "dog"])
    plain = rendered("table", found)
    coloured = rendered("table", found, Style(color=True))
    assert "\x1b" not in plain
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in stripped.splitlines()] == plain.splitlines()


def test_a_terminal_without_unicode_gets_a_table_of_ascii() -> None:
    text = rendered("table", report(), Style(unicode=False))
    assert set(re.sub("[ -~\n]", "", text)) <= {"·"}


@every_format
def test_no_rows_at_all_are_no_trouble(format: str) -> None:
    for reduction in REDUCTIONS:
        text = rendered(format, report(np.empty((0, 2)), np.empty(0, int), reduction=reduction))
        assert (text == "") == (reduction == "none" and format in ("value", "jsonl"))


# --------------------------------------------------------------------------------------- the numerals


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.1 - 0.7, "-0.6"),
        (0.1 + 0.2, "0.3"),
        (2.9999999999999996, "3"),
        (0.5, "0.5"),
        (-0.0, "0"),
        (3.0, "3"),
        (1 / 3, "0.333333"),
        (0.76795, "0.76795"),
        (0.7679502, "0.767950"),
        (-100.0, "-100"),
        (1234567.1234567, "1234567.123457"),
        (123456789.0, "123456789"),
        (12345678.9, "12345678.9"),
        (1e20, "1e20"),
        (-1.5e-7, "-1.5e-07"),
        (1 / 3e7, "3.33333e-08"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
    ],
)
def test_a_number_in_a_table_is_short_and_free_of_noise(number: float, text: str) -> None:
    assert short(number) == text.replace("1e20", "1e+20")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_short_number_is_near_the_number(number: float) -> None:
    assert float(short(number)) == pytest.approx(number, rel=1e-5, abs=6e-7 if abs(number) >= 1e-4 else 0)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.integers(0, 12))
def test_aligned_cells_have_one_width_and_their_points_in_line(numbers: list[float], least: int) -> None:
    cells = aligned([short(number) for number in numbers], least)
    assert len({len(cell) for cell in cells}) == 1
    assert len(cells[0]) >= least
    assert [cell.strip() for cell in cells] == [short(number) for number in numbers]
    points = {cell.index(".") for cell in cells if "." in cell}
    assert len(points) <= 1
    ends = {len(cell.rstrip()) for cell in cells if "." not in cell and "e" not in cell}
    assert len(ends) <= 1
    assert not points or not ends or points == ends


# --------------------------------------------------------------------------------------------- escapes


@pytest.mark.slow
@given(st.text())
def test_what_markdown_escapes_is_what_it_shows(text: str) -> None:
    shown = escaped(text).replace("&amp;", "&")
    assert re.sub(r"\\([^a-zA-Z0-9])", r"\1", shown) == visible(text)


@pytest.mark.parametrize("name", ["www.evil.com", "http://evil.com", "WWW.evil.com", "[x](y)"])
def test_markdown_makes_no_link_of_a_name(name: str) -> None:
    assert not re.search(r"www\.|(?<!\\)://|\]\(", rendered("markdown", hostile(name, "mean")), re.IGNORECASE)


@pytest.mark.parametrize(("count", "said"), [(1, "1 row with"), (3, "3 rows with")])
@pytest.mark.parametrize("format", ["table", "markdown"])
def test_skipped_rows_are_told(format: str, count: int, said: str) -> None:
    assert f"{said} missing values skipped" in rendered(format, report(skipped=count))


@given(
    value=st.dictionaries(
        st.text(max_size=3),
        st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=3), st.lists, max_leaves=8),
        max_size=4,
    )
)
def test_json_is_laid_out_as_python_does_it(value: dict[str, Any]) -> None:
    whole = finite(value)
    written = "".join(piece for one in whole.values() for piece in json_format._lines(one))
    expected = "".join(json.dumps(one, indent=2).replace("\n", "\n  ") for one in whole.values())
    assert written == expected


def test_steps_that_the_loss_does_not_need_make_room_for_those_that_it_does() -> None:
    logits = [[-9.31901, -3.426837, 3.890746, -1.037018]]  # 94 columns with the gradient and all steps
    found = report(logits, [2], loss="brier", input_is="logits")
    lines = rendered("table", found, Style(width=80)).splitlines()
    assert max(map(len, lines)) <= 80
    heading = next(line for line in lines if line.startswith("class "))
    assert [*heading.split()[1:]] == ["x", "p", "d", "d^2", "gradient"]
    assert rendered("table", found).count("exp z") == 1
