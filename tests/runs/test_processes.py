"""Worker processes end with their work, however it ends."""

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from trialsim.runs.processes import open_processes

PROGRAM = """
import multiprocessing, signal, sys, time
from trialsim.runs.processes import open_processes

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with open_processes(2) as pool:
        waiting = [pool.submit(time.sleep, 300) for _ in range(6)]
        print(*(child.pid for child in multiprocessing.active_children()), flush=True)
        waiting[-1].result()
"""
# What a worker may take to be gone, and an interrupted command to end; the work itself would take fifteen minutes.
PATIENCE = 20.0


def is_alive(pid: int) -> bool:
    """Whether a process works; one that has ended and that nobody has waited for does not."""
    try:
        os.kill(pid, 0)
        return not Path("/proc").exists() or " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9), (signal.SIGINT, None)])
def test_no_worker_outlives_its_parent_nor_keeps_it_waiting(
    tmp_path: Path, sent: signal.Signals, code: int | None
) -> None:
    script = tmp_path / "work.py"
    script.write_text(PROGRAM)
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as parent:
        try:
            assert parent.stdout is not None
            workers = [int(pid) for pid in parent.stdout.readline().split()]
            assert len(workers) == 2
            time.sleep(2.0)  # they have begun
            parent.send_signal(sent)
            ended = parent.wait(PATIENCE)
        finally:
            parent.kill()
    assert ended == code if code is not None else ended != 0
    until = time.monotonic() + PATIENCE
    while any(map(is_alive, workers)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(map(is_alive, workers))


def test_work_that_ends_well_is_handed_back() -> None:
    with open_processes(2) as pool:
        assert list(pool.map(abs, [-1, 2, -3])) == [1, 2, 3]


def test_an_error_in_the_work_is_raised() -> None:
    with pytest.raises(ValueError, match=r"math domain error|nonnegative"), open_processes(1) as pool:
        pool.submit(math.sqrt, -1.0).result()
