"""Where the ``celoss`` command begins: until it can answer a signal, one ends it as the system does.

Python turns Ctrl-C into a traceback of what is being imported. While the interpreter itself starts, before
the first line of this file, it still does so.
"""

from __future__ import annotations

import signal

__all__ = ["main"]


def main() -> None:
    """The ``celoss`` command, which ends the process."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored, as nohup asks
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from celoss_cli.cli.main import main

    main()
