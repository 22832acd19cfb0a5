"""Running a calibration and judging it: ranks, how uniform they are, and whether they belong to the present source."""

from __future__ import annotations

import hashlib
import json
import math
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy import stats

from meta.calibration.design import DRAWS, Design
from meta.calibration.designs import DESIGNS

BINS: Final = 10
SEED: Final = 20_261_124


def hash_sources(design: Design) -> str:
    """SHA-256 of the modules that a model rests on, without regard to blanks, comments apart."""
    digest = hashlib.sha256()
    for name in design.sources:
        text = (files("meta") / f"{name}.py").read_text(encoding="utf-8")
        digest.update(" ".join(text.split()).encode())
    return digest.hexdigest()


def run_design(design: Design, count: int, seed: int = SEED) -> dict[str, Any]:
    """Ranks of the truth among 99 draws for `count` simulated data sets; failed gates are counted, never hidden."""
    from meta.bayes.gate import SamplingError

    ranks: dict[str, list[int]] = {}
    failed = 0
    for index in range(count):
        random = np.random.default_rng([seed, index])
        truth, data = design.draw(random)
        try:
            draws = design.fit(data, index)
        except SamplingError:
            failed += 1
            continue
        for name, values in draws.items():
            below = int((values < truth[name]).sum())
            ties = int((values == truth[name]).sum())
            ranks.setdefault(name, []).append(below + int(random.integers(0, ties + 1)))
    settings = {"count": count, "draws": DRAWS, "seed": seed}
    return {
        "model": design.name,
        "source": hash_sources(design),
        "settings": settings,
        "failed": failed,
        "ranks": ranks,
    }


def judge_ranks(ranks: list[int]) -> float:
    """p value of the chi-squared test that the ranks are uniform over ten bins of 0 to 99."""
    counts = np.bincount(np.asarray(ranks) * BINS // (DRAWS + 1), minlength=BINS)
    return float(stats.chisquare(counts).pvalue)


def write_calibration(folder: Path, names: list[str], count: int) -> None:
    """Run designs by name and store each as JSON in a folder, which must exist."""
    for name in names:
        found = run_design(DESIGNS[name], count)
        (folder / f"{name}.json").write_text(json.dumps(found) + "\n", encoding="utf-8")
        judged = {key: round(judge_ranks(value), 3) for key, value in found["ranks"].items()}
        print(f"{name}: {judged}, {found['failed']} of {count} failed their gate", flush=True)


def smallest_p(tests: int) -> float:
    """What the least of so many p values may be before it is no longer luck: 1 in 1,000 over all of them."""
    return 1 - math.exp(math.log1p(-0.001) / tests)
