"""A million patients over ten years stay under 1.5 GB: tallies, no event log."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import resource
from dataclasses import replace
from pathlib import Path
import numpy as np
from trialsim.clinical.tallies import LIVES
from trialsim.engine.lives import simulate_batch
from trialsim.engine.population import draw_baseline
from trialsim.engine.world import build_world, list_values
from trialsim.parameters import read_parameters
from trialsim.scenario import read_scenario

scenario = replace(read_scenario(Path("scenarios/us-five-year.yaml")), follow_up_days=3652.5)
scenario = replace(scenario, arms=scenario.arms[4:5])
world = build_world(scenario, list_values(read_parameters()), 1)
baselines = draw_baseline(scenario.population, 1, range(1_000_000), 0)
lives = simulate_batch(world, baselines, np.zeros(1_000_000, np.int64), False)
print(int(lives.tally[..., LIVES].sum()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_a_million_patients_over_ten_years_stay_under_one_and_a_half_gigabytes() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    lives, kilobytes = map(int, done.stdout.split())
    print(f"{lives:,} lives, {kilobytes / 1e6:.2f} GB")
    assert lives == 1_000_000
    # ru_maxrss is in kilobytes on Linux and in bytes on macOS.
    assert kilobytes * (1 if sys.platform == "darwin" else 1024) < 1.5e9
