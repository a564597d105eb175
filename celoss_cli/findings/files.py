"""Oddities of the files that the data comes from."""

from __future__ import annotations

from celoss_cli.findings.facts import Facts, Observation

__all__ = ["inferred", "unterminated"]

_ROLES = {"inputs": "the input", "target": "the target", "weight": "the weight"}


def unterminated(facts: Facts) -> Observation | None:
    """The last line of a table or of JSON Lines has no newline at its end, and is used.

    Many programs end a file so, and a file that was cut within its last number looks the same: 0.25 may
    have been 0.2513. A last line with too few values is refused.

    If you know that the file is complete, say so: --allow-unterminated. Else compare its size with that of
    the original.

    Reference: RFC 4180, section 2: the last record in the file may or may not have an ending line break.
    """
    return Observation(
        "the last line has no newline at its end: it was used, and may have been cut within its last value",
        1,
        remedy=facts.again("--allow-unterminated"),
    )


def inferred(facts: Facts) -> Observation | None:
    """A check compares a number with a limit, but no option names the columns it is computed from.

    celoss found them by their names and values, as the heading says. It may read tomorrow's file with other
    columns differently, and the check would continue with another number.

    Name the columns with the options shown: celoss then refuses a file that lacks them. A baseline
    remembers its columns, and refuses a result from others.
    """
    count = facts.seen["inferred"]
    roles = [f"{_ROLES.get(role, role)} ({pattern})" for role, (_, pattern) in facts.inferred.items()]
    of = f" of {' and '.join(roles)}" if roles else ""
    return Observation(
        f"no option names the columns{of}: they were found by their names and values",
        count,
        {role: pattern for role, (_, pattern) in facts.inferred.items()},
        remedy=facts.pinned,
    )
