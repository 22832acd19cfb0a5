"""NUTS (nutpie) with the gate: sample, look, sample once more with care where that may help, then pass or refuse."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from meta.bayes.compiled import compile_model
from meta.bayes.gate import Diagnostics, SamplingError, check_gate, diagnose, mixes
from meta.measures import Floats

CHAINS: Final = 4
ATTEMPTS: Final = ((0, 0.95, 1), (1, 0.99, 2), (0, 0.99, 4), (0, 0.998, 8))
"""Form of the model, target acceptance, factor of tuning and draws; the next is tried where one fails. The last, with
the smallest steps, saves networks that fail all the others.
"""
DIVERGED: Final = ((0, 0.99, 1), (1, 0.99, 2), (0, 0.998, 8))
"""What follows a first attempt that missed by divergences alone: its form mixes, and has to step more carefully."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Draws that passed the gate: `draws[name]` of shape (chains, draws, ...); `tree`: ArviZ's DataTree of the run, and
    `model`: the PyMC model.

    `attempts`: how many runs it took, from 1.
    """

    draws: dict[str, Floats]
    diagnostics: Diagnostics
    attempts: int
    tree: Any
    model: Any


def sample_model(forms: Sequence[Callable[[], Any]], names: Sequence[str], *, draws: int, seed: int) -> Sample:
    """Sample a model by NUTS, four chains on two cores; results depend on nothing but model, draws and seed.

    A model that was sampled before with other data is not compiled again (`compile_model`).

    `forms`: makers of PyMC models that say the same in forms that suit different data, the likelier first. `names`:
    quantities that are reported, and so must pass. Raises SamplingError where no attempt passes.
    """
    plan, attempt, failure = list(ATTEMPTS), 0, None
    while plan:
        form, accept, times = plan.pop(0)
        attempt += 1
        model = forms[form % len(forms)]()
        tree = _run(model, draws * times, seed, accept)
        found = {name: np.asarray(tree["posterior"][name].values, float) for name in names}
        diagnostics = diagnose(found, int(tree["sample_stats"]["diverging"].values.sum()))
        try:
            check_gate(diagnostics)
        except SamplingError as error:
            failure = error
            if attempt == 1 and mixes(diagnostics):
                plan = list(DIVERGED)
            continue
        return Sample(found, diagnostics, attempt, tree, model)
    assert failure is not None
    raise failure


def _run(model: Any, draws: int, seed: int, accept: float) -> Any:
    import nutpie

    compiled = compile_model(model)
    with warnings.catch_warnings():
        # Convergence is judged by the gate, in words of our own.
        warnings.simplefilter("ignore")
        return nutpie.sample(
            compiled,
            draws=draws,
            tune=max(1000, draws),
            chains=CHAINS,
            cores=2,
            seed=seed,
            target_accept=accept,
            save_warmup=False,
            progress_bar=False,
        )
