"""JUnit XML: one test suite a check, one test case a limit, for the test views of CI servers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from celoss_cli.core.errors import visible

if TYPE_CHECKING:
    from celoss_cli.show import Style
    from celoss_cli.show.document import Document
    from celoss_cli.show.verdicts import Line

__all__ = ["render"]

_ELEMENT = {"FAIL": "failure", "ERROR": "error"}


def render(document: Document, style: Style) -> Iterator[str]:
    """What is not ASCII is written as a character reference, so any encoding will do."""
    suites = document.checks().suites if document.checks is not None else ()
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f"<testsuites {_counts([case for _, cases in suites for case in cases])}>\n"
    for name, cases in suites:
        yield f"  <testsuite name={_attribute(name)} {_counts(cases)}>\n"
        for case in cases:
            yield _case(case)
        yield "  </testsuite>\n"
    yield "</testsuites>\n"


def _counts(cases: Sequence[Line]) -> str:
    marks = [case.mark for case in cases]
    return f'tests="{len(marks)}" failures="{marks.count("FAIL")}" errors="{marks.count("ERROR")}"'


def _case(case: Line) -> str:
    inner = f"<system-out>{_text(case.reason)}</system-out>"
    if case.mark != "pass":
        inner = f"<{_ELEMENT[case.mark]} message={_attribute(case.reason)}/>"
    time = "" if case.seconds is None else f' time="{case.seconds:.3f}"'
    name = f"classname={_attribute(case.check)} name={_attribute(case.limit or 'computed')}"
    return f"    <testcase {name}{time}>\n      {inner}\n    </testcase>\n"


def _text(text: str) -> str:
    """Text for XML 1.0, with what it cannot hold made visible."""
    return escape(visible(text)).encode("ascii", "xmlcharrefreplace").decode()


def _attribute(text: str) -> str:
    """The same in quotes."""
    return quoteattr(visible(text)).encode("ascii", "xmlcharrefreplace").decode()
