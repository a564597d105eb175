"""The names of many rows in parts are those of a list, however they are asked for."""

from __future__ import annotations

import pytest

from celoss_cli.studies.compare.names import joined

PARTS = [["a", "b", "c"], [], ["d\ne"], ["f", "g"]]
ALL = [name for part in PARTS for name in part]


@pytest.mark.parametrize("start", range(7))
@pytest.mark.parametrize("stop", range(9))
def test_a_run_of_names_is_that_of_the_list(start: int, stop: int) -> None:
    names = joined([part for part in PARTS if part])
    assert names is not None
    assert names[start:stop] == ALL[start:stop]
    assert names[start:] == ALL[start:]
    assert names[start:stop:2] == ALL[start:stop:2]
    assert names[stop:start:-1] == ALL[stop:start:-1]


def test_each_name_is_that_of_the_list() -> None:
    names = joined([part for part in PARTS if part])
    assert names is not None
    assert [names[i] for i in range(len(ALL))] == ALL == list(names)
