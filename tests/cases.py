"""Many cases in one test: as pytest.mark.parametrize, but collected as one item."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest

__all__ = ["each"]

Test = Callable[..., None]


def each(names: str | tuple[str, ...], cases: Iterable[Any]) -> Callable[[Test], Test]:
    """Runs a test for every case within one item; the first that fails is named in a note of its error.

    For cases that need neither a folder nor a setting of their own: thousands of items cost more to collect
    and to set up than to run.

    Args:
        names: the parameters that a case fills: one name, or several with commas or in a tuple.
        cases: a value for one name, a sequence of values for several; or either as pytest.param.

    """
    wanted = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    several = len(wanted) > 1
    bare = [case.values if isinstance(case, type(pytest.param())) else case for case in cases]
    values = [tuple(case) if several else (case,) for case in bare]
    assert values, f"no case of {names}"

    def decorated(test: Test) -> Test:
        @functools.wraps(test)
        def run_all(*arguments: Any, **fixtures: Any) -> None:
            for case in values:
                chosen = dict(zip(wanted, case, strict=True))
                try:
                    test(*arguments, **fixtures, **chosen)
                except BaseException as error:
                    error.add_note(
                        "in the case " + ", ".join(f"{name} = {value!r}" for name, value in chosen.items())
                    )
                    raise

        signature = inspect.signature(test)
        left = [found for name, found in signature.parameters.items() if name not in wanted]
        assert len(left) == len(signature.parameters) - len(wanted), f"{test.__name__} takes no {names}"
        run_all.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        return run_all

    return decorated
