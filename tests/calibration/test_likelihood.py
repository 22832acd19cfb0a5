"""The likelihood against brute force and against scipy's multivariate normal."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy import optimize, special, stats

from trialsim.calibration.layout import (
    SHARES,
    TAU_SCALES,
    add_errors,
    draw_discrepancies,
    find_taus,
    lay_out_targets,
)
from trialsim.calibration.likelihood import find_group_likelihoods, plan_likelihood
from trialsim.calibration.targets import Target, list_components, read_targets

type Floats = npt.NDArray[np.float64]

TARGETS = tuple(target for target in read_targets() if target.role == "fit")
COMPONENTS = list_components(TARGETS)
LAYOUT = lay_out_targets(TARGETS, COMPONENTS)
RNG = np.random.default_rng(4)
TAUS = 0.15 + np.abs(RNG.normal(0.0, 0.5, (3, len(TAU_SCALES))))
# Where a posterior has its mass: links within some discrepancies of the data.
LINKS = np.zeros((3, len(COMPONENTS)))
LINKS[:, LAYOUT.component] = LAYOUT.observed + RNG.normal(0.0, 1.0, (3, len(TARGETS))) * TAUS[:, LAYOUT.kind]
FOUND = find_group_likelihoods(plan_likelihood(LAYOUT), LINKS, np.zeros_like(LINKS), TAUS)


def integrate(target: Target, link: float, tau: float) -> float:
    grid = np.linspace(-9.0 * tau, 9.0 * tau, 40_001)
    at = link + grid
    if target.law == "binomial":
        law = stats.binom.logpmf(int(target.events), int(target.n), 1.0 / (1.0 + np.exp(-at)))
    else:
        law = target.events * (at + math.log(target.n)) - target.n * np.exp(at) - math.lgamma(target.events + 1.0)
    return float(np.log(np.trapezoid(np.exp(law + stats.norm.logpdf(grid, 0.0, tau)), grid)))


def test_single_counts_are_exact() -> None:
    seen = 0
    for index in LAYOUT.singles:
        target = TARGETS[index]
        if target.n != round(target.n):
            continue
        for row in range(3):
            tau = TAUS[row, LAYOUT.kind[index]]
            exact = integrate(target, LINKS[row, LAYOUT.component[index]], tau)
            assert FOUND[row, LAYOUT.group[index]] == pytest.approx(exact, abs=2e-3)
            seen += 1
    assert seen > 30


def covary(own: npt.NDArray[np.intp]) -> Floats:
    """Return the correlation of the discrepancies of targets of one study and kind, as docs/calibration.md has it."""
    arms = [TARGETS[i].component.arm for i in own]
    same_arm = np.array([[first == second for second in arms] for first in arms])
    of_own, of_arm, of_study = SHARES
    return np.asarray(of_own * np.eye(len(own)) + of_arm * same_arm + of_study)


def test_shares_make_a_whole() -> None:
    assert sum(SHARES) == 1.0


def count_log_likelihood(own: npt.NDArray[np.intp], links: Floats) -> Floats:
    """Return the log likelihood of some targets' counts [rows, own] at links."""
    events, n = (np.array([getattr(TARGETS[i], name) for i in own]) for name in ("events", "n"))
    law = np.array([TARGETS[i].law for i in own])
    # Person-years and numbers of tests that are no integers have the same law but for a constant.
    binomial = events * links - n * np.logaddexp(0.0, links)
    binomial += special.gammaln(n + 1.0) - special.gammaln(events + 1.0) - special.gammaln(n - events + 1.0)
    poisson = stats.poisson.logpmf(events.round(), n * np.exp(links))
    return np.asarray(np.where(law == "binomial", binomial, poisson))


def integrate_group(own: npt.NDArray[np.intp], link: Floats, covariance: Floats, rng: np.random.Generator) -> float:
    """Return a group's log likelihood by importance sampling around the mode of its targets' links."""
    prior = stats.multivariate_normal(link, covariance)
    precision = np.linalg.inv(covariance)

    def find_depth(at: Floats) -> float:
        away = at - link
        return float(0.5 * away @ precision @ away - count_log_likelihood(own, at[None]).sum())

    mode = optimize.minimize(find_depth, link, method="BFGS").x
    step = 1e-3 * np.eye(len(own))
    depths = np.array([count_log_likelihood(own, mode + sign * step).diagonal() for sign in (-1, 1)])
    curvature = (2.0 * count_log_likelihood(own, mode[None])[0] - depths.sum(axis=0)) / 1e-6
    law = stats.multivariate_t(mode, np.linalg.inv(precision + np.diag(curvature)), df=20, seed=rng)
    drawn = np.asarray(law.rvs(20_000)).reshape(-1, len(own))
    terms = count_log_likelihood(own, drawn).sum(axis=1) + prior.logpdf(drawn) - law.logpdf(drawn)
    return float(special.logsumexp(terms) - np.log(len(terms)))


def test_groups_of_counts_are_their_laws_with_the_discrepancies_integrated_out() -> None:
    """Studies with several numbers, against importance sampling, whose own error is about 0.01."""
    rng = np.random.default_rng(8)
    sizes = np.bincount(LAYOUT.group)
    arms = [len(np.unique(LAYOUT.cell[LAYOUT.group == group])) for group in range(len(LAYOUT.groups))]
    off, seen = [], set()
    for group in np.flatnonzero(sizes > 1):
        own = np.flatnonzero(LAYOUT.group == group)
        if any(TARGETS[i].law == "normal" or TARGETS[i].over for i in own):
            continue
        for row in range(3):
            covariance = covary(own) * TAUS[row, LAYOUT.kind[own[0]]] ** 2
            exact = integrate_group(own, LINKS[row, LAYOUT.component[own]], covariance, rng)
            off.append((FOUND[row, group] - exact) / len(own))
        seen.add(arms[group])
    assert seen == {1, 2, 3}
    # Laplace's approximation; normal laws of observed links missed by up to a unit a number.
    assert np.abs(off).max() < 0.05
    assert abs(np.mean(off)) < 0.01


def test_ratios_have_the_normal_law_of_their_logarithms() -> None:
    ratios = np.flatnonzero(LAYOUT.law == 2)
    for i in ratios:
        target = TARGETS[i]
        link = LINKS[0, LAYOUT.component[i]] - LINKS[0, LAYOUT.over[i]]
        spread = math.hypot(target.error, TAUS[0, LAYOUT.kind[i]])
        assert (LAYOUT.group == LAYOUT.group[i]).sum() == 1
        assert FOUND[0, LAYOUT.group[i]] == pytest.approx(stats.norm.logpdf(target.value, link, spread), rel=1e-9)
    assert len(ratios) > 5


def test_errors_of_components_add_to_the_discrepancies_of_their_targets() -> None:
    """Against importance sampling again, each target with a variance of its own; of a ratio, both parts'."""
    errors = RNG.uniform(0.01, 0.2, LINKS.shape)
    found = find_group_likelihoods(plan_likelihood(LAYOUT), LINKS, errors, TAUS)
    rng = np.random.default_rng(9)
    seen = 0
    for group in np.flatnonzero(np.bincount(LAYOUT.group) > 1):
        own = np.flatnonzero(LAYOUT.group == group)
        parts = LAYOUT.component[own]
        covariance = covary(own) * TAUS[0, LAYOUT.kind[own[0]]] ** 2 + np.diag(errors[0, parts])
        exact = integrate_group(own, LINKS[0, parts], covariance, rng)
        assert found[0, group] == pytest.approx(exact, abs=0.06 * len(own))
        seen += 1
    assert seen > 10
    for i in np.flatnonzero(LAYOUT.law == 2):
        both = errors[0, [LAYOUT.component[i], LAYOUT.over[i]]].sum()
        assert add_errors(LAYOUT, errors)[0, i] == pytest.approx(both)


def test_drawn_discrepancies_have_the_law_of_the_likelihood() -> None:
    """Standard deviation tau; within a study the stated correlation, between studies none."""
    rows, tau = 20_000, 0.4
    drawn = draw_discrepancies(LAYOUT, np.full((rows, len(TAU_SCALES)), tau), np.random.default_rng(8))
    assert drawn.std(axis=0) == pytest.approx(np.full(len(TARGETS), tau), rel=6.0 / math.sqrt(2.0 * rows))
    found = np.corrcoef(drawn.T)
    stated = np.zeros_like(found)
    for group in range(len(LAYOUT.groups)):
        own = np.flatnonzero(LAYOUT.group == group)
        stated[np.ix_(own, own)] = covary(own)
    assert {0.5, 0.75} <= set(stated.ravel())
    assert np.abs(found - stated).max() < 6.0 / math.sqrt(rows)


def test_discrepancies_are_half_normal() -> None:
    taus = find_taus(np.tile(stats.norm.ppf([[0.5], [0.95]]), (1, len(TAU_SCALES))))
    for column, scale in enumerate(TAU_SCALES.values()):
        assert taus[:, column] == pytest.approx(stats.halfnorm(scale=scale).ppf([0.5, 0.95]))
