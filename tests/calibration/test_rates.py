"""Rates in and out of treatment: exact intervals of counts, and every rate beside a published range that exists."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import poisson

from meta.tables import list_sets
from trialsim.calibration.rates import find_published, find_range, is_inside, list_rates, sum_up
from trialsim.calibration.targets import read_targets
from trialsim.parameters.evidence import find_evidence_file, list_evidence_ids, read_evidence_rows

TARGETS = {target.name: target for target in read_targets()}
STORED = json.loads(find_evidence_file("calibrated/validation.json").read_text(encoding="utf-8"))["rates"]


@pytest.mark.parametrize("events", [0.0, 1.0, 7.0, 60.0])
def test_the_interval_of_a_count_holds_what_its_definition_says(events: float) -> None:
    """At the lower limit as many events or more have 2.5%, at the upper as many or fewer (Garwood 1936)."""
    target = replace(TARGETS["cousins-2016-deaths-out"], events=events, n=2000.0)
    value, low, high = find_range(target)
    assert value == events / 2000.0
    assert poisson.cdf(events, high * 2000.0) == pytest.approx(0.025, abs=1e-9)
    if events:
        assert poisson.sf(events - 1.0, low * 2000.0) == pytest.approx(0.025, abs=1e-9)
    else:
        assert low == 0.0


def test_every_rate_has_a_published_number() -> None:
    known = {each.name for each in list_sets()} | set(TARGETS) | list_evidence_ids()
    assert {rate.published for rate in list_rates()} <= known
    # Sordo 2017 prints rates out of treatment without an interval; everything else has a range.
    assert [row["source"] for row in STORED if row["inside"] is None] == ["sordo-2017-2", "sordo-2017-4"]


def test_the_stored_rates_are_these_and_say_what_misses() -> None:
    assert [row["rate"] for row in STORED] == [rate.words for rate in list_rates()]
    for row in STORED:
        assert 0.0 < row["mcse"] < row["mean"]
        assert row["low"] < row["mean"] < row["high"]
        assert row["inside"] == is_inside(row["mean"], row["published_low"], row["published_high"])


def test_a_ratio_is_that_of_its_rates() -> None:
    """To four digits: the report keeps six, and rates are sums over the same draws."""
    mean = {row["rate"]: row["mean"] for row in STORED}
    for arm in ("methadone", "buprenorphine"):
        for deaths in ("Overdose deaths", "Deaths of all causes"):
            inside, outside = mean[f"{deaths} in treatment, {arm}"], mean[f"{deaths} out of treatment, {arm}"]
            assert mean[f"{deaths}, in against out, {arm}"] == pytest.approx(inside / outside, rel=1e-4)


def draw_counts(draws: int, spread: float, expected: float, rng: np.random.Generator) -> np.ndarray:
    """Events and person-years [draws, 2] of rates with a log-normal law of median 1 and this spread."""
    years = np.full(draws, expected)
    return np.column_stack([rng.poisson(years * np.exp(spread * rng.standard_normal(draws))), years])


def test_the_monte_carlo_error_is_the_scatter_of_repeated_sums() -> None:
    """Of a rate, and of a ratio of two rates that do not know of each other: counting and number of draws together."""
    rng = np.random.default_rng(1)
    runs = [[draw_counts(100, 0.5, 8.0, rng) for _ in range(2)] for _ in range(1000)]
    for rates in ([sum_up(one, None) for one, _ in runs], [sum_up(one, two) for one, two in runs]):
        found = np.array([rate["mean"] for rate in rates], float).std(ddof=1)
        stated = np.mean([rate["mcse"] for rate in rates if rate["mcse"] is not None])
        # The error of a standard deviation of 1,000 is 2.2%; the linearised error is off by about as much.
        assert found / stated == pytest.approx(1.0, abs=4.0 * 0.022 + 0.02)


def test_the_range_over_draws_is_without_the_chance_of_counting() -> None:
    """Half a log standard deviation between draws, of eight events each: counts alone would add a third of one."""
    found = sum_up(draw_counts(4000, 0.5, 8.0, np.random.default_rng(2)), None)
    assert found["low"] is not None
    assert found["high"] is not None
    assert np.log(found["high"] / found["low"]) == pytest.approx(2.0 * 1.96 * 0.5, rel=0.1)
    # Draws that differ by chance alone have no range.
    assert sum_up(draw_counts(4000, 0.0, 2.0, np.random.default_rng(3)), None)["low"] is None


def test_published_numbers_are_those_of_the_papers() -> None:
    """Sordo 2017, methadone: 36.1 deaths per 1,000 person-years out of treatment, 3.20 (2.65 to 3.86) times as many."""
    rows = read_evidence_rows(["sordo-2017-2", "sordo-2017-9"])
    assert find_published("sordo-2017-2", {}, rows)["published"] == pytest.approx(0.0361)
    assert tuple(find_published("sordo-2017-9", {}, rows).values()) == (3.2, 2.65, 3.86)
    assert is_inside(0.0361, *list(find_published("sordo-2017-2", {}, rows).values())[1:]) is None
    assert is_inside(3.0, 2.65, 3.86)
    assert is_inside(4.0, 2.65, 3.86) is False
