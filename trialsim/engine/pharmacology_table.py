"""The published drug levels and receptor occupancies beside those of the kernel's own functions.

`python -m trialsim.engine.pharmacology_report` writes docs/pharmacology.md from it. A point that the model misses is
listed as a miss, with the reason in `MISSES`; a test holds the misses to exactly those.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from trialsim.engine.pharmacology_curves import (
    BLOCKING_LEVEL,
    Drug,
    build_drug,
    find_average_level,
    find_blockade,
    find_daily_blockade,
    find_days_above,
    find_days_blocked,
    find_dosing_blockade,
    find_half_life,
    find_half_time,
    find_peak_time,
    find_turning_time,
)
from trialsim.parameters.entry import ParameterTable
from trialsim.parameters.evidence import read_evidence_rows

POINTS_OF_OCCUPANCY: Final = 7.0
SHARE_OF_LEVELS: Final = 0.25
# Lower limit at which a plasma assay is taken to measure naltrexone (ng/mL): an assumption on the strict side.
MEASURABLE: Final = 0.5
# Blockade (share) from which 3 mg of hydromorphone is taken to be blocked: one value that serves all three doses.
HYDROMORPHONE_BLOCKED: Final = 0.82

MISSES: Final = {
    "oral naltrexone 15 mg, 8 h after": (
        "an outlier of any curve through the rest: one Emax curve through 5 mg (43 to 58%) and 50 mg (92 to 98%) gives "
        "about three quarters at 15 mg"
    ),
}


@dataclass(frozen=True, slots=True)
class Point:
    """One published point: evidence rows, how it is judged, and how the kernel is asked for it.

    kind: "occupancy" (percent), "measure" (a level or a time) or "at least" (a time).
    """

    label: str
    unit: str
    kind: str
    rows: tuple[str, ...]
    simulate: Callable[[dict[str, Drug]], float]


@dataclass(frozen=True, slots=True)
class PharmacologyRow:
    """One row of the table: published value and printed range, tolerance in words, simulated value, verdict, reason."""

    point: str
    unit: str
    published: float
    low: float
    high: float
    sources: tuple[str, ...]
    tolerance: str
    simulated: float
    hit: bool
    reason: str


def _percent(measure: Callable[[Drug], float], name: str, drugs: dict[str, Drug]) -> float:
    return 100.0 * measure(drugs[name])


def _measure(measure: Callable[[Drug], float], name: str, drugs: dict[str, Drug]) -> float:
    return measure(drugs[name])


def _oral_points() -> list[Point]:
    name = "oral_naltrexone"
    after = (("48", "2"), ("72", "3"), ("120", "4"), ("168", "5"))
    points = [
        Point(
            f"oral naltrexone 50 mg, {hours} h after",
            "% blocked",
            "occupancy",
            (f"lee-1988-{row}",),
            partial(_percent, partial(find_blockade, dose=50.0, days=float(hours) / 24), name),
        )
        for hours, row in after
    ]
    scans = ((2, "1"), (5, "2 3 4"), (15, "5"), (50, "6 7"))
    points += [
        Point(
            f"oral naltrexone {dose} mg, 8 h after",
            "% blocked",
            "occupancy",
            tuple(f"trostheim-2023-table-1-{row}" for row in rows.split()),
            partial(_percent, partial(find_blockade, dose=float(dose), days=8 / 24), name),
        )
        for dose, rows in scans
    ]
    daily, weerts = "oral naltrexone 50 mg a day", ("weerts-2008-1",)
    return [
        *points,
        Point(
            "oral naltrexone 50 mg, half-time", "h", "measure", ("lee-1988-1",), partial(_measure, find_half_time, name)
        ),
        Point(
            f"{daily}, steady state (infusion)",
            "% blocked",
            "occupancy",
            weerts,
            partial(_percent, partial(find_dosing_blockade, dose=50.0), name),
        ),
        Point(
            f"{daily}, 24 h after a dose",
            "% blocked",
            "occupancy",
            weerts,
            partial(_percent, partial(find_daily_blockade, dose=50.0, days=1.0), name),
        ),
    ]


def _injection_points() -> list[Point]:
    name, label, dose = "xr_naltrexone", "XR-naltrexone 380 mg", 380.0
    site = "vivitrol-label-hcp-site"
    above = partial(find_days_above, dose=dose)
    points: list[tuple[str, str, str, str, Callable[[Drug], float]]] = [
        ("first peak", "h", "measure", f"{site}-1", lambda drug: 24 * find_peak_time(drug, dose, 0.0, 1.0)),
        ("second peak", "days", "measure", f"{site}-2", partial(find_peak_time, dose=dose, start=1.0, end=6.0)),
        ("decline begins", "days", "measure", f"{site}-3", partial(find_turning_time, dose=dose)),
        (
            "terminal half-life",
            "days",
            "measure",
            f"{site}-6",
            partial(find_half_life, dose=dose, start=28.0, end=56.0),
        ),
        (
            "average level over 28 days",
            "ng/mL",
            "measure",
            "xr-ntx-population-pk-4-studies-pooled-3",
            partial(find_average_level, dose=dose, days=28.0),
        ),
        (
            f"measurable (above {MEASURABLE:g} ng/mL)",
            "days",
            "at least",
            "dunbar-2006-1",
            partial(above, level=MEASURABLE),
        ),
        (
            f"at {BLOCKING_LEVEL:g} ng/mL or more",
            "days",
            "measure",
            "bigelow-2012-3",
            partial(above, level=BLOCKING_LEVEL),
        ),
    ]
    listed = [
        Point(f"{label}, {what}", unit, kind, (row,), partial(_measure, measure, name))
        for what, unit, kind, row, measure in points
    ]
    return listed + [
        Point(
            f"XR-naltrexone {milligrams} mg, {HYDROMORPHONE_BLOCKED:.0%} blocked or more",
            "days",
            "measure",
            (f"bigelow-2012-{row}",),
            partial(_measure, partial(find_days_blocked, dose=float(milligrams), blockade=HYDROMORPHONE_BLOCKED), name),
        )
        for milligrams, row in ((75, 1), (150, 2), (300, 3))
    ]


def _implant_points() -> list[Point]:
    # Hulse 2004 weighs the whole implant, Ngo 2008 the naltrexone in the same products: 1.7 g is 1.1 g, 3.4 g 2.2 g.
    implants = (
        ("1.1 g", 1100.0, "ngo-2008-implants-3"),
        ("2.2 g", 2200.0, "ngo-2008-implants-2"),
        ("3.3 g", 3300.0, "ngo-2008-implants-1"),
        ("1.7 g (1.1 g naltrexone)", 1100.0, "hulse-2004-implants-1"),
        ("3.4 g (2.2 g naltrexone)", 2200.0, "hulse-2004-implants-3"),
    )
    return [
        Point(
            f"implant {what}, at 2 ng/mL or more",
            "days",
            "measure",
            (row,),
            partial(_measure, partial(find_days_above, dose=dose, level=2.0), "implant_naltrexone"),
        )
        for what, dose, row in implants
    ]


def _buprenorphine_points() -> list[Point]:
    return [
        Point(
            f"buprenorphine {dose} mg a day, 4 h after a dose",
            "% occupied",
            "occupancy",
            (f"greenwald-2003-{row}",),
            partial(_percent, partial(find_daily_blockade, dose=float(dose), days=4 / 24), "sublingual_buprenorphine"),
        )
        for row, dose in enumerate((2, 16, 32), start=1)
    ]


def list_points() -> list[Point]:
    """Return every published point, in the order of the table."""
    return [*_oral_points(), *_injection_points(), *_implant_points(), *_buprenorphine_points()]


def read_published(rows: tuple[str, ...]) -> tuple[float, float, float]:
    """Return the published value (middle of several rows) and the printed range, both ends the value without one."""
    found = read_evidence_rows(rows).values()
    values = [row.value for row in found if row.value is not None]
    low = min(value if row.low is None else row.low for row, value in zip(found, values, strict=True))
    high = max(value if row.high is None else row.high for row, value in zip(found, values, strict=True))
    return (0.5 * (min(values) + max(values)) if len(values) > 1 else values[0]), low, high


def judge_point(kind: str, published: float, low: float, high: float, simulated: float) -> tuple[str, bool]:
    """Return the tolerance in words and whether the simulated value lies within it, or in the printed range."""
    if kind == "at least":
        return "at least", simulated >= published
    inside = low <= simulated <= high
    if kind == "occupancy":
        return "7 points or the range", inside or abs(simulated - published) <= POINTS_OF_OCCUPANCY
    return "25% or the range", inside or abs(simulated - published) <= SHARE_OF_LEVELS * published


def tabulate_pharmacology(table: ParameterTable) -> list[PharmacologyRow]:
    """Return one row a published point: published, tolerance, simulated by the kernel's functions, and the verdict."""
    values = {name: entry.value for name, entry in table.entries.items()}
    names = ("oral_naltrexone", "xr_naltrexone", "implant_naltrexone", "sublingual_buprenorphine")
    drugs = {name: build_drug(name, values) for name in names}
    rows = []
    for point in list_points():
        published, low, high = read_published(point.rows)
        simulated = point.simulate(drugs)
        tolerance, hit = judge_point(point.kind, published, low, high, simulated)
        reason = "" if hit else MISSES.get(point.label, "")
        verdict = (tolerance, simulated, hit, reason)
        rows.append(PharmacologyRow(point.label, point.unit, published, low, high, point.rows, *verdict))
    return rows
