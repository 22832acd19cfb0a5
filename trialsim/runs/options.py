"""What a user asks of one run, and what a run hands back."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

type EngineName = Literal["auto", "batch", "des"]
type Render = Callable[[Mapping[str, Any], Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The choices of one run; None leaves a choice to the scenario file, or to the machine for `workers`.

    `draws` is how many draws of the parameters show their own uncertainty (0: none). `participants` is the size of
    each simulated trial or of the cohort. `workers` and `quiet` never change a result.
    `render` turns (summary, manifest) into the text of report.html; None writes no report. It is handed in because a
    room that simulates may not import the report.
    """

    replicates: int | None = None
    participants: int | None = None
    seed: int | None = None
    engine: EngineName = "auto"
    workers: int | None = None
    events: bool = False
    draws: int = 40
    out: Path = Path("runs")
    quiet: bool = False
    render: Render | None = None


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run: `summary` as in summary.json, and the directory that holds every file of the run."""

    summary: Mapping[str, Any]
    directory: Path


def count_workers(asked: int | None) -> int:
    """How many workers to use: the number asked for, else the cores that this process may use (at least 1)."""
    here = getattr(os, "process_cpu_count", os.cpu_count)  # the first is new in Python 3.13
    return max(1, asked or here() or 1)
