"""The file of ``llama-perplexity --kl-divergence-base``: the log-probabilities of a whole vocabulary,
quantised.

Little-endian, without padding: ``_logits_``, then int32 n_ctx, n_vocab and n_chunk, int32 tokens of all
chunks, then for each chunk n_ctx - 1 - n_ctx // 2 rows of 2 * ((n_vocab + 1) // 2) + 4 numbers uint16. The
first four are two float32, scale and least log-probability; log p = scale * q + least for the q that follow.
Row r of a chunk predicts the token behind position n_ctx // 2 + r: the first half of a chunk is context, as
in llama-perplexity's own figure. A log-probability is within half a step of that of the logits, and one that
lies more than 16 nats below the largest is written as the least (q = 0), which is an upper bound.

Source: llama.cpp, tools/perplexity/perplexity.cpp (log_softmax to uint16, process_logits, kl_divergence).
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from celoss_cli.core.data import Array, Batch
from celoss_cli.core.errors import InputError, LimitError
from celoss_cli.core.records import record
from celoss_cli.losses.scored_tokens import ERROR, PART, STATUS
from celoss_cli.read.request import Dataset, columns_of
from celoss_cli.read.tokens.records import refuse_unscored

if TYPE_CHECKING:
    from celoss_cli.core.data import Source
    from celoss_cli.read.request import ReadRequest, Stream

__all__ = ["read"]

_MAGIC = b"_logits_"
_MOST_TOKENS = 1 << 28
_MOST_VOCABULARY = 1 << 24
_ROWS_BYTES = 1 << 23
_SINGLE = 2.0**-22
"""Four roundings in single precision, relative to the largest number."""


@record(frozen=True, slots=True)
class _Header:
    """What the file begins with.

    Attributes:
        context: tokens of a chunk.
        vocabulary: how many tokens there are.
        tokens: shape (chunks, context).

    """

    context: int
    vocabulary: int
    tokens: Array

    @property
    def rows(self) -> int:
        """The rows of a chunk."""
        return self.context - 1 - self.context // 2

    @property
    def width(self) -> int:
        """The numbers of a row."""
        return 2 * ((self.vocabulary + 1) // 2) + 4


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads the chunks one after the other; each is a document.

    Raises:
        InputError: for another file, one that was cut, and tokens that are none of the vocabulary.
        LimitError: for sizes that no model has.

    """
    refuse_unscored("llama-perplexity", stream.name, request)
    header = _header(stream.binary, stream.name)
    told = "read as scored tokens of llama-perplexity: the second half of each chunk, quantised"
    described: Source = {
        "columns": columns_of(["logits"], group=request.columns.group, told=told),
        "format": "llama-logits",
        "shape": [*header.tokens.shape, header.vocabulary],
    }
    return Dataset(described, _batches(stream.binary, header, stream.name, request), scored=True)


def _header(binary: BinaryIO, name: str) -> _Header:
    try:
        return _sizes_and_tokens(binary, name)
    except InputError as error:
        raise error.at(name) from None


def _sizes_and_tokens(binary: BinaryIO, name: str) -> _Header:
    start = _exactly(binary, 20)
    if not start.startswith(_MAGIC):
        raise InputError(
            "expected a file that begins with _logits_, as llama-perplexity writes it, got another"
        )
    context, vocabulary, chunks = struct.unpack("<3i", start[8:])
    if context < 3 or vocabulary < 1 or chunks < 1:
        raise InputError(
            f"expected sizes of a model, got {chunks} chunks of {context} tokens, {vocabulary} in all"
        )
    if context * chunks > _MOST_TOKENS or vocabulary > _MOST_VOCABULARY:
        raise LimitError(
            f"expected at most {_MOST_TOKENS} tokens, {_MOST_VOCABULARY} in all, "
            f"got {context * chunks}, {vocabulary} in all",
            place=name,
        )
    tokens = np.frombuffer(_exactly(binary, 4 * context * chunks), "<i4").reshape(chunks, context)
    wrong = np.argwhere((tokens < 0) | (tokens >= vocabulary))
    if len(wrong):
        chunk, at = wrong[0]
        raise InputError(
            f"expected a token from 0 to {vocabulary - 1}, got {tokens[chunk, at]}",
            place=f"chunk {chunk} [{at}]",
        )
    return _Header(context, vocabulary, tokens)


def _exactly(binary: BinaryIO, size: int) -> bytes:
    parts, left = [], size
    while left and (part := binary.read(min(left, _ROWS_BYTES))):
        parts.append(part)
        left -= len(part)
    if left:
        raise InputError(f"expected {left} bytes more, got the end of the file: was it cut?")
    return b"".join(parts)


def _batches(binary: BinaryIO, header: _Header, name: str, request: ReadRequest) -> Iterator[Batch]:
    first = header.context // 2
    for chunk, tokens in enumerate(header.tokens):
        targets = tokens[first + 1 :].astype(np.int64)
        try:
            log_p, error, told = _chunk(binary, header, targets)
        except InputError as problem:
            raise problem.at(f"{name}: chunk {chunk}") from None
        size = len(targets)
        yield Batch(
            input=log_p,
            target=targets.astype(object),
            aligned={
                STATUS: np.zeros(size, np.int8),
                PART: np.zeros(size, np.int8),
                "tokens": np.ones(size),
                "bytes": np.full(size, np.nan),
                "words": np.full(size, np.nan),
                ERROR: error,
            },
            start=request.start + chunk,
            place=lambda row, chunk=chunk: f"{name}: chunk {chunk}",  # type: ignore[misc]
            ids=[f"chunk {chunk}"],
            groups=[f"chunk {chunk}"] if request.columns.group is not None else None,
            offsets=np.array([0, size]),
            told=dict(told),
        )
    if binary.read(1):
        raise InputError("expected the end of the file after the last chunk, got more", place=name)


def _chunk(binary: BinaryIO, header: _Header, targets: Array) -> tuple[Array, Array, Counter[str]]:
    """Log p of the targets of a chunk, how far each may be from that of the logits, and what was found."""
    at_once = max(1, _ROWS_BYTES // (2 * header.width))
    logs, errors, told = [], [], Counter[str]()
    for start in range(0, header.rows, at_once):
        part = targets[start : start + at_once]
        data = np.frombuffer(_exactly(binary, 2 * header.width * len(part)), "<u2")
        rows = data.reshape(len(part), header.width)
        scale, least = rows[:, :4].copy().view("<f4").astype(np.float64).T
        wrong = np.flatnonzero(~(np.isfinite(scale) & np.isfinite(least) & (scale >= 0)))
        if wrong.size:
            raise InputError(
                f"expected a scale and a least log-probability, got {scale[wrong[0]]} and {least[wrong[0]]}",
                place=f"row {start + int(wrong[0])}",
            )
        q = rows[np.arange(len(part)), 4 + part].astype(np.float64)
        logs.append(np.minimum(scale * q + least, 0))
        errors.append(scale / 2 + _SINGLE * np.maximum(np.abs(least), 1.0))
        told["least-written"] += int(np.count_nonzero((q == 0) & (scale * 65535 >= 15.99)))
    return np.concatenate(logs), np.concatenate(errors), +told
