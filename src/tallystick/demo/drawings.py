"""How the tour shows answers: each a function from a real answer to something rich can draw."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from .. import results

_SOURCES = {"topup": "top-up", "carry_over": "carry-over", "rollover": "roll-over"}


def amount(credits: Any) -> str:
    """``1,234`` or ``0.5``; nothing for None."""
    return "" if credits is None else f"{credits:,}"


def when(at: datetime | None) -> str:
    """``2026-02-09 09:12:44``, in UTC."""
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Rows under columns; a column whose name begins with ``>`` holds numbers."""
    drawn = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for name in columns:
        if name.startswith(">"):
            drawn.add_column(name[1:], justify="right", no_wrap=True)
        else:
            drawn.add_column(name, overflow="fold")
    for row in rows:
        drawn.add_row(*row)
    return drawn


def fields(rows: Iterable[tuple[str, str]]) -> Table:
    """Names with their values."""
    grid = Table.grid(padding=(0, 3, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for row in rows:
        grid.add_row(*row)
    return grid


def quote(made: results.Quote) -> Table:
    line = made.lines[0]
    settings = ", ".join(f"{name} {value}" for name, value in line.settings.items())
    rows = [
        ("price", f"{amount(made.credits)} credits"),
        ("for", f"{line.name}, {amount(line.quantity)} {line.unit}s, {settings}"),
        ("rate", f"{line.rate}, catalog version {made.catalog.version}"),
        ("honoured until", when(made.expires_at)),
        ("balance before", amount(made.balance_before)),
    ]
    if made.allowed:
        rows += [
            ("balance after", amount(made.balance_after)),
            ("would burn", burns(made.burns)),
        ]
    return fields(rows)


def burns(burned: Iterable[results.Burn]) -> str:
    """``3,000 of subscription g3``"""
    return ", ".join(
        f"{amount(each.credits)} of {source(each.source)} {each.grant}" for each in burned
    )


def refusal(told: results.Refusal) -> Iterable[Text | Table]:
    yield Text(f"{told.code}: {told.message}", style="bold red")
    yield table(("way out", "what", "then"), [way(each) for each in told.ways_out])


def way(out: results.Way) -> tuple[str, str, str]:
    """A way out in words: its kind, what to do, and what it comes to."""
    if out.kind == "wait":
        return "wait", f"until {when(out.at)}", f"{amount(out.available)} available"
    if out.kind == "top_up":
        return "top up", f"{amount(out.credits)} credits", ""
    if out.kind == "upgrade":
        bought = f"{out.plan}, {amount(out.credits)} a month, {out.interval}"
        return "upgrade", bought, f"{amount(out.available)} available at once"
    if out.kind == "less":
        said = {**({"outputs": out.outputs} if out.outputs else {}), **(out.quantities or {})}
        fits = ", ".join(f"{amount(count)} {name}" for name, count in said.items())
        return "less", fits, f"{amount(out.credits)} credits"
    settings = "".join(f", {name} {value}" for name, value in (out.settings or {}).items())
    return "cheaper", f"{out.model}{settings}", f"{amount(out.credits)} credits"


def settlement(closed: results.Settlement) -> Table:
    return fields(
        [
            ("held", amount(closed.held)),
            ("charged", f"{amount(closed.credits)}, from {burns(closed.burns)}"),
            ("returned", amount(closed.returned)),
            ("receipt", closed.receipt),
            ("balance after", amount(closed.balance_after)),
        ]
    )


def receipt(paid: results.Receipt) -> Table:
    return fields([("price", paid.price), ("rule", paid.rule), ("rounding", paid.rounding)])


def plan_change(changed: results.PlanChange) -> Iterable[Text | Table]:
    yield Text(changed.explanation)
    yield by_source(("before", changed.before), ("after", changed.after))


def by_source(*columns: tuple[str, Mapping[str, Any]]) -> Table:
    """Spendable credits of each source, side by side, and their sums."""
    sources = dict.fromkeys(each for _, credits in columns for each in credits)
    rows = [
        [source(each), *(amount(credits.get(each, 0)) for _, credits in columns)]
        for each in sources
    ]
    rows.append(["together", *(amount(sum(credits.values())) for _, credits in columns)])
    return table(("source", *(f">{name}" for name, _ in columns)), rows)


def cycle(running: results.CycleView | None) -> Table:
    """``used 0 of 240,000``, and when it renews."""
    if running is None:
        return fields([("cycle", "none")])
    used = f"{amount(running.used)} of {amount(running.allotment)}"
    return fields([("used", used), ("renews", f"{when(running.renews_at)} {running.time_zone}")])


def ledger(entries: Iterable[results.Entry]) -> Table:
    rows = [
        (
            str(line.seq),
            when(line.at),
            line.text,
            f"{'+' if line.credits > 0 else ''}{amount(line.credits)}" if line.credits else "",
            amount(line.balance_after),
            line.hash[:8],
        )
        for line in entries
    ]
    return table((">seq", "at", "what", ">credits", ">balance", "hash"), rows)


def source(name: str) -> str:
    return _SOURCES.get(name, name)
