"""A new stamp for calibrated draws after an edit that moved no simulated statistic, or none beyond the gate of direct
simulation.

`python -m trialsim.calibration.renew FOLDER` simulates a few of the draws again. Where every count is what it was when
the draws were made, the hashes of evidence and code are set to today's; otherwise nothing is written and the exit code
is 1. With `--checked` an edit may also move statistics (a smaller error of integration): parameter sets of the
posterior are then simulated by today's code, and the surrogate that the draws rest on has to agree as closely as a
calibration demands. The stamp says that it was so, with the shift and the code that made the draws.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np

from trialsim.calibration.calibrate import Options, compare_directly, pick_rows, pose_problem, simulate_problem
from trialsim.calibration.files import POSTERIOR, read_posterior
from trialsim.calibration.gates import Gates, find_gates
from trialsim.calibration.populations import simulate_components
from trialsim.calibration.prior import fill_values
from trialsim.calibration.ranks import RANKS
from trialsim.calibration.stamp import hash_everything
from trialsim.parameters.calibrated import SEAL, seal_stamp
from trialsim.parameters.reader import read_parameters
from trialsim.runs.atomic import write_file

ROWS: Final = 4
SCALE: Final = 0.25
# Parameter sets of the direct check, and its seed: neither people nor luck of the calibration.
CHECKS: Final = 160
SEED: Final = 7_000


def find_fingerprint(draws: str) -> str:
    """Return a hash of the targets' statistics at the first draws of a table (CSV text): events and what they are
    counted over.

    Those of held-out targets too: they move no draw, but the surrogate and the validation beside it rest on them.
    """
    problem = pose_problem(read_parameters(calibrated=False))
    header, *rows = (line.split(",") for line in draws.splitlines())
    columns = [header.index(name) for name in problem.prior.names]
    digest = hashlib.sha256()
    for seed, row in enumerate(rows[:ROWS]):
        values = np.array([float(row[column]) for column in columns])
        found = simulate_components(problem.populations, fill_values(problem.prior, problem.best, values), seed, SCALE)
        digest.update(np.round(found, 6).tobytes())
    return digest.hexdigest()[:16]


def check_posterior(folder: Path, checks: int = CHECKS) -> Gates:
    """Return the gates that direct simulation by today's code can miss, for the posterior that a folder holds."""
    found = read_posterior(folder / POSTERIOR)
    probe = pick_rows(found.sample.points, checks, SEED)[:, : len(found.problem.prior.names)]
    direct = simulate_problem(found.problem, probe, Options(quiet=True), SEED, lambda done, total: None)
    check = compare_directly(found.problem.components, found.surrogate, direct)
    gates = find_gates(found.layout, found.sample, check, direct)
    return {name: gates[name] for name in ("failed_run_share", "direct_simulation_shift", "direct_simulation_scatter")}


def renew_stamp(folder: Path, checked: bool = False, checks: int = CHECKS) -> bool:
    """Set the hashes of a table's stamp to today's where its statistics are unchanged or, if `checked`, pass the gate
    of direct simulation; return whether they do. A posterior by other inference, or of other targets or priors, is
    never renewed: only a calibration can say what today's would be.

    Ranks of known truths that carry the same hashes are renewed with it: they judge the method, and go with the draws.
    """
    stamp = json.loads((folder / "draws.json").read_text("utf-8"))
    today: dict[str, Any] = {**hash_everything()}
    old = {key: stamp.get(key) for key in today}
    edited = stamp.get(SEAL) != seal_stamp(stamp)[SEAL]
    if edited or any(old[key] != today[key] for key in ("inference", "data")):
        return False
    fingerprint = find_fingerprint((folder / "draws.csv").read_text("utf-8"))
    note: dict[str, Any] = {}
    if stamp.get("fingerprint") != fingerprint:
        gates = check_posterior(folder, checks) if checked else {}
        if not gates or not all(gate["passed"] for gate in gates.values()):
            return False
        note = {"fingerprint": fingerprint, "renewed": [*stamp.get("renewed", []), {**old, "checked": gates}]}
    ranks = folder / RANKS
    if ranks.is_file():
        stored = json.loads(ranks.read_text("utf-8"))
        if {key: stored.get(key) for key in old} == old:
            write_file(ranks, (json.dumps(stored | today, indent=1) + "\n").encode())
    text = json.dumps(seal_stamp(stamp | today | note), indent=1, ensure_ascii=False) + "\n"
    write_file(folder / "draws.json", text.encode())
    return True


def main() -> None:
    """Renew the stamp in the folder that is named."""
    folder, *options = sys.argv[1:]
    if not renew_stamp(Path(folder), "--checked" in options):
        message = "statistics, targets, priors, inference or the stamp itself have changed: run `trialsim calibrate`"
        print(message, file=sys.stderr)
        raise SystemExit(1)
    print(Path(folder) / "draws.json")


if __name__ == "__main__":
    main()
