"""Progress: silent for short, quiet or redirected work; rate and time left otherwise."""

import io
import time

from rich.console import Console

from trialsim.runs.progress import Progress, describe_pace, show_progress


def _watch(*, terminal: bool, quiet: bool = False, patience: float, work_seconds: float) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=100)
    with show_progress("replicates", "replicates", quiet=quiet, console=console, patience=patience) as progress:
        _work(progress, work_seconds)
    return stream.getvalue()


def _work(progress: Progress, seconds: float) -> None:
    for done in range(1, 6):
        time.sleep(seconds / 5)
        progress(done, 10)


def test_long_work_on_a_terminal_shows_count_rate_and_time_left() -> None:
    drawn = _watch(terminal=True, patience=0.0, work_seconds=0.5)
    assert "replicates" in drawn
    assert "5/10" in drawn
    assert "replicates/s" in drawn
    assert "left" in drawn


def test_short_work_leaves_the_terminal_alone() -> None:
    assert _watch(terminal=True, patience=30.0, work_seconds=0.0) == ""


def test_quiet_and_redirected_work_write_nothing() -> None:
    assert _watch(terminal=True, quiet=True, patience=0.0, work_seconds=0.1) == ""
    assert _watch(terminal=False, patience=0.0, work_seconds=0.1) == ""


def test_pace_is_worked_out_from_what_is_done() -> None:
    assert describe_pace(0, 10, 5.0, "runs") == ""
    assert describe_pace(10, 40, 5.0, "runs") == "2 runs/s, 0:00:15 left"
    assert describe_pace(1, 3601, 1.0, "runs") == "1 runs/s, 1:00:00 left"
