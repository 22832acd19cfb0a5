"""Networks of treatments: consistency models, inconsistency, league and ranks."""

from meta.networks.data import NetworkData, collect_network, count_geometry
from meta.networks.fit import pool_network
from meta.networks.inconsistency import Split, Unrelated, fit_unrelated, split_nodes
from meta.networks.result import NetworkResult, Ranking, describe_network, rank_treatments

__all__ = [
    "NetworkData",
    "NetworkResult",
    "Ranking",
    "Split",
    "Unrelated",
    "collect_network",
    "count_geometry",
    "describe_network",
    "fit_unrelated",
    "pool_network",
    "rank_treatments",
    "split_nodes",
]
