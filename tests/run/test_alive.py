"""Whether a process still works."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from pipelinekit.run.alive import is_alive


def test_one_that_works_and_one_that_has_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert is_alive(process.pid)
    assert not is_alive(process.pid)
    assert is_alive(os.getpid())


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="only /proc tells")
def test_one_whose_end_nobody_has_asked_for_has_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        end = time.monotonic() + 30
        while is_alive(process.pid) and time.monotonic() < end:
            time.sleep(0.01)
        os.kill(process.pid, 0)  # it is there, as in a container whose first process cares for none
        assert not is_alive(process.pid)


@pytest.mark.parametrize("number", [0, -1, 2**22 + 1, 2**80])
def test_numbers_that_no_process_has(number: int) -> None:
    assert not is_alive(number)
