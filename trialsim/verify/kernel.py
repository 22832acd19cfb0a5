"""The functions under test, as a record: a test breaks one of them and sees the checks that lean on it fail."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trialsim.clinical.streams import philox
from trialsim.engine.des import simulate_site, start_life, step_life
from trialsim.engine.lives import Lives, simulate_batch
from trialsim.trial.simulate import Observed, live_chunk, simulate_chunk


@dataclass(frozen=True, slots=True)
class Kernel:
    """What the checks call of the simulator, with the signatures of the functions of the same names."""

    simulate_batch: Callable[..., Lives] = simulate_batch
    simulate_site: Callable[..., tuple[Lives, Any]] = simulate_site
    live_chunk: Callable[..., tuple[Lives, Any]] = live_chunk
    simulate_chunk: Callable[..., Observed] = simulate_chunk
    start_life: Callable[..., None] = start_life
    step_life: Callable[..., None] = step_life
    philox: Callable[..., Any] = philox


KERNEL = Kernel()
