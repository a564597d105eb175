"""Each command of the page on large data that names a store or a cluster runs, against servers here."""

from __future__ import annotations

import gzip
import io
import json
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from buckets import SECRETS, leading_to, server_of_buckets
from formulas import log_softmax
from running import COMMAND, Done
from servers import web

Celoss = Callable[..., Done]

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "large-data.md").read_text(encoding="utf-8")

FILES, ROWS = 64, 3

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

address = server_of_buckets


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)


COMMANDS = [line for block in blocks("text") for line in block.splitlines() if line.startswith("celoss ")]


def logits(index: int) -> Any:
    return np.random.default_rng(index).normal(0, 2, (ROWS, 4))


TARGETS = np.arange(ROWS) % 4
LOSS = float(np.mean([-log_softmax(logits(index), 1)[range(ROWS), TARGETS].mean() for index in range(FILES)]))


def parquet(x: Any) -> bytes:
    arrow, file = pytest.importorskip("pyarrow"), io.BytesIO()
    columns = {f"logit_{at}": x[:, at] for at in range(4)}
    pytest.importorskip("pyarrow.parquet").write_table(arrow.table({**columns, "target": TARGETS}), file)
    return file.getvalue()


def npy(values: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster, whose workers are threads here."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2,
        processes=False,
        protocol="tcp",
        threads_per_worker=1,
        dashboard_address=":0",
        silence_logs=60,
    ) as found:
        yield found.scheduler_address


@pytest.fixture
def there(
    address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scheduler: str
) -> Iterator[tuple[Any, dict[str, str]]]:
    """The objects and files that the page names, and what stands for the names of other servers."""
    monkeypatch.chdir(tmp_path)
    with leading_to(address, monkeypatch, "bucket") as bucket, web() as server:
        Path("preds").mkdir()
        for index in range(FILES):
            data = parquet(logits(index))
            day = "day=2026-01-01/" if index < 2 else ""
            bucket.put_object(Bucket="bucket", Key=f"preds/{day}{index:03d}.parquet", Body=data)
            Path(f"preds/{index:03d}.parquet").write_bytes(data)
            if day:
                bucket.put_object(Bucket="bucket", Key=f"preds/{index:03d}.parquet", Body=data)
        bucket.put_object(Bucket="bucket", Key="logits.npy", Body=npy(logits(0)))
        bucket.put_object(Bucket="bucket", Key="labels.npy", Body=npy(TARGETS))
        server.add("preds.csv.gz", gzip.compress(b"a,b,target\n1,2,0\n"))
        server.add("datasets/user/preds/resolve/v1/test.parquet", parquet(logits(0)))
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        url = "s3://bucket/preds/*.parquet"
        Path("celoss.toml").write_text(f"[checks.all]\nloss = 'ce'\nfiles = '{url}'\nmax = 99\n")
        yield (
            bucket,
            {
                "https://example.org": server.url,
                "tcp://scheduler:8786": scheduler,
                "local:8": "local:2",
            },
        )


def standing_for(text: str, names: dict[str, str]) -> str:
    for name, here in names.items():
        text = text.replace(name, here)
    return text


def ran(celoss: Celoss, line: str, names: dict[str, str], **variables: str) -> Done:
    for name, value in variables.items():
        line = line.replace(f"${name}", value)
    done = celoss(*shlex.split(standing_for(line, names))[1:])
    assert done.returncode == 0, (line, done.stderr)
    assert not any(secret in done.stdout + done.stderr for secret in SECRETS)
    return done


@pytest.mark.subprocess
@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_page_runs(celoss: Celoss, there: tuple[Any, dict[str, str]], line: str) -> None:
    bucket, names = there
    done = ran(celoss, line, names)
    if "-o s3://" in line:
        written = json.loads(bucket.get_object(Bucket="bucket", Key="results/test.json")["Body"].read())
        assert written["rows"] == ROWS
    elif "check" not in line:
        assert "mean = " in done.stdout
    if "--cluster" in line and "ce" in line.split():
        assert f"{LOSS:.10f}"[:11] in done.stdout


def test_the_page_has_such_commands() -> None:
    assert len(COMMANDS) >= 7
    assert sum("--cluster" in line for line in COMMANDS) >= 3


@pytest.mark.subprocess
def test_shards_of_slurm_and_kubernetes_in_a_bucket(
    celoss: Celoss, there: tuple[Any, dict[str, str]]
) -> None:
    """64 shards of 64 objects, as the recipes have it, three of them by their words; then the merge."""
    yaml = pytest.importorskip("yaml")
    _, names = there
    [slurm] = [text for text in blocks("bash") if "SBATCH" in text]
    [command] = [line for line in slurm.splitlines() if line.startswith("celoss ")]
    [job] = map(yaml.safe_load, blocks("yaml"))
    [words] = job["spec"]["template"]["spec"]["containers"][0]["args"]
    expected = [-log_softmax(logits(index), 1)[range(ROWS), TARGETS].mean() for index in range(2)]
    first = ran(celoss, command, names, SLURM_ARRAY_TASK_ID="0")
    assert float(first.stdout) == pytest.approx(expected[0], rel=1e-13)
    second = ran(celoss, words, names, JOB_COMPLETION_INDEX="1")
    assert float(second.stdout) == pytest.approx(expected[1], rel=1e-13)
    ran(celoss, words, names, JOB_COMPLETION_INDEX="0")
    missing = celoss("merge", "s3://bucket/parts/", "--expect-parts", "64")
    assert missing.returncode == 3
    assert "expected 64 shards, got 2: missing 2/64" in missing.stderr
    merged = celoss("merge", "s3://bucket/parts/", "--format", "value")
    assert float(merged.stdout) == pytest.approx(np.mean(expected), rel=1e-13)


@pytest.mark.subprocess
@pytest.mark.parametrize("script", blocks("bash"))
def test_scripts_are_sound(script: str) -> None:
    checker = shutil.which("shellcheck")
    if checker is None:
        pytest.skip("shellcheck is not installed")
    done = subprocess.run(
        [checker, "-s", "bash", "-"], input=script, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.subprocess
@pytest.mark.parametrize(
    ("number", "words"),
    [(signal.SIGKILL, ["--cluster", "local:2"]), (signal.SIGTERM, []), (signal.SIGKILL, [])],
)
def test_a_command_that_is_killed_goes_on_with_the_parts_of_a_bucket(
    celoss: Celoss, there: tuple[Any, dict[str, str]], number: signal.Signals, words: list[str]
) -> None:
    bucket, _ = there

    def parts() -> list[str]:
        found = bucket.list_objects_v2(Bucket="bucket", Prefix="parts/").get("Contents", [])
        return [one["Key"] for one in found]

    command = ["ce", "s3://bucket/preds/*.parquet", "--emit-partial", "s3://bucket/parts/", "--json"]
    running = subprocess.Popen(
        [*COMMAND, *command, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    end = time.monotonic() + 120
    while not parts() and running.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    running.send_signal(number)
    out, _ = running.communicate(timeout=60)
    assert out == b""
    assert running.returncode in (-number, 128 + number)
    standing = len(parts())
    assert 0 < standing < FILES
    again = celoss(*command)
    assert again.returncode == 0, again.stderr
    assert f"of {FILES} parts taken as they stand" in again.stderr
    assert int(again.stderr.split()[2]) >= standing
    assert again.stdout == celoss("ce", "s3://bucket/preds/*.parquet", "--json").stdout
