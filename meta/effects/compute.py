"""Effect sizes of all studies of a table, for methods that take them as normal with known variance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from meta.data import ArmCounts, EffectSizes
from meta.effects import sizes
from meta.effects.collect import Studies, collect_studies
from meta.measures import Floats
from meta.problems import EvidenceError, refuse
from meta.tables.model import EvidenceRow, EvidenceTable

FORMULAS: Final[Mapping[str, Callable[..., sizes.Sizes]]] = {
    "log_odds_ratio": sizes.log_odds_ratio,
    "log_risk_ratio": sizes.log_risk_ratio,
    "risk_difference": sizes.risk_difference,
    "log_rate_ratio": sizes.log_rate_ratio,
    "log_rate": sizes.log_rate,
    "logit_proportion": sizes.logit_proportion,
    "arcsine_proportion": sizes.arcsine_proportion,
    "freeman_tukey": sizes.freeman_tukey,
    "mean_difference": sizes.mean_difference,
    "standardised_mean_difference": sizes.hedges_g,
    "mean": sizes.mean,
}
COLUMNS: Final = {"binary": ("events", "n"), "rate": ("events", "person_years"), "mean": ("mean", "sd", "n")}


def compute_effects(
    table: EvidenceTable, measure: str, *, reference: str | None = None, continuity: float = 0.0
) -> EffectSizes:
    """One estimate a study on the scale of a measure, treatment minus comparator.

    `continuity` is added to every cell of studies with a zero cell (to both arms), only where it is asked for. Studies
    without a finite estimate are left out with a warning. Raises EvidenceError where nothing is left.
    """
    studies = collect_studies(table, measure, reference)
    names, rows, values, variances, people = [], [], [], [], []
    if studies.arms:
        cells = _take_cells(studies)
        corrected = _correct(cells, studies.measure.data, continuity)
        value, variance = FORMULAS[measure](*corrected)
        names, rows = [name for name, _ in studies.arms], [_name_pair(pair) for _, pair in studies.arms]
        values, variances, people = list(value), list(variance), list(_count_people(cells, studies.measure.data))
    for name, row in studies.printed:
        names.append(name)
        rows.append(row.row)
        values.append(_orient(row, studies.comparator))
        variances.append((row.se or np.nan) ** 2)
        people.append(row.n if row.n is not None else np.nan)
    data = EffectSizes(
        measure=measure,
        studies=tuple(names),
        estimate=np.array(values, float),
        variance=np.array(variances, float),
        treatment=studies.treatment,
        comparator=studies.comparator,
        sizes=np.array(people, float),
        rows=tuple(rows),
        warnings=studies.warnings,
    )
    return _warn_correction(_leave_out(data), studies, continuity)


def _name_pair(pair: tuple[EvidenceRow, ...]) -> str:
    return " + ".join(row.row for row in pair)


def _take_cells(studies: Studies) -> list[Floats]:
    """Columns for the formula: of the treatment first, then of the comparator."""
    names = COLUMNS[studies.measure.data]
    return [
        np.array([float(getattr(pair[side], name)) for _, pair in studies.arms])
        for side in reversed(range(studies.measure.arms))
        for name in names
    ]


def _correct(cells: list[Floats], data: str, continuity: float) -> list[Floats]:
    """Cells with the correction added in studies with a zero cell: to events, and twice to people (events and
    others)."""
    if data == "mean" or continuity == 0:
        return cells
    events, exposure = cells[0::2], cells[1::2]
    zero = np.any([e == 0 for e in events], axis=0)
    if data == "binary":
        zero |= np.any([e == n for e, n in zip(events, exposure, strict=True)], axis=0)
    more = np.where(zero, continuity, 0.0)
    twice = 2 * more if data == "binary" else 0 * more
    return [part for e, n in zip(events, exposure, strict=True) for part in (e + more, n + twice)]


def _count_people(cells: list[Floats], data: str) -> Floats:
    step = 3 if data == "mean" else 2
    return np.asarray(np.sum(cells[step - 1 :: step], axis=0), float)


def _orient(row: EvidenceRow, comparator: str) -> float:
    """The printed contrast as treatment minus comparator: turned round where the row has it the other way."""
    value = float(row.estimate if row.estimate is not None else np.nan)
    return -value if comparator and row.treatment == comparator else value


def _leave_out(data: EffectSizes) -> EffectSizes:
    good = np.isfinite(data.estimate) & np.isfinite(data.variance) & (data.variance > 0)
    out = [name for name, fine in zip(data.studies, good, strict=True) if not fine]
    if not good.any():
        message = "no study has a finite estimate: zero cells everywhere"
        raise refuse("events", message, "an exact likelihood: the model binomial or poisson, with a proper mu prior")
    words = list(data.warnings)
    if out:
        words.append(
            f"left out for a zero cell: {', '.join(out)}; an exact likelihood (model binomial or poisson) keeps them"
        )
    if good.sum() == 1:
        words.append("one study only: nothing about heterogeneity can be learned from it")
    return EffectSizes(
        data.measure,
        tuple(name for name, fine in zip(data.studies, good, strict=True) if fine),
        data.estimate[good],
        data.variance[good],
        data.treatment,
        data.comparator,
        None if data.sizes is None else data.sizes[good],
        tuple(row for row, fine in zip(data.rows, good, strict=True) if fine),
        tuple(words),
    )


def _warn_correction(data: EffectSizes, studies: Studies, continuity: float) -> EffectSizes:
    """Say what the correction did: the common-effect estimate with it, against that of the counts as they are."""
    if continuity == 0 or not studies.arms:
        return data
    from dataclasses import replace

    cells = _take_cells(studies)
    counts = ArmCounts(
        data.measure,
        "poisson" if studies.measure.data == "rate" else "binomial",
        tuple(name for name, _ in studies.arms),
        np.column_stack(cells[0::2][::-1]),
        np.column_stack(cells[1::2][::-1]),
    )
    weights = 1 / data.variance
    corrected = float(np.sum(weights * data.estimate) / weights.sum())
    back = studies.measure.back
    shown = f"{float(back(np.array(corrected))):.4g}"
    against = f"; the counts as they are give {_fit_exact(counts, back)}" if data.measure in EXACT else ""
    natural = studies.measure.natural
    said = f"corrected by {continuity:g} in studies with a zero cell: one common {natural} of {shown}{against}"
    return replace(data, warnings=(*data.warnings, said))


def _fit_exact(counts: ArmCounts, back: Callable[[Floats], Floats]) -> str:
    """The common effect of the counts as they are, in natural units, as text."""
    from meta.frequentist.likelihood import fit_common

    try:
        return f"{float(back(np.array(fit_common(counts)))):.4g}"
    except EvidenceError:
        return "no finite value"


EXACT: Final = ("log_odds_ratio", "log_rate_ratio", "logit_proportion", "log_rate")
