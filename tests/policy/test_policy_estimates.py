"""Monte Carlo errors: closed forms, and the spread of the estimate over independent seeds."""

import numpy as np
import pytest
from scipy.stats import f

from tests.policy.cohort import count_people, make_cohort
from trialsim.policy.curves import estimate_curve
from trialsim.policy.estimates import describe_difference, describe_ratio, find_error, find_ratio
from trialsim.policy.outcomes import list_outcomes, name_days
from trialsim.policy.summary import COMPARED, estimate_outcomes

CHANCE = 1e-6  # of a false alarm in one comparison
SEEDS, GROUPS = 120, 100


def test_jackknife_of_a_mean_is_the_textbook_error() -> None:
    # Equal amounts make the ratio a mean of group means, whose standard error has a closed form.
    events = np.array([3, 5, 2, 8, 0, 6])
    ratio = find_ratio(events, np.full(6, 10))
    assert ratio.value == 24 / 60
    assert find_error(ratio.without) == pytest.approx((events / 10).std(ddof=1) / np.sqrt(6), rel=1e-12)


def test_an_error_needs_two_groups_and_person_time() -> None:
    assert describe_ratio(find_ratio(np.array([3]), np.array([10])), True)["mcse"] is None
    assert describe_ratio(find_ratio(np.array([0, 0]), np.array([0, 0])), True) == dict.fromkeys(
        ("mean", "low", "high", "mcse")
    )
    # All person-time in one group: without it there is no rate, so its spread is unknown.
    alone = describe_ratio(find_ratio(np.array([2, 0]), np.array([10, 0])), True)
    assert (alone["mean"], alone["mcse"]) == (0.2, None)


def test_nothing_seen_is_not_nothing_possible() -> None:
    cells = describe_ratio(find_ratio(np.zeros(5, np.int64), np.full(5, 20)), True)
    assert (cells["mean"], cells["low"], cells["mcse"]) == (0.0, 0.0, None)
    assert np.exp(-100 * float(cells["high"] or 0)) == pytest.approx(0.025)
    assert describe_ratio(find_ratio(np.zeros(5, np.int64), np.full(5, 20)), False)["high"] == 0.0


def test_a_difference_is_paired() -> None:
    events, amount = np.array([3, 15, 2, 18, 1]), np.full(5, 30)
    first, second = find_ratio(events + 1, amount), find_ratio(events, amount)
    cells = describe_difference(first, second)
    assert cells["mean"] == pytest.approx(1 / 30)
    assert cells["mcse"] == pytest.approx(0.0, abs=1e-15)


def test_durations_have_names() -> None:
    assert [name_days(days)[0] for days in (365.25, 1826.25, 182.625, 28.0, 3.0, 2.5)] == [
        "1_year",
        "5_years",
        "6_months",
        "4_weeks",
        "3_days",
        "2_5_days",
    ]


def test_curves_fall_from_one_within_their_interval() -> None:
    events = np.random.default_rng(1).poisson(1.0, (50, 12))
    share, low, high = estimate_curve(events, np.full(50, 40))
    assert share[-1] == 1 - events.sum() / 2000
    assert (np.diff(share) <= 0).all()
    assert (low < share).all()
    assert (share < high).all()


def test_errors_match_the_spread_over_independent_seeds() -> None:
    scenario = make_cohort("no_treatment", "methadone", participants=1_500, years=1.0)
    estimates: dict[str, list[float]] = {}
    errors: dict[str, list[float]] = {}
    for seed in range(SEEDS):
        counts, ends = count_people(scenario, seed=1000 + seed)
        ratios = estimate_outcomes(list_outcomes(counts, ends, ()), counts)
        for name in (*COMPARED, "nonfatal_overdoses_per_1000_py", "years_in_treatment"):
            cells = {
                name: describe_ratio(ratios[name][1], True),
                f"difference in {name}": describe_difference(ratios[name][1], ratios[name][0]),
            }
            for key, cell in cells.items():
                estimates.setdefault(key, []).append(float(cell["mean"] or 0))
                errors.setdefault(key, []).append(float(cell["mcse"] or 0))
    # Under the law to be tested, the two variances differ by chance as F does. The squared errors of the seeds are
    # independent, each with GROUPS - 1 degrees of freedom.
    low, high = f.ppf([CHANCE / 2, 1 - CHANCE / 2], SEEDS - 1, SEEDS * (GROUPS - 1))
    for name, values in estimates.items():
        claimed = np.mean(np.square(errors[name]))
        assert low < np.var(values, ddof=1) / claimed < high, name


def test_common_luck_makes_differences_sharper() -> None:
    scenario = make_cohort("no_treatment", "methadone", participants=2_000, years=1.0)
    counts, ends = count_people(scenario)
    ratios = estimate_outcomes(list_outcomes(counts, ends, ()), counts)["deaths_by_horizon"]
    paired = describe_difference(ratios[1], ratios[0])["mcse"]
    apart = np.hypot(float(find_error(ratios[0].without) or 0), float(find_error(ratios[1].without) or 0))
    assert paired is not None
    assert paired < 0.8 * apart
