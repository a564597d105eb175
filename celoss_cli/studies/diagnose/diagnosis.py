"""What ``celoss diagnose`` found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.findings.facts import Finding

__all__ = ["Diagnosis"]


@record(frozen=True, slots=True)
class Diagnosis:
    """What is wrong with a data set and its loss, as far as celoss knows.

    Attributes:
        loss: the name of the function, as in ``torch.nn.functional``.
        title: the loss in words.
        takes: what the loss calls its input.
        rows: how many.
        classes: the number of classes, or None.
        labels: the classes' names.
        value: the mean with the options in force, in ``unit``, or None where it cannot be computed.
        unit: "nats", "bits" or "dits"; "" of a loss that is a plain number.
        counted: how many predictions have one outcome as target.
        accuracy: the part of these whose largest prediction is that outcome, or None.
        options: the options in force, by name.
        source: where the data came from and how it was read.
        checks: how many checks were made.
        findings: what they found.
        not_looked_at: what could not be looked at, and why, in words.

    """

    loss: str
    title: str
    takes: str
    rows: int
    classes: int | None
    labels: Sequence[str] | None
    value: float | None
    unit: str
    counted: int
    accuracy: float | None
    options: Mapping[str, Any]
    source: Mapping[str, Any]
    checks: int
    findings: Sequence[Finding]
    not_looked_at: Sequence[str] = ()
