"""Leave one study out: refit without its targets and those of studies that share people with it, predict its targets,
and set the prediction beside two baselines.

The posterior without a study is the posterior with it, reweighted by one over the study's likelihood, where
Pareto-smoothed importance sampling says that this is sound (k at most 0.7; Vehtari et al. 2024); otherwise the
posterior is sampled anew. Priors whose limits rest on the same people are widened (`list_doubted`). A prediction is of
a study of the same size and design: parameters, discrepancy of a new study, and the chance of its counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.calibrate import Calibration
from trialsim.calibration.layout import (
    draw_discrepancies,
    find_taus,
    lay_out_targets,
    predict_targets,
)
from trialsim.calibration.posterior import Sample, find_links, sample_posterior, split_points, widen_priors
from trialsim.calibration.targets import OVERLAP, Target
from trialsim.parameters.evidence import EvidenceRow, read_evidence_rows
from trialsim.problems import InputError, Problem

type Floats = npt.NDArray[np.float64]
type Indices = npt.NDArray[np.intp]
type Pool = Callable[[Sequence[tuple[float, float]]], tuple[float, float]]
"""A naive prediction of a new study from the others: their links and standard errors, to (mean, standard deviation)."""

CONTINUATIONS: Final = ("continuation", "routine continuation")
MOST_K: Final = 0.7
REFIT_WALKERS: Final = 200
MOST_REFIT_RHAT: Final = 1.02
REMEDY: Final = "a calibration with more parameter sets (--design), or with another --seed"
# What priors.csv says of parameters that keep the parameter table's limits.
TABLES_OWN: Final = "as in the parameter table"
# Standard deviation of a new study's log rate ratio around no difference: the scale of a discrepancy.
RATIO_SPREAD: Final = 0.5
CROSSING: Final = tuple(f"xbot-relapse-{arm}{among}" for arm in ("xr", "buprenorphine") for among in ("", "-inducted"))


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


def list_studies(targets: Sequence[Target]) -> tuple[str, ...]:
    """Return the studies of the targets, in the order of their first appearance."""
    return tuple(dict.fromkeys(target.study for target in targets))


def find_left_out(targets: Sequence[Target], study: str) -> frozenset[str]:
    """Return a study and those that share people with it: nothing of them may be known where it is predicted."""
    shared = {target.overlap for target in targets if target.study == study and target.overlap}
    return frozenset({study, *(target.study for target in targets if target.overlap in shared)})


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


def predict_study(
    calibration: Calibration, points: Floats, weights: Floats, targets: Sequence[Target], seed: int
) -> Floats:
    """Return predicted links of new studies like the targets' [rows, targets]: with the discrepancy of a new study,
    the surrogate's own error, and the chance of its counts.
    """
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(points), size=4000, p=weights)
    layout = lay_out_targets(targets, calibration.problem.components)
    parts, errors = find_links(calibration.surrogate, points[rows])
    links = predict_targets(layout, parts + np.sqrt(errors) * rng.standard_normal(parts.shape))
    links = links + draw_discrepancies(layout, find_taus(split_points(points[rows])[1]), rng)
    return np.column_stack([_observe(target, links[:, i], rng) for i, target in enumerate(targets)])


def _observe(target: Target, links: Floats, rng: np.random.Generator) -> Floats:
    if target.law == "binomial":
        n = max(round(target.n), 1)
        events = rng.binomial(n, 1.0 / (1.0 + np.exp(-links)))
        return np.log((events + 0.5) / (n - events + 0.5))
    if target.law == "poisson":
        return np.log((rng.poisson(target.n * np.exp(np.minimum(links, 3.0))) + 0.5) / target.n)
    return links + target.error * rng.standard_normal(len(links))


def find_observed_link(target: Target) -> tuple[float, float]:
    """Return a target's observed link and its standard error, counts with half an event more."""
    if target.law == "normal":
        return target.value, target.error
    if target.law == "binomial":
        rest = target.n - target.events
        link = np.log((target.events + 0.5) / (rest + 0.5))
        return float(link), float(np.sqrt(1.0 / (target.events + 0.5) + 1.0 / (rest + 0.5)))
    return float(np.log((target.events + 0.5) / target.n)), float(np.sqrt(1.0 / (target.events + 0.5)))


def find_observed(target: Target) -> float:
    """Return a target's observed share, rate per person-year, or ratio."""
    return float(np.exp(target.value)) if target.law == "normal" else target.events / target.n


def find_crps(draws: Floats, observed: float) -> float:
    """Return the continuous ranked probability score of a sample (Gneiting and Raftery 2007, equation 21)."""
    ordered = np.sort(draws)
    n = len(ordered)
    spread = ((2.0 * np.arange(1, n + 1) - n - 1.0) * ordered).sum() / (n * n)
    return float(np.abs(draws - observed).mean() - spread)


def to_scale(target: Target, link: float) -> float:
    """Return a link as a share, a rate per person-year, or a ratio."""
    return float(1.0 / (1.0 + np.exp(-link)) if target.law == "binomial" else np.exp(link))


def find_others(target: Target, targets: Sequence[Target]) -> list[Target]:
    """Return the fitted targets of other people's studies."""
    without = find_left_out(targets, target.study)
    return [other for other in targets if other.role == "fit" and other.study not in without]


def predict_constant(target: Target, others: Sequence[Target], rng: np.random.Generator) -> Floats | None:
    """Return links under the constant-hazard model: one rate of leaving, or of death, for everyone else's people.

    For continuation the hazard a week is that of all other studies' steps (their own lengths); for deaths it is one
    rate of the same deaths (overdoses, or all) in and out of treatment, so that every ratio is 1. Spread: that between
    the other studies beyond chance, and of ratios RATIO_SPREAD. None for other kinds, and where too few others tell.
    """
    if target.kind == "rate ratio":
        return np.asarray(rng.normal(0.0, RATIO_SPREAD, 4000) + target.error * rng.standard_normal(4000))
    if target.kind in ("death rate", "after naltrexone"):
        own = [o for o in others if (o.kind, o.component.statistic) == (target.kind, target.component.statistic)]
        if len(own) < 2:
            return None
        mean = np.log(sum(o.events for o in own) / sum(o.n for o in own))
        logs, errors = np.array([find_observed_link(o) for o in own]).T
        return _observe(target, rng.normal(mean, find_spread(logs, errors), 4000), rng)
    steps = [(o, find_weeks(o)) for o in others if o.kind in CONTINUATIONS]
    weeks = find_weeks(target) if target.kind in CONTINUATIONS else 0.0
    if not weeks or len(steps) < 3:
        return None
    stayed = np.array([min((o.events + 0.5) / (o.n + 1.0), 0.999) for o, _ in steps])
    logs = np.log(-np.log(stayed) / np.array([w for _, w in steps]))
    errors = np.sqrt((1.0 - stayed) / stayed / np.array([o.n for o, _ in steps])) / -np.log(stayed)
    rate = np.exp(rng.normal(logs.mean(), find_spread(logs, errors), 4000))
    share = np.clip(np.exp(-rate * weeks), 1e-6, 1.0 - 1e-6)
    return _observe(target, np.log(share / (1.0 - share)), rng)


def find_spread(values: Floats, errors: Floats) -> float:
    """Return the standard deviation of values beyond that of their errors (a moment estimate, at least 0)."""
    return float(np.sqrt(max(values.var(ddof=1) - (errors**2).mean(), 0.0)))


def find_weeks(target: Target) -> float:
    """Return the length (weeks) of a step of continuation: between two weeks, or two monthly injections."""
    later, _, earlier = target.component.at.partition("|")
    if target.component.statistic == "injections":
        return 4.0 * (float(later) - float(earlier or 1.0))
    return float(later) - float(earlier or 0.0)


def score_prediction(
    target: Target, link: Floats, how: str, k: float, targets: Sequence[Target], pool: Pool, seed: int
) -> Prediction:
    """Return one prediction with its scores, beside the baselines'."""
    rng = np.random.default_rng([seed, len(target.name), int(sum(map(ord, target.name)))])
    observed, _ = find_observed_link(target)
    low, low50, median, high50, high = np.quantile(link, [0.025, 0.25, 0.5, 0.75, 0.975])
    others = find_others(target, targets)
    similar = [other for other in others if target.pool and other.pool == target.pool]
    pooled, naive = float("nan"), float("nan")
    if len(similar) > 1:
        mean, sd = pool([find_observed_link(other) for other in similar])
        draws = _observe(target, rng.normal(mean, sd, 4000), rng)
        pooled = find_crps(draws, observed)
        naive = float(np.diff(np.quantile(draws, [0.025, 0.975]))[0])
    constant = predict_constant(target, others, rng)
    return Prediction(
        target=target,
        how=how,
        pareto_k=k,
        observed=find_observed(target),
        median=to_scale(target, float(median)),
        low50=to_scale(target, float(low50)),
        high50=to_scale(target, float(high50)),
        low=to_scale(target, float(low)),
        high=to_scale(target, float(high)),
        inside=bool(low <= observed <= high),
        inside50=bool(low50 <= observed <= high50),
        crps=find_crps(link, observed),
        crps_pooled=pooled,
        crps_constant=float("nan") if constant is None else find_crps(constant, observed),
        width=float(high - low),
        naive_width=naive,
    )


def validate(
    calibration: Calibration, pool: Pool, progress: Any, studies: Sequence[str] | None = None
) -> tuple[list[Prediction], dict[str, Sample]]:
    """Predict every study without its own targets. Returns predictions, and the samples that were taken anew."""
    targets = calibration.problem.targets
    chosen = list_studies(targets) if studies is None else tuple(studies)
    found: list[Prediction] = []
    anew: dict[str, Sample] = {}
    for done, study in enumerate(chosen):
        progress(done, len(chosen))
        weights, k = reweight_without(calibration, study)
        points, how = calibration.sample.points, "reweighted"
        if np.isnan(k):
            how = "never seen"
        elif k > MOST_K:
            anew[study] = sample_without(calibration, study, 1000 + done)
            points, how = anew[study].points, "refitted"
            weights = np.full(len(points), 1.0 / len(points))
        mine = [target for target in targets if target.study == study]
        links = predict_study(calibration, points, weights, mine, done)
        found += [score_prediction(target, links[:, i], how, k, targets, pool, done) for i, target in enumerate(mine)]
    progress(len(chosen), len(chosen))
    return found, anew


def find_crossing(calibration: Calibration, sample: Sample) -> dict[str, float] | None:
    """Return what is predicted of X:BOT's crossing: the chance of worse as randomised and of no worse once inducted;
    None where its relapses are no targets.

    Of trials of its size: with what the arms of one trial do not share of a discrepancy, and the chance of their
    counts, those of the inducted drawn as if they were other people.
    """
    wanted = [t for t in calibration.problem.targets if t.name in CROSSING]
    if len(wanted) < len(CROSSING):
        return None
    weights = np.full(len(sample.points), 1.0 / len(sample.points))
    links = predict_study(calibration, sample.points, weights, wanted, seed=0)
    at = {target.name: 1.0 / (1.0 + np.exp(-links[:, i])) for i, target in enumerate(wanted)}
    randomised = at["xbot-relapse-xr"] - at["xbot-relapse-buprenorphine"]
    inducted = at["xbot-relapse-xr-inducted"] - at["xbot-relapse-buprenorphine-inducted"]
    out: dict[str, float] = {
        "worse_as_randomised": float((randomised > 0.0).mean()),
        "no_worse_once_inducted": float((inducted <= 0.0).mean()),
        "both": float(((randomised > 0.0) & (inducted <= 0.0)).mean()),
    }
    for name, values in (("randomised", randomised), ("inducted", inducted)):
        out |= {
            f"{name}_{q}": float(x)
            for q, x in zip(("low", "median", "high"), np.quantile(values, [0.025, 0.5, 0.975]), strict=True)
        }
    return out
