"""The one role of every evidence row: prior, target or held out.

`prior`: a parameter that is not calibrated, or whose prior keeps the table's limits, rests on it. `target`: calibration
fits it. `held out`: neither; what validation predicts of these names its target, the others a reason. `python -m
trialsim.calibration.roles` writes the table `meta/evidence/calibration/roles.csv`.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from trialsim.calibration.prior import TABLES_OWN, Prior, read_prior
from trialsim.calibration.targets import Target, read_targets
from trialsim.calibration.unpredicted import explain_unpredicted
from trialsim.parameters.entry import ParameterTable
from trialsim.parameters.evidence import EvidenceRow, find_evidence_file, list_evidence_ids, read_evidence_rows
from trialsim.parameters.reader import read_parameters
from trialsim.runs.atomic import write_file

FILE: Final = "calibration/roles.csv"


@dataclass(frozen=True, slots=True)
class Role:
    """An evidence row's role (`prior`, `target` or `held out`) and the targets or parameters that use it.

    also_prior_of: parameters that rest on a target all the same. Its number counts twice there, which is a fault.
    reason: why a row that is held out is not predicted, else "".
    """

    row: str
    role: str
    used_by: tuple[str, ...]
    also_prior_of: tuple[str, ...]
    reason: str = ""


def find_prior_rows(table: ParameterTable, prior: Prior) -> dict[str, tuple[str, ...]]:
    """Return the parameters that rest on each evidence row, without those whose prior is a weak one of its own."""
    rows: defaultdict[str, list[str]] = defaultdict(list)
    for name, entry in table.entries.items():
        if prior.reasons.get(name, TABLES_OWN) == TABLES_OWN:
            for row in entry.source_rows:
                rows[row].append(name)
    return {row: tuple(names) for row, names in rows.items()}


def find_target_rows(targets: Iterable[Target], role: str) -> dict[str, tuple[str, ...]]:
    """Return the targets of a role (`fit` or `held out`) that use each evidence row, as their number or the count that
    it is of.
    """
    rows: defaultdict[str, list[str]] = defaultdict(list)
    for target in targets:
        if target.role == role:
            for row in filter(None, (target.row.row, target.given)):
                rows[row].append(target.name)
    return {row: tuple(names) for row, names in rows.items()}


def assign_roles(
    rows: Iterable[str],
    priors: Mapping[str, tuple[str, ...]],
    fitted: Mapping[str, tuple[str, ...]],
    held_out: Mapping[str, tuple[str, ...]],
) -> tuple[Role, ...]:
    """Return the role of every row, sorted by row: a target is a target even where a parameter leans on it too."""
    claims = (("target", fitted), ("held out", held_out), ("prior", priors))
    roles = []
    for row in sorted(rows):
        role, users = next(((role, users[row]) for role, users in claims if row in users), ("held out", ()))
        roles.append(Role(row, role, users, priors.get(row, ()) if role != "prior" else ()))
    return tuple(roles)


def list_roles() -> tuple[Role, ...]:
    """Return the role of every row of the package's evidence tables."""
    table, targets = read_parameters(calibrated=False), read_targets()
    priors = find_prior_rows(table, read_prior(table))
    roles = assign_roles(
        list_evidence_ids(), priors, find_target_rows(targets, "fit"), find_target_rows(targets, "held out")
    )
    return add_reasons(roles, read_evidence_rows(role.row for role in roles), {target.row.study for target in targets})


def add_reasons(roles: Iterable[Role], rows: Mapping[str, EvidenceRow], predicted: Collection[str]) -> tuple[Role, ...]:
    """Return roles with the reason why a held-out row is not predicted. predicted: studies that targets are of."""
    return tuple(
        replace(role, reason=explain_unpredicted(rows[role.row], predicted))
        if role.role == "held out" and not role.used_by
        else role
        for role in roles
    )


def report_roles(roles: Iterable[Role]) -> str:
    """Return roles as CSV text with the columns row, role, used_by, also_prior_of and reason."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["row", "role", "used_by", "also_prior_of", "reason"])
    writer.writerows(
        [role.row, role.role, "; ".join(role.used_by), "; ".join(role.also_prior_of), role.reason] for role in roles
    )
    return stream.getvalue()


if __name__ == "__main__":
    write_file(Path(str(find_evidence_file(FILE))), report_roles(list_roles()).encode())
