"""What the tests of scored tokens share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from running import celoss

__all__ = ["result"]


@pytest.fixture
def result() -> Callable[..., dict[str, Any]]:
    """The JSON of a command line that succeeds."""

    def run(*words: Any, **more: Any) -> dict[str, Any]:
        done = celoss(*words, "--json", **more)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return run
