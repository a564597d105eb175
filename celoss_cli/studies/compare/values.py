"""The JSON of a comparison; keys are only ever added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celoss_cli.show.numerals import nonfinite
from celoss_cli.show.values import verdict_values
from celoss_cli.studies.compare.wording import meaning

if TYPE_CHECKING:
    from celoss_cli.core.bounds import Bounds
    from celoss_cli.studies.compare.comparison import Change, Comparison

__all__ = ["values_of"]


def values_of(comparison: Comparison) -> dict[str, Any]:
    """The comparison as ``comparison.schema.json`` describes it."""
    return {
        "comparison": _comparison(comparison),
        "checks": [verdict_values(verdict) for verdict in comparison.checks],
    }


def _comparison(found: Comparison) -> dict[str, Any]:
    return {
        "loss": found.loss,
        "unit": found.unit or None,
        "files": list(found.files),
        "aligned_by": found.aligned_by,
        "rows": found.rows,
        "counted": found.counted,
        "units": found.estimate.units,
        "group_column": found.group_column,
        "labels": None if found.labels is None else list(found.labels),
        "denominator": found.denominator,
        "denominator_is": found.denominator_is,
        "mean_a": found.first,
        "mean_b": found.second,
        "difference": found.difference,
        "nonfinite": {
            "mean_a": nonfinite(found.first),
            "mean_b": nonfinite(found.second),
            "difference": nonfinite(found.difference),
            "divergence": nonfinite(found.divergence),
        },
        "standard_error": found.estimate.standard_error,
        "confidence": found.estimate.confidence,
        "interval": {"method": "hall", **_ends(found.estimate.bounds)},
        "skewness": found.estimate.skewness,
        "units_needed": found.estimate.units_needed,
        "detectable_difference": found.estimate.detectable,
        "percentile_interval": _ends(found.percentile),
        "resamples": found.resamples,
        "seed": found.seed,
        "wins": found.wins,
        "losses": found.losses,
        "ties": found.ties,
        "sign_test_p": found.sign_p,
        "permutation_test_p": found.flip_p,
        "permutation_test_exact": found.flip_exact,
        "regressions": [_change(change) for change in found.regressions],
        "improvements": [_change(change) for change in found.improvements],
        "classes": [
            {
                "name": part.name,
                "counted": part.counted,
                "mean_a": part.first,
                "mean_b": part.second,
                "difference": part.difference,
                "p": part.p,
                "adjusted_p": part.adjusted_p,
            }
            for part in found.classes
        ],
        "agreement": found.agreement,
        "divergence": found.divergence,
        "meaning": list(meaning(found)),
        "options": dict(found.options),
        "inputs": [dict(source) for source in found.sources],
    }


def _ends(bounds: Bounds) -> dict[str, float | None]:
    return {"low": bounds.low, "high": bounds.high}


def _change(change: Change) -> dict[str, Any]:
    return {
        "row": change.row,
        "id": change.id,
        "target": None if change.target is None else change.target,
        "loss_a": change.first,
        "loss_b": change.second,
        "difference": change.difference,
        "nonfinite": nonfinite(change.difference),
    }
