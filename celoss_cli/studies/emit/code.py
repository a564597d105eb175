"""The whole program text: a heading, imports, data, loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.errors import InputError
from celoss_cli.studies.emit.kept import MOST, Kept
from celoss_cli.studies.emit.literals import literal
from celoss_cli.studies.emit.loading import data_code
from celoss_cli.studies.emit.problem import DataCode, Problem, Values, Writer

if TYPE_CHECKING:
    from celoss_cli.losses import LossSpec
    from celoss_cli.losses.base import Loss
    from celoss_cli.report.report import Report
    from celoss_cli.studies.emit import LibrarySpec
    from celoss_cli.studies.emit.reading import Reading

__all__ = ["program"]

_STANDARD = ("csv", "gzip", "json", "math")


def program(
    spec: LossSpec, library: LibrarySpec, reading: Reading, report: Report, loss: Loss, kept: Kept
) -> Iterator[str]:
    """Python that computes the value of the report with a library.

    Args:
        spec: the loss.
        library: what the code uses.
        reading: where the data is.
        report: the result.
        loss: the loss with its options.
        kept: what was seen of the data.

    Raises:
        InputError: for data that the library computes otherwise, and for too much of it.

    """
    writer = library.load()
    _refuse_long(report.options)
    data = data_code(reading, report, loss, kept, writer.namespace)
    problem = Problem(
        spec=spec,
        options=report.options,
        reduction=report.reduction,
        axes=1 + _extents(loss, kept),
        probabilities=loss.per_class and not data.target.indices,
        ignoring=bool(report.tally.ignored),
    )
    _refuse_differences(problem, writer, kept)
    yield f"# {_heading(report)}\n"
    yield from _imports([*data.imports, *writer.imports(problem)])
    yield "\n"
    yield from (f"{line}\n" for line in [*writer.setup(problem), *data.lines])
    yield from (f"{writer.variable(problem, *named)}\n" for named in _variables(problem, data, writer))
    yield "\n"
    yield from (f"{line}\n" for line in writer.computation(problem, data))


def _variables(problem: Problem, data: DataCode, writer: Writer) -> Iterator[tuple[str, Values]]:
    """The arrays of the program by name."""
    yield problem.input, data.input
    yield "targets", data.target
    for name in ("weight", "pos_weight"):
        if problem.given(name) is not None:
            yield name, Values(literal(problem.options[name], writer.namespace), literal=True)
    if data.sample_weight is not None:
        yield "sample_weight", data.sample_weight


def _extents(loss: Loss, kept: Kept) -> int:
    """How many axes the elements of a row have."""
    return 0 if kept.first is None else len(loss.canonical(kept.first).shape)


def _heading(report: Report) -> str:
    of = f"{report.loss}, reduction {report.reduction}"
    return of if report.value is None else f"{of}: celoss computes {report.value!r}"


def _imports(wanted: Iterable[str]) -> Iterator[str]:
    """The import statements without doubles, those of Python itself first."""
    unique = sorted({line for line in wanted if line})
    standard = [line for line in unique if line.split()[1] in _STANDARD]
    others = [line for line in unique if line not in standard]
    for group in (standard, others):
        if group:
            yield "\n" if group is others and standard else ""
            yield from (f"{line}\n" for line in group)


def _refuse_differences(problem: Problem, writer: Writer, kept: Kept) -> None:
    """Refuses values where celoss takes a limit and the code of a library would not."""
    by_index = problem.spec.per == "class" and not problem.probabilities
    if kept.infinite and not by_index:
        raise InputError(
            "Expected finite values with --emit, got an infinite one, where celoss takes the limit and the "
            "code would not."
        )
    largest = writer.largest(problem)
    if kept.largest > largest:
        raise InputError(
            f"Expected {problem.spec.takes} of a size up to {largest:g} for this library, got "
            f"{kept.largest:g}, where {problem.spec.name} overflows.",
            hint="--emit numpy does not",
        )


def _refuse_long(options: Mapping[str, Any]) -> None:
    for name in ("weight", "pos_weight"):
        size = np.size(options.get(name) or 0.0)
        if size > MOST:
            raise InputError(f"Expected at most {MOST} values of {name} to write out, got {size}.")
