"""Why a held-out evidence row is not predicted: what it lacks, or what the model lacks, by the row's own columns."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from trialsim.parameters.evidence import EvidenceRow

# Subjects that no simulated outcome belongs to.
SUBJECTS: Final = {
    "alcohol": "alcohol use disorder",
    "pharmacology": "drug levels and receptor occupancy",
    "urine_tests": "what a urine test detects",
    "naloxone": "overdoses and naloxone among bystanders",
}
# Measures that a simulated count cannot be set against, and the words for them.
MEASURES: Final = {
    "HR": "a contrast without a simulated counterpart",
    "OR": "a contrast without a simulated counterpart",
    "RR": "a contrast without a simulated counterpart",
    "SMR": "a ratio to the general population",
    "cost": "costs",
    "utility": "quality of life",
    "count": "a count of people without an outcome",
    "ratio": "a contrast without a simulated counterpart",
    "rate/probability": "an input of another model",
    "mean+-sd": "a mean of times or amounts",
    "mean difference": "a mean of times or amounts",
    "time-course point": "a point of a curve without counts",
}
COUNTED: Final = ("events/n", "proportion", "rate per 1000py", "rate per 100py", "rate per 10000py")


def explain_unpredicted(row: EvidenceRow, predicted: Collection[str]) -> str:
    """Return why no target predicts a held-out row. predicted: the studies, as rows name them, that targets are of."""
    if row.verified == "memory":
        return "known from memory only"
    if row.topic in SUBJECTS:
        return SUBJECTS[row.topic]
    if row.design in ("SR", "model"):
        return "a review or another model, not a study"
    if row.measure not in COUNTED:
        return MEASURES.get(row.measure, "a measure without a simulated counterpart")
    if row.events is None or (row.n is None and row.person_years is None):
        return "prints no count"
    if row.study in predicted:
        return "more of people whose other numbers are targets"
    return "counts of something, or of people, that no shipped scenario has"
