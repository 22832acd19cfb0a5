"""Published priors of heterogeneity by type of outcome and of comparison, for tau rather than tau squared.

Turner and others 2012, International Journal of Epidemiology 41:818, and 2015, Statistics in Medicine 34:984:
log-normal laws of tau squared for log odds ratios, by three and by sixteen kinds of outcome. Rhodes and others 2015,
Journal of Clinical Epidemiology 68:52: log-t laws with 5 degrees of freedom, for standardised mean differences.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Final

from meta.priors.prior import Prior
from meta.problems import nearest_name, refuse

TURNER_2012: Final = "Turner 2012, International Journal of Epidemiology 41:818"
TURNER: Final = "Turner 2015, Statistics in Medicine 34:984"
RHODES: Final = "Rhodes 2015, Journal of Clinical Epidemiology 68:52"
CONTROL: Final = ("placebo", "control", "placebo / control", "usual care", "no treatment")


@cache
def _read(name: str) -> tuple[dict[str, str], ...]:
    path = files("meta") / "evidence" / "priors" / f"{name}.csv"
    with path.open(encoding="utf-8") as stream:
        return tuple(csv.DictReader(stream))


def _comparator(word: str) -> str:
    folded = word.strip().lower()
    known = ("pharmacological", "non-pharmacological", "placebo / control")
    if folded in CONTROL:
        return "placebo / control"
    if folded not in known:
        wanted = "pharmacological, non-pharmacological or placebo"
        raise refuse("comparator", f"unknown kind of treatment {word!r}", wanted, known, folded)
    return folded


def _outcome(word: str, outcomes: list[str]) -> str:
    """The outcome whose name is given, begins with the word, or holds it; the empty name is the general prior."""
    folded = word.strip().lower()
    if folded in ("", "any", "general"):
        return ""
    for fits in (lambda o: o == folded, lambda o: o.startswith(folded), lambda o: folded in o):
        found = sorted({outcome for outcome in outcomes if outcome and fits(outcome.lower())})
        if len(found) == 1:
            return found[0]
    shown = "; ".join(sorted(set(outcomes) - {""}))
    raise refuse("outcome", f"no single outcome {word!r}", f"one of: {shown}", [nearest_name(folded, outcomes)], folded)


def turner_2015(outcome: str, treatment: str, comparator: str) -> Prior:
    """The prior of tau for a log odds ratio, log-normal: location and scale of tau squared are halved.

    `outcome`: a name of the table or a part of it that fits one, such as ``withdrawals`` or ``all-cause mortality``;
    empty for the general prior. Raises EvidenceError with the names there are.
    """
    return _log_normal(_find("turner-2015", outcome, treatment, comparator), TURNER)


def turner_2012(outcome: str, treatment: str, comparator: str) -> Prior:
    """The earlier prior of tau for a log odds ratio: outcome ``all-cause mortality``, ``semi-objective`` (such as
    drop-outs) or ``subjective``. Values as in the R package gemtc, which cites the paper. Raises EvidenceError else.
    """
    return _log_normal(_find("turner-2012", outcome, treatment, comparator), TURNER_2012)


def _log_normal(row: dict[str, str], source: str) -> Prior:
    """The prior of tau from a row of the law of tau squared."""
    return Prior("log-normal", (float(row["mu_log_tau2"]) / 2, float(row["sigma_log_tau2"]) / 2), source)


def rhodes_2015(outcome: str, treatment: str, comparator: str, area: str = "other") -> Prior:
    """The prior of tau for a standardised mean difference, log-t with 5 degrees of freedom; `area`: of medicine."""
    row = _find("rhodes-2015", outcome, treatment, comparator, area)
    location, scale = float(row["location_log_tau2"]) / 2, float(row["scale_log_tau2"]) / 2
    return Prior("log-student", (5.0, location, scale), RHODES)


def _find(name: str, outcome: str, treatment: str, comparator: str, area: str | None = None) -> dict[str, str]:
    rows = _read(name)
    wanted = _outcome(outcome, [row["outcome"] for row in rows])
    kinds = {_comparator(treatment), _comparator(comparator)}
    areas = {row.get("area", "") for row in rows}
    if area is not None and area not in areas:
        raise refuse("area", f"unknown area {area!r}", " | ".join(sorted(areas)), areas, area)
    for row in rows:
        fits = {row["comparator1"], row["comparator2"]} == kinds and row["outcome"] == wanted
        if fits and (area is None or row["area"] == area):
            return row
    message = f"{name} has no prior for {wanted or 'any outcome'} and {' against '.join(sorted(kinds))}"
    raise refuse("outcome", message, "another pair or outcome")


def read_published(text: str) -> Prior | None:
    """A prior by name, ``turner-2015(outcome, treatment, comparator)`` and so for the others; None for other text."""
    name, _, inner = text.strip().partition("(")
    name = name.strip().lower()
    if name not in PUBLISHED or not inner.endswith(")"):
        return None
    words = [word.strip() for word in inner[:-1].rsplit(",", 2)]
    if len(words) != 3:
        raise refuse("prior", f"cannot read {text!r}", f"{name}(outcome, treatment, comparator)")
    return PUBLISHED[name](*words)


PUBLISHED: Final = {"turner-2012": turner_2012, "turner-2015": turner_2015, "rhodes-2015": rhodes_2015}
