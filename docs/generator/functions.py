"""The page of the Python functions, from their docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import celoss_cli
from generator.markdown import code

__all__ = ["pages"]

_HEAD = """# Python

```python
from celoss_cli import cross_entropy
```

Names, arguments and meaning are those of `torch.nn.functional`; arrays are NumPy arrays, or anything that
NumPy turns into one. Everything is computed in float64 unless `dtype` says float32. [How the losses are
computed](../semantics.md) says what each of them is, and where they differ from PyTorch on purpose.

"""

_SECTION = re.compile(r"^(Args|Returns|Raises|Example|Attributes):$", re.MULTILINE)


def pages() -> Iterator[tuple[str, str]]:
    """The one page."""
    public = [getattr(celoss_cli, name) for name in celoss_cli.__all__ if not name.startswith("_")]
    functions = [_section(found) for found in public if inspect.isfunction(found)]
    kinds = [found for found in public if inspect.isclass(found)]
    errors = [_section(found) for found in kinds if issubclass(found, Exception)]
    others = [_class(found) for found in kinds if not issubclass(found, Exception)]
    text = _HEAD + "\n".join([*functions, *others]) + "\n## Errors\n\n" + "\n".join(errors)
    yield "docs/reference/python.md", text


def _section(found: Any) -> str:
    title = f"### {found.__name__}" if inspect.isclass(found) else f"## {found.__name__}"
    signature = "" if inspect.isclass(found) else f"```python\n{_signature(found)}\n```\n\n"
    return f"{title}\n\n{signature}{_documentation(inspect.getdoc(found) or '')}\n"


def _class(found: Any) -> str:
    """A class with what it can do."""
    members = [
        member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        for name, member in vars(found).items()
        if not name.startswith("_") or name == "__add__"
    ]
    listed = "\n".join(
        f"### {found.__name__}.{one.__name__}\n\n{_documentation(inspect.getdoc(one) or '')}\n"
        for one in members
    )
    return f"## {found.__name__}\n\n{_documentation(inspect.getdoc(found) or '')}\n\n{listed}"


def _signature(found: Any) -> str:
    parameters = inspect.signature(found).parameters.values()
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters]
    return f"{found.__name__}{inspect.Signature(bare)}"


def _documentation(text: str) -> str:
    """A docstring as Markdown: sections in bold, arguments as a list, the example as a session."""
    opening, *rest = _SECTION.split(text)
    parts = [_paragraphs(opening)]
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        inner, outer = _indented(body)
        shown = _example(inner) if title == "Example" else _entries(inner, title)
        parts += [f"**{title}**", shown, _paragraphs(outer)]
    return "\n\n".join(part for part in parts if part)


def _indented(body: str) -> tuple[str, str]:
    """What belongs to a section, without its indent, and what follows it."""
    found = re.match(r"\n((?:(?: {4}.*)?\n|(?: {4}.*)$)+)", body)
    inner = found.group(1) if found else ""
    return inspect.cleandoc(inner), body[found.end() :] if found else body


def _paragraphs(text: str) -> str:
    return _literal("\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n")))


def _literal(text: str) -> str:
    """Text whose ``code`` is Markdown's, and whose other characters stay what they are."""
    pieces = re.split(r"``(.+?)``", text)
    pieces[::2] = [re.sub(r"([*_<>\[\]])", r"\\\1", piece) for piece in pieces[::2]]
    pieces[1::2] = map(code, pieces[1::2])
    return "".join(pieces)


def _entries(text: str, title: str) -> str:
    entries = re.findall(r"^(\w[\w, ]*): (.*(?:\n +.*)*)", text, re.MULTILINE)
    if title == "Returns" or not entries:
        return _paragraphs(text)
    return "\n".join(f"- `{name}`: {_literal(' '.join(said.split()))}" for name, said in entries)


def _example(text: str) -> str:
    return f"```pycon\n{_with_import(text)}\n```"


def _with_import(text: str) -> str:
    names = [name for name in celoss_cli.__all__ if re.search(rf"\b{name}\(", text)]
    return f">>> from celoss_cli import {', '.join(names)}\n{text}"
