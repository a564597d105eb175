"""What the system grants this process: pyarrow would crash where memory or threads run out."""

from __future__ import annotations

import os
import threading

__all__ = ["grants_threads", "is_rationed"]


def is_rationed() -> bool:
    """Whether memory is limited for this process; where it ends, pyarrow may abort without a word."""
    try:
        import resource
    except ImportError:  # Windows
        return False
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def grants_threads() -> bool:
    """Whether a library may start a thread for each processor: as many are tried."""
    if is_rationed():  # a thread that runs out of memory ends the process
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
