"""From the options of the gate to limits, and what happens to baselines afterwards."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.command_line import shell_quoted
from celoss_cli.cli.config import toml
from celoss_cli.cli.output import note, write_file
from celoss_cli.cli.table import given_options
from celoss_cli.core.errors import ExitCode, InputError, UsageError, visible
from celoss_cli.core.option import flag_words
from celoss_cli.core.records import record
from celoss_cli.core.version import __version__
from celoss_cli.judge import gate
from celoss_cli.judge.baseline import Baseline, as_text, read_baseline
from celoss_cli.judge.gate import Increase, verdicts
from celoss_cli.read.remote.urls import is_remote
from celoss_cli.show.loss.document import document_of
from celoss_cli.show.numerals import measured

if TYPE_CHECKING:
    from celoss_cli.cli.options import Keeping, Limits
    from celoss_cli.findings.facts import Finding
    from celoss_cli.report.report import Report

__all__ = ["Gate", "gate_of"]


@record(frozen=True, slots=True)
class Gate:
    """What a report is held against, and where it is kept.

    Attributes:
        limits: the limits by value.
        baseline: the earlier result to compare with.
        written: files that the report becomes the baseline of, with what they hold so far; True for
            those that are written even where a check failed.
        exit_zero: whether a check that failed exits 0.
        asked: whether there is a check at all.
        in_config: whether options are keys of a config file.

    """

    limits: gate.Limits
    baseline: Baseline | None
    baselines: Sequence[tuple[str, Baseline | None, bool]]
    exit_zero: bool
    asked: bool
    in_config: bool = False

    def judged(self, report: Report) -> Report:
        """The report with a verdict for each limit.

        Raises:
            UsageError: if it has no number or no groups to compare.
            InputError: if the baseline is of another computation.

        """
        if not self.asked and not self.baselines:
            return report
        if report.value is None:
            raise UsageError("Expected a reduction to one number with a check, got none.")
        if self.limits.groups and report.by is None:
            raise UsageError("Expected --by together with --max-group, got --max-group alone.")
        if self.baseline is not None:
            self.baseline.verify(_as_json(report))
        earlier = None if self.baseline is None else self.baseline.value
        noticed = [*report.findings, *_inferred(report, in_config=self.in_config)]
        return replace(report, checks=verdicts(report, self.limits, earlier), findings=noticed)

    def exit_code(self, report: Report) -> ExitCode:
        """1 where a check failed, if that counts."""
        return ExitCode.CHECK_FAILED if report.failed and not self.exit_zero else ExitCode.DONE

    def save_baselines(self, report: Report) -> None:
        """Writes the baselines that were asked for and says what changed.

        Raises:
            InputError: if the report has no finite value.
            OutputError: if a file cannot be written; it then holds what it held.

        """
        for path, earlier, always in self.baselines:
            if report.failed and not always:
                note(f"celoss: note: {visible(path)}: not saved, a check failed")
                continue
            _save(path, earlier, replace(report, checks=()))


def _inferred(report: Report, *, in_config: bool) -> list[Finding]:
    """A note on columns that nobody named, with what pins them."""
    columns = report.source.get("columns") or {}
    pins = [(option, pattern) for option, pattern in columns.get("inferred", {}).values()]
    if not pins:
        return []
    from celoss_cli.findings import Facts, findings
    from celoss_cli.losses import LOSSES

    spec = next(spec for spec in LOSSES.values() if spec.name == report.loss)
    if in_config:
        words = [f"{option.removeprefix('--')} = {toml(pattern)}" for option, pattern in pins]
    else:
        words = [shell_quoted(word) for pin in pins for word in flag_words(*pin)]
    pinned = (", " if in_config else " ").join(words)
    return findings(Facts(Counter(inferred=len(pins)), spec, inferred=columns["inferred"], pinned=pinned))


def gate_of(
    limits: Limits, keeping: Keeping, reduction: str | None = None, *, in_config: bool = False
) -> Gate:
    """The gate that the options of a command ask for; its baselines are read at once.

    Args:
        limits: what the number is held against.
        keeping: what happens afterwards.
        reduction: that the command line asks for, or None.
        in_config: whether options are keys of a config file.

    Raises:
        UsageError: for options that would change nothing.
        InputError: for a file that is no baseline.

    """
    increases = _increases(limits.max_increase)
    _refuse_unused(limits, keeping, increases)
    asked = [given for given in given_options(limits) if not given.option.needs]
    if reduction == "none":
        for given in (*asked, *(given for given in given_options(keeping) if given.option.file)):
            told = f"Expected a reduction to one number with {given.option.flag}, got --reduction none."
            raise UsageError(told)
    updated = limits.baseline if keeping.update_baseline else None
    baselines = [(path, always) for path, always in ((keeping.save_baseline, False), (updated, True)) if path]
    return Gate(
        limits=_limits(limits, increases),
        baseline=None if limits.baseline is None or updated else _read(limits.baseline),
        baselines=[(path, _earlier(path), always) for path, always in baselines],
        exit_zero=keeping.exit_zero,
        asked=bool(asked),
        in_config=in_config,
    )


_HELD_BY_VALUE = {
    "expect": "it is within a tolerance of the loss of these rows, which have no interval",
    "baseline": "the baseline is of rows too, and the interval of the increase is that of their differences: "
    "celoss compare OLD NEW --loss LOSS --non-inferior X",
    "max_group": "groups have no intervals of their own",
    "min_accuracy": "the interval is that of the mean loss",
    "min_skill": "the interval is that of the mean loss",
    "max_ece": "the interval is that of the mean loss",
}
"""Limits that are of no use against the end of an interval, and why."""


def _refuse_unused(limits: Limits, keeping: Keeping, increases: Sequence[Increase]) -> None:
    """Refuses options that change nothing without another one."""
    there = {given.option.name for given in given_options(limits)}
    for given in (*given_options(limits), *given_options(keeping)):
        option = given.option
        needed = option.needs.split("|")
        if option.needs and not there & {*needed}:
            flags = " or ".join(f"--{name.replace('_', '-')}" for name in needed)
            raise UsageError(f"Expected {flags} together with {option.flag}, got {option.flag} alone.")
    for name, why in _HELD_BY_VALUE.items() if limits.gate_on == "interval" else ():
        if name in there:
            flag = f"--{name.replace('_', '-')}"
            raise UsageError(f"Expected no {flag} with --gate-on interval, got one.", hint=why)
    if limits.require is not None and len(increases) < 2:
        raise UsageError(f"Expected --require with several --max-increase, got {len(increases)}.")


def _limits(limits: Limits, increases: tuple[Increase, ...]) -> gate.Limits:
    return gate.Limits(
        max=limits.max,
        min=limits.min,
        expect=limits.expect,
        atol=limits.atol or 0.0,
        rtol=limits.rtol or 0.0,
        increases=increases,
        require=limits.require or "all",
        min_count=limits.min_count,
        min_accuracy=limits.min_accuracy,
        min_skill=limits.min_skill,
        max_ece=limits.max_ece,
        groups=tuple(map(_group, limits.max_group)),
        on_interval=limits.gate_on == "interval",
    )


def _increases(texts: Sequence[str]) -> tuple[Increase, ...]:
    """The increases of a repeatable option, each between commas: 0.01,1%."""
    parts = [part.strip() for text in texts for part in text.split(",")]
    return tuple(Increase(float(part.removesuffix("%")), part.endswith("%")) for part in parts)


def _group(text: str) -> tuple[str | None, float]:
    name, equals, limit = text.rpartition("=")
    return name if equals else None, float(limit)


def _read(path: str) -> Baseline:
    """The baseline in a file; one without a checksum is told, as nobody knows whether it was changed."""
    found = read_baseline(path)
    if not found.is_sealed:
        note(
            f"celoss: note: {visible(path)} has no checksum: whether it was changed since it was written is "
            "not known; --save-baseline writes one"
        )
    return found


def _earlier(path: str) -> Baseline | None:
    """What a baseline that is about to be written holds so far; a file of something else is refused."""
    if not _is_there(path):
        return None
    try:
        return read_baseline(path)
    except InputError as error:
        error.hint = "a baseline would replace it: remove it first, or name another file"
        raise


def _is_there(path: str) -> bool:
    if not is_remote(path):
        return os.path.isfile(path)
    from celoss_cli.read.remote.files import is_there  # most files are of this machine

    return is_there(path)


def _as_json(report: Report) -> dict[str, Any]:
    from celoss_cli.show.json import contract  # most runs have no baseline

    return contract(document_of(report), __version__)


def _save(path: str, earlier: Baseline | None, report: Report) -> None:
    name, value = visible(path), report.value
    if not report.tally.counted or value is None or not math.isfinite(value):
        fact = f"expected a finite loss of counted rows to save as a baseline, got {value}"
        raise InputError(fact, place=name)
    write_file(path, [as_text(_as_json(report))])
    change = measured(f"new baseline {value!r}", report.unit)
    if earlier is not None:
        moved = measured(f"baseline {earlier.value!r} -> {value!r}", report.unit)
        change = f"{moved}{_change(earlier, report)}"
    note(f"celoss: note: {name}: {change}")


def _change(earlier: Baseline, report: Report) -> str:
    try:
        earlier.verify(_as_json(report))
    except InputError as error:
        return f" ({error.fact.replace('expected a baseline of the same computation, got', 'was')})"
    difference = (report.value or 0.0) - earlier.value
    percent = f", {100 * difference / abs(earlier.value):+.4g}%" if earlier.value else ""
    return f" ({difference:+.6g}{percent})"
