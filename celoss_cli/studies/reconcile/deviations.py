"""The tables of deviations that change the losses of the elements; one more is one more line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.losses.class_axis import softmax
from celoss_cli.losses.conventions import CONVENTIONS, Convention
from celoss_cli.losses.options import IGNORE_INDEX, LABEL_SMOOTHING, WEIGHT
from celoss_cli.studies.reconcile.setup import Change, Choice, choice

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = [
    "ROUNDINGS",
    "axis_choices",
    "class_weight_choices",
    "clip_choices",
    "column_choices",
    "element_labels",
    "exchanged_weights",
    "half_step",
    "hardened_labels",
    "ignore_choices",
    "label_choices",
    "named_labels",
    "position_choices",
    "precision_choices",
    "predicted_labels",
    "rescale_choices",
    "scale_choices",
    "smoothing_choices",
    "softened_labels",
    "weight_choices",
]

_MOST_SWAPPED = 6
"""Up to this many classes each two of them are exchanged."""

_MOST_CLASSES = 50
"""Up to this many classes each one is tried as the one that was left out, of more the first and last."""


# ------------------------------------------------------------------------------------------- the axis


def axis_choices(
    shape: Sequence[int], arrays: bool, class_axis: int | None, turnable: bool
) -> Iterator[Choice]:
    """A softmax over another axis than that of the classes, and classes along another axis.

    Args:
        shape: of the input, the classes on axis 1.
        arrays: whether the data can be turned by an option.
        class_axis: where the classes were in the data as it was given, if that was said.
        turnable: whether another axis may hold the classes: none was said, and the targets have no such axis.

    """
    if len(shape) < 2:
        return
    named = _axes_as_given(len(shape), class_axis)
    for axis in range(len(shape)):
        if axis != 1:
            at = named[axis]
            along = "axis 0, down the columns," if at == 0 else f"axis {at}"
            words = f"softmax over {along} instead of the classes"
            yield choice("axis", f"softmax-{at}", words, 1, axis=axis, axis_named=at)
    words = "softmax over all values at once, an exponential divided by the sum of all"
    yield choice("axis", "softmax-all", words, 2, alone=True, axis=None, axis_named=None)
    for axis in range(len(shape)):
        if turnable and axis != 1 and _turned(shape, axis) == tuple(shape) and np.prod(shape) > 1:
            words = f"the classes taken along axis {axis}"
            options = ("--class-axis", str(axis)) if arrays else None
            yield choice("axis", f"class-axis-{axis}", words, 2, options, turned=axis)
    if len(shape) > 2 and turnable:
        words = "rows and places made one axis by a reshape to (-1, C), which mixes classes and places"
        yield choice("axis", "reshaped", words, 2, rounded=_reshaped)


def _turned(shape: Sequence[int], axis: int) -> tuple[int, ...]:
    """The shape with this axis as axis 1: the targets fit it only where it stays what it is."""
    others = [*shape[:axis], *shape[axis + 1 :]]
    return (others[0], shape[axis], *others[1:])


def _axes_as_given(count: int, class_axis: int | None) -> list[int]:
    """The number that each axis had before the classes were moved to axis 1."""
    axes = list(range(count))
    if class_axis is not None:
        axes.insert(1, axes.pop(class_axis))
    return axes


def _reshaped(values: Array) -> Array:
    """(N, C, d...) read as rows of C values in the order of the memory, back in this shape."""
    rows, classes = values.shape[:2]
    mixed = values.reshape(rows, -1, classes)
    return np.moveaxis(mixed, -1, 1).reshape(values.shape)


# -------------------------------------------------------------------------------------- the precision


def _bfloat16(values: Array) -> Array:
    """To the nearest number of eight significant bits, ties to even, by the bits of a float32."""
    bits = values.astype(np.float32).view(np.uint32).astype(np.uint64)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return np.where(np.isfinite(values), rounded.astype(np.uint32).view(np.float32), values)


def _float16(values: Array) -> Array:
    with np.errstate(over="ignore"):
        return values.astype(np.float16).astype(np.float64)


ROUNDINGS: dict[str, Change] = {"float16": _float16, "bfloat16": _bfloat16}
"""Number types that celoss does not compute in, each with the rounding to it."""

_FRACTION = {"float16": 10, "bfloat16": 7}
"""Bits after the leading one."""


def half_step(name: str, value: float, reach: float) -> float:
    """How far off a result may be that rounds to a number of this type within ``reach`` of a value.

    0 where there is no such number: no result is rounded to it.
    """
    nearest = float(ROUNDINGS[name](np.array([value]))[0])
    if not nearest or not math.isfinite(nearest) or abs(nearest - value) > reach:
        return 0.0
    return 2.0 ** (math.floor(math.log2(abs(nearest))) - _FRACTION[name] - 1)


def _rounded(decimals: int) -> Change:
    return lambda values: np.round(values, decimals)


def _rounded_shares(decimals: int) -> Change:
    """Rounded probabilities of the classes on axis 1, which add up to 1 again."""

    def change(p: Array) -> Array:
        rounded = np.round(p, decimals)
        return np.asarray(rounded / rounded.sum(axis=1, keepdims=True))

    return change


def precision_choices(values: Array) -> Iterator[Choice]:
    """Computing in another precision, or of an input that went through one."""
    float32 = ("--dtype", "float32")
    yield choice("precision", "float32", "computed in float32", 2, float32, dtype="float32")
    for name, rounded in ROUNDINGS.items():
        if not np.array_equal(rounded(values), values, equal_nan=True):
            words = f"the input rounded to {name}"
            yield choice("precision", f"{name}-input", words, 3, rounded=rounded)
    for decimals in (4, 3, 2):
        words = f"the probabilities rounded to {decimals} decimals and divided by the sum of their row"
        name, rounding = f"probabilities-{decimals}-shares", _rounded_shares(decimals)
        yield choice("precision", name, words, 3, alone=True, probabilities=rounding)
        words = f"the probabilities rounded to {decimals} decimals"
        rounding = _rounded(decimals)
        yield choice("precision", f"probabilities-{decimals}", words, 3, probabilities=rounding)
        words = f"the loss of each row rounded to {decimals} decimals"
        yield choice("precision", f"rounded-{decimals}", words, 3, decimals=decimals)


# ------------------------------------------------------------------------------------------- clipping

_OTHER_CLIPS: tuple[tuple[str, str, float, float], ...] = (
    ("1.19e-07", "probabilities kept from 1.19e-07 to 1 - 1.19e-07 (eps of float32)", 2.0**-23, 1 - 2.0**-23),
    ("-100", "logarithms of at least -100 (binary_cross_entropy)", math.exp(-100), 1.0),
    *(
        (f"{eps:.0e}", f"probabilities of at least {eps:g}", eps, 1.0)
        for eps in (1e-5, 1e-6, 1e-8, 1e-9, 1e-10, 1e-12)
    ),
    *(
        (f"{eps:g}-both", f"probabilities kept from {eps:g} to 1 - {eps:g}", eps, 1 - eps)
        for eps in (0.001, 0.005, 0.01, 0.02, 0.05, 1e-4, 1e-5, 1e-6)
    ),
)
"""Clips that are no tool's convention in double precision: name, words, least and greatest probability."""

_ADDED = (1e-16, 1e-15, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 0.001, 0.01)
"""What is added to a probability before its logarithm is taken."""


def _kept(least: float, most: float, added: float = 0.0) -> Change:
    """Probabilities kept between two, with a little added, in their own precision."""
    return lambda p: np.clip(p, p.dtype.type(least), p.dtype.type(most)) + p.dtype.type(added)


def clip_choices() -> Iterator[Choice]:
    """Probabilities kept off 0 and 1 before their logarithm is taken, as tools do it or by hand."""
    known: dict[tuple[str, bool, bool], list[Convention]] = {}
    for convention in CONVENTIONS.values():
        if convention.clip and not convention.added:
            low = f"{convention.clip['float64']:.3g}"
            known.setdefault((low, convention.clips_above, convention.rescales), []).append(convention)
    for (low, above, rescales), tools in known.items():
        least, names = tools[0].clip["float64"], ", ".join(tool.name for tool in tools)
        kept = f"kept from {low} to 1 - {low}" if above else f"of at least {low}"
        words = f"probabilities {'divided by the sum of their row and ' if rescales else ''}{kept} ({names})"
        name, options = tools[0].name, ("--convention", tools[0].name)
        clipped = _kept(least, 1 - least if above else 1.0)
        yield choice("clip", f"{low}-{name}", words, 2, options, probabilities=clipped, rescaled=rescales)
    for name, words, least, most in _OTHER_CLIPS:
        alone, clipped = name.endswith("-both"), _kept(least, most)
        yield choice("clip", name, words, 3, alone=alone, probabilities=clipped)
    for convention in CONVENTIONS.values():
        if convention.added:
            least = convention.clip["float64"]
            kept = f"kept from {least:.3g} to 1 - {least:.3g}, {convention.added:.3g} added"
            words, name = f"probabilities {kept} ({convention.name})", f"{least:.3g}-{convention.name}"
            options, clipped = ("--convention", convention.name), _kept(least, 1 - least, convention.added)
            yield choice("clip", name, words, 2, options, probabilities=clipped)
    for eps in _ADDED:
        words = f"{eps:g} added to each probability"
        yield choice("clip", f"{eps:g}-added", words, 3, alone=True, probabilities=_plus(eps))


def _plus(eps: float) -> Change:
    return lambda p: p + p.dtype.type(eps)


def rescale_choices() -> Iterator[Choice]:
    """Probabilities that do not add up to 1, made to."""
    yield choice("clip", "rescaled", "each row of probabilities divided by its sum", 1, rescaled=True)


# --------------------------------------------------------------------------------------------- labels


def _moved(by: int, classes: int, last: bool) -> Change:
    """Class indices moved by one; markers that are no class stay. The last class stops, or comes round."""

    def change(target: Array) -> Array:
        moved = np.clip(target + by, 0, classes - 1) if last else (target + by) % classes
        return np.where((target >= 0) & (target <= classes - (by > 0)), moved, target)

    return change


def _next_row(by: int) -> Change:
    return lambda target: np.roll(target, by, axis=0)


def _beyond_the_end(by: int, axis: int, left_out: int) -> Change:
    """Targets moved along an axis; those that nothing takes the place of are left out."""

    def change(target: Array) -> Array:
        moved = np.roll(target, by, axis=axis)
        end = [slice(None)] * moved.ndim
        end[axis] = slice(0, by) if by > 0 else slice(by, None)
        moved[tuple(end)] = left_out
        return moved

    return change


def _row_shifts() -> Iterator[Choice]:
    words = "the rows of the targets in reversed order"
    yield choice("labels", "rows-reversed", words, 3, alone=True, labels=lambda target: target[::-1])
    for by, of in ((1, "row before"), (-1, "next row")):
        words = f"each row with the target of the {of}"
        yield choice("labels", f"rows{by:+d}", words, 3, labels=_next_row(by))


def position_choices(shape: Sequence[int], left_out: int) -> Iterator[Choice]:
    """Targets of the next or the previous position, as a language model's are, without one that comes round.

    Args:
        shape: of the targets, (rows, positions).
        left_out: the target that is not counted.

    """
    for axis, what in ((0, "row"), (1, "position")):
        for by in (-1, 1, -2):
            if shape[axis] > abs(by):
                of = f"{'next' if by < 0 else 'previous'} {what}{' but one' if abs(by) > 1 else ''}"
                name = f"{what}s{by:+d}-ends"
                words = f"each {what} with the target of the {of}, those at the end left out"
                moved = _beyond_the_end(by, axis, left_out)
                yield choice("labels", name, words, 2 if by == -1 else 3, alone=True, labels=moved)


def predicted_labels(predicted: Array) -> Iterator[Choice]:
    """The classes of the largest predictions in place of the targets that are counted."""
    words = "the class of the largest prediction taken for the target"

    def change(target: Array) -> Array:
        return np.where(target >= 0, predicted, target)

    yield choice("labels", "predicted", words, 3, alone=True, labels=change)


def hardened_labels() -> Iterator[Choice]:
    """Distributions replaced by their most likely class."""
    words = "the most likely class of each target in place of its distribution"

    def change(target: Array) -> Array:
        return (np.arange(target.shape[1])[None, :, None] == target.argmax(axis=1)[:, None]).astype(
            np.float64
        )

    yield choice("labels", "hardened", words, 2, alone=True, labels=change)


def softened_labels() -> Iterator[Choice]:
    """Distributions taken for logits."""
    words = "the softmax taken of the targets, which are distributions already"
    yield choice("labels", "softmax", words, 3, alone=True, labels=lambda target: softmax(target, 1))


def label_choices(classes: int, rows: int) -> Iterator[Choice]:
    """Class indices that are off by one, or stand in another row."""
    for by, what in ((-1, "less 1"), (1, "plus 1")):
        how = "the first class stays" if by < 0 else "the last class stays"
        around = "class 0 becomes the last" if by < 0 else "the last class becomes class 0"
        at_end, round_again = _moved(by, classes, True), _moved(by, classes, False)
        yield choice("labels", f"{by:+d}", f"each label {what}, {how}", 2, labels=at_end)
        yield choice("labels", f"{by:+d}-modulo", f"each label {what}, {around}", 3, labels=round_again)
    yield choice(
        "labels", "reversed", "the classes in reversed order", 2, alone=True, labels=_reversed(classes)
    )
    if classes <= _MOST_SWAPPED:
        for one, other in combinations(range(classes), 2):
            words = f"the classes {one} and {other} exchanged"
            swapped = _exchanged(one, other)
            yield choice("labels", f"{one}<->{other}", words, 3, alone=True, labels=swapped)
    if rows > 1:
        yield from _row_shifts()


def _reversed(classes: int) -> Change:
    return lambda target: np.where((target >= 0) & (target < classes), classes - 1 - target, target)


def _exchanged(one: int, other: int) -> Change:
    return lambda target: np.where(target == one, other, np.where(target == other, one, target))


def scale_choices() -> Iterator[Choice]:
    """Logits of the other sign, or divided by a temperature."""
    words = "the input with the other sign"
    yield choice("scale", "negated", words, 2, alone=True, rounded=np.negative)
    for temperature in (0.5, 2.0, 0.1, 10.0, 1.5, 0.7, 3.0, 4.0, 5.0, 0.25, 0.07, 20.0):
        words = f"the logits divided by a temperature of {temperature:g}"
        yield choice(
            "scale", f"temperature-{temperature:g}", words, 3, alone=True, rounded=_divided(temperature)
        )


def _divided(by: float) -> Change:
    return lambda values: values / by


def named_labels(names: Sequence[str]) -> Iterator[Choice]:
    """Classes numbered in alphabetical order where the columns have another."""
    order = sorted(names)
    if list(names) != order and len(set(order)) == len(order):
        number = np.array([order.index(name) for name in names])

        def change(target: Array) -> Array:
            inside = (target >= 0) & (target < len(number))
            return np.where(inside, number[np.where(inside, target, 0)], target)

        words = "classes numbered in alphabetical order, not in that of the columns"
        yield choice("labels", "alphabetical", words, 2, labels=change)


def element_labels(low: float, rows: int) -> Iterator[Choice]:
    """The two answers exchanged, or targets of another row; ``low`` is the negative answer."""
    yield choice("labels", "flipped", "the two answers exchanged", 2, labels=lambda t: 1 + low - t)
    if rows > 1:
        yield from _row_shifts()


# --------------------------------------------------------------------------- smoothing, ignoring, weights


def smoothing_choices(given: float, classes: int) -> Iterator[Choice]:
    """Usual label smoothing, eps spread over all classes or over the others only."""
    if given:
        yield choice("smoothing", "none", "without label smoothing", 1, (), "label_smoothing", smoothing=0.0)
    for eps in (0.1, 0.05, 0.2, 0.01, 0.02, 0.15, 0.25, 0.3):
        cost = 1 if eps == 0.1 else 2
        for name, words, used in (
            (f"{eps:g}", f"label smoothing {eps:g}", eps),
            (
                f"{eps:g}-others",
                f"label smoothing {eps:g} spread over the other classes, eps/(C-1)",
                eps * classes / (classes - 1),
            ),
        ):
            if used != given and used <= 1:
                options = (LABEL_SMOOTHING.flag, repr(used))
                drops = LABEL_SMOOTHING.name if given else ""
                yield choice("smoothing", name, words, cost, options, drops, smoothing=used)
            cost += 1


def ignore_choices(target: Array, given: int, classes: int) -> Iterator[Choice]:
    """Targets left out that were counted, or counted that were left out."""
    present = set(np.unique(target).tolist())
    drops = IGNORE_INDEX.name if given != -100 else ""
    if given in present and given >= 0:
        words = f"targets {given} counted, not ignored"
        yield choice("ignored", "none", words, 1, (), drops, ignore_index=-100)
    for marker in dict.fromkeys((given, -1, 255, -100)):
        if marker in present and not 0 <= marker < classes:
            words, name = (
                f"targets {marker} counted as class 0",
                "as-0" if marker == given else f"{marker}-as-0",
            )
            yield choice("ignored", name, words, 2, labels=_as_first(marker))
    few = range(classes) if classes <= _MOST_CLASSES else (0, classes - 1)
    for index in (-100, -1, 255, *few):
        if index != given and index in present:
            words = f"targets {index} ignored"
            options = (IGNORE_INDEX.flag, str(index))
            yield choice("ignored", str(index), words, 1, options, drops, ignore_index=index)


def _as_first(marker: int) -> Change:
    return lambda target: np.where(target == marker, 0, target)


def weight_choices(given: Iterable[str]) -> Iterator[Choice]:
    """The weights that were given, left out."""
    for name, words, option in (
        ("weight", "without the weights", "weight"),
        ("pos_weight", "without the positive weight", "pos_weight"),
        ("sample_weight", "without the weights of the rows", "weight_column"),
    ):
        if name in given:
            # Nothing takes away a column that the header itself calls a weight.
            options = None if name == "sample_weight" else ()
            found = choice(name, "unused", words, 1, options, option)
            yield replace(found, sets={name: False})


def class_weight_choices(weight: Array | None, counts: Array) -> Iterator[Choice]:
    """Other weights of the classes than those that were given, if any.

    Args:
        weight: that was given, or None.
        counts: how many targets each class has.

    """
    with np.errstate(all="ignore"):
        found = _of_counts(counts) if weight is None else _of_weights(weight)
    for name, words, used in found:
        if np.isfinite(used).all() and (used >= 0).all() and used.any():
            values = tuple(used.tolist())
            options = (WEIGHT.flag, ",".join(map(repr, values)))
            made = choice("weight", name, words, 3, options, WEIGHT.name, alone=True)
            yield replace(made, sets={"class_weights": values, "weight": True})


def _of_weights(weight: Array) -> list[tuple[str, str, Array]]:
    """What weights are mistaken for."""
    return [
        ("inverse", "1 / weight in place of the weights of the classes", 1 / weight),
        ("squared", "the weights of the classes squared", weight**2),
        ("root", "the roots of the weights of the classes", np.sqrt(weight)),
        ("reversed", "the weights of the classes in reversed order", weight[::-1]),
        ("sorted", "the weights of the classes in ascending order", np.sort(weight)),
    ]


def _of_counts(counts: Array) -> list[tuple[str, str, Array]]:
    """Weights that are made of the counts of the classes, where none were given."""
    shares = counts / counts.sum()
    effective = [
        (
            f"effective-{beta:g}",
            f"weights of the classes by the effective number, beta {beta:g}",
            (1 - beta) / (1 - beta**counts),
        )
        for beta in (0.9, 0.99, 0.999, 0.9999)
    ]
    return [
        ("root-inverse", "weights of the classes, 1 / the root of their counts", 1 / np.sqrt(counts)),
        ("complement", "weights of the classes, 1 - their frequency", 1 - shares),
        ("frequency", "weights of the classes, their frequency", shares),
        ("minus-log", "weights of the classes, -log of their frequency", -np.log(shares)),
        *effective,
    ]


def column_choices(classes: int, ignored: int) -> Iterator[Choice]:
    """The first or last column left out of the softmax, and the targets of its class with it."""
    for which, column in (("first", 0), ("last", classes - 1)):
        words = f"the {which} class left out, its column and its targets"
        without, fewer = _without_column(column), _marked(column, ignored)
        yield choice("labels", f"no-{which}", words, 3, alone=True, rounded=without, labels=fewer)


def _without_column(column: int) -> Change:
    def change(values: Array) -> Array:
        fewer = np.array(values, np.float64)
        fewer[:, column] = -np.inf
        return fewer

    return change


def _marked(column: int, ignored: int) -> Change:
    return lambda target: np.where(target == column, ignored, target)


def exchanged_weights(given: Iterable[str]) -> Iterator[Choice]:
    """A weight of elements taken for that of the positive answers, or the other way."""
    if "weight" in given:
        words = "the weight taken for the weight of the positive answers"
        yield choice("weight", "as-pos_weight", words, 2, alone=True, exchanged=True)
    if "pos_weight" in given:
        words = "the weight of the positive answers taken for that of all"
        yield choice("pos_weight", "as-weight", words, 2, alone=True, exchanged=True)
