"""The published pharmacology: every point inside its tolerance, or a documented miss with its reason."""

from pathlib import Path

import pytest

from trialsim.engine.pharmacology_report import report_pharmacology
from trialsim.engine.pharmacology_table import MISSES, PharmacologyRow, judge_point, list_points, tabulate_pharmacology
from trialsim.parameters import read_parameters

DOCUMENT = Path(__file__).parents[2] / "docs" / "pharmacology.md"


@pytest.fixture(scope="module")
def rows() -> list[PharmacologyRow]:
    return tabulate_pharmacology(read_parameters())


def test_the_misses_are_exactly_those_that_are_explained(rows: list[PharmacologyRow]) -> None:
    missed = {row.point: (row.published, row.simulated) for row in rows if not row.hit}
    assert missed.keys() == MISSES.keys(), missed
    assert all(row.reason for row in rows if not row.hit)


def test_every_point_of_the_clinical_model_is_in_the_table(rows: list[PharmacologyRow]) -> None:
    values = [row.published for row in rows]
    asked = (91, 80, 46, 30, 94.9, 90, 27, 50.5, 61, 95, 2, 2.5, 14, 7.5, 4.0, 31, 28, 136, 95, 188, 41, 80, 84)
    assert [value for value in asked if value not in values] == []
    assert len({row.point for row in rows}) == len(rows) == len(list_points())


@pytest.mark.parametrize(
    ("kind", "simulated", "hit"),
    [
        ("occupancy", 57.0, True),
        ("occupancy", 57.1, False),
        ("occupancy", 42.9, False),
        ("occupancy", 71.0, True),
        ("measure", 62.5, True),
        ("measure", 62.6, False),
        ("measure", 70.0, True),
        ("at least", 49.9, False),
        ("at least", 500.0, True),
    ],
)
def test_a_point_is_judged_by_the_printed_tolerance(kind: str, simulated: float, hit: bool) -> None:
    low, high = (70.0, 72.0) if simulated >= 70.0 else (50.0, 50.0)
    assert judge_point(kind, 50.0, low, high, simulated)[1] is hit


def test_the_document_is_the_one_written_from_the_table() -> None:
    # After a change: python -m trialsim.engine.pharmacology_report > docs/pharmacology.md
    assert DOCUMENT.read_text(encoding="utf-8") == report_pharmacology(read_parameters())
