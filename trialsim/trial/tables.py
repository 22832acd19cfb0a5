"""The documented tables of a trial run: patients, outcomes and, on request, events."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trialsim.clinical.vocabulary import EVENTS, NEVER, STATES, TICKS_PER_DAY, USES
from trialsim.engine.population import OPIOIDS
from trialsim.runs.columns import TABLES
from trialsim.runs.tables import cast_columns
from trialsim.scenario.model import Scenario
from trialsim.trial.flow import FAILURES, STOPS
from trialsim.trial.observe import DAYS_A_WEEK
from trialsim.trial.outcomes import Measured, find_inducted
from trialsim.trial.simulate import Observed

if TYPE_CHECKING:
    import polars as pl


def _blank(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(np.abs(values) >= NEVER, np.nan, values)


def _name(codes: npt.NDArray[Any], names: Sequence[str]) -> list[str]:
    return [names[int(code)] for code in codes]


def _reasons(codes: npt.NDArray[Any], there: npt.NDArray[np.bool_], names: Mapping[int, str]) -> list[str | None]:
    return [
        names.get(int(code), EVENTS[max(int(code), 0)]) if known else None
        for code, known in zip(codes, there, strict=True)
    ]


def _spell(words: npt.NDArray[np.uint8], visits: int) -> list[str]:
    if not visits:
        return [""] * len(words)
    rows = np.ascontiguousarray(words).view(f"S{words.shape[1]}").reshape(-1)
    return [bytes(row).decode("ascii") for row in rows]


def tabulate_patients(scenario: Scenario, lives: Observed) -> "pl.DataFrame":
    """Return patients.parquet as documented in `runs.columns.PATIENTS`, one row a life."""
    import polars as pl

    baselines, outcomes, courses = lives.baselines, lives.outcomes, lives.courses
    inducted = find_inducted(lives, scenario.endpoint_week * DAYS_A_WEEK)
    stopped = inducted & (courses["discontinuation_day"] < NEVER)
    dead = outcomes["fatal"] > 0
    columns: dict[str, Any] = {
        "replicate": outcomes["replicate"],
        "arm": _name(outcomes["arm"], [arm.name for arm in scenario.arms]),
        "patient": outcomes["patient"],
        "site": _name(lives.site, [site.name for site in scenario.sites] or ["all"]),
        "stratum": lives.stratum.tolist(),
        "arrival_day": lives.arrival_day,
        "age": baselines["age"],
        "male": baselines["male"] > 0,
        "primary_opioid": _name(baselines["primary_opioid"], OPIOIDS),
        "injection": baselines["injection"] > 0,
        "unstable_housing": baselines["unstable_housing"] > 0,
        "inducted": inducted,
        "first_dose_day": np.where(inducted, outcomes["first_dose"], np.nan),
        "last_dose_day": np.where(inducted, _blank(outcomes["last_dose"]), np.nan),
        "not_inducted_reason": _reasons(courses["failure_event"], ~inducted, FAILURES),
        "discontinuation_day": np.where(stopped, courses["discontinuation_day"], np.nan),
        "discontinuation_reason": _reasons(courses["discontinuation_event"], stopped, STOPS),
        "retained": courses["retained"] == 1,
        "first_use_day": _blank(courses["first_use_day"]),
        "word": _spell(lives.words, scenario.visit_count),
        "relapse_event": lives.relapse_event,
        "relapse_week": lives.relapse_week,
        "nonfatal_overdoses": outcomes["overdoses"],
        "fatal_overdose": outcomes["fatal"] == 1,
        "death": dead,
        "death_day": _blank(outcomes["death"]),
        "death_cause": _reasons(outcomes["fatal"], dead, {1: "overdose", 2: "other"}),
        "lost_to_follow_up_day": _blank(courses["lost_day"]),
        "person_days_in_treatment": outcomes["in_treatment_ticks"] / TICKS_PER_DAY,
        "person_days_out_of_treatment": outcomes["out_of_treatment_ticks"] / TICKS_PER_DAY,
    }
    return cast_columns(pl.DataFrame(columns), TABLES["patients"])


def tabulate_events(scenario: Scenario, log: npt.NDArray[Any]) -> "pl.DataFrame":
    """Return events.parquet as documented in `runs.columns.EVENTS`, sorted by (replicate, patient, arm, occurrence)."""
    import polars as pl

    log = log[np.lexsort((log["occurrence"], log["arm"], log["patient"], log["replicate"]))]
    columns: dict[str, Any] = {
        "replicate": log["replicate"],
        "arm": _name(log["arm"], [arm.name for arm in scenario.arms]),
        "patient": log["patient"],
        "occurrence": log["occurrence"],
        "day": log["day"],
        "event": _name(log["event"], EVENTS),
        "state": _name(log["state"], STATES),
        "use": _name(log["use"], USES),
    }
    return cast_columns(pl.DataFrame(columns), TABLES["events"])


def tabulate_outcomes(scenario: Scenario, measured: Sequence[Sequence[Mapping[str, Measured]]]) -> "pl.DataFrame":
    """Return outcomes.parquet as documented in `runs.columns.OUTCOMES`, one row a replicate, arm and outcome."""
    import polars as pl

    rows = [
        {
            "replicate": replicate,
            "arm": scenario.arms[code].name,
            "outcome": name,
            "events": cells.events,
            "denominator": cells.denominator,
            "value": cells.value,
        }
        for replicate, arms in enumerate(measured)
        for code, outcomes in enumerate(arms)
        for name, cells in outcomes.items()
    ]
    return cast_columns(pl.DataFrame(rows), TABLES["outcomes"])
