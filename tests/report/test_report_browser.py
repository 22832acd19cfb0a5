"""Reports in a real browser: they keep their own policy, load nothing, fit the window, and can be seen."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.report.browser import measure_page, picture_page
from tests.report.sample import sample_cohort, sample_manifest, sample_trial
from trialsim.report import report_cohort, report_trial

REPORTS = {
    "trial": lambda: report_trial(sample_trial(), sample_manifest()),
    "cohort": lambda: report_cohort(sample_cohort(), sample_manifest()),
}
FIGURES = {"trial": {"flow": 1, "curves": 2}, "cohort": {"bars": 2, "curves": 1}}
DARK = "--blink-settings=preferredColorScheme=0"


def long_trial() -> str:
    """Six arms whose labels are far too long."""
    summary = sample_trial()
    labels = {f"arm_{k}": f"Arm {k}, whose label goes on and on, dose by dose and week by week" for k in range(6)}
    for key in ("arms", "flow"):
        summary[key] = dict.fromkeys(labels, summary[key]["xr_naltrexone"])
    for curve in summary["curves"]:
        curve["arms"] = dict.fromkeys(labels, curve["arms"]["xr_naltrexone"])
    return report_trial(summary | {"arm_labels": labels, "differences": []}, {})


def check_figures(measured: dict[str, Any]) -> None:
    for figure in measured["figures"]:
        assert figure["width"] > 300
        assert figure["height"] > 200
        assert figure["overlaps"] == []
        assert figure["spills"] == []
        assert figure["left"] >= 0
        assert figure["right"] <= measured["width"]


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("kind", ["trial", "cohort"])
def test_the_page_fits_its_window_and_loads_nothing(kind: str, width: int, tmp_path: Path) -> None:
    measured = measure_page(REPORTS[kind](), tmp_path, width)
    assert measured["width"] == width
    assert measured["wide"] == []
    assert measured["page"] <= width
    assert measured["scrolled"] == []
    assert (measured["loaded"], measured["broken"]) == (0, [])
    assert Counter(figure["kind"] for figure in measured["figures"]) == FIGURES[kind]
    check_figures(measured)


@pytest.mark.parametrize("width", [1280, 360])
def test_long_labels_stay_in_their_boxes(width: int, tmp_path: Path) -> None:
    measured = measure_page(long_trial(), tmp_path, width)
    assert measured["wide"] == []
    assert measured["page"] <= width
    check_figures(measured)


def test_the_policy_of_the_page_stops_what_would_be_smuggled_in(tmp_path: Path) -> None:
    smuggled = REPORTS["trial"]().replace("<main", '<p style="color:red">x</p><img src="x.png" alt=""><main', 1)
    measured = measure_page(smuggled, tmp_path, 1280)
    assert sorted(measured["broken"]) == ["img-src", "style-src-attr"]


def colours(rows: list[bytes]) -> Counter[bytes]:
    return Counter(row[k : k + 3] for row in rows for k in range(0, len(row), 3))


@pytest.mark.parametrize(
    ("options", "paper", "ink"),
    [((), "fdfcf9", "1c1b19"), ((DARK,), "17181a", "e9e6df")],
    ids=["light", "dark"],
)
def test_the_picture_is_a_page_in_the_colours_of_its_style(
    options: tuple[str, ...], paper: str, ink: str, tmp_path: Path
) -> None:
    seen = colours(picture_page(REPORTS["trial"](), tmp_path, 800, 600, *options))
    assert sum(seen.values()) == 800 * 600
    assert seen.most_common(1)[0][0] in {bytes.fromhex(paper), bytes.fromhex("f4f2ec"), bytes.fromhex("202225")}
    assert seen[bytes.fromhex(paper)] > 10_000
    assert seen[bytes.fromhex(ink)] > 100
    assert len(seen) > 50
