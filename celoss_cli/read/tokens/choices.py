"""Multiple choice in samples of lm-evaluation-harness, as rows of a loss over classes: a logit a choice.

The harness scores each choice by the sum of log p of its tokens. Its ``acc`` takes the largest sum,
``acc_norm`` the largest of the sums divided by the characters of the choice, without the blank that stands
before it in the request; ``acc_mutual_info`` the largest after the sum without the question is subtracted,
which further requests with an empty context hold. Divided by bytes is what other harnesses do. Documents may
have different numbers of choices: those that one lacks have the logit -inf.

Source: lm-evaluation-harness, lm_eval/api/task.py (ConfigurableTask.process_results, multiple_choice).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.data import Array, Batch
from celoss_cli.core.errors import InputError, Way
from celoss_cli.core.records import record
from celoss_cli.losses.base import ROUNDED
from celoss_cli.losses.cross_entropy import cross_entropy
from celoss_cli.losses.outside import shown_outside
from celoss_cli.read.json.values import id_of
from celoss_cli.read.request import Dataset, columns_of
from celoss_cli.read.tokens.document import got, number_of
from celoss_cli.read.tokens.identities import again
from celoss_cli.read.tokens.samples import arguments_of, has_choices, likelihoods_of, own_of

if TYPE_CHECKING:
    from celoss_cli.core.data import Source
    from celoss_cli.read.request import ReadRequest

__all__ = ["NORMS", "choices_dataset"]

NORMS = ("none", "char", "byte", "unconditional")
"""What the log-likelihood of a choice can be divided by, or have subtracted."""

_OWN = {"none": "acc", "char": "acc_norm", "unconditional": "acc_mutual_info"}
"""The harness's own metrics."""


@record(frozen=True, slots=True)
class _Sample:
    """One document.

    Attributes:
        name: of the document.
        place: of its record.
        gold: the right choice.
        logits: of its choices, by norm; shape (choices,).
        own: the harness's metrics that it has.
        group: what it is counted under, or None.

    """

    name: str
    place: str
    gold: int
    logits: Mapping[str, Array]
    own: Mapping[str, float]
    group: str | None


def choices_dataset(
    name: str, records: Iterable[tuple[str, Any]], request: ReadRequest, group: Callable[[Any], str | None]
) -> Dataset:
    """The samples of a stream; their numbers are held, which are few.

    Args:
        name: of the stream.
        records: in order.
        request: what is asked of the reader.
        group: what a record is counted under, or None.

    Raises:
        InputError: with its place, for a record that is no sample of several choices.

    """
    told: Counter[str] = Counter()
    samples = list(_samples(records, told, group, request))
    norm = request.choice_norm or "none"
    told["positive"] = told["positive-choice"] = sum(int((one.logits["none"] > 0).sum()) for one in samples)
    told.update(_agreement(samples, norm))
    told["equal-choices"] = sum(bool((one.logits["none"] == one.logits["none"][0]).all()) for one in samples)
    read_as = "read as choices of lm-evaluation-harness: a row a document, a logit a choice"
    group_by = request.columns.group
    columns = columns_of(["log-likelihoods"], "target", id="doc_id", group=group_by, told=read_as)
    described: Source = {"columns": columns, "format": "lm-eval", "choices": _side_by_side(samples, norm)}
    return Dataset(described, iter([_batch(samples, norm, told, request, name)]), choices=True)


def _samples(
    records: Iterable[tuple[str, Any]],
    told: Counter[str],
    group: Callable[[Any], str | None],
    request: ReadRequest,
) -> Iterator[_Sample]:
    for place, found in records:
        try:
            sample = _sample(found, place, group)
            _refuse_norm(sample, found, request.choice_norm)
            if not (request.allow_out_of_domain or request.examined):
                _refuse_positive(likelihoods_of(found))
            seen = again(
                request.settled.documents,
                sample.name,
                sample.logits["none"].tobytes(),
                what="log-likelihoods",
                own=own_of(found),
                variant=str(found.get("filter", "")),
            )
        except InputError as error:
            raise error.at(place) from None
        if seen:
            told[seen] += 1
        else:
            yield sample


def _sample(found: Any, place: str, group: Callable[[Any], str | None]) -> _Sample:
    if not isinstance(found, dict) or not has_choices(found):
        raise InputError("expected a sample with several choices, got another record", place="$")
    likelihoods, pairs = likelihoods_of(found), arguments_of(found)
    if len(likelihoods) != len(pairs):
        raise InputError(
            f"expected a log-likelihood for each of {len(pairs)} requests, got {len(likelihoods)}",
            place="$.filtered_resps",
        )
    size = _choices_of(pairs)
    texts = [text.removeprefix(" ") for _, text in pairs[:size]]
    sums = np.array(likelihoods)
    logits = {"none": sums[:size]}
    if all(texts):  # else there is nothing to divide by
        logits["char"] = sums[:size] / np.array([len(text) for text in texts])
        logits["byte"] = sums[:size] / np.array([len(text.encode(errors="surrogatepass")) for text in texts])
    with np.errstate(all="ignore"):
        if size < len(sums):
            logits["unconditional"] = sums[:size] - sums[size:]
    own = {
        key: number_of(found[key], f"$.{key}")
        for key in _OWN.values()
        if type(found.get(key)) in (int, float, str)
    }
    gold = _gold(found, texts, logits["none"], own.get("acc"))
    return _Sample(id_of(found["doc_id"]), place, gold, logits, own, group(found))


def _refuse_norm(sample: _Sample, found: Any, norm: str | None) -> None:
    """Refuses a norm that is asked for and that the sample does not have."""
    if norm is None or norm in sample.logits:
        return
    ways = (Way("the sum", (("--choice-norm", "none"),)),)
    if norm == "unconditional":
        told = f"expected requests without the question for --choice-norm {norm}, got none"
        raise InputError(told, ways=ways)
    if norm == "token":
        told = f"expected the number of tokens of each choice for --choice-norm {norm}, got none"
        because = "the harness writes sums over tokens and not how many they are"
        raise InputError(told, hint=because, ways=(Way("bytes instead", (("--choice-norm", "byte"),)),))
    empty = next(at for at, (_, text) in enumerate(arguments_of(found)) if not text.removeprefix(" "))
    unit = "characters" if norm == "char" else "bytes"
    raise InputError(
        f"expected choices to divide by their {unit}, got an empty one",
        ways=ways,
        place=f"$.arguments[{empty}]",
    )


def _refuse_positive(likelihoods: Sequence[float]) -> None:
    """Refuses logarithms of probabilities that are above 0."""
    for at, value in enumerate(likelihoods):
        if value > 0:
            because = ", which rounding does" if value <= ROUNDED else ""
            raise InputError(
                f"expected a log-likelihood of at most 0, got {shown_outside(value, -np.inf, 0.0)}{because}",
                hint="--allow-out-of-domain computes it anyway",
                place=f"$.filtered_resps[{at}]",
            )


def _choices_of(pairs: Sequence[tuple[str, str]]) -> int:
    """How many of the requests are choices: not those that ask for them again without the question."""
    half, odd = divmod(len(pairs), 2)
    again = (
        not odd
        and half > 1
        and all(
            not context.strip() and text == first
            for (context, text), (_, first) in zip(pairs[half:], pairs[:half], strict=True)
        )
    )
    return half if again and pairs[0][0].strip() else len(pairs)


def _gold(found: Mapping[str, object], texts: Sequence[str], sums: Array, acc: float | None) -> int:
    """The right choice: its number, which newer files write as a text, or its text."""
    target = found.get("target")
    readings = {
        at for at, text in enumerate(texts) if isinstance(target, str) and text.strip() == target.strip()
    }
    if type(target) is int or (isinstance(target, str) and target.strip().isdecimal()):
        readings.add(int(target))
    readings = {at for at in readings if 0 <= at < len(texts)}
    if len(readings) > 1 and acc is not None:
        readings = {at for at in readings if (int(sums.argmax()) == at) == bool(acc)} or readings
    if len(readings) != 1:
        raise InputError(
            f"expected the number or the text of one of {len(texts)} choices, got {got(target)}",
            place="$.target",
        )
    return readings.pop()


def _agreement(samples: Sequence[_Sample], norm: str) -> Counter[str]:
    """In how many documents the largest logit is right where the harness says so, and in how many not."""
    own = [(sample.own[_OWN[norm]], sample) for sample in samples if _OWN.get(norm) in sample.own]
    same = sum(bool(value) == _is_right(sample, norm) for value, sample in own)
    return Counter({"harness-agrees": same, "harness-differs": len(own) - same})


def _is_right(sample: _Sample, norm: str) -> bool:
    return int(sample.logits[norm].argmax()) == sample.gold


def _side_by_side(samples: Sequence[_Sample], chosen: str) -> dict[str, Any]:
    """Loss, accuracy and Brier score by every norm that all documents have."""
    found = {}
    for norm in NORMS:
        if samples and all(norm in sample.logits for sample in samples):
            logits, gold = _together(samples, norm)
            with np.errstate(all="ignore"):
                p = np.exp(logits - logits.max(axis=1, keepdims=True))
                p /= p.sum(axis=1, keepdims=True)
            brier = ((p - (np.arange(p.shape[1]) == gold[:, None])) ** 2).sum(axis=1).mean()
            own = [sample.own[_OWN[norm]] for sample in samples if _OWN.get(norm) in sample.own]
            found[norm] = {
                "loss": float(cross_entropy(logits, gold)),
                "accuracy": sum(_is_right(sample, norm) for sample in samples) / len(samples),
                "brier": float(brier),
                "own_accuracy": sum(own) / len(own) if len(own) == len(samples) else None,
            }
    return {"norm": chosen, "by_norm": found}


def _together(samples: Sequence[_Sample], norm: str) -> tuple[Array, Array]:
    """Logits (documents, choices), -inf where there is no such choice, and the right ones (documents,)."""
    width = max((len(sample.logits[norm]) for sample in samples), default=1)
    logits = np.full((len(samples), width), -np.inf)
    for row, sample in enumerate(samples):
        logits[row, : len(sample.logits[norm])] = sample.logits[norm]
    return logits, np.array([sample.gold for sample in samples], np.int64)


def _batch(
    samples: Sequence[_Sample], norm: str, told: Counter[str], request: ReadRequest, name: str
) -> Batch:
    logits, gold = _together(samples, norm)
    grouped = request.columns.group is not None
    return Batch(
        input=logits,
        target=gold,
        start=request.start,
        place=lambda row: samples[row].place,
        source=name,
        ids=[sample.name for sample in samples],
        groups=[sample.group or sample.name for sample in samples] if grouped else None,
        told=dict(+told),
        padded=True,
    )
