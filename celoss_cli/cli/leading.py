"""The commands that a refusal offers, with all that the first rows of their files need beside."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from celoss_cli.cli.command_line import command_words, words_of
from celoss_cli.cli.data import request_of
from celoss_cli.cli.first_rows import Opener, asked_of, evaluation_of_first, is_to_be_written
from celoss_cli.core.errors import CelossError, InputError, UsageError
from celoss_cli.core.records import replace
from celoss_cli.losses import LOSSES
from celoss_cli.losses.spec import TOKENS
from celoss_cli.read.paths import files_of

if TYPE_CHECKING:
    from celoss_cli.cli.data import Data
    from celoss_cli.cli.first_rows import Asked
    from celoss_cli.cli.options import Semantics
    from celoss_cli.findings import CommandWords

__all__ = ["Leading", "can_be_tried", "led", "said_of"]

_TRIED = (
    *(*LOSSES, "compare", "diagnose", "temperature", "plot", "report", "play"),
    *("reconcile", "inspect", "weights"),
)
"""Commands that read files of predictions and targets."""

_MOST_FOLLOWED = 4
"""So many ways out are taken after one another, until a command holds all that is needed."""

_MOST_TRIED = 60
"""So many command lines are tried for one refusal."""


def said_of(data: Data, semantics: Semantics) -> CommandWords:
    """What a remedy repeats of the command line; where that leads, it is led on."""
    return replace(command_words(data, semantics), lead=led)


def led(words: Sequence[str]) -> Sequence[str]:
    """The likeliest command line that one leads to; none where it is refused in any case."""
    found = Leading().on(words)
    return found[0][0] if found else ()


class Leading:
    """Takes the ways out of further refusals, until command lines hold all that is needed."""

    def __init__(self) -> None:
        self._left = _MOST_TRIED

    def on(self, words: Sequence[str]) -> list[tuple[Sequence[str], str]]:
        """The command lines that one leads to, the likeliest first, and what each chose on the way.

        Where a further refusal leaves a choice there is one for each; none where nothing but a refusal
        without a way out follows. The words stay where they cannot be tried: of a command that reads no
        predictions, of data that cannot be read again, or that the user is to write first, and of rows of
        tokens.
        """
        if not words or words[0] not in _TRIED or TOKENS in words or any(map(is_to_be_written, words)):
            return [(words, "")]
        try:
            asked = asked_of(words)
        except CelossError:
            return []  # an option that this command or loss has not
        if not all(map(can_be_tried, asked.sets)):
            return [(words, "")]
        return list(self._followed(words, asked, _MOST_FOLLOWED))

    def _followed(
        self, words: Sequence[str], asked: Asked | None, most: int
    ) -> Iterator[tuple[Sequence[str], str]]:
        """The command lines that the ways out lead to, at most so many after one another."""
        if not self._left:
            return
        self._left -= 1
        error = _refusal(words, asked)
        if not isinstance(error, (InputError, UsageError)):
            yield words, ""
        elif most:
            for way in error.ways:
                for found, means in self._followed(words_of(way, words), None, most - 1):
                    yield found, "; ".join(filter(None, (way.meaning, means)))


def can_be_tried(data: Data) -> bool:
    """Whether its files can be read again, or its values stand on the command line."""
    try:
        files = files_of(data.files)
    except CelossError:
        return False
    return all(map(os.path.isfile, files)) and (bool(files) or data.values is not None)


def _refusal(words: Sequence[str], asked: Asked | None) -> CelossError | None:
    """What refuses a command line at the first rows of its data; None where nothing does, or nobody knows.

    Args:
        words: of the command line.
        asked: what they compute, where that is known.

    """
    try:
        asked = asked or asked_of(words)
        for data in asked.sets if asked.of_loss else ():
            opener = Opener(data.files)
            with opener.opened(data, request_of(data)) as found:
                evaluation = evaluation_of_first(data, asked.semantics, found)
                if evaluation is not None and not evaluation.tally.rows:
                    raise InputError("expected rows to compute a loss of, got none")
                opener.refuse_misfits(data, found)
        if asked.rehearse is not None:
            asked.rehearse()
    except CelossError as error:
        return error
    except (MemoryError, OSError):
        return None  # the words stay: what there is no room or no right for here, they may say themselves
    return None
