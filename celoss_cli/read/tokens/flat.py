"""vLLM's flat log-probabilities: lists side by side of all tokens that are listed, place after place.

``FlatLogprobs``, which ``SamplingParams(flat_logprobs=True)`` gives offline, has the lists ``start_indices``
and ``end_indices`` of the places in the text, and of all places one behind the other ``logprobs``,
``token_ids``, ``ranks`` and ``decoded_tokens``. A place without any, as the first one of a prompt, has no
score; of the others the first token is that of the text, which may stand a second time among the likeliest.

Source: vllm, vllm/logprobs.py (FlatLogprobs.append, append_fast, append_logprobs_for_next_position).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from celoss_cli.core.errors import InputError
from celoss_cli.read.tokens.document import Document, a_list, got, ids_of, texts_of

__all__ = ["flat_document", "is_flat"]

_STARTS, _ENDS = "start_indices", "end_indices"
_NEEDED = ("logprobs", "token_ids")
_LISTS = (*_NEEDED, "ranks", "decoded_tokens")


def is_flat(value: Any) -> bool:
    return isinstance(value, dict) and {_STARTS, _ENDS, *_NEEDED} <= value.keys()


def flat_document(value: Mapping[str, Any], ids: Any, path: str, *, prompt: bool) -> Document:
    """The tokens of a text.

    Args:
        value: the lists.
        ids: of the text's tokens, where they are told.
        path: of the lists.
        prompt: whether the text is the prompt.

    Raises:
        InputError: with the path, for lists that do not fit each other.

    """
    places = _places(value, path)
    logprobs, names = value["logprobs"], value["token_ids"]
    if ids is not None and len(a_list(ids, path)) != len(places):
        raise InputError(f"expected a place for each of {len(ids)} tokens, got {len(places)}", place=path)
    own = [_own(place, names, None if ids is None else ids[at], path) for at, place in enumerate(places)]
    ranks, texts = value.get("ranks"), value.get("decoded_tokens")
    told = None if texts is None else ["" if at is None else texts[at] for at in own]
    return Document(
        [None if at is None else _score(logprobs[at], f"{path}.logprobs[{at}]") for at in own],
        f"{path}: token {{}}",
        None if told is None else texts_of(told, f"{path}.decoded_tokens: token {{}}"),
        ids=ids_of(ids),
        prompt=len(places) if prompt else 0,
        listed=lambda number: _most_probable(places[number], own[number], logprobs, names, ranks),
    )


def _places(value: Mapping[str, object], path: str) -> list[range]:
    """Where the tokens of each place stand in the lists."""
    told = [key for key in _LISTS if key in _NEEDED or value.get(key) is not None]
    lists = {key: a_list(value[key], f"{path}.{key}") for key in told}
    size = len(lists["logprobs"])
    for key, found in lists.items():
        if len(found) != size:
            raise InputError(
                f"expected {size} values, as of logprobs, got {len(found)}", place=f"{path}.{key}"
            )
    starts, ends = (a_list(value[key], f"{path}.{key}") for key in (_STARTS, _ENDS))
    if len(starts) != len(ends):
        raise InputError(f"expected {len(starts)} ends, got {len(ends)}", place=f"{path}.{_ENDS}")
    before = 0
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if type(start) is not int or start != before:
            raise InputError(f"expected {before}, got {got(start)}", place=f"{path}.{_STARTS}[{number}]")
        if type(end) is not int or not start <= end <= size:
            raise InputError(
                f"expected an index from {start} to {size}, got {got(end)}", place=f"{path}.{_ENDS}[{number}]"
            )
        before = end
    if before != size:
        raise InputError(f"expected the last end to be {size}, got {before}", place=f"{path}.{_ENDS}")
    return [range(start, end) for start, end in zip(starts, ends, strict=True)]


def _own(place: range, names: Sequence[Any], name: Any, path: str) -> int | None:
    """Where the token of the text stands: the first one, or the one that the text is known to have."""
    if not place:
        return None
    if name is None or names[place[0]] == name:
        return place[0]
    for at in place:
        if names[at] == name:
            return at
    raise InputError(
        f"expected the token {got(name)} of the text, got {got(names[place[0]])}",
        place=f"{path}.token_ids[{place[0]}]",
    )


def _score(value: Any, path: str) -> Any:
    if value is None:
        raise InputError("expected a log-probability, got null", place=path)
    return value


def _most_probable(
    place: range, own: int | None, logprobs: Sequence[Any], names: Sequence[Any], ranks: Sequence[Any] | None
) -> Sequence[tuple[Any, Any]]:
    """The tokens of a place; none where there is but the text's own, and it is not the first in rank."""
    if own is None or (len(place) == 1 and (ranks is None or ranks[own] != 1)):
        return ()
    return [(names[at], logprobs[at]) for at in place if at == own or names[at] != names[own]]
