"""NUTS with the gate: sample, look, sample once more with care where that may help, then pass or refuse."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from meta.bayes.gate import Diagnostics, SamplingError, check_gate, diagnose, mixes
from meta.measures import Floats

CHAINS: Final = 4
ATTEMPTS: Final = ((0, 0.95, 1), (1, 0.99, 2), (0, 0.995, 2), (0, 0.998, 4))
"""Form of the model, target acceptance, factor of tuning and draws; the next is tried where one fails. The last, with
the smallest steps, saves networks that fail all the others.
"""
DIVERGED: Final = ((0, 0.99, 1), (1, 0.99, 2), (0, 0.998, 4))
"""What follows a first attempt that missed by divergences alone: its form mixes, and has to step more carefully."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Draws that passed the gate: `draws[name]` of shape (chains, draws, ...); `tree`: ArviZ's DataTree of the run.

    `attempts`: how many runs it took, from 1.
    """

    draws: dict[str, Floats]
    diagnostics: Diagnostics
    attempts: int
    tree: Any


def sample_model(
    forms: Sequence[Callable[[], Any]], names: Sequence[str], *, draws: int, seed: int, log_likelihood: bool = False
) -> Sample:
    """Sample a model by NUTS, four chains on two cores; results depend on nothing but model, draws and seed.

    `forms`: makers of PyMC models that say the same in forms that suit different data, the likelier first. `names`:
    quantities that are reported, and so must pass. Raises SamplingError where no attempt passes.
    """
    plan, attempt, failure = list(ATTEMPTS), 0, None
    while plan:
        form, accept, times = plan.pop(0)
        attempt += 1
        tree = _run(forms[form % len(forms)](), draws * times, seed, accept, log_likelihood)
        found = {name: np.asarray(tree["posterior"][name].values, float) for name in names}
        diagnostics = diagnose(found, int(tree["sample_stats"]["diverging"].values.sum()))
        try:
            check_gate(diagnostics)
        except SamplingError as error:
            failure = error
            if attempt == 1 and mixes(diagnostics):
                plan = list(DIVERGED)
            continue
        return Sample(found, diagnostics, attempt, tree)
    assert failure is not None
    raise failure


def _run(model: Any, draws: int, seed: int, accept: float, log_likelihood: bool) -> Any:
    import pymc as pm

    logger = logging.getLogger("pymc")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # Convergence is judged by the gate, in words of our own; what else PyMC warns of is its own housekeeping.
            warnings.simplefilter("ignore")
            with model:
                return pm.sample(
                    draws=draws,
                    tune=max(1000, draws),
                    chains=CHAINS,
                    cores=2,
                    random_seed=seed,
                    target_accept=accept,
                    progressbar=False,
                    compute_convergence_checks=False,
                    idata_kwargs={"log_likelihood": True} if log_likelihood else None,
                )
    finally:
        logger.setLevel(level)
