"""The commands. Parsing them computes nothing: a command answers with what is to be run."""

from __future__ import annotations

import importlib
import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from celoss_cli import __version__
from celoss_cli.cli.commands.compare_options import compare_options
from celoss_cli.cli.commands.diagnose_options import diagnose_options
from celoss_cli.cli.commands.explain_options import explain_options
from celoss_cli.cli.commands.plot_options import plot_options
from celoss_cli.cli.commands.reconcile_options import reconcile_options
from celoss_cli.cli.commands.report_options import report_options
from celoss_cli.cli.commands.weights_options import weights_options
from celoss_cli.cli.gate_options import check_options, gate_options
from celoss_cli.cli.options import loss_options, merge_options
from celoss_cli.core.errors import ExitCode, UsageError
from celoss_cli.losses import LOSSES, LossSpec

__all__ = ["Job", "command"]

Job = Callable[[], int]
"""What a command line asks for, to be run outside of the parser; answers the exit code."""


class _Group(TyperGroup):
    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        return _reading_their_text(super().get_params(ctx))


class _StrictCommand(TyperCommand):
    """A command that refuses an option given twice, where Typer would silently take the last."""

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        return _reading_their_text(super().get_params(ctx))

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for param, times in Counter(order).items():
            if times > 1 and _is_option(param) and not getattr(param, "multiple", False):
                raise UsageError(f"Expected {param.opts[0]} once, got it {times} times.")
        rest = super().parse_args(ctx, args)
        if not ctx.resilient_parsing and ctx.obj is None:
            from celoss_cli.cli.settings import settle

            settle(ctx)
        return rest


def _reading_their_text(params: Iterable[Any]) -> list[Any]:
    """Parameters that read their text themselves.

    Typer would import pydantic for that, which takes longer than all other work on a command line.
    """
    params = list(params)
    for param in params:
        param.process_value = partial(_processed, param)
    return params


def _processed(param: Any, ctx: typer.Context, given: Any) -> Any:
    """The value of a parameter: what its parser makes of each text, else the text itself."""
    if param.callback is not None and given is not None:
        return type(param).process_value(param, ctx, given)
    parser = param.type_descriptor.parameter_info.parser
    value = given
    if param.required and given in (None, ()) and not ctx.resilient_parsing:
        raise UsageError(f"Expected {param.opts[0] if _is_option(param) else param.metavar}, got none.")
    if param.multiple or param.nargs == -1:
        value = () if given is None else [parser(text) if parser else text for text in given]
    elif given is not None and parser is not None:
        value = parser(given)
    return value if param.callback is None else param.callback(ctx, param, value)


def _is_option(param: Any) -> bool:
    return bool(param.param_type_name == "option")


def _exit_codes() -> str:
    listed = "\n\n".join(f"{code.value:>3}  {code.meaning}" for code in ExitCode)
    return f"Exit codes:\n\n{listed}"


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"celoss {__version__}")
        raise typer.Exit


def _command(
    runner: Callable[[Mapping[str, Any]], int], options: Mapping[str, tuple[Any, Any]], help: str
) -> Callable[..., Job]:
    """A function with these parameters, as Typer wants one; it answers with what is to be run."""

    def command(**given: Any) -> Job:
        return lambda: runner(given)

    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in options.items()
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {}
    command.__doc__ = help
    return command


def _loss_command(spec: LossSpec) -> Callable[..., Job]:
    def run_loss(given: Mapping[str, Any]) -> int:
        if given.get("convention") == "all":
            from celoss_cli.cli.commands.beside import run
        else:
            from celoss_cli.cli.commands.loss import run
        return run(spec, given)

    about = f"{spec.summary}\n\nA target is {spec.target}. Computes {spec.reference}."
    help = f"{about}\n\nExample: {spec.example}"
    return _command(run_loss, {**loss_options(spec), **gate_options()}, help)


def _runner(name: str) -> Callable[[Mapping[str, Any]], int]:
    """Runs the command; its module is imported only then."""

    def run(given: Mapping[str, Any]) -> int:
        module = importlib.import_module(f"celoss_cli.cli.commands.{name}")
        return int(module.run(given))

    return run


_MERGE = """Combine the exact partial results of shards.

The result has the same bits as one run over all the data.

Example: celoss ce part1.csv --emit-partial 1.json; celoss merge 1.json 2.json"""

_CHECK = """Run the checks of the config file.

Reads the nearest celoss.toml, or the table tool.celoss of pyproject.toml: named checks with a loss, files, \
options and limits. A check whose data is bad is told, and the others still run. The keys format, color and \
jobs of the file are defaults of these options, the variables CELOSS_FORMAT, CELOSS_COLOR and CELOSS_JOBS go \
before.

Example: celoss check --report junit=checks.xml"""

_COMPARE = """Compare the predictions of two files on the same rows.

The difference is the mean loss of B less that of A: a positive one says that B is worse. Rows are aligned \
by their ids, and both files must have the same targets.

Example: celoss compare old.csv new.csv --loss ce --max-increase 0.01"""

_REPORT = """Write a page with everything there is to see of a loss.

One file that needs nothing else: the number and how it comes about, how the losses are spread, whether the \
probabilities come true, the loss by class, the worst rows step by step, and the command that gives the \
number again.

Example: celoss report preds.csv -o report.html"""

_EXPLAIN = """Explain a loss or a finding.

A loss comes with its formula, a short derivation, the meaning of every option, an example computed on the \
spot, its twins and references; a finding with what it sees, why it matters and what to do. Without a name \
all are listed.

Example: celoss explain ce; celoss explain CEL103"""

_DIAGNOSE = """Find mistakes in the data or in the choice of the loss.

Each finding has a code, the numbers that show it, and what mends it. Values that a loss command would \
refuse are looked at all the same.

Example: celoss diagnose preds.csv --loss ce --fail-on warning"""

_PLOT = """Draw a loss, or the losses of data, in the terminal or as PNG or SVG.

Without data it is the curve of the loss against the prediction. FILE is read as the loss's \
command reads it; standard input only as -. Its numbers are written with --format json or csv.

Example: celoss plot ce preds.csv --kind reliability -o reliability.svg"""

_WEIGHTS = """Class weights from how often each class is a target.

The targets are those of the files, which are read as celoss ce reads them, or those of --targets alone. \
Ignored targets are not counted; rows with weights count as often as these say. --weight takes the JSON \
output as @FILE, and the value output as it is.

Example: celoss weights preds.csv --json > weights.json; celoss ce preds.csv --weight @weights.json"""

_RECONCILE = """Find which semantics give a number that somebody else got.

Tries what the input may have been taken for, the axis, the denominator, weights, ignored targets, label \
smoothing, clipping, the base of the logarithm, precision, labels off by one, a moved decimal point, and \
more, a few deviations at a time. The digits of the number say how far it is known. Exits 1 where nothing \
gives it.

Example: celoss reconcile preds.csv --got 0.1365"""

_COMMANDS: dict[str, tuple[Callable[[], Mapping[str, tuple[Any, Any]]], str]] = {
    "diagnose": (diagnose_options, _DIAGNOSE),
    "reconcile": (reconcile_options, _RECONCILE),
    "explain": (explain_options, _EXPLAIN),
    "compare": (compare_options, _COMPARE),
    "check": (check_options, _CHECK),
    "weights": (weights_options, _WEIGHTS),
    "plot": (plot_options, _PLOT),
    "report": (report_options, _REPORT),
    "merge": (lambda: {**merge_options(), **gate_options()}, _MERGE),
}
"""The commands that are no loss: name, which is also that of the module in cli/ -> options, help."""


_SETTINGS = {"help_option_names": ["-h", "--help"]}
"""Of the program and of each command, which may be asked for its parameters alone."""


def _app(only: str | None) -> typer.Typer:
    app = typer.Typer(
        name="celoss",
        cls=_Group,
        help="The loss calculator for the shell: exact losses with every step shown.",
        context_settings=_SETTINGS,
        pretty_exceptions_enable=False,
        epilog=_exit_codes(),
    )

    @app.callback(invoke_without_command=True)
    def root(
        context: typer.Context,
        version: Annotated[
            bool,
            typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit."),
        ] = False,
    ) -> None:
        if context.invoked_subcommand is None and not context.resilient_parsing:
            raise UsageError("Expected a command, got none.", hint="celoss --help lists them")

    for name, make in _makers().items():
        if only in (None, name):
            app.command(name, cls=_StrictCommand, epilog=_exit_codes(), context_settings=_SETTINGS)(make())
    return app


def _makers() -> dict[str, Callable[[], Callable[..., Job]]]:
    """What makes each command, by name, in the order of the help."""
    losses = {spec.command: partial(_loss_command, spec) for spec in LOSSES.values()}
    return {**losses, **{name: partial(_made, name) for name in _COMMANDS}}


def _made(name: str) -> Callable[..., Job]:
    options, about = _COMMANDS[name]
    return _command(_runner(name), options(), about)


@cache
def command(only: str | None = None) -> Any:
    """The command line as one object with a ``main`` method.

    Args:
        only: the one command to build, where it is known which one is run; building all of them takes
            longer than running most.

    """
    return typer.main.get_command(_app(only if only in _makers() else None))
