"""Draws of the parameters: one row is one joint set of values, the same for every arm.

Calibrated parameters are rows of the calibrated draws, those pooled together rows of the pooled draws: the same row
for all of them. The others are independent of one another. Each parameter has a stream of its own, addressed by its
name, so that a new parameter, another order or more rows change no other draw.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialsim.parameters.calibrated import read_calibrated_draws
from trialsim.parameters.entry import Entry, ParameterTable, stamp_table
from trialsim.parameters.pooled import read_pooled_draws
from trialsim.parameters.spread import find_probability, find_quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class ParameterDraws:
    """Joint draws: `values[i, j]` is draw i of parameter `names[j]` in its canonical unit; shape (n, k).

    `sources[j]` says how parameter j was obtained (a key of OBTAINED); `stamp` identifies the table, the method, the
    seed and the number of rows.
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]
    sources: tuple[str, ...]
    stamp: str


def draw_parameters(table: ParameterTable, n: int, seed: int) -> ParameterDraws:
    """`n` rows of draws (n at least 1, seed 0 or more), each inside its range.

    `low`, `value` and `high` are the 2.5, 50 and 97.5% points of the draws before the range cuts them off: on the
    scale of the distribution the two halves are normal with a spread of their own, so that limits that are not
    symmetric are kept. A beta has `value` as its mean and (high - low) / 3.92 as its standard deviation. Fixed ones
    never vary; pooled ones are rows of the shipped predictive draws, calibrated ones of the calibrated draws, the same
    row for all of them; followers have the draws of what they follow.
    """
    import numpy as np

    values = np.empty((n, len(table.entries)))
    for column, entry in enumerate(table.entries.values()):
        source = table.entries[entry.same_as] if entry.same_as else entry
        values[:, column] = np.clip(_draw_entry(source, n, seed), entry.range_low, entry.range_high)
    return _as_draws(table, values, f"joint-{stamp_table(table)}-{seed}-{n}")


def draw_best_values(table: ParameterTable) -> ParameterDraws:
    """One row that holds the best value of every parameter."""
    import numpy as np

    values = np.array([[entry.value for entry in table.entries.values()]], dtype=np.float64)
    return _as_draws(table, values, f"best-{stamp_table(table)}")


def _as_draws(table: ParameterTable, values: NDArray[np.float64], stamp: str) -> ParameterDraws:
    values.setflags(write=False)
    sources = tuple(entry.obtained for entry in table.entries.values())
    return ParameterDraws(tuple(table.entries), values, sources, stamp)


def _draw_entry(entry: Entry, n: int, seed: int) -> NDArray[np.float64]:
    import numpy as np

    if entry.distribution == "fixed":
        return np.full(n, entry.value)
    if entry.obtained == "calibrated":
        return np.clip(_draw_calibrated(entry.name, n, seed), entry.range_low, entry.range_high)
    if entry.obtained == "pooled":
        pooled = read_pooled_draws()[entry.name]
        # One stream for all pooled parameters: the same row of the table for each, so that rows stay joint.
        rows = (_draw_uniform("pooled", n, seed) * len(pooled)).astype(np.intp)
        return np.clip(pooled[rows], entry.range_low, entry.range_high)
    floor, ceiling = find_probability(entry, entry.range_low), find_probability(entry, entry.range_high)
    drawn = find_quantile(entry, floor + _draw_uniform(entry.name, n, seed) * (ceiling - floor))
    # Rounding in the inverse may step over a bound by a unit in the last place.
    return np.clip(drawn, entry.range_low, entry.range_high)


def _draw_calibrated(name: str, n: int, seed: int) -> NDArray[np.float64]:
    """A column of the calibrated draws; one stream for all of them, so that rows stay joint."""
    import numpy as np

    drawn = read_calibrated_draws()
    if drawn is None:
        raise ValueError(f"{name} is called calibrated, but no calibrated draws ship")
    rows = np.searchsorted(np.cumsum(drawn.weights), _draw_uniform("calibrated", n, seed))
    column = drawn.values[:, drawn.names.index(name)]
    return np.asarray(column[np.minimum(rows, len(column) - 1)], dtype=np.float64)


def _draw_uniform(name: str, n: int, seed: int) -> NDArray[np.float64]:
    """Numbers strictly between 0 and 1 that depend on the name and the seed; more of them begin with the same ones."""
    import numpy as np

    address = int.from_bytes(hashlib.sha256(name.encode()).digest()[:16])
    stream = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, address])))
    return np.ldexp(stream.integers(1, 1 << 53, n).astype(np.float64), -53)
