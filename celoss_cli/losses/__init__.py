"""The registry of losses.

A loss is one file of this folder, which computes and declares it, and one line here: it then appears in the
command line, in every output format, in the documentation and in the parity and law tests, and its function
in ``celoss_cli``. A file is loaded when its loss is asked for; NumPy not before something is computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from celoss_cli.losses.spec import LossSpec

__all__ = ["FUNCTIONS", "LOSSES", "LossSpec"]

FUNCTIONS = {
    "ce": "cross_entropy",
    "nll": "nll_loss",
    "bce": "binary_cross_entropy",
    "bce-logits": "binary_cross_entropy_with_logits",
    "soft-margin": "soft_margin_loss",
    "kl": "kl_div",
    "js": "js_div",
    "focal": "focal_loss",
    "focal-binary": "sigmoid_focal_loss",
    "brier": "brier_score",
    "brier-binary": "binary_brier_score",
}
"""The public function of each loss by its command; the module of the same name declares it as ``LOSS``."""


class _Losses(Mapping[str, LossSpec]):
    """The declarations by command, in the order of the help."""

    def __getitem__(self, command: str) -> LossSpec:
        spec: LossSpec = import_module(f"{__name__}.{FUNCTIONS[command]}").LOSS
        return spec

    def __iter__(self) -> Iterator[str]:
        return iter(FUNCTIONS)

    def __len__(self) -> int:
        return len(FUNCTIONS)

    def __contains__(self, command: object) -> bool:
        return command in FUNCTIONS


LOSSES = _Losses()
