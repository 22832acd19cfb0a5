"""Layouts: right steps, aligned numbers at risk, boxes that do not collide, diagrams that add up."""

import re
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.sample import sample_cohort, sample_trial
from trialsim.report.axes import Scale, band_path, nice_ticks, place, step_path, thin_steps, wrap_text
from trialsim.report.bars import Z95, bar_figure, interval_of
from trialsim.report.curves import curve_figure
from trialsim.report.flow import SIZE, FlowFigure, flow_figure
from trialsim.report.survival import axis_floor, curve_table, is_cut, survival_at

LABELS = {"a": "First", "b": "Second"}


def curve(**changes: Any) -> dict[str, Any]:
    arm = {"time": [0.0, 2.0, 4.0], "survival": [1.0, 0.5, 0.25], "low": [1.0, 0.4, 0.1], "high": [1.0, 0.6, 0.4],
           "at_risk_time": [0.0, 2.0, 4.0], "at_risk": [10, 5, 2]}  # fmt: skip
    return {"name": "x", "label": "X", "ylabel": "Free of X", "arms": {"a": arm | changes, "b": arm}}


def test_steps_fall_at_their_times() -> None:
    assert step_path([0, 10, 20, 30], [5, 5, 8, 9]) == "M0 5H20V8H30V9H30"


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(0, 1)), max_size=80))
def test_thinned_steps_keep_both_ends_and_one_point_a_pixel(points: list[tuple[float, float]]) -> None:
    points.sort()
    kept = thin_steps(points)
    assert kept[:1] + kept[-1:] == points[:1] + points[-1:]
    pixels = [int(x) for x, _ in kept[1:]]
    assert len(set(pixels)) == len(pixels)
    last = {int(x): (x, y) for x, y in points}
    assert set(last.values()) <= set(kept)


def test_a_band_runs_out_along_its_upper_edge_and_back_along_its_lower() -> None:
    assert band_path([0, 10], [4, 6], [2, 3]) == "M0 2H10V3H10L10 6H10V4H0Z"


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 10))
def test_ticks_are_few_even_and_cover_the_data(low: float, span: float, count: int) -> None:
    ticks = nice_ticks(low, low + span, count)
    step = (ticks[-1] - ticks[0]) / (len(ticks) - 1)
    assert ticks[0] <= low + 1e-6 * step
    assert ticks[-1] >= low + span - 1e-6 * step
    assert len(ticks) <= count + 2


@given(st.floats(allow_nan=False, width=32))
def test_nothing_is_drawn_outside_its_axis(value: float) -> None:
    assert 10.0 <= place(Scale(0.0, 1.0, 10.0, 90.0), value) <= 90.0


@pytest.mark.parametrize(("width", "gutter"), [(960.0, True), (400.0, False)])
def test_numbers_at_risk_stand_under_their_ticks(width: float, gutter: bool) -> None:
    figure = curve_figure(curve(), LABELS, "x", width, gutter)
    assert [tick.label for tick in figure.x_ticks] == ["0", "2", "4"]
    for row in figure.risk:
        assert [(n.at, n.label) for n in row.numbers] == [
            (t.at, n) for t, n in zip(figure.x_ticks, ["10", "5", "2"], strict=True)
        ]
    assert figure.height > max(row.y for row in figure.risk) > figure.bottom


def test_the_axis_starts_at_zero_unless_all_stay_above_a_half() -> None:
    assert curve_figure(curve(), LABELS, "x", 960.0, True).y_ticks[0].label == "0%"
    high = {"survival": [1.0, 0.99, 0.985], "low": [1.0, 0.985, 0.97], "high": [1.0, 0.995, 0.99]}
    both = {"a": curve(**high)["arms"]["a"]}
    assert curve_figure(curve() | {"arms": both}, LABELS, "x", 960.0, True).y_ticks[0].label == "97%"


def test_a_wild_early_band_does_not_stretch_the_axis_but_is_told_to_be_cut() -> None:
    wild = {"survival": [1.0, 0.99, 0.985], "low": [1.0, 0.3, 0.97], "high": [1.0, 1.0, 0.99]}
    one = curve() | {"arms": {"a": curve(**wild)["arms"]["a"]}}
    assert axis_floor(one) == 0.97
    assert is_cut(one)
    assert not is_cut(curve())


def test_long_follow_up_is_counted_in_years() -> None:
    years = [k * 365.25 / 7 for k in (0, 2, 4)]
    figure = curve_figure({"arms": {"a": curve(time=years, at_risk_time=years)["arms"]["a"]}}, LABELS, "x", 960.0, True)
    assert figure.x_label == "Years since time zero"
    assert [tick.label for tick in figure.x_ticks] == ["0", "2", "4"]


def test_a_curve_is_one_until_its_first_event_and_missing_where_it_is_missing() -> None:
    arm = {"time": [1.0, 2.0], "survival": [0.8, None]}
    assert [survival_at(arm, at) for at in (0.5, 1.0, 1.9, 2.0)] == [1.0, 0.8, 0.8, None]


def test_the_figure_as_numbers_agrees_with_the_figure() -> None:
    rows = curve_table(curve(), LABELS).groups[0].rows
    assert [(row.head.text, *(cell.text for cell in row.cells)) for row in rows] == [
        ("0", "100.0% (100.0 to 100.0)", "10"),
        ("2", "50.0% (40.0 to 60.0)", "5"),
        ("4", "25.0% (10.0 to 40.0)", "2"),
    ]


def flow_of(count: int, width: float, columns: int) -> FlowFigure:
    arm = sample_trial()["flow"]["xr_naltrexone"]
    names = {f"arm_{k}": f"Arm {k} with a label of some length, dose and schedule" for k in range(count)}
    return flow_figure({"flow": dict.fromkeys(names, arm), "arm_labels": names}, "x", width, columns)


@pytest.mark.parametrize("count", [1, 2, 3, 6])
@pytest.mark.parametrize(("width", "columns"), [(960.0, 3), (400.0, 1)])
def test_boxes_of_the_flow_stay_apart_and_inside(count: int, width: float, columns: int) -> None:
    figure = flow_of(count, width, columns)
    for box in figure.boxes:
        assert box.x >= 0
        assert box.x + box.width <= width + 1e-9
        assert box.y + box.height <= figure.height
        assert all(box.y < line.y < box.y + box.height for line in box.lines)
        assert all(len(line.text) * SIZE * 0.5 < box.width for line in box.lines)
    for one, other in combinations(figure.boxes, 2):
        beside = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert beside or one.y + one.height < other.y or other.y + other.height < one.y


def texts_of(figure: FlowFigure) -> list[str]:
    return [line.text for box in figure.boxes for line in box.lines]


def test_the_flow_adds_arms_up_and_tells_reasons() -> None:
    texts = texts_of(flow_figure(sample_trial(), "x", 960.0, 2))
    assert {"Screened: 769.5", "Not randomised: 199.5", "Randomised: 570", "Not inducted: 79.2"} <= set(texts)
    assert "left before detoxification ended: 55.4" in texts
    assert "Inducted: 203.8 (72.0%)" in texts


def test_the_flow_copies_people_where_each_lives_under_every_arm() -> None:
    texts = texts_of(flow_figure(sample_trial() | {"mode": "counterfactual"}, "x", 960.0, 2))
    assert "Copied into every arm: 287" in texts


def test_counts_that_are_missing_leave_no_box() -> None:
    flow = {"a": {"screened": None, "randomised": 10, "inducted": 4, "not_inducted": {}, "discontinued": {"left": 4}}}
    figure = flow_figure({"flow": flow}, "x", 400.0, 1)
    assert texts_of(figure) == [
        "Randomised: 10",
        "a",
        "Randomised: 10",
        "Inducted: 4 (40.0%)",
        "Discontinued: 4",
        "left: 4",
    ]
    # The stem reaches the last side box although no main box follows.
    assert any(re.fullmatch(r"M18 [\d.]+V[\d.]+", line) for line in figure.lines)


def test_policies_without_person_time_have_no_panel() -> None:
    summary = sample_cohort()
    figure = bar_figure(summary["by_time_since_start"], summary["policy_labels"], "x", "Title", 960.0, 3)
    assert figure is not None
    assert [panel.title[0].label for panel in figure.panels][:1] == ["Oral naltrexone"]
    assert len(figure.panels) == 5
    assert bar_figure({"none": []}, {"none": "None"}, "x", "Title", 960.0, 3) is None


def test_bars_of_zero_deaths_have_no_height() -> None:
    row = {"from_day": 0, "to_day": 14, "deaths": 0, "person_years": 5.0, "deaths_per_1000_py": 0.0, "mcse": 0.0}
    figure = bar_figure({"a": [row]}, LABELS, "x", "Title", 400.0, 1)
    assert figure is not None
    bar = figure.panels[0].bars[0]
    assert bar.top == figure.panels[0].base
    assert bar.overdose_top is None


def test_a_whisker_far_above_all_bars_is_cut_and_marked() -> None:
    rows = [
        {"from_day": 0, "to_day": 14, "deaths_per_1000_py": 10.0, "low": 8.0, "high": 12.0},
        {"from_day": 14, "to_day": 28, "deaths_per_1000_py": 0.0, "low": 0.0, "high": 3000.0},
    ]
    figure = bar_figure({"a": rows}, LABELS, "x", "Title", 400.0, 1)
    assert figure is not None
    assert [tick.label for tick in figure.panels[0].y_ticks] == ["0", "5", "10", "15", "20"]
    assert [bar.cut for bar in figure.panels[0].bars] == [False, True]
    alone = bar_figure({"a": rows[1:]}, LABELS, "x", "Title", 400.0, 1)
    assert alone is not None
    assert [bar.cut for bar in alone.panels[0].bars] == [False]


def test_intervals_of_rates_stop_at_zero() -> None:
    assert interval_of({"deaths_per_1000_py": 1.0, "mcse": 1.0}) == (0.0, 1.0 + Z95)
    assert interval_of({"deaths_per_1000_py": 1.0, "mcse": None}) is None
    assert interval_of({"deaths_per_1000_py": 0.0, "mcse": None, "low": 0.0, "high": 3.8}) == (0.0, 3.8)


@given(st.text(max_size=200), st.floats(20, 400))
def test_wrapped_lines_lose_no_letter(text: str, width: float) -> None:
    assert "".join("".join(wrap_text(text, width, 12.0)).split()) == "".join(text.split())
