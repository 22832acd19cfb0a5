"""The plain-language summary: sentences made from the numbers, for a reader who knows no statistics."""

from collections.abc import Mapping, Sequence
from typing import Any

from trialsim.report.compare import in_treatment_note, label_of
from trialsim.report.design import describe_spread
from trialsim.report.mortality import policy_cells
from trialsim.report.text import format_count, format_days, format_estimate, format_value, is_number, join_words

Paragraph = tuple[str, str]


def trial_prose(summary: Mapping[str, Any], population: Mapping[str, Any]) -> list[Paragraph]:
    """Lead-in and text of each paragraph: who, what happened, deaths, agreement, limits."""
    paragraphs = [
        ("Who was simulated.", _who_trial(summary, population)),
        ("What happened.", " ".join(filter(None, (_arm_sentence(summary, name) for name in summary["arms"])))),
        ("Overdoses and deaths.", _harm_sentence(summary)),
        ("Beside the published trial.", " ".join(filter(None, (_agreement(summary), _fitted_sentence(summary))))),
        ("What this does not say.", _limits_trial(summary)),
    ]
    return [paragraph for paragraph in paragraphs if paragraph[1]]


def _who_trial(summary: Mapping[str, Any], population: Mapping[str, Any]) -> str:
    arms = join_words([_arm_name(summary, name) for name in summary["arms"]])
    replicates = summary.get("replicates")
    often = f"{format_count(replicates)} times" if replicates != 1 else "once"
    people = f"{format_count(summary.get('participants'))} people{_people(population)}"
    followed = format_days(summary.get("follow_up_days"))
    every = ", each person living under every arm" if summary.get("mode") == "counterfactual" else ""
    trial = "the trial" if len(summary["arms"]) > 1 else "the arm"
    return (
        f"No patient took part: a computer model played {trial} {often}, with {people} followed for {followed}. "
        f"{'The arms were' if len(summary['arms']) > 1 else 'The only arm was'} {arms}{every}."
    )


def _people(population: Mapping[str, Any]) -> str:
    """Age, sex and main opioid where known, in brackets; the centre of a cut normal is no mean, so limits are told."""
    age, male, opioid = (population.get(key) for key in ("age", "male", "primary_opioid"))
    parts = []
    if isinstance(age, Mapping) and is_number(age.get("low")) and is_number(age.get("high")):
        parts.append(f"aged {format_value(age['low'], '')} to {format_value(age['high'], '')}")
    if is_number(male):
        parts.append(f"{describe_spread('male', male)} men")
    if isinstance(opioid, Mapping) and isinstance(opioid.get("choices"), Mapping):
        parts.append(f"main opioid {describe_spread('primary_opioid', opioid)}")
    return f" ({'; '.join(parts)})" if parts else ""


def _arm_name(summary: Mapping[str, Any], name: str) -> str:
    return str((summary.get("arm_labels") or {}).get(name, name))


def relapse_outcomes(cells: Mapping[str, Any]) -> tuple[str, str]:
    """Names of the relapse outcomes as randomised and among the inducted; empty where the run has none."""
    names = [name for name in cells if name.startswith("relapse_by_week_")]
    return (
        next((name for name in names if not name.endswith("_inducted")), ""),
        next((name for name in names if name.endswith("_inducted")), ""),
    )


def _share(cells: Mapping[str, Any], name: str) -> str:
    """Mean with its range over trials, or nothing where the outcome is missing."""
    mean = _mean(cells, name)
    return f"{mean} (95% of trials: {format_estimate(cells[name]).range})" if mean else ""


def _arm_sentence(summary: Mapping[str, Any], name: str) -> str:
    cells = summary["arms"][name]
    everyone, inducted = relapse_outcomes(cells)
    week = everyone.removeprefix("relapse_by_week_") or str(summary.get("endpoint_week"))
    parts = []
    if text := _share(cells, "inducted"):
        parts.append(f"{text} were inducted, that is, received a first dose of the medication assigned")
    if text := _share(cells, everyone):
        parts.append(f"{text} of all randomised had relapsed by week {week}")
    if text := _share(cells, inducted):
        parts.append(f"{text} of those inducted had")
    return f"With {_arm_name(summary, name)}, {'; '.join(parts)}." if parts else ""


def _harm_sentence(summary: Mapping[str, Any]) -> str:
    per = "per replicate and arm" if summary.get("mode") == "counterfactual" else "per trial"
    parts = [(_harms(cells), _arm_name(summary, name)) for name, cells in summary["arms"].items()]
    told = [f"{harms} with {arm}" for harms, arm in parts if harms]
    return f"On average {per}: {'; '.join(told)}." if told else ""


def _harms(cells: Mapping[str, Any]) -> str:
    """Deaths, those by overdose among them, and overdoses survived in one arm, as far as they are known."""
    deaths, fatal, survived = (_mean(cells, key) for key in ("deaths", "fatal_overdoses", "nonfatal_overdoses"))
    by_overdose = f"{fatal} of them by overdose" if deaths else f"{fatal} deaths by overdose"
    told = [f"{deaths} deaths"] if deaths else []
    told += [by_overdose] if fatal else []
    told += [f"{survived} overdoses survived"] if survived else []
    return join_words(told)


def _mean(cells: Mapping[str, Any], name: str) -> str:
    """An outcome's mean as text, or nothing where it is missing."""
    cell = cells.get(name) or {}
    return format_estimate(cell).mean if is_number(cell.get("mean")) else ""


def _agreement(summary: Mapping[str, Any]) -> str:
    """How many published numbers the simulation was held to, and each that it missed by name."""
    judged = [
        (arm, outcome, cell)
        for arm, cells in summary["arms"].items()
        for outcome, cell in cells.items()
        if is_number(cell.get("published")) and cell.get("inside") is not None
    ]
    misses = [_miss(summary, *entry) for entry in judged if not entry[2]["inside"]]
    if not judged:
        return "No published number is set beside this simulation, so nothing in it has been checked against a trial."
    if not misses:
        what = "The one published number lies" if len(judged) == 1 else f"All {len(judged)} published numbers lie"
        return f"{what} inside the range that holds 95% of the simulated trials."
    return (
        f"Of {len(judged)} published number{'s' if len(judged) > 1 else ''}, {len(judged) - len(misses)} lie inside "
        f"the range that holds 95% of simulated trials and {len(misses)} outside, or missed: {'; '.join(misses)}. "
        "A right model would see about one published number in twenty outside by chance."
    )


def _miss(summary: Mapping[str, Any], arm: str, outcome: str, cell: Mapping[str, Any]) -> str:
    label = _lower(label_of(summary.get("outcome_labels") or {}, outcome))
    published = format_value(cell["published"], str(cell.get("unit") or ""))
    return f"{label} ({_arm_name(summary, arm)}: simulated {format_estimate(cell).mean}, published {published})"


def _lower(label: str) -> str:
    """A label in the middle of a sentence; abbreviations stay as they are."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def _fitted_sentence(summary: Mapping[str, Any]) -> str:
    """Which published results the model has already seen: agreement with those is no test."""
    inputs = summary.get("inputs") or ()
    own = [row for row in inputs if row.get("obtained") == "scenario" and "fitted to" in str(row.get("source"))]
    calibrated = [row for row in inputs if row.get("obtained") == "calibrated"]
    fitted = [row for row in inputs if row.get("obtained") == "fitted"]
    return " ".join(filter(None, (_own_sentence(own), _calibrated_sentence(calibrated), _targets_sentence(fitted))))


def _own_sentence(own: Sequence[Mapping[str, Any]]) -> str:
    """What the scenario itself says that it fitted."""
    if not own:
        return ""
    sources = join_words(sorted({str(row["source"]).partition(" by ")[0].removeprefix("fitted to ") for row in own}))
    return (
        f"{len(own)} input numbers were fitted to {sources} by this scenario: agreement with its results shows that "
        "the model can reproduce them, not that it predicts them."
    )


def _calibrated_sentence(calibrated: Sequence[Mapping[str, Any]]) -> str:
    if not calibrated:
        return ""
    return (
        f"{len(calibrated)} input numbers are calibrated to the published results of many studies together; how well "
        "studies that were left out are predicted stands in the validation tables of the documentation."
    )


def _targets_sentence(fitted: Sequence[Mapping[str, Any]]) -> str:
    if not fitted:
        return ""
    targets = join_words(sorted({str(row["fitted_to"]) for row in fitted if row.get("fitted_to")}))
    verb = "input number was" if len(fitted) == 1 else "input numbers were"
    return (
        f"{len(fitted)} {verb} fitted to published results ({targets or 'not named'}); "
        "agreement with those results shows that the model can reproduce them, not that it predicts them."
    )


def _limits_trial(summary: Mapping[str, Any]) -> str:
    guesses = sum(row.get("obtained") == "assumption" for row in summary.get("inputs") or ())
    assumed = f" ({guesses} of them assumed, not measured)" if guesses else ""
    return (
        "The ranges show the play of chance between trials of this size at one fixed set of input numbers. They leave "
        f"out how uncertain those numbers{assumed} are, which the ranges over parameters show apart. A simulated "
        "difference between arms is a consequence of the model and of the evidence put in; it is no new "
        "evidence that one treatment is better for anyone."
    )


def cohort_prose(summary: Mapping[str, Any], population: Mapping[str, Any]) -> list[Paragraph]:
    """Lead-in and text of each paragraph: who, mortality, comparison, limits."""
    cells = policy_cells(summary)
    names = summary.get("policy_labels") or {}
    policies = join_words([str(names.get(name, name)) for name in cells])
    people = f"{format_count(summary.get('participants'))} people{_people(population)}"
    alike = "each policy met the same people with the same luck" if len(cells) > 1 else "one policy was simulated"
    who = (
        f"No patient took part: a computer model followed {people} for {format_days(summary.get('follow_up_days'))} "
        f"under {policies}; {alike}."
    )
    paragraphs = [
        ("Who was simulated.", who),
        ("Deaths.", _death_sentence(cells, names)),
        ("In and out of treatment.", _in_out_sentence(summary, cells, names)),
        ("What this does not say.", LIMITS_COHORT),
    ]
    return [paragraph for paragraph in paragraphs if paragraph[1]]


LIMITS_COHORT = (
    "The Monte Carlo intervals show the play of chance in the simulation at one fixed set of input numbers; the ranges "
    "over parameters beside them show how uncertain those numbers are, as far as the model is right. Being in "
    "treatment is not handed out at random: people who stay differ from people who leave, "
    "so rates in and out of treatment are no causal contrast within a policy, here as in the cohort studies behind the "
    "inputs. Counts of deaths averted and caused depend on how luck is shared between policies (the coupling): which "
    "individuals are saved is not identified, only the totals of each policy are."
)


def _death_sentence(cells: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> str:
    """All-cause and overdose death rates of every policy, the lowest first."""
    rates = {name: (own.get("deaths_per_1000_py") or {}).get("mean") for name, own in cells.items()}
    known = sorted((rate, name) for name, rate in rates.items() if is_number(rate))
    parts = [_death_rates(cells[name], str(names.get(name, name))) for _, name in known]
    return f"Deaths per 1,000 person-years, from lowest to highest: {'; '.join(parts)}." if parts else ""


def _death_rates(cells: Mapping[str, Any], policy: str) -> str:
    overdose = _mean(cells, "overdose_deaths_per_1000_py")
    of_them = f", {overdose} of them by overdose" if overdose else ""
    return f"{_mean(cells, 'deaths_per_1000_py')} under {policy}{of_them}"


def _in_out_sentence(
    summary: Mapping[str, Any], cells: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]
) -> str:
    parts = []
    for name, own in cells.items():
        inside, outside = (_mean(own, f"deaths_per_1000_py_{side}") for side in ("in_treatment", "out_of_treatment"))
        if inside and outside:
            parts.append(f"{inside} in and {outside} out of treatment under {names.get(name, name)}")
    return f"Deaths per 1,000 person-years: {'; '.join(parts)}. {in_treatment_note(summary)}" if parts else ""
