"""Lists of classes with their scores, the best first: [{"label": "cat", "score": 0.7}, ...].

Pipelines of Transformers write them, Comprehend with Name and Score, Rasa with name and confidence,
services of language models with token and logprob. Vertex AI and zero-shot classifiers write the names and
the scores side by side: {"classes": ["cat", "dog"], "scores": [0.7, 0.3]}.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import InputError, Way, listed
from celoss_cli.read.roles.groups import in_natural_order
from celoss_cli.read.roles.naming import pattern_of
from celoss_cli.read.roles.words import named

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from celoss_cli.read.request import ReadRequest
    from celoss_cli.read.roles.found import Assignment

__all__ = [
    "LOOKED_AT",
    "are_of_one_kind",
    "paired",
    "paired_keys",
    "ranked_keys",
    "refuse_ranked",
    "row_of",
    "scores_of",
]

LOOKED_AT = 64
"""So many rows are looked at for whether lists of labels have the same ones."""


def scores_of(key: str, value: Any) -> dict[str, Any]:
    """The scores of such a list by the names of their columns; an empty object of anything else.

    Each element has a text and a number under a name of predictions or of confidence. The labels are
    sorted, by their numbers where they have some: the list is in the order of the scores.

    Args:
        key: of the list in its row. Where it does not speak of predictions, the key of the scores is part
            of the names: Classes.Score.cat.
        value: may be such a list.

    """
    keys = _keys_of(value)
    if keys is None:
        return {}
    label, score = keys
    if any(one.keys() != value[0].keys() or not isinstance(one[label], str) for one in value):
        return {}
    scores = {one[label]: one[score] for one in value}
    if len(scores) < len(value):
        return {}
    start = key if _says(key) else f"{key}.{score}"
    return {f"{start}.{name}": scores[name] for name in in_natural_order([*scores])}


def are_of_one_kind(key: str, values: Iterable[Any]) -> bool:
    """Whether these lists all have the same labels: those of a detector, say, are others in each row."""
    names = {tuple(scores_of(key, value)) for value in values}
    return len(names) == 1 and () not in names


def ranked_keys(rows: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """The keys of such lists in the first one of these rows, which a loss may be computed of.

    Lists with other labels in other rows are none, where another key speaks of predictions.
    """
    first = rows[0]
    found = [key for key, value in first.items() if scores_of(key, value)]
    others = any(named(key).takes for key in first if key not in found)
    return frozenset(
        key for key in found if not others or are_of_one_kind(key, (row.get(key) for row in rows))
    )


def paired_keys(rows: Sequence[Mapping[str, object]]) -> tuple[str, str] | None:
    """The keys of the names and of the scores, where each of these rows has the same names beside scores."""
    texts = [key for key, value in rows[0].items() if _are_names(value)]
    scores = [key for key, value in rows[0].items() if _says(key) and isinstance(value, list)]
    pairs = [(name, score) for name in texts for score in scores if name != score]
    pairs = [keys for keys in pairs if all(_fit(row, keys) for row in rows)]
    if len(pairs) != 1:
        return None
    (keys,) = pairs
    return keys if are_of_one_kind(keys[1], (paired(row, keys)[keys[1]] for row in rows)) else None


def _are_names(value: object) -> bool:
    """Whether this is a list of texts, each another one."""
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        return False
    return 0 < len({*value}) == len(value)


def _fit(row: Mapping[str, object], keys: tuple[str, str]) -> bool:
    names, scores = map(row.get, keys)
    if not (_are_names(names) and isinstance(names, list) and isinstance(scores, list)):
        return False
    return len(names) == len(scores)


def paired(row: Mapping[str, object], keys: tuple[str, str], place: str = "") -> dict[str, Any]:
    """A row with each name beside its score: as the list of labels with their scores that it stands for.

    Raises:
        InputError: where there is not a score for each name.

    """
    names, scores = keys
    if not _fit(row, keys):
        told = f"expected a different name in {names} for each value of {scores}, got others"
        raise InputError(told, place=place)
    held, values = row[names], row[scores]
    pairs = zip(held, values, strict=True) if isinstance(held, list) and isinstance(values, list) else ()
    ranked = [{"label": name, "score": value} for name, value in pairs]
    return {**{key: value for key, value in row.items() if key != names}, scores: ranked}


def row_of(value: Any) -> Any:
    """Such a list that is a whole row, as a row object under the key of its scores; else the value."""
    keys = _keys_of(value)
    return value if keys is None else {keys[1]: value}


def refuse_ranked(mapping: Assignment, ranked: Container[str], place: str, request: ReadRequest) -> None:
    """Refuses classes in the order of their scores, where neither targets nor numbers name them."""
    if request.columns.classes is not None or request.settled.by_name:
        return
    names = [mapping.names[i] for i in mapping.inputs]
    if len(names) < 2 or names[0] not in ranked or {*mapping.labels} == {*map(str, range(len(names)))}:
        return
    chosen = pattern_of(mapping.names, mapping.inputs)
    raise InputError(
        f"expected targets that are named as the classes, got numbers for {listed(mapping.labels)}",
        hint="" if chosen else "name the classes by their numbers",
        ways=(Way("the classes in this order", (("--class-columns", chosen),)),) if chosen else (),
        place=place,
    )


def _keys_of(value: Any) -> tuple[str, str] | None:
    """The keys of the label and of the score in the first element, where it has these two alone."""
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
        return None
    first: dict[str, Any] = value[0]
    texts = [key for key, one in first.items() if isinstance(one, str)]
    scores = [key for key in first if key not in texts and _says(key)]
    return (texts[0], scores[0]) if len(first) == 2 and len(texts) == len(scores) == 1 else None


@lru_cache
def _says(key: str) -> bool:
    """Whether a name speaks of predictions, or of how sure they are."""
    says = named(key)
    return bool(says.takes) or says.confident
