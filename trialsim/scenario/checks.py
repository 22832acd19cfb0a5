"""What must fit together in a scenario: every check notes its mistakes on the line of the key to change.

Checks see the data of `reader` (durations in days) and stay silent where a value they need is missing or wrong: that
has been noted already.
"""

from collections.abc import Iterable
from typing import Any

from trialsim.problems import nearest_name
from trialsim.scenario.reader import Data
from trialsim.scenario.sheet import Sheet, clip, note_at, one_of, quote
from trialsim.scenario.vocabulary import (
    MANAGED_WITHDRAWAL,
    MEDICATIONS,
    OPIOID_FREE_START,
    WITHOUT_DOSE,
    outcome_names,
)

SHARES_MUST_ADD_UP_WITHIN = 1e-6
DAYS_A_WEEK = 7.0


def check_arms(sheet: Sheet, data: Data, arms_key: str) -> None:
    """Medications exist, and procedure and dose suit them."""
    custom: Data = data.get("medications") or {}
    for name in custom:
        if name in MEDICATIONS:
            note_at(sheet, f"medications.{name}", "is a built-in medication", "a name of its own, with like: " + name)
    for name, arm in _entries(data, arms_key):
        path = f"{arms_key}.{name}"
        medication = arm.get("medication")
        if medication is None:
            continue
        like = medication
        if medication in custom:
            like = (custom[medication] or {}).get("like")
        elif medication not in MEDICATIONS:
            _unknown(sheet, f"{path}.medication", medication, (*MEDICATIONS, *custom), "medication")
            continue
        _check_modifiers(sheet, arm, like, path)


def _check_modifiers(sheet: Sheet, arm: Data, like: str | None, path: str) -> None:
    if like is None:
        return
    nothing = f"has no meaning for {like}"
    if arm.get("procedure") == "rapid" and like not in OPIOID_FREE_START:
        note_at(
            sheet, f"{path}.procedure", nothing, "standard; only naltrexone, or its placebo, can be started rapidly"
        )
    if arm.get("outpatient") and like not in MANAGED_WITHDRAWAL:
        note_at(sheet, f"{path}.outpatient", nothing, "false; no withdrawal is managed before this medication")
    if "dose" in arm and like in WITHOUT_DOSE:
        note_at(sheet, f"{path}.dose", nothing, "no dose")


def check_allocation(sheet: Sheet, data: Data) -> None:
    """The ratio names every arm once, blocks fit it, strata exist."""
    arms = dict(_entries(data, "arms"))
    allocation = data.get("allocation")
    if allocation is None:
        if data.get("mode") == "randomised" and len(arms) > 1 and "allocation" not in sheet.lines:
            note_at(sheet, "allocation", "is missing", "ratio and block_size, as this trial has more than one arm")
        return
    ratio: Data | None = allocation.get("ratio")
    if ratio is not None and arms:
        for name in ratio:
            if name not in arms:
                _unknown(sheet, f"allocation.ratio.{name}", name, arms, "arm")
        for name in arms:
            if name not in ratio:
                note_at(sheet, "allocation.ratio", f"lacks the arm {quote(name)}", f"a whole number for {name}")
    block = allocation.get("block_size")
    if ratio and block and all(isinstance(part, int) for part in ratio.values()) and block % sum(ratio.values()):
        total = sum(ratio.values())
        expected = f"a multiple of {total}, the sum of the ratio, such as {total * max(1, round(block / total))}"
        note_at(sheet, "allocation.block_size", f"{block} does not fit the ratio", expected)
    _check_strata(sheet, data, [stratum for stratum in allocation.get("strata") or () if stratum])


def _check_strata(sheet: Sheet, data: Data, strata: list[str]) -> None:
    for number, stratum in enumerate(strata, start=1):
        if stratum in strata[: number - 1]:
            note_at(sheet, f"allocation.strata.{number}", f"{quote(stratum)} is given twice", "every stratum once")
        if stratum == "site" and "sites" not in sheet.lines:
            note_at(
                sheet, f"allocation.strata.{number}", "the file has no sites", "a list of sites, or no such stratum"
            )


def check_sites(sheet: Sheet, data: Data) -> None:
    """Names are unique; shares stand at every site or at none, and add up to 1."""
    sites = data.get("sites")
    if sites is None or not all(sites):
        return
    names: set[str] = set()
    for number, site in enumerate(sites, start=1):
        if site.get("name") in names:
            note_at(sheet, f"sites.{number}.name", f"{quote(site['name'])} is given twice", "a name for every site")
        names.add(site.get("name", ""))
    given = [f"sites.{number}.share" in sheet.lines for number in range(1, len(sites) + 1)]
    shares = [site["share"] for site in sites if "share" in site]
    if any(given) and not all(given):
        note_at(sheet, f"sites.{given.index(False) + 1}", "has no share", "a share for every site, or for none")
    elif all(given) and len(shares) == len(sites) and abs(sum(shares) - 1.0) > SHARES_MUST_ADD_UP_WITHIN:
        note_at(sheet, "sites", f"has shares that add up to {sum(shares):.6g}", "shares that add up to 1")


def check_times(sheet: Sheet, data: Data) -> None:
    """Visits, endpoint, retreatment and horizons lie within follow-up; visits are whole weeks apart."""
    follow_up = data.get("follow_up")
    visits = data.get("visits") or {}
    every, count, week = visits.get("every"), visits.get("count"), data.get("endpoint_week")
    if every is not None and every % DAYS_A_WEEK:
        note_at(sheet, "visits.every", f"is {every:g} days", "a whole number of weeks, such as '1 week' or '2 weeks'")
    if every is not None and count is not None:
        last = every * count
        if follow_up is not None and last > follow_up:
            expected = f"at least {last / DAYS_A_WEEK:g} weeks: {count} visits every {every:g} days"
            note_at(sheet, "follow_up", "ends before the last visit", expected)
        if week is not None and week * DAYS_A_WEEK > last:
            note_at(sheet, "endpoint_week", "lies after the last visit", f"at most {last / DAYS_A_WEEK:g}")
    until = (data.get("retreatment") or {}).get("until")
    if until is not None and follow_up is not None and until > follow_up:
        note_at(sheet, "retreatment.until", "lies after the end of follow-up", f"at most {follow_up:g} days")
    before = 0.0
    for number, horizon in enumerate(data.get("horizons") or (), start=1):
        if horizon is not None and follow_up is not None and horizon > follow_up:
            note_at(sheet, f"horizons.{number}", "lies after the end of follow-up", f"at most {follow_up:g} days")
        if horizon is not None and horizon <= before:
            note_at(sheet, f"horizons.{number}", "does not lie after the one before", "rising times")
        before = horizon or before


def check_endpoint(sheet: Sheet, data: Data) -> None:
    """The endpoint is a definition of `trialsim.endpoints` that is scored for everyone by `endpoint_week`."""
    endpoint, week = data.get("endpoint"), data.get("endpoint_week")
    if endpoint is None or endpoint == "retention":
        return
    from trialsim.endpoints import DEFINITIONS

    if endpoint not in DEFINITIONS:
        _unknown(sheet, "endpoint", endpoint, ("retention", *DEFINITIONS), "outcome definition")
    elif week is not None and week < DEFINITIONS[endpoint].minimum_weeks:
        needed = DEFINITIONS[endpoint].minimum_weeks
        note_at(sheet, "endpoint_week", f"is too early for {endpoint}", f"at least {needed}")


def check_published(sheet: Sheet, data: Data) -> None:
    """Arms, outcomes and evidence rows exist, and no outcome of an arm is compared twice."""
    arms = dict(_entries(data, "arms"))
    outcomes = outcome_names(data.get("endpoint_week"))
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(data.get("published") or (), start=1):
        arm, outcome = (row or {}).get("arm"), (row or {}).get("outcome")
        if arm is not None and arms and arm not in arms:
            _unknown(sheet, f"published.{number}.arm", arm, arms, "arm")
        _check_evidence(sheet, f"published.{number}.row", (row or {}).get("row"))
        if outcome is not None and outcome not in outcomes and data.get("endpoint_week") is not None:
            _unknown(sheet, f"published.{number}.outcome", outcome, outcomes, "outcome")
        if arm is not None and outcome is not None and (arm, outcome) in seen:
            note_at(sheet, f"published.{number}", f"{arm} has {outcome} twice", "one number for an outcome of an arm")
        elif arm is not None and outcome is not None:
            seen.add((arm, outcome))


def _check_evidence(sheet: Sheet, path: str, row: str | None) -> None:
    from trialsim.parameters import list_evidence_ids

    if row is not None and row not in list_evidence_ids():
        expected = "the id of a row of meta/evidence"
        note_at(sheet, path, f"{quote(row)} is no evidence row", expected, nearest_name(row, list_evidence_ids()))


def check_start(sheet: Sheet, data: Data) -> None:
    """People who use at time zero have no opioid-free days behind them; a cohort is always counterfactual."""
    population = data.get("population") or {}
    free = population.get("opioid_free_days")
    if population.get("start") == "using" and free is not None and getattr(free, "value", None) != 0.0:
        note_at(sheet, "population.opioid_free_days", "contradicts start: using", "0, or another start")
    if data.get("kind") == "cohort" and data.get("mode") == "randomised":
        note_at(sheet, "mode", "has no meaning for a cohort", "counterfactual: everyone lives under every policy")


def check_sources_of(sheet: Sheet, data: Data) -> None:
    """Every key path that is given a source exists in the file."""
    paths = [path for path in sheet.lines if not path.startswith("sources_of")]
    misspelt = {problem.nearest for problem in sheet.problems if problem.nearest}
    for path in data.get("sources_of") or {}:
        if path not in paths and path.rpartition(".")[2] not in misspelt:
            nearest = nearest_name(path, paths)
            note_at(
                sheet, f"sources_of.{clip(path)}", "is no key of this file", "a path such as population.age", nearest
            )


def _entries(data: Data, key: str) -> list[tuple[str, Data]]:
    return [(name, entry or {}) for name, entry in (data.get(key) or {}).items()]


def _unknown(sheet: Sheet, path: str, word: Any, names: Iterable[str], what: str) -> None:
    valid = list(names)
    note_at(sheet, path, f"{quote(word)} is no {what}", one_of(valid), nearest_name(word, valid))
