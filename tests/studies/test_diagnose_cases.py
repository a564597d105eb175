"""``diagnose`` against data with one mistake each, and against data in which nothing is wrong."""

from __future__ import annotations

import json
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from injected import INJECTED
from running import celoss
from sound import SOUND, Write

FIRST = 0.95
"""The part of the mistakes that is named before anything else is said."""

SEEDS = range(10)


def findings(words: list[str]) -> list[dict[str, str]]:
    done = celoss("diagnose", *words, "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, str]] = json.loads(done.stdout)["findings"]
    return found


@cache
def place(row: int, folder: Path) -> int | None:
    """Where the mistake comes among what is found."""
    folder = folder / str(row)
    folder.mkdir()
    found = [finding["code"] for finding in findings(INJECTED[row].write(folder))]
    return next((at for at, code in enumerate(found) if code in INJECTED[row].codes), None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("injected")


def test_the_table_is_as_long_as_it_should_be() -> None:
    assert len(INJECTED) >= 100
    assert len({mistake.name for mistake in INJECTED}) == len(INJECTED)
    assert len(SOUND) * len(SEEDS) >= 300


@pytest.mark.slow
@pytest.mark.parametrize("row", range(len(INJECTED)), ids=[mistake.name for mistake in INJECTED])
def test_an_injected_mistake_is_named(row: int, folder: Path) -> None:
    assert place(row, folder) is not None


@pytest.mark.slow
def test_nearly_all_injected_mistakes_are_named_first(folder: Path) -> None:
    places = [place(row, folder) for row in range(len(INJECTED))]
    assert sum(at == 0 for at in places) >= FIRST * len(places)


@pytest.mark.slow
@pytest.mark.parametrize("write", SOUND, ids=[write.__name__ for write in SOUND])
def test_nothing_is_wrong_with_sound_data(write: Write, tmp_path: Path) -> None:
    for seed in SEEDS:
        random = np.random.default_rng([seed, zlib.crc32(write.__name__.encode())])
        told = [found for found in findings(write(tmp_path, random)) if found["severity"] != "note"]
        assert not told, (seed, told)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-x", "1,2;3,4", "-y", "0,1"], "rows that occur twice, as they have no ids (CEL211)"),
        (["-x", "[[[1,2],[3,4]]]", "-y", "[[0,1]]"], "rows that occur twice"),
        (
            ["-x", "1,2;3,4", "-y", "[[0.5,0.5],[0.2,0.8]]"],
            "how well the predictions fit, as the targets are no single outcomes",
        ),
        (
            ["-x", "[[[[1,2],[3,4]],[[1,2],[3,4]]]]", "-y", "[[[0,1],[1,0]]]"],
            "targets that are shifted, as a row has several in no order (CEL213)",
        ),
    ],
)
def test_what_cannot_be_looked_at_is_said(words: list[str], told: str) -> None:
    done = celoss("diagnose", *words, COLUMNS="400")
    assert f"Not looked at: {told}" in done.stdout or f"; {told}" in done.stdout
    found = json.loads(celoss("diagnose", *words, "--json").stdout)
    assert any(words.startswith(told) for words in found["not_looked_at"])


def test_what_is_not_asked_for_is_not_missed() -> None:
    done = celoss("diagnose", "-x", "1,2;3,4", "-y", "0,1", "--ignore", "CEL211")
    assert "Not looked at" not in done.stdout
