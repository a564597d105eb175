"""The whole program text: a heading, imports, data, loss."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.core.option import VALUES
from celoss_cli.losses.emitted import counted, leading
from celoss_cli.losses.spec import Problem
from celoss_cli.studies.emit.arrays import array_code
from celoss_cli.studies.emit.kept import MOST, Kept
from celoss_cli.studies.emit.literals import DataCode, Values, assigned, literal
from celoss_cli.studies.emit.rows import row_code

if TYPE_CHECKING:
    from celoss_cli.core.option import OptionValues
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
    _refuse_long(spec, report.options)
    data = _data_code(reading, report, loss, kept, library.namespace)
    problem = Problem(
        spec=spec,
        options=report.options,
        reduction=report.reduction,
        axes=1 + _extents(loss, kept),
        probabilities=loss.per_class and not data.target.indices,
        ignoring=bool(report.tally.ignored),
        sampled=data.sample_weight is not None,
        library=library.name,
    )
    _refuse_differences(problem, library, kept)
    in_other_base = ["import math"] if problem.options.get("base", "e") != "e" else []
    yield f"# {_heading(report)}\n"
    yield from _imports([*data.imports, *in_other_base, *library.imports])
    yield "\n"
    yield from (f"{line}\n" for line in data.lines)
    yield from (f"{_variable(*named, problem, library)}\n" for named in _variables(problem, data, library))
    yield "\n"
    yield from (f"{line}\n" for line in _computation(problem, library))


def _data_code(reading: Reading, report: Report, loss: Loss, kept: Kept, namespace: str) -> DataCode:
    """The same files read by a few lines, or the values written out where that takes more than a few."""
    beyond = reading.beyond(report.source["conversions"])
    if report.tally.rows > 1 and not report.source.get("skipped") and not beyond:
        found = row_code(reading, report, loss) or array_code(reading, report, loss, kept)
        if found is not None:
            return found
    return kept.written_out(loss, namespace, beyond)


def _variables(problem: Problem, data: DataCode, library: LibrarySpec) -> Iterator[tuple[str, Values]]:
    """The arrays of the program by name."""
    yield problem.input, data.input
    yield "targets", data.target
    for name in (option.name for option in problem.spec.declared if option.kind is VALUES):
        if problem.has(name):
            yield name, Values(literal(problem.options[name], library.namespace), literal=True)
    if data.sample_weight is not None:
        yield "sample_weight", data.sample_weight


def _variable(name: str, values: Values, problem: Problem, library: LibrarySpec) -> str:
    """The statement that makes an array; NumPy finds the type of a literal by itself."""
    dtype = "int64" if values.indices else problem.options["dtype"]
    if library.name == "numpy" and values.literal and dtype != "float32":
        return assigned(name, library.array, values.text)
    return assigned(name, library.array, values.text, f"dtype={library.namespace}.{dtype}")


def _extents(loss: Loss, kept: Kept) -> int:
    """How many axes the elements of a row have."""
    return 0 if kept.first is None else len(loss.canonical(kept.first).shape)


def _heading(report: Report) -> str:
    of = f"{report.loss}, reduction {report.reduction}"
    return of if report.value is None else f"{of}: celoss computes {report.value!r}"


def _imports(wanted: Iterable[str]) -> Iterator[str]:
    """The import statements without doubles, those of Python itself first."""
    unique = sorted(set(wanted))
    standard = [line for line in unique if line.split()[1] in _STANDARD]
    yield from (f"{line}\n" for line in standard)
    yield "\n" if standard else ""
    yield from (f"{line}\n" for line in unique if line not in standard)


def _refuse_differences(problem: Problem, library: LibrarySpec, kept: Kept) -> None:
    """Refuses values where celoss takes a limit and the code of a library would not."""
    by_index = problem.spec.per == "class" and not problem.probabilities
    if kept.infinite and not by_index:
        raise InputError(
            "Expected finite values with --emit, got an infinite one, where celoss takes the limit and the "
            "code would not."
        )
    overflows = problem.spec.overflows if library.name == "torch" else None
    largest = (overflows or {}).get(problem.options["dtype"], math.inf)
    if kept.largest > largest:
        raise InputError(
            f"Expected {problem.spec.takes} of a size up to {largest:g} for this library, got "
            f"{kept.largest:g}, where {problem.spec.name} overflows.",
            hint="--emit numpy does not",
        )


def _refuse_long(spec: LossSpec, options: OptionValues) -> None:
    for name in (option.name for option in spec.declared if option.kind is VALUES):
        size = np.size(options.get(name) or 0.0)
        if size > MOST:
            raise InputError(f"Expected at most {MOST} values of {name} to write out, got {size}.")


# --------------------------------------------------------------------- from the arrays to the printed loss


def _computation(problem: Problem, library: LibrarySpec) -> Iterator[str]:
    """The statements that make ``loss`` of the variables, and print it."""
    if _of_torch(problem) and not problem.sampled:
        yield f"loss = {_called(problem)}"
    else:
        lines = [*_losses(problem), *_reduced(problem)]
        yield from (line.replace("np.", f"{library.namespace}.") for line in lines)
    if problem.options.get("base", "e") != "e":
        yield f"loss = loss / math.log({problem.options['base']})"
    yield f"print(loss.{'tolist' if problem.reduction == 'none' else 'item'}())"


def _losses(problem: Problem) -> Iterator[str]:
    """The statements that make ``losses``: a call of PyTorch's function, or the formula of the loss."""
    if _of_torch(problem):
        yield f"losses = {_call(problem, 'none')}"
        if problem.ignoring and problem.reduction == "mean":
            yield from counted(problem)
    elif problem.spec.emitted is not None:
        yield from problem.spec.emitted(problem)
    else:
        raise UsageError(f"Expected no --emit with {problem.spec.command}, got one: it is not offered.")


def _of_torch(problem: Problem) -> bool:
    """Whether PyTorch has the loss of input of this kind."""
    kinds = problem.spec.kinds
    usual = not kinds or (problem.options.get("input_is") or kinds[0]) == kinds[0]
    return problem.library == "torch" and bool(problem.spec.torch) and usual


def _called(problem: Problem) -> str:
    """The loss as PyTorch reduces it; where it has a mean by rows too, its mean warns of its meaning."""
    if problem.reduction == "mean" and "batchmean" in problem.spec.reductions:
        return f"{_call(problem, 'none')}.mean()"
    return _call(problem, problem.reduction)


def _call(problem: Problem, reduction: str) -> str:
    given = {
        option.name: option.name if option.kind is VALUES else repr(problem.options[option.name])
        for option in problem.spec.declared
        if problem.has(option.name)
    }
    arguments = [problem.input, "targets", *(f"{name}={value}" for name, value in given.items())]
    return f'F.{problem.spec.torch}({", ".join(arguments)}, reduction="{reduction}")'


def _reduced(problem: Problem) -> Iterator[str]:
    """The statements from ``losses`` to ``loss``, the same in both libraries."""
    if problem.sampled:
        if problem.axes > 1:
            yield f"sample_weight = sample_weight.reshape({leading(problem)})"
        yield "losses = sample_weight * losses"
    shares = _shares(problem)
    if problem.reduction == "mean" and shares:
        yield f"shares = {' * '.join(shares)}"
        yield "loss = losses.sum() / shares.sum()"
        return
    plain = {"none": "", "sum": ".sum()", "batchmean": ".sum() / len(losses)", "mean": ".mean()"}
    yield f"loss = losses{plain[problem.reduction]}"


def _shares(problem: Problem) -> list[str]:
    """The factors of what each loss adds to the divisor of the mean; none where that is 1."""
    sampled = ["sample_weight"] if problem.axes == 1 else ["sample_weight", "np.ones_like(losses)"]
    return [
        *(sampled if problem.sampled else ()),
        *(["weight[targets]"] if problem.weight_by_target else ()),
        *(["counted"] if problem.ignoring else ()),
    ]
