"""Exact sums: equal to rational arithmetic, in any order and any split."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from cases import each
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from profiles import some

from celoss_cli.core import exact, exact_groups
from celoss_cli.core.exact import ExactSum, exact_sum
from celoss_cli.core.exact_groups import ExactSums, exact_sums

FINITE = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-1, 1),
    st.floats(-1e-307, 1e-307),
    st.sampled_from([0.0, -0.0, 5e-324, -5e-324, 2.0**-1022, 1e308, -1e308, 1.7e308, 2.0**900, 2.0**899]),
)
ANY = FINITE | st.sampled_from([math.nan, math.inf, -math.inf])
INTEGERS = st.integers(-(10**40), 10**40)


def arrays(elements: st.SearchStrategy[float], size: int = 40) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(np.float64, st.integers(0, size), elements=elements)


def rational(values: Any) -> Fraction:
    return sum((Fraction(float(value)) for value in values), Fraction(0))


def nearest(value: Fraction) -> float:
    """The double that is nearest to ``value``, infinite beyond the largest."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def same(found: float, expected: float) -> bool:
    return found == expected or (math.isnan(found) and math.isnan(expected))


@given(arrays(FINITE))
@example(np.array([1e308, 1e308, -1e308, -1e308, 5e-324]))
@example(np.array([1.0, 2.0**-53, 2.0**-106]))
def test_a_sum_is_the_rational_sum(values: np.ndarray) -> None:
    total = exact_sum(values)
    assert Fraction(total.scaled, 1 << 1074) == rational(values)
    assert total.nonfinite == 0


@given(arrays(st.floats(-1e300, 1e300)))
def test_a_rounded_sum_is_that_of_fsum(values: np.ndarray) -> None:
    assert float(exact_sum(values)) == math.fsum(values)


@given(arrays(ANY))
def test_values_that_are_not_finite_are_counted_and_win(values: np.ndarray) -> None:
    total = exact_sum(values)

    assert total.nan == np.count_nonzero(np.isnan(values))
    assert total.posinf == np.count_nonzero(values == np.inf)
    assert total.neginf == np.count_nonzero(values == -np.inf)
    assert Fraction(total.scaled, 1 << 1074) == rational(values[np.isfinite(values)])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, math.nan, math.inf], math.nan),
        ([math.inf, 1.0, math.inf], math.inf),
        ([-math.inf, 1.0], -math.inf),
        ([math.inf, -math.inf], math.nan),
        ([1.7e308, 1.7e308], math.inf),
        ([-1.7e308, -1.7e308], -math.inf),
        ([1.7e308, 1.7e308, -1.7e308], 1.7e308),
        ([5e-324, -5e-324], 0.0),
    ],
)
def test_a_sum_without_a_finite_double_is_its_limit(values: list[float], expected: float) -> None:
    assert same(float(exact_sum(np.array(values))), expected)


@given(
    hnp.arrays(
        np.float32, st.integers(0, 40), elements=st.floats(allow_nan=False, allow_infinity=False, width=32)
    )
)
def test_float32_is_summed_as_exactly(values: np.ndarray) -> None:
    assert Fraction(exact_sum(values).scaled, 1 << 1074) == rational(values)


@given(ANY, st.integers(0, 10**6), st.sampled_from([np.float32, np.float64]))
@example(1e308, 3, np.float64)
@example(math.nan, 3, np.float64)
@example(math.inf, 3, np.float32)
@example(-math.inf, 3, np.float64)
def test_a_broadcast_scalar_is_summed_as_the_array_it_stands_for(
    value: float, size: int, dtype: type
) -> None:
    with np.errstate(over="ignore"):
        scalar = np.full((), value).astype(dtype)
    short = min(size, 50)
    assert exact_sum(np.broadcast_to(scalar, short)) == exact_sum(np.full(short, scalar))
    if np.isfinite(scalar):
        assert exact_sum(np.broadcast_to(scalar, size)).scaled == size * exact_sum(scalar[None]).scaled


@each("size", [0, 1, 2, 3, (1 << 17) - 1, 1 << 17, (1 << 17) + 1, (1 << 18) + 12345])
@each("spread", some([0, 30, 290]))
def test_the_size_of_an_array_does_not_matter(size: int, spread: int) -> None:
    random = np.random.default_rng(size + spread)
    values = random.normal(size=size) * 10.0 ** random.integers(-spread, spread + 1, size)
    assert float(exact_sum(values)) == math.fsum(values)


@pytest.mark.parametrize("value", [math.nextafter(2.0, 0.0), -math.nextafter(2.0, 0.0), -1.0])
def test_a_full_block_of_the_largest_values_does_not_wrap_around(value: float) -> None:
    assert exact_sum(np.full(1 << 17, value)).scaled == exact_sum(np.array([value])).scaled << 17


@given(arrays(ANY), st.integers(1, 9))
def test_the_block_size_does_not_matter(values: np.ndarray, block: int) -> None:
    whole = exact_sum(values)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "_BLOCK", block)
        assert exact_sum(values) == whole


@given(arrays(ANY), st.data())
def test_parts_in_any_split_and_order_add_up_to_the_whole(values: np.ndarray, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(values)), max_size=5)))
    parts = [exact_sum(part) for part in np.split(values, cuts)]
    shuffled = data.draw(st.permutations(parts))
    assert sum(shuffled, ExactSum()) == exact_sum(values)


@given(arrays(ANY))
def test_a_strided_view_is_summed_as_its_copy(values: np.ndarray) -> None:
    assert exact_sum(values[::-2]) == exact_sum(values[::-2].copy())


@given(arrays(ANY), arrays(ANY), arrays(ANY))
def test_addition_is_associative_and_commutative_with_a_zero(
    a: np.ndarray, b: np.ndarray, c: np.ndarray
) -> None:
    one, two, three = exact_sum(a), exact_sum(b), exact_sum(c)
    assert (one + two) + three == one + (two + three)
    assert one + two == two + one
    assert one + ExactSum() == one


@given(arrays(ANY), arrays(ANY))
def test_subtraction_takes_a_part_out_again(part: np.ndarray, rest: np.ndarray) -> None:
    assert exact_sum(np.concatenate([part, rest])) - exact_sum(part) == exact_sum(rest)


@given(arrays(ANY))
@example(np.array([1.5, math.inf, math.inf, -math.inf, math.nan]))
def test_the_opposite_is_the_sum_of_the_opposites(values: np.ndarray) -> None:
    total = exact_sum(values)
    assert -total == exact_sum(-values)
    assert (-total).scaled == -total.scaled
    assert (-total).nan == total.nan
    assert (total + -total).scaled == 0


@given(arrays(FINITE), arrays(FINITE))
@example(np.array([1.7e308, 1.7e308]), np.array([1e-300]))
def test_a_quotient_of_sums_is_rounded_once(numerators: np.ndarray, denominators: np.ndarray) -> None:
    divisor = rational(denominators)
    assume(divisor)
    quotient = rational(numerators) / divisor

    found = exact_sum(numerators) / exact_sum(denominators)

    assert found == nearest(quotient)
    if math.isfinite(found):
        error = abs(Fraction(found) - quotient)
        beside = [math.nextafter(found, way) for way in (-math.inf, math.inf)]
        assert all(error <= abs(Fraction(other) - quotient) for other in beside if math.isfinite(other))


@given(INTEGERS, st.integers(1, 10**12))
def test_a_quotient_by_a_count_is_rounded_once(numerator: int, count: int) -> None:
    assert ExactSum(numerator << 1074) / count == nearest(Fraction(numerator, count))


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        ([], [], math.nan),
        ([1.0], [], math.inf),
        ([-1.0], [], -math.inf),
        ([1.0, -1.0], [1.0, -1.0], math.nan),
        ([1.0], [math.inf], 0.0),
        ([math.inf], [2.0], math.inf),
        ([math.inf], [-2.0], -math.inf),
        ([math.inf], [math.inf], math.nan),
        ([math.nan], [2.0], math.nan),
        ([1.0], [math.nan], math.nan),
        ([1.7e308, 1.7e308], [-0.5], -math.inf),
        ([-1.7e308, -1.7e308], [0.5], -math.inf),
    ],
)
def test_division_has_the_limits_of_ieee_754(
    numerator: list[float], denominator: list[float], expected: float
) -> None:
    assert same(exact_sum(np.array(numerator)) / exact_sum(np.array(denominator)), expected)


@pytest.mark.parametrize(("numerator", "expected"), [([], math.nan), ([2.0], math.inf), ([-2.0], -math.inf)])
def test_division_by_no_rows_is_division_by_zero(numerator: list[float], expected: float) -> None:
    assert same(exact_sum(np.array(numerator)) / 0, expected)


@given(arrays(ANY), st.integers(0, 2**32), st.sampled_from([np.float64, np.float32]), st.integers(1, 9))
def test_sums_side_by_side_are_the_sums_of_each_group(
    values: np.ndarray, seed: int, dtype: Any, at_once: int
) -> None:
    with np.errstate(over="ignore"):
        values = values.astype(dtype)
    codes = np.random.default_rng(seed).integers(0, 4, len(values))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact_groups, "_COUNTED_AT_ONCE", at_once)
        found = exact_sums(values, codes, 4).each()
    assert found == [exact_sum(values[codes == group]) for group in range(4)]


def test_values_of_one_group_share_digits_where_their_sizes_are_near() -> None:
    values = np.concatenate([2.0**step * np.array([1 / 3, -1 / 7, 0.7]) for step in range(-70, 70, 9)])
    codes = np.arange(len(values)) % 2
    found = exact_sums(values, codes, 2).each()
    assert [Fraction(total.scaled, 1 << 1074) for total in found] == [
        rational(values[codes == group]) for group in range(2)
    ]


@pytest.mark.parametrize("size", [0, 1, 3, 4, 7])
def test_sums_side_by_side_are_each_rounded_once(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact_groups, "_ROUNDED_AT_ONCE", 3)
    groups = [[0.1, 0.2, 0.3], [1e300, 1.0, -1e300], [math.nan], [], [math.inf, 1.0], [-math.inf], [-0.7]]
    values = np.array([value for group in groups[:size] for value in group])
    codes = np.array([code for code, group in enumerate(groups[:size]) for _ in group], np.int64)
    found = exact_sums(values, codes, size).rounded()
    assert (found.shape, found.dtype) == ((size,), np.dtype(np.float64))
    assert all(map(same, found.tolist(), map(math.fsum, groups)))


@pytest.mark.parametrize("value", [1.0, -0.1, 1.7e308, 5e-324, math.nan, -math.inf])
def test_one_value_for_all_is_multiplied_in_every_group(value: float) -> None:
    codes = np.array([2, 0, 2, 2])
    found = exact_sums(np.broadcast_to(value, 4), codes, 3).each()
    assert found == [exact_sum(np.full(times, value)) for times in (1, 0, 3)]


def test_one_value_for_all_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, cut = [], exact_groups._of_groups
    monkeypatch.setattr(
        exact_groups, "_of_groups", lambda values, *more: sizes.append(len(values)) or cut(values, *more)
    )
    exact_sums(np.broadcast_to(0.1, 9), np.zeros(9, np.int64), 1)
    assert sizes == [1]


SUMS = st.builds(ExactSum, INTEGERS | st.integers(-(1 << 2100), 1 << 2100), *[st.integers(0, 3)] * 3)


@given(st.lists(SUMS, max_size=4))
def test_known_sums_stay_what_they_are(sums: list[ExactSum]) -> None:
    assert ExactSums.of(sums).each() == sums


@given(st.lists(SUMS, min_size=3, max_size=3), st.lists(SUMS, min_size=2, max_size=2))
def test_sums_are_joined_where_they_belong(one: list[ExactSum], other: list[ExactSum]) -> None:
    found = ExactSums.of(one).joined(ExactSums.of(other), np.array([3, 1]), 4).each()
    assert found == [one[0], one[1] + other[1], one[2], other[0]]


def test_digits_do_not_overflow_however_often_sums_are_joined() -> None:
    total, step = ExactSums(1), exact_sums(np.full(1000, -1.7e308), np.zeros(1000, np.int64), 1)
    for _ in range(50):
        total = total.joined(step, np.zeros(1, np.int64), 1)
    assert total.each() == [exact_sum(np.full(50_000, -1.7e308))]
    assert all(abs(digit).max() <= 1 << 31 for digit in total.digits.values())
