"""Ratio of celoss to PyTorch for cross entropy of arrays in memory, both measured in this run.

    python benchmarks/kernels.py [--repeat 5] [--only N,C]

Prints a Markdown table: for each shape and precision the time of ``celoss_cli.cross_entropy``, the
better of PyTorch's one and two threads, and their ratio. float32 is computed in float32 by both.
Needs PyTorch.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional

from celoss_cli import cross_entropy

SHAPES = ((5_000_000, 2), (2_000_000, 10), (400_000, 50), (200_000, 100), (20_000, 1_000), (1_000, 32_000))


def best(function: Callable[[], object], repeat: int) -> float:
    """The least wall time of ``repeat`` calls, in seconds."""
    function()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def torch_time(x: np.ndarray, y: np.ndarray, threads: int, repeat: int) -> float:
    torch.set_num_threads(threads)
    logits, targets = torch.from_numpy(x), torch.from_numpy(y)
    return best(lambda: torch.nn.functional.cross_entropy(logits, targets), repeat)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", help="one shape, as N,C")
    options = parser.parse_args()
    shapes = [tuple(map(int, options.only.split(",")))] if options.only else SHAPES
    print("| rows x classes | dtype | celoss ms | torch 1 thread ms | torch 2 threads ms | ratio |")
    print("|---|---|---|---|---|---|")
    rng = np.random.default_rng(0)
    for dtype in ("float64", "float32"):
        for rows, classes in shapes:
            x = (rng.standard_normal((rows, classes)) * 3).astype(dtype)
            y = rng.integers(0, classes, rows)
            one, two = (torch_time(x, y, threads, options.repeat) for threads in (1, 2))
            ours = best(lambda x=x, y=y, dtype=dtype: cross_entropy(x, y, dtype=dtype), options.repeat)
            print(
                f"| {rows} x {classes} | {dtype} | {ours * 1e3:.1f} | {one * 1e3:.1f} | {two * 1e3:.1f} "
                f"| {min(one, two) / ours:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
