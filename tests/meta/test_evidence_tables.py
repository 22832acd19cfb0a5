"""The evidence tables as they stand in the repository: whole, consistent, cited."""

import csv
import re
from pathlib import Path

import pytest

from trialsim.parameters import list_evidence_ids, read_evidence_rows
from trialsim.problems import InputError

FOLDER = Path(__file__).parents[2] / "meta" / "evidence"
COLUMNS = [
    *("row", "topic", "study", "year", "design", "population", "arm", "outcome", "measure"),
    *("value", "ci_low", "ci_high", "ci_level", "events", "n", "person_years"),
    *("timepoint", "doi_or_pmid", "source_url", "verified", "note"),
]
NUMBERS = ("value", "ci_low", "ci_high", "events", "n", "person_years")
TABLES = sorted(path for path in FOLDER.glob("*.csv") if path.name not in ("parameters.csv", "life-table.csv"))

type Row = dict[str, str]


def read_table(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def number(row: Row, column: str) -> float | None:
    return float(row[column]) if row[column] else None


ROWS = [row for path in TABLES for row in read_table(path)]


def offenders(rows: list[Row]) -> list[str]:
    return [row["row"] for row in rows]


def test_there_are_tables() -> None:
    assert len(TABLES) >= 8
    assert len(ROWS) >= 755


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_the_columns_are_the_documented_ones(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as stream:
        table = list(csv.reader(stream, strict=True))
    assert table[0] == COLUMNS
    assert {len(cells) for cells in table} == {len(COLUMNS)}


def test_ids_are_unique_and_number_the_rows_of_a_study() -> None:
    names = [row["row"] for row in ROWS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*-[1-9][0-9]*", name) for name in names)
    stems: dict[str, set[str]] = {}
    for row in ROWS:
        stems.setdefault(row["row"].rpartition("-")[0], set()).add(row["study"])
    assert [stem for stem, studies in stems.items() if len(studies) > 1] == []


def test_numbers_are_numbers() -> None:
    bad = []
    for row in ROWS:
        for column in NUMBERS:
            try:
                number(row, column)
            except ValueError:
                bad.append(f"{row['row']} {column}")
    assert bad == []
    assert offenders([row for row in ROWS if not re.fullmatch(r"(19|20)\d\d", row["year"])]) == []


def test_events_are_among_those_counted() -> None:
    counted = [(row, number(row, "events"), number(row, "n")) for row in ROWS]
    bad = [row for row, events, n in counted if events is not None and n is not None and not 0 <= events <= n]
    assert offenders(bad) == []


def test_intervals_are_whole_and_hold_their_value() -> None:
    bad = []
    for row in ROWS:
        low, value, high = (number(row, column) for column in ("ci_low", "value", "ci_high"))
        inside = low is None or high is None or low <= (low if value is None else value) <= high
        if {low is None} != {high is None, row["ci_level"] == ""} or not inside:
            bad.append(row)
    assert offenders(bad) == []


def test_a_row_without_a_value_has_a_count_a_range_or_words() -> None:
    # A count without its rate, or a range without a middle, is kept as it was printed; a `structure` is a statement.
    filled = ("value", "events", "n", "ci_low")
    bad = [row for row in ROWS if row["measure"] != "structure" and not any(row[column] for column in filled)]
    assert offenders(bad) == []


def test_every_row_can_be_traced() -> None:
    bad = [row for row in ROWS if not (row["doi_or_pmid"] or row["source_url"] or row["note"])]
    assert offenders(bad) == []


def test_the_words_of_the_columns_are_known() -> None:
    assert {row["verified"] for row in ROWS} == {"yes", "article", "memory"}
    assert {row["ci_level"] for row in ROWS} <= {"", "95", "95 CrI", "IQR", "range"}
    assert {row["design"] for row in ROWS} <= {"RCT", "cohort", "SR", "PET", "label", "model", "survey", "lab"}


def test_printed_rates_agree_with_their_counts() -> None:
    bad = []
    for row in ROWS:
        per = re.fullmatch(r"rate per (\d+)py", row["measure"])
        value, events, years = (number(row, column) for column in ("value", "events", "person_years"))
        if per and value is not None and events is not None and years:
            # One unit in the last printed place, and one event for a count that was derived from the rate.
            decimals = len(row["value"].partition(".")[2])
            slack = 10.0**-decimals + int(per[1]) / years
            if abs(value - events / years * int(per[1])) > slack:
                bad.append(row)
    assert offenders(bad) == []


def test_no_cell_names_a_place_on_a_machine() -> None:
    places = re.compile(r"(^|[ (])(/[a-z]+/|\.\./|reference/)|localhost|\b127\.0\.0\.1\b")
    assert offenders([row for row in ROWS if any(places.search(cell) for cell in row.values())]) == []


def test_rows_are_read_by_id_in_the_order_asked_for() -> None:
    assert list_evidence_ids() == {row["row"] for row in ROWS}
    found = read_evidence_rows(["merrall-2010-1", "lee-2018-x-bot-ctn-0051-1"])
    assert list(found) == ["merrall-2010-1", "lee-2018-x-bot-ctn-0051-1"]
    row = found["lee-2018-x-bot-ctn-0051-1"]
    assert (row.events, row.n, row.verified) == (204.0, 283.0, "yes")
    assert row.doi == "10.1016/S0140-6736(17)32812-X"
    assert (row.low, row.person_years) == (None, None)


def test_an_unknown_id_is_an_error_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'merrall-2010-1'"):
        read_evidence_rows(["merrall-2010-01"])
