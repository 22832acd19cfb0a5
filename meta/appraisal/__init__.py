"""What a reviewer asks of a pool: without each study, influence, small-study effects, selection, prediction."""

from meta.appraisal.leaving import Influence, leave_one_out, measure_influence
from meta.appraisal.loo import LeaveOneOut, smooth_leave_one_out
from meta.appraisal.prediction import PredictiveCheck, check_prediction, replicate_posterior, replicate_prior
from meta.appraisal.selection import Selection, fit_selection
from meta.appraisal.small_studies import AsymmetryTest, egger, egger_random, peters

__all__ = [
    "AsymmetryTest",
    "Influence",
    "LeaveOneOut",
    "PredictiveCheck",
    "Selection",
    "check_prediction",
    "egger",
    "egger_random",
    "fit_selection",
    "leave_one_out",
    "measure_influence",
    "peters",
    "replicate_posterior",
    "replicate_prior",
    "smooth_leave_one_out",
]
