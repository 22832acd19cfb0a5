"""Leave one study out: refit without its targets and those of studies that share people with it, predict its targets,
and set the prediction beside two baselines.

The posterior without a study is the posterior with it, reweighted by one over the study's likelihood, where
Pareto-smoothed importance sampling says that this is sound (k at most 0.7; Vehtari et al. 2024); otherwise the
posterior is sampled anew. Priors whose limits rest on the same people are widened (`list_doubted`). A prediction is of
a study of the same size and design: parameters, discrepancy of a new study, and the chance of its counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.baselines import find_others, predict_constant, predict_pooled
from trialsim.calibration.calibrate import Calibration
from trialsim.calibration.layout import draw_discrepancies, find_taus, lay_out_targets, predict_targets
from trialsim.calibration.observing import (
    count_observed,
    draw_observed,
    find_left_out,
    find_observed,
    find_observed_link,
    list_studies,
)
from trialsim.calibration.posterior import Sample, find_links, sample_posterior, split_points, widen_priors
from trialsim.calibration.prior import TABLES_OWN
from trialsim.calibration.scores import find_crps
from trialsim.calibration.targets import OVERLAP, Target
from trialsim.parameters.evidence import EvidenceRow, read_evidence_rows
from trialsim.problems import InputError, Problem
from trialsim.runs.progress import Progress

type Floats = npt.NDArray[np.float64]
type Indices = npt.NDArray[np.intp]

LEVELS: Final = (0.025, 0.25, 0.5, 0.75, 0.975)
MOST_K: Final = 0.7
REFIT_WALKERS: Final = 200
MOST_REFIT_RHAT: Final = 1.02
REMEDY: Final = "a calibration with more parameter sets (--design), or with another --seed"
# Studies that are drawn for a prediction.
PREDICTED: Final = 4000


@dataclass(frozen=True, slots=True)
class Without:
    """The posterior without a study and those that share its people: points [rows, d] with weights [rows].

    how: `never seen` (nothing of them was fitted), `reweighted` or `refitted`; pareto_k: of the weights, NaN where
    nothing was fitted.
    """

    points: Floats
    weights: Floats
    how: str
    pareto_k: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """One left-out number: observed and predicted on its own scale (share, rate or ratio), and scores on the link
    scale.

    crps: continuous ranked probability score of this model, of the pooled mean, and of the constant-hazard model (NaN
    where there is none), smaller is better; naive_width and width: of the 95% intervals on the link scale.
    """

    target: Target
    how: str
    pareto_k: float
    observed: float
    median: float
    low50: float
    high50: float
    low: float
    high: float
    inside: bool
    inside50: bool
    crps: float
    crps_pooled: float
    crps_constant: float
    width: float
    naive_width: float


def list_doubted(calibration: Calibration, study: str) -> Indices:
    """Return the calibrated parameters whose limits are those of the parameter table and rest on rows of a study's
    people, by their coordinates.
    """
    without = find_left_out(calibration.problem.targets, study)
    people = {name for t in calibration.problem.targets if t.study in without for name in _name_people(t.row)}
    prior = calibration.problem.prior
    rows = {name: read_evidence_rows(entry.source_rows) for name, entry in prior.entries.items()}
    doubted = [
        i
        for i, name in enumerate(prior.names)
        if prior.reasons[name] == TABLES_OWN and any(people & _name_people(row) for row in rows[name].values())
    ]
    return np.array(doubted, np.intp)


def _name_people(row: EvidenceRow) -> frozenset[str]:
    """The names that tell whose number a row is: its study, without what stands in brackets, and its overlap groups."""
    return frozenset({row.study.split(" (")[0], *OVERLAP.findall(row.note)})


def reweight_without(calibration: Calibration, study: str) -> tuple[Floats, float]:
    """Return weights of the sample's rows for the posterior without a study, and their Pareto k."""
    from arviz_stats.base import array_stats

    without = find_left_out(calibration.problem.targets, study)
    gone = [g for g, group in enumerate(calibration.layout.groups) if group[0] in without]
    doubted, points = list_doubted(calibration, study), calibration.sample.points
    if not gone and not len(doubted):
        return np.full(len(points), 1.0 / len(points)), float("nan")
    known = calibration.sample.log_likelihood[:, gone].sum(axis=1) - widen_priors(points, doubted)
    # ArviZ takes log likelihoods and turns their sign: rows that fit the study well weigh less.
    smoothed, k = array_stats.psislw(known)
    weights = np.exp(np.asarray(smoothed).reshape(-1))
    return weights / weights.sum(), float(np.asarray(k))


def sample_without(calibration: Calibration, study: str, seed: int) -> Sample:
    """Return a posterior sampled anew without a study's targets; raises InputError where it misses its gate."""
    without = find_left_out(calibration.problem.targets, study)
    kept = [target for target in calibration.problem.fitted if target.study not in without]
    layout = lay_out_targets(kept, calibration.problem.components)
    doubted = list_doubted(calibration, study)
    sample = sample_posterior(calibration.surrogate, layout, seed, REFIT_WALKERS, MOST_REFIT_RHAT, doubted=doubted)
    if sample.rhat > MOST_REFIT_RHAT:
        message = f"the posterior without this study has R-hat {sample.rhat:.3f} where {MOST_REFIT_RHAT} is the limit"
        raise InputError([Problem("validation", None, study, message, REMEDY)])
    return sample


def leave_out(calibration: Calibration, study: str, seed: int) -> Without:
    """Return the posterior without a study. seed: of a sample taken anew."""
    weights, k = reweight_without(calibration, study)
    if k > MOST_K:
        points = sample_without(calibration, study, seed).points
        return Without(points, np.full(len(points), 1.0 / len(points)), "refitted", k)
    return Without(calibration.sample.points, weights, "never seen" if np.isnan(k) else "reweighted", k)


def predict_study(calibration: Calibration, without: Without, targets: Sequence[Target], seed: int) -> Floats:
    """Return predicted links [PREDICTED, targets] of new studies like the targets': with the discrepancy of a new
    study, the surrogate's own error, and the chance of its counts.
    """
    rng = np.random.default_rng(seed)
    points = without.points[rng.choice(len(without.points), size=PREDICTED, p=without.weights)]
    layout = lay_out_targets(targets, calibration.problem.components)
    parts, errors = find_links(calibration.surrogate, points)
    links = predict_targets(layout, parts + np.sqrt(errors) * rng.standard_normal(parts.shape))
    links = links + draw_discrepancies(layout, find_taus(split_points(points)[1]), rng)
    return np.column_stack([draw_observed(target, links[:, i], rng) for i, target in enumerate(targets)])


def score_prediction(
    target: Target, link: Floats, without: Without, targets: Sequence[Target], seed: int
) -> Prediction:
    """Return one prediction (links [rows]) with its scores, beside the baselines'."""
    rng = np.random.default_rng([seed, len(target.name), int(sum(map(ord, target.name)))])
    observed, _ = find_observed_link(target)
    low, low50, _, high50, high = np.quantile(link, LEVELS)
    natural = count_observed(target, np.quantile(link, LEVELS))
    pooled = predict_pooled(target, targets, rng)
    constant = predict_constant(target, find_others(target, targets), rng)
    return Prediction(
        target=target,
        how=without.how,
        pareto_k=without.pareto_k,
        observed=find_observed(target),
        median=float(natural[2]),
        low50=float(natural[1]),
        high50=float(natural[3]),
        low=float(natural[0]),
        high=float(natural[4]),
        inside=bool(low <= observed <= high),
        inside50=bool(low50 <= observed <= high50),
        crps=find_crps(link, observed),
        crps_pooled=_score(pooled, observed),
        crps_constant=_score(constant, observed),
        width=float(high - low),
        naive_width=float("nan") if pooled is None else float(np.diff(np.quantile(pooled, [0.025, 0.975]))[0]),
    )


def _score(links: Floats | None, observed: float) -> float:
    return float("nan") if links is None else find_crps(links, observed)


def validate(
    calibration: Calibration, progress: Progress, studies: Sequence[str] | None = None
) -> tuple[list[Prediction], dict[str, Without]]:
    """Predict every study, or these, without its own targets. Returns predictions, and the posteriors without."""
    targets = calibration.problem.targets
    everyone = list_studies(targets)
    chosen = everyone if studies is None else tuple(studies)
    found: list[Prediction] = []
    left: dict[str, Without] = {}
    for done, study in enumerate(chosen):
        progress(done, len(chosen))
        # A study has the same random numbers alone and among the others.
        seed = everyone.index(study)
        left[study] = leave_out(calibration, study, 1000 + seed)
        mine = [target for target in targets if target.study == study]
        links = predict_study(calibration, left[study], mine, seed)
        found += [score_prediction(each, links[:, i], left[study], targets, seed) for i, each in enumerate(mine)]
    progress(len(chosen), len(chosen))
    return found, left
