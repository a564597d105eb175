"""``celoss weights``: targets -> counts of the classes -> weights."""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import TYPE_CHECKING, Literal

from celoss_cli.cli.options import INPUT, Reading, Running, Writing, files, formats
from celoss_cli.cli.table import Command, declared, option, part
from celoss_cli.core.errors import InputError, UsageError, quoted
from celoss_cli.core.option import Kind, at_least, finite, one_of
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES
from celoss_cli.losses.options import IGNORE_INDEX
from celoss_cli.studies.weights.schemes import BETA, SCHEMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celoss_cli.cli.reading import Opened
    from celoss_cli.core.data import Source
    from celoss_cli.core.option import OptionValues
    from celoss_cli.evaluate.loop import Evaluation
    from celoss_cli.studies.weights.schemes import ClassWeights

__all__ = ["COMMAND"]

_WEIGHTS = "Weights"

_SPEC = LOSSES["ce"]
"""Whose way of reading targets is used: its classes, its ignored rows, its refusals."""

_UNSAID = -100
"""The target that stands for none where nobody says so."""

_ALONE = (
    "a file of targets alone is given as --targets @FILE, a column of a table as --targets @FILE "
    "--target-column NAME"
)
"""The way where the rows have no input of classes."""

_ODD = "out-of-domain-weight"
"""The one oddity of rows that changes how often they count."""

_HELP = """Class weights from how often each class is a target.

The targets are those of the files, which are read as celoss ce reads them, or those of --targets alone. \
Ignored targets are not counted; rows with weights count as often as these say. --weight takes the JSON \
output as @FILE, and the value output as it is.

Example: celoss weights preds.csv --json > weights.json; celoss ce preds.csv --weight @weights.json"""


def _beta(text: str) -> float:
    value = finite(text)
    if not 0 <= value < 1:
        raise UsageError(f"expected a number from 0 to below 1, got {quoted(text)}")
    return value


@record(frozen=True, slots=True)
class WeightsOptions:
    """The options of ``celoss weights``."""

    files: tuple[str, ...] = files()
    reading: Reading = part(  # no input is computed with, and the targets are classes
        Reading, without=("clip_domain", "choice_norm", "positive", "predicted_column")
    )
    classes: int | None = option(
        at_least(1), "How many classes there are, where --targets alone are given.", panel=INPUT
    )
    ignore_index: int | None = declared(IGNORE_INDEX)
    scheme: str = option(one_of(SCHEMES), "How counts become weights.", default="balanced", panel=_WEIGHTS)
    beta: float | None = option(
        Kind("a number from 0 to below 1", _beta, lambda value: isinstance(value, float), "B"),
        f"Of the effective number of samples; {BETA} if not given.",
        panel=_WEIGHTS,
    )
    unseen: Literal["error", "zero"] = option(
        one_of(("error", "zero")),
        "What to do with a class that never occurs.",
        default="error",
        panel=_WEIGHTS,
    )
    writing: Writing = part(
        Writing, without=("report",), format=formats("number", help="How the weights are written.")
    )
    running: Running = part(Running)


def run(given: WeightsOptions) -> int:
    """Counts and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    from celoss_cli.cli.outlet import outlet_of
    from celoss_cli.cli.publish import publish, remarks_of, tell
    from celoss_cli.findings import Facts, findings
    from celoss_cli.studies.weights.document import document_of

    outlet = outlet_of(given)
    found, described = _counted(given)
    odd = findings(Facts(Counter({_ODD: found.seen[_ODD]}), _SPEC))
    tell(remarks_of(found.skipped, odd, brief=True))
    return publish(document_of(_weights(given, found, described)), outlet)


def _rehearse(given: WeightsOptions) -> None:
    """Counts the targets of the first rows; a class may come later."""
    _counted(given, partly=True)


def _weights(given: WeightsOptions, found: Evaluation, described: Source) -> ClassWeights:
    from celoss_cli.studies.weights.counting import weights_of

    scheme, beta = SCHEMES[given.scheme], BETA if given.beta is None else given.beta
    return weights_of(found, scheme, beta, given.unseen, described)


def _counted(given: WeightsOptions, *, partly: bool = False) -> tuple[Evaluation, Source]:
    """The counts of the classes in all rows or the first ones, and how these were read.

    Raises:
        CelossError: for anything that stands in the way.

    """
    from celoss_cli.studies.weights.counting import counted

    if given.beta is not None and not SCHEMES[given.scheme].takes_beta:
        takers = " or ".join(scheme.name for scheme in SCHEMES.values() if scheme.takes_beta)
        raise UsageError(f"Expected --scheme {takers} with --beta, got {given.scheme}.")
    if given.classes is not None and not _targets_alone(given):
        raise UsageError("Expected --classes with --targets alone, got it with files, whose columns say it.")
    with _opened(given, partly=partly) as data:
        left_out = _left_out(given, data.dataset.options)
        allowed = given.reading.allow_out_of_domain
        found = counted(_SPEC, data.dataset, left_out, allow_out_of_domain=allowed, jobs=given.running.jobs)
    return found, data.dataset.described


def _targets_alone(given: WeightsOptions) -> bool:
    return given.reading.targets is not None and not given.files


@contextlib.contextmanager
def _opened(given: WeightsOptions, *, partly: bool) -> Iterator[Opened]:
    """The targets, with the input of the rows where there is one."""
    from celoss_cli.cli.data import Data, request_of
    from celoss_cli.cli.heeding import refuse_without_use
    from celoss_cli.cli.reading import Opened, opened
    from celoss_cli.read.truth import targets_alone

    data = Data(_SPEC, given.reading, given.files, jobs=given.running.jobs)
    if given.reading.targets is not None and _targets_alone(given):
        request, left_out = request_of(data), _left_out(given, {})
        with contextlib.closing(
            targets_alone(given.reading.targets, "--targets", request, given.classes, left_out)
        ) as dataset:
            refuse_without_use(given.reading, request)
            yield Opened(dataset, request)
        return
    try:
        with opened(data, partly=partly) as found:
            yield found
    except InputError as error:
        if error.ways or "columns" in f"{error.fact} {error.hint}":  # the input is what was not found
            error.ways, error.hint = (), _ALONE
        raise


def _left_out(given: WeightsOptions, said: OptionValues) -> int:
    """The target that is left out: the command line's before the data's own."""
    if given.ignore_index is not None:
        return given.ignore_index
    found = said.get(IGNORE_INDEX.name)
    return _UNSAID if found is None else int(found)


COMMAND = Command("weights", _HELP, WeightsOptions, run, rehearse=_rehearse)
