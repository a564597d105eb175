"""Where the tests find what they read."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
DUMPS = ROOT / "tests" / "read" / "dumps"
FUZZ = ROOT / "tests" / "fuzz"


@cache
def schema(name: str) -> Any:
    """A JSON Schema that ships in the package: "schema" of a report, "comparison.schema" and so on.

    As its validator: what `jsonschema.validate` looks at each time in the schema itself takes longer than a
    document.
    """
    (path,) = (ROOT / "celoss_cli").rglob(f"{name}.json")
    found = json.loads(path.read_text(encoding="utf-8"))
    made = jsonschema.validators.validator_for(found)
    made.check_schema(found)
    return made(found)
