"""What a loss declares about itself, so that nothing outside of its file need know it by name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from celoss_cli.core.records import record, replace
from celoss_cli.losses.options import IGNORE_INDEX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from celoss_cli.core.data import Reduction
    from celoss_cli.core.option import Option, OptionValues
    from celoss_cli.losses.base import Loss

__all__ = ["INPUT_KINDS", "TOKENS", "LossSpec", "Problem"]

INPUT_KINDS = ("logits", "log-probs", "probs")
"""What the values of a row can be."""

TOKENS = "token-logprobs"
"""The kind of input that has the log-probability of one token in each place, and needs no target."""

_TORCH = "torch.nn.functional."


@record(frozen=True, slots=True)
class LossSpec:
    """The declaration of a loss. Its formula, derivation and references are the docstring of ``loss``.

    Attributes:
        command: the sub-command.
        name: the public function, which stands in the same file.
        title: the name in words.
        summary: one line of help.
        takes: what the input is called; also the option that gives it inline, ``--takes``.
        target: what a target is, for help and messages.
        loss: the class that computes it.
        example: a command line that runs.
        reference: the function that gives the same numbers, PyTorch's where it has one.
        emitted: the statements of NumPy that make ``losses`` of the arrays, for ``--emit``; None where that
            is not offered.
        declared: the semantics options, each a field of the class.
        reductions: the accepted reductions.
        by_convention: "module:Class" of the class that takes a convention and a kind of input too, or "".
        scored: "module:Class" of the class for tokens whose log-probability is given, or "".
        kinds: the kinds of input that may be named, the usual one first; none where there is only one.
        of_probs: the words of the command of the same loss of probabilities; () where there is none.
        binary: the command of the same loss for one score a row; "" where bce or bce-logits is it.
        overflows: up to which size of the input the reference computes, by dtype; empty where it always does.

    """

    command: str
    name: str
    title: str
    summary: str
    takes: str
    target: str
    loss: type[Loss]
    example: str
    reference: str
    emitted: Callable[[Problem], Iterable[str]] | None = None
    declared: tuple[Option, ...] = ()
    reductions: tuple[str, ...] = ("none", "mean", "sum")
    by_convention: str = ""
    scored: str = ""
    kinds: tuple[str, ...] = ()
    of_probs: tuple[str, ...] = ()
    binary: str = ""
    overflows: Mapping[str, float] | None = None

    @property
    def per(self) -> Literal["class", "element"]:
        """Where a row has a value for each class and one target "class", else "element"."""
        return "class" if self.loss.per_class else "element"

    @property
    def takes_choices(self) -> bool:
        """Whether the log-likelihoods of choices can be its input."""
        return self.per == "class" and self.takes == "logits"

    @property
    def lacks(self) -> frozenset[str]:
        """What options need that data of this loss never has."""
        has = {"classes"} if self.per == "class" else {"answers"}
        has |= {"choices"} if self.takes_choices else set()
        has |= {"decisions"} if self.per == "element" and self.takes == "probs" else set()
        has |= {"tokens"} if self.scored else set()
        return frozenset(("classes", "answers", "choices", "decisions", "tokens")) - has

    @property
    def options(self) -> tuple[str, ...]:
        """The names of the semantics options."""
        return tuple(option.name for option in self.declared)

    @property
    def torch(self) -> str:
        """The name of the function in ``torch.nn.functional`` that computes this loss, or ""."""
        return self.reference.removeprefix(_TORCH) if self.reference.startswith(_TORCH) else ""

    def taking(self, options: OptionValues) -> LossSpec:
        """The same loss with the kind of input that its options name."""
        return replace(self, takes=options.get("input_is") or self.takes)

    def made(self, **options: Any) -> Loss:
        """The loss with its options; ``convention`` and ``input_is`` may be among them."""
        conventional = not options.keys().isdisjoint(("convention", "input_is"))
        if self.scored and options.get("input_is") == TOKENS:
            return _class_of(self.scored)(**options)
        return (_class_of(self.by_convention) if conventional and self.by_convention else self.loss)(
            **options
        )


def _class_of(name: str) -> type[Loss]:
    module, _, found = name.partition(":")
    kind: type[Loss] = getattr(import_module(f"celoss_cli.losses.{module}"), found)
    return kind


@record(frozen=True, slots=True)
class Problem:
    """One computation of a loss, to be written out as code.

    Attributes:
        spec: the loss.
        options: the options in force, by name.
        reduction: how the losses become one number.
        axes: how many axes the losses have; the input has the class axis in addition.
        probabilities: whether a class loss is computed against probabilities.
        ignoring: whether targets are ignored.
        sampled: whether rows have weights of their own.
        library: the name of the library that the code uses.

    """

    spec: LossSpec
    options: OptionValues
    reduction: Reduction
    axes: int
    probabilities: bool
    ignoring: bool
    sampled: bool
    library: str

    @property
    def input(self) -> str:
        """The name of the variable that holds the input."""
        return self.spec.takes.replace("-", "_")

    @property
    def ignored(self) -> int:
        """The target that is left out, where targets are ignored."""
        return int(self.options[IGNORE_INDEX.name])

    @property
    def weight_by_target(self) -> bool:
        """Whether a row's weight is that of its target's class."""
        return self.has("weight") and self.spec.per == "class" and not self.probabilities

    def has(self, name: str) -> bool:
        """Whether an option says something else than the loss does without it."""
        field = self.spec.loss.__dataclass_fields__.get(name)
        return field is not None and self.options.get(name) not in (None, field.default)
