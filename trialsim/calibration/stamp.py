"""What calibrated draws were made from, as hashes: the evidence, the code that simulates it (`model`), and the code
that turns simulations into a posterior (`inference`). All three have to be today's.

Source files are hashed by their tokens without comments and docstrings, so that a better sentence makes nothing stale.
"""

from __future__ import annotations

import hashlib
import io
import re
import tokenize
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import trialsim
from trialsim.parameters.evidence import find_evidence_file

if TYPE_CHECKING:
    from trialsim.calibration.prior import Prior
    from trialsim.calibration.targets import Target
    from trialsim.scenario.model import Scenario

# Source files whose change can change a simulated statistic of a target; a test holds them to the imports.
SOURCES = (
    *("clinical/*.py", "engine/lives.py", "engine/population.py", "engine/setup.py", "engine/world.py"),
    *("endpoints/abstinence.py", "endpoints/relapse.py", "endpoints/rules.py", "endpoints/scoring.py"),
    *("endpoints/words.py", "parameters/follow.py", "parameters/life_table.py", "parameters/medications.py"),
    *("scenario/people.py", "scenario/read.py", "scenario/units.py", "scenario/values.py"),
    *("trial/design.py", "trial/observe.py", "trial/outcomes.py", "trial/simulate.py"),
    *("calibration/statistics.py", "calibration/populations.py"),
)
# Source files whose change can change the posterior that simulated statistics lead to; what is read of the targets is
# hashed itself (`hash_data`).
INFERENCE = (
    *("calibration/calibrate.py", "calibration/design.py", "calibration/layout.py", "calibration/likelihood.py"),
    *("calibration/moves.py", "calibration/posterior.py", "calibration/prior.py", "calibration/regression.py"),
    *("calibration/surrogate.py", "calibration/tabulate.py", "calibration/unseen.py", "parameters/spread.py"),
)
LIFE_TABLE = "life-table.csv"
TABLES = ("calibration/targets.csv", "calibration/priors.csv", "parameters.csv", LIFE_TABLE)
# The block of values that a scenario sets itself: calibration leaves it out.
_OWN_VALUES = re.compile(r"^parameters:\n(?:  .*\n)+", re.MULTILINE)
EVIDENCE = (
    *("xrntx-trials.csv", "oral-ntx-trials.csv", "retention.csv", "mortality.csv", "additions.csv"),
    *("xbot-weekly-tests.csv", "start-weekly-tests.csv"),
)


@cache
def hash_model() -> str:
    """Return a hash of the code that simulates the targets' statistics."""
    return hash_sources(SOURCES)


@cache
def hash_inference() -> str:
    """Return a hash of the code of design, surrogate, likelihood and sampler."""
    return hash_sources(INFERENCE)


@cache
def hash_everything() -> Mapping[str, str]:
    """Return today's hashes by their names in a stamp; those of the package's own targets and priors among them."""
    from trialsim.calibration.prior import read_prior
    from trialsim.calibration.targets import read_targets
    from trialsim.parameters.reader import read_parameters

    return {
        "evidence": hash_evidence(),
        "model": hash_model(),
        "inference": hash_inference(),
        "data": hash_data(read_targets(), read_prior(read_parameters(calibrated=False))),
    }


def hash_tables(scenarios: Mapping[str, Scenario]) -> str:
    """Return a hash of scenarios' texts and of the life table, which simulations read beside parameter values."""
    digest = hashlib.sha256(find_evidence_file(LIFE_TABLE).read_bytes())
    for name in sorted(scenarios):
        digest.update(_OWN_VALUES.sub("", scenarios[name].text).encode())
    return digest.hexdigest()[:16]


def hash_sources(patterns: Sequence[str]) -> str:
    """Return a hash of the package's source files that these patterns name."""
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


def hash_data(targets: Sequence[Target], prior: Prior) -> str:
    """Return a hash of what a posterior sees beside simulations: the targets' numbers and roles, and the prior."""
    digest = hashlib.sha256()
    for each in targets:
        numbers = (each.law, each.events, each.n, each.value, each.error)
        digest.update(f"{each.name} {each.role} {each.component} {each.over} {each.cell} {numbers}\n".encode())
    for name, entry in prior.entries.items():
        limits = (entry.value, entry.low, entry.high, entry.distribution, entry.range_low, entry.range_high)
        digest.update(f"{name} {limits}\n".encode())
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
