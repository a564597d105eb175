"""Choices and scored tokens in parts: any split of the records, added in any order, is one run over them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dumps import chat, completion, in_batch, lines, prompts
from parted import done, told
from running import Done

from celoss_cli import partial

Run = Callable[..., Done]
Record = dict[str, Any]

CUTS = ([0, 12], [0, 1, 12], [0, 5, 6, 12], [0, 3, 6, 9, 12], list(range(13)))
"""Where twelve records are cut into files."""


def choices(numbers: random.Random, doc: int) -> Record:
    """A sample of lm-evaluation-harness with two to four choices, and the requests without the question."""
    count = 2 + doc % 3
    texts = ["yes", "not really", "perhaps", "ça"][:count]
    scores = [-numbers.uniform(0.1, 20) for _ in range(2 * count)]
    return {
        "doc_id": doc,
        "doc": {"subject": f"s{doc % 2}"},
        "target": doc % count,
        "arguments": [["Q", f" {text}"] for text in texts] + [["", f" {text}"] for text in texts],
        "resps": [[[score, False]] for score in scores],
        "filtered_resps": [[score, False] for score in scores],
        "filter": "none",
        "acc_mutual_info": 1.0,
    }


def scores(numbers: random.Random) -> list[tuple[str, float | None]]:
    words = numbers.choices([" the", " cat", "é", "\n", "ing", " 東京"], k=numbers.randrange(2, 9))
    return [("A", None), *((word, -numbers.expovariate(1.0)) for word in words)]


def texts(numbers: random.Random, doc: int) -> Record:
    return {**completion(f"d{doc}", scores(numbers), prompt=2), "task": f"t{doc % 3}"}


def batched(numbers: random.Random, doc: int) -> Record:
    return in_batch(chat(f"d{doc}", [(text, score or -0.5) for text, score in scores(numbers)]))


def with_prompt(numbers: random.Random, doc: int) -> Record:
    return prompts(f"d{doc}", scores(numbers))


def records(make: Callable[[random.Random, int], Record]) -> list[Record]:
    numbers = random.Random(11)
    return [make(numbers, doc) for doc in range(12)]


def settled(report: Any) -> Any:
    """A report without what is of one file: its evidence, and the table of norms of one dump of choices."""
    source = {key: value for key, value in report["input"].items() if key not in ("files", "choices")}
    columns = {
        key: value for key, value in source["columns"].items() if key not in ("why", "inferred", "told")
    }
    return {**report, "input": {**source, "columns": columns}}


@pytest.mark.parametrize("cuts", CUTS, ids=len)
@pytest.mark.parametrize(
    ("loss", "make", "options"),
    [
        ("ce", choices, []),
        ("ce", choices, ["--choice-norm", "char", "--by", "doc.subject"]),
        ("ce", choices, ["--choice-norm", "byte", "--quantiles", "0.25,0.5,1"]),
        ("ce", choices, ["--choice-norm", "unconditional", "--by", "class", "--reduction", "sum"]),
        ("nll", texts, []),
        ("nll", texts, ["--per", "document", "--by", "document"]),
        ("nll", texts, ["--per", "byte", "--by", "task", "--base", "2"]),
        ("nll", texts, ["--per", "word", "--score", "completion"]),
        ("nll", batched, ["--per", "byte", "--quantiles", "0.5"]),
        ("nll", with_prompt, ["--score", "prompt", "--by", "document"]),
    ],
)
def test_any_split_in_any_order_is_one_run(
    celoss: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    loss: str,
    make: Callable[[random.Random, int], Record],
    options: list[str],
    cuts: Sequence[int],
) -> None:
    monkeypatch.chdir(tmp_path)
    every = records(make)
    files = [
        lines(Path(f"samples_{at}.jsonl"), every[start:end]).name
        for at, (start, end) in enumerate(pairwise(cuts))
    ]
    parts = [f"{at}.json" for at in range(len(files))]
    for file, part in zip(files, parts, strict=True):
        done(celoss, loss, file, *options, "--emit-partial", part, "--json")
    whole = settled(json.loads(done(celoss, loss, *files, *options, "--json")))
    assert settled(json.loads(done(celoss, "merge", *parts, "--json"))) == whole
    random.Random(len(cuts)).shuffle(parts)
    again = settled(json.loads(done(celoss, "merge", *parts, "--json")))
    for key in ("value", "total", "denominator", "rows", "counted", "groups", "quantiles", "tokens"):
        assert again.get(key) == whole.get(key), key


def test_one_dump_and_its_files_are_one_number(celoss: Run, tmp_path: Path) -> None:
    """The bits do not depend on where the records were cut, only on what they are."""
    for loss, make in (("ce", choices), ("nll", texts)):
        every = records(make)
        path = lines(tmp_path / f"samples_{loss}.jsonl", every)
        alone = json.loads(done(celoss, loss, path, "--json"))
        pieces = [
            partial(lines(tmp_path / f"samples_{loss}_{at}.jsonl", [one]), loss)
            for at, one in enumerate(every)
        ]
        whole = sum(pieces[1:], pieces[0])
        assert (whole.value, whole.report()["total"]) == (alone["value"], alone["total"])


def test_parts_of_other_divisors_or_norms_are_refused(celoss: Run, tmp_path: Path) -> None:
    for loss, make, options in (
        ("ce", choices, ["--choice-norm", "char"]),
        ("nll", texts, ["--per", "byte"]),
        ("nll", texts, ["--score", "prompt"]),
    ):
        every = records(make)
        one, two = (lines(tmp_path / f"samples_{at}.jsonl", every[6 * at : 6 * at + 6]) for at in (0, 1))
        parts = [tmp_path / "one.json", tmp_path / "two.json"]
        done(celoss, loss, one, "--emit-partial", parts[0], "--json")
        done(celoss, loss, two, *options, "--emit-partial", parts[1], "--json")
        assert "expected the option" in told(celoss, 3, "merge", *parts)


def test_documents_of_token_rows_stay_whole(
    celoss: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row groups are cut anywhere, so those of tokens are never dealt out."""
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    monkeypatch.chdir(tmp_path)
    lengths = np.random.default_rng(3).integers(1, 9, 40)
    documents = np.repeat(np.arange(40), lengths)
    logprobs = -np.random.default_rng(4).random(len(documents))
    half = int(lengths[:20].sum())
    for name, rows in (("a", slice(0, half)), ("b", slice(half, None)), ("all", slice(None))):
        columns = {"doc": [f"d{at}" for at in documents[rows]], "logprob": logprobs[rows]}
        parquet.write_table(arrow.table(columns), f"{name}.parquet", row_group_size=7)
    tokens = ("--input-is", "token-logprobs", "--per", "document")
    whole = json.loads(done(celoss, "nll", "all.parquet", *tokens, "--json"))
    assert (whole["denominator"], whole["value"]) == (40, pytest.approx(-logprobs.sum() / 40, rel=1e-14))
    found = json.loads(
        done(celoss, "nll", "a.parquet", "b.parquet", *tokens, "--emit-partial", "parts/", "--json")
    )
    assert found["value"] == whole["value"]
    assert len(list(Path("parts").iterdir())) == 2
    said = told(celoss, 3, "nll", "a.parquet", "b.parquet", *tokens, "--shard", "0/3")
    assert "files of tokens are not split, for a document may go on in the next row group" in said
    with pytest.raises(Exception, match="files of tokens are not split"):
        partial("all.parquet", "nll", input_is="token-logprobs", shard="0/2")
