"""celoss report: the page in a parser and in a browser, its numbers, its command, exit codes."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paths import ROOT
from running import Done, celoss

from celoss_cli.cli.app import parsed
from celoss_cli.cli.command_line import command_line, shell_quoted
from celoss_cli.cli.commands.loss import command_of
from celoss_cli.cli.data import Data
from celoss_cli.cli.main import run
from celoss_cli.core.errors import visible
from celoss_cli.findings import FINDINGS
from celoss_cli.losses import LOSSES

CSV = "id,cat,dog,target\nr1,0.9,0.1,cat\nr2,0.8,0.2,dog\nr3,0.7,0.3,cat\n"
LOSS = 0.6405346229445387
CALIBRATION = "Whether the probabilities come true"

HOSTILE = [
    "</td><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt;",
    'a" onmouseover="alert(1)',
    "javascript:alert(1)",
    "http://evil.example/x.png",
    "\x1b[31mred",
    "\u202egnp.exe",
    "\u2066isolate",
    "]]>",
    "--><!--",
    "{value}",
    "\u05d0\u05d1\u05d2",
    "\u7537\u6027",
    "\U0001f600",
]


class Page:
    """A page as a parser of XML reads it: every tag is closed, every entity known."""

    def __init__(self, path: str | Path) -> None:
        self.source = Path(path).read_bytes().decode("ascii")
        assert self.source.startswith("<!DOCTYPE html>\n")
        self.root = ElementTree.fromstring(self.source.removeprefix("<!DOCTYPE html>"))  # noqa: S314 - our own

    @property
    def text(self) -> str:
        body = self.root.find("body")
        assert body is not None
        return " ".join(" ".join(body.itertext()).split())

    @property
    def sections(self) -> list[str]:
        return ["".join(head.itertext()) for head in self.root.iter("h2")]

    def section(self, title: str) -> str:
        (found,) = (one for one in self.root.iter("section") if one[0].text == title)
        return " ".join(" ".join(found.itertext()).split())

    @property
    def value(self) -> str:
        """The number in full; it stands below the headline where that has fewer digits."""
        headline = self.root.findtext(".//header/p/strong") or ""
        return self.root.findtext(".//header/p[@class='full']/code") or headline

    @property
    def command(self) -> str:
        code = next(one for pre in self.root.iter("pre") for one in pre.iter("code"))
        return (code.text or "").removeprefix("$ ")

    @property
    def tags(self) -> set[str]:
        return {element.tag for element in self.root.iter()}


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("CELOSS_FORMAT", "CELOSS_COLOR", "CELOSS_JOBS", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    Path("preds.csv").write_text(CSV)
    return tmp_path


def made(*arguments: str, loss: str = "ce", code: int = 0) -> Page:
    assert run(["report", *arguments, "--loss", loss, "-o", "page.html"]) == code
    return Page("page.html")


# ------------------------------------------------------------------------------------------ what it says


def test_the_page_has_every_section_of_a_loss_of_classes() -> None:
    page = made("preds.csv", "--max", "0.7")
    assert page.sections == [
        "Checks",
        "Findings",
        "How the number comes about",
        "How the losses are spread",
        "Whether the probabilities come true",
        "By class",
        "What was predicted instead",
        "Largest losses",
        "Step by step",
        "How to get this number again",
    ]
    assert page.root.findtext(".//title") == "cross entropy 0.640535 - preds.csv"
    assert page.root.findtext(".//header/p/strong") == f"{LOSS:.6f}"
    assert page.value == str(LOSS)


def test_it_has_the_findings_of_a_diagnosis() -> None:
    random = np.random.default_rng(5)
    x = random.normal(size=(200, 4)) * 2
    y = (x + random.gumbel(size=x.shape)).argmax(axis=1)
    lines = [
        ",".join(map(repr, row)) + f",{target}\n"
        for row, target in zip(x[:, [1, 2, 3, 0]].tolist(), y, strict=True)
    ]
    Path("permuted.csv").write_text("a,b,c,d,target\n" + "".join(lines))
    diagnosed = celoss("diagnose", "permuted.csv", "--json")
    codes = [finding["code"] for finding in json.loads(diagnosed.stdout)["findings"]]
    assert codes == ["CEL214", "CEL401"]
    assert re.findall("CEL[0-9]{3}", made("permuted.csv").text) == codes


def test_a_confusion_table_counts_what_was_predicted_for_each_target() -> None:
    rows = ["a,b,c,target", "3,1,0,a", "0,2,1,a", "0,2,1,b", "1,1,0,b", "0,1,2,a", "0,1,2,c"]
    Path("c.csv").write_text("\n".join(rows) + "\n")
    page = made("c.csv")
    table = page.root.find(".//div[@aria-label='targets and predictions']")
    assert table is not None
    cells = [[(cell.text or "").strip() for cell in line] for line in table.iter("tr")]
    assert cells == [
        ["target", "a", "b", "c", "right"],
        ["a", "1", "1", "1", "33.33%"],
        ["b", "1", "1", "0", "50.00%"],  # of equals the first one
        ["c", "0", "0", "1", "100.00%"],
    ]


def test_more_than_twenty_classes_have_no_confusion_table() -> None:
    rows = [",".join([*(f"c{at}" for at in range(21)), "target"])]
    rows += [",".join([*(str(float(at == of)) for at in range(21)), f"c{of}"]) for of in range(21)]
    Path("many.csv").write_text("\n".join(rows) + "\n")
    assert "What was predicted instead" not in made("many.csv").sections


def test_its_numbers_are_those_of_the_other_formats(capfd: pytest.CaptureFixture[str]) -> None:
    page = made("preds.csv", "--row", "1", "--worst", "2", "--quantiles", "0.5")
    options = ["--row", "1", "--worst", "2", "--quantiles", "0.5", "--by", "class"]
    assert run(["ce", "preds.csv", *options]) == 0
    table = capfd.readouterr().out
    assert table.splitlines()[-1] in page.text
    told = set(re.findall(r"-?[0-9]+\.[0-9]+%?", table))
    assert told <= set(re.findall(r"-?[0-9]+\.[0-9]+%?", page.text))
    for step in ("x = logits", "z = x - max", "e = exp z", "loss = -log p[y]"):
        assert step in page.section("How the number comes about")


def test_the_histogram_and_the_reliability_are_those_of_the_report() -> None:
    rng = np.random.default_rng(8)
    probabilities = rng.random(300)
    hits = rng.random(300) < probabilities
    lines = [f"{p:.6f},{int(hit)}" for p, hit in zip(probabilities, hits, strict=True)]
    Path("b.csv").write_text("\n".join(["prob,target", *lines]) + "\n")
    page = made("b.csv", loss="bce")
    p = np.array([float(line.split(",")[0]) for line in lines])
    losses = np.where(hits, -np.log(p), -np.log1p(-p))
    counts = [
        [float(cell.text) for cell in row]
        for row in page.root.findall(".//div[@aria-label='losses by size']//tbody/tr")
    ]
    assert sum(count for _, _, count in counts) <= 300
    for low, high, count in counts:
        assert count == np.count_nonzero((losses >= low) & (losses < high))
    (said,) = (row for row in page.root.iter("tr") if row[0].text == "expected calibration error")
    # The definition of Guo et al. 2017: 15 bins, the mean of |accuracy - confidence| weighted by count.
    bins = np.clip(np.ceil(p * 15).astype(int) - 1, 0, 14)
    expected = sum(abs(hits[bins == at].sum() - p[bins == at].sum()) for at in range(15)) / 300
    assert float(said[1].text or "") == pytest.approx(expected, rel=1e-12)
    assert re.search(r"it lies between 0\.?[0-9]* and 0\.[0-9]+ in 95% of samples", page.text)
    bars = [rect for rect in page.root.iter("rect") if rect.get("class") == "count"]
    assert len(bars) == len(set(bins))


@pytest.mark.parametrize(
    ("loss", "data", "without"),
    [
        ("kl", {"log_probs": [[-0.7, -0.7]], "targets": [[0.5, 0.5]]}, {"By class", CALIBRATION}),
        ("ce", {"logits": [[1, 2], [0, 1]], "targets": [[0.2, 0.8], [0, 1]]}, {"By class"}),
        ("nll", {"log_probs": [[1.0, 2.0]], "targets": [0]}, {CALIBRATION}),
        ("soft-margin", {"scores": [1.5, -0.5], "targets": [1, -1]}, set()),
        ("bce-logits", {"logits": [[1.5, -0.5]], "targets": [[1, 0]]}, set()),
        ("bce-logits", {"logits": [1.5, -0.5, 3], "targets": [1, 0.3, 0]}, {"By class"}),
    ],
)  # fmt: skip
def test_what_the_data_has_not_is_left_out(loss: str, data: dict[str, object], without: set[str]) -> None:
    Path("d.json").write_text(json.dumps(data))
    sections = made("d.json", loss=loss).sections
    assert {"By class", CALIBRATION} - set(sections) == without


def test_what_was_asked_for_is_refused_where_the_data_has_it_not(capfd: pytest.CaptureFixture[str]) -> None:
    Path("d.json").write_text('{"logits": [[1, 2]], "targets": [[0.2, 0.8]]}')
    for asked in (["--by", "class"], ["--max-group", "0.5"]):
        assert run(["report", "d.json", "--loss", "ce", "-o", "p.html", *asked]) == 2
        assert "Expected targets that are classes" in capfd.readouterr().err
    assert not Path("p.html").exists()


def test_findings_stand_on_the_page_with_their_explanation() -> None:
    Path("d.csv").write_text("prob,target\n1,0\n0.5,1\n")
    page = made("d.csv", loss="bce")
    assert "note CEL301 : 1 logarithm hit the clamp at -100" in page.section("Findings")
    assert " ".join(FINDINGS["CEL301"].explanation.split()) in page.section("Findings")


def test_many_groups_show_those_with_the_largest_shares() -> None:
    rows = "".join(f"{index / 100},0,{index % 50},a\n" for index in range(100))
    Path("g.csv").write_text("a,b,lang,target\n" + rows)
    page = made("g.csv", "--by", "lang", "--target-column", "target", "--class-columns", "a,b")
    table = page.root.findall(".//div[@aria-label='by lang']//tbody/tr")
    assert len(table) == 20
    assert "30 more are not shown" in page.section("By lang")


@pytest.mark.parametrize("options", [[], ["--rows", "0"], ["--rows", "9"], ["--row", "2"], ["--grad"]])
def test_the_rows_that_are_chosen_show_their_steps(options: list[str]) -> None:
    page = made("preds.csv", *options)
    shown = [" ".join("".join(head.itertext()).split()) for head in page.root.iter("h3")]
    names = [name.split(" · ")[0] for name in shown if name.startswith("row")]
    expected = {"--rows 0": [], "--row 2": ["row 2"]}
    assert names == expected.get(" ".join(options), ["row 0", "row 1", "row 2"])
    assert ("gradient " in page.text) == (options == ["--grad"])


@pytest.mark.parametrize(
    ("rows", "options", "number"),
    [
        ("nan,0,0\n1,2,1\n", ["--allow-nonfinite"], "nan"),
        ("-inf,0,0\n1,2,1\n", [], "inf"),
        ("1,2,-100\n", ["--on-empty", "nan"], "nan"),
        ("", ["--on-empty", "zero"], "0"),
        ("0,0,0\n" * 40, [], str(math.log(2))),
        ("1e300,-1e300,1\n", [], "2e+300"),
    ],
)
def test_odd_losses_make_a_page_too(rows: str, options: list[str], number: str) -> None:
    Path("odd.csv").write_text("a,b,target\n" + rows)
    assert made("odd.csv", *options).value == number


def test_pixels_and_ignored_rows_have_their_names() -> None:
    rng = np.random.default_rng(5)
    targets = rng.integers(0, 3, (2, 2, 2))
    targets[0, 0, 1] = -100
    Path("k.json").write_text(
        json.dumps({"logits": rng.normal(size=(2, 3, 2, 2)).tolist(), "targets": targets.tolist()})
    )
    page = made("k.json", "--rows", "3")
    assert "row 0 [0, 1] · target -100 · ignored" in page.text
    assert "losses 8" in page.text


# ------------------------------------------------------------------------------------ what it must not do


def test_the_page_asks_nobody_for_anything_and_runs_nothing() -> None:
    page = made("preds.csv")
    assert "://" not in page.source
    assert not re.search(r"url\(|@import|@font-face", page.source)
    (policy,) = page.root.findall(".//meta[@http-equiv='Content-Security-Policy']")
    assert policy.get("content") == "default-src 'none'; style-src 'unsafe-inline'"
    assert not page.tags & {"script", "link", "img", "iframe", "object", "form", "a", "base"}
    for element in page.root.iter():
        assert not [key for key in element.attrib if key.startswith("on") or key in ("href", "src")]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_wherever_it_stands(name: str) -> None:
    plain = made("preds.csv")
    file = "x.csv" if "/" in name else f"./{name}.csv"
    with open(file, "w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(["id", name, "dog", "target"])
        table.writerows([[name, 0.9, 0.1, name], ["r2", 0.8, 0.2, "dog"], ["r3", 0.7, 0.3, name]])
    page = made(file)
    assert page.tags == plain.tags
    assert page.text.count(visible(name)) >= 4
    for element in page.root.iter():
        assert not [value for key, value in element.attrib.items() if "alert" in value or "evil" in value]
        assert not [key for key in element.attrib if key.startswith("on")]
    assert not re.search(r"[^\n -~]", page.source)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_group_is_text(name: str) -> None:
    with open("g.csv", "w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["a", "b", name, "target"], [1, 2, name, "a"], [2, 1, "x", "b"]])
    page = made("g.csv", "--by", name, "--class-columns", "a,b", "--target-column", "target")
    assert f"By {visible(name)}" in page.sections
    assert visible(name) in page.section(f"By {visible(name)}").removeprefix("By ")
    assert page.tags == made("preds.csv").tags


def test_the_same_data_gives_the_same_bytes() -> None:
    one = made("preds.csv").source
    assert made("preds.csv", "--jobs", "1").source == one


# -------------------------------------------------------------------------------------------- the command


def printed_by(command: str) -> float:
    shim = Path("bin")
    shim.mkdir(exist_ok=True)
    celoss = shim / "celoss"
    celoss.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m celoss_cli "$@"\n')
    celoss.chmod(0o755)
    root = str(ROOT)
    env = {**os.environ, "PATH": f"{shim.resolve()}:{os.environ['PATH']}", "PYTHONPATH": root}
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=env, check=True)
    return float(done.stdout)


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.parametrize(
    ("file", "content", "options"),
    [
        ("my file.csv", CSV, ["--weight", "1,3", "--label-smoothing", "0.1"]),
        ("it's;$(touch x).csv", CSV, ["--reduction", "sum", "--base", "2"]),
        ("-x.csv", CSV, ["--dtype", "float32"]),
        ("a\nb\x1b\u202e.csv", CSV, ["--ignore-index", "1"]),
        ("semi.csv", CSV.replace(",", "\t").replace(".", ","), ["--delimiter", "tab", "--decimal", ","]),
        ("neg.csv", "cat,dog,target\n0.9,0.1,0\n0.8,0.2,-1\n", ["--ignore-index=-1"]),
        ("gap.csv", CSV + "r4,,1,cat\n", ["--missing", "skip", "--weight", "@w.json"]),
        ("h.csv", "0,1,2\n0.9,0.1,0\n", ["--header", "--target-column", "2", "--class-columns", "0:1"]),
        ("n.csv", "0.9,0.1,0\n", ["--no-header", "--target-column", "3", "--class-columns", "1:2"]),
    ],
)  # fmt: skip
def test_the_command_on_the_page_gives_its_number(file: str, content: str, options: list[str]) -> None:
    Path(file).write_text(content)
    Path("w.json").write_text("[1, 2.5]")
    name = f"./{file}" if file.startswith("-") else file
    page = made(name, *options)
    value = float(page.value)
    assert visible(page.command) == page.command
    assert printed_by(page.command) == value
    assert not Path("x").exists()


def test_standard_input_is_named_in_the_command() -> None:
    assert celoss("report", "-", "--loss", "ce", "-o", "page.html", data=CSV).returncode == 0
    assert Page("page.html").command == "celoss ce - --format value"


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_shell_reads_a_quoted_word_as_it_was(word: str) -> None:
    quoted = shell_quoted(word)
    assert visible(quoted) == quoted
    if quoted.startswith("$'"):
        # What bash makes of $'...': the escapes of one byte, with two hexadecimal digits each.
        body = re.sub(
            rb"\\x([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), quoted[2:-1].encode()
        )
        assert os.fsdecode(body) == word


@pytest.mark.subprocess
@pytest.mark.parametrize(
    "word", ["a b", "a'b", "a\nb", "\x1b'\\x41", "\u202e", "\u7537", "-", "", "$HOME", "`ls`"]
)
def test_bash_reads_a_quoted_word_as_it_was(word: str) -> None:
    done = subprocess.run(["bash", "-c", f"printf %s {shell_quoted(word)}"], capture_output=True, check=True)
    assert os.fsdecode(done.stdout) == word


def test_options_of_the_gate_and_of_the_view_are_not_in_the_command() -> None:
    page = made("preds.csv", "--max", "9", "--rows", "1", "--grad", "--jobs", "1", "--by", "class")
    assert page.command == "celoss ce preds.csv --format value"


def test_every_option_that_the_number_depends_on_is_spelled_back() -> None:
    words = ["a", "--delimiter", "space", "--no-header", "--ignore-index=-1", "--base", "2", "--weight=-1,2"]
    given = parsed(command_of(LOSSES["ce"]), words)
    data = Data(LOSSES["ce"], given.reading, given.files)
    spelled = "celoss ce a --delimiter space --no-header --weight=-1,2 --ignore-index=-1 --base 2"
    assert command_line(data, given.semantics) == spelled


# -------------------------------------------------------------------------------------- codes and writing


def report(*arguments: str) -> Done:
    return celoss("report", *arguments, NO_COLOR="1")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("preds.csv --loss ce -o p.html", 0, "celoss: warning CEL104: all 3 rows are at least 0"),
        ("preds.csv --loss ce -o p.html --max 0.7", 0, f"celoss: pass max: mean {LOSS} is at most 0.7\n"),
        ("preds.csv --loss ce -o p.html --max 0.1", 1, "celoss: FAIL max: mean"),
        ("preds.csv --loss ce -o p.html --max 0.1 --exit-zero", 0, "celoss: FAIL max: mean"),
        ("preds.csv --loss ce", 2, "got none.\n  celoss report preds.csv --loss ce --output report.html\n"),
        ("preds.csv -o p.html", 0, "celoss: warning CEL104: all 3 rows are at least 0"),
        ("sound.csv -o p.html", 0, ""),
        ("--loss ce -o p.html", 2, "celoss: error: Expected FILE..., got none.\n"),
        ("preds.csv --loss mse -o p.html", 2, "ce, nll, bce, bce-logits, soft-margin, kl"),
        ("preds.csv --loss ce --pos-weight 2 -o p.html", 2, "Expected no --pos-weight with --loss ce"),
        ("preds.csv --loss ce --reduction batchmean -o p.html", 2, "Expected --reduction mean, sum"),
        ("preds.csv --loss ce --row 7 -o p.html", 2, "Expected --row from 0 to 2, got 7."),
        ("preds.csv --loss ce -o p.html -o q.html", 2, "Expected --output once, got it 2 times."),
        ("bad.csv --loss ce -o p.html", 3, "celoss: error: bad.csv:3"),
        ("none.csv --loss ce -o p.html", 3, "celoss: error: none.csv: No such file or directory.\n"),
        ("preds.csv --loss ce -o no/p.html", 4, "celoss: error: no/p.html: No such file or directory\n"),
        ("preds.csv --loss ce -o /dev/full", 4, "celoss: error: /dev/full: No space left on device\n"),
    ],
)  # fmt: skip
def test_exit_codes_and_what_is_said(arguments: str, code: int, said: str) -> None:
    Path("bad.csv").write_text("a,b,target\n1,2,0\n1,x,0\n")
    Path("sound.csv").write_text("a,b,target\n2,-1,0\n-1,3,1\n0.5,0.1,1\n")
    Path("p.html").write_text("old")
    done = report(*arguments.split())
    assert done.returncode == code
    assert done.stdout == ""
    assert said in done.stderr
    assert bool(said) == bool(done.stderr)
    written = "-o p.html" in arguments and code in (0, 1)
    assert (Path("p.html").read_text() != "old") == written
    assert not [name for name in os.listdir() if name.startswith(".celoss")]


def test_the_result_goes_to_further_formats_too() -> None:
    done = report(
        "preds.csv", "--loss", "ce", "-o", "p.html", "--report", "json=r.json", "--report", "svg=r.svg"
    )
    assert done.returncode == 0
    assert json.loads(Path("r.json").read_text())["value"] == LOSS
    ElementTree.parse("r.svg")  # noqa: S314 - our own document


@pytest.mark.parametrize(
    ("path", "commands"),
    [
        ("p.csv", ["-o p.html", "-o p.html --report csv=p.csv"]),
        ("p.xyz", ["-o p.html"]),
        ("a b.json", ["-o 'a b.html'", "-o 'a b.html' --report 'json=a b.json'"]),
    ],
)
def test_a_file_of_another_ending_is_refused(path: str, commands: list[str], tmp_path: Path) -> None:
    (tmp_path / "preds.csv").write_text("a,b,target\n0.5,1,0\n2,1,1\n")
    for flag in ("-o", "--output"):
        done = celoss("report", "preds.csv", flag, path, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.splitlines()[1:] == [
            f"  celoss report preds.csv {command}{'  (both)' if '--report' in command else ''}"
            for command in commands
        ]
        assert {file.name for file in tmp_path.iterdir()} == {"preds.csv"}
    for command in commands:
        assert celoss("report", "preds.csv", *shlex.split(command), cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("path", ["page", "page.html", "page.HTM", "/dev/null"])
def test_files_that_may_hold_a_page(path: str, tmp_path: Path) -> None:
    (tmp_path / "preds.csv").write_text("a,b,target\n0.5,1,0\n2,1,1\n")
    assert celoss("report", "preds.csv", "-o", path, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("jobs", [1, 3])
def test_jobs_are_of_the_reader_and_of_the_computation(jobs: int) -> None:
    from celoss_cli.cli.commands import report as declaring
    from celoss_cli.cli.data import request_of
    from celoss_cli.show import FORMATS

    given = parsed(declaring.COMMAND, ["preds.csv", "-o", "r.html", "--jobs", str(jobs)])
    plan = declaring._planned(LOSSES["ce"], given, FORMATS["html"])
    assert (plan.data.jobs, plan.request.jobs) == (jobs, jobs)
    assert request_of(plan.data).threads == (jobs > 1)
