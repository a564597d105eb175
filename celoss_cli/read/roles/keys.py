"""Which of several arrays by name plays which role: the one that an option names, or whose name says it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import InputError, UsageError, listed, quoted
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES

if TYPE_CHECKING:
    from celoss_cli.read.request import ReadRequest

__all__ = ["ID_KEYS", "INPUT_KEYS", "WEIGHT_KEYS", "Keys", "keys_of", "one_of"]

TARGET_NAMES = frozenset(
    [
        "target",
        "targets",
        "label",
        "labels",
        "y",
        "y_true",
        "truth",
        "actual",
        "gold",
        "class",
        "obs",
        "label_ids",
    ]
)
"""What targets are called, in a table and among arrays."""

INPUT_KEYS = ("logits", "log_probs", "probs", "probabilities", "scores", "predictions", "input", "inputs")
WEIGHT_KEYS = ("sample_weight", "sample_weights", "case_weights")
"""Of the rows; among whole arrays, "weight" is that of the classes."""

ID_KEYS = ("ids", "id")


@record(frozen=True, slots=True)
class Keys:
    """The keys of arrays by their roles.

    Attributes:
        input: of what the loss takes.
        target: of the targets, or None where they come from elsewhere.
        id, weight: of what the rows are called and how much they count, or None.
        options: of the loss's own options.
        unused: the rest.

    """

    input: str
    target: str | None
    id: str | None
    weight: str | None
    options: tuple[str, ...]
    unused: tuple[str, ...]

    def described(self) -> dict[str, Any]:
        """The roles for the heading and the JSON output, as a table has them."""
        return {
            "inputs": [self.input],
            "target": self.target,
            "id": self.id,
            "weight": self.weight,
            "unused": list(self.unused),
        }


def keys_of(
    names: Collection[str],
    request: ReadRequest,
    weights: Collection[str] = WEIGHT_KEYS,
    *,
    options: bool = True,
) -> Keys:
    """Gives every array its role; one that an option names has no other.

    Args:
        names: of the arrays.
        request: holds the user's choice.
        weights: the names that are weights of the rows.
        options: whether names may be those of the options that losses have.

    Raises:
        InputError: if the names do not settle the roles, with the option that does.
        UsageError: if an option names an array that is not there, or two of them the same one.

    """
    choice, elsewhere = request.columns, request.truth is not None
    asked = {
        "--class-columns": choice.classes,
        "--target-column": None if elsewhere else choice.target,
        "--id-column": choice.id,
        "--weight-column": choice.weight,
    }
    chosen = {option: _chosen(names, key, option) for option, key in asked.items() if key is not None}
    _refuse_two_roles(list(chosen.values()))
    free = [name for name in names if name not in chosen.values()]

    def key(option: str, known: Collection[str], role: str) -> str | None:
        return chosen[option] if option in chosen else one_of(free, known, role, option)

    input = key("--class-columns", INPUT_KEYS, "input")
    if input is None:
        known = ", ".join(INPUT_KEYS)
        raise InputError(
            f"expected the input by name ({known}), got {listed(names)}",
            hint="name it: --class-columns NAME",
        )
    target = None if elsewhere else key("--target-column", TARGET_NAMES, "targets")
    if target is None and not elsewhere:
        raise InputError(
            f"expected the targets by name (targets, labels, ...), got {listed(names)}",
            hint="name them: --target-column NAME; or give them apart: --targets @FILE",
        )
    row_id = key("--id-column", ID_KEYS, "ids")
    weight = key("--weight-column", weights, "weights of the rows")
    rest = sorted(set(free) - {input, target, row_id, weight})
    of_loss = tuple(filter(_is_option, rest)) if options else ()
    unused = tuple(name for name in rest if name not in of_loss)
    return Keys(input, target, row_id, weight, of_loss, unused)


def _is_option(name: str) -> bool:
    """Whether some loss has an option of this name; what is not for the one at hand is refused later."""
    return name == "reduction" or any(name in spec.options for spec in LOSSES.values())


def one_of(names: Collection[str], known: Collection[str], role: str, option: str) -> str | None:
    """The one name that plays a role, in any case, or None.

    Raises:
        InputError: if there are several, with the option that settles it.

    """
    found = [name for name in names if name.lower() in known]
    if len(found) > 1:
        raise InputError(f"expected the {role} once, got {listed(found)}", hint=f"say which: {option} NAME")
    return found[0] if found else None


def _chosen(names: Collection[str], key: str, option: str) -> str:
    if key not in names:
        raise UsageError(f"{option}: expected an array of {listed(names)}, got {quoted(key)}.")
    return key


def _refuse_two_roles(chosen: Sequence[str]) -> None:
    for name in chosen:
        if chosen.count(name) > 1:
            raise UsageError(f"Expected an array to play one role, got {quoted(name)} twice.")
