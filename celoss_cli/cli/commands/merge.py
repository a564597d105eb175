"""Runs ``celoss merge``: partial results -> one report."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from celoss_cli.cli.output import write_file
from celoss_cli.cli.result import gated
from celoss_cli.cli.spelling import of_parts
from celoss_cli.core.data import Reduction
from celoss_cli.losses import LOSSES
from celoss_cli.read.json.parsing import parsed
from celoss_cli.read.request import open_stream
from celoss_cli.report.assemble import report_of
from celoss_cli.studies.merge.document import as_text, read_partial
from celoss_cli.studies.merge.parts import Partial, loss_of, merged

if TYPE_CHECKING:
    from celoss_cli.report.report import Report

__all__ = ["run"]


def run(given: Mapping[str, Any]) -> int:
    """Adds and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    return gated(given, lambda _: _computed(given))


def _computed(given: Mapping[str, Any]) -> Report:
    whole = merged((path, _read(path)) for path in given["partials"])
    if given["emit_partial"] is not None:
        write_file(given["emit_partial"], [as_text(whole)])
    return report_of(
        LOSSES[whole.loss],
        loss_of(whole),
        whole.evaluation,
        reduction=cast(Reduction, whole.reduction),
        options=whole.options,
        source=whole.source,
        on_empty=given["on_empty"],
        by=whole.by,
        quantiles=whole.quantiles,
        spelled=of_parts(whole.source.get("files", ()), whole.spelled, given["on_empty"]),
    )


def _read(path: str) -> Partial:
    with contextlib.closing(open_stream(path)) as stream:
        return read_partial(parsed(stream), stream.name)
