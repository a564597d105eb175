"""A cluster of dask gives the bytes of one process, or says which shard stands in the way."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from parted import Celoss, done, folder_of, told

from celoss_cli.read.shards import Shard
from celoss_cli.studies.merge import cluster, local
from celoss_cli.studies.merge.files import part_name
from celoss_cli.studies.merge.local import Asked, Compute

FILES = 12

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
slow = pytest.mark.slow


data = folder_of([f"{index:02d}" for index in range(FILES)], 5)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["data", "--cluster", "local:0"], "expected local, local:N or an address"),
        (["data", "--cluster", "nowhere"], "expected local, local:N or an address"),
        (["data", "--cluster", "tcp://me:secret@host:8786"], "expected local, local:N or an address"),
        (["data", "--cluster", "tcp://host:8786"], "Expected URLs or absolute paths with --cluster"),
        (["data", "--cluster", "local", "--shard", "0/2"], "Expected --shard or --cluster, got both"),
        (["data", "--cluster", "local", "--rows", "2"], "Expected no --rows with --cluster"),
        (["data", "--cluster", "local", "--worst", "2"], "Expected no --worst with --cluster"),
        (["data", "--cluster", "local", "--grad"], "Expected no --grad with --cluster"),
        (["data", "--cluster", "local", "--targets", "@t.csv"], "Expected targets in the files themselves"),
        (["data", "--cluster", "local", "--emit", "numpy"], "Expected no --cluster with --emit"),
        (["--logits", "1,2", "-y", "0", "--cluster", "local"], "Expected files with --cluster"),
    ],
)
def test_what_a_cluster_cannot_do_is_refused(celoss: Celoss, words: list[str], expected: str) -> None:
    pytest.importorskip("distributed")
    assert expected in told(celoss, 2, "ce", *words)


@pytest.mark.parametrize("flag", ["--cluster=local:2", "--shard=0/2", "--emit-partial=parts/"])
def test_a_comparison_says_why_it_is_of_one_machine(celoss: Celoss, flag: str) -> None:
    said = told(celoss, 2, "compare", "data/00.csv", "data/01.csv", "--loss", "ce", flag)
    assert f"Expected no {flag.partition('=')[0]} with celoss compare, got one." in said
    assert "its interval is drawn from the differences of all rows" in said


def test_without_the_package_the_extra_is_named(celoss: Celoss, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = told(celoss, 2, "ce", Path("data").absolute(), "--cluster", "tcp://127.0.0.1:9")
    assert "Expected the package distributed" in said
    assert "python -m pip install '.[cluster]'" in said


# ------------------------------------------------------------------------------ processes of this machine


@slow
@pytest.mark.subprocess
@pytest.mark.parametrize("options", [[], ["--by", "class", "--quantiles", "0.5,0.9"], ["--reduction", "sum"]])
def test_the_bytes_of_two_processes_are_those_of_one(celoss: Celoss, options: list[str]) -> None:
    whole = done(celoss, "ce", "data", *options, "--json")
    assert done(celoss, "ce", "data", *options, "--cluster", "local:2", "--json") == whole
    assert multiprocessing.active_children() == []


@slow
@pytest.mark.subprocess
@pytest.mark.parametrize("held", [1, 2])
def test_a_process_that_is_killed_is_no_loss(
    celoss: Celoss, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    """The one that has shard 3, twice, alone or as the next one, while another process has its own."""
    ask, killed = local._Process.ask, []

    def asked(self: Any, at: int, asked: Asked) -> None:
        ask(self, at, asked)
        if at == 3 and len(killed) < local.RETRIES:
            killed.append(at)
            self._process.kill()

    monkeypatch.setattr(local._Process, "ask", asked)
    monkeypatch.setattr(local, "_HELD", held)
    found = done(celoss, "ce", "data", "--cluster", "local:2", "--json")
    assert killed == [3, 3]
    assert found == done(celoss, "ce", "data", "--json")
    assert multiprocessing.active_children() == []


class _Held:
    """What a process was given, without the process."""

    def __init__(self) -> None:
        self.held = deque[int]()

    def ask(self, at: int, asked: int) -> None:
        assert at == asked
        self.held.append(at)


def test_the_last_shards_are_shared_out() -> None:
    """Each process has the next shard at once, until no more are left than there are processes."""
    left, processes = deque(range(5)), [_Held(), _Held()]
    for process in processes:
        local._hand_out(process, left, range(5), 2)  # type: ignore[arg-type]
    assert [list(process.held) for process in processes] == [[0, 1], [2]]
    assert list(left) == [3, 4]


@slow
@pytest.mark.subprocess
def test_a_shard_with_which_every_process_is_lost_leaves_no_number(
    celoss: Celoss, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = local._Process.ask

    def asked(self: Any, at: int, asked: Asked) -> None:
        ask(self, at, asked)
        if at == 3:
            self._process.kill()

    monkeypatch.setattr(local._Process, "ask", asked)
    monkeypatch.setattr(local, "_HELD", 1)
    said = told(celoss, 3, "ce", "data", "--cluster", "local:1", "--emit-partial", "parts/")
    assert (
        "part-00003-of-00012.json: expected the result of shard 3/12, got a process that was lost, 3" in said
    )
    assert "--cluster local:1" in said
    assert len(os.listdir("parts")) == 3
    assert multiprocessing.active_children() == []


@slow
@pytest.mark.subprocess
def test_what_a_process_says_of_the_data_is_said(celoss: Celoss) -> None:
    with open("data/05.csv", "a") as file:
        file.write("1,x,0\n")
    assert "data/05.csv:7:2: expected a number" in told(celoss, 3, "ce", "data", "--cluster", "local:2")
    assert multiprocessing.active_children() == []


# ------------------------------------------------------------------------------------------- a cluster


@pytest.fixture(scope="module")
def workers() -> Iterator[Any]:
    """A cluster of two processes."""
    distributed = pytest.importorskip("distributed")
    found = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, memory_limit=0, dashboard_address=":0", silence_logs=60
    )
    yield found
    found.close()


def on(workers: Any, *words: str) -> list[str]:
    return ["ce", str(Path("data").absolute()), "--cluster", workers.scheduler_address, *words]


@slow
@pytest.mark.parametrize(
    "options", [[], ["--by", "class", "--quantiles", "0.5,0.9"], ["--weight", "1,2"], ["--reduction", "sum"]]
)
def test_the_bytes_are_those_of_one_process(celoss: Celoss, workers: Any, options: list[str]) -> None:
    found = celoss(*on(workers, *options, "--json"))
    assert found.returncode == 0, found.stderr
    assert found.stdout == celoss("ce", Path("data").absolute(), *options, "--json").stdout


@slow
def test_parts_stand_whoever_computed_them(celoss: Celoss, workers: Any) -> None:
    keep = ["--emit-partial", "parts/", "--json"]
    folder = Path("data").absolute()
    assert celoss("ce", folder, *keep).returncode == 0
    kept = {path.name: path.read_bytes() for path in Path("parts").iterdir()}
    for name in list(kept)[::2]:
        Path("parts", name).unlink()
    again = celoss(*on(workers, *keep))
    assert again.stderr == f"celoss: note: {FILES // 2} of {FILES} parts taken as they stand\n"
    assert {path.name: path.read_bytes() for path in Path("parts").iterdir()} == kept
    assert again.stdout == celoss("ce", folder, "--json").stdout


@slow
def test_checks_compute_on_a_cluster(celoss: Celoss, workers: Any) -> None:
    folder = Path("data").absolute()
    Path("celoss.toml").write_text(
        f"[checks.all]\nloss = 'ce'\nfiles = '{folder}'\nmax = 99\nmin-count = 60\n"
    )
    found = celoss("check", "--cluster", workers.scheduler_address, "--json")
    assert found.returncode == 0, found.stderr
    assert found.stdout == celoss("check", "--json").stdout
    assert celoss("check", "--cluster", workers.scheduler_address, "--exit-zero").returncode == 0


@slow
def test_limits_and_one_file_of_the_whole(celoss: Celoss, workers: Any) -> None:
    ended = celoss(*on(workers, "--max", "0", "--emit-partial", "whole.json", "--json"))
    assert ended.returncode == 1
    assert json.loads(Path("whole.json").read_text())["shards"] == [f"{i}/{FILES}" for i in range(FILES)]


@slow
def test_a_shard_that_is_corrupt_is_named_and_the_others_are_kept(celoss: Celoss, workers: Any) -> None:
    bad = Path("data", "05.csv").absolute()
    good = bad.read_text()
    bad.write_text(good + "1,x,0\n")
    said = told(celoss, 3, *on(workers, "--emit-partial", "parts/"))
    assert f"{bad}:7:2: expected a number" in said
    assert part_name(Shard(5, FILES)) not in os.listdir("parts")
    bad.write_text(good)
    again = celoss(*on(workers, "--emit-partial", "parts/", "--json"))
    assert again.stdout == celoss("ce", Path("data").absolute(), "--json").stdout


def _kill_once(folder: str) -> Callable[..., Any]:
    """A task that ends the process of its worker, the first time that it is given to one."""

    def task(asked: Asked, compute: Compute) -> Any:
        import os
        from pathlib import Path

        from celoss_cli.studies.merge.cluster import _task

        mark = Path(folder, "killed")
        if asked.shard.index == 3 and not mark.exists():
            mark.touch()
            os._exit(1)
        return _task(asked, compute)

    return task


@slow
def test_a_worker_that_is_killed_is_no_loss(
    celoss: Celoss, workers: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cluster, "_task", _kill_once(str(tmp_path)))
    found = celoss(*on(workers, "--json"))
    assert (tmp_path / "killed").exists()
    assert found.returncode == 0, found.stderr
    assert found.stdout == celoss("ce", Path("data").absolute(), "--json").stdout


def _always_kill(asked: Asked) -> Any:
    import os

    if asked.shard.index == 3:
        os._exit(1)
    from celoss_cli.cli.part import text_of_part

    return text_of_part(asked)


@slow
def test_a_shard_that_always_ends_its_worker_leaves_no_number(
    celoss: Celoss, workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_task", lambda asked, compute: _always_kill(asked))
    said = told(celoss, 3, *on(workers))
    # The scheduler cannot know which of the tasks of a worker ended it.
    assert re.search(
        r"data/[01][0-9]\.csv: expected the result of shard [0-9]+/12, got a worker that was", said
    )


@slow
def test_a_worker_of_another_version_is_refused(
    celoss: Celoss, workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_version", lambda: "0.0.9")
    said = told(celoss, 2, *on(workers))
    assert "on every worker, got 0.0.9 at tcp://" in said


@slow
def test_nobody_at_the_address_is_told(celoss: Celoss, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "SECONDS", 1)
    words = ("ce", Path("data").absolute(), "--cluster", "tcp://127.0.0.1:9")
    assert "Expected a scheduler and workers at tcp://127.0.0.1:9, got none" in told(celoss, 2, *words)


@slow
def test_a_scheduler_that_goes_away_leaves_no_number(celoss: Celoss, monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "SECONDS", 5)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, memory_limit=0, dashboard_address=":0", silence_logs=60
    ) as short:
        kept: list[int] = []
        made = cluster._results

        def results(*asked: Any) -> Iterator[tuple[int, str]]:
            for found in made(*asked):
                yield found
                kept.append(found[0])
                if len(kept) == 2:
                    short.close()

        monkeypatch.setattr(cluster, "_results", results)
        monkeypatch.setattr(cluster, "_AHEAD", 1)
        said = told(celoss, 3, *on(short, "--emit-partial", "parts/"))
    assert "the cluster went away" in said
    assert len(os.listdir("parts")) >= 2
    assert celoss("ce", Path("data").absolute(), "--emit-partial", "parts/", "--json").returncode == 0


_KILLED = """
import os, sys
from celoss_cli.studies.merge import cluster
from celoss_cli.cli.main import main
number, all_of_them = int(sys.argv.pop()), cluster.texts_of
def three(*given):
    for at, text in enumerate(all_of_them(*given)):
        if at == 2:
            os.kill(os.getpid(), number)
        yield text
cluster.texts_of = three
if __name__ == "__main__":
    main()
"""


@slow
@pytest.mark.subprocess
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_command_that_is_killed_goes_on_where_it_was(celoss: Celoss, number: signal.Signals) -> None:
    """It is killed once the third part is there, while its process has another."""
    words = ["ce", "data", "--emit-partial", "parts/", "--json"]
    command = [sys.executable, "-c", _KILLED, *words, "--cluster", "local:1", str(int(number))]
    killed = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    assert (killed.returncode in (-number, 128 + number), killed.stdout) == (True, b"")
    assert len(list(Path("parts").glob("part-*"))) == 3
    again = celoss(*words)
    assert f"3 of {FILES} parts taken as they stand" in again.stderr
    assert again.stdout == celoss("ce", "data", "--json").stdout
