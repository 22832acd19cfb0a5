"""The package's own tables and sets: nothing lost on the way, and each set holds the rows that were meant."""

import csv
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

import meta
from meta import EvidenceError
from meta.tables import EvidenceSet
from meta.tables.package import TOPICS

FOLDER = Path(meta.__file__).parent / "evidence"
SHARED = Path(__file__).parents[4] / "shared" / "evidence" / "published-outcomes.csv"

type Cells = dict[str, str]


def read_cells(path: Path) -> list[Cells]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


ROWS = {cells["row"]: cells for topic in TOPICS for cells in read_cells(FOLDER / f"{topic}.csv")}
LISTED = read_cells(FOLDER / "sets" / "rows.csv")


def test_every_topic_file_is_listed() -> None:
    with_rows = {path.stem for path in FOLDER.glob("*.csv") if "row" in read_cells(path)[0]}
    assert with_rows == set(meta.package_tables())


@pytest.mark.skipif(not SHARED.exists(), reason="the folder of published outcomes is not beside this checkout")
def test_no_published_row_was_lost_or_changed() -> None:
    # Notes may grow (a citation that was not recovered) and sources be named otherwise; nothing else may move.
    published = read_cells(SHARED)
    columns = [name for name in published[0] if name not in ("note", "source_url")]
    ours = Counter(tuple(cells[name] for name in columns) for cells in ROWS.values())
    wanted = Counter(tuple(cells[name] for name in columns) for cells in published)
    assert len(published) == 755
    assert wanted - ours == Counter()


@pytest.mark.skipif(not SHARED.exists(), reason="the folder of published outcomes is not beside this checkout")
def test_marks_in_the_published_notes_are_kept() -> None:
    def count(rows: list[Cells]) -> tuple[int, int]:
        notes = [cells["note"] for cells in rows]
        return sum("derived" in note.lower() for note in notes), sum("[overlap group" in note for note in notes)

    published = read_cells(SHARED)
    names = {name for name in published[0] if name not in ("note", "source_url")}
    keys = {tuple(sorted((name, cells[name]) for name in names)) for cells in published}
    ours = [row for row in ROWS.values() if tuple(sorted((name, row[name]) for name in names)) in keys]
    assert count(ours) == count(published)


def test_rows_from_memory_and_ranges_are_in_no_pool() -> None:
    for topic in meta.package_tables():
        for row in meta.read_package_evidence(topic).rows:
            cells = ROWS[row.row]
            if cells["verified"] == "memory":
                assert "never found again" in row.excluded
            if row.kind == "estimate" and cells["ci_level"] == "range":
                assert row.excluded
                assert row.se is None


def test_unknown_tables_and_sets_are_refused_with_the_nearest_name() -> None:
    with pytest.raises(EvidenceError, match="did you mean 'mortality'"):
        meta.read_package_evidence("mortalty")
    with pytest.raises(EvidenceError, match="one of A1"):
        meta.read_set("Z9")


def test_sets_name_rows_that_exist_and_every_set_has_its_words() -> None:
    assert {name for cells in LISTED for name in cells["row"].split(" + ")} <= set(ROWS)
    assert {cells["given"] for cells in LISTED} - {""} <= set(ROWS)
    assert {cells["set"] for cells in LISTED} == {about.name for about in meta.list_sets()}


# The table "Sets that can be pooled" of the evidence notes: events/n, deaths/person-years, or a printed ratio.
COUNTS = {
    "A1": ("204/283", "55/98", "17/52", "168/378", "26/55", "84/149"),
    "A2": ("15/17", "9/9"),
    "A3": ("155/204", "113/168", "49/55", "14/17", "12/16", "7/9", "1/4"),
    "A4": ("66/153", "99/155", "6/16", "15/17"),
    "A5": ("16/102", "9/32", "18/34"),
    "A6": ("67/126", "47/124", "54/102", "11/102", "26/50", "14/50"),
    "B1": ("10/10208", "54/22549", "303/168661", "83/14659"),
    "B2": ("31/2914", "24/6242", "756/113395", "4/226"),
    "B3": ("10/10208", "31/2914", "54/22549", "24/6242", "303/168661", "756/113395", "7/2167", "4/226"),
    "B4": ("115/22549", "200/14659"),
    "B7": ("151/17207", "77/11678", "4/1332"),
    "C1": ("85/204", "67/126", "16/28"),
    "C2": ("15/61", "10/27", "2/9"),
}
RATIOS = {"B5": (6.36, 26.6, 12.83, 8.15), "B6": (7.5, 4.0, 8.4, 3.1)}


@pytest.mark.parametrize("name", COUNTS)
def test_sets_hold_the_counts_that_were_meant(name: str) -> None:
    rows = [row for row in meta.read_set(name).rows if not row.excluded]
    found = [f"{row.events:g}/{math.floor(row.person_years or row.n or 0)}" for row in rows]
    assert Counter(found) == Counter(COUNTS[name])


@pytest.mark.parametrize("name", RATIOS)
def test_sets_hold_the_ratios_that_were_meant(name: str) -> None:
    rows = [row for row in meta.read_set(name).rows if not row.excluded]
    assert [round(math.exp(row.estimate or 0), 2) for row in rows] == list(RATIOS[name])
    for row in rows:
        cells = ROWS[row.row]
        # The interval comes back from estimate and standard error, as far as two or three printed digits allow: the
        # printed one is not quite symmetric. Both limits together are exact: their ratio is exp(2 x 1.96 se).
        assert row.se is not None
        width = math.log(float(cells["ci_high"]) / float(cells["ci_low"]))
        assert row.se == pytest.approx(width / (2 * 1.959963984540054), rel=1e-12)


@pytest.mark.parametrize("about", meta.list_sets(), ids=lambda about: str(about.name))
def test_a_set_counts_nobody_twice_and_says_what_is_derived(about: EvidenceSet) -> None:
    name = about.name
    for row in meta.read_set(name).rows:
        sources = [ROWS[each] for each in row.row.split(" + ")]
        listed = next(cells for cells in LISTED if cells["set"] == name and cells["row"] == row.row)
        if len(sources) > 1 or listed["n"]:
            assert "DERIVED" in row.note
        assert "derived" not in sources[0]["note"].lower() or "derived" in row.note.lower()
        assert row.overlap_group in sources[0]["note"]
        # No identifier of this trial report was seen in a text; its numbers were.
        assert row.citation or row.study == "Jarvis 2019 (therapeutic workplace RCT)"


def test_the_cautions_of_the_notes_are_kept() -> None:
    reasons = {(name, row.study): row.excluded for name in ("A1", "A2", "A4", "B1", "B4") for row in read_rows(name)}
    assert "referral" in reasons["A4", "Woody 2021 (before vs after prison release)"]
    assert "one of the two" in reasons["B4", "Skeie 2022 (Norway 19-y cohort)"]
    assert "check, not data" in reasons["B1", "Sordo 2017"]
    assert "check, not data" in reasons["A1", "Jarvis 2018"]
    lee = next(row for row in read_rows("A3") if row.study.startswith("Lee 2015"))
    assert "unclear" in lee.note
    # B7 counts people on and off the drug together.
    assert "on or off" in next(about.does_not_say for about in meta.list_sets() if about.name == "B7")


def read_rows(name: str) -> tuple[meta.EvidenceRow, ...]:
    rows: tuple[meta.EvidenceRow, ...] = meta.read_set(name).rows
    return rows


def test_two_cohorts_of_norway_in_one_pool_are_refused() -> None:
    table = meta.read_set("B4")
    freed = replace(table, rows=tuple(replace(row, excluded="") for row in table.rows))
    with pytest.raises(EvidenceError, match=r"Bech 2019' and 'Skeie 2022 .* are one population \(overlap group NORWAY"):
        meta.pool(freed, meta.PoolSpec("log_rate", "poisson"))
