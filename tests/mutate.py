"""Tries the mutants of modules: each in a fork of one process, which has collected the tests.

    python tests/mutate.py FILE... [--tests PATH...] [--sample COUNT --seed SEED] [--most SECONDS]

In the fork the function gets the mutant's code; then the tests that enter its line run, the quickest first,
until one fails.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import coverage
import pytest
from mutants import ROOT, Mutant, mutants_of

import celoss_cli

_WITHIN = "not slow and not subprocess and not fuzz and not browser and not memory"
_WARM = "torch scipy.special scipy.stats sklearn.metrics pyarrow.parquet pyarrow.csv orjson polars mpmath"
"""What tests import takes seconds, so it is there before the forks."""


class Tester:
    """A plugin of pytest that runs the tests of each mutant where pytest would run all tests."""

    def __init__(self, mutants: list[Mutant], out: Path, most: float) -> None:
        self.mutants, self.out, self.most, self.failed = mutants, out, most, ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remembers the test that failed."""
        self.failed = report.nodeid if report.failed else self.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Finds which lines each test enters, then tries the mutants that the results do not have."""
        modules = [found.name for found in pkgutil.walk_packages(celoss_cli.__path__, "celoss_cli.")]
        for name in [*_WARM.split(), *(name for name in modules if not name.endswith("__main__"))]:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        gc.freeze()
        kept = self.out.with_suffix(".lines.json")
        if not kept.exists():
            kept.write_text(json.dumps(in_a_fork(lambda: self.traced(session.items), 3600)))
        items, traced = {item.nodeid: item for item in session.items}, json.loads(kept.read_text())
        before = self.out.read_text().splitlines() if self.out.exists() else []
        done = {json.loads(line)["name"] for line in before}
        for mutant in (mutant for mutant in self.mutants if mutant.name not in done):
            at, seconds, chosen = traced["entering"].get(mutant.file, {}), 0.0, []
            tests = {test for line in mutant.lines for test in at.get(str(line), ())} & items.keys()
            for test in sorted(tests, key=traced["seconds"].get):
                seconds += traced["seconds"][test]
                chosen += [items[test]] if seconds < self.most else []
            killer = in_a_fork(lambda: self.killer(mutant, chosen), 3 + 2 * min(seconds, self.most))  # noqa: B023
            said = {"name": mutant.name, "killer": killer, "tests": len(chosen), "change": mutant.change()}
            with self.out.open("a") as file:
                file.write(json.dumps(said) + "\n")
        return True

    def run(self, items: list[pytest.Item]) -> Iterator[pytest.Item]:
        """Gives out each test after it has run."""
        for item, following in zip(items, [*items[1:], None], strict=False):
            self.failed = ""
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            yield item

    def killer(self, mutant: Mutant, chosen: list[pytest.Item]) -> str:
        """The test that fails with the mutant, or nothing."""
        mutant.put_in()
        return next((self.failed for _ in self.run(chosen) if self.failed), "")

    def traced(self, items: list[pytest.Item]) -> dict[str, Any]:
        """The processor seconds of each test that passes, and the tests that enter each line of each file."""
        files = sorted({mutant.file for mutant in self.mutants})
        tracer = coverage.Coverage(
            data_file=None, config_file=False, include=[str(ROOT / file) for file in files]
        )
        seconds, begin = dict[str, float](), time.process_time()
        tracer.start()
        tracer.switch_context(items[0].nodeid)
        for item, following in zip(self.run(items), [*items[1:], items[0]], strict=True):
            if not self.failed:
                seconds[item.nodeid] = time.process_time() - begin
            begin = time.process_time()
            tracer.switch_context(following.nodeid)
        tracer.stop()
        found = {file: tracer.get_data().contexts_by_lineno(str(ROOT / file)) for file in files}
        return {
            "seconds": seconds,
            "entering": {
                file: {line: sorted(seconds.keys() & tests) for line, tests in lines.items()}
                for file, lines in found.items()
            },
        }


def in_a_fork(work: Callable[[], Any], seconds: float) -> Any:
    """What a child of this process answers, or that it failed or took too much of the processor's time."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        with contextlib.suppress(BaseException), open(writing, "w") as pipe:
            pipe.write(json.dumps(work()))
        os._exit(0)
    os.close(writing)
    with open(reading) as pipe:
        found = pipe.read()
    return json.loads(found) if os.waitpid(child, 0)[1] == 0 and found else "no answer"


def main() -> None:
    """Reads the words and runs pytest with the plugin."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--tests", nargs="+", default=["tests"])
    parser.add_argument("--sample", type=int, help="so many mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=float, default=1e9, help="seconds of tests for a mutant")
    parser.add_argument("--out", type=Path, default=Path("mutants.jsonl"))
    given = parser.parse_args()
    mutants = [mutant for file in given.files for mutant in mutants_of(file)]
    random.Random(given.seed).shuffle(mutants)
    words = ["-p", "no:cacheprovider", "-p", "no:terminal", "--hypothesis-profile=mutation", "-m", _WITHIN]
    pytest.main([*words, *given.tests], plugins=[Tester(mutants[: given.sample], given.out, given.most)])


if __name__ == "__main__":
    main()
