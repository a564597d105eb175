"""``celoss compare``: two data sets -> aligned rows -> a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from celoss_cli.cli.options import (
    INPUT,
    Reading,
    Running,
    Semantics,
    Uncertainty,
    Writing,
    exit_zero,
    formats,
    loss_name,
    loss_options,
)
from celoss_cli.cli.table import Command, option, part
from celoss_cli.core.errors import ExitCode, UsageError, Way
from celoss_cli.core.option import FINITE, TEXT, OptionValues, at_least, one_of
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES, LossSpec

if TYPE_CHECKING:
    from celoss_cli.cli.comparing import Request

__all__ = ["COMMAND"]

_HELP = """Compare the predictions of two files on the same rows.

The difference is the mean loss of B less that of A: a positive one says that B is worse. Rows are aligned \
by their ids, and both files must have the same targets.

Example: celoss compare old.csv new.csv --loss ce --max-increase 0.01"""

_COMPARISON = "Comparison"


def _ways(given: OptionValues, text: str) -> Sequence[Way]:
    from celoss_cli.cli.inspecting import by_loss

    return by_loss(given.get("first") or "")


def _without_b(given: OptionValues, text: str) -> Sequence[Way]:
    """What one file alone can be asked: one of the other models' predictions is the second."""
    first = given.get("first") or "-"
    if first == "-":
        return ()
    told = "what it holds, and its loss; compare takes a second file of predictions of the same rows"
    return (Way(told, (), words=("inspect", first)),)


@record(frozen=True, slots=True)
class CompareOptions:
    """The options of ``celoss compare``."""

    first: str = option(
        TEXT, "The first file; - is standard input.", metavar="A", argument=True, required=True, file="read"
    )
    second: str = option(
        TEXT,
        "The second file, of the same rows.",
        metavar="B",
        argument=True,
        required=True,
        file="read",
        ways=_without_b,
    )
    loss: str = loss_name(required=True, ways=_ways)
    reading: Reading = part(Reading)
    align: Literal["id", "position"] | None = option(
        one_of(("id", "position")),
        "How to pair the rows; by id if they have ids, else by position.",
        panel=INPUT,
    )
    semantics: Semantics = part(
        Semantics,
        without=("dtype", "on_empty"),
        reduction={
            "kind": one_of(("mean", "batchmean")),
            "help": "What the loss is divided by; mean if not given.",
        },
    )
    uncertainty: Uncertainty = part(
        Uncertainty,
        without=("interval",),
        confidence={"panel": _COMPARISON, "needs": ""},
        group_column={
            "help": "Rows with the same value belong together and are drawn together.",
            "needs": "",
        },
    )
    resamples: int = option(
        at_least(100, 1_000_000),
        "Draws of the permutation test and of the bootstrap, at most 1000000.",
        default=10000,
        panel=_COMPARISON,
    )
    seed: int = option(at_least(0), "Of the random draws.", default=0, panel=_COMPARISON)
    worst: int = option(
        at_least(0),
        "Show the N rows that got worse most, and the N that improved most.",
        default=5,
        panel=_COMPARISON,
    )
    max_increase: float | None = option(
        FINITE, "Fail where the mean difference B - A is above X.", panel=_COMPARISON
    )
    non_inferior: float | None = option(
        FINITE, "Fail where the upper end of the interval is above X.", panel=_COMPARISON
    )
    writing: Writing = part(Writing, format=formats("number", "checks"))
    exit_zero: bool = exit_zero()
    running: Running = part(Running)


def run(given: CompareOptions) -> int:
    """Compares and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    from celoss_cli.cli.comparing import compared, judged
    from celoss_cli.cli.outlet import outlet_of
    from celoss_cli.cli.publish import print_verdicts, publish
    from celoss_cli.studies.compare.document import document_of

    started = perf_counter()
    spec, outlet = LOSSES[given.loss], outlet_of(given)
    plan = _planned(spec, given)
    if given.max_increase is None and given.non_inferior is None:
        outlet.refuse_without_checks("--max-increase")
    comparison = judged(compared(plan), given.max_increase, given.non_inferior)
    code = ExitCode.CHECK_FAILED if comparison.failed and not given.exit_zero else ExitCode.DONE
    print_verdicts(comparison.checks, outlet)
    return publish(document_of(comparison, perf_counter() - started), outlet, code)


def _rehearse(given: CompareOptions) -> None:
    """Brings the first rows of both files together, where these are all."""
    from celoss_cli.cli.comparing import rehearse

    rehearse(_planned(LOSSES[given.loss], given))


def _planned(spec: LossSpec, given: CompareOptions) -> Request:
    """What is to be computed.

    Raises:
        UsageError: for options that this loss does not have.

    """
    from celoss_cli.cli.comparing import Request
    from celoss_cli.cli.data import data_of
    from celoss_cli.cli.semantics import refuse_foreign
    from celoss_cli.cli.uncertainty import group_of
    from celoss_cli.studies.compare.comparing import Plan

    refuse_foreign(spec, given.reading, given.semantics)
    reduction = given.semantics.reduction
    if reduction not in (None, *spec.reductions):
        raise UsageError(f"Expected --reduction mean with --loss {spec.command}, got {reduction}.")
    if given.first == given.second == "-":
        raise UsageError("Expected standard input for A or for B, got it for both.")
    group, jobs = group_of(None, given.uncertainty), given.running.jobs
    first, second = (
        data_of(spec, (file,), given.reading, given.semantics, group=group, jobs=jobs)
        for file in (given.first, given.second)
    )
    plan = Plan(
        confidence=given.uncertainty.confidence,
        resamples=given.resamples,
        seed=given.seed,
        worst=given.worst,
    )
    return Request(first, second, given.semantics, given.align, plan, jobs)


_WHOLE = (
    "its interval is drawn from the differences of all rows, which partial results do not hold; it streams "
    "files and URLs of any size on one machine"
)

COMMAND = Command(
    "compare",
    _HELP,
    CompareOptions,
    run,
    groups={"of_loss": loss_options()},
    refused=dict.fromkeys(("--cluster", "--shard", "--emit-partial"), _WHOLE),
    rehearse=_rehearse,
)
