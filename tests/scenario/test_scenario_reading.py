"""What a valid file becomes: defaults, units, laws, real people, the scenario's own medications and parameters."""

import subprocess
import sys
from pathlib import Path

import pytest

from trialsim.parameters import read_parameters
from trialsim.parameters.medications import MEDICATIONS as RECORDS
from trialsim.problems import InputError
from trialsim.scenario import describe_scenario, parse_scenario, read_scenario
from trialsim.scenario.describe import moments_after_cut
from trialsim.scenario.model import Allocation, Choices, CustomMedication, Fixed, Override, TruncatedNormal
from trialsim.scenario.vocabulary import COVARIATES, MANAGED_WITHDRAWAL, MEDICATIONS, WITHOUT_DOSE

FILE = Path(__file__).parent / "trial.yaml"
TRIAL = FILE.read_text(encoding="utf-8")

PEOPLE = """\
age,male,primary_opioid,injection,use_days,unstable_housing,prior_treatment,liver_disease,uses_alone,note
30,1,heroin,yes,30,0,1,0,1,a
40.5,0,prescription,no,12,1,0,0,0,"b, c"
"""
MINIMAL_POPULATION = """\
population:
  csv: people.csv
  opioid_free_days: 1
  setting: trial
  start: withdrawal
  era: heroin
  naloxone_coverage: 0.3
"""


def with_people(folder: Path, people: str | bytes) -> Path:
    """A scenario whose population comes from a CSV file."""
    start, end = TRIAL.index("population:\n"), TRIAL.index("arms:\n")
    tail = TRIAL[end : TRIAL.index("sources_of:")]
    path = folder / "a.yaml"
    path.write_text(TRIAL[:start] + MINIMAL_POPULATION + tail, encoding="utf-8")
    content = people.encode() if isinstance(people, str) else people
    (folder / "people.csv").write_bytes(content)
    return path


def test_laws_of_covariates() -> None:
    covariates = parse_scenario(TRIAL).population.covariates
    assert covariates["age"] == TruncatedNormal(30.6, 12.1, 18.0, 70.0)
    assert covariates["male"] == Fixed(401 / 570)
    assert covariates["liver_disease"] == Fixed(0.0)
    assert covariates["primary_opioid"] == Choices(("heroin", "prescription", "fentanyl"), (0.82, 0.16, 0.02))
    assert covariates["opioid_free_days"] == Choices((1.0, 4.0), (217 / 570, 353 / 570))
    assert set(covariates) == {rule.name for rule in COVARIATES}


def test_design_of_a_trial() -> None:
    scenario = parse_scenario(TRIAL)
    assert scenario.allocation == Allocation((1, 1), 4, ("site", "injection"))
    assert (scenario.accrual_days, scenario.retreatment_days) == (852.25, 168.0)
    assert (scenario.visit_interval_days, scenario.visit_count, scenario.endpoint_week) == (7.0, 24, 24)
    assert (scenario.arms[0].dose_mg, scenario.arms[1].dose_mg) == (380.0, None)
    assert scenario.arms[1].procedure == "standard"
    assert sum(site.share for site in scenario.sites) == pytest.approx(1.0, abs=8 * 2**-53)
    assert scenario.horizons_days == ()
    assert scenario.text == TRIAL
    assert scenario.source_lines["follow_up"] == TRIAL[: TRIAL.index("\nfollow_up:")].count("\n") + 2


def test_ratio_stands_in_the_order_of_the_arms() -> None:
    ratio = "ratio: {buprenorphine: 3, xr_naltrexone: 1}"
    text = TRIAL.replace("ratio: {xr_naltrexone: 1, buprenorphine: 1}", ratio)
    allocation = parse_scenario(text).allocation
    assert allocation is not None
    assert allocation.ratio == (1, 3)


def test_defaults_of_what_is_left_out() -> None:
    start, end = TRIAL.index("accrual:"), TRIAL.index("visits:")
    text = (TRIAL[:start] + TRIAL[end:]).replace("strata: [site, injection]", "").replace("replicates: 100\n", "")
    text = text.replace("mode: randomised\n", "").replace("retreatment: {until: 24 weeks}\n", "")
    scenario = parse_scenario(text[: text.index("sources_of:")])
    assert (scenario.mode, scenario.replicates, scenario.accrual_days) == ("randomised", 100, 0.0)
    assert (scenario.retreatment_days, scenario.reentry) == (0.0, False)
    (site,) = scenario.sites
    assert (site.share, site.beds, site.injection_slots, site.dosing_slots) == (1.0, None, None, None)
    assert scenario.arms[0].label == "XR-naltrexone"
    rows = {row["name"]: row for section in describe_scenario(scenario)["sections"] for row in section["rows"]}
    assert rows["accrual"]["source"] == "default"
    assert rows["participants"]["source"] == "no source given"


def test_own_medications_and_parameters() -> None:
    text = TRIAL.replace("medication: xr_naltrexone,", "medication: my_drug,")
    text += """
medications:
  my_drug: {like: xr_naltrexone, discontinuation_rate: 0.5 per 100 days, dose_interval_days: 6 weeks}
parameters:
  tolerance_loss_days: {value: 3 weeks, source: "assumption: a slower loss"}
  relapse_shape: {value: 0.8, low: 0.5, high: 1.1, source: a paper}
"""
    scenario = parse_scenario(text)
    overrides = {"discontinuation_rate": 0.005, "dose_interval_days": 42.0}
    assert scenario.medications == (CustomMedication("my_drug", "xr_naltrexone", overrides),)
    assert scenario.parameters == {
        "tolerance_loss_days": Override(21.0, 21.0, 21.0, "assumption: a slower loss"),
        "relapse_shape": Override(0.8, 0.5, 1.1, "a paper"),
    }
    sections = {
        section["title"]: section["rows"] for section in describe_scenario(scenario, read_parameters())["sections"]
    }
    own = {row["name"]: row for row in sections["Set by this scenario"]}
    assert own["tolerance_loss_days"]["unit"] == "days"
    assert own["relapse_shape"]["source"] == "a paper"
    assert (own["relapse_shape"]["low"], own["relapse_shape"]["high"]) == (0.5, 1.1)
    assert "low" not in own["tolerance_loss_days"]
    names = {row["name"] for row in sections["Parameters"]}
    assert "relapse_shape" not in names
    assert "dose_interval_days_xr_naltrexone" in names
    assert not {name for name in names if name.endswith("_methadone")}


def test_real_people_come_from_a_csv_file(tmp_path: Path) -> None:
    population = read_scenario(with_people(tmp_path, PEOPLE)).population
    assert population.row_count == 2
    assert population.rows["age"] == (30.0, 40.5)
    assert population.rows["injection"] == (1.0, 0.0)
    assert population.rows["primary_opioid"] == ("heroin", "prescription")
    assert population.covariates == {"opioid_free_days": Fixed(1.0)}


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "nearest"),
    [
        ("40.5", "old", 3, "no number", ""),
        ("40.5", "4", 3, "out of range", ""),
        ("40.5", "", 3, "is nothing", ""),
        (",no,", ",maybe,", 3, "no number", ""),
        (",no,", ",0.5,", 3, "is no answer", ""),
        ("prescription", "heroine", 3, "not known", "heroin"),
        ('"b, c"', "b, c", 3, "has 11 cells", ""),
        ("age,", "Age,", 1, "is no covariate", "age"),
        ("note", "age", 1, "is a column twice", ""),
    ],
)
def test_mistakes_in_people_name_the_line_of_the_csv(
    tmp_path: Path, old: str, new: str, line: int, message: str, nearest: str
) -> None:
    path = with_people(tmp_path, PEOPLE.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        read_scenario(path)
    found = [problem for problem in caught.value.problems if message in problem.message]
    assert found, caught.value.problems
    assert (found[0].line, found[0].nearest) == (line, nearest)
    assert found[0].file.endswith("people.csv")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"age\n", b"a,b\n1,2\n", b'"', b"\x00"])
def test_csv_that_is_no_table_of_people_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_scenario(with_people(tmp_path, content))
    assert "population.csv" in {problem.key for problem in caught.value.problems}


def test_missing_csv_and_a_covariate_given_twice(tmp_path: Path) -> None:
    path = with_people(tmp_path, PEOPLE)
    path.write_text(path.read_text().replace("  opioid_free_days: 1", "  opioid_free_days: 1\n  age: 30"))
    with pytest.raises(InputError, match="is a column of the CSV file as well"):
        read_scenario(path)
    (tmp_path / "people.csv").unlink()
    with pytest.raises(InputError, match="no such file"):
        read_scenario(path)


def test_mean_after_a_cut() -> None:
    # A cut at the mean leaves the half-normal law: mean sqrt(2 / pi), variance 1 - 2 / pi.
    mean, sd = moments_after_cut(TruncatedNormal(0.0, 1.0, 0.0, 40.0))
    assert mean == pytest.approx((2 / 3.141592653589793) ** 0.5, rel=1e-15)
    assert sd == pytest.approx((1 - 2 / 3.141592653589793) ** 0.5, rel=1e-15)
    assert moments_after_cut(TruncatedNormal(5.0, 1.0, -35.0, 45.0)) == (5.0, 1.0)


def test_words_agree_with_the_medication_records() -> None:
    assert tuple(RECORDS) == MEDICATIONS
    assert {name for name, record in RECORDS.items() if record.needs_withdrawal} == set(MANAGED_WITHDRAWAL)
    assert {name for name, record in RECORDS.items() if "dose" not in record.fields} == set(WITHOUT_DOSE)


def test_reading_needs_no_heavy_module() -> None:
    program = (
        "import sys; from trialsim.parameters import read_parameters; from trialsim import scenario;"
        f"scenario.describe_scenario(scenario.read_scenario({str(FILE)!r}), read_parameters());"
        "scenario.scenario_schema();"
        "print(*sorted({'numba', 'polars', 'pymc', 'arviz', 'plotly', 'scipy', 'simpy', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
