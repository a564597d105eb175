"""The data of a search for semantics: all of it in memory, rows of classes or one value a row."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.data import Data, refuse_with_values, request_of
from celoss_cli.cli.heeding import heed_options
from celoss_cli.cli.reading import FIRST_BLOCKS, inline_dataset, with_targets
from celoss_cli.cli.semantics import option_of_data
from celoss_cli.core.errors import UsageError, file_name
from celoss_cli.core.option import VALUES
from celoss_cli.losses.base import finite_weights
from celoss_cli.losses.options import IGNORE_INDEX, LABEL_SMOOTHING, POS_WEIGHT, WEIGHT
from celoss_cli.read.gather import gather
from celoss_cli.read.roles.answers import answer_key
from celoss_cli.read.values import read_value
from celoss_cli.studies.reconcile import Problem
from celoss_cli.studies.reconcile import problem_of as in_memory
from celoss_cli.studies.reconcile.tokens import TokenProblem, token_problem_of

if TYPE_CHECKING:
    from celoss_cli.cli.table import GivenOption
    from celoss_cli.core.data import Source
    from celoss_cli.read.request import Dataset, ReadRequest

__all__ = ["is_large", "problem_of"]

_LARGE = 300_000
"""From so many values on, one deviation at a time is tried where nobody asks for more."""

_KINDS = {
    "logits": ("logits", "logit_"),
    "log-probs": ("log_probs", "log_prob_", "logprob_"),
    "probs": ("probs", "probabilities", "prob_", "prob.", "proba_", "p_", "Probability:Class=", "P (class="),
}
"""What names of arrays, and how names of columns begin, say of the input."""

_UNSAID = {WEIGHT: None, POS_WEIGHT: None, IGNORE_INDEX: -100, LABEL_SMOOTHING: 0.0}
"""What an option is where nobody says so."""


def is_large(problem: Problem) -> bool:
    """Whether combining deviations takes long."""
    return problem.input.size >= _LARGE


def problem_of(
    data: Data, kind: str | None, known: Sequence[GivenOption], *, partly: bool = False
) -> tuple[Problem | TokenProblem, Source]:
    """The data as a problem, of scored tokens where it is a dump of them, and how it was read.

    Args:
        data: rows of class values, until the header says that there is one column.
        kind: what the input is known to be, or None.
        known: the options that the number is known to have been computed with.
        partly: whether the first rows are enough.

    Raises:
        CelossError: for data that cannot be read.

    """
    if data.values is not None:
        refuse_with_values(data)
    request = with_targets(data, replace(request_of(data), or_binary=True, scored=True))
    dataset = _dataset(data, request)
    if dataset.scored:
        with contextlib.closing(dataset):
            for option in known:
                raise UsageError(f"Expected no {option.option.flag} with scored tokens, got one.")
            heed_options(data, dataset, request)
            files = file_name(*dataset.described.get("files", ()))
            return token_problem_of(dataset.batches, files), dataset.described
    if _is_one_column(dataset) and data.values is None and "-" not in _files(data):
        dataset.close()
        request = with_targets(data, replace(request_of(data), per_class=False, class_axis=None))
        dataset = _dataset(data, request)
    with contextlib.closing(dataset):
        heed_options(data, dataset, request)
        options = _options(known, dataset, request)
        found = in_memory(
            islice(dataset.batches, FIRST_BLOCKS) if partly else dataset.batches,
            file_name(*dataset.described.get("files", ())),
            kind=kind or _kind(dataset),
            arrays=not _is_table(dataset),
            class_axis=data.reading.class_axis,
            **options,
        )
    if request.truth is not None and not partly:
        request.truth.verify()
    signed = {answer_key(text) for text in request.settled.answers} == {-1.0, 1.0}
    return replace(found, signed=signed), dataset.described


def _files(data: Data) -> Sequence[str]:
    return data.files or ["-"]


def _dataset(data: Data, request: ReadRequest) -> Dataset:
    if data.values is None:
        return gather(_files(data), request, data.reading.input_format)
    return inline_dataset(data, request)


def _is_one_column(dataset: Dataset) -> bool:
    """Whether this is a table with one column of input, or an array of one axis: no value for each class."""
    if _is_table(dataset):
        return len(dataset.described["columns"]["inputs"]) == 1
    return len(dataset.described["shape"]) == 1


def _is_table(dataset: Dataset) -> bool:
    return "shape" not in dataset.described


def _options(known: Sequence[GivenOption], dataset: Dataset, request: ReadRequest) -> dict[str, Any]:
    """What is known of the computation: the command line's word before the data's own."""
    given = {found.option.name: found.value for found in known}
    options: dict[str, Any] = {}
    for option, unsaid in _UNSAID.items():
        value = given.get(option.name)
        if value is None:
            value = option_of_data(option.name, option.kind, dataset, "")
        elif option.kind is VALUES:
            value = read_value(value, option.flag, request)
        if option.kind is VALUES and value is not None:
            value = finite_weights("weights", value)
        options[option.name] = unsaid if value is None else value
    smoothing = options[LABEL_SMOOTHING.name]
    if not 0 <= smoothing <= 1:
        raise UsageError(f"Expected {LABEL_SMOOTHING.name} from 0 to 1, got {smoothing:g}.")
    return options


def _kind(dataset: Dataset) -> str | None:
    """What the names of the input say that it is."""
    names = dataset.described["columns"]["inputs"]
    for kind, starts in _KINDS.items():
        if all(name.startswith(starts) for name in names):
            return kind
    return None
