"""--clip-domain: probabilities that rounding put outside of 0 to 1."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from running import celoss

ROUNDED = [1.0000001192092896, -1e-9, 0.25]
"""float32's next number above 1, a difference that should have been 0, and an ordinary one."""

EXPECTED = -np.log(0.75) / 3
"""The other two are certain and right."""


def tables(path: Path) -> list[str]:
    """The same three rows as a table, JSON, two arrays and values of the command line."""
    p = np.array(ROUNDED)
    (path / "p.csv").write_text(
        "prob,target\n" + "".join(f"{x!r},{t}\n" for x, t in zip(ROUNDED, (1, 0, 0), strict=True))
    )
    (path / "p.json").write_text('{"probs": [1.0000001192092896, -1e-9, 0.25], "targets": [1, 0, 0]}')
    np.savez(path / "p.npz", probs=p, targets=np.array([1, 0, 0]))
    np.savez(path / "f.npz", probs=p.astype(np.float32), targets=np.array([1, 0, 0]))
    files = [str(path / name) for name in ("p.csv", "p.json", "p.npz", "f.npz")]
    return [*files, f"--probs {','.join(map(repr, ROUNDED))} --targets 1,0,0"]


def test_every_way_in_clips_and_tells_it(tmp_path: Path) -> None:
    for words in tables(tmp_path):
        refused = celoss("bce", *shlex.split(words))
        assert refused.returncode == 3, words
        assert "got 1.0000001192092896. (rounding took it there)" in refused.stderr
        way = refused.stderr.splitlines()[-1].partition("  (")[0].strip()
        assert way.endswith("--clip-domain 1e-06")
        done = celoss(*shlex.split(way)[1:])
        assert "input up to 1e-06 outside of 0 to 1 taken for 0 or 1" in done.stdout
        value = float(celoss(*shlex.split(way)[1:], "--format", "value").stdout)
        assert value == pytest.approx(EXPECTED, rel=1e-15)


def test_what_lies_further_outside_is_refused_all_the_same() -> None:
    done = celoss("bce", "--probs", "1.00001", "--targets", "1", "--clip-domain", "1e-6")
    assert (done.returncode, "Expected a probability from 0 to 1, got 1.00001" in done.stderr) == (3, True)


def test_probabilities_of_classes_and_diagnose_offer_it(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("p_0,p_1,target\n1.0000001,-1e-8,0\n0.4,0.6,1\n")
    refused = celoss("ce", str(path), "--input-is", "probs")
    way = shlex.split(refused.stderr.splitlines()[-1].partition("  (")[0].strip())
    value = float(celoss(*way[1:], "--format", "value").stdout)
    assert value == pytest.approx(-np.log(0.6) / 2, rel=1e-15)
    told = celoss("diagnose", str(path), "--loss", "ce", "--input-is", "probs", "--select", "CEL108").stdout
    assert f"try: celoss ce {path} --input-is probs --clip-domain 1e-5" in told


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (
            "ce -x 1,2 -y 0 --clip-domain 1e-6",
            "Expected --clip-domain with input of probabilities, got logits.",
        ),
        ("bce -x 1 -y 0 --clip-domain 0.2", "expected a number above 0 and at most 0.01, got 0.2"),
        ("bce -x 1 -y 0 --clip-domain 0", "expected a number above 0 and at most 0.01, got 0"),
        ("bce -x 1 -y 0 --clip-domain 1e-6 --emit torch", "Expected no --clip-domain with --emit, got one."),
        ("diagnose -x 1,2", "Expected --targets together with --input, got --input alone."),
        ("diagnose p.csv -x 1,2 -y 0", "Expected files or --input, got both."),
    ],
)
def test_what_makes_no_sense_is_refused(words: str, error: str) -> None:
    done = celoss(*shlex.split(words))
    assert done.returncode == 2
    assert error.replace('"', "") in done.stderr.replace('"', "")
