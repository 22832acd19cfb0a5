"""The table of the package itself: sound, explained, drawn inside its ranges, and the codebook written from it."""

from pathlib import Path

import numpy as np
import pytest

from trialsim.parameters import ParameterTable, draw_parameters, read_evidence_rows, read_parameters
from trialsim.parameters.codebook import report_codebook

CODEBOOK = Path(__file__).parents[2] / "meta" / "evidence" / "CODEBOOK.md"


@pytest.fixture(scope="module")
def table() -> ParameterTable:
    return read_parameters()


def test_the_codebook_is_the_one_written_from_the_table(table: ParameterTable) -> None:
    # After a change of the table: python -m trialsim.parameters.codebook
    assert CODEBOOK.read_text(encoding="utf-8") == report_codebook(table)


def test_whatever_is_not_fixed_by_definition_says_what_it_does_not_know(table: ParameterTable) -> None:
    silent = [entry.name for entry in table.entries.values() if entry.obtained != "fixed" and not entry.unknown]
    assert silent == []


def test_nothing_is_fitted_to_a_number_quoted_from_memory(table: ParameterTable) -> None:
    fitted = [entry for entry in table.entries.values() if entry.obtained == "fitted"]
    guilty = {
        entry.name: [row.row for row in read_evidence_rows(entry.source_rows).values() if row.verified == "memory"]
        for entry in fitted
    }
    assert {name: rows for name, rows in guilty.items() if rows} == {}


def test_every_draw_lies_in_the_range_of_its_parameter(table: ParameterTable) -> None:
    draws = draw_parameters(table, 500, 1)
    assert draws.names == tuple(table.entries)
    assert np.all(np.isfinite(draws.values))
    low, high = np.array([(entry.range_low, entry.range_high) for entry in table.entries.values()]).T
    assert np.all((low <= draws.values) & (draws.values <= high))
