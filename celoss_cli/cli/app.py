"""The parser: commands and their options become parameters of Typer. Parsing computes nothing."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from celoss_cli.cli.commands import NAMES, command_named
from celoss_cli.cli.completing import command_typed
from celoss_cli.cli.settings import settle
from celoss_cli.core.errors import CelossError, UsageError, Way, quoted, visible
from celoss_cli.core.option import FLAG, Option
from celoss_cli.core.version import __version__

if TYPE_CHECKING:
    from celoss_cli.cli.table import Command

__all__ = ["Job", "command", "outcome_of", "parsed"]

Job = Callable[[], int]
"""What a command line asks for, to be run outside of the parser; answers the exit code."""

T = TypeVar("T")

_UNSETTLED = object()
"""Marks a command line that nobody typed: variables and the config file have no say in it."""

_SETTINGS = {"help_option_names": ["-h", "--help"]}
"""Of the program and of each command, which may be asked for its parameters alone."""


class _Group(TyperGroup):
    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        return _reading_their_text(super().get_params(ctx), {})


class _StrictCommand(TyperCommand):
    """A command that refuses an option given twice, where Typer would silently take the last."""

    declared: dict[str, Option]
    refused: Mapping[str, str]

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        return _reading_their_text(super().get_params(ctx), self.declared)

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        for flag in (word.partition("=")[0] for word in takewhile(lambda word: word != "--", args)):
            if flag in self.refused:
                told = f"Expected no {flag} with celoss {self.name}, got one."
                raise UsageError(told, hint=self.refused[flag])
        args = list(_with_values_apart(args, self.declared.values()))
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for param, times in Counter(() if ctx.resilient_parsing else order).items():
            if times > 1 and param.param_type_name == "option" and not getattr(param, "multiple", False):
                raise UsageError(f"Expected {param.opts[0]} once, got it {times} times.")
        rest = super().parse_args(ctx, args)
        if not ctx.resilient_parsing and ctx.obj is not _UNSETTLED:
            settle(self.declared.values(), ctx.params, partial(_is_given, ctx))
        return rest


def _with_values_apart(words: Sequence[str], options: Iterable[Option]) -> Iterator[str]:
    """The words with ``-x=1`` as ``-x 1``, as long options have it; Typer takes "=1" for the value."""
    valued = {name for option in options if option.kind is not FLAG for name in option.names}
    left = iter(words)
    for word in left:
        name, mark, text = word.partition("=")
        if mark and name in valued and not name.startswith("--"):
            yield from (name, text)
        else:
            yield word
        if word == "--":
            yield from left
        elif word in valued:
            yield from islice(left, 1)


def _is_given(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _reading_their_text(params: Iterable[Any], declared: dict[str, Option]) -> list[Any]:
    """Parameters that read their text as their options say.

    Typer would import pydantic for that, which takes longer than all other work on a command line.
    """
    params = list(params)
    for param in params:
        param.process_value = partial(_processed, declared.get(param.name), param)
    return params


def _processed(option: Option | None, param: Any, ctx: typer.Context, given: Any) -> Any:
    """The value of a parameter: what its option makes of each text."""
    if option is None:  # --help and --version
        return given if param.callback is None else param.callback(ctx, param, given)
    nothing = given is None or given == ()
    if option.required and nothing and not ctx.resilient_parsing:
        raise UsageError(
            f"Expected {option.metavar if option.argument else param.opts[0]}, got none.",
            ways=(
                (Way("", ((option.flag, option.example),)),)
                if option.example
                else option.ways(ctx.params, "")
            ),
        )
    if nothing or given == param.default:
        return option.default
    try:
        if option.kind is FLAG:
            return given
        return option.value_of(given if option.repeatable else [given])
    except CelossError as error:
        ways = option.ways(ctx.params, given) if isinstance(given, str) else ()
        if ways:
            raise UsageError(f"Expected {option.metavar}, got {quoted(given)}.", ways=ways) from None
        raise typer.BadParameter(f"{error.fact} ({error.hint})" if error.hint else error.fact) from None


# ----------------------------------------------------------------------------- options become parameters


def _parameter(option: Option) -> inspect.Parameter:
    """An option as a parameter of a function, as Typer wants one."""
    kind: Any = list[str] if option.repeatable else bool if option.kind is FLAG else str
    default: Any = option.default if option.kind is FLAG else str(option.default)
    if option.required:
        default = inspect.Parameter.empty
    elif option.default in (None, ()):
        kind, default = kind | None, None
    annotation = Annotated[kind, _info(option)]
    return inspect.Parameter(
        option.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _info(option: Option) -> Any:
    """What Typer shows of an option. Its text is read by ``_processed``."""
    more: dict[str, Any] = {"help": option.help, "rich_help_panel": option.panel or None}
    if option.complete is not None or option.kind.choices:
        more["autocompletion"] = _completions(option)
    if option.kind is not FLAG:
        more["metavar"] = option.metavar or option.kind.metavar
        more["parser"] = option.kind.parse
    if option.argument:
        return typer.Argument(**more)
    flags = option.flags or (option.flag,)
    return typer.Option(*([f"{flags[0]}/{option.negation}"] if option.negation else flags), **more)


def _completions(option: Option) -> Callable[[typer.Context, str], list[str]]:
    """What answers the words that a shell may complete an option or an argument to."""

    def completions(ctx: typer.Context, incomplete: str) -> list[str]:
        return option.completions(incomplete, _typed(ctx))

    return completions


def _typed(ctx: typer.Context) -> dict[str, Any]:
    """What the words before the one to be completed say, by the option's name.

    Where an option still lacks its value the parser leaves the words that are arguments aside.
    """
    typed, left = dict(ctx.params), list(ctx.args)
    arguments = [found for found in ctx.command.declared.values() if found.argument]  # type: ignore[attr-defined]
    for found in arguments:
        if left and not typed.get(found.name):
            typed[found.name] = tuple(left) if found.repeatable else left.pop(0)
    return typed


def _job(declared: Command[Any], **given: Any) -> Job:
    """What is to be run with these values of a command's options."""
    return partial(declared.run, declared.value(given))


def _function(declared: Command[Any], options: Iterable[Option]) -> Callable[..., None]:
    """A function with the command's options as parameters, from which Typer makes its own."""

    def function(**given: Any) -> None:
        return

    function.__signature__ = inspect.Signature([*map(_parameter, options)])  # type: ignore[attr-defined]
    function.__annotations__ = {}
    function.__doc__ = declared.help
    return function


# ------------------------------------------------------------------------------------------ the program


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"celoss {__version__}")
        raise typer.Exit


def _program(commands: Iterable[Command[Any]]) -> Any:
    """The command line with these commands as one object with a ``main`` method."""
    app = typer.Typer(
        name="celoss",
        cls=_Group,
        help="The loss calculator for the shell: exact losses with every step shown.",
        context_settings=_SETTINGS,
        pretty_exceptions_enable=False,
    )

    @app.callback(invoke_without_command=True)
    def root(
        context: typer.Context,
        version: Annotated[
            bool,
            typer.Option(
                "--version", "-V", callback=_version, is_eager=True, help="Show the version and exit."
            ),
        ] = False,
    ) -> None:
        if context.invoked_subcommand is None and not context.resilient_parsing:
            raise UsageError("Expected a command, got none.", hint="celoss --help lists them")

    listed = [(found, found.options()) for found in commands]
    for found, options in listed:
        function = _function(found, options)
        app.command(
            found.name,
            cls=_StrictCommand,
            context_settings=_SETTINGS,
        )(function)
    program: Any = typer.main.get_command(app)
    for found, options in listed:
        made = program.commands[found.name]
        made.declared = {option.name: option for option in options}
        made.refused = found.refused
        made.callback = partial(_job, found)  # Typer's own makes lists of tuples
    return program


def outcome_of(words: Sequence[str]) -> Any:
    """What a command line comes to: its job, or whatever a parameter that ends it says.

    Args:
        words: what stands after the program's name.

    """
    program = command(words[0] if words else command_typed())
    return program.main(list(words), prog_name="celoss", standalone_mode=False)


@cache
def command(only: str | None = None) -> Any:
    """The command line as one object with a ``main`` method.

    Args:
        only: the one command to build, where it is known which one is run; building all of them takes
            longer than running most.

    """
    return _program(map(command_named, [only] if only in NAMES else NAMES))


def parsed(declared: Command[T], words: Sequence[str]) -> T:
    """The options of a command line that nobody typed: variables and the config file have no say.

    Args:
        declared: the command.
        words: what stands after its name.

    Raises:
        UsageError: for words that the command does not take.

    """
    is_known = declared.name in NAMES and command_named(declared.name) is declared
    program = command(declared.name) if is_known else _program([declared])
    found = program.commands[declared.name]
    try:
        context = found.make_context(declared.name, list(words), obj=_UNSETTLED)
    except TyperException as error:
        raise UsageError(visible(error.format_message())) from None
    return declared.value(context.params)
