"""A network of treatments: which study compared which arms, and that all of it hangs together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from meta.effects.collect import count_reasons
from meta.measures import Floats, Measure, find_measure
from meta.problems import EvidenceError, Fault, refuse
from meta.tables.model import EvidenceRow, EvidenceTable
from meta.tables.overlap import check_overlap


@dataclass(frozen=True, slots=True, eq=False)
class NetworkStudy:
    """One study: `arms` (a,) indices of its treatments, the first being its own baseline.

    Arm data: `events` and `exposure`, or `mean` and `error` (standard error of each arm's mean), each (a,). Contrast
    data: `contrast` (a - 1,) against the baseline arm and their `covariance` (a - 1, a - 1). What is absent is None.
    """

    name: str
    arms: tuple[int, ...]
    events: Floats | None = None
    exposure: Floats | None = None
    contrast: Floats | None = None
    covariance: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class NetworkData:
    """`treatments` by name, the reference first; studies with two arms or more."""

    measure: str
    treatments: tuple[str, ...]
    studies: tuple[NetworkStudy, ...]
    warnings: tuple[str, ...] = ()


def collect_network(table: EvidenceTable, measure: str, *, reference: str | None = None) -> NetworkData:
    """The network of the rows of a table that are not excluded. `reference`: default, the treatment in most studies.

    Raises EvidenceError for levels, rows of the wrong kind, two studies of one population, and a network in pieces,
    whose components it names.
    """
    known = find_measure(measure)
    if known.arms != 2:
        raise refuse("measure", f"a {known.label} compares nothing", "a contrast, such as log_odds_ratio")
    rows = [row for row in table.rows if not row.excluded]
    if not rows:
        raise refuse("table", f"no row can be pooled ({count_reasons(table)})", "rows with numbers")
    check_overlap(rows)
    by_study: dict[str, list[EvidenceRow]] = defaultdict(list)
    for row in rows:
        by_study[row.study].append(row)
    counts = Counter(name for group in by_study.values() for name in sorted(_names(group)))
    treatments = _order(counts, reference)
    index = {name: i for i, name in enumerate(treatments)}
    studies, warnings = [], list(table.warnings)
    for name, group in by_study.items():
        if len(_names(group)) < 2:
            warnings.append(f"{name} is left out: it has one arm only")
            continue
        studies.append(_make_study(name, group, index, known))
    data = NetworkData(measure, treatments, tuple(studies), tuple(warnings))
    check_connected(data)
    return data


def _names(rows: Sequence[EvidenceRow]) -> set[str]:
    return {name for row in rows for name in (row.treatment, row.comparator) if name}


def _order(counts: Counter[str], reference: str | None) -> tuple[str, ...]:
    names = sorted(counts)
    if reference is not None and reference not in counts:
        raise refuse("reference", f"no treatment {reference!r}", f"one of {', '.join(names)}", names, reference)
    first = reference or max(names, key=lambda name: (counts[name], name))
    return (first, *(name for name in names if name != first))


def _make_study(name: str, rows: list[EvidenceRow], index: dict[str, int], measure: Measure) -> NetworkStudy:
    kinds = {row.kind for row in rows}
    if kinds == {"estimate"}:
        return _from_contrasts(name, rows, index, measure)
    if len(kinds) > 1 or measure.data not in kinds:
        message = f"{name!r} has {' and '.join(sorted(kinds))} rows"
        raise EvidenceError(
            [Fault("", rows[0].line, "study", message, f"{measure.data} arms, or contrasts, in one study")]
        )
    ordered = sorted(rows, key=lambda row: index[row.treatment])
    arms = tuple(index[row.treatment] for row in ordered)
    if len(set(arms)) < len(arms):
        message = f"{name!r} has a treatment twice"
        raise EvidenceError(
            [Fault("", rows[0].line, "treatment", message, "one outcome at one time; choose with a subset")]
        )
    if measure.data == "mean":
        return _from_means(name, ordered, arms, measure)
    events = np.array([float(row.events or 0) for row in ordered])
    by = "n" if measure.data == "binary" else "person_years"
    return NetworkStudy(name, arms, events, np.array([float(getattr(row, by)) for row in ordered]))


def _from_means(name: str, rows: list[EvidenceRow], arms: tuple[int, ...], measure: Measure) -> NetworkStudy:
    if measure.name != "mean_difference":
        raise refuse("measure", f"a network of {measure.label} needs contrast rows", "mean_difference, or contrasts")
    means = np.array([float(row.mean or 0.0) for row in rows])
    variance = np.array([float(row.sd or 0) ** 2 / float(row.n or 1) for row in rows])
    covariance = np.full((len(rows) - 1, len(rows) - 1), variance[0]) + np.diag(variance[1:])
    return NetworkStudy(name, arms, contrast=means[1:] - means[0], covariance=covariance)


def _from_contrasts(name: str, rows: list[EvidenceRow], index: dict[str, int], measure: Measure) -> NetworkStudy:
    """Contrasts against the study's baseline; covariances of a multi-arm trial from its three or more variances."""
    found: dict[tuple[int, int], tuple[float, float]] = {}
    for row in rows:
        if row.scale not in ("", measure.name) or not row.comparator:
            wanted = f"contrasts on the scale {measure.name}"
            raise EvidenceError([Fault("", row.line, "scale", f"{name!r} has an estimate of {row.scale!r}", wanted)])
        a, b = index[row.treatment], index[row.comparator]
        found[(a, b)] = (float(row.estimate or 0), float(row.se or 0) ** 2)
        found[(b, a)] = (-float(row.estimate or 0), float(row.se or 0) ** 2)
    arms = tuple(sorted({i for pair in found for i in pair}))
    missing = [pair for pair in combinations(arms, 2) if pair not in found]
    if missing:
        message = f"{name!r} has {len(arms)} arms, but not every pair of them, so that their covariance is not known"
        raise EvidenceError(
            [Fault("", rows[0].line, "comparator", message, "all pairs of the arms of a multi-arm trial")]
        )
    base, others = arms[0], arms[1:]
    contrast = np.array([found[(i, base)][0] for i in others])
    covariance = np.array(
        [
            [(found[(i, base)][1] + found[(j, base)][1] - (found[(i, j)][1] if i != j else 0.0)) / 2 for j in others]
            for i in others
        ]
    )
    np.fill_diagonal(covariance, [found[(i, base)][1] for i in others])
    if np.linalg.eigvalsh(covariance).min() <= 0:
        message = f"the variances of {name!r} cannot be those of one trial with {len(arms)} arms"
        raise EvidenceError([Fault("", rows[0].line, "se", message, "variances that are sums of those of the arms")])
    return NetworkStudy(name, arms, contrast=contrast, covariance=covariance)


def check_connected(data: NetworkData) -> None:
    """Raise EvidenceError naming the components, each with its treatments and studies, unless there is one."""
    group = list(range(len(data.treatments)))

    def root(i: int) -> int:
        while group[i] != i:
            i = group[i]
        return i

    for study in data.studies:
        for other in study.arms[1:]:
            group[root(other)] = root(study.arms[0])
    pieces: dict[int, list[str]] = defaultdict(list)
    for i, name in enumerate(data.treatments):
        pieces[root(i)].append(name)
    if len(pieces) > 1:
        shown = []
        for top, names in pieces.items():
            inside = [study.name for study in data.studies if root(study.arms[0]) == top]
            shown.append(
                f"{{{', '.join(sorted(names))}}} in {', '.join(inside[:4])}{', ...' if len(inside) > 4 else ''}"
            )
        raise refuse("network", f"the network is in {len(pieces)} pieces: {'; '.join(shown)}", "one connected network")


def count_geometry(data: NetworkData) -> tuple[dict[str, float], dict[tuple[str, str], int]]:
    """People or person-years by treatment (NaN where contrasts hide them), and studies by pair of treatments."""
    people = dict.fromkeys(data.treatments, 0.0)
    pairs: Counter[tuple[str, str]] = Counter()
    for study in data.studies:
        for position, arm in enumerate(study.arms):
            people[data.treatments[arm]] += float("nan") if study.exposure is None else float(study.exposure[position])
        for a, b in combinations(study.arms, 2):
            pairs[(data.treatments[a], data.treatments[b])] += 1
    return people, dict(pairs)
