"""Connections: never more than agreed, and through a pooler nothing stays on any of them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tallystick import InsufficientCredits, Tallystick, commands
from tallystick.core.errors import DatabaseBusy
from tallystick.engine import keys
from tallystick.store.postgres import connections, pool
from tallystick.store.postgres.pipeline import Connection
from tests.patience import PATIENCE_SECONDS
from tests.store.behind import connected
from tests.store.shop import CATALOG, opened

pytestmark = pytest.mark.parametrize("kind", ["postgres"])
LEFT_BEHIND = (
    "select (select count(*) from pg_prepared_statements), "
    "(select count(*) from pg_listening_channels()), "
    "(select count(*) from pg_settings where source = 'session'), "
    "(select count(*) from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'), "
    "(select count(*) from pg_class where relpersistence = 't')"
)


class Pooler:
    """What a pooler in transaction mode does: each transaction may be on another connection,
    and on each connection are the transactions of many."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.looked = 0
        self._put_back = pool.Pool.put_back
        pooler = self

        def put_back(of: pool.Pool, connection: Any) -> None:
            pooler.look(connection)
            of.forget_idle()
            connection.close()

        monkeypatch.setattr(pool.Pool, "put_back", put_back)

    def look(self, connection: Any) -> None:
        if not connection.closed:
            left = connection.execute(LEFT_BEHIND, prepare=False).fetchall()[0]
            assert left == (0, 0, 0, 0, 0), left
            self.looked += 1


@pytest.fixture
def shop(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Tallystick, Pooler]]:
    pooler = Pooler(monkeypatch)
    with opened(f"{url}&pooled=1") as shop:
        yield shop, pooler


def test_every_verb_works_where_each_transaction_has_another_connection(
    shop: tuple[Tallystick, Pooler],
):
    credits, pooler = shop
    credits.open_account("acct_1", members=["mia"])
    credits.subscribe("acct_1", "basic")
    quote = credits.quote("Picture", account="acct_1", images=3)
    assert credits.charge("acct_1", quote=quote.quote, key="k").balance_after == 997
    assert credits.charge("acct_1", quote=quote.quote, key="k").balance_after == 997
    with pytest.raises(InsufficientCredits):
        credits.charge("acct_1", "Picture", images=5_000, key="too-much")
    credits.hold("acct_1", "Picture", images=5).settle(images=4)
    assert credits.publish(CATALOG.replace("credits: 1,", "credits: 2,")).version == 2
    assert credits.charge("acct_1", "Picture", images=1).credits == 2
    assert len(credits.entries("acct_1")) == 7
    assert credits.verify()
    assert pooler.looked > 12


def test_many_threads_through_a_pooler_spend_nothing_twice(shop: tuple[Tallystick, Pooler]):
    credits, _ = shop
    credits.open_account("acct_1")
    credits.grant("acct_1", 50)

    def charge(_: int) -> bool:
        try:
            credits.charge("acct_1", "Picture", images=1)
        except InsufficientCredits:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(charge, range(80))) == 50
    assert credits.verify()


def test_a_transaction_has_its_time_outs_through_a_pooler_too(shop: tuple[Tallystick, Pooler]):
    store: Any = shop[0]._transport.engine.store
    for transaction in (store.reading, store.writing):
        with transaction():
            found = store._current.session.execute(b"show statement_timeout")
            assert found == [(connections.SETTINGS["statement_timeout"],)]


def test_a_process_opens_no_more_connections_than_it_may(url: str):
    with opened(f"{url}&connections=2") as shop:
        shop.open_account("acct_1")
        shop.grant("acct_1", 1_000)

        def work(number: int) -> None:
            for _ in range(5):
                shop.balance("acct_1")
                if number % 4 == 0:
                    shop.charge("acct_1", "Picture", images=1)

        with ThreadPoolExecutor(32) as threads:
            list(threads.map(work, range(32)))
        with connected(url) as connection:
            count = connection.execute(
                "select count(*) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            ).fetchone()
        assert count == (5,), "two read, one writes, one published the catalog, one looks up"


def test_who_gets_no_connection_in_time_is_told(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pool, "WAIT_SECONDS", 0.05)
    with opened(f"{url}&connections=1") as shop:
        shop.open_account("acct_1")
        with shop._transport.engine.store.reading(), ThreadPoolExecutor(1) as other:
            asked = other.submit(shop.balance, "acct_1")
            with pytest.raises(DatabaseBusy, match="connections="):
                asked.result()
        assert shop.balance("acct_1").available == 0
        assert shop.grant("acct_1", 1).balance_after == 1


def test_through_a_pooler_nothing_is_sent_before_the_last_was_answered(
    url: str, monkeypatch: pytest.MonkeyPatch
):
    """Poolers lose count of answers otherwise."""
    outstanding: list[int] = []
    send = Connection.send

    def sent(connection: Connection, statements: Any) -> None:
        send(connection, statements)
        outstanding.append(len(connection._sent))

    monkeypatch.setattr(Connection, "send", sent)
    accounts = [f"acct_{number}" for number in range(100)]
    with opened(f"{url}{'&' if '?' in url else '?'}pooled=1") as shop:
        shop.execute([commands.OpenAccount(account) for account in accounts])
        shop.execute([commands.GrantCredits(account, 10) for account in accounts])
        assert shop.verify()
    assert set(outstanding) == {1}


# Threads that take and forget idle connections at one moment


class Snatched(deque[Any]):
    """Idle connections of which another thread takes the last just before one is taken."""

    def pop(self) -> Any:
        while self:
            super().pop().close()
        return super().pop()


def test_a_connection_that_another_thread_takes_first_is_missed_by_nobody(url: str):
    """A request that has lost its connection forgets the idle ones; so do others, at once."""
    with opened(url) as shop:
        shop.open_account("acct_1")
        store: Any = shop._transport.engine.store
        with store._pool.lease() as lease, store._pool.lease() as other:
            store._pool._idle = Snatched([*store._pool._idle, connections.connect(store.address)])
            lease.renew()
            assert not lease.connection.closed
            store._pool._idle = Snatched([*store._pool._idle, connections.connect(store.address)])
            other.renew()
        assert shop.balance("acct_1").available == 0


def test_a_connection_that_comes_back_while_the_pool_closes_is_closed(url: str):
    class Closing(deque[Any]):
        """Another thread closes the store just before a connection is put back."""

        def append(self, connection: Any) -> None:
            store.close()
            super().append(connection)

    with opened(url) as shop:
        store: Any = shop._transport.engine.store
        store._pool._idle = Closing(store._pool._idle)
        with store._pool.lease() as lease:
            connection = lease.connection
        assert connection.closed
        assert not store._pool._idle


def test_readers_leave_a_connection_to_whoever_must_be_answered(
    url: str, monkeypatch: pytest.MonkeyPatch
):
    """API keys are looked up, readiness is told, a platform changed and an account charged while
    every connection that reads is in use."""
    monkeypatch.setattr(pool, "WAIT_SECONDS", 2.0)
    with opened(f"{url}&connections=1") as shop:
        engine = shop._transport.engine
        shop.open_account("ann")
        api_key = keys.create(engine, "shop").api_key
        shop.grant("ann", 5)
        held, let_go = threading.Event(), threading.Event()

        def read() -> None:
            with engine.store.reading():
                engine.store.platforms()
                held.set()
                let_go.wait(PATIENCE_SECONDS)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            assert held.wait(PATIENCE_SECONDS)
            with pytest.raises(DatabaseBusy):
                shop.balance("ann")
            assert keys.find(engine, api_key).platform == "shop"
            engine.check()
            assert shop.publish(CATALOG.replace("credits: 1,", "credits: 2,")).version == 2
            assert shop.grant("ann", 5).balance_after == 10
            assert shop.charge("ann", "Picture", images=1).credits == 2
            assert (engine.clock_standing().doubt, engine.notes()) == (None, ())
        finally:
            let_go.set()
            reader.join()
