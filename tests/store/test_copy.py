"""Copying a database, from any kind to any kind: everything is there, and proves itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from tallystick import InvalidRequest, Refused, Tallystick, commands
from tallystick.audit import copy
from tallystick.core.errors import StoreError
from tallystick.engine import keys
from tallystick.store.databases import open_store
from tallystick.testing import TestClock
from tests.databases import KINDS, fresh_database
from tests.store.behind import changed, read
from tests.store.shop import CATALOG, START, opened

WAYS = [(one, other) for one in KINDS for other in KINDS]
TABLES = (
    "platforms", "catalogs", "withdrawn_catalogs", "api_keys", "platform_requests", "journal",
    "holds", "refusals",
)  # fmt: skip
OTHER = CATALOG.replace("platform: shop", "platform: other")


@pytest.fixture
def both(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    with ExitStack() as stack:
        yield tuple(stack.enter_context(fresh_database(kind)) for kind in request.param)


def live(url: str) -> str:
    """Two platforms with everything that is stored; an API key of the first."""
    clock = TestClock(START)
    with opened(url, clock) as shop:
        for account in ("ann", "ben", "zoë/😀"):
            shop.open_account(account)
            shop.grant(account, 100, key="g")
        shop.charge("ann", "Picture", images=1, key="k", labels={"project": "x"})
        shop.hold("ann", "Picture", images=2).release()
        shop.hold("ann", "Picture", images=3, ttl_seconds=86_400)
        for account in ("ann", "ben"):
            with pytest.raises(Refused):
                shop.charge(account, "Picture", images=5_000, key="refused")
        shop.publish(CATALOG.replace("credits: 1,", "credits: 2,"), key="p")
        shop.publish(CATALOG.replace("credits: 1,", "credits: 3,"), "2030-01-01T00:00:00Z")
        shop.withdraw(3)
        secret = keys.create(shop._transport.engine, "shop", "first").api_key
        ended = keys.create(shop._transport.engine, "shop", "second").id
        keys.revoke(shop._transport.engine, "shop", ended)
    with Tallystick.open(url, catalog=OTHER, test_clock=START) as other:
        other.open_account("ann")
        other.advance_clock(by="1d")
    return secret


@contextmanager
def stores(urls: tuple[str, str]) -> Iterator[list[Any]]:
    found = [open_store(url) for url in urls]
    try:
        yield found
    finally:
        for store in found:
            store.close()


def rows(url: str, table: str) -> list[list[Any]]:
    return sorted((sorted(row.items()) for row in read(url, table)), key=repr)


@pytest.mark.parametrize("both", WAYS, indirect=True, ids=" to ".join)
@pytest.mark.parametrize("page", [1, 2, 1_000])
def test_a_copy_has_everything_and_goes_on(
    both: tuple[str, str], page: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(copy, "PAGE_ROWS", page)
    secret = live(both[0])
    told: list[copy.Copying] = []
    with stores(both) as (source, target):
        copied = copy.copy(source, target, told.append)
    assert copied
    assert (copied.platforms, copied.accounts, copied.refusals) == (2, 4, 2)
    assert told[-1] == copy.Copying(2, 4, copied.lines)
    for table in TABLES:
        assert rows(both[1], table) == rows(both[0], table), table
    accounts = [[row for row in rows(url, "accounts") if dict(row)["version"]] for url in both]
    assert accounts[0] == accounts[1]
    goes_on(both, secret)


def goes_on(both: tuple[str, str], secret: str) -> None:
    """Both answer alike: keys, quotes that were signed before, and what comes next."""
    clocks = [TestClock("2026-01-10T11:00:00Z") for _ in both]
    with ExitStack() as stack:
        shops = [
            stack.enter_context(Tallystick.open(url, platform="shop", clock=clock))
            for url, clock in zip(both, clocks, strict=True)
        ]
        quote = shops[0].quote("Picture", account="ben", images=1).quote
        asked = [
            commands.Charge("ann", "Picture", {"images": 1}, labels={"project": "x"}, key="k"),
            commands.Charge("ben", "Picture", {"images": 5_000}, key="refused"),
            commands.Charge("ben", quote=quote),
            commands.OpenAccount("nobody"),
        ]
        said = [[repr(each) for each in shop.execute(asked)] for shop in shops]
        assert said[0] == said[1]
        assert [keys.find(shop._transport.engine, secret).name for shop in shops] == ["first"] * 2
        assert all(shop.verify() for shop in shops)


@pytest.mark.parametrize("both", WAYS, indirect=True, ids=" to ".join)
def test_a_target_that_has_a_platform_already_is_refused_and_left_alone(both: tuple[str, str]):
    live(both[0])
    opened(both[1]).close()
    before = rows(both[1], "platforms")
    with stores(both) as (source, target), pytest.raises(InvalidRequest, match="shop already"):
        copy.copy(source, target)
    assert rows(both[1], "platforms") == before
    assert not read(both[1], "journal")


@pytest.mark.parametrize("both", WAYS, indirect=True, ids=" to ".join)
@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("delete from journal where account = 'shop/ann' and seq = 3", "entry 3 of shop/ann"),
        ("update accounts set head = ? where account = 'shop/ann'", "does not give what is stored"),
    ],
)
def test_a_database_that_does_not_prove_itself_is_not_copied(
    both: tuple[str, str], statement: str, said: str
):
    live(both[0])
    changed(both[0], statement, *([b"x"] if "?" in statement else []))
    with stores(both) as (source, target), pytest.raises(StoreError, match=said):
        copy.copy(source, target)


@pytest.mark.parametrize("both", [("sqlite", "postgres")], indirect=True, ids=" to ".join)
def test_a_line_that_was_changed_is_told_of_the_copy(both: tuple[str, str]):
    live(both[0])
    changed(both[0], "update journal set balance_after = 7 where account = 'shop/ann' and seq = 2")
    with stores(both) as (source, target):
        copied = copy.copy(source, target)
    assert not copied
    assert {each.account for each in copied.problems} == {"ann"}


@pytest.mark.parametrize("both", WAYS, indirect=True, ids=" to ".join)
def test_a_source_that_is_written_to_meanwhile_is_noticed(both: tuple[str, str]):
    live(both[0])

    def write(_: Any) -> None:
        with opened(both[0]) as shop:
            shop.grant("ann", 1)

    with stores(both) as (source, target), pytest.raises(StoreError, match="was written to"):
        copy.copy(source, target, write)
