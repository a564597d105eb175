"""Dumps of scored tokens: right values by every divisor and format; what is no score is never averaged."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dumps import FORMATS, chat, completion, in_batch, lines, prompts, sglang
from running import Done

A = [("The", None), (" cat", -0.5), (" sat", -1.25), (".", -0.25)]
B = [("A", None), (" dög", -2.0)]

Run = Callable[..., Done]
Result = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    ("per", "divisor", "meaning"),
    [
        ("token", 4, "scored tokens of 2 documents"),
        ("document", 2, "documents"),
        ("byte", 14, "UTF-8 bytes of 2 documents"),
        ("word", 3, "words of 2 documents"),
    ],
)
def test_a_first_token_without_a_score_is_left_out_by_every_divisor(
    result: Result, tmp_path: Path, format: str, per: str, divisor: int, meaning: str
) -> None:
    path = lines(tmp_path / "dump.jsonl", [FORMATS[format]("a", A), FORMATS[format]("b", B)])
    found = result("nll", path, "--per", per)
    assert found["value"] == 4 / divisor  # null counted as 0 would give 4 / 6 a token
    assert found["denominator_is"] == meaning
    assert (found["rows"], found["elements"], found["counted"]) == (2, 6, 4)
    assert [finding["code"] for finding in found["findings"]] == ["CEL219"]
    assert found["tokens"]["documents"] == {
        "count": 2,
        "loss": 2.0,
        "bits": pytest.approx(2 / math.log(2)),
        "perplexity": None,
    }
    assert found["tokens"]["tokens"]["perplexity"] == pytest.approx(math.e)
    assert found["tokens"]["bits_per_byte"] == pytest.approx(4 / 14 / math.log(2))
    assert found["perplexity"] == (None if per == "document" else pytest.approx(math.exp(4 / divisor)))


def test_the_view_names_the_divisor_and_shows_the_others(celoss: Run, tmp_path: Path) -> None:
    path = lines(tmp_path / "dump.jsonl", [completion("a", A), completion("b", B)])
    done = celoss("nll", path, "--per", "byte", "--base", "2")
    assert "2 documents, 6 tokens, 4 counted" in done.stdout
    assert "5.770780 / 14 (UTF-8 bytes of 2 documents) = 0.4121985" in done.stdout
    assert "bits, byte perplexity 1.330712" in done.stdout
    assert [line.split()[:3] for line in done.stdout.splitlines() if line.startswith("per ")] == [
        ["per", "token", "4"],
        ["per", "document", "2"],
        ["per", "byte", "14"],
        ["per", "word", "3"],
    ]


def test_a_document_a_list_a_line_and_a_pipe_are_the_same(result: Result, tmp_path: Path) -> None:
    records = [completion("a", A), completion("b", B)]
    values = set()
    for name, text in (
        ("list.json", json.dumps(records, indent=1)),
        ("lines.jsonl", "\n".join(map(json.dumps, records))),
        ("behind.json", json.dumps(records[0], indent=2) + json.dumps(records[1])),
    ):
        (tmp_path / name).write_text(text)
        values |= {result("nll", tmp_path / name)["value"], result("nll", data=text)["value"]}
    assert values == {1.0}
    one = tmp_path / "one.json"
    one.write_text(json.dumps(records[1]))
    assert result("nll", one)["value"] == 2.0
    assert result("nll", one, "--input-format", "openai")["value"] == 2.0


def test_parts_of_the_data_are_merged_to_the_same_bits(celoss: Run, result: Result, tmp_path: Path) -> None:
    records = [completion("a", A), completion("b", [("x", None), ("y", -0.1), ("z", -0.7)])]
    whole = lines(tmp_path / "whole.jsonl", records)
    parts = []
    for number, record in enumerate(records):
        part = lines(tmp_path / f"part{number}.jsonl", [record])
        parts.append(tmp_path / f"part{number}.json")
        options = ("--per", "byte", "--by", "document", "--emit-partial", parts[-1])
        assert celoss("nll", part, *options).returncode == 0
    merged = celoss("merge", *parts, "--json")
    assert merged.returncode == 0, merged.stderr
    wanted, found = result("nll", whole, "--per", "byte", "--by", "document"), json.loads(merged.stdout)
    for key in ("value", "total", "denominator", "denominator_is", "tokens", "groups", "rows", "perplexity"):
        assert found[key] == wanted[key], key


def test_documents_and_fields_are_groups(celoss: Run, result: Result, tmp_path: Path) -> None:
    records = [{**completion("a", A), "task": "x"}, {**completion("b", B), "task": "y"}]
    path = lines(tmp_path / "dump.jsonl", records)
    for by, names in (("document", ["a", "b"]), ("task", ["x", "y"])):
        groups = result("nll", path, "--by", by)["groups"]
        assert [(group["name"], group["counted"], group["total"]) for group in groups] == [
            (names[0], 3, 2.0),
            (names[1], 1, 2.0),
        ]
    done = celoss("nll", path, "--by", "subset")
    assert done.returncode == 3
    assert 'dump.jsonl:1: $: expected the field "subset" with a single value' in done.stderr


# ------------------------------------------------------------------------------ prompt and completion


def test_prompt_and_completion_are_told_apart(celoss: Run, result: Result, tmp_path: Path) -> None:
    path = lines(tmp_path / "dump.jsonl", [completion("a", A, prompt=2)])
    assert result("nll", path, "--score", "prompt")["value"] == 0.5
    assert result("nll", path, "--score", "completion")["value"] == 0.75
    both = result("nll", path)
    assert both["value"] == 2 / 3
    assert [finding["code"] for finding in both["findings"]] == ["CEL219", "CEL223"]
    unknown = lines(tmp_path / "unknown.jsonl", [completion("a", A)])
    done = celoss("nll", unknown, "--score", "completion")
    assert done.returncode == 3
    assert "expected to know where the completion is" in done.stderr
    assert f"celoss nll {unknown} --score all" in done.stderr


def test_the_prompt_of_vllm_stands_before_the_completion_of_openai(result: Result, tmp_path: Path) -> None:
    record = prompts("a", A)
    record["choices"][0]["logprobs"] = chat("a", [(" on", -3.0)])["choices"][0]["logprobs"]
    path = lines(tmp_path / "dump.jsonl", [record])
    for score, value in (("prompt", 2 / 3), ("completion", 3.0), ("all", 5 / 4)):
        assert result("nll", path, "--score", score)["value"] == value


def test_a_prompt_that_is_in_both_lists_counts_once(result: Result, tmp_path: Path) -> None:
    record = prompts("a", A)
    record["choices"][0]["logprobs"] = completion("a", A)["choices"][0]["logprobs"]
    assert result("nll", lines(tmp_path / "dump.jsonl", [record]))["counted"] == 3


def test_the_ids_of_a_prompt_say_which_token_stands_in_it(
    celoss: Run, result: Result, tmp_path: Path
) -> None:
    record = prompts("a", A)
    record["choices"][0]["prompt_token_ids"] = [0, 90000, 2, 3]
    assert result("nll", lines(tmp_path / "dump.jsonl", [record]))["total"] == 9.5 + 1.25 + 0.25
    record["choices"][0]["prompt_token_ids"] = [0, 1, 7, 3]
    done = celoss("nll", lines(tmp_path / "other.jsonl", [record]))
    assert done.returncode == 3
    assert (
        '$.choices[0].prompt_logprobs[2]: expected the token "7" of the text, got "2", "90000"' in done.stderr
    )


def test_offline_outputs_of_vllm(result: Result, tmp_path: Path) -> None:
    entries = prompts("a", A)["choices"][0]["prompt_logprobs"]
    output = {"index": 0, "text": " on", "token_ids": [9], "logprobs": [{"9": {"logprob": -3.0}}]}
    record = {"request_id": "7", "prompt": "x", "prompt_logprobs": entries, "outputs": [output]}
    path = lines(tmp_path / "dump.jsonl", [record])
    assert result("nll", path, "--score", "completion")["value"] == 3.0
    found = result("nll", path)
    assert (found["value"], found["input"]["format"]) == (5 / 4, "vllm")


# ----------------------------------------------------------------------------------- what is no score


def test_a_censored_token_is_refused_left_out_or_bounded(celoss: Run, result: Result, tmp_path: Path) -> None:
    scores = [("a", -1.0), ("b", -9999.0)]
    path = lines(tmp_path / "dump.jsonl", [chat("a", scores, top=[-0.5, -4.0, -9999.0])])
    done = celoss("nll", path)
    assert done.returncode == 3
    assert "dump.jsonl:1 [1]: expected a log-probability, got -9999" in done.stderr
    assert f"celoss nll {path} --censored skip" in done.stderr
    assert f"celoss nll {path} --censored bound" in done.stderr
    skipped = result("nll", path, "--censored", "skip")
    assert (skipped["value"], skipped["counted"]) == (1.0, 1)
    bounded = result("nll", path, "--censored", "bound")
    assert (bounded["value"], bounded["counted"]) == (2.5, 2)
    assert [finding["code"] for finding in bounded["findings"]] == ["CEL221"]
    none = lines(tmp_path / "none.jsonl", [chat("a", scores)])
    assert celoss("nll", none).stderr.count(f"  celoss nll {none} --censored skip") == 1
    assert "bound" not in celoss("nll", none).stderr
    assert "which bound that of the token, got none" in celoss("nll", none, "--censored", "bound").stderr


def test_failed_requests_are_counted_and_told(celoss: Run, result: Result, tmp_path: Path) -> None:
    failed = {"id": "x", "custom_id": "f", "response": None, "error": {"code": "expired"}}
    refused = {"id": "y", "custom_id": "g", "response": {"status_code": 429, "body": {}}, "error": None}
    path = lines(tmp_path / "dump.jsonl", [failed, in_batch(completion("b", B)), refused])
    found = result("nll", path, "--by", "document")
    assert found["value"] == 2.0
    assert found["groups"][0]["name"] == "b"
    assert found["input"]["columns"]["id"] == "custom_id"
    told = {finding["code"]: finding["message"] for finding in found["findings"]}
    assert told["CEL224"] == "2 requests failed and are left out"
    done = celoss("nll", lines(tmp_path / "failed.jsonl", [failed]))
    assert done.returncode == 3
    assert "got 1 failed requests and nothing else" in done.stderr


def test_a_document_that_comes_again_counts_once_and_other_scores_of_it_are_refused(
    celoss: Run, result: Result, tmp_path: Path
) -> None:
    path = lines(tmp_path / "dump.jsonl", [completion("a", A), completion("b", B), completion("a", A)])
    found = result("nll", path)
    assert (found["value"], found["rows"]) == (1.0, 2)
    assert "CEL225" in [finding["code"] for finding in found["findings"]]
    other = lines(tmp_path / "other.jsonl", [completion("a", A), completion("a", B)])
    done = celoss("nll", other)
    assert done.returncode == 3
    assert 'other.jsonl:2: expected each document once, got "a" again with other' in done.stderr


def test_positive_log_probabilities_are_refused_and_zeros_told(
    celoss: Run, result: Result, tmp_path: Path
) -> None:
    path = lines(tmp_path / "dump.jsonl", [chat("a", [("a", 0.25), ("b", -1.0)])])
    done = celoss("nll", path)
    assert done.returncode == 3
    assert "dump.jsonl:1 [0]: Expected a log-probability of at most 0, got 0.25." in done.stderr
    allowed = result("nll", path, "--allow-out-of-domain")
    assert allowed["value"] == 0.375
    assert "CEL202" in [finding["code"] for finding in allowed["findings"]]
    zeros = result("nll", lines(tmp_path / "zeros.jsonl", [chat("a", [("a", 0), ("b", -1.0)])]))
    assert zeros["value"] == 0.5
    assert zeros["findings"][0]["message"] == "1 token of 2 with a log-probability of exactly 0"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("true", 'expected a log-probability, got "true"'),
        ('"-0.5"', 'expected a log-probability, got the text "-0.5"'),
        ("NaN", "expected a log-probability, got NaN"),
        ("1e999", "expected a log-probability, got 1e999"),
        ("[-0.5]", "expected a log-probability, got a list of 1 value"),
        ("null", "expected a log-probability, got null after the first token (--missing skip leaves"),
    ],
)
def test_what_is_no_number_is_refused_in_its_place(
    celoss: Run, result: Result, tmp_path: Path, value: str, told: str
) -> None:
    text = json.dumps(completion("a", A)).replace("-1.25", value)
    path = tmp_path / "dump.jsonl"
    path.write_text(f"{text}\n")
    done = celoss("nll", path)
    assert done.returncode == 3
    assert f"dump.jsonl:1: $.choices[0].logprobs.token_logprobs[2]: {told}" in done.stderr
    if value == "null":
        found = result("nll", path, "--missing", "skip")
        assert (found["value"], found["counted"]) == (0.375, 2)


def test_minus_infinity_is_a_score_of_probability_0(result: Result, tmp_path: Path) -> None:
    path = tmp_path / "dump.jsonl"
    path.write_text(json.dumps(completion("a", A)).replace("-1.25", "-Infinity") + "\n")
    found = result("nll", path)
    assert (found["value"], found["nonfinite"]) == (None, "inf")
    told = {finding["code"]: finding for finding in found["findings"]}["CEL308"]
    assert told["remedy"] == ""  # --convention is refused with scored tokens
    assert "Keras" not in told["message"]


@pytest.mark.parametrize("format", FORMATS)
def test_losses_and_gradients_are_one_array_of_all_tokens(celoss: Run, tmp_path: Path, format: str) -> None:
    path = lines(tmp_path / "dump.jsonl", [FORMATS[format]("a", A), FORMATS[format]("b", B)])
    for words in (("--reduction", "none", "-o", "l.npy"), ("--grad", "--per", "document", "-o", "g.npy")):
        done = celoss("nll", path, *words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert np.load(tmp_path / "l.npy").tolist() == [0, 0.5, 1.25, 0.25, 0, 2]
    half = -1 / 2  # d(-log p) / d(log p), divided by the documents
    assert np.load(tmp_path / "g.npy").tolist() == [0, half, half, half, 0, half]


@pytest.mark.parametrize("ending", ["json", "csv", "jsonl", "parquet"])
def test_gradients_stand_beside_the_tokens_in_files(celoss: Run, tmp_path: Path, ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    path = lines(tmp_path / "dump.jsonl", [completion("a", A), completion("b", B)])
    file = tmp_path / f"g.{ending}"
    done = celoss("nll", path, "--grad", "-o", file)
    assert done.returncode == 0, done.stderr
    if ending == "parquet":
        found = pytest.importorskip("pyarrow.parquet").read_table(file).column("gradient").to_pylist()
    elif ending == "csv":
        found = [float(row["gradient"]) for row in csv.DictReader(file.read_text().splitlines())]
    elif ending == "jsonl":
        found = [json.loads(line).get("gradient") for line in file.read_text().splitlines()]
    else:
        found = json.loads(file.read_text())["gradient"]
    assert found == [0, -0.25, -0.25, -0.25, 0, -0.25]


def test_tokens_of_several_batches_are_one_array(celoss: Run, tmp_path: Path) -> None:
    many = [("x", None), *[("x", -0.5)] * 40_000]
    path = lines(tmp_path / "dump.jsonl", [completion(name, many) for name in "abc"])
    done = celoss("nll", path, "--grad", "-o", tmp_path / "g.npy")
    assert done.returncode == 0, done.stderr
    found = np.load(tmp_path / "g.npy")
    assert found.shape == (120_003,)
    assert np.flatnonzero(found == 0).tolist() == [0, 40_001, 80_002]
    assert found.sum() == pytest.approx(-1)


def test_bytes_that_nobody_knows_are_refused_as_a_divisor(
    celoss: Run, result: Result, tmp_path: Path
) -> None:
    lost = [("a", -1.0), ("\ufffd", -2.0)]
    path = lines(tmp_path / "dump.jsonl", [completion("a", lost)])
    found = result("nll", path)
    assert (found["value"], found["tokens"]["bytes"]["count"]) == (1.5, None)
    done = celoss("nll", path, "--per", "byte")
    assert done.returncode == 3
    assert "dump.jsonl:1 [1]: expected to know how many bytes are scored here" in done.stderr
    assert f"celoss nll {path} --per token" in done.stderr
    parts = [("a", -1.0), ("bytes:\\xe2\\x82", -2.0), ("bytes:\\xac", -1.0)]
    whole = result("nll", lines(tmp_path / "parts.jsonl", [completion("a", parts)]), "--per", "byte")
    assert whole["value"] == 1.0


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (
            {"id": "a", "choices": [{"index": 0, "logprobs": None}]},
            "$.choices[0].logprobs: expected log-probabilities, got null (ask the server",
        ),
        (
            {"id": "a", "choices": [{"logprobs": {"tokens": ["a"], "token_logprobs": [-1, -2]}}]},
            "$.choices[0].logprobs.token_logprobs: expected a log-probability for each of 1 tokens, got 2",
        ),
        ({"id": "a", "choices": [{"logprobs": {"content": [7]}}]}, "expected an object, got"),
        ({"id": "a", "choices": [{"logprobs": []}]}, "expected an object, got a list of 0 values"),
    ],
)
def test_a_record_that_is_not_as_its_format_has_it_is_refused(
    celoss: Run, tmp_path: Path, record: dict[str, Any], told: str
) -> None:
    done = celoss("nll", lines(tmp_path / "dump.jsonl", [record]))
    assert done.returncode == 3
    assert told in done.stderr


def test_records_of_two_formats_are_refused(celoss: Run, tmp_path: Path) -> None:
    done = celoss("nll", lines(tmp_path / "dump.jsonl", [completion("a", A), {"task": 1}]))
    assert done.returncode == 3
    assert "dump.jsonl:2: $: expected a record of OpenAI's API" in done.stderr


def test_options_of_other_data_are_refused(celoss: Run, tmp_path: Path) -> None:
    path = lines(tmp_path / "dump.jsonl", [completion("a", A)])
    for words in (("--weight", "1,2"), ("--ignore-index", "3"), ("--convention", "torch")):
        done = celoss("nll", path, *words)
        assert (done.returncode, "with scored tokens" in done.stderr) == (2, True), words
    assert celoss("nll", path, "--emit", "numpy").returncode == 2
    assert f"  celoss nll {path}  (their loss)\n" in celoss("ce", path, "--input-is", "probs").stderr
    table = tmp_path / "t.csv"
    table.write_text("a,b,y\n-0.1,-2.4,0\n")
    done = celoss("nll", table, "--per", "byte")
    assert (done.returncode, "Expected --per with scored tokens" in done.stderr) == (2, True)
    assert celoss("ce", table, "--per", "byte").returncode == 2


def test_documents_of_two_models_are_compared_with_documents_as_the_units(
    celoss: Run, tmp_path: Path
) -> None:
    """B - A is -0.1 a token; residuals 0, 0.3 and -0.3 of 3 documents and 6 tokens: sqrt(1.5 * 0.18) / 6."""
    before = {"a": [-1.0, -1.0], "b": [-0.5], "c": [-2.0, -1.0, -0.5]}
    less = {"a": [-0.1, -0.1], "b": [0.2], "c": [-0.3, -0.1, -0.2]}
    after = {name: [p - d for p, d in zip(before[name], less[name], strict=True)] for name in before}
    paths = [
        lines(tmp_path / f"{side}.jsonl", [chat(name, [("x", p) for p in ps]) for name, ps in model.items()])
        for side, model in (("a", before), ("b", after))
    ]
    done = celoss("compare", *paths, "--loss", "nll", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["comparison"]
    assert found["difference"] == pytest.approx(-0.1)
    assert found["standard_error"] == pytest.approx(math.sqrt(1.5 * 0.18) / 6)


@pytest.mark.parametrize("per", ["token", "byte"])
def test_a_first_token_that_one_model_scores_is_the_reason_for_other_weights(
    celoss: Run, tmp_path: Path, per: str
) -> None:
    """The bytes differ by those of the first token, which --per byte does not bring back."""
    one = lines(tmp_path / "a.jsonl", [completion("a", [("Hello", None), (" world", -1.0)])])
    other = lines(tmp_path / "b.jsonl", [chat("a", [("Hello", -3.0), (" world", -1.0)])])
    for paths in ((one, other), (other, one)):
        done = celoss("compare", *paths, "--loss", "nll", "--per", per)
        assert done.returncode == 3
        assert "a.jsonl has no score for the first token of 1 document, " in done.stderr
        assert "b.jsonl has one: let both models score the same tokens" in done.stderr
        assert "--per byte" not in done.stderr


def test_sums_of_documents_are_not_compared_over_other_parts_of_their_texts(
    celoss: Run, tmp_path: Path
) -> None:
    """Of "a" one dump scores 6 bytes and the other 11: a difference of sums would be that of a token."""
    a, b = completion("a", [("Hello", None), (" world", -1.0)]), completion("b", [("x", -1.0)])
    one = lines(tmp_path / "a.jsonl", [b, a])
    other = lines(tmp_path / "b.jsonl", [chat("a", [("Hello", -3.0), (" world", -1.0)]), b])
    for paths, told in (((one, other), "6 bytes with scores, as in"), ((other, one), "11 bytes")):
        done = celoss("compare", *paths, "--loss", "nll", "--per", "document")
        assert done.returncode == 3
        assert told in done.stderr
        assert "a.jsonl has no score for the first token of 1 document, " in done.stderr
    # Other tokens of the same text have its sum; without bytes the tokens say whether it is all there.
    split = lines(tmp_path / "split.jsonl", [completion("a", [("Hello", None), (" wor", -1), ("ld", -2)]), b])
    done = celoss("compare", one, split, "--loss", "nll", "--per", "document", "--json")
    assert json.loads(done.stdout)["comparison"]["difference"] == (3 - 1) / 2
    tables = [tmp_path / "a.csv", tmp_path / "b.csv"]
    tables[0].write_text("doc,logprob\nd,-1\nd,-1\n")
    tables[1].write_text("doc,logprob\nd,-1\n")
    words = ("--loss", "nll", "--input-is", "token-logprobs", "--per", "document")
    done = celoss("compare", *tables, *words)
    assert "b.csv:2: expected 2 tokens with scores, as in " in done.stderr
    # One dump that knows bytes alone and one that knows tokens alone have nothing in common.
    sample = {"doc_id": "d", "arguments": [["", "text"]], "filtered_resps": [-4.5]}
    samples = lines(tmp_path / "samples.jsonl", [sample])
    done = celoss("compare", samples, tables[1], "--loss", "nll", "--per", "document")
    assert (done.returncode, "expected" in done.stderr) == (3, True)


def test_a_first_token_without_a_text_is_no_reason(celoss: Run, tmp_path: Path) -> None:
    """One tokenizer begins with a mark of no bytes; the bytes that count are the same."""
    one = lines(tmp_path / "a.jsonl", [completion("a", [("", None), ("ca", -1.0), ("t", -1.0)])])
    other = lines(tmp_path / "b.jsonl", [chat("a", [("cat", -3.0)])])
    assert f"  celoss compare {one} {other} --loss nll --per byte" in told_by_compare(celoss, one, other)
    done = celoss("compare", one, other, "--loss", "nll", "--per", "byte", "--json")
    assert json.loads(done.stdout)["comparison"]["difference"] == pytest.approx(1 / 3)


def test_other_tokens_without_a_text_are_not_compared_by_bytes(celoss: Run, tmp_path: Path) -> None:
    for name, rows in (("a", "d,-1\n"), ("b", "d,-1\nd,-2\n")):
        (tmp_path / f"{name}.csv").write_text(f"doc,logprob\n{rows}")
    paths = (tmp_path / "a.csv", tmp_path / "b.csv")
    done = celoss("compare", *paths, "--loss", "nll", "--input-is", "token-logprobs")
    assert done.returncode == 3
    assert "expected the weight 1" in done.stderr
    assert "compared by its bytes, which are not known here" in done.stderr
    assert "--per byte" not in done.stderr


def told_by_compare(celoss: Run, *paths: Path) -> str:
    done = celoss("compare", *paths, "--loss", "nll")
    assert done.returncode == 3
    return done.stderr


def test_other_bytes_are_another_text(celoss: Run, tmp_path: Path) -> None:
    one = lines(tmp_path / "a.jsonl", [chat("a", [("cat", -1.0)])])
    other = lines(tmp_path / "b.jsonl", [chat("a", [("cats", -1.0)])])
    done = celoss("compare", one, other, "--loss", "nll", "--per", "byte")
    assert done.returncode == 3
    assert "expected the weight 3" in done.stderr
    assert "are those of other texts: a comparison needs the same text in both" in done.stderr


def test_models_of_two_tokenizers_are_compared_by_the_bytes_that_they_share(
    celoss: Run, tmp_path: Path
) -> None:
    one = lines(tmp_path / "a.jsonl", [chat("a", [("cat", -1.0)]), chat("b", [("do", -1.0), ("g", -1.0)])])
    other = lines(tmp_path / "b.jsonl", [chat("a", [("c", -1.0), ("at", -1.0)]), chat("b", [("dog", -1.0)])])
    done = celoss("compare", one, other, "--loss", "nll")
    assert done.returncode == 3
    assert f"\n  celoss compare {one} {other} --loss nll --per byte  (other tokens" in done.stderr
    done = celoss("compare", one, other, "--loss", "nll", "--per", "byte", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["comparison"]["difference"] == 0.0


def test_the_interval_has_documents_as_its_draws(result: Result, tmp_path: Path) -> None:
    """Means 1, 2 and 3 of documents of 1, 2 and 3 tokens; m = 14 / 6, residuals -4/3, -2/3 and 2."""
    scores = {"a": [-1.0], "b": [-1.5, -2.5], "c": [-2.0, -3.0, -4.0]}
    path = lines(tmp_path / "p.jsonl", [chat(name, [("x", p) for p in ps]) for name, ps in scores.items()])
    found = result("nll", path, "--interval")
    assert found["value"] == pytest.approx(14 / 6)
    squares = (4 / 3) ** 2 + (2 / 3) ** 2 + 2**2
    assert found["interval"]["standard_error"] == pytest.approx(math.sqrt(1.5 * squares) / 6)
    assert found["interval"]["units"] == 3


def test_the_loss_by_the_place_of_a_token(result: Result, tmp_path: Path) -> None:
    scores = [("t", None), *(("t", -float(at)) for at in range(1, 20))]
    path = lines(tmp_path / "dump.jsonl", [completion("a", scores), completion("b", scores[:3])])
    groups = result("nll", path, "--by", "position")["groups"]
    assert [(group["name"], group["counted"], group["total"]) for group in groups] == [
        ("1", 2, 2.0),
        ("2-3", 3, 7.0),
        ("4-7", 4, 22.0),
        ("8-15", 8, 92.0),
        ("16-31", 4, 70.0),
    ]


def test_the_page_shows_tokens_with_their_losses(celoss: Run, tmp_path: Path) -> None:
    hostile = [("<script>", None), ("<script>alert(1)</script>", -0.5), ("\x1b[31m", -2.0)]
    path = lines(tmp_path / "dump.jsonl", [completion("<b>", hostile), completion("b", B)])
    page = tmp_path / "page.html"
    done = celoss("report", path, "--loss", "nll", "-o", page)
    assert done.returncode == 0, done.stderr
    text = page.read_text()
    assert "Token by token" in text
    assert "Documents with the largest means" in text
    assert "<script>alert" not in text
    assert "\x1b" not in text


def test_a_curve_of_scored_tokens_is_refused(celoss: Run, tmp_path: Path) -> None:
    path = lines(tmp_path / "dump.jsonl", [completion("a", A)])
    done = celoss("plot", "nll", path, "-o", tmp_path / "p.svg")
    assert (done.returncode, "Expected a loss of classes or answers for a curve" in done.stderr) == (2, True)


@pytest.mark.parametrize("byte", [300, -1, 1.5, "a", None])
def test_what_is_no_byte_is_refused_with_its_place(celoss: Run, tmp_path: Path, byte: object) -> None:
    token = {"token": "a", "logprob": -1.0, "bytes": [97, byte], "top_logprobs": []}
    record = {"id": "r", "choices": [{"index": 0, "logprobs": {"content": [token]}}]}
    done = celoss("nll", lines(tmp_path / "chat.jsonl", [record]))
    assert (done.returncode, done.stdout) == (3, "")
    assert "$.choices[0].logprobs.content[0].bytes[1]: expected a byte from 0 to 255, got" in done.stderr


@pytest.mark.parametrize(
    "command", [["nll"], ["diagnose", "--loss", "nll"], ["reconcile", "--got", "1"]], ids=" ".join
)
def test_targets_are_refused_with_scored_tokens(celoss: Run, tmp_path: Path, command: list[str]) -> None:
    token = {"token": "a", "logprob": -1.0, "bytes": [97], "top_logprobs": []}
    record = {"id": "r", "choices": [{"index": 0, "logprobs": {"content": [token]}}]}
    (tmp_path / "truth.csv").write_text("id,target\nr,a\n")
    dump = lines(tmp_path / "chat.jsonl", [record])
    done = celoss(*command, dump, "--targets", f"@{tmp_path / 'truth.csv'}")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Expected no --targets with scored tokens, got one." in done.stderr


def test_options_of_targets_are_refused_with_scored_tokens(celoss: Run, tmp_path: Path) -> None:
    token = {"token": "a", "logprob": -1.0, "bytes": [97], "top_logprobs": []}
    record = {"id": "r", "choices": [{"index": 0, "logprobs": {"content": [token]}}]}
    done = celoss("nll", lines(tmp_path / "chat.jsonl", [record]), "--first-class", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Expected no --first-class with scored tokens, got one." in done.stderr


@pytest.mark.parametrize("way", ["lines", "values"])
@pytest.mark.parametrize("odd", ['"logprob": 1, "logprob"', '"logprob": NaN, "x"', '"logprob": 1e999, "x"'])
def test_a_line_for_the_strict_reader_is_refused_with_its_place(
    celoss: Run, tmp_path: Path, odd: str, way: str
) -> None:
    path = tmp_path / "dump.jsonl"
    good, bad = (json.dumps(prompts(name, A)) for name in "ab")
    path.write_text("\n".join([good, bad.replace('"logprob"', odd, 1)]))
    done = celoss("nll", path, *(("--input-format", "vllm") if way == "values" else ()))
    assert done.returncode == 3
    assert done.stderr.startswith(f"celoss: error: {path}:2")
    assert done.stderr.count("dump.jsonl:2") == 1


def test_the_first_refusal_of_a_file_is_told(celoss: Run, tmp_path: Path) -> None:
    path = tmp_path / "dump.jsonl"
    path.write_text(f"{json.dumps(prompts('a', [('x', 0.5)]))}\n{{\n")
    assert f"{path}:1 [0]: Expected a log-probability of at most 0" in celoss("nll", path).stderr


def test_a_document_of_one_file_counts_once_in_another(celoss: Run, result: Result, tmp_path: Path) -> None:
    first = lines(tmp_path / "first.jsonl", [completion("a", A)])
    second = lines(tmp_path / "second.jsonl", [completion("a", A), completion("b", B)])
    found = result("nll", first, second, "--reduction", "sum")
    assert (found["value"], found["rows"]) == (4.0, 2)  # with a twice it would be 6
    assert [(one["code"], one["count"]) for one in found["findings"]] == [("CEL219", 2), ("CEL225", 1)]
    other = lines(tmp_path / "other.jsonl", [completion("a", [("The", None), (" dog", -0.25)])])
    done = celoss("nll", first, other)
    assert done.returncode == 3
    assert f'{other}:1: expected each document once, got "a" again with other log-prob' in done.stderr


def test_samples_of_two_tasks_have_the_same_numbers(result: Result, tmp_path: Path) -> None:
    def sample(task: str, score: float, **more: str) -> dict[str, Any]:
        request = {"gen_args_0": {"arg_0": "", "arg_1": task}}
        answers = {"resps": [[[score, False]]], "filtered_resps": [[score, False]]}
        return {
            "doc_id": 0,
            "doc": {},
            "target": "",
            "arguments": request,
            "filter": "none",
            **answers,
            **more,
        }

    for more in ({}, {"doc_hash": "x"}):
        one = lines(tmp_path / "one.jsonl", [sample("one", -1.0)])
        two = lines(tmp_path / "two.jsonl", [sample("two", -2.0, **more)])
        assert result("nll", one, two, "--per", "document")["value"] == 1.5
        copy = lines(tmp_path / "copy.jsonl", [sample("two", -2.0, **more)])
        assert result("nll", two, copy, "--per", "document")["rows"] == 1


def test_inspect_tells_why_the_loss_of_a_dump_refuses_it(celoss: Run, tmp_path: Path) -> None:
    path = lines(tmp_path / "dump.jsonl", [completion("a", [("x", 0.5)])])
    done = celoss("inspect", path)
    assert done.returncode == 3
    assert f"{path}:1 [0]: Expected a log-probability of at most 0, got 0.5" in done.stderr
    right = lines(tmp_path / "right.jsonl", [completion("a", [("x", -0.5)])])
    assert f"  celoss nll {right}  (their loss)" in celoss("inspect", right, "--loss", "ce").stderr


def test_the_page_shows_where_the_worst_documents_are_worst(celoss: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    texts = [f" <w{number}>&" for number in range(300)]
    losses = rng.exponential(1, 300) + 4 * (np.arange(300) // 50 == 4)
    scores = [(texts[0], None), *zip(texts[1:], (-losses[1:]).tolist(), strict=True)]
    page = tmp_path / "page.html"
    dump = lines(tmp_path / "dump.jsonl", [completion("a", scores)])
    assert celoss("report", dump, "--loss", "nll", "-o", page).returncode == 0
    first = max(range(221), key=lambda at: losses[max(at, 1) : at + 80].sum())
    html = page.read_text()
    [shaded] = re.findall('<p class="shaded".*?</p>', html)
    found = re.findall(r'<span title="([^"]*)" style="--part: (\d+)%">([^<]*)</span>', shaded)
    assert [text for _, _, text in found] == [escape(text) for text in texts[first : first + 80]]
    assert [float(loss) for loss, _, _ in found] == pytest.approx(losses[first : first + 80], abs=1e-6)
    largest = losses[first : first + 80].max()
    assert [int(part) for _, part, _ in found] == pytest.approx(
        100 * losses[first : first + 80] / largest, abs=0.51
    )
    assert f"tokens {first} to {first + 79} of 300" in html


def test_a_page_of_infinite_and_missing_losses_is_shaded_too(celoss: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    scores = [("a", None), ("b", -math.inf), ("c", -0.0), ("d", -1.0)]
    dump = lines(tmp_path / "dump.jsonl", [completion("a", scores)])
    assert celoss("report", dump, "--loss", "nll", "-o", page).returncode == 0
    [shaded] = re.findall('<p class="shaded".*?</p>', page.read_text())
    wanted = [("not counted", "", "a"), ("inf", "100%", "b"), ("0", "", "c"), ("1", "100%", "d")]
    found = re.findall(r'<span title="([^"]*)"(?: style="--part: (\d+%)")?>([^<]*)</span>', shaded)
    assert found == wanted


# ---------------------------------------------------------------------------------- two models, compared


def listed(format: str, name: str, tops: list[str], texts: Sequence[str] = ()) -> dict[str, Any]:
    """A text of as many tokens, each with these most probable tokens beside its own."""
    others = [{"token": top, "logprob": -0.5, "bytes": None} for top in tops]
    scores: list[tuple[str, float | None]] = [(text, -1.5) for text in texts or [" own"] * len(tops)]
    if format == "chat":
        record = chat(name, scores)
        for token, other in zip(record["choices"][0]["logprobs"]["content"], others, strict=True):
            token["top_logprobs"] = [{"token": "last", "logprob": -3.0}, other]
    elif format == "completion":
        record = completion(name, scores)
        record["choices"][0]["logprobs"]["top_logprobs"] = [{"last": -3.0, top: -0.5} for top in tops]
    elif format == "sglang":
        record = sglang(name, scores)
        record["meta_info"]["input_top_logprobs"] = [
            [[-3.0, 7, "last"], [-0.5, ord(top), top]] for top in tops
        ]
    elif format == "older llama":
        tokens = [
            {
                "content": text,
                "probs": [
                    {"tok_str": one, "prob": p} for one, p in (("last", 0.05), (top, 0.6), (text, 0.22))
                ],
            }
            for top, (text, _) in zip(tops, scores, strict=True)
        ]
        record = {"id": name, "completion_probabilities": tokens}
    else:
        record = prompts(name, scores)
        record["choices"][0]["prompt_logprobs"] = [
            {
                "0": {"logprob": score, "rank": 2, "decoded_token": text},
                str(ord(top)): {"logprob": -0.5, "rank": 1},
            }
            for top, (text, score) in zip(tops, scores, strict=True)
        ]
    return record


@pytest.mark.parametrize("format", ["chat", "completion", "sglang", "older llama", "vllm"])
def test_two_models_agree_where_the_same_token_is_the_most_probable(
    celoss: Run, tmp_path: Path, format: str
) -> None:
    a = [listed(format, "x", ["a", "b", "c"]), listed(format, "y", ["d", "e"]), listed(format, "z", ["f"])]
    b = [listed(format, "z", ["f"]), listed(format, "x", ["a", "c", "b"]), listed(format, "y", ["d", "e"])]
    paths = lines(tmp_path / "a.jsonl", a), lines(tmp_path / "b.jsonl", b)
    done = celoss("compare", *paths, "--loss", "nll", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["comparison"]["agreement"] == 4 / 6
    assert "agreement" in celoss("compare", *paths, "--loss", "nll").stdout
    # Other tokens of the same text, or places of which nobody knows, are no agreement.
    b[1] = listed(format, "x", ["a", "c", "b", "b"], [" own", " own", " o", "wn"])
    done = celoss("compare", paths[0], lines(paths[1], b), "--loss", "nll", "--per", "document", "--json")
    assert json.loads(done.stdout)["comparison"]["agreement"] is None
    plain = lines(tmp_path / "plain.jsonl", [completion(name, [(" own", -1.0)]) for name in "xyz"])
    done = celoss("compare", plain, plain, "--loss", "nll", "--json")
    assert json.loads(done.stdout)["comparison"]["agreement"] is None


def test_a_token_that_stands_alone_is_the_most_probable_by_its_rank(celoss: Run, tmp_path: Path) -> None:
    paths = []
    for name, tokens in (("a", [(1, 1), (2, 5)]), ("b", [(1, 1), (2, 1)])):
        record = prompts("x", [("t", -1.0)] * 2)
        record["choices"][0]["prompt_logprobs"] = [
            {str(token): {"logprob": -1.0, "rank": rank}} for token, rank in tokens
        ]
        paths.append(lines(tmp_path / f"{name}.jsonl", [record]))
    done = celoss("compare", *paths, "--loss", "nll", "--json")
    assert json.loads(done.stdout)["comparison"]["agreement"] == 1.0  # of the one place that both know


# ------------------------------------------------------------------------------- groups of rows of tokens


@pytest.mark.parametrize("name", ["doc", "document_id", "Sentence"])
def test_groups_by_the_column_of_documents_are_the_documents(
    result: Result, tmp_path: Path, name: str
) -> None:
    """It was one document, with every token in the group of the first row."""
    path = tmp_path / "rows.csv"
    path.write_text(f"{name},logprob\na,-1\na,-2\nb,-4\n")
    found = result("nll", path, "--input-is", "token-logprobs", "--by", name, "--per", "document")
    assert (found["value"], found["denominator"]) == (3.5, 2)
    assert [(one["name"], one["total"]) for one in found["groups"]] == [("a", 3.0), ("b", 4.0)]


def test_a_document_of_two_groups_is_refused(celoss: Run, result: Result, tmp_path: Path) -> None:
    rows = ("nll", "--input-is", "token-logprobs", "--by", "task")
    path = tmp_path / "rows.csv"
    path.write_text("task,logprob\na,-1\na,-2\nb,-4\n")
    done = celoss(*rows, path)
    assert done.returncode == 3
    assert 'rows.csv:4: expected one "task" for all tokens of a document, got "a" and "b"' in done.stderr
    assert "--id-column task  (each of them is a document)" in done.stderr
    assert [one["total"] for one in result(*rows, path, "--id-column", "task")["groups"]] == [3.0, 4.0]
    path.write_text("doc,task,logprob\nd,a,-1\ne,b,-2\ne,c,-4\n")
    done = celoss(*rows, path)
    assert (done.returncode, 'rows.csv:4: expected one "task"' in done.stderr) == (3, True)
    assert "--id-column" not in done.stderr
