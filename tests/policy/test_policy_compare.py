"""A comparison end to end: the same bytes for any chunks and workers, what is written, and what is refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.policy.cohort import make_cohort, read_table
from trialsim.clinical.vocabulary import NEVER
from trialsim.engine.lives import OUTCOME
from trialsim.policy.compare import run_comparison
from trialsim.policy.counts import count_deaths, cut_time
from trialsim.policy.summary import find_comparator, list_pairs
from trialsim.problems import InputError
from trialsim.report import report_cohort
from trialsim.runs.options import RunOptions
from trialsim.scenario.model import Site


def read_files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


def test_chunks_and_workers_change_no_byte(tmp_path: Path) -> None:
    scenario = make_cohort("no_treatment", "xr_naltrexone", "methadone", participants=230, years=1.5)
    runs = [
        run_comparison(
            scenario,
            read_table(),
            RunOptions(out=tmp_path / f"{workers}-{size}", workers=workers, quiet=True, render=report_cohort),
            chunk_patients=size,
        )
        for workers, size in ((1, 230), (1, 1), (2, 37), (3, 100))
    ]
    files = [read_files(run.directory) for run in runs]
    assert set(files[0]) == {"manifest.json", "outcomes.parquet", "report.html", "summary.json"}
    assert all(other == files[0] for other in files[1:])
    assert len({run.directory.name for run in runs}) == 1


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scenario = make_cohort("no_treatment", "implant_naltrexone", "methadone", participants=1_000)
    options = RunOptions(out=tmp_path_factory.mktemp("runs"), workers=1, quiet=True, render=report_cohort)
    return run_comparison(scenario, read_table(), options).directory


def test_summary_holds_what_was_asked(run: Path) -> None:
    summary = json.loads((run / "summary.json").read_text())
    assert summary["parameter_uncertainty"] == {"draws": 40, "people_per_draw": 1000}
    assert summary["comparator"] == "no_treatment"
    wanted = {
        f"{name}_per_1000_py{suffix}"
        for name in ("deaths", "overdose_deaths")
        for suffix in ("", "_in_treatment", "_out_of_treatment", "_until_last_dose")
    } | {"deaths_by_horizon", "deaths_by_1_year", "life_years", "years_in_treatment", "share_ever_treated"}
    for cells in summary["policies"].values():
        assert wanted <= set(cells) == set(summary["outcome_labels"])
        keys = {"mean", "low", "high", "mcse", "unit", "parameter_range"}
        assert all(set(cell) == keys for cell in cells.values())
    assert len(summary["differences"]) == 3 * 5
    deaths = next(row for row in summary["differences"] if row["outcome"] == "deaths_by_horizon")
    people = summary["participants"]
    assert deaths["mean"] * people == pytest.approx(deaths["caused"] - deaths["averted"])
    assert summary["by_time_since_start"]["no_treatment"] == []
    assert summary["by_time_since_stop"]["methadone"][-1]["to_day"] is None
    curve = summary["curves"][0]["arms"]["methadone"]
    cell = summary["policies"]["methadone"]["deaths_by_horizon"]
    assert curve["survival"][-1] == pytest.approx(1 - cell["mean"])
    assert curve["high"][-1] - curve["low"][-1] == pytest.approx(cell["high"] - cell["low"])
    assert curve["at_risk"][0] == people
    assert curve["at_risk_time"][-1] <= curve["time"][-1]
    alive = dict(zip(curve["time"], curve["survival"], strict=True))
    assert curve["at_risk"] == [round(people * alive[time]) for time in curve["at_risk_time"]]


def test_groups_in_the_table_give_the_summary_again(run: Path) -> None:
    frame = pl.read_parquet(run / "outcomes.parquet")
    summary = json.loads((run / "summary.json").read_text())
    for policy, cells in summary["policies"].items():
        for outcome, cell in cells.items():
            rows = frame.filter((pl.col("arm") == policy) & (pl.col("outcome") == outcome))
            assert rows["replicate"].to_list() == list(range(100))
            events, amount = (float(rows[column].to_numpy().sum()) for column in ("events", "denominator"))
            if cell["mean"] is None:
                assert amount == 0
            else:
                assert events / amount == pytest.approx(cell["mean"])


def test_a_cohort_smaller_than_the_groups_is_still_estimated(tmp_path: Path) -> None:
    scenario = make_cohort("methadone", participants=7, years=1.0)
    summary = run_comparison(scenario, read_table(), RunOptions(out=tmp_path, workers=1, quiet=True)).summary
    assert summary["policies"]["methadone"]["life_years"]["mcse"] is not None
    assert summary["differences"] == []
    alone = run_comparison(scenario, read_table(), RunOptions(out=tmp_path, participants=1, quiet=True)).summary
    assert alone["policies"]["methadone"]["life_years"]["mcse"] is None


def test_queues_are_refused(tmp_path: Path) -> None:
    scenario = make_cohort("xr_naltrexone", participants=10)
    crowded = replace(scenario, sites=(Site("all", 1.0, beds=3),))
    with pytest.raises(InputError) as caught:
        run_comparison(crowded, read_table(), RunOptions(out=tmp_path))
    assert caught.value.problems[0].key == "sites"
    with pytest.raises(InputError):
        run_comparison(scenario, read_table(), RunOptions(out=tmp_path, engine="des"))
    assert list(tmp_path.iterdir()) == []


def test_the_policy_without_medication_is_the_comparator() -> None:
    scenario = make_cohort("methadone", "no_treatment", "buprenorphine")
    assert find_comparator(scenario) == 1
    assert list_pairs(scenario) == [(0, 1), (2, 1), (2, 0)]
    assert find_comparator(make_cohort("methadone", "buprenorphine")) == 0


def test_a_bin_holds_deaths_up_to_its_end() -> None:
    outcomes = np.zeros(5, OUTCOME)
    outcomes["patient"] = [0, 1, 3, 4, 5]
    outcomes["arm"] = [0, 1, 1, 1, 0]
    outcomes["fatal"] = [1, 2, 1, 1, 0]
    outcomes["death"] = [7.0, 7.5, 14.0, 0.5, NEVER]
    deaths = count_deaths(outcomes, np.array([7.0, 14.0]), 3, 2)
    assert deaths.sum() == 4
    assert deaths[0, 0].tolist() == [[1, 0], [0, 0]]
    assert deaths[0, 1].tolist() == [[0, 0], [1, 0]]
    assert deaths[1, 1].tolist() == [[1, 0], [0, 1]]


def test_horizons_end_a_bin_each() -> None:
    ends = cut_time(1826.25, (365.25, 500.0, 1826.25))
    assert {365.25, 500.0, 1826.25} <= set(ends.tolist())
    assert len(ends) == 61
    assert cut_time(20.0, ()).tolist() == [7.0, 14.0, 20.0]
    assert cut_time(5.0, (9.0,)).tolist() == [5.0]
