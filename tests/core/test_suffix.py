"""Endings of paths: what pathlib says of them, without its import."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celoss_cli.core.suffix import suffix_of, without_suffix


@pytest.mark.skipif("os.sep != '/'")
@given(path=st.lists(st.sampled_from([*"aZé -./", "..", ".csv", ".gz"]), max_size=6).map("".join))
def test_an_ending_is_what_pathlib_says(path: str) -> None:
    found = PurePosixPath(path)
    if found.name not in ("", "..") and not path.endswith("/."):
        assert suffix_of(path) == found.suffix
        assert path.endswith("/") or without_suffix(path) + ".npy" == path.removesuffix(found.suffix) + ".npy"
