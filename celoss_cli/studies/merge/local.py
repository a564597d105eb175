"""Shards on processes of this machine: one task a process at a time, another process for one that is lost."""

from __future__ import annotations

import signal
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

from celoss_cli.core.errors import CelossError, InputError, LimitError
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.read.row_groups import RowGroups
    from celoss_cli.read.shards import Shard

__all__ = ["RETRIES", "Asked", "Compute", "answer_to", "results"]

RETRIES = 2
"""So many times a shard is given to another process after one was lost with it."""

_HELD = 2
"""So many shards a process has at once: while its answer is read here, it computes the next one."""

_SECONDS = 5
"""So long a process is waited for that was told to end."""


@record(frozen=True, slots=True)
class Asked:
    """What is asked of a worker.

    Attributes:
        loss: the command.
        words: its files and options.
        shard: which one the files are.
        name: what messages call it.
        row_groups: those that are meant of the files of which not all is.

    """

    loss: str
    words: tuple[str, ...]
    shard: Shard
    name: str
    row_groups: Mapping[str, RowGroups] = field(default_factory=dict)


Compute = Callable[[Asked], str]
"""What a worker does for a shard: a function of a module, which answers the partial result as JSON."""


def results(processes: int, asked: Sequence[Asked], compute: Compute) -> Iterator[tuple[int, str]]:
    """The partial results as JSON documents, each with its position, as they arrive.

    Args:
        processes: how many work at the same time.
        asked: the shards.
        compute: what each of them is given to.

    Raises:
        CelossError: what celoss says of a shard.
        InputError: for a shard with which a process was lost each time.
        LimitError: if no process can be started.

    """
    left, lost = deque(range(len(asked))), Counter[int]()
    working: dict[Connection, _Process] = {}
    try:
        while left or working:
            while left and len(working) < processes:
                process = _Process(compute)
                working[process.connection] = process
                _hand_out(process, left, asked, processes)
            for ready in wait(list(working)):
                assert isinstance(ready, Connection)  # noqa: S101 - for the type checker
                process = working[ready]
                found = process.answer()
                at = process.held.popleft()
                if isinstance(found, CelossError):
                    raise found
                if found is not None:
                    _hand_out(process, left, asked, processes)
                if not process.held or found is None:
                    process.end()
                    del working[ready]
                if found is not None:
                    yield at, found
                    continue
                lost[at] += 1
                if lost[at] > RETRIES:
                    raise _failed(asked[at])
                left.extendleft(reversed((at, *process.held)))
    finally:
        for process in working.values():
            process.end()


class _Process:
    """A process that computes shards.

    Attributes:
        held: the positions of the shards that it has: the one that it computes, and the next one.

    """

    def __init__(self, compute: Compute) -> None:
        """Starts it.

        Raises:
            LimitError: if the system starts none.

        """
        context = get_context("spawn")  # a copy of this process would have its locks, but not its threads
        self.held = deque[int]()
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, compute), daemon=True)
        try:
            self._process.start()
        except OSError as error:
            raise LimitError(f"the system starts no more processes ({error.strerror})") from None
        finally:
            theirs.close()

    def ask(self, at: int, asked: Asked) -> None:
        """Gives it a shard; that it was lost meanwhile, its answer tells."""
        self.held.append(at)
        try:
            self.connection.send(asked)
        except OSError:
            return

    def answer(self) -> str | CelossError | None:
        """What it says of the first shard that it has; None where it is gone."""
        try:
            found: str | CelossError = self.connection.recv()
        except (EOFError, OSError):
            return None
        return found

    def end(self) -> None:
        """Ends it, whatever it does."""
        self.connection.close()
        self._process.terminate()
        self._process.join(_SECONDS)


def _hand_out(process: _Process, left: deque[int], asked: Sequence[Asked], processes: int) -> None:
    """Gives a process what it computes, and the next shard unless the last ones are better shared out."""
    while left and len(process.held) < (_HELD if len(left) > processes else 1):
        at = left.popleft()
        process.ask(at, asked[at])


def _failed(asked: Asked) -> InputError:
    return InputError(
        f"expected the result of shard {asked.shard}, got a process that was lost, {RETRIES + 1} times",
        hint="where memory runs out, fewer processes need less: --cluster local:1",
        place=asked.name,
    )


def _serve(connection: Connection, compute: Compute) -> None:
    """Answers until nobody asks any more. Who interrupts a command ends the one that asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            asked = connection.recv()
            connection.send(answer_to(asked, compute))
        except (EOFError, OSError):
            return


def answer_to(asked: Asked, compute: Compute) -> str | CelossError:
    """The partial result of a shard as a JSON document. What celoss says of the data is an answer, too."""
    try:
        return compute(asked)
    except CelossError as error:
        return error
    except MemoryError:
        return LimitError("out of memory", place=asked.name)
