"""Partial results: the exact totals of a part of the data, as a file that can be added to others.

A shard writes one with ``--emit-partial``, ``celoss merge`` adds any number of them. The totals are
integers, so the sum has the same bits as one run over everything, in whatever order they are added.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from celoss_cli.collect import Collected, Wanted
from celoss_cli.data import Tally
from celoss_cli.errors import InputError, quoted
from celoss_cli.evaluate import Evaluation, Rows
from celoss_cli.exact import ExactSum
from celoss_cli.groups import Groups
from celoss_cli.losses import LOSSES
from celoss_cli.records import record

if TYPE_CHECKING:
    from celoss_cli.losses.base import Loss

__all__ = ["Partial", "as_text", "loss_of", "merged", "read_partial"]

VERSION = 1
"""Raised when a reader of the old form would misread the new one."""

_SAME = ("loss", "options", "reduction", "classes", "labels", "by", "quantiles", "columns")
_HEX = re.compile(r"-?0x[0-9a-f]+")


@record(frozen=True, slots=True)
class Partial:
    """The evaluation of a part of the data with everything that a report needs.

    Attributes:
        loss: the command.
        options: the options in force, by name.
        reduction: how the whole becomes one number.
        by: what the groups are, or None.
        quantiles: the fractions asked for.
        source: where the data came from and how it was read.
        evaluation: totals and collections, without rows and workings.

    """

    loss: str
    options: Mapping[str, Any]
    reduction: str
    by: str | None
    quantiles: tuple[float, ...]
    source: Mapping[str, Any]
    evaluation: Evaluation

    def described(self) -> dict[str, Any]:
        """What must be the same in all parts."""
        return {
            "loss": self.loss,
            "options": dict(self.options),
            "reduction": self.reduction,
            "classes": self.evaluation.classes,
            "labels": None if self.evaluation.labels is None else list(self.evaluation.labels),
            "by": self.by,
            "quantiles": list(self.quantiles),
            "columns": self.source.get("columns"),
        }


def loss_of(partial: Partial) -> Loss:
    """The loss with the options of a partial result."""
    return LOSSES[partial.loss].made(**partial.options)


# ---------------------------------------------------------------------------------------------- adding


def merged(parts: Iterable[tuple[str, Partial]]) -> Partial:
    """The partial result of all parts together; each comes with its name, for messages.

    Raises:
        InputError: for parts of different losses, options or columns.

    """
    (_, whole), *others = parts
    for name, part in others:
        wanted, got = whole.described(), part.described()
        for key in _SAME:
            if wanted[key] != got[key] and not _empty(whole, part, key):
                raise InputError(
                    f"expected the {key} of the first partial result, {quoted(json.dumps(wanted[key]))}, "
                    f"got {quoted(json.dumps(got[key]))}",
                    place=name,
                )
        whole = _added(whole, part)
    return whole


def _empty(one: Partial, other: Partial, key: str) -> bool:
    """Whether a part without rows leaves open what its data would have said."""
    rows = min(one.evaluation.tally.rows, other.evaluation.tally.rows)
    return rows == 0 and key in ("classes", "labels")


def _added(one: Partial, other: Partial) -> Partial:
    a, b = one.evaluation, other.evaluation
    first = a if a.tally.rows else b
    evaluation = Evaluation(
        rows=a.rows,
        tally=a.tally + b.tally,
        weight_is=first.weight_is,
        classes=first.classes,
        collected=a.collected.joined(b.collected, Wanted()),
        seen=a.seen + b.seen,
        skipped=a.skipped + b.skipped,
        labels=first.labels,
        conversions=first.conversions,
    )
    files = [*one.source.get("files", ()), *other.source.get("files", ())]
    return replace(one, evaluation=evaluation, source={**one.source, "files": files})


# --------------------------------------------------------------------------------------------- writing


def as_text(partial: Partial) -> str:
    """The JSON document of a partial result."""
    evaluation = partial.evaluation
    document = {
        "celoss_partial": VERSION,
        **partial.described(),
        "source": dict(partial.source),
        "weight_is": evaluation.weight_is,
        "conversions": list(evaluation.conversions),
        "skipped": evaluation.skipped,
        "seen": dict(evaluation.seen),
        "tally": _tally(evaluation.tally),
        "groups": {name: _tally(tally) for name, tally in evaluation.collected.groups.tallies().items()},
        "levels": {str(level): count for level, count in sorted(evaluation.collected.levels.items())},
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "loss": _sum(tally.loss),
        "weight": _sum(tally.weight),
        "rows": tally.rows,
        "elements": tally.elements,
        "ignored": tally.ignored,
        "clamped": tally.clamped,
    }


def _sum(total: ExactSum) -> dict[str, Any]:
    return {
        "times_2_1074": hex(total.scaled),
        "nan": total.nan,
        "posinf": total.posinf,
        "neginf": total.neginf,
    }


# --------------------------------------------------------------------------------------------- reading


def read_partial(document: Any, name: str) -> Partial:
    """A partial result from its JSON document.

    Raises:
        InputError: if the document is none, or of another version.

    """
    if not isinstance(document, dict) or "celoss_partial" not in document:
        raise InputError(
            "expected a partial result as --emit-partial writes it, got another document", place=name
        )
    if document["celoss_partial"] != VERSION:
        raise InputError(
            f"expected a partial result of version {VERSION}, got {quoted(str(document['celoss_partial']))}",
            place=name,
        )
    try:
        return _partial(document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        what = f"{type(error).__name__} {error}"
        raise InputError(f"expected a whole partial result, got a damaged one: {what}", place=name) from None


def _partial(document: dict[str, Any]) -> Partial:
    partial = Partial(
        loss=document["loss"],
        options=document["options"],
        reduction=document["reduction"],
        by=document["by"],
        quantiles=tuple(map(float, document["quantiles"])),
        source={**document["source"], "columns": document["columns"]},
        evaluation=Evaluation(Rows(LOSSES[document["loss"]].load()())),
    )
    loss_of(partial)  # refuses options that the loss does not have
    evaluation = partial.evaluation
    evaluation.tally = _tally_of(document["tally"])
    evaluation.weight_is = str(document["weight_is"])
    evaluation.classes = document["classes"]
    evaluation.labels = document["labels"]
    evaluation.conversions = tuple(document["conversions"])
    evaluation.skipped = _count(document["skipped"])
    evaluation.seen = Counter({str(key): _count(value) for key, value in document["seen"].items()})
    evaluation.collected = Collected(
        Groups.known({str(group): _tally_of(tally) for group, tally in document["groups"].items()}),
        Counter({int(level): _count(count) for level, count in document["levels"].items()}),
    )
    return partial


def _tally_of(value: dict[str, Any]) -> Tally:
    return Tally(
        loss=_sum_of(value["loss"]),
        weight=_sum_of(value["weight"]),
        rows=_count(value["rows"]),
        elements=_count(value["elements"]),
        ignored=_count(value["ignored"]),
        clamped=_count(value["clamped"]),
    )


def _sum_of(value: dict[str, Any]) -> ExactSum:
    text = value["times_2_1074"]
    if not _HEX.fullmatch(text):
        raise ValueError(f"{text!r} is no integer")
    return ExactSum(int(text, 16), _count(value["nan"]), _count(value["posinf"]), _count(value["neginf"]))


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value
