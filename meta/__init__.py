"""Evidence synthesis: published numbers, and what they say together. Usable alone; imports nothing of `trialsim`.

    >>> import meta
    >>> table = meta.read_evidence("bcg.csv")  # doctest: +SKIP
    >>> result = meta.pool(table, meta.PoolSpec("log_risk_ratio", method="reml"))  # doctest: +SKIP

Names load what they need when they are first used, so that `import meta` is quick.
"""

from __future__ import annotations

import importlib
from typing import Any, Final

_HOME: Final = {
    "EvidenceError": "meta.problems",
    "EvidenceWarning": "meta.problems",
    "EvidenceRow": "meta.tables",
    "EvidenceTable": "meta.tables",
    "PoolSpec": "meta.pooling",
    "PooledResult": "meta.result",
    "Prior": "meta.priors",
    "collect_network": "meta.networks",
    "compare": "meta.comparing",
    "compare_data": "meta.comparing",
    "make_data": "meta.pooling",
    "pool": "meta.pooling",
    "pool_network": "meta.networks",
    "pool_data": "meta.pooling",
    "list_sets": "meta.tables",
    "package_tables": "meta.tables",
    "read_evidence": "meta.tables",
    "read_package_evidence": "meta.tables",
    "read_set": "meta.tables",
    "select_rows": "meta.tables",
    "read_prior": "meta.priors",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'meta' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
