"""Row objects: of flat values a table, of lists an array a key."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice, takewhile
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.data import Array, Batch
from celoss_cli.core.errors import InputError, Way, quoted
from celoss_cli.read.arrays.slices import UNNAMED, on_class_axis, without_class_axis
from celoss_cli.read.json.frame import Frame, Framed, frame_of
from celoss_cli.read.json.numbers import check, plain, shape_of
from celoss_cli.read.json.values import ValueTable, id_of, whole_table
from celoss_cli.read.labelled import LOOKED_AT, paired, paired_keys, ranked_keys, refuse_ranked, scores_of
from celoss_cli.read.roles.column import Shape
from celoss_cli.read.roles.keys import WEIGHT_KEYS, Keys, keys_of
from celoss_cli.read.roles.targets import refuse_names
from celoss_cli.read.text.plain import NotPlain
from celoss_cli.read.tokens import TEXTS, takes_tokens

if TYPE_CHECKING:
    from celoss_cli.core.data import Roles, Source
    from celoss_cli.read.request import Dataset, ReadRequest
    from celoss_cli.read.roles.table import Place, WholeTable

__all__ = ["RowObjects", "table_of"]

_ROW_WEIGHTS = ("weight", *WEIGHT_KEYS)
"""In a row object; of a document of arrays, "weight" is that of the classes."""


class RowObjects:
    """Reads row objects that all look like the first: of flat values a table, of lists an array a key.

    Attributes:
        described: how they are read.

    """

    def __init__(self, objects: Iterable[tuple[str, dict[str, Any]]], request: ReadRequest) -> None:
        """Settles how these objects, the first ones with their places, are read.

        Raises:
            InputError: if the keys do not settle the roles.

        """
        objects = iter(objects)
        place, unflat = next(objects)
        first = unflat
        self._ranked: frozenset[str] = frozenset()
        self._paired: tuple[str, str] | None = None
        if _may_be_paired(first, request):
            ahead, objects = _ahead(objects)
            self._paired = paired_keys([first, *ahead])
        if (pair := self._paired) is not None:
            objects = ((where, paired(row, pair, where)) for where, row in objects)
            first = unflat = paired(first, pair, place)
        if any(scores_of(key, value) for key, value in first.items()):
            ahead, objects = _ahead(objects)
            self._ranked = ranked_keys([first, *ahead])
        self._nested = bool(self._ranked) or any(isinstance(value, dict) for value in first.values())
        if self._nested:
            objects = ((where, flat(row, where, self._ranked)) for where, row in objects)
            first = flat(first, place, self._ranked)
        if request.missing == "skip":
            ahead, objects = _ahead(objects)
            first = _first_whole([first, *ahead])
        self._first = first
        self._frame: tuple[Frame, list[str]] | None = None
        self._names = list(first)
        self._request = request
        self._stacked = any(isinstance(value, list) for value in first.values())
        columns: Roles
        if self._stacked:
            self._keys = self._settled_keys(place)
            columns = self._keys.described()
        else:
            alike = takewhile(lambda row: row.keys() == first.keys(), (row for _, row in objects))
            rows = ([row[key] for key in self._names] for row in chain([first], alike))
            self._table = ValueTable(self._names, rows, place, request)
            columns = self._table.mapping.described()
            ranked = {name for key, value in unflat.items() for name in scores_of(key, value)}
            refuse_ranked(self._table.mapping, ranked, place, request)
        self.described: Source = {"columns": columns}

    def _settled_keys(self, place: str) -> Keys:
        """The keys of rows with lists by their roles."""
        first, request = self._first, self._request
        refuse_names(request)
        request.settled.uses.add("missing")
        try:
            keys = keys_of(
                self._names, request, _ROW_WEIGHTS, options=False, shape=lambda key: _shape(first[key])
            )
        except InputError as error:
            raise error.at(place) from None
        if request.columns.classes is None and not takes_tokens(request):
            _refuse_own_order(first, keys.input, keys.unused, place)
        if request.truth is not None:
            request.truth.read_as((), request)
        return keys

    def batch(self, objects: Sequence[dict[str, Any]], places: Sequence[str], start: int) -> Batch:
        """The batch of these objects, the first of which is row ``start``.

        Raises:
            InputError: with its place, for an object of other keys or values.

        """
        if (pair := self._paired) is not None:
            objects = [paired(row, pair, place) for row, place in zip(objects, places, strict=True)]
        if self._nested:
            objects = [flat(row, place, self._ranked) for row, place in zip(objects, places, strict=True)]
        _refuse_other_keys(objects, places, self._first)
        if self._stacked:
            return self._arrays(objects, places, start)
        rows = [(index, [row[key] for key in self._names]) for index, row in enumerate(objects)]
        return self._table.batch(rows, _place_in(places, self._names), start)

    def read(
        self,
        data: bytes,
        rows: int,
        end: bytes,
        place: Callable[[int], str],
        objects: Callable[[], Iterable[tuple[str, dict[str, Any]]]],
        start: int,
    ) -> Batch:
        """The batch of a text: together where its rows are all written alike, else object by object.

        Args:
            data: whole rows, each with ``end`` behind it.
            rows: how many they are, or 0 where that is not known.
            end: a newline or a comma.
            place: names a row.
            objects: gives the rows with their places.
            start: the number of the first one.

        """
        found = self._framed(data, rows, end, place, start)
        if found is not None:
            return found
        places, held = zip(*objects(), strict=True)
        return self.batch(held, places, start)

    def _framed(
        self, data: bytes, rows: int, end: bytes, place: Callable[[int], str], start: int
    ) -> Batch | None:
        if self._frame is None:
            return None
        frame, keys = self._frame
        found = frame.around(data, rows, end)
        if found is None:
            return None
        if self._stacked and self._request.missing == "error":
            with contextlib.suppress(NotPlain):
                return self._framed_arrays(found, keys, place, start)
        elif not self._stacked and len(keys) == len(self._names):
            return self._table.alike(found.as_table([*map(keys.index, self._names)], place), start)
        return None

    def listed(self, name: str, records: Iterable[tuple[str, Any]]) -> Dataset | None:
        """The rows as documents of tokens, where that is asked and each has a list of log-probabilities.

        Args:
            name: of the stream.
            records: all rows with their places.

        """
        if not (self._stacked and takes_tokens(self._request)):
            return None
        from celoss_cli.read.tokens.lists import listed_dataset  # most rows are none

        if self._nested:
            records = ((place, flat(row, place, self._ranked)) for place, row in records)
        return listed_dataset(name, self._first, self._keys, records, self._request)

    @property
    def lead(self) -> bytes:
        """The blanks in front of a row that is written like the others."""
        return b"" if self._frame is None else self._frame[0].lead

    def frame(self, row: bytes, value: dict[str, Any]) -> None:
        """Takes a row for the one that the others are written like."""
        if self._nested:
            return
        alike = value.keys() == self._first.keys() and all(
            shape_of(value[key]) == shape_of(self._first[key]) for key in self._names
        )
        self._frame = frame_of(row, value) if alike else None

    def _framed_arrays(
        self, framed: Framed, cells: Sequence[str], place: Callable[[int], str], start: int
    ) -> Batch:
        keys = self._keys

        def array(key: str) -> Array:
            columns, extents = [i for i, name in enumerate(cells) if name == key], shape_of(self._first[key])
            if len(columns) != math.prod(extents):
                raise NotPlain
            return framed.array(columns).reshape(len(framed), *extents)

        arrays = {key: array(key) for key in (keys.input, keys.target, keys.weight) if key is not None}
        ids = None if keys.id is None else framed.written(cells.index(keys.id))
        framed.refuse_others(i for i, name in enumerate(cells) if name in {*arrays, keys.id})
        return self._assembled(arrays, ids, place, place(0), start)

    def _arrays(self, objects: Sequence[dict[str, Any]], places: Sequence[str], start: int) -> Batch:
        keys = self._keys
        used = [key for key in (keys.input, keys.target, keys.weight) if key is not None]
        ids = None if keys.id is None else [id_of(row[keys.id]) for row in objects]
        source, targets, skipped = places[0], None, 0
        if self._request.missing == "skip":
            kept = np.array([not any(map(_is_missing, map(row.get, used))) for row in objects])
            if keys.target is None and self._request.truth is not None:
                kept, targets = self._request.truth.of_complete(start, kept, ids, places.__getitem__)
            rows = np.flatnonzero(kept).tolist()
            skipped = len(objects) - len(rows)
            objects, places = [objects[row] for row in rows], [places[row] for row in rows]
            ids = None if ids is None else [ids[row] for row in rows]
        arrays = {key: self._stack(key, objects, places) for key in used}
        found = self._assembled(arrays, ids, lambda row: places[row], source, start, targets)
        return replace(found, skipped=skipped)

    def _assembled(
        self,
        arrays: Mapping[str, Array],
        ids: Sequence[str] | None,
        place: Callable[[int], str],
        source: str,
        start: int,
        targets: Array | None = None,
    ) -> Batch:
        keys, request = self._keys, self._request
        input = arrays[keys.input]
        conversions: tuple[str, ...] = ()
        if keys.target is not None:
            target = arrays[keys.target]
        else:
            assert request.truth is not None  # noqa: S101 - for the type checker: else there is a key
            target = request.truth.of(start, len(input), ids, place) if targets is None else targets
            conversions = request.truth.conversions
        if request.class_axis is not None:
            input, target = on_class_axis(input, target, request.class_axis)
        if request.per_class:
            target = without_class_axis(input, target)
        return Batch(
            input,
            target,
            aligned={"sample weight": arrays[keys.weight]} if keys.weight else {},
            ids=ids,
            place=place,
            source=source,
            start=start,
            conversions=conversions,
        )

    def _stack(self, key: str, objects: Sequence[dict[str, Any]], places: Sequence[str]) -> Array:
        """The values of one key, one row after the other."""
        shape = shape_of(self._first[key])
        kind: type = bool if isinstance(_leaf(self._first[key]), bool) else float
        for row, place in zip(objects, places, strict=True):
            try:
                check(row[key], f"{place}.{key}", shape, kind, self._request)
            except InputError as error:
                if key == self._keys.target and isinstance(row[key], str):
                    error.hint = error.hint or UNNAMED
                if _is_missing(row[key]):
                    skip = Way("without the rows where a value is missing", (("--missing", "skip"),))
                    error.ways = error.ways or (skip,)
                raise
        return np.array([plain(row[key]) for row in objects]).reshape(len(objects), *shape)


def _ahead(
    objects: Iterator[tuple[str, dict[str, Any]]],
) -> tuple[list[dict[str, Any]], Iterator[tuple[str, dict[str, Any]]]]:
    """The first rows, and all of them with their places."""
    looked_at = [*islice(objects, LOOKED_AT)]
    return [row for _, row in looked_at], chain(looked_at, objects)


def _first_whole(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The first row that lacks nothing, where it has lists, whose length the others have; else the first."""
    whole = next((row for row in rows if not _lacks(row)), rows[0])
    lists = any(isinstance(value, list) for value in whole.values())
    return whole if lists and whole.keys() == rows[0].keys() else rows[0]


def _may_be_paired(first: Mapping[str, object], request: ReadRequest) -> bool:
    """Whether the names of classes may stand beside their scores, and not those of tokens."""
    if takes_tokens(request) or paired_keys([first]) is None:
        return False
    return not any(key.lower() in TEXTS for key in first)


def flat(row: dict[str, Any], place: str, ranked: Container[str] | None = None) -> dict[str, Any]:
    """A row whose objects of single values are columns of their own: probs.cat of {"probs": {"cat": 0.7}}.

    A list of {"label": "cat", "score": 0.7}, as pipelines write it, is such an object; see ``labelled``.
    Where ``ranked`` is given, only those under its keys are.

    Raises:
        InputError: where that gives a name twice.

    """
    found: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            inner = {f"{key}.{name}": one for name, one in flat(value, place).items()} or {key: value}
        else:
            inner = (scores_of(key, value) if ranked is None or key in ranked else {}) or {key: value}
        if twice := found.keys() & inner.keys():
            raise InputError(f"expected each key once, got {quoted(min(twice))} twice", place=place)
        found |= inner
    return found


def _refuse_own_order(first: dict[str, Any], input: str, others: Sequence[str], place: str) -> None:
    """Refuses values whose classes each row names anew, as a zero-shot classifier does."""
    for key in others:
        names = first[key]
        texts = isinstance(names, list) and all(isinstance(name, str) for name in names)
        if texts and isinstance(first[input], list) and len(names) == len(first[input]) > 0:
            if key.lower() in TEXTS:
                raise InputError(
                    f"expected values of classes, got {quoted(input)} of the {quoted(key)} of each row",
                    ways=(
                        Way(
                            "each row as a document of tokens",
                            (("--input-is", "token-logprobs"), ("--class-columns", input)),
                            "nll",
                            needs="--per",
                        ),
                    ),
                    place=place,
                )
            raise InputError(
                f"expected classes in one order, got {quoted(input)} with {quoted(key)} for each row",
                hint="write them in one order first",
                ways=(Way("they are in one order", (("--class-columns", input),)),),
                place=place,
            )


def _shape(value: Any) -> Shape | None:
    """The shape of all rows of a key by that of the first, and the type of their values."""
    leaf = _leaf(value)
    kinds = {bool: "b", int: "i", float: "f"}
    kind = kinds.get(type(leaf))
    return None if kind is None else Shape((-1, *shape_of(value)), kind)


def _leaf(value: Any) -> Any:
    """The first of the values in lists of lists that is there."""
    if not isinstance(value, list):
        return value
    return next((leaf for leaf in map(_leaf, value) if leaf is not None), None)


def _is_missing(value: object) -> bool:
    """Whether a value is null, or one in its lists is."""
    return value is None or (isinstance(value, list) and any(map(_is_missing, value)))


def _lacks(row: Mapping[str, object]) -> bool:
    return any(map(_is_missing, row.values()))


def _refuse_other_keys(
    objects: Sequence[dict[str, Any]], places: Sequence[str], first: dict[str, Any]
) -> None:
    for row, where in zip(objects, places, strict=True):
        if row.keys() != first.keys():
            odd = sorted(row.keys() ^ first.keys())
            raise InputError(
                f"expected the keys of the first row, got a difference in {', '.join(map(quoted, odd))}",
                place=where,
            )


def _place_in(places: Sequence[str], names: Sequence[str]) -> Place:
    return lambda row, column: places[row] + (f".{names[column - 1]}" if column else "")


def table_of(objects: Sequence[dict[str, Any]], places: Sequence[str], request: ReadRequest) -> WholeTable:
    """Row objects as a table of which some columns will be asked for.

    Raises:
        InputError: for objects of other keys than the first, and for values that are no cells.

    """
    objects = [flat(row, place) for row, place in zip(objects, places, strict=True)]
    _refuse_other_keys(objects, places, objects[0])
    names = list(objects[0])
    rows = ([row[name] for name in names] for row in objects)
    return whole_table(names, rows, _place_in(places, names), places[0], request)
