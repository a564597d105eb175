"""What is asked of the values of arrays is what NumPy says of each of them, however they are stored."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from celoss_cli.read.arrays.slices import first_nonfinite

HALVES = st.integers(0, 2**16 - 1).map(lambda bits: np.uint16(bits).view(np.float16)[()])


@given(arrays(np.float16, st.integers(0, 40), elements=HALVES), st.sampled_from(["<f2", ">f2", "<f4", "<f8"]))
def test_the_first_value_that_is_no_number_is_found_in_any_type(values: np.ndarray, kind: str) -> None:
    bad = np.flatnonzero(np.isnan(values) | (values == np.inf))
    expected = (int(bad[0]),) if bad.size else None
    assert first_nonfinite(values.astype(kind)) == expected
    assert first_nonfinite(np.repeat(values, 2).astype(kind)[::2]) == expected


@pytest.mark.parametrize("value", [65504, -65504, 6e-8, -0.0, -np.inf])
def test_numbers_of_float16_up_to_its_ends_are_numbers(value: float) -> None:
    assert first_nonfinite(np.full((2, 3), value, np.float16)) is None
