"""Samples of lm-evaluation-harness (``samples_*.jsonl``, --log_samples): the log-likelihoods of whole texts.

A record is ``{doc_id, doc, target, arguments, resps, filtered_resps, filter, ...}`` and the metrics. Of a
rolling log-likelihood the metrics hold what is averaged: ``word_perplexity`` is [loglikelihood, words],
``byte_perplexity`` and ``bits_per_byte`` are [loglikelihood, bytes]; the harness scores every token of the
text, so that bytes and words are those of the whole. Of a log-likelihood of one continuation
``filtered_resps`` holds [loglikelihood, is greedy], and ``arguments`` the context and the continuation.
Numbers are texts in newer files. A document has a line for each filter; files are appended to by later runs.
Several choices a document are read by celoss ce.

Source: lm-evaluation-harness, lm_eval/evaluator.py (log_samples), lm_eval/api/task.py (process_results),
lm_eval/api/metrics.py (weighted_perplexity, bits_per_byte).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import InputError, Way
from celoss_cli.read.tokens.document import Document, a_list, got
from celoss_cli.read.tokens.dumps import read_dump
from celoss_cli.read.tokens.samples import arguments_of, is_sample, likelihoods_of, number_of, own_of

if TYPE_CHECKING:
    from celoss_cli.read.request import Dataset, ReadRequest, Stream

__all__ = ["IDS", "TITLE", "documents", "is_one", "read"]

TITLE = "lm-evaluation-harness"
IDS = ("doc_id",)

_ROLLING = {"word_perplexity": "words", "byte_perplexity": "bytes", "bits_per_byte": "bytes"}


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads samples of lm-evaluation-harness.

    Raises:
        InputError: with its place.

    """
    return read_dump(stream, request, "lm-eval")


def is_one(found: Mapping[str, object]) -> bool:
    return is_sample(found)


def documents(found: Mapping[str, object]) -> Iterator[Document]:
    """The document of a sample: one element, the sum over its tokens."""
    variant = str(found.get("filter", ""))
    pairs = {key: found[key] for key in _ROLLING if isinstance(found.get(key), list)}
    if pairs:
        yield _rolling(pairs, variant, own_of(found))
        return
    likelihoods = likelihoods_of(found)
    if len(likelihoods) != 1:
        raise InputError(
            f"expected one log-likelihood a document, got {len(likelihoods)}",
            ways=(Way("the loss over the choices", (), "ce"),),
            place="$.filtered_resps",
        )
    text = arguments_of(found)[0][1]
    sizes = {"bytes": len(text.encode(errors="surrogatepass")), "words": len(text.split())}
    yield Document(likelihoods, "$.filtered_resps", totals=sizes, variant=variant, own=own_of(found))


def _rolling(pairs: Mapping[str, Any], variant: str, own: str) -> Document:
    """The sum and the units of a rolling log-likelihood; all metrics must hold the same sum."""
    totals: dict[str, int] = {}
    sums: dict[float, str] = {}
    for key, pair in pairs.items():
        path = f"$.{key}"
        if len(a_list(pair, path)) != 2:
            raise InputError(f"expected [loglikelihood, {_ROLLING[key]}], got {got(pair)}", place=path)
        sums.setdefault(number_of(pair[0], f"{path}[0]"), f"{path}[0]")
        size = number_of(pair[1], f"{path}[1]")
        if size != int(size) or size < 0 or totals.setdefault(_ROLLING[key], int(size)) != size:
            raise InputError(f"expected a number of {_ROLLING[key]}, got {got(pair[1])}", place=f"{path}[1]")
    if len(sums) > 1:
        first, other = sums
        raise InputError(f"expected the log-likelihood {first}, got {other}", place=sums[other])
    return Document([*sums], next(iter(sums.values())), totals=totals, variant=variant, own=own)
