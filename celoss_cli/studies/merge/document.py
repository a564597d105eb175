"""A partial result as a JSON document, which any change makes unreadable."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

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
from celoss_cli.studies.merge.forms import (
    COUNT,
    FLAG,
    FRACTION,
    NUMBER,
    TEXT,
    Form,
    mapped,
    matching,
    maybe,
    one_of,
    only,
    record_of,
    series,
)
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

_MOST_OUTCOMES = 1 << 24

_OF_TOKENS = ("per", "score", "censored")
"""Options of scored tokens."""

_NUMBER = 8
"""The bytes of the number of a document."""


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
        "origin": _ORIGIN.write(partial.origin),
        **partial.described(),
        "columns": partial.source.get("columns"),
        "source": {key: value for key, value in partial.source.items() if key not in _OF_A_FILE},
        "spelled": {
            "reading": _TEXTS.write(partial.command_words.data),
            "semantics": _WORDS.write(partial.command_words.semantics),
        },
        **{key: form.write(getattr(evaluation, name)) for key, (name, form) in _SEEN.items()},
        "groups": _GROUPS.write(collected.groups.tallies()),
        "levels": {str(level): count for level, count in sorted(collected.levels.items())},
        **({"sizes": dict(evaluation.sizes)} if evaluation.sizes else {}),
        **({"scores": _scores(evaluation.scores)} if evaluation.scores is not None else {}),
        **({"documents": _DOCUMENTS.write(partial.documents)} if partial.documents != Identities() else {}),
    }


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
    spec = LOSSES[TEXT.read(document.pop("loss"))]
    words = only(document.pop("spelled"), ("reading", "semantics"))
    partial = Partial(
        loss=spec.command,
        options=_options(spec, document.pop("options")),
        reduction=one_of(set(spec.reductions) - {"none"}).read(document.pop("reduction")),
        by=maybe(TEXT).read(document.pop("by")),
        quantiles=tuple(series(FRACTION).read(document.pop("quantiles"))),
        top_k=COUNT.read(document.pop("top_k", 0)),
        source=_source(document),
        evaluation=Evaluation(),
        command_words=CommandWords(_TEXTS.read(words["reading"]), semantics=_WORDS.read(words["semantics"])),
        parts=frozenset(series(matching("[0-9a-f]{32}")).read(document.pop("parts"))),
        shards=tuple(map(shard_of_text, _TEXTS.read(document.pop("shards")))),
        origin=_ORIGIN.read(document.pop("origin")),
        documents=_documents_of(document.pop("documents", None)),
    )
    loss_of(partial)  # refuses values that the options do not have
    _fill(partial.evaluation, document)
    _verify(partial)
    _verify_scores(partial)
    only(document, ("celoss_partial", "checksum"))
    return partial


def _fill(evaluation: Evaluation, document: dict[str, Any]) -> None:
    """Moves what the document says of the data to the evaluation."""
    evaluation.weight_is = TEXT.read(document.pop("weight_is"))
    evaluation.classes = maybe(COUNT).read(document.pop("classes"))
    labels = maybe(_TEXTS).read(document.pop("labels"))
    evaluation.labels = None if labels is None else list(labels)
    for key, (name, form) in _SEEN.items():
        setattr(evaluation, name, form.read(document.pop(key)))
    evaluation.sizes = _COUNTS.read(document.pop("sizes", {}))
    evaluation.scores = _scores_of(document.pop("scores")) if "scores" in document else None
    evaluation.collected = Collected(
        Groups.known(_GROUPS.read(document.pop("groups"))),
        Counter({_level(level): count for level, count in _COUNTS.read(document.pop("levels")).items()}),
    )


def _documents_of(value: Any) -> Identities:
    if value is None:
        return Identities()
    found = _DOCUMENTS.read(value)
    if not found.one_in or any(number % found.one_in for number in found.numbers):
        raise ValueError("there are documents that are not held")
    return found


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
    options = only(value, (*more, "dtype", *(["base"] if spec.loss.is_information else [])))
    forms: dict[str, Form[Any]] = {
        "dtype": TEXT,
        "base": TEXT,
        "input_is": one_of({spec.takes, *spec.kinds}),
        "convention": maybe(TEXT),
        **dict.fromkeys(_OF_TOKENS, TEXT),
    }
    declared = {option.name: option for option in spec.declared}
    return {
        name: _declared(declared[name], given) if name in declared else forms[name].read(given)
        for name, given in options.items()
    }


def _declared(option: Option, value: Any) -> Any:
    """The value of an option of the loss, or None where nobody gave it."""
    if option.kind is VALUES:
        return _weights(value)
    if value is not None and not option.kind.fits(value):
        raise ValueError(f"{option.name} is not {option.kind.words}")
    return value


def _weights(value: Any) -> Any:
    """Weights of any shape, as lists of lists."""
    return list(map(_weights, value)) if isinstance(value, list) else maybe(NUMBER).read(value)


def _source(document: dict[str, Any]) -> Source:
    """Where the data came from, as ``_content`` writes it in three places."""
    forms: dict[str, Form[Any]] = {"format": TEXT, "files": _TEXTS, "shape": series(COUNT)}
    found: dict[str, Any] = dict(document.pop("source"))
    for key, item in found.items():
        forms[key].read(item)
    found["columns"] = _columns(document.pop("columns"))
    if "meaning" in document:
        found["meaning"] = mapped(_text_or(_SAID)).read(document.pop("meaning"))
    return cast("Source", found)


def _columns(value: Any) -> Roles:
    """The roles of columns; those that older documents lack are of none."""
    unset: dict[str, Any] = {
        "group": None,
        "predicted": None,
        "notes": [],
        "told": [],
        "why": {},
        "inferred": {},
    }
    for role, item in only({**unset, **value}, _ROLES).items():
        _ROLES[role].read(item)
    return cast("Roles", dict(value))


def _text_or(form: Form[Any]) -> Form[Any]:
    """Texts, and values of another form."""
    return Form(form.write, lambda value: value if isinstance(value, str) else form.read(value))


# ------------------------------------------------------------------------------------------- the forms


def _sum(total: ExactSum) -> str:
    """An exact sum in words: 0x2f*2^-12 is 47 times 2**-12; what is not finite is counted after it."""
    zeros = max(0, (total.scaled & -total.scaled).bit_length() - 1)
    limits = (f" {name}*{getattr(total, name)}" for name in _LIMITS if getattr(total, name))
    return f"{hex(total.scaled >> zeros)}*2^{zeros - POINT}{''.join(limits)}"


def _sum_of(value: Any) -> ExactSum:
    found = _SUM.fullmatch(TEXT.read(value))
    if found is None or not 0 <= (zeros := int(found["power"]) + POINT) <= _MOST_ZEROS:
        raise ValueError(f"{value!r} is no exact sum")
    total = ExactSum(int(found["number"], 16) << zeros, *(int(found[name] or 0) for name in _LIMITS))
    if _sum(total) != value:
        raise ValueError(f"{value!r} is not written as a sum is")
    return total


def _numbers(found: Collection[int]) -> str:
    """Numbers of 64 bits in order, in base 64."""
    return b64encode(b"".join(number.to_bytes(_NUMBER) for number in sorted(found))).decode()


def _numbers_of(value: Any) -> frozenset[int]:
    held = b64decode(TEXT.read(value), validate=True)
    if len(held) % _NUMBER:
        raise ValueError("the numbers of documents are cut")
    return frozenset(int.from_bytes(held[at : at + _NUMBER]) for at in range(0, len(held), _NUMBER))


def _row_groups(value: Any) -> RowGroups:
    first, end, of = series(COUNT).read(value)
    if not first < end <= of:
        raise ValueError(f"{value!r} are no row groups")
    return RowGroups(first, end, of)


def _first_of(value: Any) -> FirstRows:
    found = only(value, ("limit", "counts"))
    return FirstRows.from_texts(COUNT.read(found["limit"]), mapped(TEXT).read(found["counts"]))


def _level(text: str) -> int:
    level = int(matching("-?[0-9]{1,9}").read(text))
    if not LEAST_LEVEL <= level <= LARGEST_LEVEL or str(level) != text:
        raise ValueError(f"{text!r} is no level of losses")
    return level


_SUM_FORM = Form(_sum, _sum_of)
_OF_SCORES: dict[str, Form[Any]] = {
    **dict.fromkeys(("columns", "count", "missing"), COUNT),
    **dict.fromkeys(("weight", "hits", "top"), _SUM_FORM),
}


def _scores(found: Totals) -> dict[str, Any]:
    """What the scores are made of; an outcome that never occurs is left out."""
    each = enumerate(found.outcomes.each())
    return {
        **{name: form.write(getattr(found, name)) for name, form in _OF_SCORES.items()},
        "size": found.outcomes.size,
        "outcomes": {str(code): _sum(total) for code, total in each if total != ExactSum()},
    }


def _scores_of(value: Any) -> Totals:
    found = only(value, (*_OF_SCORES, "size", "outcomes"))
    sums = {int(code): total for code, total in mapped(_SUM_FORM).read(found["outcomes"]).items()}
    size = COUNT.read(found["size"])
    if size > _MOST_OUTCOMES or not all(0 <= code < size for code in sums):
        raise ValueError("an outcome is none of those there are")
    outcomes = ExactSums.of([sums.get(code, ExactSum()) for code in range(size)])
    return Totals(**{name: form.read(found[name]) for name, form in _OF_SCORES.items()}, outcomes=outcomes)


_TEXTS = series(TEXT)
_WORDS = mapped(_TEXTS)
_COUNTS: Form[Counter[str]] = Form(dict, lambda value: Counter(mapped(COUNT).read(value)))

_OF_A_GROUP: dict[str, Form[Any]] = {
    **dict.fromkeys(("loss", "weight"), _SUM_FORM),
    **dict.fromkeys(("rows", "elements"), COUNT),
}
"""The totals of a group, in which nothing is ignored."""

_GROUPS = mapped(record_of(Tally, _OF_A_GROUP))

_SEEN: dict[str, tuple[str, Form[Any]]] = {
    "conversions": ("conversions", _TEXTS),
    "sample_weights": ("sample_weights", FLAG),
    "skipped": ("skipped", COUNT),
    "facts": ("facts", Form(sorted, lambda value: set(_TEXTS.read(value)))),
    "counted": ("counted", _COUNTS),
    "first_rows": ("first", Form(lambda of: {"limit": of.limit, "counts": of.as_texts()}, _first_of)),
    "tally": ("tally", record_of(Tally, {**_OF_A_GROUP, "ignored": COUNT, "clamped": COUNT})),
}
"""What is there of every evaluation: by its key the attribute, and the form."""

_PIECES = Form(lambda groups: [groups.first, groups.end, groups.of], _row_groups)
_FILE: dict[str, Form[Any]] = {"name": TEXT, "size": COUNT, "stamp": TEXT, "row_groups": maybe(_PIECES)}
_FILES = series(record_of(FileState, _FILE, {"row_groups": None}))
_RUN: dict[str, Form[Any]] = {"version": TEXT, "words": _TEXTS, "files": _FILES, "named": _FILES}
_ORIGIN = maybe(record_of(Origin, _RUN, {"named": ()}))

_NUMBERS = Form(_numbers, _numbers_of)
_DOCUMENTS = record_of(Identities, {"one_in": COUNT, **dict.fromkeys(("numbers", "first", "last"), _NUMBERS)})

_SAID: Form[Any] = Form(dict, lambda of: (mapped(TEXT) if isinstance(of, dict) else COUNT).read(of))
"""What the options that say what the data means say beside texts: whole numbers and names of classes."""

_ROLES: dict[str, Form[Any]] = {
    **dict.fromkeys(("inputs", "unused", "notes", "told"), _TEXTS),
    **dict.fromkeys(("id", "weight", "predicted", "group"), maybe(TEXT)),
    "target": maybe(_text_or(_TEXTS)),
    "why": mapped(_text_or(mapped(TEXT))),
    "inferred": _WORDS,
}
