"""The records that the kernel reads and writes, as structured numpy types.

The field names of `PARAMETERS` and `REGIMEN` are the parameter names of the codebook: a regimen field is suffixed there
with its medication, `<field>_<medication>`.
"""

from typing import Final

import numpy as np

from trialsim.clinical.vocabulary import CLOCK_COUNT

COMPONENTS: Final = 7

# Population-level parameters; days and rates per day.
PARAMETER_NAMES: Final = (
    "overdose_rate_regular_use",
    "overdose_ratio_lapse",
    "overdose_ratio_tolerance_lost",
    "overdose_ratio_injection",
    "overdose_ratio_incarcerated",
    "overdose_ratio_release",
    "release_risk_days",
    "overdose_fatal_share",
    "overdose_fatal_ratio_alone",
    "naloxone_effect",
    "era_ratio_fentanyl",
    "blockade_override",
    "tolerance_loss_days",
    "tolerance_regain_days",
    "tolerance_lapse",
    "frailty_sd_overdose",
    "frailty_sd_leaving",
    "lapse_rate_off_medication",
    "lapse_shape",
    "lapse_ratio_release",
    "lapse_ratio_use_carried",
    "lapse_end_rate",
    "relapse_rate_off_medication",
    "relapse_shape_off_medication",
    "relapse_shape",
    "relapse_ratio_lapse",
    "relapse_ratio_blocked",
    "spontaneous_abstinence_rate",
    "treatment_seeking_rate_using",
    "treatment_seeking_rate_abstinent",
    "treatment_seeking_rate_trial",
    "walk_away_rate",
    "withdrawal_leaving_ratio_outpatient",
    "withdrawal_leaving_ratio_rapid",
    "opioid_free_days_ratio_rapid",
    "arrest_rate",
    "release_rate",
    "discontinuation_ratio_routine_antagonist",
    "discontinuation_ratio_routine_agonist",
    "discontinuation_ratio_release",
    "discontinuation_ratio_contingency",
    "discontinuation_ratio_supervised",
    "unstable_housing_ratio_antagonist",
    "unstable_housing_ratio_agonist",
    "smr_using",
    "smr_in_treatment",
    "smr_abstinent",
    "smr_incarcerated",
    "smr_ratio_liver_disease",
    "injection_service_days",
)

# What the trial sees; read by the observation, never by the kernel.
OBSERVATION_NAMES: Final = (
    "visit_missed_share_in_treatment",
    "visit_missed_share_lapse",
    "visit_missed_share_off_treatment",
    "visit_missed_share_using",
    "visit_missed_log_sd",
    "lost_to_follow_up_rate_off_treatment",
    "lost_to_follow_up_rate_using",
    "urine_sensitivity",
    "urine_specificity",
    "urine_window_days",
    "urine_mixed_share",
)

# One medication as an arm gives it; the numeric fields are parameters named <field>_<medication>.
REGIMEN_PARAMETERS: Final = (
    "dose",
    "dose_interval_days",
    "covered_days",
    "level_ec50",
    "blockade_max",
    "tolerance_maintained",
    "opioid_free_days",
    "opioid_free_shape",
    "withdrawal_leaving_rate",
    "induction_days",
    "induction_failing_rate",
    "discontinuation_rate",
    "discontinuation_shape",
    "discontinuation_ratio_lapse",
    "lapse_rate",
    "relapse_rate",
    "miss_rate",
    "gap_days",
    "adherence",
    "overdose_ratio_maintained",
    "overdose_ratio_first_weeks",
    "first_weeks_days",
    "use_carried_days",
)

# Derived at set-up, so that no panel repeats it: coefficients of the Weibull clocks, amplitude / decay_rate.
PARAMETERS_DERIVED: Final = ("relapse_coefficient_off_medication", "lapse_coefficient_off_medication")
PARAMETERS: Final = np.dtype([(name, "f8") for name in (*PARAMETER_NAMES, *PARAMETERS_DERIVED)])
REGIMEN_DERIVED: Final = (
    "discontinuation_coefficient",
    "relapse_coefficient",
    "lapse_coefficient",
    "opioid_free_coefficient",
)
OBSERVATION: Final = np.dtype([(name, "f8") for name in OBSERVATION_NAMES])
REGIMEN: Final = np.dtype(
    [(name, "f8") for name in (*REGIMEN_PARAMETERS, *REGIMEN_DERIVED)]
    + [
        ("kind", "i8"),
        ("daily", "i8"),
        ("needs_withdrawal", "i8"),
        ("dose_first", "i8"),
        ("entry_resource", "i8"),
        ("dose_resource", "i8"),
        ("components", "i8"),
        ("amplitude", "f8", (COMPONENTS,)),
        ("decay_rate", "f8", (COMPONENTS,)),
        ("steady_level", "f8", (COMPONENTS,)),
    ]
)

# Baseline covariates: the same patient in every arm.
COVARIATE_NAMES: Final = (
    "age",
    "male",
    "primary_opioid",
    "injection",
    "use_days",
    "unstable_housing",
    "prior_treatment",
    "liver_disease",
    "uses_alone",
    "opioid_free_days",
    "setting",
    "era",
    "naloxone_coverage",
    "start",
)
BASELINE: Final = np.dtype([("patient", "i8"), ("replicate", "i8")] + [(name, "f8") for name in COVARIATE_NAMES])

_TIMES = (
    "time",
    "state_since",
    "last_use",
    "unprotected_since",
    "episode_start",
    "first_dose",
    "last_dose",
    "covered_until",
    "stopped",
    "released",
    "dose_due",
    "phase_end",
    "next_time",
    "panel_end",
    "horizon",
    "offered_until",
    "death",
)
PERSON: Final = np.dtype(
    [("patient", "i8"), ("replicate", "i8"), ("arm", "i8"), ("group", "i8")]
    + [
        (name, "i8")
        for name in (
            "active_count",
            "state",
            "use",
            "gap",
            "use_carried",
            "pending",
            "next_clock",
            "panel_clock",
            "logged",
            "done",
            "male",
        )
    ]
    + [
        (name, "i8")
        for name in ("setting", "era", "fatal", "overdoses", "in_treatment_ticks", "out_of_treatment_ticks")
    ]
    + [(name, "f8") for name in _TIMES]
    + [(name, "f8") for name in ("age", "injection", "unstable_housing", "liver_disease", "uses_alone")]
    + [(name, "f8") for name in ("naloxone_coverage", "frailty_overdose", "frailty_leaving")]
    + [("tolerance", "f8"), ("tolerance_target", "f8"), ("dosing", "f8")]
    + [
        ("level", "f8", (COMPONENTS,)),
        ("decay", "f8", (COMPONENTS,)),
        ("residual", "f8", (CLOCK_COUNT,)),
        ("occurrence", "i8", (CLOCK_COUNT,)),
        ("coefficient", "f8", (CLOCK_COUNT,)),
        ("slope", "f8", (CLOCK_COUNT,)),
        ("shape", "f8", (CLOCK_COUNT,)),
        ("origin", "f8", (CLOCK_COUNT,)),
        ("power", "f8", (CLOCK_COUNT,)),
        ("power_time", "f8", (CLOCK_COUNT,)),
        ("start_power", "f8", (CLOCK_COUNT,)),
        ("active", "i8", (CLOCK_COUNT,)),
    ]
)

EVENT: Final = np.dtype(
    [
        ("replicate", "u4"),
        ("patient", "u4"),
        ("arm", "u2"),
        ("occurrence", "u2"),
        ("event", "u1"),
        ("state", "u1"),
        ("use", "u1"),
        ("spare", "u1"),
        ("day", "f8"),
    ]
)

LIFE_TABLE_AGES: Final = 111
