"""Writes losses.json: what PyTorch answers for every loss, option, rank and special value.

    python tests/golden/make_golden.py

It needs PyTorch; the test that reads the file does not. Cases where celoss differs from PyTorch on
purpose are not in it.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

INF, NAN = math.inf, math.nan
SHAPES = ((3,), (4, 3), (2, 3, 5), (2, 3, 2, 2))
CLASS_COUNTS = (1, 2, 8, 9, 63, 64, 65, 130)
REDUCTIONS = ("none", "mean", "sum")

Case = tuple[str, str, Any, Any, dict[str, Any]]


class Numbers:
    """Reproducible numbers with few digits, so that the file stays small."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def normal(self, *shape: int) -> np.ndarray:
        return np.round(self._random.normal(0, 3, shape), 3)

    def unit(self, *shape: int) -> np.ndarray:
        return np.round(self._random.uniform(0.01, 0.99, shape), 3)

    def index(self, below: int, *shape: int) -> np.ndarray:
        return self._random.integers(0, below, shape)

    def sign(self, *shape: int) -> np.ndarray:
        return self._random.choice([-1.0, 1.0], shape)

    def distribution(self, *shape: int) -> np.ndarray:
        axis = 1 if len(shape) > 1 else 0
        raw = self._random.uniform(0.1, 1, shape)
        return np.round(raw / raw.sum(axis, keepdims=True), 4)


def without_classes(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (shape[0], *shape[2:]) if len(shape) > 1 else ()


def class_losses(function: str, numbers: Numbers) -> Iterator[Case]:
    """Cases that cross_entropy and nll_loss share."""
    for shape in SHAPES:
        classes = shape[min(1, len(shape) - 1)]
        x, y = numbers.normal(*shape), numbers.index(classes, *without_classes(shape))
        weight = numbers.unit(classes)
        rank = f"rank {len(shape)}"
        yield f"{rank}", function, x, y, {}
        yield f"{rank}, weight", function, x, y, {"weight": weight}
        yield f"{rank}, ignore_index inside", function, x, y, {"ignore_index": int(y.flat[0])}
        marked = np.where(np.arange(y.size).reshape(y.shape) % 3 == 1, -7, y)
        options = {"weight": weight, "ignore_index": -7}
        yield f"{rank}, weight, ignore_index outside", function, x, marked, options
        yield f"{rank}, default ignore_index", function, x, np.where(marked == -7, -100, y), {}
    for classes in CLASS_COUNTS:
        x, y = numbers.normal(3, classes), numbers.index(classes, 3)
        yield f"{classes} classes", function, x, y, {}
        yield f"{classes} classes, weight", function, x, y, {"weight": numbers.unit(classes)}
    x = numbers.normal(2, 3)
    yield "all ignored", function, x, np.array([-100, -100]), {}
    yield "all ignored, weight", function, x, np.array([1, 1]), {"ignore_index": 1, "weight": [1.0, 2.0, 3.0]}
    yield "empty batch", function, np.empty((0, 3)), np.empty(0, np.int64), {}
    yield "empty positions", function, np.empty((2, 3, 0)), np.empty((2, 0), np.int64), {}
    yield "zero weight", function, x, np.array([0, 0]), {"weight": [0.0, 1.0, 1.0]}
    yield "zero weight on one row", function, x, np.array([0, 1]), {"weight": [0.0, 1.0, 1.0]}
    yield "zero weight on an infinite loss", function, [[-INF, 0.0]], [0], {"weight": [0.0, 1.0]}
    yield "negative weight", function, x, np.array([0, 2]), {"weight": [-1.0, 1.0, 4.0]}
    special = [[-INF, 0.5, 1.0], [1.0, -INF, 0.5], [NAN, 0.5, 1.0], [1e300, -1e300, 0.0]]
    yield "special values", function, special, [1, 1, 1, 1], {}
    yield "special values, ignored", function, special, [-100, 2, -100, -100], {}
    yield "infinite loss", function, special[:2], [1, 1], {"weight": [1.0, 2.0, 3.0]}


def cross_entropy(numbers: Numbers) -> Iterator[Case]:
    name = "cross_entropy"
    yield from class_losses(name, numbers)
    nans = [[INF, 0.5, 1.0], [0.5, INF, 1.0], [-INF, -INF, -INF], [INF, INF, 0.0]]
    yield "nan by plus or minus infinity", name, nans, [0, 0, 0, 0], {}
    nothing = {"label_smoothing": 0.1, "weight": [0.0, 1.0, 1.0]}
    yield "zero weight with label smoothing", name, numbers.normal(2, 3), [0, 0], nothing
    yield "-inf with label smoothing", name, [[-INF, 0.5, 1.0]], [1], {"label_smoothing": 0.1}
    for classes in CLASS_COUNTS:
        x, y = numbers.normal(3, classes), numbers.index(classes, 3)
        weight = numbers.unit(classes)
        smooth = {"label_smoothing": 0.1, "weight": weight, "ignore_index": int(y[1])}
        yield f"{classes} classes, smooth", name, x, y, {"label_smoothing": 0.1}
        yield f"{classes} classes, smooth, weight, ignored", name, x, y, smooth
        q = numbers.distribution(3, classes)
        yield f"{classes} classes, probabilities", name, x, q, {}
        yield f"{classes} classes, probabilities, weight", name, x, q, {"weight": weight}
    for shape in SHAPES:
        classes = shape[min(1, len(shape) - 1)]
        x, y = numbers.normal(*shape), numbers.index(classes, *without_classes(shape))
        q, weight = numbers.distribution(*shape), numbers.unit(classes)
        rank = f"rank {len(shape)}"
        for eps in (0.3, 1.0):
            options = {"label_smoothing": eps, "weight": weight}
            yield f"{rank}, smooth {eps}", name, x, y, {"label_smoothing": eps}
            yield f"{rank}, smooth {eps}, weight", name, x, y, options
            yield f"{rank}, probabilities, smooth {eps}, weight", name, x, q, options
        yield f"{rank}, probabilities", name, x, q, {}
        yield f"{rank}, probabilities, weight", name, x, q, {"weight": weight}
    onehot, weight = np.eye(3), [1.0, 2.0, 3.0]
    yield "one-hot probabilities, weight", name, numbers.normal(3, 3), onehot, {"weight": weight}
    yield "no distribution", name, numbers.normal(2, 3), [[2.0, -1.0, 0.0], [0.1, 0.1, 0.1]], {}
    yield "probabilities, infinite loss", name, [[-INF, 0.0]], [[0.5, 0.5]], {}
    yield "probabilities, nan", name, [[NAN, 0.0], [1.0, 2.0]], [[0.0, 1.0], [0.5, 0.5]], {}
    yield "probabilities, empty batch", name, np.empty((0, 3)), np.empty((0, 3)), {}


def nll_loss(numbers: Numbers) -> Iterator[Case]:
    yield from class_losses("nll_loss", numbers)
    yield "plus infinity", "nll_loss", [[INF, -1.0], [INF, -1.0]], [0, 1], {}
    yield "logits", "nll_loss", [[2.0, 1.0, 0.1]], [0], {}


def element_shapes() -> Iterator[tuple[str, tuple[int, ...]]]:
    for shape in ((), *SHAPES):
        yield f"rank {len(shape)}", shape


def binary_cross_entropy(numbers: Numbers) -> Iterator[Case]:
    name = "binary_cross_entropy"
    for rank, shape in element_shapes():
        p, t = numbers.unit(*shape), numbers.unit(*shape)
        yield rank, name, p, t, {}
        yield f"{rank}, weight", name, p, t, {"weight": numbers.unit(*shape)}
        yield f"{rank}, weight of the last axis", name, p, t, {"weight": numbers.unit(*shape[-1:])}
    certain = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    yield "clamped", name, certain, [0.0, 1.0, 0.3, 0.0, 1.0, 0.3], {}
    yield "clamped, zero weight", name, [0.0], [1.0], {"weight": [0.0]}
    yield "tiny probabilities", name, [1e-300, 5e-324, 1e-17], [1.0, 1.0, 0.0], {}
    yield "empty", name, np.empty((0, 2)), np.empty((0, 2)), {}


def binary_cross_entropy_with_logits(numbers: Numbers) -> Iterator[Case]:
    name = "binary_cross_entropy_with_logits"
    for rank, shape in element_shapes():
        z, t = numbers.normal(*shape), numbers.unit(*shape)
        pos_weight = numbers.unit(*shape[-1:])
        yield rank, name, z, t, {}
        yield f"{rank}, weight", name, z, t, {"weight": numbers.unit(*shape)}
        yield f"{rank}, pos_weight", name, z, t, {"pos_weight": pos_weight}
        both = {"weight": numbers.unit(*shape[-1:]), "pos_weight": pos_weight}
        yield f"{rank}, weight, pos_weight", name, z, t, both
    z, t = numbers.normal(2, 3, 2, 2), numbers.unit(2, 3, 2, 2)
    yield "pos_weight of channels", name, z, t, {"pos_weight": numbers.unit(3, 1, 1)}
    yield "targets outside 0..1", name, [0.5, -2.0, 3.0], [1.5, -1.0, 2.0], {}
    yield "extreme", name, [1000.0, 1000.0, -1000.0, -1000.0, 1e300, NAN], [0.0, 1.0, 0.0, 1.0, 0.5, 0.5], {}
    yield "empty", name, np.empty((0, 2)), np.empty((0, 2)), {}


def soft_margin_loss(numbers: Numbers) -> Iterator[Case]:
    name = "soft_margin_loss"
    for rank, shape in element_shapes():
        yield rank, name, numbers.normal(*shape), numbers.sign(*shape), {}
    yield "other labels", name, [2.0, -1.0, 0.5], [0.0, 0.5, -3.0], {}
    yield (
        "extreme",
        name,
        [700.0, 700.0, INF, INF, -INF, -INF, NAN],
        [1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0],
        {},
    )
    yield "empty", name, np.empty(0), np.empty(0), {}


def kl_div(numbers: Numbers) -> Iterator[Case]:
    name = "kl_div"
    for rank, shape in element_shapes():
        q, p = numbers.normal(*shape), numbers.unit(*shape)
        yield rank, name, q, p, {}
        yield f"{rank}, log_target", name, q, np.round(np.log(p), 3), {"log_target": True}
    yield "zero target", name, [[-1.0, -0.5]], [[0.0, 1.0]], {}
    yield "special values", name, [-INF, NAN, -1.0, -1.0], [0.5, 0.5, NAN, INF], {}
    yield "empty", name, np.empty((0, 2)), np.empty((0, 2)), {}


LOSSES = (
    cross_entropy,
    nll_loss,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    soft_margin_loss,
    kl_div,
)


def answers(case: Case) -> dict[str, Any]:
    """A case with what PyTorch makes of it."""
    name, function, x, y, options = case
    arrays = {key: np.asarray(value) for key, value in options.items() if key in ("weight", "pos_weight")}
    tensors = {key: torch.from_numpy(value) for key, value in arrays.items()}
    x, y = np.asarray(x, np.float64), np.asarray(y)
    compute = getattr(torch.nn.functional, function)
    reductions = (*REDUCTIONS, "batchmean") if function == "kl_div" else REDUCTIONS
    expected = {
        reduction: stored(
            compute(
                torch.from_numpy(x), torch.from_numpy(y), reduction=reduction, **{**options, **tensors}
            ).numpy()
        )
        for reduction in reductions
    }
    return {
        "name": f"{function}: {name}",
        "function": function,
        "input": stored(x),
        "target": stored(y),
        "options": {**options, **{key: stored(value) for key, value in arrays.items()}},
        "expected": expected,
    }


def stored(array: np.ndarray) -> dict[str, Any]:
    kind = "int" if array.dtype.kind == "i" else "float"
    return {"shape": array.shape, "kind": kind, "values": [plain(value) for value in array.flat]}


def plain(number: np.generic) -> float | int | str:
    """A number as JSON has it; what is not finite becomes a string."""
    value = number.item()
    return value if math.isfinite(value) else str(value)


def main() -> None:
    warnings.filterwarnings("ignore", "reduction: 'mean' divides", UserWarning)
    cases = [answers(case) for seed, loss in enumerate(LOSSES) for case in loss(Numbers(seed))]
    lines = ",\n".join(json.dumps(case, allow_nan=False, separators=(",", ":")) for case in cases)
    Path(__file__).with_name("losses.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
