"""The gate options of a loss command: exit codes, baselines, reports in several formats."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import running
from paths import schema

from celoss_cli.show import FORMATS

SCHEMA = schema("schema")
ROWS = ("--logits", "0.9,0.1;0.8,0.2;0.7,0.3", "--targets", "0,1,0")
LOSS = 0.6405346229445387
CSV = "cat,dog,lang,target\n0.9,0.1,en,cat\n0.8,0.2,de,dog\n0.7,0.3,en,cat\n"


class Celoss:
    """Runs command lines and keeps what the last one wrote."""

    def __init__(self) -> None:
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        done = running.celoss(*arguments)
        self.out, self.err = done.stdout, done.stderr
        return done.returncode

    def ce(self, *arguments: str) -> int:
        return self("ce", *ROWS, *arguments)


@pytest.fixture
def celoss(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Celoss:
    monkeypatch.chdir(tmp_path)
    return Celoss()


# ----------------------------------------------------------------------------------------- exit codes


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("--max 0.65", 0),
        ("--max 0.6405346229445387", 0),
        ("--max 0.6405346229445386", 1),
        ("--max 0", 1),
        ("--min 0.65", 1),
        ("--min 0", 0),
        ("--expect 0.6405346229445387", 0),
        ("--expect 0.64", 1),
        ("--expect 0.64 --atol 0.001", 0),
        ("--expect 0.64 --rtol 0.001", 0),
        ("--min-count 3", 0),
        ("--min-count 4", 1),
        ("--by class --max-group 1.1", 0),
        ("--by class --max-group 1", 1),
        ("--by class --max-group 0=0.5 --max-group 1=1.1", 0),
        ("--by class --max-group 7=9", 1),
        ("--max 0.65 --min-count 4", 1),
        ("--max 0.1 --exit-zero", 0),
        ("--max 0.1 --weight 1,2,3 --exit-zero", 3),
        ("--allow-nonfinite --logits 1,nan --targets 0 --max 9", 1),
        ("--allow-nonfinite --logits 1,2;nan,4 --targets 1,0 --min-accuracy 0.5", 1),
        ("--allow-nonfinite --logits 1,2;nan,4 --targets 1,0 --max-ece 1 --format value", 1),
        ("--allow-nonfinite --logits 1,2;nan,4 --targets 1,0 --min-count 1 --format json", 1),
    ],
)
def test_a_check_that_fails_exits_1(celoss: Celoss, options: str, code: int) -> None:
    words = options.split()
    assert celoss("ce", *(() if "--logits" in words else ROWS), *words) == code


@pytest.mark.parametrize("on_empty", ["nan", "zero"])
def test_nothing_counted_passes_no_check(celoss: Celoss, on_empty: str) -> None:
    options = ("--ignore-index", "0", "-x", "1,2", "-y", "0", "--on-empty", on_empty)
    assert celoss("ce", *options) == 0
    assert celoss("ce", *options, "--max", "9", "--format", "value") == 1
    assert "FAIL max: nothing was counted" in celoss.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--max nan", "expected a number"),
        ("--max inf", "expected a number"),
        ("--max=-inf", "expected a finite number"),
        ("--max 0,5", "expected a number"),
        ("--max 1 --max 2", "Expected --max once"),
        ("--min-accuracy 1.5", "expected a number from 0 to 1"),
        ("--min-accuracy=-1", "expected a number from 0 to 1"),
        ("--min-skill 2", "expected a number of at most 1"),
        ("--max-ece 1.5", "expected a number from 0 to 1"),
        ("--max-ece=-1", "expected a number from 0 to 1"),
        ("--min-count 0", "expected a whole number from 1"),
        ("--min-count 1.5", "expected a whole number from 1"),
        ("--atol 0.1", "Expected --expect together with --atol"),
        ("--expect 1 --rtol=-0.1", "not negative"),
        ("--max-increase 1%", "Expected --baseline together with --max-increase"),
        ("--baseline b.json --max-increase 1%%", "expected a number"),
        ("--baseline b.json --max-increase=-1%", "not negative"),
        ("--baseline b.json --require any --max-increase 1%", "several --max-increase, got 1"),
        ("--update-baseline", "Expected --baseline together with --update-baseline"),
        ("--max-group 1", "Expected --by together with --max-group"),
        ("--max 1 --reduction none", "got --reduction none"),
        ("--save-baseline b.json --reduction none", "got --reduction none"),
        ("--format junit", "Expected a check with --format junit"),
        ("--report junit=a.xml", "Expected a check with --format junit"),
        ("--report csv", "Expected --report FORMAT=FILE"),
        ("--report xml=a", "Expected --report FORMAT=FILE"),
        ("--report csv=a --report json=a", "Expected one format for each file"),
        ("--report json=-", "Expected -o FILE together with --report json=-"),
        ("--report json=- -o -", "Expected -o FILE together with --report json=-"),
        ("--report json=- --report csv=- -o a", "Expected one format for each file"),
        ("--emit-partial -", "expected the name of a file, got -"),
        ("--save-baseline -", "expected the name of a file, got -"),
    ],
)
def test_a_gate_that_could_not_fail_is_refused(celoss: Celoss, options: str, said: str) -> None:
    assert celoss.ce(*options.split()) == 2
    assert said in celoss.err
    assert celoss.out == ""
    assert os.listdir() == []


def test_data_that_asks_for_no_reduction_cannot_be_gated(celoss: Celoss) -> None:
    Path("p.json").write_text('{"logits": [[1, 2]], "targets": [0], "reduction": "none"}')
    assert celoss("ce", "p.json", "--max", "9") == 2
    assert "Expected a reduction to one number" in celoss.err


# ----------------------------------------------------------------------------------- what is written


@pytest.mark.parametrize("format", FORMATS)
def test_all_checks_are_told_in_every_format(celoss: Celoss, format: str) -> None:
    assert celoss.ce("--max", "0.7", "--min-count", "4", "--format", format) == 1
    told = celoss.out if FORMATS[format].checks else celoss.err
    for said in ("mean 0.6405346229445387 is at most 0.7", "3 counted targets, fewer than 4"):
        assert said in html.unescape(told).replace("\xa0", " ").replace("\\", "")
    assert ("FAIL" in celoss.err) is not FORMATS[format].checks


def test_value_stays_the_number_alone(celoss: Celoss) -> None:
    assert celoss.ce("--max", "0.7", "--format", "value") == 0
    assert celoss.out == f"{LOSS}\n"
    assert celoss.err == "celoss: pass max: mean 0.6405346229445387 is at most 0.7\n"


def test_json_has_the_checks(celoss: Celoss) -> None:
    assert celoss.ce("--json", "--max", "0.5") == 1
    document = json.loads(celoss.out)
    SCHEMA.validate(document)
    assert document["checks"] == [
        {
            "name": "max",
            "passed": False,
            "compared": "mean",
            "value": LOSS,
            "nonfinite": None,
            "relation": "<=",
            "limit": 0.5,
            "reason": f"mean {LOSS} is above 0.5 by 0.140535",
        }
    ]


def test_several_reports_are_written_at_once(celoss: Celoss) -> None:
    extra = [f"--report={name}=out.{name}" for name in FORMATS]
    assert celoss.ce("--max", "0.5", "--format", "value", *extra) == 1
    assert sorted(os.listdir()) == sorted(f"out.{name}" for name in FORMATS)
    assert json.loads(Path("out.json").read_text())["value"] == LOSS
    assert Path("out.value").read_text() == celoss.out == f"{LOSS}\n"
    assert 'failures="1"' in Path("out.junit").read_text()
    assert "row 0" in Path("out.table").read_text()


def test_a_file_hides_no_verdict(celoss: Celoss) -> None:
    assert celoss.ce("--max", "0.5", "-o", "out.txt") == 1
    assert "celoss: FAIL max: mean" in celoss.err
    assert "FAIL" in Path("out.txt").read_text()


def test_a_dash_is_standard_output(celoss: Celoss) -> None:
    assert celoss.ce("--format", "value", "-o", "-", "--max", "1") == 0
    assert celoss.out == f"{LOSS}\n"
    assert celoss.ce("--format", "value", "-o", "out.txt", "--report", "json=-", "--max", "0.5") == 1
    assert json.loads(celoss.out)["value"] == LOSS
    assert "FAIL" not in celoss.err
    assert (Path("out.txt").read_text(), os.listdir()) == (f"{LOSS}\n", ["out.txt"])
    assert celoss.ce("-o", "out.txt", "--report", "value=-", "--max", "0.5") == 1
    assert celoss.out == f"{LOSS}\n"
    assert "FAIL max" in celoss.err
    assert celoss.ce("--format", "value", "-o", "./-") == 0
    assert (Path("-").read_text(), celoss.out) == (f"{LOSS}\n", "")


def test_github_gets_a_job_summary(celoss: Celoss, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("summary.md").write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    assert celoss.ce("--max", "0.5") == 1
    assert Path("summary.md").read_text() == "before\n"
    assert celoss.ce("--max", "0.5", "--format", "github") == 1
    assert "::error title=celoss%3A cross_entropy max::mean" in celoss.out
    assert re.match(
        r"before\n\*\*cross entropy\*\*(.|\n)*\| \*\*FAIL\*\* \| max \|", Path("summary.md").read_text()
    )


def test_groups_of_a_column_are_gated_without_being_shown(celoss: Celoss) -> None:
    Path("p.csv").write_text(CSV)
    options = ("--by", "lang", "--class-columns", "cat,dog", "--format", "value")
    assert celoss("ce", "p.csv", *options, "--max-group", "en=0.5", "--max-group", "de=2") == 0
    assert "pass max-group en: mean of lang en" in celoss.err
    assert celoss("ce", "p.csv", *options, "--max-group", "1") == 1
    assert "mean of lang de 1.0374879504858856 is above 1" in celoss.err


# ---------------------------------------------------------------------------------------- baselines


def test_a_baseline_is_saved_compared_and_updated(celoss: Celoss) -> None:
    assert celoss.ce("--save-baseline", "b.json") == 0
    assert celoss.err == f"celoss: note: b.json: new baseline {LOSS} nats\n"
    document = json.loads(Path("b.json").read_text())
    SCHEMA.validate(document)
    assert document["value"] == LOSS
    assert celoss.ce("--baseline", "b.json", "--format", "value") == 0
    worse = ("ce", "-x", "0.9,0.1;0.8,0.2", "-y", "0,1", "--baseline", "b.json", "--format", "value")
    assert celoss(*worse) == 1
    assert celoss(*worse, "--max-increase", "0.1") == 0
    assert celoss(*worse, "--max-increase", "0.1,5%") == 1
    assert celoss(*worse, "--max-increase", "0.1", "--max-increase", "5%", "--require", "any") == 0
    assert celoss(*worse, "--update-baseline") == 0
    assert re.search(r"b.json: baseline 0.64053\S+ -> 0.7042\S+ nats \(\+0.0637597, \+9.954%\)", celoss.err)
    assert celoss(*worse) == 0


def test_what_json_prints_is_a_baseline(celoss: Celoss) -> None:
    assert celoss.ce("--json", "-o", "b.json") == 0
    assert celoss.ce("--baseline", "b.json") == 0


def test_a_baseline_is_saved_only_where_every_check_passed(celoss: Celoss) -> None:
    assert celoss.ce("--max", "0.5", "--save-baseline", "b.json") == 1
    assert "b.json: not saved, a check failed" in celoss.err
    assert not Path("b.json").exists()
    assert celoss.ce("--max", "0.5", "--baseline", "b.json", "--update-baseline") == 1
    assert json.loads(Path("b.json").read_text())["value"] == LOSS


def test_an_infinite_loss_is_no_baseline(celoss: Celoss) -> None:
    assert celoss("ce", "-x", "0,-inf", "-y", "1", "--save-baseline", "b.json") == 3
    assert "expected a finite loss of counted rows to save as a baseline, got inf" in celoss.err
    assert not Path("b.json").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--weight 1,2", "weight null instead of [1.0, 2.0]"),
        ("--reduction sum", 'reduction "mean" instead of "sum"'),
        ("--base 2", 'unit "nats" instead of "bits"'),
        ("--dtype float32", 'dtype "float64" instead of "float32"'),
        ("--label-smoothing 0.1", "label_smoothing 0.0 instead of 0.1"),
        ("--ignore-index 7", "ignore_index -100 instead of 7"),
    ],
)
def test_a_baseline_of_other_options_is_refused(celoss: Celoss, options: str, said: str) -> None:
    assert celoss.ce("--save-baseline", "b.json") == 0
    assert celoss.ce("--baseline", "b.json", *options.split()) == 3
    assert celoss.out == ""
    assert f"got one with {said}" in celoss.err


COUNTED = "a,b,c,target\n1,2,3,1\n3,2,1,2\n"
NAMED = "a,b,target\n1,2,X\n3,2,Y\n"
BINARY = "p,label\n0.2,1\n0.7,2\n"
CHOICES = json.dumps(
    {"doc_id": 0, "target": 0, "filtered_resps": [[-1.0, False], [-2.0, False]]}
    | {"arguments": [["q", " no"], ["q", " maybe"]]}
)


@pytest.mark.parametrize(
    ("loss", "name", "text", "before", "after", "said"),
    [
        ("ce", "s.csv", COUNTED, "", "--first-class 1", "first_class null instead of 1"),
        ("ce", "s.csv", COUNTED, "--first-class 1", "", "first_class 1 instead of null"),
        (
            *("ce", "m.csv", NAMED, "--class-map X=a,Y=b", "--class-map X=b,Y=a"),
            'class_map {"X": "a", "Y": "b"} instead of {"X": "b", "Y": "a"}',
        ),
        ("bce", "p.csv", BINARY, "--positive 2", "--positive 1", 'positive "2" instead of "1"'),
        ("ce", "c.jsonl", CHOICES, "--choice-norm char", "", 'choice_norm "char" instead of null'),
    ],
)
def test_a_baseline_of_another_meaning_of_the_data_is_refused(
    celoss: Celoss, loss: str, name: str, text: str, before: str, after: str, said: str
) -> None:
    Path(name).write_text(f"{text}\n")
    assert celoss(loss, name, *before.split(), "--save-baseline", "b.json") == 0, celoss.err
    assert celoss(loss, name, *after.split(), "--baseline", "b.json", "--max-increase", "9") == 3
    assert f"expected a baseline of the same computation, got one with {said} (" in celoss.err
    assert celoss(loss, name, *before.split(), "--baseline", "b.json") == 0


def test_a_class_map_is_the_same_in_another_order_and_from_a_file(celoss: Celoss) -> None:
    Path("m.csv").write_text(NAMED)
    Path("map.txt").write_text("Y=b\nX=a\n")
    assert celoss("ce", "m.csv", "--class-map", "X=a,Y=b", "--save-baseline", "b.json") == 0
    assert celoss("ce", "m.csv", "--class-map", "@map.txt", "--baseline", "b.json") == 0


@pytest.mark.parametrize("meaning", [None, 3, [], "first_class"])
def test_a_baseline_whose_meaning_is_none_is_read_as_one_without(celoss: Celoss, meaning: object) -> None:
    Path("s.csv").write_text(COUNTED)
    assert celoss("ce", "s.csv", "--json", "-o", "b.json") == 0
    document = json.loads(Path("b.json").read_text())
    assert "meaning" not in document["input"]
    document["input"]["meaning"] = meaning
    Path("b.json").write_text(json.dumps(document))
    assert celoss("ce", "s.csv", "--baseline", "b.json") == 0


def test_a_baseline_of_another_loss_or_other_classes_is_refused(celoss: Celoss) -> None:
    assert celoss.ce("--save-baseline", "b.json") == 0
    assert celoss("ce", "-x", "1,2,3", "-y", "0", "--baseline", "b.json") == 3
    assert "classes 2 instead of 3" in celoss.err
    assert celoss("nll", "-x", "-1,-2", "-y", "0", "--baseline", "b.json") == 3
    assert 'got one with loss "cross_entropy" instead of "nll_loss" (' in celoss.err
    Path("p.csv").write_text("cat,dog,target\n1,2,0\n")
    Path("q.csv").write_text("cat,cow,target\n1,2,0\n")
    assert celoss("ce", "p.csv", "--save-baseline", "c.json") == 0
    assert celoss("ce", "q.csv", "--baseline", "c.json") == 3
    assert 'the classes ["cat", "dog"] instead of ["cat", "cow"]' in celoss.err
    Path("w.csv").write_text("cat,dog,target,weight\n1,2,0,3\n")
    assert celoss("ce", "w.csv", "--baseline", "c.json") == 3
    assert 'sample weights null instead of "weight"' in celoss.err


AGE = "age,pred,label\n0.5,0.9,1\n0.1,0.2,0\n0.7,0.6,1\n0.2,0.7,0\n"
"""One column of predictions, one that could be taken for it, and targets."""


def test_a_baseline_of_other_columns_is_refused_with_the_command_that_takes_its_own(celoss: Celoss) -> None:
    Path("a.csv").write_text(AGE)
    assert celoss("bce", "a.csv", "--save-baseline", "b.json") == 0
    assert celoss("bce", "a.csv", "--baseline", "b.json", "--class-columns", "age") == 3
    assert 'columns of the input ["pred"] instead of ["age"]' in celoss.err
    assert "  celoss bce a.csv --baseline b.json --class-columns pred  (the columns of the b" in celoss.err
    assert celoss("bce", "a.csv", "--baseline", "b.json", "--class-columns", "pred") == 0
    Path("n.csv").write_text(AGE.replace("label", "truth"))
    assert celoss("bce", "n.csv", "--baseline", "b.json") == 3
    assert 'target column "label" instead of "truth"' in celoss.err
    assert "(the columns of the baseline)" not in celoss.err


def test_arrays_of_other_files_are_the_same_computation(celoss: Celoss) -> None:
    for name in "ab":
        np.save(f"x{name}.npy", np.array([[2.0, 1.0], [0.5, 1.5]]))
        np.save(f"y{name}.npy", np.array([0, 1]))
    assert celoss("ce", "xa.npy", "ya.npy", "--save-baseline", "b.json") == 0
    assert celoss("ce", "xb.npy", "yb.npy", "--baseline", "b.json") == 0


def test_a_baseline_that_was_edited_is_noticed_and_one_without_a_checksum_is_read(celoss: Celoss) -> None:
    Path("a.csv").write_text(AGE)
    assert celoss("bce", "a.csv", "--save-baseline", "b.json") == 0
    document = json.loads(Path("b.json").read_text())
    SCHEMA.validate(document)
    Path("b.json").write_text(json.dumps({**document, "value": 0.9}))
    assert celoss("bce", "a.csv", "--baseline", "b.json") == 3
    assert "b.json: expected a baseline as it was written: the file was changed since then" in celoss.err
    Path("b.json").write_text(json.dumps(document, indent=7, sort_keys=True))  # laid out anew, and the same
    assert celoss("bce", "a.csv", "--baseline", "b.json") == 0
    del document["checksum"], document["input"]["columns"]
    Path("b.json").write_text(json.dumps(document))
    assert celoss("bce", "a.csv", "--baseline", "b.json") == 0


def test_a_gate_notes_columns_that_nobody_named_and_what_pins_them(celoss: Celoss) -> None:
    Path("a.csv").write_text(AGE.replace("label", "clicked_label"))
    assert celoss("bce", "a.csv", "--max", "1", "--json") == 0
    assert "note CEL231: no option names the columns of the input (pred) and the target" in celoss.err
    (found,) = json.loads(celoss.out)["findings"]
    assert (found["code"], found["severity"]) == ("CEL231", "note")
    pins = found["remedy"]
    assert pins == "--class-columns pred --target-column clicked_label"
    assert celoss("bce", "a.csv", "--max", "1", "--json", *pins.split()) == 0
    assert json.loads(celoss.out)["findings"] == []
    assert celoss("bce", "a.csv", "--json") == 0  # no gate, no note
    assert json.loads(celoss.out)["findings"] == []


def test_a_check_notes_them_as_keys_of_its_config(celoss: Celoss) -> None:
    Path("a.csv").write_text(AGE)
    config = '[checks.a]\nloss = "bce"\nfiles = "a.csv"\nmax = 1\n'
    Path("celoss.toml").write_text(config)
    assert celoss("check") == 0
    line = next(line for line in celoss.err.splitlines() if "CEL231" in line)
    Path("celoss.toml").write_text(config + line.partition("; try: ")[2] + "\n")
    assert celoss("check") == 0
    assert "CEL231" not in celoss.err


def test_a_baseline_with_a_value_of_400_digits_exits_3(celoss: Celoss) -> None:
    document = {**BASELINE, "value": 10**400}
    Path("b.json").write_text(json.dumps(document))
    assert celoss.ce("--baseline", "b.json") == 3
    assert "expected a baseline with a finite value" in celoss.err


BASELINE = {
    "schema_version": 1,
    "tool": {"name": "celoss", "version": "0"},
    "loss": "cross_entropy",
    "reduction": "mean",
    "unit": "nats",
    "value": 1.0,
    "counted": 3,
    "classes": 2,
    "options": {},
    "input": {},
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "got no JSON"),
        ("[" * 100_000, "got no JSON"),
        ("[]", "expected a result that celoss wrote"),
        ('{"value": 0.5}', "expected a result that celoss wrote"),
        (json.dumps({**BASELINE, "options": []}), "expected a result that celoss wrote"),
        (json.dumps({**BASELINE, "tool": {"name": "other"}}), "expected a result that celoss wrote"),
        (json.dumps({**BASELINE, "schema_version": 2}), "schema_version 1, got 2"),
        (
            json.dumps({**BASELINE, "value": None, "nonfinite": "nan"}),
            "finite value of counted rows, got nan",
        ),
        (json.dumps({**BASELINE, "value": True}), "finite value of counted rows, got true"),
        (json.dumps({**BASELINE, "value": float("inf")}), "finite value of counted rows, got Infinity"),
        (json.dumps({**BASELINE, "value": [1.0]}), "finite value of counted rows, got [1.0]"),
        (json.dumps({**BASELINE, "counted": 0}), "finite value of counted rows"),
    ],
)
def test_a_file_that_is_no_baseline_is_refused_and_never_replaced(
    celoss: Celoss, text: str, said: str
) -> None:
    Path("b.json").write_text(text)
    for options in (["--baseline", "b.json"], ["--save-baseline", "b.json"]):
        assert celoss.ce(*options) == 3
        assert celoss.err.startswith("celoss: error: b.json: ")
        assert said in celoss.err
    assert Path("b.json").read_text() == text
    assert celoss.ce("--baseline", "nowhere.json") == 3
    assert "nowhere.json: No such file or directory (celoss ce writes one" in celoss.err


def test_a_baseline_that_cannot_be_written_exits_4(celoss: Celoss) -> None:
    assert celoss.ce("--save-baseline", "nowhere/b.json") == 4
    if Path("/dev/full").exists():
        assert celoss.ce("--save-baseline", "/dev/full") == 4


_KILLER = """
import itertools, json, os, random, signal, sys, time
from celoss_cli.cli.main import run
from celoss_cli.cli.output import write_file

path, kills = sys.argv[1], int(sys.argv[2])
texts = []
for rows in range(1, 8):
    run(["ce", "-x", ";".join(["0.8,0.2"] * rows), "-y", ",".join("0" * rows), "--save-baseline", path])
    texts.append(open(path).read())

def write():
    for text in itertools.cycle(texts):
        write_file(path, text.splitlines(keepends=True))

moments = random.Random(4)
seen = set()
reading, writing = os.pipe()
for kill in range(kills):
    child = os.fork()
    if not child:
        write_file(path, texts[kill % 7].splitlines(keepends=True))
        os.write(writing, b".")
        write()
    os.read(reading, 1)  # it has begun, however busy the machine is
    time.sleep(moments.uniform(0, 0.02))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    found = open(path).read()
    assert found in texts, found
    seen.add(found)
print(len(seen), file=sys.stderr)
"""


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killing_the_writer_leaves_the_old_baseline_or_the_new_one(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _KILLER, str(tmp_path / "b.json"), "200"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stderr.splitlines()[-1]) > 3
    SCHEMA.validate(json.loads((tmp_path / "b.json").read_text()))


# ----------------------------------------------------------------------------- defaults, merge, pipes


def test_a_flag_goes_before_the_environment_and_that_before_the_config(
    celoss: Celoss, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("celoss.toml").write_text('format = "value"\njobs = 1\n')
    assert celoss.ce() == 0
    assert celoss.out == f"{LOSS}\n"
    monkeypatch.setenv("CELOSS_FORMAT", "csv")
    assert celoss.ce() == 0
    assert celoss.out.startswith("loss,reduction,value")
    for flag in (["--json"], ["--format", "json"]):
        assert celoss.ce(*flag) == 0
        assert json.loads(celoss.out)["value"] == LOSS
    monkeypatch.setenv("CELOSS_JOBS", "0")
    assert celoss.ce() == 2
    assert celoss.err == "celoss: error: CELOSS_JOBS: expected at least 1, got 0\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('format = "xml"', "celoss.toml: format: expected table, value"),
        ("format = 3", "celoss.toml: format: expected a text, got 3"),
        ("jobs = 0", "celoss.toml: jobs: expected at least 1, got 0"),
        ("job = 1", 'celoss.toml: expected a known key, got "job" (did you mean jobs?)'),
        ("format = ", "celoss.toml: expected TOML: "),
    ],
)
def test_a_config_with_a_mistake_is_refused_with_its_place(celoss: Celoss, text: str, said: str) -> None:
    Path("celoss.toml").write_text(text)
    assert celoss.ce() == 2
    assert said in celoss.err
    assert celoss("ce", "--help") == 0


def test_what_was_merged_is_gated_too(celoss: Celoss) -> None:
    assert celoss.ce("--emit-partial", "part.json") == 0
    assert celoss("merge", "part.json", "--format", "value", "--max", "0.5") == 1
    assert celoss.out == f"{LOSS}\n"
    assert celoss("merge", "part.json", "--max-group", "1") == 2


@pytest.mark.subprocess
@pytest.mark.parametrize(("limit", "code"), [("0.5", 1), ("0.7", 141)])
def test_a_failed_check_is_not_forgotten_where_nobody_reads(limit: str, code: int) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.Popen(
        [sys.executable, "-m", "celoss_cli", "ce", *ROWS, "--max", limit],
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (code, b"")
