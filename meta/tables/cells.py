"""From named cells to one evidence row: numbers, units, the printed interval, and the kind that follows from them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from statistics import NormalDist

from meta.measures import MEASURES
from meta.problems import Fault
from meta.tables.columns import KNOWN, NUMBERS, PERSON_TIME, SCALES, Change, fold_name
from meta.tables.model import EvidenceRow

NO_REASON = ("", "no", "false", "0", "n")
OVERLAP = re.compile(r"\[overlap group ([^\]]+)\]", re.IGNORECASE)
RANDOMISED = re.compile(r"\b(rct|randomi[sz]ed)\b", re.IGNORECASE)


def make_row(file: str, line: int, cells: Mapping[str, str]) -> tuple[EvidenceRow | None, list[Fault]]:
    """One row, or the faults of its cells. A row whose `exclude` gives a reason needs no usable numbers."""
    faults: list[Fault] = []
    numbers = {name: _read_number(file, line, name, cells.get(name, ""), faults) for name in NUMBERS}
    for name, per_year in PERSON_TIME.items():
        value = _read_number(file, line, name, cells.get(name, ""), faults)
        if value is not None and numbers["person_years"] is None:
            numbers["person_years"] = value / per_year
    if not cells.get("study", ""):
        faults.append(Fault(file, line, "study", "missing", "the name of the study"))
    if faults:
        return None, faults
    scale, estimate, se, kind = _read_estimate(cells, numbers)
    reason = find_reason(cells) or _find_gap(kind, estimate, se, numbers)
    text = {name: cells.get(name, "") for name in ("treatment", "comparator", "topic", "outcome", "timepoint", "note")}
    group = cells.get("overlap_group", "") or ", ".join(m.strip() for m in OVERLAP.findall(text["note"]))
    design = cells.get("design", "")
    row = EvidenceRow(
        line=line,
        row=cells.get("row", "") or f"line {line}",
        study=cells["study"],
        kind=kind,
        events=numbers["events"],
        n=numbers["n"],
        person_years=numbers["person_years"],
        mean=numbers["mean"],
        sd=numbers["sd"],
        estimate=estimate,
        se=se,
        scale=scale,
        follow_up_years=numbers["follow_up_years"],
        design=design,
        randomised=bool(RANDOMISED.search(design)) if design else None,
        risk_of_bias=cells.get("risk_of_bias", ""),
        overlap_group=group,
        period=cells.get("period", ""),
        citation=cells.get("citation", ""),
        covariates={name: value for name, value in cells.items() if name not in (*KNOWN, *PERSON_TIME)},
        excluded=reason,
        **text,
    )
    return row, []


def find_reason(cells: Mapping[str, str]) -> str:
    """Why a row is kept out of every pool: the reason that the file gives, or that nobody has seen its number again."""
    given = cells.get("exclude", "")
    if given.lower() not in NO_REASON:
        return given
    return "never found again in a text; not to be pooled" if cells.get("verified", "").lower() == "memory" else ""


def _find_gap(kind: str, estimate: float | None, se: float | None, numbers: Mapping[str, float | None]) -> str:
    """Why an honest row cannot stand in a pool: a number printed without its uncertainty."""
    if kind != "estimate":
        return ""
    if estimate is None and numbers["events"] is not None:
        return "events without people (n) or person-years"
    if estimate is None:
        return "no numbers that can be pooled"
    return "printed without a standard error or an interval" if se is None else ""


def _read_number(file: str, line: int, name: str, text: str, faults: list[Fault]) -> float | None:
    if text == "" or text.lower() in ("na", "nan", "."):
        return None
    try:
        value = float(text)
    except ValueError:
        faults.append(Fault(file, line, name, f"{text[:40]!r} is no number", "a number such as 12 or 0.5, or nothing"))
        return None
    if not math.isfinite(value):
        faults.append(Fault(file, line, name, f"{text} is not finite", "a finite number"))
        return None
    return value


def _read_estimate(
    cells: Mapping[str, str], numbers: Mapping[str, float | None]
) -> tuple[str, float | None, float | None, str]:
    """Scale, estimate and standard error on it, and the kind of the row.

    Counts decide the kind where they are there. An estimate printed in natural units (a ratio, a proportion, a rate)
    goes to the analysis scale; its standard error comes from the printed interval, taken as symmetric there.
    """
    printed = cells.get("scale", "")
    measure, change = SCALES.get(fold_name(printed), (fold_name(printed), None))
    measure = measure if measure in MEASURES else printed
    if numbers["events"] is not None and numbers["person_years"] is not None:
        return measure, None, None, "rate"
    if numbers["events"] is not None and numbers["n"] is not None:
        return measure, None, None, "binary"
    if numbers["mean"] is not None and numbers["sd"] is not None:
        return measure, None, None, "mean"
    points = [numbers[name] for name in ("estimate", "ci_low", "ci_high")]
    estimate, low, high = (_change(x, change) for x in points)
    se = numbers["se"]
    if se is None and low is not None and high is not None:
        se = (high - low) / (2 * NormalDist().inv_cdf(0.5 + _read_level(cells.get("ci_level", "")) / 2))
    return measure, estimate, se, "estimate"


def _change(value: float | None, change: Change | None) -> float | None:
    """A printed number on the analysis scale; None for what has no place there (a ratio of zero)."""
    if value is None or change is None:
        return value
    try:
        return change(value)
    except (ValueError, ZeroDivisionError):
        return None


def _read_level(text: str) -> float:
    """The level of a printed interval as a proportion; 0.95 where nothing is said."""
    match = re.match(r"\s*([\d.]+)", text)
    value = float(match.group(1)) if match else 95.0
    value = value / 100 if value > 1 else value
    return value if 0 < value < 1 else 0.95
