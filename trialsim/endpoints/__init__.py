"""Published outcome definitions on weekly pattern words (`+ - o * _`), and the scoring of files of words."""

from trialsim.endpoints.definition import Definition
from trialsim.endpoints.registry import DEFINITIONS, score_columns, select_definitions
from trialsim.endpoints.score import NO_SCORE, score_codes, score_words
from trialsim.endpoints.scoring import ScoredSummary, score_file

__all__ = [
    "DEFINITIONS",
    "NO_SCORE",
    "Definition",
    "ScoredSummary",
    "score_codes",
    "score_columns",
    "score_file",
    "score_words",
    "select_definitions",
]
