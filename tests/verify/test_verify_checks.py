"""Every check passes on the kernel as it is, and fails on one that is broken on purpose."""

import json

import pytest

from tests.verify.breaking import KERNELS, OTHERS, scale, simulate_in
from trialsim.cli import main
from trialsim.verify import list_checks, run_checks
from trialsim.verify.check import Check, report_exact
from trialsim.verify.kernel import Kernel
from trialsim.verify.run import run_check
from trialsim.verify.worlds import find_scenarios

SCENARIOS = [f"closed form: {path.stem}" for path in find_scenarios()]


@pytest.mark.parametrize("name", list_checks())
def test_check_passes(name: str) -> None:
    (check,) = run_checks((name,))
    assert check.name == name
    assert check.passed, check


def test_every_check_has_a_kernel_that_breaks_it() -> None:
    assert set(list_checks()) == {*KERNELS, *OTHERS, *SCENARIOS}
    assert SCENARIOS


@pytest.mark.parametrize("name", KERNELS)
def test_check_fails_on_a_broken_kernel(name: str) -> None:
    check = run_check(name, list_checks()[name], KERNELS[name])
    assert not check.passed, check
    assert "Error" not in check.detail, check


@pytest.mark.parametrize("name", OTHERS)
def test_check_fails_where_its_own_means_are_broken(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not OTHERS[name](name, monkeypatch).passed


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_check_fails_where_lapses_end_too_soon(name: str) -> None:
    check = run_check(name, list_checks()[name], simulate_in(scale(lapse_end_rate=1.3)))
    assert not check.passed, check
    assert "Error" not in check.detail, check


def test_an_error_while_checking_is_a_failed_check() -> None:
    def divide(name: str, kernel: Kernel) -> Check:
        return report_exact(name, 1 / 0, "never reached")

    check = run_check("any", divide)
    assert not check.passed
    assert check.detail == "ZeroDivisionError: division by zero"


def test_the_command_prints_json_and_fails_with_a_failed_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("random numbers: known answers", "closed form: present value")
    monkeypatch.setattr("trialsim.verify.run_checks", lambda: run_checks(names))
    assert main(["verify", "--json"]) == 0
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert {each["name"] for each in checks} == set(names)
    assert all({"name", "passed", "figure", "tolerance"} <= each.keys() and each["passed"] for each in checks)
    monkeypatch.setattr("trialsim.verify.run_checks", lambda: run_checks(names[:1], KERNELS[names[0]]))
    assert main(["verify", "--json"]) == 1
    assert not json.loads(capsys.readouterr().out)["checks"][0]["passed"]
