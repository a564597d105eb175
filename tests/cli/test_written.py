"""No file is written twice, and none that is read is replaced."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from celoss_cli.cli.main import run
from celoss_cli.core.errors import ExitCode

CSV = "a,b,target\n1,2,0\n2,1,1\n"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.csv").write_text(CSV)
    Path("w.json").write_text("[1, 2]")
    Path("link.csv").symlink_to("p.csv")


@pytest.mark.parametrize(
    ("options", "file"),
    [
        ("--emit-partial x -o x", "x"),
        ("--emit-partial x -o ./x", "x"),
        ("--emit-partial x --save-baseline x", "x"),
        ("--save-baseline x -o x --json", "x"),
        ("--report json=x --emit-partial ./x", "x"),
        ("--report json=x --report csv=./x", "x"),
        ("--emit-partial p.csv", "p.csv"),
        ("--emit-partial link.csv", "p.csv"),
        ("-o p.csv", "p.csv"),
        ("--weight @w.json --emit-partial w.json", "w.json"),
    ],
)
def test_a_file_with_two_uses_is_refused(options: str, file: str, capfd: pytest.CaptureFixture[str]) -> None:
    before = Path(file).read_bytes() if Path(file).exists() else None
    assert run(["ce", "p.csv", *options.split()]) == ExitCode.USAGE
    assert "Expected another file for --" in capfd.readouterr().err
    assert (Path(file).read_bytes() if Path(file).exists() else None) == before


@pytest.mark.parametrize("command", ["plot ce p.csv -o ./p.csv", "ce p.csv --emit numpy -o p.csv"])
def test_pictures_and_code_replace_none_of_the_data(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(command.split()) == ExitCode.USAGE
    assert "Expected another file for --output than for the input" in capfd.readouterr().err
    assert Path("p.csv").read_text() == CSV


def test_merge_replaces_none_of_its_parts(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["ce", "p.csv", "--emit-partial", "1.json", "--format", "value"]) == 0
    before = Path("1.json").read_bytes()
    assert run(["merge", "1.json", "--emit-partial", "./1.json"]) == ExitCode.USAGE
    assert "than for the input" in capfd.readouterr().err
    assert Path("1.json").read_bytes() == before


def test_a_device_may_be_written_twice_and_a_baseline_be_its_own_successor() -> None:
    assert run(["ce", "p.csv", "--emit-partial", "/dev/null", "-o", "/dev/null"]) == 0
    assert run(["ce", "p.csv", "--save-baseline", "b.json", "--format", "value"]) == 0
    again = ["ce", "p.csv", "--baseline", "b.json", "--max-increase", "0", "--save-baseline", "b.json"]
    assert run(again) == 0
    assert json.loads(Path("b.json").read_text())["value"] > 0
