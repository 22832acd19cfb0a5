"""Every evidence row has one role, and the table that shows it is today's; none counts twice."""

from trialsim.calibration.roles import FILE, assign_roles, list_roles, report_roles
from trialsim.parameters.evidence import find_evidence_file, list_evidence_ids


def test_every_row_has_one_role() -> None:
    roles = list_roles()
    assert [role.row for role in roles] == sorted(list_evidence_ids())
    assert {role.role for role in roles} == {"prior", "target", "held out"}


def test_the_table_is_todays() -> None:
    assert find_evidence_file(FILE).read_text(encoding="utf-8") == report_roles(list_roles())


def test_no_row_counts_twice() -> None:
    assert [role.row for role in list_roles() if role.also_prior_of] == []


def test_a_row_that_counts_twice_is_seen() -> None:
    roles = assign_roles(["a", "b", "c", "d"], {"a": ("rate",), "b": ("rate",)}, {"b": ("curve",)}, {"c": ("death",)})
    assert [(role.role, role.used_by, role.also_prior_of) for role in roles] == [
        ("prior", ("rate",), ()),
        ("target", ("curve",), ("rate",)),
        ("held out", ("death",), ()),
        ("held out", (), ()),
    ]
