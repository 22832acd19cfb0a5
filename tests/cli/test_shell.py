"""The command line's shell: exit codes, one screen a mistake, JSON for machines, and what a command may load."""

import json
import os
import signal
import subprocess
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from trialsim import __version__
from trialsim.cli import ALGEBRA, main
from trialsim.parameters.evidence import find_evidence_file
from trialsim.problems import InputError, Problem

HEAVY = ("numba", "numpy", "polars", "pyarrow", "pymc", "arviz", "plotly", "simpy", "scipy", "statsmodels", "pandas")
SCENARIOS = Path(__file__).parents[2] / "scenarios"
COMMANDS = ("run", "compare", "check", "schema", "endpoints", "verify", "evidence")
ONE_SCREEN = 24
# Help takes 0.2 s with 330 modules; counted instead of timed, because a count does not depend on the machine's mood.
MOST_MODULES = 500


def _loaded_by(arguments: Sequence[str]) -> set[str]:
    program = (
        "import sys; from trialsim.cli import main\n"
        "code = main(sys.argv[1:])\n"
        "print(code, *sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    code, *modules = done.stderr.split()
    assert code == "0", done.stderr
    return set(modules)


@pytest.mark.parametrize("arguments", [["--help"], *([command, "--help"] for command in COMMANDS)])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    modules = _loaded_by(arguments)
    assert modules.isdisjoint(HEAVY)
    assert len(modules) < MOST_MODULES


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_check_loads_nothing_heavy(path: Path) -> None:
    modules = _loaded_by(["check", "--quiet", str(path)])
    # The library of outcome definitions, whose names a scenario may use, is written in numpy; it loads in 0.07 s.
    assert modules.isdisjoint(set(HEAVY) - {"numpy"})
    assert len(modules) < 2 * MOST_MODULES


def test_linear_algebra_has_one_thread() -> None:
    """A fresh process, as numpy reads it once; what the environment says goes first."""
    program = (
        "import sys, threadpoolctl; from trialsim.cli import main; main(['--version']); import numpy;"
        "print(sorted(each['num_threads'] for each in threadpoolctl.threadpool_info()))"
    )
    surroundings = {name: value for name, value in os.environ.items() if name not in ALGEBRA}
    for given, expected in (({}, "[1]"), (dict.fromkeys(ALGEBRA, "2"), "[2]")):
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**surroundings, **given}
        )
        assert done.stdout.splitlines()[-1] == expected


def test_help_without_a_command_and_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in COMMANDS)
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["rum", "x"],
        ["run"],
        ["run", "x", "--engine", "dess"],
        ["run", "x", "--replicates", "0"],
        ["run", "x", "--replicates", "many"],
        ["run", "x", "--seed", "-1"],
        ["run", "x", "--seed", str(2**64)],
        ["run", "x", "--workers", "0"],
        ["compare", "x", "--size", "1e9"],
        ["endpoints", "x"],
        ["check", "x", "y"],
        ["run", "x", "--unknown"],
    ],
)
def test_a_mistake_on_the_command_line_is_one_screen(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Traceback" not in shown.err
    assert 0 < len(shown.err.splitlines()) <= ONE_SCREEN
    assert main([*arguments, "--json"]) == 2
    shown = capsys.readouterr()
    assert shown.err == ""
    assert json.loads(shown.out)["error"][0]["message"]


def _replace_reader(monkeypatch: pytest.MonkeyPatch, read: Callable[[Path], object]) -> None:
    stand_in = types.ModuleType("trialsim.scenario")
    stand_in.__dict__.update(read_scenario=read, describe_scenario=lambda scenario: [])
    monkeypatch.setitem(sys.modules, "trialsim.scenario", stand_in)


def _raise(error: BaseException) -> Callable[[Path], NoReturn]:
    def read(_: Path) -> NoReturn:
        raise error

    return read


PROBLEM = Problem("x.yaml", 7, "arms.metadone", "unknown medication", "one of the medications", "methadone")


def test_unusable_input_shows_place_key_expected_and_nearest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _replace_reader(monkeypatch, _raise(InputError([PROBLEM])))
    assert main(["check", "x.yaml"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    for part in ("x.yaml:7", "arms.metadone", "unknown medication", "one of the medications", "methadone"):
        assert part in shown.err
    assert main(["check", "x.yaml", "--json"]) == 2
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {
        "error": [
            {
                "file": "x.yaml",
                "line": 7,
                "key": "arms.metadone",
                "message": "unknown medication",
                "expected": "one of the medications",
                "nearest": "methadone",
            }
        ]
    }


def test_any_number_of_problems_and_any_junk_stay_on_one_screen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    junk = Problem("x\n.yaml", None, "\x1b[2J" * 1000, "\x00\x07[bold]\n" * 1000)
    _replace_reader(monkeypatch, _raise(InputError([junk] * 500)))
    assert main(["check", "x.yaml"]) == 2
    shown = capsys.readouterr().err
    assert len(shown.splitlines()) <= ONE_SCREEN
    assert "and 489 more" in shown
    assert "[bold]" in shown
    assert all(c.isprintable() or c == "\n" for c in shown)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (PermissionError(13, "Permission denied", "runs"), 2, "Permission denied"),
        (OSError(28, "No space left on device"), 2, "No space left on device"),
        (MemoryError(), 2, "not enough memory"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_failures_of_the_machine_leave_no_traceback(
    error: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _replace_reader(monkeypatch, _raise(error))
    assert main(["check", "x.yaml"]) == code
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""


def test_a_fault_of_our_own_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    _replace_reader(monkeypatch, _raise(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        main(["check", "x.yaml"])


@pytest.mark.parametrize(("command", "kind", "other"), [("run", "cohort", "compare"), ("compare", "trial", "run")])
def test_the_wrong_kind_of_file_names_the_right_command(
    command: str, kind: str, other: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _replace_reader(monkeypatch, lambda _: types.SimpleNamespace(kind=kind, source_lines={"kind": 2}))
    assert main([command, "x.yaml"]) == 2
    shown = capsys.readouterr().err
    assert "x.yaml:2" in shown
    assert f"trialsim {other}" in shown


def test_a_reader_that_stops_early_is_no_error() -> None:
    program = f"{sys.executable} -m trialsim --help | head -c 10"
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_a_full_disk_under_the_output_is_one_screen() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "trialsim", "--version"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "No space left" in done.stderr


@pytest.mark.parametrize(
    ("command", "code", "shown"),
    [
        ("parameters list --json > /dev/full", 2, "No space left"),
        ("check nope --json > /dev/full", 2, "no such file"),
        ("check nope --json | true", 2, ""),
        ("parameters list >&-", 0, ""),
        ("parameters list --json >&-", 0, ""),
        ("check nope --json >&-", 2, ""),
        ("check nope 2>&-", 2, ""),
    ],
)
def test_output_that_is_full_or_closed_is_no_traceback(command: str, code: int, shown: str) -> None:
    if "/dev/full" in command and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    program = f"set -o pipefail; {sys.executable} -m trialsim {command}"
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "Error" not in done.stderr
    assert shown in done.stderr
    assert done.returncode == code


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_without_the_letters_gets_plain_ones(encoding: str) -> None:
    def show(name: str, *options: str) -> str:
        command = [sys.executable, "-m", "trialsim", "parameters", "show", "overdose_ratio_lapse", *options]
        surroundings = {**os.environ, "PYTHONIOENCODING": name}
        done = subprocess.run(command, capture_output=True, env=surroundings, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout.decode(name)

    stamp = json.loads(find_evidence_file("calibrated/draws.json").read_text(encoding="utf-8"))
    low, high = (f"{stamp['parameters']['overdose_ratio_lapse']['posterior'][end]:.3g}" for end in ("low", "high"))
    assert f"{low}\N{EN DASH}{high}" in show("utf-8")
    assert (f"{low}\N{EN DASH}{high}" if encoding == "cp1252" else f"{low}-{high}") in show(encoding)
    assert json.loads(show(encoding, "--json")) == json.loads(show("utf-8", "--json"))


HANG = """
import sys, time, types
stand_in = types.ModuleType("trialsim.scenario")
def read_scenario(path):
    try:
        print("reading", flush=True)
        time.sleep(60)
    finally:
        print("tidied", flush=True)
stand_in.__dict__.update(read_scenario=read_scenario, describe_scenario=None)
sys.modules["trialsim.scenario"] = stand_in
from trialsim.cli import main
sys.exit(main(["check", "x"]))
"""


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_tidies_up_and_says_nothing(stop: signal.Signals, code: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HANG], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout is not None
        assert command.stdout.readline() == "reading\n"
        command.send_signal(stop)
        out, err = command.communicate(timeout=30)
    assert (out, err, command.returncode) == ("tidied\n", "", code)
