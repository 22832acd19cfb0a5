"""Numbers, durations and citations as texts."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialsim.report.inputs import format_input
from trialsim.report.text import (
    as_sentence,
    format_days,
    format_error,
    format_estimate,
    format_fixed,
    format_significant,
    format_span,
    join_words,
    split_references,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.5, "0.5"), (1234.4, "1,234"), (-0.0213, "−0.0213"),
     (9.88e-5, "9.88×10⁻⁵"), (2e9, "2×10⁹"), (None, "–"), (math.nan, "–"), (math.inf, "–"), (True, "–")],
)  # fmt: skip
def test_significant_digits(value: object, text: str) -> None:
    assert format_significant(value) == text


@given(st.floats(min_value=-1e6, max_value=1e6), st.integers(0, 6))
def test_fixed_decimals_round_as_python_does_and_never_show_minus_zero(value: float, decimals: int) -> None:
    text = format_fixed(value, decimals)
    assert float(text.replace(",", "").replace("−", "-")) == float(f"{value:.{decimals}f}")
    assert not (text.startswith("−") and float(text[1:].replace(",", "")) == 0)


@pytest.mark.parametrize(
    ("cell", "difference", "texts"),
    [
        ({"mean": 0.7238, "low": 0.668, "high": 0.774, "mcse": 0.0026, "unit": "proportion"}, False,
         ("72.4%", "66.8 to 77.4%", "0.26 points")),
        ({"mean": 0.7238, "low": 0.668, "high": 0.774, "mcse": 0.00026, "unit": "proportion"}, False,
         ("72.38%", "66.80 to 77.40%", "0.026 points")),
        ({"mean": 2.314, "low": 0, "high": 6, "mcse": 0.15, "unit": "count"}, False, ("2.3", "0 to 6", "0.15")),
        ({"mean": 5278.3, "low": 5100, "high": 5400, "mcse": 31.0, "unit": "count"}, False,
         ("5,278", "5,100 to 5,400", "31")),
        ({"mean": 0.009, "low": -0.07, "high": 0.089, "mcse": 0.004, "unit": "proportion"}, True,
         ("+0.9 points", "−7.0 to 8.9 points", "0.40 points")),
        ({"mean": 0.0, "low": 0.0, "high": 0.0, "mcse": 0.0, "unit": "count"}, True, ("0", "0 to 0", "0")),
        ({"mean": None, "low": None, "high": 1.0, "mcse": None, "unit": "count"}, False, ("–", "–", "–")),
        ({"mean": 40.31, "low": 37.9, "high": 42.96, "mcse": 1.4, "unit": "per 1,000"}, False,
         ("40.3", "37.9 to 43.0", "1.4")),
        ({"mean": 3.0, "low": 0.0, "high": 7.0, "mcse": 0.48, "unit": "count per trial"}, False,
         ("3.0", "0 to 7", "0.48")),
    ],
)  # fmt: skip
def test_digits_end_at_the_monte_carlo_error(cell: dict[str, Any], difference: bool, texts: tuple[str, ...]) -> None:
    estimate = format_estimate(cell, difference=difference)
    assert (estimate.mean, estimate.range, estimate.error) == texts


@pytest.mark.parametrize(("error", "text"), [(0.3, "0.30"), (0.0031, "0.0031"), (92.4, "92"), (0.0, "0"), (None, "–")])
def test_errors_keep_two_digits(error: object, text: str) -> None:
    assert format_error(error) == text


@pytest.mark.parametrize(
    ("days", "text"),
    [(252, "36 weeks"), (7, "1 week"), (365.25, "1 year"), (1826.25, "5 years"), (10, "10 days"), (1, "1 day"),
     (731, "2 years"), (None, "–")],
)  # fmt: skip
def test_durations(days: object, text: str) -> None:
    assert format_days(days) == text


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [(0, 14, "0–2 wk"), (91, 365.25, "13 wk–1 y"), (365.25, 1826.25, "1–5 y"), (10, 20, "10–20 d"), (0, 1, "0–1 d"),
     (365, None, "> 1 y")],
)  # fmt: skip
def test_spans(start: float, end: object, text: str) -> None:
    assert format_span(start, end) == text


@pytest.mark.parametrize(
    ("value", "unit", "texts"),
    [
        (0.0000989, "per day", ("36.1 per 1,000 person-years", "9.89×10⁻⁵ per day")),
        (0.171, "per day", ("0.171 per day", "")),
        (0.95, "proportion", ("95%", "")),
        (28.0, "days", ("28 days", "")),
        (6, "count", ("6", "")),
        (None, "days", ("–", "")),
    ],
)
def test_inputs_read_in_the_unit_a_reader_expects(value: object, unit: str, texts: tuple[str, str]) -> None:
    assert format_input(value, unit) == texts


def test_lancet_dois_keep_their_brackets_and_sentences_their_full_stops() -> None:
    pieces = split_references("See Lee 2018 (doi:10.1016/S0140-6736(17)32812-X). Also PMID 29150198, and x.")
    assert [piece.text for piece in pieces] == [
        "See Lee 2018 (", "doi:10.1016/S0140-6736(17)32812-X", "). Also ", "PMID 29150198", ", and x.",
    ]  # fmt: skip
    assert [piece.href for piece in pieces if piece.href] == [
        "https://doi.org/10.1016/S0140-6736%2817%2932812-X",
        "https://pubmed.ncbi.nlm.nih.gov/29150198",
    ]


@pytest.mark.parametrize("text", ["javascript:alert(1)", "https://example.org/x", "data:text/html,x", "page 10.5/6"])
def test_nothing_but_citations_becomes_a_link(text: str) -> None:
    assert [piece.href for piece in split_references(text)] == [""]


@given(st.text(alphabet=st.sampled_from('10.12345/ab(c)<>"; PMIDoi:'), max_size=60))
def test_links_lead_to_two_hosts_only(text: str) -> None:
    hosts = ("https://doi.org/10.", "https://pubmed.ncbi.nlm.nih.gov/")
    assert all(not piece.href or piece.href.startswith(hosts) for piece in split_references(text))


def test_sentences_start_with_a_capital_unless_with_a_name_from_the_code() -> None:
    assert as_sentence("of all randomised") == "Of all randomised"
    assert as_sentence("relapse_ctn on tests") == "relapse_ctn on tests"


def test_words_are_joined_as_in_a_sentence() -> None:
    assert [join_words(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
