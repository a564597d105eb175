"""Scored tokens as vLLM's server writes them: celoss nll beside reading every line with orjson."""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
from pathlib import Path

from measure import in_turn

PIECES = [" the", " of", "ing", ",", ".", " a", "é", "\n", '"', " Straße", "ly", "\\", ":", "12", "東", "ed"]
READ = "import orjson, sys\nfor line in open(sys.argv[1], 'rb'):\n    orjson.loads(line)"


def main() -> None:
    """Measures and prints the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=float, default=1e7)
    parser.add_argument("--document", type=int, default=1000, help="tokens of a document")
    parser.add_argument("--listed", type=int, default=1, help="tokens that are listed at each place")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cache", type=Path, help="keeps the data")
    parser.add_argument("--small", action="store_true", help="a few tokens, one round")
    given = parser.parse_args()
    if given.small:
        given.tokens, given.rounds = 1e4, 1
    with tempfile.TemporaryDirectory() as temporary:
        path = _data(given.cache or Path(temporary), int(given.tokens), given.document, given.listed)
        runs = in_turn(
            {
                "orjson": [sys.executable, "-c", READ, str(path)],
                "celoss": [sys.executable, "-m", "celoss_cli", "nll", str(path), "--format", "value"],
            },
            given.rounds,
        )
    print(f"{path.name}, load {os.getloadavg()[0]:.1f}")
    for name, run in runs.items():
        print(f"{name:8} {run.wall:8.2f} s {run.cpu:8.2f} s of processors {run.memory / 1e6:8.0f} MB")
    wall, cpu = (getattr(runs["celoss"], what) / getattr(runs["orjson"], what) for what in ("wall", "cpu"))
    print(f"{'ratio':8} {wall:8.2f}   {cpu:8.2f}")


def _data(folder: Path, tokens: int, size: int, listed: int) -> Path:
    """Completions with prompt_logprobs, each of so many tokens."""
    path = folder / f"{tokens}-tokens-{size}-a-document-{listed}-listed.jsonl"
    if path.exists():
        return path
    numbers = random.Random(1)
    vocabulary = [numbers.choice(PIECES) + numbers.choice(["", "a", "bc", "def"]) for _ in range(50_000)]
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for start in range(0, tokens, size):
            prompt = [None, *(_place(numbers, vocabulary, listed) for _ in range(min(size, tokens - start)))]
            choice = {"index": 0, "text": "", "logprobs": None, "prompt_logprobs": prompt}
            record = {"id": f"cmpl-{start}", "object": "text_completion", "choices": [choice]}
            json.dump(record, file, separators=(",", ":"), ensure_ascii=False)
            file.write("\n")
    return path


def _place(numbers: random.Random, vocabulary: list[str], listed: int) -> dict[str, object]:
    names = numbers.sample(range(len(vocabulary)), listed)
    scores = [-numbers.expovariate(0.5) for _ in names]
    return {
        str(name): {"logprob": score, "rank": numbers.randint(1, 2000), "decoded_token": vocabulary[name]}
        for name, score in zip(names, scores, strict=True)
    }


if __name__ == "__main__":
    main()
