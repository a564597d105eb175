"""What a partial result is computed from: the files as they are when reading begins, and when it ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from celoss_cli.cli.command_line import words_without_files
from celoss_cli.core.errors import InputError, visible
from celoss_cli.core.option import flag_words
from celoss_cli.core.version import __version__
from celoss_cli.read.paths import files_of
from celoss_cli.read.shards import state_of
from celoss_cli.studies.merge.parts import Origin

if TYPE_CHECKING:
    from celoss_cli.cli.options import Semantics
    from celoss_cli.cli.reading import Data

__all__ = ["origin_of", "unchanged"]


def origin_of(
    data: Data, semantics: Semantics, by: str | None, quantiles: Sequence[float], top: int = 0
) -> Origin:
    """What a partial result is computed from, as it is now; of standard input nobody knows.

    Args:
        data: its files, and how they are read.
        semantics: the options of the loss.
        by: what the groups are, or None.
        quantiles: the fractions asked for.
        top: among how many of the likeliest outcomes one is looked for, 0 for not at all.

    Raises:
        InputError: if a file is not there.

    """
    kept = words_without_files(data.reading, semantics)
    words = [data.spec.command, *kept.data, *chain(*kept.semantics.values())]
    words += [] if by is None else flag_words("--by", by)
    words += [f"--quantiles={','.join(map(repr, quantiles))}"] if quantiles else []
    words += flag_words("--top-k", str(top)) if top else []
    named = [word[1:] for word in words if word.startswith("@")]
    files = (state_of(path, data.row_groups.get(path)) for path in _files(data))
    return Origin(__version__, tuple(words), tuple(files), tuple(map(state_of, named)))


def _files(data: Data) -> list[str]:
    """The files of the data, among them one that the command line names in place of values."""
    values = data.values or ""
    named = [values[1:]] if values.startswith("@") else []
    return named + [path for path in files_of(data.files) if path != "-"]


@contextlib.contextmanager
def unchanged(origin: Origin) -> Iterator[Origin]:
    """What something is computed from, around the computation.

    Raises:
        InputError: if a file changed meanwhile.

    """
    yield origin
    for before in (*origin.files, *origin.named):
        if state_of(before.name, before.row_groups) != before:
            raise InputError(
                "expected a file that stays as it is, got one that changed while it was read",
                place=visible(before.name),
            )
