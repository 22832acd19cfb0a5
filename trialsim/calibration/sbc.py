"""Simulation-based calibration of the calibration itself (Talts et al. 2018): synthetic targets from known truths.

A truth is a row of the design (a draw of the prior, simulated directly and kept from the surrogate's fit) and
discrepancies drawn from their prior. Synthetic studies of the real sizes are drawn around it, the posterior is
sampled, and the truth's rank in it is kept. `python -m trialsim.calibration.sbc FOLDER N` stores ranks and coverage
beside the shipped draws.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.calibrate import Options, Problemset, draw_points, pose_problem, simulate_problem
from trialsim.calibration.design import Design
from trialsim.calibration.likelihood import TAU_SCALES, Layout, find_taus, lay_out_targets, predict_targets
from trialsim.calibration.posterior import sample_posterior
from trialsim.calibration.stamp import hash_evidence, hash_model
from trialsim.calibration.surrogate import Surrogate, fit_surrogate
from trialsim.calibration.targets import COUNTS, RATES, Component
from trialsim.parameters.reader import read_parameters
from trialsim.runs.atomic import write_file
from trialsim.runs.chunks import run_chunks
from trialsim.runs.options import count_workers
from trialsim.runs.progress import show_progress

type Floats = npt.NDArray[np.float64]

BINS: Final = 10
# As many as a calibration has in a chain: 300 were tried first, and their proposals (a covariance of 79 coordinates
# from 300 particles) collapse, which the ranks showed: 64% of truths inside 90% intervals.
PARTICLES: Final = 2000


@dataclass(frozen=True, slots=True)
class Ranks:
    """ranks [replications, coordinates]: share of the posterior below the truth, 0 to 1."""

    ranks: Floats
    names: tuple[str, ...]


def find_direct_links(components: tuple[Component, ...], results: Floats) -> Floats:
    """Return links [rows, components] of direct results [rows, components, 2], half an event added."""
    out = np.empty(results.shape[:2])
    for i, component in enumerate(components):
        events, amount = results[:, i, 0], np.maximum(results[:, i, 1], 1e-3)
        is_rate = component.statistic in (*RATES, *COUNTS)
        out[:, i] = np.log((events + 0.5) / (amount if is_rate else amount - events + 0.5))
    return out


def draw_studies(layout: Layout, predicted: Floats, taus: Floats, rng: np.random.Generator) -> Layout:
    """Return the layout with synthetic data around predicted links [targets], with discrepancies of these sizes
    [kinds].
    """
    tau = taus[layout.kind]
    shared = rng.standard_normal(len(layout.groups))[layout.group]
    own = rng.standard_normal(len(predicted))
    links = predicted + tau * (np.sqrt(1.0 - layout.own_share) * shared + np.sqrt(layout.own_share) * own)
    share = 1.0 / (1.0 + np.exp(-links))
    events = np.where(
        layout.law == 0,
        rng.binomial(np.maximum(layout.n, 1).round().astype(int), share),
        rng.poisson(np.where(layout.law == 1, layout.n * np.exp(np.minimum(links, 3.0)), 1.0)),
    ).astype(np.float64)
    events = np.where(layout.law == 2, np.nan, events)
    n = np.where(layout.law == 0, np.maximum(layout.n, 1).round(), layout.n)
    return replace(layout, events=events, n=n, value=links + layout.error * rng.standard_normal(len(links)))


def rank_truths(problem: Problemset, design: Design, replications: int, seed: int, progress: Any) -> Ranks:
    """Return the ranks of known truths. The last `replications` rows of the design are the truths."""
    train, truths = slice(0, len(design.points) - replications), slice(len(design.points) - replications, None)
    d = design.points.shape[1]
    surrogate = fit_surrogate(problem.components, design.points[train], design.results[train], np.zeros(d))
    layout = lay_out_targets(problem.fitted, problem.components)
    links = predict_targets(layout, find_direct_links(problem.components, design.results[truths]))
    rng = np.random.default_rng(seed)
    spreads = rng.standard_normal((replications, len(TAU_SCALES)))
    data = [draw_studies(layout, links[k], find_taus(spreads[k : k + 1])[0], rng) for k in range(replications)]
    known = np.concatenate([design.points[truths], spreads], axis=1)
    with ProcessPoolExecutor(count_workers(None), mp_context=get_context("spawn")) as pool:
        found = run_chunks(partial(_rank_truth, surrogate), list(zip(data, known, count(seed))), pool, progress)
        ranks = np.array(list(found))
    return Ranks(ranks, (*problem.prior.names, *(f"discrepancy {kind}" for kind in TAU_SCALES)))


def _rank_truth(surrogate: Surrogate, replication: tuple[Layout, Floats, int]) -> Floats:
    data, truth, seed = replication
    sample = sample_posterior(surrogate, data, seed, PARTICLES, chains=1, cores=1)
    return np.asarray((sample.points < truth).mean(axis=0))


def summarise_ranks(ranks: Ranks) -> dict[str, Any]:
    """Return histograms, coverage of the 50% and 90% intervals, and chi-squared tests of uniformity."""
    from scipy.stats import chisquare

    edges = np.linspace(0.0, 1.0, BINS + 1)
    histograms = {name: np.histogram(ranks.ranks[:, j], edges)[0].tolist() for j, name in enumerate(ranks.names)}
    together = np.histogram(ranks.ranks, edges)[0]
    per = [float(chisquare(np.add.reduceat(np.array(h), range(0, BINS, 2))).pvalue) for h in histograms.values()]
    return {
        "replications": len(ranks.ranks),
        "coverage_50": float(((ranks.ranks > 0.25) & (ranks.ranks < 0.75)).mean()),
        "coverage_90": float(((ranks.ranks > 0.05) & (ranks.ranks < 0.95)).mean()),
        "least_p": min(per),
        "all": together.tolist(),
        "histograms": histograms,
    }


def main() -> None:
    """Rank known truths and store the result beside the calibration: arguments are its folder and the replications."""
    folder, replications = Path(sys.argv[1]), int(sys.argv[2])
    problem = pose_problem(read_parameters(calibrated=False))
    options = Options(folder=folder / "work")
    with show_progress("Design", "parameter sets") as progress:
        points = draw_points(options.first, len(problem.prior.names), options.seed)
        design = simulate_problem(problem, points, options, options.seed, progress)
    with show_progress("Ranking truths", "truths") as progress:
        ranks = rank_truths(problem, design, replications, options.seed, progress)
    text = json.dumps({**summarise_ranks(ranks), "evidence": hash_evidence(), "model": hash_model()}, indent=1)
    write_file(folder / "sbc.json", (text + "\n").encode())


if __name__ == "__main__":
    main()
