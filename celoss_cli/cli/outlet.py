"""Where a result goes, and in which formats: each file once, and none that the command reads."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.table import given_options, options_in
from celoss_cli.core.errors import UsageError, Way, quoted
from celoss_cli.core.records import record, replace
from celoss_cli.core.suffix import is_device, suffix_of, without_suffix
from celoss_cli.show import ARRAYS, FORMATS, FormatSpec, format_of_suffix, suffixes

if TYPE_CHECKING:
    from celoss_cli.cli.options import Writing
    from celoss_cli.cli.table import GivenOption

__all__ = ["STDOUT", "Outlet", "outlet_of", "refuse_overwriting", "unable"]

STDOUT = "-"
"""The file of --output and --report that is standard output."""


_ABILITIES = ("every_row", "workings", "gradient", "predictions", "breakdown")
"""What a format may show, of which the computation depends."""


@record(frozen=True, slots=True)
class Outlet:
    """Where a result goes, and in which formats.

    Attributes:
        format: of the file, or of standard output.
        file: that it is written to; None for standard output.
        reports: further formats with their files, "-" for standard output.
        color: "auto", "always" or "never".

    """

    format: FormatSpec
    file: str | None = None
    reports: tuple[tuple[FormatSpec, str], ...] = ()
    color: str = "auto"

    @property
    def formats(self) -> list[FormatSpec]:
        """All formats, the main one first."""
        return [self.format, *(spec for spec, _ in self.reports)]

    @property
    def on_stdout(self) -> FormatSpec | None:
        """What standard output gets: the format, or where that goes to a file, that of --report FORMAT=-."""
        if self.file is None:
            return self.format
        return next((spec for spec, path in self.reports if path == STDOUT), None)

    def refuse_without_checks(self, example: str) -> None:
        """Refuses a format that shows nothing but checks, where there is none.

        Args:
            example: an option that is one.

        Raises:
            UsageError: naming the format.

        """
        for spec in self.formats:
            if spec.writes == "checks":
                raise UsageError(
                    f"Expected a check with --format {spec.name}, for example {example}, got none."
                )

    @property
    def able(self) -> FormatSpec:
        """The main format with what the others show too."""
        able: dict[str, Any] = {
            name: any(getattr(spec, name) for spec in self.formats) for name in _ABILITIES
        }
        return replace(self.format, **able)


def unable(flag: str, ability: str, format: FormatSpec) -> UsageError:
    """The refusal of an option with a format that has no place for what it shows.

    Args:
        flag: of the option.
        ability: what a format needs for it, as its declaration calls it.
        format: that has not got it.

    """
    able = [other.name for other in FORMATS.values() if getattr(other, ability)]
    told = f"Expected {flag} with --format {', '.join(able[:-1])} or {able[-1]}, got {format.name}."
    return UsageError(told, ways=(Way("", (("--format", able[0]),), without=("--output",)),))


def outlet_of(given: Any, *, format: FormatSpec | None = None, arrays: bool = False) -> Outlet:
    """Where the options of a command say that its result goes.

    Args:
        given: their record, with a field ``writing``.
        format: of the result; the one that the options name if not given.
        arrays: whether the result has elements that may be written as an array.

    Raises:
        UsageError: for two formats where one is written, for a format that the command does not write, and
            for a file that has two uses.

    """
    writing: Writing = given.writing
    if writing.json and writing.format not in (None, "json"):
        raise UsageError(f"Expected --json or --format {writing.format}, got both.")
    reports = _reports(given, writing) if writing.report else []
    if reports or any(found.option.file == "written" for found in given_options(given)):
        refuse_overwriting(given, (path for _, path in reports))
    if format is not None:
        reports_too = any(option.name == "report" for option in options_in(type(given)))
        _refuse_ending(writing.output or STDOUT, format, reports=reports_too)
    main = format or _main(writing, given, arrays=arrays)
    return Outlet(main, writing.output, tuple(reports), writing.color)


def _reports(given: Any, writing: Writing) -> list[tuple[FormatSpec, str]]:
    """The further formats with their files."""
    offered = _offered(given)
    chosen: list[tuple[FormatSpec, str]] = []
    for text in writing.report:
        name, _, path = text.partition("=")
        if name not in offered or not path:
            known = ", ".join(offered)
            raise UsageError(f"Expected --report FORMAT=FILE with a format of {known}, got {quoted(text)}.")
        if path in (writing.output, *(other for _, other in chosen)):
            raise UsageError(f"Expected one format for each file, got two for {quoted(path)}.")
        if path == STDOUT and writing.output is None:
            told = f"Expected -o FILE together with --report {name}=-, got standard output for two formats."
            raise UsageError(told)
        chosen.append((FORMATS[name], path))
    return chosen


def _offered(given: Any) -> Collection[str]:
    """The formats that a command writes: all, where it has one of its own and others beside it."""
    formats = (option.kind.choices for option in options_in(type(given)) if option.name == "format")
    return next(formats, tuple(FORMATS))


def _refuse_ending(path: str, format: FormatSpec, *, reports: bool) -> None:
    """Refuses a file whose ending says another format than the only one that a command writes.

    Args:
        path: of the file.
        format: the one that is written.
        reports: whether further ones may be written beside it.

    Raises:
        UsageError: with the file of the right ending, and that of the other format beside it.

    """
    ending = suffix_of(path)
    if path == STDOUT or not ending or ending.lower() in format.suffixes or is_device(path):
        return
    other, right = format_of_suffix(path), without_suffix(path) + format.suffixes[0]
    ways = [Way("", (("-o", right),))]
    if reports and other is not None and other.name in FORMATS:
        ways.append(Way("both", (("-o", right), ("--report", f"{other.name}={path}"))))
    raise UsageError(
        f"Expected -o with a file that ends in {' or '.join(format.suffixes)}, got {quoted(path)}.", ways=ways
    )


def _main(writing: Writing, options: Any, *, arrays: bool) -> FormatSpec:
    """The format of --format, or else of the ending of the file.

    Raises:
        UsageError: for an ending that says none, or one that the command does not write.

    """
    named = "json" if writing.json else writing.format
    path = writing.output or STDOUT
    if named is not None or path == STDOUT or not suffix_of(path) or is_device(path):
        return FORMATS[named or "table"]
    found = format_of_suffix(path)
    able = [*_offered(options), *(ARRAYS if arrays else ())]
    if found is None or found.name not in able:
        named = without_suffix(path)
        if arrays and suffix_of(path).lower() in _OF_ARRAYS:
            ways = [Way("", (("-o", named + suffixes(*ARRAYS)[0]), ("--reduction", "none")))]
        else:
            ways = [Way("", (("-o", named + suffixes(*able)[0]),)), Way("", (("--format", able[0]),))]
        raise UsageError(
            f"Expected -o with a file that ends in {', '.join(suffixes(*able))}, got {quoted(path)}.",
            ways=ways,
        )
    return found


_OF_ARRAYS = (".npz", ".safetensors", ".pt", ".h5")
"""Endings of files that hold arrays and are not written."""


_UPDATED = {"--baseline", "--save-baseline"}
"""Options that may name one file: it is compared with before it is replaced."""


def refuse_overwriting(options: Any, reports: Iterable[str] = ()) -> None:
    """Refuses a command that would write a file twice, or replace one that it reads.

    Args:
        options: the record of the command's options.
        reports: the files of --report.

    Raises:
        UsageError: naming the file and both of its uses.

    """
    given = list(given_options(options))
    used: dict[str, str] = {}
    for found in given:
        if found.option.file == "read":
            used.update((_real(path), _use(found)) for path in _paths(found))
    written = [(found.option.flag, found.value) for found in given if found.option.file == "written"]
    for option, path in (*written, *(("--report", path) for path in reports)):
        if path == STDOUT or ("\0" not in path and is_device(path)):
            continue
        other = used.get(_real(path))
        if other is not None and {option, other} != _UPDATED:
            raise UsageError(
                f"Expected another file for {option} than for {other}, got {quoted(path)} for both."
            )
        used[_real(path)] = option


def _paths(given: GivenOption) -> Iterator[str]:
    """The files that an option names: @FILE where it takes values too."""
    values = given.value if given.option.repeatable else (given.value,)
    for value in values:
        if not given.option.kind.or_file:
            yield value
        elif value.startswith("@"):
            yield value[1:]


def _use(given: GivenOption) -> str:
    """What messages call the use of a file that is read."""
    option = given.option
    if option.argument:
        return "the input"
    return f"the {option.name.replace('_', ' ')}" if option.kind.or_file else option.flag


def _real(path: str) -> str:
    """The file itself, whatever way leads to it; as it is named where the working directory is gone."""
    if "\0" in path:
        return path
    try:
        return os.path.realpath(path)
    except OSError:
        return path
