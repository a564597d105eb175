"""A temperature for data: read, fitted, told, and the calibrated predictions written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.cli.calibrated_files import ENDINGS, Kept, pieces_of
from celoss_cli.cli.command_line import command_words
from celoss_cli.cli.output import note, write_file
from celoss_cli.cli.publish import remark_of
from celoss_cli.cli.reading import opened
from celoss_cli.cli.semantics import chosen
from celoss_cli.core.errors import InputError, UsageError, Way, file_name, plural, quoted, visible
from celoss_cli.core.numbers import ALLOWED
from celoss_cli.evaluate.binned import Errors, errors_of
from celoss_cli.evaluate.calibration import BINS
from celoss_cli.evaluate.loop import Evaluation, Request, evaluate
from celoss_cli.findings import findings
from celoss_cli.losses.pieces import default_jobs
from celoss_cli.report.assemble import facts_of
from celoss_cli.studies.temperature.fitting import Predictions, Temperature, fitted

if TYPE_CHECKING:
    from celoss_cli.cli.options import Semantics
    from celoss_cli.cli.reading import Data
    from celoss_cli.core.data import Array, Batch, Terms
    from celoss_cli.losses import LossSpec
    from celoss_cli.losses.base import Loss

__all__ = ["calibrated"]


class _Taken:
    """The predictions of a data set, and where they are written, the rows as they were."""

    def __init__(self, loss: Loss, kept: Kept | None) -> None:
        self.predictions, self.kept = Predictions(), kept
        self._loss = loss

    def __call__(self, batch: Batch, terms: Terms) -> None:
        """Takes a canonical batch with its terms."""
        logs, outcomes = self._loss.log_predictions(batch), self._loss.outcomes(batch)
        if logs is None or outcomes is None or logs.shape[1] != len(outcomes) or len(logs) < 2:
            raise InputError(
                "expected targets that are classes, or answers of yes or no, and a value for each class",
                hint="a temperature is fitted to what came, not to distributions",
            )
        counted = np.ones(len(outcomes), bool) if terms.ignored is None else ~terms.ignored
        _refuse(counted & (outcomes < 0), batch, "expected a target of 0 or 1, got a share between them")
        own = logs[np.maximum(outcomes, 0), np.arange(len(outcomes))]
        _refuse(counted & ~np.isfinite(own), batch, _INFINITE)
        factors = self._loss.factors(batch)
        plain = np.ones(len(outcomes)) if factors is None else factors
        weights = np.asarray(terms.weight if self._loss.per_class else plain, np.float64)
        self.predictions.add(logs[:, counted], outcomes[counted], weights[counted])
        if self.kept is not None:
            self.kept.add(batch)


_INFINITE = "expected a target with a finite loss, got an infinite one"


@contextlib.contextmanager
def _finite() -> Iterator[None]:
    """Offers no way to take nan: no temperature fits it."""
    try:
        yield
    except InputError as error:
        error.ways = tuple(way for way in error.ways if way not in ALLOWED)
        raise


def _refuse(where: Array, batch: Batch, fact: str) -> None:
    """Refuses the first element of a batch that is odd."""
    if where.any():
        row = int(batch.places(np.flatnonzero(where)[:1])[0][0])
        told = "at no temperature is it finite: take these rows out, or clip the probabilities"
        raise InputError(fact, hint=told if fact == _INFINITE else "", place=batch.place(row))


def calibrated(data: Data, semantics: Semantics, path: str | None, jobs: int | None) -> Temperature:
    """The temperature of data; the calibrated predictions are written where that is asked for.

    Args:
        data: with the loss that is fitted.
        semantics: the options of the loss.
        path: where the calibrated predictions go, or None.
        jobs: worker threads, or None for as many as are of use.

    Raises:
        CelossError: for anything that stands in the way.

    """
    if path is not None and PurePath(path).suffix not in ENDINGS:
        known = ", ".join(ENDINGS)
        right = Way("", (("-o", str(PurePath(path).with_suffix(ENDINGS[0]))),))
        fact = f"Expected -o with a file that ends in {known}, got {quoted(path)}."
        raise UsageError(fact, ways=(right,))
    with _finite(), opened(data) as found:
        if found.dataset.scored:
            raise InputError("expected a value for each class, got scored tokens")
        choice = chosen(data, semantics, found)
        taken = _Taken(choice.loss, None if path is None else Kept(data.takes, found.dataset.described))
        request = Request(
            strict=True,
            keep=True,
            scores=True,
            allow_out_of_domain=data.reading.allow_out_of_domain,
            jobs=jobs or default_jobs(),
        )
        evaluation = evaluate(choice.loss, found.dataset.batches, request, taken)
        described = found.dataset.described
    facts = facts_of(
        data.spec.taking(choice.options),
        choice.loss,
        evaluation,
        seen=evaluation.seen,
        tally=evaluation.tally,
        classes=evaluation.classes,
        options=choice.options,
        source=described,
        said=lambda: replace(command_words(data, semantics), study="temperature"),
    )
    if evaluation.skipped:
        note(f"celoss: note: {plural(evaluation.skipped, 'row')} with missing values skipped")
    for finding in findings(facts):
        note(f"celoss: {remark_of(finding)}")
    told = _told(data.spec, choice.loss, evaluation, taken.predictions)
    source = evaluation.described(described)
    told = replace(told, options=choice.options, source=source, takes=data.takes)
    if taken.kept is not None and path is not None:
        if told.fit.state != "found":
            raise InputError(
                f"expected a temperature to write {visible(path)} with, got none: it is {told.fit.state}",
                hint="without -o the command says why",
                place=file_name(*described.get("files", ())),
            )
        write_file(path, pieces_of(taken.kept, told.fit.temperature, path, evaluation.labels))
        told = replace(told, written=path)
    return told


def _told(spec: LossSpec, loss: Loss, evaluation: Evaluation, predictions: Predictions) -> Temperature:
    tally, scores = evaluation.tally, evaluation.scores
    if not tally.counted or scores is None:
        raise InputError("expected at least one counted target to fit a temperature to, got none")
    if not tally.weight.scaled:
        raise InputError("expected a counted target with a weight above 0, got none")
    fit = fitted(predictions)
    after = _errors(loss, predictions, 1 / fit.temperature) if fit.state == "found" else None
    return Temperature(
        loss=spec.name,
        title=spec.title,
        takes=spec.takes,
        fit=fit,
        weight=float(tally.weight),
        accuracy=scores.hits / scores.weight,
        before=_errors(loss, predictions, 1.0),
        after=after,
        rows=tally.rows,
        classes=evaluation.classes,
        counted=tally.counted,
        ignored=tally.ignored,
        options={},
        source={},
        labels=evaluation.labels,
    )


def _errors(loss: Loss, predictions: Predictions, b: float) -> Errors:
    """The calibration errors of the predictions at a temperature of 1 / b."""

    def parts() -> Iterator[tuple[Array, Array]]:
        for z, y, _ in predictions:
            e = np.exp(b * z)
            yield e / e.sum(axis=0), y

    return errors_of(parts(), BINS, positive=not loss.per_class)
