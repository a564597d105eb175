"""Faults and bad input, as a shell meets them: exit code, both streams, no traceback, nothing left behind.

Every process runs with PYTHONUNBUFFERED set and unset, and says the same in both.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
import running
from running import COMMAND

from celoss_cli.cli.leading import Leading
from celoss_cli.cli.main import run

GOOD = b"a,b,target\n0.9,0.1,0\n0.8,0.2,1\n0.7,0.3,0\n"
LOSS = "0.6405346229445387"
MODES: tuple[dict[str, str], ...] = ({}, {"PYTHONUNBUFFERED": "1"})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test works in a folder of its own, whatever the surroundings say."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Done:
    """How a command ended, the same with and without buffers."""

    def __init__(self, code: int, out: bytes, err: bytes) -> None:
        self.code = code
        self.out = out.decode()
        self.err = err.decode()


def ran(command: Sequence[str], data: bytes | None = None) -> Done:
    """Runs a command in both modes at once."""
    both = [
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if data is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **mode},
        )
        for mode in MODES
    ]
    ends = [(*process.communicate(data, timeout=60), process.returncode) for process in both]
    assert ends[0] == ends[1]
    out, err, code = ends[0]
    assert b"Traceback" not in err
    return Done(code, out, err)


def celoss(*arguments: str, data: bytes | None = None) -> Done:
    """Runs a command line within this process, where only its words and data matter."""
    done = running.celoss(*arguments, data=data)
    assert "Traceback" not in done.stderr
    return Done(done.returncode, done.stdout.encode(), done.stderr.encode())


def shell(line: str, data: bytes | None = None, prefix: Sequence[str] = ()) -> Done:
    """Runs a line of bash in which "$@" is the command."""
    return ran([*prefix, "bash", "-c", line, "bash", *COMMAND], data)


def assert_refused(done: Done, said: str, code: int = 3) -> None:
    assert (done.code, done.out) == (code, "")
    told, *commands = done.err.splitlines(keepends=True)
    assert told.startswith("celoss: error: ")
    assert said in told
    assert all(line.startswith("  celoss ") for line in commands)


# -------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere.csv", "nowhere.csv: No such file or directory."),
        ("nothing", "nothing: expected files of data in the directory, got none"),
        ("beside", "beside/readme: Expected a file name that ends in one of"),
        ("", "Expected the name of a file, got an empty one."),
        ("empty.csv", "empty.csv: expected a header line, got an empty file: no rows"),
        ("header.csv", "no rows"),
        ("p.xyz", "p.xyz: Expected a file name that ends in one of"),
        ("p.pkl", "pickle"),
    ],
)
def test_a_file_that_cannot_be_read_exits_3(name: str, said: str) -> None:
    Path("empty.csv").write_bytes(b"")
    Path("header.csv").write_bytes(b"a,b,target\n")
    Path("p.xyz").write_bytes(GOOD)
    Path("p.pkl").write_bytes(b"\x80\x04N.")
    Path("nothing").mkdir()
    Path("beside").mkdir()
    Path("beside/readme").write_text("")
    assert_refused(celoss("ce", name), said)


def test_a_file_that_cannot_be_read_is_found_after_one_that_can() -> None:
    Path("good.csv").write_bytes(GOOD)
    assert_refused(celoss("ce", "good.csv", "nowhere.csv"), "nowhere.csv: No such file or directory.")


def without_privileges() -> list[str]:
    """What a command is started with, so that it may read only what permissions allow."""
    if os.geteuid():
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("needs a user who is not root, or setpriv")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


@pytest.mark.subprocess
@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions of another kind")
def test_a_file_without_permission_exits_3() -> None:
    Path("p.csv").write_bytes(GOOD)
    Path("p.csv").chmod(0)
    done = shell('"$@" ce p.csv', prefix=without_privileges())
    assert_refused(done, "celoss: error: p.csv: Permission denied.\n")


@pytest.mark.subprocess
@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions of another kind")
def test_a_folder_without_permission_exits_4_and_keeps_its_files(folder: Path) -> None:
    Path("kept").mkdir()
    Path("kept/out.json").write_text("old")
    Path("kept").chmod(0o500)
    done = shell('"$@" ce -x 1,2 -y 0 --json -o kept/out.json', prefix=without_privileges())
    Path("kept").chmod(0o700)
    assert done.code == 4
    assert json.loads(done.err)["error"]["message"] == "Permission denied"
    assert (os.listdir("kept"), Path("kept/out.json").read_text()) == (["out.json"], "old")


@pytest.mark.parametrize(("answer", "value"), [("nan", "nan"), ("zero", "0.0")])
def test_no_rows_are_answered_only_on_request(answer: str, value: str) -> None:
    done = celoss("ce", "--on-empty", answer, "--format", "value", data=b"a,b,target\n")
    assert (done.code, done.out) == (0, f"{value}\n")


def test_a_check_goes_on_to_the_other_inputs() -> None:
    Path("good.csv").write_bytes(GOOD)
    Path("celoss.toml").write_text(
        '[checks.bad]\nloss = "ce"\nfiles = ["nowhere.csv"]\nmax = 1\n'
        '[checks.good]\nloss = "ce"\nfiles = ["good.csv"]\nmax = 1\n'
    )
    done = celoss("check")
    assert done.code == 3
    assert "nowhere.csv: No such file or directory" in done.out + done.err
    assert "good" in done.out


# --------------------------------------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"a,b,target\n1,2\n", "standard input:2: expected 3 values, got 2"),
        (b"a,b,target\n1,2,0\n1,2,0,3\n", "standard input:3: expected 3 values, got 4"),
        (b"a,b,target\n1,\0,0\n", "standard input:2: expected text, got a NUL character at column 3"),
        (b"\xff\xfea\0,\0", "standard input:1: expected UTF-8, got UTF-16"),
        (b"a,b,target\n\xff,2,0\n", "standard input:2: expected UTF-8, got the byte 0xff at offset 11"),
        (b"a,b,target\n1,2,0\r1,2,0\n", "standard input:2: expected lines that end in LF or CRLF"),
        (b'a,b,target\n"1,2,0\n', "standard input:2: "),
        (
            b"a,b,target\n1,2,0\n1,2",
            "standard input:3: expected 3 values, got 2 (the last line has",
        ),
    ],
)
def test_a_text_that_is_no_table_exits_3_with_its_line(text: bytes, said: str) -> None:
    assert_refused(celoss("ce", data=text), said)


def test_a_byte_order_mark_and_windows_lines_change_nothing() -> None:
    for text in (GOOD, b"\xef\xbb\xbf" + GOOD, GOOD.replace(b"\n", b"\r\n")):
        done = celoss("ce", "--format", "value", data=text)
        assert (done.code, done.out, done.err) == (0, f"{LOSS}\n", "")


def test_a_byte_order_mark_within_a_text_exits_3() -> None:
    line = b'{"logits": [1, 2], "target": 0}\n'
    mark = b"\xef\xbb\xbf"
    assert celoss("ce", "--input-format", "jsonl", data=mark + line + line).code == 0
    for text in (line + mark + line, mark + mark + line):
        done = celoss("ce", "--input-format", "jsonl", data=text)
        assert_refused(done, "expected a row object, got a byte order mark within the text")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that opens and cannot be read")
def test_a_file_that_fails_while_it_is_read_is_named() -> None:
    for arguments in (["/proc/self/mem"], ["-x", "@/proc/self/mem", "-y", "0"]):
        assert_refused(celoss("ce", *arguments), "/proc/self/mem: Input/output error.")


def test_a_file_called_like_standard_input_is_left_alone() -> None:
    Path("-").write_bytes(b"a,b,target\n")
    done = celoss("ce", "--format", "value", data=GOOD)
    assert (done.code, done.out, done.err) == (0, f"{LOSS}\n", "")


@pytest.mark.parametrize("at", [5, 12, 20, 30])
def test_a_cut_file_is_refused_or_has_fewer_rows(at: int) -> None:
    done = celoss("ce", "--json", data=GOOD[:at])
    if done.code == 0:  # a whole last line that lacks only its newline is used, and told
        whole = GOOD[at - 1 : at] == b"\n"
        assert json.loads(done.out)["rows"] == GOOD[:at].count(b"\n") - whole
        assert ("CEL218" in done.err) != whole
    else:
        assert (done.code, done.out) == (3, "")
        assert json.loads(done.err)["error"]["place"].startswith("standard input")


@pytest.mark.parametrize("token", ["NA", "1_0", "1e999"])
def test_what_is_no_number_is_refused_by_every_way_in(token: str) -> None:
    Path("p.csv").write_text(f"a,b,target\n1,2,0\n1,{token},0\n")
    assert_refused(celoss("ce", "p.csv"), "p.csv:3:2: ")
    Path("p.json").write_text(json.dumps({"logits": [[1, 2], [1, token]], "targets": [0, 0]}))
    assert_refused(celoss("ce", "p.json"), "p.json: $.logits[1][1]: ")
    Path("p.jsonl").write_text(
        '{"logits": [1, 2], "target": 0}\n' + json.dumps({"logits": [1, token], "target": 0}) + "\n"
    )
    assert_refused(celoss("ce", "p.jsonl"), "p.jsonl:2.logits[1]: ")
    assert_refused(celoss("ce", "-x", f"1,2;1,{token}", "-y", "0,0"), "--logits[1][1]: ")


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("2", "Expected a target from 0 to 1 (2 classes), got 2."),
        ("-1", "Expected a target from 0 to 1 (2 classes), got -1."),
        ("0.5", "expected a class index"),
        ("cat", "expected a class index"),
    ],
)
def test_a_target_that_is_no_class_exits_3_with_its_line(target: str, said: str) -> None:
    done = celoss("ce", data=f"a,b,target\n1,2,0\n1,2,{target}\n".encode())
    assert_refused(done, "standard input:3")
    assert said.lower() in done.err.lower()


# --------------------------------------------------------------------------------------- JSON, arrays


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 65 + "]" * 65, "at most 64 levels"),
        ("[" * 200_000, "at most 64 levels"),
        (
            '{"logits": [[1,2]], "logits": [[1,2]], "targets": [0]}',
            ':1:21: expected each key once, got "logits" twice',
        ),
        (
            '{"logits": [[1,2]], "targets": [0],\n "a": {"b": [{"c": 1, "c":2}]}}',
            ":2:23: expected each key once",
        ),
        ('{"logits": [], "targets": []}', "$.logits: expected rows, got an empty array: no rows"),
        ('{"logits": [[1,2]], "targets": [[0, 1, 0]]}', "standard input: Expected targets of shape (1,)"),
        ('{"logits": [[1,2]], "targets": [0], "pos_weight": [1]}', "standard input: expected data for ce"),
        ('{"columns": ["a", "b", "y"], "data": []}', "standard input: expected rows to compute a loss of"),
        ('{"a": {"0": 1}, "y": {"0": 0}}', 'expected two columns of logits or more, got "a"'),
        ('{"schema": {"fields": []}, "data": [{"a": 1}]}', "expected a column of targets"),
        ("[[1, 2, 0]]", 'to_json(orient="split")'),
        ('{"logits": [[1,2]], "targets": [0]} x', "Extra data"),
        ('{"logits": [1,2], "target": 0}\n{"logits": [1,2], "target": 0}\n', "--input-format jsonl"),
        ('{"logits": [[1,NaN]], "targets": [0]}', "$.logits[0][1]"),
        ('{"logits": [[1,-Infinity,Infinity]], "targets": [0]}', "$.logits[0][2]"),
        ('{"logits": [[1,2],[3]], "targets": [0,0]}', "$.logits[1]: expected 2 values, got 1"),
        ('{"logits": [[1,2]], "targets": [0]}\0', "expected JSON"),
        ("", "no rows"),
    ],
)
def test_a_document_that_is_odd_exits_3(text: str, said: str) -> None:
    assert_refused(celoss("ce", "--input-format", "json", data=text.encode()), said)


def npy(header: str, body: bytes = b"") -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + body


def saved(values: object) -> bytes:
    file = io.BytesIO()
    np.save(file, values, allow_pickle=True)  # type: ignore[arg-type]
    return file.getvalue()


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
        for name, data in members.items():
            written.writestr(f"{name}.npy", data)
    return file.getvalue()


ARRAY, LABELS = saved(np.zeros((4, 3))), saved(np.zeros(4, int))
HEADER = "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }"


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (saved(np.array([{}, None], dtype=object)), "a pickle"),
        (npy(HEADER % "(1000000000000, 1000)"), "expected 8000000000000000 bytes"),
        (npy(HEADER % "(-4, 3)"), "expected a shape"),
        (ARRAY[:-1], "was the file cut?"),
        (ARRAY + b"x", "got 97"),
        (npy("{'descr': '<f8'}", b"\0" * 96), "expected an NPY header"),
        (npy("__import__('os').abort()"), "expected an NPY header"),
        (b"\x80\x04" + b"N." * 20, "pickle"),
        (archive(logits=npy(HEADER % "(1000000000, 1000)"), targets=LABELS), "expected 8000000000000 bytes"),
        (archive(logits=saved(np.array([{}], dtype=object)), targets=LABELS), "a pickle"),
        (archive(logits=ARRAY, targets=LABELS)[:-30], "directory of a zip file"),
    ],
    ids=[
        "objects",
        "absurd",
        "negative",
        "cut",
        "more",
        "header",
        "code",
        "pickle",
        "bomb",
        "objects in a zip",
        "cut zip",
    ],
)
def test_an_array_that_is_none_exits_3_before_anything_is_allocated(data: bytes, said: str) -> None:
    values = ["p.npz"] if data[:2] == b"PK" else ["-x", "@p.npy", "-y", "0,0,0,0"]
    Path(values[-1] if len(values) == 1 else "p.npy").write_bytes(data)
    assert_refused(shell(f'ulimit -v 2000000; "$@" ce {" ".join(values)}'), said)


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.parametrize(
    ("data", "said", "code"),
    [
        (npy(HEADER % "(1000000000000, 1000)"), "fits into memory, got one of 8000000000000000 bytes", 5),
        (ARRAY[:-1], "expected 96 bytes", 3),
        (ARRAY + b"x", "got more bytes", 3),
    ],
    ids=["absurd", "cut", "more"],
)
def test_an_array_through_a_pipe_is_read_no_further_than_it_says(data: bytes, said: str, code: int) -> None:
    assert_refused(shell('ulimit -v 2000000; "$@" ce --targets 0,0,0,0', data), said, code)


# -------------------------------------------------------------------------------------- hostile text

HOSTILE = {
    "control": "\x1b[31m\x1b]0;title\x07\x9b2J",
    "invisible": "a\u202eb\u2066c\u200bd\ufeffe",
    "markup": "[red]x[/red][/][link=https://example.org]y[/link]:smile:",
    "html": "<script>alert(1)</script>&lt;\"'>]]>",
    "markdown": "a|b`c*d_e",
    "annotation": "::error::x%0Ay",
    "formula": "=cmd|' /C calc'!A0",
}

FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def table_named(name: str) -> bytes:
    """A table whose columns, classes, ids and groups bear a name."""
    cell = '"' + name.replace('"', '""') + '"'
    lines = [f"id,{cell},other,group,target", *(f"{cell},{i}.5,1,{cell},{cell}" for i in range(3))]
    return ("\n".join(lines) + "\n").encode()


@pytest.mark.parametrize("name", HOSTILE.values(), ids=list(HOSTILE))
def test_names_from_the_data_are_shown_and_never_obeyed(name: str) -> None:
    path = f"p{name.replace('/', '')}.csv"
    Path(path).write_bytes(table_named(name))
    kinds = ("markdown", "csv", "github", "junit", "json")
    reports = [f"--report={kind}=out.{kind}" for kind in kinds]
    done = celoss(
        "ce",
        f"./{path}",
        "--class-columns",
        f"{name},other",
        "--by",
        "group",
        "--max",
        "0",
        "--max-group",
        "0",
        *reports,
    )
    assert done.code == 1, done.err
    texts = {kind: Path(f"out.{kind}").read_bytes().decode() for kind in kinds}
    for shown in (done.out, done.err, *texts.values()):
        assert not FORBIDDEN.search(shown)
    assert len(list(ET.fromstring(texts["junit"]).iter("testcase"))) == 2  # noqa: S314 - our own output
    commands = [line for line in texts["github"].splitlines() if line.startswith("::")]
    assert len(commands) == 2
    assert all(re.match(r"::error file=[^,:]*,title=celoss%3A cross_entropy max", line) for line in commands)
    assert all(not cell.startswith(("=", "+", "@")) for cell in re.split("[,\n]", texts["csv"]))
    assert json.loads(texts["json"])["groups"][0]["name"] == name
    assert not re.search(r"(?<!\\)<script", texts["markdown"] + texts["junit"])
    assert name not in (HOSTILE["markup"], HOSTILE["formula"]) or name in done.out


@pytest.mark.parametrize("asked", [[], ["--json"]])
def test_errors_about_hostile_names_hold_no_control_characters(asked: list[str]) -> None:
    name = HOSTILE["control"] + HOSTILE["invisible"]
    for arguments, data in (
        ([f"{name}.csv"], None),
        (["--target-column", name], GOOD),
        (["--input-format", "csv"], f"a,b,target\n1,{name},0\n".encode()),
        (["--by", name], GOOD),
        (["--no" + name], GOOD),
        (["--format", name], GOOD),
    ):
        done = celoss("ce", *arguments, *asked, data=data)
        assert done.code in (2, 3)
        assert done.out == ""
        assert not FORBIDDEN.search(done.err.rstrip("\n"))


# -------------------------------------------------------------------------------------------- output


@pytest.mark.subprocess
def test_a_reader_that_stops_reading_ends_the_program_silently() -> None:
    Path("p.csv").write_bytes(b"a,b,target\n" + b"0.9,0.1,0\n" * 50_000)
    line = '"$@" ce p.csv --reduction none --format jsonl | head -1; echo "${PIPESTATUS[0]}"'
    done = shell(line)
    first, code = done.out.splitlines()
    assert json.loads(first)["row"] == 0
    assert (code, done.err) == ("141", "")


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
@pytest.mark.parametrize(
    "line",
    [
        "ce -x 1,2 -y 0 >/dev/full",
        "ce -x 1,2 -y 0 -o /dev/full",
        "ce -x 1,2 -y 0 --report json=/dev/full",
        "ce -x 1,2 -y 0 --emit-partial /dev/full",
        "ce -x 1,2 -y 0 --save-baseline /dev/full",
        "ce --help >/dev/full",
        "ce -x 1,2 -y 0 >&-",
        "ce --help >&-",
    ],
)
def test_output_that_cannot_be_written_exits_4_with_one_line(line: str) -> None:
    done = shell(f'"$@" {line}')
    assert done.code == 4
    assert re.search("^celoss: error: .*(No space left on device|closed)$", done.err)
    assert done.err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.parametrize("line", ["ce nowhere.csv 2>&-", "ce nowhere.csv 2>/dev/full", "ce -x 1,2 -y 0 <&-"])
def test_streams_that_are_closed_change_no_exit_code(line: str) -> None:
    done = shell(f'"$@" {line}')
    assert (done.code, done.err) == (3 if "nowhere" in line else 0, "")


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.parametrize("option", ["-o out.json", "--report json=out.json", "--save-baseline out.json"])
def test_a_disk_that_is_full_leaves_the_old_file(option: str, folder: Path) -> None:
    assert celoss("ce", "-x", "3,2", "-y", "0", "--json", "-o", "out.json").code == 0
    old = Path("out.json").read_bytes()
    done = shell(f'ulimit -f 0; "$@" ce -x 1,2 -y 0 --format value {option}')
    assert done.code == 4
    assert done.err == "celoss: error: out.json: File too large\n"
    assert (os.listdir(folder), Path("out.json").read_bytes()) == (["out.json"], old)


# ------------------------------------------------------------------------------------------ resources


def space_taken(*arguments: str) -> int:
    """The most address space that a run takes, in KiB: it grows with the machine's threads."""
    script = (
        "import os, re; from celoss_cli.cli.main import main; leave = os._exit\n"
        "def told(code):\n"
        "    print(re.search(r'VmPeak:\\s*(\\d+)', open('/proc/self/status').read())[1], flush=True)\n"
        "    leave(code)\n"
        "os._exit = told; main()"
    )
    command = [sys.executable, "-c", script, *arguments]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()[-1])


@pytest.mark.slow
@pytest.mark.memory
@pytest.mark.subprocess
@pytest.mark.skipif(sys.platform != "linux", reason="limits of another kind")
def test_out_of_memory_exits_5_without_output(folder: Path) -> None:
    Path("tiny.json").write_text('{"logits": [[1, 2]], "targets": [0]}')
    limit = space_taken("ce", "tiny.json") + 2**15
    rows = 2**22
    logits, targets = "[1,2]," * (rows - 1) + "[1,2]", "0," * (rows - 1) + "0"
    Path("p.json").write_text(f'{{"logits": [{logits}], "targets": [{targets}]}}')
    done = shell(f'ulimit -v {limit}; "$@" ce p.json -o out')
    assert_refused(done, "celoss: error: out of memory\n", 5)
    assert sorted(os.listdir(folder)) == ["p.json", "tiny.json"]


def test_where_no_thread_can_be_started_the_limit_is_told(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    files = [tmp_path / "a.csv", tmp_path / "b.csv"]  # one block of one file needs no thread
    for file in files:
        file.write_text("logit_a,logit_b,target\n1,2,0\n")
    monkeypatch.setattr(threading.Thread, "start", start)
    assert run(["ce", *map(str, files), "--jobs", "2"]) == 5
    said = "celoss: error: the system starts no more threads (fewer of them: --jobs 1)\n"
    assert capfd.readouterr() == ("", said)


@pytest.mark.slow
@pytest.mark.memory
@pytest.mark.subprocess
@pytest.mark.skipif(sys.platform != "linux", reason="limits of another kind")
def test_a_table_is_read_where_memory_is_rationed() -> None:
    """In little memory pyarrow would abort the process; the other readers take little."""
    limit = space_taken("ce", "-x", "1,2", "-y", "0") + 2**18
    Path("p.csv").write_bytes(b"a,b,target\n" + b"2.5e-1,5e-1,0\n" * 500_000)
    done = shell(f'ulimit -v {limit}; "$@" ce p.csv --format value --jobs 2')
    assert (done.code, done.err) == (0, "")
    assert float(done.out) == pytest.approx(0.8259394198788435)


@pytest.mark.slow
@pytest.mark.memory
def test_columns_in_too_little_memory_are_a_limit(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pyarrow")
    from pyarrow import parquet, table

    from celoss_cli.read.bytes import resources

    parquet.write_table(table({"a": [1.0], "b": [2.0], "target": [0]}), "p.parquet")
    monkeypatch.setattr(resources, "_limit", lambda: resources._address_space() + (9 << 20) // 2)
    assert run(["ce", "p.parquet", "--jobs", "1"]) == 5
    out, err = capfd.readouterr()
    assert out == ""
    assert re.fullmatch(
        r"celoss: error: expected 160 MiB of address space for the columns, got 4 "
        r"\(raise the limit: ulimit -v\)\n",
        err,
    )


_STARTED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)  # as celoss_cli.start does: else Python's own traceback
from celoss_cli.start import main
os.write(int(sys.argv.pop()), b".")
main()
"""
"""The command, which tells through a pipe that it begins: what comes before is Python's own."""


def started(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    """A command that has come to its first line."""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", _STARTED, *arguments, str(writing)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
        pass_fds=(writing,),
    )
    os.close(writing)
    with open(reading, "rb") as pipe:
        assert pipe.read(1) == b"."
    return process


@pytest.mark.slow
@pytest.mark.subprocess
def test_a_signal_at_any_moment_leaves_no_part_and_no_trace(folder: Path) -> None:
    """A signal before the first handler, or after the last, ends it as the system does."""
    Path("p.csv").write_bytes(b"a,b,target\n" + b"0.9,0.1,0\n" * 60_000)
    arguments = ["ce", "p.csv", "--json", "-o", "out.json", "--save-baseline", "b.json"]
    moments, codes, lasts = random.Random(11), set[int](), 60.0
    for attempt in range(-1, 200):
        number = (signal.SIGINT, signal.SIGTERM)[attempt % 2]
        start = time.monotonic()
        process = started(*arguments, **MODES[attempt // 2 % 2])
        if attempt >= 0:
            time.sleep(moments.uniform(0, lasts))
            process.send_signal(number)
        out, err = process.communicate(timeout=60)
        if not process.returncode:  # a busy machine is slow at one time and quick at another
            lasts = min(lasts, time.monotonic() - start)
        assert process.returncode in (0, -number, 128 + number), err
        assert out == b""
        assert all(line.startswith(b"celoss: ") for line in err.splitlines()), err
        assert sorted(os.listdir(folder)) == ["b.json", "out.json", "p.csv"]
        for name in ("b.json", "out.json"):
            assert json.loads(Path(name).read_text())["rows"] == 60_000
        codes.add(process.returncode)
        if attempt >= 15 and codes >= {130, 143}:
            break
    assert codes >= {130, 143}


_WITHIN = """
import os, signal, sys, time, weakref
from celoss_cli.cli import computing
from celoss_cli.cli.main import main

class Mortal: pass

class Named:
    __set_name__ = lambda *_: interrupted(None)

where, number = sys.argv.pop(), getattr(signal, sys.argv.pop())

def interrupted(_):
    os.kill(os.getpid(), number)
    time.sleep(5)

def callback(*_):
    mortal = Mortal()
    kept = weakref.ref(mortal, interrupted)
    del mortal
    time.sleep(5)

def definition(*_):
    class Defined:
        attribute = Named()

def library(*_):
    try:
        interrupted(None)
    except BaseException:
        raise ImportError("importing the C extensions failed") from None

computing.evaluate = globals()[where]
main()
"""


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
@pytest.mark.parametrize("where", ["callback", "definition", "library"])
def test_a_signal_is_not_lost_where_the_interpreter_makes_another_error_of_it(
    where: str, name: str, code: int
) -> None:
    """Out of a callback no error comes; of a class (before Python 3.12) or an import in C another one."""
    arguments = ["ce", "-x", "1,2", "-y", "0", name, where]
    done = subprocess.run(
        [sys.executable, "-c", _WITHIN, *arguments], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")


_AT_IMPORT = """
import os, signal, sys
at, number = int(sys.argv.pop()), getattr(signal, sys.argv.pop())
seen = 0
def count(event, arguments):
    global seen
    if event == "import" and "celoss_cli.start" in sys.modules:
        seen += 1
        if seen == at:
            os.kill(os.getpid(), number)
sys.addaudithook(count)
from celoss_cli.start import main
main()
"""


@pytest.mark.subprocess
@pytest.mark.parametrize("at", [2, 20, 80, 160])
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_within_the_first_imports_leaves_no_trace(name: str, code: int, at: int) -> None:
    """It ends the process as the system does, until there is an exit code for it."""
    words = ["ce", "-x", "1,2", "-y", "0", name, str(at)]
    done = subprocess.run([sys.executable, "-c", _AT_IMPORT, *words], capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert done.returncode in (-getattr(signal, name), code)


def test_nothing_is_imported_before_signals_are_settled() -> None:
    program = "import sys, celoss_cli.start; print(*sorted(m for m in sys.modules if m.startswith('celoss')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    expected = ["celoss_cli", "celoss_cli.core", "celoss_cli.core.version", "celoss_cli.start"]
    assert done.stdout.split() == expected


@pytest.mark.subprocess
def test_an_ignored_signal_stays_ignored() -> None:
    """As nohup and a shell's & in a script ask it."""
    program = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
        "import celoss_cli.cli.main as m; run = m.run; "
        "m.run = lambda *a: (os.kill(os.getpid(), signal.SIGINT), run(*a))[1]; "
        "from celoss_cli.start import main; main()"
    )
    words = ["ce", "-x", "1,2", "-y", "0", "--format", "value"]
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


_DRAWING = """
import os, signal, sys
from celoss_cli.cli.main import main
from celoss_cli.studies.compare import comparing
number, drawn = getattr(signal, sys.argv.pop()), comparing.bootstrap
def interrupted(units, resamples, seed, watch):
    def told(done):
        if done == resamples:
            print("too late")
        os.kill(os.getpid(), number)
        watch(done)
    return drawn(units, resamples, seed, told)
comparing.bootstrap = interrupted
main()
"""


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_ends_draws_at_once(name: str, code: int, folder: Path) -> None:
    """It comes after the first block of them, of a hundred."""
    for file in "ab":
        rows = "".join(f"{random.Random(file + str(at)).random()},0.5,{at % 2}\n" for at in range(5000))
        Path(f"{file}.csv").write_text("a,b,target\n" + rows)
    words = ["compare", "a.csv", "b.csv", "--loss", "ce", "--resamples", "1000000", name]
    done = subprocess.run([sys.executable, "-c", _DRAWING, *words], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")


_KILLER = """
import os, random, signal, sys, time
from celoss_cli.cli.leading import Leading
from celoss_cli.cli.main import run

def started(rows):
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os._exit(run(["ce", f"{rows}.csv", "--json", "-o", "out.json", "--save-baseline", "b.json"]))
    return child

sizes, known, lasts = (2000, 3000, 4000), set(), 0
for rows in sizes:
    open(f"{rows}.csv", "w").write("a,b,target\\n" + "0.9,0.1,0\\n" * rows)
    assert run(["ce", f"{rows}.csv", "--json", "-o", "out.json"]) == 0
    start = time.monotonic()
    assert os.waitpid(started(rows), 0)[1] == 0
    lasts = 1.5 * (time.monotonic() - start)
    known |= {open(name).read() for name in ("out.json", "b.json")}

moments, seen, killed = random.Random(3), set(), 0
for kill in range(400):
    if killed == 60:
        break
    child = started(sizes[kill % 3])
    time.sleep(moments.uniform(0, lasts))
    os.kill(child, signal.SIGKILL)
    hit = os.waitpid(child, 0)[1] == signal.SIGKILL
    killed += hit
    lasts *= 1.05 if hit else 0.9  # two of three are hit, however busy the machine becomes
    for name in ("out.json", "b.json"):
        found = open(name).read()
        assert found in known, found
        seen.add((name, found))
print(killed, len(known), len(seen))
"""


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_kill_at_any_moment_leaves_the_old_results_or_the_new_ones(folder: Path) -> None:
    """What no program can tidy up after is a temporary file, at most one for each kill."""
    done = subprocess.run([sys.executable, "-c", _KILLER], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    killed, known, seen = map(int, done.stdout.split())
    assert killed == 60
    assert known == 6  # the baseline has a checksum beside the result
    assert seen > 3, "no result was ever replaced"
    results = {"2000.csv", "3000.csv", "4000.csv", "b.json", "out.json"}
    assert all(name in results or name.startswith(".celoss-") for name in os.listdir(folder))


# ------------------------------------------------------------------------------------- surroundings


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.parametrize(
    "setting",
    ["COLUMNS=0 TERMINAL_WIDTH=abc", "-u TERM -u HOME LC_ALL=C", "PYTHONIOENCODING=ascii LANG=C"],
)
@pytest.mark.parametrize("arguments", ["ce -x 0.9,0.1 -y 0", "--help"])
def test_odd_surroundings_change_no_exit_code(setting: str, arguments: str) -> None:
    done = shell(f'env {setting} "$@" {arguments}')
    assert (done.code, done.err) == (0, "")
    assert done.out


def test_one_file_twice_is_a_usage_error() -> None:
    Path("p.csv").write_bytes(GOOD)
    assert_refused(celoss("ce", "p.csv", "p.csv"), 'Expected each file once, got "p.csv" twice.', 2)


@pytest.mark.memory
@pytest.mark.subprocess
def test_no_room_for_a_library_is_a_limit() -> None:
    Path("p.csv").write_bytes(GOOD)
    code, err = rationed(60_000)
    assert code == 5
    assert err.startswith(b"celoss: error: expected 90 MiB of address space for NumPy, got ")


@pytest.mark.slow
@pytest.mark.memory
@pytest.mark.subprocess
@pytest.mark.skipif(sys.platform != "linux", reason="limits of another kind")
def test_no_amount_of_memory_is_a_failed_check_or_a_bug() -> None:
    """OpenBLAS ends the process with 1 where it finds no room, NumPy's import with an error."""
    Path("p.csv").write_bytes(GOOD)
    done = [rationed(size) for size in range(26_000, 140_000, 6000)]
    codes = [code for code, _ in done]
    assert set(codes) == {0, 5}
    assert codes == sorted(codes, reverse=True)
    assert all(err.startswith(b"celoss: error: ") for code, err in done if code)


def rationed(kibibytes: int) -> tuple[int, bytes]:
    """The exit code and the message in so much address space."""
    words = ["bash", "-c", f'ulimit -v {kibibytes}; "$@" ce p.csv --jobs 1 -o out', "-", *COMMAND]
    done = subprocess.run(words, capture_output=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.subprocess
@pytest.mark.skipif(sys.platform != "linux", reason="limits of another kind")
def test_an_array_larger_than_the_address_space_is_a_limit_of_that_file() -> None:
    with open("p.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f8", "fortran_order": False, "shape": (2**29, 2)}
        )
        start = file.tell()
        file.truncate(start + 2**33)  # sparse
    for words in ("-x @p.npy -y 0", "p.npy p.npy"):
        done = shell(f'ulimit -v 2000000; "$@" ce {words}')
        assert_refused(done, f"p.npy: expected {start + 2**33} bytes of address space for the file", 5)


@pytest.mark.subprocess
def test_output_through_a_link_that_loops_or_in_a_folder_that_is_gone_cannot_be_written() -> None:
    Path("p.csv").write_bytes(GOOD)
    os.symlink("loop", "loop")
    assert_refused(celoss("ce", "p.csv", "-o", "loop"), "loop: Too many levels of symbolic links", 4)
    assert os.readlink("loop") == "loop"
    line = 'mkdir g$$; cd g$$; rmdir ../g$$; "$@" ce "$OLDPWD/p.csv" -o x'
    assert_refused(shell(line), "x: No such file or directory", 4)


def test_what_was_refused_is_told_also_where_its_ways_out_fail(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def on(leading: Leading, *words: object) -> NoReturn:
        raise ValueError("no way")

    file = tmp_path / "p.csv"
    file.write_text("prob,label\n0.5,1\n0.25,0\n")
    monkeypatch.setattr(Leading, "on", on)
    assert run(["ce", str(file)]) == 3
    out, err = capfd.readouterr()
    lines = err.splitlines()
    assert (out, len(lines)) == ("", 2)
    assert lines[0].startswith(f"celoss: error: {file}:1: expected ")
    assert "a bug in celoss, please report it (ValueError: no way; see --debug)" in lines[1]
