"""Progress of long work: a callback that loops call, and a bar on the terminal that listens to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console

PATIENCE_SECONDS = 2.0


class Progress(Protocol):
    """Hears how far a loop has come: `done` of `total` items, never falling; calls come from one thread."""

    def __call__(self, done: int, total: int, /) -> None:
        """Take note of `done` items out of `total`."""


def ignore_progress(done: int, total: int, /) -> None:
    """The listener that says nothing."""


@contextmanager
def show_progress(
    label: str,
    unit: str = "chunks",
    *,
    quiet: bool = False,
    console: Console | None = None,
    patience: float = PATIENCE_SECONDS,
) -> Iterator[Progress]:
    """A listener that draws a bar with rate and time left on standard error once work has lasted `patience` seconds.

    It draws on a terminal only (or where FORCE_COLOR or TTY_COMPATIBLE says that there is one), clears itself at the
    end, and writes nothing if `quiet`. `unit` names what is counted, in the plural.
    """
    if quiet:
        yield ignore_progress
        return
    from rich.console import Console

    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield ignore_progress
        return
    with _draw_bar(console, label, unit, patience) as progress:
        yield progress


@contextmanager
def _draw_bar(console: Console, label: str, unit: str, patience: float) -> Iterator[Progress]:
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}"),
        TimeElapsedColumn(),
    )
    bar = Bar(*columns, console=console, transient=True)
    task = bar.add_task(label, total=None, pace="")
    began = time.monotonic()

    def listen(done: int, total: int, /) -> None:
        pace = describe_pace(done, total, time.monotonic() - began, unit)
        bar.update(task, completed=done, total=total, pace=pace)

    # Short work must leave the terminal alone, and a loop that is stuck in its first item must show a sign of life.
    timer = threading.Timer(patience, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield listen
    finally:
        timer.cancel()
        timer.join()
        bar.stop()


def describe_pace(done: int, total: int, seconds: float, unit: str) -> str:
    """Rate and time left in words, such as ``12.5 replicates/s, 0:01:20 left``; empty while nothing is done."""
    if done <= 0 or seconds <= 0:
        return ""
    rate = done / seconds
    left = round((total - done) / rate)
    return f"{rate:.3g} {unit}/s, {left // 3600}:{left // 60 % 60:02d}:{left % 60:02d} left"
