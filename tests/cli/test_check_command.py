"""``celoss check`` as a pipeline meets it: exit codes, verdicts, reports and baselines."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from paths import schema
from running import Done, celoss, celoss_process

RUN_SCHEMA = schema("run.schema")
SCHEMA = schema("schema")
DATA = "cat,dog,target\n0.9,0.1,cat\n0.8,0.2,dog\n0.7,0.3,cat\n"
LOSS = 0.6405346229445387

GOOD = '[checks.good]\nloss = "ce"\nfiles = "p.csv"\nmax = 0.7\nmin-count = 3\n'
FAILING = '[checks.failing]\nloss = "ce"\nfiles = "p.csv"\nmax = 0.6\n'
BAD = '[checks.bad]\nloss = "ce"\nfiles = "broken.csv"\nmax = 0.6\n'
MISSING = '[checks.missing]\nloss = "ce"\nfiles = "nowhere.csv"\nmax = 0.6\n'
ENDLESS = '[checks.endless]\nloss = "ce"\nfiles = "/dev/zero"\ninput-format = "csv"\nmax = 0.6\n'


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.csv").write_text(DATA)
    Path("broken.csv").write_text("cat,dog,target\n0.9,0.1,cat\n0.9,x,cat\n")


def check(config: str, *arguments: str, code: str = "") -> Done:
    Path("celoss.toml").write_text(config)
    if code:
        return celoss_process("check", *arguments, program=(sys.executable, "-c", code))
    return celoss("check", *arguments)


# ----------------------------------------------------------------------------------------- exit codes

BROKEN = """
import celoss_cli.cli.checking as checking
from celoss_cli.cli.main import main
def broken(*a): raise RuntimeError("oops")
checking._computed = broken
main()
"""


@pytest.mark.parametrize(
    ("config", "arguments", "code"),
    [
        (GOOD, "", 0),
        (GOOD + FAILING, "", 1),
        (GOOD + FAILING, "--exit-zero", 0),
        (GOOD + FAILING, "good", 0),
        (FAILING + BAD + GOOD, "", 3),
        (FAILING + BAD + GOOD, "--exit-zero", 3),
        (MISSING, "", 3),
        (BAD + ENDLESS, "", 5),
        (GOOD, "--report json=nowhere/x", 4),
        (GOOD, "nobody", 2),
        (GOOD, "--format csv", 2),
        (GOOD, "--report value=x", 2),
        (GOOD, "--config nowhere.toml", 2),
        ("", "", 2),
        ("format = 'csv'\n" + GOOD, "", 2),
        ("[checks.a]\nloss = 'ce'\nfiles = 'p.csv'\n", "", 2),
    ],
)
def test_the_worst_exit_code_is_answered(config: str, arguments: str, code: int) -> None:
    done = check(config, *arguments.split())
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    if code == 2:
        assert done.stdout == ""
        assert done.stderr.startswith("celoss: error: ")


@pytest.mark.subprocess
def test_a_bug_in_one_check_is_70_and_told() -> None:
    done = check(GOOD, code=BROKEN)
    assert done.returncode == 70
    assert "a bug in celoss, please report it (RuntimeError: oops" in done.stdout
    assert "Traceback" not in done.stderr
    assert "Traceback" in check(GOOD, "--debug", code=BROKEN).stderr


@pytest.mark.subprocess
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_a_full_device_exits_4() -> None:
    Path("celoss.toml").write_text(GOOD)
    line = f"{sys.executable} -m celoss_cli check >/dev/full"
    assert subprocess.run(["sh", "-c", line], capture_output=True, check=False).returncode == 4


@pytest.mark.subprocess
@pytest.mark.parametrize(("config", "code"), [(FAILING, 1), (GOOD, 141)])
def test_a_failed_check_is_not_forgotten_where_nobody_reads(config: str, code: int) -> None:
    Path("celoss.toml").write_text(config)
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "celoss_cli", "check"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    told = [line for line in done.stderr.splitlines() if b"note CEL231" not in line]
    assert (done.returncode, told) == (code, [])


@pytest.mark.parametrize(("header", "rows"), [("true", 1), ("false", 2)])
def test_a_check_says_whether_there_is_a_header(header: str, rows: int) -> None:
    Path("n.csv").write_text("0,1,2\n3,0,1\n")
    done = check(
        "[checks.a]\nloss = 'ce'\nfiles = 'n.csv'\ntarget-column = '2'\n"
        f"class-columns = '{'0,1' if rows == 1 else '1,3'}'\nheader = {header}\nmax = 9\n",
        "--json",
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["checks"][0]["result"]["rows"] == rows


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("maxx = 1", 'celoss.toml: checks.a: expected a known key, got "maxx" (did you mean max?)'),
        ("format = 'json'", 'celoss.toml: checks.a: expected a known key, got "format"'),
        ("save-baseline = 'b.json'", 'got "save-baseline"'),
        ("max = nan", "celoss.toml: checks.a: Invalid value for '--max': expected a number"),
        (
            "min-skill = 2",
            "celoss.toml: checks.a: Invalid value for '--min-skill': expected a number of at most 1",
        ),
        ("max = 'x'", "celoss.toml: checks.a: Invalid value for '--max': expected a number"),
        (
            "max = 2026-01-01",
            "checks.a.max: expected a text, a number or a list, got 2026-01-01",
        ),
        ("header = 'yes'", "celoss.toml: checks.a: "),
        ("no-header = true", 'got "no-header" (did you mean header?)'),
        ("max = true", "celoss.toml: checks.a: "),
        ("max-increase = '1%'", "celoss.toml: checks.a: Expected --baseline together with --max-increase"),
        ("max-group = 1", "celoss.toml: checks.a: Expected --by together with --max-group"),
        ("max-group = { cat = 'x' }", "celoss.toml: checks.a: Invalid value for '--max-group'"),
        ("weight = [2026-01-01]", "celoss.toml: checks.a.weight: expected a list of numbers"),
        ("pos-weight = 2", 'got "pos-weight"'),
        ("reduction = 'none'\nmax = 1", "celoss.toml: checks.a: Expected a reduction to one number"),
        ("by = 'class'", "celoss.toml: checks.a: expected a limit, for example max = 0.5, got none"),
    ],
)
def test_a_mistake_in_a_check_exits_2_with_file_and_key(line: str, said: str) -> None:
    done = check(f"[checks.a]\nloss = 'ce'\nfiles = 'p.csv'\n{line}\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


# --------------------------------------------------------------------------------------- what is told


def test_a_check_whose_data_is_bad_is_told_and_the_others_run() -> None:
    done = check(FAILING + BAD + GOOD)
    lines = [line.split(maxsplit=3) for line in done.stdout.splitlines()[2:6]]
    assert [line[:2] for line in lines] == [
        ["failing", "FAIL"],
        ["bad", "ERROR"],
        ["good", "pass"],
        ["good", "pass"],
    ]
    assert done.stdout.splitlines()[-1] == "3 checks: 1 passed, 1 failed, 1 in error"
    assert '\nceloss: error: bad: broken.csv:3:2: expected a number in column "dog"' in done.stderr


def test_every_format_is_written_at_once() -> None:
    names = ("table", "json", "markdown", "junit", "github")
    done = check(FAILING + BAD + GOOD, *(f"--report={name}=out.{name}" for name in names))
    assert done.returncode == 3
    assert Path("out.table").read_text() == done.stdout
    document = json.loads(Path("out.json").read_text())
    RUN_SCHEMA.validate(document)
    assert [(one["name"], one["passed"], one["exit_code"]) for one in document["checks"]] == [
        ("failing", False, 1),
        ("bad", False, 3),
        ("good", True, 0),
    ]
    for one in document["checks"]:
        if one["result"] is not None:
            SCHEMA.validate(one["result"])
            assert one["result"]["value"] == LOSS
    tree = ElementTree.fromstring(Path("out.junit").read_text())  # noqa: S314 - our own file
    assert (tree.get("tests"), tree.get("failures"), tree.get("errors")) == ("4", "1", "1")
    assert "| failing | **FAIL** | max |" in Path("out.markdown").read_text()
    assert Path("out.github").read_text().count("::error ") == 2


def test_a_file_hides_no_verdict() -> None:
    done = check(FAILING + GOOD, "-o", "out.txt")
    assert (done.returncode, done.stdout) == (1, "")
    assert "celoss: FAIL failing max: mean 0.64" in done.stderr
    assert "celoss: pass good min-count: 3 counted" in done.stderr


def test_github_gets_annotations_and_a_job_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    done = check(FAILING + GOOD, "--format", "github")
    assert (
        "\n::error file=celoss.toml,title=celoss%3A failing max::mean 0.6405346229445387 is above 0.6"
        in done.stdout
    )
    assert Path("summary.md").read_text().startswith("**celoss**: 2 checks: 1 passed, 1 failed\n")


# ----------------------------------------------------------------------------- input, options, baselines


def test_options_mean_what_they_mean_on_the_command_line() -> None:
    Path("folder").mkdir()
    Path("folder/w.json").write_text("[1, 2]")
    Path("folder/q.csv").write_text("x,y,label\n0.9,0.1,0\n0.8,0.2,1\n0.7,0.3,0\n")
    Path("folder/c.toml").write_text(
        "[checks.a]\nloss = 'ce'\nfiles = ['q*.csv']\nclass-columns = ['x', 'y']\ntarget_column = 'label'\n"
        "weight = '@w.json'\nby = 'class'\nmax-group = {x = 1, y = 2}\nexpect = 0.7397729548298754\n"
        "[checks.b]\nloss = 'ce'\nlogits = '0.9,0.1;0.8,0.2;0.7,0.3'\ntargets = [0, 1, 0]\n"
        "weight = [1, 2.0]\nexpect = 0.73977\natol = 1e-5\n"
    )
    done = check("", "--config", "folder/c.toml", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = [one["result"] for one in json.loads(done.stdout)["checks"]]
    assert [one["value"] for one in found] == [0.7397729548298754] * 2
    assert [verdict["name"] for verdict in found[0]["checks"]] == ["expect", "max-group x", "max-group y"]


def test_baselines_are_updated_all_at_once() -> None:
    config = (
        "[checks.a]\nloss = 'ce'\nfiles = 'p.csv'\nbaseline = 'a.json'\nmax-increase = ['0.01', '1%']\n"
        "[checks.b]\nloss = 'ce'\nfiles = 'p.csv'\nbaseline = 'b.json'\nreduction = 'sum'\n" + GOOD
    )
    done = check(config)
    assert done.returncode == 3
    assert "a.json: No such file or directory" in done.stderr
    done = check(config, "--update-baselines")
    assert done.returncode == 0
    assert f"celoss: note: a.json: new baseline {LOSS} nats\n" in done.stderr
    assert check(config).returncode == 0
    Path("p.csv").write_text(DATA.replace("0.9,0.1", "0.1,0.9"))
    done = check(config)
    assert done.returncode == 1
    assert done.stdout.count("FAIL") == 4
    done = check(config, "a", "--update-baselines")
    assert done.returncode == 0
    assert "celoss: note: a.json: baseline 0.6405346229445387 -> 0.9072" in done.stderr
    assert check(config, "a").returncode == 0
    assert check(config, "b").returncode == 1


def test_one_baseline_that_cannot_be_written_does_not_stop_the_others() -> None:
    done = check(
        "[checks.a]\nloss = 'ce'\nfiles = 'p.csv'\nbaseline = 'nowhere/a.json'\n"
        "[checks.b]\nloss = 'ce'\nfiles = 'p.csv'\nbaseline = 'b.json'\n",
        "--update-baselines",
    )
    assert done.returncode == 4
    assert "celoss: error: a: nowhere/a.json: No such file or directory" in done.stderr
    assert json.loads(Path("b.json").read_text())["value"] == LOSS


def test_the_defaults_of_the_file_are_below_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    config = 'format = "json"\n' + GOOD
    assert json.loads(check(config).stdout)["passed"] is True
    monkeypatch.setenv("CELOSS_FORMAT", "markdown")
    assert check(config).stdout.startswith("**celoss**")
    assert check(config, "--format", "github").stdout.startswith("pass good max")


@pytest.mark.subprocess
def test_help_imports_no_numpy() -> None:
    code = (
        "import sys; from celoss_cli.cli.main import run; "
        "code = run(['check', '--help']); sys.exit(99 if 'numpy' in sys.modules else int(code))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--update-baselines" in done.stdout


def test_a_file_that_several_patterns_match_counts_once() -> None:
    os.symlink(".", "loop")
    done = check("[checks.a]\nloss = 'ce'\nfiles = ['p.csv', 'p*.csv', '**/**/p.csv']\nmin-count = 4\n")
    assert (done.returncode, "3 counted targets" in done.stdout) == (1, True)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("[checks.a]\nloss = 'ce'\nfiles = []\nmax = 1\n", "checks.a.files: expected at least one path"),
        ("[checks.a]\nloss = 'ce'\nfiles = ['p.csv', 'p.csv']\nmax = 1\n", 'got "p.csv" twice'),
        (f"x = {'[' * 1000}{']' * 1000}\n", "expected TOML, got values nested too deeply"),
    ],
)
def test_files_that_cannot_be_meant_and_endless_nesting_are_usage_errors(config: str, told: str) -> None:
    done = check(config)
    assert (done.returncode, told in done.stderr) == (2, True)


def test_junit_has_the_time_of_each_check_and_annotations_their_file() -> None:
    done = check(FAILING + GOOD, "--report", "junit=out.xml", "--format", "github", "-o", "out")
    assert done.returncode == 1
    suites = ElementTree.fromstring(Path("out.xml").read_text())  # noqa: S314 - our own file
    times = [[float(case.attrib["time"]) for case in suite] for suite in suites]
    assert all(one[0] >= 0 and set(one[1:]) <= {0.0} for one in times)
    assert re.search(
        r"^::error file=\S*celoss\.toml,title=celoss%3A failing max::", Path("out").read_text(), re.M
    )
