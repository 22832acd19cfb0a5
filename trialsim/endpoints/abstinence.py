"""Published definitions of abstinence."""

from __future__ import annotations

from trialsim.endpoints import rules
from trialsim.endpoints.definition import BREAKS_RUN, CARRIED, EVERY_WEEK, NO_USE, NOT_COUNTED, SKIPPED, Definition
from trialsim.endpoints.words import is_due, is_missing, is_negative, is_positive
from trialsim.endpoints.words import is_positive_or_missing as positive

KRUPITSKY_2011 = (
    "Krupitsky E, Nunes EV, Ling W, Illeperuma A, Gastfriend DR, Silverman BL. Injectable extended-release naltrexone "
    "for opioid dependence. Lancet 2011;377:1506-1513. doi:10.1016/S0140-6736(11)60358-9"
)
SCHOTTENFELD_2008 = (
    "Schottenfeld RS, Chawarski MC, Mazlan M. Maintenance treatment with buprenorphine and naltrexone for heroin "
    "dependence in Malaysia. Lancet 2008;371:2192-2200. doi:10.1016/S0140-6736(08)60954-X"
)

ABSTINENCE = (
    Definition(
        name="abstinence_ctnNinetyFour_2023",
        columns=("Ab_ctnNinetyFour_2023",),
        kind="logical",
        meaning="In weeks 12-15 no positive or mixed week and at most one missing.",
        paper="Weeks 12-15 stand for the last four weeks of treatment, whatever the length of the word.",
        citation=(
            "Odom GJ, Brandt L, Castro C, Luo SX, Feaster DJ, Balise RR, CTN-0094 Team. Capturing drug use patterns at "
            "a glance. PLoS ONE 2023;18:e0291248. doi:10.1371/journal.pone.0291248"
        ),
        minimum_weeks=15,
        looks_at=(12, 15),
        not_due=NOT_COUNTED,
        score=lambda codes: (rules.end_abstinence(codes),),
    ),
    Definition(
        name="abstinence_fiellin_2006",
        columns=("Ab_fiellin_2006",),
        kind="count",
        meaning="Number of negative weeks, missing is positive.",
        paper="",
        citation=(
            "Fiellin DA, Pantalon MV, Chawarski MC, et al. Counseling plus buprenorphine-naloxone maintenance therapy "
            "for opioid dependence. N Engl J Med 2006;355:365-374. doi:10.1056/NEJMoa055255"
        ),
        minimum_weeks=1,
        looks_at=EVERY_WEEK,
        not_due=NOT_COUNTED,
        score=lambda codes: (rules.count_weeks(is_negative(codes)),),
    ),
    Definition(
        name="abstinence_kosten_1993",
        columns=("Ab_kosten_1993",),
        kind="logical",
        meaning="Three consecutive negative weeks anywhere.",
        paper="",
        citation=(
            "Kosten TR, Schottenfeld R, Ziedonis D, Falcioni J. Buprenorphine versus methadone maintenance for opioid "
            "dependence. J Nerv Ment Dis 1993;181:358-364. doi:10.1097/00005053-199306000-00004"
        ),
        minimum_weeks=3,
        looks_at=EVERY_WEEK,
        not_due=BREAKS_RUN,
        score=lambda codes: (rules.has_run(is_negative(codes), length=3),),
    ),
    Definition(
        name="abstinence_krupitskyA_2011",
        columns=("Ab_krupitskyA_2011",),
        kind="logical",
        meaning="No positive week in weeks 5-15, missing is positive.",
        paper="The paper reads weeks 5-24.",
        citation=KRUPITSKY_2011,
        minimum_weeks=15,
        looks_at=(5, 15),
        not_due=NO_USE,
        score=lambda codes: (rules.no_positive_weeks_5_to_15(codes),),
    ),
    Definition(
        name="abstinence_krupitskyB_2011",
        columns=("Ab_krupitskyB_2011",),
        kind="count",
        meaning="Number of negative weeks in weeks 5-15, missing is positive.",
        paper="The paper reads weeks 5-24.",
        citation=KRUPITSKY_2011,
        minimum_weeks=15,
        looks_at=(5, 15),
        not_due=NOT_COUNTED,
        score=lambda codes: (rules.count_weeks(is_negative(codes), 5, 15),),
    ),
    Definition(
        name="abstinence_ling_1998",
        columns=("Ab_ling_1998",),
        kind="logical",
        meaning="Four consecutive negative weeks anywhere.",
        paper="The paper tested three times a week: 13 consecutive negative tests.",
        citation=(
            "Ling W, Charuvastra C, Collins JF, et al. Buprenorphine maintenance treatment of opiate dependence: a "
            "multicenter, randomized clinical trial. Addiction 1998;93:475-486. doi:10.1046/j.1360-0443.1998.9344753.x"
        ),
        minimum_weeks=4,
        looks_at=EVERY_WEEK,
        not_due=BREAKS_RUN,
        score=lambda codes: (rules.has_run(is_negative(codes), length=4),),
    ),
    Definition(
        name="abstinence_lofwall_2018",
        columns=("Ab_lofwall_2018",),
        kind="logical",
        meaning=(
            "Visits of weeks 1-7, 9, 11, 13 and 15, the weeks between carried forward, missing is positive: at least 2 "
            "of weeks 5-7, week 8, and at least 6 of weeks 9-15 negative."
        ),
        paper="The paper reads 24 weeks: 2 of weeks 9-11, week 12, and 5 of the 6 tests of weeks 13-24.",
        citation=(
            "Lofwall MR, Walsh SL, Nunes EV, et al. Weekly and monthly subcutaneous buprenorphine depot formulations "
            "vs daily sublingual buprenorphine with naloxone for treatment of opioid use disorder. JAMA Intern Med "
            "2018;178:764-773. doi:10.1001/jamainternmed.2018.1052"
        ),
        minimum_weeks=15,
        looks_at=(1, 15),
        not_due=CARRIED,
        score=lambda codes: (rules.responder_lofwall(codes),),
    ),
    Definition(
        name="abstinence_mokri_2016",
        columns=("AbT_mokri_2016", "AbE_mokri_2016"),
        kind="time_and_event",
        meaning="Weeks to the first positive week, missing is positive; without one, L.",
        paper="The paper tested twice a week and counts days.",
        citation=(
            "Mokri A, Chawarski MC, Taherinakhost H, Schottenfeld RS. Medical treatments for opioid use disorder in "
            "Iran. Addiction 2016;111:874-882. doi:10.1111/add.13259"
        ),
        minimum_weeks=1,
        looks_at=EVERY_WEEK,
        not_due=NO_USE,
        score=lambda codes: rules.time_to_window(positive(codes), width=1, needed=1),
    ),
    Definition(
        name="abstinence_schottenfeld_2005",
        columns=("Ab_schottenfeld_2005",),
        kind="count",
        meaning="Negative weeks in the longest run of them, missing weeks dropped, mixed is positive.",
        paper="The paper tested three times a week.",
        citation=(
            "Schottenfeld RS, Chawarski MC, Pakes JR, Pantalon MV, Carroll KM, Kosten TR. Methadone versus "
            "buprenorphine with contingency management or performance feedback for cocaine and opioid dependence. "
            "Am J Psychiatry 2005;162:340-349. doi:10.1176/appi.ajp.162.2.340"
        ),
        minimum_weeks=1,
        looks_at=EVERY_WEEK,
        not_due=SKIPPED,
        score=lambda codes: (rules.longest_run(is_negative(codes), skipped=is_missing(codes) | ~is_due(codes)),),
    ),
    Definition(
        name="abstinence_schottenfeldA_2008",
        columns=("AbT_schottenfeldA_2008", "AbE_schottenfeldA_2008"),
        kind="time_and_event",
        meaning="Weeks to the first positive week, missing is positive; without one, L.",
        paper="The paper tested three times a week and counts days from randomisation.",
        citation=SCHOTTENFELD_2008,
        minimum_weeks=1,
        looks_at=EVERY_WEEK,
        not_due=NO_USE,
        score=lambda codes: rules.time_to_window(positive(codes), width=1, needed=1),
    ),
    Definition(
        name="abstinence_schottenfeldB_2008",
        columns=("Ab_schottenfeldB_2008",),
        kind="count",
        meaning="Weeks in the longest run of negative weeks, missing is positive.",
        paper="The paper tested three times a week and counts days.",
        citation=SCHOTTENFELD_2008,
        minimum_weeks=1,
        looks_at=EVERY_WEEK,
        not_due=BREAKS_RUN,
        score=lambda codes: (rules.longest_run(is_negative(codes)),),
    ),
    Definition(
        name="abstinence_shufman_1994",
        columns=("AbT_shufman_1994", "AbE_shufman_1994"),
        kind="time_and_event",
        meaning="Weeks to the first positive week, missing counted as negative, mixed as positive; without one, L.",
        paper="",
        citation=(
            "Shufman EN, Porat S, Witztum E, Gandacu D, Bar-Hamburger R, Ginath Y. The efficacy of naltrexone in "
            "preventing reabuse of heroin after detoxification. Biol Psychiatry 1994;35:935-945. "
            "doi:10.1016/0006-3223(94)91240-8"
        ),
        minimum_weeks=1,
        looks_at=EVERY_WEEK,
        not_due=NO_USE,
        score=lambda codes: rules.time_to_window(is_positive(codes), width=1, needed=1),
    ),
    Definition(
        name="abstinence_ctnThirty_2011",
        columns=("Ab_ctnThirty_2011",),
        kind="logical",
        meaning="Last week negative and at most one positive in the three weeks before, missing is positive.",
        paper="The paper (CTN-0030) reads the last four weeks of the third month of treatment.",
        citation=(
            "Weiss RD, Potter JS, Fiellin DA, et al. Adjunctive counseling during brief and extended "
            "buprenorphine-naloxone treatment for prescription opioid dependence. Arch Gen Psychiatry "
            "2011;68:1238-1246. doi:10.1001/archgenpsychiatry.2011.121"
        ),
        minimum_weeks=4,
        looks_at=(-4, -1),
        not_due=NOT_COUNTED,
        score=lambda codes: (rules.last_month_abstinence(codes),),
    ),
)
