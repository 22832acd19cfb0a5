"""Moves that let a sample forget where it came from: preconditioned Crank-Nicolson steps (Cotter 2013) of many
walkers.

Sequential Monte Carlo stops its own moves by a heuristic, and in some eighty coordinates leaves a sample about 5% too
narrow (up to 15% in single ones), which more particles do not cure. So half of the walkers begin at its particles and
half in the prior, much wider; all move until both halves are one, which R-hat between the halves (of ranks, and of
distances from the median) has to confirm: while it does not, they move on for another round, under a reference law
fitted to where they are. Two rounds in a row have to pass, and the second is the sample: a reference law that was
fitted before the halves had met moves both of them badly, and alike, which R-hat between them cannot see.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from trialsim.runs.progress import Progress, ignore_progress

type Floats = npt.NDArray[np.float64]
type LogLikelihood = Callable[[Floats], Floats]

# Step sizes, drawn anew for each walker and step. A round's iterations before its first row is kept, those between
# rows, and the rows kept; the rounds in a row that have to pass, and those after which moves end, whatever R-hat says.
STEPS: Final = (0.1, 0.25, 0.5)
FORGET: Final = 600
BETWEEN: Final = 100
ROWS: Final = 5
IN_A_ROW: Final = 2
ROUNDS: Final = 12


@dataclass(frozen=True, slots=True)
class Reference:
    """A normal law near the posterior: its mean, the Cholesky factor of its covariance, and the inverse of that
    factor.
    """

    mean: Floats
    factor: Floats
    inverse: Floats


def fit_reference(points: Floats) -> Reference:
    """Return a normal law a little wider than a sample [rows, d]: moves then reach beyond it."""
    covariance = 1.2 * np.cov(points.T) + 0.02 * np.eye(points.shape[1])
    factor = np.linalg.cholesky(covariance)
    return Reference(points.mean(axis=0), factor, np.linalg.inv(factor))


def move_walkers(
    find: LogLikelihood, start: Floats, reference: Reference, rng: np.random.Generator, listen: Callable[[int], None]
) -> Floats:
    """Return [ROWS, walkers, d] states of walkers under a likelihood and a standard normal prior.

    find: log likelihoods of rows; listen: hears of every iteration. A step keeps the reference law; the Metropolis
    ratio corrects it to the posterior.
    """

    def find_ratio(rows: Floats) -> Floats:
        centred = (rows - reference.mean) @ reference.inverse.T
        return np.asarray(find(rows) - 0.5 * (rows**2).sum(axis=1) + 0.5 * (centred**2).sum(axis=1))

    state, ratio, kept = start.copy(), find_ratio(start), []
    for iteration in range(1, _count_iterations() + 1):
        size = rng.choice(STEPS, size=(len(state), 1))
        noise = rng.standard_normal(state.shape) @ reference.factor.T
        proposed = reference.mean + np.sqrt(1.0 - size**2) * (state - reference.mean) + size * noise
        new = find_ratio(proposed)
        taken = np.log(rng.random(len(state))) < new - ratio
        state = np.where(taken[:, None], proposed, state)
        ratio = np.where(taken, new, ratio)
        if iteration >= FORGET and (iteration - FORGET) % BETWEEN == 0:
            kept.append(state)
        listen(iteration)
    return np.array(kept)


def move_from_both_sides(
    find: LogLikelihood,
    points: Floats,
    walkers: int,
    seed: int,
    most_rhat: float,
    progress: Progress = ignore_progress,
) -> Floats:
    """Return [ROWS, 2, walkers, d]: states of walkers from a sample, and of as many from the prior.

    The states are those of the first round whose R-hat is at most `most_rhat`, as that of the round before it was, or
    of the last.
    """
    rng = np.random.default_rng(seed)
    d = points.shape[1]
    inside = points[rng.integers(len(points), size=walkers)]
    state = np.concatenate([inside, rng.standard_normal((walkers, d))])
    reference = fit_reference(points)
    passed = 0
    for past in range(ROUNDS):
        states = move_walkers(find, state, reference, rng, partial(_tell, progress, past))
        halves = states.reshape(ROWS, 2, walkers, d)
        passed = passed + 1 if find_rhat(halves) <= most_rhat else 0
        if passed == IN_A_ROW:
            break
        state, reference = states[-1], fit_reference(states.reshape(-1, d))
    return halves


def _count_iterations() -> int:
    """Return the iterations of a round."""
    return FORGET + BETWEEN * (ROWS - 1)


def _tell(progress: Progress, past: int, iteration: int) -> None:
    """Tell of an iteration after some rounds, of the most that there may be."""
    progress(past * _count_iterations() + iteration, ROUNDS * _count_iterations())


def find_rhat(states: Floats) -> float:
    """Return the largest rank-normalised, folded R-hat (Vehtari 2021) between the halves of [ROWS, 2, walkers, d]."""
    from arviz_stats.base import array_stats

    halves = np.moveaxis(states, 1, 0).reshape(2, -1, states.shape[-1])
    return float(np.max(array_stats.rhat(halves, chain_axis=0, draw_axis=1, method="rank")))


def find_effective_size(states: Floats) -> float:
    """Return the least effective sample size over the coordinates of [ROWS, 2, walkers, d], a chain a walker.

    From the autocorrelation of a walker's rows about the mean of all (estimates of a single chain's need longer ones):
    walkers that stand still count once each, however many of their rows are kept. At most the number of rows.
    """
    chains = states.reshape(len(states), -1, states.shape[-1])
    kept, walkers, _ = chains.shape
    centred = chains - chains.mean(axis=(0, 1))
    variance = (centred**2).mean(axis=(0, 1))
    time = np.ones(len(variance))
    for lag in range(1, kept):
        product = (centred[lag:] * centred[:-lag]).mean(axis=(0, 1))
        time += 2.0 * (1.0 - lag / kept) * product / variance
    return float(kept * walkers / max(float(time.max()), 1.0))
