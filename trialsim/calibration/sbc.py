"""Simulation-based calibration of the calibration itself (Talts et al. 2018): synthetic targets from known truths.

A truth is a draw of the prior, simulated directly with forty times the people, and discrepancies drawn from their
prior; the surrogate has not seen it. Synthetic studies of the real sizes are drawn around it, the posterior is sampled
as a calibration samples it, and the truth's rank in it is kept. `trialsim calibrate --truths N` ranks N of them, of
which those that are stored are not ranked again; a calibration is refused where their ranks miss a gate (`gates.py`).
"""

from __future__ import annotations

import hashlib
import json
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.calibrate import First, Options, Problemset, simulate_problem
from trialsim.calibration.design import Design
from trialsim.calibration.gates import MOST_RHAT
from trialsim.calibration.layout import (
    BINOMIAL,
    NORMAL,
    POISSON,
    TAU_SCALES,
    Layout,
    draw_discrepancies,
    find_taus,
    lay_out_targets,
    predict_targets,
)
from trialsim.calibration.posterior import sample_posterior
from trialsim.calibration.ranks import RANKS, Ranks, join_ranks, read_ranks, read_row, summarise_ranks, write_row
from trialsim.calibration.stamp import hash_data, hash_everything, hash_sources
from trialsim.calibration.surrogate import Surrogate
from trialsim.calibration.unseen import find_direct_links
from trialsim.parameters.evidence import find_evidence_file
from trialsim.runs.atomic import write_file
from trialsim.runs.chunks import run_chunks
from trialsim.runs.options import count_workers
from trialsim.runs.processes import open_processes
from trialsim.runs.progress import Progress, show_progress

type Floats = npt.NDArray[np.float64]

WALKERS: Final = 200
# Ranked by a calibration that finds no stored ranks: about a quarter of an hour.
TRUTHS: Final = 16
BLOCK: Final = 64
# Truths are lived by this many times the people of a design: their own chance is then small beside the surrogate's
# error (it is that of the same people in all weeks of a curve, but is added as if each week had its own).
TRUTH_SCALE: Final = 40.0


def draw_studies(layout: Layout, predicted: Floats, taus: Floats, rng: np.random.Generator) -> Layout:
    """Return the layout with synthetic data around predicted links [targets], with discrepancies of these sizes
    [kinds].
    """
    links = predicted + draw_discrepancies(layout, taus[None], rng)[0]
    share = 1.0 / (1.0 + np.exp(-links))
    events = np.where(
        layout.law == BINOMIAL,
        rng.binomial(np.maximum(layout.n, 1).round().astype(int), share),
        rng.poisson(np.where(layout.law == POISSON, layout.n * np.exp(np.minimum(links, 3.0)), 1.0)),
    ).astype(np.float64)
    events = np.where(layout.law == NORMAL, np.nan, events)
    n = np.where(layout.law == BINOMIAL, np.maximum(layout.n, 1).round(), layout.n)
    return replace(layout, events=events, n=n, value=links + layout.error * rng.standard_normal(len(links)))


def rank_truths(
    problem: Problemset, surrogate: Surrogate, truths: Design, options: Options, progress: Progress, first: int = 0
) -> Ranks:
    """Return the ranks of known truths from the one at index `first` on, simulated directly, under a surrogate that has
    not seen them. Finished ones are kept in the options' folder, so that a killed run resumes.
    """
    layout = lay_out_targets(problem.fitted, problem.components)
    direct, chance = find_direct_links(problem.components, truths.results)
    links = predict_targets(layout, direct)
    spreads, data = draw_replications(layout, links, options.seed)
    known = np.concatenate([truths.points, spreads], axis=1)
    # A truth's own chance is part of what the surrogate is off by there.
    errors = [surrogate.error + own[:, None] * [1.0, 0.0] for own in chance]
    jobs = list(zip(data, known, errors, count(options.seed)))[first:]
    names = (*problem.prior.names, *(f"discrepancy {kind}" for kind in TAU_SCALES))
    if not jobs:
        return Ranks(np.zeros((0, len(names))), np.zeros(0), names, len(truths.failures))
    key = hash_ranks(problem, options)
    rows = [read_row(options.folder, key, i, len(names) + 1) for i in range(first, first + len(jobs))]
    left = [i for i, row in enumerate(rows) if row is None]
    with open_processes(count_workers(options.workers)) as pool:
        found = run_chunks(partial(_rank_truth, surrogate), [jobs[i] for i in left], pool, progress)
        for i, row in zip(left, found, strict=True):
            rows[i] = row
            write_row(options.folder, key, first + i, row)
    table = np.array(rows)
    return Ranks(table[:, 1:], table[:, 0], names, len(truths.failures))


def draw_replications(layout: Layout, links: Floats, seed: int) -> tuple[Floats, list[Layout]]:
    """Return discrepancies [replications, kinds], as coordinates, and synthetic studies around predicted links
    [replications, targets].

    Every BLOCK of replications has random numbers of its own, so that the first of many are those of few.
    """
    spreads, data = [], []
    for block in range(0, len(links), BLOCK):
        rng = np.random.default_rng([seed, block // BLOCK])
        drawn = rng.standard_normal((BLOCK, len(TAU_SCALES)))[: len(links) - block]
        spreads.append(drawn)
        for link, taus in zip(links[block : block + BLOCK], find_taus(drawn), strict=True):
            data.append(draw_studies(layout, link, taus, rng))
    return np.concatenate(spreads), data


def _rank_truth(surrogate: Surrogate, replication: tuple[Layout, Floats, Floats, int]) -> Floats:
    """Return the R-hat of a sample, then the truth's rank in it for every coordinate."""
    data, truth, error, seed = replication
    sample = sample_posterior(replace(surrogate, error=error), data, seed, WALKERS, MOST_RHAT, chains=1)
    return np.concatenate([[sample.rhat], (sample.points[:, : len(truth)] < truth).mean(axis=0)])


def find_ranks(problem: Problemset, first: First, options: Options, folder: Path, truths: int | None) -> dict[str, Any]:
    """Return the ranks that a calibration in `folder` is judged by, and store them there.

    truths: how many in all; those stored in `folder` or with the package are kept, if they are of today's evidence,
    targets, code, seed and design, and the rest are ranked. None: what is stored, or TRUTHS where nothing is. A truth
    whose simulation fails is counted, and not ranked.
    """
    wanted = _name_ranks(problem, options)
    ranks = read_ranks(folder, wanted) or read_ranks(find_evidence_file("calibrated"), wanted)
    kept = len(ranks.ranks) if ranks else 0
    if ranks is None or kept + ranks.failed < (truths or 0):
        ranks = join_ranks(ranks, rank_known_truths(problem, first.surrogate, options, truths or TRUTHS, kept))
    found = {**summarise_ranks(ranks), **wanted}
    write_file(folder / RANKS, (json.dumps(found, indent=1) + "\n").encode())
    return found


def _name_ranks(problem: Problemset, options: Options) -> dict[str, Any]:
    """What ranks depend on, as it is stored with them."""
    return {
        **hash_everything(),
        "data": hash_data(problem.targets, problem.prior),
        "ranking": hash_ranking_code(),
        "seed": options.seed,
        "design": options.first,
        "unseen": options.unseen,
    }


def hash_ranks(problem: Problemset, options: Options) -> str:
    """Return a hash of everything that the rank of a truth depends on."""
    return hashlib.sha256(json.dumps(_name_ranks(problem, options)).encode()).hexdigest()[:24]


def hash_ranking_code() -> str:
    """Return a hash of the code that makes and ranks truths."""
    return hash_sources(("calibration/sbc.py",))


def rank_known_truths(
    problem: Problemset, surrogate: Surrogate, options: Options, replications: int, first: int
) -> Ranks:
    """Return the ranks of known truths from the one at index `first` on, under the surrogate of a first design."""

    def show(label: str, unit: str = "parameter sets") -> AbstractContextManager[Progress]:
        return show_progress(label, unit, quiet=options.quiet)

    others = np.random.default_rng(options.seed + 1).standard_normal((replications, len(problem.prior.names)))
    with show("Truths") as progress:
        truths = simulate_problem(problem, others, options, options.seed + 5000, progress, TRUTH_SCALE)
    with show("Ranking truths", "truths") as progress:
        return rank_truths(problem, surrogate, truths, options, progress, first)
