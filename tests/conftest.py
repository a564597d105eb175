"""What all tests share."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import profiles
import pytest
import running

profiles.register()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what compares with PyTorch where that is not installed, without importing it."""
    if find_spec("torch") is None:
        for item in items:
            if item.get_closest_marker("torch"):
                item.add_marker(pytest.mark.skip(reason="PyTorch is not installed"))


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test starts without the variables that change what celoss prints."""
    for name in running.settings():
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def celoss() -> Callable[..., running.Done]:
    """Runs a command line within this process; answers its exit code, output and errors."""
    return running.celoss


@pytest.fixture(scope="session")
def celoss_process() -> Callable[..., running.Done]:
    """Runs a command line as a process of its own."""
    return running.celoss_process
