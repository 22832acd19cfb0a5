"""What ends on a day ends on that day, in the middle of a quiet stretch of life too."""

from trialsim.verify.extremes import check_days
from trialsim.verify.kernel import KERNEL


def test_offers_and_raised_risks_end_on_their_day() -> None:
    check = check_days("days", KERNEL)
    assert check.passed, check.detail
