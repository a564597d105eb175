"""Many small tables, and all that comes of them: as it was approved, and the number that a formula gives.

An approved text says that nothing changed, not that it is right. Where a change is meant, write them anew
with ``python tests/role_outcomes.py`` and read the difference.
"""

from __future__ import annotations

from math import isclose, isnan

import pytest
from role_outcomes import FOLDER, approved, outcome_of

_AT_ONCE = 20
FILES = sorted(path.name for path in FOLDER.iterdir())
PARTS = [(file, at) for file in FILES for at in range(0, len(approved(file)), _AT_ONCE)]


@pytest.mark.parametrize(("file", "at"), PARTS)
def test_small_tables_have_the_outcomes_that_were_approved(file: str, at: int) -> None:
    for line, text in [*approved(file).items()][at : at + _AT_ONCE]:
        found, number, due = outcome_of(line)
        assert found == text, f"{line}\n(if it is meant: python tests/role_outcomes.py)"
        if number is not None and due is not None and not isnan(number):
            assert isclose(number, due, rel_tol=1e-9), line


def test_the_cases_are_many_and_small() -> None:
    outcomes = [text for file in FILES for text in approved(file).values()]
    assert len(outcomes) > 1000
    assert sum("\nnumber " in text for text in outcomes) > 300
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 600_000
