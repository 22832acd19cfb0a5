"""How a command ends when it cannot go on: exit codes, one screen of mistakes or their JSON, interruption."""

from __future__ import annotations

import codecs
import io
import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from trialsim.problems import Problem

DASHES = "\N{HYPHEN}\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}"
INPUT_ERROR, INTERRUPTED, BROKEN_PIPE = 2, 130, 141


def print_json(value: object) -> None:
    """Print plain data as JSON on standard output. Raises ValueError for NaN and infinity."""
    import json

    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    print(json.dumps(value, indent=1, ensure_ascii=plain, allow_nan=False))


def report_problems(problems: Sequence[Problem], *, as_json: bool) -> int:
    """Show mistakes, as one screen on standard error or as JSON on standard output, and return the exit code.

    JSON that standard output does not take is shown as a screen.
    """
    from dataclasses import asdict

    from trialsim.terminal import print_problems

    if not as_json:
        print_problems(problems)
        return INPUT_ERROR
    try:
        print_json({"error": [asdict(problem) for problem in problems]})
        sys.stdout.flush()
    except OSError:
        close_broken_pipe()
        print_problems(problems)
    return INPUT_ERROR


def settle_streams() -> None:
    """Let standard output and error take whatever is written: a plain letter or a question mark stands for one that a
    terminal lacks, and what is written to a closed one goes nowhere.
    """
    codecs.register_error("plain", _write_plainly)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, io.StringIO())
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plain")


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


def _write_plainly(error: UnicodeError) -> tuple[str, int]:
    """Stand-ins for the letters that an encoding lacks: a dash of any length, or a minus, is a hyphen."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join("-" if letter in DASHES else "?" for letter in lacking), error.end


def _leave(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
