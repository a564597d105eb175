"""A document that stands in two parts of a data set, or goes on in another, never counts twice."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from dumps import completion, lines
from parted import done, told
from running import Done

from celoss_cli import InputError, partial
from celoss_cli.read.tokens import identities
from celoss_cli.studies.merge.parts import Documents

Run = Callable[..., Done]

ROWS = ("--input-is", "token-logprobs", "--per", "document")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def dump(name: str, **scores: float) -> str:
    records = [completion(at, [("A", None), ("b", score)]) for at, score in scores.items()]
    return lines(Path(name), records).name


def shards(celoss: Run, loss: str, files: Sequence[str], *options: str) -> list[str]:
    for at in (0, 1):
        shard = ("--shard", f"{at}/2", "--emit-partial", f"{at}.part")
        done(celoss, loss, *files, *options, *shard, "--format", "value")
    return ["0.part", "1.part"]


@pytest.mark.parametrize("again", [-2.0, -3.0], ids=["same", "other"])
def test_a_document_in_two_parts_is_refused(celoss: Run, again: float) -> None:
    """One run counts it once if its scores are the same: (1 + 2 + 4) / 3, and not 9 / 4."""
    files = [dump("a.jsonl", x=-1.0, y=-2.0), dump("b.jsonl", y=again, z=-4.0)]
    if again == -2:
        assert json.loads(done(celoss, "nll", *files, "--json"))["value"] == pytest.approx(7 / 3, rel=1e-15)
    else:
        assert "again with other log-probabilities" in told(celoss, 3, "nll", *files)
    expected = "expected each document once, got 1 document that is in "
    for words in (["--emit-partial", "parts/"], ["--cluster", "local:1"]):
        said = told(celoss, 3, "nll", *files, *words)
        assert expected in said
        assert "\n  celoss nll a.jsonl b.jsonl  (one run counts it once" in said
    parts = shards(celoss, "nll", files)
    assert f"1.part: {expected}0.part already" in told(celoss, 3, "merge", *parts)
    assert f"0.part: {expected}1.part already" in told(celoss, 3, "merge", *reversed(parts))
    with pytest.raises(InputError, match=f"{expected}.* \\(celoss nll a.jsonl b.jsonl\\)"):
        partial(files[0], "nll") + partial(files[1], "nll")


def test_parts_of_a_pipe_and_files_that_look_like_options(celoss: Run) -> None:
    files = [dump("-a.jsonl", x=-1.0), dump("-b.jsonl", x=-1.0, y=-2.0)]
    for at, file in enumerate(files):
        words = ["nll", "--emit-partial", f"{at}.part", "--json"]
        assert celoss(*words, data=Path(file).read_text()).returncode == 0
    said = told(celoss, 3, "merge", "0.part", "1.part")
    assert "(over the data of all parts, one run counts it once" in said
    said = told(celoss, 3, "nll", "--cluster", "local:1", "--", *files)
    assert "\n  celoss nll ./-a.jsonl ./-b.jsonl  (one run" in said


def test_a_sum_of_parts_knows_the_documents_of_all(celoss: Run) -> None:
    files = [dump("a.jsonl", x=-1.0), dump("b.jsonl", y=-2.0), dump("c.jsonl", z=-4.0, x=-1.0)]
    for file in files:
        done(celoss, "nll", file, "--emit-partial", f"{file}.part", "--json")
    done(celoss, "merge", "a.jsonl.part", "b.jsonl.part", "--emit-partial", "ab.part", "--json")
    assert "1 document that is in ab.part" in told(celoss, 3, "merge", "ab.part", "c.jsonl.part")


def test_choices_of_one_document_in_two_parts(celoss: Run) -> None:
    for name, docs in (("a.jsonl", (0, 1)), ("b.jsonl", (1, 2))):
        lines(Path(name), [sample(doc) for doc in docs])
    parts = shards(celoss, "ce", ["a.jsonl", "b.jsonl"])
    assert "1 document that is in 0.part already" in told(celoss, 3, "merge", *parts)


def sample(doc: int) -> dict[str, Any]:
    scores = [[-1.0 - doc, False], [-2.0, False]]
    pairs = [[f"question {doc}", " yes"], [f"question {doc}", " no"]]
    found = {"doc_id": doc, "doc": {}, "target": 0, "arguments": pairs, "filter": "none"}
    return {**found, "resps": [[one] for one in scores], "filtered_resps": scores}


def table(name: str, *rows: tuple[str, float]) -> str:
    Path(name).write_text("doc,logprob\n" + "".join(f"{doc},{score}\n" for doc, score in rows))
    return name


def test_a_document_that_goes_on_in_the_next_file_is_not_cut(celoss: Run) -> None:
    files = [table("a.csv", ("a", -1), ("b", -2)), table("b.csv", ("b", -3), ("c", -4))]
    whole = json.loads(done(celoss, "nll", *files, *ROWS, "--json"))
    assert (whole["value"], whole["denominator"]) == (pytest.approx(10 / 3, rel=1e-15), 3)
    parts = shards(celoss, "nll", files, *ROWS)
    for order in (parts, parts[::-1]):
        said = told(celoss, 3, "merge", *order)
        assert f"expected whole documents in each part, got one that may go on in {order[0]}" in said
    assert "celoss nll a.csv b.csv --input-is token-logprobs --per document  (one run joins it)" in told(
        celoss, 3, "nll", *files, *ROWS, "--cluster", "local:1"
    )


def test_files_that_are_dealt_out_in_turn_are_told_apart(celoss: Run) -> None:
    """Shard 0 has a and c, shard 1 has b and d; the document y goes on from a to b, in the midst of both."""
    names = ("x", "y"), ("y", "p"), ("q", "r"), ("s", "t")
    files = [table(f"{at}.csv", *((doc, -1.0) for doc in docs)) for at, docs in enumerate(names)]
    parts = shards(celoss, "nll", files, *ROWS)
    assert "may go on in 0.part" in told(celoss, 3, "merge", *parts)


def test_numbers_that_begin_again_in_each_file_are_other_documents(celoss: Run) -> None:
    files = [table("a.csv", ("0", -1), ("1", -2)), table("b.csv", ("0", -3), ("1", -5))]
    whole = json.loads(done(celoss, "nll", *files, *ROWS, "--json"))
    merged = json.loads(done(celoss, "merge", *shards(celoss, "nll", files, *ROWS), "--json"))
    assert (merged["value"], merged["denominator"]) == (whole["value"], whole["denominator"]) == (2.75, 4)


def test_rows_without_documents_are_one_document_and_not_one_a_part(celoss: Run) -> None:
    files = ["a.csv", "b.csv"]
    for name in files:
        Path(name).write_text("logprob\n-1\n-2\n")
    assert json.loads(done(celoss, "nll", *files, *ROWS, "--json"))["value"] == 6
    assert "expected whole documents" in told(celoss, 3, "nll", *files, *ROWS, "--cluster", "local:1")


def test_of_many_documents_a_part_names_some(celoss: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same ones in every part, whatever their number: a copy of a file is found, and that it is told."""
    monkeypatch.setattr(identities, "LIMIT", 8)
    numbers = random.Random(5)
    names = [f"d{at}" for at in range(200)]
    files = [
        dump("a.jsonl", **{name: -numbers.random() for name in names[:150]}),
        dump("b.jsonl", **{name: -numbers.random() for name in names[150:]}),
    ]
    parts = shards(celoss, "nll", files)
    found = celoss("merge", *parts, "--emit-partial", "all.part", "--json")
    assert found.returncode == 0
    assert "documents was looked for in other parts" in found.stderr
    held = json.loads(Path("all.part").read_text())["documents"]
    assert held["one_in"] >= 200 / 8 / 2
    assert len(held["numbers"]) <= 8 * 8 * 4 / 3 + 4
    Path("copy.jsonl").write_bytes(Path("b.jsonl").read_bytes() + b"\n")
    done(celoss, "nll", "a.jsonl", "--emit-partial", "one.part", "--json")
    Path("copy").mkdir()
    Path("copy/a.jsonl").write_bytes(Path("a.jsonl").read_bytes())
    done(celoss, "nll", "copy/a.jsonl", "--emit-partial", "two.part", "--json")
    assert "expected each document once" in told(celoss, 3, "merge", "one.part", "two.part")


def test_parts_of_other_sizes_compare_what_both_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identities, "LIMIT", 4)
    found = Documents()
    found.add("few", identities.Identities(frozenset({3, 8})), list)
    found.add("many", identities.Identities(frozenset({4, 12, 16, 20}), 4), list)
    assert found.of_all().one_in == 8
    assert found.of_all().numbers == {8, 16}


def test_the_number_of_a_document_is_that_of_every_run() -> None:
    """BLAKE2b, in 8 bytes, of the length of the name, the name and what else tells it from others."""
    from hashlib import blake2b

    expected = int.from_bytes(blake2b(b"1 y", digest_size=8).digest(), "big")
    assert identities.number_of_name("y") == expected
    assert identities.number_of_name("ab", "c") != identities.number_of_name("a", "bc")
