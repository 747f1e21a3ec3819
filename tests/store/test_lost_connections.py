"""Connections that are cut: what was answered is there once, and what is unsure is said to be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tallystick import StoreError, Tallystick, commands
from tallystick.core.errors import DatabaseBusy, Unreachable
from tallystick.store.postgres import address, connections, decision
from tallystick.store.postgres.pipeline import Connection
from tests.databases import by_driver, postgres
from tests.patience import PATIENCE_SECONDS, until
from tests.store.behind import connected, read
from tests.store.decisions import intervene
from tests.store.shop import opened

pytestmark = pytest.mark.parametrize("kind", ["postgres"])

CUTS = 25
Write = Callable[..., set[str]]


@pytest.fixture
def shop(url: str) -> Iterator[Tallystick]:
    with opened(url) as shop:
        for account in ("acct_1", "acct_2"):
            shop.open_account(account)
            shop.grant(account, 1_000)
        yield shop


def cut(url: str) -> int:
    """End every connection to the database but our own; how many there were."""
    return postgres().end_others(address.read(url).driver["dbname"])


def test_connections_that_were_cut_while_idle_are_replaced_unnoticed(shop: Tallystick, url: str):
    for spent in range(1, 4):
        shop.balance("acct_1")
        assert cut(url)
        assert shop.charge("acct_1", "Picture", images=1).balance_after == 1_000 - spent
        assert cut(url)
        assert shop.balance("acct_1").available == 1_000 - spent
    assert cut(url)
    assert shop.publish(shop.catalog().source.replace("credits: 1,", "credits: 2,")).version == 2
    assert shop.verify()


@pytest.mark.parametrize("keyed", [True, False], ids=["keyed", "unkeyed"])
def test_connections_cut_in_the_midst_of_everything_lose_and_double_nothing(
    shop: Tallystick, url: str, keyed: bool
):
    """Eight threads charge while every connection is cut again and again."""
    shop.grant("acct_1", 1_000_000)
    done = threading.Event()
    answered: list[Any] = []

    def charge(thread: int) -> None:
        number = 0
        try:
            while not done.is_set():
                number += 1
                key = f"k{thread}-{number}" if keyed else None
                answered.append(shop.charge("acct_1", "Picture", images=1, key=key))
        finally:
            done.set()

    def keep_cutting() -> None:
        times = 0
        while times < CUTS and not done.wait(0.03):
            times += bool(cut(url))
        done.set()

    with ThreadPoolExecutor(9) as pool:
        everybody: list[Any] = [pool.submit(charge, thread) for thread in range(8)]
        everybody.append(pool.submit(keep_cutting))
        for each in everybody:
            each.result()
    assert len({each.seq for each in answered}) == len(answered) > 0
    assert shop.balance("acct_1").available == 1_001_000 - len(answered)
    assert shop.verify()


# One moment at a time: what becomes of a batch whose connection is lost


class Losing:
    """Loses the connection around the next write of a batch."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self._write: Write = decision.write
        self.before: Callable[[Any, Any, int], None] | None = None
        self.after: Callable[[], None] | None = None
        monkeypatch.setattr(decision, "write", self.write)

    def write(self, session: Any, sql: Any, batch: Any, stamp: int) -> set[str]:
        before, after, self.before, self.after = self.before, self.after, None, None
        if before is not None:
            before(session, batch, stamp)
            self.lose(session)
        written = self._write(session, sql, batch, stamp)
        if after is not None:
            after()
            self.lose(session)
        return written

    def lose(self, session: Any) -> None:
        session.connection.close()
        raise psycopg.OperationalError("the connection is lost")


@pytest.fixture
def losing(monkeypatch: pytest.MonkeyPatch) -> Losing:
    return Losing(monkeypatch)


def test_lost_before_it_was_written_it_is_written_again(shop: Tallystick, losing: Losing):
    losing.before = lambda *_: None
    assert shop.charge("acct_1", "Picture", images=1).balance_after == 999
    assert shop.balance("acct_1").available == 999
    assert shop.verify()


def test_lost_after_it_was_written_it_is_not_written_again(shop: Tallystick, losing: Losing):
    for keyed in (None, "k"):
        before = shop.balance("acct_1").available
        losing.after = lambda: None
        charge = commands.Charge("acct_1", "Picture", {"images": 1}, key=keyed)
        (outcome,) = shop._transport.engine.carry_out([("shop", charge)])
        assert outcome.answer.balance_after == before - 1
        assert not outcome.replayed
        assert shop.balance("acct_1").available == before - 1
    assert shop.verify()


def test_lost_while_the_server_is_still_at_it_it_is_written_once(
    shop: Tallystick, losing: Losing, url: str
):
    """The lost transaction holds its rows, and commits while the batch is being found out."""
    for ends in ("commit", "rollback"):
        before = shop.balance("acct_1").available
        elsewhere = Connection.connect(by_driver(url))

        def left_open(session: Any, batch: Any, stamp: int, elsewhere: Any = elsewhere) -> None:
            still_at_it(elsewhere, batch, stamp)

        losing.before = left_open
        with ThreadPoolExecutor(1) as pool:
            charged = pool.submit(shop.charge, "acct_1", "Picture", images=1)
            wait_until_somebody_waits(url)
            elsewhere.execute(ends)
            assert charged.result(timeout=PATIENCE_SECONDS).balance_after == before - 1
        elsewhere.close()
        assert shop.balance("acct_1").available == before - 1
        assert shop.verify()


def still_at_it(connection: Any, batch: Any, stamp: int) -> None:
    """The statements of a batch, without the end of their transaction."""
    from tallystick.store.postgres import session, writes

    begin, accounts = (session.WRITE, None), writes.accounts(session.SQL, batch, stamp)
    connection.at_once([begin, *accounts, *writes.rest(batch, stamp)])


def wait_until_somebody_waits(url: str) -> None:
    with connected(url) as connection:
        waiting = (
            "select from pg_stat_activity "
            "where datname = current_database() and wait_event_type = 'Lock'"
        )
        until(lambda: connection.execute(waiting).rowcount, lambda: "nobody waits")


@pytest.mark.parametrize("keyed", [True, False], ids=["keyed", "unkeyed"])
def test_lost_and_written_over_by_others_a_key_finds_it_and_without_one_it_is_unsure(
    shop: Tallystick, losing: Losing, url: str, keyed: bool
):
    with opened(url) as other:
        losing.after = lambda: other.grant("acct_1", 5)
        charges = [
            commands.Charge("acct_1", "Picture", {"images": 1}, key="k" if keyed else None),
            commands.Charge("acct_2", "Picture", {"images": 1}),
        ]
        first, second = shop.execute(charges)
    assert second.balance_after == 999
    if keyed:
        assert first.balance_after == 999
    else:
        assert isinstance(first, StoreError)
        assert "not known" in str(first)
    assert shop.balance("acct_1").available == 1_004
    assert shop.verify()


def test_a_database_that_does_not_come_back_is_unreachable_and_what_was_underway_unsure(
    shop: Tallystick, losing: Losing, monkeypatch: pytest.MonkeyPatch
):
    def gone(_: Any) -> Any:
        raise psycopg.OperationalError("nobody listens")

    monkeypatch.setattr(connections, "RECONNECT_SECONDS", 0.2)

    def lose_for_good() -> None:
        monkeypatch.setattr(connections, "connect", gone)

    losing.after = lose_for_good
    with pytest.raises(StoreError, match="not known whether it was"):
        shop.charge("acct_1", "Picture", images=1, key="k")
    with pytest.raises(Unreachable, match="cannot be reached"):
        shop.charge("acct_1", "Picture", images=1, key="k")
    monkeypatch.undo()
    assert shop.charge("acct_1", "Picture", images=1, key="k").balance_after == 999
    assert shop.balance("acct_1").available == 999


# Errors that mean: again


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.SerializationFailure,
        psycopg.errors.DeadlockDetected,
        psycopg.errors.UniqueViolation,
    ],
)
def test_what_the_server_sends_back_is_tried_again(
    shop: Tallystick, monkeypatch: pytest.MonkeyPatch, error: type[psycopg.Error]
):
    write = decision.write
    failures = 3

    def sent_back(*given: Any) -> set[str]:
        nonlocal failures
        if failures:
            failures -= 1
            raise error("again")
        return write(*given)

    monkeypatch.setattr(decision, "write", sent_back)
    assert shop.charge("acct_1", "Picture", images=1).balance_after == 999
    assert shop.verify()


def test_who_waits_too_long_for_others_is_told_that_it_is_busy(shop: Tallystick, url: str):
    patient = f"{url}&options=-c%20lock_timeout%3D50ms"
    with opened(patient) as hasty, connected(url) as connection:
        connection.execute("begin")
        connection.execute("update accounts set stamp = stamp where account = 'shop/acct_1'")
        with pytest.raises(DatabaseBusy, match="try again"):
            hasty.charge("acct_1", "Picture", images=1)
        assert hasty.charge("acct_2", "Picture", images=1).balance_after == 999
        connection.execute("rollback")
        assert hasty.charge("acct_1", "Picture", images=1).balance_after == 999
    assert shop.verify()


# Refusals race too


def test_two_refusals_under_one_key_are_one_answer(shop: Tallystick, url: str):
    """Both are decided before either is written; with different requests one is a conflict."""
    with opened(url) as other:
        charges = [
            commands.Charge("acct_1", "Picture", {"images": images}, key="k")
            for images in (5_000, 6_000)
        ]
        first, second = both_decide(shop, other, charges)
    refused = [each for each in (first, second) if "KeyConflict" not in repr(each)]
    assert len(refused) == 1
    assert len(read(url, "refusals")) == 1
    assert shop.accounts() == ["acct_1", "acct_2"]
    assert shop.verify()


def test_a_refusal_and_a_charge_under_one_key_are_one_answer(shop: Tallystick, url: str):
    with opened(url) as other:
        charges = [
            commands.Charge("acct_1", "Picture", {"images": images}, key="k")
            for images in (5_000, 5)
        ]
        said = both_decide(shop, other, charges)
    assert sum("KeyConflict" in repr(each) for each in said) == 1
    keys = [each["key"] for table in ("journal", "refusals") for each in read(url, table)]
    assert keys.count("k") == 1
    assert shop.verify()


def both_decide(one: Tallystick, other: Tallystick, charges: list[Any]) -> tuple[Any, Any]:
    """Two stores load, and only when both have loaded does either write."""
    loaded = threading.Barrier(2)

    for shop in (one, other):
        hold_up(shop, loaded)
    with ThreadPoolExecutor(2) as pool:
        asked = [
            pool.submit(shop.execute, [charge])
            for shop, charge in zip((one, other), charges, strict=True)
        ]
        return asked[0].result()[0], asked[1].result()[0]


def hold_up(shop: Tallystick, loaded: threading.Barrier) -> None:
    """Once, after it has loaded."""

    def waiting(load: Any, *asked: Any) -> Any:
        undo()
        found = load(*asked)
        loaded.wait(timeout=PATIENCE_SECONDS)
        return found

    undo = intervene(shop, load=waiting)
