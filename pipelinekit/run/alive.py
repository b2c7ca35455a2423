"""Whether a process still works, by its number."""

from __future__ import annotations

import os


def is_alive(pid: int) -> bool:
    """Whether a process is there and has not ended; one whose end nobody has asked for yet, a zombie, has."""
    if os.name == "nt" or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # of somebody else
        pass
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # the name before the state may hold anything
            return file.read().rpartition(b")")[2].split()[:1] != [b"Z"]
    except OSError:  # another system, or one where that is hidden
        return True
