"""Curves: people are drawn as a figure and read back; estimators against statsmodels and closed forms."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from meta import EvidenceError
from meta.curves import (
    PseudoPatients,
    draw_weibull,
    estimate_survival,
    fit_weibull,
    fit_weibull_weekly,
    make_curve,
    reconstruct,
    reconstruct_many,
    weekly_survival,
)

REFERENCE = Path(__file__).parents[1] / "reference"


def make_people(n: int, seed: int, *, shape: float = 0.8, censoring: float = 0.02) -> PseudoPatients:
    random = np.random.default_rng(seed)
    life = random.weibull(shape, n) / 0.05
    leave = np.minimum(random.exponential(1 / censoring, n), 30.0)
    time, event = np.minimum(life, leave), (life <= leave).astype(float)
    order = np.argsort(time)
    return PseudoPatients(time[order], event[order])


def digitise(people: PseudoPatients) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The published figure: points of the curve, and numbers at risk every five units of time."""
    curve = estimate_survival(people)
    time = np.concatenate([[0.0], curve.time, [30.0]])
    survival = np.concatenate([[1.0], curve.survival, curve.survival[-1:]])
    risk_time = np.arange(0.0, 30.0, 5.0)
    at_risk = np.array([(people.time >= t).sum() for t in risk_time], float)
    return time, survival, risk_time, at_risk


@pytest.mark.parametrize("seed", range(5))
def test_people_come_back_from_their_own_figure(seed: int) -> None:
    """With the table: curve within half a person, events within 2% of the truth."""
    people = make_people(300, seed)
    time, survival, risk_time, at_risk = digitise(people)
    back = reconstruct(make_curve(time, survival, 300, risk_time=risk_time, at_risk=at_risk))
    assert len(back.time) == 300
    assert back.event.sum() == pytest.approx(people.event.sum(), rel=0.02)
    redrawn = estimate_survival(back)
    grid = np.linspace(1, 29, 57)

    def read(t: np.ndarray, s: np.ndarray) -> np.ndarray:
        return np.concatenate([[1.0], s])[np.searchsorted(t, grid, side="right")]

    gap = np.abs(read(redrawn.time, redrawn.survival) - read(time[1:-1], survival[1:-1])).max()
    assert gap < 0.5 / at_risk[-1]
    for t, n in zip(risk_time, at_risk, strict=True):
        assert abs((back.time >= t).sum() - n) <= 3


def test_without_the_table_events_are_overstated_and_it_is_said() -> None:
    people = make_people(300, 1, censoring=0.05)
    time, survival, risk_time, at_risk = digitise(people)
    with_table = reconstruct(make_curve(time, survival, 300, risk_time=risk_time, at_risk=at_risk))
    without = reconstruct(make_curve(time, survival, 300))
    truth = people.event.sum()
    assert abs(with_table.event.sum() - truth) <= 0.03 * truth
    assert without.event.sum() > 1.1 * truth
    assert any("overstated" in warning for warning in without.warnings)


def test_a_published_curve_has_134_events_with_its_table_and_157_without() -> None:
    """Radiotherapy alone in Bonner 2006, as digitised by Liu 2021 (data of the R package IPDfromKM). The numbers at
    risk come back as printed.
    """
    curve = json.loads((REFERENCE / "bonner2006-radiotherapy.json").read_text(encoding="utf-8"))
    time, survival = np.maximum(curve["time"], 0.0), np.array(curve["survival"]) / 100
    risk_time, at_risk = curve["risk_time"], curve["at_risk"]
    with_table = reconstruct(make_curve(time, survival, at_risk[0], risk_time=risk_time, at_risk=at_risk))
    without = reconstruct(make_curve(time, survival, at_risk[0]))
    assert with_table.event.sum() == 134
    assert without.event.sum() == 157
    assert [(with_table.time >= t).sum() for t in risk_time] == at_risk


def test_the_printed_total_of_events_bounds_what_is_read_without_the_table() -> None:
    people = make_people(300, 1, censoring=0.05)
    time, survival, _, _ = digitise(people)
    total = int(people.event.sum())
    back = reconstruct(make_curve(time, survival, 300, events=total))
    assert abs(back.event.sum() - total) <= 0.05 * total


def test_digitising_error_spreads_the_events() -> None:
    time, survival, risk_time, at_risk = digitise(make_people(200, 4))
    curve = make_curve(time, survival, 200, risk_time=risk_time, at_risk=at_risk)
    counts = [float(each.event.sum()) for each in reconstruct_many(curve, 20, 1, error=0.01)]
    assert np.std(counts) > 0
    assert abs(np.mean(counts) - reconstruct(curve).event.sum()) < 0.1 * np.mean(counts)


@pytest.mark.parametrize(
    ("time", "survival", "risk", "said"),
    [
        ([0, 1, 2], [1, 0.8, 0.9], ([], []), "rises"),
        ([0, 2, 1], [1, 0.8, 0.7], ([], []), "times that fall"),
        ([0, 1, 2], [100, 80, 70], ([], []), "proportion"),
        ([0, 1, 2], [1, 0.9, 0.8], ([0, 1], [100, 120]), "does not fit"),
        ([0, 1], [1], ([], []), "values"),
    ],
)
def test_what_is_no_survival_curve_is_refused(
    time: list[float], survival: list[float], risk: tuple[list[float], list[float]], said: str
) -> None:
    with pytest.raises(EvidenceError, match=said):
        make_curve(time, survival, 100, risk_time=risk[0], at_risk=risk[1])


def test_a_slip_of_the_hand_is_levelled_with_a_word() -> None:
    curve = make_curve([0, 1, 2], [1, 0.8, 0.805], 100)
    assert curve.survival.tolist() == [1.0, 0.8, 0.8]
    assert any("levelled" in warning for warning in curve.warnings)


def test_kaplan_meier_is_that_of_statsmodels() -> None:
    from statsmodels.duration.survfunc import SurvfuncRight

    people = make_people(120, 9)
    known = SurvfuncRight(people.time, people.event)
    found = estimate_survival(people)
    np.testing.assert_allclose(found.survival, known.surv_prob, rtol=1e-10)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.abs(known.surv_prob_se / (known.surv_prob * np.log(known.surv_prob)))
        low = known.surv_prob ** np.exp(1.959963984540054 * error)
    np.testing.assert_allclose(found.low[:-1], low[:-1], rtol=1e-8)


def test_an_exponential_curve_is_events_over_time() -> None:
    """With shape 1 the rate is events over person-time; the fit of a large exponential sample finds both."""
    random = np.random.default_rng(5)
    time = random.exponential(10.0, 20_000)
    people = PseudoPatients(np.sort(np.minimum(time, 25.0)), (np.sort(time) < 25.0).astype(float))
    fit = fit_weibull(people)
    error = math.sqrt(fit.covariance[1, 1])
    assert abs(fit.log_shape) < 4 * error
    assert abs(fit.log_rate - math.log(0.1)) < 4 * math.sqrt(fit.covariance[0, 0])
    assert error == pytest.approx(math.sqrt(6) / math.pi / math.sqrt(people.event.sum()), rel=0.15)


def test_weekly_counts_fit_the_same_curve_as_the_people_behind_them() -> None:
    people = make_people(20_000, 2, censoring=1e-9)
    weeks = np.arange(0.0, 30.0)
    there = np.array([(people.time > t).sum() for t in weeks], float)
    at_risk, events = weekly_survival(there[1:], 20_000)
    weekly, daily = fit_weibull_weekly(at_risk, events, weeks), fit_weibull(people)
    assert weekly.log_shape == pytest.approx(daily.log_shape, abs=4 * math.sqrt(weekly.covariance[1, 1]))
    assert weekly.log_rate == pytest.approx(daily.log_rate, abs=4 * math.sqrt(weekly.covariance[0, 0]))


def test_draws_have_the_covariance_of_the_fit() -> None:
    fit = fit_weibull(make_people(400, 3))
    rate, shape = draw_weibull(fit, 20_000, 1)
    found = np.cov(np.log(rate), np.log(shape))
    np.testing.assert_allclose(found, fit.covariance, atol=0.05 * np.abs(fit.covariance).max())


def test_retention_does_not_grow() -> None:
    with pytest.raises(EvidenceError, match="grow"):
        weekly_survival([90, 95], 100)
