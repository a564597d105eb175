"""The commands that celoss prints in its texts, and whether they run."""

from __future__ import annotations

import html
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from running import Done, celoss

from celoss_cli.cli.commands import NAMES

__all__ = ["asked", "commands", "document", "refused_by", "runs", "texts", "wrong_in"]

_STANDS_FOR = re.compile(
    r"^(with|@targets\.csv|@labels\.npy|@?[A-Z]{3,}|[A-Z]+=[A-Z]+|OLD|NEW|X|N|A|B|K|[a-z]+=FILE|\.\.\.|…|\[.*\])$"
)
"""A word that stands for what a reader puts there."""

_A_COMMAND = re.compile(r"(?<!\| )\bceloss [a-z][^`\n]*")
"""Not one that reads what another program writes."""


def texts(value: Any) -> Iterator[str]:
    """Every text of a JSON document."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(inner)


def commands(text: str) -> Iterator[list[str]]:
    """The commands of a text, as words after ``celoss``, without those in which a word stands for another."""
    for found in _A_COMMAND.findall(text):
        words = _split(found)
        if len(words) > 2 and words[1] in NAMES and not any(map(_STANDS_FOR.match, words)):
            yield words[1:]


def _split(command: str) -> list[str]:
    """The words of a command, up to where a sentence goes on."""
    for end in ("; ", "  (", ", or ", " (", " or "):
        command = command.partition(end)[0]
    try:
        words = shlex.split(command)
    except ValueError:
        return []
    return [] if {"|", "<", ">", "&&"} & set(words) else words


def runs(done: Done) -> bool:
    """Whether a command ran at once; one that is refused for a further doubt did not."""
    return done.returncode in (0, 1)


def refused_by(folder: Path, words: Sequence[str], **settings: str) -> str:
    """What is wrong with a command, or "" where it runs."""
    done = celoss(*words, cwd=folder, **settings)
    return "" if runs(done) else f"celoss {shlex.join(words)}: {done.returncode} {done.stderr}"


def document(done: Done) -> Any:
    return json.loads(done.stdout if done.returncode in (0, 1) else done.stderr.splitlines()[0])


def printed_by(folder: Path, words: Sequence[str]) -> tuple[set[tuple[str, ...]], list[str]]:
    """The commands that are printed, and what is wrong with the numbers and findings beside them."""
    done, wrong = celoss(*words, cwd=folder), list[str]()
    found = {tuple(command) for command in lines_of(done.stderr + done.stdout)}
    if done.stdout.startswith("<"):
        found |= {tuple(command) for command in commands(html.unescape(re.sub("<[^>]*>", "\n", done.stdout)))}
    elif "{" in (done.stdout[:1], done.stderr[:1]):
        told = document(done)
        found |= {tuple(command) for text in texts(told) for command in commands(text)}
        if done.stdout:
            wrong += list(findings_that_stay(folder, told.get("findings", ())))
            wrong += list(other_numbers(folder, told.get("explanations", ())))
    return found, wrong


def lines_of(text: str) -> Iterator[list[str]]:
    """The commands that stand on lines of their own, and of remedies."""
    for line in text.splitlines():
        line = line.partition("try: ")[2] or line.removeprefix("  ")
        if line.startswith("celoss ") and line.split()[1] in NAMES:
            yield from commands(line)


def findings_that_stay(folder: Path, findings: Any) -> Iterator[str]:
    """Findings that the command beside them does not mend."""
    for finding in findings:
        for command in commands(finding["remedy"]):
            if "--json" not in command:
                command.append("--json")
            done = celoss(*command, cwd=folder)
            if done.stdout and any(f["code"] == finding["code"] for f in document(done).get("findings", ())):
                yield f"{finding['code']} stays after celoss {shlex.join(command)}\n"


def other_numbers(folder: Path, explanations: Any) -> Iterator[str]:
    """Explanations whose command gives another number than stands beside it."""
    for explanation in explanations:
        if explanation["command"] and not explanation["afterwards"]:
            words = shlex.split(explanation["command"])[1:]
            done = celoss(*words, "--format", "value", cwd=folder)
            if done.returncode or float(done.stdout) != pytest.approx(explanation["value"], rel=1e-9):
                yield f"{explanation['command']}: {done.stdout}{done.stderr}, not {explanation['value']}\n"


def asked(loss: str, *files: str, got: str = "0.6931") -> Iterator[list[str]]:
    """What a person may ask of files: every command that reads predictions."""
    yield [loss, *files]
    yield [loss, *files, "--json"]
    yield ["diagnose", *files, "--loss", loss, "--json"]
    yield ["inspect", *files, "--json"]
    yield ["reconcile", *files, "--got", got, "--json"]
    yield ["compare", files[0], files[0], *files[1:], "--loss", loss, "--json"]
    yield ["weights", *files, "--json"]
    if loss in ("ce", "nll", "bce", "bce-logits"):
        yield ["temperature", *files, "--loss", loss, "--json"]
    yield ["plot", loss, *files, "--format", "json"]
    yield ["plot", loss, *files, "--kind", "reliability", "--format", "json"]
    yield ["report", *files, "--loss", loss, "-o", "-"]


def wrong_in(folder: Path, asks: Iterable[Sequence[str]]) -> tuple[list[str], int]:
    """What is wrong with all that is printed, and how many commands were tried."""
    printed, wrong = set[tuple[str, ...]](), list[str]()
    for words in asks:
        found, not_so = printed_by(folder, words)
        printed |= found
        wrong += not_so
    wrong += [refused_by(folder, words) for words in sorted(printed)]
    return sorted(filter(None, set(wrong))), len(printed)
