"""Rates in and out of treatment: exact intervals of counts, and every rate beside a published range that exists."""

import json
from dataclasses import replace

import pytest
from scipy.stats import poisson

from meta.tables import list_sets
from trialsim.calibration.rates import find_range, list_rates
from trialsim.calibration.targets import read_targets
from trialsim.parameters.evidence import find_evidence_file

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


def test_every_rate_has_a_published_range() -> None:
    known = {each.name for each in list_sets()} | set(TARGETS)
    assert {rate.published for rate in list_rates()} <= known


def test_the_stored_rates_are_these_and_say_what_misses() -> None:
    assert [row["rate"] for row in STORED] == [rate.words for rate in list_rates()]
    for row in STORED:
        assert row["low"] < row["mean"] < row["high"]
        assert 0.0 < row["mcse"] < row["mean"]
        assert row["inside"] == (row["published_low"] <= row["mean"] <= row["published_high"])


def test_a_ratio_is_that_of_its_rates() -> None:
    """To four digits: the report keeps six, and mean rates are sums over the same draws."""
    mean = {row["rate"]: row["mean"] for row in STORED}
    for arm in ("methadone", "buprenorphine"):
        inside, outside = mean[f"Overdose deaths in treatment, {arm}"], mean[f"Overdose deaths out of treatment, {arm}"]
        assert mean[f"The same, in against out, {arm}"] == pytest.approx(inside / outside, rel=1e-4)
