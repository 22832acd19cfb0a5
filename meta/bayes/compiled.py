"""Compiled models, kept: one that differs from an earlier one by its data alone is not compiled again.

Compilation takes seconds, sampling tenths of a second. Two models are of one form where the graphs of their densities
and of what is derived from the unknowns are equal, but for the values of their data containers (`pymc.Data`); what else
is written into a model, a prior or the number of studies, makes another form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Final

import numpy as np

from meta.measures import Floats

KEPT: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """What decides whether a compiled model serves another: names, graphs, and what in them are unknowns and data."""

    names: tuple[str, ...]
    graphs: list[Any]
    inputs: list[Any]
    sizes: tuple[tuple[int, ...], ...]


_kept: list[tuple[Form, Any]] = []


def compile_model(model: Any) -> Any:
    """Return a PyMC model compiled for nutpie, with its own data and starting points.

    The same model gives the same samples whether it was compiled or one of its form had been before.
    """
    import nutpie

    form = describe_form(model)
    place = next((i for i, (known, _) in enumerate(_kept) if is_same_form(known, form)), None)
    _kept.append((form, nutpie.compile_pymc_model(model)) if place is None else _kept.pop(place))
    del _kept[:-KEPT]
    compiled = _kept[-1][1]
    used = {each.name for each in compiled.shared_var_keys}
    data = {each.name: each.get_value() for each in model.data_vars if each.name in used}
    return replace(compiled.with_data(**data), initial_point_func=_find_start(model))


def describe_form(model: Any) -> Form:
    """Return the form of a PyMC model."""
    unknowns, data = [model.rvs_to_values[each] for each in model.free_RVs], list(model.data_vars)
    return Form(
        tuple(each.name for each in (*unknowns, *data, *model.deterministics)),
        [model.logp(), *model.replace_rvs_by_values(model.deterministics)],
        [*unknowns, *data],
        tuple(each.get_value().shape for each in data),
    )


def is_same_form(first: Form, second: Form) -> bool:
    """Whether two models differ by nothing but the values of their data."""
    from pytensor.graph.basic import equal_computations

    if first.names != second.names or first.sizes != second.sizes:
        return False
    return bool(equal_computations(first.graphs, second.graphs, first.inputs, second.inputs))


def _find_start(model: Any) -> Callable[[Any], Floats]:
    """Return what makes a starting point from a seed: the priors' centres, moved by up to 1 where unconstrained.

    Chains ask for theirs from threads at once, and PyTensor's functions serve one caller at a time.
    """
    from pymc.initial_point import make_initial_point_fn

    make = make_initial_point_fn(model=model, jitter_rvs=set(model.free_RVs), return_transformed=True)
    lock = Lock()
    names = [model.rvs_to_values[each].name for each in model.free_RVs]

    def start(seed: Any = None) -> Floats:
        with lock:
            point = make(seed)
            return np.concatenate([np.asarray(point[name], float).ravel() for name in names])

    return start
