"""Which rows of a pool are arms of one trial."""

from __future__ import annotations

import numpy as np

from meta.data import ArmCounts, EffectSizes
from meta.measures import Floats
from meta.tables import EvidenceTable


def find_trials(table: EvidenceTable, data: EffectSizes | ArmCounts) -> Floats:
    """The trial of each row of the data, (k,): an index, the same for rows of one study. For `Parts.trial`."""
    study = {row.row: row.study for row in table.rows}
    names = [study.get(row, name) for row, name in zip(data.rows, data.studies, strict=True)]
    place = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return np.array([float(place[name]) for name in names])
