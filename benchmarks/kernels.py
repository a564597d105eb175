"""Ratio of celoss to PyTorch for cross entropy of arrays in memory, both measured in this run.

    python benchmarks/kernels.py [--repeat 15] [--only N,C] [--small]

Prints a Markdown table: for each shape and precision the time of ``celoss_cli.cross_entropy``, the
better of PyTorch's one and two threads, and their ratio; then the time that NumPy's exp alone takes on as
many threads, the part that it is of celoss's time, and the ratio that celoss would have if it took exp and
nothing else: where that bound is below 1, nothing that takes NumPy's exp is level with PyTorch. float32 is
computed in float32 by both.
Needs PyTorch. ``--small`` takes a hundredth of the rows and one round: it shows that all runs, and no time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
import torch.nn.functional

from celoss_cli import cross_entropy
from celoss_cli.losses.pieces import default_jobs

SHAPES = ((5_000_000, 2), (2_000_000, 10), (400_000, 50), (200_000, 100), (20_000, 1_000), (1_000, 32_000))


def best(functions: Sequence[Callable[[], object]], repeat: int) -> list[float]:
    """The least wall time of each function in ``repeat`` rounds, in seconds.

    They take turns, so that a busy machine slows all of them alike; the first round is not counted. Threads
    that wait for more work without sleeping have given up before the next turn.
    """
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(repeat + 1):
        for function, found in zip(functions, times, strict=True):
            time.sleep(0.05)
            start = time.perf_counter()
            function()
            found.append(time.perf_counter() - start)
    return [min(found[1:]) for found in times]


def by_torch(x: np.ndarray, y: np.ndarray, threads: int) -> Callable[[], object]:
    logits, targets = torch.from_numpy(x), torch.from_numpy(y)

    def compute() -> object:
        torch.set_num_threads(threads)
        return torch.nn.functional.cross_entropy(logits, targets)

    return compute


def exp(x: np.ndarray) -> None:
    """NumPy's exp in blocks that stay in the cache, on one thread."""
    flat, out = x.reshape(-1), np.empty(1 << 15, x.dtype)
    for start in range(0, flat.size, out.size):
        part = flat[start : start + out.size]
        np.exp(part, out=out[: part.size])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--only", help="one shape, as N,C")
    parser.add_argument("--small", action="store_true", help="a hundredth of the rows, one round")
    options = parser.parse_args()
    shapes = [tuple(map(int, options.only.split(",")))] if options.only else SHAPES
    if options.small:
        shapes, options.repeat = [(rows // 100, classes) for rows, classes in shapes], 1
    print(
        "| rows x classes | dtype | celoss ms | torch 1 thread ms | torch 2 threads ms | ratio "
        "| exp ms | exp / celoss | bound |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    rng = np.random.default_rng(0)
    for dtype in ("float64", "float32"):
        for rows, classes in shapes:
            x = (rng.standard_normal((rows, classes)) * 3).astype(dtype)
            y = rng.integers(0, classes, rows)
            programs = (
                *(by_torch(x, y, threads) for threads in (1, 2)),
                partial(cross_entropy, x, y, dtype=dtype),
                partial(exp, x),
            )
            one, two, ours, alone = best(programs, options.repeat)
            torch_best, exp_alone = min(one, two), alone / default_jobs()
            print(
                f"| {rows} x {classes} | {dtype} | {ours * 1e3:.1f} | {one * 1e3:.1f} | {two * 1e3:.1f} "
                f"| {torch_best / ours:.2f} | {exp_alone * 1e3:.1f} | {exp_alone / ours:.2f} "
                f"| {torch_best / exp_alone:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
