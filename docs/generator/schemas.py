"""The page of the JSON output, from the schemas that ship with the package."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import celoss_cli
from generator.markdown import code, prose, table

__all__ = ["keys", "pages", "said_of"]

_FOLDER = Path(celoss_cli.__file__).parent

Schema = dict[str, Any]

_TOOL = {"tool.name": "celoss.", "tool.version": "Its version."}


def pages() -> Iterator[tuple[str, str]]:
    """The one page."""
    names = sorted(_FOLDER.rglob("*.schema.json"), key=lambda path: path.name)
    parts = [_section(path) for path in (_FOLDER / "report" / "schema.json", *names)]
    yield "docs/reference/json.md", _HEAD + "\n".join(parts)


_HEAD = """# JSON

`--format json`, or `--json`, is the contract for programs. Within `schema_version` 1 keys are only ever
added, and none changes its meaning; a reader allows keys that it does not know. Numbers have the fewest
digits that give the same double again. JSON has no NaN and no infinity: such a number is `null`, and
`nonfinite` beside it says which. The schemas are JSON Schema 2020-12 and ship in the package
`celoss_cli`; the tests hold the output to them.

"""


def _section(path: Path) -> str:
    schema = json.loads(path.read_text(encoding="utf-8"))
    rows = table(["key", "type", "is"], _rows(schema, schema, ""))
    return f"## {path.name}\n\n{prose(schema['description'])}\n\n{rows}"


def _rows(schema: Schema, whole: Schema, path: str) -> Iterator[tuple[str, str, str]]:
    for place, found, needed in keys(schema, whole, path):
        optional = "" if needed else " (may be absent)"
        yield code(place), _type(found, whole), prose(said_of(place, found)) + optional


def keys(schema: Schema, whole: Schema, path: str = "") -> Iterator[tuple[str, Schema, bool]]:
    """Every key with its place, what the schema says of it, and whether it is always there."""
    for name, value in schema.get("properties", {}).items():
        found = {**_resolved(value, whole), **value}
        yield f"{path}{name}", found, name in schema.get("required", ())
        yield from keys(found, whole, f"{path}{name}.")
        yield from keys(_resolved(found.get("items", {}), whole), whole, f"{path}{name}[].")


@cache
def _result() -> dict[str, str]:
    schema = json.loads((_FOLDER / "report" / "schema.json").read_text(encoding="utf-8"))
    return _TOOL | {
        place: found["description"] for place, found, _ in keys(schema, schema) if "description" in found
    }


def said_of(place: str, found: Schema) -> str:
    """What a key is: by its own schema, or the key of that name in the schema of a result."""
    return str(found.get("description") or _result().get(place) or "")


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
