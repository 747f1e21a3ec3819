"""Pages of a whole database: what was brought up to date, copied, migrated."""

from collections.abc import Mapping
from typing import Any

from ..output import Next, Page, Paragraph, TextTable, counted


def worked(done: Mapping[str, Any]) -> Page:
    accounts, faults = done["accounts"], done["faults"]
    if accounts:
        yield Paragraph(
            f"{counted(accounts, 'account')} brought up to date; the latest was "
            f"{late(done['lag_seconds'])} late.",
            "good",
        )
    elif not faults:
        yield Paragraph("Nothing was due: every account is up to date.", "good")
    if faults:
        yield Paragraph(
            f"{counted(len(faults), 'account')} could not be brought up to date.", "bad"
        )
        columns = ("platform", "account", "what is wrong")
        yield TextTable(
            columns,
            [(each["platform"], each["account"], each["why"]) for each in faults],
            drop=("account",),
        )
        yield Next([("what is stored", ["verify"])])
    if not done["finished"]:
        yield Paragraph("Stopped before it was finished: more may be due.", "quiet")


def late(seconds: float) -> str:
    """``3.2 seconds``, ``5 minutes``, ``3 hours``, ``2 days``."""
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 2 * unit:
            return counted(int(seconds // unit), name)
    return f"{seconds:.1f} seconds"


def copied(said: Mapping[str, Any]) -> Page:
    what = ", ".join(
        [counted(said["platforms"], "platform"), counted(said["accounts"], "account"),
         counted(said["lines"], "entry", "entries")]
    )  # fmt: skip
    yield Paragraph(f"{said['from']} is copied to {said['to']}: {what}.", "good")
    if said["verified"]:
        yield Paragraph("Both are the same, and the copy agrees with its journal.", "good")
        return
    wrong = counted(len(said["problems"]), "problem")
    yield Paragraph(f"The copy failed verification: {wrong}.", "bad")
    yield TextTable(
        ("platform", "account", ">line", "what is wrong"),
        [
            (each.platform, each.account, "" if each.seq is None else str(each.seq), each.message)
            for each in said["problems"]
        ],
        drop=("line", "account"),
    )


def migrated(said: Mapping[str, Any]) -> Page:
    db, before, after = said["db"], said["before"], said["after"]
    if not said["migrations"]:
        yield Paragraph(f"{db} is up to date: schema {after}.", "good")
        return
    names = ", ".join(said["migrations"])
    if said["done"]:
        yield Paragraph(f"{db} was upgraded from schema {before} to {after}: {names}.", "good")
        return
    yield Paragraph(f"{db} has schema {before} and would be upgraded to {after}: {names}.")
    yield Next([("do it", ["migrate"])])


def in_epoch(said: Mapping[str, Any]) -> Page:
    yield Paragraph(f"{said['db']} is in epoch {said['epoch']}.", "good")
    yield from (Paragraph(f"Note: {note}.", "quiet") for note in said["notes"])


def spread(said: Mapping[str, Any]) -> Page:
    cut = counted(said["shards"], "shard")
    if said["spread"]:
        tables = ", ".join(said["spread"])
        yield Paragraph(f"{said['db']} is distributed, accounts in {cut}: {tables}.", "good")
        yield Paragraph(
            "Restart its servers: they read how tables are distributed when they open the database."
        )
    else:
        yield Paragraph(f"{said['db']} is already distributed, accounts in {cut}.", "good")
