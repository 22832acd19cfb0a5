"""Queues at one site against queueing theory: Erlang C where everyone waits, Erlang A where people walk away.

Arrivals are a Poisson process, times in bed exponential: an antagonist whose opioid-free interval has shape 1.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from trialsim.clinical.vocabulary import ADMIT, NEVER, WAIT, WALK_AWAY
from trialsim.engine.lives import World
from trialsim.engine.population import draw_baseline
from trialsim.scenario.model import Site
from trialsim.verify.check import Check, Numbers, report_scores, score_means
from trialsim.verify.kernel import Kernel
from trialsim.verify.laws import NOTHING
from trialsim.verify.worlds import SEED, make_scenario, make_world

BEDS: Final = 4
STAY_DAYS: Final = 5.0
# Neighbours in a queue share their luck: errors come from batches much longer than the queue remembers, some
# 1 / (1 - sqrt(load))^2 / BEDS stays. The first batch is the way from an empty site to a busy one, and is left out.
BATCHES: Final = 40
BATCH: Final = 300


@dataclass(frozen=True, slots=True)
class Exact:
    """What theory says of a person who arrives: the chance to wait, the mean wait (days), the chance to walk away."""

    waits: float
    days: float
    leaves: float


def solve_queue(arrival_rate: float, stay_days: float, beds: int, walk_away_rate: float) -> Exact:
    """Return the stationary answers of a queue by its birth and death rates (Erlang C without walking away).

    Cut where the chance of so many waiting is below rounding. Mean wait counts those who walk away too, and by Little's
    law is the mean number waiting over the arrival rate.
    """
    logs = [0.0]
    for n in range(1, 3000):
        logs.append(logs[-1] + math.log(arrival_rate / (min(n, beds) / stay_days + max(n - beds, 0) * walk_away_rate)))
    shares = np.exp(np.array(logs) - max(logs))
    shares /= shares.sum()
    waiting = float((shares * np.maximum(np.arange(len(shares)) - beds, 0)).sum())
    return Exact(float(shares[beds:].sum()), waiting / arrival_rate, waiting * walk_away_rate / arrival_rate)


def solve_erlang_c(arrival_rate: float, stay_days: float, beds: int) -> Exact:
    """Return Erlang's own formula (1917) for the same queue where nobody walks away."""
    load = arrival_rate * stay_days
    busy = load**beds / math.factorial(beds) * beds / (beds - load)
    waits = busy / (sum(load**n / math.factorial(n) for n in range(beds)) + busy)
    return Exact(waits, waits / (beds / stay_days - arrival_rate), 0.0)


def _make_world(fields: Mapping[str, float]) -> World:
    site = Site("one", 1.0, beds=BEDS)
    scenario = make_scenario(("oral_naltrexone",), 2000.0, reentry=False, sites=(site,))
    entry = {"opioid_free_days": STAY_DAYS, "opioid_free_shape": 1.0, "induction_days": 0.0}
    world = make_world(scenario, **{**NOTHING, **entry, **fields})
    return replace(world, offered_until=-NEVER)


def simulate_queue(kernel: Kernel, arrival_rate: float, walk_away_rate: float) -> Numbers:
    """Return for each arrival whether it waited, days waited and whether it walked away (shape [arrivals, 3])."""
    people = (BATCHES + 1) * BATCH
    world = _make_world({"walk_away_rate": walk_away_rate})
    gaps = np.random.default_rng(SEED).exponential(1.0 / arrival_rate, people)
    baselines = draw_baseline(make_scenario().population, world.seed, range(people), 0)
    site, arms = Site("one", 1.0, beds=BEDS), np.zeros(people, np.int64)
    lives, _ = kernel.simulate_site(world, site, baselines, arms, np.cumsum(gaps), 32)
    life = np.repeat(np.arange(people), lives.outcomes["log_end"] - lives.outcomes["log_start"])
    seen = np.zeros((people, 3))
    for event, column in ((WAIT, 0), (WALK_AWAY, 2)):
        seen[life[lives.log["event"] == event], column] = 1.0
    ended = np.isin(lives.log["event"], (ADMIT, WALK_AWAY))
    seen[life[ended], 1] = lives.log["day"][ended]
    # Who still waits at the end of the record counts as having waited for all of it.
    ever = np.zeros(people, np.bool_)
    ever[life[ended]] = True
    seen[(seen[:, 0] > 0) & ~ever, 1] = world.horizon
    return seen


def _batch(seen: Numbers) -> Numbers:
    return np.asarray(seen[BATCH:].reshape(BATCHES, BATCH, 3).mean(axis=1))


def _report(name: str, kernel: Kernel, exact: Exact, arrival_rate: float, walk_away_rate: float) -> Check:
    means = _batch(simulate_queue(kernel, arrival_rate, walk_away_rate))
    scores = [
        score_means(means[:, j : j + 1], [value]) for j, value in enumerate((exact.waits, exact.days, exact.leaves))
    ]
    found: Any = means.mean(axis=0)
    detail = (
        f"{BATCHES * BATCH} arrivals; waiting {found[0]:.4f} (exact {exact.waits:.4f}), mean wait {found[1]:.3f} "
        f"({exact.days:.3f}) days, walking away {found[2]:.4f} ({exact.leaves:.4f})"
    )
    return report_scores(name, scores, detail)


def check_erlang_c(name: str, kernel: Kernel) -> Check:
    """Compare a site at three quarters of its capacity with Erlang C: who waits for a bed, and how long."""
    rate = 0.75 * BEDS / STAY_DAYS
    return _report(name, kernel, solve_erlang_c(rate, STAY_DAYS, BEDS), rate, 0.0)


def check_erlang_a(name: str, kernel: Kernel) -> Check:
    """Compare a site with more arrivals than it can take, where people walk away, with its birth and death chain."""
    rate = 1.2 * BEDS / STAY_DAYS
    return _report(name, kernel, solve_queue(rate, STAY_DAYS, BEDS, 0.1), rate, 0.1)
