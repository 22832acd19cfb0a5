"""Every patient and column of the public X:BOT records, scored by a peer, patient by patient."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from trialsim.endpoints import score_columns, score_file, score_words

FOLDER = Path(__file__).parents[3] / "shared" / "evidence" / "ctn0051"

pytestmark = pytest.mark.skipif(
    not (FOLDER / "patients.csv").is_file(), reason="the public CTN-0051 records are not beside the repository"
)


def read_patients() -> list[dict[str, str]]:
    with (FOLDER / "patients.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def read_cell(text: str) -> int | bool | None:
    return {"": None, "TRUE": True, "FALSE": False}[text] if not text.isdigit() else int(text)


def test_every_patient_and_column_matches() -> None:
    patients = read_patients()
    scores = score_words([patient["usePatternUDS"] for patient in patients])
    missed = [
        (patient["who"], column, patient[column], score)
        for column, values in scores.items()
        for patient, score in zip(patients, values, strict=True)
        if read_cell(patient[column]) != score or type(read_cell(patient[column])) is not type(score)
    ]
    assert missed == []
    assert (len(patients), len(scores)) == (772, 28)


def test_every_score_column_of_the_records_is_in_the_library() -> None:
    recorded = [name for name in read_patients()[0] if name.startswith(("Rs", "Dr", "Ab"))]
    assert sorted(recorded) == sorted(score_columns())


def test_scoring_the_records_gives_them_back_byte_for_byte(tmp_path: Path) -> None:
    summary = score_file(FOLDER / "patients.csv", "usePatternUDS", tmp_path / "scored.csv")
    assert (summary.records, summary.added, summary.kept) == (772, (), score_columns())
    assert (tmp_path / "scored.csv").read_bytes() == (FOLDER / "patients.csv").read_bytes()


def test_relapse_by_the_rule_of_the_trial_is_the_documented_count() -> None:
    """187 of 283 and 166 of 287 relapse by the rule on urine words alone; the paper, with self-report, has 185, 163."""
    patients = read_patients()
    events = score_words([patient["usePatternUDS"] for patient in patients])["RsE_ctnFiftyOne_2018"]
    relapses = {"Inpatient NR-NTX": 0, "Inpatient BUP": 0, "": 0}
    for patient, event in zip(patients, events, strict=True):
        relapses[patient["arm"]] += int(event or 0)
    assert (relapses["Inpatient NR-NTX"], relapses["Inpatient BUP"]) == (187, 166)
