"""The class axis: which class is the likeliest."""

import numpy as np
import pytest

from celoss_cli.losses import class_axis
from celoss_cli.losses.class_axis import first_class, largest_class, softmax, softmax_columns


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
