"""The recipes of the page on large data run: with stand-ins for the engines, and by a shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from running import Done

Celoss = Callable[..., Done]

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "large-data.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three files in a folder, and celoss on the path."""
    monkeypatch.chdir(tmp_path)
    Path("preds").mkdir()
    for index in range(3):
        Path("preds", f"{index:03d}.csv").write_text(f"a,b,target\n0.{index + 1},0.1,0\n0.8,0.2,1\n")
    Path("bin").mkdir()
    Path("bin/celoss").write_text(f'#!/bin/sh\nexec {sys.executable} -m celoss_cli "$@"\n')
    Path("bin/celoss").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")


def value(celoss: Celoss) -> float:
    return float(celoss("ce", "preds", "--format", "value").stdout)


def ran(text: str, monkeypatch: pytest.MonkeyPatch, **modules: Any) -> float:
    """The number that a program prints last, with these modules and the files of this test."""
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name.replace("_", "."), module)
    here = re.sub(
        r"^paths = .*$", "paths = [f'preds/{index:03d}.csv' for index in range(3)]", text, flags=re.M
    )
    printed: list[Any] = []
    exec(compile(here, str(PAGE), "exec"), {"print": lambda *values: printed.append(values[0])})  # noqa: S102
    return float(printed[-1])


def test_the_recipe_for_ray(celoss: Celoss, monkeypatch: pytest.MonkeyPatch) -> None:
    [recipe] = [text for text in blocks("python") if "import ray" in text]
    ray = ModuleType("ray")
    ray.remote = lambda task: SimpleNamespace(remote=task)  # type: ignore[attr-defined]
    ray.wait = lambda left: (left[:1], left[1:])  # type: ignore[attr-defined]
    ray.get = lambda found: found  # type: ignore[attr-defined]
    assert ran(recipe, monkeypatch, ray=ray) == value(celoss)


def test_the_recipe_for_spark(celoss: Celoss, monkeypatch: pytest.MonkeyPatch) -> None:
    [recipe] = [text for text in blocks("python") if "pyspark" in text]

    class Rdd(list[Any]):
        def map(self, task: Callable[[Any], Any]) -> Rdd:
            return Rdd(map(task, self))

        def toLocalIterator(self) -> Any:  # noqa: N802
            return iter(self)

    context = SimpleNamespace(parallelize=lambda paths, slices: Rdd(paths))
    builder = SimpleNamespace(getOrCreate=lambda: SimpleNamespace(sparkContext=context))
    sql = SimpleNamespace(SparkSession=SimpleNamespace(builder=builder))
    assert ran(recipe, monkeypatch, pyspark=ModuleType("pyspark"), pyspark_sql=sql) == value(celoss)


def test_the_recipe_for_a_program(celoss: Celoss, monkeypatch: pytest.MonkeyPatch) -> None:
    [recipe] = [text for text in blocks("python") if "a.parquet" in text]
    here = recipe.replace('["a.parquet", "b.parquet"]', '["preds/000.csv", "preds/001.csv"]')
    assert (
        ran(here.replace('print(whole.value, whole.report()["counted"])', "print(whole.value)"), monkeypatch)
        > 0
    )


def shell(text: str, **environment: str) -> None:
    here = text.replace("s3://bucket/preds/*.parquet", "preds/*.csv").replace("s3://bucket/parts/", "parts/")
    here = here.replace("preds/*.parquet", "preds/*.csv").replace("/64", "/3").replace("0 63", "0 2")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", here.replace("--expect-parts 64", "--expect-parts 3")],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.subprocess
@pytest.mark.slow
def test_the_array_of_slurm_and_the_job_of_kubernetes(celoss: Celoss) -> None:
    yaml = pytest.importorskip("yaml")
    [slurm] = [text for text in blocks("bash") if "SBATCH" in text]
    [job] = map(yaml.safe_load, blocks("yaml"))
    [words] = job["spec"]["template"]["spec"]["containers"][0]["args"]
    assert (job["spec"]["completions"], job["spec"]["completionMode"]) == (64, "Indexed")
    shell(slurm, SLURM_ARRAY_TASK_ID="0")
    shell(words, JOB_COMPLETION_INDEX="1")
    shell(words, JOB_COMPLETION_INDEX="2")
    merged = celoss("merge", "parts", "--expect-parts", "3", "--format", "value")
    assert float(merged.stdout) == value(celoss)


@pytest.mark.subprocess
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("parallel") is None, reason="GNU parallel is not installed")
def test_the_line_of_gnu_parallel(celoss: Celoss) -> None:
    [line] = [text for text in blocks("bash") if "parallel" in text]
    shell(line)
    merged = celoss("merge", "parts", "--expect-parts", "3", "--format", "value")
    assert float(merged.stdout) == value(celoss)
