"""Scored tokens of SGLang, TGI, llama.cpp, lm-evaluation-harness, llama-perplexity, and in tables."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dumps import base_file, flat, in_batch, lines, response, sglang, tgi
from running import Done

A = [("The", None), (" cat", -0.5), (" sat", -1.25), (".", -0.25)]
B = [("A", None), (" dog", -2.0)]

Run = Callable[..., Done]
Result = Callable[..., dict[str, Any]]


def refusal(celoss: Run, *words: str | Path) -> str:
    done = celoss("nll", *words)
    assert (done.returncode, done.stdout) == (3, "")
    return done.stderr


# ------------------------------------------------------------------------------- SGLang, TGI, llama.cpp


@pytest.mark.parametrize("format", [sglang, tgi])
def test_servers_of_prompts(
    celoss: Run, result: Result, tmp_path: Path, format: Callable[..., dict[str, Any]]
) -> None:
    path = lines(tmp_path / "dump.jsonl", [format("a", A), format("b", B)])
    found = result("nll", path, "--by", "document")
    assert (found["value"], found["counted"], found["input"]["format"]) == (1.0, 4, format.__name__)
    assert [group["name"] for group in found["groups"]] == ["a", "b"]
    assert result("nll", path, "--score", "prompt", "--per", "document")["value"] == 2.0
    assert result("nll", path, "--input-format", format.__name__)["value"] == 1.0
    assert "expected a record of vLLM" in refusal(celoss, path, "--input-format", "vllm")


def test_the_completion_of_sglang_follows_its_prompt_and_pairs_are_read(
    celoss: Run, result: Result, tmp_path: Path
) -> None:
    record = sglang("a", A)
    record["meta_info"]["output_token_logprobs"] = [[-3.0, 9, None], [-5.0, 8, None]]
    path = lines(tmp_path / "dump.jsonl", [record])
    assert result("nll", path, "--score", "completion")["value"] == 4.0
    assert result("nll", path)["tokens"]["bytes"]["count"] is None  # null is no text
    record["meta_info"]["input_token_logprobs"] = [[-1.0, 1], [-2.0, 2]]
    assert result("nll", lines(tmp_path / "pairs.jsonl", [record]), "--score", "prompt")["value"] == 1.5
    record["meta_info"]["input_token_logprobs"] = [[-1.0]]
    told = refusal(celoss, lines(tmp_path / "one.jsonl", [record]))
    assert "$.meta_info.input_token_logprobs[0]: expected [logprob, id, text]" in told


def test_a_server_that_was_not_asked_is_refused_with_what_to_ask(celoss: Run, tmp_path: Path) -> None:
    empty = {"generated_text": "x", "details": {"prefill": [], "tokens": []}}
    told = refusal(celoss, lines(tmp_path / "dump.jsonl", [empty]))
    assert "$.details: expected log-probabilities, got none (ask the server for them: details" in told


def llama(tokens: list[dict[str, Any]]) -> dict[str, Any]:
    return {"content": "", "completion_probabilities": tokens}


def test_llama_of_today_and_of_before(celoss: Run, result: Result, tmp_path: Path) -> None:
    now = [{"id": 1, "token": "a", "bytes": [97], "logprob": -0.5, "top_logprobs": []}]
    assert result("nll", lines(tmp_path / "now.jsonl", [llama(now)]))["value"] == 0.5
    never = [{"token": "b", "bytes": [98], "logprob": -3.4028234663852886e38}]  # how it writes log 0
    assert result("nll", lines(tmp_path / "never.jsonl", [llama([*now, *never])]))["nonfinite"] == "inf"
    drawn = [{"id": 1, "token": "a", "bytes": [97], "prob": 0.25, "top_probs": []}]
    found = result("nll", lines(tmp_path / "drawn.jsonl", [llama(drawn)]))
    assert found["value"] == pytest.approx(math.log(4))
    assert [finding["code"] for finding in found["findings"]] == ["CEL227"]
    older = [
        {"content": "a", "probs": [{"tok_str": "a", "prob": 0.5}, {"tok_str": "b", "prob": 0.25}]},
        {"content": "c", "probs": [{"tok_str": "a", "prob": 0.5}, {"tok_str": "b", "prob": 0.125}]},
    ]
    path = lines(tmp_path / "older.jsonl", [llama(older)])
    assert result("nll", path, "--censored", "skip")["value"] == pytest.approx(math.log(2))
    assert result("nll", path, "--censored", "bound")["value"] == pytest.approx(math.log(16) / 2)
    odd = [{"content": "a", "probs": [{"tok_str": "a", "prob": 1.5}]}]
    told = refusal(celoss, lines(tmp_path / "odd.jsonl", [llama(odd)]))
    assert '$.completion_probabilities[0].probs[0].prob: expected a probability, got "1.5"' in told


# --------------------------------------------------------------------------------- lm-evaluation-harness


def rolling(doc: int, loglikelihood: float, words: int, bytes: int, filter: str = "none") -> dict[str, Any]:
    return {
        "doc_id": doc,
        "doc": {"page": "x", "topic": f"t{doc % 2}"},
        "target": "x",
        "arguments": [["x"]],
        "resps": [[[str(loglikelihood)]]],
        "filtered_resps": [str(loglikelihood)],
        "filter": filter,
        "word_perplexity": [loglikelihood, words],
        "byte_perplexity": [loglikelihood, bytes],
        "bits_per_byte": [loglikelihood, bytes],
    }


def test_rolling_log_likelihoods_by_words_and_bytes(celoss: Run, result: Result, tmp_path: Path) -> None:
    path = lines(tmp_path / "samples_w.jsonl", [rolling(0, -50, 10, 60), rolling(1, -12.0, 4, 15)])
    words = result("nll", path, "--per", "word")
    assert words["perplexity"] == pytest.approx(83.811600, abs=1e-6)  # exp(62 / 14)
    found = result("nll", path, "--per", "byte", "--base", "2")
    assert found["perplexity"] == pytest.approx(2.285687, abs=1e-6)  # exp(62 / 75)
    assert found["value"] == found["tokens"]["bits_per_byte"] == pytest.approx(1.192628, abs=1e-6)
    assert found["denominator_is"] == "UTF-8 bytes of 2 documents"
    assert found["tokens"]["tokens"]["count"] is None
    by = result("nll", path, "--per", "byte", "--by", "doc.topic")["groups"]
    assert [(group["name"], group["loss"]) for group in by] == [("t0", 50 / 60), ("t1", 12 / 15)]
    told = refusal(celoss, path)
    assert "expected to know how many tokens are scored here" in told
    assert f"celoss nll {path} --per byte" in told


def test_a_line_for_each_filter_and_an_appended_run_count_once(result: Result, tmp_path: Path) -> None:
    records = [rolling(0, -50, 10, 60), rolling(0, -50, 10, 60, "other"), rolling(1, -12, 4, 15)]
    path = lines(tmp_path / "samples_w.jsonl", [*records, *records])
    found = result("nll", path, "--per", "byte")
    assert (found["total"], found["rows"]) == (62.0, 2)
    told = {finding["code"]: finding["count"] for finding in found["findings"]}
    assert told == {"CEL225": 2, "CEL226": 2}


def test_a_continuation_has_the_bytes_and_words_of_its_text(result: Result, tmp_path: Path) -> None:
    newer = {"gen_args_0": {"arg_0": "The", "arg_1": " cät sat"}}
    for number, (arguments, leaf) in enumerate(
        (([["The", " cät sat"]], [-4.5, True]), (newer, ["-4.5", "True"]))
    ):
        record = {"doc_id": 0, "target": "x", "arguments": arguments, "filtered_resps": [leaf]}
        path = lines(tmp_path / f"samples_{number}.jsonl", [record])
        assert result("nll", path, "--per", "byte")["value"] == 0.5
        assert result("nll", path, "--per", "word")["value"] == 2.25


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"byte_perplexity": [-51, 60]},
            "$.byte_perplexity[0]: expected the log-likelihood -50.0, got -51.0",
        ),
        ({"byte_perplexity": [-50, 60.5]}, "$.byte_perplexity[1]: expected a number of bytes"),
        ({"word_perplexity": ["x", 1]}, "$.word_perplexity[0]: expected a log-likelihood, got the text"),
        ({"word_perplexity": [-50]}, "$.word_perplexity: expected [loglikelihood, words]"),
    ],
)
def test_metrics_that_contradict_each_other_are_refused(
    celoss: Run, tmp_path: Path, changed: dict[str, Any], told: str
) -> None:
    path = lines(tmp_path / "samples.jsonl", [{**rolling(0, -50, 10, 60), **changed}])
    assert told in refusal(celoss, path, "--per", "byte")


# -------------------------------------------------------------------------------------- llama-perplexity


def test_the_base_file_of_llama_perplexity_within_half_a_step(
    celoss: Run, result: Result, tmp_path: Path
) -> None:
    path = base_file(tmp_path / "base", [[0, 0, 2, 1]], [[[2.0, 1.0, 0.0]]])
    found = result("nll", path)
    assert found["value"] == pytest.approx(1.407591, abs=1e-6)
    exact = -math.log(math.exp(1) / (math.exp(2) + math.exp(1) + 1))
    assert exact == pytest.approx(1.407606, abs=1e-6)
    assert abs(found["value"] - exact) <= found["tokens"]["quantisation_error"] < 2e-5
    assert "of that of the logits (quantised)" in celoss("nll", path).stdout


def test_many_rows_of_llama_perplexity_are_the_cross_entropy_of_the_second_halves(
    result: Result, tmp_path: Path
) -> None:
    random = np.random.default_rng(5)
    tokens = random.integers(0, 37, (3, 10))
    logits = random.normal(size=(3, 4, 37)) * 3
    path = base_file(tmp_path / "base.kld", tokens.tolist(), logits.astype(np.float32).tolist())
    x = logits.astype(np.float32).astype(np.float64)
    log_p = x - np.log(np.exp(x).sum(axis=2, keepdims=True))
    wanted = -np.take_along_axis(log_p, tokens[:, 6:, None], axis=2).mean()
    found = result("nll", path, "--by", "document")
    assert abs(found["value"] - wanted) <= found["tokens"]["quantisation_error"]
    assert found["value"] == pytest.approx(wanted, abs=2e-4)
    assert (found["rows"], found["counted"], len(found["groups"])) == (3, 12, 3)


def test_a_token_below_what_can_be_written_is_told(result: Result, tmp_path: Path) -> None:
    path = base_file(tmp_path / "base", [[0, 0, 0, 2]], [[[20.0, 1.0, 0.0, 0.0]]])
    found = result("nll", path)
    assert found["value"] == pytest.approx(16, abs=1e-3)  # 20 are 16
    assert [finding["code"] for finding in found["findings"]] == ["CEL228"]


def test_damaged_base_files_are_refused(celoss: Run, tmp_path: Path) -> None:
    whole = base_file(tmp_path / "base", [[0, 0, 2, 1]], [[[2.0, 1.0, 0.0]]]).read_bytes()
    damaged = tmp_path / "damaged"
    for size in range(8, len(whole)):
        damaged.write_bytes(whole[:size])
        assert "was it cut?" in refusal(celoss, damaged), size
    for data, told in (
        (whole + b"x", "expected the end of the file after the last chunk"),
        (whole[:8] + struct.pack("<i", -1) + whole[12:], "expected sizes of a model"),
        (whole[:20] + struct.pack("<i", 3) + whole[24:], "chunk 0 [0]: expected a token from 0 to 2, got 3"),
        (
            whole[:36] + struct.pack("<f", math.nan) + whole[40:],
            "expected a scale and a least log-probability",
        ),
    ):
        damaged.write_bytes(data)
        assert told in refusal(celoss, damaged)
    damaged.write_bytes(whole[:8] + struct.pack("<3i", 2**30, 3, 2**30) + whole[20:])
    assert celoss("nll", damaged).returncode == 5
    base = tmp_path / "base"
    assert f"  celoss nll {base}  (their loss)\n" in celoss("ce", base).stderr


# ------------------------------------------------------------------------------------------------- tables


def test_a_table_with_a_token_a_row(celoss: Run, result: Result, tmp_path: Path) -> None:
    csv, jsonl = tmp_path / "t.csv", tmp_path / "t.jsonl"
    csv.write_text("doc,token,logprob\na,x,-0.5\na,y,-1.5\nb,z,-1\n")
    jsonl.write_text(
        "".join(f'{{"doc_id":"{name}","logprob":{p}}}\n' for name, p in (("a", -0.5), ("a", -1.5), ("b", -1)))
    )
    for path in (csv, jsonl):
        found = result("nll", path, "--input-is", "token-logprobs", "--per", "document", "--worst", "1")
        assert (found["value"], found["rows"], found["elements"]) == (1.5, 2, 3)
        assert found["worst_documents"][0]["id"] == "a"
    one = tmp_path / "one.csv"
    one.write_text("logprob\n-0.5\n-1.5\n")
    found = result("nll", one, "--input-is", "token-logprobs")
    assert (found["value"], found["rows"]) == (1.0, 1)
    done = celoss("nll", "--input-is", "token-logprobs", data=csv.read_text())
    assert (done.returncode, "--id-column doc" in done.stderr) == (3, True)


def test_documents_of_a_table_are_whole_whatever_its_blocks(result: Result, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    names = np.repeat(np.arange(700), random.integers(1, 900, 700))
    values = -random.integers(1, 4000, len(names)) / 256
    path = tmp_path / "t.csv"
    rows = (f"d{name},{value}\n" for name, value in zip(names.tolist(), values.tolist(), strict=True))
    path.write_text("id,logprob\n" + "".join(rows))
    found = result("nll", path, "--input-is", "token-logprobs", "--per", "document")
    assert found["value"] == -values.sum() / 700
    assert (found["rows"], found["counted"]) == (700, len(values))


def test_a_table_of_tokens_keeps_the_rules_of_tables(celoss: Run, result: Result, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id,logprob\na,-0.5\na,\nb,-1\n")
    assert "t.csv:3" in refusal(celoss, path, "--input-is", "token-logprobs")
    found = result("nll", path, "--input-is", "token-logprobs", "--missing", "skip")
    assert (found["value"], found["input"]["skipped"]) == (0.75, 1)
    path.write_text("id,logprob\na,-0.5\na,0.5\n")
    told = refusal(celoss, path, "--input-is", "token-logprobs")
    assert "Expected a log-probability of at most 0, got 0.5" in told
    path.write_text("id,logprob\na,-0.5\na,-9999\n")
    assert "got -9999" in refusal(celoss, path, "--input-is", "token-logprobs")


def test_columns_of_a_table_say_bytes_and_part_of_each_token(
    celoss: Run, result: Result, tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "doc,token,logprob,bytes,part,w\na,x,-0.5,1,prompt,1\na,yy,-1.5,2,completion,2\nb,z,-1,1,completion,1\n"
    )
    option = ("--input-is", "token-logprobs")
    assert result("nll", path, *option, "--per", "byte")["value"] == 0.75
    assert result("nll", path, *option, "--score", "completion")["value"] == 1.25
    assert result("nll", path, *option, "--weight-column", "w")["value"] == (0.5 + 3 + 1) / 4
    columns = ("--id-column", "doc", "--class-columns", "logprob,bytes")
    piped = result("nll", *option, *columns, "--per", "byte", data=path.read_text())
    assert piped["value"] == 0.75
    for changed, told in (
        (("prompt", "x"), 'expected prompt or completion in the column part, got "x"'),
        (("-0.5,1,", "-0.5,1.5,"), "expected a number of bytes, got 1.5"),
        (("prompt,1", "prompt,-1"), "Expected a sample weight that is finite and at least 0, got -1"),
    ):
        other = tmp_path / "other.csv"
        other.write_text(path.read_text().replace(*changed))
        words = ("--weight-column", "w") if "weight" in told else ()
        assert told in refusal(celoss, other, *option, *words)


# ------------------------------------------------------------------------------------- OpenAI's responses


def test_the_texts_of_responses_are_completions(celoss: Run, result: Result, tmp_path: Path) -> None:
    one, two = response("a", [("Hi", -0.5), (" you", -1.5)]), response("b", [("x", -1.0)], [("y", -3.0)])
    path = lines(tmp_path / "r.jsonl", [one, in_batch(two)])
    found = result("nll", path, "--by", "document", "--score", "completion")
    assert found["value"] == 6 / 4
    assert [group["name"] for group in found["groups"]] == ["a", "b[0]", "b[1]"]
    assert found["tokens"]["bytes"]["count"] == 8
    two["output"][1]["content"][1]["logprobs"] = []
    told = refusal(celoss, lines(tmp_path / "empty.jsonl", [one, two]))
    assert "empty.jsonl:2: $.output[1].content[1].logprobs: expected log-probabilities, got none" in told
    assert "message.output_text.logprobs" in told
    for odd in ({"output": None}, {"output": [None, {"content": [None]}]}, {"object": "x"}):
        assert "expected" in refusal(celoss, lines(tmp_path / "odd.jsonl", [{**one, **odd}]))


# ---------------------------------------------------------------------------------------- vLLM's flat lists


def test_flat_lists_of_vllm_are_its_objects(celoss: Run, result: Result, tmp_path: Path) -> None:
    records = [flat("a", A), flat("b", B)]
    path = lines(tmp_path / "flat.jsonl", records)
    found = result("nll", path, "--by", "document", "--score", "prompt")
    assert (found["value"], found["counted"], found["input"]["format"]) == (1.0, 4, "vllm")
    assert found["tokens"]["bytes"]["count"] == len(" cat sat. dog")
    whole = tmp_path / "flat.json"
    whole.write_text(json.dumps(records))
    for words in ((), ("--input-format", "vllm")):
        assert result("nll", whole, *words)["value"] == 1.0
    # An output, whose token the text says: it stands second among those that are listed.
    lists = flat("c", [("x", -4.0)])["prompt_logprobs"]
    output = {"index": 0, "token_ids": [90000], "logprobs": lists}
    path = lines(
        tmp_path / "output.jsonl", [{"request_id": "c", "prompt_logprobs": None, "outputs": [output]}]
    )
    assert result("nll", path, "--score", "completion")["value"] == 9.5
    lists["logprobs"][1] = -9999.0
    path = lines(
        tmp_path / "bound.jsonl", [{"request_id": "c", "prompt_logprobs": None, "outputs": [output]}]
    )
    assert result("nll", path, "--censored", "bound")["value"] == 4.0
    assert "got -9999" in refusal(celoss, path)


@pytest.mark.parametrize(
    ("key", "changed", "told"),
    [
        ("start_indices", [0, 0, 2, 5], "$.prompt_logprobs.start_indices[3]: expected 4, got"),
        (
            "end_indices",
            [0, 2, 4, 7],
            "$.prompt_logprobs.end_indices[3]: expected an index from 4 to 6, got",
        ),
        ("end_indices", [0, 2, 4], "$.prompt_logprobs.end_indices: expected 4 ends, got 3"),
        ("end_indices", [0, 2, 4, 5], "$.prompt_logprobs.end_indices: expected the last end to be 6, got 5"),
        ("end_indices", [0, 2, 4, True], "$.prompt_logprobs.end_indices[3]: expected an index from 4 to 6"),
        ("token_ids", [1, 2], "$.prompt_logprobs.token_ids: expected 6 values, as of logprobs, got 2"),
        ("logprobs", [-1, -1, None, 0, 0, 0], "$.prompt_logprobs.logprobs[2]: expected a log-probability"),
        (
            "logprobs",
            [-1, -1, "x", 0, 0, 0],
            "$.prompt_logprobs: token 2: expected a log-probability, got the",
        ),
        (
            "token_ids",
            [5, 6, 7, 8, 9, 10],
            '$.prompt_logprobs.token_ids[0]: expected the token "1" of the text',
        ),
        (
            "decoded_tokens",
            [1, 2, 3, 4, 5, 6],
            "$.prompt_logprobs.decoded_tokens: token 1: expected the text",
        ),
        ("ranks", 7, "$.prompt_logprobs.ranks: expected a list, got"),
    ],
)
def test_flat_lists_that_do_not_fit_each_other_are_refused(
    celoss: Run, tmp_path: Path, key: str, changed: Any, told: str
) -> None:
    record = flat("a", A)
    record["prompt_logprobs"][key] = changed
    path = lines(tmp_path / "flat.jsonl", [record])
    assert f"flat.jsonl:1: {told}" in refusal(celoss, path)


def test_models_agree_on_the_likeliest_token_of_flat_lists(celoss: Run, tmp_path: Path) -> None:
    one, other = flat("a", A), flat("a", A)
    other["prompt_logprobs"]["logprobs"][1] = -0.25  # another token than the text's
    paths = [lines(tmp_path / f"{name}.jsonl", [record]) for name, record in (("a", one), ("b", other))]
    done = celoss("compare", *paths, "--loss", "nll", "--json")
    assert json.loads(done.stdout)["comparison"]["agreement"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "words",
    [("--logits", "@base.kld", "--targets", "0"), ("p.csv", "--targets", "@base.kld")],
    ids=["values", "targets"],
)
def test_scored_tokens_are_no_values_of_an_option(
    celoss: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """It was a traceback."""
    monkeypatch.chdir(tmp_path)
    Path("base.kld").write_bytes(b"_logits_" + bytes(12))
    Path("p.csv").write_text("a,b\n1,2\n")
    done = celoss("ce", *words)
    assert done.returncode == 3
    assert (
        "base.kld: expected values or targets, got scored tokens: the base file of llama-perplexity"
        in done.stderr
    )
    assert "celoss nll takes such a file by its name" in done.stderr
