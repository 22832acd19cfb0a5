"""The results store: chunks, manifests, atomic files, progress, documented columns."""

from trialsim.runs.chunks import run_chunks, split_range
from trialsim.runs.columns import EVENTS, OUTCOMES, PATIENTS, TABLES, Column
from trialsim.runs.manifest import Manifest, hash_file, hash_json
from trialsim.runs.options import RunOptions, RunResult, count_workers
from trialsim.runs.progress import Progress, ignore_progress, show_progress
from trialsim.runs.store import write_run
from trialsim.runs.tables import cast_columns, check_columns, write_table

__all__ = [
    "EVENTS",
    "OUTCOMES",
    "PATIENTS",
    "TABLES",
    "Column",
    "Manifest",
    "Progress",
    "RunOptions",
    "RunResult",
    "cast_columns",
    "check_columns",
    "count_workers",
    "hash_file",
    "hash_json",
    "ignore_progress",
    "run_chunks",
    "show_progress",
    "split_range",
    "write_run",
    "write_table",
]
