"""The pages of the commands, from the parser that runs them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from celoss_cli.cli.app import command
from celoss_cli.cli.checking import keys_of
from celoss_cli.cli.config import SETTINGS
from celoss_cli.core.errors import ExitCode
from celoss_cli.losses import LOSSES
from celoss_cli.show import FORMATS, FormatSpec, Holds, formats_of
from generator.markdown import code, prose, table

__all__ = ["FOLDER", "pages"]

FOLDER = "docs/reference/commands"


def pages() -> Iterator[tuple[str, str]]:
    """The path and text of every page."""
    commands = command().commands
    yield f"{FOLDER}/index.md", _index(commands)
    for name, found in commands.items():
        yield f"{FOLDER}/{name}.md", _page(name, found)


def _index(commands: dict[str, Any]) -> str:
    rows = [(f"[`celoss {name}`]({name}.md)", prose(_summary(found))) for name, found in commands.items()]
    return (
        "# Commands\n\n"
        f"{table(['command', 'does'], rows)}\n"
        "`celoss --version` prints the version, `celoss COMMAND --help` what stands on these pages.\n\n"
        f"## Exit codes\n\n{_exit_codes()}\n"
        "With several inputs or checks the worst one counts: 70, 4, 5, 3, 1, 0.\n\n"
        f"## Output formats\n\n{_formats()}"
    )


def _exit_codes() -> str:
    return table(["code", "meaning"], ([str(code.value), prose(code.meaning)] for code in ExitCode))


_ABILITIES = {
    "every_row": "one loss a row",
    "workings": "steps",
    "breakdown": "groups, quantiles, worst rows",
}
"""What a format shows, in words; what is missing here is its own word."""


_COMMANDS: dict[str, tuple[Holds, ...]] = {
    "`celoss check`": ("checks",),
    "`celoss compare`": ("number", "checks"),
    "`celoss inspect`": (),
    "`celoss diagnose`": (),
    "`celoss reconcile`": (),
    "`--convention all`": (),
    "`celoss weights`": ("number",),
    "`celoss explain`": (),
}
"""What the results of the other commands hold."""


def _formats() -> str:
    rows = ((code(spec.name), prose(spec.summary), "; ".join(_shown(spec))) for spec in FORMATS.values())
    return table(["`--format`", "is", "shows"], rows)


def _shown(spec: FormatSpec) -> Iterator[str]:
    flags = [field.name for field in dataclasses.fields(spec) if getattr(spec, field.name) is True]
    yield from (_ABILITIES.get(name, name) for name in flags)
    if spec.writes == "checks":
        yield "nothing else"
    yield from (name for name, holds in _COMMANDS.items() if spec.name in formats_of(*holds))


def _summary(found: Any) -> str:
    return str(found.help).partition("\n\n")[0]


def _page(name: str, found: Any) -> str:
    context = found.make_context(name, [], resilient_parsing=True)
    shown = [param for param in found.get_params(context) if not getattr(param, "hidden", False)]
    usage = " ".join(["celoss", name, "[OPTIONS]", *(p.metavar for p in shown if not _is_option(p))])
    parts = [f"# celoss {name}", _about(found.help), f"```text\n{usage}\n```"]
    parts += [f"## {title}\n\n{rows}".rstrip() for title, rows in _panels(shown)]
    if name == "check":
        parts.append(_config_file())
    parts.append("The exit codes are those of [every command](index.md#exit-codes).")
    return "\n\n".join(parts) + "\n"


def _about(help: str) -> str:
    def shown(paragraph: str) -> str:
        example = paragraph.strip().removeprefix("Example: ")
        return prose(paragraph) if example == paragraph.strip() else f"```sh\n{example}\n```"

    return "\n\n".join(map(shown, help.split("\n\n")))


def _is_option(param: Any) -> bool:
    return bool(param.param_type_name == "option")


def _panels(shown: list[Any]) -> Iterator[tuple[str, str]]:
    arguments = [param for param in shown if not _is_option(param)]
    if arguments:
        yield "Arguments", table(["argument", "is"], ((code(p.metavar), prose(p.help)) for p in arguments))
    by_panel: dict[str, list[Any]] = {}
    for param in filter(_is_option, shown):
        by_panel.setdefault(getattr(param, "rich_help_panel", None) or "Options", []).append(param)
    for title, options in by_panel.items():
        yield title, table(["option", "default", "does"], map(_row, options))


def _row(option: Any) -> tuple[str, str, str]:
    opposite = "".join(f" / {code(name)}" for name in option.secondary_opts)
    names = ", ".join(map(code, sorted(option.opts, key=len, reverse=True))) + opposite
    value = "" if option.is_flag or not option.metavar else f" {code(option.metavar)}"
    default = "required" if option.required else "" if option.is_flag else code(str(option.default or ""))
    return names + value, default, prose(option.help or "")


def _config_file() -> str:
    keys = {name: keys_of(name) for name in LOSSES}
    shared = [key for key in keys["ce"] if all(key in other for other in keys.values())]
    own = [(code(name), ", ".join(code(key) for key in keys[name] if key not in shared)) for name in LOSSES]
    parts = ", ".join(map(code, ("expect-parts", "on-empty")))
    return (
        "## Keys of the config file\n\n"
        f"At the top: {', '.join(map(code, SETTINGS))}, the defaults of these options. A check is a table "
        "`[checks.NAME]` with `loss` (the name of a loss command), `files` (paths and globs, relative to "
        "the file) and any of these keys, which are options of that command without the dashes: "
        f"{', '.join(map(code, shared))}. With `partials` (paths, folders and globs) instead of `files`, the "
        f"check is of partial results that a run or shards have written: it has the keys {parts} and those "
        "of limits.\n\n"
        f"{table(['loss', 'further keys'], own)}"
    ).rstrip()
