"""NPY and NPZ, NumPy's own files: mapped into memory where they are files, read where they are pipes.

Nothing is allocated or mapped before the header's shape and type agree with the number of bytes that
are there, and a pickle is never opened.
"""

from __future__ import annotations

import contextlib
import io
import math
import mmap
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import IO, TYPE_CHECKING, Any, Literal, cast

import numpy as np

from celoss_cli.core.errors import CelossError, InputError, LimitError, Way, plural, quoted, visible
from celoss_cli.core.records import record
from celoss_cli.read.arrays.bfloat16 import BFLOAT16
from celoss_cli.read.arrays.columns import are_of_one_length, columns_of_arrays
from celoss_cli.read.arrays.ranged import Checksum, can_be_fetched, fetched
from celoss_cli.read.arrays.slices import joined_dataset, named_dataset, refuse_nonfinite, refuse_type
from celoss_cli.read.arrays.texts import as_text, type_of_text
from celoss_cli.read.bytes.mapped import copied, mapped, memory_limit, piped, release_bytes
from celoss_cli.read.bytes.pickles import holds_pickle, is_pickle, pickled
from celoss_cli.read.roles.column import Shape

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.read.arrays.ranged import Ranged
    from celoss_cli.read.remote.files import Object
    from celoss_cli.read.request import Dataset, ReadRequest, Stream
    from celoss_cli.read.roles.table import WholeTable

__all__ = ["read", "read_columns", "read_rows", "read_values", "refuse_shape"]

_NPY = b"\x93NUMPY"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_LENGTH_FIELD = {(1, 0): "<H", (2, 0): "<I", (3, 0): "<I"}
_MAX_HEADER = 10_000
_MAX_AXES = 32
_CHUNK = 1 << 20
_FETCHED = 1 << 16
"""A directory and the headers are read so many bytes at a time from far."""

_LOCAL = 30
"""Bytes of a member's own header, before its name."""
_WITH_DESCRIPTOR, _DESCRIPTOR = 1 << 3, 24
"""The flag of a member that was written to a pipe, and how many bytes may follow it then."""
_WIDEST = 8
"""Bytes of the widest number."""
_MOST_DEFLATED = 1032
"""Deflate never makes more bytes of one."""


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads the arrays of an NPZ file by name, or one array whose targets come from elsewhere.

    Raises:
        InputError: for a single array, which has no targets; for names that do not settle the roles;
            for anything that is not a complete file of numbers.
        LimitError: for an array that this machine's memory cannot hold and that cannot be mapped.

    """
    if stream.head().startswith(_ZIP):
        return named_dataset(_Archive(stream).members(), stream.name, request)
    rows = None if request.truth is None else read_rows(stream, request)
    values = _single(stream) if rows is None else rows
    if isinstance(values, np.ndarray):
        if fields := _fields(values):
            return named_dataset(fields, stream.name, request)
        refuse_type(values, stream.name)
    if request.truth is not None:
        return joined_dataset(values, stream.name, request, source=stream.name)
    raise InputError(
        f"expected input and targets, got one array of shape {values.shape} and type {values.dtype}",
        ways=(Way("the targets in a file of their own", (("--targets", "@labels.npy"),)),),
        place=stream.name,
    )


def _fields(values: Array) -> dict[str, Callable[[], Array]]:
    """The fields of records as arrays; none of an array of numbers."""
    if not values.dtype.names or values.dtype == BFLOAT16:
        return {}
    return {
        field: partial(as_text, np.ascontiguousarray(values[field]), field) for field in values.dtype.names
    }


def read_columns(stream: Stream, request: ReadRequest) -> WholeTable | Array:
    """Arrays of one axis and one length, or the fields of records, as a table; else as ``read_values``.

    Raises:
        InputError: as ``read_values`` does.
        LimitError: as ``read`` does.

    """
    if not stream.head().startswith(_ZIP):
        values = _single(stream)
        fields = {name: load() for name, load in _fields(values).items()}
        if len(fields) > 1 and values.ndim == 1:
            return columns_of_arrays(fields, stream.name, request)
        return _of_numbers(values, stream, request)
    members = _Archive(stream).members()
    if len(members) > 1:
        shapes = [Shape.of(load.template()) for load in members.values()]
        if are_of_one_length(shapes):
            arrays = {name: load() for name, load in members.items()}
            return columns_of_arrays(arrays, stream.name, request)
    return _one_of(members, stream, request)


def read_values(stream: Stream, request: ReadRequest) -> Array:
    """The array of an NPY file, or of an NPZ file with one member: read-only, mapped where possible.

    Raises:
        InputError: for several members, and as ``read`` does.
        LimitError: as ``read`` does.

    """
    if stream.head().startswith(_ZIP):
        return _one_of(_Archive(stream).members(), stream, request)
    return _of_numbers(_single(stream), stream, request)


def _one_of(members: Mapping[str, Callable[[], Array]], stream: Stream, request: ReadRequest) -> Array:
    """The array of an NPZ file that has no other."""
    if len(members) != 1:
        names = ", ".join(map(quoted, members)) or "none"
        raise InputError(
            f"expected one array, got {names}",
            hint="save the wanted one with np.save, or give the file without --targets" if members else "",
            place=stream.name,
        )
    return _of_numbers(next(iter(members.values()))(), stream, request)


def _of_numbers(values: Array, stream: Stream, request: ReadRequest) -> Array:
    refuse_type(values, stream.name)
    refuse_nonfinite(values, f"{stream.name}: $", request)
    return values


def read_rows(stream: Stream, request: ReadRequest) -> Ranged | None:
    """The array of a remote NPY file as an input of which rows are fetched; None for any other.

    Raises:
        InputError: for a broken one.

    """
    remote, place = stream.remote, stream.name
    if remote is None or stream.head()[:6] != _NPY:
        return None
    header = _header(io.BytesIO(remote.bytes(0, min(_MAX_HEADER + 12, remote.state.size))), place)
    _refuse_size(header, remote.state.size - header.size, place)
    if not can_be_fetched(header.shape, header.dtype, request):
        return None
    return fetched(remote, header.size, header.shape, header.dtype, header.order)


# ---------------------------------------------------------------------------------------- one array


@record(frozen=True, slots=True)
class _Header:
    """What an NPY header says.

    Attributes:
        shape, dtype: of the array.
        order: of the values in memory.
        size: bytes before the first value.

    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: Literal["C", "F"]
    size: int

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize

    def view(self, buffer: Any, offset: int = 0) -> Array:
        """The array in these bytes, read-only."""
        if not self.nbytes:
            return np.empty(self.shape, self.dtype)
        values: Array = np.ndarray(self.shape, self.dtype, buffer, offset, order=self.order)
        values.flags.writeable = False
        return values


def _header(binary: IO[bytes], place: str) -> _Header:
    """Reads the header up to the first value and checks all that it says."""
    head = binary.read(8)
    if is_pickle(head):
        raise pickled(place)
    if head[:6] != _NPY:
        got = quoted(head.decode("latin-1")) if head else "an empty file: no rows"
        raise InputError(f'expected an NPY file, which starts with "\\x93NUMPY", got {got}', place=place)
    version = tuple(head[6:8])
    if version not in _LENGTH_FIELD:
        raise InputError(
            f"expected NPY version 1.0, 2.0 or 3.0, got {'.'.join(map(str, version))}", place=place
        )
    field = struct.Struct(_LENGTH_FIELD[version])
    length_bytes = _exactly(binary, field.size, "a header", place)
    (length,) = field.unpack(length_bytes)
    if length > _MAX_HEADER:
        raise InputError(f"expected a header of at most {_MAX_HEADER} bytes, got {length}", place=place)
    text = bytes(_exactly(binary, length, "a header", place))
    shape, fortran, dtype = _parsed(bytes(length_bytes) + text, version, place)
    _check_layout(shape, dtype, place)
    return _Header(shape, dtype, "F" if fortran else "C", 8 + field.size + length)


def _parsed(header: bytes, version: tuple[int, ...], place: str) -> tuple[tuple[int, ...], bool, Any]:
    reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return reader(io.BytesIO(header), max_header_size=_MAX_HEADER)
    except Exception:  # whatever the parser stumbles over, the header is not one
        shown = quoted(header[2:].decode("latin-1").strip("\0 \n"))
        raise InputError(f"expected an NPY header, got {shown}", place=place) from None


def _check_layout(shape: tuple[int, ...], dtype: np.dtype[Any], place: str) -> None:
    if dtype.hasobject:
        raise pickled(place, "an array of Python objects, a pickle")
    is_odd = dtype.names is not None and not (len(shape) == 1 and _are_columns(dtype))
    if not dtype.itemsize or dtype.subdtype is not None or is_odd:
        raise InputError(f"expected an array of real numbers, got one of {dtype}", place=place)
    refuse_shape(shape, dtype.itemsize, place)


def _are_columns(dtype: np.dtype[Any]) -> bool:
    """Whether a structured type holds a number or a text of each name, as a table does."""
    fields = (dtype[name] for name in dtype.names or ())
    return all(field.kind in "US" or (field.kind in "biuf" and field.itemsize <= _WIDEST) for field in fields)


def refuse_shape(shape: Sequence[int], itemsize: int, place: str) -> None:
    """Refuses what is no shape, or that of an array larger than any memory."""
    sane = all(type(extent) is int and extent >= 0 for extent in shape) and len(shape) <= _MAX_AXES
    if not sane or math.prod(extent or 1 for extent in shape) * itemsize >= 2**63:
        raise InputError(f"expected a shape of an array, got {quoted(str(shape))}", place=place)


def _exactly(binary: IO[bytes], count: int, what: str, place: str) -> bytearray:
    """So many bytes; the memory grows with what comes, not with what was announced."""
    data = bytearray()
    while len(data) < count:
        chunk = binary.read(min(_CHUNK, count - len(data)))
        if not chunk:
            raise InputError(
                f"expected {plural(count, 'byte')} of {what}, got {len(data)}",
                hint="was the file cut?",
                place=place,
            )
        data += chunk
    return data


def _values_from(binary: IO[bytes], header: _Header, place: str) -> Array:
    if header.nbytes > memory_limit():
        raise LimitError(
            f"expected an array that fits into memory, got one of {header.nbytes} bytes",
            hint="an uncompressed file is mapped and not read into memory",
            place=place,
        )
    return header.view(_exactly(binary, header.nbytes, _what(header), place))


def _what(header: _Header) -> str:
    return f"an array of shape {header.shape} and type {header.dtype}"


def _single(stream: Stream) -> Array:
    """The one array of an NPY file or pipe."""
    place = stream.name
    buffer = mapped(stream)
    if buffer is not None:
        header = _header(io.BytesIO(buffer[: _MAX_HEADER + 12]), place)
        _refuse_size(header, len(buffer) - header.size, place)
        return as_text(header.view(buffer, header.size), place)
    header = _header(stream.binary, place)
    values = _values_from(stream.binary, header, place)
    if stream.binary.read(1):
        raise InputError(f"expected the end after {_what(header)}, got more bytes", place=place)
    return as_text(values, place)


def _refuse_size(header: _Header, found: int, place: str) -> None:
    if header.nbytes != found:
        hint = "was the file cut?" if found < header.nbytes else ""
        raise InputError(
            f"expected {plural(header.nbytes, 'byte')} of {_what(header)}, got {found}",
            hint=hint,
            place=place,
        )


# --------------------------------------------------------------------------------- arrays in a zip file


class _Archive:
    """An NPZ file: its directory is checked at once, its members when they are wanted.

    A remote one is copied if members are compressed; else its members are, and of the input rows are fetched.
    """

    def __init__(self, stream: Stream) -> None:
        self._name = stream.name
        self._remote = stream.remote
        self._buffer: mmap.mmap | None = None
        if stream.remote is not None:
            self._open(_distant(stream.remote))
            if any(info.compress_type != zipfile.ZIP_STORED for info in self._zip.infolist()):
                self._remote, self._buffer = None, mapped(stream)
        else:
            self._buffer = mapped(stream)
            self._open(stream.binary if self._buffer is not None else piped(stream))

    def _open(self, binary: IO[bytes]) -> None:
        size = binary.seek(0, io.SEEK_END)
        binary.seek(max(0, size - 22))
        if not _ends_here(binary.read(22)):
            raise InputError(
                "expected the directory of a zip file at its end, got something else",
                hint="was the file cut?",
                place=self._name,
            )
        try:
            self._zip = zipfile.ZipFile(binary)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
            raise _broken(error, self._name) from None
        if not _is_covered(binary, self._zip):
            raise InputError(
                "expected one zip file of arrays, got more than its directory names",
                hint="give several as several files",
                place=self._name,
            )

    def members(self) -> dict[str, _Member]:
        """The arrays by name, each to be loaded on demand."""
        members: dict[str, _Member] = {}
        for info in self._zip.infolist():
            if holds_pickle(info.filename):
                raise pickled(self._name, "a zip file with a pickle in it, as torch.save writes it", ".pt")
            key = info.filename.removesuffix(".npy")
            if key in members:
                raise InputError(f"expected each name once, got {quoted(key)} twice", place=self._name)
            members[key] = _Member(self, info, f"{self._name}: $.{visible(key)}")
        return members

    def load(self, info: zipfile.ZipInfo, place: str) -> Array:
        """A member.

        Raises:
            InputError: for what is no complete array.
            LimitError: for one that memory cannot hold.

        """
        with self._opened(info, place) as (member, header):
            if info.compress_type == zipfile.ZIP_STORED and self._buffer is not None:
                return header.view(self._buffer, _stored(self._buffer, info, place) + header.size)
            if self._remote is not None:
                start = self._start(info)
                copy = copied(self._remote, start, start + info.file_size)
                _refuse_checksum(copy, 0, info, place)
                return header.view(copy, header.size)
            values = _values_from(member, header, place)
            if member.read(1):  # at the end the checksum is compared
                raise InputError(f"expected the end after {_what(header)}, got more bytes", place=place)
        return values

    def template(self, info: zipfile.ZipInfo, place: str) -> Array:
        """An array of the shape and type of a member that takes no memory.

        Raises:
            InputError: for what is no array.

        """
        with self._opened(info, place) as (_, header):
            return np.broadcast_to(np.zeros((), type_of_text(header.dtype)), header.shape)

    def rows(self, info: zipfile.ZipInfo, place: str, request: ReadRequest) -> Ranged | None:
        """A member of a remote file as an input of which rows are fetched; None for any other.

        Raises:
            InputError: for what is no array.

        """
        if self._remote is None:
            return None
        with self._opened(info, place) as (_, header):
            if not can_be_fetched(header.shape, header.dtype, request):
                return None
            start = self._start(info)
            checksum = Checksum(info.CRC, start, info.file_size, place)
            checksum.add(start, self._remote.bytes(start, start + header.size))
            first = start + header.size
            return fetched(self._remote, first, header.shape, header.dtype, header.order, checksum)

    def _start(self, info: zipfile.ZipInfo) -> int:
        """Where the bytes of a stored member of a remote file start."""
        assert self._remote is not None  # noqa: S101 - for the type checker
        local = self._remote.bytes(info.header_offset, info.header_offset + _LOCAL)
        start = _data_start(local, info)
        _refuse_outside(start, self._remote.state.size, info, self._name)
        return start

    @contextlib.contextmanager
    def _opened(self, info: zipfile.ZipInfo, place: str) -> Iterator[tuple[IO[bytes], _Header]]:
        """A member behind its header."""
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise InputError(
                f"expected a stored or deflated array, got zip method {info.compress_type}", place=place
            )
        if info.file_size > info.compress_size * _MOST_DEFLATED + 64:
            raise InputError(
                f"expected at most {_MOST_DEFLATED} times {plural(info.compress_size, 'byte')}, "
                f"got a declared size of {info.file_size}",
                place=place,
            )
        try:
            with self._zip.open(info) as member:
                header = _header(member, place)
                _refuse_size(header, info.file_size - header.size, place)
                yield member, header
        except CelossError:
            raise
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            RuntimeError,  # encrypted
            ValueError,  # a name that is no text
            OSError,  # a place before the start of the file
            EOFError,
            struct.error,
            zlib.error,
        ) as error:
            raise _broken(error, place) from None


class _Member:
    """An array in a zip file, which is read when it is called for."""

    def __init__(self, archive: _Archive, info: zipfile.ZipInfo, place: str) -> None:
        self._archive = archive
        self._info = info
        self._place = place

    def __call__(self) -> Array:
        return as_text(self._archive.load(self._info, self._place), self._place)

    def template(self) -> Array:
        """An array of the same shape and type that takes no memory."""
        return self._archive.template(self._info, self._place)

    def rows(self, request: ReadRequest) -> Ranged | None:
        """The array as an input of which rows are fetched; None where it is here."""
        return self._archive.rows(self._info, self._place, request)


def _broken(error: Exception, place: str) -> InputError:
    return InputError(f"expected a zip file of arrays, got a broken one: {visible(str(error))}", place=place)


def _distant(remote: Object) -> IO[bytes]:
    """A remote file of which a little is read in many places."""
    from celoss_cli.read.remote.files import Ranges  # most files are of this machine

    return cast(IO[bytes], io.BufferedReader(Ranges(remote), _FETCHED))


def _stored(buffer: mmap.mmap, info: zipfile.ZipInfo, place: str) -> int:
    """Where a stored member starts in the mapped file, once its checksum is found right."""
    start = _data_start(buffer[info.header_offset : info.header_offset + _LOCAL], info)
    _refuse_outside(start, len(buffer), info, place)
    _refuse_checksum(buffer, start, info, place)
    return start


def _refuse_outside(start: int, size: int, info: zipfile.ZipInfo, place: str) -> None:
    if info.file_size != info.compress_size or start + info.file_size > size:
        raise InputError("expected a stored array within the file, got a longer one", place=place)


def _refuse_checksum(buffer: mmap.mmap, start: int, info: zipfile.ZipInfo, place: str) -> None:
    end, checksum = start + info.file_size, 0
    with memoryview(buffer) as view:
        for first in range(start, end, _CHUNK):
            last = min(first + _CHUNK, end)
            checksum = zlib.crc32(view[first:last], checksum)
            release_bytes(buffer, first, last)
    if checksum != info.CRC:
        raise InputError("expected the array that was saved, got a wrong checksum", place=place)


def _is_covered(binary: IO[bytes], archive: zipfile.ZipFile) -> bool:
    """Whether the members and the directory follow one another from the first byte on."""
    end = slack = 0
    for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
        if not end <= info.header_offset <= end + slack:
            return False
        binary.seek(info.header_offset)
        local = binary.read(_LOCAL)
        if len(local) < _LOCAL:
            return False
        end = _data_start(local, info) + info.compress_size
        slack = _DESCRIPTOR if info.flag_bits & _WITH_DESCRIPTOR else 0
    return end <= archive.start_dir <= end + slack


def _data_start(local: bytes, info: zipfile.ZipInfo) -> int:
    """Where a member's bytes start, behind its own header."""
    name_length, extra_length = struct.unpack("<HH", local[26:_LOCAL])
    return int(info.header_offset + _LOCAL + name_length + extra_length)


def _ends_here(last: bytes) -> bool:
    """Whether these are the last 22 bytes of a zip file without a comment."""
    return len(last) == 22 and last[:4] == _ZIP[1] and last[20:] == b"\0\0"
