"""Every loss against PyTorch, live: values in both precisions, and gradients against autograd."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from oracles import Oracle
from profiles import examples

import celoss_cli
from celoss_cli.core.data import Batch
from celoss_cli.evaluate.loop import Request, evaluate
from celoss_cli.losses import LOSSES
from celoss_cli.losses.class_axis import log_softmax_columns

torch = Oracle("torch")

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning"),
]
check = examples(150)

Draw = st.DrawFn
Arguments = tuple[np.ndarray, np.ndarray, dict[str, Any]]

REDUCTIONS = st.sampled_from(["none", "mean", "sum"])
CLASSES = st.sampled_from([1, 2, 3, 8, 9, 63, 64, 65])
MODERATE = st.floats(-50, 50)
EXTREME = st.sampled_from([np.inf, -np.inf, np.nan, 1e300, -1e300, 1e-300, 5e-324, 710.0, -745.0, 0.0, -0.0])
WEIGHTS = st.integers(0, 32).map(lambda eighths: eighths / 8)
"""Weights whose sums are exact, so that a divisor that PyTorch rounds is no difference."""
UNIT = st.floats(0, 1) | st.sampled_from([0.0, 1.0, 1e-300, 1e-17])
SMOOTHING = st.integers(0, 100).map(lambda hundredths: hundredths / 100)
SIGNS = st.sampled_from([-1.0, 1.0])


# -------------------------------------------------------------------------------------- the arguments


def arrays(shape: tuple[int, ...], elements: st.SearchStrategy[float]) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(np.float64, shape, elements=elements, fill=elements)


@st.composite
def class_shapes(draw: Draw) -> tuple[int, ...]:
    """(C,), (N, C) or (N, C, d1, ...)."""
    rank, classes = draw(st.integers(1, 4)), draw(CLASSES)
    if rank == 1:
        return (classes,)
    inner = [draw(st.integers(1, 3)) for _ in range(rank - 2)]
    return (draw(st.integers(0, 4)), classes, *inner)


def without_classes(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (shape[0], *shape[2:]) if len(shape) > 1 else ()


def by_class(weight: np.ndarray, rank: int) -> np.ndarray:
    """Weights of classes so that they broadcast to an input of this rank."""
    return weight if rank == 1 else weight.reshape(-1, *[1] * (rank - 2))


@st.composite
def with_indices(draw: Draw, logits: st.SearchStrategy[float], *, smooth: bool) -> Arguments:
    shape = draw(class_shapes())
    classes = shape[0] if len(shape) == 1 else shape[1]
    options: dict[str, Any] = {}
    target = st.integers(0, classes - 1)
    if draw(st.booleans()):
        options["weight"] = draw(arrays((classes,), WEIGHTS))
    ignore_index = draw(st.sampled_from([None, -100, -1, 0, classes - 1, classes, 255]))
    if ignore_index is not None:
        options["ignore_index"] = ignore_index
        target |= st.just(ignore_index)
    if smooth and draw(st.booleans()):
        options["label_smoothing"] = draw(SMOOTHING)
    y = draw(hnp.arrays(np.int64, without_classes(shape), elements=target, fill=target))
    return draw(arrays(shape, logits)), y, options


@st.composite
def with_probabilities(draw: Draw, logits: st.SearchStrategy[float]) -> Arguments:
    shape = draw(class_shapes())
    options: dict[str, Any] = {}
    if draw(st.booleans()):
        options["weight"] = draw(arrays((shape[0] if len(shape) == 1 else shape[1],), WEIGHTS))
    if draw(st.booleans()):
        options["label_smoothing"] = draw(SMOOTHING)
    x, q = draw(arrays(shape, logits)), draw(arrays(shape, UNIT))
    q[np.isneginf(x) & (q == 0)] = 0.5  # a deliberate difference: 0 log 0 is 0 here, nan there
    return x, q, options


@st.composite
def pairs(
    draw: Draw, x: st.SearchStrategy[float], target: st.SearchStrategy[float], factors: tuple[str, ...] = ()
) -> Arguments:
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    options: dict[str, Any] = {}
    for name in factors:
        if draw(st.booleans()):
            lost = draw(st.integers(0, len(shape)))
            options[name] = draw(arrays(shape[lost:], WEIGHTS))
    return draw(arrays(shape, x)), draw(arrays(shape, target)), options


def as_tensors(arguments: dict[str, Any], dtype: Any = np.float64) -> dict[str, Any]:
    """Arrays as tensors, those of real numbers in one precision."""
    with np.errstate(over="ignore", under="ignore"):
        return {
            name: torch.from_numpy(np.asarray(value, dtype if value.dtype.kind == "f" else None))
            if isinstance(value, np.ndarray)
            else value
            for name, value in arguments.items()
        }


def assert_equal_to_torch(
    name: str, arguments: Arguments, reduction: str, *, rtol: float = 1e-12, atol: Any = 1e-14
) -> None:
    """Equal within rtol; PyTorch rounds a loss to about an ulp of 1, which is what atol is for."""
    x, target, options = arguments
    expected = getattr(torch.nn.functional, name)(
        **as_tensors({"input": x, "target": target, **options}), reduction=reduction
    )
    found = getattr(celoss_cli, name)(x, target, reduction=reduction, **options)
    assert np.shape(found) == tuple(expected.shape)
    assert np.isclose(found, expected.numpy(), rtol=rtol, atol=atol, equal_nan=True).all(), (found, expected)


# ------------------------------------------------------------------------------------------- float64


@check
@given(with_indices(MODERATE | EXTREME, smooth=True), REDUCTIONS)
def test_cross_entropy_of_class_indices(arguments: Arguments, reduction: str) -> None:
    assert_equal_to_torch("cross_entropy", arguments, reduction)


@check
@given(with_probabilities(MODERATE | EXTREME), REDUCTIONS)
def test_cross_entropy_of_probabilities(arguments: Arguments, reduction: str) -> None:
    assert_equal_to_torch("cross_entropy", arguments, reduction)


@check
@given(with_indices(st.floats(-50, 0) | EXTREME.map(lambda x: -abs(x)), smooth=False), REDUCTIONS)
def test_nll_loss(arguments: Arguments, reduction: str) -> None:
    assert_equal_to_torch("nll_loss", arguments, reduction)


@check
@given(with_indices(MODERATE | EXTREME, smooth=False))
def test_nll_loss_of_anything(arguments: Arguments) -> None:
    assert_equal_to_torch("nll_loss", arguments, "none", rtol=0, atol=0)


@check
@given(pairs(UNIT, UNIT, ("weight",)), REDUCTIONS)
def test_binary_cross_entropy(arguments: Arguments, reduction: str) -> None:
    assert_equal_to_torch("binary_cross_entropy", arguments, reduction)


@check
@given(pairs(MODERATE, UNIT, ("weight", "pos_weight")), REDUCTIONS)
def test_binary_cross_entropy_with_logits(arguments: Arguments, reduction: str) -> None:
    assert_equal_to_torch("binary_cross_entropy_with_logits", arguments, reduction, atol=1e-12)


FINITE_OR_NAN = EXTREME.map(lambda z: np.nan if np.isinf(z) else z)


@check
@given(pairs(FINITE_OR_NAN, UNIT, ("weight", "pos_weight")))
def test_binary_cross_entropy_with_logits_of_extreme_values(arguments: Arguments) -> None:
    # PyTorch adds (1-t) z and a softplus of the other sign, each rounded to an ulp of z
    atol = 1e-14 * (1 + np.nan_to_num(np.abs(arguments[0])))
    assert_equal_to_torch("binary_cross_entropy_with_logits", arguments, "none", atol=atol)


@check
@given(pairs(MODERATE, st.floats(-3, 3), ("weight", "pos_weight")))
def test_binary_cross_entropy_with_logits_of_targets_outside_0_to_1(arguments: Arguments) -> None:
    assert_equal_to_torch("binary_cross_entropy_with_logits", arguments, "none", atol=1e-12)


@check
@given(pairs(st.floats(-700, 700) | st.sampled_from([np.inf, -np.inf, np.nan]), SIGNS), REDUCTIONS)
def test_soft_margin_loss(arguments: Arguments, reduction: str) -> None:
    assert_equal_to_torch("soft_margin_loss", arguments, reduction)


@check
@given(pairs(MODERATE, st.floats(-3, 3)), REDUCTIONS)
def test_soft_margin_loss_of_other_labels(arguments: Arguments, reduction: str) -> None:
    assert_equal_to_torch("soft_margin_loss", arguments, reduction)


KL_REDUCTIONS = REDUCTIONS | st.just("batchmean")


@check
@given(pairs(st.floats(-50, 0), UNIT), KL_REDUCTIONS)
def test_kl_div(arguments: Arguments, reduction: str) -> None:
    assert_equal_to_torch("kl_div", arguments, reduction, atol=1e-12)


@check
@given(pairs(st.floats(-50, 0), st.floats(-50, 0)), KL_REDUCTIONS)
def test_kl_div_of_log_targets(arguments: Arguments, reduction: str) -> None:
    x, target, options = arguments
    assert_equal_to_torch("kl_div", (x, target, {**options, "log_target": True}), reduction, atol=1e-12)


@check
@given(pairs(MODERATE | EXTREME, st.floats(0.1, 1) | st.just(np.nan)))
def test_kl_div_of_special_values(arguments: Arguments) -> None:
    assert_equal_to_torch("kl_div", arguments, "none", atol=1e-12)


@check
@given(with_indices(MODERATE, smooth=False), st.data())
def test_negative_class_weights(arguments: Arguments, data: st.DataObject) -> None:
    x, _, options = arguments
    classes = x.shape[0] if x.ndim == 1 else x.shape[1]
    options["weight"] = data.draw(arrays((classes,), st.integers(-16, 16).map(lambda eighths: eighths / 8)))
    assert_equal_to_torch("cross_entropy", arguments, "none", atol=1e-13)


@check
@given(arrays((3, 65, 2), MODERATE | EXTREME), st.sampled_from([0, 1, 2, -1]))
def test_softmax_and_log_softmax(x: np.ndarray, axis: int) -> None:
    for name in ("softmax", "log_softmax"):
        expected = getattr(torch.nn.functional, name)(torch.from_numpy(x), dim=axis)
        found = getattr(celoss_cli, name)(x, axis)
        np.testing.assert_allclose(found, expected.numpy(), rtol=1e-12, atol=1e-14, equal_nan=True)


@check
@given(arrays((3, 65, 2), MODERATE | EXTREME), st.sampled_from([1, 2, 63, 64, 65]))
def test_log_softmax_of_columns(x: np.ndarray, classes: int) -> None:
    part = x[:, :classes]
    expected = torch.nn.functional.log_softmax(torch.from_numpy(part), dim=1).movedim(1, 0)
    found = log_softmax_columns(part)
    np.testing.assert_allclose(found, expected.reshape(classes, -1).numpy(), rtol=1e-12, atol=1e-14)


@check
@given(arrays((7,), MODERATE | EXTREME))
def test_sigmoid(z: np.ndarray) -> None:
    np.testing.assert_allclose(
        celoss_cli.sigmoid(z), torch.sigmoid(torch.from_numpy(z)).numpy(), rtol=1e-14, atol=1e-300
    )


# ------------------------------------------------------------------------------------------- float32

SINGLE = st.floats(-30, 30, width=32)
UNIT_SINGLE = st.integers(1, 255).map(lambda part: part / 256)
ARGUMENTS = {
    "ce": with_indices(SINGLE, smooth=True) | with_probabilities(SINGLE),
    "nll": with_indices(SINGLE, smooth=False),
    "bce": pairs(UNIT_SINGLE, UNIT_SINGLE, ("weight",)),
    "bce-logits": pairs(SINGLE, UNIT_SINGLE, ("weight", "pos_weight")),
    "soft-margin": pairs(SINGLE, SIGNS),
    "kl": pairs(st.floats(-30, 0, width=32), UNIT_SINGLE),
}


@pytest.mark.parametrize("name", [name for name, spec in LOSSES.items() if spec.torch])
@examples(60)
@given(data=st.data(), reduction=REDUCTIONS)
def test_float32_is_that_of_pytorch(name: str, data: st.DataObject, reduction: str) -> None:
    x, target, options = data.draw(ARGUMENTS[name])
    spec = LOSSES[name]
    tensors = as_tensors({"input": x, "target": target, **options}, np.float32)
    expected = getattr(torch.nn.functional, spec.name)(**tensors, reduction=reduction)
    found = getattr(celoss_cli, spec.name)(x, target, reduction=reduction, dtype="float32", **options)
    if reduction == "none":
        assert found.dtype == np.float32
    else:
        assert found == np.float32(found) or np.isnan(found)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5, atol=1e-4, equal_nan=True)


# ----------------------------------------------------------------------------------------- gradients

GRADIENT_ARGUMENTS = {
    "ce": with_indices(MODERATE, smooth=True) | with_probabilities(MODERATE),
    "nll": with_indices(MODERATE, smooth=False),
    "bce": pairs(UNIT, UNIT, ("weight",)),
    "bce-logits": pairs(MODERATE, UNIT, ("weight", "pos_weight")),
    "soft-margin": pairs(MODERATE, SIGNS),
    "kl": pairs(st.floats(-50, 0), UNIT),
}


@pytest.mark.parametrize("name", [name for name, spec in LOSSES.items() if spec.torch])
@check
@given(data=st.data())
def test_the_recorded_gradient_is_that_of_autograd(name: str, data: st.DataObject) -> None:
    x, target, options = data.draw(GRADIENT_ARGUMENTS[name])
    spec = LOSSES[name]
    tensors = as_tensors({"input": x, "target": target, **options})
    tensors["input"].requires_grad_()
    getattr(torch.nn.functional, spec.name)(**tensors, reduction="sum").backward()
    unbatched = x.ndim == (1 if spec.per == "class" else 0)
    expected = tensors["input"].grad.numpy()[None] if unbatched else tensors["input"].grad.numpy()

    request = Request(show=1 << 30, gradient=True)
    workings = evaluate(spec.loss(**options), [Batch(x, target)], request).workings

    found = np.full_like(expected, np.nan)
    for working in workings:
        row, index = working.row.row, working.row.index
        gradient = next(step.value for step in working.steps if step.level == "gradient")
        place = (row, slice(None), *index) if spec.per == "class" else (row, *index)
        found[place] = 0.0 if working.row.ignored else gradient
    # PyTorch's guard of the divisor in binary_cross_entropy is 1e-12 in float32
    np.testing.assert_allclose(found, expected, rtol=1e-8 if name == "bce" else 1e-11, atol=1e-13)
