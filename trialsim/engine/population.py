"""Baseline patients from a scenario's population: the same patient for a number in every arm and every engine."""

from typing import Any

import numpy as np
import numpy.typing as npt

from trialsim.clinical.compiled import compiled
from trialsim.clinical.person import STARTS
from trialsim.clinical.records import BASELINE
from trialsim.clinical.streams import STREAM_COVARIATES, draw_uniform
from trialsim.clinical.vocabulary import ERAS, SETTINGS
from trialsim.scenario.model import Choices, Covariate, Fixed, Population, TruncatedNormal

# Order of the covariate addresses: append only, so that adding a covariate changes no earlier patient.
DRAWN = (
    "age",
    "male",
    "primary_opioid",
    "injection",
    "use_days",
    "unstable_housing",
    "prior_treatment",
    "liver_disease",
    "uses_alone",
    "opioid_free_days",
)
SHARES = ("male", "injection", "unstable_housing", "prior_treatment", "liver_disease", "uses_alone")
OPIOIDS = ("heroin", "fentanyl", "prescription")


@compiled
def fill_uniforms(out: Any, seed: int, first: int, stream: int, occurrence: int, replicate: int) -> None:
    """Fill a vector with the uniforms of patients first, first + 1, ... at one stream and occurrence."""
    for i in range(len(out)):
        out[i] = draw_uniform(seed, first + i, stream, occurrence, replicate)


def draw_uniforms(seed: int, patients: range, stream: int, occurrence: int, replicate: int) -> npt.NDArray[np.float64]:
    """Return one addressed uniform a patient (shape [len(patients)])."""
    out = np.empty(len(patients))
    fill_uniforms(out, seed, patients.start, stream, occurrence, replicate)
    return out


def _code(name: str, value: float | str) -> float:
    if isinstance(value, str):
        return float(OPIOIDS.index(value)) if name == "primary_opioid" else float(value)
    return float(value)


def draw_covariate(name: str, law: Covariate, uniforms: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return a covariate's values by inverting its law at the uniforms; opioids as codes in the order of `OPIOIDS`."""
    if isinstance(law, TruncatedNormal):
        from scipy.special import ndtr, ndtri

        low, high = ndtr((law.low - law.mean) / law.sd), ndtr((law.high - law.mean) / law.sd)
        drawn = law.mean + law.sd * ndtri(low + uniforms * (high - low))
        return np.clip(drawn, law.low, law.high)
    if isinstance(law, Choices):
        codes = np.array([_code(name, value) for value in law.values])
        chosen = np.searchsorted(np.cumsum(law.shares), uniforms, side="right")
        return codes[np.minimum(chosen, len(codes) - 1)]
    if isinstance(law, Fixed) and name in SHARES:
        return (uniforms < float(law.value)).astype(np.float64)
    return np.full(len(uniforms), _code(name, law.value))


def draw_baseline(population: Population, seed: int, patients: range, replicate: int) -> npt.NDArray[Any]:
    """Return the BASELINE records of a range of patients in one replicate (shape [len(patients)])."""
    out = np.zeros(len(patients), BASELINE)
    out["patient"] = np.arange(patients.start, patients.stop)
    out["replicate"] = replicate
    for index, name in enumerate(DRAWN):
        if name in population.rows:
            codes = np.array([_code(name, value) for value in population.rows[name]])
            out[name] = codes[out["patient"] % population.row_count]
        else:
            uniforms = draw_uniforms(seed, patients, STREAM_COVARIATES, index, replicate)
            out[name] = draw_covariate(name, population.covariates[name], uniforms)
    out["setting"] = SETTINGS.index(population.setting)
    out["era"] = ERAS.index(population.era)
    out["naloxone_coverage"] = population.naloxone_coverage
    out["start"] = STARTS.index(population.start)
    return out
