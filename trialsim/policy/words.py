"""The words that go with a cohort's numbers: labels, definitions and cautions."""

from collections.abc import Sequence
from typing import Any, Final

from trialsim.policy.outcomes import Outcome
from trialsim.runs.ranges import PARAMETER_RANGE

DEFINITIONS: Final = {
    "in_treatment": (
        "From the first dose until 28 days (monthly forms), the labelled time (implants) or 14 days (daily forms) "
        "after the last covered dose. All other time lived is out of treatment, the time before a first dose included."
    ),
    "monte_carlo_error": (
        "Standard error that is due to the finite number of simulated people alone, from the spread between 100 groups "
        "of them (delete-one-group jackknife; of differences, paired by group). It shrinks with more people and says "
        "nothing about the uncertainty of the parameters."
    ),
    "interval": (
        "Low and high are the 95% Monte Carlo interval of the estimate: the mean minus and plus 1.96 Monte Carlo "
        "errors. Where no event was seen it ends at the exact Poisson limit and no error is given. The uncertainty of "
        "the parameters is apart."
    ),
    "parameter_range": PARAMETER_RANGE,
    "averted_and_caused": (
        "People who died under the comparator and not under the policy (averted), and the reverse (caused); every "
        "person lives under every policy with the same luck. Their difference is identified, each of them alone "
        "depends on how luck is shared."
    ),
    "time_since_start": (
        "Days since the first dose of the present episode of treatment, in treatment; after a gap in daily doses that "
        "ended cover, since dosing began again."
    ),
    "time_since_stop": (
        "Days since treatment was stopped, until it is started anew or follow-up ends; for monthly forms and implants "
        "the stop is the day when the next dose would have been due. The first days of it can still be covered, and so "
        "count as in treatment too."
    ),
}
NOTES: Final = (
    "The Monte Carlo intervals stand at the best values of the parameters; their own uncertainty is apart.",
    "Which individuals are saved depends on how the policies' random numbers are coupled; only the margins are "
    "identified.",
    "Contrasts of time in and out of treatment are observational, in the cohorts behind the parameters as here: people "
    "who stay in treatment differ from those who leave. Differences between policies compare the same people.",
    "Rates of death differ more by country and drug supply than by medication.",
)


def label_outcomes(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """Return label, unit and definition of each outcome by name."""
    return {
        outcome.name: {"label": outcome.label, "unit": outcome.unit, "definition": outcome.definition}
        for outcome in outcomes
    }
