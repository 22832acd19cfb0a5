"""Outcomes of one simulated trial: for each arm and outcome the events, the denominator and the value."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.clinical.vocabulary import NEVER
from trialsim.engine.setup import find_medication
from trialsim.scenario.model import Arm, Scenario
from trialsim.trial.observe import DAYS_A_WEEK
from trialsim.trial.simulate import Observed

FIRST_ABSTINENT_WEEK: Final = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome: its name, label, unit ("proportion", "count per trial", "days", "weeks") and definition in words."""

    name: str
    label: str
    unit: str
    definition: str


@dataclass(frozen=True, slots=True)
class Measured:
    """One outcome of one arm in one replicate; value is events / denominator, NaN where the denominator is 0."""

    events: float
    denominator: float
    value: float


def _share(hits: npt.NDArray[np.bool_]) -> Measured:
    count, total = float(hits.sum()), float(len(hits))
    return Measured(count, total, count / total if total else float("nan"))


def _count(events: float) -> Measured:
    return Measured(events, 1.0, events)


def _mean(values: npt.NDArray[np.float64]) -> Measured:
    total, count = float(values.sum()), float(len(values))
    return Measured(total, count, total / count if count else float("nan"))


def _median(values: npt.NDArray[np.float64]) -> Measured:
    if not len(values):
        return Measured(0.0, 0.0, float("nan"))
    middle = float(np.median(values))
    return Measured(middle, 1.0, middle)


def find_inducted(lives: Observed, endpoint_day: float) -> npt.NDArray[np.bool_]:
    """Return who received the first dose of the arm's medication by the endpoint's day."""
    return np.asarray(lives.outcomes["first_dose"] <= endpoint_day)


def find_treated_days(lives: Observed, endpoint_day: float) -> npt.NDArray[np.float64]:
    """Return days from the first dose to the first stop, death or the endpoint's day; 0 for the not inducted."""
    end = np.minimum(lives.courses["discontinuation_day"], np.minimum(lives.outcomes["death"], endpoint_day))
    return np.asarray(np.maximum(end - np.minimum(lives.outcomes["first_dose"], endpoint_day), 0.0))


def find_median_relapse(lives: Observed) -> Measured:
    """Return the Kaplan-Meier median of weeks to the endpoint; NaN where fewer than half reach it."""
    from trialsim.trial.curves import estimate_survival

    curve = estimate_survival(lives.relapse_week, lives.relapse_event)
    reached = np.flatnonzero(curve.survival <= 0.5)
    if not len(reached):
        return Measured(0.0, 0.0, float("nan"))
    weeks = float(curve.time[reached[0]])
    return Measured(weeks, 1.0, weeks)


def find_abstinent_share(lives: Observed, week: int) -> Measured:
    """Return the median over patients of the share of weeks 5 to `week` with a negative test (missing: no)."""
    letters = lives.words[:, FIRST_ABSTINENT_WEEK - 1 : week]
    return _median((letters == ord("-")).mean(axis=1) if letters.shape[1] else np.zeros(0))


def list_outcomes(scenario: Scenario) -> tuple[Outcome, ...]:
    """Return the outcomes of a scenario, in the order in which reports show them."""
    week = scenario.endpoint_week
    weekly = scenario.endpoint not in (None, "retention")
    relapse = (
        Outcome(
            f"relapse_by_week_{week}",
            f"Relapse by week {week}, all randomised",
            "proportion",
            f"{scenario.endpoint} on the weekly tests up to week {week}, of all randomised",
        ),
        Outcome(
            f"relapse_by_week_{week}_inducted",
            f"Relapse by week {week}, inducted",
            "proportion",
            "the same, of those who received a first dose",
        ),
        Outcome("median_weeks_to_relapse", "Median weeks to relapse", "weeks", "Kaplan-Meier median of the endpoint"),
        Outcome(
            "median_weeks_to_relapse_of_relapsed",
            "Median weeks to relapse, of those who relapsed",
            "weeks",
            f"middle week of the relapses up to week {week}",
        ),
    )
    return (
        Outcome("inducted", "Inducted", "proportion", "first dose of the assigned medication, of all randomised"),
        *(relapse if weekly else ()),
        Outcome("retained", "Retained", "proportion", f"on the medication at week {week}, of all randomised"),
        Outcome(
            "retained_without_relapse",
            "Retained without relapse",
            "proportion",
            f"on the medication at week {week} and never stopped, of all randomised",
        ),
        Outcome("all_injections", "All administrations", "proportion", "every scheduled administration of a depot"),
        Outcome("mean_days_retained", "Mean days retained", "days", "first dose to first stop, within the endpoint"),
        Outcome(
            "abstinent_weeks_share",
            "Confirmed abstinent weeks",
            "proportion",
            f"median over patients of the share of weeks 5 to {week} with a negative test",
        ),
        Outcome("nonfatal_overdoses", "Non-fatal overdoses", "count per trial", "of all randomised, whole follow-up"),
        Outcome("fatal_overdoses", "Fatal overdoses", "count per trial", "of all randomised, whole follow-up"),
        Outcome("overdoses", "Overdoses, fatal or not", "count per trial", "of all randomised, whole follow-up"),
        Outcome("deaths", "Deaths from any cause", "count per trial", "of all randomised, whole follow-up"),
    )


def find_scheduled(scenario: Scenario, arm: Arm, interval_days: float) -> int:
    """Return how many administrations of a depot fit before the endpoint, 0 for forms that are not depots."""
    medication, _ = find_medication(scenario, arm.medication)
    if medication.daily or interval_days <= 1.0 or medication.kind == "none":
        return 0
    return int(np.ceil(scenario.endpoint_week * DAYS_A_WEEK / interval_days))


def select_lives(lives: Observed, chosen: npt.NDArray[Any]) -> Observed:
    """Return some of the lives, without tallies, events and waits."""
    return Observed(
        lives.baselines[chosen],
        lives.outcomes[chosen],
        lives.courses[chosen],
        lives.words[chosen],
        lives.site[chosen],
        lives.stratum[chosen],
        lives.arrival_day[chosen],
        lives.relapse_week[chosen],
        lives.relapse_event[chosen],
        lives.tally,
        lives.log[:0],
        (),
    )


def measure_arm(scenario: Scenario, lives: Observed, scheduled: int) -> dict[str, Measured]:
    """Return every outcome of one arm of one replicate, by name, from the lives of that arm."""
    week = scenario.endpoint_week
    day = week * DAYS_A_WEEK
    inducted = find_inducted(lives, day)
    nonfatal = float(lives.outcomes["overdoses"].sum())
    fatal = float((lives.outcomes["fatal"] == 1).sum())
    retained = lives.courses["retained"] == 1
    steady = retained & (lives.courses["discontinuation_day"] >= NEVER)
    treated = find_treated_days(lives, day)
    measures: dict[str, Callable[[], Measured]] = {
        "inducted": lambda: _share(inducted),
        f"relapse_by_week_{week}": lambda: _share(lives.relapse_event),
        f"relapse_by_week_{week}_inducted": lambda: _share(lives.relapse_event[inducted]),
        "median_weeks_to_relapse": lambda: find_median_relapse(lives),
        "median_weeks_to_relapse_of_relapsed": lambda: _median(lives.relapse_week[lives.relapse_event]),
        "retained": lambda: _share(retained),
        "retained_without_relapse": lambda: _share(steady),
        "all_injections": lambda: _share((lives.courses["doses"] >= scheduled) & (scheduled > 0)),
        "mean_days_retained": lambda: _mean(treated),
        "abstinent_weeks_share": lambda: find_abstinent_share(lives, week),
        "nonfatal_overdoses": lambda: _count(nonfatal),
        "fatal_overdoses": lambda: _count(fatal),
        "overdoses": lambda: _count(nonfatal + fatal),
        "deaths": lambda: _count(float((lives.outcomes["fatal"] > 0).sum())),
    }
    names = [outcome.name for outcome in list_outcomes(scenario)]
    return {name: measures[name]() for name in names if name != "all_injections" or scheduled > 0}


def measure_trial(scenario: Scenario, lives: Observed, schedules: tuple[int, ...]) -> list[dict[str, Measured]]:
    """Return the outcomes of one replicate, one mapping an arm."""
    arm = lives.outcomes["arm"]
    return [
        measure_arm(scenario, select_lives(lives, arm == code), schedules[code]) for code in range(len(scenario.arms))
    ]
