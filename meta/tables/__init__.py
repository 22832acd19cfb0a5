"""Evidence tables: reading, checking, choosing rows, and the tables and sets of the package itself."""

from meta.tables.model import KINDS, EvidenceRow, EvidenceTable
from meta.tables.overlap import check_overlap
from meta.tables.package import EvidenceSet, list_sets, package_tables, read_package_evidence, read_set
from meta.tables.read import read_evidence
from meta.tables.select import select_rows

__all__ = [
    "KINDS",
    "EvidenceRow",
    "EvidenceSet",
    "EvidenceTable",
    "check_overlap",
    "list_sets",
    "package_tables",
    "read_evidence",
    "read_package_evidence",
    "read_set",
    "select_rows",
]
