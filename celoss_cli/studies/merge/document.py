"""A partial result as a JSON document, which any change makes unreadable."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from celoss_cli.core.checksum import KEY, digest, is_as_written
from celoss_cli.core.data import Tally
from celoss_cli.core.errors import InputError, quoted
from celoss_cli.core.exact import ExactSum
from celoss_cli.core.option import VALUES, Option
from celoss_cli.evaluate.collect import Collected
from celoss_cli.evaluate.groups import Groups
from celoss_cli.evaluate.loop import Evaluation
from celoss_cli.findings import CommandWords
from celoss_cli.losses import LOSSES, LossSpec
from celoss_cli.losses.spec import TOKENS
from celoss_cli.read.shards import shard_of_text
from celoss_cli.read.tokens.identities import Identities
from celoss_cli.studies.merge.contents import (
    COUNTS,
    DOCUMENTS,
    GROUPS,
    LEVELS,
    MEANING,
    ORIGIN,
    ROLES,
    SCORES,
    SEEN,
    TEXTS,
    WORDS,
)
from celoss_cli.studies.merge.forms import (
    COUNT,
    FRACTION,
    NUMBER,
    TEXT,
    Form,
    matching,
    maybe,
    one_of,
    only,
    series,
)
from celoss_cli.studies.merge.parts import Partial, collected_of, loss_of

if TYPE_CHECKING:
    from celoss_cli.core.data import Roles, Source

__all__ = ["as_text", "identified", "read_partial"]

VERSION = 2
"""Raised when a reader of the old form would misread the new one."""

_OF_A_FILE = ("columns", "choices", "meaning")
"""What the source says that is written elsewhere, or holds for one file alone."""

_OF_TOKENS = ("per", "score", "censored")
"""Options of scored tokens."""


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
        "origin": ORIGIN.write(partial.origin),
        **partial.described(),
        "columns": partial.source.get("columns"),
        "source": {key: value for key, value in partial.source.items() if key not in _OF_A_FILE},
        "spelled": {
            "reading": TEXTS.write(partial.command_words.data),
            "semantics": WORDS.write(partial.command_words.semantics),
        },
        **{key: form.write(getattr(evaluation, name)) for key, (name, form) in SEEN.items()},
        "groups": GROUPS.write(collected.groups.tallies()),
        "levels": LEVELS.write(collected.levels),
        **({"sizes": dict(evaluation.sizes)} if evaluation.sizes else {}),
        **({"scores": SCORES.write(evaluation.scores)} if evaluation.scores is not None else {}),
        **({"documents": DOCUMENTS.write(partial.documents)} if partial.documents != Identities() else {}),
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
        command_words=CommandWords(TEXTS.read(words["reading"]), semantics=WORDS.read(words["semantics"])),
        parts=frozenset(series(matching("[0-9a-f]{32}")).read(document.pop("parts"))),
        shards=tuple(map(shard_of_text, TEXTS.read(document.pop("shards")))),
        origin=ORIGIN.read(document.pop("origin")),
        documents=DOCUMENTS.read(document.pop("documents")) if "documents" in document else Identities(),
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
    labels = maybe(TEXTS).read(document.pop("labels"))
    evaluation.labels = None if labels is None else list(labels)
    for key, (name, form) in SEEN.items():
        setattr(evaluation, name, form.read(document.pop(key)))
    evaluation.sizes = COUNTS.read(document.pop("sizes", {}))
    evaluation.scores = SCORES.read(document.pop("scores")) if "scores" in document else None
    evaluation.collected = Collected(
        Groups.known(GROUPS.read(document.pop("groups"))),
        LEVELS.read(document.pop("levels")),
    )


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
    forms: dict[str, Form[Any]] = {"format": TEXT, "files": TEXTS, "shape": series(COUNT)}
    found: dict[str, Any] = dict(document.pop("source"))
    for key, item in found.items():
        forms[key].read(item)
    found["columns"] = _columns(document.pop("columns"))
    if "meaning" in document:
        found["meaning"] = MEANING.read(document.pop("meaning"))
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
    for role, item in only({**unset, **value}, ROLES).items():
        ROLES[role].read(item)
    return cast("Roles", dict(value))
