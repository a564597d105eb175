"""Dumps of scored tokens as servers write them, made of texts and log-probabilities: of our own making."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

__all__ = [
    "FORMATS",
    "base_file",
    "chat",
    "completion",
    "flat",
    "in_batch",
    "lines",
    "prompts",
    "response",
    "sglang",
    "tgi",
]

Scores = Sequence[tuple[str, float | None]]
"""Tokens of a document with their log-probabilities."""


def completion(name: str, scores: Scores, *, prompt: int | None = None, **more: Any) -> dict[str, Any]:
    """OpenAI's completion with echo: lists side by side."""
    texts = [text for text, _ in scores]
    logprobs = {
        "tokens": texts,
        "token_logprobs": [score for _, score in scores],
        "top_logprobs": None,
        "text_offset": [*accumulate(map(len, texts[:-1]), initial=0)],
    }
    choice = {"index": 0, "text": "".join(texts), "finish_reason": "length", "logprobs": logprobs}
    usage = {} if prompt is None else {"usage": {"prompt_tokens": prompt, "total_tokens": len(texts)}}
    return {"id": name, "object": "text_completion", "choices": [{**choice, **more}], **usage}


def chat(name: str, scores: Scores, *, top: Sequence[float] = ()) -> dict[str, Any]:
    """OpenAI's chat completion: an object a token."""
    others = [{"token": "?", "logprob": score, "bytes": [63]} for score in top]
    content = [
        {"token": text, "logprob": score, "bytes": [*text.encode()], "top_logprobs": others}
        for text, score in scores
    ]
    message = {"role": "assistant", "content": "".join(text for text, _ in scores)}
    choice = {"index": 0, "message": message, "logprobs": {"content": content}, "finish_reason": "stop"}
    return {"id": name, "object": "chat.completion", "choices": [choice]}


def response(name: str, *texts: Scores) -> dict[str, Any]:
    """OpenAI's response: some reasoning, and a message of texts."""
    contents = [
        {
            "type": "output_text",
            "text": "".join(text for text, _ in scores),
            "annotations": [],
            "logprobs": chat(name, scores)["choices"][0]["logprobs"]["content"],
        }
        for scores in texts
    ]
    reasoning = {"id": "rs", "type": "reasoning", "summary": []}
    message = {"id": "msg", "type": "message", "role": "assistant", "content": contents}
    return {"id": name, "object": "response", "output": [reasoning, message], "usage": {"output_tokens": 2}}


def in_batch(body: dict[str, Any]) -> dict[str, Any]:
    """A line of OpenAI's Batch output."""
    response = {"status_code": 200, "request_id": "r", "body": body}
    return {"id": f"batch_{body['id']}", "custom_id": body["id"], "response": response, "error": None}


def prompts(name: str, scores: Scores) -> dict[str, Any]:
    """VLLM's completion with prompt_logprobs: an object from ids of the vocabulary a token."""
    entries = [
        None
        if score is None
        else {
            str(at): {"logprob": score, "rank": 1, "decoded_token": text},
            "90000": {"logprob": -9.5, "rank": 2, "decoded_token": "?"},
        }
        for at, (text, score) in enumerate(scores)
    ]
    choice = {"index": 0, "text": "", "logprobs": None, "prompt_logprobs": entries}
    return {"id": name, "object": "text_completion", "choices": [choice]}


def flat(name: str, scores: Scores) -> dict[str, Any]:
    """VLLM's RequestOutput of a prompt with flat_logprobs: lists of all that is listed."""
    found: dict[str, Any] = {"start_indices": [], "end_indices": []}
    listed: dict[str, list[Any]] = {"logprobs": [], "token_ids": [], "ranks": [], "decoded_tokens": []}
    for at, (text, score) in enumerate(scores):
        found["start_indices"].append(len(listed["logprobs"]))
        if score is not None:
            for key, values in zip(listed, ([score, -9.5], [at, 90000], [1, 2], [text, "?"]), strict=True):
                listed[key] += values
        found["end_indices"].append(len(listed["logprobs"]))
    prompt = {"prompt_token_ids": [*range(len(scores))], "prompt_logprobs": {**found, **listed}}
    return {"request_id": name, "prompt": "x", **prompt, "outputs": []}


def sglang(name: str, scores: Scores) -> dict[str, Any]:
    """SGLang's answer to a prompt with return_logprob: a triple a token."""
    triples = [[score, at, text] for at, (text, score) in enumerate(scores)]
    return {
        "text": "",
        "meta_info": {"id": name, "input_token_logprobs": triples, "output_token_logprobs": []},
    }


def tgi(name: str, scores: Scores) -> dict[str, Any]:
    """Text Generation Inference's answer with decoder_input_details."""
    prefill = [
        {"id": at, "text": text, **({} if score is None else {"logprob": score})}
        for at, (text, score) in enumerate(scores)
    ]
    return {"id": name, "generated_text": "", "details": {"prefill": prefill, "tokens": []}}


FORMATS: dict[str, Callable[[str, Scores], dict[str, Any]]] = {
    "completion": completion,
    "batch": lambda name, scores: in_batch(completion(name, scores)),
    "vllm": prompts,
    "vllm flat": flat,
}
"""Those that can hold a null for the first token."""


def lines(path: Path, records: Sequence[Any]) -> Path:
    """JSON Lines of these records."""
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


def quantised(logits: Sequence[float]) -> bytes:
    """A row as llama-perplexity writes it, in single precision."""
    x = np.asarray(logits, np.float32)
    most, least = x.max(), max(x.min(), x.max() - np.float32(16))
    total = np.float32(np.log(np.exp((x - most).astype(np.float64)).sum()))
    scale = np.float32((most - least) / np.float32(65535))
    q = np.where(x > least, np.rint((x - least) / scale), 0).astype("<u2")
    row = np.zeros(2 * ((len(x) + 1) // 2) + 4, "<u2")
    row[:4] = np.array([scale, least - most - total], "<f4").view("<u2")
    row[4 : 4 + len(x)] = q
    return row.tobytes()


def base_file(path: Path, chunks: Sequence[Sequence[int]], logits: Any) -> Path:
    """Chunks of tokens, and logits of shape (chunks, rows, vocabulary)."""
    tokens = np.array(chunks, "<i4")
    rows = b"".join(quantised(row) for chunk in logits for row in chunk)
    vocabulary = len(logits[0][0])
    sizes = struct.pack("<3i", tokens.shape[1], vocabulary, len(chunks))
    path.write_bytes(b"_logits_" + sizes + tokens.tobytes() + rows)
    return path
