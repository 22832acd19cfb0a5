"""Compiled code is forgotten when any source that it may come from changes."""

import shutil
from pathlib import Path

import pytest

from trialsim.clinical import compiled


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    target = tmp_path / "trialsim"
    shutil.copytree(compiled.PACKAGE, target, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(compiled, "PACKAGE", target)
    return target


def test_a_copy_of_the_sources_has_their_hash(copy: Path) -> None:
    assert compiled.hash_sources() == Path(compiled.CACHE_FOLDER).name or "trialsim-" in compiled.CACHE_FOLDER


@pytest.mark.parametrize(
    "file", ["clinical/hazards.py", "clinical/vocabulary.py", "engine/lives.py", "trial/observe.py"]
)
def test_an_edit_in_any_compiled_room_changes_the_hash(copy: Path, file: str) -> None:
    before = compiled.hash_sources()
    path = copy / file
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert compiled.hash_sources() != before


def test_a_new_file_changes_the_hash_and_other_rooms_do_not(copy: Path) -> None:
    before = compiled.hash_sources()
    (copy / "report" / "new.py").write_text("x = 1\n", encoding="utf-8")
    assert compiled.hash_sources() == before
    (copy / "clinical" / "new.py").write_text("x = 1\n", encoding="utf-8")
    assert compiled.hash_sources() != before
