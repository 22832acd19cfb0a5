"""Parameters that no paper prints, from what the published numbers say of them together, and how well that predicts.

targets, roles and statistics (what is compared), populations and design (what is simulated), surrogate, likelihood,
posterior, moves and calibrate (how the posterior is found), gates, sbc, validate, rates, sensitivity and report (how
far to trust it), stamp, renew and files. `xbot` fits one trial alone.
"""
