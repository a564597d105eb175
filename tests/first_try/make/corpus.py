"""What every generator uses: the manifest being made, the folder of dumps, the formulas of the losses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parents[1]
DUMPS = FOLDER / "dumps"
MANIFEST = FOLDER / "manifest.toml"

SPECIES = ("setosa", "versicolor", "virginica")
PROBS = np.array(
    [
        [0.91, 0.06, 0.03],
        [0.12, 0.71, 0.17],
        [0.05, 0.4, 0.55],
        [0.2, 0.625, 0.175],
        [0.64, 0.27, 0.09],
        [0.015, 0.235, 0.75],
    ]
)
"""Probabilities of three classes, shape (6, 3); each row adds up to 1."""
CLASSES = np.array([0, 1, 2, 2, 0, 1])
"""The class of each row of PROBS, shape (6,)."""
NAMES = [SPECIES[k] for k in CLASSES]
LOGITS = np.array([[2.5, -0.75, 0.3], [-1.2, 1.9, 0.4], [0.1, 0.2, -2.6], [0.0, 1.25, 3.1], [1.5, 0.5, -0.5]])
LOGIT_CLASSES = np.array([0, 1, 0, 2, 1])
POSITIVE = np.array([0.83, 0.27, 0.64, 0.08, 0.945, 0.35, 0.52])
"""Probabilities of the positive class, shape (7,)."""
LABELS = np.array([1, 0, 1, 0, 1, 1, 0])
"""The labels of POSITIVE, shape (7,)."""
MARGINS = np.array([1.75, -0.6, 0.35, -2.25, 3.1, -0.45, 0.125])
"""Scores before the sigmoid, for LABELS."""


@dataclass(frozen=True)
class Case:
    """One dump, the command that a person types, and what must come of it.

    Attributes:
        command: the arguments of `celoss`, run in the folder of dumps.
        source: what wrote the file, or whose layout it has.
        right: the right value; where the dump must be refused, those of the commands that the refusal offers.
        refuse: why no number is due; empty where one is.

    """

    command: str
    source: str
    right: tuple[float, ...]
    refuse: str = ""


CASES: list[Case] = []


def dump(name: str, content: str | bytes) -> str:
    """Writes one file of the corpus as it is, without translation of line ends; returns its name."""
    data = content.encode() if isinstance(content, str) else content
    (DUMPS / name).write_bytes(data)
    return name


def right(command: str, value: float, source: str) -> None:
    """A dump with one sound reading: the command gives `value`."""
    CASES.append(Case(command, source, (float(value),)))


def refused(command: str, why: str, values: Iterable[float], source: str) -> None:
    """A dump that must be refused; `values` are those of the commands that the refusal offers."""
    CASES.append(Case(command, source, tuple(map(float, values)), why))


def ce(probs: object, classes: object) -> float:
    """Mean of -log p[y] over rows of probabilities, shapes (N, C) and (N,)."""
    p, y = np.asarray(probs, np.float64), np.asarray(classes)
    return float(-np.log(p[np.arange(len(y)), y]).mean())


def ce_logits(logits: object, classes: object) -> float:
    """Mean of log(sum(exp(x))) - x[y], shapes (N, C) and (N,)."""
    x, y = np.asarray(logits, np.float64), np.asarray(classes)
    top = x.max(axis=1)
    return float((top + np.log(np.exp(x - top[:, None]).sum(axis=1)) - x[np.arange(len(y)), y]).mean())


def nll(log_probs: object, classes: object) -> float:
    """Mean of -x[y], shapes (N, C) and (N,)."""
    x, y = np.asarray(log_probs, np.float64), np.asarray(classes)
    return float(-x[np.arange(len(y)), y].mean())


def bce(probs: object, labels: object) -> float:
    """Mean of -(t log p + (1 - t) log(1 - p)), the logarithms at least -100 as PyTorch has them."""
    p, t = np.asarray(probs, np.float64), np.asarray(labels, np.float64)
    with np.errstate(divide="ignore"):
        yes, no = np.maximum(np.log(p), -100), np.maximum(np.log1p(-p), -100)
    return float(-(t * yes + (1 - t) * no).mean())


def bce_logits(scores: object, labels: object) -> float:
    """Mean of max(x, 0) - x t + log(1 + exp(-|x|))."""
    x, t = np.asarray(scores, np.float64), np.asarray(labels, np.float64)
    return float((np.maximum(x, 0) - x * t + np.log1p(np.exp(-np.abs(x)))).mean())


def table(
    header: Sequence[str] | None, rows: Iterable[Sequence[object]], mark: str = ",", end: str = "\n"
) -> str:
    """A table as text, each cell by `str`, which for a float are its shortest digits."""
    lines = ([] if header is None else [mark.join(header)]) + [mark.join(map(str, row)) for row in rows]
    return "".join(line + end for line in lines)


def write_manifest() -> None:
    """Writes the cases as TOML, in the order in which they were made."""
    lines = ["# Made by `python tests/first_try/make`; see README.md.\n"]
    for case in CASES:
        lines.append("[[case]]")
        lines.append(f"command = {json.dumps(case.command, ensure_ascii=False)}")
        lines.append(f"source = {json.dumps(case.source, ensure_ascii=False)}")
        lines.append(f"right = [{', '.join(map(repr, case.right))}]")
        if case.refuse:
            lines.append(f"refuse = {json.dumps(case.refuse, ensure_ascii=False)}")
        lines.append("")
    MANIFEST.write_text("\n".join(lines))
