"""docs/pharmacology.md as text, and as a command: `python -m trialsim.engine.pharmacology_report`."""

from typing import Final

from trialsim.engine.pharmacology_curves import BLOCKING_LEVEL
from trialsim.engine.pharmacology_table import (
    HYDROMORPHONE_BLOCKED,
    MEASURABLE,
    PharmacologyRow,
    tabulate_pharmacology,
)
from trialsim.parameters.entry import ParameterTable
from trialsim.parameters.reader import read_parameters

HEAD: Final = f"""# Pharmacology

Published drug levels and receptor occupancies beside those that the kernel's own functions give with the parameter
table. Written by `python -m trialsim.engine.pharmacology_report > docs/pharmacology.md`: change the table or the
parameters, never this file.

- A point is hit within 7 percentage points (occupancy) or 25% (levels and times) of the published value, or anywhere in
  its printed range. Of several published values the middle is taken, and the range that they span.
- *Half-time* is the time in which blockade halves from 48 h after the dose, where the published decline begins.
- *Decline begins* on the day from which the level only falls. *Half-life* is read between days 28 and 56.
- *Measurable* means above {MEASURABLE:g} ng/mL, an assumption on the strict side.
- *Blocking* is a level of {BLOCKING_LEVEL:g} ng/mL or more, which blocks 25 mg of heroin (row castillo-2024-1),
  beside the 28 days of Bigelow 2012 after 300 mg. That trial gave hydromorphone, taken as blocked from
  {HYDROMORPHONE_BLOCKED:.0%} of receptors on: a value chosen to serve its three doses.
- Implants: Hulse 2004 weighs the whole implant, Ngo 2008 the naltrexone in the same products (1.1 g and 2.2 g for 1.7 g
  and 3.4 g).
- Buprenorphine: the scans followed daily doses, and the level curve was fitted so; a first dose alone blocks less.

| point | unit | published | range | simulated | tolerance | verdict | sources |
|---|---|---|---|---|---|---|---|
"""


def _write_row(row: PharmacologyRow) -> str:
    printed = f"{row.low:g} to {row.high:g}" if row.high > row.low else ""
    verdict = "hit" if row.hit else f"**miss**: {row.reason}"
    numbers = f"{row.published:g} | {printed} | {row.simulated:.3g}"
    return f"| {row.point} | {row.unit} | {numbers} | {row.tolerance} | {verdict} | {', '.join(row.sources)} |\n"


def report_pharmacology(table: ParameterTable) -> str:
    """Return docs/pharmacology.md as text."""
    return HEAD + "".join(_write_row(row) for row in tabulate_pharmacology(table))


if __name__ == "__main__":
    print(report_pharmacology(read_parameters()), end="")
