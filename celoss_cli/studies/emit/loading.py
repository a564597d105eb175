"""Where the data of the code comes from: the same files read by a few lines, or the values written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celoss_cli.studies.emit.array_files import array_code
from celoss_cli.studies.emit.literals import literal
from celoss_cli.studies.emit.problem import DataCode, Values
from celoss_cli.studies.emit.row_files import row_code

if TYPE_CHECKING:
    from celoss_cli.losses.base import Loss
    from celoss_cli.report.report import Report
    from celoss_cli.studies.emit.kept import Arrays, Kept
    from celoss_cli.studies.emit.reading import Reading

__all__ = ["data_code"]


def data_code(reading: Reading, report: Report, loss: Loss, kept: Kept, namespace: str) -> DataCode:
    """Python that reads the data as celoss read it, or holds it where that takes more than a few lines.

    Args:
        reading: what the command line says.
        report: the result, with the columns and conversions that were settled.
        loss: the loss with its options.
        kept: what was seen of the batches.
        namespace: the module that has infinities, "np".

    Raises:
        InputError: for data that has to be written out and is too long for it.

    """
    found = None
    if report.tally.rows > 1 and not report.source.get("skipped"):
        found = row_code(reading, report, loss) or array_code(reading, report, loss, kept)
    return found or _written_out(kept.arrays(loss), loss, namespace)


def _written_out(arrays: Arrays, loss: Loss, namespace: str) -> DataCode:
    indices = loss.per_class and arrays.target.ndim < arrays.input.ndim
    weight = arrays.sample_weight

    def values(found: object, indices: bool = False) -> Values:
        return Values(literal(found, namespace), literal=True, indices=indices)

    return DataCode(
        input=values(arrays.input.astype(float).tolist()),
        target=values(arrays.target.astype(int if indices else float).tolist(), indices),
        sample_weight=None if weight is None else values(weight.astype(float).tolist()),
    )
