"""Compiled models that are used again: the same samples as if compiled for themselves, and never for another model."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from meta.bayes import compiled
from meta.bayes.model import Parts, build_model
from meta.bayes.sampling import Sample, sample_model
from meta.data import ArmCounts, EffectSizes
from meta.pooling import PoolSpec
from meta.priors import Prior

type Floats = npt.NDArray[np.float64]

SPEC = PoolSpec(
    "log_odds_ratio", method="bayes", mu_prior=Prior("normal", (0.0, 1.0)), tau_prior=Prior("half-normal", (0.5,))
)


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every model that nutpie is asked to compile, from an empty store on."""
    import nutpie

    seen: list[Any] = []
    compile_anew = nutpie.compile_pymc_model
    monkeypatch.setattr(compiled, "_kept", [])

    def compile_seen(model: Any) -> Any:
        seen.append(model)
        return compile_anew(model)

    monkeypatch.setattr(nutpie, "compile_pymc_model", compile_seen)
    return seen


def make_sizes(seed: int, k: int = 5) -> EffectSizes:
    random = np.random.default_rng(seed)
    names = tuple(f"study {i}" for i in range(k))
    return EffectSizes("log_odds_ratio", names, random.normal(0.5, 0.5, k), random.uniform(0.02, 0.2, k))


def make_counts(seed: int, k: int = 4) -> ArmCounts:
    random = np.random.default_rng(seed)
    n = random.integers(50, 90, (k, 2)).astype(float)
    names = tuple(f"study {i}" for i in range(k))
    return ArmCounts("log_odds_ratio", "binomial", names, random.binomial(n.astype(int), 0.3).astype(float), n)


def sample(data: EffectSizes | ArmCounts, spec: PoolSpec = SPEC, parts: Parts | None = None) -> Sample:
    chosen = parts or Parts()
    return sample_model([lambda: build_model(data, spec, chosen)], ["mu", "tau"], draws=400, seed=3)


@pytest.mark.parametrize("make", [make_sizes, make_counts])
def test_other_data_are_not_compiled_again_and_give_their_own_samples(
    compilations: list[Any], monkeypatch: pytest.MonkeyPatch, make: Any
) -> None:
    sample(make(1))
    before = len(compilations)
    again = sample(make(2))
    assert before == len(compilations) == 1
    monkeypatch.setattr(compiled, "_kept", [])
    anew = sample(make(2))
    assert len(compilations) == 2
    for name in ("mu", "tau"):
        np.testing.assert_array_equal(again.draws[name], anew.draws[name])


def test_starting_points_are_those_of_the_model_itself(compilations: list[Any]) -> None:
    """A centred effect starts where its covariates put it."""
    steep = Prior("normal", (3.0, 0.1))
    data = make_sizes(1)

    def start(x: Floats) -> Floats:
        model = build_model(data, SPEC, Parts(covariates=x[:, None], slope_prior=steep), centred=True)
        return np.asarray(compiled.compile_model(model).initial_point_func(5))

    near, far = start(np.linspace(-1.0, 1.0, 5)), start(np.linspace(9.0, 11.0, 5))
    assert len(compilations) == 1
    assert far[-5:] - near[-5:] == pytest.approx(10.0 * near[1])
    assert far[:-5] == pytest.approx(near[:-5])


def test_starting_points_can_be_asked_for_by_many_threads() -> None:
    start = compiled.compile_model(build_model(make_sizes(1), SPEC, centred=True)).initial_point_func
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(start, range(2000)))
    np.testing.assert_array_equal(together, [start(seed) for seed in range(2000)])


@pytest.mark.parametrize(
    ("data", "spec", "parts"),
    [
        (
            make_sizes(1),
            PoolSpec("log_odds_ratio", mu_prior=SPEC.mu_prior, tau_prior=Prior("half-normal", (0.6,))),
            None,
        ),
        (
            make_sizes(1),
            PoolSpec("log_odds_ratio", mu_prior=SPEC.mu_prior, tau_prior=Prior("half-cauchy", (0.5,))),
            None,
        ),
        (make_sizes(1, 6), SPEC, None),
        (make_sizes(1), SPEC, Parts(student=4.0)),
        (make_sizes(1), SPEC, Parts(covariates=np.linspace(-1.0, 1.0, 5)[:, None])),
        (make_counts(1, 5), SPEC, None),
    ],
)
def test_another_model_is_of_another_form(data: EffectSizes | ArmCounts, spec: PoolSpec, parts: Parts | None) -> None:
    first, again = (compiled.describe_form(build_model(make_sizes(seed), SPEC, centred=True)) for seed in (1, 7))
    other = compiled.describe_form(build_model(data, spec, parts or Parts(), centred=True))
    assert compiled.is_same_form(first, again)
    assert not compiled.is_same_form(first, other)
    assert not compiled.is_same_form(other, first)


@dataclass(frozen=True)
class Stub:
    """A compiled model that cannot be run."""

    shared_var_keys: tuple[str, ...] = ()
    initial_point_func: Any = None

    def with_data(self) -> "Stub":
        return self


def test_forms_are_forgotten_from_the_oldest_on(monkeypatch: pytest.MonkeyPatch) -> None:
    import nutpie

    seen: list[int] = []

    def compile_stub(model: Any) -> Stub:
        seen.append(len(model["theta"].eval()))
        return Stub()

    monkeypatch.setattr(nutpie, "compile_pymc_model", compile_stub)
    monkeypatch.setattr(compiled, "_kept", [])
    monkeypatch.setattr(compiled, "KEPT", 2)
    for k in (2, 3, 2, 4, 2, 3):
        compiled.compile_model(build_model(make_sizes(1, k), SPEC, centred=True))
    assert seen == [2, 3, 4, 3]
