"""The fit of X:BOT (CTN-0051): induction, continuation, lapses and missed visits, but not relapse by its endpoint.

Targets are rows of the evidence tables computed from the public records: first injections by day, injections 1 to 6,
weekly buprenorphine retention, weekly shares of missing and of positive tests, and the tests of people who stayed. The
trial's relapse is left out, so that it follows from these. Weighted least squares on a smooth simulator: every set of
parameters is lived by the same people with the same luck (common random numbers).

`python -m trialsim.calibration.xbot` prints the fitted values as the block that `scenarios/xbot.yaml` sets, and what
they come to. They say what this one trial says of its own people; what all studies say together is the calibrated
table, from which the fit starts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.prior import read_prior
from trialsim.calibration.statistics import STAYED_DAYS, STAYED_WEEKS
from trialsim.calibration.targets import NORMAL_95
from trialsim.clinical.vocabulary import DOSE
from trialsim.engine.setup import build_observation
from trialsim.engine.world import build_world, list_values
from trialsim.parameters.entry import ParameterTable
from trialsim.parameters.evidence import EvidenceRow, read_evidence_rows
from trialsim.parameters.reader import read_parameters
from trialsim.scenario.model import Scenario
from trialsim.scenario.read import read_scenario
from trialsim.trial.simulate import Chunk, Observed, simulate_chunk

type Floats = npt.NDArray[np.float64]

RECORDS: Final = "ctn-0051-x-bot-ipd-ctn-0094-public-data-"
WEEKLY: Final = "ctn-0051-weekly-tests-"
XR, BUP = 0, 1
INJECTION_DAYS: Final = (7, 14, 21, 28, 35)
RETENTION_WEEKS: Final = (1, 2, 4, 8, 12, 16, 20, 23)
WEEKS: Final = 24
# The first letter is of the week of randomisation, spent in hospital, where nobody misses a visit.
LETTERS: Final = range(2, WEEKS + 1)
# The weeks of one trial are the same people: 23 correlated shares count as about four.
CORRELATED: Final = 6.0
# Targets of the curves, which come first: days of first injection, injections, first doses and weeks of buprenorphine;
# where among them each that falls begins (the first injection and the first dose are of all).
CURVES: Final = len(INJECTION_DAYS) + 6 + 1 + len(RETENTION_WEEKS)
BEGIN: Final = (len(INJECTION_DAYS), len(INJECTION_DAYS) + 6, len(INJECTION_DAYS) + 7)
# Evaluations of the fit at most, and the step of its slopes on the fitting scale.
EVALUATIONS: Final = 40
SLOPE: Final = 0.05
# Priors on what the targets hardly tell: median, and standard deviation on the fitting scale. All others have the weak
# ones of calibration.
PRIORS: Final = {
    "frailty_sd_leaving": (0.5, 0.35),
    "visit_missed_log_sd": (0.15, 0.3),
    "lapse_shape": (0.5, 0.25),
    "lapse_end_rate": (0.14, 0.4),
    "discontinuation_ratio_lapse_sublingual_buprenorphine": (5.5, 0.3),
    "relapse_rate_sublingual_buprenorphine": (0.0008, 0.5),
    "visit_missed_share_lapse": (0.26, 0.3),
    "opioid_free_shape_xr_naltrexone": (6.0, 0.3),
    "induction_failing_rate_xr_naltrexone": (0.2, 0.4),
    "urine_mixed_share": (0.03, 0.5),
}
FITTED: Final = (
    *PRIORS,
    "withdrawal_leaving_rate_xr_naltrexone",
    "withdrawal_leaving_rate_sublingual_buprenorphine",
    "treatment_seeking_rate_trial",
    "discontinuation_rate_xr_naltrexone",
    "discontinuation_shape_xr_naltrexone",
    "discontinuation_rate_sublingual_buprenorphine",
    "discontinuation_shape_sublingual_buprenorphine",
    "lapse_rate_xr_naltrexone",
    "lapse_rate_sublingual_buprenorphine",
    "visit_missed_share_in_treatment",
    "visit_missed_share_off_treatment",
    "visit_missed_share_using",
    "lost_to_follow_up_rate_off_treatment",
    "lost_to_follow_up_rate_using",
)


@dataclass(frozen=True, slots=True)
class Targets:
    """Names, observed shares and standard errors of the targets, in the order of `list_rows`."""

    names: tuple[str, ...]
    observed: Floats
    errors: Floats


def list_rows() -> tuple[str, ...]:
    """Return the evidence rows of the targets, in the order of `measure_targets`: curves, then weekly tests."""
    return (
        *(f"{RECORDS}{i}" for i in range(1, 6)),
        *(f"{RECORDS}{i}" for i in range(36, 42)),
        "lee-2018-x-bot-ctn-0051-2",
        *(f"{RECORDS}{i}" for i in range(42, 50)),
        *(f"{WEEKLY}{kind}-{arm}-{i}" for arm in ("xr", "bup") for kind in ("missing", "positive") for i in LETTERS),
        *(f"{WEEKLY}completers-{i}" for i in range(1, 9)),
    )


def find_share(row: EvidenceRow) -> tuple[float, float]:
    """Return a row's share and its binomial standard error, half a count at least; weekly rows are correlated."""
    if row.events is None or row.n is None:
        raise ValueError(f"{row.row} has no counts")
    share = min(max(row.events, 0.5), row.n - 0.5) / row.n
    error = float(np.sqrt(share * (1.0 - share) / row.n))
    weekly = row.row.startswith(WEEKLY) and "completers" not in row.row
    return row.events / row.n, error * float(np.sqrt(CORRELATED)) if weekly else error


def find_steps(shares: Floats) -> Floats:
    """Return cumulative shares, in the order of `list_rows`, as steps: first injections among those who have had none,
    each further injection among those who had the one before, weeks of retention among those retained until then.

    Shares of a curve are counts of the same people; its steps have chances of their own.
    """
    out = shares.copy()
    rising, falling = slice(0, len(INJECTION_DAYS)), slice(len(INJECTION_DAYS), CURVES)
    before = np.concatenate([[0.0], shares[rising][:-1]])
    out[rising] = (shares[rising] - before) / (1.0 - before)
    first = np.isin(np.arange(falling.start, CURVES), BEGIN)
    out[falling] = np.where(first, shares[falling], shares[falling] / shares[falling.start - 1 : CURVES - 1])
    return out


def find_among(shares: Floats) -> Floats:
    """Return the share of people that each step of the curves is among."""
    rising = 1.0 - np.concatenate([[0.0], shares[: len(INJECTION_DAYS) - 1]])
    falling = shares[len(INJECTION_DAYS) - 1 : CURVES - 1].copy()
    falling[np.array(BEGIN) - len(INJECTION_DAYS)] = 1.0
    return np.concatenate([rising, falling])


def read_shares() -> Targets:
    """Return the targets from the evidence tables: steps of the curves, shares of the weekly tests."""
    rows = read_evidence_rows(list_rows())
    shares, errors = np.array([find_share(row) for row in rows.values()]).T
    sizes = np.array([float(row.n or 0.0) for row in rows.values()])
    steps = find_steps(shares)
    among = sizes[:CURVES] * find_among(shares)
    held = np.clip(steps[:CURVES], 0.5 / among, 1.0 - 0.5 / among)
    errors[:CURVES] = np.sqrt(held * (1.0 - held) / among)
    return Targets(tuple(rows), steps, errors)


def count_injections(lives: Observed) -> npt.NDArray[np.int64]:
    """Return each life's injections within 24 weeks."""
    given = (lives.log["event"] == DOSE) & (lives.log["day"] < WEEKS * 7.0)
    running = np.concatenate([[0], np.cumsum(given)])
    return np.asarray(running[lives.outcomes["log_end"]] - running[lives.outcomes["log_start"]])


def measure_stayers(words: npt.NDArray[np.uint8]) -> list[float]:
    """Return shares missing and positive, positive after positive, and not negative after negative (weeks 1 to 22)."""
    letters = words[:, :STAYED_WEEKS]
    before, after = letters[:, :-1], letters[:, 1:]
    positive, negative = before == ord("+"), before == ord("-")
    return [
        float((letters == ord("o")).mean()),
        float((letters == ord("+")).mean()),
        float((positive & (after == ord("+"))).sum() / max(positive.sum(), 1)),
        float((negative & (after != ord("-"))).sum() / max(negative.sum(), 1)),
    ]


def measure_targets(lives: Observed) -> Floats:
    """Return the simulated counterparts of the targets: steps and shares."""
    arm, first = lives.outcomes["arm"], lives.outcomes["first_dose"]
    xr, bup = arm == XR, arm == BUP
    injections = count_injections(lives)
    stop = np.minimum(lives.courses["discontinuation_day"], lives.outcomes["death"])
    started = first < WEEKS * 7.0
    values = [float((first[xr] <= day).mean()) for day in INJECTION_DAYS]
    values += [float((injections[xr] >= number).mean()) for number in range(1, 7)]
    values += [float(started[bup].mean())]
    values += [float((started & (stop > 7.0 * week))[bup].mean()) for week in RETENTION_WEEKS]
    for own in (xr, bup):
        for letter in "o+":
            values += (lives.words[own][:, 1:WEEKS] == ord(letter)).mean(axis=0).tolist()
    for name, own in (("xr_naltrexone", xr), ("buprenorphine", bup)):
        values += measure_stayers(lives.words[own & started & (stop >= STAYED_DAYS[name])])
    return find_steps(np.array(values))


def simulate_lives(scenario: Scenario, values: Mapping[str, float], people: int, seed: int) -> Observed:
    """Live the trial's people under both arms."""
    own = replace(scenario, participants=people, seed=seed, mode="counterfactual")
    return simulate_chunk(
        build_world(own, values, seed), build_observation(values), own, "batch", True, Chunk(0, 0, people)
    )


def to_fitting_scale(name: str, value: float) -> float:
    """Return a parameter on the fitting scale: logit for shares, logarithm otherwise."""
    return float(np.log(value / (1.0 - value))) if "share" in name else float(np.log(value))


def from_fitting_scale(name: str, value: float) -> float:
    """Return a parameter's value from the fitting scale."""
    return float(1.0 / (1.0 + np.exp(-value))) if "share" in name else float(np.exp(value))


@cache
def find_prior(name: str) -> tuple[float, float]:
    """Return the median and the standard deviation of a parameter's prior on the fitting scale."""
    if name in PRIORS:
        median, spread = PRIORS[name]
        return to_fitting_scale(name, median), spread
    table = read_parameters(calibrated=False)
    entry = {**table.entries, **read_prior(table).entries}[name]
    low, median, high = (to_fitting_scale(name, each) for each in (entry.low, entry.value, entry.high))
    return median, (high - low) / (2.0 * NORMAL_95)


def fit_parameters(scenario: Scenario, table: ParameterTable, people: int = 4000, seed: int = 11) -> dict[str, Any]:
    """Return {"values": fitted parameters, "limits": their 95% limits, "targets": rows of (name, observed, simulated,
    standard error), "cost": half the sum of squares, "converged"}.

    Starts from the table. people: lives under each arm; the fit's own Monte Carlo error is about the trial's sampling
    error times sqrt(285 / people). Limits are those of a normal law on the fitting scale, from the curvature of the sum
    of squares at the fit (Gauss and Newton).
    """
    from scipy.optimize import least_squares

    best, targets = list_values(table), read_shares()
    medians, prior_spreads = np.array([find_prior(name) for name in FITTED]).T

    def propose(point: Floats) -> dict[str, float]:
        return {**best, **{name: from_fitting_scale(name, float(x)) for name, x in zip(FITTED, point, strict=True)}}

    def find_residuals(point: Floats) -> Floats:
        simulated = measure_targets(simulate_lives(scenario, propose(point), people, seed))
        return np.concatenate([(simulated - targets.observed) / targets.errors, (point - medians) / prior_spreads])

    def find_slopes(point: Floats) -> Floats:
        middle = find_residuals(point)
        return np.column_stack([(find_residuals(point + step) - middle) / SLOPE for step in SLOPE * np.eye(len(point))])

    start = np.array([to_fitting_scale(name, best[name]) for name in FITTED])
    found = least_squares(find_residuals, start, find_slopes, max_nfev=EVALUATIONS)
    fitted = found.x
    values = propose(fitted)
    spreads = np.sqrt(np.diag(np.linalg.inv(found.jac.T @ found.jac)))
    limits = {
        name: (from_fitting_scale(name, x - NORMAL_95 * spread), from_fitting_scale(name, x + NORMAL_95 * spread))
        for name, x, spread in zip(FITTED, fitted, spreads, strict=True)
    }
    simulated = measure_targets(simulate_lives(scenario, values, people, seed + 1))
    rows = list(zip(targets.names, targets.observed, simulated, targets.errors, strict=True))
    own = {name: values[name] for name in FITTED}
    return {
        "values": own,
        "limits": limits,
        "targets": rows,
        "cost": float(found.cost),
        "converged": bool(found.success),
    }


def format_fit(found: Mapping[str, Any], table: ParameterTable) -> str:
    """Return a fit as the block of a scenario file, followed by its targets as comments."""
    source = "fitted to X:BOT (CTN-0051) by python -m trialsim.calibration.xbot"
    lines = ["parameters:", "  # With the 95% limits of the fit, each drawn on its own."]
    for name, value in found["values"].items():
        unit = " per day" if table.entries[name].unit == "per day" else ""
        low, high = found["limits"][name]
        numbers = (f"{key}: {x:.4g}{unit}" for key, x in (("value", value), ("low", low), ("high", high)))
        lines.append(f'  {name}: {{{", ".join(numbers)}, source: "{source}"}}')
    for name, observed, simulated, error in found["targets"]:
        lines.append(f"# {name}: observed {observed:.3f}, simulated {simulated:.3f}, error {error:.3f}")
    end = "converged" if found["converged"] else "NOT converged"
    return "\n".join([*lines, f"# {end}, cost {found['cost']:.1f} over {len(found['targets'])} targets"])


def main() -> None:
    """Print the fit."""
    table = read_parameters()
    print(format_fit(fit_parameters(read_scenario(Path("scenarios/xbot.yaml")), table), table))


if __name__ == "__main__":
    main()
