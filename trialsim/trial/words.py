"""The words that go with a trial's numbers: labels, definitions and cautions."""

from collections.abc import Sequence
from typing import Any, Final

from trialsim.runs.ranges import PARAMETER_RANGE
from trialsim.trial.outcomes import Outcome

IN_TREATMENT: Final = (
    "From the first dose until 28 days (monthly forms), the labelled time (implants) or 14 days (daily forms) after "
    "the last covered dose."
)
MONTE_CARLO: Final = (
    "Standard error of the simulated mean that is due to the finite number of simulated trials alone; it shrinks with "
    "more replicates and says nothing about the uncertainty of the parameters."
)
DEFINITIONS: Final = {
    "in_treatment": IN_TREATMENT,
    "monte_carlo_error": MONTE_CARLO,
    "range": "The middle 95% of simulated trials of the same size, at one fixed set of parameters.",
    "parameter_range": PARAMETER_RANGE,
    "inside": "Whether the published number lies in that range; a number outside is a miss of the model.",
}
NOTES: Final = (
    "The range over simulated trials stands at the best values of the parameters; their own uncertainty is apart.",
    "Numbers marked as fitted to this trial are not predictions of it.",
    "Which individuals are saved depends on how the arms' random numbers are coupled; only the margins are identified.",
)


def label_outcomes(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """Return label, unit and definition of each outcome by name."""
    return {
        outcome.name: {"label": outcome.label, "unit": outcome.unit, "definition": outcome.definition}
        for outcome in outcomes
    }
