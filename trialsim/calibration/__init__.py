"""Parameters that no paper prints, from what the published numbers say of them together, and how well that predicts.

targets and statistics (what is compared), populations and design (what is simulated), surrogate, likelihood, posterior
and calibrate (how the posterior is found), validate, sensitivity, sbc and report (how far to trust it), stamp and
files. `xbot` fits one trial alone.
"""
