"""Tables of targets from outside: every fault is named with the file; what the package's own table says is sound."""

import re
from pathlib import Path

import pytest

from trialsim.calibration.target_file import WORDS, check_targets, read_target_file
from trialsim.calibration.targets import STATISTICS, read_targets
from trialsim.cli import main
from trialsim.parameters.evidence import find_evidence_file
from trialsim.problems import InputError

OWN = find_evidence_file("calibration/targets.csv").read_text(encoding="utf-8")
HEADER, FIRST, *REST = OWN.splitlines()
RATIO = next(line for line in REST if line.startswith("steer-weeks-1-4-off"))
OTHERS = "\n".join(REST)


def refuse(text: str | bytes, folder: Path) -> list[str]:
    file = folder / "mine.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        read_target_file(file)
    assert {each.file for each in caught.value.problems} <= {str(file), "meta/evidence"}
    return [str(each) for each in caught.value.problems]


def test_the_packages_own_table_is_sound(tmp_path: Path) -> None:
    assert check_targets(read_targets()) == []
    assert set(WORDS) == set(STATISTICS)
    file = tmp_path / "mine.csv"
    for text in (OWN.encode(), b"\xef\xbb\xbf" + OWN.encode(), OWN.replace("\n", "\r\n").encode()):
        file.write_bytes(text)
        assert str(read_target_file(file)) == str(read_targets())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is missing"),
        (HEADER, "no target is fitted"),
        (f"{HEADER}\n{FIRST.replace(',fit,', ',held out,')}", "no target is fitted"),
        (f"{HEADER}\n{FIRST},more", "cells"),
        (f"{HEADER}\n{FIRST[:40]}", "cells"),
        (f'{HEADER}\n"{FIRST}', "no CSV"),
        (f"{HEADER}\n{FIRST}{'x' * 200_000}", "no CSV"),
        (f"{HEADER},at\n{FIRST},7", "twice"),
        (f"{HEADER}\n{FIRST.replace(FIRST.split(',')[9], '')}", "row: is empty"),
        (f"{HEADER}\n{FIRST.replace(',7,', ',abc,')}", "says nothing of inducted"),
        (f"{HEADER}\n{FIRST.replace(',xbot,', ',agonist-cohort,')}", "is no arm"),
        (f"{HEADER}\n{RATIO.replace('off 0-28', 'off 0-20')}", "counted apart"),
        (f"{HEADER}\n{RATIO.replace('off 0-28', 'sometime')}", "says nothing of overdose death rate"),
        (f"{HEADER}\n{RATIO.replace('on 28-', 'foo')}", "says nothing of overdose death rate"),
        (f"{HEADER}\n{RATIO.replace('on 28-', 'off 0-28')}", "over itself"),
        (f"{HEADER}\n{RATIO.replace(',rate ratio,', ',death rate,')}", "only where"),
    ],
)
def test_a_fault_is_named(text: str, message: str, tmp_path: Path) -> None:
    assert any(message in problem for problem in refuse(text, tmp_path))


@pytest.mark.parametrize("number", ["nan", "inf", "-1", "0", "1e308", "1e400", "many"])
def test_numbers_that_no_study_has_are_refused(number: str, tmp_path: Path) -> None:
    cells = FIRST.split(",")
    cells[12] = number
    assert re.search(r"no usable counts|could not convert", " ".join(refuse(f"{HEADER}\n{','.join(cells)}", tmp_path)))


def test_the_command_refuses_before_it_makes_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(f"{HEADER}\n{FIRST[:40]}\n", encoding="utf-8")
    assert main(["calibrate", "--targets", str(file), "--out", str(tmp_path / "out")]) == 2
    shown = capsys.readouterr()
    assert "mine.csv:2" in shown.err
    assert shown.out == ""
    assert not (tmp_path / "out").exists()
