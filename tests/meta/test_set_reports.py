"""Reports of the package's sets: what stands beside the pool."""

from dataclasses import replace

import numpy as np
import pytest

from meta.data import ArmCounts
from meta.pooling import pool_data
from meta.report import report_set


def test_arms_of_one_study_are_also_pooled_as_one_row() -> None:
    """Sullivan 2017 has two arms in set A1: 55 of 98 and 17 of 52, taken together 72 of 150."""
    report = report_set("A1")
    data = report.data
    assert isinstance(data, ArmCounts)
    two = [i for i, name in enumerate(data.studies) if name.startswith("Sullivan 2017")]
    assert len(two) == 2
    keep = [i for i in range(len(data.studies)) if i != two[1]]
    events, people = data.events[keep].copy(), data.exposure[keep].copy()
    events[keep.index(two[0])], people[keep.index(two[0])] = 72, 150
    studies = tuple(data.studies[i] for i in keep)
    by_hand = pool_data(replace(data, studies=studies, events=events, exposure=people, rows=()), report.spec)
    assert report.together is not None
    assert report.together.estimate == pytest.approx(by_hand.estimate, abs=1e-12)
    assert report.together.tau == pytest.approx(by_hand.tau, abs=1e-12)
    assert np.abs(report.together.estimate - report.result.estimate) > 1e-3


def test_nothing_is_taken_together_where_each_study_has_one_row() -> None:
    assert report_set("B2").together is None
