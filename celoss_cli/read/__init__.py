"""The registry of input formats. It imports no NumPy, so that ``--help`` stays quick.

Adding a format is one line here and one module in this folder with a function
``read(stream: Stream, request: ReadRequest) -> Dataset``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from celoss_cli.core.errors import InputError, UsageError, Way, visible
from celoss_cli.core.records import record
from celoss_cli.core.suffix import is_device, suffix_of
from celoss_cli.read.bytes.pickles import refuse_pickle

__all__ = ["COLUMNS", "SOURCES", "TABLES", "SourceSpec", "format_of"]


@record(frozen=True, slots=True)
class SourceSpec:
    """An input format.

    Attributes:
        name: the value of ``--input-format``.
        suffixes: the file name endings that choose it.
        summary: one line of help.
        module: the module within this folder that has ``read``, or with a colon what has it in that module.
        uses: the options of reading that say how it is written, by their names; another one has nothing to
            act on.
        scored: "records" where it is one of scored tokens in JSON, which is known by its structure, "file"
            for another one of scored tokens, else "".

    """

    name: str
    suffixes: tuple[str, ...]
    summary: str
    module: str
    scored: str = ""
    uses: tuple[str, ...] = ()

    def load(self) -> Any:
        module, _, name = self.module.partition(":")
        found = import_module(f"celoss_cli.read.{module}")
        return getattr(found, name) if name else found


_TEXT = ("encoding", "allow_unterminated")
_TABLE = (*_TEXT, "delimiter", "decimal", "header", "comment", "percent", "missing")


def _dumps(name: str, summary: str, module: str) -> SourceSpec:
    """A format of scored tokens that has no file name ending."""
    return SourceSpec(name, (), summary, f"tokens.{module}", "records")


SOURCES: dict[str, SourceSpec] = {
    spec.name: spec
    for spec in (
        SourceSpec(
            "csv", (".csv", ".txt"), "a table with a header, comma-separated", "text.delimited", uses=_TABLE
        ),
        SourceSpec("tsv", (".tsv",), "a table with a header, tab-separated", "text.delimited", uses=_TABLE),
        SourceSpec(
            "json", (".json",), "arrays by name, a list of row objects, or pandas split", "json.document"
        ),
        SourceSpec("jsonl", (".jsonl", ".ndjson"), "one row object a line", "json.lines", uses=_TEXT),
        SourceSpec("npy", (".npy",), "one NumPy array, mapped into memory: for @path", "arrays.npy"),
        SourceSpec("npz", (".npz",), "NumPy arrays by name", "arrays.npy"),
        SourceSpec("safetensors", (".safetensors",), "tensors by name", "arrays.safetensors"),
        SourceSpec(
            "parquet", (".parquet", ".pq"), "a table of typed columns", "arrow.columnar", uses=("missing",)
        ),
        SourceSpec(
            "arrow",
            (".arrow", ".feather", ".ipc"),
            "a table of typed columns",
            "arrow.columnar",
            uses=("missing",),
        ),
        SourceSpec("xlsx", (".xlsx", ".xlsm"), "the first sheet of a workbook, with a header", "xlsx"),
        _dumps("vllm", "scored tokens: answers of vLLM's server, its RequestOutput", "vllm:VLLM"),
        _dumps("openai", "scored tokens: answers of OpenAI's API, its Batch", "openai:OPENAI"),
        _dumps("sglang", "scored tokens: answers of SGLang", "servers:SGLANG"),
        _dumps("tgi", "scored tokens: answers of Text Generation Inference", "servers:TGI"),
        _dumps("llama", "scored tokens: answers of llama.cpp's server", "servers:LLAMA"),
        _dumps("lm-eval", "samples of lm-evaluation-harness", "harnesses:LM_EVAL"),
        _dumps("helm", "sums of scored tokens: HELM's statistics of instances", "harnesses:HELM"),
        SourceSpec(
            "llama-logits",
            (".kld",),
            "scored tokens: the base file of llama-perplexity",
            "tokens.llama_logits",
            "file",
        ),
    )
}

_LOGITS = b"_logits_"

_PARTIALS = (b'{"celoss_partial"', b'{\n"celoss_partial"')
"""How a partial result begins, which celoss merge reads."""

_STARTS = {
    b"{": "json",
    b"[": "json",
    b"\x93NUMPY": "npy",
    b"PK\x03\x04": "npz",
    b"PAR1": "parquet",
    b"ARROW1": "arrow",
    b"\xff\xff\xff\xff": "arrow",
    _LOGITS: "llama-logits",
}
"""The formats of standard input by their first bytes; everything else is CSV."""

_MAX_HEADER = 100_000_000
"""Safetensors has no longer one; a text that says less in 8 bytes holds NUL."""

TABLES = ("csv", "tsv")
"""The formats of delimited text."""

COLUMNS = (*TABLES, "json", "jsonl", "parquet", "arrow", "xlsx", "npy", "npz")
"""The formats that hold columns with names, or values alone; ``read_columns`` reads either."""


def format_of(path: str, head: bytes, chosen: str | None) -> SourceSpec:
    """The format by option, by suffix, or for standard input, a pipe or a device by its first bytes.

    Raises:
        UsageError: if the option names no format.
        InputError: if the suffix is unknown or that of a pickle.

    """
    if chosen is not None:
        if chosen not in SOURCES:
            raise UsageError(f"Expected an input format of {', '.join(SOURCES)}, got {chosen!r}.")
        return SOURCES[chosen]
    nameless = path == "-" or is_device(path)
    _refuse_partial(path, head)
    if nameless and _holds_tensors(head):
        return SOURCES["safetensors"]
    refuse_pickle(path, head)
    if nameless:
        if _holds_workbook(head):
            return SOURCES["xlsx"]
        if _holds_lines(head):
            return SOURCES["jsonl"]
        text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        return SOURCES[next((name for start, name in _STARTS.items() if text.startswith(start)), "csv")]
    suffix = suffix_of(path).lower()
    for spec in SOURCES.values():
        if suffix in spec.suffixes:
            lines = spec.name == "json" and _holds_lines(head)
            return SOURCES["jsonl"] if lines else spec
    if head.startswith(_LOGITS):  # llama-perplexity gives its file no ending
        return SOURCES["llama-logits"]
    known = ", ".join(suffix for spec in SOURCES.values() for suffix in spec.suffixes)
    raise InputError(
        f'Expected a file name that ends in one of {known}, got "{suffix}".',
        hint="say what it is with --input-format" if not (ways := _of_no_ending(path, head)) else "",
        ways=ways,
        place=visible(path),
    )


def _refuse_partial(path: str, head: bytes) -> None:
    if head.startswith(_PARTIALS):
        way = Way("its result", (), words=("merge", path))
        raise InputError("expected data, got a partial result", ways=(way,), place=visible(path))


def _of_no_ending(path: str, head: bytes) -> tuple[Way, ...]:
    """How a file is read whose ending says nothing: an archive unpacked, text as a table."""
    if head.startswith(b"PK\x03\x04"):
        return (Way("what is in the archive", (), piped=("unzip", "-p", path)),)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    found = next((name for start, name in _STARTS.items() if text.startswith(start)), "csv")
    if b"\0" in head or not text or found not in ("csv", "json"):
        return ()
    return (Way("", (("--input-format", "jsonl" if _holds_lines(head) else found),)),)


def _holds_workbook(head: bytes) -> bool:
    """Whether an archive begins with a part of a workbook: where NumPy's have the name of an array."""
    return head.startswith(b"PK\x03\x04") and head[30:].startswith(
        (b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/")
    )


def _holds_lines(head: bytes) -> bool:
    """Whether a JSON object ends with the first line, and another one follows: no document does so."""
    first, _, rest = head.removeprefix(b"\xef\xbb\xbf").partition(b"\n")
    if not (first.strip().startswith(b"{") and first.strip().endswith(b"}") and rest.strip()[:1] == b"{"):
        return False
    import json  # few files begin so

    try:
        return isinstance(json.loads(first), dict)
    except ValueError:
        return False


def _holds_tensors(head: bytes) -> bool:
    """Whether data begins as safetensors does: the length of a header in 8 bytes, then the header itself."""
    return head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= _MAX_HEADER
