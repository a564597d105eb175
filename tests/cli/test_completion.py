"""Completion of the command line: the protocol that the shells speak, and the shells themselves."""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import select
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from paths import ROOT
from running import celoss

from celoss_cli.cli.app import command
from celoss_cli.cli.completing import command_typed
from celoss_cli.findings import FINDINGS
from celoss_cli.losses import LOSSES
from celoss_cli.read import SOURCES
from celoss_cli.show import FORMATS, formats_of


def asked(line: str, **extra: str) -> list[str]:
    """What bash is offered for the last word of a line."""
    words = line.split(" ")
    done = celoss(_CELOSS_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1), **extra)
    assert (done.returncode, done.stderr) == (0, ""), line
    return done.stdout.split()


# ----------------------------------------------------------------------------------------- the protocol


def test_commands_are_completed() -> None:
    assert set(asked("celoss c")) >= {"ce", "check", "compare"}
    assert set(asked("celoss ")) >= {*LOSSES, "merge", "check", "compare", "explain"}
    assert asked("celoss soft") == ["soft-margin"]
    assert asked("celoss xyz") == []


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("celoss ce --form", ["--format"]),
        ("celoss ce --label-sm", ["--label-smoothing"]),
        ("celoss bce --label-sm", []),
        ("celoss ce --format ", list(FORMATS)),
        ("celoss ce --format j", [name for name in FORMATS if name.startswith("j")]),
        ("celoss ce preds.csv --reduction ", ["none", "mean", "sum"]),
        ("celoss kl --reduction ba", ["batchmean"]),
        ("celoss ce --dtype float3", ["float32"]),
        ("celoss ce --input-format ", list(SOURCES)),
        ("celoss ce --color a", ["auto", "always"]),
        ("celoss compare --loss s", ["soft-margin"]),
        ("celoss explain kl", ["kl", "kl_div"]),
        ("celoss explain CEL1", [code for code in FINDINGS if code.startswith("CEL1")]),
        ("celoss explain --format ", formats_of()),
    ],
)
def test_options_and_their_values_are_completed(line: str, offered: list[str]) -> None:
    assert asked(line) == offered


def test_every_option_with_a_list_of_words_completes_them() -> None:
    words = {
        (name, param.opts[0]): param.metavar.split("|")
        for name, each in command().commands.items()
        for param in each.params
        if re.fullmatch(r"[a-z0-9]+(\|[a-z0-9]+)+", param.metavar or "")
    }
    assert ("ce", "--format") in words
    for (name, option), choices in words.items():
        found = command().commands[name]
        (param,) = (each for each in found.params if option in each.opts)
        completed = param.shell_complete(typer.Context(found), "")
        assert [item.value for item in completed] == choices, (name, option)


@pytest.mark.parametrize("line", ["celoss ce pre", "celoss ce --targets @", "celoss merge ", "celoss ce -o "])
def test_files_are_left_to_the_shell(line: str) -> None:
    assert asked(line) == []


@pytest.mark.subprocess
def test_completion_loads_no_numpy_and_needs_no_config(tmp_path: Path) -> None:
    (tmp_path / "celoss.toml").write_text("this is no config")
    code = (
        "import sys; from celoss_cli.cli.main import run; code = run([]);"
        "assert 'numpy' not in sys.modules; sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env={
            **os.environ,
            "_CELOSS_COMPLETE": "complete_bash",
            "COMP_WORDS": "celoss ce --format ",
            "COMP_CWORD": "3",
        },
    )
    assert (done.returncode, done.stdout.split()[0]) == (0, b"table"), done.stderr


def test_zsh_and_fish_are_told_the_help_too() -> None:
    zsh = celoss(_CELOSS_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS="celoss che").stdout
    assert '"check":"Run the checks of the config file."' in zsh
    fish = celoss(
        _CELOSS_COMPLETE="complete_fish",
        _TYPER_COMPLETE_FISH_ACTION="get-args",
        _TYPER_COMPLETE_ARGS="celoss che",
    ).stdout
    assert fish == "check\tRun the checks of the config file.\n"


@pytest.mark.parametrize("instruction", ["complete_ksh", "nonsense", "source_ksh"])
def test_an_unknown_shell_exits_2(instruction: str) -> None:
    done = celoss(_CELOSS_COMPLETE=instruction)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_shown(shell: str) -> None:
    shown = celoss("--show-completion", shell, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    sourced = celoss(_CELOSS_COMPLETE=f"source_{shell}")
    assert shown.returncode == sourced.returncode == 0
    assert shown.stdout.strip() == sourced.stdout.strip()
    assert f"_CELOSS_COMPLETE=complete_{shell}" in shown.stdout


# ------------------------------------------------------------------------------------------- the data


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "preds.csv").write_text("id,p_cat,p_dog,label,fold\n7,0.9,0.1,cat,0\n8,0.2,0.8,dog,1\n")
    (tmp_path / "tabs.tsv").write_text("a\tb\tt\n0.5\t1.5\t0\n")
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress((tmp_path / "preds.csv").read_bytes()))
    (tmp_path / "bare.csv").write_text("0.5,1.5,0\n2.5,1,1\n")
    (tmp_path / "semicolons.csv").write_text("p_cat;p_dog;Wahrheit\n0,9;0,1;cat\n")
    (tmp_path / "rows.jsonl").write_text('{"a": 0.5, "b": 1.5, "gold": 0}\n{"a": 2.5, "b": 1, "gold": 1}\n')
    (tmp_path / "rows.json").write_text('[{"a": 1, "b": 2, "y": 0}]')
    (tmp_path / "truth.csv").write_text("key,answer\n7,cat\n8,dog\n")
    return tmp_path


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("celoss ce preds.csv --target-column ", ["id", "p_cat", "p_dog", "label", "fold"]),
        ("celoss ce preds.csv --target-column l", ["label"]),
        ("celoss ce preds.csv --class-columns p_", ["p_cat", "p_dog"]),
        ("celoss ce preds.csv --class-columns p_cat,p_", ["p_cat,p_dog"]),
        ("celoss ce preds.csv --id-column i", ["id"]),
        ("celoss ce preds.csv --weight-column f", ["fold"]),
        ("celoss ce preds.csv --group-column f", ["fold"]),
        ("celoss ce preds.csv --by ", ["class", "id", "p_cat", "p_dog", "label", "fold"]),
        ("celoss ce --input-is probs preds.csv --max 1 --by f", ["fold"]),
        ("celoss ce preds.csv --max 1 --max 2 --by f", ["fold"]),
        ("celoss ce preds.csv --max nonsense --by f", ["fold"]),
        ("celoss ce tabs.tsv --target-column t", ["t"]),
        ("celoss ce packed.csv.gz --target-column l", ["label"]),
        ("celoss ce bare.csv --no-header --target-column ", ["1", "2", "3"]),
        ("celoss ce semicolons.csv --target-column W", ["Wahrheit"]),
        ("celoss ce rows.jsonl --target-column g", ["gold"]),
        ("celoss ce rows.json --target-column ", ["a", "b", "y"]),
        ("celoss ce preds.csv --targets @truth.csv --target-column a", ["answer"]),
        ("celoss compare preds.csv semicolons.csv --loss ce --group-column f", ["fold"]),
        ("celoss diagnose preds.csv --target-column la", ["label"]),
        ("celoss weights preds.csv --target-column la", ["label"]),
    ],
)
@pytest.mark.usefixtures("folder")
def test_the_columns_of_the_file_are_offered(line: str, offered: list[str]) -> None:
    assert asked(line) == offered


def test_the_columns_of_a_parquet_file_are_offered(folder: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"a": [0.5], "b": [0.5], "truth": [1]}), folder / "p.parquet")
    assert asked("celoss ce p.parquet --target-column ") == ["a", "b", "truth"]


def test_only_names_that_a_shell_takes_as_they_are_are_offered(folder: Path) -> None:
    header = 'id,New York,$HOME,`id`,"a\nb",\x1b[31m,x*,q?,first:last,-h,@f,Größe'
    (folder / "odd.csv").write_text(f"{header}\n{','.join('0' * 12)}\n", encoding="utf-8")
    assert asked("celoss ce odd.csv --target-column ") == ["id", "Größe"]


def test_nothing_is_offered_or_said_where_anything_is_wrong(folder: Path) -> None:
    (folder / "empty.csv").write_text("")
    (folder / "cut.json").write_text('[{"a": 1')
    (folder / "bytes.csv").write_bytes(bytes(range(256)))
    (folder / "no.parquet").write_bytes(b"PAR1 is no file")
    (folder / "large.json").write_text('[{"a": 1}' + " " * (1 << 20) + "]")
    os.mkfifo(folder / "pipe.csv")
    for name in (
        *("empty.csv", "cut.json", "bytes.csv", "no.parquet", "large.json", "pipe.csv", "missing.csv"),
        *(".", "-", "s3://bucket/preds.csv", "https://example.org/preds.csv", "preds.csv.exe"),
    ):
        assert asked(f"celoss ce {name} --target-column ") == [], name
    assert asked("celoss ce --target-column ") == []


def test_only_the_command_whose_words_are_asked_for_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_CELOSS_COMPLETE", "complete_bash")
    for line, built in (
        ("celoss ce --fo", "ce"),
        ("celoss\ncheck\n", "check"),
        ("celoss ce", None),
        ("", None),
    ):
        monkeypatch.setenv("COMP_WORDS", line)
        assert command_typed() == built, line


def test_the_checks_of_the_config_are_offered(folder: Path) -> None:
    checks = "".join(f'[checks.{name}]\nloss = "ce"\nfiles = "preds.csv"\n' for name in ("nightly", "smoke"))
    (folder / "celoss.toml").write_text(checks)
    (folder / "other.toml").write_text(checks.replace("nightly", "weekly"))
    assert asked("celoss check ") == ["nightly", "smoke"]
    assert asked("celoss check ni") == ["nightly"]
    assert asked("celoss check nightly ") == ["smoke"]
    assert asked("celoss check --config other.toml ") == ["weekly", "smoke"]
    assert asked("celoss check --config missing.toml ") == []
    (folder / "celoss.toml").write_text("this is no config")
    assert asked("celoss check ") == []


# ------------------------------------------------------------------------------------------- the shells


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory with celoss on the path and a table to be found."""
    program = tmp_path / "bin" / "celoss"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m celoss_cli "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "predictions.csv").write_text("a,b,target\n0.9,0.1,0\n")
    return tmp_path


def environment(home: Path) -> dict[str, str]:
    package = ROOT
    return {
        "HOME": str(home),
        "PATH": f"{home / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(package),
        "TERM": "dumb",
        "LC_ALL": "C.UTF-8",
    }


IN_A_TERMINAL = "import pty, sys; pty.spawn(sys.argv[1:])"


@contextlib.contextmanager
def terminal(home: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A shell in a terminal of its own, which our pipes reach."""
    with subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        cwd=home,
        env=environment(home),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def type_in(process: subprocess.Popen[bytes], keys: str) -> None:
    assert process.stdin is not None
    process.stdin.write(keys.encode())


def read_until(process: subprocess.Popen[bytes], wanted: str, seconds: float = 60) -> None:
    assert process.stdout is not None
    seen, end = "", time.monotonic() + seconds
    while wanted not in seen and time.monotonic() < end:
        if select.select([process.stdout], [], [], 0.1)[0]:
            seen += os.read(process.stdout.fileno(), 4096).decode(errors="replace")
    assert wanted in seen, seen


def typed(home: Path, shell: list[str], setup: str, keys: str, wanted: str) -> None:
    """Types into a shell after its setup; the line on the screen becomes ``wanted``."""
    with terminal(home, *shell) as process:
        type_in(process, f"{setup}; echo set''up\n")
        read_until(process, "setup\r\n")
        type_in(process, keys)
        read_until(process, wanted)


WORDS = [
    ("celoss chec\t", "celoss check "),
    ("celoss ce --label-s\t", "celoss ce --label-smoothing "),
    ("celoss kl --reduction batch\t", "celoss kl --reduction batchmean "),
    ("celoss ce predic\t", "celoss ce predictions.csv"),
    ("celoss explain soft_m\t", "celoss explain soft_margin_loss "),
    ("celoss ce predictions.csv --target-column tar\t", "--target-column target "),
]
BASH, ZSH = ["bash", "--norc", "--noprofile", "-i"], ["zsh", "-f", "-i"]


@pytest.mark.subprocess
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(("keys", "wanted"), WORDS)
def test_tab_completes_in_bash(home: Path, keys: str, wanted: str) -> None:
    typed(home, BASH, 'eval "$(_CELOSS_COMPLETE=source_bash celoss)"', keys, wanted)


@pytest.mark.subprocess
@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
@pytest.mark.parametrize(("keys", "wanted"), WORDS)
def test_tab_completes_in_zsh(home: Path, keys: str, wanted: str) -> None:
    setup = 'autoload -Uz compinit; compinit -u; eval "$(_CELOSS_COMPLETE=source_zsh celoss)"'
    typed(home, ZSH, setup, keys, wanted)


@pytest.mark.subprocess
@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("celoss chec", ["check"]),
        ("celoss ce --label-s", ["--label-smoothing"]),
        ("celoss kl --reduction batch", ["batchmean"]),
        ("celoss ce predic", ["predictions.csv"]),
    ],
)
def test_fish_completes(home: Path, line: str, offered: list[str]) -> None:
    script = f"_CELOSS_COMPLETE=source_fish celoss | source; complete -C {line!r}"
    done = subprocess.run(
        ["fish", "--no-config", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
        env=environment(home),
        timeout=60,
    )
    assert [found.split("\t")[0] for found in done.stdout.splitlines()] == offered, done.stderr


@pytest.mark.subprocess
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_completion_is_installed_for_good(home: Path) -> None:
    with terminal(home, *BASH) as process:
        type_in(process, "celoss --install-completion\n")
        read_until(process, "installed in")
    assert "celoss.sh" in (home / ".bashrc").read_text()
    with terminal(home, "bash", "--noprofile", "-i") as process:
        type_in(process, "celoss chec\t")
        read_until(process, "celoss check ")
