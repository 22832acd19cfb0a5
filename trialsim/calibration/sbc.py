"""Simulation-based calibration of the calibration itself (Talts et al. 2018): synthetic targets from known truths.

A truth is a draw of the prior, simulated directly with ten times the people, and discrepancies drawn from their prior;
the surrogate has not seen it. Synthetic studies of the real sizes are drawn around it, the posterior is sampled as a
calibration samples it, and the truth's rank in it is kept. `trialsim calibrate --truths N` ranks N of them, of which
those that are stored are not ranked again; a calibration is refused where their ranks miss a gate (`gates.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from importlib.resources.abc import Traversable
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.calibrate import Options, Problemset, draw_points, simulate_problem
from trialsim.calibration.design import Design
from trialsim.calibration.gates import MOST_RHAT
from trialsim.calibration.likelihood import (
    TAU_SCALES,
    Layout,
    draw_discrepancies,
    find_taus,
    lay_out_targets,
    predict_targets,
)
from trialsim.calibration.posterior import sample_posterior
from trialsim.calibration.stamp import hash_data, hash_everything, hash_sources
from trialsim.calibration.surrogate import Surrogate, fit_surrogate
from trialsim.calibration.targets import COUNTS, RATES, Component
from trialsim.parameters.evidence import find_evidence_file
from trialsim.runs.atomic import write_file
from trialsim.runs.chunks import run_chunks
from trialsim.runs.options import count_workers
from trialsim.runs.progress import Progress, show_progress

type Floats = npt.NDArray[np.float64]

RANKS: Final = "sbc.json"
BINS: Final = 10
WALKERS: Final = 200
# Ranked by a calibration that finds no stored ranks: about ten minutes.
TRUTHS: Final = 16
BLOCK: Final = 64
# Truths are lived by this many times the people of a design: their own chance is then small beside that of the studies.
SCALE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Ranks:
    """ranks [replications, coordinates]: share of the posterior below the truth, 0 to 1; rhats [replications]: of the
    samples that the truths are ranked in.
    """

    ranks: Floats
    rhats: Floats
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
    links = predicted + draw_discrepancies(layout, taus[None], rng)[0]
    share = 1.0 / (1.0 + np.exp(-links))
    events = np.where(
        layout.law == 0,
        rng.binomial(np.maximum(layout.n, 1).round().astype(int), share),
        rng.poisson(np.where(layout.law == 1, layout.n * np.exp(np.minimum(links, 3.0)), 1.0)),
    ).astype(np.float64)
    events = np.where(layout.law == 2, np.nan, events)
    n = np.where(layout.law == 0, np.maximum(layout.n, 1).round(), layout.n)
    return replace(layout, events=events, n=n, value=links + layout.error * rng.standard_normal(len(links)))


def rank_truths(
    problem: Problemset, design: Design, truths: Design, options: Options, progress: Progress, first: int = 0
) -> Ranks:
    """Return the ranks of known truths from the one at index `first` on, simulated directly, under a surrogate fitted
    to a design without them.
    """
    surrogate = fit_surrogate(problem.components, design.points, design.results, np.zeros(design.points.shape[1]))
    layout = lay_out_targets(problem.fitted, problem.components)
    links = predict_targets(layout, find_direct_links(problem.components, truths.results))
    spreads, data = draw_replications(layout, links, options.seed)
    known = np.concatenate([truths.points, spreads], axis=1)
    jobs = list(zip(data, known, count(options.seed)))[first:]
    names = (*problem.prior.names, *(f"discrepancy {kind}" for kind in TAU_SCALES))
    if not jobs:
        return Ranks(np.zeros((0, len(names))), np.zeros(0), names)
    with ProcessPoolExecutor(count_workers(options.workers), mp_context=get_context("spawn")) as pool:
        rows = np.array(list(run_chunks(partial(_rank_truth, surrogate), jobs, pool, progress)))
    return Ranks(rows[:, 1:], rows[:, 0], names)


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


def _rank_truth(surrogate: Surrogate, replication: tuple[Layout, Floats, int]) -> Floats:
    """Return the R-hat of a sample, then the truth's rank in it for every coordinate."""
    data, truth, seed = replication
    sample = sample_posterior(surrogate, data, seed, WALKERS, MOST_RHAT, chains=1)
    return np.concatenate([[sample.rhat], (sample.points < truth).mean(axis=0)])


def summarise_ranks(ranks: Ranks) -> dict[str, Any]:
    """Return histograms, coverage of the 50% and 90% intervals, and chi-squared tests of uniformity, with the ranks
    that they are of: one line of shares a truth, in the order of `names`.
    """
    from scipy.stats import chisquare

    edges = np.linspace(0.0, 1.0, BINS + 1)
    histograms = {name: np.histogram(ranks.ranks[:, j], edges)[0].tolist() for j, name in enumerate(ranks.names)}
    together = np.histogram(ranks.ranks, edges)[0]
    per = [float(chisquare(np.add.reduceat(np.array(h), range(0, BINS, 2))).pvalue) for h in histograms.values()]
    return {
        "replications": len(ranks.ranks),
        "most_rhat": float(ranks.rhats.max()),
        "unconverged": int((ranks.rhats > MOST_RHAT).sum()),
        **_find_coverage(ranks.ranks, 50),
        **_find_coverage(ranks.ranks, 90),
        "least_p": min(per),
        "all": together.tolist(),
        "histograms": histograms,
        "names": list(ranks.names),
        "rhats": [round(float(rhat), 5) for rhat in ranks.rhats],
        "ranks": [" ".join(f"{rank:.5f}" for rank in row) for row in ranks.ranks],
    }


def _find_coverage(ranks: Floats, level: int) -> dict[str, float]:
    """Share of truths inside central intervals, and its standard error: replications, not coordinates, are
    independent.
    """
    tail = 0.5 - level / 200.0
    inside = ((ranks > tail) & (ranks < 1.0 - tail)).mean(axis=1)
    error = float(inside.std(ddof=1) / np.sqrt(len(inside)))
    return {f"coverage_{level}": float(inside.mean()), f"coverage_{level}_error": error}


def find_ranks(problem: Problemset, options: Options, folder: Path, truths: int | None) -> dict[str, Any]:
    """Return the ranks that a calibration in `folder` is judged by, and store them there.

    truths: how many in all; those stored in `folder` or with the package are kept, if they are of today's evidence,
    targets, code, seed and design, and the rest are ranked. None: what is stored, or TRUTHS where nothing is. A truth
    whose simulation fails is not ranked.
    """
    wanted = {
        **hash_everything(),
        "data": hash_data(problem.targets, problem.prior),
        "ranking": hash_ranking(),
        "seed": options.seed,
        "design": options.first,
    }
    ranks = read_ranks(folder, wanted) or read_ranks(find_evidence_file("calibrated"), wanted)
    kept = ranks["replications"] if ranks else 0
    if ranks is None or kept < (truths or kept):
        found = rank_known_truths(problem, options, truths or TRUTHS, kept)
        ranks = {**summarise_ranks(join_ranks(ranks, found)), **wanted}
    write_file(folder / RANKS, (json.dumps(ranks, indent=1) + "\n").encode())
    return ranks


def hash_ranking() -> str:
    """Return a hash of the code that makes and ranks truths."""
    return hash_sources(("calibration/sbc.py",))


def rank_known_truths(problem: Problemset, options: Options, replications: int, first: int) -> Ranks:
    """Return the ranks of known truths from the one at index `first` on."""

    def show(label: str, unit: str = "parameter sets") -> AbstractContextManager[Progress]:
        return show_progress(label, unit, quiet=options.quiet)

    points = draw_points(options.first, len(problem.prior.names), options.seed)
    with show("Design") as progress:
        design = simulate_problem(problem, points, options, options.seed, progress)
    others = np.random.default_rng(options.seed + 1).standard_normal((replications, points.shape[1]))
    with show("Truths") as progress:
        truths = simulate_problem(problem, others, options, options.seed + 5000, progress, SCALE)
    with show("Ranking truths", "truths") as progress:
        return rank_truths(problem, design, truths, options, progress, first)


def join_ranks(stored: Mapping[str, Any] | None, more: Ranks) -> Ranks:
    """Return stored ranks followed by others."""
    if stored is None:
        return more
    ranks = np.array([row.split() for row in stored["ranks"]], float)
    return Ranks(np.concatenate([ranks, more.ranks]), np.concatenate([stored["rhats"], more.rhats]), more.names)


def read_ranks(folder: Path | Traversable, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return stored ranks, or None where there are none with these entries (hashes, seed, design)."""
    file = folder / RANKS
    if not file.is_file():
        return None
    try:
        ranks: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:  # no JSON, or no text: ranked anew and written over
        return None
    return ranks if all(ranks.get(key) == value for key, value in wanted.items()) else None
