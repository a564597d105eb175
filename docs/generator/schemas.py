"""The page of the JSON output, from the schemas that ship with the package."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import celoss_cli.formats
from generator.markdown import code, prose, table

__all__ = ["pages"]

_FOLDER = Path(celoss_cli.formats.__file__).parent

Schema = dict[str, Any]


def pages() -> Iterator[tuple[str, str]]:
    """The one page."""
    names = sorted(_FOLDER.glob("*.schema.json"))
    parts = [_section(path) for path in (_FOLDER / "schema.json", *names)]
    yield "docs/reference/json.md", _HEAD + "\n".join(parts)


_HEAD = """# JSON

`--format json`, or `--json`, is the contract for programs. Within `schema_version` 1 keys are only ever
added, and none changes its meaning; a reader allows keys that it does not know. Numbers have the fewest
digits that give the same double again. JSON has no NaN and no infinity: such a number is `null`, and
`nonfinite` beside it says which. The schemas are JSON Schema 2020-12 and ship in the package
`celoss_cli.formats`; the tests hold the output to them.

"""


def _section(path: Path) -> str:
    schema = json.loads(path.read_text(encoding="utf-8"))
    rows = table(["key", "type", "is"], _rows(schema, schema, ""))
    return f"## {path.name}\n\n{prose(schema['description'])}\n\n{rows}"


def _rows(schema: Schema, whole: Schema, path: str) -> Iterator[tuple[str, str, str]]:
    for name, value in schema.get("properties", {}).items():
        found = {**_resolved(value, whole), **value}
        optional = "" if name in schema.get("required", ()) else " (may be absent)"
        yield code(f"{path}{name}"), _type(found, whole), prose(found.get("description", "")) + optional
        yield from _rows(found, whole, f"{path}{name}.")
        yield from _rows(_resolved(found.get("items", {}), whole), whole, f"{path}{name}[].")


def _resolved(schema: Schema, whole: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    found: Schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
    return found


def _type(schema: Schema, whole: Schema) -> str:
    schema = {**_resolved(schema, whole), **schema}
    if "const" in schema:
        return code(json.dumps(schema["const"]))
    if "enum" in schema:
        return ", ".join(code(json.dumps(value)) for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type(one, whole) for one in schema["anyOf"])
    kinds = schema.get("type", "anything")
    return " or ".join([kinds] if isinstance(kinds, str) else kinds)
