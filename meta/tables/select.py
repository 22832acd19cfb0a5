"""Choosing rows by an expression such as ``topic == "retention" and year >= 2010``: parsed, never executed."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, Final

from meta.problems import refuse
from meta.tables.model import EvidenceRow, EvidenceTable

LONGEST: Final = 2000
COMPARE: Final[Mapping[type, Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
WANTED: Final = "comparisons of columns with == != < <= > >= in, joined by and, or, not"
FIELDS: Final = tuple(each.name for each in fields(EvidenceRow) if each.name not in ("covariates", "line"))


def select_rows(table: EvidenceTable, expression: str) -> EvidenceTable:
    """The rows for which an expression holds; the others are no part of the table that is returned.

    Columns are those of `EvidenceRow` and the covariates; covariates are compared as numbers with numbers. A missing
    number compares as false. Raises EvidenceError for what cannot be parsed, an unknown column (with the nearest name)
    and an expression that no row meets.
    """
    tree = _parse(expression)
    names = {*FIELDS, *(name for row in table.rows for name in row.covariates)}
    kept = tuple(row for row in table.rows if _holds(tree, row, names))
    if not kept:
        raise refuse("subset", f"no row meets {expression[:80]!r}", "an expression that some row meets")
    return replace(table, rows=kept, path=f"{table.path} [{expression}]")


def _parse(expression: str) -> ast.expr:
    if len(expression) > LONGEST:
        raise refuse("subset", f"an expression of {len(expression)} characters", f"at most {LONGEST}")
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise refuse("subset", f"cannot read {expression[:80]!r}", WANTED) from error


def _holds(node: ast.expr, row: EvidenceRow, names: set[str]) -> bool:
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_holds(value, row, names) for value in values)
        case ast.BoolOp(values=values):
            return any(_holds(value, row, names) for value in values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _holds(operand, row, names)
        case ast.Compare(left=left, ops=ops, comparators=rights):
            values = [_value(each, row, names) for each in (left, *rights)]
            return all(_compare(op, a, b) for op, a, b in zip(ops, values[:-1], values[1:], strict=True))
        case _:
            raise refuse("subset", f"{ast.unparse(node)[:60]!r} is no comparison", WANTED)


def _value(node: ast.expr, row: EvidenceRow, names: set[str]) -> Any:
    match node:
        case ast.Constant(value=str() | int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            return tuple(_value(each, row, names) for each in elements)
        case ast.Name(id=name):
            return _look_up(name, row, names)
        case _:
            raise refuse("subset", f"{ast.unparse(node)[:60]!r} is neither a column nor a value", WANTED)


def _look_up(name: str, row: EvidenceRow, names: set[str]) -> Any:
    if name not in names:
        raise refuse("subset", f"no column {name!r}", f"one of {', '.join(sorted(names))}"[:300], names, name)
    return getattr(row, name) if name in FIELDS else row.covariates.get(name, "")


def _compare(op: ast.cmpop, a: Any, b: Any) -> bool:
    if type(op) not in COMPARE:
        raise refuse("subset", "an operator that is not known here", WANTED)
    a, b = _as_numbers(a, b)
    if a is None or b is None:
        return isinstance(op, ast.NotEq | ast.NotIn)
    try:
        return bool(COMPARE[type(op)](a, b))
    except TypeError:
        return isinstance(op, ast.NotEq | ast.NotIn)


def _as_numbers(a: Any, b: Any) -> tuple[Any, Any]:
    """Text beside a number is read as a number; None where it is none."""

    def read(text: Any) -> float | None:
        try:
            return float(text)
        except ValueError:
            return None

    if isinstance(a, str) and isinstance(b, int | float):
        return read(a), b
    if isinstance(b, str) and isinstance(a, int | float):
        return a, read(b)
    if isinstance(b, tuple) and isinstance(a, str) and any(isinstance(each, int | float) for each in b):
        return read(a), b
    return a, b
