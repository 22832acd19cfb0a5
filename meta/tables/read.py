"""Reading an evidence table: every fault with its line and column, all at once, or rows that can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from meta.problems import EvidenceError, Fault, refuse
from meta.tables.cells import find_reason, make_row
from meta.tables.checks import check_row, check_together
from meta.tables.doubts import warn_rows
from meta.tables.model import EvidenceRow, EvidenceTable
from meta.tables.text import Sheet, decode, hash_bytes, read_bytes, split_cells

MOST_FAULTS: Final = 50
type OnFault = Literal["raise", "exclude"]

ON_FAULT: Final[tuple[OnFault, ...]] = ("raise", "exclude")


def read_evidence(path: Path | str, *, on_fault: OnFault = "raise") -> EvidenceTable:
    """Read and check a CSV file of evidence (long format, one row an arm, a contrast or a level; see `EvidenceRow`).

    Cells are apart by commas, semicolons or tabs, text is UTF-8. Only `study` is required; the numbers of a row decide
    its kind. `on_fault`: ``raise`` refuses the table with all its faults; ``exclude`` keeps faulty rows in the table as
    excluded, with the fault as their reason. Raises EvidenceError; also for files that are no table at all.
    """
    if on_fault not in ON_FAULT:
        raise refuse("on_fault", f"unknown {on_fault!r}", "raise or exclude", ON_FAULT, str(on_fault))
    data = read_bytes(Path(path))
    return read_text(decode(path, data), str(path), hash_bytes(data), on_fault=on_fault)


def read_text(text: str, name: str, sha256: str, *, on_fault: OnFault = "raise") -> EvidenceTable:
    """As `read_evidence`, from text that is in memory already; `name` stands for the file in faults."""
    sheet = split_cells(name, text)
    if not sheet.rows:
        raise EvidenceError([Fault(name, None, "", "a header without rows", "at least one row")])
    rows: list[EvidenceRow] = []
    faults: list[Fault] = []
    for line, cells in sheet.rows:
        row, found = _read_row(name, line, cells, sheet)
        rows.append(row)
        faults += found
    together = check_together(name, rows)
    if (faults or together) and on_fault == "raise":
        ordered = sorted((*faults, *together), key=lambda fault: fault.line or 0)
        raise EvidenceError(_cap(name, [_name_column(sheet, fault) for fault in ordered]))
    reasons = {fault.line: fault.message for fault in together}
    for i, row in enumerate(rows):
        if row.line in reasons and not row.excluded:
            rows[i] = replace(row, excluded=reasons[row.line])
    return EvidenceTable(tuple(rows), name, sha256, sheet.header, (*sheet.warnings, *warn_rows(rows)))


def _read_row(name: str, line: int, cells: dict[str, str], sheet: Sheet) -> tuple[EvidenceRow, list[Fault]]:
    """A row, excluded with its faults where it has any."""
    if line in sheet.ragged:
        return _keep_out(line, cells, [sheet.ragged[line]]), [sheet.ragged[line]]
    row, faults = make_row(name, line, cells)
    if row is None:
        return _keep_out(line, cells, faults), faults
    faults = check_row(name, row)
    return (replace(row, excluded="; ".join(fault.message for fault in faults)) if faults else row), faults


def _keep_out(line: int, cells: Mapping[str, str], faults: Sequence[Fault]) -> EvidenceRow:
    """A row that could not be read, with the reason of the file where it gives one."""
    reason = find_reason(cells) or "; ".join(f"{f.key}: {f.message}" if f.key else f.message for f in faults)
    study = cells.get("study", "") or f"line {line}"
    return EvidenceRow(line, cells.get("row", "") or f"line {line}", study, "estimate", excluded=reason)


def _name_column(sheet: Sheet, fault: Fault) -> Fault:
    """The fault under the header that the file has."""
    stands_for = {"se": ("ci_low",), "person_years": ("person_days", "person_weeks", "person_months")}
    names = (fault.key, *stands_for.get(fault.key, ()))
    printed = next((sheet.printed[name] for name in names if name in sheet.printed), fault.key)
    return replace(fault, key=printed)


def _cap(name: str, faults: list[Fault]) -> list[Fault]:
    if len(faults) <= MOST_FAULTS:
        return faults
    return [*faults[:MOST_FAULTS], Fault(name, None, "", f"and {len(faults) - MOST_FAULTS} more faults")]
