"""``celoss check``: every check of the config file, one after another."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from celoss_cli.cli.completing import plain_words
from celoss_cli.cli.kinds import FILE
from celoss_cli.cli.options import Limits, Running, Writing, cluster, exit_zero, formats
from celoss_cli.cli.settings import config_of, nearest_table, table_in
from celoss_cli.cli.table import Command, option, options_in, part
from celoss_cli.core.errors import ExitCode, UsageError, quoted, visible
from celoss_cli.core.option import FLAG, TEXT
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.cli.config import Check, Config
    from celoss_cli.core.option import OptionValues

__all__ = ["COMMAND"]

_HELP = """Run the checks of the config file.

Reads the nearest celoss.toml, or the table tool.celoss of pyproject.toml: named checks with a loss, files, \
options and limits; or with partials instead of files, the partial results of shards. If the data of one \
check is bad, celoss reports it and still runs the others. The keys format, color and jobs of the file set \
defaults of these options; the variables CELOSS_FORMAT, CELOSS_COLOR and CELOSS_JOBS override them.

--init FILE writes a first config from a data file; --list shows the checks.

Example: celoss check --report junit=checks.xml"""


def _checks_typed(typed: OptionValues) -> list[str]:
    """The checks of the config file that are not named yet; none where it holds no such table."""
    path, named = typed.get("config"), typed.get("names") or ()
    with contextlib.suppress(Exception):
        found = nearest_table() if path is None else (path, table_in(os.path.expanduser(path)))
        checks = ((found and found[1]) or {}).get("checks")
        return plain_words(name for name in checks if name not in named) if isinstance(checks, dict) else []
    return []


@record(frozen=True, slots=True)
class CheckOptions:
    """The options of ``celoss check``."""

    names: tuple[str, ...] = option(
        TEXT,
        "The checks to run; all of the config file if none is named.",
        default=(),
        metavar="[NAME]...",
        argument=True,
        repeatable=True,
        complete=_checks_typed,
    )
    config: str | None = option(TEXT, "Instead of the nearest celoss.toml or pyproject.toml.", metavar="FILE")
    listing: bool = option(FLAG, "Only list the checks of the config file.", default=False, flags=("--list",))
    init: str | None = option(
        FILE,
        "Write celoss.toml, or the file of -o, for this data file, with a limit just above its loss.",
        file="read",
    )
    update_baselines: bool = option(
        FLAG, "Replace the baselines instead of comparing with them.", default=False
    )
    exit_zero: bool = exit_zero()
    cluster: str | None = cluster()
    writing: Writing = part(Writing, format=formats("checks"))
    running: Running = part(Running)


def run(given: CheckOptions) -> int:
    """Runs the checks and writes what came of them; answers the worst exit code.

    Raises:
        UsageError: for a mistake in the config file; no check runs then, or no other one.
        CelossError: if the result cannot be written.

    """
    from celoss_cli.cli.checking import planned, print_messages, ran, save_baseline, worst
    from celoss_cli.cli.outlet import outlet_of
    from celoss_cli.cli.publish import publish
    from celoss_cli.studies.checks import document_of

    if given.init is not None:
        from celoss_cli.cli.starting import write_config

        return write_config(given.init, given.writing.output or "celoss.toml")
    outlet = outlet_of(given)
    config = config_of(given.config)
    if config is None:
        raise UsageError(
            "Expected a config file, got none.", hint="celoss.toml, or [tool.celoss] in pyproject.toml"
        )
    if given.listing:
        return _listed(_chosen(config, given.names))
    plans = [
        planned(check, given.running, given.cluster, update_baselines=given.update_baselines)
        for check in _chosen(config, given.names)
    ]
    results = [ran(plan, config.path) for plan in plans]
    outcomes = [outcome for outcome, _ in results]
    code = worst([ExitCode(outcome.exit_code) for outcome in outcomes], exit_zero=given.exit_zero)
    print_messages(outcomes, outlet)
    publish(document_of(outcomes), outlet, code)
    saved = [save_baseline(outcome, gate) for outcome, gate in results if gate is not None]
    return worst([code, *saved], exit_zero=given.exit_zero)


def _listed(checks: Sequence[Check]) -> int:
    """Writes the name of each check with its loss, its files and its limits."""
    from celoss_cli.cli.output import write_stdout

    limits = {option.name.replace("_", "-") for option in options_in(Limits)}
    for check in checks:
        held = (f"{key} {value}" for key, value in check.options.items() if key in limits)
        parts = (check.name, check.loss, " ".join(check.patterns) or "-", ", ".join(held))
        write_stdout(["\t".join(visible(part) for part in parts if part) + "\n"])
    return ExitCode.DONE


def _chosen(config: Config, names: Sequence[str]) -> list[Check]:
    if not config.checks:
        raise UsageError("expected checks, got none", place=visible(config.path))
    for name in names:
        if name not in config.checks:
            known = ", ".join(map(visible, config.checks))
            raise UsageError(f"Expected a check of {known}, got {quoted(name)}.", place=visible(config.path))
    return [check for name, check in config.checks.items() if not names or name in names]


COMMAND = Command("check", _HELP, CheckOptions, run)
