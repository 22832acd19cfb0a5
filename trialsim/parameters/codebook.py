"""The codebook: every parameter with its meaning, uncertainty and origin, written as Markdown from the table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from trialsim.parameters.calibrated import read_calibration
from trialsim.parameters.entry import DISTRIBUTIONS, OBTAINED, UNITS, Entry, ParameterTable
from trialsim.parameters.evidence import EvidenceRow, find_evidence_file, read_evidence_rows
from trialsim.parameters.reader import read_parameters

DAYS_A_YEAR = 365.25
PLAIN_UNITS = ("ratio", "proportion", "shape", "log sd", "count")  # numbers without a dimension

_HEAD = """# Codebook

Every parameter of the simulator. Written by `python -m trialsim.parameters.codebook` from `parameters.csv`: change the
table, never this file. The rows that are cited stand in the tables of this folder; `README.md` says what their columns
mean.

Limits are 95% limits. Draws follow the distribution: `value` is their median (the mean of a beta), `low` and `high`
their 2.5 and 97.5% points, and nothing is drawn outside the range.
"""


def report_codebook(table: ParameterTable) -> str:
    """The codebook of `table` as Markdown; raises InputError where a source row does not exist."""
    parts = [_HEAD, _report_words(), _report_overview(table), "## Parameters\n"]
    parts += [_report_entry(entry) for entry in table.entries.values()]
    return "\n".join(parts)


def _report_words() -> str:
    kinds = (("obtained", OBTAINED), ("distribution", DISTRIBUTIONS), ("unit", UNITS))
    return "\n".join(_report_kind(kind, words) for kind, words in kinds)


def _report_kind(kind: str, words: Mapping[str, str]) -> str:
    lines = [f"| {kind} | meaning |", "|---|---|"]
    lines += [f"| {word} | {meaning} |" for word, meaning in words.items() if word != "scenario"]
    return "\n".join(lines) + "\n"


def _report_overview(table: ParameterTable) -> str:
    lines = ["## Overview\n"]
    for obtained in OBTAINED:
        names = [entry.name for entry in table.entries.values() if entry.obtained == obtained]
        if names:
            lines.append(f"- {len(names)} {obtained}: {', '.join(f'`{name}`' for name in names)}")
    return "\n".join(lines) + "\n"


def _report_entry(entry: Entry) -> str:
    lines = [f"### `{entry.name}`\n", f"{entry.meaning}\n", f"- value: {_report_value(entry)}"]
    lines.append(f"- range: {_report_range(entry)}")
    fitted = f", to {entry.fitted_to}" if entry.fitted_to else ""
    followed = f" as `{entry.same_as}`" if entry.same_as else ""
    lines.append(f"- obtained: {entry.obtained}{followed}{fitted}")
    lines += _report_prior(entry)
    lines += [_report_source(row) for row in read_evidence_rows(entry.source_rows).values()]
    if entry.unknown:
        lines.append(f"- does not know: {entry.unknown}")
    return "\n".join(lines) + "\n"


def _report_prior(entry: Entry) -> list[str]:
    """The prior of a calibrated parameter, and how much narrower the posterior is."""
    cells = ((read_calibration() or {}).get("parameters") or {}).get(entry.name)
    if cells is None or entry.obtained != "calibrated":
        return []
    prior = cells["prior"]
    told = f"{prior['median']:.6g}, limits {prior['low']:.6g} to {prior['high']:.6g} ({cells['prior_reason']})"
    return [f"- prior: {told}", f"- contraction by the targets: {cells['contraction']:.2f} (0 nothing learned, 1 all)"]


def _report_value(entry: Entry) -> str:
    unit = f" ({entry.unit})" if entry.unit in PLAIN_UNITS else f" {entry.unit}"
    text = f"{entry.value:.6g}{unit}"
    if entry.unit == "per day" and entry.value > 0.0:
        text += f", that is {_report_rate(entry.value)}"
    if entry.distribution == "fixed":
        return text
    return f"{text}; limits {entry.low:.6g} to {entry.high:.6g}, {entry.distribution}"


def _report_rate(rate: float) -> str:
    """A daily rate in words: rare things by the year, common ones by the mean time between two."""
    yearly = rate * DAYS_A_YEAR
    return f"{1000.0 * yearly:.4g} per 1000 person-years" if yearly < 1.0 else f"one in {1.0 / rate:.4g} days"


def _report_range(entry: Entry) -> str:
    low = "no lower bound" if math.isinf(entry.range_low) else f"{entry.range_low:g}"
    high = "no upper bound" if math.isinf(entry.range_high) else f"{entry.range_high:g}"
    return f"{low} to {high}"


def _report_source(row: EvidenceRow) -> str:
    cited = row.doi or row.url or "no address"
    seen = "" if row.verified == "yes" else f"; seen: {row.verified}"
    return f"- source: `{row.row}`: {row.study}, {row.outcome}{_in_arm(row)} ({cited}{seen})"


def _in_arm(row: EvidenceRow) -> str:
    return f", {row.arm}" if row.arm.strip(" -") else ""


def main() -> None:
    """Write the codebook of the package's own table beside the table."""
    path = Path(str(find_evidence_file("CODEBOOK.md")))
    path.write_text(report_codebook(read_parameters()), encoding="utf-8")


if __name__ == "__main__":
    main()
