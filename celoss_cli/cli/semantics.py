"""The loss that a command line chooses: its options before those that the data itself carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.cli.table import given_options
from celoss_cli.core.errors import InputError, UsageError, file_name, quoted
from celoss_cli.core.option import VALUES, Kind, one_of
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES
from celoss_cli.losses.options import IGNORE_INDEX
from celoss_cli.losses.spec import TOKENS

if TYPE_CHECKING:
    from collections.abc import Collection

    from celoss_cli.cli.data import Data
    from celoss_cli.cli.options import Reading, Semantics
    from celoss_cli.cli.reading import Opened
    from celoss_cli.cli.table import GivenOption
    from celoss_cli.core.data import Reduction
    from celoss_cli.losses import LossSpec
    from celoss_cli.losses.base import Loss
    from celoss_cli.read.request import Dataset, ReadRequest

__all__ = ["Chosen", "chosen", "option_of_data", "refuse_foreign"]

_INPUT_KINDS = {
    "logits": "logits",
    "scores": "logits",
    "log_probs": "log-probs",
    "probs": "probs",
    "probabilities": "probs",
}
"""What a JSON key says that the input is."""

_TAKES = {"logits": "logits", "scores": "logits", "log-probs": "log-probs", "probs": "probs"}


@record(frozen=True, slots=True)
class Chosen:
    """A loss with its options.

    Attributes:
        loss: the loss.
        reduction: how its values become one.
        options: those in force, by name, as JSON has them.
        facts: what the findings should know of the choice.

    """

    loss: Loss
    reduction: Reduction
    options: dict[str, Any]
    facts: tuple[str, ...]


def chosen(data: Data, semantics: Semantics, found: Opened) -> Chosen:
    """The loss for this data.

    Raises:
        InputError: for options of the data that are none of the loss, and for odd ones that nobody allowed.
        UsageError: for options that do not fit each other.

    """
    spec, dataset = data.spec, found.dataset
    if dataset.scored:
        return _of_tokens(data, semantics)
    _refuse_without_tokens(semantics)
    reduction = semantics.reduction
    arguments = {given.option.name: _value(given, found.request) for given in semantics.of_loss}
    if dataset.options:
        carried = _carried(spec, dataset, {*arguments, *(["reduction"] if reduction else [])})
        reduction = carried.pop("reduction", reduction)
        arguments |= carried
    if semantics.convention is not None and IGNORE_INDEX in spec.declared:
        from celoss_cli.losses.conventions import CONVENTIONS  # most runs name none

        if semantics.convention in CONVENTIONS:
            arguments.setdefault(IGNORE_INDEX.name, CONVENTIONS[semantics.convention].ignore_index)
    if data.reading.first_class:
        _refuse_class_left_out(data, arguments.get(IGNORE_INDEX.name), dataset)
    conventional = _conventional(data, semantics)
    loss = spec.made(dtype=semantics.dtype, base=semantics.base, **arguments, **conventional)
    odd = loss.out_of_domain_options()
    if odd and not data.reading.allow_out_of_domain:
        raise InputError(odd[0], hint="--allow-out-of-domain computes it anyway")
    of_all = ("dtype", "base") if loss.is_information else ("dtype",)
    in_force = {name: getattr(loss, name) for name in (*spec.options, *of_all, *conventional)}
    in_force |= {name: value.tolist() for name, value in in_force.items() if isinstance(value, np.ndarray)}
    facts = (*(["out-of-domain-weight"] if odd else []), *_other_input(data, dataset))
    return Chosen(loss, reduction or "mean", in_force, facts)


def _carried(spec: LossSpec, dataset: Dataset, but: Collection[str]) -> dict[str, Any]:
    """The options that the data itself carries, but for those that the command line says.

    Raises:
        InputError: for one that the loss does not have, and for a value that is none of it.

    """
    source = file_name(*dataset.described.get("files", ())[:1])
    kinds = {option.name: option.kind for option in spec.declared} | {"reduction": one_of(spec.reductions)}
    unknown = sorted(set(dataset.options) - kinds.keys())
    if unknown:
        told = f'expected data for {spec.command}, got the option "{unknown[0]}", which it does not have'
        raise InputError(told, place=source)
    carried = {name: option_of_data(name, kinds[name], dataset, source) for name in kinds if name not in but}
    return {name: value for name, value in carried.items() if value is not None}


def _of_tokens(data: Data, semantics: Semantics) -> Chosen:
    """The loss of tokens whose log-probability is given.

    Raises:
        UsageError: for an option that says something of classes.

    """
    foreign = [given.option.flag for given in semantics.of_loss]
    foreign += ["--convention"] if semantics.convention is not None else []
    if foreign:
        raise UsageError(f"Expected no {foreign[0]} with scored tokens, got one.")
    if semantics.input_is not in (None, data.spec.takes, TOKENS):
        raise UsageError(f"Expected --input-is {TOKENS} with scored tokens, got {semantics.input_is}.")
    said_of = {"per": semantics.per, "score": semantics.score, "censored": semantics.censored}
    named = {name: value for name, value in said_of.items() if value is not None}
    loss = data.spec.made(input_is=TOKENS, dtype=semantics.dtype, base=semantics.base, **named)
    in_force = {name: getattr(loss, name) for name in ("dtype", "base", "input_is", *said_of)}
    return Chosen(loss, semantics.reduction or "mean", in_force, ())


def _refuse_without_tokens(semantics: Semantics) -> None:
    """Refuses options that say something of scored tokens, where there are none."""
    for given in given_options(semantics):
        if given.option.needs == "tokens":
            raise UsageError(f"Expected {given.option.flag} with scored tokens, got it with other data.")
    if semantics.input_is == TOKENS:
        raise UsageError(f"Expected scored tokens with --input-is {TOKENS}, got other data.")


def _refuse_class_left_out(data: Data, index: int | None, dataset: Dataset) -> None:
    """Refuses to leave out a class where targets are counted from 1: its number may mean either count.

    Raises:
        UsageError: for an index that may be a class.

    """
    if index is None or "columns" not in dataset.described:
        return
    from celoss_cli.read.batches import classes_of  # most targets are counted from 0

    if 0 <= index <= classes_of(dataset.described):
        raise UsageError(
            f"Expected --ignore-index of no class with --first-class {data.reading.first_class}, got {index}."
        )


def _value(given: GivenOption, request: ReadRequest) -> Any:
    """The value of an option, read where it is numbers or the name of a file with numbers."""
    if given.option.kind is not VALUES:
        return given.value
    from celoss_cli.read.values import read_value  # most options are no arrays

    return read_value(given.value, given.option.flag, request)


def _conventional(data: Data, semantics: Semantics) -> dict[str, Any]:
    """The kind of input and the convention, where one of them is not the usual one."""
    usual = data.takes == data.spec.takes and semantics.convention is None
    tool = {"convention": semantics.convention} if data.spec.by_convention else {}
    return {} if usual else {"input_is": data.takes, **tool}


def option_of_data(name: str, kind: Kind, dataset: Dataset, source: str) -> Any:
    """An option that the data itself carries, or None; a text in it never names a file.

    Args:
        name: of the option.
        kind: of its values.
        dataset: the data.
        source: what messages call it.

    Raises:
        InputError: for a value that is none of the option.

    """
    value = dataset.options.get(name)
    if value is None:
        return None
    if kind.fits(value):
        return kind.of_json(value)
    shown = "a list" if isinstance(value, np.ndarray) else quoted(str(value))
    place = f"{source}: $.{name}" if source else f"$.{name}"
    raise InputError(f"expected {name} as {kind.words}, got {shown}", place=place)


def _other_input(data: Data, dataset: Dataset) -> list[str]:
    """The oddity of data that says that it holds something else than the loss takes."""
    if data.values is not None or "columns" not in dataset.described:
        return []  # the option that values on the command line have is named by the loss
    kind = _INPUT_KINDS.get(dataset.described["columns"]["inputs"][0])
    return ["other-input"] if kind is not None and kind != _TAKES[data.takes] else []


def refuse_foreign(spec: LossSpec, reading: Reading, semantics: Semantics) -> None:
    """Refuses options that a loss does not have, where a command takes those of all losses.

    Raises:
        UsageError: for the first one.

    """
    own = {option.name for option in spec.declared}
    foreign = [given.option.flag for given in semantics.of_loss if given.option.name not in own]
    lacks, said = spec.lacks, (*given_options(reading), *given_options(semantics))
    foreign += [given.option.flag for given in said if given.option.needs in lacks]
    for flag in foreign:
        raise UsageError(f"Expected no {flag} with --loss {spec.command}, got one.")
    for flag, value, has in (
        ("--input-is", semantics.input_is, spec.kinds),
        ("--convention", semantics.convention, spec.by_convention),
        ("--base", None if semantics.base == "e" else semantics.base, spec.loss.is_information),
    ):
        if value is not None and not has:
            raise UsageError(f"Expected no {flag} with --loss {spec.command}, got {value}.")
    if semantics.input_is not in (None, *spec.kinds):
        of_classes = spec.per == "class" and semantics.input_is in LOSSES["ce"].kinds
        raise UsageError(
            f"Expected --input-is {' or '.join(spec.kinds)} with --loss {spec.command}, "
            f"got {semantics.input_is}.",
            hint=f"--loss ce takes {semantics.input_is}" if of_classes else "",
        )
