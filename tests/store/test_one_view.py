"""A question is answered from one view of the database, at one instant.

Whatever is written while it is being answered, the `seq` of the answer and all else in it are of
the same moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tallystick import commands
from tallystick.core import queries
from tallystick.core.instants import SECOND, parse
from tallystick.http import pages
from tests.store.shop import START, opened

BETWEEN = ("load", "entries", "charges", "open_holds", "checkpoint", "last_before", "snapshot")
"""What a query reads with: after each of these somebody else writes."""
ADA = "ada"


class Interleaved:
    """A shop whose every read is followed by a write of another process, once it is `set`."""

    def __init__(self, url: str):
        self.shop = opened(url)
        self._other = opened(url)
        self.writes = 0
        self.set = False
        self.engine: Any = self.shop._transport.engine  # type: ignore[attr-defined]
        for name in BETWEEN:
            setattr(self.engine.store, name, self._then(getattr(self.engine.store, name)))
        self.shop.open_account(ADA, members=["mia"])
        self.shop.grant(ADA, 100)
        self.shop.charge(ADA, "Picture", images=1)
        self.shop.hold(ADA, "Picture", images=1).settle()
        self.shop.execute([commands.PlaceHold(ADA, "Picture", {"images": 2})])

    def _then(self, read: Callable[..., Any]) -> Callable[..., Any]:
        def and_then(*asked: Any, **named: Any) -> Any:
            found = read(*asked, **named)
            if self.set:
                self.writes += 1
                charge = commands.Charge(ADA, "Picture", {"images": 1})
                hold = commands.PlaceHold(ADA, "Picture", {"images": 1})
                self._other.execute([charge, hold])
            return found

        return and_then

    def page(self, query: queries.Query) -> Any:
        """The answer over HTTP."""
        self.set = True
        try:
            return pages.wanted(query)(self.engine, "shop")
        finally:
            self.set = False
            assert self.writes >= 1

    def close(self) -> None:
        self.shop.close()
        self._other.close()


@pytest.fixture
def interleaved(url: str) -> Iterator[Interleaved]:
    made = Interleaved(url)
    yield made
    made.close()


def test_the_seq_of_a_page_of_entries_is_that_of_its_newest_entry(interleaved: Interleaved):
    page = interleaved.page(queries.EntriesOf(account=ADA))
    assert [each.seq for each in page.entries] == list(range(1, page.seq + 1))
    assert page.next is None
    newest = interleaved.page(queries.EntriesOf(account=ADA, newest=True, limit=2))
    assert [each.seq for each in newest.entries] == [newest.seq, newest.seq - 1]
    assert newest.seq > page.seq, "what was written between is on the next page that is read"


def test_the_seq_of_a_page_of_charges_is_that_of_the_account_they_are_of(interleaved: Interleaved):
    page = interleaved.page(queries.UsageOf(account=ADA))
    charges = [
        each.seq
        for each in interleaved.shop.entries(ADA, limit=1_000)
        if each.kind in ("charged", "settled") and each.seq <= page.seq
    ]
    assert [each.seq for each in page.charges] == charges


def test_the_seq_of_a_page_of_holds_is_that_of_the_account_they_are_of(interleaved: Interleaved):
    page = interleaved.page(queries.HoldsOf(account=ADA))
    ids = {int(each.hold[1:]) for each in page.holds}
    opened_by_then = {
        each.seq
        for each in interleaved.shop.entries(ADA, limit=1_000)
        if each.kind == "held" and each.seq <= page.seq
    }
    assert ids == opened_by_then - {4}, "the one that was settled"


def test_a_balance_is_that_after_the_entry_of_its_seq(interleaved: Interleaved):
    balance = interleaved.page(queries.BalanceOf(account=ADA))
    entry = interleaved.shop.entries(ADA, after=balance.seq - 1, limit=1)[0]
    assert (entry.seq, entry.balance_after) == (balance.seq, balance.available)


def test_an_account_is_as_it_was_at_its_seq(interleaved: Interleaved):
    before = interleaved.shop.account(ADA).seq
    assert interleaved.page(queries.AccountOf(account=ADA)).seq == before


@pytest.mark.parametrize("receipt", ["r3", "h4"])
def test_a_receipt_is_found_while_others_write(interleaved: Interleaved, receipt: str):
    assert interleaved.page(queries.ReceiptOf(account=ADA, receipt=receipt)).credits == 1


class Ticking:
    """A clock that goes on by a minute whenever somebody asks it."""

    def __init__(self) -> None:
        self._at = parse(START, "at")

    def now(self) -> int:
        self._at += 60 * SECOND
        return self._at


@pytest.mark.parametrize(
    "query",
    [
        queries.EntriesOf(account=ADA, newest=True),
        queries.HoldsOf(account=ADA),
        queries.UsageOf(account=ADA),
    ],
)
def test_a_page_is_of_one_instant(url: str, query: Any):
    """What falls due while a page is being read is on the next one."""
    clock = Ticking()
    with opened(url, clock) as shop:
        engine: Any = shop._transport.engine  # type: ignore[attr-defined]
        shop.open_account(ADA)
        shop.grant(ADA, 100)
        for minutes in range(40, 100):
            shop.execute(
                [commands.PlaceHold(ADA, "Picture", {"images": 1}, ttl_seconds=60 * minutes)]
            )
        at = clock.now()
        page = pages.wanted(query)(engine, shop.platform)
        assert clock.now() - at == 2 * 60 * SECOND, "the clock is asked once"
        assert page.seq >= 62
