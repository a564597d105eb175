"""A tiny language model whose dumps, in every format, have the loss that PyTorch computes on its logits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dumps import FORMATS, base_file, chat, lines, sglang, tgi
from running import Done

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

Run = Callable[..., Done]

VOCABULARY = [" the", " cat", " sat", "s", "ing", ".", " dög", " a", "\n", "n't", " 7"]
SIZES = (7, 12, 3, 20)


def model(tokens: Any) -> Any:
    """Logits of each next token, shape (tokens, words): random weights, one causal layer of attention."""
    random = torch.Generator().manual_seed(3)

    def weights(*shape: int) -> Any:
        return torch.randn(*shape, generator=random, dtype=torch.float64)

    words, width = len(VOCABULARY), 16
    x = weights(words, width)[tokens] + weights(64, width)[: len(tokens)]
    queries, keys, values = x @ weights(width, width), x @ weights(width, width), x @ weights(width, width)
    scores = (queries @ keys.T / width).masked_fill(torch.ones(len(x), len(x)).triu(1) == 1, -torch.inf)
    return (x + torch.softmax(scores, dim=-1) @ values) @ weights(width, words) / 12


@pytest.fixture(scope="module")
def documents() -> list[tuple[Any, Any]]:
    """Tokens and logits of each document."""
    random = torch.Generator().manual_seed(5)
    drawn = [torch.randint(len(VOCABULARY), (size,), generator=random) for size in SIZES]
    return [(tokens, model(tokens)) for tokens in drawn]


def scores(tokens: Any, logits: Any) -> list[tuple[str, float | None]]:
    """Each token with its log-probability, the first without."""
    log_p = torch.log_softmax(logits[:-1], dim=-1).gather(1, tokens[1:, None])[:, 0].tolist()
    return list(zip([VOCABULARY[token] for token in tokens.tolist()], [None, *log_p], strict=True))


def wanted(documents: list[tuple[Any, Any]], reduction: str = "mean") -> float:
    logits = torch.cat([logits[:-1] for _, logits in documents])
    targets = torch.cat([tokens[1:] for tokens, _ in documents])
    return float(torch.nn.functional.cross_entropy(logits, targets, reduction=reduction))


def value(celoss: Run, *words: str | Path) -> dict[str, Any]:
    done = celoss("nll", *words, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("format", [*FORMATS.values(), sglang, tgi], ids=[*FORMATS, "sglang", "tgi"])
def test_the_loss_of_a_dump_is_that_of_the_logits(
    celoss: Run, tmp_path: Path, documents: list[tuple[Any, Any]], format: Callable[..., dict[str, Any]]
) -> None:
    records = [format(f"d{at}", scores(*document)) for at, document in enumerate(documents)]
    path = lines(tmp_path / "dump.jsonl", records)
    found = value(celoss, path)
    assert found["value"] == pytest.approx(wanted(documents), rel=1e-14)
    assert found["perplexity"] == pytest.approx(np.exp(wanted(documents)), rel=1e-13)
    assert found["counted"] == sum(SIZES) - len(SIZES)
    text = sum(len(VOCABULARY[token].encode()) for tokens, _ in documents for token in tokens[1:].tolist())
    by_bytes = value(celoss, path, "--per", "byte")
    assert by_bytes["value"] == pytest.approx(wanted(documents, "sum") / text, rel=1e-14)


def test_the_loss_of_generated_tokens(celoss: Run, tmp_path: Path, documents: list[tuple[Any, Any]]) -> None:
    records = [chat(f"d{at}", scores(*document)[1:]) for at, document in enumerate(documents)]
    found = value(celoss, lines(tmp_path / "dump.jsonl", records))
    assert found["value"] == pytest.approx(wanted(documents), rel=1e-14)


def test_the_loss_of_quantised_log_probabilities_is_within_its_bound(
    celoss: Run, tmp_path: Path, documents: list[tuple[Any, Any]]
) -> None:
    tokens, logits = documents[-1]
    half = len(tokens) // 2
    path = base_file(tmp_path / "base", [tokens.tolist()], [logits[half:-1].tolist()])
    found = value(celoss, path)
    exact = float(torch.nn.functional.cross_entropy(logits[half:-1], tokens[half + 1 :]))
    assert abs(found["value"] - exact) <= found["tokens"]["quantisation_error"] < 1e-3
