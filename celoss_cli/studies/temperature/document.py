"""One temperature as a document: the number, and what it changes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import plural, visible
from celoss_cli.show.blocks import Block, Full, Lines, Result, Sentences, Table, View
from celoss_cli.show.document import Document
from celoss_cli.show.numerals import exact, nonfinite, percent, short
from celoss_cli.show.source import source_lines

if TYPE_CHECKING:
    from celoss_cli.evaluate.binned import Errors
    from celoss_cli.studies.temperature.fitting import Temperature

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
    classes = "" if found.classes is None else f" x {plural(found.classes, 'class')}"
    extents = f"{plural(found.rows, 'row')}{classes}"
    return View(f"temperature of {found.title}", (extents,), tuple(_blocks(found)))


def _blocks(found: Temperature) -> Iterator[Block]:
    ignored = f", {found.ignored} ignored" if found.ignored else ""
    counted = f"{plural(found.counted, 'counted target')}{ignored}, accuracy {percent(found.accuracy, 2)}"
    yield Full([Lines([*source_lines(found.source, found.takes, found.options), counted])])
    yield _table(found)
    if found.fit.state != "found":
        yield Sentences([_NONE[found.fit.state]])
        return
    yield Result(f"temperature = {exact(found.fit.temperature)}", list(_told(found)))


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


def _by_width(errors: Errors) -> float:
    return errors.width


def _by_mass(errors: Errors) -> float:
    return errors.mass


def _by_class(errors: Errors) -> float:
    return errors.classwise


def _low(errors: Errors) -> float:
    return errors.range.low


def _high(errors: Errors) -> float:
    return errors.range.high


def _chance(errors: Errors) -> float:
    return errors.range.chance


_ERRORS = (
    ("calibration error, equal width", _by_width),
    ("  of all such predictions, 95%: from", _low),
    ("  to", _high),
    ("  by chance alone, about", _chance),
    ("calibration error, equal mass", _by_mass),
    ("calibration error, by class", _by_class),
)


def _shown(value: float) -> str:
    return "" if math.isnan(value) else short(value)


def _values(found: Temperature) -> dict[str, Any]:
    """The temperature as ``temperature.schema.json`` describes it."""
    fit = found.fit
    return {
        "loss": found.loss,
        "temperature": fit.temperature,
        "state": fit.state,
        "steps": fit.steps,
        "loss_before": found.loss_before,
        "loss_after": found.loss_after,
        "nonfinite": nonfinite(found.loss_before),
        "share": found.share,
        "accuracy": found.accuracy,
        "ece_before": _error_values(found.before),
        "ece_after": None if found.after is None else _error_values(found.after),
        "rows": found.rows,
        "counted": found.counted,
        "ignored": found.ignored,
        "classes": found.classes,
        "labels": None if found.labels is None else list(found.labels),
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
        "confidence": errors.range.confidence,
        "low": errors.range.low,
        "high": errors.range.high,
        "by_chance": errors.range.chance,
    }
