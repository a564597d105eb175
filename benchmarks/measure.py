"""Whole processes, measured in turn, so that a busy machine slows all of them alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

__all__ = ["Run", "in_turn", "timed"]


@dataclass(frozen=True)
class Run:
    """What processes cost: seconds, seconds, bytes; and the number that they printed last, nan for none."""

    wall: float
    cpu: float
    memory: int
    value: float


def in_turn(
    commands: Mapping[str, Sequence[str]], rounds: int, may_fail: Container[str] = ()
) -> dict[str, Run | None]:
    """The medians of every command over so many rounds, each once a round; one more is not counted.

    A command that fails ends all, or is None if it may.
    """
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    failed: set[str] = set()
    for _ in range(rounds + 1):
        for name in [name for name in commands if name not in failed]:
            try:
                runs[name].append(timed(commands[name])[1])
            except SystemExit as error:
                if name not in may_fail:
                    raise
                print(f"{name}: left out: {error}", file=sys.stderr)
                failed.add(name)
    return {name: None if name in failed else _median(found[1:]) for name, found in runs.items()}


def timed(command: Sequence[str]) -> tuple[bytes, Run]:
    """The last bytes that a command printed, and what it and the processes that it started cost."""
    # An installed package comes with its bytecode, so that of a working tree is kept as well.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, bufsize=1 << 20
    )
    assert process.stdout is not None  # noqa: S101 - for the type checker
    last = b""
    while block := process.stdout.read(1 << 20):
        last = (last + block)[-4096:]
    _, status, usage = os.wait4(process.pid, 0)
    wall = perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode:
        raise SystemExit(f"exit code {process.returncode} of {' '.join(command)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return last, Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit, _number(last))


def _number(printed: bytes) -> float:
    try:
        return float(printed.split()[-1])
    except (IndexError, ValueError):
        return float("nan")


def _median(runs: Sequence[Run]) -> Run:
    wall, cpu, memory = (
        statistics.median(getattr(run, what) for run in runs) for what in ("wall", "cpu", "memory")
    )
    return Run(wall, cpu, int(memory), runs[0].value)
