"""The parameters: reading and checking the table, its evidence, draws, a scenario's own values, the codebook."""

from trialsim.parameters.draws import ParameterDraws, draw_best_values, draw_parameters
from trialsim.parameters.entry import DISTRIBUTIONS, OBTAINED, UNITS, Entry, ParameterTable, stamp_table
from trialsim.parameters.evidence import EvidenceRow, list_evidence_ids, read_evidence_rows
from trialsim.parameters.life_table import LifeTable, read_life_table
from trialsim.parameters.overrides import Override, override_parameters
from trialsim.parameters.reader import COLUMNS, read_parameters

__all__ = [
    "COLUMNS",
    "DISTRIBUTIONS",
    "OBTAINED",
    "UNITS",
    "Entry",
    "EvidenceRow",
    "LifeTable",
    "Override",
    "ParameterDraws",
    "ParameterTable",
    "draw_best_values",
    "draw_parameters",
    "list_evidence_ids",
    "override_parameters",
    "read_evidence_rows",
    "read_life_table",
    "read_parameters",
    "stamp_table",
]
