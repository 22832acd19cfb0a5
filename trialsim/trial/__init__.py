"""What makes a cohort a trial: sites, accrual, allocation, visits, outcomes, and the published numbers beside them."""
