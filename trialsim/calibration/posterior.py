"""The posterior of the calibrated parameters and the discrepancies, by sequential Monte Carlo through PyMC.

All coordinates have a standard normal prior (see `prior.py`). The simulator is the surrogate, handed to
`pm.Simulator`; what it returns is the log likelihood of the targets, with the discrepancy integrated out, so that the
final tolerance is the discrepancy that the data themselves have chosen. The sample is checked by direct simulation
elsewhere.
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trialsim.calibration.likelihood import TAU_SCALES, Layout, find_group_likelihoods, find_taus
from trialsim.calibration.surrogate import Surrogate, predict_links

type Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """Equally weighted coordinates [rows, parameters + kinds] of a posterior, and R-hat over the chains.

    log_likelihood: [rows, groups] under the surrogate; stages: how many temperatures the sampler took.
    """

    points: Floats
    log_likelihood: Floats
    rhat: float
    stages: int


def split_points(points: Floats) -> tuple[Floats, Floats]:
    """Return the coordinates of the parameters and of the discrepancies."""
    kinds = len(TAU_SCALES)
    return points[:, :-kinds], points[:, -kinds:]


def find_log_likelihood(surrogate: Surrogate, layout: Layout, points: Floats) -> Floats:
    """Return the log likelihood of every group [rows, groups] under the surrogate."""
    own, spreads = split_points(points)
    return find_group_likelihoods(layout, predict_links(surrogate, own), surrogate.extra, find_taus(spreads))


def sample_posterior(
    surrogate: Surrogate,
    layout: Layout,
    seed: int,
    draws: int = 1000,
    chains: int = 2,
    cores: int = 2,
) -> Sample:
    """Sample the posterior. draws: particles of each chain; seed: of the sampler."""
    import pymc as pm

    d = surrogate.slopes.shape[1] + len(TAU_SCALES)

    def simulate(rng: Any, point: Floats, size: Any) -> Floats:
        rows = np.asarray(point, np.float64).reshape(-1, d)
        return find_log_likelihood(surrogate, layout, rows).sum(axis=1).reshape(np.shape(point)[:-1])

    def pass_on(epsilon: Any, observed: Any, simulated: Any) -> Any:
        return simulated

    logging.getLogger("pymc").setLevel(logging.ERROR)
    with pm.Model(), warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
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
            draws=draws,
            chains=chains,
            cores=cores,
            random_seed=seed,
            progressbar=False,
            compute_convergence_checks=False,
        )
    values = np.asarray(found["posterior"]["point"])
    points = values.reshape(-1, d)
    stages = int(np.asarray([np.size(x) for x in np.atleast_1d(found["sample_stats"]["beta"].values)]).max())
    return Sample(points, find_log_likelihood(surrogate, layout, points), find_rhat(values), stages)


def find_rhat(values: Floats) -> float:
    """Return the largest R-hat over the coordinates of [chains, draws, coordinates]; 1 for a single chain."""
    if len(values) < 2:
        return 1.0
    within = values.var(axis=1, ddof=1).mean(axis=0)
    between = values.mean(axis=1).var(axis=0, ddof=1)
    return float(np.sqrt(1.0 + between / within).max())
