"""Every gate of a calibration holds where it should, and fails for the fault that it is there to see."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from trialsim.calibration import sbc
from trialsim.calibration.calibrate import First, Options, pose_problem
from trialsim.calibration.design import Design
from trialsim.calibration.files import read_posterior
from trialsim.calibration.gates import find_gates, find_rank_gates
from trialsim.calibration.layout import TAU_SCALES, lay_out_targets
from trialsim.calibration.posterior import Sample
from trialsim.calibration.ranks import Ranks, join_ranks, read_ranks, summarise_ranks, write_row
from trialsim.calibration.sbc import draw_replications, hash_ranking_code
from trialsim.calibration.stamp import hash_data, hash_everything
from trialsim.calibration.unseen import FACTORS
from trialsim.parameters.reader import read_parameters

PROBLEM = pose_problem(read_parameters(calibrated=False))
LAYOUT = lay_out_targets(PROBLEM.fitted, PROBLEM.components)
D = len(PROBLEM.prior.names)
RNG = np.random.default_rng(11)
# At the prior the median discrepancy is 0.67 scales, below the 1.96 of the limit.
POINTS = RNG.standard_normal((500, D + len(TAU_SCALES) + FACTORS))
SAMPLE = Sample(POINTS, np.zeros((500, len(LAYOUT.groups))), 1.002, 1900.0)
CHECK = np.tile([0.01, 0.02, 1.1], (len(PROBLEM.components), 1))
SURROGATE = read_posterior().surrogate
RUNS = Design(np.zeros((200, D)), np.zeros((200, len(PROBLEM.components), 2)), ())


def list_failing(sample: Sample = SAMPLE, check: np.ndarray = CHECK, runs: Design = RUNS) -> list[str]:
    return [name for name, gate in find_gates(LAYOUT, sample, check, runs).items() if not gate["passed"]]


def test_a_sound_calibration_passes() -> None:
    assert list_failing() == []


def test_each_gate_sees_its_fault() -> None:
    assert list_failing(sample=replace(SAMPLE, rhat=1.02)) == ["rhat"]
    assert list_failing(sample=replace(SAMPLE, effective_size=800.0)) == ["effective_sample_size"]
    assert list_failing(runs=replace(RUNS, failures=("no person left",) * 3)) == ["failed_run_share"]
    scattered = CHECK.copy()
    scattered[:, 2] = 1.6
    assert list_failing(check=scattered) == ["direct_simulation_scatter"]
    torn = SAMPLE.points.copy()
    torn[:, D + len(TAU_SCALES) - 1] = 3.0
    assert list_failing(sample=replace(SAMPLE, points=torn)) == ["final_tolerance"]
    shifted = CHECK.copy()
    shifted[LAYOUT.component[0], 0] = 3.0
    assert list_failing(check=shifted) == ["direct_simulation_shift"]
    # A ratio is off where one of its parts is, and right where both are off alike.
    only_over = np.setdiff1d(LAYOUT.over[LAYOUT.over >= 0], LAYOUT.component)
    assert len(only_over)
    shifted = CHECK.copy()
    shifted[only_over, 0] = 3.0
    assert list_failing(check=shifted) == ["direct_simulation_shift"]
    alike = CHECK.copy()
    for part, over in zip(LAYOUT.component, LAYOUT.over, strict=True):
        if over in only_over:
            alike[[part, over], 0] = 3.0
    ratios = np.isin(LAYOUT.over, only_over)
    others = np.isin(LAYOUT.component[~ratios], LAYOUT.component[ratios])
    assert list_failing(check=alike) == (["direct_simulation_shift"] if others.any() else [])


def rank(width: float, rhat: float = 1.004, replications: int = 64) -> list[str]:
    """Names of the gates missed by ranks of normal truths in normal posteriors of a relative width."""
    from scipy.special import ndtr

    names = tuple(f"parameter {i}" for i in range(20))
    z = np.random.default_rng(4).standard_normal((replications, len(names)))
    ranks = Ranks(ndtr(z / width), np.full(replications, rhat), names)
    return [name for name, gate in find_rank_gates(summarise_ranks(ranks)).items() if not gate["passed"]]


def test_ranks_of_a_right_posterior_pass() -> None:
    assert rank(1.0) == []


@pytest.mark.parametrize("width", [0.8, 1.25])
def test_posteriors_too_narrow_or_too_wide_are_seen(width: float) -> None:
    assert "known_truths_coverage" in rank(width)


def test_a_posterior_of_half_the_width_has_no_uniform_ranks() -> None:
    assert set(rank(0.5)) == {"known_truths_coverage", "known_truths_ranks"}


def test_ranks_in_samples_that_have_not_converged_do_not_count() -> None:
    assert rank(1.0, rhat=1.03) == ["known_truths_rhat"]


def test_the_first_replications_of_many_are_those_of_few() -> None:
    links = np.zeros((70, len(LAYOUT.names)))
    few, many = draw_replications(LAYOUT, links[:10], 5), draw_replications(LAYOUT, links, 5)
    np.testing.assert_array_equal(many[0][:10], few[0])
    np.testing.assert_array_equal(many[1][9].value, few[1][9].value)
    np.testing.assert_array_equal(many[1][9].events, few[1][9].events)
    assert not np.array_equal(many[0][64], many[0][0])


@pytest.mark.parametrize(
    "junk",
    [
        *(b"", b"{", b"\xff\xfe", b"[]", b"null", b"3", b'"text"', b'{"evidence": "other"}', b'{"evidence": "today"}'),
        b'{"evidence": "today", "ranks": ["0.5 a"], "rhats": [1.0], "names": ["a", "b"]}',
        b'{"evidence": "today", "ranks": ["0.5 0.5"], "rhats": [1.0, 1.0], "names": ["a", "b"]}',
        b'{"evidence": "today", "ranks": ["0.5 1.5"], "rhats": [1.0], "names": ["a", "b"]}',
        b'{"evidence": "today", "ranks": ["0.5 nan"], "rhats": [1.0], "names": ["a", "b"]}',
        b'{"evidence": "today", "ranks": [], "rhats": [], "names": []}',
    ],
)
def test_stored_ranks_that_are_none_of_todays_are_not_read(junk: bytes, tmp_path: Path) -> None:
    today = {"evidence": "today"}
    assert read_ranks(tmp_path, today) is None
    (tmp_path / "sbc.json").write_bytes(junk)
    assert read_ranks(tmp_path, today) is None


def test_truths_are_added_to_those_that_are_stored(tmp_path: Path) -> None:
    """Ranks that were stored and joined with more are as good as all of them at once."""
    random = np.random.default_rng(5)
    ranks, rhats = random.random((20, 3)).round(5), np.full(20, 1.004)
    names = ("a", "b", "c")
    today = {"evidence": "e", "model": "m", "seed": 1, "design": 2}
    stored = {**summarise_ranks(Ranks(ranks[:12], rhats[:12], names)), **today}
    (tmp_path / "sbc.json").write_text(json.dumps(stored), encoding="utf-8")
    joined = join_ranks(read_ranks(tmp_path, today), Ranks(ranks[12:], rhats[12:], names))
    assert summarise_ranks(joined) == summarise_ranks(Ranks(ranks, rhats, names))
    assert read_ranks(tmp_path, {**today, "seed": 3}) is None


@pytest.mark.parametrize(("asked", "ranked"), [(None, []), (12, []), (20, [12])])
def test_only_truths_that_are_not_stored_are_ranked(
    asked: int | None, ranked: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve are stored: more are ranked from the thirteenth on, and all are judged and stored together."""
    random = np.random.default_rng(6)
    options = Options(folder=tmp_path / "work", quiet=True)
    today = {
        **hash_everything(),
        "data": hash_data(PROBLEM.targets, PROBLEM.prior),
        "ranking": hash_ranking_code(),
        "seed": options.seed,
        "design": options.first,
        "unseen": options.unseen,
    }
    stored = {**summarise_ranks(Ranks(random.random((12, 2)), np.ones(12), ("a", "b"))), **today}
    (tmp_path / "sbc.json").write_text(json.dumps(stored), encoding="utf-8")
    calls = []

    def rank(_problem: object, _surrogate: object, _options: object, replications: int, first: int) -> Ranks:
        calls.append(first)
        return Ranks(random.random((replications - first, 2)), np.ones(replications - first), ("a", "b"))

    monkeypatch.setattr(sbc, "rank_known_truths", rank)
    first = First(RUNS, RUNS, SURROGATE)
    found = sbc.find_ranks(PROBLEM, first, options, tmp_path, asked)
    assert calls == ranked
    assert found["replications"] == (asked or 12)
    assert found["ranks"][:12] == stored["ranks"]
    assert json.loads((tmp_path / "sbc.json").read_text(encoding="utf-8")) == found


def test_other_targets_or_priors_have_ranks_of_their_own() -> None:
    today = hash_data(PROBLEM.targets, PROBLEM.prior)
    assert hash_data(pose_problem(read_parameters(calibrated=False)).targets, PROBLEM.prior) == today
    assert hash_data(PROBLEM.targets[1:], PROBLEM.prior) != today
    first, *rest = PROBLEM.targets
    assert hash_data([replace(first, events=first.events + 1.0), *rest], PROBLEM.prior) != today
    assert hash_data([replace(first, role="held out"), *rest], PROBLEM.prior) != today
    name, entry = next(iter(PROBLEM.prior.entries.items()))
    wider = replace(PROBLEM.prior, entries={**PROBLEM.prior.entries, name: replace(entry, high=2.0 * entry.high)})
    assert hash_data(PROBLEM.targets, wider) != today


def test_no_truths_are_ranked_where_none_are_left() -> None:
    """A truth whose simulation failed is counted, and not ranked; asked again, there is nothing new."""
    results = np.tile([3.0, 10.0], (2, len(PROBLEM.components), 1))
    truths = Design(RNG.standard_normal((2, D)), results, ("no person left",))
    found = sbc.rank_truths(PROBLEM, SURROGATE, truths, Options(), lambda done, total: None, 2)
    assert found.ranks.shape == (0, len(found.names))
    assert found.failed == 1


def test_truths_that_fail_are_a_gate_and_outlive_the_store(tmp_path: Path) -> None:
    ranks = Ranks(np.random.default_rng(7).random((8, 2)), np.ones(8), ("a", "b"), failed=1)
    assert not find_rank_gates(summarise_ranks(ranks))["known_truths_failed_run_share"]["passed"]
    (tmp_path / "sbc.json").write_text(json.dumps(summarise_ranks(ranks)), encoding="utf-8")
    stored = read_ranks(tmp_path, {})
    assert stored is not None
    assert stored.failed == 1


def test_a_killed_ranking_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two truths of three are finished; the row of one is damaged: that one and the third are ranked."""
    ranked: list[int] = []

    def rank(_function: object, jobs: list[tuple[object, object, object, int]], *_rest: object) -> Iterator[np.ndarray]:
        for *_, seed in jobs:
            ranked.append(seed)
            yield np.full(size, 0.25)

    monkeypatch.setattr(sbc, "run_chunks", rank)
    options = Options(folder=tmp_path, seed=7)
    key, size = sbc.hash_ranks(PROBLEM, options), D + len(TAU_SCALES) + 1
    for index in (0, 1):
        write_row(tmp_path, key, index, np.full(size, 0.5))
    (tmp_path / f"{key}-1.json").write_bytes(b"[0.5, 0.5")
    results = np.tile([3.0, 10.0], (3, len(PROBLEM.components), 1))
    truths = Design(RNG.standard_normal((3, D)), results, ())
    found = sbc.rank_truths(PROBLEM, SURROGATE, truths, options, lambda done, total: None)
    assert ranked == [8, 9]
    assert found.ranks[:, 0].tolist() == [0.5, 0.25, 0.25]
    assert (
        sbc.rank_truths(PROBLEM, SURROGATE, truths, options, lambda done, total: None).ranks.tolist()
        == found.ranks.tolist()
    )
    assert ranked == [8, 9]
    assert sbc.hash_ranks(PROBLEM, replace(options, seed=8)) != key
