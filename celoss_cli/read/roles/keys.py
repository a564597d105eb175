"""Which of several arrays by name plays which role: the one that an option names, or whose name says it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field
from functools import cache, partial
from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError, UsageError, Way, listed, quoted
from celoss_cli.core.records import record, replace
from celoss_cli.losses import LOSSES
from celoss_cli.losses.spec import TOKENS
from celoss_cli.read.roles.column import Column, Shape, Stored, sample_size
from celoss_cli.read.roles.columns import assign, wanted_of
from celoss_cli.read.roles.found import KINDS, ColumnChoice, preferred
from celoss_cli.read.roles.naming import only_named, refuse_two_roles
from celoss_cli.read.roles.words import INPUT_KEYS, named

if TYPE_CHECKING:
    from celoss_cli.core.data import Roles
    from celoss_cli.read.request import ReadRequest

__all__ = ["ID_KEYS", "INPUT_KEYS", "WEIGHT_KEYS", "Keys", "keys_of"]

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

WEIGHT_KEYS = ("sample_weight", "sample_weights", "case_weights")
"""Of the rows; among whole arrays, "weight" is that of the classes."""

ID_KEYS = ("ids", "id")


_MOST_WAYS = 6
_STORED: dict[str, Stored] = {"b": "truth", "U": "text"}


ShapeOf = Callable[[str], Shape | None]


@record(frozen=True, slots=True)
class Keys:
    """The keys of arrays by their roles.

    Attributes:
        input: of what the loss takes.
        target: of the targets, or None where they come from elsewhere.
        id, weight: of what the rows are called and how much they count, or None.
        options: of the loss's own options.
        unused: the rest.
        why: what speaks for the input and the targets, where it is not a known name.
        positive: the target that is the positive answer, where it is not 1.
        predicted: of the classes predicted whose probability the input is, or None.
        decided: these, the positive one first.

    """

    input: str
    target: str | None
    id: str | None = None
    weight: str | None = None
    options: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    why: Mapping[str, str] = field(default_factory=dict)
    positive: str | None = None
    predicted: str | None = None
    decided: tuple[str, ...] = ()

    def described(self) -> Roles:
        """The roles for the heading and the JSON output, as a table has them."""
        roles: Roles = {
            "inputs": [self.input],
            "target": self.target,
            "id": self.id,
            "weight": self.weight,
            "unused": list(self.unused),
        }
        if self.why:
            roles["why"] = dict(self.why)
        if self.predicted is not None:
            roles["predicted"] = self.predicted
        return roles


def keys_of(
    names: Collection[str],
    request: ReadRequest,
    weights: Collection[str] = WEIGHT_KEYS,
    *,
    options: bool = True,
    shape: ShapeOf | None = None,
) -> Keys:
    """Gives every array its role; one that an option names has no other.

    Args:
        names: of the arrays.
        request: holds the user's choice.
        weights: the names that are weights of the rows.
        options: whether names may be those of the options that losses have.
        shape: gives the shape and type of an array, or None for what is none; asked only where names leave
            a doubt.

    Raises:
        InputError: if the names do not settle the roles, with the option that does.
        UsageError: if an option names an array that is not there, or two of them the same one.

    """
    request.settled.arrays = {name: partial(shape, name) if shape else lambda: None for name in names}
    choice, elsewhere = request.columns, request.truth is not None
    asked = {
        "--class-columns": choice.classes,
        "--target-column": None if elsewhere else choice.target,
        "--id-column": choice.id,
        "--weight-column": choice.weight or None,
    }
    chosen = {option: _chosen(names, key, option) for option, key in asked.items() if key is not None}
    keys = [*chosen.values()]
    refuse_two_roles([key for key in keys if keys.count(key) > 1], "an array")
    free = [name for name in names if name not in chosen.values()]

    def key(option: str, known: Collection[str], role: str) -> str | None:
        return chosen[option] if option in chosen else only_named(free, known, role, option)

    row_id = key("--id-column", ID_KEYS, "ids")
    unweighted = choice.weight == ""
    weight = None if unweighted else key("--weight-column", weights, "weights of the rows")
    others = {row_id, weight, *(filter(_is_option, free) if options else ())}
    features = (name for name in free if "feature" in named(name).other)
    if options and not unweighted and "weight" in free and any(features):
        raise InputError(
            'expected weights or a feature, got "weight", which may be either beside features',
            ways=(
                Way("weights of the rows", (("--weight-column", "weight"),)),
                Way("no weights", (("--weight-column", ""),)),
            ),
        )
    searched = [name for name in names if name not in others]
    search = _Search([name for name in searched if name in free], searched, request, shape)
    found = search.found(chosen.get("--class-columns"), chosen.get("--target-column"))
    rest = sorted(set(free) - {found.input, found.target, row_id, weight, found.predicted})
    of_loss = [n for n in rest if options and _is_option(n) and not (unweighted and n == "weight")]
    unused = tuple(name for name in rest if name not in of_loss)
    return replace(found, id=row_id, weight=weight, options=tuple(of_loss), unused=unused)


class _Search:
    """Which array is the input and which holds the targets: by name, else by shape and type."""

    def __init__(
        self, names: Sequence[str], every: Sequence[str], request: ReadRequest, shape: ShapeOf | None
    ) -> None:
        self._names = names
        self._every = every
        self._request = request
        self._says = {name: named(name) for name in names}
        self._look: ShapeOf = (lambda name: None) if shape is None else cache(shape)

    def found(self, input: str | None, target: str | None) -> Keys:
        """The keys of the input and of the targets; these are given where an option names them.

        Raises:
            InputError: where neither names nor shapes settle it, with a way out for each reading.

        """
        elsewhere, settled = self._request.truth is not None, partial(Keys, positive=self._request.positive)
        decided = self._request.columns.predicted is not None
        if (input is None or decided) and (table := self._as_columns()) is not None:
            return self._of_table(table)
        if decided:
            raise UsageError("Expected --predicted-column with arrays of one axis, got others.")
        inputs = [input] if input is not None else self._inputs()
        targets = [] if elsewhere else [target] if target is not None else self._targets()
        if len(inputs) == 1 and (elsewhere or len(targets) == 1):
            if input is None:
                self._refuse_single(inputs[0])
            return settled(inputs[0], targets[0] if targets else None)
        if elsewhere and not inputs:
            inputs = [name for name in self._names if (found := self._look(name)) and found.kind == "f"]
            if len(inputs) == 1:
                return settled(inputs[0], None, why={"inputs": "the only array of numbers"})
        pairs = [] if elsewhere else self._by_shape(inputs or self._names, targets or self._names)
        if len(pairs) == 1 and self._is_prediction(pairs[0][1]):
            pairs = []  # what was predicted is no target, be it all that fits
        if len(pairs) == 1:
            told = {"inputs": input, "target": target}
            why = {role: "the only one whose shape and type fit" for role, one in told.items() if one is None}
            return settled(*pairs[0], why=why)
        raise self._doubt(pairs, inputs, targets)

    def _as_columns(self) -> list[Column] | None:
        """Arrays of one axis and one length for a loss of single values, as the columns of a table."""
        if self._request.per_class:
            return None
        if self._request.columns.predicted is None and any(
            name.lower() in INPUT_KEYS for name in self._names
        ):
            return None
        shapes = [found for name in self._every if (found := self._look(name)) is not None]
        lengths = {found.extents for found in shapes}
        if len(shapes) < len(self._every) or len(lengths) != 1 or any(len(one) != 1 for one in lengths):
            return None
        size = sample_size(len(self._every))
        return [
            Column.of(name, found.cells[:size], stored=_STORED.get(found.kind, "number"))
            for name, found in zip(self._every, shapes, strict=True)
        ]

    def _of_table(self, columns: list[Column]) -> Keys:
        asked = self._request.columns
        classes = asked.classes if asked.predicted is not None else None
        choice = ColumnChoice(target=asked.target, classes=classes, predicted=asked.predicted)
        found = assign(columns, replace(wanted_of(self._request), choice=choice))
        names, why = found.names, {role: found.why.get(role, "") for role in ("inputs", "target")}
        return Keys(
            names[found.inputs[0]],
            names[found.target[0]] if found.target else None,
            why=why,
            positive=found.positive,
            predicted=None if found.predicted is None else names[found.predicted],
            decided=found.decided,
        )

    def _inputs(self) -> list[str]:
        """The arrays whose names say that they are the input."""
        says, kind = self._says, KINDS.get(self._request.takes, "")
        known = [name for name in self._names if name.lower() in INPUT_KEYS]
        return preferred(
            known or [name for name in self._names if says[name].takes and not says[name].decided],
            lambda name: kind != "" and says[name].takes == kind,
            lambda name: kind == "scores" and says[name].takes == "logits",
            lambda name: not self._is_decision(name),
        )

    def _targets(self) -> list[str]:
        """The arrays whose names say that they hold the targets."""
        exact = [name for name in self._names if name.lower() in TARGET_NAMES]
        ranked = ([name for name in self._names if self._says[name].target == rank] for rank in (3, 2))
        return exact or next(filter(None, ranked), [])

    def _is_decision(self, name: str) -> bool:
        """Whether an array holds whole numbers, one a row."""
        return self._has_one_axis(name, "biu")

    def _has_one_axis(self, name: str, kinds: str = "") -> bool:
        """Whether an array holds one value a row, of one of these kinds if any are given."""
        found = self._look(name)
        return found is not None and len(found.extents) == 1 and (not kinds or found.kind in kinds)

    def _refuse_single(self, name: str) -> None:
        """Refuses one number a row for a value of each class, if no known name says so, and decisions."""
        request = self._request
        if request.per_class and name.lower() not in INPUT_KEYS and self._has_one_axis(name):
            raise InputError(
                f"expected a value for each class, got {quoted(name)} with one for each row",
                ways=(Way("a binary loss", (("--class-columns", name),), request.binary or "bce"),),
            )
        if request.takes == "probs" and self._says[name].takes == "scores" and self._is_decision(name):
            raise InputError(
                f"expected a number that says how likely it is, got {quoted(name)}, which is a decision",
                ways=(Way("", (("--class-columns", name),)),),
            )

    def _is_prediction(self, name: str) -> bool:
        """Whether an array that no option names is called as predictions are."""
        said = self._says.get(name)
        return said is not None and bool(said.takes)

    def _by_shape(self, inputs: Sequence[str], targets: Sequence[str]) -> list[tuple[str, str]]:
        """The pairs of arrays that can be input and targets."""
        return [(one, two) for one in inputs for two in targets if one != two and self._fit(one, two)]

    def _fit(self, one: str, two: str) -> bool:
        x, y = self._look(one), self._look(two)
        if x is None or y is None or x.kind not in "fiu" or y.kind not in "biu":
            return False
        if not self._request.per_class:
            return x.kind == "f" and _squeezed(x.extents) == _squeezed(y.extents)
        if len(x.extents) < 2:
            return False
        without = (x.extents[:1] + x.extents[2:], x.extents[:-1])
        return _squeezed(y.extents) in map(_squeezed, without)

    def _doubt(
        self, pairs: Sequence[tuple[str, str]], inputs: Sequence[str], targets: Sequence[str]
    ) -> InputError:
        elsewhere = self._request.truth is not None
        if len(inputs) > 1 and self._request.per_class and all(map(self._has_one_axis, inputs)):
            stack = f"write them as one array, np.stack([{', '.join(inputs[:_MOST_WAYS])}], axis=1)"
            told = (
                f"expected an array with a value for each class, got {listed(inputs)} with one for each row"
            )
            return InputError(told, hint=stack)
        if len(inputs) > 1:
            fact = f"expected the input once, got {listed(inputs)}"
        elif not inputs:
            fact = f"expected the input by name ({', '.join(INPUT_KEYS)}), got {listed(self._names)}"
        elif len(targets) > 1:
            fact = f"expected the targets once, got {listed(targets)}"
        else:
            fact = f"expected the targets by name (targets, labels, ...), got {listed(self._names)}"
        if elsewhere:
            ways = [Way("", (("--class-columns", one),)) for one in inputs or self._names]
        else:
            likely = [(x, y) for x in inputs or self._names for y in targets or self._names if x != y]
            ways = [Way("", (("--class-columns", x), ("--target-column", y))) for x, y in pairs or likely]
            if len(inputs) == 1 and not targets and not pairs:
                apart = Way("from another file", (("--targets", "@targets.csv"),))
                tokens = Way(
                    "of the token in each place", (("--input-is", TOKENS), ("--class-columns", inputs[0]))
                )
                is_of_tokens = self._request.scored and named(inputs[0]).takes == "log-probs"
                ways = [*[*([tokens] if is_of_tokens else ()), *ways][: _MOST_WAYS - 1], apart]
        return InputError(fact, ways=tuple(ways[:_MOST_WAYS]))


def _squeezed(extents: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without axes of extent 1 behind the rows, which some writers keep."""
    return (*extents[:1], *(extent for extent in extents[1:] if extent != 1))


def _is_option(name: str) -> bool:
    """Whether some loss has an option of this name; what is not for the one at hand is refused later."""
    return name == "reduction" or any(name in spec.options for spec in LOSSES.values())


def _chosen(names: Collection[str], key: str, option: str) -> str:
    if key not in names:
        raise UsageError(f"{option}: expected an array of {listed(names)}, got {quoted(key)}.")
    return key
