"""Limits of the house style that no linter of ours counts: lines of a file and of a function, top-level files."""

import ast
import statistics
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for room in ("trialsim", "meta") for path in (ROOT / room).rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION, MEDIAN_FUNCTION = 400, 60, 8
TOP_LEVEL = {
    ".ci",
    ".gitignore",
    ".pre-commit-config.yaml",
    ".python-version",
    "CHANGELOG.md",
    "CITATION.cff",
    "LICENSE",
    "README.md",
    "docs",
    "meta",
    "noxfile.py",
    "pyproject.toml",
    "scenarios",
    "tests",
    "trialsim",
}


def _function_lengths(path: Path) -> dict[str, int]:
    """Lines of code of each function, its docstring not counted."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lengths = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = node.body[1 if ast.get_docstring(node) and len(node.body) > 1 else 0]
            lengths[f"{path.name}:{node.name}"] = (node.end_lineno or 0) - first.lineno + 1
    return lengths


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_and_functions_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
    assert {name: lines for name, lines in _function_lengths(path).items() if lines > LONGEST_FUNCTION} == {}


def test_the_median_function_is_short() -> None:
    lengths = [lines for path in SOURCES for lines in _function_lengths(path).values()]
    assert statistics.median(lengths) <= MEDIAN_FUNCTION


def test_the_top_level_holds_what_it_should() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    assert {name.partition("/")[0] for name in listed.stdout.splitlines()} == TOP_LEVEL
