"""Made-up summaries of both kinds, shaped as a run writes them, with numbers of a plausible size."""

from typing import Any

from tests.report.sample_parts import (
    ARMS,
    CHANGES,
    IN_TREATMENT,
    LEE,
    OUTCOME_LABELS,
    POLICIES,
    SCENARIO,
    decline,
    estimate,
    flow_arm,
    sample_inputs,
    since,
    trial_arm,
)


def sample_trial() -> dict[str, Any]:
    """A two-arm trial like X:BOT in which one published number is missed."""
    weeks = [float(week) for week in range(25)]
    first = flow_arm(283, 203.8, 95.2)
    return {
        "name": "xbot",
        "title": "Extended-release naltrexone versus buprenorphine-naloxone (X:BOT)",
        "description": "Open-label trial at eight community sites; randomisation during inpatient detoxification.",
        "kind": "trial",
        "mode": "randomised",
        "engine": "batch",
        "replicates": 100,
        "participants": 570,
        "follow_up_days": 252.0,
        "endpoint": "relapse_ctnFiftyOne_2018",
        "endpoint_week": 24,
        "sources": [LEE],
        "estimand": {
            "population": "all randomised",
            "treatment": "as assigned regardless of discontinuation",
            "variable": "relapse by week 24",
            "summary": "difference in proportions",
            "intercurrent_events": {"discontinuation": "treatment policy", "death": "composite: relapse"},
        },
        "arms": {
            "xr_naltrexone": trial_arm(0.724, 0.661, 0.527, (204, 283, 185, 106), 11.2),
            "buprenorphine": trial_arm(0.938, 0.652, 0.571, (270, 287, 163, 150), 9.41),
        },
        "arm_labels": dict(ARMS),
        "outcome_labels": OUTCOME_LABELS,
        "differences": [
            {
                "arm": "xr_naltrexone",
                "comparator": "buprenorphine",
                "outcome": "inducted",
                "mean": -0.214,
                "low": -0.275,
                "high": -0.151,
                "mcse": 0.0032,
                "averted": None,
                "caused": None,
            },
            {
                "arm": "xr_naltrexone",
                "comparator": "buprenorphine",
                "outcome": "relapse_by_week_24",
                "mean": 0.009,
                "low": -0.07,
                "high": 0.089,
                "mcse": 0.004,
                "averted": None,
                "caused": None,
            },
        ],
        "flow": {"xr_naltrexone": first, "buprenorphine": flow_arm(287, 269.4, 118.7)},
        "curves": [
            {
                "name": "relapse",
                "label": "Time to relapse, as randomised",
                "ylabel": "Free of relapse",
                "arms": {
                    "xr_naltrexone": decline(0.07, 283, weeks, 4.0, 0.15),
                    "buprenorphine": decline(0.05, 287, weeks, 4.0, 0.15),
                },
            },
            {
                "name": "survival",
                "label": "Survival",
                "ylabel": "Alive",
                "arms": {
                    "xr_naltrexone": decline(0.0003, 283, weeks, 4.0),
                    "buprenorphine": decline(0.00025, 287, weeks, 4.0),
                },
            },
        ],
        "inputs": sample_inputs(),
        "definitions": {
            "in_treatment": IN_TREATMENT,
            "monte_carlo_error": "Standard deviation over replicates divided by the root of their number.",
        },
        "notes": ["Counts of overdose by arm were never published; see " + LEE + "."],
    }


def sample_manifest() -> dict[str, Any]:
    """What a run records about itself."""
    return {
        "name": "xbot",
        "engine": "batch",
        "seed": 51,
        "scenario_sha256": "9f2c" * 16,
        "kind": "trial",
        "mode": "randomised",
        "versions": {"python": "3.13.1", "numpy": "2.5.0"},
        "code": {"version": "0.1.0", "sha256": "ab" * 32},
        "scenario_text": SCENARIO,
    }


def sample_cohort() -> dict[str, Any]:
    """100,000 people under six policies for five years."""
    horizon, weeks = 1826.25, [k * 365.25 / 7 / 4 for k in range(21)]
    policies, curves = {}, {}
    for k, name in enumerate(POLICIES):
        rate = (21.4, 19.8, 15.1, 14.6, 11.2, 10.4)[k]
        cells = {
            "deaths_per_1000_py": estimate(rate, 0.42, "per 1,000 person-years", 1),
            "overdose_deaths_per_1000_py": estimate(rate * 0.6, 0.33, "per 1,000 person-years", 1),
            "deaths_by_horizon": estimate(rate * 480, 180.0, "count", 1),
            "life_years": estimate(4.9 - rate / 400, 0.006, "years per person", 1),
        }
        if name != "none":
            for prefix, share in (("", 1.0), ("overdose_", 0.55)):
                cells[f"{prefix}deaths_per_1000_py_in_treatment"] = estimate(rate * 0.5 * share, 0.4, "", 1)
                cells[f"{prefix}deaths_per_1000_py_out_of_treatment"] = estimate(rate * 1.3 * share, 0.5, "", 1)
        policies[name] = cells
        curves[name] = decline(rate / 1000 / (365.25 / 7), 100_000, weeks, 365.25 / 7)
    difference = {"low": 0.0, "high": 0.0, "mcse": 4.2, "unit": "count"}
    return {
        "name": "us-five-year",
        "title": "Five years under six treatment policies",
        "kind": "cohort",
        "participants": 100_000,
        "follow_up_days": horizon,
        "policies": policies,
        "policy_labels": dict(POLICIES),
        "outcome_labels": {
            "deaths_per_1000_py": {"label": "All", "unit": "", "definition": "Deaths per 1,000 person-years."},
            "life_years": {
                "label": "Life-years per person",
                "unit": "",
                "definition": "Years lived up to the horizon.",
            },
        },
        "differences": [
            {
                **difference,
                "policy": name,
                "comparator": "none",
                "outcome": outcome,
                "mean": mean * scale,
                "low": mean * scale - 40 * abs(scale),
                "high": mean * scale + 40 * abs(scale),
                "averted": -mean + 31.0,
                "caused": 31.0,
                "mcse": 4.2 * abs(scale),
                "unit": unit,
            }
            for outcome, scale, unit in (
                ("deaths_by_horizon", 1.0, "count"),
                ("life_years", -1e-4, ""),
                ("deaths_per_1000_py", 0.0021, ""),
            )
            for name, mean in zip(list(POLICIES)[1:], CHANGES, strict=True)
        ],
        "by_time_since_start": {name: since(0.5 + k / 10) if name != "none" else [] for k, name in enumerate(POLICIES)},
        "by_time_since_stop": {name: since(1.5 + k / 5) if name != "none" else [] for k, name in enumerate(POLICIES)},
        "curves": [{"name": "survival", "label": "Survival", "ylabel": "Alive", "arms": curves}],
        "inputs": sample_inputs(),
        "definitions": {"in_treatment": IN_TREATMENT},
        "notes": ["Costs are not part of this run."],
    }
