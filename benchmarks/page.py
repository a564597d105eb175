"""The tables of the README from the numbers that run.py keeps.

    python benchmarks/page.py benchmarks/results.json

writes them between the marks in README.md; ``python docs/generate.py`` makes page and picture of that.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["tables"]

_README = Path(__file__).parent / "README.md"
_MARKS = ("<!-- numbers -->", "<!-- end of numbers -->")
_SHOWN = ("core: best script", "fast: best script", "core: read and exp")
_CORE, _FAST, _YARDSTICK = "celoss, core install", "celoss with fast", "read and exp"


def tables(results: Mapping[str, Any]) -> Iterator[str]:
    """Lines of Markdown for what was measured."""
    for found in results["formats"]:
        yield f"\n{found['data']}\n"
        ours = found["runs"].get(_CORE) or found["runs"][_FAST]
        yield from _runs(found["runs"], ours["cpu"], "program")
    if "commands" in results:
        yield f"\nCommands of celoss, {results['commands']['data']}\n"
        runs = results["commands"]["runs"]
        yield from _runs(runs, runs["ce"]["cpu"], "command")
    if "start" in results:
        yield "\nStart\n"
        runs = results["start"]["runs"]
        yield from _runs(runs, runs["NumPy script"]["cpu"], "command")
    if "scaling" in results:
        yield from _scaling(results["scaling"])


def _runs(runs: Mapping[str, Any], of: float, head: str) -> Iterator[str]:
    yield f"| {head} | wall s | CPU s | peak MB | ratio of CPU |"
    yield "|---|---|---|---|---|"
    for name, run in runs.items():
        yield f"| {name} | {_cost(run)} | {run['cpu'] / of:.2f} |" if run else f"| {name} | - | - | - | - |"


def _cost(run: Mapping[str, Any]) -> str:
    return f"{run['wall']:.2f} | {run['cpu']:.2f} | {run['memory'] / 1e6:.0f}"


def _scaling(points: list[dict[str, Any]]) -> Iterator[str]:
    yield "\nScaling\n"
    yield "| rows | wall s | CPU s | peak MB | ns a row more |"
    yield "|---|---|---|---|---|"
    before = None
    for point in points:
        slope = "-" if before is None else f"{_slope(before, point):.0f}"
        yield f"| {point['rows']} | {_cost(point)} | {slope} |"
        before = point


def _slope(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """CPU nanoseconds for each row that the second run has more."""
    return float((other["cpu"] - one["cpu"]) / max(1, other["rows"] - one["rows"]) * 1e9)


def _summary(results: Mapping[str, Any]) -> Iterator[str]:
    """The first table: the best script's CPU time over that of celoss."""
    yield f"| data | {' | '.join(_SHOWN)} |"
    yield "|---|---|---|---|"
    for found in results["formats"]:
        cpu = {name: run["cpu"] for name, run in found["runs"].items() if run}
        others = [cpu[name] for name in cpu if "celoss" not in name and name != _YARDSTICK]
        best, exp = min(others, default=None), cpu.get(_YARDSTICK)
        cells = ((best, _CORE), (best, _FAST), (exp, _CORE))
        ratios = (f"{other / cpu[name]:.2f}" if other and name in cpu else "-" for other, name in cells)
        yield f"| {found['data']} | {' | '.join(ratios)} |"


def page(results: Mapping[str, Any]) -> Iterator[str]:
    """What stands between the marks of the README."""
    about = results["machine"]
    versions = ", ".join(f"{name} {found}" for name, found in about["versions"].items())
    features = ", ".join(about["features"]) or "none known"
    processors = f"{about['processors']} processors of {about['processor']}, with {features}"
    yield f"{results['date']}: {processors}; {versions}."
    yield "The CPU time of the best script, or of reading and exp alone, over that of celoss:\n"
    yield from _summary(results)
    yield from tables(results)


def main() -> None:
    results = json.loads(Path(sys.argv[1]).read_text())
    text = _README.read_text()
    between = "\n".join(["", *page(results), ""])
    found, count = re.subn(
        f"({_MARKS[0]}\n).*({_MARKS[1]})", lambda m: f"{m[1]}{between}\n{m[2]}", text, flags=re.DOTALL
    )
    if count != 1:
        raise SystemExit(f"expected the marks {' and '.join(_MARKS)} in {_README.name}")
    _README.write_text(found)


if __name__ == "__main__":
    main()
