"""How a command ends when it cannot go on: exit codes, one screen of mistakes or their JSON, interruption."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from trialsim.problems import Problem

INPUT_ERROR, INTERRUPTED, BROKEN_PIPE = 2, 130, 141


def print_json(value: object) -> None:
    """Print plain data as JSON on standard output. Raises ValueError for NaN and infinity."""
    import json

    print(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False))


def report_problems(problems: Sequence[Problem], *, as_json: bool) -> int:
    """Show mistakes, as one screen on standard error or as JSON on standard output, and return the exit code."""
    if as_json:
        from dataclasses import asdict

        print_json({"error": [asdict(problem) for problem in problems]})
    else:
        from trialsim.terminal import print_problems

        print_problems(problems)
    return INPUT_ERROR


def describe_failure(error: OSError | MemoryError) -> Problem:
    """What the machine refused, in the form of a mistake: a full disk, a permission, too little memory."""
    if isinstance(error, MemoryError):
        return Problem(
            "command line", None, "", "not enough memory for a run of this size", "fewer people or replicates"
        )
    return Problem(str(error.filename or "output"), None, "", error.strerror or str(error))


def leave_on_termination() -> None:
    """Make SIGTERM unwind the stack like Ctrl-C, so that unfinished files are taken away."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _leave)


def close_broken_pipe() -> int:
    """The exit code where the reader of our output has gone; nothing more is said, not even by Python as it closes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE


def _leave(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
