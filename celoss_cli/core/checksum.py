"""The checksum of a JSON document, by which a change made by hand is noticed."""

from __future__ import annotations

import json
from collections.abc import Mapping

__all__ = ["KEY", "digest", "is_as_written"]

KEY = "checksum"
"""Where a document holds its own."""


def digest(document: Mapping[str, object]) -> str:
    """The SHA-256 of a document without its checksum, however it is laid out."""
    import hashlib  # most runs keep nothing

    content = {key: value for key, value in document.items() if key != KEY}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def is_as_written(document: Mapping[str, object]) -> bool:
    """Whether a document has the checksum of what it holds."""
    try:
        return bool(document.get(KEY) == digest(document))
    except (TypeError, ValueError):  # a value that JSON has no word for, as 1e999
        return False
