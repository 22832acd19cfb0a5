"""Predictive draws: rows stay joint, effects act by their definition, files are whole and belong together."""

import math
from pathlib import Path

import numpy as np
import pytest

from meta import EvidenceError
from meta.predictive import apply_contrast, draw_setting, join_columns, read_draws, write_draws
from tests.meta.pictures.test_meta_pictures import RESULT

BASE = np.array([0.1, 0.5, 0.9])


def test_an_odds_ratio_acts_on_odds() -> None:
    moved = apply_contrast(BASE, np.full(3, math.log(2)), "log_odds_ratio")
    np.testing.assert_allclose(moved / (1 - moved), 2 * BASE / (1 - BASE))


def test_ratios_multiply_and_differences_add_within_what_a_risk_can_be() -> None:
    np.testing.assert_allclose(apply_contrast(BASE, np.full(3, math.log(2)), "log_rate_ratio"), 2 * BASE)
    assert apply_contrast(BASE, np.full(3, math.log(2)), "log_risk_ratio").tolist() == [0.2, 1.0, 1.0]
    np.testing.assert_allclose(apply_contrast(BASE, np.full(3, -0.2), "risk_difference"), [0.0, 0.3, 0.7])


def test_a_level_moves_no_baseline() -> None:
    with pytest.raises(EvidenceError, match="level"):
        apply_contrast(BASE, BASE, "logit_proportion")


def test_a_result_without_posterior_gives_no_draws() -> None:
    from dataclasses import replace

    with pytest.raises(EvidenceError, match="no posterior"):
        draw_setting(replace(RESULT, method="reml"), 10, 1)


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    draws = join_columns([("a", "ratio", BASE), ("b", "per day", BASE**2)], {"seed": "1"})
    write_draws(draws, tmp_path / "draws.csv")
    back = read_draws(tmp_path / "draws.csv")
    assert (back.names, back.units, dict(back.stamp)) == (("a", "b"), ("ratio", "per day"), {"seed": "1"})
    np.testing.assert_allclose(back.values, draws.values, rtol=1e-8)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["draws.csv", "draws.json"]


def test_rows_that_were_changed_afterwards_are_refused(tmp_path: Path) -> None:
    write_draws(join_columns([("a", "ratio", BASE)], {}), tmp_path / "draws.csv")
    path = tmp_path / "draws.csv"
    path.write_text(path.read_text().replace("0.5", "0.6"))
    with pytest.raises(EvidenceError, match="not those"):
        read_draws(path)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ([("a", "", BASE), ("a", "", BASE)], "twice"),
        ([("a", "", BASE), ("b", "", BASE[:2])], "lengths"),
        ([("a", "", np.array([1.0, np.nan]))], "not finite"),
    ],
)
def test_columns_that_do_not_fit_are_refused(columns: list[tuple[str, str, np.ndarray]], said: str) -> None:
    with pytest.raises(EvidenceError, match=said):
        join_columns(columns, {})
