"""Which columns are the input of the loss: of one over classes, or of one of single values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from celoss_cli.read.roles.class_inputs import over_classes

if TYPE_CHECKING:
    from celoss_cli.read.roles.evidence import Evidence
    from celoss_cli.read.roles.found import Found

__all__ = ["input_of"]


def input_of(
    evidence: Evidence, target: Sequence[int], targets: Sequence[str], paired: Sequence[str] = ()
) -> Found:
    """The input of the loss; of a loss still to be found too, where its answers are predicted.

    Args:
        evidence: of the columns.
        target: the columns of targets as far as they are known.
        targets: the different targets among the first rows, or none.
        paired: the names of the columns of targets, where there is one for each column of the input.

    """
    wanted = evidence.wanted
    if wanted.per_class and not (wanted.or_binary and evidence.chosen["predicted"] is not None):
        return over_classes(evidence, target, targets)
    from celoss_cli.read.roles.binary_inputs import of_single_values  # not for a loss over classes

    return of_single_values(evidence, target, targets, paired or wanted.paired)
