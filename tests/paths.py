"""Where the tests find what they read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
DUMPS = ROOT / "tests" / "read" / "dumps"
FUZZ = ROOT / "tests" / "fuzz"


def schema(name: str) -> Any:
    """A JSON Schema that ships in the package: "schema" of a report, "comparison.schema" and so on."""
    (path,) = (ROOT / "celoss_cli").rglob(f"{name}.json")
    return json.loads(path.read_text(encoding="utf-8"))
