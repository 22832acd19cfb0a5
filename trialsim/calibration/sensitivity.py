"""Which parameters drive which statistics, and which studies inform which parameters.

Drivers: the variance that a parameter alone brings to a statistic (a main effect; Sobol 2001), and a tornado: the
statistic at a parameter's 2.5% and 97.5% points with all others at their medians. Information: how far the posterior
with a study is from the one without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.calibrate import Calibration
from trialsim.calibration.layout import lay_out_targets, predict_targets
from trialsim.calibration.observing import find_left_out, list_studies, to_scale
from trialsim.calibration.posterior import split_points
from trialsim.calibration.surrogate import predict_links
from trialsim.calibration.targets import Target
from trialsim.calibration.validate import Without

type Floats = npt.NDArray[np.float64]

SHOWN: Final = 5
INFORMING: Final = 3
# A parameter whose posterior is hardly narrower than its prior is known from the prior.
PRIOR_DOMINATES: Final = 0.2
# Points of a parameter at which a main effect is evaluated (those of Gauss and Hermite, for a normal law), and draws of
# all others at each.
POINTS, WEIGHTS = np.polynomial.hermite_e.hermegauss(5)
OTHERS: Final = 200
SEED: Final = 5


def find_sensitivity(calibration: Calibration) -> dict[str, list[dict[str, Any]]]:
    """Return for every target its main drivers: parameter, main effect (`find_main_effects`), and the statistic at both
    ends.
    """
    own, _ = split_points(calibration.sample.points)
    layout = lay_out_targets(calibration.problem.targets, calibration.problem.components)

    def predict(points: Floats) -> Floats:
        return predict_targets(layout, predict_links(calibration.surrogate, points))

    effects = find_main_effects(predict, own)
    middle, ends = np.median(own, axis=0), np.quantile(own, [0.025, 0.975], axis=0)
    moved = np.tile(middle, (2 * len(middle), 1))
    for j in range(len(middle)):
        moved[2 * j : 2 * j + 2, j] = ends[:, j]
    at = predict(moved)
    return {
        target.name: [
            {
                "parameter": calibration.problem.prior.names[j],
                "index": round(float(effects[i, j]), 3),
                "at_low": to_scale(target, float(at[2 * j, i])),
                "at_high": to_scale(target, float(at[2 * j + 1, i])),
            }
            for j in np.argsort(-effects[i])[:SHOWN]
        ]
        for i, target in enumerate(calibration.problem.targets)
    }


def find_main_effects(predict: Callable[[Floats], Floats], points: Floats) -> Floats:
    """Return [targets, parameters]: first-order indices of coordinates that are drawn from their own posteriors (normal
    laws), each independently of the others: the variance of a statistic's mean given one of them over its whole one.

    predict: links [rows, targets] at coordinates [rows, parameters]; points: draws of the posterior. A parameter that
    only goes along with one that matters, as the evidence holds them together, has no effect.
    """
    rng = np.random.default_rng(SEED)
    apart = rng.permuted(points, axis=0)
    total = predict(apart).var(axis=0)
    others = apart[:OTHERS]
    at = points.mean(axis=0) + POINTS[:, None] * points.std(axis=0)
    shares = WEIGHTS / WEIGHTS.sum()
    out = np.zeros((len(total), points.shape[1]))
    for j in range(points.shape[1]):
        moved = np.tile(others, (len(POINTS), 1))
        moved[:, j] = np.repeat(at[:, j], len(others))
        means = predict(moved).reshape(len(POINTS), len(others), -1).mean(axis=1)
        out[:, j] = shares @ (means - shares @ means) ** 2 / np.maximum(total, 1e-12)
    return out


def find_information(calibration: Calibration, left: Mapping[str, Without]) -> list[dict[str, Any]]:
    """Return for every parameter how far its posterior is narrower than its prior, and the studies that inform it most.

    left: the posteriors without each study. A study's part is the relative entropy (nats) of the parameter's posterior
    to the one without the study and its people, both as normal laws of the coordinate (Lindley 1956), and 0 where
    chance may give as much (`find_chance`). Of studies that are left out together the first that is fitted is named.
    """
    own, _ = split_points(calibration.sample.points)
    nats = {
        study: find_gains(own, left[study]) for study in list_informative(calibration.problem.targets) if study in left
    }
    out = []
    for j, name in enumerate(calibration.problem.prior.names):
        contraction = float(np.clip(1.0 - own[:, j].var(), 0.0, 1.0))
        best = sorted(nats, key=lambda study: -nats[study][j])[:INFORMING]
        out.append(
            {
                "parameter": name,
                "contraction": round(contraction, 3),
                "shift": round(float(own[:, j].mean()), 2),
                "prior_dominates": contraction < PRIOR_DOMINATES,
                "informed_by": [{"study": study, "nats": round(float(nats[study][j]), 3)} for study in best],
            }
        )
    return out


def list_informative(targets: Sequence[Target]) -> tuple[str, ...]:
    """Return the studies that are fitted, of those that are left out together the first."""
    fitted = list_studies([target for target in targets if target.role == "fit"])
    return tuple({find_left_out(targets, study): study for study in reversed(fitted)}.values())[::-1]


def find_gains(points: Floats, without: Without) -> Floats:
    """Return the relative entropy (nats) of every coordinate's law [parameters] to that of a posterior without a study.

    points: draws of the posterior with it.
    """
    rest = without.points[:, : points.shape[1]]
    mean = without.weights @ rest
    variance = without.weights @ (rest - mean) ** 2
    ratio = points.var(axis=0) / variance
    return np.asarray(0.5 * (ratio - 1.0 - np.log(ratio) + (points.mean(axis=0) - mean) ** 2 / variance))


def find_chance(without: Without) -> float:
    """Return the nats that weights or rows without a study give to one parameter in a thousand by chance alone.

    The errors of a mean and of a variance from n rows, of equal weight or worth as many (Kish 1965), have an entropy of
    chi-squared with two degrees of freedom over 2 n.
    """
    return float(-np.log(0.001) * (without.weights**2).sum() / without.weights.sum() ** 2)
