"""Scoring weekly pattern words: a fast form on codes for the simulator, a plain one on strings.

A word has no score in a definition when it is shorter than `Definition.minimum_weeks`, or when no test was due (`_`) in
any week that the definition looks at. Both forms run the same rules; words are grouped by length, never padded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.endpoints.definition import Definition
from trialsim.endpoints.registry import select_definitions
from trialsim.endpoints.rules import Scores, weeks
from trialsim.endpoints.words import Codes, all_in_alphabet, encode_words, first_foreign_letter, is_due

NO_SCORE = -1


def score_codes(
    codes: Codes, lengths: NDArray[np.integer] | None = None, names: Sequence[str] | None = None
) -> dict[str, Scores]:
    """Scores of words given as ASCII codes, one int32 array of shape (words,) a column.

    `codes`: shape (words, weeks), dtype uint8. `lengths`: letters of each word, shape (words,), 0 to weeks; later
    letters are ignored; None where every word fills its row. `names`: definitions, None for all. Times are in weeks
    from 1, events and logicals 1/0, and NO_SCORE (-1) where a word has no score. Raises ValueError for a letter outside
    the alphabet or an unknown name.
    """
    definitions = select_definitions(names)
    total, width = codes.shape
    scores = {column: np.full(total, NO_SCORE, np.int32) for each in definitions for column in each.columns}
    groups = _rows_by_length(np.full(total, width) if lengths is None else np.asarray(lengths))
    for length, rows in groups:
        block = codes if lengths is None else codes[rows, :length]
        _score_block(block, definitions, rows, scores)
    return scores


def score_words(words: Sequence[str | None], names: Sequence[str] | None = None) -> dict[str, list[int | bool | None]]:
    """Scores of words given as strings, one list a column: integers, bool for logicals, None where there is no score.

    `words` may have different lengths; None and the empty word have no score. Events are 1/0. Raises ValueError for a
    letter outside the alphabet or an unknown name.
    """
    definitions = select_definitions(names)
    texts = [word or "" for word in words]
    for number, text in enumerate(texts):
        if (position := first_foreign_letter(text)) is not None:
            raise ValueError(f"word {number}, week {position + 1}: {text[position]!r} is not one of + - o * _")
    scores = {column: np.full(len(texts), NO_SCORE, np.int32) for each in definitions for column in each.columns}
    for _, rows in _rows_by_length(np.array([len(text) for text in texts], dtype=np.int64)):
        _score_block(encode_words([texts[row] for row in rows]), definitions, rows, scores)
    return {
        column: _as_values(scores[column], logical=each.kind == "logical")
        for each in definitions
        for column in each.columns
    }


def _rows_by_length(lengths: NDArray[np.integer]) -> Iterator[tuple[int, NDArray[np.int_]]]:
    """Each length above 0 with the rows that have it."""
    for length in np.unique(lengths[lengths > 0]):
        yield int(length), np.flatnonzero(lengths == length)


def _score_block(
    block: Codes, definitions: Sequence[Definition], rows: NDArray[np.int_], scores: dict[str, Scores]
) -> None:
    """Write the scores of one block of words of equal length into `scores` at `rows`."""
    if not all_in_alphabet(block):
        raise ValueError("codes outside the alphabet + - o * _")
    due = is_due(block)
    for each in definitions:
        if block.shape[1] >= each.minimum_weeks:
            observed = due[:, weeks(due, *each.looks_at)].any(axis=1)
            for column, values in zip(each.columns, each.score(block), strict=True):
                scores[column][rows] = np.where(observed, values, NO_SCORE)


def _as_values(scores: Scores, *, logical: bool) -> list[int | bool | None]:
    return [None if score == NO_SCORE else bool(score) if logical else score for score in scores.tolist()]
