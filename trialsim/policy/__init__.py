"""Cohorts: what each policy does to mortality, in the same people under every policy."""
