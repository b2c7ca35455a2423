"""Ends what a run has started if the run itself is killed. A program of its own, without imports of the package.

The run tells it of each process group on its standard input, `+GROUP` when it starts and `-GROUP` when it has ended.
When that input ends, the run is over, however that came about: the groups that are left are ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

#: Seconds that processes have to end by themselves.
GRACE = 5.0


def main() -> None:
    """Read until the run is over, then end what is left of it."""
    groups: set[int] = set()
    for line in sys.stdin:
        with contextlib.suppress(ValueError):
            number = int(line)
            (groups.add if number > 0 else groups.discard)(abs(number))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        _send(groups, number)
        until = time.monotonic() + GRACE
        while groups and time.monotonic() < until:
            _send(groups, 0)
            time.sleep(0.05)


def _send(groups: set[int], number: int) -> None:
    """Send a signal to the groups, and forget those that are gone."""
    for group in list(groups):
        try:
            os.killpg(group, number)
        except OSError:  # noqa: PERF203
            groups.discard(group)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    main()
