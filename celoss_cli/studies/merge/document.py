"""A partial result as a JSON document, which any change makes unreadable."""

from __future__ import annotations

import json
import math
import re
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from celoss_cli.core.checksum import KEY, digest, is_as_written
from celoss_cli.core.data import Tally
from celoss_cli.core.errors import InputError, quoted
from celoss_cli.core.exact import POINT, ExactSum
from celoss_cli.core.exact_groups import ExactSums
from celoss_cli.core.option import VALUES, Option
from celoss_cli.evaluate.collect import LARGEST_LEVEL, LEAST_LEVEL, Collected
from celoss_cli.evaluate.groups import Groups
from celoss_cli.evaluate.kinds import FirstRows
from celoss_cli.evaluate.loop import Evaluation
from celoss_cli.evaluate.scores import Totals
from celoss_cli.findings import CommandWords
from celoss_cli.losses import LOSSES, LossSpec
from celoss_cli.losses.spec import TOKENS
from celoss_cli.read.request import RowGroups
from celoss_cli.read.shards import FileState, shard_of_text
from celoss_cli.read.tokens.identities import Identities
from celoss_cli.studies.merge.parts import Origin, Partial, collected_of, loss_of

if TYPE_CHECKING:
    from celoss_cli.core.data import Roles, Source

__all__ = ["as_text", "identified", "read_partial"]

VERSION = 2
"""Raised when a reader of the old form would misread the new one."""

_LIMITS = ("nan", "posinf", "neginf")
_SUM = re.compile(
    r"(?P<number>-?0x[0-9a-f]{1,560})\*2\^(?P<power>-?[0-9]{1,4})"
    + "".join(rf"( {name}\*(?P<{name}>[0-9]{{1,18}}))?" for name in _LIMITS)
)
"""The sum of 2**63 of the largest doubles has 541 of these digits."""

_MOST_ZEROS = 2200

_OF_A_FILE = ("columns", "choices", "meaning")
"""What the source says that is written elsewhere, or holds for one file alone."""

_SCORED = ("weight", "hits", "top")
"""The sums that the scores are made of, beside those of the outcomes."""

_MOST_OUTCOMES = 1 << 24

_OF_TOKENS = ("per", "score", "censored")
"""Options of scored tokens."""

_OF_DOCUMENTS = ("numbers", "first", "last")
"""The sets of documents that a part has."""

_NUMBER = 8
"""The bytes of the number of a document."""

_WHOLE = re.compile(r"-?[0-9]{1,9}")
_DIGEST = re.compile(r"[0-9a-f]{32}")

T = TypeVar("T")


# --------------------------------------------------------------------------------------------- writing


def as_text(partial: Partial) -> str:
    """The JSON document of a partial result, with a line for each of its keys."""
    document = _content(partial)
    document[KEY] = digest(document)
    lines = (f"{json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in document.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def identified(partial: Partial) -> Partial:
    """The partial result of one run with what identifies its data: the result and the names of the files.

    The same run has the same identity, so the file that it writes is the same, too.
    """
    if not partial.evaluation.tally.rows:
        return partial  # nothing that could count twice
    content = _content(replace(partial, command_words=CommandWords(), parts=frozenset(), origin=None))
    content |= partial.described()  # without what spoke for the columns
    return replace(partial, parts=frozenset([digest(content)[:32]]))


def _content(partial: Partial) -> dict[str, Any]:
    evaluation = partial.evaluation
    collected = collected_of(evaluation)
    return {
        "celoss_partial": VERSION,
        "parts": sorted(partial.parts),
        "shards": list(map(str, partial.shards)),
        "origin": None if partial.origin is None else _origin(partial.origin),
        **partial.described(),
        "columns": partial.source.get("columns"),
        "source": {key: value for key, value in partial.source.items() if key not in _OF_A_FILE},
        "spelled": {
            "reading": list(partial.command_words.data),
            "semantics": {name: list(words) for name, words in partial.command_words.semantics.items()},
        },
        "conversions": list(evaluation.conversions),
        "sample_weights": evaluation.sample_weights,
        "skipped": evaluation.skipped,
        "facts": sorted(evaluation.facts),
        "counted": dict(evaluation.counted),
        "first_rows": {"limit": evaluation.first.limit, "counts": evaluation.first.as_texts()},
        "tally": _tally(evaluation.tally),
        "groups": {name: _group(tally) for name, tally in collected.groups.tallies().items()},
        "levels": {str(level): count for level, count in sorted(collected.levels.items())},
        **({"sizes": dict(evaluation.sizes)} if evaluation.sizes else {}),
        **({"scores": _scores(evaluation.scores)} if evaluation.scores is not None else {}),
        **({"documents": _documents(partial.documents)} if partial.documents != Identities() else {}),
    }


def _documents(found: Identities) -> dict[str, Any]:
    """What identifies documents: the numbers of 64 bits in order, in base 64."""
    return {"one_in": found.one_in, **{name: _numbers(getattr(found, name)) for name in _OF_DOCUMENTS}}


def _numbers(found: Collection[int]) -> str:
    return b64encode(b"".join(number.to_bytes(_NUMBER) for number in sorted(found))).decode()


def _origin(origin: Origin) -> dict[str, Any]:
    files, named = (list(map(_file, found)) for found in (origin.files, origin.named))
    found = {"version": origin.version, "words": list(origin.words), "files": files}
    return {**found, "named": named} if named else found


def _file(state: FileState) -> dict[str, Any]:
    found = {"name": state.name, "size": state.size, "stamp": state.stamp}
    groups = state.row_groups
    return found if groups is None else {**found, "row_groups": [groups.first, groups.end, groups.of]}


def _tally(tally: Tally) -> dict[str, Any]:
    return {**_group(tally), "ignored": tally.ignored, "clamped": tally.clamped}


def _group(tally: Tally) -> dict[str, Any]:
    """The totals of a group, in which nothing is ignored."""
    return {
        "loss": _sum(tally.loss),
        "weight": _sum(tally.weight),
        "rows": tally.rows,
        "elements": tally.elements,
    }


def _scores(found: Totals) -> dict[str, Any]:
    """What the scores are made of; an outcome that never occurs is left out."""
    each = enumerate(found.outcomes.each())
    return {
        "columns": found.columns,
        "count": found.count,
        "missing": found.missing,
        **{name: _sum(getattr(found, name)) for name in _SCORED},
        "size": found.outcomes.size,
        "outcomes": {str(code): _sum(total) for code, total in each if total != ExactSum()},
    }


def _sum(total: ExactSum) -> str:
    """An exact sum in words: 0x2f*2^-12 is 47 times 2**-12; what is not finite is counted after it."""
    zeros = max(0, (total.scaled & -total.scaled).bit_length() - 1)
    limits = (f" {name}*{getattr(total, name)}" for name in _LIMITS if getattr(total, name))
    return f"{hex(total.scaled >> zeros)}*2^{zeros - POINT}{''.join(limits)}"


# --------------------------------------------------------------------------------------------- reading


def read_partial(document: Any, name: str) -> Partial:
    """A partial result from its JSON document.

    Raises:
        InputError: if the document is none, is of another version, or is not as it was written.

    """
    if not isinstance(document, dict) or "celoss_partial" not in document:
        raise InputError(
            "expected a partial result as --emit-partial writes it, got another document",
            hint="--emit-partial of the command of a loss writes one",
            place=name,
        )
    version = document["celoss_partial"]
    if type(version) is not int or version != VERSION:
        raise InputError(
            f"expected a partial result of version {VERSION}, got {quoted(str(version))}", place=name
        )
    if not is_as_written(document):
        raise InputError(
            "expected a partial result as it was written: the file was changed or damaged since then",
            hint="write it anew with --emit-partial",
            place=name,
        )
    try:
        return _partial(document)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        what = f"{type(error).__name__} {error}"
        raise InputError(
            f"expected a whole partial result, got a damaged one: {quoted(what)}", place=name
        ) from None


def _partial(document: dict[str, Any]) -> Partial:
    spec = LOSSES[_text(document.pop("loss"))]
    words = _only(document.pop("spelled"), ("reading", "semantics"))
    partial = Partial(
        loss=spec.command,
        options=_options(spec, document.pop("options")),
        reduction=_one_of(document.pop("reduction"), set(spec.reductions) - {"none"}),
        by=_maybe(_text, document.pop("by")),
        quantiles=tuple(_list(_fraction, document.pop("quantiles"))),
        top_k=_count(document.pop("top_k", 0)),
        source=_source(document),
        evaluation=Evaluation(),
        command_words=CommandWords(
            _list(_text, words["reading"]),
            semantics=_map(lambda found: _list(_text, found), words["semantics"]),
        ),
        parts=frozenset(_list(_identity, document.pop("parts"))),
        shards=tuple(_list(lambda text: shard_of_text(_text(text)), document.pop("shards"))),
        origin=_maybe(_origin_of, document.pop("origin")),
        documents=_documents_of(document.pop("documents", None)),
    )
    loss_of(partial)  # refuses values that the options do not have
    _fill(partial.evaluation, document)
    _verify(partial)
    _verify_scores(partial)
    _only(document, ("celoss_partial", "checksum"))
    return partial


def _fill(evaluation: Evaluation, document: dict[str, Any]) -> None:
    """Moves what the document says of the data to the evaluation."""
    first = _only(document.pop("first_rows"), ("limit", "counts"))
    evaluation.tally = _tally_of(document.pop("tally"))
    evaluation.weight_is = _text(document.pop("weight_is"))
    evaluation.classes = _maybe(_count, document.pop("classes"))
    evaluation.labels = _maybe(lambda names: _list(_text, names), document.pop("labels"))
    evaluation.conversions = tuple(_list(_text, document.pop("conversions")))
    evaluation.sample_weights = _flag(document.pop("sample_weights"))
    evaluation.skipped = _count(document.pop("skipped"))
    evaluation.facts = set(_list(_text, document.pop("facts")))
    evaluation.counted = Counter(_map(_count, document.pop("counted")))
    evaluation.first = FirstRows.from_texts(_count(first["limit"]), _map(_text, first["counts"]))
    evaluation.sizes = Counter(_map(_count, document.pop("sizes", {})))
    evaluation.scores = _scores_of(document.pop("scores")) if "scores" in document else None
    evaluation.collected = Collected(
        Groups.known(_map(_group_of, document.pop("groups"))),
        Counter({_level(level): count for level, count in _map(_count, document.pop("levels")).items()}),
    )


def _scores_of(value: Any) -> Totals:
    found = _only(value, ("columns", "count", "missing", *_SCORED, "size", "outcomes"))
    sums = {int(code): _sum_of(total) for code, total in _map(lambda one: one, found["outcomes"]).items()}
    size = _count(found["size"])
    if size > _MOST_OUTCOMES or not all(0 <= code < size for code in sums):
        raise ValueError("an outcome is none of those there are")
    columns, count, missing = (_count(found[name]) for name in ("columns", "count", "missing"))
    weight, hits, top = (_sum_of(found[name]) for name in _SCORED)
    outcomes = ExactSums.of([sums.get(code, ExactSum()) for code in range(size)])
    return Totals(columns, count, missing, weight, hits, top, outcomes)


def _documents_of(value: Any) -> Identities:
    if value is None:
        return Identities()
    found = _only(value, ("one_in", *_OF_DOCUMENTS))
    one_in = _count(found["one_in"])
    numbers, first, last = (_numbers_of(found[name]) for name in _OF_DOCUMENTS)
    if not one_in or any(number % one_in for number in numbers):
        raise ValueError("there are documents that are not held")
    return Identities(numbers, one_in, first, last)


def _numbers_of(value: Any) -> frozenset[int]:
    held = b64decode(_text(value), validate=True)
    if len(held) % _NUMBER:
        raise ValueError("the numbers of documents are cut")
    return frozenset(int.from_bytes(held[at : at + _NUMBER]) for at in range(0, len(held), _NUMBER))


def _verify(partial: Partial) -> None:
    """Refuses totals that do not go together."""
    evaluation, tally = partial.evaluation, partial.evaluation.tally
    counted = tally.elements - tally.ignored
    if counted < 0 or tally.loss.nonfinite > tally.elements:
        raise ValueError("more elements are left out or not finite than there are")
    if evaluation.labels is not None and len(evaluation.labels) != evaluation.classes:
        raise ValueError("there are more or fewer names than classes")
    groups = collected_of(evaluation).groups.tallies().values()
    parts = sum(groups, Tally())
    if (parts.loss, parts.weight, parts.elements) != (
        (tally.loss, tally.weight, counted) if partial.by is not None else (ExactSum(), ExactSum(), 0)
    ):
        raise ValueError("the groups are not the parts of the total")
    sizes = collected_of(evaluation).levels.total()
    if sizes != (counted - tally.loss.nan if partial.quantiles else 0):
        raise ValueError("the losses counted by size are not those of the total")


def _verify_scores(partial: Partial) -> None:
    """Refuses totals of scores that do not go together."""
    found, evaluation = partial.evaluation.scores, partial.evaluation
    if found is None:
        return
    outcomes = evaluation.classes if LOSSES[partial.loss].per == "class" else 2 * found.columns
    if found.columns and found.outcomes.size != outcomes:
        raise ValueError("there are other outcomes than classes or answers")
    if not found.columns and (found.count or found.outcomes.size):
        raise ValueError("there are outcomes of no column")
    if found.columns > 1 and evaluation.classes is not None:
        raise ValueError("classes have one column")
    if found.count + found.missing != evaluation.tally.counted:
        raise ValueError("the predictions are not the counted targets")


def _options(spec: LossSpec, value: Any) -> dict[str, Any]:
    tokens = value.get("input_is") == TOKENS
    conventional = (
        ("input_is", *(["convention"] if spec.by_convention else [])) if "input_is" in value else ()
    )
    more = ("input_is", *_OF_TOKENS) if tokens else (*spec.options, *conventional)
    options = _only(value, (*more, "dtype", *(["base"] if spec.loss.is_information else [])))
    kinds: dict[str, Callable[[Any], Any]] = {
        "dtype": _text,
        "base": _text,
        "input_is": lambda kind: _one_of(kind, {spec.takes, *spec.kinds}),
        "convention": lambda tool: _maybe(_text, tool),
        **dict.fromkeys(_OF_TOKENS, _text),
    }
    kinds |= {option.name: partial(_declared, option) for option in spec.declared}
    return {name: kinds[name](given) for name, given in options.items()}


def _declared(option: Option, value: Any) -> Any:
    """The value of an option of the loss, or None where nobody gave it."""
    if option.kind is VALUES:
        return _weights(value)
    if value is not None and not option.kind.fits(value):
        raise ValueError(f"{option.name} is not {option.kind.words}")
    return value


def _weights(value: Any) -> Any:
    """Weights of any shape, as lists of lists."""
    return _list(_weights, value) if isinstance(value, list) else _maybe(_number, value)


def _source(document: dict[str, Any]) -> Source:
    """Where the data came from, as ``_content`` writes it in three places."""
    kinds = {"files": _text, "shape": _count}
    found: dict[str, Any] = {
        key: _text(item) if key == "format" else _list(kinds[key], item)
        for key, item in dict(document.pop("source")).items()
    }
    found["columns"] = _columns(document.pop("columns"))
    if "meaning" in document:
        found["meaning"] = _meaning(document.pop("meaning"))
    return cast("Source", found)


def _columns(value: Any) -> Roles:
    found = {"group": None, "predicted": None, "notes": [], **value}
    found = {"told": [], "why": {}, "inferred": {}, **found}
    roles = ("inputs", "target", "id", "weight", "predicted", "group", "unused")
    _only(found, (*roles, "notes", "told", "why", "inferred"))
    _map(_reason, found["why"])
    _map(_words, found["inferred"])
    for key in ("inputs", "unused", "notes", "told"):
        _list(_text, found[key])
    for key in ("id", "weight", "predicted", "group"):
        _maybe(_text, found[key])
    if isinstance(found["target"], list):
        _list(_text, found["target"])
    else:
        _maybe(_text, found["target"])
    return cast("Roles", dict(value))


def _meaning(value: Any) -> dict[str, Any]:
    """What the options that say what the data means say: texts, whole numbers and names of classes."""

    def one(said: Any) -> Any:
        if isinstance(said, dict):
            return _map(_text, said)
        return said if isinstance(said, str) else _count(said)

    return _map(one, value)


def _reason(value: Any) -> Any:
    """What spoke for a role: a text, or one for each column."""
    return _map(_text, value) if isinstance(value, dict) else _text(value)


def _words(value: Any) -> list[str]:
    return _list(_text, value)


def _origin_of(value: Any) -> Origin:
    found = _only({"named": [], **value}, ("version", "words", "files", "named"))
    files, named = (tuple(_list(_state, found[key])) for key in ("files", "named"))
    return Origin(_text(found["version"]), tuple(_words(found["words"])), files, named)


def _state(value: Any) -> FileState:
    found = _only({"row_groups": None, **value}, ("name", "size", "stamp", "row_groups"))
    name, size, stamp = _text(found["name"]), _count(found["size"]), _text(found["stamp"])
    return FileState(name, size, stamp, _maybe(_row_groups, found["row_groups"]))


def _row_groups(value: Any) -> RowGroups:
    first, end, of = _list(_count, value)
    if not first < end <= of:
        raise ValueError(f"{value!r} are no row groups")
    return RowGroups(first, end, of)


def _tally_of(value: Any) -> Tally:
    found = _only(value, ("loss", "weight", "rows", "elements", "ignored", "clamped"))
    ignored, clamped = _count(found["ignored"]), _count(found["clamped"])
    group = {key: item for key, item in found.items() if key not in ("ignored", "clamped")}
    return replace(_group_of(group), ignored=ignored, clamped=clamped)


def _group_of(value: Any) -> Tally:
    found = _only(value, ("loss", "weight", "rows", "elements"))
    return Tally(
        loss=_sum_of(found["loss"]),
        weight=_sum_of(found["weight"]),
        rows=_count(found["rows"]),
        elements=_count(found["elements"]),
    )


def _sum_of(value: Any) -> ExactSum:
    found = _SUM.fullmatch(_text(value))
    if found is None or not 0 <= (zeros := int(found["power"]) + POINT) <= _MOST_ZEROS:
        raise ValueError(f"{value!r} is no exact sum")
    total = ExactSum(int(found["number"], 16) << zeros, *(int(found[name] or 0) for name in _LIMITS))
    if _sum(total) != value:
        raise ValueError(f"{value!r} is not written as a sum is")
    return total


# ------------------------------------------------------------------------------------- values of a kind


def _only(value: Any, keys: Collection[str]) -> dict[str, Any]:
    """An object with these keys and no others."""
    if not isinstance(value, dict) or set(value) != set(keys):
        raise ValueError(f"there is no object of {', '.join(sorted(keys))}")
    return value


def _map(kind: Callable[[Any], T], value: Any) -> dict[str, T]:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is no object")
    return {key: kind(item) for key, item in value.items()}


def _list(kind: Callable[[Any], T], value: Any) -> list[T]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is no list")
    return [kind(item) for item in value]


def _maybe(kind: Callable[[Any], T], value: Any) -> T | None:
    return None if value is None else kind(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def _matching(pattern: re.Pattern[str], value: Any) -> str:
    if not pattern.fullmatch(_text(value)):
        raise ValueError(f"{value!r} is not as expected")
    return str(value)


def _identity(value: Any) -> str:
    return _matching(_DIGEST, value)


def _one_of(value: Any, known: Collection[str]) -> str:
    if _text(value) not in known:
        raise ValueError(f"{value!r} is none of {', '.join(sorted(known))}")
    return str(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise ValueError(f"{value!r} is no whole number")
    return value


def _count(value: Any) -> int:
    if _integer(value) < 0:
        raise ValueError(f"{value!r} is no count")
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return value


def _fraction(value: Any) -> float:
    if not 0 <= _number(value) <= 1:
        raise ValueError(f"{value!r} is no fraction")
    return float(value)


def _level(text: str) -> int:
    level = int(_matching(_WHOLE, text))
    if not LEAST_LEVEL <= level <= LARGEST_LEVEL or str(level) != text:
        raise ValueError(f"{text!r} is no level of losses")
    return level
