"""What was found, for people and for programs."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from .figures import Check, Figure, Findings


def show(console: Console, found: Findings) -> None:
    console.print(f"\n[bold]{found.title}[/bold]")
    for note in found.notes:
        console.print(f"  {note}", highlight=False, markup=False, soft_wrap=True)
    measured = _table("measured", "median", "least .. most", "")
    for figure in found.figures:
        measured.add_row(figure.name, text(figure.median, figure.unit), spread(figure), figure.unit)
    console.print(measured)
    checked = _table("beside its floor, and the aim", "median", "least .. most", "aim", "")
    for check in found.checks:
        checked.add_row(*_row(check))
    console.print(checked)


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for at, column in enumerate(columns):
        table.add_column(column, justify="left" if at in (0, len(columns) - 1) else "right",
                         no_wrap=True)  # fmt: skip
    return table


def _row(check: Check) -> tuple[str, str, str, str, str]:
    figure = check.figure
    aim = "" if check.at_least is None else f">= {text(check.at_least, figure.unit)}"
    if check.at_most is not None:
        aim = f"<= {text(check.at_most, figure.unit)}"
    colour = {"PASS": "green", "MISS": "red"}.get(check.verdict)
    verdict = f"[{colour}]{check.verdict}[/{colour}]" if colour else ""
    return figure.name, text(figure.median, figure.unit), spread(figure), aim, verdict


def text(value: float, unit: str) -> str:
    if unit == "times":
        return f"{value:,.2f}x"
    return f"{value:,.2f}" if unit == "ms" else f"{value:,.0f}"


def spread(figure: Figure) -> str:
    if len(figure.runs) == 1:
        return ""
    return f"{text(min(figure.runs), figure.unit)} .. {text(max(figure.runs), figure.unit)}"


def document(machine: dict[str, Any], command: str, found: list[Findings]) -> dict[str, Any]:
    return {
        "command": command,
        "machine": machine,
        "benchmarks": [_findings(each) for each in found],
    }


def _findings(found: Findings) -> dict[str, Any]:
    return {
        "title": found.title,
        "notes": found.notes,
        "figures": [_figure(figure) for figure in found.figures],
        "checks": [
            {
                **_figure(check.figure),
                "at_least": check.at_least,
                "at_most": check.at_most,
                "verdict": check.verdict or None,
            }
            for check in found.checks
        ],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "name": figure.name,
        "unit": figure.unit,
        "median": figure.median,
        "min": min(figure.runs),
        "max": max(figure.runs),
        "runs": figure.runs,
    }
