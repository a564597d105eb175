"""Data that would take much more memory than it is worth is refused before it does, or read in little."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path
from subprocess import run

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux does")

_MEASURED = """
import re, sys
from pathlib import Path
from celoss_cli.cli.main import run
code = run(sys.argv[1:])
print(int(re.search(r"VmHWM:\\s*([0-9]+)", Path("/proc/self/status").read_text())[1]) >> 10, file=sys.stderr)
sys.exit(code)
"""


def measured(*arguments: str) -> tuple[int, str, int]:
    """The exit code, what was said, and the most memory in MiB."""
    done = run([sys.executable, "-c", _MEASURED, *arguments], capture_output=True, text=True, check=False)
    said, _, memory = done.stderr.strip().rpartition("\n")
    return done.returncode, done.stdout + said, int(memory)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["ce", "inspect", "diagnose"])
@pytest.mark.parametrize(
    "columns", [16, 2]
)  # as many as there are targets: the classes may be the first axis
def test_shapes_in_an_archive_are_compared_before_anything_is_unpacked(
    command: str, columns: int, tmp_path: Path
) -> None:
    rows = (1 << 26) // columns
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (rows, columns)}
    )
    labels = io.BytesIO()
    np.save(labels, np.array([0, 1]))
    with zipfile.ZipFile(tmp_path / "p.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("logits.npy", "w") as member:
            member.write(header.getvalue())
            for _ in range(512):
                member.write(bytes(1 << 20))
        archive.writestr("labels.npy", labels.getvalue())
    code, said, memory = measured(command, str(tmp_path / "p.npz"))
    assert code == 3
    assert f"Expected {rows} targets, one for each row of the input, got 2." in " ".join(said.split())
    assert memory < 200


@pytest.mark.slow
def test_a_document_takes_the_memory_of_its_numbers(tmp_path: Path) -> None:
    rows = 200_000
    row = "[0.123456, -1.5, 2.25, -0.654321, 0.5, 3.125, -2.75, 0.987654, 1.0, -1.0]"
    with open(tmp_path / "p.json", "w") as file:
        file.write('{"logits": [' + ", ".join([row] * rows) + '], "targets": [')
        file.write(", ".join(["3"] * rows) + "]}")
    _, _, before = measured("ce", "--logits", "1,2", "--targets", "0", "--format", "value")
    code, _, memory = measured("ce", str(tmp_path / "p.json"), "--format", "value", "--jobs", "1")
    numbers = rows * 11 * 8 >> 20
    assert code == 0
    assert memory - before < 1.5 * numbers + 24  # a part of the text, and what the numbers are read in


@pytest.mark.slow
@pytest.mark.parametrize("style", ["lines", "list", "list of one line"])
def test_a_dump_of_scored_tokens_takes_the_memory_of_a_part_of_it(tmp_path: Path, style: str) -> None:
    """Half a million tokens, which are some 300 MB of objects."""
    place = '{"464": {"logprob": -1.25, "rank": 3, "decoded_token": " the"}}'
    places = ", ".join([place] * 500)
    records = (f'{{"id": "{at}", "outputs": [], "prompt_logprobs": [null, {places}]}}' for at in range(1000))
    path = tmp_path / ("dump.jsonl" if style == "lines" else "dump.json")
    between = ", " if style == "list of one line" else ",\n"
    text = (
        "".join(f"{record}\n" for record in records) if style == "lines" else f"[{between.join(records)}]\n"
    )
    path.write_text(text)
    code, said, memory = measured("nll", str(path), "--format", "value")
    assert (code, said.startswith("1.25\n")) == (0, True)
    assert memory < 130


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "part", "times", "end", "said"),
    [
        (b"", b"[", 50 << 20, b"", "expected at most 64 levels of nesting, got more"),
        (b"", b" ", 60 << 20, b"", "expected a JSON document, got nothing: no rows"),
        (b"[", b"[],", 4 << 20, b"", "expected an object of arrays or a list of row objects"),
        (b'{"logits": [', b"[],{},", 10 << 20, b"0]}", "values that are no numbers, got more"),
    ],
    ids=["nesting", "blanks", "empty lists", "mixed"],
)
def test_text_that_says_nothing_takes_little_memory(
    start: bytes, part: bytes, times: int, end: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / "p.json").write_bytes(start + part * times + end)
    code, told, memory = measured("ce", str(tmp_path / "p.json"))
    assert code in (3, 5)
    assert said in told or "expected JSON" in told
    assert memory < 300
