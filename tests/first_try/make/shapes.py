"""The predictions of the corpus as lists and tables, for layouts that were written before they were tried."""

from __future__ import annotations

import numpy as np
from corpus import CLASSES, LABELS, POSITIVE, PROBS, SPECIES, bce, ce, dump, right, table

THREE, TWO = ce(PROBS, CLASSES), bce(POSITIVE, LABELS)
BEST = [SPECIES[k] for k in PROBS.argmax(axis=1)]
P = PROBS.tolist()
S = POSITIVE.tolist()
NO = np.round(1 - POSITIVE, 3).tolist()
T = LABELS.tolist()
D = (POSITIVE > 0.5).astype(int).tolist()
EACH = list(zip(D, T, S, NO, strict=True))
"""Decision, label, probability, and that of the other answer."""


def three(name: str, header: list[str], rows: list[list[object]], source: str, mark: str = ",") -> None:
    """A table of probabilities of the three classes."""
    dump(name, table(header, rows, mark))
    right(f"ce --input-is probs {name}", THREE, source)


def two(name: str, header: list[str], rows: list[list[object]], source: str, mark: str = ",") -> None:
    """A table of the probability of a yes."""
    dump(name, table(header, rows, mark))
    right(f"bce {name}", TWO, source)
