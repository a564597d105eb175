"""``celoss reconcile``: data in memory -> every hypothesis -> explanations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from celoss_cli.cli.options import INPUT, Reading, Running, Writing, any_values, files, formats
from celoss_cli.cli.table import Command, GivenOption, given_options, group, option, part
from celoss_cli.core.errors import ExitCode
from celoss_cli.core.option import TEXT, at_least, one_of
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES
from celoss_cli.losses.options import IGNORE_INDEX, LABEL_SMOOTHING, POS_WEIGHT, WEIGHT
from celoss_cli.losses.spec import INPUT_KINDS

if TYPE_CHECKING:
    from celoss_cli.cli.data import Data

__all__ = ["COMMAND"]

_HELP = """Find which settings produce a number that somebody else got.

Tries what the input may have been taken for, the axis, the denominator, weights, ignored targets, label \
smoothing, clipping, the base of the logarithm, precision, labels off by one, a moved decimal point, and \
more, a few deviations at a time; also other quantities, such as the error rate or the Brier score. The \
digits of the number say how precisely it is known. Exits 1 if nothing produces it.

Example: celoss reconcile preds.csv --got 0.1365"""

_SEARCH = "Search"


@record(frozen=True, slots=True)
class ReconcileOptions:
    """The options of ``celoss reconcile``."""

    files: tuple[str, ...] = files()
    got: str = option(
        TEXT,
        "The number to be explained, with all of its digits, and its unit if any: 46.3%, 2.1 bits, 12.4 ppl.",
        metavar="VALUE",
        panel=_SEARCH,
        required=True,
    )
    input: str | None = any_values()
    input_is: Literal["logits", "log-probs", "probs"] | None = option(
        one_of(INPUT_KINDS),
        "What the input is known to be; anything else is then a deviation.",
        panel=INPUT,
    )
    reading: Reading = part(
        Reading, without=("allow_out_of_domain", "choice_norm")
    )  # nothing is refused for its domain
    known: tuple[GivenOption, ...] = group()
    max_deviations: Literal["0", "1", "2", "3"] | None = option(
        one_of(("0", "1", "2", "3")),
        "How many deviations are combined; 2 if not given, 1 of large data.",
        panel=_SEARCH,
    )
    max_shown: int = option(at_least(1), "Show the N simplest explanations.", default=5, panel=_SEARCH)
    writing: Writing = part(Writing, without=("report",), format=formats())
    running: Running = part(Running, without=("jobs",))


def run(given: ReconcileOptions) -> int:
    """Searches and writes; answers the exit code: 1 where nothing explains the number.

    Raises:
        CelossError: for anything that stands in the way.

    """
    from celoss_cli.cli.outlet import outlet_of
    from celoss_cli.cli.output import note
    from celoss_cli.cli.progress import Bar
    from celoss_cli.cli.proving import runner
    from celoss_cli.cli.publish import publish, remarks_of, tell
    from celoss_cli.cli.reconciling import is_large, problem_of
    from celoss_cli.studies.reconcile import MAX_DEVIATIONS, Problem, reconcile, stated
    from celoss_cli.studies.reconcile.document import document_of
    from celoss_cli.studies.reconcile.tokens import TokenProblem, reconcile_tokens

    outlet, got = outlet_of(given), stated(given.got)
    problem, source = problem_of(_data(given), given.input_is, given.known)
    large = isinstance(problem, Problem) and is_large(problem)
    most = int(given.max_deviations or (1 if large else MAX_DEVIATIONS))
    if large and given.max_deviations is None:
        note(f"celoss: note: one deviation at a time; --max-deviations {MAX_DEVIATIONS} combines them")
    arguments, shown = _arguments(given), given.max_shown
    runs = runner(_data(given), [word for words in arguments.values() for word in words])
    if isinstance(problem, TokenProblem):
        found = reconcile_tokens(
            problem, got, given=arguments, source=source, most=most, shown=shown, run=runs
        )
    else:
        with Bar("hypotheses") as bar:
            found = reconcile(
                problem, got, given=arguments, source=source, most=most, shown=shown, run=runs, watch=bar.show
            )
    if isinstance(problem, Problem):
        tell(remarks_of(problem.skipped, ()))
    code = ExitCode.DONE if found.found else ExitCode.CHECK_FAILED
    return publish(document_of(found), outlet, code)


def _data(given: ReconcileOptions) -> Data:
    from celoss_cli.cli.data import Data

    kind = given.input_is or "input"
    return Data(LOSSES["ce"], given.reading, given.files, given.input, kind, values_flag="--input")


def _rehearse(given: ReconcileOptions) -> None:
    """Computes the first rows, where they are not large, by what nothing deviates from."""
    from celoss_cli.cli.reconciling import is_large, problem_of
    from celoss_cli.studies.reconcile import Problem, reconcile, stated

    got = stated(given.got)
    problem, source = problem_of(_data(given), given.input_is, given.known, partly=True)
    if isinstance(problem, Problem) and not is_large(problem):
        reconcile(problem, got, given=_arguments(given), source=source, most=0, shown=1)


def _arguments(given: ReconcileOptions) -> dict[str, list[str]]:
    """The words of the command line that a loss command takes too, by the option's name."""
    words = {"files": list(given.files)}
    if given.input is not None:
        words["input"] = ["-x", given.input]
    return words | {other.option.name: other.words for other in (*given_options(given.reading), *given.known)}


_KNOWN = (WEIGHT, POS_WEIGHT, IGNORE_INDEX, LABEL_SMOOTHING)
"""What the number may be known to have been computed with."""

_REFUSED = dict.fromkeys(
    ("--logits", "--probs", "--log-probs", "--scores"),
    "-x takes them, whatever they are: celoss reconcile -x VALUES -y TARGETS --got X",
)

COMMAND = Command(
    "reconcile",
    _HELP,
    ReconcileOptions,
    run,
    groups={"known": _KNOWN},
    refused=_REFUSED,
    rehearse=_rehearse,
)
