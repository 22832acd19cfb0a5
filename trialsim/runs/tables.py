"""Documented tables as Parquet files: the same rows give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim.runs.columns import Column

if TYPE_CHECKING:
    import polars as pl

ROWS_PER_GROUP = 1 << 17
BYTES_PER_PAGE = 1 << 20


def cast_columns(frame: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    """The frame with its columns in documented order and type; NaN in a column that may be empty becomes null.

    Raises ValueError where a column is missing or undocumented, and polars' InvalidOperationError where a value does
    not fit the type.
    """
    import polars as pl

    _check_names(frame.columns, columns)
    casts = [pl.col(column.name).cast(getattr(pl, column.type)) for column in columns]
    emptied = [
        cast.fill_nan(None) if column.type == "Float64" and column.empty_where else cast
        for cast, column in zip(casts, columns, strict=True)
    ]
    return frame.select(emptied)


def check_columns(frame: pl.DataFrame, columns: Sequence[Column]) -> None:
    """Raise ValueError unless the frame holds exactly these columns, in order and type, empty only where documented.

    A cell that is NaN counts as empty, and must be null instead.
    """
    import polars as pl

    _check_names(frame.columns, columns)
    if frame.columns != [column.name for column in columns]:
        raise ValueError(f"columns stand in another order than documented: {frame.columns}")
    for column in columns:
        values = frame[column.name]
        if values.dtype != getattr(pl, column.type):
            raise ValueError(f"column {column.name!r} is {values.dtype}, documented as {column.type}")
        if values.null_count() and not column.empty_where:
            raise ValueError(f"column {column.name!r} has {values.null_count()} empty cells, documented as never empty")
        if column.type == "Float64" and values.is_nan().any():
            raise ValueError(f"column {column.name!r} holds NaN")


def write_table(path: Path, frame: pl.DataFrame, columns: Sequence[Column]) -> None:
    """Write the checked frame as Parquet; its metadata key `columns` holds the documentation as JSON.

    Settings are fixed and chunks are merged first, so the bytes depend on the rows alone and neither on how the frame
    was put together nor on the number of threads. Raises ValueError as `check_columns`, and OSError.
    """
    check_columns(frame, columns)
    documentation = {
        column.name: {"unit": column.unit, "meaning": column.meaning, "empty_where": column.empty_where}
        for column in columns
    }
    frame.rechunk().write_parquet(
        path,
        compression="zstd",
        compression_level=3,
        statistics=True,
        row_group_size=ROWS_PER_GROUP,
        data_page_size=BYTES_PER_PAGE,
        metadata={"columns": json.dumps(documentation, ensure_ascii=False)},
    )


def _check_names(found: Sequence[str], columns: Sequence[Column]) -> None:
    documented = [column.name for column in columns]
    missing = [name for name in documented if name not in found]
    unknown = [name for name in found if name not in documented]
    if missing or unknown:
        raise ValueError(f"table differs from its documentation: missing {missing}, undocumented {unknown}")
