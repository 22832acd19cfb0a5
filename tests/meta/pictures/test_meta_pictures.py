"""Pictures: well-formed SVG in which every study stands where its number says, on the scale that the axis prints."""

import math
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from meta.data import EffectSizes
from meta.measures import MEASURES, find_measure
from meta.pictures import draw_densities, draw_forest, draw_funnel, draw_network, draw_rankogram
from meta.pictures.axes import format_natural, make_axis, place, round_steps
from meta.result import PooledResult, StudyResult

SVG = "{http://www.w3.org/2000/svg}"


STUDIES = (
    StudyResult("First & <oldest>", -1.0, 0.3, -1.6, -0.4, 0.25, -0.8, -1.3, -0.3),
    StudyResult("Second", 0.0, 0.2, -0.4, 0.4, 0.75, -0.1, -0.5, 0.3),
)
RESULT = PooledResult(
    measure="log_risk_ratio",
    model="normal",
    method="exact",
    effects="random",
    level=0.95,
    estimate=-0.4,
    estimate_is="posterior mean",
    se=0.3,
    ci_low=-1.0,
    ci_high=0.2,
    tau=0.4,
    tau2=0.16,
    studies=STUDIES,
    prediction_low=-1.5,
    prediction_high=0.7,
)


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def test_a_forest_plot_is_well_formed_and_names_everyone() -> None:
    words = [each.text or "" for each in parse(draw_forest(RESULT)).iter(f"{SVG}text")]
    assert "First & <oldest>" in words
    assert "Second" in words
    assert "0.67 (0.368 to 1.22)" in words  # exp of -0.4, -1.0 and 0.2
    assert "25.0%" in words


def test_squares_stand_where_the_axis_says() -> None:
    root = parse(draw_forest(RESULT))
    labels = [each for each in root.iter(f"{SVG}text") if each.get("text-anchor") == "middle"]
    printed = [(float(each.get("x", 0)), each.text or "") for each in labels]
    ticks = [(x, math.log(float(words))) for x, words in printed if re.fullmatch(r"[\d.]+", words)]
    slope, start = np.polyfit([x for x, _ in ticks], [y for _, y in ticks], 1)
    sizes = [(float(r.get("x", 0)), float(r.get("width", 0))) for r in root.iter(f"{SVG}rect")]
    squares = [x + width / 2 for x, width in sizes]
    assert len(squares) == 2
    np.testing.assert_allclose([start + slope * x for x in squares], [-1.0, 0.0], atol=0.01)


def test_a_study_that_has_no_estimate_says_so() -> None:
    lonely = StudyResult("Double zero", None, None, None, None, None, -0.4, -1.5, 0.7)
    svg = draw_forest(replace(RESULT, studies=(*STUDIES, lonely)))
    assert "cannot be estimated alone" in svg


def test_an_interval_beyond_the_axis_ends_in_an_arrow() -> None:
    wide = StudyResult("Wide", 0.0, 30.0, -60.0, 60.0, 0.0)
    svg = draw_forest(replace(RESULT, studies=(*STUDIES, wide)))
    assert svg.count('fill="none"') == 2


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_has_ticks_that_do_not_crowd(name: str) -> None:
    values = (
        [0.05, 0.3, 0.9] if MEASURES[name].natural == "proportion" and name != "logit_proportion" else [-2.0, 0.4, 1.5]
    )
    axis = make_axis(values, find_measure(name), 0.0, 100.0)
    places = [place(axis, at) for at, _ in axis.ticks]
    assert len(places) >= 2
    assert all(later - earlier >= 100 / 12 - 0.02 for earlier, later in pairwise(places))


def test_tiny_rates_get_ticks_too() -> None:
    axis = make_axis([math.log(0.002), math.log(0.02)], find_measure("log_rate"), 0.0, 100.0)
    assert [label for _, label in axis.ticks] == ["2", "5", "10", "20"]


def test_natural_units_are_written_for_people() -> None:
    assert format_natural(find_measure("logit_proportion"), 0.0) == "50.0%"
    assert format_natural(find_measure("log_odds_ratio"), math.log(2)) == "2"
    assert format_natural(find_measure("mean"), None) == "–"


def test_steps_are_round() -> None:
    assert round_steps(0, 1, 5) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]


def test_a_funnel_shows_every_study() -> None:
    data = EffectSizes("log_risk_ratio", ("A", "B", "C"), np.array([-1.0, 0.0, 0.3]), np.array([0.09, 0.04, 0.01]))
    root = parse(draw_funnel(data, RESULT))
    assert len(list(root.iter(f"{SVG}circle"))) == 3


def test_a_network_draws_each_treatment_and_each_pair_once() -> None:
    root = parse(draw_network({"a": 10.0, "b": 20.0, "c": math.nan}, {("a", "b"): 3, ("b", "c"): 1}))
    assert len(list(root.iter(f"{SVG}circle"))) == 3
    assert len(list(root.iter(f"{SVG}line"))) == 2


def test_bars_of_a_rankogram_are_as_tall_as_their_probabilities() -> None:
    root = parse(draw_rankogram(("a", "b"), ((0.8, 0.2), (0.2, 0.8))))
    tall = [float(r.get("height", 0)) for r in root.iter(f"{SVG}rect")]
    np.testing.assert_allclose(np.array(tall) / max(tall), [1, 0.25, 0.25, 1], atol=1e-3)


def test_densities_draw_a_flat_prior_as_no_curve() -> None:
    x = [0.0, 1.0, 2.0]
    assert len(list(parse(draw_densities(x, None, [0.0, 1.0, 0.0], "tau")).iter(f"{SVG}path"))) == 1
    assert len(list(parse(draw_densities(x, [1, 1, 1], [0.0, 1.0, 0.0], "tau")).iter(f"{SVG}path"))) == 2
