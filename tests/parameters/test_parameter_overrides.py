"""A scenario's own parameter values, and the codebook text."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from trialsim.parameters import Entry, ParameterTable, draw_parameters, override_parameters, stamp_table
from trialsim.parameters.codebook import report_codebook
from trialsim.problems import InputError


@dataclass(frozen=True)
class Reason:
    value: float
    low: float
    high: float
    source: str


def know(value: float, source: str) -> Reason:
    return Reason(value, value, value, source)


RATE = Entry(
    name="overdose_rate",
    value=0.001,
    low=0.0005,
    high=0.002,
    distribution="log-normal",
    unit="per day",
    range_low=0.0,
    range_high=0.1,
    obtained="fitted",
    fitted_to="deaths after release",
    source_rows=("merrall-2010-1",),
    meaning="How often.",
    unknown="How often alone.",
)
TABLE = ParameterTable({"overdose_rate": RATE}, "table.csv")


def test_an_override_fixes_the_value_and_keeps_its_reason() -> None:
    changed = override_parameters(TABLE, {"overdose_rate": know(0.01, "a cohort of ours")})
    entry = changed.entries["overdose_rate"]
    assert (entry.value, entry.low, entry.high, entry.distribution) == (0.01, 0.01, 0.01, "fixed")
    assert (entry.obtained, entry.source, entry.source_rows) == ("scenario", "a cohort of ours", ())
    assert (entry.unit, entry.meaning) == (RATE.unit, RATE.meaning)
    assert set(draw_parameters(changed, 3, 1).values[:, 0]) == {0.01}
    assert stamp_table(changed) != stamp_table(TABLE)
    assert TABLE.entries["overdose_rate"] is RATE


def test_limits_are_those_of_the_draws() -> None:
    """Log-normal as in the table; the limits hold the middle 95%, the value the middle."""
    changed = override_parameters(TABLE, {"overdose_rate": Reason(0.01, 0.004, 0.02, "a cohort of ours")})
    entry = changed.entries["overdose_rate"]
    assert (entry.value, entry.low, entry.high, entry.distribution) == (0.01, 0.004, 0.02, "log-normal")
    drawn = draw_parameters(changed, 40_000, 1).values[:, 0]
    for limit, share in ((0.004, 0.025), (0.01, 0.5), (0.02, 0.975)):
        assert abs((drawn < limit).mean() - share) < 4.0 * np.sqrt(share * (1.0 - share) / len(drawn))


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        (Reason(0.01, 0.01, 0.02, "x"), "a log-normal parameter needs room on both sides"),
        (Reason(0.01, 0.0, 0.02, "x"), "a log-normal parameter lies strictly between 0 and inf"),
        (Reason(0.01, 0.004, 0.2, "x"), "0.2 lies outside the range of this parameter"),
    ],
)
def test_limits_that_no_distribution_has_are_refused(reason: Reason, message: str) -> None:
    with pytest.raises(InputError) as caught:
        override_parameters(TABLE, {"overdose_rate": reason})
    assert [problem.message for problem in caught.value.problems] == [message]


def test_no_override_changes_nothing() -> None:
    assert override_parameters(TABLE, {}) == TABLE


def test_mistakes_are_reported_together_with_line_and_nearest_name() -> None:
    overrides = {"overdose_rat": know(1.0, "x"), "overdose_rate": know(0.2, "x")}
    with pytest.raises(InputError) as caught:
        override_parameters(TABLE, overrides, "mine.yaml", {"overdose_rat": 12})
    assert [str(problem) for problem in caught.value.problems] == [
        "mine.yaml:12: overdose_rat: is no parameter; expected a parameter of the codebook; "
        "did you mean 'overdose_rate'?",
        "mine.yaml: overdose_rate: 0.2 lies outside the range of this parameter; expected 0 to 0.1 (per day)",
    ]


def test_no_number_is_no_value() -> None:
    with pytest.raises(InputError):
        override_parameters(TABLE, {"overdose_rate": know(float("nan"), "x")})


def test_the_codebook_says_everything_about_an_entry() -> None:
    text = report_codebook(TABLE)
    for part in (
        "### `overdose_rate`",
        "How often.",
        "0.001 per day, that is 365.2 per 1000 person-years; limits 0.0005 to 0.002, log-normal",
        "range: 0 to 0.1",
        "obtained: fitted, to deaths after release",
        "`merrall-2010-1`: Merrall 2010",
        "10.1111/j.1360-0443.2010.02990.x",
        "does not know: How often alone.",
    ):
        assert part in text


def test_the_codebook_of_an_unbounded_fixed_entry() -> None:
    entry = replace(RATE, distribution="fixed", range_high=float("inf"), obtained="fixed", source_rows=(), fitted_to="")
    text = report_codebook(ParameterTable({"overdose_rate": entry}, ""))
    assert "- value: 0.001 per day, that is 365.2 per 1000 person-years\n" in text
    assert "- range: 0 to no upper bound" in text


def test_a_source_that_does_not_exist_is_named() -> None:
    entry = replace(RATE, source_rows=("merrall-2010-1000",))
    with pytest.raises(InputError, match="merrall-2010-1"):
        report_codebook(ParameterTable({"overdose_rate": entry}, ""))
