"""The hazard of every clock over one panel, from state, use, blockade, tolerance and the person.

Each function sets coefficients (and, for Weibull clocks, shapes and origins) in the person's record; a clock that
cannot fire has coefficient 0. Multipliers are constant within a panel.
"""

from typing import Any

from trialsim.clinical.compiled import compiled
from trialsim.clinical.records import LIFE_TABLE_AGES
from trialsim.clinical.vocabulary import (
    ABSTAIN,
    ABSTINENT,
    ANTAGONIST,
    ARREST,
    DISCONTINUE,
    FENTANYL_ERA,
    INCARCERATED,
    INDUCTION,
    INDUCTION_FAIL,
    KIND_NONE,
    LAPSE,
    LAPSE_END,
    LAPSE_USE,
    LEAVE,
    MAINTAINED,
    MISS,
    NEVER,
    NO_USE,
    OTHER_DEATH,
    OVERDOSE,
    OVERDOSE_DEATH,
    READY,
    RELAPSE,
    RELEASE,
    RELEASE_SETTING,
    RESUME,
    ROUTINE_SETTING,
    SEEK,
    TRIAL_SETTING,
    USING,
    WAITING,
    WALK_AWAY,
    WITHDRAWAL,
)


@compiled
def set_constant(person: Any, clock: int, rate: float) -> None:
    """Give a clock a constant hazard (per day); a clock with rate 0 stays off."""
    set_line(person, clock, rate, 0.0)


@compiled
def set_line(person: Any, clock: int, rate: float, slope: float) -> None:
    """Give a clock the hazard rate + slope * s, s = days since the panel began (per day, and per day squared)."""
    if rate > 0.0:
        person["coefficient"][clock] = rate
        person["slope"][clock] = slope
        person["shape"][clock] = 1.0
        person["active"][person["active_count"]] = clock
        person["active_count"] += 1


@compiled
def set_weibull(person: Any, clock: int, coefficient: float, shape: float, origin: float) -> None:
    """Give a clock the cumulative hazard coefficient * s**shape, s = days since origin; off with coefficient 0."""
    if coefficient > 0.0:
        set_constant(person, clock, coefficient)
        person["shape"][clock] = shape
        if person["origin"][clock] != origin:
            person["origin"][clock] = origin
            person["power_time"][clock] = -1.0


@compiled
def find_use_intensity(person: Any, regimen: Any, parameters: Any) -> float:
    """Return overdose exposure relative to regular use (1): by illicit use, or by the medication itself."""
    state = person["state"]
    if state == USING or state == WAITING:
        return 1.0
    if person["use"] == LAPSE_USE:
        return float(parameters["overdose_ratio_lapse"])
    if state == INCARCERATED:
        return float(parameters["overdose_ratio_incarcerated"])
    if state == MAINTAINED or state == INDUCTION:
        return float(regimen["overdose_ratio_maintained"])
    return 0.0


@compiled
def find_exposed_rate(person: Any, regimen: Any, parameters: Any) -> float:
    """Return the rate of overdose, fatal and not (per day), without blockade and with full tolerance.

    era x use x frailty x injection, and the ratios of the first weeks and of release (clinical-model: mechanism 3).
    """
    rate = parameters["overdose_rate_regular_use"] * find_use_intensity(person, regimen, parameters)
    if rate == 0.0:
        return 0.0
    rate *= person["frailty_overdose"]
    if person["era"] == FENTANYL_ERA:
        rate *= parameters["era_ratio_fentanyl"]
    if person["injection"] > 0.0:
        rate *= parameters["overdose_ratio_injection"]
    if person["state"] == MAINTAINED or person["state"] == INDUCTION:
        if person["time"] < person["episode_start"] + regimen["first_weeks_days"]:
            rate *= regimen["overdose_ratio_first_weeks"]
    if person["time"] < person["released"] + parameters["release_risk_days"]:
        rate *= parameters["overdose_ratio_release"]
    return float(rate)


@compiled
def find_susceptibility(parameters: Any, blockade: float, tolerance: float) -> float:
    """Return the ratio of the overdose rate to the exposed one, by blockade and tolerance (both 0 to 1).

    (1 - blockade) x susceptibility(tolerance); attempts to override blockade leave `blockade_override` of the risk.
    """
    open_share = 1.0 - blockade * (1.0 - parameters["blockade_override"])
    return float(open_share * (1.0 + (parameters["overdose_ratio_tolerance_lost"] - 1.0) * (1.0 - tolerance)))


@compiled
def find_fatal_share(person: Any, parameters: Any) -> float:
    """Return the share of overdoses that are fatal (0 to 0.95), by naloxone coverage and using alone."""
    share = parameters["overdose_fatal_share"]
    share *= 1.0 - parameters["naloxone_effect"] * person["naloxone_coverage"]
    if person["uses_alone"] > 0.0:
        share *= parameters["overdose_fatal_ratio_alone"]
    return min(share, 0.95)


@compiled
def find_mortality_ratio(person: Any, parameters: Any) -> float:
    """Return the standardised mortality ratio for causes other than overdose in the present state."""
    state = person["state"]
    ratio = parameters["smr_using"]
    if state == MAINTAINED or state == INDUCTION:
        ratio = parameters["smr_in_treatment"]
    elif state == ABSTINENT:
        ratio = parameters["smr_abstinent"]
    elif state == INCARCERATED:
        ratio = parameters["smr_incarcerated"]
    if person["liver_disease"] > 0.0:
        ratio *= parameters["smr_ratio_liver_disease"]
    return float(ratio)


@compiled
def set_death_hazards(person: Any, parameters: Any, life_table: Any, rate: float, slope: float) -> None:
    """Set the clocks of fatal overdose, non-fatal overdose (rate and slope over the panel) and other death."""
    share = find_fatal_share(person, parameters)
    set_line(person, OVERDOSE_DEATH, rate * share, slope * share)
    set_line(person, OVERDOSE, rate * (1.0 - share), slope * (1.0 - share))
    age = min(int(person["age"] + person["time"] / 365.25), LIFE_TABLE_AGES - 1)
    set_constant(person, OTHER_DEATH, life_table[person["male"], age] * find_mortality_ratio(person, parameters))


@compiled
def find_housing_ratio(person: Any, regimen: Any, parameters: Any) -> float:
    """Return the ratio for unstable housing on leaving and relapse (clinical-model: mechanism 10); 1 when stable."""
    if person["unstable_housing"] == 0.0 or regimen["kind"] == KIND_NONE:
        return 1.0
    if regimen["kind"] == ANTAGONIST:
        return float(parameters["unstable_housing_ratio_antagonist"])
    return float(parameters["unstable_housing_ratio_agonist"])


@compiled
def set_lapse_hazard(person: Any, coefficient: float, parameters: Any) -> None:
    """Set the clock of the next lapse, by time since the last use, or since release: days in custody do not count, and
    who has not used since release is at another risk.
    """
    if person["use"] == NO_USE:
        since = max(person["last_use"], person["released"])
        if person["released"] >= person["last_use"]:
            coefficient *= parameters["lapse_ratio_release"]
        set_weibull(person, LAPSE, coefficient * person["frailty_leaving"], parameters["lapse_shape"], since)


@compiled
def set_maintenance_hazards(person: Any, regimen: Any, parameters: Any) -> None:
    """Set the clocks of someone on medication: stopping, missed daily doses, lapse and relapse."""
    housing = find_housing_ratio(person, regimen, parameters)
    multiplier = person["frailty_leaving"] * housing
    if person["setting"] == ROUTINE_SETTING and regimen["kind"] == ANTAGONIST:
        multiplier *= parameters["discontinuation_ratio_routine_antagonist"]
    elif person["setting"] == ROUTINE_SETTING:
        multiplier *= parameters["discontinuation_ratio_routine_agonist"]
    elif person["setting"] == RELEASE_SETTING:
        multiplier *= parameters["discontinuation_ratio_release"]
    if person["use"] != NO_USE:
        multiplier *= regimen["discontinuation_ratio_lapse"]
    since = person["state_since"]
    coefficient = regimen["discontinuation_coefficient"] * multiplier
    set_weibull(person, DISCONTINUE, coefficient, regimen["discontinuation_shape"], since)
    frailty = person["frailty_leaving"]
    ratio = frailty * housing * (parameters["relapse_ratio_lapse"] if person["use"] == LAPSE_USE else 1.0)
    set_weibull(person, RELAPSE, regimen["relapse_coefficient"] * ratio, parameters["relapse_shape"], since)
    lapse = regimen["lapse_coefficient"]
    if person["use_carried"] > 0:
        lapse *= parameters["lapse_ratio_use_carried"]
    set_lapse_hazard(person, lapse, parameters)
    if person["gap"] > 0:
        set_constant(person, RESUME, 1.0 / regimen["gap_days"])
    elif regimen["daily"] > 0:
        set_constant(person, MISS, regimen["miss_rate"])


@compiled
def set_abstinent_hazards(person: Any, parameters: Any, blockade: float) -> None:
    """Set the clocks of lapse and relapse off medication, relapse by the time since regular use, medication or custody
    ended; what blockade is left lowers it.
    """
    frailty = person["frailty_leaving"]
    ratio = frailty * (1.0 - blockade * (1.0 - parameters["relapse_ratio_blocked"]))
    if person["use"] == LAPSE_USE:
        ratio *= parameters["relapse_ratio_lapse"]
    set_lapse_hazard(person, parameters["lapse_coefficient_off_medication"], parameters)
    coefficient = parameters["relapse_coefficient_off_medication"] * ratio
    set_weibull(person, RELAPSE, coefficient, parameters["relapse_shape_off_medication"], person["unprotected_since"])


@compiled
def find_seeking_rate(person: Any, regimen: Any, parameters: Any) -> float:
    """Return the rate of asking for the arm's medication (per day); 0 once it is no longer offered.

    A trial offers it again only to people who have not had a first dose.
    """
    if regimen["kind"] == KIND_NONE or person["time"] >= person["offered_until"]:
        return 0.0
    if person["setting"] == TRIAL_SETTING:
        if person["first_dose"] < NEVER:
            return 0.0
        return float(parameters["treatment_seeking_rate_trial"])
    if person["state"] == USING:
        return float(parameters["treatment_seeking_rate_using"])
    return float(parameters["treatment_seeking_rate_abstinent"])


@compiled
def set_entry_hazards(person: Any, regimen: Any) -> None:
    """Set the clocks of withdrawal (opioid-free interval reached, leaving early) and of a failing induction."""
    if person["state"] == WITHDRAWAL:
        shape = regimen["opioid_free_shape"]
        set_weibull(person, READY, regimen["opioid_free_coefficient"], shape, person["last_use"])
        set_constant(person, LEAVE, regimen["withdrawal_leaving_rate"])
    else:
        set_constant(person, INDUCTION_FAIL, regimen["induction_failing_rate"])


@compiled
def set_hazards(
    person: Any, regimen: Any, parameters: Any, life_table: Any, rate: float, slope: float, blockade: float
) -> None:
    """Set every clock's hazard for the panel that begins now.

    rate, slope: the overdose rate at its beginning (per day) and its slope (per day squared); blockade: off medication
    the one that relapse meets.
    """
    person["active_count"] = 0
    set_death_hazards(person, parameters, life_table, rate, slope)
    state = person["state"]
    if person["use"] == LAPSE_USE:
        set_constant(person, LAPSE_END, parameters["lapse_end_rate"])
    if state == MAINTAINED:
        set_maintenance_hazards(person, regimen, parameters)
    elif state == WITHDRAWAL or state == INDUCTION:
        set_entry_hazards(person, regimen)
    elif state == INCARCERATED:
        set_constant(person, RELEASE, parameters["release_rate"])
    elif state == WAITING:
        set_constant(person, WALK_AWAY, parameters["walk_away_rate"])
    else:
        set_constant(person, SEEK, find_seeking_rate(person, regimen, parameters))
        set_constant(person, ARREST, parameters["arrest_rate"])
        if state == USING:
            set_constant(person, ABSTAIN, parameters["spontaneous_abstinence_rate"])
        else:
            set_abstinent_hazards(person, parameters, blockade)
