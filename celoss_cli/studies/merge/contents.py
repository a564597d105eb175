"""What a partial result holds, each kind with its form."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Collection
from typing import Any

from celoss_cli.core.data import Tally
from celoss_cli.core.exact import POINT, ExactSum
from celoss_cli.core.exact_groups import ExactSums
from celoss_cli.evaluate.collect import LARGEST_LEVEL, LEAST_LEVEL
from celoss_cli.evaluate.kinds import FirstRows
from celoss_cli.evaluate.scores import Totals
from celoss_cli.read.row_groups import RowGroups
from celoss_cli.read.shards import FileState
from celoss_cli.read.tokens.identities import Identities
from celoss_cli.studies.merge.forms import (
    COUNT,
    FLAG,
    TEXT,
    Form,
    mapped,
    matching,
    maybe,
    only,
    record_of,
    series,
)
from celoss_cli.studies.merge.parts import Origin

__all__ = [
    "COUNTS",
    "DOCUMENTS",
    "GROUPS",
    "LEVELS",
    "MEANING",
    "ORIGIN",
    "ROLES",
    "SCORES",
    "SEEN",
    "TEXTS",
    "WORDS",
]

_LIMITS = ("nan", "posinf", "neginf")
_SUM = re.compile(
    r"(?P<number>-?0x[0-9a-f]{1,560})\*2\^(?P<power>-?[0-9]{1,4})"
    + "".join(rf"( {name}\*(?P<{name}>[0-9]{{1,18}}))?" for name in _LIMITS)
)
"""The sum of 2**63 of the largest doubles has 541 of these digits."""

_MOST_ZEROS = 2200

_MOST_OUTCOMES = 1 << 24

_NUMBER = 8
"""The bytes of the number of a document."""


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


def _documents_of(value: Any) -> Identities:
    found = _KNOWN.read(value)
    if not found.one_in or any(number % found.one_in for number in found.numbers):
        raise ValueError("there are documents that are not held")
    return found


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


def _text_or(form: Form[Any]) -> Form[Any]:
    """Texts, and values of another form."""
    return Form(form.write, lambda value: value if isinstance(value, str) else form.read(value))


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


TEXTS = series(TEXT)
WORDS = mapped(TEXTS)
COUNTS: Form[Counter[str]] = Form(dict, lambda value: Counter(mapped(COUNT).read(value)))

_OF_A_GROUP: dict[str, Form[Any]] = {
    **dict.fromkeys(("loss", "weight"), _SUM_FORM),
    **dict.fromkeys(("rows", "elements"), COUNT),
}
"""The totals of a group, in which nothing is ignored."""

GROUPS = mapped(record_of(Tally, _OF_A_GROUP))

SCORES = Form(_scores, _scores_of)

LEVELS: Form[Counter[int]] = Form(
    lambda found: {str(level): count for level, count in sorted(found.items())},
    lambda value: Counter({_level(level): count for level, count in COUNTS.read(value).items()}),
)

SEEN: dict[str, tuple[str, Form[Any]]] = {
    "conversions": ("conversions", TEXTS),
    "sample_weights": ("sample_weights", FLAG),
    "skipped": ("skipped", COUNT),
    "facts": ("facts", Form(sorted, lambda value: set(TEXTS.read(value)))),
    "counted": ("counted", COUNTS),
    "first_rows": ("first", Form(lambda of: {"limit": of.limit, "counts": of.as_texts()}, _first_of)),
    "tally": ("tally", record_of(Tally, {**_OF_A_GROUP, "ignored": COUNT, "clamped": COUNT})),
}
"""What is there of every evaluation: by its key the attribute, and the form."""

_PIECES = Form(lambda groups: [groups.first, groups.end, groups.of], _row_groups)
_FILE: dict[str, Form[Any]] = {"name": TEXT, "size": COUNT, "stamp": TEXT, "row_groups": maybe(_PIECES)}
_FILES = series(record_of(FileState, _FILE, {"row_groups": None}))
_RUN: dict[str, Form[Any]] = {"version": TEXT, "words": TEXTS, "files": _FILES, "named": _FILES}
ORIGIN = maybe(record_of(Origin, _RUN, {"named": ()}))

_NUMBERS = Form(_numbers, _numbers_of)
_KNOWN = record_of(Identities, {"one_in": COUNT, **dict.fromkeys(("numbers", "first", "last"), _NUMBERS)})
DOCUMENTS = Form(_KNOWN.write, _documents_of)

MEANING = mapped(_text_or(Form(dict, lambda of: (mapped(TEXT) if isinstance(of, dict) else COUNT).read(of))))
"""What the options that say what the data means say: texts, whole numbers and names of classes."""

ROLES: dict[str, Form[Any]] = {
    **dict.fromkeys(("inputs", "unused", "notes", "told"), TEXTS),
    **dict.fromkeys(("id", "weight", "predicted", "group"), maybe(TEXT)),
    "target": maybe(_text_or(TEXTS)),
    "why": mapped(_text_or(mapped(TEXT))),
    "inferred": WORDS,
}
