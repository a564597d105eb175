"""The commands that a refusal offers, with all that the first rows of their files need beside."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.app import parsed
from celoss_cli.cli.command_line import words_of
from celoss_cli.cli.commands import command_named
from celoss_cli.cli.data import Data, data_of, heed_options
from celoss_cli.cli.opener import FIRST_BLOCKS, Opener
from celoss_cli.cli.reading import Opened, request_of
from celoss_cli.cli.semantics import chosen, refuse_foreign
from celoss_cli.core.errors import CelossError, InputError, UsageError
from celoss_cli.core.records import record, replace
from celoss_cli.evaluate.loop import Request, evaluate
from celoss_cli.losses import LOSSES
from celoss_cli.losses.spec import TOKENS
from celoss_cli.read.paths import files_of

if TYPE_CHECKING:
    from celoss_cli.cli.options import Semantics

__all__ = ["Leading", "is_to_be_written"]

_TRIED = (*LOSSES, "compare", "diagnose", "temperature", "plot", "report", "play")
"""Commands that compute a loss of files. The data of others is not read as that of a loss."""

_MOST_FOLLOWED = 4
"""So many ways out are taken after one another, until a command holds all that is needed."""

_MOST_TRIED = 60
"""So many command lines are tried for one refusal."""


def is_to_be_written(word: str) -> bool:
    """Whether a word names a file of values that is not there: @targets.csv."""
    return word.startswith("@") and not os.path.exists(word[1:])


@record(frozen=True, slots=True)
class _Asked:
    """What a command line computes, as far as its first rows say whether it can.

    Attributes:
        sets: the data sets, each by itself.
        semantics: the options of the loss.

    """

    sets: Sequence[Data]
    semantics: Semantics


class Leading:
    """Takes the ways out of further refusals, until command lines hold all that is needed."""

    def __init__(self) -> None:
        self._left = _MOST_TRIED

    def on(self, words: Sequence[str]) -> list[tuple[Sequence[str], str]]:
        """The command lines that one leads to, the likeliest first, and what each chose on the way.

        Where a further refusal leaves a choice there is one for each; none where nothing but a refusal
        without a way out follows. The words stay where they cannot be tried: of a command that computes no
        loss, of data that cannot be read again, or that the user is to write first, and of rows of tokens.
        """
        if not words or words[0] not in _TRIED or TOKENS in words or any(map(is_to_be_written, words)):
            return [(words, "")]
        try:
            asked = _asked(words)
        except CelossError:
            return []  # an option that this command or loss has not
        if not all(map(_can_be_tried, asked.sets)):
            return [(words, "")]
        return list(self._followed(words, _MOST_FOLLOWED))

    def _followed(self, words: Sequence[str], most: int) -> Iterator[tuple[Sequence[str], str]]:
        """The command lines that the ways out lead to, at most so many after one another."""
        if not self._left:
            return
        self._left -= 1
        error = _refusal(words)
        if not isinstance(error, (InputError, UsageError)):
            yield words, ""
        elif most:
            for way in error.ways:
                for found, means in self._followed(words_of(way, words), most - 1):
                    yield found, "; ".join(filter(None, (way.meaning, means)))


def _asked(words: Sequence[str]) -> _Asked:
    """What a command line computes.

    Raises:
        UsageError: for words that the command does not take, or its loss.

    """
    command = command_named(words[0])
    given: Any = parsed(command, words[1:])
    spec = LOSSES[words[0] if words[0] in LOSSES else getattr(given, "loss", "ce")]
    if words[0] not in LOSSES:
        refuse_foreign(spec, given.reading, given.semantics)
    taken = {name for option in command.options() for name in option.names}
    # A command that refuses no such values needs no option for them.
    any_number, any_domain = "--allow-nonfinite" not in taken, "--allow-out-of-domain" not in taken
    reading = replace(
        given.reading,
        allow_nonfinite=given.reading.allow_nonfinite or any_number,
        allow_out_of_domain=given.reading.allow_out_of_domain or any_domain,
    )
    files = given.files if hasattr(given, "files") else None
    sets = [(given.first,), (given.second,)] if files is None else [files]
    data = [
        data_of(spec, each, reading, given.semantics, values=getattr(given, "input", None)) for each in sets
    ]
    return _Asked([replace(each, examined=any_domain) for each in data], given.semantics)


def _can_be_tried(data: Data) -> bool:
    """Whether its files can be read again, or its values stand on the command line."""
    try:
        files = files_of(data.files)
    except CelossError:
        return False
    return all(map(os.path.isfile, files)) and (bool(files) or data.values is not None)


def _refusal(words: Sequence[str]) -> CelossError | None:
    """What refuses a command line at the first rows of its data; None where nothing does, or nobody knows."""
    try:
        asked = _asked(words)
        for data in asked.sets:
            _look_at(data, asked.semantics)
    except CelossError as error:
        return error
    except (MemoryError, OSError):
        return None  # the words stay: what there is no room or no right for here, they may say themselves
    return None


def _look_at(data: Data, semantics: Semantics) -> None:
    """Reads the first rows, and computes their loss where the command does.

    Raises:
        CelossError: for anything that stands in the way.

    """
    opener, request = Opener(data.files), request_of(data)
    with opener.opened(data, request) as (dataset, request):
        heed_options(data, dataset, request)
        choice = chosen(data, semantics, Opened(dataset, request))
        first = islice(dataset.batches, FIRST_BLOCKS)
        if data.examined:  # what a loss would refuse is told of
            from celoss_cli.studies.diagnose import examined

            examined(choice.loss, first, None)
        else:
            allowed = data.reading.allow_out_of_domain
            found = evaluate(choice.loss, first, Request(strict=True, allow_out_of_domain=allowed))
            if not found.tally.rows:
                raise InputError("expected rows to compute a loss of, got none")
        opener.refuse_misfits(data, dataset, request)
