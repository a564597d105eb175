"""Whether the documents of parts count once: none stands in two of them, and none goes on in another one."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError, Way, plural
from celoss_cli.core.records import record
from celoss_cli.read.tokens.identities import Identities, thinned

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["Documents"]

_TOLD = "one run counts it once, or names it if its scores differ"
_CUT = "one run joins it"


@record(slots=True)
class Documents:
    """The documents of the parts so far, each with the name of the part that holds it.

    Attributes:
        holders: by the number of the document.
        one_in: how many documents each of them stands for.
        first: the parts by the documents that their files of token rows begin with.
        last: the parts by those that such files end with.

    """

    holders: dict[int, str] = field(default_factory=dict)
    one_in: int = 1
    first: dict[int, str] = field(default_factory=dict)
    last: dict[int, str] = field(default_factory=dict)

    def add(self, name: str, found: Identities, run: Sequence[str]) -> None:
        """Adds those of a part.

        Args:
            name: of the part, for messages.
            found: its documents.
            run: the command line of one run over the files of all parts so far.

        Raises:
            InputError: for a document that is in a part before it, or goes on there.

        """
        self._thin(max(self.one_in, found.one_in))
        numbers = [number for number in found.numbers if number % self.one_in == 0]
        if shared := [number for number in numbers if number in self.holders]:
            what = f"{plural(len(shared), 'document')} that {'is' if len(shared) == 1 else 'are'}"
            told = f"expected each document once, got {what} in {self.holders[shared[0]]} already"
            raise _refused(told, _TOLD, name, run)
        if holder := _going_on(found.first, self.last) or _going_on(found.last, self.first):
            told = f"expected whole documents in each part, got one that may go on in {holder}"
            raise _refused(told, _CUT, name, run)
        self.holders.update(dict.fromkeys(numbers, name))
        self.first.update(dict.fromkeys(found.first, name))
        self.last.update(dict.fromkeys(found.last, name))
        self._thin(thinned(self.holders, self.one_in)[1])

    def of_all(self) -> Identities:
        """Those of all parts together."""
        return Identities(frozenset(self.holders), self.one_in, frozenset(self.first), frozenset(self.last))

    def _thin(self, one_in: int) -> None:
        if one_in != self.one_in:
            self.holders = {at: name for at, name in self.holders.items() if at % one_in == 0}
            self.one_in = one_in


def _refused(told: str, meaning: str, name: str, run: Sequence[str]) -> InputError:
    """A refusal with the one run as the way out, where it is not of a pipe that is empty by then."""
    if "-" in run:
        return InputError(told, hint=f"over the data of all parts, {meaning}", place=name)
    return InputError(told, ways=(Way(meaning, (), words=tuple(run)),), place=name)


def _going_on(edges: Collection[int], others: dict[int, str]) -> str:
    """The part that has one of these documents at the other edge of a file, or ""."""
    return next((others[number] for number in edges if number in others), "")
