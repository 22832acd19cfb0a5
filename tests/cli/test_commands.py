"""The commands that need no simulation, on real files."""

import json
from pathlib import Path

import pytest

from trialsim.cli import main

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_check_prints_every_setting_with_its_source(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(path), "--json"]) == 0
    design = json.loads(capsys.readouterr().out)
    assert design["name"] == path.stem
    assert main(["check", str(path)]) == 0
    shown = "".join(capsys.readouterr().out.split())
    rows = [row for section in design["sections"] for row in section["rows"]]
    assert rows
    assert all("".join(row["name"].split())[:12] in shown for row in rows)
    assert main(["check", str(path), "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    plain = capsys.readouterr().out
    assert json.loads(plain)["$schema"].startswith("https://json-schema.org/")
    assert main(["schema", "--json"]) == 0
    assert capsys.readouterr().out == plain


def test_endpoints_scores_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, scored = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("who,pattern\na,-----ooo----------------\n", encoding="utf-8")
    arguments = ["endpoints", str(source), "--column", "pattern", "--out", str(scored)]
    assert main(arguments) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(scored)
    assert scored.read_text(encoding="utf-8").startswith("who,pattern,")
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["records"] == 1
    assert main(["endpoints", str(source), "--column", "patern", "--out", str(tmp_path / "other.csv")]) == 2
    assert "pattern" in capsys.readouterr().err
    assert not (tmp_path / "other.csv").exists()


@pytest.mark.parametrize("command", ["run", "compare", "check"])
@pytest.mark.parametrize(
    "junk", [b"", b"\x00\xff\xfe" * 100, b"a: [", None], ids=["empty", "binary", "broken", "folder"]
)
def test_junk_is_one_screen_and_leaves_nothing(
    command: str, junk: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.yaml"
    if junk is None:
        file.mkdir()
    else:
        file.write_bytes(junk)
    out = [] if command == "check" else ["--out", str(tmp_path / "runs")]
    assert main([command, str(file), *out]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert 0 < len(shown.err.splitlines()) <= 24
    assert [path.name for path in tmp_path.iterdir()] == ["x.yaml"]
