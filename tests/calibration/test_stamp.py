"""Every source file that a simulated statistic, or the posterior, can depend on is part of a hash."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np

import trialsim
from trialsim.calibration.calibrate import pose_problem
from trialsim.calibration.design import _hash_chunk
from trialsim.calibration.stamp import INFERENCE, SOURCES, hash_tables
from trialsim.parameters.reader import read_parameters

ROOT = Path(trialsim.__file__).parent
# What simulations import and no statistic depends on: what refuses, reports and writes; the other engine; the tables'
# readers, whose values are hashed themselves; outcomes that no target has.
REST = (
    *("__init__.py", "problems.py", "trial/curves.py", "engine/des.py"),
    *("endpoints/__init__.py", "endpoints/csv_text.py", "endpoints/definition.py", "endpoints/registry.py"),
    *("endpoints/score.py", "parameters/__init__.py", "parameters/calibrated.py", "parameters/checks.py"),
    *("parameters/draws.py", "parameters/entry.py", "parameters/evidence.py", "parameters/overrides.py"),
    *("parameters/pooled.py", "parameters/reader.py", "parameters/spread.py", "calibration/targets.py"),
    *("scenario/__init__.py", "scenario/checks.py", "scenario/describe.py", "scenario/model.py", "scenario/nodes.py"),
    *("scenario/overrides.py", "scenario/reader.py", "scenario/schema.py", "scenario/sheet.py", "scenario/spec.py"),
    "scenario/vocabulary.py",
)
# What the posterior's code imports beside it: gates and stamps judge and name it, the runs' room carries it out.
BESIDE = ("calibration/gates.py", "calibration/stamp.py", "runs/atomic.py", "runs/options.py", "runs/progress.py")


def find_imports(path: Path) -> set[Path]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("trialsim"):
            names |= {node.module or "", *(f"{node.module}.{each.name}" for each in node.names)}
        if isinstance(node, ast.Import):
            names |= {each.name for each in node.names if each.name.startswith("trialsim")}
    places = [ROOT.parent / Path(*name.split(".")) for name in names]
    return {file for place in places for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()}


def find_closure(name: str) -> set[str]:
    seen: set[Path] = set()
    todo = {ROOT / name}
    while todo:
        seen |= todo
        todo = {found for path in todo for found in find_imports(path)} - seen
    return {path.relative_to(ROOT).as_posix() for path in seen}


def list_files(patterns: tuple[str, ...]) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for pattern in patterns for path in ROOT.glob(pattern)}


def test_what_simulations_import_is_hashed_or_named_as_no_matter() -> None:
    closure = find_closure("calibration/populations.py")
    assert closure - list_files(SOURCES) - set(REST) == set()
    assert list_files(SOURCES) & set(REST) == set()


def test_what_the_posterior_imports_is_hashed_or_named_as_no_matter() -> None:
    closure = find_closure("calibration/calibrate.py")
    assert closure - list_files(SOURCES) - list_files(INFERENCE) - set(REST) - set(BESIDE) == set()


def test_every_pattern_names_a_file() -> None:
    assert all(list_files((pattern,)) for pattern in (*SOURCES, *INFERENCE))
    assert {*REST, *BESIDE} <= list_files(("**/*.py",))


def test_finished_simulations_are_those_of_one_scenario() -> None:
    problem = pose_problem(read_parameters(calibrated=False))
    populations = problem.populations
    other = replace(populations.scenarios["xbot"], text=populations.scenarios["xbot"].text + "\n# another\n")
    edited = replace(populations, scenarios={**populations.scenarios, "xbot": other})
    values = np.zeros((1, len(problem.prior.names)))
    keys = [_hash_chunk(each, problem.prior, problem.best, values, 1, 1.0) for each in (populations, edited)]
    assert keys[0] != keys[1]
    assert hash_tables(populations.scenarios) != hash_tables(edited.scenarios)
