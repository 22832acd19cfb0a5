"""The likelihood against brute force and against scipy's multivariate normal."""

import math
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from scipy import optimize, special, stats

from trialsim.calibration.likelihood import (
    SHARES,
    TAU_SCALES,
    add_errors,
    draw_discrepancies,
    find_group_likelihoods,
    find_taus,
    lay_out_targets,
    tie_errors,
)
from trialsim.calibration.surrogate import Surrogate
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
FOUND = find_group_likelihoods(LAYOUT, LINKS, np.zeros_like(LINKS), TAUS)


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
    sizes, arms = np.bincount(LAYOUT.group), LAYOUT.in_group.sum(axis=0)
    off, seen = [], set()
    for group in np.flatnonzero(sizes > 1):
        own = np.flatnonzero(LAYOUT.group == group)
        if any(TARGETS[i].law == "normal" or TARGETS[i].over for i in own):
            continue
        for row in range(3):
            covariance = covary(own) * TAUS[row, LAYOUT.kind[own[0]]] ** 2
            exact = integrate_group(own, LINKS[row, LAYOUT.component[own]], covariance, rng)
            off.append((FOUND[row, group] - exact) / len(own))
        seen.add(int(arms[group]))
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


def make_surrogate(alike: Floats, level: Floats) -> Surrogate:
    """Return a surrogate without coordinates, whose errors have this correlation and level."""
    nothing = np.zeros((len(level), 0))
    error = np.column_stack([level, np.zeros((len(level), 2))])
    return Surrogate(nothing.sum(axis=1), nothing, nothing, nothing, nothing, np.zeros((0, 2), np.intp), error, alike)


def test_errors_that_are_alike_are_a_covariance_of_their_arm() -> None:
    """Errors with a correlation of three factors, which principal factors give back: importance sampling again."""
    factors = RNG.uniform(-0.55, 0.55, (len(COMPONENTS), 3))
    alike = factors @ factors.T
    np.fill_diagonal(alike, 1.0)
    tied = tie_errors(LAYOUT, make_surrogate(alike, RNG.uniform(0.01, 0.2, len(COMPONENTS))))
    errors = RNG.uniform(0.01, 0.2, LINKS.shape)
    found = find_group_likelihoods(tied, LINKS, errors, TAUS)
    untied = find_group_likelihoods(LAYOUT, LINKS, errors, TAUS)
    seen, gains = 0, []
    for group in np.flatnonzero(np.bincount(LAYOUT.group) > 6):
        own = np.flatnonzero(LAYOUT.group == group)
        parts = LAYOUT.component[own]
        loadings = tied.loadings[own]
        same_arm = np.equal.outer(LAYOUT.cell[own], LAYOUT.cell[own])
        shared = loadings @ loadings.T * same_arm
        np.fill_diagonal(shared, 1.0)
        if min(np.bincount(LAYOUT.cell)[LAYOUT.cell[own]]) > 6:
            np.testing.assert_allclose(shared, alike[np.ix_(parts, parts)] * same_arm, atol=0.02)
            seen += 1
        apart = covary(own) * TAUS[0, LAYOUT.kind[own[0]]] ** 2 + np.diag(errors[0, parts])
        np.fill_diagonal(shared, 0.0)
        together = apart + shared * np.sqrt(np.outer(errors[0, parts], errors[0, parts]))
        exact = [integrate_group(own, LINKS[0, parts], law, np.random.default_rng(9)) for law in (together, apart)]
        assert found[0, group] == pytest.approx(exact[0], abs=0.05 * len(own))
        gains.append((found[0, group] - untied[0, group], exact[0] - exact[1]))
    assert seen > 2
    # What sharing gains or loses hardly depends on the approximation.
    mine, theirs = np.array(gains).T
    assert mine == pytest.approx(theirs, abs=0.05)
    assert np.abs(theirs).max() > 0.5


def test_errors_of_a_ratio_are_those_of_a_difference() -> None:
    """Drawn errors of numerators and denominators: their differences have the stated variance and correlation."""
    spread = RNG.uniform(0.1, 0.4, len(COMPONENTS))
    factors = RNG.uniform(-0.7, 0.7, (len(COMPONENTS), 2))
    alike = factors @ factors.T
    np.fill_diagonal(alike, 1.0)
    tied = tie_errors(LAYOUT, make_surrogate(alike, spread**2))
    drawn = spread * RNG.multivariate_normal(np.zeros(len(spread)), alike, 100_000)
    ratios = np.flatnonzero(LAYOUT.over >= 0)
    differences = drawn[:, LAYOUT.component[ratios]] - drawn[:, LAYOUT.over[ratios]]
    stated = add_errors(tied, np.tile(spread**2, (1, 1)))[0]
    assert len(ratios) > 5
    assert stated[ratios] == pytest.approx(differences.var(axis=0), rel=5.0 * math.sqrt(2.0 / len(drawn)))
    rest = np.setdiff1d(np.arange(len(TARGETS)), ratios)
    assert stated[rest] == pytest.approx(spread[LAYOUT.component[rest]] ** 2)
    correlation = np.array(np.corrcoef(differences.T))
    for i, j in combinations(range(len(ratios)), 2):
        if tied.cell[ratios[i]] == tied.cell[ratios[j]] and (tied.cell == tied.cell[ratios[i]]).sum() == 2:
            of_pair = float(tied.loadings[ratios[i]] @ tied.loadings[ratios[j]])
            assert of_pair == pytest.approx(correlation[i, j], abs=0.02)


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
