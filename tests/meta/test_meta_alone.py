"""The package can be used alone: quick to import, nothing of the simulator, names that exist."""

import subprocess
import sys

import pytest

import meta

HEAVY = ("pymc", "arviz", "scipy", "statsmodels", "polars", "pytensor", "trialsim", "jinja2", "numpy")


def test_importing_loads_nothing_heavy() -> None:
    """0.3 s are allowed; modules are counted instead of timed."""
    program = "import sys, meta; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not set(HEAVY) & set(done.stdout.split())


def test_pooling_by_integration_loads_no_sampler() -> None:
    program = "import sys, meta; meta.pool(meta.read_set('B6'), meta.PoolSpec('log_rate_ratio')); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"pymc", "arviz", "pytensor", "trialsim"} & set(done.stdout.split())


@pytest.mark.parametrize("name", meta.__all__)
def test_every_public_name_exists_and_says_what_it_is(name: str) -> None:
    assert getattr(meta, name).__doc__


def test_another_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="no attribute"):
        meta.pol  # noqa: B018
