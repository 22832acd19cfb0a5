"""The marked blocks of the documentation run, in the order of the page, in an empty folder.

Marks stand in the first line of a block: `bash run` (with `exit=2` where the command must fail), `python run`,
`LANGUAGE file=NAME` writes a file, `yaml change=OLD file=NEW` writes OLD with its top-level keys replaced, `text shown`
holds lines that the block before must have printed.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = ("tutorial-trial-designer.md", "tutorial-policy-researcher.md", "evidence-synthesis.md")
BLOCK = re.compile(r"^```(\w+) ([^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROMISED_SECONDS = 300


def _read_marks(text: str) -> dict[str, str]:
    return {key: value for key, _, value in (word.partition("=") for word in text.split())}


def _make_environment(folder: Path) -> Mapping[str, str]:
    """Return an environment in which `trialsim` and `python` are those of this test."""
    programs = folder / ".bin"
    programs.mkdir()
    for name, arguments in (("trialsim", "-m trialsim"), ("python", "")):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    return {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}


def _write_file(folder: Path, marks: Mapping[str, str], text: str) -> None:
    if "change" in marks:
        whole = yaml.safe_load((folder / marks["change"]).read_text(encoding="utf-8"))
        text = yaml.safe_dump({**whole, **yaml.safe_load(text)}, sort_keys=False)
    (folder / marks["file"]).write_text(text, encoding="utf-8")


def _run_block(language: str, text: str, folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    command = ["python", "-c", text] if language == "python" else ["bash", "-euo", "pipefail", "-c", text]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=PROMISED_SECONDS
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_a_page_run(page: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    environment = _make_environment(tmp_path)
    printed = ""
    ran = 0
    for language, heading, text in BLOCK.findall((ROOT / "docs" / page).read_text(encoding="utf-8")):
        marks = _read_marks(heading)
        if "file" in marks:
            _write_file(tmp_path, marks, text)
        elif "run" in marks:
            code, printed = _run_block(language, text, tmp_path, environment)
            assert code == int(marks.get("exit", "0")), f"{text}\n{printed}"
            ran += 1
        else:
            assert "shown" in marks, f"an unknown mark: {heading}"
            assert [line for line in text.splitlines() if line not in printed] == [], printed
    assert ran >= 5


def test_a_changed_file_keeps_the_other_keys(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text("a: 1\nb: {c: 2, d: 3}\n", encoding="utf-8")
    _write_file(tmp_path, {"change": "old.yaml", "file": "new.yaml"}, "b: {c: 4}\n")
    assert yaml.safe_load((tmp_path / "new.yaml").read_text(encoding="utf-8")) == {"a": 1, "b": {"c": 4}}


def test_a_failing_block_is_seen(tmp_path: Path) -> None:
    environment = _make_environment(tmp_path)
    assert _run_block("bash", "false | cat", tmp_path, environment)[0] == 1
    assert _run_block("python", "raise SystemExit(3)", tmp_path, environment)[0] == 3
    assert _run_block("bash", "trialsim check missing.yaml", tmp_path, environment)[0] == 2
