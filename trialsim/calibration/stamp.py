"""What calibrated draws were made from, as hashes: the evidence, the code that simulates it (`model`), and the code
that turns simulations into a posterior (`inference`). All three have to be today's.

Source files are hashed by their tokens without comments and docstrings, so that a better sentence makes nothing stale.
"""

from __future__ import annotations

import hashlib
import io
import re
import tokenize
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import trialsim
from trialsim.parameters.evidence import find_evidence_file

# Source files whose change can change a simulated statistic of a target.
SOURCES = (
    *("clinical/*.py", "engine/lives.py", "engine/population.py", "engine/setup.py", "trial/observe.py"),
    *("trial/simulate.py", "calibration/statistics.py", "calibration/populations.py"),
)
# Source files whose change can change the posterior that simulated statistics lead to. How many are simulated and
# sampled, and the seed, stand in the stamp itself.
INFERENCE = tuple(
    f"calibration/{name}.py" for name in ("design", "likelihood", "moves", "posterior", "prior", "surrogate", "targets")
)
TABLES = ("calibration/targets.csv", "calibration/priors.csv", "parameters.csv", "life-table.csv")
# The block of values that a scenario sets itself: calibration leaves it out.
_OWN_VALUES = re.compile(r"^parameters:\n(?:  .*\n)+", re.MULTILINE)
EVIDENCE = (
    *("xrntx-trials.csv", "oral-ntx-trials.csv", "retention.csv", "mortality.csv", "additions.csv"),
    *("xbot-weekly-tests.csv", "start-weekly-tests.csv"),
)


@cache
def hash_model() -> str:
    """Return a hash of the code that simulates the targets' statistics."""
    return _hash_sources(SOURCES)


@cache
def hash_inference() -> str:
    """Return a hash of the code of design, surrogate, likelihood and sampler."""
    return _hash_sources(INFERENCE)


def hash_everything() -> dict[str, str]:
    """Return today's hashes by their names in a stamp."""
    return {"evidence": hash_evidence(), "model": hash_model(), "inference": hash_inference()}


def _hash_sources(patterns: Sequence[str]) -> str:
    root = Path(trialsim.__file__).parent
    digest = hashlib.sha256()
    for pattern in patterns:
        for path in sorted(root.glob(pattern)):
            digest.update(f"{path.relative_to(root).as_posix()}\n{strip_source(path.read_text('utf-8'))}\n".encode())
    return digest.hexdigest()[:16]


@cache
def hash_evidence() -> str:
    """Return a hash of targets, priors, parameters, the evidence tables and the populations' scenario files."""
    from trialsim.calibration.populations import find_scenario_files
    from trialsim.calibration.targets import read_targets

    digest = hashlib.sha256()
    for name in (*TABLES, *EVIDENCE):
        digest.update(find_evidence_file(name).read_bytes())
    files = find_scenario_files()
    for population in sorted({target.component.population for target in read_targets()}):
        digest.update(_OWN_VALUES.sub("", files[population].read_text("utf-8")).encode())
    return digest.hexdigest()[:16]


def strip_source(text: str) -> str:
    """Return a Python source without comments, blank lines and strings that stand alone (docstrings)."""
    kept: list[str] = []
    fresh = True
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.ENCODING)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in skipped:
            continue
        if token.type == tokenize.STRING and fresh:
            continue
        if token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT):
            fresh = True
            kept.append({tokenize.NEWLINE: ";", tokenize.INDENT: "{", tokenize.DEDENT: "}"}[token.type])
            continue
        fresh = False
        kept.append(token.string)
    return " ".join(kept)
