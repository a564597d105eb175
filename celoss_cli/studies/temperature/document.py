"""One temperature as a document: the number, and what it changes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import plural, visible
from celoss_cli.show.blocks import Block, Full, Lines, Result, Sentences, Table, View
from celoss_cli.show.document import Document
from celoss_cli.show.numerals import attributes, exact, extents, nonfinite, percent, short
from celoss_cli.show.source import source_lines

if TYPE_CHECKING:
    from celoss_cli.evaluate.binned import Errors
    from celoss_cli.studies.temperature.taking import Temperature

__all__ = ["document_of"]

_NONE = {
    "zero": "There is no best temperature above 0: every counted target is the likeliest class, so that the "
    "loss falls for as long as the temperature does.",
    "infinity": "There is no best temperature: the predictions are worse than no answer at all, so that the "
    "loss falls for as long as the temperature rises. Are the classes, or the sign of the logits, the right "
    "ones?",
    "undefined": "There is no best temperature: in every row all classes that are not ruled out (by a "
    "probability of 0) have the same, and every temperature gives the same loss.",
}


def document_of(found: Temperature) -> Document:
    """The document of a temperature; the number is the temperature."""
    return Document(
        view=partial(_view, found),
        values=lambda version: _values(found),
        number=lambda: [exact(found.fit.temperature)],
    )


def _view(found: Temperature) -> View:
    sizes = extents(found.rows, found.classes)
    return View(f"temperature of {found.title}", (sizes,), tuple(_blocks(found)))


def _blocks(found: Temperature) -> Iterator[Block]:
    ignored = f", {found.ignored} ignored" if found.ignored else ""
    counted = f"{plural(found.counted, 'counted target')}{ignored}, accuracy {percent(found.accuracy, 2)}"
    yield Full([Lines([*source_lines(found.source, found.takes, found.options), counted])])
    yield _table(found)
    if found.fit.state != "found":
        yield Sentences([_why_none(found)])
        return
    yield Result(f"temperature = {exact(found.fit.temperature)}", list(_told(found)))


def _why_none(found: Temperature) -> str:
    """Why there is no best temperature."""
    count, first = found.infinite
    if found.fit.state != "impossible":
        return _NONE[found.fit.state]
    where = f" ({'the first ' if count > 1 else ''}{visible(first)})" if first else ""
    have = "has" if count == 1 else "have"
    return (
        f"There is no best temperature: {plural(count, 'counted target')} {have} the probability 0{where}, "
        "and an infinite loss at every temperature. Give the scores that were rounded or decided by, or clip "
        "the probabilities."
    )


def _told(found: Temperature) -> Iterator[str]:
    """What the temperature means, in sentences."""
    t = found.fit.temperature
    side = "too sure" if t > 1 else "not sure enough" if t < 1 else "as sure as they should be"
    yield f"The predictions are {side}: {100 * found.share:.4g}% of the loss is their temperature."
    yield "Each prediction counts once in the calibration errors, whatever its weight."
    if found.counted < _FEW:
        yield f"Fitted to {plural(found.counted, 'target')}: of other rows it may be quite another one."
    if found.written:
        yield f"The calibrated predictions are in {visible(found.written)}."


_FEW = 100
"""Below so many the temperature is told to be uncertain."""


def _table(found: Temperature) -> Table:
    """The loss and the calibration errors, without and with the temperature."""
    after = found.after
    told = "with it" if found.fit.state == "found" else "in the limit"
    lines = [("mean loss, nats", short(found.loss_before), short(found.loss_after))]
    for name, read in _ERRORS:
        later = "" if after is None else _shown(read(after))
        lines.append((name, _shown(read(found.before)), later))
    return Table("", ("",), ("without", told), lines, label="before and after")


_ERRORS = tuple(
    (name, attrgetter(path))
    for name, path in (
        ("calibration error, equal width", "width"),
        ("  of all such predictions, 95%: from", "range.low"),
        ("  to", "range.high"),
        ("  by chance alone, about", "range.chance"),
        ("calibration error, equal mass", "mass"),
        ("calibration error, by class", "classwise"),
    )
)
"""What is told of the calibration errors, and where it stands in them."""


def _shown(value: float) -> str:
    return "" if math.isnan(value) else short(value)


def _values(found: Temperature) -> dict[str, Any]:
    """The temperature as ``temperature.schema.json`` describes it."""
    return {
        "loss": found.loss,
        **attributes(found.fit, "temperature", "state", "steps"),
        **attributes(found, "loss_before", "loss_after"),
        "nonfinite": nonfinite(found.loss_before),
        **attributes(found, "share", "accuracy"),
        "ece_before": _error_values(found.before),
        "ece_after": None if found.after is None else _error_values(found.after),
        **attributes(found, "rows", "counted", "ignored", "classes", "labels"),
        "infinite": found.infinite[0],
        "first_infinite": found.infinite[1] or None,
        "written": found.written or None,
        "options": dict(found.options),
        "input": dict(found.source),
    }


def _error_values(errors: Errors) -> dict[str, Any]:
    return {
        "bins": errors.bins,
        "predictions": errors.count,
        "equal_width": errors.width,
        "equal_mass": errors.mass,
        "by_class": errors.classwise,
        **attributes(errors.range, "confidence", "low", "high"),
        "by_chance": errors.range.chance,
    }
