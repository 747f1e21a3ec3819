"""What is asked of a long past, of many holds or of many accounts costs what it does of few.

The database's work is counted: twelve times the entries must not be more than a little more of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tallystick import InvalidRequest, Tallystick, commands
from tallystick.core import queries
from tallystick.engine import balances
from tallystick.service import lists
from tallystick.testing import TestClock
from tests.databases import KINDS, fresh_database
from tests.store.shop import START, opened
from tests.store.work import work

FEW, MANY = 1_000, 12_000
SETTLED = "h3"
"""The hold that each of them settled first."""
HOLDS = {"few": 1_100, "many": 4_400}


class Grown:
    """A shop where ``few`` and ``many`` have as many charges as their names say: one a second."""

    def __init__(self, url: str):
        self.clock = TestClock(START)
        self.shop = opened(url, self.clock)
        for account, entries in (("few", FEW), ("many", MANY)):
            self.shop.open_account(account, members=["mia"])
            self.shop.grant(account, 10 * MANY)
            held = self.shop.hold(account, "Picture", images=1)
            held.settle()
            assert held.hold == SETTLED
            self._charge(account, entries)
            self._hold(account, HOLDS[account])
        self.shop.execute([commands.OpenAccount(f"z{number:05}") for number in range(1_000)])
        self.store: Any = self.shop._transport.engine.store  # type: ignore[attr-defined]

    def _charge(self, account: str, entries: int) -> None:
        charge = commands.Charge(account, "Picture", {"images": 1}, labels={"project": "owl"})
        for _ in range(entries // 500):
            self.shop.execute([charge] * 500)
            self.clock.advance("500s")

    def _hold(self, account: str, holds: int) -> None:
        hold = commands.PlaceHold(account, "Picture", {"images": 1}, ttl_seconds=86_400)
        for _ in range(holds // 100):
            self.shop.execute([hold] * 100)
            self.clock.advance("1s")


@pytest.fixture(scope="module")
def grown() -> Iterator[dict[str, Grown]]:
    """One to a kind of database, made when it is first asked for."""
    with ExitStack() as stack:
        yield _Grown(stack)


class _Grown(dict[str, Grown]):
    def __init__(self, stack: ExitStack):
        super().__init__()
        self._stack = stack

    def __missing__(self, kind: str) -> Grown:
        made = self[kind] = Grown(self._stack.enter_context(fresh_database(kind)))
        self._stack.callback(made.shop.close)
        return made


ASKED: dict[str, Callable[[Tallystick, str], Any]] = {
    "the first charge": lambda shop, account: page(shop, account, limit=1),
    "a page of charges": lambda shop, account: page(shop, account, limit=100),
    "a page after another one": lambda shop, account: page(shop, account, after=600, limit=20),
    "charges since an instant": lambda shop, account: page(
        shop, account, since="2026-01-10T10:14:00Z", limit=20
    ),
    "charges until an instant": lambda shop, account: page(
        shop, account, until="2026-01-10T10:14:00Z", limit=20
    ),
    "the first entries": lambda shop, account: shop.entries(account, limit=20),
    "the newest entries": lambda shop, account: shop.entries(account, limit=20, newest=True),
    "the receipt of a hold": lambda shop, account: shop.receipt(account, SETTLED),
    "a page of holds": lambda shop, account: holds(shop, account, 20),
    "the balance": lambda shop, account: shop.balance(account),
}


def page(shop: Tallystick, account: str, **asked: Any) -> lists.UsageSlice:
    query = queries.UsageOf(account=account, **asked)
    return lists.usage_page(shop._transport.engine, shop.platform, query)  # type: ignore[attr-defined]


def holds(shop: Tallystick, account: str, limit: int) -> lists.HoldsPage:
    query = queries.HoldsOf(account=account, limit=limit)
    return lists.holds_page(shop._transport.engine, shop.platform, query)  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("asked", ASKED)
def test_an_answer_costs_the_same_however_long_the_past_is(
    grown: dict[str, Grown], kind: str, asked: str
):
    shop = grown[kind].shop
    few = work(shop, lambda: ASKED[asked](shop, "few"))
    many = work(shop, lambda: ASKED[asked](shop, "many"))
    assert 0 < many <= 1.3 * few + 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_that_finds_nothing_looks_at_no_more_lines_than_it_may(
    grown: dict[str, Grown], kind: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(lists, "LOOKED_ENTRIES_MAX", 1_000)
    shop = grown[kind].shop
    one = work(shop, lambda: page(shop, "many", member="mia", limit=1))
    found = page(shop, "many", member="mia", limit=1)
    assert (found.charges, found.next) == ([], 1_000)
    monkeypatch.setattr(lists, "LOOKED_ENTRIES_MAX", 3_000)
    three = work(shop, lambda: page(shop, "many", member="mia", limit=1))
    assert three <= 3.3 * one


@pytest.mark.parametrize("kind", KINDS)
def test_the_ids_of_accounts_cost_what_their_page_is_long(grown: dict[str, Grown], kind: str):
    shop = grown[kind].shop
    first = work(shop, lambda: shop.accounts(limit=10))
    last = work(shop, lambda: shop.accounts(after="z00900", limit=10))
    assert 0 < last <= 1.3 * first + 50
    assert first < work(shop, lambda: shop.accounts(limit=500)) / 5
    assert shop.accounts(after="z00900", limit=2) == ["z00901", "z00902"]


@pytest.mark.parametrize("kind", KINDS)
def test_any_instant_of_the_past_is_a_snapshot_and_a_few_lines(
    grown: dict[str, Grown], kind: str, monkeypatch: pytest.MonkeyPatch
):
    there = grown[kind]
    read: list[int] = []
    entries = there.store.entries

    def counted(*asked: Any) -> Any:
        found = entries(*asked)
        read.append(len(found))
        return found

    monkeypatch.setattr(there.store, "entries", counted)
    for second in range(0, MANY, MANY // 8):
        hours, rest = divmod(second, 3_600)
        as_of = f"2026-01-10T{10 + hours:02}:{rest // 60:02}:{rest % 60:02}Z"
        done = work(there.shop, lambda as_of=as_of: there.shop.balance("many", as_of=as_of))
        assert sum(read) <= 1_000, as_of
        assert done <= 60_000, as_of
        read.clear()


@pytest.mark.parametrize("kind", KINDS)
def test_a_balance_to_come_reads_no_more_holds_than_it_may(
    grown: dict[str, Grown], kind: str, monkeypatch: pytest.MonkeyPatch
):
    shop = grown[kind].shop
    soon, later = "2026-01-10T15:00:00Z", "2026-01-20T00:00:00Z"
    whole = shop.balance("few", as_of=later)
    monkeypatch.setattr(balances, "DUE_HOLDS_MAX", HOLDS["few"])
    assert shop.balance("few", as_of=later) == whole
    monkeypatch.setattr(balances, "DUE_HOLDS_MAX", HOLDS["few"] - 1)
    with pytest.raises(InvalidRequest, match="must name an earlier instant") as refused:
        shop.balance("few", as_of=later)
    assert refused.value.where == "as_of"
    assert shop.balance("few", as_of=soon).held == HOLDS["few"]
