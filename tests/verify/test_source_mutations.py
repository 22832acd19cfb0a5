"""A line of the source is changed in a copy of the package, and the named checks must fail there; slow to compile."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import meta
import trialsim

PACKAGES = (Path(trialsim.__file__).parent, Path(meta.__file__ or "").parent)
RUN = "import json, sys; from dataclasses import asdict; from trialsim.verify import run_checks; "
RUN += "print(json.dumps([asdict(each) for each in run_checks(tuple(sys.argv[1:]))]))"

# name: (file, line as it is, line as it is broken, checks that must fail)
MUTATIONS = {
    "injection counts twice": (
        "clinical/hazards.py",
        'rate *= parameters["overdose_ratio_injection"]',
        'rate *= parameters["overdose_ratio_injection"] ** 2',
        ("closed form: every transition",),
    ),
    "clocks draw anew on every step": (
        "clinical/kernel.py",
        '    person["residual"][clock] = max(person["residual"][clock] - spent, 0.0)',
        '    person["residual"][clock] = draw_residual(1, person["patient"], clock, int(until * 1e6), 0)',
        ("steps: length moves nothing",),
    ),
    "clocks never spend": (
        "clinical/kernel.py",
        'max(person["residual"][clock] - spent, 0.0)',
        'max(person["residual"][clock], 0.0)',
        ("closed form: every transition", "closed form: 60 periods"),
    ),
    "a clock repeats its luck": (
        "clinical/kernel.py",
        'number = person["occurrence"][clock]',
        "number = 0",
        ("closed form: 60 periods", "closed form: every transition"),
    ),
    "time out of treatment goes missing": (
        "clinical/tallies.py",
        'person["out_of_treatment_ticks"] += ticks - inside',
        'person["out_of_treatment_ticks"] += ticks - inside - (1 if inside > 0 else 0)',
        ("conservation: person-time",),
    ),
    "time in a state goes missing": (
        "clinical/tallies.py",
        'row[TICKS_IN_STATE + person["state"]] += ticks',
        'row[TICKS_IN_STATE + person["state"]] += ticks - 1',
        ("conservation: one state", "conservation: person-time"),
    ),
    "tolerance moves away from its target": (
        "clinical/tolerance.py",
        "return target + gap * find_tolerance_left(",
        "return target - gap * find_tolerance_left(",
        ("closed form: tolerance",),
    ),
    "a multiplier of Philox is wrong": (
        "clinical/streams.py",
        "0xD2511F53",
        "0xD2511F55",
        ("random numbers: known answers",),
    ),
    "a bed is never released": (
        "engine/des.py",
        "            resources[held[0]].release(held[1])",
        "            pass",
        ("closed form: Erlang C",),
    ),
    "a grant is given twice": (
        "engine/des.py",
        "        if wanted == INJECTION_SLOT:",
        '        grant_life(desk.people, i, *shared, max(environment.now - arrival, person["time"]), waited)\n'
        "        if wanted == INJECTION_SLOT:",
        ("engines: batch and des",),
    ),
    "causes of death are swapped": (
        "clinical/events.py",
        'person["fatal"] = 1 if overdose else 2',
        'person["fatal"] = 2 if overdose else 1',
        ("conservation: deaths", "closed form: every transition"),
    ),
    "panels run past the day of a jump": (
        "clinical/panels.py",
        "return end if now < end < day else day",
        "return day",
        ("extreme: risks end on their day",),
    ),
    "a line spends nothing of its slope": (
        "clinical/kernel.py",
        'person["coefficient"][clock] + 0.5 * slope * days) * days',
        'person["coefficient"][clock] + 0.0 * slope * days) * days',
        ("closed form: overdose rate",),
    ),
    "release changes no lapse": (
        "clinical/hazards.py",
        'coefficient *= parameters["lapse_ratio_release"]',
        "coefficient *= 1.0",
        ("closed form: Weibull times",),
    ),
    "use carried into treatment changes no lapse": (
        "clinical/hazards.py",
        'lapse *= parameters["lapse_ratio_use_carried"]',
        "lapse *= 1.0",
        ("closed form: Weibull times",),
    ),
    "the arm is in the address": (
        "clinical/kernel.py",
        'draw_residual(seed, person["patient"], clock, 0,',
        'draw_residual(seed + person["arm"], person["patient"], clock, 0,',
        ("null effect: identical arms", "symmetry: swapped arms"),
    ),
}


def _copy_broken(folder: Path, file: str, old: str, new: str) -> None:
    for package in PACKAGES:
        shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "trialsim" / file
    source = path.read_text(encoding="utf-8")
    assert source.count(old) >= 1, f"{file} no longer holds: {old}"
    path.write_text(source.replace(old, new), encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_broken_source_fails_its_checks(name: str, tmp_path: Path) -> None:
    file, old, new, checks = MUTATIONS[name]
    _copy_broken(tmp_path, file, old, new)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-P", "-c", RUN, *checks]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=900, check=True
    )
    found = json.loads(done.stdout)
    assert {each["name"] for each in found} == set(checks)
    assert [each for each in found if each["passed"]] == []
    assert [each for each in found if "Error" in each["detail"]] == []


def test_every_mutation_still_fits_the_source() -> None:
    for file, old, new, _ in MUTATIONS.values():
        assert old in (PACKAGES[0] / file).read_text(encoding="utf-8"), (file, old)
        assert old != new
