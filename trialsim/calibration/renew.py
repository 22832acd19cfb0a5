"""A new stamp for calibrated draws after an edit that changed no simulated statistic: seconds instead of a
calibration.

`python -m trialsim.calibration.renew FOLDER` simulates a few of the draws again. Where every count is what it was when
the draws were made, the hashes of evidence and code are set to today's; otherwise nothing is written and the exit code
is 1.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Final

import numpy as np

from trialsim.calibration.calibrate import pose_problem
from trialsim.calibration.populations import simulate_components
from trialsim.calibration.prior import fill_values
from trialsim.calibration.sbc import RANKS
from trialsim.calibration.stamp import hash_evidence, hash_model
from trialsim.parameters.reader import read_parameters
from trialsim.runs.atomic import write_file

ROWS: Final = 4
SCALE: Final = 0.25


def find_fingerprint(folder: Path) -> str:
    """Return a hash of the targets' statistics at the first draws of a table: events and what they are counted over.

    Those of held-out targets too: they move no draw, but the surrogate and the validation beside it rest on them.
    """
    problem = pose_problem(read_parameters(calibrated=False))
    header, *rows = (line.split(",") for line in (folder / "draws.csv").read_text("utf-8").splitlines())
    columns = [header.index(name) for name in problem.prior.names]
    digest = hashlib.sha256()
    for seed, row in enumerate(rows[:ROWS]):
        values = np.array([float(row[column]) for column in columns])
        found = simulate_components(problem.populations, fill_values(problem.prior, problem.best, values), seed, SCALE)
        digest.update(np.round(found, 6).tobytes())
    return digest.hexdigest()[:16]


def renew_stamp(folder: Path) -> bool:
    """Set the hashes of a table's stamp to today's where its statistics are unchanged; return whether they are.

    Ranks of known truths that carry the same hashes are renewed with it: they are of the same model.
    """
    stamp = json.loads((folder / "draws.json").read_text("utf-8"))
    if stamp["fingerprint"] != find_fingerprint(folder):
        return False
    old = {key: stamp[key] for key in ("evidence", "model")}
    today = {"evidence": hash_evidence(), "model": hash_model()}
    ranks = folder / RANKS
    if ranks.is_file():
        stored = json.loads(ranks.read_text("utf-8"))
        if {key: stored.get(key) for key in old} == old:
            write_file(ranks, (json.dumps(stored | today, indent=1) + "\n").encode())
    write_file(folder / "draws.json", (json.dumps(stamp | today, indent=1, ensure_ascii=False) + "\n").encode())
    return True


def main() -> None:
    """Renew the stamp in the folder that is named."""
    folder = Path(sys.argv[1])
    if not renew_stamp(folder):
        print("a statistic has changed: run `trialsim calibrate`", file=sys.stderr)
        raise SystemExit(1)
    print(folder / "draws.json")


if __name__ == "__main__":
    main()
