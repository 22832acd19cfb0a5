"""From named cells to one evidence row: numbers, units of time, and the kind that follows from the numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from meta.problems import Fault
from meta.tables.columns import KNOWN, NUMBERS, PERSON_TIME, find_scale
from meta.tables.estimates import Finding, Printed, read_estimate
from meta.tables.model import EvidenceRow

NO_REASON: Final = ("", "no", "false", "0", "n")
MISSING: Final = ("na", "n/a", ".")
NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
OVERLAP: Final = re.compile(r"\[overlap group ([^\]]+)\]", re.IGNORECASE)
RANDOMISED: Final = re.compile(r"(?<!non.)(?<!not.)(?<!quasi.)(?<!pseudo.)\b(rct|randomi[sz]ed)\b", re.IGNORECASE)
AS_THEY_ARE: Final = ("treatment", "comparator", "topic", "outcome", "timepoint", "note", "risk_of_bias", "period")
OURS: Final = frozenset((*KNOWN, *PERSON_TIME))
NUMBERS_KEPT: Final = ("events", "n", "person_years", "mean", "sd", "follow_up_years")
SAME_TIME: Final = 0.01
"""Person-time printed in two units may differ by this share (rounding, the length of a year)."""


def make_row(file: str, line: int, cells: Mapping[str, str]) -> tuple[EvidenceRow | None, list[Fault]]:
    """One row, or the faults of its cells. A row that is kept out by a reason of its own needs no usable numbers."""
    findings: list[Finding] = []
    numbers = {name: _read_number(name, cells.get(name, ""), findings) for name in NUMBERS}
    numbers["person_years"] = _read_person_years(cells, numbers["person_years"], findings)
    if not cells.get("study", ""):
        findings.append(("study", "missing", "the name of the study"))
    reason = find_reason(cells)
    printed, kind = Printed(find_scale(cells.get("scale", "")).measure), _find_kind(cells, numbers)
    if kind == "estimate":
        printed = read_estimate(cells, numbers)
        findings += printed.faults
    if findings and not (reason and cells.get("study", "")):
        return None, [Fault(file, line, *finding) for finding in findings]
    return _fill_row(line, cells, numbers, kind, printed, reason or _find_gap(kind, printed, numbers)), []


def _fill_row(
    line: int,
    cells: Mapping[str, str],
    numbers: Mapping[str, float | None],
    kind: str,
    printed: Printed,
    excluded: str,
) -> EvidenceRow:
    text: dict[str, Any] = {name: cells.get(name, "") for name in AS_THEY_ARE}
    counts: dict[str, Any] = {name: numbers[name] for name in NUMBERS_KEPT}
    design = cells.get("design", "")
    return EvidenceRow(
        line=line,
        row=cells.get("row", "") or f"line {line}",
        study=cells["study"],
        kind=kind,
        estimate=printed.estimate,
        se=printed.se,
        scale=printed.measure,
        design=design,
        randomised=bool(RANDOMISED.search(design)) if design else None,
        overlap_group=cells.get("overlap_group", "") or ", ".join(m.strip() for m in OVERLAP.findall(text["note"])),
        citation=cells.get("citation", "") or cells.get("source_url", ""),
        covariates={name: value for name, value in cells.items() if name not in OURS},
        excluded=excluded,
        said=printed.said,
        **counts,
        **text,
    )


def find_reason(cells: Mapping[str, str]) -> str:
    """Why a row is kept out of every pool: the reason that the file gives, or that nobody has seen its number again."""
    given = cells.get("exclude", "")
    if given.lower() not in NO_REASON:
        return given
    return "never found again in a text; not to be pooled" if cells.get("verified", "").lower() == "memory" else ""


def _find_kind(cells: Mapping[str, str], numbers: Mapping[str, float | None]) -> str:
    """Counts decide where they are there, unless the row names what it compares and prints the contrast whole."""
    whole = numbers["se"] is not None or None not in (numbers["ci_low"], numbers["ci_high"])
    if cells.get("comparator", "") and numbers["estimate"] is not None and whole:
        return "estimate"
    for kind, names in (("rate", ("events", "person_years")), ("binary", ("events", "n")), ("mean", ("mean", "sd"))):
        if all(numbers[name] is not None for name in names):
            return kind
    return "estimate"


def _find_gap(kind: str, printed: Printed, numbers: Mapping[str, float | None]) -> str:
    """Why an honest row cannot stand in a pool: a number printed without its uncertainty, or half of a pair."""
    if kind != "estimate" or printed.gap:
        return printed.gap
    if printed.estimate is None and numbers["events"] is not None:
        return "events without people (n) or person-years"
    if printed.estimate is None and numbers["mean"] is not None:
        return "a mean without its standard deviation"
    return "no numbers that can be pooled" if printed.estimate is None else ""


def _read_number(name: str, text: str, findings: list[Finding]) -> float | None:
    if not text or text.lower() in MISSING:
        return None
    text = text.replace("\N{MINUS SIGN}", "-")
    if not NUMBER.fullmatch(text):
        if text.lower().lstrip("+-") in ("inf", "infinity", "nan"):
            findings.append((name, f"{text} is not finite", "a finite number, or nothing"))
        else:
            findings.append((name, f"{text[:40]!r} is no number", _say_number(text)))
        return None
    value = float(text)
    if not math.isfinite(value):
        findings.append((name, f"{text[:40]} is not finite", "a finite number"))
        return None
    return value


def _say_number(text: str) -> str:
    if re.fullmatch(r"[+-]?\d+([.,·]\d+)+", text):
        return "a number with a decimal point and no separator of thousands"
    return "a number such as 12 or 0.5, or nothing"


def _read_person_years(cells: Mapping[str, str], years: float | None, findings: list[Finding]) -> float | None:
    """Person-years, from another unit where the file has one; the units must agree where it has two."""
    for name, per_year in PERSON_TIME.items():
        if name not in cells:
            continue
        value = _read_number(name, cells[name], findings)
        if value is None:
            continue
        if years is not None and abs(value / per_year - years) > SAME_TIME * abs(years):
            message = f"{value:g} is {value / per_year:g} person-years, but {years:g} stands in another column"
            findings.append((name, message, "person-time that agrees, or one column of it"))
        years = value / per_year if years is None else years
    return years
