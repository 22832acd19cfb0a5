"""What the kernel reads and what the codebook explains are the same names: none missing, none unused."""

from pathlib import Path

import pytest

from trialsim.clinical.records import OBSERVATION_NAMES, PARAMETER_NAMES, REGIMEN_PARAMETERS
from trialsim.parameters import read_parameters
from trialsim.parameters.medications import MEDICATIONS, list_parameter_names

CODEBOOK = (Path(__file__).parents[2] / "meta" / "evidence" / "CODEBOOK.md").read_text(encoding="utf-8")
READ = {*PARAMETER_NAMES, *OBSERVATION_NAMES}.union(*map(list_parameter_names, MEDICATIONS.values()))


def test_every_parameter_that_is_read_has_an_entry_and_every_entry_is_read() -> None:
    assert set(read_parameters().entries) == READ


@pytest.mark.parametrize("name", sorted(READ))
def test_every_parameter_is_in_the_codebook(name: str) -> None:
    assert f"`{name}`" in CODEBOOK or f"### {name}\n" in CODEBOOK


def test_every_field_of_a_regimen_belongs_to_some_medication() -> None:
    # The reverse of the entries: a field that no medication has would be read by the kernel and set by nobody.
    used = {field for medication in MEDICATIONS.values() for field in medication.fields}
    assert used == set(REGIMEN_PARAMETERS)
