"""The ways out of a refusal as commands: each is one that the command takes, or the loss's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import celoss

from celoss_cli.cli.ways import words_of
from celoss_cli.core.errors import Way

TOKENS = Way("their loss", (), "nll", needs="--per")
BINARY = Way("", (("--class-columns", "p"),), "bce")
TURNED = Way("", (("--predicted-column", "d"),), "bce")


@pytest.mark.parametrize(
    ("typed", "way", "words"),
    [
        ("ce a.jsonl --format value", TOKENS, "nll a.jsonl --format value"),
        ("diagnose a.jsonl --loss ce", TOKENS, "diagnose a.jsonl --loss nll"),
        ("temperature a.jsonl -o x.csv", TOKENS, "nll a.jsonl"),
        (
            "temperature a.csv --loss ce -o x.csv",
            BINARY,
            "temperature a.csv -o x.csv --class-columns p --loss bce",
        ),
        ("play a.csv -o x.html --rows 3", BINARY, "bce a.csv --class-columns p"),
        (
            "play a.csv --lang=en --delimiter ; -o x.html",
            TURNED,
            "bce a.csv --delimiter ; --predicted-column d",
        ),
    ],
)
def test_a_way_is_taken_by_a_command_that_has_it(typed: str, way: Way, words: str) -> None:
    assert words_of(way, typed.split()) == words.split()


def test_scored_tokens_have_no_temperature_and_lead_to_their_loss(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text(
        '{"choices": [{"logprobs": {"content": [{"token": "a", "logprob": -0.5, "bytes": [97]}]}}]}\n'
    )
    done = celoss("temperature", "c.jsonl", "-o", "x.csv", cwd=tmp_path)
    assert (done.returncode, done.stderr.splitlines()[1]) == (3, "  celoss nll c.jsonl  (their loss)")
    found = celoss("nll", "c.jsonl", "--format", "value", cwd=tmp_path)
    assert float(found.stdout) == 0.5
