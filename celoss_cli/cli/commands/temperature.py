"""``celoss temperature``: predictions with targets -> one temperature, and what it changes."""

from __future__ import annotations

from typing import Literal

from celoss_cli.cli.kinds import OUTPUT_FILE
from celoss_cli.cli.options import OUTPUT, Reading, Running, Semantics, Writing, files, formats
from celoss_cli.cli.table import Command, option, part
from celoss_cli.core.errors import ExitCode
from celoss_cli.core.option import one_of
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES
from celoss_cli.losses.options import IGNORE_INDEX, SEMANTICS, WEIGHT

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
    from celoss_cli.cli.calibrating import calibrated
    from celoss_cli.cli.publish import outlet_of, publish
    from celoss_cli.cli.reading import Data
    from celoss_cli.cli.semantics import refuse_foreign
    from celoss_cli.studies.temperature.document import document_of

    outlet, spec = outlet_of(given.writing, given), LOSSES[given.loss]
    refuse_foreign(spec, given.reading, given.semantics)
    jobs = given.running.jobs
    data = Data(spec, given.reading, given.files, None, given.semantics.input_is or "", jobs=jobs)
    found = calibrated(data, given.semantics, given.calibrated, jobs)
    publish(document_of(found), outlet, ExitCode.DONE)
    return ExitCode.DONE


COMMAND = Command("temperature", _HELP, TemperatureOptions, run, groups={"of_loss": (WEIGHT, IGNORE_INDEX)})
"""One temperature for all predictions."""
