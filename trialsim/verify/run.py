"""All checks by name, in the order of the table, and the one function that runs them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from trialsim.verify import chains, conservation, extremes, faults, identity, laws, pairs, queues, returning
from trialsim.verify.check import LARGEST_SCORE, Check
from trialsim.verify.closed_forms import check_busy, check_scenario
from trialsim.verify.kernel import KERNEL, Kernel
from trialsim.verify.twin import ENDLESS_DAYS
from trialsim.verify.worlds import find_scenarios

type Checker = Callable[[str, Kernel], Check]


def _check_present_value(name: str, _: Kernel) -> Check:
    return laws.check_present_value(name)


_FIXED: Final[Mapping[str, Checker]] = {
    "extreme: overdose rate 0": extremes.check_no_overdose,
    "extreme: huge death rate": extremes.check_everyone_dies,
    "extreme: perfect blockade": extremes.check_blockade,
    "extreme: tolerance never lost": extremes.check_no_peak,
    "extreme: induction cannot fail": extremes.check_induction,
    "extreme: risks end on their day": extremes.check_days,
    "conservation: one state": conservation.check_states,
    "conservation: person-time": conservation.check_person_time,
    "conservation: deaths": conservation.check_deaths,
    "null effect: identical arms": pairs.check_identical,
    "symmetry: swapped arms": pairs.check_swapped,
    "harm: fewer deaths kill nobody": pairs.check_harmless,
    "steps: length moves nothing": laws.check_panels,
    "closed form: Weibull times": laws.check_weibull,
    "closed form: tolerance": laws.check_tolerance,
    "closed form: overdose rate": returning.check_returning,
    "closed form: present value": _check_present_value,
    "closed form: Erlang C": queues.check_erlang_c,
    "closed form: walking away": queues.check_erlang_a,
    "closed form: 60 periods": chains.check_periods,
    "closed form: every transition": lambda name, kernel: check_busy(name, kernel, 0.0, ENDLESS_DAYS),
    "closed form: endless induction": lambda name, kernel: check_busy(name, kernel, ENDLESS_DAYS, 0.0),
    "engines: batch and des": identity.check_engines,
    "engines: chunks and threads": identity.check_threads,
    "random numbers: known answers": laws.check_philox,
    "fault found: seed reset monthly": faults.check_reset_seed,
    "fault found: table sums to 0.99": faults.check_leaky_table,
    "fault found: factor subtracted": faults.check_subtracted_discount,
}


def list_checks() -> dict[str, Checker]:
    """Return every check by name: the fixed ones, and one for each scenario that is installed."""
    scenarios = {f"closed form: {path.stem}": partial(check_scenario, path=path) for path in find_scenarios()}
    return {**_FIXED, **scenarios}


def run_check(name: str, checker: Checker, kernel: Kernel = KERNEL) -> Check:
    """Return one check's outcome; an error while checking is a check that failed."""
    try:
        return checker(name, kernel)
    except Exception as error:
        return Check(name, False, LARGEST_SCORE, 0.0, f"{type(error).__name__}: {error}")


def run_checks(only: tuple[str, ...] = (), kernel: Kernel = KERNEL) -> tuple[Check, ...]:
    """Return the outcome of every check, or of those named."""
    return tuple(run_check(name, each, kernel) for name, each in list_checks().items() if not only or name in only)
