"""celoss: the loss calculator for the shell, and its losses as functions on NumPy arrays.

Nothing but the version is imported before it is used: the command line must answer ``--help`` and
``--version`` before NumPy could be loaded, and say how a signal ends it before anything else is.
"""

from __future__ import annotations

from celoss_cli.core.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from celoss_cli.cli.partials import Partial, partial
    from celoss_cli.core.errors import CelossError, InputError, LimitError, OutputError, UsageError
    from celoss_cli.losses.binary import sigmoid
    from celoss_cli.losses.binary_brier_score import binary_brier_score
    from celoss_cli.losses.binary_cross_entropy import binary_cross_entropy
    from celoss_cli.losses.binary_cross_entropy_with_logits import binary_cross_entropy_with_logits
    from celoss_cli.losses.brier_score import brier_score
    from celoss_cli.losses.class_axis import log_softmax, softmax
    from celoss_cli.losses.cross_entropy import cross_entropy
    from celoss_cli.losses.focal_loss import focal_loss
    from celoss_cli.losses.js_div import js_div
    from celoss_cli.losses.kl_div import kl_div
    from celoss_cli.losses.nll_loss import nll_loss
    from celoss_cli.losses.sigmoid_focal_loss import sigmoid_focal_loss
    from celoss_cli.losses.soft_margin_loss import soft_margin_loss

__all__ = [
    "CelossError",
    "InputError",
    "LimitError",
    "OutputError",
    "Partial",
    "UsageError",
    "__version__",
    "binary_brier_score",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "brier_score",
    "cross_entropy",
    "focal_loss",
    "js_div",
    "kl_div",
    "log_softmax",
    "nll_loss",
    "partial",
    "sigmoid",
    "sigmoid_focal_loss",
    "soft_margin_loss",
    "softmax",
]


_ELSEWHERE = {"log_softmax": "class_axis", "sigmoid": "binary", "softmax": "class_axis"}
"""The modules of the functions that are no losses; a loss stands in the module of its own name."""


_PARTIALS = ("Partial", "partial")
"""What programs do with shards."""


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    from celoss_cli.losses import FUNCTIONS

    if name.endswith("Error") and name in __all__:
        return getattr(import_module("celoss_cli.core.errors"), name)
    if name in _PARTIALS:
        return getattr(import_module("celoss_cli.cli.partials"), name)
    if name in __all__ or name in FUNCTIONS.values():
        return getattr(import_module(f"celoss_cli.losses.{_ELSEWHERE.get(name, name)}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
