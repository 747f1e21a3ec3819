"""Kills every process that it was told of as soon as its input ends: with whoever started them.

``python -m tests.week.watchdog`` reads a line for each that was started, ``+7``, and for each that
has ended, ``-7``: by then its number may be another's. Whatever ends a run, no server stays.
"""

import os
import signal
import sys
from contextlib import suppress


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupted run ends our input
    running: set[int] = set()
    for line in sys.stdin:
        process = int(line[1:])
        if line.startswith("+"):
            running.add(process)
        else:
            running.discard(process)
    for process in running:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    main()
