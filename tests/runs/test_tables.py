"""Tables: documented column by column, and the same rows give the same bytes."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from trialsim.runs.columns import EVENTS, OUTCOMES, PATIENTS, TABLES, Column, describe_tables
from trialsim.runs.tables import ROWS_PER_GROUP, cast_columns, check_columns, write_table

RESULTS_PAGE = Path(__file__).parents[2] / "docs" / "results.md"

OUTCOME_ROWS = {
    "replicate": [0, 1, 2],
    "arm": ["a", "b", "a"],
    "outcome": ["deaths"] * 3,
    "events": [1.0, 0.0, 2.0],
    "denominator": [2.0, 0.0, 4.0],
    "value": [0.5, None, 0.5],
}


def _outcomes() -> pl.DataFrame:
    return cast_columns(pl.DataFrame(OUTCOME_ROWS), OUTCOMES)


@pytest.mark.parametrize("columns", TABLES.values(), ids=TABLES)
def test_every_column_is_documented_once(columns: tuple[Column, ...]) -> None:
    assert len({column.name for column in columns}) == len(columns)
    for column in columns:
        assert hasattr(pl, column.type)
        assert len(column.meaning) > 10
        assert column.unit or column.type in {"String", "Boolean"} or columns is OUTCOMES


def test_the_page_on_results_holds_the_documentation() -> None:
    assert describe_tables() in RESULTS_PAGE.read_text(encoding="utf-8")


def test_a_table_as_documented_passes() -> None:
    check_columns(_outcomes(), OUTCOMES)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda frame: frame.drop("arm"), r"missing \['arm'\]"),
        (lambda frame: frame.with_columns(extra=1), r"undocumented \['extra'\]"),
        (lambda frame: frame.select(sorted(frame.columns)), "another order"),
        (lambda frame: frame.with_columns(pl.col("replicate").cast(pl.Float64)), "documented as Int64"),
        (lambda frame: frame.with_columns(arm=pl.lit(None, pl.String)), "never empty"),
        (lambda frame: frame.with_columns(value=pl.lit(float("nan"))), "NaN"),
    ],
)
def test_a_table_that_differs_is_refused(spoil: object, message: str, tmp_path: Path) -> None:
    assert callable(spoil)
    with pytest.raises(ValueError, match=message):
        write_table(tmp_path / "t", spoil(_outcomes()), OUTCOMES)
    assert not (tmp_path / "t").exists()


def test_casting_orders_types_and_empties() -> None:
    loose = pl.DataFrame({**OUTCOME_ROWS, "value": [0.5, float("nan"), 0.5]}).select(sorted(OUTCOME_ROWS))
    assert cast_columns(loose, OUTCOMES).equals(_outcomes())
    with pytest.raises(ValueError, match="missing"):
        cast_columns(loose.drop("value"), OUTCOMES)


def test_a_written_table_comes_back_with_its_documentation(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", _outcomes(), OUTCOMES)
    assert pl.read_parquet(tmp_path / "t.parquet").equals(_outcomes())
    documented = json.loads(pl.read_parquet_metadata(tmp_path / "t.parquet")["columns"])
    assert list(documented) == _outcomes().columns
    assert documented["arm"]["meaning"] == OUTCOMES[1].meaning


PIECES = """
import sys; from pathlib import Path; import polars as pl
from trialsim.runs.columns import EVENTS; from trialsim.runs.tables import cast_columns, write_table
rows, size = int(sys.argv[2]), int(sys.argv[3])
def piece(low, high):
    i = pl.int_range(low, high, eager=True)
    return cast_columns(pl.DataFrame({
        "replicate": i // 1000, "arm": (i % 2).cast(pl.String), "patient": i % 1000, "occurrence": i % 7,
        "day": i * 0.37, "event": (i % 27).cast(pl.String), "state": (i % 8).cast(pl.String),
        "use": (i % 3).cast(pl.String),
    }), EVENTS)
pieces = [piece(low, min(low + size, rows)) for low in range(0, rows, size)]
write_table(Path(sys.argv[1]), pl.concat(pieces), EVENTS)
"""


def test_neither_pieces_nor_threads_change_a_byte(tmp_path: Path) -> None:
    rows = ROWS_PER_GROUP + 1000
    for name, size, threads in (("one", rows, "1"), ("many", 7919, "2")):
        command = [sys.executable, "-c", PIECES, str(tmp_path / name), str(rows), str(size)]
        subprocess.run(command, check=True, env={"POLARS_MAX_THREADS": threads})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "many").read_bytes()


def test_keys_come_first_in_every_table() -> None:
    assert [column.name for column in PATIENTS[:3]] == [column.name for column in EVENTS[:3]]
    assert [column.name for column in OUTCOMES[:2]] == [column.name for column in PATIENTS[:2]]
