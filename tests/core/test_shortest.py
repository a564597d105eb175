"""The shortest digits of many doubles at a time are those of ``repr``, which finds them one by one."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from celoss_cli.core.data import Array
from celoss_cli.core.shortest import shortest

RANDOM = np.random.default_rng(3)
SETS = {
    "every power of two": 2.0 ** np.arange(-1074.0, 1024),
    "every power of ten": np.array([float(f"1e{k}") for k in range(-323, 309)]),
    "any bits": RANDOM.integers(1, 0x7FF0 << 48, 20_000, dtype=np.uint64).view(np.float64),
    "the smallest": np.arange(1, 2000, dtype=np.uint64).view(np.float64),
    "losses": RANDOM.exponential(size=20_000),
    "single precision": RANDOM.exponential(size=5_000).astype(np.float32).astype(np.float64),
    "few decimals": np.arange(1, 5_000) / 1000,
    "whole numbers": np.concatenate([np.arange(1.0, 2_000), 2.0**53 + np.arange(-50, 50)]),
    "known to be hard": np.array(
        [5e-324, 9.5367431640625e-07, 9007199254740993.0, 1e23, 1.7976931348623157e308]
    ),
}


@pytest.mark.parametrize("name", SETS)
def test_they_are_those_of_repr(name: str) -> None:
    values: Array = SETS[name]
    digits, exponents = shortest(values)
    found = [
        Decimal((0, tuple(map(int, str(d))), e)).normalize()
        for d, e in zip(digits.tolist(), exponents.tolist(), strict=True)
    ]
    expected = [Decimal(repr(value)).normalize() for value in values.tolist()]
    assert [one.as_tuple() for one in found] == [one.as_tuple() for one in expected]
