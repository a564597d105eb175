"""The program as a user and a script meet it: real processes, real exit codes."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from paths import DUMPS, schema
from running import COMMAND, celoss

GOOD = "a,b,target\n0.9,0.1,0\n0.8,0.2,1\n0.7,0.3,0\n"


def value(*arguments: str, data: str = "") -> float:
    done = celoss(*arguments, "--format", "value", data=data)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


# ------------------------------------------------------------------------------------------- input


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.csv", GOOD),
        ("p.tsv", GOOD.replace(",", "\t")),
        ("p.json", '{"logits": [[0.9,0.1],[0.8,0.2],[0.7,0.3]], "targets": [0,1,0]}'),
        (
            "p.json",
            '[{"a":0.9,"b":0.1,"target":0},{"a":0.8,"b":0.2,"target":1},{"a":0.7,"b":0.3,"target":0}]',
        ),
        ("p.json", '{"columns":["a","b","target"],"data":[[0.9,0.1,0],[0.8,0.2,1],[0.7,0.3,0]]}'),
        (
            "p.jsonl",
            '{"logits":[0.9,0.1],"target":0}\n{"logits":[0.8,0.2],"target":1}\n{"logits":[0.7,0.3],"target":0}\n',
        ),
    ],
)
def test_every_format_gives_the_same_loss(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert value("ce", str(path)) == 0.6405346229445387


def test_several_files_and_standard_input_are_one_data_set(tmp_path: Path) -> None:
    header, *rows = GOOD.splitlines(keepends=True)
    (tmp_path / "one.csv").write_text(header + rows[0])
    rest = header + "".join(rows[1:])
    assert value("ce", str(tmp_path / "one.csv"), "-", data=rest) == 0.6405346229445387
    assert value("ce", data=GOOD) == 0.6405346229445387


def test_values_may_come_from_files_of_any_format(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n0.9,0.1\n0.8,0.2\n")
    (tmp_path / "y.json").write_text("[0, 1]")
    inline = value("ce", "--logits", "0.9,0.1;0.8,0.2", "--targets", "0,1")
    assert value("ce", "-x", f"@{tmp_path}/x.csv", "-y", f"@{tmp_path}/y.json") == inline


def test_negative_numbers_are_values() -> None:
    assert value("ce", "--logits", "-1.5,2", "--targets", "1") == value(
        "ce", "--logits=-1.5,2", "--targets=1"
    )


def test_names_are_matched_and_never_sorted() -> None:
    by_name = "dog,cat,target\n0.1,0.9,cat\n0.2,0.8,dog\n0.3,0.7,cat\n"
    assert value("ce", data=by_name) == pytest.approx(0.6405346229445387, rel=1e-15)


def test_sample_weights_divide_the_mean() -> None:
    weighted = "a,b,target,weight\n0.9,0.1,0,2\n0.8,0.2,1,0\n0.7,0.3,0,1\n"
    done = celoss("ce", "--json", data=weighted)
    assert json.loads(done.stdout)["denominator"] == 3.0
    assert json.loads(done.stdout)["denominator_is"] == (
        "number of counted targets; each counts as often as its sample weight says"
    )
    assert json.loads(done.stdout)["value"] == pytest.approx(
        (2 * 0.3711006659477776 + 0.5130152523999526) / 3
    )


def test_rows_with_missing_cells_are_refused_or_skipped_on_request() -> None:
    gap = GOOD + "NA,0.1,0\n"
    assert celoss("ce", data=gap).returncode == 3
    done = celoss("ce", "--missing", "skip", "--json", data=gap)
    assert json.loads(done.stdout)["input"]["skipped"] == 1
    assert done.stderr == "celoss: note: 1 row with missing values skipped\n"
    nothing = celoss("ce", "--missing", "skip", data="a,b,target\nNA,0.1,0\n")
    assert (nothing.returncode, "no rows, 1 with missing values skipped" in nothing.stderr) == (3, True)
    assert json.loads(done.stdout)["value"] == 0.6405346229445387


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "standard input: expected a header line, got an empty file: no rows"),
        ("a,b,target\n", "no rows"),
        ("a,b,target\n1,2\n", "standard input:2: expected 3 values, got 2"),
        ("a,b,target\n1_000,2,0\n", 'standard input:2:1: expected a number in column "a", got "1_000"'),
        ("a,b,target\n0x10,2,0\n1,2,0\n", 'standard input:2:1: expected a number in column "a", got "0x10"'),
        ("a,b,target\n１,2,0\n", "expected a number"),  # noqa: RUF001 - a full-width digit is the point
        ("a,b,target\n1,,0\n", "standard input:2:2"),
        ("a,b,target\ntrue,1,0\n", 'got "true"'),
        ("a,seen,target\n1,May,0\n", 'expected two columns of logits or more, got "a"'),
        ("a,b,target\nnan,1,0\n", 'expected a number in column "a", got "nan"'),
        ("p_1,p_2,p_3,z,target\n.1,.2,.7,3,inf\n.2,.2,.6,5,2\n", "expected"),
        ("p_1,p_2,p_3,z,target\n.1,.2,.7,3,nan\n.2,.2,.6,5,2\n", "expected"),
        ("a,b,target\n1e999999,1,0\n", "within the range of a double"),
        ("a,b,target\n1,2,0\n1,2", "(the last line has no newline: was the data cut?)"),
        ("a,b,target\n1,2,5\n", "standard input:2: Expected a target from 0 to 1 (2 classes), got 5."),
        ("a,b,target\n1,2,0.5\n", "expected a class index"),
        ('a,b,target\n"1,2,0\n', "closing quote"),
        ("a,b,target\n1,2,0\r1,2,0\n", "bare carriage return"),
        ("a,b,target\n1,\0,0\n", "NUL"),
        ("a,a,target\n1,2,0\n", '"a" 2 times'),
        ("a,b,label,target\n1,2,0,0\n", 'expected one column of targets, got "label", "target"'),
        ("1,2,0\n1,2,0\n", "--no-header"),
        ("a;b,c;target\n1;2;0\n", "expected"),
        (b"\xff\xfea\x00", "UTF-16"),
        (b"a,b,target\n\xff,2,0\n", "0xff at offset 11"),
        ('{"logits": [[1,2]], "logits": [[1,2]], "targets": [0]}', '"logits" twice'),
        ('{"logits": [[1,"2"]], "targets": [0]}', "$.logits[0][1]: expected a number"),
        ('{"logits": [[1,NaN]], "targets": [0]}', "$.logits[0][1]"),
        ('{"logits": [[1,2],[3]], "targets": [0,0]}', "$.logits[1]: expected 2 values, got 1"),
        ('{"logits": [[1,2]], "targets": [0]} x', "expected JSON"),
        ("[" * 65 + "]" * 65, "64 levels"),
    ],
)
def test_bad_data_is_told_with_its_place_and_commands_that_work_and_exits_3(
    text: str | bytes, said: str
) -> None:
    done = celoss("ce", data=text)
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.startswith("celoss: error: ")
    told, *commands = done.stderr.splitlines()
    assert said in told
    assert all(line.startswith("  celoss ") for line in commands)


def test_a_semicolon_as_the_only_delimiter_of_a_header_and_columns_of_text_are_no_bad_data() -> None:
    for text in ("a;b;target\n1;2;0\n", "a,b,seen,target\n1,2,May,0\n"):
        done = celoss("ce", "--format", "value", data=text)
        assert (done.returncode, done.stdout) == (0, "1.3132616875182228\n")


def test_a_file_cut_anywhere_is_refused_or_gives_a_part_of_its_rows(tmp_path: Path) -> None:
    from celoss_cli.core.data import Chunk
    from celoss_cli.core.errors import CelossError
    from celoss_cli.read.gather import gather
    from celoss_cli.read.request import ReadRequest

    def rows(text: str) -> list[tuple[float, ...]] | None:
        path = tmp_path / "cut.csv"
        path.write_text(text)
        try:
            with contextlib.closing(gather([str(path)], ReadRequest(True, "logits"), None)) as found:
                batches = [part.read() if isinstance(part, Chunk) else part for part in found.batches]
        except CelossError:
            return None
        return [(*x, y) for b in batches for x, y in zip(b.input.tolist(), b.target.tolist(), strict=True)]

    whole = rows(GOOD)
    assert whole is not None
    answers = [rows(GOOD[:size]) for size in range(len(GOOD) + 1)]
    assert all(answer is None or answer == whole[: len(answer)] for answer in answers)
    assert sum(answer is None for answer in answers) > len(GOOD) / 2


# ------------------------------------------------------------------------------------------ output


def test_json_keeps_its_schema() -> None:
    for extra in (
        [],
        ["--reduction", "none"],
        ["--ignore-index", "0", "--on-empty", "nan", "--weight", "1,2"],
    ):
        done = celoss("ce", "--json", *extra, data=GOOD)
        schema("schema").validate(json.loads(done.stdout))


def test_a_value_that_is_no_number_is_null_with_its_name() -> None:
    found = json.loads(celoss("ce", "--json", "-x", "0,-inf", "-y", "1").stdout)
    assert (found["value"], found["nonfinite"]) == (None, "inf")


def test_no_reduction_streams_a_line_for_each_row() -> None:
    lines = celoss("ce", "--reduction", "none", "--format", "jsonl", data=GOOD).stdout.splitlines()
    assert [json.loads(line)["row"] for line in lines] == [0, 1, 2]
    table = celoss("ce", "--reduction", "none", "--format", "csv", data=GOOD).stdout.splitlines()
    assert table[0].startswith("row,id,target,loss,weight")
    assert len(table) == 4


@pytest.mark.parametrize("columns", ["", "80", "160"])
def test_no_number_is_cut_and_the_shown_losses_add_up(columns: str) -> None:
    extra = {"COLUMNS": columns} if columns else {}
    arguments = ("--weight", "2,1", "--grad", "--rows", "2")
    done = celoss("ce", *arguments, data=GOOD, **extra)
    assert done.returncode == 0
    assert "…" not in done.stdout
    if columns:
        assert max(map(len, done.stdout.splitlines())) <= int(columns)
    summary = done.stdout[done.stdout.rindex("row  ") :]
    numbers = [float(line.split()[-1]) for line in summary.splitlines() if re.match(r"[0-9]+ |sum", line)]
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=2e-6)


def test_names_from_the_data_are_shown_and_never_obeyed() -> None:
    hostile = 'id,[red]x,"\x1b[31my",target\n=cmd,1,2,0\n'
    for format in ("table", "markdown", "csv", "jsonl"):
        done = celoss("ce", "--format", format, "--reduction", "none", data=hostile)
        assert done.returncode == 0, done.stderr
        assert "\x1b" not in done.stdout
    assert "'=cmd" in celoss("ce", "--format", "csv", "--reduction", "none", data=hostile).stdout
    assert "[red]x" in celoss("ce", data=hostile).stdout


def test_colour_follows_the_option_and_the_environment() -> None:
    assert "\x1b" not in celoss("ce", data=GOOD).stdout
    assert "\x1b" in celoss("ce", "--color", "always", data=GOOD).stdout
    assert "\x1b" not in celoss("ce", data=GOOD, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_a_file_is_written_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "result.json"
    assert celoss("ce", "--json", "-o", str(target), data=GOOD).returncode == 0
    assert json.loads(target.read_text())["value"] == 0.6405346229445387
    assert os.listdir(tmp_path) == ["result.json"]


@pytest.mark.subprocess
@pytest.mark.parametrize("arguments", [["--version"], ["-V"], ["--help"], ["ce", "--help"], ["-h"]])
def test_help_and_version_import_no_numpy(arguments: list[str]) -> None:
    code = (
        "import sys; from celoss_cli.cli.main import run; "
        f"code = run({arguments!r}); sys.exit(99 if 'numpy' in sys.modules else int(code))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize(
    "extra",
    [
        {"COLUMNS": "0"},
        {"COLUMNS": "1"},
        {"COLUMNS": "00080"},
        {"COLUMNS": "99999999"},
        {"COLUMNS": "9" * 5000},
        {"COLUMNS": "\u0663"},
        {"TERMINAL_WIDTH": "abc"},
        {"TERMINAL_WIDTH": "99999999"},
        {"LANG": "C"},
        {"TERM": ""},
        {"PYTHONIOENCODING": "ascii"},
    ],
)
def test_odd_environments_work(extra: dict[str, str]) -> None:
    assert celoss("ce", data=GOOD, **extra).returncode == 0
    assert celoss("--help", **extra).returncode == 0


# -------------------------------------------------------------------------------------- exit codes

unbuffered = pytest.mark.parametrize(
    "extra", [{}, pytest.param({"PYTHONUNBUFFERED": "1"}, marks=pytest.mark.slow)]
)


@unbuffered
@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--nope"],
        ["ce", "--nope"],
        ["nothing"],
        ["ce", "--rows", "1", "--rows", "2"],
        ["ce", "--label-smoothing", "2", "-x", "1,2", "-y", "0"],
        ["ce", "--ignore-index", "1_0", "-x", "1,2", "-y", "0"],
        ["ce", "--logits", "1,2"],
        ["ce", "--reduction", "median", "-x", "1,2", "-y", "0"],
    ],
)
def test_wrong_usage_exits_2(arguments: list[str], extra: dict[str, str]) -> None:
    done = celoss(*arguments, **extra)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("celoss: error: ")


@unbuffered
def test_a_missing_file_exits_3(extra: dict[str, str]) -> None:
    done = celoss("ce", "nowhere.csv", **extra)
    assert (done.returncode, done.stderr) == (3, "celoss: error: nowhere.csv: No such file or directory.\n")


@pytest.mark.subprocess
@unbuffered
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
@pytest.mark.parametrize("arguments", ["ce -x 1,2 -y 0", "--help", "--version"])
def test_a_full_device_exits_4(extra: dict[str, str], arguments: str) -> None:
    line = f"{sys.executable} -m celoss_cli {arguments} >/dev/full"
    done = subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, env={**os.environ, **extra}, check=False
    )
    assert done.returncode == 4
    assert done.stderr == "celoss: error: standard output: No space left on device\n"


@pytest.mark.subprocess
@unbuffered
def test_closed_output_exits_4(extra: dict[str, str]) -> None:
    line = f"{sys.executable} -m celoss_cli ce -x 1,2 -y 0 >&-"
    done = subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, env={**os.environ, **extra}, check=False
    )
    assert (done.returncode, done.stderr) == (4, "celoss: error: standard output is closed\n")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs an endless device")
def test_a_line_without_end_exits_5() -> None:
    assert celoss("ce", "--input-format", "csv", "/dev/zero").returncode == 5


@pytest.mark.subprocess
@unbuffered
def test_a_bug_exits_70_in_one_line_and_debug_shows_where(extra: dict[str, str]) -> None:
    code = (
        "import sys, celoss_cli.cli.computing as loss\n"
        "def broken(*a): raise RuntimeError('oops')\n"
        "loss.run = broken\n"
        "from celoss_cli.cli.main import main\n"
        "main()"
    )
    command = [sys.executable, "-c", code, "ce", "-x", "1,2", "-y", "0"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **extra}, check=False)
    assert done.returncode == 70
    assert done.stderr.count("\n") == 1
    done = subprocess.run([*command, "--debug"], capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (70, True)


@pytest.mark.subprocess
@unbuffered
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_reading_exits_silently(number: int, code: int, extra: dict[str, str]) -> None:
    process = subprocess.Popen(
        [*COMMAND, "ce"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **extra},
    )
    assert process.stdin is not None
    # More than a pipe holds: the write returns once the program has come so far as to read.
    process.stdin.write(("a,b,target\n" + "0.9,0.1,0\n" * 50_000).encode())
    process.stdin.flush()
    time.sleep(0.2)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (code, b"", b"")


@pytest.mark.subprocess
@unbuffered
def test_a_reader_that_goes_away_exits_141_silently(extra: dict[str, str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.Popen(
        [*COMMAND, "ce", "-x", "1,2", "-y", "0"],
        stdout=writing,
        stderr=subprocess.PIPE,
        env={**os.environ, **extra},
    )
    os.close(writing)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, b"")


def test_an_error_is_an_object_where_json_was_asked_for() -> None:
    done = celoss("ce", "--json", "nowhere.csv")
    assert json.loads(done.stderr)["error"]["exit_code"] == 3


# ------------------------------------------------------------------------------- what used to slip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--grad", "--format", "value"],
            "Expected --grad with --format table, json, jsonl, csv, html or svg, got value.",
        ),
        (
            ["--row", "0", "--format", "csv"],
            "Expected --row with --format table, markdown, html or svg",
        ),
        (["--rows", "0", "--format", "value"], "Expected --rows with --format table, markdown, html or svg"),
        (["--target-column", "t"], "Expected --target-column with files, got it with --logits."),
        (["--weight-column", "w"], "Expected --weight-column with files, got it with --logits."),
        (["--encoding", "base64"], 'expected a known encoding of text, got "base64"'),
        (["--encoding", "unicode_escape"], 'expected a known encoding of text, got "unicode_escape"'),
        (["--encoding", "idna"], 'expected a known encoding of text, got "idna"'),
        (["-o", ""], "expected the name of a file, got an empty one"),
        (["--save-baseline", ""], "expected the name of a file, got an empty one"),
    ],
)
def test_an_option_that_would_change_nothing_is_refused(arguments: list[str], said: str) -> None:
    done = celoss("ce", "-x", "1,2", "-y", "0", *arguments)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize("option", ["--id-column", "--weight-column", "--class-columns"])
def test_one_array_has_no_columns(option: str) -> None:
    array = str(DUMPS / "sklearn-proba.npy")
    done = celoss("ce", array, "--targets", "0,1,0", option, "w")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"Expected {option} with a table or arrays by name, got one array." in done.stderr


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ('"ignore_index": "255"', 'ignore_index as a whole number, got "255"'),
        ('"ignore_index": 0.5', "ignore_index as a whole number"),
        ('"label_smoothing": "x"', "label_smoothing as a number"),
        ('"label_smoothing": [0.1]', "label_smoothing as a number, got a list"),
        ('"weight": "@preds.csv"', "weight as a number or a list of numbers"),
        ('"reduction": "median"', 'reduction as none, mean, sum, got "median"'),
        ('"reduction": [1, 2]', "reduction as none, mean, sum, got a list"),
    ],
)
def test_an_option_in_the_data_is_checked_and_never_names_a_file(option: str, said: str) -> None:
    done = celoss("ce", data=f'{{"logits": [[1, 2]], "targets": [0], {option}}}')
    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr
    kl = '{"log_probs": [[-1, -2]], "targets": [[0.5, 0.5]], "log_target": "no"}'
    assert "log_target as true or false" in celoss("kl", data=kl).stderr


def test_a_whole_number_keeps_all_its_digits() -> None:
    odd = "9007199254740993"  # the first integer that no double holds
    done = celoss("ce", "-x", "1,2", "-y", odd, "--ignore-index", odd, "--on-empty", "nan", "--json")
    assert json.loads(done.stdout)["options"]["ignore_index"] == int(odd)


@pytest.mark.subprocess
def test_no_color_reaches_the_result_on_a_terminal() -> None:
    assert "\x1b" in on_a_terminal("ce -x 1,2 -y 0")
    assert "\x1b" not in on_a_terminal("ce -x 1,2 -y 0", NO_COLOR="1")


@pytest.mark.subprocess
@pytest.mark.parametrize("arguments", ["ce --help", "--help", "ce -h"])
def test_help_on_a_terminal_is_plain(arguments: str) -> None:
    assert "\x1b" not in on_a_terminal(arguments, FORCE_COLOR="1")


def on_a_terminal(arguments: str, **extra: str) -> str:
    """What the program writes to a terminal of 120 columns."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments.split()],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120", **extra},
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # how Linux says that the other end is closed
            break
        if not piece:
            break
        written += piece
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return written.decode()


def test_a_shell_that_asks_for_words_in_an_unknown_way_exits_2() -> None:
    assert celoss(_CELOSS_COMPLETE="source_nope").returncode == 2


@pytest.mark.subprocess
def test_a_message_about_a_bug_holds_no_control_characters() -> None:
    code = (
        "import celoss_cli.cli.computing as loss\n"
        "def broken(*a): raise RuntimeError('\\x1b[31mred')\n"
        "loss.run = broken\n"
        "from celoss_cli.cli.main import main\n"
        "main()"
    )
    command = [sys.executable, "-c", code, "ce", "-x", "1,2", "-y", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert r"\x1b[31mred" in done.stderr


# ---------------------------------------------------------------------------------------- the view


def test_rounding_errors_are_not_shown_as_digits() -> None:
    shown = celoss("ce", "-x", "0.7,0.1,0.2", "-y", "0", "--rows", "1").stdout
    assert "-0.600000" not in shown
    assert re.search(r"1 +0\.1 +-0\.6 +0\.548812", shown)


def test_the_weights_shown_add_up_to_the_denominator() -> None:
    data = "a,b,target,weight\n0.9,0.1,0,2\n0.8,0.2,1,3\n0.7,0.3,0,1\n"
    shown = celoss("ce", "--weight", "1,2", data=data).stdout
    summary = shown[shown.rindex("row  ") :].splitlines()
    column = summary[0].index("weight x sample weight") + len("weight x sample weight") - 1
    found = [line[: column + 1].split()[-1] for line in summary if re.match(r"[0-9]+ |sum", line)]
    assert found == ["2", "6", "1", "9"]
    assert "/ 9 (" in summary[-1]


@pytest.mark.parametrize(
    ("reduction", "said"),
    [
        ("mean", "p - onehot(y)), divided by the denominator\n"),
        ("sum", "p - onehot(y))\n"),
    ],
)
def test_the_gradient_says_how_it_came_about(reduction: str, said: str) -> None:
    shown = celoss("ce", "--grad", "--reduction", reduction, "-x", "1,2", "-y", "0").stdout
    assert said in shown


def test_points_are_in_line() -> None:
    shown = celoss("ce", "-x", "10.25,-200,3.125", "-y", "0").stdout
    lines = [line for line in shown.splitlines() if re.match(r"[0-2] ", line)][:3]
    assert [re.split(" {2,}", line)[1] for line in lines] == ["10.25", "-200", "3.125"]
    assert lines[0].index("10.25") + 2 == lines[1].index("-200") + 4 == lines[2].index("3.125") + 1


def test_a_wide_row_shows_what_spoils_it() -> None:
    numbers = ",".join(["1"] * 30 + ["nan"] + ["1"] * 30)
    shown = celoss("ce", "-x", numbers, "-y", "0", "--allow-nonfinite").stdout
    assert re.search(r"^30 +nan", shown, re.MULTILINE)


def test_nothing_counted_says_so_in_the_reduction() -> None:
    data = "a,b,target\n"
    assert "mean = 0 / 0 = nan nats" in celoss("ce", "--on-empty", "nan", data=data).stdout
    assert "--on-empty zero asks for" in celoss("ce", "--on-empty", "zero", data=data).stdout


def test_an_infinite_target_is_null_in_json_lines() -> None:
    arguments = ("--log-probs=-0.7", "--targets=-inf", "--log-target", "--reduction", "none")
    done = celoss("kl", *arguments, "--format", "jsonl")
    assert json.loads(done.stdout)["target"] is None


@pytest.mark.parametrize("installed", [True, False])
@pytest.mark.parametrize(
    ("row", "other"),
    [
        ("1,0.5,0", False),
        ("1e0,0.5,0", True),
        ("1,5.E-1,0", True),
        ('"1",0.5,0', True),
        ("1,0.1234567890123,0", False),
        ("1,0.12345678901234,0", True),
    ],
)
def test_who_reads_a_large_table_without_pyarrow_is_told_where_it_is_faster(
    row: str,
    other: bool,
    installed: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    from celoss_cli.cli import reading
    from celoss_cli.cli.main import run

    (tmp_path / "p.csv").write_text(f"cat,dog,target\n{row}\n")
    monkeypatch.setattr(reading, "_LARGE_BYTES", 1)
    monkeypatch.setattr(reading, "has_pyarrow", lambda: installed)
    assert run(["ce", str(tmp_path / "p.csv"), "--format", "value"]) == 0
    assert ("python -m pip install '.[fast]'" in capfd.readouterr().err) == (other and not installed)


@pytest.mark.subprocess
@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="no pipes with names")
@pytest.mark.parametrize("packed", [False, True])
def test_a_pipe_with_a_name_is_read_by_its_first_bytes(packed: bool, tmp_path: Path) -> None:
    import gzip

    data = gzip.compress(GOOD.encode()) if packed else GOOD.encode()
    (tmp_path / "p").write_bytes(data)
    command = f"'{sys.executable}' -m celoss_cli ce <(cat '{tmp_path}/p') --format value"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    (tmp_path / "p.csv").write_text(GOOD)
    plain = [sys.executable, "-m", "celoss_cli", "ce", str(tmp_path / "p.csv"), "--format", "value"]
    assert done.stdout == subprocess.run(plain, capture_output=True, text=True, timeout=60, check=True).stdout


@pytest.mark.subprocess
@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="standard output has no name")
def test_standard_output_may_be_named_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(GOOD)
    words = ["ce", str(tmp_path / "p.csv"), "--format", "value"]
    expected = celoss(*words).stdout
    command = [*COMMAND, *words, "-o", "/dev/stdout"]
    piped = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert piped.stdout == expected
    with open(tmp_path / "value.txt", "wb") as file:
        subprocess.run(command, stdout=file, check=True, timeout=60)
    assert (tmp_path / "value.txt").read_text() == expected
