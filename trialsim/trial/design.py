"""Who arrives where and when, and to which arm: laid out before any life is lived.

Accrual and allocation are addressed by (site or stratum, index) in streams of their own, so that neither depends on
what happens to other patients.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trialsim.clinical.streams import STREAM_ACCRUAL, STREAM_ALLOCATION, STREAM_SITE
from trialsim.clinical.vocabulary import TICKS_PER_DAY
from trialsim.engine.population import OPIOIDS, draw_uniforms
from trialsim.scenario.model import Scenario

BLOCK_ADDRESS = 1 << 16


@dataclass(frozen=True, slots=True)
class Layout:
    """One replicate before it starts, patients in order of their number.

    site, stratum and arm are integer codes (arm -1: every arm); arrival_day is days since the trial opened, in whole
    ticks; labels name the strata by code.
    """

    site: npt.NDArray[np.int64]
    stratum: npt.NDArray[np.int64]
    arm: npt.NDArray[np.int64]
    arrival_day: npt.NDArray[np.float64]
    labels: tuple[str, ...]


def draw_sites(scenario: Scenario, seed: int, patients: range, replicate: int) -> npt.NDArray[np.int64]:
    """Return each patient's site, by the sites' shares."""
    shares = np.cumsum([site.share for site in scenario.sites])
    uniforms = draw_uniforms(seed, patients, STREAM_SITE, 0, replicate)
    return np.minimum(np.searchsorted(shares, uniforms, side="right"), len(scenario.sites) - 1)


def draw_arrivals(
    scenario: Scenario, seed: int, site: npt.NDArray[np.int64], replicate: int
) -> npt.NDArray[np.float64]:
    """Return arrival days: given their number, the arrivals of a Poisson process are uniform over the accrual time."""
    index = np.zeros(len(site), np.int64)
    out = np.zeros(len(site))
    for code in range(len(scenario.sites)):
        mine = np.flatnonzero(site == code)
        index[mine] = np.arange(len(mine))
        uniforms = draw_uniforms(seed, range(len(mine)), STREAM_ACCRUAL, code, replicate)
        out[mine] = np.floor(uniforms * scenario.accrual_days * TICKS_PER_DAY) / TICKS_PER_DAY
    return out


def _name_level(name: str, value: float, scenario: Scenario) -> str:
    if name == "site":
        return scenario.sites[int(value)].name
    if name == "primary_opioid":
        return OPIOIDS[int(value)]
    return f"{name}:{'yes' if value > 0 else 'no'}"


def tabulate_strata(
    scenario: Scenario, baselines: npt.NDArray[Any], site: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Return each patient's stratum code and the strata's names, in the order of their values."""
    names = scenario.allocation.strata if scenario.allocation else ()
    if not names:
        return np.zeros(len(site), np.int64), ("all",)
    columns = [site.astype(np.float64) if name == "site" else baselines[name] for name in names]
    levels, codes = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    labels = tuple(
        "/".join(_name_level(name, value, scenario) for name, value in zip(names, row, strict=True)) for row in levels
    )
    return codes.reshape(-1).astype(np.int64), labels


def draw_blocks(
    ratio: tuple[int, ...], block_size: int, count: int, seed: int, stratum: int, replicate: int
) -> npt.NDArray[np.int64]:
    """Return the arms of a stratum's first `count` places: permuted blocks, each sorted by addressed uniforms."""
    block = np.repeat(np.arange(len(ratio)), np.array(ratio) * (block_size // sum(ratio)))
    blocks = -(-count // block_size)
    uniforms = draw_uniforms(seed, range(blocks * block_size), STREAM_ALLOCATION, stratum, replicate)
    order = np.argsort(uniforms.reshape(blocks, block_size), axis=1, kind="stable")
    return block[order].reshape(-1)[:count].astype(np.int64)


def allocate_arms(
    scenario: Scenario,
    seed: int,
    stratum: npt.NDArray[np.int64],
    arrival_day: npt.NDArray[np.float64],
    replicate: int,
) -> npt.NDArray[np.int64]:
    """Return each patient's arm by permuted blocks within strata, in order of arrival; -1 in counterfactual mode."""
    arm = np.full(len(stratum), -1, np.int64)
    if scenario.mode == "counterfactual" or scenario.allocation is None:
        return arm
    for code in np.unique(stratum):
        mine = np.flatnonzero(stratum == code)
        places = mine[np.argsort(arrival_day[mine], kind="stable")]
        arm[places] = draw_blocks(
            scenario.allocation.ratio, scenario.allocation.block_size, len(mine), seed, int(code), replicate
        )
    return arm


def lay_out(scenario: Scenario, baselines: npt.NDArray[Any], seed: int, replicate: int) -> Layout:
    """Return sites, strata, arrivals and arms of one replicate's patients (BASELINE records from number 0 on)."""
    site = draw_sites(scenario, seed, range(len(baselines)), replicate)
    arrival_day = draw_arrivals(scenario, seed, site, replicate)
    stratum, labels = tabulate_strata(scenario, baselines, site)
    arm = allocate_arms(scenario, seed, stratum, arrival_day, replicate)
    return Layout(site, stratum, arm, arrival_day, labels)
