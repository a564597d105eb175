"""``celoss diagnose``: data that may be wrong -> what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from celoss_cli.cli.options import (
    Reading,
    Running,
    Semantics,
    Writing,
    any_values,
    files,
    formats,
    loss_name,
    loss_options,
)
from celoss_cli.cli.table import Command, option, part
from celoss_cli.core.errors import ExitCode, InputError, UsageError, file_name, quoted
from celoss_cli.core.option import Kind, one_of
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES

if TYPE_CHECKING:
    from celoss_cli.studies.diagnose import Diagnosis

__all__ = ["COMMAND"]

_HELP = """Find mistakes in the data or in the choice of the loss.

Each finding has a code, the numbers that show it, and how to fix it. Values that a loss command would \
refuse are examined too.

Example: celoss diagnose preds.csv --loss ce --fail-on warning"""

_DIAGNOSIS = "Diagnosis"
_SEVERITIES = ("note", "warning", "error")


def _codes(text: str) -> tuple[str, ...]:
    return tuple(part.strip().upper() for part in text.split(","))


_CODES = Kind("codes of findings", _codes, lambda value: isinstance(value, str), "CODE,...")


@record(frozen=True, slots=True)
class DiagnoseOptions:
    """The options of ``celoss diagnose``."""

    files: tuple[str, ...] = files()
    loss: str = loss_name(default="ce")
    input: str | None = any_values()
    reading: Reading = part(  # looking at what these options allow is the point
        Reading, without=("allow_nonfinite", "allow_out_of_domain")
    )
    semantics: Semantics = part(Semantics, without=("reduction", "on_empty"))
    select: tuple[str, ...] = option(
        _CODES, "Only these findings; CEL1 stands for all that begin so.", default=(), panel=_DIAGNOSIS
    )
    ignore: tuple[str, ...] = option(_CODES, "Not these findings.", default=(), panel=_DIAGNOSIS)
    fail_on: Literal["error", "warning", "note"] | None = option(
        one_of(_SEVERITIES[::-1]),
        "Exit 1 where something of this severity, or a worse one, is found.",
        panel=_DIAGNOSIS,
    )
    writing: Writing = part(Writing, without=("report",), format=formats())
    running: Running = part(Running)


def run(given: DiagnoseOptions) -> int:
    """Looks and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    from celoss_cli.cli.outlet import outlet_of
    from celoss_cli.cli.publish import publish
    from celoss_cli.studies.diagnose import document_of

    outlet, codes = outlet_of(given), _chosen_codes(given.select, given.ignore)
    diagnosis = _diagnosis(given, codes)
    code = ExitCode.CHECK_FAILED if _fails(diagnosis, given.fail_on) else ExitCode.DONE
    return publish(document_of(diagnosis), outlet, code)


def _chosen_codes(select: Sequence[str], ignore: Sequence[str]) -> list[str]:
    """The findings that the options leave.

    Raises:
        UsageError: for a code that stands for none.

    """
    from celoss_cli.findings import FINDINGS

    for prefix in (*select, *ignore):
        if not any(code.startswith(prefix) for code in FINDINGS) or not prefix:
            raise UsageError(
                f"Expected the code of a finding, got {quoted(prefix)}.",
                hint="celoss explain lists them",
            )
    wanted, unwanted = tuple(select) or ("",), tuple(ignore) or ("-",)
    left = [code for code in FINDINGS if code.startswith(wanted) and not code.startswith(unwanted)]
    if not left:
        raise UsageError("Expected a finding to look for, but --ignore leaves none of --select.")
    return left


def _fails(diagnosis: Diagnosis, least: str | None) -> bool:
    if least is None:
        return False
    bad = _SEVERITIES[_SEVERITIES.index(least) :]
    return any(finding.severity in bad for finding in diagnosis.findings)


def _diagnosis(given: DiagnoseOptions, codes: Sequence[str]) -> Diagnosis:
    from celoss_cli.cli.data import data_of
    from celoss_cli.cli.leading import said_of
    from celoss_cli.cli.reading import opened
    from celoss_cli.cli.semantics import chosen, refuse_foreign
    from celoss_cli.studies.diagnose import diagnosis_of, examined

    spec, semantics = LOSSES[given.loss], given.semantics
    refuse_foreign(spec, given.reading, semantics)
    data = data_of(
        spec,
        given.files,
        given.reading,
        semantics,
        values=given.input,
        values_flag="--input",
        jobs=given.running.jobs,
    )
    # Everything that a loss command would refuse for its values is to be seen here.
    reading = replace(given.reading, allow_nonfinite=True, allow_out_of_domain=True)
    lenient = replace(data, reading=reading, examined=True)
    with opened(lenient) as found:
        choice = chosen(lenient, semantics, found)
        seen = examined(choice.loss, found.dataset.batches, given.running.jobs)
    described = found.dataset.described
    if not seen.survey.rows:
        raise InputError(
            "expected rows to look at, got no rows", place=file_name(*described.get("files", ()))
        )
    return diagnosis_of(
        spec,
        choice.loss,
        seen,
        options=choice.options,
        source=described,
        codes=codes,
        noticed=list(choice.facts),
        said=lambda: said_of(data, semantics),
    )


_REFUSED = {
    flag: f"-x takes them, and --loss says what they are: celoss diagnose -x VALUES -y TARGETS --loss {loss}"
    for flag, loss in {
        "--logits": "ce",
        "--probs": "bce",
        "--log-probs": "nll",
        "--scores": "soft-margin",
    }.items()
}

COMMAND = Command(
    "diagnose", _HELP, DiagnoseOptions, run, groups={"of_loss": loss_options()}, refused=_REFUSED
)
