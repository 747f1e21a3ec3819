"""Accounts that lie in shards: each shard's are written together, and shards side by side."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tallystick import AsyncTallystick, StoreError, Tallystick, commands
from tallystick.core.errors import InvalidRequest
from tallystick.store import Wanted
from tallystick.store.postgres import decision, loads, sharding
from tallystick.store.postgres.address import read
from tallystick.store.postgres.session import SQL
from tallystick.store.postgres.sharding import Shards, even, hash_of
from tests.databases import by_driver, fresh_database
from tests.store.shop import CATALOG, opened

SHARDS = 8
ACCOUNTS = [f"acct_{number}" for number in range(40)]
EVERY_KEY = [f"shop/{account}" for account in ACCOUNTS]
CUT = even(SHARDS)


@pytest.fixture
def plain() -> Iterator[str]:
    with fresh_database("postgres") as url:
        yield by_driver(url)


@pytest.fixture
def url(plain: str) -> str:
    return f"{plain}&shards={SHARDS}"


@pytest.fixture
def shop(url: str) -> Iterator[Tallystick]:
    with opened(url) as shop:
        shop.execute([commands.OpenAccount(account) for account in ACCOUNTS])
        shop.execute([commands.GrantCredits(account, 100) for account in ACCOUNTS])
        yield shop


def pictures(accounts: list[str], key: str | None = None) -> list[commands.Charge]:
    return [
        commands.Charge(each, "Picture", {"images": 1}, key=key and f"{key}:{at}")
        for at, each in enumerate(accounts)
    ]


# Which shard


def test_the_hash_of_a_key_is_the_databases_own(plain: str):
    chance = random.Random(7)
    letters = "abcdefghijklmnop/_-.@0123456789éß漢😀"
    keys = ["", "a", *EVERY_KEY]
    keys += ["".join(chance.choices(letters, k=chance.randint(1, 90))) for _ in range(2_000)]
    asked = (
        "select hashtext(key) from unnest(%s::text[]) with ordinality as u (key, at) order by at"
    )
    with psycopg.connect(plain) as connection:
        assert [row[0] for row in connection.execute(asked, (keys,))] == [*map(hash_of, keys)]


def test_a_shard_begins_with_its_lowest_hash():
    shards = Shards((-(2**31), hash_of("shop/ann"), hash_of("shop/ann") + 1))
    assert shards.of("shop/ann") == 1


def test_shards_of_one_size_are_those_that_citus_makes():
    """32 of them, as `create_distributed_table` cuts them."""
    assert even(32).starts[:3] == (-2147483648, -2013265920, -1879048192)
    assert len({CUT.of(key) for key in EVERY_KEY}) == SHARDS


def test_a_number_of_shards_is_bounded():
    with pytest.raises(InvalidRequest, match="shards=0 to shards=1000"):
        read("postgresql://localhost/credits?shards=1001")


# What is asked of a shard


class Watched:
    """Notes the accounts that each transaction writes and each statement loads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.written: list[set[str]] = []
        self.loaded: list[set[str]] = []
        self._write, self._statement = decision.write, loads.statement
        monkeypatch.setattr(decision, "write", self.write)
        monkeypatch.setattr(loads, "statement", self.statement)

    def write(self, session: Any, sql: Any, batch: Any, stamp: int) -> set[str]:
        self.written.append(batch.names())
        return self._write(session, sql, batch, stamp)

    def statement(self, sql: Any, wanted: Wanted, now: Any) -> Any:
        pairs = [*wanted.keys, *wanted.holds, *wanted.quotes, *wanted.entries]
        self.loaded.append({*wanted.accounts, *(pair[0] for pair in pairs)})
        return self._statement(sql, wanted, now)

    @property
    def shards(self) -> list[set[int]]:
        return [{CUT.of(key) for key in keys} for keys in (*self.written, *self.loaded)]


def test_a_transaction_is_of_one_shard_and_answers_keep_their_order(
    shop: Tallystick, monkeypatch: pytest.MonkeyPatch
):
    watched = Watched(monkeypatch)
    asked = ACCOUNTS * 3
    answers = shop.execute(pictures(asked, "one"))
    assert [answer.account for answer in answers] == asked
    assert [answer.balance_after for answer in answers] == [99] * 40 + [98] * 40 + [97] * 40
    assert set().union(*watched.written) == set(EVERY_KEY)
    assert all(len(each) == 1 for each in watched.shards)
    assert shop.execute(pictures(asked, "one")) == answers
    assert shop.verify()


def test_a_transaction_is_of_one_shard_for_tasks_too(url: str, monkeypatch: pytest.MonkeyPatch):
    async def run() -> None:
        async with AsyncTallystick.open(url, catalog=CATALOG) as shop:
            await shop.execute([commands.OpenAccount(each) for each in ACCOUNTS])
            await shop.execute([commands.GrantCredits(each, 100) for each in ACCOUNTS])
            watched = Watched(monkeypatch)
            alone = [shop.charge(each, "Picture", images=1) for each in ACCOUNTS]
            together = shop.execute(pictures(ACCOUNTS[::-1]))
            answers, batch = await asyncio.gather(asyncio.gather(*alone), together)
            assert [each.account for each in (*answers, *batch)] == [*ACCOUNTS, *ACCOUNTS[::-1]]
            assert all(len(each) == 1 for each in watched.shards)
            assert await shop.execute([]) == []
            assert [each.available for each in await asyncio.gather(
                *[shop.balance(account) for account in ACCOUNTS]
            )] == [98] * 40  # fmt: skip

    asyncio.run(run())


def test_the_statements_for_shards_load_what_the_plain_ones_do(shop: Tallystick, url: str):
    holds = [shop.hold(each, "Picture", images=1, key=f"k{each}") for each in ACCOUNTS]
    wanted = Wanted(
        EVERY_KEY,
        ["shop"],
        keys=[(key, f"k{account}") for key, account in zip(EVERY_KEY, ACCOUNTS, strict=True)],
        holds=[(key, int(hold.hold[1:])) for key, hold in zip(EVERY_KEY, holds, strict=True)],
        entries=[(key, 2) for key in EVERY_KEY],
    )
    store = shop._transport.engine.store
    with store.reading():
        session = store._current.session
        late = 2**60
        plain = loads.read(session.execute(*loads.statement(SQL, wanted, late)))
        found = store.load(wanted, late)
        assert found.database_at.keys() == plain.database_at.keys() == {"shop"}
        found.database_at = plain.database_at  # the server's clock went on
        assert found == plain
    assert len(plain.accounts) == len(plain.due) == len(plain.holds) == len(plain.entries) == 40


# Side by side


def test_who_is_held_up_holds_up_nobody_of_another_shard(shop: Tallystick, url: str):
    other = next(each for each in ACCOUNTS if CUT.of(f"shop/{each}") != CUT.of("shop/acct_0"))
    with psycopg.connect(by_driver(url)) as blocker:
        blocker.execute(
            "update tallystick.accounts set stamp = stamp where account = 'shop/acct_0'"
        )
        held_up = threading.Thread(target=lambda: shop.charge("acct_0", "Picture", images=1))
        held_up.start()
        assert shop.charge(other, "Picture", images=1).balance_after == 99
        assert held_up.is_alive()
        blocker.rollback()
        held_up.join()
    assert shop.balance("acct_0").available == 99


@pytest.fixture
def broken(shop: Tallystick, monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Shards whose machine does not answer."""
    shards: set[int] = set()
    write = decision.write

    def written(session: Any, sql: Any, batch: Any, stamp: int) -> set[str]:
        if {CUT.of(key) for key in batch.names()} & shards:
            raise StoreError("this machine is away")
        return write(session, sql, batch, stamp)

    monkeypatch.setattr(decision, "write", written)
    return shards


def test_a_shard_that_cannot_be_written_is_told_and_the_others_are_written(
    shop: Tallystick, broken: set[int]
):
    broken.add(CUT.of("shop/acct_0"))
    away = [CUT.of(key) in broken for key in EVERY_KEY]
    answers = shop.execute(pictures(ACCOUNTS))
    assert [isinstance(answer, StoreError) for answer in answers] == away
    broken.clear()
    left = [100 if each else 99 for each in away]
    assert [shop.balance(account).available for account in ACCOUNTS] == left
    assert shop.verify()


def test_when_no_shard_can_be_written_the_call_fails(shop: Tallystick, broken: set[int]):
    broken.update(range(SHARDS))
    with pytest.raises(StoreError, match="away"):
        shop.execute(pictures(ACCOUNTS))


# Spreading


def test_a_server_without_citus_says_so_and_nothing_is_changed(plain: str):
    address = read(plain)
    with psycopg.connect(plain) as connection:
        if connection.execute(sharding.CITUS["can_be_there"]).fetchall()[0][0]:
            pytest.skip("this server has Citus")
    with pytest.raises(StoreError, match="has no Citus: install the extension"):
        sharding.distribute(address)
    with opened(plain) as shop:
        assert shop._transport.engine.store.queues == 1


def test_every_table_is_told_how_it_is_spread(plain: str):
    with psycopg.connect(plain) as connection:
        rows = connection.execute("select tablename from pg_tables where schemaname = 'tallystick'")
        tables = {row[0] for row in rows}
    assert tables == {sharding.FIRST, *sharding.WITH_IT, *sharding.EVERYWHERE}
