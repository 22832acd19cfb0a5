"""Reading an evidence table: every fault with its line and column, all at once, or rows that can be trusted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from meta.problems import EvidenceError, Fault
from meta.tables.cells import make_row
from meta.tables.checks import check_row, check_together, warn_rows
from meta.tables.model import EvidenceRow, EvidenceTable
from meta.tables.text import decode, hash_bytes, read_bytes, split_cells

MOST_FAULTS = 50


def read_evidence(path: Path | str, *, on_fault: Literal["raise", "exclude"] = "raise") -> EvidenceTable:
    """Read and check a CSV file of evidence (long format, one row an arm, a contrast or a level; see `EvidenceRow`).

    `on_fault`: ``raise`` refuses the table with all its faults; ``exclude`` keeps faulty rows in the table as excluded,
    with the fault as their reason. Raises EvidenceError; also for files that are no table at all.
    """
    data = read_bytes(Path(path))
    return read_text(decode(path, data), str(path), hash_bytes(data), on_fault=on_fault)


def read_text(text: str, name: str, sha256: str, *, on_fault: Literal["raise", "exclude"] = "raise") -> EvidenceTable:
    """As `read_evidence`, from text that is in memory already; `name` stands for the file in faults."""
    header, lines, warnings = split_cells(name, text)
    if not lines:
        raise EvidenceError([Fault(name, None, "", "a header without rows", "at least one row")])
    rows: list[EvidenceRow] = []
    faults: list[Fault] = []
    for line, cells in lines:
        row, found = make_row(name, line, cells)
        if row is None:
            faults += found
            rows.append(_keep_out(line, cells, found))
            continue
        found = check_row(name, row)
        faults += found
        rows.append(replace(row, excluded="; ".join(fault.message for fault in found)) if found else row)
    together = check_together(name, rows)
    faults += together
    if faults and on_fault == "raise":
        raise EvidenceError(_cap(name, faults))
    reasons = {fault.line: fault.message for fault in together}
    rows = [row if row.excluded else replace(row, excluded=reasons.get(row.line, "")) for row in rows]
    return EvidenceTable(tuple(rows), name, sha256, tuple(header), (*warnings, *warn_rows(rows)))


def _keep_out(line: int, cells: dict[str, str], faults: list[Fault]) -> EvidenceRow:
    reason = "; ".join(f"{fault.key}: {fault.message}" for fault in faults)
    study = cells.get("study", "") or f"line {line}"
    return EvidenceRow(line, cells.get("row", "") or f"line {line}", study, "estimate", excluded=reason)


def _cap(name: str, faults: list[Fault]) -> list[Fault]:
    if len(faults) <= MOST_FAULTS:
        return faults
    return [*faults[:MOST_FAULTS], Fault(name, None, "", f"and {len(faults) - MOST_FAULTS} more faults")]
