"""``celoss temperature``: predictions with targets -> one temperature, and what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from celoss_cli.cli.kinds import OUTPUT_FILE
from celoss_cli.cli.options import OUTPUT, Reading, Running, Semantics, Writing, files, formats
from celoss_cli.cli.table import Command, option, part
from celoss_cli.core.errors import InputError, UsageError, Way, file_name, quoted, visible
from celoss_cli.core.option import one_of
from celoss_cli.core.records import record, replace
from celoss_cli.core.suffix import suffix_of, without_suffix
from celoss_cli.losses import LOSSES, LossSpec
from celoss_cli.losses.options import IGNORE_INDEX, SEMANTICS, WEIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from celoss_cli.core.data import Source
    from celoss_cli.studies.temperature.taking import Taken, Temperature

__all__ = ["COMMAND", "TemperatureOptions"]

_HELP = """Fit one temperature that calibrates the predictions.

Logits are divided by one number T above 0, that with the least mean loss; probabilities become log p / T, \
renormalised. The likeliest class stays the same. Fit it on rows that were not trained on, and use it on \
others. -o writes the calibrated predictions of these rows.

Example: celoss temperature preds.csv -o calibrated.csv"""

_FITTED = ("ce", "nll", "bce", "bce-logits")
"""The losses that are fitted: those that are the likelihood of a distribution."""


@record(frozen=True, slots=True)
class TemperatureOptions:
    """The options of ``celoss temperature``."""

    files: tuple[str, ...] = files(metavar="FILE...", required=True)
    loss: Literal["ce", "nll", "bce", "bce-logits"] = option(
        one_of(_FITTED), "The loss that is fitted.", default="ce", panel=SEMANTICS
    )
    calibrated: str | None = option(
        OUTPUT_FILE,
        "Write the calibrated predictions to a .csv, .jsonl, .npy, .npz or .parquet.",
        flags=("--output", "-o"),
        panel=OUTPUT,
        file="written",
    )
    reading: Reading = part(Reading, without=("choice_norm",))
    semantics: Semantics = part(
        Semantics,
        without=("per", "score", "censored", "convention", "reduction", "dtype", "base", "on_empty"),
    )
    writing: Writing = part(Writing, without=("output", "report"), format=formats("number"))
    running: Running = part(Running)


def run(given: TemperatureOptions) -> int:
    """Fits and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    from celoss_cli.cli.outlet import outlet_of
    from celoss_cli.cli.publish import publish
    from celoss_cli.studies.temperature.document import document_of

    outlet = outlet_of(given)
    return publish(document_of(_calibrated(LOSSES[given.loss], given)), outlet)


@record(frozen=True, slots=True)
class _Fitted:
    """The temperature of data, its predictions, and what a reader should know of it."""

    found: Temperature
    taken: Taken
    described: Source
    remarks: Sequence[str]


def _calibrated(spec: LossSpec, given: TemperatureOptions) -> Temperature:
    """The temperature of data; the calibrated predictions are written where that is asked for.

    Raises:
        CelossError: for anything that stands in the way.

    """
    from celoss_cli.cli.output import write_file
    from celoss_cli.cli.publish import tell
    from celoss_cli.studies.temperature.files import pieces_of

    path, fitted = given.calibrated, _fitted(spec, given)
    tell(fitted.remarks)
    result, kept = fitted.found, fitted.taken.kept
    if kept is None or path is None:
        return result
    if result.fit.state != "found":
        raise InputError(
            f"expected a temperature to write {visible(path)} with, got none: it is {result.fit.state}",
            hint="without -o the command says why",
            place=file_name(*fitted.described.get("files", ())),
        )
    write_file(path, pieces_of(kept, result.fit.temperature, path, result.labels))
    return replace(result, written=path)


def _rehearse(given: TemperatureOptions) -> None:
    """Fits the first rows."""
    _fitted(LOSSES[given.loss], given, partly=True)


def _fitted(spec: LossSpec, given: TemperatureOptions, *, partly: bool = False) -> _Fitted:
    """The temperature of data, or of its first rows.

    Raises:
        CelossError: for anything that stands in the way.

    """
    from celoss_cli.cli.data import data_of
    from celoss_cli.cli.leading import said_of
    from celoss_cli.cli.publish import remarks_of
    from celoss_cli.cli.reading import opened
    from celoss_cli.cli.semantics import chosen, refuse_foreign
    from celoss_cli.evaluate.loop import Request, evaluate
    from celoss_cli.findings import findings
    from celoss_cli.report.assemble import facts_of
    from celoss_cli.studies.temperature.files import Kept
    from celoss_cli.studies.temperature.taking import Taken, finite, told

    path, jobs, semantics = given.calibrated, given.running.jobs, given.semantics
    refuse_foreign(spec, given.reading, semantics)
    _refuse_ending(path)
    data = data_of(spec, given.files, given.reading, semantics, jobs=jobs)
    with finite(), opened(data, partly=partly) as found:
        if found.dataset.scored:
            raise InputError("expected a value for each class, got scored tokens")
        choice, described = chosen(data, semantics, found), found.dataset.described
        taken = Taken(choice.loss, None if path is None else Kept(data.takes, described))
        allowed = given.reading.allow_out_of_domain
        request = Request(strict=True, keep=True, scores=True, allow_out_of_domain=allowed, jobs=jobs)
        evaluation = evaluate(choice.loss, found.dataset.batches, request, taken)
    spec = spec.taking(choice.options)
    facts = facts_of(
        spec,
        choice.loss,
        evaluation,
        seen=evaluation.seen,
        tally=evaluation.tally,
        classes=evaluation.classes,
        options=choice.options,
        source=described,
        said=lambda: replace(said_of(data, semantics), study="temperature"),
    )
    remarks = list(remarks_of(evaluation.skipped, findings(facts)))
    source = evaluation.described(described)
    result = told(replace(spec, takes=data.takes), choice.loss, evaluation, taken, choice.options, source)
    return _Fitted(result, taken, described, remarks)


def _refuse_ending(path: str | None) -> None:
    """Refuses a file of calibrated predictions whose ending says no format."""
    from celoss_cli.studies.temperature.files import ENDINGS

    if path is not None and suffix_of(path) not in ENDINGS:
        raise UsageError(
            f"Expected -o with a file that ends in {', '.join(ENDINGS)}, got {quoted(path)}.",
            ways=(Way("", (("-o", without_suffix(path) + ENDINGS[0]),)),),
        )


COMMAND = Command(
    "temperature",
    _HELP,
    TemperatureOptions,
    run,
    groups={"of_loss": (WEIGHT, IGNORE_INDEX)},
    rehearse=_rehearse,
)
"""One temperature for all predictions."""
