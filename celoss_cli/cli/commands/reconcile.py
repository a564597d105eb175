"""Runs ``celoss reconcile``: data in memory -> every hypothesis -> explanations and exit code."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.cli.commands.loss import read_request, refuse_unused_columns
from celoss_cli.cli.output import note
from celoss_cli.cli.result import chosen_format, publish
from celoss_cli.cli.spelling import option_words
from celoss_cli.core.errors import ExitCode, InputError, UsageError, file_name, plural, quoted
from celoss_cli.losses import LOSSES
from celoss_cli.losses.base import finite_weights
from celoss_cli.read.gather import gather
from celoss_cli.read.truth import read_targets, read_truth
from celoss_cli.read.values import dataset_of_values, read_value
from celoss_cli.studies.reconcile import MAX_DEVIATIONS, Problem, problem_of, reconcile, stated
from celoss_cli.studies.reconcile.document import document_of

if TYPE_CHECKING:
    from celoss_cli.read.request import Dataset, ReadRequest

__all__ = ["run"]

_LARGE = 300_000
"""From so many values on, one deviation at a time is tried where nobody asks for more."""

_KINDS = {
    "logits": ("logits", "logit_"),
    "log-probs": ("log_probs", "log_prob_", "logprob_"),
    "probs": ("probs", "probabilities", "prob_", "prob.", "proba_", "p_", "Probability:Class=", "P (class="),
}
"""What names of arrays, and how names of columns begin, say of the input."""

_UNSET = {
    "targets": None,
    "target_column": None,
    "class_columns": None,
    "id_column": None,
    "weight_column": None,
    "input_format": None,
    "delimiter": None,
    "decimal": ".",
    "encoding": "utf-8",
    "missing": "error",
    "class_axis": None,
    "target_is": None,
    "weight": None,
    "pos_weight": None,
    "ignore_index": None,
    "label_smoothing": None,
    "header": None,
    "allow_nonfinite": False,
    "allow_unterminated": False,
}
"""The options that a suggested command has too, with the values that need not be said."""


def run(given: Mapping[str, Any]) -> int:
    """Searches and writes; answers the exit code: 1 where nothing explains the number.

    Raises:
        CelossError: for anything that stands in the way.

    """
    format, got = chosen_format(given), stated(given["got"])
    problem, source = _read(given)
    large = problem.input.size >= _LARGE
    most = int(given["max_deviations"] or (1 if large else MAX_DEVIATIONS))
    if large and given["max_deviations"] is None:
        note(f"celoss: note: one deviation at a time; --max-deviations {MAX_DEVIATIONS} combines them")
    found = reconcile(
        problem,
        got,
        given=_arguments(given),
        source=source,
        most=most,
        shown=given["max_shown"],
    )
    if problem.skipped:
        note(f"celoss: note: {plural(problem.skipped, 'row')} with missing values skipped")
    code = ExitCode.DONE if found.found else ExitCode.CHECK_FAILED
    publish(document_of(found), format, [], given, code)
    return code


def _read(given: Mapping[str, Any]) -> tuple[Problem, Mapping[str, Any]]:
    """The data, and how it was read."""
    request = _request(given)
    dataset = _dataset(given, request)
    if _is_one_column(dataset) and given["input"] is None and "-" not in _files(given):
        dataset.close()
        request = replace(_request(given), per_class=False, class_axis=None)
        dataset = _dataset(given, request)
    with contextlib.closing(dataset):
        if given["input"] is None:
            refuse_unused_columns(dataset.described["columns"], given)
        options = _options(given, dataset, request)
        files = file_name(*dataset.described.get("files", ()))
        problem = problem_of(dataset.batches, files, **options)
    if request.truth is not None:
        request.truth.verify()
    return problem, dataset.described


def _files(given: Mapping[str, Any]) -> Sequence[str]:
    return given["files"] or ["-"]


def _request(given: Mapping[str, Any]) -> ReadRequest:
    """Rows of class values, until the header says that there is one column."""
    request = read_request(LOSSES["ce"], {**given, "by": None})
    request = replace(request, takes=given["input_is"] or "input")
    if given["targets"] is None or given["input"] is not None:
        return request
    return replace(request, truth=read_truth(given["targets"], "--targets", request))


def _dataset(given: Mapping[str, Any], request: ReadRequest) -> Dataset:
    if given["input"] is None:
        return gather(_files(given), request, given["input_format"])
    if given["files"]:
        raise UsageError("Expected files or --input, got both.")
    if given["targets"] is None:
        raise UsageError("Expected --targets together with --input, got --input alone.")
    input = read_value(given["input"], "--input", request)
    target = read_targets(given["targets"], "--targets", request)
    return dataset_of_values(input, target, request)


def _is_one_column(dataset: Dataset) -> bool:
    """Whether this is a table with one column of input: one value a row, and not one a class."""
    return _is_table(dataset) and len(dataset.described["columns"]["inputs"]) == 1


def _is_table(dataset: Dataset) -> bool:
    return "shape" not in dataset.described


def _options(given: Mapping[str, Any], dataset: Dataset, request: ReadRequest) -> dict[str, Any]:
    """What is known of the computation: the command line's word before the data's own."""
    weights = {name: _weights(name, given, dataset, request) for name in ("weight", "pos_weight")}
    numbers = {
        name: _number(name, given, dataset, unset)
        for name, unset in (("ignore_index", -100), ("label_smoothing", 0.0))
    }
    if not 0 <= numbers["label_smoothing"] <= 1:
        raise UsageError(f"Expected label_smoothing from 0 to 1, got {numbers['label_smoothing']:g}.")
    return {
        **weights,
        **numbers,
        "kind": given["input_is"] or _kind(dataset),
        "arrays": not _is_table(dataset) and given["class_axis"] is None,
    }


def _weights(name: str, given: Mapping[str, Any], dataset: Dataset, request: ReadRequest) -> Any:
    value = dataset.options.get(name)
    if given[name] is not None:
        value = read_value(given[name], f"--{name.replace('_', '-')}", request)
    return None if value is None else finite_weights("weights", value)


def _number(name: str, given: Mapping[str, Any], dataset: Dataset, unset: float) -> Any:
    value = given[name] if given[name] is not None else dataset.options.get(name, unset)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not np.isfinite(value):
        raise InputError(f"expected {name} as a number, got {quoted(str(value))}", place=f"$.{name}")
    return value


def _kind(dataset: Dataset) -> str | None:
    """What the names of the input say that it is."""
    names = dataset.described["columns"]["inputs"]
    for kind, starts in _KINDS.items():
        if all(name.startswith(starts) for name in names):
            return kind
    return None


def _arguments(given: Mapping[str, Any]) -> dict[str, list[str]]:
    """The words of the command line that a loss command takes too."""
    words: dict[str, list[str]] = {"files": list(given["files"] or ())}
    if given["input"] is not None:
        words["input"] = ["-x", given["input"]]
    for name, unset in _UNSET.items():
        if given[name] != unset:
            words[name] = list(option_words(f"--{name.replace('_', '-')}", given[name]))
    return words
