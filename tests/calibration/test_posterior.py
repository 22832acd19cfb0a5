"""What is held out moves no draw: the likelihood of the fitted targets needs their components alone."""

import numpy as np

from trialsim.calibration.calibrate import pose_problem
from trialsim.calibration.files import read_posterior
from trialsim.calibration.layout import lay_out_targets
from trialsim.calibration.posterior import find_log_likelihood, keep_used
from trialsim.calibration.targets import list_components
from trialsim.parameters.reader import read_parameters


def test_components_of_held_out_targets_are_left_out() -> None:
    problem = pose_problem(read_parameters(calibrated=False))
    surrogate = read_posterior().surrogate
    layout = lay_out_targets(problem.fitted, problem.components)
    kept, fitted = keep_used(surrogate, layout)
    assert len(kept.intercept) == len(list_components(problem.fitted)) < len(surrogate.intercept)
    points = read_posterior().sample.points[:20]
    whole = find_log_likelihood(surrogate, layout, points)
    np.testing.assert_allclose(find_log_likelihood(kept, fitted, points), whole, rtol=1e-9, atol=1e-9)
