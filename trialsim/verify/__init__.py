"""Executed verification: extreme values, conservation, symmetry, closed forms and engine identity."""

from trialsim.verify.check import Check

__all__ = ["Check"]
