"""Choosing rows by an expression such as ``topic == "retention" and year >= 2010``: parsed, never executed."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, Final

from meta.problems import nearest_name, refuse
from meta.tables.columns import ALIASES, fold_name
from meta.tables.doubts import warn_chosen
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
FIELDS: Final = tuple(each.name for each in fields(EvidenceRow) if each.name not in ("covariates", "line", "said"))


type Holds = Callable[[EvidenceRow], bool]
type Value = Callable[[EvidenceRow], Any]


def select_rows(table: EvidenceTable, expression: str) -> EvidenceTable:
    """The rows for which an expression holds; the others are no part of the table that is returned.

    Columns are those of `EvidenceRow` and the covariates, also by their other names (`arm` for `treatment`). Text is
    compared as a number with numbers, and in `<` or `>` where both are numbers. A missing number is not equal to
    anything, and neither smaller nor larger. Raises EvidenceError for what cannot be parsed, an unknown column anywhere
    in the expression (with the nearest name) and an expression that no row meets.
    """
    names = {*FIELDS, *(name for row in table.rows for name in row.covariates if name)}
    try:
        holds = _make_test(_parse(expression), names)
        kept = tuple(row for row in table.rows if holds(row))
    except RecursionError as error:
        raise refuse("subset", f"{expression[:80]!r} is nested too deeply", WANTED) from error
    if not kept:
        raise refuse("subset", f"no row meets {expression[:80]!r}", "an expression that some row meets")
    warnings = warn_chosen(table.warnings, table.rows, kept)
    return replace(table, rows=kept, path=f"{table.path} [{expression}]", warnings=warnings)


def _parse(expression: str) -> ast.expr:
    if len(expression) > LONGEST:
        raise refuse("subset", f"an expression of {len(expression)} characters", f"at most {LONGEST}")
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError) as error:
        raise refuse("subset", f"cannot read {expression[:80]!r}", WANTED) from error


def _make_test(node: ast.expr, names: set[str]) -> Holds:
    """The whole expression as a test of one row; every part is looked at, whether a row would come to it or not."""
    match node:
        case ast.BoolOp(op=op, values=values):
            tests = [_make_test(value, names) for value in values]
            every: Callable[[Iterable[bool]], bool] = all if isinstance(op, ast.And) else any
            return lambda row: every(test(row) for test in tests)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            test = _make_test(operand, names)
            return lambda row: not test(row)
        case ast.Compare(left=left, ops=ops, comparators=rights):
            sides = [_make_value(each, names) for each in (left, *rights)]
            pairs = list(zip(map(_make_comparison, ops), sides[:-1], sides[1:], strict=True))
            return lambda row: all(compare(a(row), b(row)) for compare, a, b in pairs)
        case _:
            raise refuse("subset", f"{ast.unparse(node)[:60]!r} is no comparison", WANTED)


def _make_value(node: ast.expr, names: set[str]) -> Value:
    match node:
        case ast.Constant(value=str() | int() | float() as value):
            return lambda row: value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return lambda row: -value
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            parts = [_make_value(each, names) for each in elements]
            return lambda row: tuple(part(row) for part in parts)
        case ast.Name(id=name):
            return _look_up(name, names)
        case _:
            raise refuse("subset", f"{ast.unparse(node)[:60]!r} is neither a column nor a value", WANTED)


def _look_up(name: str, names: set[str]) -> Value:
    other = ALIASES.get(fold_name(name), fold_name(name))
    found = name if name in names else other
    if found not in names:
        # The list of columns is long, and on a terminal it would push the nearest name off the line.
        listed = "a column of the table" if nearest_name(name, names) else f"one of {', '.join(sorted(names))}"[:300]
        raise refuse("subset", f"no column {name!r}", listed, names, name)
    if found in FIELDS:
        return lambda row: getattr(row, found)
    return lambda row: row.covariates.get(found, "")


def _make_comparison(op: ast.cmpop) -> Callable[[Any, Any], bool]:
    if type(op) not in COMPARE:
        raise refuse("subset", "an operator that is not known here", WANTED)
    known, ordered = COMPARE[type(op)], isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE)
    otherwise = isinstance(op, ast.NotEq | ast.NotIn)

    def compare(a: Any, b: Any) -> bool:
        a, b = _as_numbers(a, b, ordered)
        if a is None or b is None:
            return otherwise
        try:
            return bool(known(a, b))
        except TypeError:
            return otherwise

    return compare


def _as_numbers(a: Any, b: Any, ordered: bool) -> tuple[Any, Any]:
    """Text beside a number is read as a number, None where it is none; so are two texts that are put in order."""
    if isinstance(a, str) and isinstance(b, tuple) and any(isinstance(each, int | float) for each in b):
        return _read(a), b
    if isinstance(a, str) and isinstance(b, int | float):
        return _read(a), b
    if isinstance(b, str) and isinstance(a, int | float):
        return a, _read(b)
    if ordered and isinstance(a, str) and isinstance(b, str):
        if not a or not b:
            return None, None
        numbers = _read(a), _read(b)
        return (a, b) if None in numbers else numbers
    return a, b


def _read(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
