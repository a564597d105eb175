"""The report of a partial result."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from celoss_cli.cli.command_line import words_of_merge
from celoss_cli.cli.output import note
from celoss_cli.losses import LOSSES
from celoss_cli.report.assemble import report_of
from celoss_cli.studies.merge.parts import loss_of

if TYPE_CHECKING:
    from celoss_cli.cli.options import Semantics
    from celoss_cli.core.data import Reduction
    from celoss_cli.report.report import Report
    from celoss_cli.studies.merge.parts import Partial

__all__ = ["report_of_whole", "tell_of_unseen"]


def tell_of_unseen(whole: Partial) -> None:
    """Tells where parts have more documents than they name, so that one may count in two of them."""
    if whole.documents.one_in > 1:
        few = f"1 of {whole.documents.one_in} documents was looked for in other parts"
        note(f"celoss: note: {few}: a single one that counts twice may not be seen")


def report_of_whole(whole: Partial, semantics: Semantics, files: Iterable[str] | None = None) -> Report:
    """The report that one run over all the data would have, without the steps of its rows.

    Args:
        whole: the totals of all the data.
        semantics: says what the answer is where nothing is counted.
        files: how a remedy names the data, if not file by file.

    Raises:
        InputError: if nothing was counted and nobody said what the answer is then.

    """
    named = whole.source.get("files", ()) if files is None else files
    return report_of(
        LOSSES[whole.loss],
        loss_of(whole),
        whole.evaluation,
        reduction=cast("Reduction", whole.reduction),
        options=whole.options,
        source=whole.source,
        on_empty=semantics.on_empty,
        by=whole.by,
        quantiles=whole.quantiles,
        top=whole.top_k,
        said=lambda: words_of_merge(named, whole.command_words, semantics),
    )
