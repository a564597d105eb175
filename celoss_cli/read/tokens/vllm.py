"""vLLM: ``prompt_logprobs`` beside what OpenAI's API has, and the fields of its RequestOutput as JSON.

``prompt_logprobs`` is a list with null for the first token, then for each token an object from ids of the
vocabulary to ``{logprob, rank, decoded_token}``: the token of the prompt and the most likely ones. It stands
in a choice of a completion and at the root of a chat. The token of the prompt is the first of an object, as
dumps keep the order; ``prompt_token_ids``, where it is there, says which one it is. The server writes
-9999.0 for -inf. Offline, ``outputs[].logprobs`` is a list of such objects of the generated tokens,
``token_ids`` are theirs. With ``SamplingParams(flat_logprobs=True)`` either is one object of lists instead
(``flat.py``).

Source: vllm, vllm/logprobs.py (Logprob; the sampled or prompt token comes first), vllm/outputs.py
(RequestOutput, CompletionOutput), entrypoints/openai/protocol.py (prompt_logprobs of both responses).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from celoss_cli.core.errors import InputError, quoted
from celoss_cli.read.tokens.document import (
    Document,
    Many,
    a_list,
    an_object,
    got,
    ids_of,
    suffixed,
    texts_of,
    together,
)
from celoss_cli.read.tokens.entries import Entries
from celoss_cli.read.tokens.flat import flat_document, is_flat
from celoss_cli.read.tokens.openai import completion_of
from celoss_cli.read.tokens.records import Format
from celoss_cli.read.tokens.texts import Texts

__all__ = ["VLLM"]

_KEY = "prompt_logprobs"
_NONE = np.array([np.nan])
_ASK = "ask the server for them: prompt_logprobs or logprobs in the request"


def _is_one(found: Mapping[str, object]) -> bool:
    choices = found.get("choices")
    if isinstance(choices, list):
        return bool(choices) and isinstance(choices[0], dict) and (_KEY in found or _KEY in choices[0])
    return _KEY in found and ("outputs" in found or isinstance(found[_KEY], list) or is_flat(found[_KEY]))


def _documents(found: Mapping[str, object]) -> Iterator[Document]:
    """A document a choice, or output; a prompt that is told once belongs to the first one."""
    if "choices" in found:
        yield from _of_choices(found)
        return
    outputs = a_list(found.get("outputs") or [], "$.outputs")
    prompt = _listed(found.get(_KEY), found.get("prompt_token_ids"), f"$.{_KEY}")
    if not outputs and prompt is not None:
        yield prompt
    for number, output in enumerate(outputs):
        path = f"$.outputs[{number}]"
        output = an_object(output, path)
        rest = _listed(output.get("logprobs"), output.get("token_ids"), f"{path}.logprobs", prompt=False)
        suffix = suffixed(outputs, number)
        yield together(prompt if number == 0 else None, rest, path, _ASK, suffix)


def _of_choices(found: Mapping[str, object]) -> Iterator[Document]:
    choices = a_list(found["choices"], "$.choices")
    root = _listed(found.get(_KEY), found.get("prompt_token_ids"), f"$.{_KEY}")
    for number, choice in enumerate(choices):
        path = f"$.choices[{number}]"
        choice = an_object(choice, path)
        own = _listed(choice.get(_KEY), choice.get("prompt_token_ids"), f"{path}.{_KEY}")
        prompt = own if own is not None or number else root
        suffix = suffixed(choices, number)
        rest = None
        if choice.get("logprobs") is not None:
            size = None if prompt is None else len(prompt.logprobs)
            rest = completion_of(choice, path, size, suffix)
            if prompt is not None and rest.logprobs and rest.logprobs[0] is None:
                prompt = None  # with echo, the prompt stands in both
        yield together(prompt, rest, path, _ASK, suffix)


def _listed(value: Any, ids: Any, path: str, *, prompt: bool = True) -> Document | None:
    """The tokens of a list of objects by id, or of flat lists."""
    if value is None:
        return None
    if is_flat(value):
        return flat_document(value, ids, path, prompt=prompt)
    entries = a_list(value, path)
    if entries and isinstance(entries[-1], Entries):
        return _of_arrays(entries[-1], ids, path, begun=len(entries) > 1, prompt=prompt)
    if ids is not None and len(a_list(ids, path)) != len(entries):
        raise InputError(f"expected an entry for each of {len(ids)} tokens, got {len(entries)}", place=path)
    keys = [None] * len(entries) if ids is None else [*map(str, ids)]
    begun = entries[:1] == [None]
    many: Sequence[Many] = ()
    try:
        logprobs, texts, read = _of_entries(entries[begun:], None if ids is None else keys[begun:])
        many = [Many([entries], *read)]
    except (AttributeError, KeyError, TypeError):
        logprobs, texts = _one_by_one(entries[begun:], keys[begun:], path, int(begun))
    if begun:  # the first token has no entry, and it has no score whose bytes would count
        logprobs, texts = [None, *logprobs], ["", *texts]
    return Document(
        logprobs,
        f"{path}[{{}}]",
        texts_of(texts, f"{path}[{{}}].decoded_token"),
        ids=ids_of(ids),
        prompt=len(entries) if prompt else 0,
        listed=lambda number: _most_probable(entries[number]),
        many=many,
    )


def _of_arrays(found: Entries, ids: Any, path: str, *, begun: bool, prompt: bool) -> Document:
    """The tokens of entries that are arrays already.

    Raises:
        InputError: where another token than the first one is the text's, so that they are read one by one.

    """
    size = len(found) + begun
    if ids is not None:
        kinds = {*map(type, a_list(ids, path))}
        if kinds - {int} or [*ids[begun:]] != found.names[found.own].tolist():
            raise InputError("expected the first token of each place")
    logprobs, texts = found.logprobs[found.own], found.texts
    if begun:
        logprobs = np.concatenate([_NONE, logprobs])
        texts = Texts(texts.codes, np.concatenate([[texts.start], texts.ends]), texts.start)
    return Document(
        logprobs,
        f"{path}[{{}}]",
        texts,
        ids=ids,
        prompt=size if prompt else 0,
        listed=lambda number: found.listed(number - begun) if number >= begun else (),
    )


def _of_entries(
    entries: Sequence[Any], keys: Sequence[Any] | None
) -> tuple[list[Any], list[Any], tuple[int, list[Any]]]:
    """The log-probability and the text of each token, where every entry has them: quick for millions."""
    every = [*chain.from_iterable(map(dict.values, entries))]
    if keys is not None:
        found = [entry[key] for entry, key in zip(entries, keys, strict=True)]
    elif not all(entries):
        raise KeyError("the token of an empty entry")  # ``map`` would end there
    elif len(every) == len(entries):
        found = every
    else:
        found = [*map(next, map(iter, map(dict.values, entries)))]
    logprobs = [one["logprob"] for one in found]
    if None in logprobs:
        raise KeyError("logprob")
    texts = [one["decoded_token"] for one in found]
    written = texts if found is every else [one["decoded_token"] for one in every]
    return logprobs, texts, (sum(map(len, entries)) + sum(map(len, every)), written)


def _one_by_one(
    entries: Sequence[Any], keys: Sequence[str | None], path: str, first: int
) -> tuple[list[Any], list[Any]]:
    """The same, up to the entry that is refused; null has no score."""
    logprobs: list[Any] = []
    texts: list[Any] = []
    for number, (entry, key) in enumerate(zip(entries, keys, strict=True), first):
        if entry is None:
            logprobs.append(None)
            texts.append(None)
            continue
        try:
            found = entry[next(iter(entry)) if key is None else key]
            logprob = found["logprob"]
            texts.append(found.get("decoded_token"))
        except (AttributeError, KeyError, StopIteration, TypeError):
            logprob = None
        if logprob is None:
            raise _refusal(entry, key, f"{path}[{number}]")
        logprobs.append(logprob)
    return logprobs, texts


def _refusal(entry: Any, key: str | None, place: str) -> InputError:
    """What is wrong with an entry that has no log-probability of its token."""
    if not isinstance(entry, dict):
        return InputError(f"expected an object, got {got(entry)}", place=place)
    if not entry:
        return InputError("expected a token with its log-probability, got none", place=place)
    if key is not None and key not in entry:
        known = ", ".join(map(quoted, [*entry][:3]))
        return InputError(f"expected the token {quoted(key)} of the text, got {known}", place=place)
    name = next(iter(entry)) if key is None else key
    if not isinstance(entry[name], dict):
        return InputError(f"expected an object, got {got(entry[name])}", place=place)
    value = got(entry[name].get("logprob"))
    return InputError(f"expected a log-probability, got {value}", place=f"{place}.{name}.logprob")


def _most_probable(entry: Mapping[str, object] | None) -> Sequence[tuple[str, object]]:
    """The tokens of an entry; none where there is but the text's own, and it is not the first in rank."""
    listed = [(name, one) for name, one in (entry or {}).items() if isinstance(one, dict)]
    if len(listed) == 1 and listed[0][1].get("rank") != 1:
        return ()
    return [(name, one.get("logprob")) for name, one in listed]


VLLM = Format("vllm", "vLLM", ("id", "request_id"), _is_one, _documents)
