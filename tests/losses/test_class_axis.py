"""The class axis: which class is the likeliest."""

from typing import Any

import numpy as np
import pytest

from celoss_cli.losses import class_axis
from celoss_cli.losses.class_axis import first_class, largest_class, softmax, softmax_columns

mpmath = pytest.importorskip("mpmath")
mp = mpmath.mp


@pytest.mark.parametrize("classes", [1, 2, 3, 10, 16, 17, 70])
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_largest_class_is_the_first_of_several_as_by_argmax(classes: int, order: str) -> None:
    # Few values, so that many columns have the largest one several times.
    x = np.asarray(np.random.default_rng(classes).integers(-1, 2, (classes, 500)) * 1.0, order=order)
    x[:, 0] = -np.inf
    expected = [column.index(max(column)) for column in x.T.tolist()]
    assert largest_class(x).tolist() == expected
    assert largest_class(x, x.max(axis=0)).tolist() == expected


@pytest.mark.parametrize("classes", [2, 10, 30])
def test_nan_is_the_largest_as_by_argmax(classes: int) -> None:
    x = np.random.default_rng(0).standard_normal((classes, 5))
    x[1, 3] = np.nan
    assert largest_class(x).tolist() == x.argmax(axis=0).tolist()
    assert largest_class(x)[3] == 1


def test_the_first_class_of_a_value_may_be_asked_of_whole_numbers() -> None:
    x = np.random.default_rng(0).integers(0, 4, (300, 50))
    assert first_class(x, x.min(axis=0)).tolist() == x.argmin(axis=0).tolist()


@pytest.mark.parametrize("classes", [1, 2, 10, 70])
def test_softmax_by_column_is_that_of_each_row(classes: int) -> None:
    x = np.random.default_rng(0).standard_normal((30, classes, 4)) * 300
    expected = np.moveaxis(softmax(x, axis=1), 1, 0).reshape(classes, -1)
    assert (softmax_columns(x, "float64") == expected).all()


@pytest.mark.parametrize("shape", [(3000, 10, 1), (500, 2, 1), (40, 100, 3), (5, 1, 4)])
@pytest.mark.parametrize("scale", [1.0, 50.0, 1000.0])
def test_the_most_probable_class_is_that_of_the_softmax_alone_and_among_others(
    shape: tuple[int, int, int], scale: float
) -> None:
    random = np.random.default_rng(6)
    x = random.normal(0, scale, shape)
    x[random.random(shape) < 0.01] = random.choice([np.nan, np.inf, -np.inf])
    chosen, p = class_axis.most_probable(x)
    expected = softmax(np.moveaxis(x, 1, 0).reshape(shape[1], -1), axis=0)
    np.testing.assert_allclose(p, expected.max(axis=0), rtol=1e-15 * shape[1])
    known = ~np.isnan(p)
    assert (chosen == expected.argmax(axis=0))[known].all()
    alone = [class_axis.most_probable(x[i : i + 1])[1] for i in range(len(x))]
    np.testing.assert_array_equal(np.concatenate(alone), p)


@pytest.mark.parametrize("classes", [1, 2, 10, 100])
def test_the_divergence_of_logits_is_that_of_their_softmax_alone_and_among_others(classes: int) -> None:
    random = np.random.default_rng(classes)
    values = random.normal(0, 30, (2, 200, classes, 1))
    values[random.random(values.shape) < 0.02] = -np.inf
    values[1, 7] = values[0, 7]
    x, y = map(class_axis.logit_columns, values)
    same, found = class_axis.softmax_divergence(x, y)
    with np.errstate(all="ignore"):
        p, log_p, log_q = (
            softmax(x, axis=0),
            class_axis.log_softmax(x, axis=0),
            class_axis.log_softmax(y, axis=0),
        )
        expected = np.where(
            np.isneginf(log_p), np.where(np.isnan(log_q), np.nan, 0), p * (log_p - log_q)
        ).sum(axis=0)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)
    known = ~np.isnan(found)
    assert (same == (x.argmax(axis=0) == y.argmax(axis=0)))[known].all()
    assert found[7] == 0 or np.isnan(found[7])
    alone = [
        class_axis.softmax_divergence(x[:, i : i + 1].copy("K"), y[:, i : i + 1].copy("K"))[1]
        for i in range(200)
    ]
    np.testing.assert_array_equal(np.concatenate(alone), found)


def _divergence(x: np.ndarray, y: np.ndarray) -> float:
    """Of two rows of logits, by the function for many."""
    columns = (class_axis.logit_columns(np.asarray(row, float)[None, :, None]) for row in (x, y))
    return float(class_axis.softmax_divergence(*columns)[1][0])


def _exact_divergence(x: np.ndarray, y: np.ndarray) -> Any:
    """By its definition, with so many digits that exp(-900) is kept beside 1."""
    with mp.workdps(420):
        logs = []
        for row in (x, y):
            values = [mp.mpf(float(value)) for value in row]
            largest = max(values)
            total = largest + mp.log(sum(mp.exp(value - largest) for value in values))
            logs.append([value - total for value in values])
        return sum(mp.exp(p) * (p - q) for p, q in zip(*logs, strict=True) if p != -mp.inf)


_NORMAL = np.random.default_rng(4).standard_normal((2, 5))


@pytest.mark.parametrize(
    ("x", "y", "bound"),
    [
        # The offset rounds y: they differ by 1e-11.
        ([0.1, 1.3, 2.7], np.array([0.1, 1.3, 2.7]) + 1e6, 1e-5),
        (_NORMAL[0], _NORMAL[0] + 1e4 + 1e-4 * _NORMAL[1], 1e-11),
        (_NORMAL[0] + 5000, 1.001 * _NORMAL[0] + 5000, 1e-11),
        ([50, 0, 0], [60, 0, 0], 1e-15),
        ([0, 0, -50], [0, 0, -40], 1e-15),
        ([50, -800], [50, -10], 1e-15),
        ([0, -1e308, 1], [0, 1e308, 1], 1e-15),
        ([0, -np.inf, 1], [0.001, -np.inf, 1], 1e-11),
        ([0, 1e-8], [1e-8, 0], 1e-7),
    ],
)
def test_a_divergence_keeps_its_digits_at_an_offset_near_0_and_where_it_saturates(
    x: np.ndarray, y: np.ndarray, bound: float
) -> None:
    exact = _exact_divergence(x, y)
    assert abs(_divergence(x, y) - exact) <= bound * exact


def test_a_divergence_is_never_negative_and_right_to_the_digits_that_rounded_logits_leave() -> None:
    random = np.random.default_rng(8)
    for _ in range(80):
        classes = int(random.choice([2, 3, 5, 20, 70]))
        x = random.standard_normal(classes) * 10 ** random.uniform(-2, 2.5) + random.choice([0, 5e3, 1e6])
        noise = random.standard_normal(classes) * 10 ** random.uniform(-12, 2)
        y = x * random.choice([1, 1.001]) + noise + random.choice([0, 1e4])
        exact, found = _exact_divergence(x, y), _divergence(x, y)
        assert found >= 0
        # Digits of p |u| are what is lost, and u is of the size of the root of the divergence.
        assert abs(found - exact) <= 2e-14 * (exact + mp.sqrt(abs(exact))), (x, y)


def test_a_class_that_only_the_second_excludes_makes_a_divergence_infinite_however_small_it_is() -> None:
    for value in (-1, -700, -800, -1e308):
        assert _divergence(np.array([0, value, 1]), np.array([0, -np.inf, 1])) == np.inf
    assert np.isnan(_divergence(np.array([0, -800, 1]), np.array([np.nan, -np.inf, 1])))
    assert np.isnan(_divergence(np.array([0, -800, 1]), np.array([np.inf, -np.inf, 1])))
