"""Safetensors: tensors by name, mapped into memory. The package safetensors checks the file's layout."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.errors import InputError, quoted, visible
from celoss_cli.core.extras import extra_module
from celoss_cli.core.records import record
from celoss_cli.read.arrays.bfloat16 import BFLOAT16, widened
from celoss_cli.read.arrays.npy import refuse_shape
from celoss_cli.read.arrays.ranged import can_be_fetched, fetched
from celoss_cli.read.arrays.slices import named_dataset, refuse_nonfinite
from celoss_cli.read.bytes.mapped import copied, mapped, piped

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.read.arrays.ranged import Ranged
    from celoss_cli.read.remote.files import Object
    from celoss_cli.read.request import Dataset, ReadRequest, Stream

__all__ = ["read", "read_values"]

_TYPES: dict[str, Any] = {
    "BOOL": "|b1",
    "U8": "|u1",
    "I8": "|i1",
    "U16": "<u2",
    "I16": "<i2",
    "U32": "<u4",
    "I32": "<i4",
    "U64": "<u8",
    "I64": "<i8",
    "F16": "<f2",
    "BF16": BFLOAT16,
    "F32": "<f4",
    "F64": "<f8",
}
"""The stored types as NumPy's."""

_LENGTH_BYTES = 8
"""Before the header stands its length."""

_MAX_HEADER = 100_000_000
"""The package takes no longer one."""


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads tensors by name.

    Raises:
        InputError: for a broken file, names that do not settle the roles, or types that are no numbers.
        LimitError: for more than 1 GiB through a pipe.
        UsageError: without the package safetensors.

    """
    return named_dataset(_tensors(stream), stream.name, request)


def read_values(stream: Stream, request: ReadRequest) -> Array:
    """The tensor of a file with one tensor, read-only.

    Raises:
        InputError: for several tensors, and as ``read`` does.
        LimitError: as ``read`` does.
        UsageError: as ``read`` does.

    """
    tensors = _tensors(stream)
    if len(tensors) != 1:
        names = ", ".join(map(quoted, sorted(tensors))) or "none"
        raise InputError(f"expected one tensor, got {names}", place=stream.name)
    ((name, load),) = tensors.items()
    values = load()
    refuse_nonfinite(values, f"{stream.name}: $.{visible(name)}", request)
    return values


def _tensors(stream: Stream) -> dict[str, _Tensor]:
    package = extra_module("safetensors", "safetensors", "safetensors files")
    buffer = mapped(stream) if stream.remote is None else None
    try:
        if stream.remote is not None:
            return _far(package, stream.remote, stream.name)
        if buffer is None or stream.path == "-":
            return _from_bytes(package.deserialize(_piped(stream)), stream.name)
        with package.safe_open(stream.path, framework="np"):
            return _in_file(buffer, stream.name)
    except package.SafetensorError as error:
        raise InputError(
            f"expected a safetensors file, got a broken one: {visible(str(error))}", place=stream.name
        ) from None


def _piped(stream: Stream) -> bytes:
    """The bytes of a pipe as far as its header says they go, and one more if there is one."""
    length = piped(stream, _LENGTH_BYTES).getvalue()
    size = int.from_bytes(length, "little")
    if size > _MAX_HEADER:
        raise InputError(
            f"expected a safetensors header of at most {_MAX_HEADER} bytes, got {size}", place=stream.name
        )
    head = piped(stream, _LENGTH_BYTES + size, length).getvalue()
    return piped(stream, len(head) + _data_bytes(head, stream.name) + 1, head).getvalue()


def _data_bytes(head: bytes, name: str) -> int:
    """How many bytes follow a header; 0 if it is none, which the package will say."""
    try:
        return max(0, *(int(about["data_offsets"][1]) for about in _tensors_in(head, name).values()))
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError):
        return 0


def _from_bytes(tensors: list[tuple[str, dict[str, Any]]], name: str) -> dict[str, _Tensor]:
    return {
        key: _Tensor(tensor["data"], 0, tensor["shape"], tensor["dtype"], f"{name}: $.{visible(key)}")
        for key, tensor in tensors
    }


def _in_file(buffer: Any, name: str) -> dict[str, _Tensor]:
    """The tensors of a file that the package has found to be sound, from its header."""
    start = _LENGTH_BYTES + int.from_bytes(buffer[:_LENGTH_BYTES], "little")
    return {key: _Tensor(buffer, *found) for key, found in _layout(buffer[:start], name).items()}


def _far(package: Any, remote: Object, name: str) -> dict[str, _Tensor]:
    """The tensors of a remote file, whose header is held against its size by the package."""
    size = remote.state.size
    length = int.from_bytes(remote.bytes(0, min(_LENGTH_BYTES, size)), "little")
    head = remote.bytes(0, min(_LENGTH_BYTES + min(length, _MAX_HEADER), size))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "header.safetensors")
        with open(path, "wb") as file:
            file.write(head)
            file.truncate(size)  # without data, which takes no room
        with package.safe_open(path, framework="np"):
            return {key: _FarTensor(remote, *found) for key, found in _layout(head, name).items()}


def _layout(head: bytes, name: str) -> dict[str, tuple[int, list[int], str, str]]:
    """Of each tensor where it begins, its shape, its type and its place, as the header says."""
    return {
        key: (
            len(head) + about["data_offsets"][0],
            about["shape"],
            about["dtype"],
            f"{name}: $.{visible(key)}",
        )
        for key, about in _tensors_in(head, name).items()
    }


def _tensors_in(head: bytes, name: str) -> dict[str, Any]:
    """What a header says of each tensor."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
            raise InputError(f"expected each name once, got {quoted(twice)} twice", place=name)
        return found

    header: dict[str, Any] = json.loads(head[_LENGTH_BYTES:], object_pairs_hook=once)
    header.pop("__metadata__", None)
    return header


@record(frozen=True, slots=True)
class _Tensor:
    """Gives a tensor when it is wanted.

    Attributes:
        buffer: that holds its values.
        offset: where they begin.
        shape: of the tensor.
        kind: of its values, as the file calls it.
        place: for messages.

    """

    buffer: Any
    offset: int
    shape: list[int]
    kind: str
    place: str

    def __call__(self) -> Array:
        values = widened(self.stored())
        values.flags.writeable = False
        return values

    def stored(self) -> Array:
        """The values as they lie in the file."""
        dtype = self._dtype()
        if not math.prod(self.shape):
            return np.empty(self.shape, dtype)
        values: Array = np.ndarray(self.shape, dtype, self.buffer, self.offset)
        values.flags.writeable = False
        return values

    def template(self) -> Array:
        """An array of this shape and type, without its values."""
        return np.broadcast_to(widened(np.zeros((), self._dtype())), self.shape)

    def _dtype(self) -> np.dtype[Any]:
        if self.kind not in _TYPES:
            raise InputError(
                f"expected a tensor of real numbers, got one of {self.kind}",
                hint="write it as F32: tensor.float()",
                place=self.place,
            )
        dtype = np.dtype(_TYPES[self.kind])
        refuse_shape(self.shape, dtype.itemsize, self.place)
        return dtype


@record(frozen=True, slots=True)
class _FarTensor(_Tensor):
    """A tensor of a remote file, which is the buffer: copied, or fetched row by row."""

    def stored(self) -> Array:
        dtype = self._dtype()
        size = math.prod(self.shape) * dtype.itemsize
        if not size:
            return np.empty(self.shape, dtype)
        values: Array = np.ndarray(self.shape, dtype, copied(self.buffer, self.offset, self.offset + size))
        values.flags.writeable = False
        return values

    def rows(self, request: ReadRequest) -> Ranged | None:
        """The tensor as an input of which rows are fetched; None for one that cannot be."""
        shape, dtype = tuple(self.shape), self._dtype()
        if not can_be_fetched(shape, dtype, request):
            return None
        return fetched(self.buffer, self.offset, shape, dtype, "C")
