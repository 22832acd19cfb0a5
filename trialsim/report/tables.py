"""Tables of the report as plain data; one template draws them all."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Strip:
    """A line for the 95% range, a bar for the mean, a diamond for the published value; places from 0 to 100."""

    low: float
    high: float
    mean: float
    published: float | None
    inside: bool | None
    label: str


@dataclass(frozen=True)
class Cell:
    """A text, smaller lines below it, a tone (``miss``, ``hit``, ``number``, ``quiet``) and perhaps a picture."""

    text: str
    below: tuple[str, ...] = ()
    tone: str = ""
    strip: Strip | None = None


@dataclass(frozen=True)
class Row:
    """A row's header and its cells, one a column."""

    head: Cell
    cells: tuple[Cell, ...]
    series: int | None = None


@dataclass(frozen=True)
class Group:
    """Rows under a common heading; an empty title prints none."""

    title: str
    rows: tuple[Row, ...]
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Caption, column headers (the first heads the row headers) and groups of rows."""

    caption: str
    columns: tuple[str, ...]
    groups: tuple[Group, ...]
    notes: tuple[str, ...] = field(default=())


def number(text: str, *below: str, tone: str = "number") -> Cell:
    """A right-aligned cell."""
    return Cell(text, tuple(line for line in below if line), tone)


def count_rows(table: Table) -> int:
    """How many rows a table has over all its groups."""
    return sum(len(group.rows) for group in table.groups)
