"""Calibration, from the evidence tables to one table of joint draws: design, surrogate, posterior, check, gates."""

from __future__ import annotations

import csv
import hashlib
import io
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.design import Design, join_designs, simulate_design
from trialsim.calibration.gates import MOST_RHAT, Gates, find_gates
from trialsim.calibration.likelihood import TAU_SCALES, Layout, find_taus, lay_out_targets
from trialsim.calibration.populations import Populations, read_populations
from trialsim.calibration.posterior import Sample, sample_posterior, split_points
from trialsim.calibration.prior import Prior, find_values, read_prior
from trialsim.calibration.stamp import hash_data, hash_everything
from trialsim.calibration.surrogate import Surrogate, fit_surrogate, predict_links
from trialsim.calibration.targets import Component, Target, list_components, read_targets
from trialsim.engine.world import list_values
from trialsim.parameters.calibrated import DISCREPANCY, WEIGHT
from trialsim.parameters.entry import ParameterTable
from trialsim.runs.progress import Progress, show_progress

type Floats = npt.NDArray[np.float64]

# People of an unseen row, times those of a design's: where counting and the errors to be measured are alike, this many
# are the best use of the same time.
UNSEEN_SCALE: Final = 5.0
# The first sample only says where to simulate more.
ANY_RHAT: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Options:
    """first, second: rows of the two designs; unseen: rows beside each that it is not fitted to, of UNSEEN_SCALE times
    the people; checks: rows of the direct check; walkers: of each half; draws: rows of the table written.

    folder: where finished simulations are kept, so that a killed calibration resumes.
    """

    first: int = 1600
    second: int = 400
    unseen: int = 120
    checks: int = 160
    walkers: int = 400
    draws: int = 500
    seed: int = 20261
    folder: Path | None = None
    workers: int | None = None
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Problemset:
    """Everything that is fixed before a simulation: targets, their components and populations, prior, other values."""

    targets: tuple[Target, ...]
    components: tuple[Component, ...]
    populations: Populations
    prior: Prior
    best: dict[str, float]

    @property
    def fitted(self) -> tuple[Target, ...]:
        """The targets that calibration may see."""
        return tuple(target for target in self.targets if target.role == "fit")


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a calibration found. check: [components, 2] shift of direct simulation against the surrogate, and its
    error.
    """

    problem: Problemset
    design: Design
    surrogate: Surrogate
    layout: Layout
    sample: Sample
    check: Floats
    gates: Gates


def pose_problem(table: ParameterTable, targets: Sequence[Target] | None = None) -> Problemset:
    """Return the calibration problem. table: the parameters before calibration; targets: None for the package's own."""
    chosen = tuple(read_targets() if targets is None else targets)
    components = list_components(chosen)
    return Problemset(chosen, components, read_populations(components), read_prior(table), list_values(table))


def draw_points(rows: int, d: int, seed: int) -> Floats:
    """Return rows of standard normal coordinates by a scrambled Sobol sequence (Owen 1998)."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    power = int(np.ceil(np.log2(max(rows, 2))))
    sobol = qmc.Sobol(d, scramble=True, rng=seed).random_base2(power)[:rows]
    return np.asarray(ndtri(np.clip(sobol, 1e-9, 1.0 - 1e-9)))


def calibrate(problem: Problemset, options: Options) -> Calibration:
    """Run a calibration; raises nothing for a missed gate."""
    wide, aside, rough = fit_first(problem, options)
    layout = lay_out_targets(problem.fitted, problem.components)
    sample = sample_posterior(rough, layout, options.seed + 1, max(options.walkers // 2, 50), ANY_RHAT)
    picked = pick_rows(split_points(sample.points)[0], options.second + options.unseen, options.seed)
    near, others = picked[: options.second], picked[options.second :]
    local = _simulate(problem, near, options, options.seed + 50, "Design near the posterior")
    unseen = _simulate(problem, others, options, options.seed + 3000, "Its unseen rows", UNSEEN_SCALE)
    design = join_designs(wide, local)
    surrogate = fit_surrogate(problem.components, design, near.mean(axis=0), unseen)
    final = sample_posterior(surrogate, layout, options.seed + 2, options.walkers, MOST_RHAT)
    probe = pick_rows(split_points(final.points)[0], options.checks, options.seed + 1)
    direct = _simulate(problem, probe, options, options.seed + 1000, "Direct check")
    check = compare_directly(problem.components, surrogate, direct)
    runs = join_designs(join_designs(design, direct), join_designs(aside, unseen))
    gates = find_gates(layout, final, check, runs)
    return Calibration(problem, design, surrogate, layout, final, check, gates)


def fit_first(problem: Problemset, options: Options) -> tuple[Design, Design, Surrogate]:
    """Return the first design, drawn from the prior, its unseen rows, and the surrogate of both."""
    d = len(problem.prior.names)
    wide = _simulate(problem, draw_points(options.first, d, options.seed), options, options.seed, "Design")
    others = np.random.default_rng(options.seed + 2).standard_normal((options.unseen, d))
    aside = _simulate(problem, others, options, options.seed + 2000, "Its unseen rows", UNSEEN_SCALE)
    return wide, aside, fit_surrogate(problem.components, wide, np.zeros(d), aside)


def _simulate(
    problem: Problemset, points: Floats, options: Options, seed: int, label: str, scale: float = 1.0
) -> Design:
    with show_progress(label, "parameter sets", quiet=options.quiet) as progress:
        return simulate_problem(problem, points, options, seed, progress, scale)


def simulate_problem(
    problem: Problemset, points: Floats, options: Options, seed: int, progress: Progress, scale: float = 1.0
) -> Design:
    """Return the direct simulations of a problem at coordinates; scale multiplies the number of people."""
    return simulate_design(
        problem.populations,
        problem.prior,
        problem.best,
        points,
        seed,
        options.folder,
        progress,
        scale,
        options.workers,
    )


def pick_rows(points: Floats, rows: int, seed: int) -> Floats:
    """Return some rows, without repetition where there are enough."""
    chosen = np.random.default_rng(seed).permutation(len(points))[:rows]
    return points[chosen]


def compare_directly(components: Sequence[Component], surrogate: Surrogate, direct: Design) -> Floats:
    """Return [components, 2]: log of observed over expected events (or their complement's), and its standard error.

    Other people and other luck than the design's, so that the shift contains the chance of the design's people too.
    """
    links = predict_links(surrogate, direct.points)
    out = np.zeros((len(components), 2))
    for i, component in enumerate(components):
        events, amount = direct.results[:, i, 0].sum(), direct.results[:, i, 1]
        if component.is_rate:
            expected = (amount * np.exp(links[:, i])).sum()
            out[i] = np.log((events + 0.5) / (expected + 0.5)), 1.0 / np.sqrt(expected + 0.5)
            continue
        share = 1.0 / (1.0 + np.exp(-links[:, i]))
        expected, total = (amount * share).sum(), amount.sum()
        observed = np.log((events + 0.5) / (total - events + 0.5))
        out[i] = (
            observed - np.log((expected + 0.5) / (total - expected + 0.5)),
            1.0 / np.sqrt(max((amount * share * (1.0 - share)).sum(), 0.25)),
        )
    return out


def tabulate_draws(calibration: Calibration, options: Options) -> tuple[str, dict[str, Any]]:
    """Return the table of joint draws as CSV text, and its stamp."""
    points = pick_rows(calibration.sample.points, options.draws, options.seed + 5)
    own, spreads = split_points(points)
    prior = calibration.problem.prior
    values, taus = find_values(prior, own), find_taus(spreads)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([WEIGHT, *prior.names, *(f"{DISCREPANCY}{kind}" for kind in TAU_SCALES)])
    for row, tau in zip(values, taus, strict=True):
        writer.writerow([f"{1.0 / len(values):.6g}", *(f"{x:.6g}" for x in (*row, *tau))])
    text = stream.getvalue()
    everything = find_values(prior, split_points(calibration.sample.points)[0])
    stamp = {
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        **hash_everything(),
        "data": hash_data(calibration.problem.targets, prior),
        "seed": options.seed,
        "versions": {
            "python": platform.python_version(),
            **{n: metadata.version(n) for n in ("numpy", "numba", "pymc")},
        },
        "method": "sequential Monte Carlo (PyMC) and moves on a polynomial surrogate, checked by direct simulation",
        "rows": {
            "design": len(calibration.design.points),
            "unseen": 2 * options.unseen,
            "check": options.checks,
            "sample": len(calibration.sample.points),
        },
        "gates": calibration.gates,
        "ledger": {"failed": len(calibration.design.failures), "reasons": sorted(set(calibration.design.failures))},
        "targets": {"fit": len(calibration.problem.fitted), "all": len(calibration.problem.targets)},
        "parameters": {
            name: _describe_parameter(calibration, name, everything[:, i], calibration.sample.points[:, i])
            for i, name in enumerate(prior.names)
        },
        "discrepancies": {
            kind: _describe_values(find_taus(split_points(calibration.sample.points)[1])[:, i])
            for i, kind in enumerate(TAU_SCALES)
        },
    }
    return text, stamp


def _describe_values(values: Floats) -> dict[str, float]:
    low, median, high = np.quantile(values, [0.025, 0.5, 0.975])
    return {"median": float(f"{median:.6g}"), "low": float(f"{low:.6g}"), "high": float(f"{high:.6g}")}


def _describe_parameter(calibration: Calibration, name: str, values: Floats, coordinates: Floats) -> dict[str, Any]:
    entry = calibration.problem.prior.entries[name]
    contraction = 1.0 - float(coordinates.var())
    return {
        "prior": {"median": entry.value, "low": entry.low, "high": entry.high},
        "prior_reason": calibration.problem.prior.reasons[name],
        "posterior": _describe_values(values),
        "contraction": round(max(min(contraction, 1.0), 0.0), 3),
    }
