"""Where the arithmetic shows in the result."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING

from celoss_cli.core.errors import UsageError, plural
from celoss_cli.findings.facts import Facts, Observation
from celoss_cli.findings.wording import have, number
from celoss_cli.losses.conventions import CONVENTIONS

if TYPE_CHECKING:
    from celoss_cli.evaluate.fit import Fit

__all__ = [
    "clamped",
    "clipped",
    "float16_ceiling",
    "impossible",
    "marked",
    "no_number",
    "nonfinite",
    "rounded",
    "saturated",
]


def clamped(facts: Facts) -> Observation | None:
    """Logarithms hit the clamp at -100 of binary_cross_entropy.

    The loss takes no logarithm below -100, so an infinite loss shows up as 100. A probability of exactly
    0 or 1 on the wrong side is usually a rounded one.

    Compute from the logits with bce-logits, which needs no clamp.

    Reference: PyTorch documentation of BCELoss: "our solution is that BCELoss clamps its log function
    outputs to be greater than or equal to -100".
    """
    count = facts.seen["clamped"]
    return Observation(
        f"{plural(count, 'logarithm')} hit the clamp at -100{_without_clamp(facts)}; "
        "from logits, bce-logits has none",
        count,
        {} if facts.fit is None else {"impossible": facts.fit.impossible},
    )


def _without_clamp(facts: Facts) -> str:
    fit = facts.fit
    if fit is None:
        return ""
    if fit.impossible:
        return f"; without it the loss is infinite, from {plural(fit.impossible, 'element')}"
    return f"; without it the plain mean is {number(fit.mean)} nats"


def nonfinite(facts: Facts) -> Observation | None:
    """The input holds NaN, or +inf where the loss has no limit for it.

    One such value makes the mean NaN. It comes from an overflow, a division by 0 or a missing value
    upstream, not from the loss.

    Find the first such row, which the loss commands refuse with its place and show with --allow-nonfinite,
    and fix what wrote it. -inf as a logit is fine: a masked class with the probability 0.

    Reference: IEEE 754, in which every sum with a NaN is NaN.
    """
    nan, infinite = facts.seen["nan"], facts.seen["infinite"]
    if facts.survey is None or not nan + infinite:
        return None
    return Observation(
        f"the input holds {plural(nan, 'NaN')} and {plural(infinite, 'infinite value')}",
        nan + infinite,
        {"nan": nan, "infinite": infinite},
        facts.shown("--worst", "5"),
    )


def rounded(facts: Facts) -> Observation | None:
    """Probabilities are exactly 0 or 1.

    A model with a softmax or sigmoid never says so: such values are rounded, saturated, or hard labels.
    A 0 on the true class costs infinitely much, or whatever a clamp makes of it.

    Write more digits, or the logits. Predictions that are all 0 and 1 are labels: they have an accuracy,
    but no cross entropy.

    Reference: Guo et al. 2017, "On calibration of modern neural networks", on overconfidence.
    """
    values = facts.seen["values"]
    exact = facts.seen["exactly-0-or-1"]
    if facts.survey is None or not exact or facts.seen["from-0-to-1"] < values:
        return None
    if not (facts.loss.takes == "probs" or facts.nearly_all("probabilities")):
        return None
    fit = facts.fit
    impossible = 0 if fit is None else fit.impossible
    labels = ", so these are labels rather than predictions" if exact == values else ""
    return Observation(
        f"{exact} of {plural(values, 'probability').replace('ys', 'ies')} are exactly 0 or 1{labels}"
        f"{_what_it_costs(fit) if fit is not None and impossible else ''}",
        exact,
        {"exact": exact, "values": values, "impossible": impossible}
        | ({} if fit is None or fit.first_impossible is None else {"first_row": fit.first_impossible}),
        facts.again("--convention", "all") if impossible and facts.offers_conventions else "",
    )


_CLIPS = (("PyTorch's bce", 100.0), ("scikit-learn", -math.log(2**-52)), ("Keras", -math.log(1e-7)))
"""What a probability of 0 costs where a tool clips it, in nats (losses/conventions.py)."""


def _what_it_costs(fit: Fit) -> str:
    """How many targets got the probability 0, where, and what that makes of the mean."""
    tools = ", ".join(f"{number(cost)} in {tool}" for tool, cost in _CLIPS)
    return (
        f"; {plural(fit.impossible, 'target')} got the probability 0, first in row {fit.first_impossible}, "
        f"which makes the mean infinite; each costs {tools}"
    )


def float16_ceiling(facts: Facts) -> Observation | None:
    """Values are exactly 65504, the largest number of float16.

    Half precision cuts larger logits there (or turns them into infinity), so their differences, which
    are all that a softmax sees, are lost.

    Compute the logits in float32 or bfloat16, at least in the last layer.

    Reference: IEEE 754 binary16: the largest finite value is (2 - 2**-10) * 2**15 = 65504.
    """
    count = facts.seen["float16-ceiling"]
    return Observation(f"{plural(count, 'value')} at +-65504, the largest number of float16", count)


def saturated(facts: Facts) -> Observation | None:
    """Logits lie so far apart that the largest probability rounds to 1 in single precision.

    Such a prediction has no gradient where it is right and a huge loss where it is wrong: training in
    float32 or less makes no progress there, and log(softmax(x)) is 0 or -inf.

    Use losses that take logits, and look at the scale of the last layer: weight decay, label smoothing or
    a temperature bring it down.

    Reference: 1 - p below 2**-25 rounds to p = 1 in IEEE 754 binary32; Goodfellow et al. 2016, "Deep
    learning", section 6.2.2, on saturation.
    """
    fit = facts.fit
    if fit is None or fit.saturated < 0.01 * fit.counted or facts.loss.takes not in ("logits", "scores"):
        return None
    if not fit.saturated or facts.classes == 1 or facts.nearly_all("probabilities"):
        return None
    return Observation(
        f"{fit.saturated} of {plural(fit.counted, 'prediction')} are saturated: their largest probability "
        "rounds to 1 in single precision",
        fit.saturated,
        {"saturated": fit.saturated, "counted": fit.counted},
    )


def clipped(facts: Facts) -> Observation | None:
    """Probabilities of the target lie below the clip of the convention.

    The tool raises them to its clip before it takes the logarithm, so what such a row costs is chosen by
    the tool: 16.1 in Keras, 36.0 in scikit-learn, infinity without a clip. It is usually a rounded 0.

    Compare the tools with --convention all, which shows the rows; or compute from the logits.

    Reference: scikit-learn documentation of log_loss: y_proba is clipped to [eps, 1 - eps].
    """
    count = facts.seen["clipped"]
    noun = "probability" if count == 1 else "probabilities"
    return Observation(f"{count} {noun} of the target below the clip of the convention", count)


_MARKERS = 900.0
"""Numbers that stand for minus infinity are at most minus this: -999, -9999, -1e9."""


def marked(facts: Facts) -> Observation | None:
    """Targets have a value like -9999 or -3.4e38, which stands for minus infinity or for nothing.

    Masks and exporters write such a number where a probability is 0 or is not known. It is finite, so the
    mean is too, and says no more than which number was chosen.

    Leave these rows out, or find out why the model masks the class that came: a mask that is off by one, or
    labels of another list of classes.

    Reference: NumPy documentation of finfo; the least float32 is -3.4028235e38.
    """
    marks = None if facts.fit is None else facts.fit.marks
    if marks is None or marks.low != marks.high or marks.high > -_MARKERS:
        return None
    if facts.seen["float16-ceiling"] and marks.low == -65504.0:
        return None  # CEL304 says where it comes from
    if not (marks.count > 1 or _is_round(marks.low)):
        return None
    return Observation(
        f"{have(marks.count, 'target')} the value {number(marks.low)}, first in row {marks.row}: a number "
        "that stands for minus infinity or for nothing, and decides the mean",
        marks.count,
        {"value": marks.low, "first_row": marks.row},
        facts.shown("--row", str(marks.row)),
    )


def _is_round(value: float) -> bool:
    """Whether a number is a power of ten, one less, or the least of a type."""
    size = -value
    ten = 10.0 ** round(math.log10(size))
    least = (3.4028234663852886e38, 1.7976931348623157e308)
    return any(math.isclose(size, known, rel_tol=1e-6) for known in (ten, ten - 1, *least))


_TOLD = {"sklearn": "scikit-learn", "keras": "Keras"}
"""The conventions that are told of where they clip, with their names in a sentence."""


def _instead(facts: Facts) -> str:
    """What other tools make of such a target, given input of this kind and these options."""
    kind = str(facts.options.get("input_is") or facts.loss.takes)
    dtype = str(facts.options.get("dtype", "float64"))
    named = {name: facts.options.get(name) for name in ("weight", "label_smoothing")}
    clips: dict[str, float] = {}
    for name, tool in _TOLD.items():
        with suppress(UsageError):  # it has no such loss
            CONVENTIONS[name].refuse(facts.loss.command, kind, named)
            if clip := CONVENTIONS[name].clip_of(dtype, kind):
                clips[tool] = clip
    parts = [
        f"{tool} takes {clip:.2g} for 0 ({number(-math.log(clip))} nats)".replace("e-0", "e-")
        for tool, clip in clips.items()
    ]
    if kind == "probs":
        parts.append("PyTorch's binary_cross_entropy stops at 100 nats")
    return f". Instead, {'; '.join(parts)}" if parts else ""


def impossible(facts: Facts) -> Observation | None:
    """Losses are infinite: of targets with probability 0, or multiplied by a huge weight.

    -log 0 is infinite, and one such target makes the mean infinite whatever the others are. A probability
    that was rounded to 0 in a file, or a class that the model masks, is the usual cause.

    Compare what other tools print with --convention all: those that clip replace 0 by a small number, each
    by its own, and some clip probabilities but no logits. Or compute from the logits, where nothing is
    rounded to 0. A finite loss can also be multiplied by a sample weight until no double holds it.

    Reference: scikit-learn documentation of log_loss: y_proba is clipped to [eps, 1 - eps].
    """
    count, products = facts.seen["infinite-loss"], facts.seen["overflowed-product"]
    impossible = count - products
    first = f"; the first is {facts.first_infinite}" if facts.first_infinite else ""
    clips = impossible > 0 and facts.offers_conventions
    causes = [f"{have(impossible, 'target')} probability 0, whose loss is infinite"] if impossible else []
    causes += (
        [f"{plural(products, 'finite loss')} times a sample weight exceeded 1.8e308"] if products else []
    )
    return Observation(
        f"{'; '.join(causes)}{first}{_instead(facts) if clips else ''}",
        count,
        {"first": facts.first_infinite} if facts.first_infinite else {},
        remedy=facts.again("--convention", "all") if clips else "",
    )


def no_number(facts: Facts) -> Observation | None:
    """Targets have a loss of NaN, and with them the mean is NaN.

    A NaN in the input makes the loss of its row NaN. So does a row without a softmax, with +inf in it or with
    -inf alone, and a weight of 0 on an infinite loss.

    Look at the row that is named, and at what wrote it. Without --allow-nonfinite a loss command refuses NaN
    and infinity in the data with their place.

    Reference: IEEE 754: inf - inf and 0 x inf are NaN, and so is every sum with a NaN.
    """
    count = facts.seen["nan-loss"]
    first = f"; the first is {facts.first_nan}" if facts.first_nan else ""
    return Observation(
        f"{have(count, 'target')} a loss of nan{first}",
        count,
        {"first": facts.first_nan} if facts.first_nan else {},
    )
