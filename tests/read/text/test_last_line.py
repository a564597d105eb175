"""A last line without its newline: used with a note, or refused where it is too short."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from running import celoss
from tables import batches_of

from celoss_cli.core.errors import InputError
from celoss_cli.read.json import lines
from celoss_cli.read.request import ReadRequest, Stream
from celoss_cli.read.text import delimited

TEXTS = {
    "csv": "p_a,p_b,target\n.5,.5,0\n.2,.8,1\n",
    "tsv": "p_a\tp_b\ttarget\n.5\t.5\t0\n.2\t.8\t1\n",
    "jsonl": '{"logits": [0.5, 1], "target": 0}\n{"logits": [2, 1], "target": 1}\n',
}
every_text = pytest.mark.parametrize("kind", TEXTS)
CLASSES = ReadRequest(per_class=True, takes="logits")


@every_text
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_it_is_used_and_told(kind: str, newline: str, tmp_path: Path) -> None:
    text = TEXTS[kind].replace("\n", newline)
    whole, last = tmp_path / f"whole.{kind}", tmp_path / f"last.{kind}"
    whole.write_bytes(text.encode())
    last.write_bytes(text.removesuffix(newline).encode())
    expected = celoss("ce", str(whole), "--format", "value")
    assert "CEL218" not in expected.stderr
    found = celoss("ce", str(last), "--format", "value")
    assert (found.returncode, found.stdout) == (0, expected.stdout)
    assert "note CEL218: the last line has no newline at its end: it was used" in found.stderr
    said = celoss("ce", str(last), "--format", "value", "--allow-unterminated")
    assert (said.returncode, said.stdout, said.stderr) == (0, expected.stdout, expected.stderr)


@every_text
def test_a_file_cut_anywhere_is_refused_or_comes_to_its_rows_with_the_note(kind: str) -> None:
    data = TEXTS[kind].encode()
    reader, request = (lines, CLASSES) if kind == "jsonl" else (delimited, CLASSES)
    request = request.separated_by("\t") if kind == "tsv" else request
    for size in range(len(data)):
        try:
            stream = Stream(f"t.{kind}", io.BytesIO(data[:size]))
            batches = list(batches_of(reader.read(stream, request.again())))
        except InputError:
            continue
        ends_whole = data[:size].endswith(b"\n")
        rows = data[:size].count(b"\n") - (kind != "jsonl") + (not ends_whole)
        assert sum(map(len, batches)) == rows
        assert not rows or ("no-last-newline" in batches[-1].facts) == (not ends_whole)


def test_targets_and_values_need_the_newline() -> None:
    ReadRequest(per_class=True, takes="logits", header=False)
    for read in (delimited.read_columns, delimited.read_values, lines.read_values):
        with pytest.raises(InputError, match="expected a newline at the end of the last line"):
            read(
                Stream("t.csv", io.BytesIO(b"1\n2")),
                ReadRequest(per_class=True, takes="logits", header=False),
            )
