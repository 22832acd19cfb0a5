"""The one table of keys: what a scenario file may hold, for the reader, the JSON Schema and the documentation."""

from dataclasses import dataclass
from typing import Literal

from trialsim.scenario.vocabulary import (
    COVARIATES,
    ERAS,
    ESTIMAND_POPULATIONS,
    INTERCURRENT_EVENTS,
    MEDICATIONS,
    OUTCOMES,
    PROCEDURES,
    SETTINGS,
    STARTS,
    STRATA,
    STRATEGIES,
    SUMMARIES,
)

type Kind = Literal[
    "text",
    "name",
    "word",
    "integer",
    "number",
    "share",
    "yes/no",
    "duration",
    "dose",
    "quantity",
    "covariate",
    "block",
    "list",
    "map",
]
type FileKind = Literal["trial", "cohort"]


@dataclass(frozen=True, slots=True)
class Key:
    """One key and what may stand behind it.

    `low` and `high` bound numbers, durations (days) and lengths of lists; `words` are the valid words (of a `text`:
    suggestions); `keys` are those of a block; `item` is what a list or a map (a block with names of the user's own)
    holds; `open_keys` lets a block hold items besides its keys; `default` is written as in a file, empty if there is
    none. `only` names the kind of scenario that may have the key.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    default: str = ""
    low: float = 0.0
    high: float = 1e15
    words: tuple[str, ...] = ()
    keys: tuple["Key", ...] = ()
    item: "Key | None" = None
    only: FileKind | None = None
    open_keys: bool = False


def _covariate_keys() -> tuple[Key, ...]:
    return tuple(
        Key(rule.name, "covariate", rule.meaning, low=rule.low, high=rule.high, words=rule.codes) for rule in COVARIATES
    )


POPULATION = Key(
    "population",
    "block",
    "who takes part, as they are at time zero; every covariate is needed, here or as a column of `csv`",
    required=True,
    keys=(
        Key("csv", "text", "a CSV file of real people beside the scenario; its columns are named like the covariates"),
        *_covariate_keys(),
        Key("setting", "word", "where treatment is given", required=True, words=SETTINGS),
        Key("start", "word", "state of everyone at time zero", required=True, words=STARTS),
        Key("era", "word", "the drug supply, which sets the level of overdose", required=True, words=ERAS),
        Key(
            "country",
            "word",
            "whose life table gives deaths from other causes; default: United States",
            words=("United States", "Norway", "Russia", "Australia"),
        ),
        Key("naloxone_coverage", "share", "share of overdoses at which naloxone is at hand", required=True),
    ),
)
ARM = Key(
    "",
    "block",
    "one arm or policy",
    keys=(
        Key("medication", "text", "a built-in medication or one of `medications`", required=True, words=MEDICATIONS),
        Key("procedure", "word", "how an antagonist is started", default="standard", words=PROCEDURES),
        Key("outpatient", "yes/no", "withdrawal is managed outside hospital", default="false"),
        Key("contingency", "yes/no", "contingency management is added", default="false"),
        Key("supervised", "yes/no", "doses are taken under supervision", default="false"),
        Key("dose", "dose", "dose if it is not the usual one", low=1e-6, high=100_000),
        Key("label", "text", "name in tables and figures; the arm's own name if left out"),
    ),
)
ARMS = Key("arms", "map", "what is compared", required=True, low=1, high=20, item=ARM, only="trial")
POLICIES = Key("policies", "map", "what is compared", required=True, low=1, high=20, item=ARM, only="cohort")
MEDICATION = Key(
    "",
    "block",
    "a medication of the scenario's own",
    keys=(Key("like", "word", "the built-in medication that it resembles", required=True, words=MEDICATIONS),),
    item=Key("", "quantity", "a field of that medication's record and its new value"),
    open_keys=True,
)
PARAMETER = Key(
    "",
    "block",
    "a parameter that the scenario sets itself",
    keys=(
        Key("value", "quantity", "its value, with its unit", required=True),
        Key("low", "quantity", "lower 95% limit; with `high`, else the value is taken as known"),
        Key("high", "quantity", "upper 95% limit"),
        Key("source", "text", "where the value comes from", required=True),
    ),
)
ALLOCATION = Key(
    "allocation",
    "block",
    "permuted blocks; needed in a randomised trial with two arms or more",
    only="trial",
    keys=(
        Key(
            "ratio",
            "map",
            "a whole number for every arm",
            required=True,
            low=1,
            high=20,
            item=Key("", "integer", "people of a block in this arm, as a ratio", low=1, high=100),
        ),
        Key("block_size", "integer", "people in a block, a multiple of the sum of `ratio`", True, low=1, high=1000),
        Key(
            "strata",
            "list",
            "blocks are laid out within every combination of these",
            high=len(STRATA),
            item=Key("", "word", "a yes/no covariate, `primary_opioid` or `site`", words=STRATA),
        ),
    ),
)
SITE = Key(
    "",
    "block",
    "one site",
    keys=(
        Key("name", "name", "its name", required=True),
        Key("share", "share", "share of the participants; for all sites or for none (then equal shares)"),
        Key("beds", "integer", "beds for managed withdrawal; no limit if left out", low=1, high=1_000_000),
        Key("injection_slots", "integer", "injections a day; no limit if left out", low=1, high=1_000_000),
        Key("dosing_slots", "integer", "places for supervised dosing; no limit if left out", low=1, high=1_000_000),
    ),
)
VISITS = Key(
    "visits",
    "block",
    "scheduled visits with a urine test",
    required=True,
    only="trial",
    keys=(
        Key("every", "duration", "interval, a whole number of weeks", required=True, low=7, high=364),
        Key("count", "integer", "number of visits after time zero", required=True, low=1, high=1000),
    ),
)
ESTIMAND = Key(
    "estimand",
    "block",
    "what the trial estimates: the five attributes of ICH E9(R1)",
    required=True,
    only="trial",
    keys=(
        Key("population", "word", "whom it is about", required=True, words=ESTIMAND_POPULATIONS),
        Key("treatment", "text", "which treatments are compared, and what happens after they stop", required=True),
        Key("variable", "text", "what is measured in each participant", required=True),
        Key(
            "intercurrent_events",
            "map",
            f"a strategy for each event; events: {', '.join(INTERCURRENT_EVENTS)}",
            required=True,
            low=1,
            high=len(INTERCURRENT_EVENTS),
            words=INTERCURRENT_EVENTS,
            item=Key("", "word", "how the event is dealt with", words=STRATEGIES),
        ),
        Key("summary", "word", "the measure that compares the arms", required=True, words=SUMMARIES),
    ),
)
PUBLISHED = Key(
    "",
    "block",
    "a published number",
    keys=(
        Key("arm", "text", "an arm of the trial", required=True),
        Key("outcome", "text", "an outcome; N is `endpoint_week`", required=True, words=OUTCOMES),
        Key("row", "text", "id of a row of the evidence tables", required=True),
    ),
)
KEYS = (
    Key("name", "name", "short name, used for the run directory", required=True),
    Key("kind", "word", "a trial with visits and an endpoint, or a cohort", required=True, words=("trial", "cohort")),
    Key("title", "text", "one line", required=True),
    Key("description", "text", "what is simulated, and what is not"),
    Key(
        "sources",
        "list",
        "DOIs or addresses of the protocol papers",
        required=True,
        low=1,
        high=100,
        item=Key("", "text", "a DOI or an address"),
    ),
    Key("seed", "integer", "the random numbers' key", required=True, high=2**53 - 1),
    Key(
        "mode",
        "word",
        "each person in one arm, or under every arm; default: randomised for a trial, counterfactual for a cohort",
        words=("randomised", "counterfactual"),
    ),
    Key("replicates", "integer", "simulated trials; default: 100 for a trial, 1 for a cohort", low=1, high=1_000_000),
    Key("participants", "integer", "people in one trial or cohort", required=True, low=1, high=10_000_000),
    Key(
        "screened",
        "integer",
        "people whom the published trial screened: shown in the flow, not simulated",
        low=1,
        high=10_000_000,
        only="trial",
    ),
    POPULATION,
    ARMS,
    POLICIES,
    Key("medications", "map", "medications of the scenario's own", high=50, item=MEDICATION),
    Key("parameters", "map", "parameters that the scenario sets itself", high=1000, item=PARAMETER),
    ALLOCATION,
    Key(
        "accrual",
        "block",
        "people enter at random times",
        keys=(Key("duration", "duration", "from first to last", required=True, high=36_525),),
    ),
    Key("sites", "list", "the sites; one site without limits if left out", low=1, high=1000, item=SITE),
    VISITS,
    Key("endpoint", "text", "an outcome definition, or `retention`", required=True, only="trial"),
    Key("endpoint_week", "integer", "the week at which it is read", required=True, low=1, high=7000, only="trial"),
    ESTIMAND,
    Key(
        "retreatment",
        "block",
        "people who left, or were not started, may ask for the arm's medication again",
        keys=(Key("until", "duration", "time since time zero until which they may", required=True, high=36_525),),
    ),
    Key("reentry", "yes/no", "people who left may start the policy's treatment again", default="false", only="cohort"),
    Key("follow_up", "duration", "how long everyone is followed", required=True, low=1, high=36_525),
    Key(
        "horizons",
        "list",
        "times at which deaths are counted; default: the end of follow-up",
        low=1,
        high=50,
        only="cohort",
        item=Key("", "duration", "a time since start", low=1, high=36_525),
    ),
    Key("published", "list", "numbers to compare with", high=500, item=PUBLISHED, only="trial"),
    Key(
        "sources_of",
        "map",
        "the source of the numbers behind a key path such as `population.age`; or `assumption: ...`, with the reason",
        high=1000,
        item=Key("", "text", "a citation, or `assumption: ...`"),
    ),
)
ROOT = Key("", "block", "a scenario", keys=KEYS)
