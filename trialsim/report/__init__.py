"""The HTML report of a finished run: reads ``summary.json`` and ``manifest.json``, simulates nothing."""

from trialsim.report.page import report_cohort, report_trial

__all__ = ["report_cohort", "report_trial"]
