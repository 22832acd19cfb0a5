"""Pieces of made-up summaries: names, estimates, curves, flows, inputs."""

import math
from typing import Any

ARMS = {"xr_naltrexone": "XR-naltrexone 380 mg", "buprenorphine": "Buprenorphine-naloxone"}
POLICIES = {
    "none": "No treatment",
    "oral_naltrexone": "Oral naltrexone",
    "xr_naltrexone": "XR-naltrexone",
    "implant_naltrexone": "Naltrexone implant",
    "sublingual_buprenorphine": "Sublingual buprenorphine",
    "methadone": "Methadone",
}
IN_TREATMENT = "From the first dose until 28 days after the last injection."
LEE = "10.1016/S0140-6736(17)32812-X"
OUTCOME_LABELS = {
    "inducted": {
        "label": "Inducted",
        "unit": "proportion",
        "definition": "Received a first dose of the medication assigned; of all randomised.",
    },
    "relapse_by_week_24": {
        "label": "Relapse by week 24, as randomised",
        "unit": "proportion",
        "definition": "Four weeks in a row, or seven days in a row, of opioid use from day 20 on; of all randomised.",
    },
    "relapse_by_week_24_inducted": {
        "label": "Relapse by week 24, of the inducted",
        "unit": "proportion",
        "definition": "The same, of those inducted.",
    },
    "nonfatal_overdoses": {"label": "Overdoses survived", "unit": "count", "definition": "Events in the arm."},
    "fatal_overdoses": {"label": "Deaths by overdose", "unit": "count", "definition": "People in the arm."},
    "deaths": {"label": "Deaths of all causes", "unit": "count", "definition": "People in the arm."},
}
SCENARIO = """name: xbot
kind: trial
participants: 570
population:
  age: {mean: 33.9, sd: 9.6, low: 18, high: 67}
  male: 0.7
  primary_opioid: {choices: {heroin: 0.82, prescription: 0.16, fentanyl: 0.02}}
  use_days: {choices: {30: 0.63, 20: 0.37}}
  opioid_free_days: 0
follow_up: 36 weeks
sources_of:
  population.age: Lee 2018, table 1
  follow_up: "assumption: a round number"
"""
CHANGES = (-768.0, -3024.0, -3264.0, -4896.0, -5280.0)
INPUTS = [
    ("induction_hazard_rate", 0.171, "per day", 0.12, 0.24, "fitted", "X:BOT, inducted", "lee-2018-x-bot-1"),
    ("relapse_rate_off_medication", 0.0213, "per day", 0.015, 0.03, "fitted", "X:BOT, relapse", "lee-2018-x-bot-3"),
    ("overdose_rate_regular_use", 0.0000989, "per day", 0.00006, 0.00016, "evidence", "", "sordo-2017-2"),
    ("urine_sensitivity_opiates", 0.95, "proportion", 0.9, 0.98, "assumption", "", ""),
    ("tolerance_half_life", 14.0, "days", 7.0, 42.0, "assumption", "", ""),
    ("block_days_xr_naltrexone", 28.0, "days", None, None, "fixed", "", "comer-2002-1"),
]


def estimate(mean: float, half: float, unit: str, replicates: int = 100, **more: Any) -> dict[str, Any]:
    """A cell of a summary with a range of ``mean`` plus or minus ``half``."""
    return {
        "mean": mean,
        "low": max(0.0, mean - half),
        "high": mean + half,
        "mcse": half / 1.96 / math.sqrt(replicates),
        "unit": unit,
        **more,
    }


def published(cell: dict[str, Any], events: int, total: int, source: str = f"Lee 2018, {LEE}") -> dict[str, Any]:
    """``cell`` beside a published share."""
    value = events / total
    inside = cell["low"] <= value <= cell["high"]
    return {
        **cell,
        "published": value,
        "published_text": f"{events}/{total}",
        "published_source": source,
        "inside": inside,
    }


def without(cell: dict[str, Any]) -> dict[str, Any]:
    """``cell`` without a published value."""
    return {**cell, "published": None, "published_text": None, "published_source": None, "inside": None}


def trial_arm(
    inducted: float, relapse: float, after: float, counts: tuple[int, ...], overdoses: float
) -> dict[str, Any]:
    """One arm's outcomes with published inducted, relapse and relapse of the inducted as events and totals."""
    size = counts[1]
    shares = [(value, 1.96 * math.sqrt(value * (1 - value) / size)) for value in (inducted, relapse, after)]
    cells = [estimate(value, half, "proportion") for value, half in shares]
    return {
        "inducted": published(cells[0], counts[0], counts[1]),
        "relapse_by_week_24": published(cells[1], counts[2], counts[1]),
        "relapse_by_week_24_inducted": published(cells[2], counts[3], counts[0]),
        "nonfatal_overdoses": without({**estimate(overdoses, 6.0, "count per trial"), "low": 4, "high": 19}),
        "fatal_overdoses": without({**estimate(1.31, 2.0, "count per trial"), "low": 0, "high": 4}),
        "deaths": without({**estimate(1.94, 3.0, "count per trial"), "low": 0, "high": 5}),
    }


def decline(rate: float, size: float, times: list[float], every: float, floor: float = 0.0) -> dict[str, Any]:
    """An exponential survival curve with a pointwise interval and numbers at risk, times in weeks."""
    survival = [floor + (1 - floor) * math.exp(-rate * t) for t in times]
    half = [1.96 * math.sqrt(s * (1 - s) / size) for s in survival]
    marks = [t for t in times if abs(t / every - round(t / every)) < 1e-9]
    return {
        "time": times,
        "survival": survival,
        "low": [max(0.0, s - h) for s, h in zip(survival, half, strict=True)],
        "high": [min(1.0, s + h) for s, h in zip(survival, half, strict=True)],
        "at_risk_time": marks,
        "at_risk": [size * (floor + (1 - floor) * math.exp(-rate * t)) for t in marks],
    }


def flow_arm(size: float, inducted: float, retained: float) -> dict[str, Any]:
    """One arm's path from screening to analysis."""
    out, stopped = size - inducted, inducted - retained
    return {
        "screened": size * 1.35,
        "randomised": size,
        "inducted": inducted,
        "not_inducted": {"left before detoxification ended": out * 0.7, "induction failed": out * 0.3},
        "retained": retained,
        "discontinued": {
            "relapsed and left": stopped * 0.55,
            "left, not using": stopped * 0.35,
            "incarcerated": stopped * 0.1,
        },
        "relapsed_while_in_treatment": stopped * 0.2,
        "died": 1.94,
        "lost_to_follow_up": 21.3,
        "analysed": size,
    }


def sample_inputs() -> list[dict[str, Any]]:
    """Parameters of every origin."""
    return [
        {
            "name": name,
            "value": value,
            "unit": unit,
            "low": low,
            "high": high,
            "obtained": obtained,
            "fitted_to": fitted,
            "source_rows": [
                {
                    "row": row,
                    "study": "Lee 2018" if row.startswith("lee") else "Sordo 2017",
                    "doi": LEE if row.startswith("lee") else "10.1136/bmj.j1550",
                    "note": "",
                }
            ]
            if row
            else [],
            "meaning": f"What {name.replace('_', ' ')} stands for in the model.",
        }
        for name, value, unit, low, high, obtained, fitted, row in INPUTS
    ]


def since(scale: float) -> list[dict[str, Any]]:
    """Death rates that fall with time, by five intervals."""
    rows = []
    for start, end, factor in ((0, 14, 6.0), (14, 28, 3.0), (28, 91, 1.7), (91, 365.25, 1.0), (365.25, 1826.25, 0.8)):
        rate, years = 9.0 * factor * scale, (end - start) * 50.0
        rows.append(
            {
                "from_day": start,
                "to_day": end,
                "deaths": rate * years / 1000,
                "overdose_deaths": rate * years / 1500,
                "person_years": years,
                "deaths_per_1000_py": rate,
                "overdose_deaths_per_1000_py": rate / 1.5,
                "mcse": math.sqrt(rate * years / 1000) / years * 1000,
            }
        )
    return rows
