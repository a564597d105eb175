"""How often each class is a target, and the weights that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.evaluate.loop import Request, evaluate
from celoss_cli.evaluate.wanted import Wanted
from celoss_cli.losses.options import IGNORE_INDEX
from celoss_cli.studies.weights.schemes import ClassWeight, ClassWeights, Scheme, class_weights

if TYPE_CHECKING:
    from celoss_cli.core.data import Source
    from celoss_cli.evaluate.loop import Evaluation
    from celoss_cli.losses import LossSpec
    from celoss_cli.read.request import Dataset

__all__ = ["counted", "weights_of"]


def counted(
    spec: LossSpec, dataset: Dataset, left_out: int, *, allow_out_of_domain: bool, jobs: int | None
) -> Evaluation:
    """Every target of a data set, counted by class in one pass.

    Args:
        spec: the loss whose way of reading targets is used.
        dataset: the targets, with the input of the rows where there is one.
        left_out: the target that stands for none.
        allow_out_of_domain: whether rows with odd weights are counted.
        jobs: worker threads, or None for as many as are of use.

    Raises:
        InputError: for targets that are no classes, and where none is counted.

    """
    request = Request(strict=True, allow_out_of_domain=allow_out_of_domain, wanted=Wanted("class"), jobs=jobs)
    try:
        found = evaluate(spec.made(**{IGNORE_INDEX.name: left_out}), dataset.batches, request)
    except UsageError:  # classes are counted by the loss by class
        raise InputError(
            "expected targets that are classes, got probabilities", hint="one index or name a row"
        ) from None
    except InputError as error:
        if len(dataset.described["columns"]["inputs"]) == 1:  # its own hint is about losses
            error.hint = "the targets of two classes are counted alone: --targets @FILE --target-column NAME"
        raise
    if not found.tally.counted:
        raise InputError("expected at least one counted target, got none")
    return found


def weights_of(
    found: Evaluation, scheme: Scheme, beta: float, unseen: Literal["error", "zero"], source: Source
) -> ClassWeights:
    """The weights of the classes.

    Args:
        found: the targets, counted by class.
        scheme: how counts become weights.
        beta: of the effective number of samples.
        unseen: what becomes of a class that never occurs.
        source: where the data comes from.

    """
    names = list(found.labels or map(str, range(found.classes or 0)))
    groups = found.collected.groups.tallies() if found.collected else {}
    counts = [float(groups[name].weight) if name in groups else 0.0 for name in names]
    rows = zip(names, counts, class_weights(counts, scheme.name, beta, names, unseen), strict=True)
    return ClassWeights(
        scheme=scheme.name,
        formula=scheme.formula,
        beta=beta if scheme.takes_beta else None,
        classes=[ClassWeight(index, *row) for index, row in enumerate(rows)],
        counted=found.tally.counted,
        ignored=found.tally.ignored,
        source=found.described(source),
    )
