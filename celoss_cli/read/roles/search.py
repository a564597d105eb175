"""What the searches for the input of either kind of loss begin with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celoss_cli.read.roles.evidence import Evidence

__all__ = ["Search"]


class Search:
    """The numbers of a table that may be the input of a loss.

    Args:
        evidence: of the columns.
        target: the columns of targets as far as they are known.
        targets: the different targets among the first rows, or none.

    """

    def __init__(self, evidence: Evidence, target: Sequence[int], targets: Sequence[str]) -> None:
        self._evidence = evidence
        self._names = evidence.names
        self._target = target
        self._targets = targets
        self._free = evidence.free_numbers(target)
        self._numbers = [i for i in self._free if not evidence.columns[i].says.decided]
