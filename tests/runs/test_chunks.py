"""Chunks: the same bytes for any size, order and number of workers; nothing left running."""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialsim.runs.chunks import run_chunks, split_range


def _spell(chunk: range) -> bytes:
    return b"".join(f"{patient}:{patient * patient % 97};".encode() for patient in chunk)


def _spell_late(chunk: range) -> bytes:
    time.sleep(0.004 * (8 - chunk.start % 8))
    return _spell(chunk)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 20))
def test_split_range_is_a_partition(start: int, length: int, size: int) -> None:
    chunks = split_range(start, start + length, size)
    assert [i for chunk in chunks for i in chunk] == list(range(start, start + length))
    assert all(len(chunk) == size for chunk in chunks[:-1])


def test_split_range_refuses_empty_chunks() -> None:
    with pytest.raises(ValueError, match="at least one item"):
        split_range(0, 10, 0)


@given(st.integers(0, 200), st.integers(1, 50), st.integers(1, 4))
def test_any_size_and_number_of_threads_gives_the_same_bytes(patients: int, size: int, workers: int) -> None:
    whole = _spell(range(patients))
    assert b"".join(run_chunks(_spell, split_range(0, patients, size), workers)) == whole


def test_processes_and_reversed_completion_give_the_same_bytes() -> None:
    chunks = split_range(0, 500, 7)
    whole = _spell(range(500))
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        assert b"".join(run_chunks(_spell, chunks, pool)) == whole
        assert pool.submit(len, "still open").result() == 10
    with ThreadPoolExecutor(8) as threads:
        assert b"".join(run_chunks(_spell_late, split_range(0, 64, 1), threads)) == _spell(range(64))


@pytest.mark.parametrize("workers", [1, 2])
def test_progress_hears_every_chunk(workers: int) -> None:
    heard: list[tuple[int, int]] = []
    list(run_chunks(_spell, split_range(0, 5, 1), workers, lambda done, total: heard.append((done, total))))
    assert heard == [(done, 5) for done in range(6)]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_comes_in_its_turn_and_drops_what_has_not_begun(workers: int) -> None:
    begun: list[int] = []

    def fail_at_three(chunk: int) -> int:
        begun.append(chunk)
        if chunk == 3:
            raise ZeroDivisionError
        return chunk

    results = run_chunks(fail_at_three, range(1000), workers)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert max(begun) < 3 + 2 * workers + 1


def test_few_chunks_wait_when_the_reader_is_slow() -> None:
    begun: list[int] = []
    with ThreadPoolExecutor(2) as pool:
        results = run_chunks(begun.append, range(10_000), pool)
        next(results)
        time.sleep(0.05)
        waiting = len(begun)
        results.close()
    assert waiting < 200
    assert len(begun) < 200
