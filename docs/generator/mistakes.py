"""The page of the findings, from the docstrings beside the checks."""

from __future__ import annotations

from collections.abc import Iterator

from celoss_cli.findings import FINDINGS, Rule
from generator.markdown import prose, table

__all__ = ["pages"]

_HEAD = """# Findings

celoss detects these mistakes in the data or in the choice of a loss. Each finding has a code, which is
never reused. An error says that the number is meaningless, a warning that it is probably not what you wanted,
a note that something is worth knowing. `celoss diagnose` looks for all of them; the loss commands report the
cheap ones on standard error, and in the JSON output under `findings`.

"""


def pages() -> Iterator[tuple[str, str]]:
    """The one page."""
    rows = (
        (f"[{code}](#{code.lower()})", rule.severity, prose(_first(rule))) for code, rule in FINDINGS.items()
    )
    sections = "".join(f"\n## {code}\n\n{_explained(rule)}\n" for code, rule in FINDINGS.items())
    yield "docs/reference/findings.md", _HEAD + table(["code", "severity", "says"], rows) + sections


def _first(rule: Rule) -> str:
    return " ".join(rule.explanation.partition("\n\n")[0].split())


def _explained(rule: Rule) -> str:
    paragraphs = "\n\n".join(map(prose, rule.explanation.split("\n\n")))
    return f"*{rule.severity}*\n\n{paragraphs}"
