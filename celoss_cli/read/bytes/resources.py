"""What the system grants this process: pyarrow crashes where memory or threads run out."""

from __future__ import annotations

import os
import threading

from celoss_cli.core.errors import LimitError

__all__ = ["grants_threads", "has_memory_limit", "require_memory"]


def has_memory_limit() -> bool:
    """Whether memory is limited for this process."""
    return _limit() is not None


def require_memory(needed: int, what: str) -> None:
    """Refuses to begin what would end the process without a word.

    Args:
        needed: bytes of address space.
        what: takes them.

    Raises:
        LimitError: if less of the limited address space is left.

    """
    limit = _limit()
    if limit is None:
        return
    left = limit - _address_space()
    if left < needed:
        raise LimitError(
            f"expected {needed >> 20} MiB of address space for {what}, got {max(0, left) >> 20}",
            hint="raise the limit: ulimit -v",
        )


def _limit() -> int | None:
    """How many bytes of address space this process may have, None for any number."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if limit == resource.RLIM_INFINITY else limit


def _address_space() -> int:
    """How many bytes of it are taken, 0 where the system does not say."""
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def grants_threads() -> bool:
    """Whether a library may start a thread for each processor: as many are tried."""
    if has_memory_limit():  # a thread that runs out of memory ends the process
        return False
    end = threading.Event()
    started: list[threading.Thread] = []
    try:
        for _ in range(os.cpu_count() or 1):
            thread = threading.Thread(target=end.wait)
            thread.start()
            started.append(thread)
    except RuntimeError:
        return False
    finally:
        end.set()
        for thread in started:
            thread.join()
    return True
