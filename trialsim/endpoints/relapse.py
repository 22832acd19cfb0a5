"""Published definitions of relapse and dropout."""

from __future__ import annotations

from trialsim.endpoints.definition import BREAKS_RUN, EVERY_WEEK, NOT_COUNTED, Definition
from trialsim.endpoints.rules import has_run, time_to_window
from trialsim.endpoints.words import is_missing
from trialsim.endpoints.words import is_positive_or_missing as positive

RELAPSE = (
    Definition(
        name="relapse_ctnNinetyFour_2023",
        columns=("RsT_ctnNinetyFour_2023", "RsE_ctnNinetyFour_2023"),
        kind="time_and_event",
        meaning="First week of the first run of 4 positive weeks, missing is positive; without one, L - 3.",
        paper="The paper counted such runs by week 12.",
        citation=(
            "Luo SX, Feaster DJ, Liu Y, et al. Individual-level risk prediction of return to use during opioid use "
            "disorder treatment. JAMA Psychiatry 2024;81:45-56 (online 2023). doi:10.1001/jamapsychiatry.2023.3596"
        ),
        minimum_weeks=4,
        looks_at=EVERY_WEEK,
        not_due=BREAKS_RUN,
        score=lambda codes: time_to_window(positive(codes), width=4, needed=4),
    ),
    Definition(
        name="dropout_ctnNinetyFour_2023",
        columns=("DrT_ctnNinetyFour_2023", "DrE_ctnNinetyFour_2023"),
        kind="time_and_event",
        meaning="First week of the first run of 4 missing weeks (`o` only); without one, L - 3.",
        paper="",
        citation=(
            "Odom GJ, Brandt L, Castro C, Luo SX, Feaster DJ, Balise RR, CTN-0094 Team. Capturing drug use patterns at "
            "a glance. PLoS ONE 2023;18:e0291248. doi:10.1371/journal.pone.0291248"
        ),
        minimum_weeks=4,
        looks_at=EVERY_WEEK,
        not_due=BREAKS_RUN,
        score=lambda codes: time_to_window(is_missing(codes), width=4, needed=4),
    ),
    Definition(
        name="relapse_johnson_1992",
        columns=("Rs_johnson_1992",),
        kind="logical",
        meaning="Two consecutive positive weeks at or after week 4, missing is positive.",
        paper="The paper tested three times a week and read the Monday samples.",
        citation=(
            "Johnson RE, Jaffe JH, Fudala PJ. A controlled trial of buprenorphine treatment for opioid dependence. "
            "JAMA 1992;267:2750-2755. doi:10.1001/jama.1992.03480200058024"
        ),
        minimum_weeks=5,
        looks_at=(4, -1),
        not_due=BREAKS_RUN,
        score=lambda codes: (has_run(positive(codes), length=2, start=4),),
    ),
    Definition(
        name="relapse_krupitsky_2004",
        columns=("Rs_krupitsky_2004",),
        kind="logical",
        meaning="Three consecutive positive weeks, missing is positive.",
        paper="The paper does not say how missing tests count.",
        citation=(
            "Krupitsky EM, Zvartau EE, Masalov DV, et al. Naltrexone for heroin dependence treatment in St. "
            "Petersburg, Russia. J Subst Abuse Treat 2004;26:285-294. doi:10.1016/j.jsat.2004.02.002"
        ),
        minimum_weeks=3,
        looks_at=EVERY_WEEK,
        not_due=BREAKS_RUN,
        score=lambda codes: (has_run(positive(codes), length=3),),
    ),
    Definition(
        name="relapse_lee_2016",
        columns=("RsT_lee_2016", "RsE_lee_2016"),
        kind="time_and_event",
        meaning=(
            "First window of 4 weeks with two or more positive weeks, missing is positive; time is the first week of "
            "the window + 2; without one, L - 1."
        ),
        paper="The paper's relapse is 10 or more days of use in 28, a positive or missing test counting as 5 days.",
        citation=(
            "Lee JD, Friedmann PD, Kinlock TW, et al. Extended-release naltrexone to prevent opioid relapse in "
            "criminal justice offenders. N Engl J Med 2016;374:1232-1242. doi:10.1056/NEJMoa1505409"
        ),
        minimum_weeks=4,
        looks_at=EVERY_WEEK,
        not_due=NOT_COUNTED,
        score=lambda codes: time_to_window(positive(codes), width=4, needed=2),
    ),
    Definition(
        name="relapse_ctnFiftyOne_2018",
        columns=("RsT_ctnFiftyOne_2018", "RsE_ctnFiftyOne_2018"),
        kind="time_and_event",
        meaning=(
            "First week of the first run of 4 positive weeks looked for from week 3 on, missing is positive; "
            "without one, L - 3."
        ),
        paper="The paper (X:BOT) counts from day 21, and seven days running of self-reported use are relapse too.",
        citation=(
            "Lee JD, Nunes EV, Novo P, et al. Comparative effectiveness of extended-release naltrexone versus "
            "buprenorphine-naloxone for opioid relapse prevention (X:BOT). Lancet 2018;391:309-318. "
            "doi:10.1016/S0140-6736(17)32812-X"
        ),
        minimum_weeks=6,
        looks_at=(3, -1),
        not_due=BREAKS_RUN,
        score=lambda codes: time_to_window(positive(codes), width=4, needed=4, start=3),
    ),
    Definition(
        name="relapse_schottenfeld_2008",
        columns=("RsT_schottenfeld_2008", "RsE_schottenfeld_2008"),
        kind="time_and_event",
        meaning="First week of the first run of 3 positive weeks, missing is positive; without one, L - 2.",
        paper="The paper tested three times a week and counts days to three consecutive positive tests.",
        citation=(
            "Schottenfeld RS, Chawarski MC, Mazlan M. Maintenance treatment with buprenorphine and naltrexone for "
            "heroin dependence in Malaysia. Lancet 2008;371:2192-2200. doi:10.1016/S0140-6736(08)60954-X"
        ),
        minimum_weeks=3,
        looks_at=EVERY_WEEK,
        not_due=BREAKS_RUN,
        score=lambda codes: time_to_window(positive(codes), width=3, needed=3),
    ),
)
