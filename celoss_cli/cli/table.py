"""The table of options: each is a field of a small typed record, and a command takes a record of those.

A record is a plain class with an attribute for each option, so that whoever reads one is checked by mypy; the
options that say no heading of their own stand in the help under its ``PANEL``.
What the parser, the keys of the config, completion, refusals and suggested commands need is read from the
same fields: ``options`` of a command lists them, and its ``value`` makes the record from what was given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import field
from functools import cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from celoss_cli.core.option import Kind, Option, one_of
from celoss_cli.core.records import record, replace

if TYPE_CHECKING:
    from celoss_cli.core.option import OptionValues
    from celoss_cli.losses import LossSpec

__all__ = [
    "Command",
    "GivenOption",
    "Part",
    "declarations",
    "declared",
    "for_loss",
    "given_options",
    "given_words",
    "group",
    "option",
    "options_in",
    "part",
]

T = TypeVar("T")

Changes = Mapping[str, Mapping[str, Any]]
"""Attributes of options that are others for a command, by the option's name."""


@record(frozen=True, slots=True)
class Part:
    """A record of options within another: without some of them, and with details of others changed."""

    kind: type
    without: frozenset[str]
    changed: Changes


_DECLARED = "declared"
"""Where a field holds what it declares."""


def option(kind: Kind, help: str, **more: Any) -> Any:
    """A field that is an option; its name is that of the field.

    Args:
        kind: what its values are.
        help: one or two sentences.
        more: further attributes of ``Option``.

    """
    return declared(Option("", kind, help, **more))


def declared(option: Option) -> Any:
    """A field that is an option which was declared elsewhere, by a loss."""
    return field(default=option.default, metadata={_DECLARED: option})


def part(kind: type, *, without: Iterable[str] = (), **changed: Mapping[str, object]) -> Any:
    """A field that holds another record of options.

    Args:
        kind: the record.
        without: the options that the command does not take; their fields have their defaults.
        changed: attributes of options that are others here, by the option's name.

    """
    return field(default_factory=kind, metadata={_DECLARED: Part(kind, frozenset(without), changed)})


def group() -> Any:
    """A field for options that the losses declare: each that was given, as ``GivenOption``."""
    return field(default=(), metadata={_DECLARED: None})


@record(frozen=True, slots=True)
class GivenOption:
    """An option that was given, with its value."""

    option: Option
    value: Any

    @property
    def words(self) -> list[str]:
        """It as words of a command line."""
        return list(self.option.words(self.value))


@record(frozen=True, slots=True)
class Command(Generic[T]):
    """A command: what it is called, which options it takes, and what it does with them.

    Attributes:
        name: of the command.
        help: its help.
        kind: the record of its options.
        run: computes and writes; answers the exit code.
        without: options of the record that it does not take.
        lacks: what the data of its loss never has; it does not take the options that need it.
        changed: attributes of options that are others for it, by the option's name.
        groups: the options of each group of the record, by the field's name.
        refused: flags of other commands that this one cannot have, each with the reason.
        rehearse: refuses what ``run`` would refuse, as far as the first rows show it; tells and writes
            nothing. None where reading them as the loss does shows it already.

    """

    name: str
    help: str
    kind: type[T]
    run: Callable[[T], int]
    without: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()
    changed: Changes = field(default_factory=dict)
    groups: Mapping[str, tuple[Option, ...]] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    rehearse: Callable[[T], None] | None = None

    def options(self) -> list[Option]:
        """Its options in the order of the help."""
        every = options_in(self.kind, self.without, self.changed, self.groups)
        return [option for option in every if option.needs not in self.lacks]

    def value(self, values: OptionValues) -> T:
        """The record of its options, from their values by name."""
        made: T = _made(self.kind, values, self.groups)
        return made


def for_loss(
    spec: LossSpec, kind: type[T], help: str = "", run: Callable[[T], int] = lambda given: 0
) -> Command[T]:
    """A command with the options of a record that a loss has, and no others."""
    has = {"input_is": spec.kinds, "base": spec.loss.is_information, "convention": spec.by_convention}
    return Command(
        spec.command,
        help,
        kind,
        run,
        without=frozenset(name for name, found in has.items() if not found),
        lacks=spec.lacks,
        changed=_changed(spec),
        groups={"of_loss": spec.declared},
    )


def _changed(spec: LossSpec) -> Changes:
    """What is another in the options of a loss."""
    return {
        "input": {
            "flags": (f"--{spec.takes}", "-x"),
            "help": f"The {spec.takes} inline, as 1,2;3,4 or [[1,2],[3,4]], or @FILE.",
        },
        "input_is": {
            "kind": one_of(spec.kinds),
            "help": f"What the values are; {spec.takes} if not given.",
        },
        "convention": {
            "kind": one_of(partial(_tools, spec.command), partial(_elsewhere, spec.command)),
            "help": "Clip, rescale and divide as this tool does; all shows them side by side.",
        },
        "reduction": {"kind": one_of(spec.reductions)},
    }


def _tools(command: str) -> Collection[str]:
    """The tools that compute a loss, and all of them."""
    from celoss_cli.losses.conventions import CONVENTIONS  # most runs name none

    return *(name for name, known in CONVENTIONS.items() if command in known.functions), "all"


def _elsewhere(command: str, name: str) -> str:
    """What leads on from a tool that computes another loss."""
    from celoss_cli.losses.conventions import CONVENTIONS

    return CONVENTIONS[name].elsewhere.get(command, "") if name in CONVENTIONS else ""


def options_in(
    kind: Any,
    without: frozenset[str] = frozenset(),
    changed: Changes = MappingProxyType({}),
    groups: Mapping[str, tuple[Option, ...]] = MappingProxyType({}),
) -> Iterator[Option]:
    """The options of a record, in order.

    Args:
        kind: the record.
        without: those that are left out.
        changed: attributes of options that are others here, by the option's name.
        groups: the options of each group, by the field's name.

    """
    for name, found in declarations(kind).items():
        if isinstance(found, Part):
            yield from options_in(found.kind, without | found.without, {**found.changed, **changed}, groups)
        elif found is None:
            yield from groups.get(name, ())
        elif name not in without:
            yield replace(found, **changed[name]) if name in changed else found


@cache
def declarations(kind: Any) -> Mapping[str, Option | Part | None]:
    """What each field of a record declares: an option with its name and heading, a part, or a group."""
    found = {name: each.metadata[_DECLARED] for name, each in kind.__record_fields__.items()}
    panel = getattr(kind, "PANEL", "")
    return {
        name: replace(each, name=name, panel=each.panel or panel) if isinstance(each, Option) else each
        for name, each in found.items()
    }


def _made(kind: Any, values: OptionValues, groups: Mapping[str, tuple[Option, ...]]) -> Any:
    chosen: dict[str, Any] = {}
    for name, found in declarations(kind).items():
        if isinstance(found, Part):
            chosen[name] = _made(found.kind, values, groups)
        elif found is None:
            given = (GivenOption(option, values[option.name]) for option in groups.get(name, ()))
            chosen[name] = tuple(one for one in given if one.option.is_given(one.value))
        elif name in values:
            chosen[name] = values[name]
    return kind(**chosen)


def given_options(found: Any, *, without: Iterable[str] = ()) -> Iterator[GivenOption]:
    """The options of a record that were given, in the order of the help.

    Args:
        found: the record.
        without: fields that are left out, options or records of options.

    """
    kind: Any = type(found)
    left_out = frozenset(without)
    for name, declared in declarations(kind).items():
        if name in left_out:
            continue
        value = getattr(found, name)
        if isinstance(declared, Part):
            yield from given_options(value, without=left_out)
        elif declared is None:
            yield from (given for given in value if given.option.name not in left_out)
        elif declared.is_given(value):
            yield GivenOption(declared, value)


def given_words(found: Any) -> list[str]:
    """The options of a record that were given, as words of a command line."""
    return [word for given in given_options(found) for word in given.words]
