"""Ratio of a tiny whole run of celoss to ``import torch``, both measured in this run.

    python benchmarks/startup.py [--repeat 10]

Needs PyTorch.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

CASES = {
    "celoss --version": [sys.executable, "-m", "celoss_cli", "--version"],
    "celoss ce, a tiny case": [
        sys.executable,
        "-m",
        "celoss_cli",
        "ce",
        "-x",
        "0.9,0.1;0.8,0.2",
        "-y",
        "0,1",
    ],
    "import torch": [sys.executable, "-c", "import torch"],
}


def median_seconds(command: list[str], repeat: int) -> float:
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=10)
    repeat = parser.parse_args().repeat
    medians = {name: median_seconds(command, repeat) for name, command in CASES.items()}
    peer = medians["import torch"]
    for name, seconds in medians.items():
        print(f"{name:24} {seconds:6.3f} s   {seconds / peer:5.2f} of import torch")


if __name__ == "__main__":
    main()
