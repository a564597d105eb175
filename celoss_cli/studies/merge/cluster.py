"""Shards on a cluster of dask, or on processes of this machine, whatever order they end in."""

from __future__ import annotations

import contextlib
import logging
import os
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import CancelledError
from itertools import islice
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import CelossError, InputError, UsageError, quoted, visible
from celoss_cli.core.extras import extra_module
from celoss_cli.core.version import __version__
from celoss_cli.losses.pieces import processors
from celoss_cli.read.remote.urls import is_remote

if TYPE_CHECKING:
    from celoss_cli.studies.merge.local import Asked, Compute

__all__ = ["texts_of"]

RETRIES = 2
"""So many times a task is given to a worker again that was lost or failed for a reason of its own."""

SECONDS = 30
"""So long a scheduler and its first worker are waited for."""

_LOCAL = re.compile(r"local(?::([0-9]{1,4}))?")
_AHEAD = 4
"""So many tasks a thread are handed out; the rest waits here, so that the scheduler's memory is flat."""


def texts_of(
    address: str, asked: Sequence[Asked], compute: Compute, arrived: Callable[[int, str], None]
) -> Iterator[str]:
    """The partial results as JSON documents, in the order in which they are asked for.

    Args:
        address: of the scheduler, or local or local:N for processes of this machine.
        asked: the shards.
        compute: what each of them is given to.
        arrived: is told of each as soon as it is there, with its position.

    Raises:
        CelossError: what a worker says of a shard.
        InputError: if a shard, or the cluster, fails for good.
        UsageError: without the package, the cluster, or the same celoss on its workers.

    """
    local = _LOCAL.fullmatch(address)
    found = _on_processes(local[1], asked, compute) if local else _on_cluster(address, asked, compute)
    waiting: dict[int, str] = {}
    following = 0
    with contextlib.closing(found):
        for at, text in found:
            arrived(at, text)
            waiting[at] = text
            while following in waiting:
                yield waiting.pop(following)
                following += 1


def _on_processes(count: str | None, asked: Sequence[Asked], compute: Compute) -> Generator[tuple[int, str]]:
    from celoss_cli.studies.merge.local import results  # multiprocessing, which a cluster needs not

    yield from results(int(count) if count else processors(), asked, compute)


def _on_cluster(address: str, asked: Sequence[Asked], compute: Compute) -> Generator[tuple[int, str]]:
    _refuse_files_of_this_machine(address, asked)
    distributed = extra_module("distributed", "cluster", "--cluster")
    with _quiet(), _client(distributed, address) as client:
        _refuse_other_versions(client)
        yield from _results(distributed, client, asked, compute)


def _refuse_files_of_this_machine(address: str, asked: Sequence[Asked]) -> None:
    """Refuses relative paths where the workers may be anywhere."""
    paths = (word for one in asked for word in one.words[one.words.index("--") + 1 :])
    for path in paths:
        if not is_remote(path) and not os.path.isabs(path):
            raise UsageError(
                f"Expected URLs or absolute paths with --cluster {address}, got {quoted(path)}.",
                hint="workers read the files where they run",
            )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What a cluster logs of its own life stays out of the output; what goes wrong is raised."""
    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def _client(distributed: Any, address: str) -> Iterator[Any]:
    dask = extra_module("dask", "cluster", "--cluster")
    with (
        contextlib.ExitStack() as opened,
        dask.config.set({"distributed.comm.timeouts.connect": f"{SECONDS}s"}),
    ):
        try:
            client = opened.enter_context(distributed.Client(address, timeout=SECONDS, set_as_default=False))
            client.wait_for_workers(1, timeout=SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            raise UsageError(
                f"Expected a scheduler and workers at {visible(address)}, got none ({type(error).__name__}).",
                hint="dask scheduler and dask worker start them",
            ) from None
        yield client


def _refuse_other_versions(client: Any) -> None:
    try:
        found = client.run(_version, on_error="return")
    except Exception as error:  # whatever a worker without celoss cannot unpack
        found = {"": error}
    for worker, version in found.items():
        if version != __version__:
            got = version if isinstance(version, str) else f"none ({type(version).__name__})"
            raise UsageError(
                f"Expected celoss {__version__} on every worker, got {visible(got)} at {visible(worker)}."
            )


def _version() -> str:
    return __version__


def _results(
    distributed: Any, client: Any, asked: Sequence[Asked], compute: Compute
) -> Iterator[tuple[int, str]]:
    """Each result with its position, as they arrive."""
    left = iter(enumerate(asked))
    done = distributed.as_completed(loop=client.loop)
    positions: dict[str, int] = {}

    def hand_out(count: int) -> None:
        for at, one in islice(left, count):
            future = client.submit(_task, one, compute, retries=RETRIES, pure=False)
            positions[future.key] = at
            done.add(future)

    hand_out(_AHEAD * max(1, sum(client.nthreads().values())))
    for ended, future in enumerate(done):
        at = positions.pop(future.key)
        yield at, _text_of(future, asked[at], ended, len(asked))
        hand_out(1)


def _text_of(future: Any, asked: Asked, ended: int, of: int) -> str:
    """What a worker answered; or what it said, or what became of it, as an error."""
    try:
        found = future.result()
    except (CancelledError, OSError) as error:
        raise InputError(
            f"expected {of} shards, got {ended}: the cluster went away ({type(error).__name__})",
            hint="parts that a folder of --emit-partial holds are not computed again",
        ) from None
    except Exception as error:
        raise InputError(
            f"expected the result of shard {asked.shard}, got a worker that was lost or failed, "
            f"{RETRIES + 1} times ({type(error).__name__})",
            place=asked.name,
        ) from None
    if isinstance(found, CelossError):
        raise found
    return str(found)


def _task(asked: Asked, compute: Compute) -> str | CelossError:
    """What a worker does. What celoss says of the data is no reason to try again, so it is an answer."""
    from celoss_cli.studies.merge.local import answer_to

    return answer_to(asked, compute)
