"""Pooled parameters: the table holds the quantiles of the shipped draws, which are what the evidence gives."""

import numpy as np
import pytest

import meta
from meta.report import report_set
from meta.report.write import DRAWS, SEED
from trialsim.parameters import draw_parameters, read_parameters
from trialsim.parameters.pooled import read_pooled_draws

POOLED = {
    entry.name: entry for entry in read_parameters(calibrated=False).entries.values() if entry.obtained == "pooled"
}
SETS = {about.draws: about.name for about in meta.list_sets() if about.draws}


def test_every_pooled_parameter_has_a_set_and_every_such_set_a_parameter() -> None:
    assert set(POOLED) == set(SETS)
    assert set(POOLED) <= set(read_pooled_draws())


@pytest.mark.parametrize("name", POOLED)
def test_the_table_holds_the_quantiles_of_the_draws(name: str) -> None:
    """To the three digits that the table prints."""
    entry = POOLED[name]
    low, value, high = np.quantile(read_pooled_draws()[name], [0.025, 0.5, 0.975])
    assert (entry.low, entry.value, entry.high) == pytest.approx((low, value, high), rel=5e-3)


@pytest.mark.parametrize("name", POOLED)
def test_the_shipped_draws_are_those_of_the_present_evidence(name: str) -> None:
    """`trialsim evidence report` writes them; to the nine digits of the file."""
    from meta.predictive import draw_natural

    number = [about.name for about in meta.list_sets()].index(SETS[name])
    today = draw_natural(report_set(SETS[name]).result, DRAWS, SEED + number)
    np.testing.assert_allclose(read_pooled_draws()[name], today, rtol=1e-6)


def test_the_simulator_draws_rows_of_them() -> None:
    table = read_parameters(calibrated=False)
    draws = draw_parameters(table, 200, 5)
    for name in POOLED:
        column = draws.values[:, draws.names.index(name)]
        shipped = np.clip(read_pooled_draws()[name], table.entries[name].range_low, table.entries[name].range_high)
        assert np.isin(column, shipped).all()
        assert len(np.unique(column)) > 100
