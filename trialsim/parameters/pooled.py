"""Draws of the parameters that were pooled: rows that `trialsim evidence` wrote, with their stamp."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from functools import cache
from typing import TYPE_CHECKING

from trialsim.parameters.evidence import FILE, find_evidence_file
from trialsim.problems import InputError, Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAME = "pooled/predictive-draws"


@cache
def read_pooled_draws() -> dict[str, NDArray[np.float64]]:
    """Columns of the shipped predictive draws by name, each of one length; row i of all belongs together.

    Raises InputError where the rows are not those that their stamp was made for.
    """
    import numpy as np

    text = find_evidence_file(f"{NAME}.csv").read_text(encoding="utf-8")
    stamp = json.loads(find_evidence_file(f"{NAME}.json").read_text(encoding="utf-8"))
    if stamp["sha256"] != hashlib.sha256(text.encode()).hexdigest():
        message = "the rows are not those that the stamp beside them was made for"
        wanted = "both files as `trialsim evidence report` writes them"
        raise InputError([Problem(f"{FILE}/{NAME}.csv", None, "sha256", message, wanted)])
    header, *rows = csv.reader(io.StringIO(text))
    columns = np.array(rows, dtype=np.float64).T
    return {name.partition(" [")[0]: column for name, column in zip(header, columns, strict=True)}
