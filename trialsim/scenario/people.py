"""The population of a scenario: the laws in the file, and the columns of a CSV file of real people."""

import csv
import io
from pathlib import Path

from trialsim.problems import InputError, nearest_name
from trialsim.scenario.model import Population, Value
from trialsim.scenario.nodes import Scalar, decode, read_bytes
from trialsim.scenario.reader import Data
from trialsim.scenario.sheet import MAX_PROBLEMS, Sheet, line_of, note, note_at, one_of
from trialsim.scenario.spec import POPULATION, Key
from trialsim.scenario.values import covariate_value
from trialsim.scenario.vocabulary import COVARIATES

MAX_CSV_BYTES = 50 * 1024 * 1024
MAX_COLUMNS = 1000
type Columns = dict[str, tuple[Value, ...]]

_KEYS = {key.name: key for key in POPULATION.keys}
_YES_NO = {"true": "1", "yes": "1", "false": "0", "no": "0"}


def read_population(sheet: Sheet, data: Data, folder: Path) -> Population | None:
    """The population, or None if something in it is wrong; every covariate has a law or a column, never both."""
    population: Data | None = data.get("population")
    if population is None:
        return None
    columns: Columns = {}
    if "csv" in population:
        columns = _read_people(sheet, folder / population["csv"])
    for rule in COVARIATES:
        given = f"population.{rule.name}" in sheet.lines
        if given and rule.name in columns:
            note_at(sheet, f"population.{rule.name}", "is a column of the CSV file as well", "one of the two")
        if not given and rule.name not in columns and not ("csv" in population and not columns):
            note_at(sheet, f"population.{rule.name}", "is missing", f"{rule.meaning}: a value, a law or a CSV column")
    if sheet.problems:
        return None
    return Population(
        covariates={rule.name: population[rule.name] for rule in COVARIATES if rule.name in population},
        setting=population["setting"],
        start=population["start"],
        era=population["era"],
        naloxone_coverage=population["naloxone_coverage"],
        country=population.get("country", "United States"),
        csv=population.get("csv"),
        rows=columns,
        row_count=len(next(iter(columns.values()), ())),
    )


def _read_people(sheet: Sheet, path: Path) -> Columns:
    """Columns of the CSV that are covariates; what is wrong in it is noted under the CSV's own name."""
    inner = Sheet(str(path))
    try:
        columns = _columns(inner, decode(inner, read_bytes(inner, path, MAX_CSV_BYTES)))
    except InputError:
        columns = {}
    except csv.Error as error:
        note(inner, None, "", f"is no CSV table: {error}", "a header line and one line for each person")
        columns = {}
    if inner.problems:
        room = MAX_PROBLEMS - len(sheet.problems)
        note(sheet, line_of(sheet, "population.csv"), "population.csv", "cannot be used", "a table without mistakes")
        sheet.problems.extend(inner.problems[: max(room - 1, 0)])
        return {}
    return columns


def _columns(sheet: Sheet, text: str) -> Columns:
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next(table, [])
    if len(header) > MAX_COLUMNS:
        note(sheet, 1, "", f"has {len(header)} columns", f"at most {MAX_COLUMNS}")
        return {}
    wanted = {name: header.index(name) for name in _covariate_names() if name in header}
    _check_header(sheet, header, wanted)
    values: dict[str, list[Value]] = {name: [] for name in wanted}
    for cells in table:
        if not cells:
            continue
        if len(cells) != len(header):
            note(sheet, table.line_num, "", f"has {len(cells)} cells", f"{len(header)}, as in the header")
        elif not sheet.problems or len(sheet.problems) < MAX_PROBLEMS:
            for name, index in wanted.items():
                _append(sheet, values[name], cells[index], _KEYS[name], table.line_num)
    if not sheet.problems and not next(iter(values.values()), []):
        note(sheet, None, "", "holds no people", "a header line and one line for each person")
    return {name: tuple(column) for name, column in values.items()}


def _check_header(sheet: Sheet, header: list[str], wanted: dict[str, int]) -> None:
    for name in wanted:
        if header.count(name) > 1:
            note(sheet, 1, name, "is a column twice", "one column for a covariate")
    for name in header:
        nearest = nearest_name(name, [key for key in _covariate_names() if key not in wanted])
        if name not in wanted and nearest:
            note(sheet, 1, name[:60], "is no covariate", "another column name", nearest)
    if not wanted:
        note(sheet, 1, "", "has no column that is a covariate", one_of(_covariate_names()))


def _append(sheet: Sheet, column: list[Value], cell: str, key: Key, line: int) -> None:
    text = _YES_NO.get(cell.strip().casefold(), cell.strip()) if key.high == 1.0 else cell.strip()
    value = covariate_value(sheet, Scalar(text, True, line), key, key.name)
    if value is not None and key.high == 1.0 and value not in (0.0, 1.0):
        note(sheet, line, key.name, f"'{cell[:20]}' is no answer", "1 or 0, one person each line")
    elif value is not None:
        column.append(value)


def _covariate_names() -> tuple[str, ...]:
    return tuple(rule.name for rule in COVARIATES)
