"""The losses against the numbers that PyTorch gave; golden/make_golden.py writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from cases import each

import celoss_cli
from celoss_cli.losses import LOSSES

CASES = json.loads(Path(__file__).with_name("golden").joinpath("losses.json").read_text(encoding="utf-8"))
PAIRS = [(case["name"], case, reduction) for case in CASES for reduction in case["expected"]]


def restored(value: Any) -> Any:
    """An option or array as it was before it was stored."""
    if not isinstance(value, dict):
        return value
    kind = np.int64 if value["kind"] == "int" else np.float64
    return np.array([kind(number) for number in value["values"]], kind).reshape(value["shape"])


@each("name, case, reduction", PAIRS)
def test_a_loss_is_what_pytorch_gives(name: str, case: dict[str, Any], reduction: str) -> None:
    function = getattr(celoss_cli, case["function"])
    options = {name: restored(value) for name, value in case["options"].items()}
    expected = restored(case["expected"][reduction])

    found = function(restored(case["input"]), restored(case["target"]), reduction=reduction, **options)

    assert np.shape(found) == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=0, equal_nan=True, err_msg=name)


def test_every_loss_and_reduction_has_golden_values() -> None:
    found = {(case["function"], reduction) for case in CASES for reduction in case["expected"]}
    assert found == {
        (spec.name, reduction) for spec in LOSSES.values() if spec.torch for reduction in spec.reductions
    }
