"""Records of dumps with something else where a list, a text or a number belongs: refused, or read without."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from celoss_cli.core.data import Batch
from celoss_cli.core.errors import InputError
from celoss_cli.read.json import lines
from celoss_cli.read.request import ReadRequest, Stream

CHAT = {"token": "a", "logprob": -0.5, "bytes": None}
CENSORED = {"token": "a", "logprob": -9999.0, "bytes": None, "top_logprobs": True}
FLAT = {"start_indices": [0], "end_indices": [1], "token_ids": [5]}


def batches(record: dict[str, Any]) -> list[Batch]:
    stream = Stream("-", io.BufferedReader(io.BytesIO(json.dumps(record).encode() + b"\n")))  # type: ignore[arg-type]
    request = ReadRequest(per_class=True, takes="log-probs", scored=True, likeliest=True)
    found = [
        batch if isinstance(batch, Batch) else batch.read() for batch in lines.read(stream, request).batches
    ]
    assert found
    return found


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (
            {"prompt_logprobs": {**FLAT, "logprobs": None}},
            "$.prompt_logprobs.logprobs: expected a list, got null",
        ),
        (
            {"completion_probabilities": [{"content": ["a"], "probs": [{"tok_str": "a", "prob": 0.5}]}]},
            "$.completion_probabilities[0].content: expected the text of a token",
        ),
        (
            {"instance_id": "i", "stats": [{"name": {"name": ["logprob"]}, "sum": 1}]},
            "expected the statistic logprob",
        ),
        (
            {"doc_id": 1, "filtered_resps": [[-1.5, True]], "arguments": []},
            "$.arguments: expected a context and a continuation, got none",
        ),
        (
            {"choices": [{"logprobs": {"content": [CHAT, {"token": "b", "logprob": None}]}}]},
            "$.choices[0].logprobs.content[1].logprob: expected a log-probability, got none",
        ),
        (
            {"choices": [{"logprobs": {"token_logprobs": [None, -1]}}], "usage": {"prompt_tokens": -1}},
            '$.usage.prompt_tokens: expected a number of tokens, got "-1"',
        ),
        (
            {"prompt_logprobs": [None, {}], "outputs": []},
            "$.prompt_logprobs[1]: expected a token with its log-probability, got none",
        ),
        (  # what followed an empty entry was left out without a word
            {"prompt_logprobs": [None, *[{"5": {"logprob": -1, "decoded_token": "a"}}] * 2, {}, {"6": {}}]},
            "$.prompt_logprobs[3]: expected a token with its log-probability, got none",
        ),
        (
            {"prompt_logprobs": [None, {"5": 7}], "outputs": []},
            '$.prompt_logprobs[1]: expected an object, got "7"',
        ),
        (
            {"prompt_logprobs": [None, {"5": {"logprob": -1}}], "prompt_token_ids": [1, 6], "outputs": []},
            '$.prompt_logprobs[1]: expected the token "6" of the text, got "5"',
        ),
        (
            {"choices": [{"logprobs": {"content": [{"token": "a", "logprob": 10**400}]}}]},
            "expected a log-probability",
        ),
    ],
)
def test_what_is_missing_is_refused_with_its_path(record: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as refused:
        batches(record)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "record",
    [
        {"choices": [{"logprobs": {"content": [CENSORED, CHAT]}}]},
        {"choices": [{"logprobs": {"tokens": ["a"], "token_logprobs": [-0.5], "top_logprobs": 7}}]},
        {"meta_info": {"input_token_logprobs": [[-0.5, 1, "a"]], "input_top_logprobs": [5]}},
        {"completion_probabilities": [{"content": "a", "probs": [{"tok_str": ["a"], "prob": 0.5}]}]},
    ],
    ids=["chat", "completions", "sglang", "older llama"],
)
def test_likely_tokens_that_are_none_say_nothing(record: dict[str, Any]) -> None:
    (batch,) = batches(record)
    assert {*batch.target} == {"a"}


def test_the_tokens_of_a_refusal_count_where_there_is_no_content() -> None:
    (batch,) = batches({"choices": [{"logprobs": {"content": None, "refusal": [CHAT, CHAT]}}]})
    assert (batch.input.tolist(), list(batch.target)) == ([-0.5, -0.5], ["a", "a"])
