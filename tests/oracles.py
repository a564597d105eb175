"""Other people's packages that know an expected value."""

from __future__ import annotations

import os
from typing import Any

import pytest

__all__ = ["Oracle"]


class Oracle:
    """A module that is imported when a test first asks it something; without it that test is skipped.

    An import while tests are collected would be paid for by everybody who runs a single one.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if "PYTEST_CURRENT_TEST" not in os.environ:  # pytest looks at what a module holds
            raise AttributeError(attribute)
        return getattr(pytest.importorskip(self._name), attribute)
