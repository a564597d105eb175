"""Coverage-guided fuzzing of the readers.

    python tests/fuzz/fuzz_readers.py csv --seconds 600 --work /tmp/found

An input must be read or be refused by celoss itself; of a table every way of reading must say the
same. The inputs worth keeping are in ``corpus``; new ones go to the work folder. With atheris
(``pip install atheris``) the search follows the coverage, without it inputs are changed at random.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

try:
    import atheris  # type: ignore[import-not-found,unused-ignore]
except ImportError:
    atheris = None

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent)]

with atheris.instrument_imports(include=["celoss_cli", "zipfile"]) if atheris else nullcontext():
    from tables import TABLE_WAYS, batches_of, read_table
    from token_readers import hold_against_each_other

    from celoss_cli.core.errors import CelossError
    from celoss_cli.evaluate.loop import Request, evaluate
    from celoss_cli.losses.scored_tokens import ScoredTokens
    from celoss_cli.read import SOURCES
    from celoss_cli.read.arrays import npy
    from celoss_cli.read.arrow import columnar
    from celoss_cli.read.json import document, lines
    from celoss_cli.read.request import ColumnChoice, ReadRequest, Stream

PLAIN = ReadRequest(per_class=True, takes="logits")
TABLES = (
    PLAIN,
    ReadRequest(per_class=True, takes="logits", delimiter=";", decimal=","),
    ReadRequest(per_class=True, takes="logits", delimiter="\t", missing="skip"),
    ReadRequest(per_class=True, takes="logits", delimiter=" ", allow_nonfinite=True),
    ReadRequest(per_class=False, takes="logits", allow_unterminated=True),
    ReadRequest(
        per_class=True,
        takes="logits",
        header=False,
        columns=ColumnChoice(target="3", classes="1,2"),
    ),
    ReadRequest(per_class=True, takes="logits", columns=ColumnChoice(group="g", weight="w")),
    ReadRequest(per_class=True, takes="logits", encoding="latin-1", delimiter="|"),
)


def fuzz_csv(data: bytes) -> None:
    """The first character chooses the dialect, the second one the size of a block."""
    if len(data) < 2:
        return
    request = TABLES[data[0] % len(TABLES)]
    block = 1 << 20 if data[1] == ord("0") else 1 + data[1] % 64
    strict = read_table(data[2:], request, "strict", block)
    whole = read_table(data[2:], request, "strict")
    if strict != whole and not (strict.said and whole.said):
        raise AssertionError(f"in blocks of {block}:\n{strict}\nat once:\n{whole}")
    for way in TABLE_WAYS[1:]:
        found = read_table(data[2:], request, way, block)
        if found != strict:
            raise AssertionError(f"{way} in blocks of {block}:\n{found}\nstrict:\n{strict}")


def refused_or(read: Callable[[], object]) -> None:
    """Reads; a refusal by celoss itself is as good."""
    try:
        read()
    except CelossError as error:
        if not str(error):
            raise AssertionError("an error that says nothing") from error


def both(module: Any) -> Callable[[bytes], None]:
    """Reads as a data set of either kind of loss, and as one array."""

    def fuzz(data: bytes) -> None:
        def stream() -> Stream:
            return Stream("-", io.BufferedReader(io.BytesIO(data)))  # type: ignore[arg-type]

        for request in (PLAIN, TABLES[4]):
            refused_or(lambda request=request: list(batches_of(module.read(stream(), request))))
        refused_or(lambda: module.read_values(stream(), PLAIN))

    return fuzz


def scored(data: bytes) -> None:
    """Reads dumps of scored tokens as one document, as lines in two ways, and as each named format."""
    request = ReadRequest(per_class=True, takes="log-probs", scored=True)
    loss = ScoredTokens(censored="skip")

    def stream() -> Stream:
        return Stream("-", io.BufferedReader(io.BytesIO(data)))  # type: ignore[arg-type]

    def read(module: Any) -> None:
        dataset = module.read(stream(), request)
        if dataset.scored:
            evaluate(loss, dataset.batches, Request(strict=True, allow_out_of_domain=True))

    formats = [spec.load() for spec in SOURCES.values() if spec.scored]
    for module in (document, lines, *formats):
        refused_or(lambda module=module: read(module))
    hold_against_each_other(data, likeliest=True)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "csv": fuzz_csv,
    "json": both(document),
    "jsonl": both(lines),
    "npy": both(npy),
    "npz": both(npy),
    "parquet": both(columnar),
    "arrow": both(columnar),
    "tokens": scored,
}


def corpus(name: str) -> Iterator[bytes]:
    for path in sorted((HERE / "corpus" / name).iterdir()):
        yield path.read_bytes()


def at_random(fuzz: Callable[[bytes], None], name: str, seconds: float, work: Path) -> None:
    """Changes, deletes and repeats bytes of the corpus until the time is over."""
    seeds, count, end = list(corpus(name)), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        data = bytearray(random.choice(seeds))
        for _ in range(random.randint(1, 4)):
            at = random.randrange(len(data) + 1)
            other = random.choice(seeds)
            data[at : at + random.randint(0, 3)] = random.choice(
                [b"", random.randbytes(1), other[random.randrange(len(other) + 1) :][:4]]
            )
        try:
            fuzz(bytes(data))
        except BaseException:
            (work / "crash").write_bytes(data)
            raise
        count += 1
    sys.stdout.write(f"{count} executions\n")


def main() -> None:
    parser = argparse.ArgumentParser(description="Fuzzes a reader.")
    parser.add_argument("reader", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--work", type=Path, required=True, help="a folder for new inputs and crashes")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    fuzz = TARGETS[given.reader]
    if atheris is None:
        at_random(fuzz, given.reader, given.seconds, given.work)
        return
    new = given.work / given.reader
    new.mkdir(exist_ok=True)
    options = [f"-max_total_time={given.seconds}", f"-artifact_prefix={given.work}/", "-timeout=20"]
    options += [
        "-max_len=2048",
        "-print_final_stats=1",
        "-rss_limit_mb=8000",
    ]  # the fuzzer itself grows by some KB an execution
    atheris.Setup([sys.argv[0], *options, str(new), str(HERE / "corpus" / given.reader)], fuzz)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
