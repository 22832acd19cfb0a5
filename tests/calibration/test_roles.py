"""Every evidence row has one role, and the table that shows it is today's; none counts twice."""

import pytest

from trialsim.calibration.roles import FILE, add_reasons, assign_roles, list_roles, report_roles
from trialsim.parameters.evidence import find_evidence_file, list_evidence_ids, read_evidence_rows


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


def test_a_count_that_another_is_of_is_a_target_with_it() -> None:
    """The first of X:BOT's injections is no target itself; the second is counted among those who had it."""
    role = {role.row: role for role in list_roles()}["ctn-0051-x-bot-ipd-ctn-0094-public-data-36"]
    assert (role.role, role.used_by) == ("target", ("xbot-injection-2-after-1",))


def test_held_out_rows_that_nothing_predicts_say_why() -> None:
    for role in list_roles():
        assert bool(role.reason) == (role.role == "held out" and not role.used_by)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("sublocade-label-1", "known from memory only"),
        ("sordo-2017-1", "a review or another model, not a study"),
        ("larochelle-2018-3", "a contrast without a simulated counterpart"),
        ("korthuis-2017-choices-pilot-ctn-0055-1", "prints no count"),
        ("larney-2023-nsw-2002-2017-1", "more of people whose other numbers are targets"),
        ("hulse-2009-1", "counts of something, or of people, that no shipped scenario has"),
    ],
)
def test_reasons_follow_from_the_rows(row: str, reason: str) -> None:
    roles = add_reasons(assign_roles([row], {}, {}, {}), read_evidence_rows([row]), {"Larney 2023 (NSW 2002-2017)"})
    assert [role.reason for role in roles] == [reason]
