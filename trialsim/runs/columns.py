"""Every column of the tables that a run writes: name, type, unit, meaning, and when it is empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

type ColumnType = Literal["Int64", "Float64", "String", "Boolean"]


@dataclass(frozen=True, slots=True)
class Column:
    """One documented column; `empty_where` says when a cell holds null, and is "" where none ever does."""

    name: str
    type: ColumnType
    unit: str
    meaning: str
    empty_where: str = ""


def _days_after_randomisation(name: str, meaning: str, empty_where: str) -> Column:
    return Column(name, "Float64", "days", f"{meaning}, since randomisation", empty_where)


_KEYS = (
    Column("replicate", "Int64", "count", "number of the simulated trial, from 0"),
    Column("arm", "String", "", "name of the arm in the scenario file (of the policy, for a cohort)"),
    Column(
        "patient", "Int64", "count", "number of the patient within the replicate, from 0; the same person in all arms"
    ),
)

PATIENTS = (
    *_KEYS,
    Column("site", "String", "", "site that the patient belongs to"),
    Column(
        "stratum", "String", "", "allocation stratum: values of the stratifying covariates joined by `/`", "no strata"
    ),
    Column("arrival_day", "Float64", "days", "day of randomisation, since the trial opened"),
    Column("age", "Float64", "years", "age at randomisation"),
    Column("male", "Boolean", "", "recorded as male"),
    Column("primary_opioid", "String", "", "the opioid used most: heroin, fentanyl or prescription"),
    Column("injection", "Boolean", "", "injects opioids at randomisation"),
    Column("unstable_housing", "Boolean", "", "homeless or unstably housed at randomisation"),
    Column("inducted", "Boolean", "", "received the first maintenance dose of the arm's medication"),
    _days_after_randomisation("first_dose_day", "day of the first maintenance dose", "never inducted"),
    _days_after_randomisation("last_dose_day", "day of the last dose given", "never inducted"),
    Column("not_inducted_reason", "String", "", "why induction did not succeed", "inducted"),
    _days_after_randomisation("discontinuation_day", "day treatment was given up", "never inducted, or never given up"),
    Column("discontinuation_reason", "String", "", "why treatment was given up", "never inducted, or never given up"),
    Column("retained", "Boolean", "", "in the arm's treatment at the endpoint week"),
    _days_after_randomisation("first_use_day", "first illicit use, whether the trial saw it or not", "no use"),
    Column("word", "String", "", "weekly pattern of tests: + positive, - negative, o missing, * mixed, _ none due"),
    Column("relapse_event", "Boolean", "", "relapse by the trial's outcome definition, by the endpoint week"),
    Column("relapse_week", "Float64", "weeks", "week of that relapse; where there is none, the week of censoring"),
    Column("nonfatal_overdoses", "Int64", "count", "overdoses survived during follow-up"),
    Column("fatal_overdose", "Boolean", "", "died of an overdose during follow-up"),
    Column("death", "Boolean", "", "died of any cause during follow-up"),
    _days_after_randomisation("death_day", "day of death", "alive at the end of follow-up"),
    Column("death_cause", "String", "", "overdose or other", "alive at the end of follow-up"),
    _days_after_randomisation("lost_to_follow_up_day", "day the trial last saw the patient", "never lost to follow-up"),
    Column("person_days_in_treatment", "Float64", "days", "time alive on the medication during follow-up"),
    Column("person_days_out_of_treatment", "Float64", "days", "time alive off the medication during follow-up"),
)

EVENTS = (
    *_KEYS,
    Column("occurrence", "Int64", "count", "number of the event within the patient's life under this arm, from 0"),
    Column("day", "Float64", "days", "time of the event, since randomisation"),
    Column("event", "String", "", "what happened, as named in `trialsim.clinical.vocabulary.EVENTS`"),
    Column("state", "String", "", "state of the patient after the event, as named in `vocabulary.STATES`"),
    Column("use", "String", "", "illicit opioid use after the event: none, lapse or regular"),
)

OUTCOMES = (
    *_KEYS[:2],
    Column("outcome", "String", "", "name of the outcome, as in summary.json"),
    Column("events", "Float64", "", "numerator: people, events or days that were counted"),
    Column("denominator", "Float64", "", "what `value` divides by: people at risk or person-time; 1 for plain counts"),
    Column(
        "value", "Float64", "", "events / denominator, in the unit that summary.json gives", "the denominator is zero"
    ),
)

TABLES = {"patients": PATIENTS, "events": EVENTS, "outcomes": OUTCOMES}
"""Columns of each table in the order in which they are stored; the key is the file name without `.parquet`."""


def describe_columns(columns: tuple[Column, ...]) -> str:
    """The columns as a Markdown table."""
    rows = (f"| `{c.name}` | {c.type} | {c.unit} | {c.meaning} | {c.empty_where} |" for c in columns)
    return "\n".join(("| column | type | unit | meaning | empty where |", "|---|---|---|---|---|", *rows))


def describe_tables() -> str:
    """Every table of a run with its columns, as the Markdown that docs/results.md holds."""
    return "\n\n".join(f"### {name}.parquet\n\n{describe_columns(columns)}" for name, columns in TABLES.items())
