"""What the commands of calibration show on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from trialsim.terminal import open_console


def _make_table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD)
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right", overflow="fold")
    return table


def print_calibration(stamp: Mapping[str, Any]) -> None:
    """Show gates, ledger, and each parameter's prior and posterior."""
    console = open_console()
    gates = _make_table("gate", "figure", "limit", "holds")
    for name, gate in stamp["gates"].items():
        gates.add_row(name, f"{gate['figure']:.3g}", f"{gate['limit']:g}", "yes" if gate["passed"] else "no")
    table = _make_table("parameter", "prior", "posterior", "contraction")
    for name, cells in stamp["parameters"].items():
        table.add_row(name, _describe(cells["prior"]), _describe(cells["posterior"]), f"{cells['contraction']:.2f}")
    console.print(table)
    console.print(gates)
    console.print(f"{stamp['ledger']['failed']} failed simulations; {stamp['targets']['fit']} numbers fitted")


def _describe(cells: Mapping[str, float]) -> str:
    return f"{cells['median']:.3g} ({cells['low']:.3g}–{cells['high']:.3g})"


def print_validation(report: Mapping[str, Any]) -> None:
    """Show every left-out number beside its prediction, then coverage and scores."""
    console = open_console()
    table = _make_table("left-out number", "observed", "predicted", "95% interval", "inside")
    for row in report["predictions"]:
        cells = [f"{row[key]:.3g}" for key in ("observed", "median", "low", "high")]
        table.add_row(row["target"], cells[0], cells[1], f"{cells[2]}–{cells[3]}", "yes" if row["inside"] else "no")
    console.print(table)
    own = report["summary"]
    console.print(f"inside 95%: {own['coverage_95']:.1%} of {own['targets']}; inside 50%: {own['coverage_50']:.1%}")
    if own["never_fitted"]["targets"]:
        never = own["never_fitted"]
        console.print(f"never fitted: {never['coverage_95']:.1%} of {never['targets']}; {never['coverage_50']:.1%}")


def print_parameters(rows: Sequence[Mapping[str, Any]]) -> None:
    """List parameters."""
    table = _make_table("parameter", "value", "95% limits", "unit", "obtained")
    for row in rows:
        table.add_row(
            row["name"], f"{row['value']:.4g}", f"{row['low']:.3g}–{row['high']:.3g}", row["unit"], row["obtained"]
        )
    open_console().print(table)


def print_parameter(shown: Mapping[str, Any]) -> None:
    """Show one parameter with its sources."""
    console = open_console()
    console.print(f"{shown['name']}: {shown['meaning']}", highlight=False)
    console.print(
        f"  value      {shown['value']:.6g} {shown['unit']} ({shown['low']:.4g} to {shown['high']:.4g})",
        highlight=False,
    )
    console.print(
        f"  obtained   {shown['obtained']}"
        + (f" as {shown['same_as']}" if shown["same_as"] else "")
        + (f", to {shown['fitted_to']}" if shown["fitted_to"] else ""),
        highlight=False,
    )
    console.print(f"  prior      {_describe(shown['prior'])}: {shown['prior_reason']}", highlight=False)
    if shown["posterior"]:
        console.print(
            f"  posterior  {_describe(shown['posterior'])}, contraction {shown['contraction']:.2f}", highlight=False
        )
    for row in shown["source_rows"]:
        console.print(f"  source     {row['row']}: {row['study']} ({row['doi']})", highlight=False)
    for each in shown["informed_by"]:
        console.print(f"  informed by {each['study']} ({each['nats']:.2f} nats)", highlight=False)
        for target in each["targets"][:4]:
            console.print(f"             {target['row']} ({target['doi']})", highlight=False)
    if shown["unknown"]:
        console.print(f"  unknown    {shown['unknown']}", highlight=False)
