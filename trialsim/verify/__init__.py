"""Executed verification: extreme values, conservation, symmetry, closed forms and engine identity."""

from trialsim.verify.check import Check
from trialsim.verify.run import list_checks, run_checks

__all__ = ["Check", "list_checks", "run_checks"]
