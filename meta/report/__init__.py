"""The evidence report: every set of the package pooled, in words, pictures and numbers."""

from meta.report.sets import SetReport, report_all_sets, report_set
from meta.report.write import Written, write_report

__all__ = ["SetReport", "Written", "report_all_sets", "report_set", "write_report"]
