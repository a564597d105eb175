"""Oddities of the files that the data comes from."""

from __future__ import annotations

from celoss_cli.findings.facts import Facts, Observation

__all__ = ["unterminated"]


def unterminated(facts: Facts) -> Observation | None:
    """The last line of a table or of JSON Lines has no newline at its end, and is used.

    Many programs end a file so, and a file that was cut within its last number looks the same: 0.25 may
    have been 0.2513. A last line with too few values is refused.

    Where the file is known to be whole, say so: --allow-unterminated. Else compare its size with that of the
    original.

    Reference: RFC 4180, section 2: the last record in the file may or may not have an ending line break.
    """
    if not facts.seen.get("no-last-newline"):
        return None
    return Observation(
        "the last line has no newline at its end: it was used, and may have been cut within its last value",
        1,
        remedy=facts.again("--allow-unterminated"),
    )
