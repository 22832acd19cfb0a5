"""The pinned reference values and how their data become ours."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from meta.data import EffectSizes
from meta.tables import EvidenceRow, EvidenceTable

FOLDER = Path(__file__).parent / "reference"
MEASURES = {
    "RR": "log_risk_ratio",
    "OR": "log_odds_ratio",
    "RD": "risk_difference",
    "IRR": "log_rate_ratio",
    "PLO": "logit_proportion",
    "PAS": "arcsine_proportion",
    "PFT": "freeman_tukey",
    "MD": "mean_difference",
    "SMD": "standardised_mean_difference",
}


def read_reference(name: str) -> dict[str, Any]:
    """One pinned data set: source, kind, data, expected."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def make_table(reference: dict[str, Any]) -> EvidenceTable:
    """The data set as an evidence table; studies are numbered, since some names stand twice."""
    data, rows = reference["data"], []
    for i, name in enumerate(data["study"]):
        study = f"{i + 1} {name}"
        for suffix, arm in (("1", "treatment"), ("0", "control")):
            fields = _pick(data, suffix, i)
            if fields:
                rows.append(EvidenceRow(2 * i, f"{i}-{suffix}", study, treatment=arm, citation="x", **fields))
        if "e" in data:
            rows.append(EvidenceRow(i, f"{i}", study, "binary", events=data["e"][i], n=data["n"][i], citation="x"))
    return EvidenceTable(tuple(rows))


def _pick(data: dict[str, Any], suffix: str, i: int) -> dict[str, Any]:
    if f"m{suffix}" in data:
        return {"kind": "mean", "mean": data[f"m{suffix}"][i], "sd": data[f"s{suffix}"][i], "n": data[f"n{suffix}"][i]}
    if f"t{suffix}" in data:
        return {"kind": "rate", "events": data[f"e{suffix}"][i], "person_years": data[f"t{suffix}"][i]}
    if f"e{suffix}" in data:
        return {"kind": "binary", "events": data[f"e{suffix}"][i], "n": data[f"n{suffix}"][i]}
    return {}


def make_effects(reference: dict[str, Any], measure: str = "log_odds_ratio") -> EffectSizes:
    """A data set of contrasts as effect sizes."""
    data = reference["data"]
    names = tuple(f"{i} {name}" for i, name in enumerate(data["study"]))
    return EffectSizes(measure, names, np.array(data["yi"], float), np.array(data["vi"], float))
