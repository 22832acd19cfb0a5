"""What the tables on the terminal say."""

import re
from typing import Any

import pytest

from trialsim.terminal import clean_text, print_checks, print_summary, show_figure, show_range

TRIAL: dict[str, Any] = {
    "kind": "trial",
    "title": "X:BOT",
    "replicates": 200,
    "participants": 570,
    "arms": {
        "xr": {
            "inducted": {
                "mean": 0.7213,
                "low": 0.67,
                "high": 0.77,
                "mcse": 0.0018,
                "unit": "proportion",
                "published": 0.7208,
                "inside": True,
                "parameter_range": {"low": 0.6, "high": 0.81, "draws": 40},
            },
            "deaths": {
                "mean": 2.5,
                "low": 0,
                "high": 6,
                "mcse": 0.11,
                "unit": "count",
                "published": None,
                "inside": None,
            },
        }
    },
    "arm_labels": {"xr": "XR-naltrexone"},
    "outcome_labels": {"inducted": {"label": "Inducted"}, "deaths": {"label": "Deaths"}},
    "differences": [
        {
            "arm": "xr",
            "comparator": "bup",
            "outcome": "deaths",
            "mean": -0.5,
            "low": -3,
            "high": 2,
            "mcse": 0.1,
            "averted": 12,
            "caused": 3,
        }
    ],
}
COHORT: dict[str, Any] = {
    "kind": "cohort",
    "title": "Five years",
    "participants": 100000,
    "comparator": "none",
    "policies": {"none": {"life_years": {"mean": 4.8123, "mcse": 0.003, "unit": "years"}}},
    "policy_labels": {"none": "No treatment"},
    "outcome_labels": {"life_years": {"label": "Life-years"}},
    "differences": [
        {
            "policy": "methadone",
            "comparator": "none",
            "outcome": "life_years",
            "unit": "years",
            "mean": 0.1,
            "mcse": 0.002,
            "averted": None,
            "caused": None,
        }
    ],
}


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")


def _cells(text: str, first: str) -> list[str]:
    line = next(line for line in text.splitlines() if first in line)
    return re.split(r"\s{2,}", line.strip())


def test_effects_by_estimand_where_everyone_lived_under_every_arm(capsys: pytest.CaptureFixture[str]) -> None:
    effect = {"label": "All, as randomised", "mean": 0.085, "low": 0.049, "high": 0.118, "mcse": 0.0019}
    pair = {
        "arm": "xr",
        "comparator": "bup",
        "outcome": "relapse_by_week_24",
        "effects": {"as_randomised": {**effect, "unit": "proportion"}},
        "bias": {"mean": -0.005, "low": -0.028, "high": 0.012, "mcse": 0.001, "unit": "proportion"},
    }
    print_summary({**TRIAL, "estimands": [pair]})
    shown = capsys.readouterr().out
    assert "XR-naltrexone minus bup: relapse_by_week_24 by estimand" in shown
    assert _cells(shown, "All, as") == ["All, as randomised", "8.5% ± 0.19%", "4.9% to 11.8%"]
    assert _cells(shown, "Bias of") == ["Bias of comparing the inducted", "-0.5% ± 0.10%", "-2.8% to 1.2%"]


def test_a_trial_beside_the_published_one(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(TRIAL)
    shown = capsys.readouterr().out
    assert "200 simulated trials of 570" in shown
    assert "XR-naltrexone" in shown
    assert _cells(shown, "Inducted") == [
        "Inducted",
        "72.1%",
        "67.0% to 77.0%",
        "0.18%",
        "72.1%",
        "yes",
        "60.0% to 81.0%",
    ]
    assert _cells(shown, " Deaths") == ["Deaths", "2.5", "0 to 6", "0.11", "–", "–", "–"]
    assert _cells(shown, " bup ") == ["XR-naltrexone", "bup", "Deaths", "-0.5 ± 0.1", "12", "3"]


def test_uncounted_pairs_are_not_shown_for_separate_trials(capsys: pytest.CaptureFixture[str]) -> None:
    apart = [{**TRIAL["differences"][0], "averted": None, "caused": None}]
    print_summary({**TRIAL, "differences": apart})
    assert "averted" not in capsys.readouterr().out


def test_a_cohort_with_its_differences(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(COHORT)
    shown = capsys.readouterr().out
    assert _cells(shown, "4.812") == ["No treatment", "4.812 ± 0.003"]
    assert _cells(shown, "methadone") == ["methadone", "No treatment", "Life-years", "0.1 ± 0.002", "–", "–"]


def test_a_narrow_terminal_loses_no_figure(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    print_summary(TRIAL)
    shown = capsys.readouterr().out
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_checks_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    passed = {"name": "conservation", "passed": True, "figure": 0.0, "tolerance": 0.0}
    print_checks([passed, {**passed, "name": "symmetry", "passed": False, "figure": 0.123456}])
    shown = capsys.readouterr().out
    assert _cells(shown, "symmetry") == ["symmetry", "no", "0.1235", "0"]
    assert shown.endswith("1 passed, 1 failed\n")


def test_figures_for_reading() -> None:
    assert show_figure(0.56789, "proportion") == "56.8%"
    assert show_figure(0.00123, "proportion", digits=2) == "0.12%"
    assert show_figure(12345.6, "count") == "12,346"
    assert show_figure(None, "count") == "–"
    assert show_range(None, 1.0, "count") == "–"


def test_clean_text_keeps_one_harmless_line() -> None:
    assert clean_text("a\nb\x1b[0m\x00é") == "a\\nb\\x1b[0m\\x00é"
    assert len(clean_text("x" * 1000)) == 160
