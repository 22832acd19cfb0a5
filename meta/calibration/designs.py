"""Every Bayesian model of the package, by name."""

from __future__ import annotations

from typing import Final

from meta.calibration.borrowed import BORROWED
from meta.calibration.design import Design
from meta.calibration.mixed import MIXED
from meta.calibration.networks import NETWORKS
from meta.calibration.pairwise import PAIRWISE

DESIGNS: Final[dict[str, Design]] = {design.name: design for design in (*PAIRWISE, *MIXED, *NETWORKS, *BORROWED)}
