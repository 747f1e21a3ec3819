"""A database made by an earlier build opens, migrates, verifies, answers as it did, and goes on.

Each folder beside this file holds what ``life`` wrote in a checkout of one build: every row of a
database of each kind, and what the verbs answered. ``BUILDS`` has the schemas they stand at.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import psycopg
import pytest

from tallystick import InvalidRequest, KeyConflict, Refused, Tallystick, commands
from tallystick.service import maintenance
from tallystick.store.named_sql import migrations
from tallystick.store.postgres.session import SQL
from tallystick.testing import TestClock
from tests.databases import by_driver, fresh_database
from tests.earlier.life import ACCOUNTS, CATALOG, END, answers, rows

HERE = Path(__file__).parent
BUILDS = {"2026-11": {"sqlite": 4, "postgres": 2}}
"""The schema that the databases of each build stand at."""
TRUTH = ("journal", "checkpoints", "platforms", "api_keys")
"""Tables in which no migration changes what is stored."""


class Earlier(NamedTuple):
    """A database of an earlier build: where it is, and what that build answered and stored."""

    url: str
    said: dict[str, Any]
    rows: dict[str, list[list[Any]]]


@pytest.fixture(params=[(build, kind) for build in BUILDS for kind in BUILDS[build]], ids="-".join)
def earlier(request: pytest.FixtureRequest) -> Iterator[Earlier]:
    build, kind = request.param
    with fresh_database(kind, bare=True) as url:
        said, tables = made(build, kind)
        fill(url, kind, BUILDS[build][kind], tables)
        yield Earlier(url, said, tables)


@cache
def made(build: str, kind: str) -> tuple[dict[str, Any], dict[str, list[list[Any]]]]:
    text = (HERE / build / f"{kind}.jsonl").read_text("utf-8")
    said, *lines = [json.loads(line) for line in text.splitlines()]
    tables: dict[str, list[list[Any]]] = {}
    for table, row in lines:
        tables.setdefault(table, []).append(row)
    return said[1], tables


def fill(url: str, kind: str, schema: int, tables: dict[str, list[list[Any]]]) -> None:
    """The database as it was: its migrations up to `schema`, and every row."""
    scripts = [script for number, _, script in migrations(kind) if number <= schema]
    if kind == "sqlite":
        with closing(apsw.Connection(url)) as connection:
            connection.create_scalar_function("bucket_of", lambda key: 0, 1)
            put(connection, scripts, tables, "", "?")
            connection.pragma("user_version", schema)
            connection.pragma("application_id", 0x54414C59)
        return
    with closing(psycopg.connect(by_driver(url), autocommit=True)) as connection:
        put(connection, [SQL["make_schema"], SQL["make_migrations"], *scripts], tables,
            "tallystick.", "%s")  # fmt: skip


def put(connection: Any, scripts: list[Any], tables: Any, place: str, mark: str) -> None:
    for script in scripts:
        connection.execute(script)
    for table, (columns, *found) in tables.items():
        marks = ", ".join([mark] * len(columns))
        connection.cursor().executemany(
            f"insert into {place}{table} ({', '.join(columns)}) values ({marks})",
            [[_stored(each) for each in row] for row in found],
        )


def _stored(value: Any) -> Any:
    return b64decode(value["bytes"]) if isinstance(value, dict) else value


def opened(earlier: Earlier, at: str = END) -> Tallystick:
    return Tallystick.open(earlier.url, catalog=CATALOG, clock=TestClock(at))


def test_it_says_which_migrations_are_to_come(earlier: Earlier):
    before, newest, names = maintenance.migrate(earlier.url, check=True)
    assert newest - before >= len(names)
    assert maintenance.migrate(earlier.url) == (before, newest, names)
    assert maintenance.migrate(earlier.url, check=True) == (newest, newest, ())


def test_it_opens_and_verifies(earlier: Earlier):
    with opened(earlier) as studio:
        report = studio.verify()
        assert report, report.problems
        assert report.accounts == len(ACCOUNTS)


def without_new_fields(now: Any, then: Any) -> Any:
    """What is answered now, without the fields that the earlier build did not know."""
    if isinstance(then, dict) and isinstance(now, dict):
        return {name: without_new_fields(now.get(name), each) for name, each in then.items()}
    if isinstance(then, list) and isinstance(now, list) and len(now) == len(then):
        return [without_new_fields(*pair) for pair in zip(now, then, strict=True)]
    return now


def test_it_answers_as_it_did(earlier: Earlier):
    with opened(earlier) as studio:
        found = answers(studio)
    assert without_new_fields(found, earlier.said) == earlier.said


def test_what_was_written_stays_as_it_was(earlier: Earlier):
    opened(earlier).close()
    now = rows(earlier.url)
    for table in TRUTH:
        columns, *then = earlier.rows[table]
        places = [now[table][0].index(name) for name in columns]
        kept = sorted(([row[at] for at in places] for row in now[table][1:]), key=str)
        assert kept == sorted(then, key=str), table


def test_its_keys_give_their_first_answers(earlier: Earlier):
    with opened(earlier) as studio:
        seq = {account: studio.balance(account).seq for account in ACCOUNTS}
        for day in range(1, 9):
            again = studio.charge("ada", "Clip", seconds=3, member="mia",
                                  labels={"project": "x"}, key=f"clip-{day}")  # fmt: skip
            assert again.receipt in {each["receipt"] for each in earlier.said["ada"]["receipts"]}
        assert studio.top_up("ada", 500, key="ada-2").credits == 500
        with pytest.raises(Refused, match="credits"):
            studio.charge("eve", "Clip", seconds=60, key="broke-8")
        with pytest.raises(KeyConflict):
            studio.top_up("ada", 1_000, key="ada-2")
        assert {account: studio.balance(account).seq for account in ACCOUNTS} == seq


def test_it_goes_on(earlier: Earlier):
    with opened(earlier, "2026-05-03T00:00:00Z") as studio:
        for account in ("ada", "ben"):
            charged = studio.charge(account, "Picture", images=2, key="now")
            assert studio.receipt(account, charged.receipt).credits == charged.credits
        studio.open_account("new")
        assert studio.balance("ada").cycle.renews_at.isoformat().startswith("2026-05-")
        report = studio.verify()
        assert report, report.problems


def test_the_verbs_that_came_since_do_their_work_on_it(earlier: Earlier):
    """On the subscriptions, holds, receipts and grants that the earlier build wrote."""
    with opened(earlier, "2026-04-03T00:00:00Z") as studio:
        receipt = earlier.said["ada"]["receipts"][-1]
        refunded = studio.refund("ada", receipt["receipt"], reason="it failed")
        assert refunded.credits == receipt["credits"]
        hold = studio.hold("ada", "Clip", seconds=1, member="mia")
        assert studio.increase("ada", hold.hold, seconds=2).credits == 20
        studio.settle("ada", hold.hold)
        bought = next(each for each in studio.balance("ada").grants if each.source == "topup")
        studio.set_expiry("ada", bought.grant, "2026-06-01T00:00:00Z", "they asked")
        taken = studio.void("ada", bought.grant, "charged back", owe=True)
        assert taken.owed == studio.balance("ada").owed
        cycle = studio.balance("ada").cycle
        assert studio.reset_cycle("ada", "goodwill").subscription.package == cycle.package
        studio.pause("ada", at_once=True)
        assert studio.balance("ada").subscription.status == "paused"
        assert studio.resume("ada").subscription.status == "active"
        through = studio.balance("ben").subscription.paid_through
        assert studio.pay("ben", intervals=1, key="paid").subscription.paid_through > through
        studio.set_member("ada", "mia", caps=[{"credits": 5, "every": "day"}])
        asked = [commands.Charge("ada", "Picture", {"images": n}, member="mia") for n in (1, 9)]
        first, second = studio.execute(asked, all_or_nothing=True)
        assert isinstance(second, Refused)
        assert isinstance(first, InvalidRequest)
        assert studio.end("ben", "charged back").change == "end"
        report = studio.verify()
        assert report, report.problems
