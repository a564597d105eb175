"""The options that losses share, each declared once. Nothing here imports NumPy."""

from __future__ import annotations

from celoss_cli.core.option import FINITE, FLAG, NUMBER, VALUES, WHOLE, Option

__all__ = [
    "GAMMA",
    "IGNORE_INDEX",
    "LABEL_SMOOTHING",
    "LOG_TARGET",
    "POS_WEIGHT",
    "SEMANTICS",
    "WEIGHT",
]

SEMANTICS = "Semantics, as in PyTorch"
"""The heading in the help that the options of losses stand under."""

WEIGHT = Option(
    "weight",
    VALUES,
    "A weight for each class (ce, nll) or element; or @FILE.",
    panel=SEMANTICS,
    file="read",
    changes="weight",
)
POS_WEIGHT = Option(
    "pos_weight",
    VALUES,
    "Weights of the positive answer, from the last axis; or @FILE.",
    panel=SEMANTICS,
    file="read",
)
IGNORE_INDEX = Option(
    "ignore_index",
    WHOLE,
    "Leave out targets of this value; -100 if not given.",
    metavar="INDEX",
    panel=SEMANTICS,
    changes="prediction",
)
LABEL_SMOOTHING = Option(
    "label_smoothing",
    NUMBER,
    "Mix the target with the uniform distribution, 0 to 1.",
    metavar="EPS",
    panel=SEMANTICS,
)
GAMMA = Option(
    "gamma",
    FINITE,
    "The exponent of 1 - p, from 0 on; 2 if not given.",
    metavar="G",
    panel=SEMANTICS,
)
LOG_TARGET = Option(
    "log_target",
    FLAG,
    "The targets are log-probabilities.",
    default=False,
    panel=SEMANTICS,
    changes="prediction",
)
