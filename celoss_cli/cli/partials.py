"""Partial results for programs: what a task of any engine computes, and how the results are added."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from celoss_cli.cli.config import refuse_unknown
from celoss_cli.cli.merging import report_of_whole
from celoss_cli.cli.options import Semantics
from celoss_cli.cli.part import PartOptions, part_of, plan_of
from celoss_cli.cli.table import for_loss
from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.core.option import VALUES, Option
from celoss_cli.core.version import __version__
from celoss_cli.losses import LOSSES
from celoss_cli.losses.spec import TOKENS
from celoss_cli.read.paths import files_of
from celoss_cli.read.shards import Piece, dealt, row_groups_in, shard_of_text
from celoss_cli.show.json import contract
from celoss_cli.show.loss.document import document_of
from celoss_cli.studies.merge import parts
from celoss_cli.studies.merge.document import as_text, read_partial

if TYPE_CHECKING:
    from celoss_cli.report.report import Report

__all__ = ["Partial", "partial"]


class Partial:
    """The exact totals of a part of the data: ``+`` gives those of both, to the same bits in any order.

    It can be pickled, and written as JSON, which ``celoss merge`` reads.
    """

    def __init__(self, found: parts.Partial) -> None:
        """Holds a partial result; ``partial`` and ``from_json`` make one."""
        self._found = found

    @classmethod
    def from_json(cls, text: str) -> Partial:
        """The partial result in a JSON document, as ``to_json`` and ``--emit-partial`` write it.

        Raises:
            InputError: for anything else, and for a document that was changed.

        """
        try:
            document = json.loads(text)
        except ValueError:
            raise InputError("expected a partial result as JSON, got no JSON") from None
        return cls(read_partial(document, "the partial result"))

    def to_json(self) -> str:
        """The partial result as JSON of about two kilobytes, and eleven bytes a document of tokens."""
        return as_text(self._found)

    def __add__(self, other: Partial) -> Partial:
        """The totals of both.

        Raises:
            InputError: for results of other options, and for data that both hold.

        """
        if not isinstance(other, Partial):
            return NotImplemented
        return Partial(
            parts.merged([("the first partial result", self._found), ("the second", other._found)])
        )

    def __radd__(self, other: int) -> Partial:
        """Itself, so that ``sum`` adds partial results."""
        return self if other == 0 else NotImplemented

    def __reduce__(self) -> tuple[Any, ...]:
        return Partial.from_json, (self.to_json(),)

    def __repr__(self) -> str:
        tally = self._found.evaluation.tally
        return f"<partial {LOSSES[self._found.loss].name} of {tally.rows} rows>"

    @property
    def value(self) -> float:
        """The loss of these rows, rounded once.

        Raises:
            InputError: if nothing is counted.

        """
        value = self._report("error").value
        return float("nan") if value is None else value

    def report(self, on_empty: Literal["error", "nan", "zero"] = "error") -> dict[str, Any]:
        """What ``celoss merge --json`` prints of it, as an object.

        Args:
            on_empty: the answer where nothing is counted.

        Raises:
            InputError: if nothing is counted and nobody said what the answer is then.

        """
        return contract(document_of(self._report(on_empty)), __version__)

    def _report(self, on_empty: Literal["error", "nan", "zero"]) -> Report:
        return report_of_whole(self._found, Semantics(on_empty=on_empty))


def partial(
    files: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    loss: str = "ce",
    *,
    shard: str | None = None,
    **options: Any,
) -> Partial:
    """The partial result of some files.

    Args:
        files: paths, URLs, folders or patterns.
        loss: the command: "ce", "bce-logits" and so on.
        shard: "I/N": of these files only every N-th, from I on; of fewer than N files, row groups.
        options: those of the command that the number depends on, by their names with underscores:
            ``label_smoothing=0.1``, ``weight=[1, 2]``, ``by="class"``, ``target_column="y"``, ``jobs=1``.

    Returns:
        The exact totals of these files.

    Raises:
        InputError: if the data cannot be read.
        UsageError: for an option that the loss does not have.

    Example:
        >>> from celoss_cli import partial
        >>> sum(partial(f"examples/{name}.csv") for name in ["preds"]).value
        0.6405346229445387

    """
    if loss not in LOSSES:
        raise UsageError(f"Expected a loss of {', '.join(LOSSES)}, got {loss!r}.")
    known = {option.name: option for option in for_loss(LOSSES[loss], PartOptions).options()}
    known.pop("files")
    refuse_unknown(options, list(known), "partial")
    listed = [files] if isinstance(files, str | os.PathLike) else list(files)
    words = [word for name, value in options.items() for word in _words(known[name], value)]
    part = None if shard is None else shard_of_text(shard)
    named = [os.fspath(path) for path in listed]
    pieces = (
        list(map(Piece, named))
        if part is None
        else dealt(files_of(named), part, split=options.get("input_is") != TOKENS)
    )
    paths = [piece.path for piece in pieces]
    return Partial(part_of(plan_of(loss, [*words, "--", *paths], part, row_groups_in(pieces))))


def _words(option: Option, value: Any) -> Iterator[str]:
    """An option with a value of Python as words of a command line."""
    if isinstance(value, bool):
        yield from option.words(value)
    elif option.repeatable and not isinstance(value, str):
        yield from (f"{option.flag}={_text(option, one)}" for one in value)
    elif value is not None:
        yield f"{option.flag}={_text(option, value)}"


def _text(option: Option, value: Any) -> str:
    """A value as the command line has it; numbers of an array as JSON."""
    if isinstance(value, str):
        return value
    found = value.tolist() if hasattr(value, "tolist") else value
    if option.kind is VALUES:
        return json.dumps(found)
    return ",".join(map(str, found)) if isinstance(found, list | tuple) else str(found)
