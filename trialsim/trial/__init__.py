"""What makes a cohort a trial: sites, accrual, allocation, visits, outcomes, and the comparison with what was published."""
