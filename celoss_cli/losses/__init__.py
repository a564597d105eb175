"""The registry of losses. It imports no NumPy, so that ``--help`` stays quick.

Adding a loss is one line here and one class in a module of this folder: it then appears in the command
line, in every output format and in the parity and law tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from celoss_cli.core.records import record
from celoss_cli.losses.conventions import INPUT_KINDS

if TYPE_CHECKING:
    from celoss_cli.losses.base import Loss

__all__ = ["LOSSES", "LossSpec"]


@record(frozen=True, slots=True)
class LossSpec:
    """What the command line must know of a loss before it computes one.

    Attributes:
        command: the sub-command.
        name: the function's name in ``torch.nn.functional`` and in ``celoss_cli``.
        title: the name in words.
        summary: one line of help.
        takes: what the input is called; also the option that gives it inline, ``--takes``.
        target: what a target is, for help and messages.
        per: "class" where a row has one value for each class and one target, else "element".
        options: the semantics options, each a field of the class.
        reductions: the accepted reductions.
        where: "module:Class" within this folder.
        by_convention: the same for the class that takes a convention and a kind of input too, or "".
        kinds: the kinds of input that may be named, the usual one first; none where there is only one.

    """

    command: str
    name: str
    title: str
    summary: str
    takes: str
    target: str
    per: Literal["class", "element"]
    options: tuple[str, ...]
    where: str
    reductions: tuple[str, ...] = ("none", "mean", "sum")
    by_convention: str = ""
    kinds: tuple[str, ...] = ()

    def load(self) -> type[Loss]:
        """The class that computes this loss; importing it imports NumPy."""
        return _class_at(self.where)

    def taking(self, options: Mapping[str, Any]) -> LossSpec:
        """The same loss with the kind of input that its options name."""
        return replace(self, takes=options.get("input_is") or self.takes)

    def made(self, **options: Any) -> Loss:
        """The loss with its options; ``convention`` and ``input_is`` may be among them."""
        by_convention = not options.keys().isdisjoint(("convention", "input_is"))
        return _class_at(self.by_convention if by_convention else self.where)(**options)


def _class_at(where: str) -> type[Loss]:
    module, _, name = where.partition(":")
    found: type[Loss] = getattr(import_module(f"celoss_cli.losses.{module}"), name)
    return found


LOSSES: dict[str, LossSpec] = {
    spec.command: spec
    for spec in (
        LossSpec(
            command="ce",
            name="cross_entropy",
            title="cross entropy",
            summary="Cross entropy of logits: log softmax, gather, weight, reduce.",
            takes="logits",
            target="class indices, class names or probabilities",
            per="class",
            options=("weight", "ignore_index", "label_smoothing"),
            where="cross_entropy:CrossEntropy",
            by_convention="by_convention:CrossEntropyByConvention",
            kinds=INPUT_KINDS,
        ),
        LossSpec(
            command="nll",
            name="nll_loss",
            title="negative log likelihood",
            summary="Negative log likelihood of log-probabilities: gather, weight, reduce.",
            takes="log-probs",
            target="class indices or class names",
            per="class",
            options=("weight", "ignore_index"),
            where="nll_loss:NegativeLogLikelihood",
            by_convention="by_convention:NegativeLogLikelihoodByConvention",
        ),
        LossSpec(
            command="bce",
            name="binary_cross_entropy",
            title="binary cross entropy",
            summary="Binary cross entropy of probabilities, logarithms clamped at -100.",
            takes="probs",
            target="0, 1 or a probability",
            per="element",
            options=("weight",),
            where="binary_cross_entropy:BinaryCrossEntropy",
            by_convention="by_convention:BinaryCrossEntropyByConvention",
        ),
        LossSpec(
            command="bce-logits",
            name="binary_cross_entropy_with_logits",
            title="binary cross entropy with logits",
            summary="Binary cross entropy of logits: sigmoid, both logarithms, weights.",
            takes="logits",
            target="0, 1 or a probability",
            per="element",
            options=("weight", "pos_weight"),
            where="binary_cross_entropy_with_logits:BinaryCrossEntropyWithLogits",
        ),
        LossSpec(
            command="soft-margin",
            name="soft_margin_loss",
            title="soft margin loss",
            summary="Logistic loss of scores, labels +1 and -1: log(1 + exp(-y s)).",
            takes="scores",
            target="+1 or -1",
            per="element",
            options=(),
            where="soft_margin_loss:SoftMargin",
        ),
        LossSpec(
            command="kl",
            name="kl_div",
            title="Kullback-Leibler divergence",
            summary="Kullback-Leibler divergence of log-probabilities q from targets p.",
            takes="log-probs",
            target="probabilities, or their logarithms with --log-target",
            per="element",
            options=("log_target",),
            where="kl_div:KullbackLeibler",
            reductions=("none", "mean", "sum", "batchmean"),
        ),
    )
}
