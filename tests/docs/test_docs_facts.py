"""What the documentation names exists: parameters, sources, links, commands, dependencies."""

import re
import tomllib
from pathlib import Path

import pytest

from trialsim.clinical.records import OBSERVATION_NAMES, PARAMETER_NAMES, REGIMEN_PARAMETERS
from trialsim.parameters import read_parameters

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
DOI = re.compile(r"10\.\d{4,}/[^\s;,\]]+")
LINK = re.compile(r"\]\(([^)#\s:]+)(#[^)\s]*)?\)")
COMMANDS = (
    "    python3 -m venv .venv && .venv/bin/pip install -q -e . && .venv/bin/trialsim run scenarios/xbot.yaml\n",
    "    python3 -m venv .venv && .venv/bin/pip install -q nox && .venv/bin/nox -s tests\n",
)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _clean(doi: str) -> str:
    """Drop what a sentence adds at the end: punctuation, and a closing bracket without a partner."""
    doi = doi.rstrip("`\"'.:")
    return doi[:-1].rstrip("`\"'.:") if doi.count(")") > doi.count("(") else doi


def _anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("name", [*PARAMETER_NAMES, *OBSERVATION_NAMES])
def test_the_model_page_names_every_parameter(name: str) -> None:
    assert name in re.findall(r"\w+", _read(ROOT / "docs" / "model.md").replace("\\_", "_"))


@pytest.mark.parametrize("field", REGIMEN_PARAMETERS)
def test_the_model_page_names_every_field_of_a_medication(field: str) -> None:
    assert f"`{field}_<medication>`" in _read(ROOT / "docs" / "model.md")


def test_the_model_page_names_no_other_parameter() -> None:
    names = set(read_parameters().entries)
    named = re.findall(r"`([a-z0-9_]+(?:_<medication>)?)`", _read(ROOT / "docs" / "model.md"))
    stems = {name.removesuffix("_<medication>") for name in named if name.endswith("_<medication>")}
    assert [stem for stem in stems if not any(name.startswith(stem + "_") for name in names)] == []
    prefixes = {name.partition("_")[0] for name in names}
    whole = {name for name in named if not name.endswith(">") and name.partition("_")[0] in prefixes and "_" in name}
    assert whole - names - {"use_days"} == set()


def test_every_doi_stands_in_the_evidence_the_code_or_a_scenario() -> None:
    files = [
        *ROOT.glob("meta/evidence/*.csv"),
        *ROOT.glob("scenarios/*.yaml"),
        *ROOT.glob("trialsim/**/*.py"),
        *ROOT.glob("meta/**/*.py"),
    ]
    known = "\n".join(_read(path) for path in files).lower()
    cited = {_clean(doi) for page in PAGES for doi in DOI.findall(_read(page))}
    assert len(cited) > 15
    assert [doi for doi in sorted(cited) if doi.lower() not in known] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(_read(page)):
        there = (page.parent / target).resolve()
        assert there.exists(), target
        assert not anchor or anchor[1:] in _anchors(_read(there)), anchor


def test_the_readme_has_the_two_commands() -> None:
    text = _read(ROOT / "README.md")
    assert [command for command in COMMANDS if command not in text] == []


def test_every_dependency_has_its_sentence() -> None:
    declared = tomllib.loads(_read(ROOT / "pyproject.toml"))["project"]["dependencies"]
    section = _read(ROOT / "docs" / "design.md").split("## Dependencies")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([a-z0-9, ]+) \| .+ \|$", section, re.MULTILINE)
    named = {name for row in rows if row != "package" for name in row.split(", ")}
    assert named == {re.split(r"[<>=]", line)[0] for line in declared}
