"""Runs ``celoss diagnose``: data that may be wrong -> what is wrong with it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.commands.loss import (
    chosen_loss,
    dataset_of,
    other_input,
    read_request,
    refuse_foreign_semantics,
    refuse_unused_columns,
)
from celoss_cli.cli.progress import Bar
from celoss_cli.cli.result import chosen_format, publish
from celoss_cli.cli.spelling import spelled
from celoss_cli.core.errors import ExitCode, InputError, UsageError, file_name, quoted
from celoss_cli.evaluate.loop import default_jobs
from celoss_cli.findings import FINDINGS
from celoss_cli.losses import LOSSES
from celoss_cli.studies.diagnose.diagnosing import diagnosis_of, examined
from celoss_cli.studies.diagnose.document import document_of

if TYPE_CHECKING:
    from celoss_cli.studies.diagnose.diagnosis import Diagnosis

__all__ = ["run"]

_SEVERITIES = ("note", "warning", "error")


def run(given: Mapping[str, Any]) -> int:
    """Looks and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    format, codes = chosen_format(given), _codes(given["select"], given["ignore"])
    diagnosis = _diagnosis(given, codes)
    code = ExitCode.CHECK_FAILED if _fails(diagnosis, given["fail_on"]) else ExitCode.DONE
    publish(document_of(diagnosis), format, (), given, code)
    return code


def _codes(select: Sequence[str] | None, ignore: Sequence[str] | None) -> list[str]:
    """The findings that the options leave.

    Raises:
        UsageError: for a code that stands for none.

    """
    for prefix in (*(select or ()), *(ignore or ())):
        if not any(code.startswith(prefix) for code in FINDINGS) or not prefix:
            raise UsageError(
                f"Expected the code of a finding, got {quoted(prefix)}.",
                hint="celoss explain lists them",
            )
    wanted, unwanted = tuple(select or ("",)), tuple(ignore or ())
    left = [code for code in FINDINGS if code.startswith(wanted) and not code.startswith(unwanted or ("-",))]
    if not left:
        raise UsageError("Expected a finding to look for, but --ignore leaves none of --select.")
    return left


def _fails(diagnosis: Diagnosis, least: str | None) -> bool:
    if least is None:
        return False
    bad = _SEVERITIES[_SEVERITIES.index(least) :]
    return any(finding.severity in bad for finding in diagnosis.findings)


def _diagnosis(given: Mapping[str, Any], codes: Sequence[str]) -> Diagnosis:
    spec = LOSSES[given["loss"]]
    refuse_foreign_semantics(spec, given)
    # Everything that a loss command would refuse for its values is to be seen here.
    words = spelled(given)
    lenient = {"allow_nonfinite": True, "allow_out_of_domain": True}
    given = {**given, **lenient, "input": None, "by": None, "reduction": None}
    request = read_request(spec, given)
    bar = Bar()
    dataset, request = dataset_of(spec, given, request, bar.show)
    with contextlib.closing(dataset), bar:
        refuse_unused_columns(dataset.described["columns"], given)
        loss, _, options = chosen_loss(spec, given, dataset, request)
        seen = examined(loss, dataset.batches, given["jobs"] or default_jobs())
    if request.truth is not None:
        request.truth.verify()
    if not seen.survey.rows:
        files = dataset.described.get("files", ())
        raise InputError("expected rows to look at, got no rows", place=file_name(*files))
    noticed = [*other_input(spec, given, dataset), *(["out-of-domain-weight"] if loss.odd_options() else [])]
    return diagnosis_of(
        spec,
        loss,
        seen,
        options=options,
        source=dataset.described,
        codes=codes,
        noticed=noticed,
        spelled=words,
    )
