"""Names and integer codes of states, uses, clocks, events, medications and resources.

Codes are append-only: a stored event log stays readable.
"""

from typing import Final

# States of a patient (clinical-model: life of a patient).
USING: Final = 0
WAITING: Final = 1
WITHDRAWAL: Final = 2
INDUCTION: Final = 3
MAINTAINED: Final = 4
ABSTINENT: Final = 5
INCARCERATED: Final = 6
DEAD: Final = 7
STATES: Final = (
    "using",
    "waiting",
    "withdrawal",
    "induction",
    "maintained",
    "abstinent",
    "incarcerated",
    "dead",
)

# Illicit opioid use: none, a lapse (use without return to regular use), regular use.
NO_USE: Final = 0
LAPSE_USE: Final = 1
REGULAR_USE: Final = 2
USES: Final = ("none", "lapse", "regular")

# Clocks: one residual unit exponential for each kind of event, carried across states.
OVERDOSE_DEATH: Final = 0
OTHER_DEATH: Final = 1
OVERDOSE: Final = 2
SEEK: Final = 3
WALK_AWAY: Final = 4
READY: Final = 5
LEAVE: Final = 6
INDUCTION_FAIL: Final = 7
DISCONTINUE: Final = 8
LAPSE: Final = 9
LAPSE_END: Final = 10
RELAPSE: Final = 11
ABSTAIN: Final = 12
ARREST: Final = 13
RELEASE: Final = 14
MISS: Final = 15
RESUME: Final = 16
CLOCK_COUNT: Final = 17

# What can come next besides a clock: the end of a panel, a due dose, the end of induction, the end of follow-up.
REFRESH: Final = 17
DOSE_DUE: Final = 18
PHASE_END: Final = 19
HORIZON: Final = 20

# Records that are written besides the clocks' own (an event that a clock fires is logged under the clock's code).
START: Final = 21
WAIT: Final = 22
ADMIT: Final = 23
FIRST_DOSE: Final = 24
DOSE: Final = 25
MAINTAIN: Final = 26
EVENTS: Final = (
    "overdose_death",
    "other_death",
    "overdose",
    "seek",
    "walk_away",
    "ready",
    "leave",
    "induction_fail",
    "discontinue",
    "lapse",
    "lapse_end",
    "relapse",
    "abstain",
    "arrest",
    "release",
    "miss",
    "resume",
    "refresh",
    "dose_due",
    "phase_end",
    "horizon",
    "start",
    "wait",
    "admit",
    "first_dose",
    "dose",
    "maintain",
)

# Kinds of medication.
KIND_NONE: Final = 0
ANTAGONIST: Final = 1
PARTIAL_AGONIST: Final = 2
AGONIST: Final = 3
KIND_SUPPORT: Final = 4
KINDS: Final = ("none", "antagonist", "partial_agonist", "agonist", "support")

MEDICATIONS: Final = (
    "none",
    "counselling",
    "placebo",
    "oral_naltrexone",
    "xr_naltrexone",
    "implant_naltrexone",
    "sublingual_buprenorphine",
    "xr_buprenorphine",
    "methadone",
)

# Settings, eras, resources.
TRIAL_SETTING: Final = 0
ROUTINE_SETTING: Final = 1
RELEASE_SETTING: Final = 2
SETTINGS: Final = ("trial", "routine", "release")
HEROIN_ERA: Final = 0
FENTANYL_ERA: Final = 1
ERAS: Final = ("heroin", "fentanyl")
NO_RESOURCE: Final = 0
BED: Final = 1
DOSING_SLOT: Final = 2
INJECTION_SLOT: Final = 3
RESOURCES: Final = ("none", "beds", "dosing_slots", "injection_slots")

NEVER: Final = 1.0e18
TICKS_PER_DAY: Final = 1048576.0
