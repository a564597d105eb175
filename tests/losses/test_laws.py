"""Laws that hold for every loss, whatever the data."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from itertools import pairwise
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from cases import each
from hypothesis import example, given
from hypothesis import strategies as st
from profiles import examples, some

from celoss_cli import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    log_softmax,
    nll_loss,
    sigmoid,
    soft_margin_loss,
    softmax,
)
from celoss_cli.core import exact
from celoss_cli.core.data import Batch, Tally
from celoss_cli.core.errors import InputError
from celoss_cli.core.scratch import Scratch
from celoss_cli.evaluate.loop import Evaluation, Request, evaluate
from celoss_cli.evaluate.workings import Recorder, Step, Workings
from celoss_cli.losses import LOSSES, class_axis, elementwise, pieces
from celoss_cli.losses.base import SAMPLE_WEIGHT, Loss
from celoss_cli.losses.binary_brier_score import BinaryBrier
from celoss_cli.losses.binary_cross_entropy import BinaryCrossEntropy
from celoss_cli.losses.binary_cross_entropy_with_logits import BinaryCrossEntropyWithLogits
from celoss_cli.losses.brier_score import Brier
from celoss_cli.losses.by_convention import CrossEntropyByConvention
from celoss_cli.losses.cross_entropy import CrossEntropy
from celoss_cli.losses.focal_loss import Focal
from celoss_cli.losses.js_div import JensenShannon
from celoss_cli.losses.kl_div import KullbackLeibler
from celoss_cli.losses.nll_loss import NegativeLogLikelihood
from celoss_cli.losses.pieces import losses_of
from celoss_cli.losses.sigmoid_focal_loss import SigmoidFocal
from celoss_cli.losses.soft_margin_loss import SoftMargin

CLASSES = (1, 2, 8, 9, 63, 64, 65, 200)
IGNORED = -100
Random = np.random.Generator
SEEDS = st.integers(0, 2**32 - 1)
quick = examples(25)


# -------------------------------------------------------------------------------------- the examples


@dataclass(frozen=True)
class Kind:
    """A loss with its options, and data that it takes.

    Attributes:
        name: shown in the test's name.
        loss: from the number of classes (or elements of a row) and a source of numbers.
        targets: from the shape of the input.
        bounded: whether the input is a probability.

    """

    name: str
    loss: Callable[[int, Random], Loss]
    targets: Callable[[Random, tuple[int, ...]], np.ndarray]
    bounded: bool = False

    def data(self, random: Random, shape: tuple[int, ...]) -> Batch:
        if self.bounded:
            x = random.choice([0.0, 1.0, 0.5, *random.uniform(0, 1, 20)], shape)
        else:
            x = random.normal(0, 10, shape)
            x[random.random(shape) < 0.02] = random.choice([np.nan, np.inf, -np.inf, 1e300, -1e300, 0.0])
        return Batch(x, self.targets(random, shape), {SAMPLE_WEIGHT: random.uniform(0, 3, shape[0])})


def indices(random: Random, shape: tuple[int, ...]) -> np.ndarray:
    y = random.integers(0, shape[1], (shape[0], *shape[2:]))
    y[random.random(y.shape) < 0.2] = IGNORED
    return y


def distributions(random: Random, shape: tuple[int, ...]) -> np.ndarray:
    return softmax(random.normal(size=shape), axis=1)


def fractions(random: Random, shape: tuple[int, ...]) -> np.ndarray:
    return random.choice([0.0, 1.0, *random.uniform(0, 1, 20)], shape)


def labels(random: Random, shape: tuple[int, ...]) -> np.ndarray:
    return random.choice([-1.0, 1.0], shape)


def log_fractions(random: Random, shape: tuple[int, ...]) -> np.ndarray:
    return random.choice([0.0, -np.inf, *random.uniform(-20, 0, 20)], shape)


def factors(n: int, random: Random) -> np.ndarray:
    return random.uniform(0, 3, n)


KINDS = [
    Kind("ce", lambda n, random: CrossEntropy(), indices),
    Kind("ce, weight", lambda n, random: CrossEntropy(weight=factors(n, random)), indices),
    Kind(
        "ce, ignore_index inside",
        lambda n, random: CrossEntropy(ignore_index=n - 1),
        lambda r, s: abs(indices(r, s)) % s[1],
    ),
    Kind(
        "ce, smooth, weight",
        lambda n, random: CrossEntropy(weight=factors(n, random), label_smoothing=0.1),
        indices,
    ),
    Kind("ce, probabilities", lambda n, random: CrossEntropy(), distributions),
    Kind(
        "ce, probabilities, smooth, weight",
        lambda n, random: CrossEntropy(weight=factors(n, random), label_smoothing=0.3),
        distributions,
    ),
    Kind("ce, bits", lambda n, random: CrossEntropy(base="2"), indices),
    Kind("ce, float32", lambda n, random: CrossEntropy(dtype="float32", weight=factors(n, random)), indices),
    Kind("nll", lambda n, random: NegativeLogLikelihood(), indices),
    Kind("nll, weight", lambda n, random: NegativeLogLikelihood(weight=factors(n, random)), indices),
    Kind("bce", lambda n, random: BinaryCrossEntropy(), fractions, bounded=True),
    Kind(
        "bce, weight", lambda n, random: BinaryCrossEntropy(weight=np.float64(2.5)), fractions, bounded=True
    ),
    Kind("bce-logits", lambda n, random: BinaryCrossEntropyWithLogits(), fractions),
    Kind(
        "bce-logits, weight, pos_weight",
        lambda n, random: BinaryCrossEntropyWithLogits(weight=[0.5], pos_weight=random.uniform(0, 3, 1)),
        fractions,
    ),
    Kind(
        "bce-logits, dits, float32",
        lambda n, random: BinaryCrossEntropyWithLogits(base="10", dtype="float32"),
        fractions,
    ),
    Kind("soft-margin", lambda n, random: SoftMargin(), labels),
    Kind("kl", lambda n, random: KullbackLeibler(), fractions),
    Kind("kl, log_target", lambda n, random: KullbackLeibler(log_target=True), log_fractions),
    Kind("js", lambda n, random: JensenShannon(), distributions, bounded=True),
    Kind("js, indices", lambda n, random: JensenShannon(), indices, bounded=True),
    Kind("js, logs", lambda n, random: JensenShannon(input_is="log-probs", log_target=True), log_fractions),
    Kind("focal", lambda n, random: Focal(), indices),
    Kind("focal, weight", lambda n, random: Focal(gamma=0.7, weight=factors(n, random)), indices),
    Kind("focal-binary", lambda n, random: SigmoidFocal(), fractions),
    Kind("brier", lambda n, random: Brier(), indices, bounded=True),
    Kind(
        "brier of logits, weight",
        lambda n, random: Brier(input_is="logits", weight=factors(n, random)),
        indices,
    ),
    Kind("brier of logarithms", lambda n, random: Brier(input_is="log-probs"), indices),
    Kind("brier-binary", lambda n, random: BinaryBrier(), fractions, bounded=True),
    Kind(
        "brier-binary of logits, weight",
        lambda n, random: BinaryBrier(input_is="logits", weight=np.float64(2.5)),
        fractions,
    ),
    Kind("focal-binary, no alpha, bits", lambda n, random: SigmoidFocal(alpha=-1, base="2"), fractions),
]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
SHAPES = st.tuples(st.integers(1, 12), st.sampled_from(CLASSES)) | st.tuples(
    st.integers(1, 5), st.sampled_from((1, 2, 9, 64)), st.integers(1, 7)
)
SMALL = st.tuples(st.integers(1, 4), st.sampled_from((1, 2, 9, 64))) | st.tuples(
    st.integers(1, 3), st.sampled_from((1, 2, 9)), st.integers(1, 3)
)


def test_every_loss_is_among_the_examples() -> None:
    random = np.random.default_rng(0)
    assert {type(kind.loss(2, random)) for kind in KINDS} == {spec.loss for spec in LOSSES.values()}


def totals(loss: Loss, *batches: Batch, jobs: int = 1) -> Tally:
    return evaluate(loss, batches, Request(jobs=jobs)).tally


def shown(loss: Loss, batch: Batch, **request: Any) -> Evaluation:
    """An evaluation with the workings of every element."""
    return evaluate(loss, [batch], Request(show=1 << 30, **request))


def step(workings: Workings, name: str) -> Any:
    return next(step.value for step in workings.steps if step.name == name)


def assert_same_bits(found: np.ndarray, expected: np.ndarray) -> None:
    """Equal bits; any NaN is equal to any other, as an operation may keep either operand's sign."""
    assert found.dtype == expected.dtype
    nan = np.isnan(expected)
    np.testing.assert_array_equal(np.isnan(found), nan)
    assert found[~nan].tobytes() == expected[~nan].tobytes()


# ---------------------------------------------------------------------------------- splits and merges


@every_kind
@quick
@given(seed=SEEDS, shape=SHAPES, cuts=st.lists(st.integers(0, 12), max_size=4), jobs=st.integers(1, 3))
def test_any_split_into_batches_and_any_number_of_jobs_gives_the_same_bits(
    kind: Kind, seed: int, shape: tuple[int, ...], cuts: list[int], jobs: int
) -> None:
    random = np.random.default_rng(seed)
    loss, batch = kind.loss(shape[1], random), kind.data(random, shape)
    edges = sorted({0, len(batch), *(cut for cut in cuts if cut < len(batch))})
    parts = [batch.rows(start, stop) for start, stop in pairwise(edges)]
    whole = totals(loss, batch)

    assert totals(loss, *parts, jobs=jobs) == whole
    assert totals(loss, *reversed(parts)) == whole
    assert sum((totals(loss, part) for part in parts), Tally()) == whole
    assert_same_bits(
        np.concatenate([losses_of(loss, part, 1) for part in parts]), losses_of(loss, batch, jobs)
    )


@each("kind", KINDS)
@each("classes", some(CLASSES, 3))
def test_single_rows_give_the_same_bits_as_all_rows_at_once(kind: Kind, classes: int) -> None:
    random = np.random.default_rng(classes)
    loss, batch = kind.loss(classes, random), kind.data(random, (40, classes))
    rows = [batch.rows(row, row + 1) for row in range(len(batch))]

    assert totals(loss, *rows) == totals(loss, batch)
    assert_same_bits(np.concatenate([losses_of(loss, row, 1) for row in rows]), losses_of(loss, batch, 1))


@every_kind
@quick
@given(seed=SEEDS, shape=SHAPES, size=st.integers(1, 40), jobs=st.integers(1, 2))
def test_the_sizes_of_pieces_and_blocks_do_not_matter(
    kind: Kind, seed: int, shape: tuple[int, ...], size: int, jobs: int
) -> None:
    random = np.random.default_rng(seed)
    loss, batch = kind.loss(shape[1], random), kind.data(random, shape)
    whole, losses = totals(loss, batch), losses_of(loss, batch, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_MOST_PIECE_BYTES", 8 * size * shape[1])
        patch.setattr(class_axis, "_BLOCK_BYTES", 4 * size * shape[1])
        patch.setattr(elementwise, "_BLOCK", size)
        patch.setattr(exact, "_BLOCK", size)
        assert totals(loss, batch, jobs=jobs) == whole
        assert_same_bits(losses_of(loss, batch, jobs), losses)


@each("kind", KINDS)
@each("classes", some([3, 7, 20, 70, 129, 1023, 1025]))
def test_many_rows_give_the_same_bits_as_few(kind: Kind, classes: int) -> None:
    random = np.random.default_rng(classes)
    loss, batch = kind.loss(classes, random), kind.data(random, (600, classes))
    few = [batch.rows(row, row + 50) for row in range(0, 600, 50)]
    assert totals(loss, *few) == totals(loss, batch)
    assert_same_bits(np.concatenate([losses_of(loss, part, 1) for part in few]), losses_of(loss, batch, 1))


@each("dtype", ["float64", "float32"])
@each("given_as", ["float64", "float32", "int8"])
@each("classes", some([4, 5, 15, 16, 17, 33, 62, 63, 64], 3))
@each("rows", some([255, 256, 257, 1100]))
def test_rows_of_any_layout_and_number_give_the_same_bits(
    rows: int, classes: int, given_as: str, dtype: str
) -> None:
    random = np.random.default_rng(rows)
    x = (10 * random.normal(size=(rows, classes))).astype(given_as)
    if x.dtype.kind == "f":
        x[[7, 8, 9], [0, 1, classes - 1]] = np.nan, np.inf, -np.inf
    y = random.integers(0, classes, rows)
    loss = CrossEntropy(dtype=dtype, weight=random.random(classes))
    few = np.concatenate(
        [losses_of(loss, Batch(x[i : i + 100], y[i : i + 100]), 1) for i in range(0, rows, 100)]
    )
    assert_same_bits(losses_of(loss, Batch(x, y), 1), few)
    alone = [losses_of(loss, Batch(x[i : i + 1], y[i : i + 1]), 1) for i in range(50)]
    assert_same_bits(np.concatenate(alone), few[:50])
    wide = np.repeat(x, 3, axis=1)
    assert_same_bits(losses_of(loss, Batch(wide[:, ::3], y), 1), few)
    assert_same_bits(
        losses_of(loss, Batch(wide[:, :classes], y), 2),
        losses_of(loss, Batch(wide[:, :classes].copy(), y), 1),
    )


@each("dtype", ["float64", "float32"])
@each("given_as", ["float64", "float32", "int8"])
@each("classes", [64, 100, 1025])
@each("shape", some([(2, 31), (2, 256), (3, 512), (1, 2048), (31, 1), (2048, 1)], 3))
def test_classes_a_power_of_two_apart_give_the_same_bits_as_classes_side_by_side(
    shape: tuple[int, int], classes: int, given_as: str, dtype: str
) -> None:
    rows, positions = shape
    random = np.random.default_rng(classes)
    x = (10 * random.normal(size=(rows, classes, positions))).astype(given_as)
    if x.dtype.kind == "f":
        x[0, [0, 1, classes - 1], positions // 2] = np.nan, np.inf, -np.inf
    if positions == 1:
        x = np.asfortranarray(x)
    y = random.integers(0, classes, shape)
    loss = CrossEntropy(dtype=dtype, weight=random.random(classes))
    beside = x.transpose(0, 2, 1).reshape(-1, classes).copy()
    assert_same_bits(losses_of(loss, Batch(x, y), 2), losses_of(loss, Batch(beside, y.reshape(-1)), 1))


@every_kind
@quick
@given(seed=SEEDS, shape=SHAPES)
def test_the_memory_layout_of_the_input_does_not_matter(
    kind: Kind, seed: int, shape: tuple[int, ...]
) -> None:
    random = np.random.default_rng(seed)
    loss, batch = kind.loss(shape[1], random), kind.data(random, shape)
    turned = Batch(np.asfortranarray(batch.input), np.asfortranarray(batch.target), batch.aligned)
    strided = Batch(np.repeat(batch.input, 2, axis=1)[:, ::2], batch.target, batch.aligned)
    assert totals(loss, turned) == totals(loss, batch)
    assert totals(loss, strided) == totals(loss, batch)


@every_kind
@quick
@given(seed=SEEDS, shape=SHAPES)
def test_tallies_form_a_commutative_monoid_with_subtraction(
    kind: Kind, seed: int, shape: tuple[int, ...]
) -> None:
    random = np.random.default_rng(seed)
    loss = kind.loss(shape[1], random)
    a, b, c = (totals(loss, kind.data(random, shape)) for _ in range(3))
    assert a + Tally() == a == Tally() + a
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert (a + b) - b == a


@every_kind
@quick
@given(seed=SEEDS, shape=SMALL)
def test_the_input_is_not_changed(kind: Kind, seed: int, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(seed)
    loss, batch = kind.loss(shape[1], random), kind.data(random, shape)
    before = batch.input.tobytes(), batch.target.tobytes()
    shown(loss, batch, gradient=True)
    assert (batch.input.tobytes(), batch.target.tobytes()) == before


@pytest.mark.parametrize("classes", [8, 64])
def test_threads_do_not_share_buffers(classes: int) -> None:
    random = np.random.default_rng(classes)
    loss, batch = CrossEntropy(), Batch(random.normal(size=(1 << 14, classes)), np.arange(1 << 14) % classes)
    whole = totals(loss, batch)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_MOST_PIECE_BYTES", 1 << 17)
        assert totals(loss, batch, jobs=4) == whole


def test_buffers_outlive_their_thread_and_belong_to_one_at_a_time() -> None:
    def here() -> Scratch:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(Scratch.here).result()

    first = here()
    gc.collect()
    assert here() is first
    barrier = Barrier(2)

    def held() -> Scratch:
        found = Scratch.here()
        barrier.wait()
        return found

    with ThreadPoolExecutor(2) as pool:
        mine, theirs = (done.result() for done in [pool.submit(held), pool.submit(held)])
    assert mine is not theirs


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_refusal_names_the_place_that_the_source_gave_to_the_row(jobs: int) -> None:
    batch = Batch(np.zeros((9, 2)), np.array([0] * 7 + [5, 0]), place=lambda row: f"preds.csv:{row + 2}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_MOST_PIECE_BYTES", 32)
        with pytest.raises(InputError, match=r"^preds.csv:9: Expected a target from 0 to 1"):
            totals(CrossEntropy(), batch.rows(0, 4), batch.rows(4, 9), jobs=jobs)


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_the_first_bad_row_in_order_is_refused_for_any_number_of_jobs(jobs: int) -> None:
    good, bad, worse = np.zeros(4, int), np.array([0, 7, 0, 0]), np.array([0.5])
    batches = [Batch(np.zeros((len(y), 3)), y) for y in (good, bad, worse, bad)]
    with pytest.raises(InputError, match=r"^row 1: Expected a target from 0 to 2 \(3 classes\), got 7\.$"):
        totals(CrossEntropy(), *batches, jobs=jobs)


@pytest.mark.parametrize(
    "request_", [Request(), Request(show=5, gradient=True), Request(keep=True, strict=True)]
)
def test_what_else_is_asked_for_does_not_change_a_refusal(request_: Request) -> None:
    batch = Batch(np.full((2, 3), 0.5), np.array([[0.0, 1.0, 0.0], [0.0, 1.0, 2.0]]))
    with pytest.raises(InputError, match=r"^row 1 \[2\]: Expected a target from 0 to 1, got 2\.$"):
        evaluate(BinaryCrossEntropy(), [batch], request_)
    batch = Batch(np.zeros((2, 3)), np.array([1, 3]))
    with pytest.raises(
        InputError,
        match=r"^row 1: .* \(the targets run from 1 to 3\) \(--first-class 1\)$",
    ):
        evaluate(CrossEntropy(), [batch], request_)


# --------------------------------------------------------------------------------- laws of the losses


@pytest.mark.parametrize("function", [cross_entropy, nll_loss])
@quick
@given(seed=SEEDS, classes=st.sampled_from(CLASSES), weighted=st.booleans(), inside=st.booleans())
def test_an_ignored_row_is_a_dropped_row(
    function: Callable[..., Any], seed: int, classes: int, weighted: bool, inside: bool
) -> None:
    random = np.random.default_rng(seed)
    x, y = random.normal(0, 5, (12, classes)), random.integers(0, classes, 12)
    ignored = random.random(12) < 0.5
    index = 0 if inside else IGNORED
    y = np.where(ignored, index, y)
    kept = y != index
    x[~kept] = random.choice([np.nan, np.inf, 3.0], (int((~kept).sum()), classes))
    weight = factors(classes, random) if weighted else None
    for reduction in ("mean", "sum"):
        found = function(x, y, weight, index, reduction)
        assert_same_bits(
            np.float64(found)[None], np.float64(function(x[kept], y[kept], weight, -1, reduction))[None]
        )


@quick
@given(seed=SEEDS, classes=st.sampled_from(CLASSES), shift=st.integers(-1000, 1000))
def test_adding_a_constant_to_the_logits_changes_nothing(seed: int, classes: int, shift: int) -> None:
    """But for the last digits: exponentials of other numbers are rounded otherwise."""
    random = np.random.default_rng(seed)
    x = random.integers(-4000, 4000, (6, classes)) / 256  # so that the shift itself is exact
    y, q = random.integers(0, classes, 6), distributions(random, x.shape)
    for target in (y, q):
        np.testing.assert_allclose(
            cross_entropy(x + shift, target, reduction="none", label_smoothing=0.1),
            cross_entropy(x, target, reduction="none", label_smoothing=0.1),
            rtol=4e-15,
        )
    np.testing.assert_allclose(cross_entropy(x + shift, y), cross_entropy(x, y), rtol=4e-15)
    np.testing.assert_allclose(softmax(x + shift), softmax(x), rtol=4e-15)


@quick
@given(seed=SEEDS, classes=st.sampled_from(CLASSES), weighted=st.booleans())
def test_cross_entropy_is_nll_loss_of_the_log_softmax(seed: int, classes: int, weighted: bool) -> None:
    random = np.random.default_rng(seed)
    x = random.normal(0, 20, (4, classes, 3))
    y = indices(random, x.shape)
    weight = factors(classes, random) if weighted else None
    for reduction in ("none", "mean", "sum"):
        np.testing.assert_allclose(
            nll_loss(log_softmax(x, axis=1), y, weight, reduction=reduction),
            cross_entropy(x, y, weight, reduction=reduction),
            rtol=1e-14,
        )


@quick
@given(seed=SEEDS, classes=st.sampled_from(CLASSES), eps=st.sampled_from([0.0, 0.1, 1.0]))
def test_one_hot_probabilities_are_class_indices(seed: int, classes: int, eps: float) -> None:
    random = np.random.default_rng(seed)
    x, y = random.normal(0, 20, (6, classes)), random.integers(0, classes, 6)
    for reduction in ("none", "mean", "sum"):
        np.testing.assert_allclose(
            cross_entropy(x, np.eye(classes)[y], reduction=reduction, label_smoothing=eps),
            cross_entropy(x, y, reduction=reduction, label_smoothing=eps),
            rtol=1e-14,
        )


SCORES = st.floats(-700, 700)
UNIT = st.floats(0, 1)


@given(z=st.floats(-30, 30), t=UNIT)
def test_bce_of_the_sigmoid_is_bce_with_logits(z: float, t: float) -> None:
    # 1 - p has an absolute error of an ulp of 1, and exp(30) times that is a relative one
    tolerance = 4 * np.finfo(float).eps * (1 + math.exp(abs(z)))
    found = binary_cross_entropy(sigmoid([z]), [t])
    assert found == pytest.approx(binary_cross_entropy_with_logits([z], [t]), rel=1e-14, abs=tolerance)


@given(s=SCORES | st.sampled_from([math.inf, -math.inf]), positive=st.booleans())
def test_soft_margin_is_bce_with_logits_of_the_label_as_0_or_1(s: float, positive: bool) -> None:
    found = soft_margin_loss([s], [1 if positive else -1])
    assert found == binary_cross_entropy_with_logits([s], [1 if positive else 0])


@given(z=SCORES, positive=st.booleans())
def test_bce_with_logits_is_cross_entropy_of_two_classes(z: float, positive: bool) -> None:
    found = binary_cross_entropy_with_logits([z], [int(positive)])
    assert found == pytest.approx(cross_entropy([[0.0, z]], [int(positive)]), rel=1e-15, abs=0)


@given(z=SCORES)
def test_sigmoid_is_the_softmax_of_zero_and_its_argument(z: float) -> None:
    assert sigmoid([z])[0] == pytest.approx(softmax([0.0, z])[1], rel=1e-15, abs=0)


@quick
@given(
    seed=SEEDS,
    shape=st.tuples(st.integers(1, 5), st.sampled_from(CLASSES), st.integers(1, 4)),
    axis=st.integers(-3, 2),
)
def test_softmax_sums_to_1_along_its_axis_and_is_the_exponential_of_its_logarithm(
    seed: int, shape: tuple[int, ...], axis: int
) -> None:
    x = np.random.default_rng(seed).normal(0, 10, shape)
    p = softmax(x, axis)
    assert p.shape == x.shape
    np.testing.assert_allclose(p.sum(axis), 1, rtol=1e-14)
    np.testing.assert_allclose(np.exp(log_softmax(x, axis)), p, rtol=1e-13)


# -------------------------------------------------------------------------------------------- traces


def last_term(steps: tuple[Step, ...]) -> np.ndarray:
    return np.asarray([step for step in steps if step.level == "term"][-1].value)


@every_kind
@quick
@given(seed=SEEDS, shape=SMALL)
def test_the_last_traced_term_is_the_loss(kind: Kind, seed: int, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(seed)
    loss, batch = kind.loss(shape[1], random), kind.data(random, shape)
    losses = losses_of(loss, batch, 1)
    workings = shown(loss, batch, gradient=True).workings

    assert len(workings) == losses.size
    assert_same_bits(np.array([last_term(working.steps) for working in workings]), losses)
    assert_same_bits(np.array([working.row.loss for working in workings]), losses.astype(np.float64))


@every_kind
@quick
@given(seed=SEEDS, shape=SMALL)
def test_a_recorded_run_gives_the_same_bits_as_a_silent_one(
    kind: Kind, seed: int, shape: tuple[int, ...]
) -> None:
    random = np.random.default_rng(seed)
    loss = kind.loss(shape[1], random)
    batch = loss.canonical(kind.data(random, shape))
    recorded, silent = loss.terms(batch, Recorder(with_gradient=True)), loss.terms(batch)

    assert_same_bits(recorded.loss, silent.loss)
    assert_same_bits(recorded.weight, silent.weight)
    assert recorded.weight_is == silent.weight_is
    assert recorded.clamped == silent.clamped


@every_kind
@quick
@given(seed=SEEDS, shape=SMALL)
def test_the_tally_of_the_shown_elements_is_part_of_the_whole(
    kind: Kind, seed: int, shape: tuple[int, ...]
) -> None:
    random = np.random.default_rng(seed)
    loss, batch = kind.loss(shape[1], random), kind.data(random, shape)
    found = shown(loss, batch)
    assert found.shown.loss == found.tally.loss
    assert found.shown.weight == found.tally.weight
    assert found.shown.elements == found.tally.elements
    assert found.shown.ignored == found.tally.ignored
    assert found.shown.clamped == found.tally.clamped


@every_kind
@quick
@given(seed=SEEDS, shape=SMALL, cut=st.integers(0, 12), count=st.integers(0, 30))
def test_the_first_elements_are_shown_in_order_whatever_the_batches(
    kind: Kind, seed: int, shape: tuple[int, ...], cut: int, count: int
) -> None:
    random = np.random.default_rng(seed)
    loss, batch = kind.loss(shape[1], random), kind.data(random, shape)
    cut = min(cut, len(batch))
    parts = [part for part in (batch.rows(0, cut), batch.rows(cut, len(batch))) if len(part)]
    everything = [working.row for working in shown(loss, batch).workings]
    some = evaluate(loss, parts, Request(show=count, keep=True))

    assert repr([working.row for working in some.workings]) == repr(everything[:count])
    assert repr(list(some.rows)) == repr(everything)


@pytest.mark.parametrize("weight", [None, "weight"])
@quick
@given(seed=SEEDS, shape=SMALL)
def test_the_workings_of_cross_entropy_add_up(weight: str | None, seed: int, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(seed)
    x, y = random.normal(0, 10, shape), indices(random, shape)
    loss = CrossEntropy(weight=None if weight is None else factors(shape[1], random))
    for working in shown(loss, Batch(x, y)).workings:
        p, e = step(working, "p"), step(working, "e")
        assert p.sum() == pytest.approx(1, rel=1e-14)
        assert e.sum() == pytest.approx(step(working, "sum"), rel=1e-14)
        np.testing.assert_allclose(p, e / step(working, "sum"), rtol=1e-15)
        np.testing.assert_array_equal(step(working, "z"), step(working, "x") - step(working, "max"))
        if working.row.ignored:
            assert working.row.loss == 0
            assert working.gathered is None
            continue
        picked = step(working, "-log p")[working.gathered]
        assert picked == step(working, "-log p[y]")
        assert working.row.loss == picked * (1 if loss.weight is None else loss.weight[working.gathered])


@quick
@given(seed=SEEDS, shape=SMALL)
def test_the_shares_of_the_classes_add_up_to_the_loss_against_probabilities(
    seed: int, shape: tuple[int, ...]
) -> None:
    random = np.random.default_rng(seed)
    batch = Batch(random.normal(0, 10, shape), distributions(random, shape))
    for working in shown(CrossEntropy(label_smoothing=0.1), batch).workings:
        shares = step(working, "q x -log p")
        np.testing.assert_array_equal(shares, step(working, "q'") * step(working, "-log p"))
        assert shares.sum() == pytest.approx(working.row.loss, rel=1e-14)


@quick
@given(seed=SEEDS, shape=SMALL)
def test_the_gradient_of_cross_entropy_is_softmax_less_one_hot(seed: int, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(seed)
    batch = Batch(random.normal(0, 10, shape), random.integers(0, shape[1], (shape[0], *shape[2:])))
    for working in shown(CrossEntropy(), batch, gradient=True).workings:
        expected = step(working, "p") - np.eye(shape[1])[working.gathered]
        np.testing.assert_allclose(step(working, "gradient"), expected, rtol=1e-13, atol=1e-15)
        others = np.delete(step(working, "p"), working.gathered)
        np.testing.assert_array_equal(np.delete(step(working, "gradient"), working.gathered), others)
        assert step(working, "gradient")[working.gathered] == pytest.approx(-others.sum(), rel=1e-14)


@each(
    "loss",
    [CrossEntropy(), CrossEntropy(label_smoothing=1e-300), CrossEntropyByConvention(input_is="logits")],
)
@each("soft", [False, True])
@each(
    ("logits", "own"),
    [
        ([30, 0], Decimal(-1) / (1 + Decimal(30).exp())),
        ([40, 0], Decimal(-1) / (1 + Decimal(40).exp())),
        ([30, 0, 1], -(1 + Decimal(1).exp()) / (1 + Decimal(1).exp() + Decimal(30).exp())),
        ([40] + [0] * 99, Decimal(-99) / (99 + Decimal(40).exp())),
    ],
)
def test_the_gradient_of_the_own_class_keeps_its_digits(
    loss: CrossEntropy, soft: bool, logits: list[int], own: Decimal
) -> None:
    x = np.array([logits], float)
    target = np.eye(len(logits))[:1] if soft else np.array([0])
    (working,) = shown(loss, Batch(x, target), gradient=True).workings
    assert step(working, "gradient")[0] == pytest.approx(float(own), rel=1e-14, abs=0)


def test_a_gradient_is_recorded_only_on_request() -> None:
    recorder = Recorder()
    loss = CrossEntropy()
    loss.terms(loss.canonical(Batch(np.zeros((1, 2)), np.array([0]))), recorder)
    assert "gradient" not in {step.level for step in recorder.steps}


# ------------------------------------------------------------------------------------------ accuracy


def exact_cross_entropy(x: list[float], y: int) -> Decimal:
    with localcontext() as context:
        context.prec = 350
        logits = [Decimal(value) for value in x]
        return sum((value.exp() for value in logits), Decimal()).ln() - logits[y]


def ulps(found: float, expected: Decimal) -> float:
    """The distance in units in the last place of the rounded exact value."""
    return float(abs(Decimal(found) - expected) / Decimal(math.ulp(float(expected))))


GRID = st.integers(-700 * 16, 0).map(lambda sixteenths: sixteenths / 16)
"""Logits whose differences are exact: the rounding of a difference is an error of the input."""


@examples(40)
@given(x=st.lists(GRID, min_size=1, max_size=8), y=st.integers(0, 7))
@example(x=[0.0, -40.0], y=0)
@example(x=[0.0, -700.0], y=0)
@example(x=[0.0, -700.0], y=1)
@example(x=[-40.0, 0.0, -700.0], y=1)
def test_cross_entropy_is_within_4_ulp_of_the_exact_value(x: list[float], y: int) -> None:
    y %= len(x)
    expected = exact_cross_entropy(x, y)
    assert ulps(cross_entropy([x], [y]), expected) <= 4
    assert ulps(cross_entropy([x], [[float(c == y) for c in range(len(x))]]), expected) <= 4
    assert ulps(-log_softmax(x)[y], expected) <= 4


@examples(60)
@given(x=st.lists(st.floats(-350, 350), min_size=2, max_size=8), y=st.integers(0, 7))
@example(x=[560.906387208007, 43.750735720623595], y=0)
@example(x=[18.13, -15.835], y=0)
def test_a_rounded_difference_costs_a_unit_for_each_nat(x: list[float], y: int) -> None:
    y %= len(x)
    bound = 4 + max(x) - min(x)
    assert ulps(cross_entropy([x], [y]), exact_cross_entropy(x, y)) <= bound
    assert ulps(-log_softmax(x)[y], exact_cross_entropy(x, y)) <= bound


@pytest.mark.parametrize("classes", [9, 63, 64, 200])
@pytest.mark.parametrize("gap", [0.5, 40.0, 700.0])
def test_cross_entropy_of_many_classes_is_within_4_ulp_of_the_exact_value(classes: int, gap: float) -> None:
    x = [0.0, *(-gap - np.arange(classes - 1) % 7 / 16).tolist()]
    assert ulps(cross_entropy([x], [0]), exact_cross_entropy(x, 0)) <= 4


@examples(40)
@given(z=GRID)
@example(z=-40.0)
@example(z=-700.0)
def test_the_binary_losses_of_logits_are_within_4_ulp_of_the_exact_value(z: float) -> None:
    for sign in (1, -1):
        right, wrong = exact_cross_entropy([0.0, sign * z], 0), exact_cross_entropy([0.0, sign * z], 1)
        assert ulps(binary_cross_entropy_with_logits([sign * z], [0]), right) <= 4
        assert ulps(binary_cross_entropy_with_logits([sign * z], [1]), wrong) <= 4
        assert ulps(soft_margin_loss([sign * z], [-1]), right) <= 4
        assert ulps(soft_margin_loss([sign * z], [1]), wrong) <= 4


@pytest.mark.parametrize(("processors", "threads"), [(1, 1), (2, 2), (64, 6)])
def test_there_are_never_more_threads_than_are_of_use(
    processors: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(processors)), raising=False)
    assert pieces.default_jobs() == threads


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
@every_kind
def test_single_precision_begins_with_the_input(kind: Kind) -> None:
    """As ``x.float()`` does: what rounds to the same single numbers has the same losses."""
    random = np.random.default_rng(5)
    loss, batch = replace(kind.loss(5, random), dtype="float32"), kind.data(random, (2000, 5))
    single = replace(batch, input=batch.input.astype(np.float32).astype(np.float64))
    assert_same_bits(losses_of(loss, batch, 1), losses_of(loss, single, 1))
