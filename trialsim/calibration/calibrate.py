"""Calibration, from targets and priors to a posterior: design, surrogate, sample, direct check, gates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.design import Design, join_designs, simulate_design
from trialsim.calibration.gates import MOST_RHAT, Gates, find_gates
from trialsim.calibration.layout import Layout, lay_out_targets
from trialsim.calibration.populations import Populations, read_populations
from trialsim.calibration.posterior import Sample, sample_posterior, split_points
from trialsim.calibration.prior import Prior, read_prior
from trialsim.calibration.surrogate import Surrogate, fit_surrogate, predict_with_errors
from trialsim.calibration.targets import Component, Target, list_components, read_targets
from trialsim.calibration.unseen import find_scatter
from trialsim.engine.world import list_values
from trialsim.parameters.entry import ParameterTable
from trialsim.runs.progress import Progress, show_progress

type Floats = npt.NDArray[np.float64]

# People of an unseen row, times those of a design's: where counting and the errors to be measured are alike, this many
# are the best use of the same time.
UNSEEN_SCALE: Final = 5.0
# The first sample only says where to simulate more.
ANY_RHAT: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Options:
    """first, second: rows of the two designs; unseen: rows beside each that no fit sees, of UNSEEN_SCALE times the
    people; checks: rows of the direct check; walkers: of each half; draws: rows of the table written.

    folder: where finished simulations are kept, so that a killed calibration resumes.
    """

    first: int = 1600
    second: int = 533
    unseen: int = 120
    checks: int = 160
    walkers: int = 400
    draws: int = 500
    seed: int = 20261
    folder: Path | None = None
    workers: int | None = None
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Problemset:
    """Everything that is fixed before a simulation: targets, their components and populations, prior, other values."""

    targets: tuple[Target, ...]
    components: tuple[Component, ...]
    populations: Populations
    prior: Prior
    best: dict[str, float]

    @property
    def fitted(self) -> tuple[Target, ...]:
        """The targets that calibration may see."""
        return tuple(target for target in self.targets if target.role == "fit")


@dataclass(frozen=True, slots=True)
class First:
    """The first design, drawn from the prior, rows `unseen` beside it, and the surrogate fitted to it."""

    design: Design
    unseen: Design
    surrogate: Surrogate


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a calibration found. runs: all its simulations, with their failures; check: of every component, direct
    simulation against the surrogate (`compare_directly`).
    """

    problem: Problemset
    runs: Design
    surrogate: Surrogate
    layout: Layout
    sample: Sample
    check: Floats
    gates: Gates


def pose_problem(table: ParameterTable, targets: Sequence[Target] | None = None) -> Problemset:
    """Return the calibration problem. table: the parameters before calibration; targets: None for the package's own."""
    chosen = tuple(read_targets() if targets is None else targets)
    components = list_components(chosen)
    return Problemset(chosen, components, read_populations(components), read_prior(table), list_values(table))


def draw_points(rows: int, d: int, seed: int) -> Floats:
    """Return rows of standard normal coordinates by a scrambled Sobol sequence (Owen 1998)."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    power = int(np.ceil(np.log2(max(rows, 2))))
    sobol = qmc.Sobol(d, scramble=True, rng=seed).random_base2(power)[:rows]
    return np.asarray(ndtri(np.clip(sobol, 1e-9, 1.0 - 1e-9)))


def calibrate(problem: Problemset, first: First, options: Options) -> Calibration:
    """Run a calibration from its first design on; raises nothing for a missed gate."""
    layout = lay_out_targets(problem.fitted, problem.components)
    rough = _sample(first.surrogate, layout, options.seed + 1, max(options.walkers // 2, 50), ANY_RHAT, options)
    picked = pick_rows(split_points(rough.points)[0], options.second + options.unseen, options.seed)
    near, others = picked[: options.second], picked[options.second :]
    local = _simulate(problem, near, options, options.seed + 50, "Design near the posterior")
    unseen = _simulate(problem, others, options, options.seed + 3000, "Its unseen rows", UNSEEN_SCALE)
    design = join_designs(first.design, local)
    surrogate = fit_surrogate(problem.components, design, near.mean(axis=0), unseen, options.workers)
    final = _sample(surrogate, layout, options.seed + 2, options.walkers, MOST_RHAT, options)
    probe = pick_rows(split_points(final.points)[0], options.checks, options.seed + 1)
    direct = _simulate(problem, probe, options, options.seed + 1000, "Direct check")
    check = compare_directly(problem.components, surrogate, direct)
    runs = reduce(join_designs, (design, first.unseen, unseen, direct))
    gates = find_gates(layout, final, check, runs)
    return Calibration(problem, runs, surrogate, layout, final, check, gates)


def fit_first(problem: Problemset, options: Options) -> First:
    """Return the first design with its surrogate."""
    d = len(problem.prior.names)
    wide = _simulate(problem, draw_points(options.first, d, options.seed), options, options.seed, "Design")
    others = np.random.default_rng(options.seed + 2).standard_normal((options.unseen, d))
    aside = _simulate(problem, others, options, options.seed + 2000, "Its unseen rows", UNSEEN_SCALE)
    surrogate = fit_surrogate(problem.components, wide, np.zeros(d), aside, options.workers)
    return First(wide, aside, surrogate)


def _sample(
    surrogate: Surrogate, layout: Layout, seed: int, walkers: int, most_rhat: float, options: Options
) -> Sample:
    with show_progress("Sampling, at most", "steps", quiet=options.quiet) as progress:
        return sample_posterior(surrogate, layout, seed, walkers, most_rhat, progress=progress)


def _simulate(
    problem: Problemset, points: Floats, options: Options, seed: int, label: str, scale: float = 1.0
) -> Design:
    with show_progress(label, "parameter sets", quiet=options.quiet) as progress:
        return simulate_problem(problem, points, options, seed, progress, scale)


def simulate_problem(
    problem: Problemset, points: Floats, options: Options, seed: int, progress: Progress, scale: float = 1.0
) -> Design:
    """Return the direct simulations of a problem at coordinates; scale multiplies the number of people."""
    return simulate_design(
        problem.populations,
        problem.prior,
        problem.best,
        points,
        seed,
        options.folder,
        progress,
        scale,
        options.workers,
    )


def pick_rows(points: Floats, rows: int, seed: int) -> Floats:
    """Return some rows, without repetition where there are enough."""
    chosen = np.random.default_rng(seed).permutation(len(points))[:rows]
    return points[chosen]


def compare_directly(components: Sequence[Component], surrogate: Surrogate, direct: Design) -> Floats:
    """Return [components, 3]: the shift (logarithm of observed over expected events, or of their odds) over all rows
    together, its standard error, and the scatter of single rows (`find_scatter`).

    Other people and other luck than the design's, so that the shift contains the chance of the design's people too.
    """
    links, errors = predict_with_errors(surrogate, direct.points)
    out = np.zeros((len(components), 3))
    out[:, 2] = find_scatter(components, links, errors, direct.results)
    for i, component in enumerate(components):
        events, amount = direct.results[:, i, 0].sum(), direct.results[:, i, 1]
        if component.is_rate:
            expected = (amount * np.exp(links[:, i])).sum()
            out[i, :2] = np.log((events + 0.5) / (expected + 0.5)), 1.0 / np.sqrt(expected + 0.5)
            continue
        share = 1.0 / (1.0 + np.exp(-links[:, i]))
        expected, total = (amount * share).sum(), amount.sum()
        observed = np.log((events + 0.5) / (total - events + 0.5))
        out[i, :2] = (
            observed - np.log((expected + 0.5) / (total - expected + 0.5)),
            1.0 / np.sqrt(max((amount * share * (1.0 - share)).sum(), 0.25)),
        )
    return out
