"""What stays answerable once old lines are archived, and how the rest says where it went."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tallystick import EntryFinal, EntryNotFound, HoldClosed, InvalidRequest, Tallystick, commands
from tallystick.audit import copy
from tallystick.store.databases import open_store
from tallystick.testing import TestClock
from tests.databases import KINDS, fresh_database
from tests.store.archives import ACCOUNTS, LATER, archive, old_and_new
from tests.store.behind import read
from tests.store.shop import CATALOG, START, opened


@pytest.fixture
def shop(url: str, tmp_path: Path) -> Iterator[Tallystick]:
    """A shop whose lines of January are archived."""
    with old_and_new(url) as shop:
        archive(shop, tmp_path / "archive")
        yield shop
        assert shop.verify(archive=tmp_path / "archive")


def first_seq(shop: Tallystick, account: str) -> int:
    """The first line that is still there."""
    return shop.entries(account)[1].seq


# Entries


def test_entries_begin_with_the_balance_brought_forward(shop: Tallystick):
    forward, *rest = shop.entries("ben")
    assert (forward.kind, forward.credits) == ("brought_forward", forward.balance_after)
    assert forward.text == f"Entries 1 to {forward.seq} are archived; balance brought forward"
    assert forward.balance_after == rest[0].balance_before
    assert [each.seq for each in rest] == list(range(forward.seq + 1, rest[-1].seq + 1))
    assert sum(each.credits for each in (forward, *rest)) == shop.balance("ben").available


@pytest.mark.parametrize("limit", [1, 2, 3, 1_000])
def test_pages_of_entries_come_to_it_and_go_no_further(shop: Tallystick, limit: int):
    every = shop.entries("ben")
    assert paged(shop, limit, newest=False) == every
    assert paged(shop, limit, newest=True) == every[::-1]


def paged(shop: Tallystick, limit: int, newest: bool) -> list[Any]:
    found: list[Any] = []
    while len(found) < 100:
        after = found[-1].seq if found else 0
        page = shop.entries("ben", after=after, limit=limit, newest=newest)
        found += page
        if len(page) < limit:
            break
    return found


def test_an_account_without_newer_lines_has_that_one_and_what_fell_due_since(
    shop: Tallystick, url: str
):
    forward, *due = shop.entries("ann")
    assert shop.entries("ann", newest=True) == [*due[::-1], forward]
    assert {"subscription_ended"} < {each.kind for each in due}
    assert not any(row["account"] == "shop/ann" for row in read(url, "journal"))


def test_an_account_with_every_line_has_none(url: str):
    with opened(url) as shop:
        shop.open_account("ann")
        assert [each.kind for each in shop.entries("ann")] == ["account_opened"]


# What is asked of the archived past is answered where that is possible, and never with less


def test_a_receipt_that_is_archived_says_so(shop: Tallystick):
    for receipt, seq in (("r5", 5), ("h6", 7)):
        with pytest.raises(EntryNotFound, match=f"entry {seq} is archived") as refused:
            shop.receipt("ben", receipt)
        assert refused.value.entry == seq
    with pytest.raises(EntryNotFound, match="has no receipt 'r2000'"):
        shop.receipt("ben", "r2000")
    newest = shop.usage("ben")[0].receipt
    assert shop.receipt("ben", newest).receipt == newest


@pytest.mark.parametrize("as_of", [START, "2026-01-09T00:00:00Z"])
def test_a_balance_before_the_journal_begins_is_refused(shop: Tallystick, as_of: str):
    with pytest.raises(InvalidRequest, match="are archived: as_of must name a later") as refused:
        shop.balance("ben", as_of=as_of)
    assert refused.value.where == "as_of"


def test_a_balance_since_the_journal_begins_is_as_it_was(url: str, tmp_path: Path):
    with old_and_new(url) as shop:
        asked = ["2026-02-14T00:00:00Z", "2026-03-01T00:00:00Z", LATER, "2027-01-01T00:00:00Z"]
        before = [[shop.balance(account, as_of=as_of) for as_of in asked] for account in ACCOUNTS]
        archive(shop, tmp_path / "archive")
        after = [[shop.balance(account, as_of=as_of) for as_of in asked] for account in ACCOUNTS]
        assert after == before


@pytest.mark.parametrize("range_", [{"since": START}, {"until": "2026-01-10T12:00:00Z"}])
def test_usage_of_the_archived_past_is_refused(shop: Tallystick, range_: dict[str, str]):
    with pytest.raises(InvalidRequest, match="must name a later instant") as refused:
        shop.usage("ben", **range_)
    assert refused.value.where in range_


def test_usage_since_the_journal_begins_is_whole(shop: Tallystick):
    assert [line.credits for line in shop.usage("ben")] == [2, 1]
    assert shop.usage("ben", since="2026-03-01T00:00:00Z") == shop.usage("ben")


# What comes later needs none of the lines that went


def test_holds_and_leases_of_archived_lines_are_settled_drawn_and_released(
    url: str, tmp_path: Path
):
    """Extended day by day, a lease outlives the line that opened it."""
    clock = TestClock(START)
    with opened(url, clock) as shop:
        shop.open_account("ann")
        shop.grant("ann", 100)
        hold = shop.hold("ann", "Picture", images=10, ttl_seconds=86_400)
        lease = shop.lease("ann", 50, ttl_seconds=86_400).hold
        for _ in range(40):
            clock.advance("23h")
            shop.extend("ann", hold.hold, 86_400)
            shop.extend("ann", lease, 86_400)
        archive(shop, tmp_path / "archive", "30d")
        assert shop.entries("ann")[0].seq > 4
        assert shop.verify()
        assert shop.draw("ann", lease, "Picture", images=3).left == 47
        assert shop.settle("ann", hold.hold, images=4).credits == 4
        assert shop.release("ann", lease).returned == 47
        with pytest.raises(HoldClosed, match="was settled for 4 credits"):
            shop.release("ann", hold.hold)
        assert shop.balance("ann").available == 93
        assert shop.verify(archive=tmp_path / "archive")


def test_a_hold_that_was_closed_in_an_archived_line_still_says_how(shop: Tallystick):
    said = []
    for hold in ("h6", "h8", "h10", "h11"):
        with pytest.raises(HoldClosed) as refused:
            shop.settle("ben", hold)
        said.append(refused.value.how)
    assert said == ["settled", "released", "timed_out", "timed_out"]


def test_an_archived_grant_is_reversed_as_long_as_it_is_whole(url: str, tmp_path: Path):
    clock = TestClock(START)
    with opened(url, clock) as shop:
        shop.open_account("ann")
        shop.subscribe("ann", "basic")
        whole = shop.grant("ann", 5, source="adjustment", reason="x").seq
        part = shop.grant("ann", 7, expires_at="2027-01-01T00:00:00Z").seq
        shop.hold("ann", "Picture", images=1_001).settle()
        clock.advance("20d")
        charge = shop.charge("ann", "Picture", images=1).seq
        clock.advance("70d")
        cycle = shop.entries("ann", newest=True)[0]
        assert cycle.kind == "cycle_started"
        archive(shop, tmp_path / "archive", "31d")
        assert first_seq(shop, "ann") > charge
        taken = shop.reverse("ann", whole, "a mistake")
        assert (taken.credits, taken.reverses) == (-5, whole)
        for seq in (1, whole, part, charge):
            with pytest.raises(EntryFinal, match="adjust the account instead"):
                shop.reverse("ann", seq, "a mistake")
        for seq in (cycle.seq + 50, 2_000):
            with pytest.raises(EntryNotFound):
                shop.reverse("ann", seq, "a mistake")
        assert shop.verify(archive=tmp_path / "archive")


def test_what_a_plan_gave_is_not_reversed_because_its_line_is_archived(url: str, tmp_path: Path):
    """Every entry is answered as it was before, word for word where its credits are there."""
    clock = TestClock(START)
    with Tallystick.open(url, catalog=GENEROUS, clock=clock) as shop:
        shop.open_account("ann")
        shop.subscribe("ann", "basic")
        shop.grant("ann", 5)
        shop.charge("ann", "Picture", images=6)  # of the plan too: an unused cycle is undone
        free = shop.grant("ann", 9, source="free").seq
        clock.advance("30d1h")
        asked = [
            commands.Reverse("ann", each.seq, "a mistake")
            for each in shop.entries("ann")
            if each.seq != free
        ]
        before = [said(each) for each in shop.execute(asked)]
        archive(shop, tmp_path / "archive", "30d")
        assert shop.entries("ann")[0].kind == "brought_forward"
        after = [said(each) for each in shop.execute(asked)]
        assert [code for code, _ in after] == [code for code, _ in before]
        assert shop.reverse("ann", free, "a mistake").credits == -9


GENEROUS = CATALOG.replace(
    "policy: {member_required: false}",
    "free_credits: [{credits: 50, every: month}]\n"
    "policy: {burn_order: [promo, subscription, carry_over, adjustment, topup, free]}",
)
"""A charge burns what was granted, then what the plan gave, and free credits last."""


def said(answer: Any) -> tuple[str, str]:
    return answer.code, str(answer)


def test_an_old_quote_is_refused_all_the_same(url: str, tmp_path: Path):
    clock = TestClock(START)
    with opened(url, clock) as shop:
        shop.open_account("ann")
        shop.grant("ann", 5)
        quote = shop.quote("Picture", account="ann", images=1).quote
        shop.charge("ann", quote=quote)
        clock.advance("60d")
        archive(shop, tmp_path / "archive", "30d")
        answer = shop.execute([commands.Charge("ann", quote=quote)])[0]
        assert said(answer)[0] == "quote_expired"
        assert shop.balance("ann").available == 4


# Copies


@pytest.mark.parametrize("page", [1, 1_000])
@pytest.mark.parametrize("other", KINDS)
def test_a_copy_has_the_checkpoints_and_is_proven_by_the_same_archive(
    shop: Tallystick, url: str, other: str, tmp_path: Path, page: int, monkeypatch: Any
):
    monkeypatch.setattr(copy, "PAGE_ROWS", page)
    with fresh_database(other) as copied, ExitStack() as stack:
        source, target = open_store(url), open_store(copied)
        stack.callback(source.close)
        stack.callback(target.close)
        assert copy.copy(source, target)
        for table in ("journal", "holds", "checkpoints"):
            assert sorted(map(repr, read(url, table))) == sorted(map(repr, read(copied, table)))
        with opened(copied, TestClock(LATER)) as there:
            assert there.entries("ben") == shop.entries("ben")
            assert there.charge("ben", "Picture", images=1).balance_after
            report = there.verify(archive=tmp_path / "archive")
            assert report
            assert report.unseen == 0
