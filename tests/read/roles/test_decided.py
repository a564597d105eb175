"""The two classes that were predicted, beside the targets."""

from __future__ import annotations

import pytest

from celoss_cli.read.roles.answers import decided_of


@pytest.mark.parametrize(
    ("seen", "targets", "positive", "found"),
    [
        (("1", "0"), ("0", "1"), None, ("1", "0")),
        (("0",), ("0", "1"), None, ("1", "0")),
        (("1",), ("0", "1"), None, ("1", "0")),
        (("1",), ("1",), None, ("1", "0")),
        (("1.0", "0.0"), ("1", "0"), None, ("1", "0.0")),
        (("-1", "1"), ("0", "1"), None, ("1", "-1")),
        (("no", "yes"), ("0", "1"), None, ("yes", "no")),
        (("no", "yes"), ("0.5", "1"), None, ("yes", "no")),
        (("1", "0"), ("0.5", "1"), None, ("1", "0")),
        (("cat", "dog"), ("dog", "cat"), "dog", ("dog", "cat")),
        (("cat",), ("dog", "cat"), "dog", ("dog", "cat")),
        (("1", "2"), ("1", "2"), "2", ("2", "1")),
        (("1", "2"), ("0", "1"), None, None),
        (("1", "0"), ("1", "2"), "2", None),
        (("cat", "dog"), ("0", "1"), None, None),
        (("cat", "bird"), ("dog", "cat"), "cat", None),
        (("a", "b", "c"), ("a", "b", "c"), "a", None),
        ((), ("0", "1"), None, ("1", "0")),
    ],
)
def test_the_positive_one_first(
    seen: tuple[str, ...], targets: tuple[str, ...], positive: str | None, found: tuple[str, ...] | None
) -> None:
    assert decided_of(seen, targets, positive) == found
