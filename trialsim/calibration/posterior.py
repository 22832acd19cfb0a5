"""The posterior of the calibrated parameters and the discrepancies: sequential Monte Carlo through PyMC, then moves.

All coordinates have a standard normal prior (see `prior.py`); the factors of the surrogate's errors are unknowns as any
other, so that studies are independent given all of them. The simulator is the surrogate, handed to `pm.Simulator`; what
it returns is the log likelihood of the targets, with the discrepancy integrated out, so that the final tolerance is the
discrepancy that the data themselves have chosen. Its particles then move on (`moves.py`). The sample is checked by
direct simulation elsewhere.
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.layout import TAU_SCALES, Layout, find_taus
from trialsim.calibration.likelihood import Plan, find_group_likelihoods, plan_likelihood
from trialsim.calibration.moves import LogLikelihood, find_effective_size, find_rhat, move_from_both_sides
from trialsim.calibration.surrogate import Surrogate, add_shared_errors, keep_components, predict_with_errors
from trialsim.calibration.unseen import FACTORS
from trialsim.runs.progress import Progress, ignore_progress

type Floats = npt.NDArray[np.float64]
type Indices = npt.NDArray[np.intp]

# Enough for the covariance of the coordinates, which is all that the moves take from the particles' spread.
PARTICLES: Final = 400
# A prior part of whose evidence is taken away: limits of a factor of 2 become such of a factor of 4, as weak as those
# that say the order of magnitude alone (an assumption).
WIDER: Final = 2.0
# Rows at a time: what is computed of them stays in the processor's cache.
BLOCK: Final = 200
NO_COORDINATES: Final[Indices] = np.zeros(0, np.intp)


@dataclass(frozen=True, slots=True)
class Sample:
    """Equally weighted coordinates [rows, parameters + kinds + FACTORS] of a posterior, its R-hat and effective size.

    log_likelihood: [rows, groups] under the surrogate; rhat: largest, between walkers from the particles and from the
    prior; effective_size: least over the coordinates.
    """

    points: Floats
    log_likelihood: Floats
    rhat: float
    effective_size: float


def split_points(points: Floats) -> tuple[Floats, Floats]:
    """Return the coordinates of the parameters and of the discrepancies; the factors of the surrogate's errors stand
    behind them.
    """
    first = points.shape[1] - FACTORS - len(TAU_SCALES)
    return points[:, :first], points[:, first:-FACTORS]


def find_links(surrogate: Surrogate, points: Floats) -> tuple[Floats, Floats]:
    """Return the components' links [rows, C] with what the surrogate's errors share, and the variance of the rest."""
    whole = predict_with_errors(surrogate, split_points(points)[0])
    return add_shared_errors(surrogate, *whole, points[:, -FACTORS:])


def find_log_likelihood(surrogate: Surrogate, layout: Layout, points: Floats) -> Floats:
    """Return the log likelihood of every group [rows, groups] under the surrogate."""
    return _find_planned(surrogate, plan_likelihood(layout), points)


def _find_planned(surrogate: Surrogate, plan: Plan, points: Floats) -> Floats:
    parts = np.split(points, range(BLOCK, len(points), BLOCK))
    return np.concatenate(
        [find_group_likelihoods(plan, *find_links(surrogate, part), find_taus(split_points(part)[1])) for part in parts]
    )


def keep_used(surrogate: Surrogate, layout: Layout) -> tuple[Surrogate, Layout]:
    """Return both without the components that no target of the layout has: what is held out moves no draw."""
    used = np.union1d(layout.component, layout.over[layout.over >= 0])
    kept = keep_components(surrogate, used)
    over = np.where(layout.over < 0, -1, np.searchsorted(used, layout.over))
    return kept, replace(layout, component=np.searchsorted(used, layout.component), over=over)


def sample_posterior(
    surrogate: Surrogate,
    layout: Layout,
    seed: int,
    walkers: int,
    most_rhat: float,
    particles: int = PARTICLES,
    chains: int = 2,
    doubted: Indices = NO_COORDINATES,
    progress: Progress = ignore_progress,
) -> Sample:
    """Sample the posterior: `walkers` from the particles and as many from the prior, `moves.ROWS` rows of each.

    They move until R-hat is at most `most_rhat`, or as long as moves are allowed to: what is returned says which.
    doubted: coordinates with a wider prior (`widen_priors`).
    """
    surrogate, layout = keep_used(surrogate, layout)
    plan = plan_likelihood(layout)

    def find(rows: Floats) -> Floats:
        return np.asarray(_find_planned(surrogate, plan, rows).sum(axis=1) + widen_priors(rows, doubted))

    points = sample_particles(find, surrogate.size + len(TAU_SCALES) + FACTORS, seed, particles, chains)

    states = move_from_both_sides(find, points, walkers, seed, most_rhat, progress)
    rows = states.reshape(-1, points.shape[1])
    likelihood = _find_planned(surrogate, plan, rows)
    return Sample(rows, likelihood, find_rhat(states), find_effective_size(states))


def widen_priors(points: Floats, doubted: Indices) -> Floats:
    """Return what [rows] the log density of the prior gains where some coordinates have WIDER times its spread: their
    limits rest on people of a study that is left out.
    """
    own = points[:, doubted]
    return np.asarray((0.5 * (1.0 - 1.0 / WIDER**2) * own**2 - np.log(WIDER)).sum(axis=1))


def sample_particles(find: LogLikelihood, d: int, seed: int, particles: int, chains: int) -> Floats:
    """Return all chains' particles [rows, d]. find: log likelihoods of rows; particles: of each chain."""
    import pymc as pm

    def simulate(rng: Any, point: Floats, size: Any) -> Floats:
        rows = np.asarray(point, np.float64).reshape(-1, d)
        return find(rows).reshape(np.shape(point)[:-1])

    def pass_on(epsilon: Any, observed: Any, simulated: Any) -> Any:
        return simulated

    logging.getLogger("pymc").setLevel(logging.ERROR)
    with pm.Model(), warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # PyMC warns of few chains; the halves of the moves are what is judged
        point = pm.Normal("point", 0.0, 1.0, shape=d)
        pm.Simulator(
            "agreement",
            simulate,
            point,
            distance=pass_on,
            sum_stat="identity",
            observed=0.0,
            ndim_supp=0,
            ndims_params=[1],
        )
        found: Any = pm.sample_smc(
            draws=particles,
            chains=chains,
            cores=chains,
            random_seed=seed,
            progressbar=False,
            compute_convergence_checks=False,
        )
    return np.asarray(found["posterior"]["point"]).reshape(-1, d)
