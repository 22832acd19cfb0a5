"""Evidence tables: reading, checking, choosing rows, and the tables and sets of the package itself."""

from meta.tables.model import KINDS, EvidenceRow, EvidenceTable

__all__ = ["KINDS", "EvidenceRow", "EvidenceTable"]
