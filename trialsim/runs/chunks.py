"""Chunks of a run: pure functions through an executor, handed back in chunk order.

A chunk's result depends on the chunk alone, and results leave in the order of the chunks. So whatever a caller does
with them in sequence comes out the same for any number of workers; for any chunk size too where the results add
exactly (integer ticks and counts) or are rows laid end to end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from itertools import islice

from trialsim.runs.options import count_workers
from trialsim.runs.progress import Progress, ignore_progress


def split_range(start: int, stop: int, size: int) -> tuple[range, ...]:
    """The range start..stop (stop excluded) cut into neighbouring ranges of `size`, the last one perhaps shorter."""
    if size < 1:
        raise ValueError(f"a chunk holds at least one item, not {size}")
    return tuple(range(low, min(low + size, stop)) for low in range(start, stop, size))


def run_chunks[Chunk, Result](
    function: Callable[[Chunk], Result],
    chunks: Sequence[Chunk],
    executor: Executor | int | None = None,
    progress: Progress = ignore_progress,
) -> Generator[Result, None, None]:
    """The result of `function` on every chunk, in the order of `chunks`.

    `executor` is anything with the interface of `concurrent.futures.Executor` (local processes, Dask), or a number of
    threads (None: one a core), which suits functions that numba compiled with `nogil`. An executor that was handed in
    stays open. At most two chunks a worker are under way or waiting to be fetched, so memory does not grow with the
    number of chunks. `progress` hears (chunks done, chunks in all). An error in a chunk is raised when its turn comes,
    and, as when the caller stops early, the chunks that have not begun are dropped.
    """
    progress(0, len(chunks))
    if isinstance(executor, Executor):
        # How many workers a foreign executor has is its own business: keep as many in the air as a large machine needs.
        yield from _submit_in_order(executor, function, chunks, 2 * max(8, count_workers(None)), progress)
        return
    workers = min(count_workers(executor), max(1, len(chunks)))
    if workers == 1:
        for done, chunk in enumerate(chunks, start=1):
            result = function(chunk)
            progress(done, len(chunks))
            yield result
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from _submit_in_order(pool, function, chunks, 2 * workers, progress)


def _submit_in_order[Chunk, Result](
    pool: Executor, function: Callable[[Chunk], Result], chunks: Sequence[Chunk], ahead: int, progress: Progress
) -> Iterator[Result]:
    waiting = iter(chunks)
    flying: deque[Future[Result]] = deque()
    try:
        flying.extend(pool.submit(function, chunk) for chunk in islice(waiting, ahead))
        for done in range(1, len(chunks) + 1):
            result = flying.popleft().result()
            flying.extend(pool.submit(function, chunk) for chunk in islice(waiting, 1))
            progress(done, len(chunks))
            yield result
    finally:
        for future in flying:
            future.cancel()
