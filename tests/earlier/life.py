"""The life that a database of an earlier build has had, and every row of it as text.

``python -m tests.earlier.life FOLDER``, run in a checkout of that build, writes what
``test_earlier`` opens: the rows of a SQLite file and of a PostgreSQL database, and what the verbs
answered. A build's files are made once and never changed.
"""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import apsw
import msgspec
import psycopg

from tallystick import Refused, Tallystick
from tallystick.engine import keys
from tallystick.testing import TestClock
from tests.databases import by_driver, fresh_database

BEGINNING = "2026-01-31T10:00:00Z"
END = "2026-04-02T09:00:00Z"
CATALOG = """\
platform: studio
name: Studio
tools: [{id: image, name: Image}, {id: video, name: Video}]
models:
  - {name: Picture, tool: image, rates: [{credits: 2, per: image}]}
  - {name: Clip, tool: video, rates: [{credits: 10, per: second}]}
plans:
  - {id: guest, name: Guest}
  - {id: basic, name: Basic, intervals: [monthly, yearly], packages: [{credits: 1000}]}
  - {id: large, name: Large, intervals: [monthly, yearly], packages: [{credits: 5000}]}
default_plan: guest
free_credits: [{credits: 10, every: day}]
top_ups: {bundles: [{credits: 500}]}
"""
DEARER = CATALOG.replace("credits: 2, per: image", "credits: 3, per: image")
ACCOUNTS = ("ada", "ben", "eve", "zoë/1")


def lived(url: str) -> dict[str, Any]:
    """Live it in an empty database; what the verbs answer at its end."""
    clock = TestClock(BEGINNING)
    studio = Tallystick.open(url, catalog=CATALOG, clock=clock)
    for account in ACCOUNTS:
        studio.open_account(account, members={"mia": 400, "tom": None})
    studio.subscribe("ada", "basic", 1000, key="ada-1")
    studio.subscribe("ben", "basic", 1000, "yearly")
    studio.top_up("ada", 500, key="ada-2")
    studio.grant("eve", 40, expires_at="2026-03-01T00:00:00Z", key="eve-1")
    asked = {"seconds": 3, "member": "mia", "labels": {"project": "x"}}
    quote = studio.quote("Picture", account="ada", images=3)
    studio.charge("ada", quote=quote.quote, key="ada-3")
    for day in range(1, 9):
        clock.advance("5d")
        studio.charge("ada", "Clip", **asked, key=f"clip-{day}")
        studio.hold("ben", "Picture", images=day, key=f"hold-{day}").settle(images=day - day // 2)
        studio.hold("eve", "Picture", images=1, ttl_seconds=60)
        refused(studio, "eve", f"broke-{day}")
    studio.publish(DEARER)
    studio.change_plan("ada", "large", 5000, key="ada-4")
    studio.cancel("ben")
    studio.adjust("ada", -25, "counted twice", key="ada-5")
    studio.remove_member("ada", "tom")
    studio.lease("ada", 60, ttl_seconds=86_400)
    studio.hold("ada", "Clip", seconds=4, ttl_seconds=86_400, key="open-1")
    keys.create(studio._transport.engine, "studio", "back end", ["quote", "spend", "read"])
    clock.advance_to(END)
    refused(studio, "nobody", "nobody-1")
    studio.charge("ben", "Picture", images=2, key="last")
    said = answers(studio)
    studio.close()
    return said


def refused(studio: Tallystick, account: str, key: str) -> None:
    try:
        studio.charge(account, "Clip", seconds=60, key=key)
    except Refused:
        return
    raise SystemExit("this life has a charge that must be refused")


def answers(studio: Tallystick) -> dict[str, Any]:
    """What is asked of it again by every later build, as JSON has it."""
    found: dict[str, Any] = {}
    for account in ACCOUNTS:
        entries = studio.entries(account, limit=1_000)
        found[account] = {
            "balance": studio.balance(account),
            "february": studio.balance(account, as_of="2026-02-14T00:00:00Z"),
            "entries": entries,
            "usage": studio.usage(account),
            "receipts": [studio.receipt(account, each.receipt) for each in entries if each.receipt],
            "holds": studio.holds(account),
            "members": studio.account(account).members,
        }
    return json.loads(msgspec.json.encode(found))


# Every row


def rows(url: str) -> dict[str, list[list[Any]]]:
    """Every table, its column names first; bytes as ``{"bytes": base64}``."""
    if url.startswith("postgresql://"):
        with psycopg.connect(by_driver(url)) as connection:
            names = connection.execute(
                "select tablename from pg_tables where schemaname = 'tallystick' order by 1"
            ).fetchall()
            return {name: _table(connection, f"tallystick.{name}") for (name,) in names}
    connection = apsw.Connection(url)
    found = connection.execute("select name from sqlite_schema where type = 'table' order by 1")
    return {name: _table(connection, name) for name in [name for (name,) in found]}


def _table(connection: Any, table: str) -> list[list[Any]]:
    cursor = connection.cursor()
    cursor.execute(f"select * from {table}")
    if isinstance(connection, apsw.Connection):
        found = cursor.fetchall()
        columns = [row[1] for row in connection.execute(f"pragma table_info({table})")]
    else:
        found = cursor.fetchall()
        columns = [each.name for each in cursor.description]
    return [columns, *sorted(([_plain(each) for each in row] for row in found), key=str)]


def _plain(value: Any) -> Any:
    return {"bytes": b64encode(value).decode()} if isinstance(value, bytes | memoryview) else value


def written(folder: Path) -> None:
    """Write the files of this build."""
    for kind in ("sqlite", "postgres"):
        with fresh_database(kind, bare=True) as url:
            said = lived(url)
            lines = [["answers", said], *_lines(rows(url))]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"{kind}.jsonl").write_text(text, encoding="utf-8")


def _lines(tables: dict[str, list[list[Any]]]) -> list[list[Any]]:
    return [[name, row] for name, found in tables.items() for row in found]


if __name__ == "__main__":
    written(Path(sys.argv[1]))
