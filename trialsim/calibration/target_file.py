"""A table of targets that a user hands in: what the package's own table is known to hold is asked of it by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from trialsim.calibration.populations import read_populations
from trialsim.calibration.targets import COUNTS, FILE, RATES, Component, Target, list_components, read_targets
from trialsim.clinical.tallies import START_EDGES, STOP_EDGES
from trialsim.problems import InputError, Problem

NUMBER: Final = r"\d+(?:\.\d+)?"
_STEP: Final = rf"{NUMBER}(?:\|{NUMBER})?"
_FREE: Final = rf"(?: of {NUMBER}(?:-{NUMBER})?)?"
# What `at` may say (statistics.py gives the meaning), as a pattern and in words.
WORDS: Final = {
    "inducted": (_STEP, "a day, or day|earlier day"),
    "injections": (_STEP, "a number, or number|earlier number"),
    "retained": (_STEP, "a week, or week|earlier week"),
    "letter": (r"[-+o*_]:[1-9]\d?", "a letter and a week, as in +:4"),
    "stayers": (
        r"(?:missing|positive|positive after positive|not negative after negative)(?: from [1-9]\d?)?",
        "missing, positive, positive after positive or not negative after negative, with or without `from` a week",
    ),
    "relapse": (rf"|inducted|by {_STEP}{_FREE}|{_FREE}", "nothing, inducted, or as in by 4, by 8|4, by 4 of 3-7"),
    "used": (rf"{NUMBER}{_FREE}", "a week, or as in 4 of 3-7"),
    "completed negative": (r"[1-9]\d?", "a week"),
    **dict.fromkeys(COUNTS, ("", "nothing")),
    **dict.fromkeys(
        RATES,
        (
            rf"all|in|out|(?:on|off) {NUMBER}-(?:{NUMBER})?|since start {NUMBER}-{NUMBER}",
            "all, in, out, or as in on 0-28, off 28-, since start 0-84",
        ),
    ),
}
EDGES: Final = {"on": START_EDGES, "off": STOP_EDGES}


def read_target_file(path: Path) -> tuple[Target, ...]:
    """Return the targets of a file; raises InputError that names the file and every mistake, and OSError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError([Problem(str(path), None, "", "is no text in UTF-8")]) from error
    try:
        targets = read_targets(text, str(path))
        problems = check_targets(targets)
    except InputError as error:
        problems = list(error.problems)
    if problems:
        raise InputError([replace(each, file=str(path)) if each.file == FILE else each for each in problems])
    return targets


def check_targets(targets: Sequence[Target]) -> list[Problem]:
    """Return what no population can answer: words that say nothing, a rate of a trial, a share of a cohort, a ratio of
    a number to itself; and that nothing is fitted.
    """
    problems = [Problem(FILE, None, t.name, message, wanted) for t in targets for message, wanted in _check_target(t)]
    if problems:
        return problems
    scenarios = read_populations(list_components(targets)).scenarios
    for target in targets:
        kind = scenarios[target.component.population].kind
        wanted = "cohort" if target.component.statistic in RATES else "trial"
        if kind != wanted:
            message = f"{target.component.population} describes a {kind}"
            problems.append(Problem(FILE, None, target.name, message, f"a {wanted} for {target.component.statistic}"))
    if not any(target.role == "fit" for target in targets):
        problems.append(Problem(FILE, None, "role", "no target is fitted", "a target whose role is fit, at least"))
    return problems


def _check_target(target: Target) -> list[tuple[str, str]]:
    parts = [part for part in (target.component, target.over) if part is not None]
    problems = [found for part in parts if (found := _check_words(part))]
    if (target.kind == "rate ratio") != (target.over is not None):
        problems.append((f"is of kind {target.kind}", "rate ratio where, and only where, there is a number to be over"))
    if target.component == target.over:
        problems.append(("is over itself", "another time or arm"))
    return problems


def _check_words(part: Component) -> tuple[str, str] | None:
    pattern, wanted = WORDS[part.statistic]
    if not re.fullmatch(pattern, part.at):
        return f"{part.at!r} says nothing of {part.statistic}", wanted
    word, _, rest = part.at.partition(" ")
    low, _, high = rest.partition("-")
    edges = EDGES.get(word, ())
    # A year is 365.25 days, and its last whole day as good an end.
    if edges and (float(low) not in edges or (high and float(high) not in (*edges, *map(int, edges)))):
        days = ", ".join(f"{edge:g}" for edge in edges)
        return f"{part.at!r} is between the days at which deaths are counted apart", f"days out of {days}"
    return None
