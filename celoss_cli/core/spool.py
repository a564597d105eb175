"""Bytes that are kept for later: in memory first, many of them in a temporary file."""

from __future__ import annotations

import io
import weakref
from typing import IO

__all__ = ["Spool"]

_MOST_BYTES = 1 << 25
"""So much stays in memory, unless less is asked for."""


class Spool:
    """A file that nobody sees; it is gone with this object.

    Args:
        most: how many bytes stay in memory.

    """

    def __init__(self, most: int = _MOST_BYTES) -> None:
        self._most = most
        self._file: IO[bytes] = io.BytesIO()
        self._spilled = False

    @property
    def written(self) -> IO[bytes]:
        """To be appended to; what was appended before may have moved to a temporary file."""
        if not self._spilled and self._file.tell() > self._most:
            self._spill()
        return self._file

    def read(self) -> IO[bytes]:
        """From the beginning."""
        self._file.seek(0)
        return self._file

    def _spill(self) -> None:
        import shutil  # most runs keep little
        import tempfile

        file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with this object
        weakref.finalize(self, file.close)
        self._file.seek(0)
        shutil.copyfileobj(self._file, file)
        self._file, self._spilled = file, True
