"""Frequentist pooling: inverse variance, Mantel-Haenszel, Peto, and random effects by DL, PM, REML and ML."""

from meta.frequentist.pool import pool_frequentist

__all__ = ["pool_frequentist"]
