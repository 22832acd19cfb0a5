"""From a calibrated parameter to the studies that inform it, and their papers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from trialsim.calibration.targets import read_targets
from trialsim.parameters.evidence import find_evidence_file
from trialsim.problems import InputError, Problem

FILE: Final = "calibrated/validation.json"
# Less information is chance: a shift by a fifth of a standard deviation has as much.
LEAST_NATS: Final = 0.02


def list_informing(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the studies that inform the parameter of a row of `find_information`, without those that chance gives."""
    return [each for each in row["informed_by"] if each["nats"] >= LEAST_NATS]


def find_informing(name: str) -> list[dict[str, Any]]:
    """Return the studies whose fitted targets tell most about a parameter, with the nats that they add
    (`sensitivity.find_information`), their evidence rows and citations.

    Raises InputError where the stored validation is damaged.
    """
    file = find_evidence_file(FILE)
    if not file.is_file():
        return []
    try:
        report = json.loads(file.read_text(encoding="utf-8"))
        found = next((list_informing(row) for row in report["information"] if row["parameter"] == name), [])
    except (ValueError, KeyError, TypeError) as error:
        place, wanted = f"meta/evidence/{FILE}", "the file as `trialsim validate` writes it"
        raise InputError([Problem(place, None, "", "the file is damaged", wanted)]) from error
    rows: dict[str, list[dict[str, str]]] = {}
    for target in read_targets():
        if target.role == "fit":
            cells = {"target": target.name, "row": target.row.row, "doi": target.row.doi}
            rows.setdefault(target.study, []).append(cells)
    return [{**each, "targets": rows.get(each["study"], [])} for each in found]
