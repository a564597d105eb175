"""What targets stand for where they are no names of classes, as an option says: H for home, 3 for cat."""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Iterable, Iterator

from celoss_cli.core.errors import InputError, UsageError, quoted
from celoss_cli.read.bytes.compressed import decompressed
from celoss_cli.read.request import open_stream

__all__ = ["class_map_of"]

_MOST_BYTES = 1 << 24


def class_map_of(texts: Iterable[str]) -> dict[str, str]:
    """The classes by the targets that stand for them.

    Args:
        texts: pairs ``H=home,D=draw``, or ``@FILE`` with a pair a line or one JSON object.

    Raises:
        InputError: for a file that cannot be read, or holds something else.
        UsageError: for a target that stands for two classes.

    """
    found: dict[str, str] = {}
    for text in texts:
        pairs = _pairs_in(text[1:]) if text.startswith("@") else map(_pair, text.split(","))
        for target, name in pairs:
            if found.setdefault(target, name) != name:
                raise UsageError(f"Expected --class-map with each target once, got {quoted(target)} twice.")
    return found


def _pair(text: str) -> tuple[str, str]:
    target, equals, name = text.partition("=")
    if not (equals and target.strip() and name.strip()):
        raise InputError(f"expected a pair as H=home, got {quoted(text)}")
    return target.strip(), name.strip()


def _pairs_in(path: str) -> Iterator[tuple[str, str]]:
    with contextlib.closing(decompressed(open_stream(path))) as stream:
        data = stream.binary.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise InputError("expected a map of classes of at most 16 MiB, got a larger one", place=stream.name)
    if data.lstrip()[:1] == b"{":
        yield from _members(data, stream.name)
        return
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InputError("expected UTF-8, got other bytes", place=stream.name) from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _pair(line)
            except InputError as error:
                raise error.at(f"{stream.name}:{number}") from None


def _members(data: bytes, name: str) -> Iterator[tuple[str, str]]:
    from celoss_cli.read.json.parsing import parse  # few maps are JSON

    for target, value in parse(data.removeprefix(codecs.BOM_UTF8), name).items():
        if not isinstance(value, str):
            raise InputError(f"expected the name of a class for {quoted(target)}, got none", place=name)
        yield target, value
